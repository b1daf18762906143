//! Tokens to a balanced sequence of elements with namespaces, base addresses and languages.
//!
//! Every element that starts also ends, except at the end of the document: what is open there was cut off. An end tag
//! closes the nearest open element of its name and all within it; one without such an element is passed over.

use std::borrow::Cow;

use schemas::Lang;
use url::Url;

use super::{Attributes, Entities, Ns, Token, Tokens};
use crate::limits::Limits;
use crate::notes::Notes;

/// What comes next in a document.
#[derive(Debug)]
pub enum Event<'a> {
    /// An element starts; it is open at [`Reader::depth`].
    Start {
        /// Of the element's name.
        ns: Ns,
        /// The name without its prefix, in lower case.
        name: Cow<'a, str>,
        /// As written, at most `attributes_max` of them.
        attributes: std::iter::Take<Attributes<'a>>,
    },
    /// The element that was open at this depth ends.
    End(usize),
    /// Text that may hold references.
    Text(&'a str),
    /// Text without references.
    CData(&'a str),
}

#[derive(Debug)]
struct Open<'a> {
    raw: &'a str,
    ns: Ns,
    name: Cow<'a, str>,
}

/// A reader of XML that takes what it is given.
#[derive(Debug)]
pub struct Reader<'a> {
    tokens: Tokens<'a>,
    limits: Limits,
    document_url: Option<Url>,
    open: Vec<Open<'a>>,
    /// Names of open elements beyond the depth that is read.
    ignored: Vec<&'a str>,
    /// Elements that end before anything else is read: down to this depth.
    closing: Option<usize>,
    /// A start tag that waits for them.
    waiting: Option<(&'a str, Attributes<'a>, bool)>,
    namespaces: Vec<(usize, &'a str, Option<Ns>)>,
    bases: Vec<(usize, Url)>,
    bases_left: usize,
    languages: Vec<(usize, Option<Lang>)>,
    /// Reads references as the document declared them.
    pub entities: Entities<'a>,
    /// What was odd.
    pub(crate) notes: Notes,
}

/// Document type declarations are looked at this far.
const DOCTYPE_BYTES_MAX: usize = 64 << 10;

/// Longer bases are none; each costs as much as it is long.
const BASE_BYTES_MAX: usize = 1 << 10;
/// So many are taken up.
const BASES_MAX: usize = 100_000;

/// Elements of HTML that are always empty and that no feed format has.
const VOID: &[&str] = &["br", "hr", "img", "wbr"];

/// Elements of text alone, which a start tag of one of them or of [`FIELDS`] closes.
const LEAVES: &[&str] = &[
    "title",
    "link",
    "guid",
    "pubdate",
    "category",
    "comments",
    "language",
    "ttl",
    "generator",
    "copyright",
    "lastbuilddate",
    "loc",
    "lastmod",
];
/// Other elements of feeds.
const FIELDS: &[&str] = &[
    "description",
    "item",
    "entry",
    "enclosure",
    "source",
    "id",
    "published",
    "updated",
    "summary",
    "content",
    "author",
];

fn is_field(name: &str) -> bool {
    LEAVES.contains(&name) || FIELDS.contains(&name)
}

impl<'a> Reader<'a> {
    /// Reads a text that came from `url`.
    pub fn new(text: &'a str, url: Option<&str>, limits: &Limits) -> Self {
        Self {
            tokens: Tokens::xml(text),
            limits: limits.clone(),
            document_url: url.and_then(|url| Url::parse(url).ok()),
            open: Vec::new(),
            ignored: Vec::new(),
            closing: None,
            waiting: None,
            namespaces: Vec::new(),
            bases: Vec::new(),
            bases_left: BASES_MAX,
            languages: Vec::new(),
            entities: Entities::html(),
            notes: Notes::default(),
        }
    }

    /// How many elements are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The nearest `xml:base`; none where the document has none here.
    pub fn base(&self) -> Option<&Url> {
        self.bases.last().map(|(_, base)| base)
    }

    /// The address of the document.
    pub fn document_url(&self) -> Option<&Url> {
        self.document_url.as_ref()
    }

    /// The nearest `xml:lang`.
    pub fn language(&self) -> Option<&Lang> {
        self.languages.last().and_then(|(_, language)| language.as_ref())
    }

    /// The `xml:lang` that was stated at this depth or deeper.
    pub fn language_within(&self, depth: usize) -> Option<&Lang> {
        self.languages.last().filter(|(at, _)| *at >= depth).and_then(|(_, language)| language.as_ref())
    }

