//! A linear pass in front of the parser. It drops what no article needs (scripts, styles, comments, drawings, all but a
//! few attributes), which makes the parse cheaper, and caps depth, attributes and tags, which keeps it linear:
//! html5ever takes quadratic time in nesting.

use crate::limits::{
    ATTRIBUTES_MAX, BODY_BYTES_MAX, DEPTH_MAX, FORMATTING_MAX, JSON_LD_BYTES_MAX, TAGS_MAX, VALUE_BYTES_MAX,
};

/// A page made safe for the parser.
#[derive(Debug, Default)]
pub(crate) struct Prepared {
    pub(crate) html: String,
    /// The content of each `script type="application/ld+json"`.
    pub(crate) json_ld: Vec<String>,
    pub(crate) notes: Vec<&'static str>,
}

/// Elements whose content is no markup and is not wanted.
const DROPPED_RAW: &[&str] =
    &["script", "style", "noscript", "iframe", "noembed", "noframes", "svg", "math", "canvas", "textarea"];
/// Elements whose content is no markup but text.
const KEPT_RAW: &[&str] = &["title", "xmp"];
const VOID: &[&str] = &[
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta", "param", "source", "track", "wbr",
];
const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that an end tag never closes from within, as the scopes of the HTML standard have it.
const BARRIERS: &[&str] = &["td", "th", "table", "caption", "template", "object", "marquee", "applet", "html"];
const ATTRIBUTES: &[&str] = &[
    "alt",
    "aria-hidden",
    "class",
    "content",
    "data-src",
    "datetime",
    "dir",
    "hidden",
    "href",
    "id",
    "itemprop",
    "itemscope",
    "itemtype",
    "lang",
    "name",
    "property",
    "pubdate",
    "rel",
    "role",
    "src",
    "style",
    "title",
    "type",
];

/// Cuts a page at the cap, between characters.
pub(crate) fn cap(html: &str) -> &str {
    let mut end = html.len().min(BODY_BYTES_MAX);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    &html[..end]
}

/// Cleans a page's markup. Time and memory are linear in its length.
pub(crate) fn prepare(html: &str) -> Prepared {
    let mut pass = Pass { out: String::with_capacity(html.len() / 2), ..Pass::default() };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        pass.out.push_str(&rest[..at]);
        rest = pass.markup(&rest[at..]);
    }
    pass.out.push_str(rest);
    if pass.out.contains('\0') {
        pass.out = pass.out.replace('\0', "");
    }
    Prepared { html: pass.out, json_ld: pass.json_ld, notes: pass.notes }
}

#[derive(Default)]
struct Pass {
    out: String,
    open: Vec<String>,
    formatting: usize,
    tags: usize,
    json_ld: Vec<String>,
    json_ld_bytes: usize,
    /// Names whose end tag does not come any more, and `--` for comments: looked for once, so that the pass is linear.
    unclosed: Vec<String>,
    notes: Vec<&'static str>,
}

