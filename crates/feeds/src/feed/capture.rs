//! The text of one element, with the markup that stands in it where markup counts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Attributes;
use super::fields::Field;
use crate::text;
use crate::xml::Entities;
use crate::xml::entities::{escape_into, push_plain};

/// What an element's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// HTML, written as text.
    Html,
    /// HTML, written as elements.
    Xhtml,
    /// Bytes (Atom 0.3).
    Base64,
}

/// An element's text while it is read.
#[derive(Debug)]
pub(super) struct Capture {
    pub(super) field: Field,
    pub(super) depth: usize,
    pub(super) kind: Kind,
    /// The attribute that matters to the field: `isPermaLink`, `domain`.
    pub(super) attribute: Option<String>,
    buffer: String,
    /// Open elements within it, for their end tags.
    open: Vec<String>,
}

const VOID: &[&str] = &["br", "hr", "img", "input", "wbr", "source", "embed", "col", "area", "track", "param"];
/// What markup may hold beside its text, at most.
const TAG_BYTES_MAX: usize = 4 << 10;

impl Capture {
    pub(super) fn new(field: Field, depth: usize, kind: Kind, attribute: Option<String>) -> Self {
        Self { field, depth, kind, attribute, buffer: String::new(), open: Vec::new() }
    }

    /// An element starts within it.
    pub(super) fn start(
        &mut self,
        entities: &mut Entities<'_>,
        name: &str,
        attributes: Attributes<'_>,
        bytes_max: usize,
    ) {
        if !matches!(
            self.field,
            Field::Title | Field::OtherTitle | Field::Summary | Field::OtherSummary | Field::Content
        ) {
            return;
        }
        if self.kind == Kind::Text {
            // Said to be text, but markup it is.
            let mut escaped = String::with_capacity(self.buffer.len());
            escape_into(&self.buffer, &mut escaped);
            (self.buffer, self.kind) = (escaped, Kind::Xhtml);
        }
        let before = self.buffer.len();
        self.buffer.push('<');
        self.buffer.push_str(name);
        for (name, value) in attributes.filter(|(name, _)| !name.starts_with("xml")) {
            self.buffer.push(' ');
            self.buffer.extend(name.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':')));
            self.buffer.push_str("=\"");
            escape_into(&entities.decode(value), &mut self.buffer);
            self.buffer.push('"');
        }
        self.buffer.push('>');
        let is_name = |name: &str| name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let fits = is_name(name) && self.buffer.len() - before <= TAG_BYTES_MAX && self.buffer.len() <= bytes_max;
        if !fits {
            self.buffer.truncate(before);
        }
        // What has no start tag gets no end tag.
        self.open.push(if fits { name.to_owned() } else { String::new() });
    }

    /// The last element that started within it ends.
    pub(super) fn end(&mut self) {
        if let Some(name) = self.open.pop().filter(|name| !name.is_empty() && !VOID.contains(&name.as_str())) {
            self.buffer.push_str("</");
            self.buffer.push_str(&name);
            self.buffer.push('>');
        }
    }

    /// Adds text, `plain` if it holds no references; false where it was cut at `bytes_max`.
    pub(super) fn text(&mut self, entities: &mut Entities<'_>, raw: &str, plain: bool, bytes_max: usize) -> bool {
        let room = bytes_max.saturating_sub(self.buffer.len());
        // References only shrink, but for a few of HTML and those that are declared, which have a bound of their own.
        let taken = text::cut(raw, room);
        match (self.kind == Kind::Xhtml, plain) {
            (true, false) => {
                let decoded = entities.decode(taken);
                escape_into(&decoded, &mut self.buffer);
            }
            (true, true) => escape_into(taken, &mut self.buffer),
            (false, false) => entities.decode_into(taken, &mut self.buffer),
            (false, true) => push_plain(taken, &mut self.buffer),
        }
        taken.len() == raw.len()
    }

    /// As text on one line.
    pub(super) fn into_line(self) -> String {
        match self.kind {
            Kind::Text => text::line(&self.buffer),
            Kind::Html | Kind::Xhtml => text::of_html(&self.buffer),
            Kind::Base64 => text::of_html(&self.decoded().unwrap_or_default()),
        }
    }

    /// As HTML.
    pub(super) fn into_html(self) -> String {
        match self.kind {
            Kind::Text => text::to_html(&self.buffer),
            Kind::Html => self.buffer.trim().to_owned(),
            Kind::Xhtml => {
                // Atom: the `div` is no part of the content (RFC 4287 section 3.1.1.3).
                let html = self.buffer.trim();
                let inner = html.strip_prefix("<div>").and_then(|html| html.strip_suffix("</div>"));
                inner.filter(|inner| !inner.contains("</div>")).unwrap_or(html).trim().to_owned()
            }
            Kind::Base64 => self.decoded().unwrap_or_default().trim().to_owned(),
        }
    }

    /// As HTML, where nothing says whether the text is HTML or plain.
    pub(super) fn into_html_by_look(mut self) -> String {
        if self.kind == Kind::Text && ["</", "<br", "<p", "/>"].iter().any(|mark| self.buffer.contains(mark)) {
            self.kind = Kind::Html;
        }
        self.into_html()
    }

    /// As it is.
    pub(super) fn into_raw(self) -> String {
        let trimmed = self.buffer.trim();
        if trimmed.len() == self.buffer.len() { self.buffer } else { trimmed.to_owned() }
    }

    fn decoded(&self) -> Option<String> {
        let compact: String = self.buffer.split_whitespace().collect();
        let decoded = String::from_utf8(STANDARD.decode(compact).ok()?).ok()?;
        let mut text = String::with_capacity(decoded.len());
        push_plain(&decoded, &mut text);
        Some(text)
    }
}

/// What the text of an element is, by its attributes (RFC 4287 section 3.1.1, Atom 0.3 `mode`).
pub(super) fn kind(attributes: Attributes<'_>, default: Kind) -> Kind {
    let (mut media_type, mut mode) = ("", "");
    for (name, value) in attributes {
        match name {
            "type" => media_type = value.trim(),
            "mode" => mode = value.trim(),
            _ => {}
        }
    }
    match mode {
        "base64" => return Kind::Base64,
        "xml" => return Kind::Xhtml,
        _ => {}
    }
    let media_type = media_type.to_ascii_lowercase();
    match media_type.as_str() {
        "" => default,
        "text" | "text/plain" => Kind::Text,
        "xhtml" | "application/xhtml+xml" if mode != "escaped" => Kind::Xhtml,
        "html" | "text/html" | "xhtml" | "application/xhtml+xml" => Kind::Html,
        _ if media_type.ends_with("xml") => Kind::Xhtml,
        _ if media_type.starts_with("text/") => Kind::Text,
        _ if media_type.contains('/') => Kind::Base64,
        _ => Kind::Text,
    }
}