    /// The next event; none at the end of the document, where elements may still be open.
    pub fn next_event(&mut self) -> Option<Event<'a>> {
        loop {
            if let Some(down_to) = self.closing {
                if self.open.len() > down_to {
                    return Some(self.pop());
                }
                self.closing = None;
            }
            if let Some((raw, attributes, empty)) = self.waiting.take() {
                return Some(self.push(raw, attributes, empty));
            }
            match self.tokens.next()? {
                Token::Text(text) => return Some(Event::Text(text)),
                Token::CData(text) => return Some(Event::CData(text)),
                Token::Doctype(text) => {
                    let end = text.floor_char_boundary(DOCTYPE_BYTES_MAX);
                    self.entities.declare(&text[..end], self.limits.expansion_bytes_max);
                }
                Token::Start { name, attributes, empty } => self.start(name, attributes, empty),
                Token::End(name) => self.end(name),
            }
        }
    }

    fn start(&mut self, raw: &'a str, attributes: Attributes<'a>, empty: bool) {
        let (prefix, local) = split(raw);
        if prefix.is_empty() {
            self.closing = self.implied_end(&lower(local));
        }
        if self.closing.unwrap_or(self.open.len()) >= self.limits.depth_max {
            self.notes.add("depth_cut");
            if !empty {
                self.ignored.push(raw);
            }
            return;
        }
        self.waiting = Some((raw, attributes, empty));
    }

    /// Down to which depth a start tag closes what was left open: an item does not hold items, a title no link.
    fn implied_end(&mut self, name: &str) -> Option<usize> {
        let top = self.open.last()?;
        let down_to = if matches!(name, "item" | "entry" | "url" | "sitemap") {
            let at = self.open.iter().rposition(|open| open.ns == Ns::Core && open.name == name)?;
            let held =
                self.open[at..].iter().any(|open| matches!(&*open.name, "content" | "source") || open.ns == Ns::Xhtml);
            if held { None } else { Some(at) }
        } else if top.ns == Ns::Core && LEAVES.contains(&&*top.name) && is_field(name) {
            Some(self.open.len() - 1)
        } else {
            None
        };
        if down_to.is_some() {
            self.ignored.clear();
            self.notes.add("tags_mismatched");
        }
        down_to
    }

    fn end(&mut self, name: &'a str) {
        if self.ignored.last().is_some_and(|ignored| ignored.eq_ignore_ascii_case(name)) {
            self.ignored.pop();
            return;
        }
        match self.open.iter().rposition(|open| open.raw.eq_ignore_ascii_case(name)) {
            Some(at) => {
                if at + 1 != self.open.len() {
                    self.notes.add("tags_mismatched");
                }
                self.ignored.clear();
                self.closing = Some(at);
            }
            None => self.notes.add("tags_mismatched"),
        }
    }

    fn push(&mut self, raw: &'a str, attributes: Attributes<'a>, empty: bool) -> Event<'a> {
        let depth = self.open.len() + 1;
        if attributes.source().contains("xml") {
            self.declare(depth, attributes);
        }
        let (prefix, local) = split(raw);
        let ns = self.resolve(prefix);
        let name = lower(local);
        if empty || VOID.contains(&&*name) {
            self.closing = Some(self.open.len());
        }
        self.open.push(Open { raw, ns, name: name.clone() });
        Event::Start { ns, name, attributes: attributes.take(self.limits.attributes_max) }
    }

    fn pop(&mut self) -> Event<'a> {
        let depth = self.open.len();
        self.open.pop();
        while self.namespaces.pop_if(|(at, ..)| *at >= depth).is_some() {}
        while self.bases.pop_if(|(at, _)| *at >= depth).is_some() {}
        while self.languages.pop_if(|(at, _)| *at >= depth).is_some() {}
        Event::End(depth)
    }

    /// Takes up `xmlns`, `xml:base` and `xml:lang`.
    fn declare(&mut self, depth: usize, attributes: Attributes<'a>) {
        for (name, value) in attributes.take(self.limits.attributes_max) {
            if name == "xmlns" || name.starts_with("xmlns:") {
                if self.namespaces.len() < self.limits.namespaces_max {
                    self.namespaces.push((depth, name.strip_prefix("xmlns:").unwrap_or(""), Ns::of_uri(value)));
                } else {
                    self.notes.add("namespaces_cut");
                }
            } else if name == "xml:lang" {
                self.languages.push((depth, Lang::parse(value).ok()));
            } else if name == "xml:base" && value.len() <= BASE_BYTES_MAX {
                if self.bases_left == 0 {
                    self.notes.add("bases_cut");
                    continue;
                }
                self.bases_left -= 1;
                let value = self.entities.decode(value.trim());
                let base = match self.bases.last().map(|(_, base)| base).or(self.document_url.as_ref()) {
                    Some(base) => base.join(&value),
                    None => Url::parse(&value),
                };
                // A base that is itself no address on the web would take every link within it off the web.
                if let Ok(base) = base
                    && matches!(base.scheme(), "http" | "https")
                    && base.as_str().len() <= BASE_BYTES_MAX
                {
                    self.bases.push((depth, base));
                }
            }
        }
    }

    fn resolve(&mut self, prefix: &str) -> Ns {
        if prefix.eq_ignore_ascii_case("xml") {
            return Ns::Other;
        }
        match self.namespaces.iter().rfind(|(_, declared, _)| *declared == prefix) {
            Some((.., Some(ns))) => *ns,
            // A default namespace that nobody knows is somebody's idea of RSS.
            Some(_) if prefix.is_empty() => Ns::Core,
            Some(_) => Ns::Other,
            None => {
                if !prefix.is_empty() {
                    self.notes.add("prefix_undeclared");
                }
                Ns::of_prefix(prefix)
            }
        }
    }
}

fn split(raw: &str) -> (&str, &str) {
    raw.split_once(':').unwrap_or(("", raw))
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