impl Pass {
    /// Handles what begins with `<` and returns what comes after it.
    fn markup<'a>(&mut self, rest: &'a str) -> &'a str {
        let after = &rest[1..];
        match after.as_bytes().first() {
            Some(b'!' | b'?') => self.declaration(rest),
            Some(b'/') => self.end_tag(rest),
            Some(byte) if byte.is_ascii_alphabetic() => self.start_tag(rest),
            _ => {
                self.out.push_str("&lt;");
                after
            }
        }
    }

    fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Comments, doctypes, processing instructions and CDATA marks.
    fn declaration<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some(comment) = rest.strip_prefix("<!--") else { return after_tag(rest) };
        if comment.starts_with('>') || comment.starts_with("->") {
            return after_tag(comment);
        }
        if self.unclosed.iter().any(|name| name == "--") {
            return comment;
        }
        // An unclosed comment would swallow the page: skip its mark alone.
        let Some(end) = comment.find("-->") else {
            self.unclosed.push("--".to_owned());
            return comment;
        };
        &comment[end + 3..]
    }

    /// The content of an element that holds no markup, and what comes after it.
    fn raw<'a>(&mut self, name: &str, after: &'a str) -> Option<(&'a str, &'a str)> {
        if self.unclosed.iter().any(|unclosed| unclosed == name) {
            return None;
        }
        let Some(end) = find_end_tag(after, name) else {
            self.unclosed.push(name.to_owned());
            return None;
        };
        Some((&after[..end], after_tag(&after[end..])))
    }

    fn end_tag<'a>(&mut self, rest: &'a str) -> &'a str {
        let name = tag_name(&rest[2..]);
        let end = rest.find('>').map_or(rest.len(), |at| at + 1);
        if self.close(&name) || matches!(name.as_str(), "p" | "br") {
            self.out.push_str("</");
            self.out.push_str(&name);
            self.out.push('>');
        }
        &rest[end..]
    }

    /// Follows an end tag on the stack of open elements; false where it closes nothing.
    fn close(&mut self, name: &str) -> bool {
        let formatting = FORMATTING.contains(&name);
        let own_barrier = BARRIERS.contains(&name);
        for index in (0..self.open.len()).rev() {
            if self.open[index] == name {
                let count = if formatting { 1 } else { self.open.len() - index };
                for gone in self.open.drain(index..index + count) {
                    self.formatting -= usize::from(FORMATTING.contains(&gone.as_str()));
                }
                return true;
            }
            if !own_barrier && BARRIERS.contains(&self.open[index].as_str()) {
                return false;
            }
        }
        false
    }

    fn start_tag<'a>(&mut self, rest: &'a str) -> &'a str {
        let name = tag_name(&rest[1..]);
        let tag = Tag::scan(&rest[1 + name.len()..]);
        let after = &rest[1 + name.len() + tag.length..];
        if DROPPED_RAW.contains(&name.as_str()) {
            return self.drop_raw(&name, &tag, after);
        }
        if name == "plaintext" || name == "frameset" {
            return after;
        }
        self.tags += 1 + self.formatting;
        if self.tags > TAGS_MAX {
            self.note("tags_cut");
            return after;
        }
        if VOID.contains(&name.as_str()) {
            self.write(&name, &tag);
            return after;
        }
        if KEPT_RAW.contains(&name.as_str()) {
            return self.keep_raw(&name, after);
        }
        self.imply_end(&name);
        let formatting = FORMATTING.contains(&name.as_str());
        if self.open.len() >= DEPTH_MAX || (formatting && self.formatting >= FORMATTING_MAX) {
            self.note("depth_cut");
            return after;
        }
        self.write(&name, &tag);
        self.formatting += usize::from(formatting);
        self.open.push(name);
        after
    }

    /// Elements whose end tag may be left out end where the next of their kind begins.
    fn imply_end(&mut self, name: &str) {
        let ends: &[&str] = match name {
            "li" => &["p", "li"],
            "dd" | "dt" => &["p", "dd", "dt"],
            "td" | "th" => &["p", "td", "th"],
            "tr" => &["p", "td", "th", "tr"],
            "tbody" | "thead" | "tfoot" => &["p", "td", "th", "tr", "tbody", "thead", "tfoot"],
            "option" => &["option"],
            "p" | "div" | "ul" | "ol" | "table" | "section" | "article" | "blockquote" | "h1" | "h2" | "h3" | "h4" => {
                &["p"]
            }
            _ => return,
        };
        while self.open.last().is_some_and(|last| ends.contains(&last.as_str())) {
            self.open.pop();
        }
    }

    fn drop_raw<'a>(&mut self, name: &str, tag: &Tag<'_>, after: &'a str) -> &'a str {
        if tag.self_closing && matches!(name, "svg" | "math") {
            return after;
        }
        let Some((content, after)) = self.raw(name, after) else { return after };
        let is_json =
            name == "script" && tag.value("type").is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
        if is_json && self.json_ld_bytes + content.len() <= JSON_LD_BYTES_MAX {
            self.json_ld_bytes += content.len();
            self.json_ld.push(content.to_owned());
        }
        after
    }

    fn keep_raw<'a>(&mut self, name: &str, after: &'a str) -> &'a str {
        let Some((content, after)) = self.raw(name, after) else { return after };
        let tag = if name == "title" { "title" } else { "pre" };
        self.out.push_str(&format!("<{tag}>"));
        self.out.push_str(&content.replace('<', "&lt;"));
        self.out.push_str(&format!("</{tag}>"));
        after
    }

    fn write(&mut self, name: &str, tag: &Tag<'_>) {
        self.out.push('<');
        self.out.push_str(name);
        for (key, value) in &tag.attributes {
            self.out.push(' ');
            self.out.push_str(key);
            self.out.push_str("=\"");
            if value.contains('"') {
                self.out.push_str(&value.replace('"', "&quot;"));
            } else {
                self.out.push_str(value);
            }
            self.out.push('"');
        }
        self.out.push('>');
    }
}

fn tag_name(rest: &str) -> String {
    let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '<')).unwrap_or(rest.len());
    rest[..end].chars().take(40).collect::<String>().to_ascii_lowercase()
}

/// Where `</name` begins.
fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    text.match_indices("</").map(|(at, _)| at).find(|&at| {
        let from = at + 2;
        bytes.get(from..from + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn after_tag(rest: &str) -> &str {
    rest.find('>').map_or("", |at| &rest[at + 1..])
}

/// The inside of a start tag.
#[derive(Default)]
struct Tag<'a> {
    attributes: Vec<(String, &'a str)>,
    self_closing: bool,
    /// Bytes up to and with the `>`.
    length: usize,
}

impl<'a> Tag<'a> {
    /// Reads attributes up to the end of the tag, as the tokenizer of the HTML standard does.
    fn scan(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut tag = Self::default();
        let mut at = 0;
        loop {
            while at < bytes.len() && (bytes[at].is_ascii_whitespace() || bytes[at] == b'/') {
                tag.self_closing = bytes[at] == b'/';
                at += 1;
            }
            match bytes.get(at) {
                None => break,
                Some(b'>') => {
                    at += 1;
                    break;
                }
                Some(_) => {}
            }
            let start = at;
            at += 1;
            while at < bytes.len() && !bytes[at].is_ascii_whitespace() && !matches!(bytes[at], b'=' | b'>' | b'/') {
                at += 1;
            }
            let key = &text[start..at];
            let value = read_value(text, &mut at);
            tag.self_closing = false;
            tag.keep(key, value);
        }
        tag.length = at;
        tag
    }

    fn keep(&mut self, key: &str, value: &'a str) {
        if self.attributes.len() >= ATTRIBUTES_MAX || value.len() > VALUE_BYTES_MAX || key.len() > 16 {
            return;
        }
        let key = key.to_ascii_lowercase();
        let wanted = ATTRIBUTES.contains(&key.as_str())
            && (key != "style" || value.contains("none") || value.contains("hidden"))
            && self.attributes.iter().all(|(name, _)| *name != key);
        if wanted {
            self.attributes.push((key, value));
        }
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

/// The value behind `=`, without its quotes; empty where there is none.
fn read_value<'a>(text: &'a str, at: &mut usize) -> &'a str {
    let bytes = text.as_bytes();
    let mut look = *at;
    while look < bytes.len() && bytes[look].is_ascii_whitespace() {
        look += 1;
    }
    if bytes.get(look) != Some(&b'=') {
        return "";
    }
    look += 1;
    while look < bytes.len() && bytes[look].is_ascii_whitespace() {
        look += 1;
    }
    match bytes.get(look) {
        Some(quote @ (b'"' | b'\'')) => {
            let start = look + 1;
            let length = bytes[start..].iter().position(|byte| byte == quote);
            let end = length.map_or(bytes.len(), |length| start + length);
            *at = (end + 1).min(bytes.len());
            &text[start..end]
        }
        _ => {
            let start = look;
            while look < bytes.len() && !bytes[look].is_ascii_whitespace() && bytes[look] != b'>' {
                look += 1;
            }
            *at = look;
            &text[start..look]
        }
    }
}
