//! The tokenizer of the HTML standard, 13.2.5, as scans from mark to mark: no state is kept from byte to byte.

use memchr::{memchr, memchr2, memmem};

use crate::limits::{ATTRIBUTES_MAX, BODY_BYTES_MAX, UNCLOSED_BYTES_MAX, VALUE_BYTES_MAX};

use super::names::{AttributeName, BREAK_OUT, Name};
use super::tree::{Attribute, Span, Tree};

/// A start or end tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    pub(super) name: Name,
    /// The name as it is written; in small letters where the list of names has it not.
    pub(super) written: Span,
    /// The first of its attributes in the tree's list, and their number.
    pub(super) first_attribute: u32,
    pub(super) attributes: u8,
    pub(super) self_closing: bool,
    /// From behind the name to behind the `>`.
    pub(super) source: Span,
}

impl Tag {
    /// A tag that the standard has the parser act on though the page has none.
    pub(super) fn implied(name: Name) -> Self {
        Self {
            name,
            written: Span::default(),
            first_attribute: 0,
            attributes: 0,
            self_closing: false,
            source: Span::default(),
        }
    }
}

const SPACE: u8 = 1;
const SLASH: u8 = 2;
const CLOSE: u8 = 4;
const EQUALS: u8 = 8;
const TAG_NAME_END: u8 = SPACE | SLASH | CLOSE;
const ATTRIBUTE_NAME_END: u8 = SPACE | SLASH | CLOSE | EQUALS;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    classes[b'\t' as usize] = SPACE;
    classes[b'\n' as usize] = SPACE;
    classes[b'\x0c' as usize] = SPACE;
    classes[b'\r' as usize] = SPACE;
    classes[b' ' as usize] = SPACE;
    classes[b'/' as usize] = SLASH;
    classes[b'>' as usize] = CLOSE;
    classes[b'=' as usize] = EQUALS;
    classes
};

#[inline]
fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

pub(super) fn is_space(byte: u8) -> bool {
    is(byte, SPACE)
}

/// Where the first byte of a class is, from `at` on; the length where there is none.
#[inline]
fn find_class(bytes: &[u8], at: usize, class: u8) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| is(*byte, class)).map_or(bytes.len(), |found| at + found)
}

/// Where the first byte is that is no white space.
#[inline]
fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !is(*byte, SPACE)).map_or(bytes.len(), |found| at + found)
}

/// Where the next `byte` is.
#[inline]
fn find(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    memchr(byte, bytes.get(at..)?).map(|found| at + found)
}

/// A place in a page.
#[derive(Debug)]
pub(super) struct Tokenizer<'a> {
    pub(super) input: &'a str,
    pub(super) at: usize,
    /// A comment that does not end was met: no other one ends either.
    comments_unclosed: bool,
    /// Elements whose end tag does not come any more.
    unclosed: [Option<Name>; 10],
    /// A script's end was only found by leaving its escapes aside.
    without_escapes: bool,
}

/// What stands at a `<`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    StartTag,
    EndTag,
    Comment,
    Doctype,
    CharacterData,
    /// What the standard reads as a comment up to the next `>`.
    Bogus,
    /// `</>`, which is nothing at all.
    Nothing,
    Text,
}

impl<'a> Tokenizer<'a> {
    pub(super) fn new(input: &'a str) -> Self {
        Self { input, at: 0, comments_unclosed: false, unclosed: [None; 10], without_escapes: false }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.input.as_bytes()
    }

    /// 13.2.5.6 and .7: what the `<` at this place opens.
    #[inline]
    pub(super) fn mark(&self, at: usize) -> Mark {
        let bytes = self.bytes();
        match bytes.get(at + 1) {
            Some(byte) if byte.is_ascii_alphabetic() => Mark::StartTag,
            Some(b'/') => match bytes.get(at + 2) {
                Some(byte) if byte.is_ascii_alphabetic() => Mark::EndTag,
                Some(b'>') => Mark::Nothing,
                Some(_) => Mark::Bogus,
                None => Mark::Text,
            },
            Some(b'!') => declaration(&bytes[at + 2..]),
            Some(b'?') => Mark::Bogus,
            _ => Mark::Text,
        }
    }

    /// Takes text up to the next mark and returns its places, and whether it may hold a character reference.
    #[inline]
    pub(super) fn text(&mut self) -> (usize, usize, bool) {
        let bytes = self.bytes();
        let start = self.at;
        let mut at = start;
        let mut has_reference = false;
        let end = loop {
            let rest = bytes.get(at..).unwrap_or_default();
            let found = if has_reference { memchr(b'<', rest) } else { memchr2(b'<', b'&', rest) };
            let Some(found) = found.map(|found| at + found) else { break bytes.len() };
            if bytes[found] == b'&' {
                has_reference = true;
            } else if self.mark(found) != Mark::Text {
                break found;
            }
            at = found + 1;
        };
        self.at = end;
        (start, end, has_reference)
    }

    /// Takes the start tag at this place; `None` where the page ends within it. Foreign elements are not kept, so that
    /// their attributes are passed over, but for those by which they end or have HTML within them.
    pub(super) fn start_tag(&mut self, tree: &mut Tree<'a>, is_foreign: bool) -> Option<Tag> {
        let mut tag = self.tag_name(self.at + 1, tree);
        let name = tag.name;
        tag.first_attribute = tree.attributes.len() as u32;
        let start = self.at;
        let ends_foreign = || BREAK_OUT.contains(name) || matches!(name, Name::Font | Name::AnnotationXml);
        let closes = if !is_foreign || ends_foreign() {
            let mut seen = 0;
            let closes = self.attributes(|name, start, end| keep(tree, &mut tag, &mut seen, name, start, end));
            if seen & 1 << AttributeName::Value as u8 != 0 {
                drop_value(tree, &mut tag);
            }
            closes
        } else {
            self.attributes(|_, _, _| ())
        };
        tag.self_closing = closes?;
        tag.source = Span::new(start, self.at);
        Some(tag)
    }

    /// Takes the end tag at this place. Its attributes mean nothing.
    pub(super) fn end_tag(&mut self, tree: &mut Tree<'a>) -> Option<Tag> {
        let tag = self.tag_name(self.at + 2, tree);
        self.attributes(|_, _, _| ()).map(|_| tag)
    }

    #[inline]
    fn tag_name(&mut self, start: usize, tree: &mut Tree<'a>) -> Tag {
        let bytes = self.bytes();
        let end = find_class(bytes, start, TAG_NAME_END);
        let name = bytes.get(start..end).unwrap_or_default();
        let mut tag = Tag::implied(Name::find(name));
        tag.written = Span::new(start, end);
        if tag.name == Name::Unknown && name.iter().any(|byte| byte.is_ascii_uppercase() || *byte == 0) {
            tag.written = tree.decoded_span(|input, out| {
                out.push_str(&input[start..end].to_ascii_lowercase().replace('\0', "\u{fffd}"));
            });
        }
        self.at = end;
        tag
    }

    /// 13.2.5.32 to .40: takes attributes up to the end of the tag, giving the name and the places of the value of each
    /// to `each`. Returns whether the tag closes itself, and `None` where the page ends within it.
    #[inline]
    pub(super) fn attributes(&mut self, mut each: impl FnMut(&'a [u8], usize, usize)) -> Option<bool> {
        let bytes = self.bytes();
        let mut at = self.at;
        self.at = bytes.len();
        loop {
            at = skip_space(bytes, at);
            match bytes.get(at)? {
                b'>' => {
                    self.at = at + 1;
                    return Some(false);
                }
                b'/' => {
                    at += 1;
                    if bytes.get(at) == Some(&b'>') {
                        self.at = at + 1;
                        return Some(true);
                    }
                    continue;
                }
                _ => {}
            }
            let start = at;
            // An equals sign at the front belongs to the name.
            at = find_class(bytes, at + 1, ATTRIBUTE_NAME_END);
            let name = bytes.get(start..at)?;
            if bytes.get(at) != Some(&b'=') {
                at = skip_space(bytes, at);
            }
            if bytes.get(at)? != &b'=' {
                each(name, at, at);
                continue;
            }
            at = skip_space(bytes, at + 1);
            let (from, to, next) = match *bytes.get(at)? {
                quote @ (b'"' | b'\'') => {
                    let end = find(bytes, at + 1, quote)?;
                    (at + 1, end, end + 1)
                }
                b'>' => (at, at, at),
                _ => {
                    let end = find_class(bytes, at, SPACE | CLOSE);
                    (at, end, end)
                }
            };
            at = next;
            each(name, from, to);
        }
    }

    /// Takes a comment. One that does not end would swallow the page, so its mark alone is skipped then, unless little
    /// is left.
    pub(super) fn comment(&mut self, tree: &mut Tree<'a>) {
        let bytes = self.bytes();
        let start = self.at + 4;
        let rest = bytes.get(start..).unwrap_or_default();
        if rest.starts_with(b">") || rest.starts_with(b"->") {
            self.at = start + if rest[0] == b'>' { 1 } else { 2 };
            return;
        }
        let mut from = 0;
        while !self.comments_unclosed {
            let Some(end) = find(rest, from, b'>') else {
                self.comments_unclosed = true;
                break;
            };
            if rest[..end].ends_with(b"--") || rest[..end].ends_with(b"--!") {
                self.at = start + end + 1;
                return;
            }
            from = end + 1;
        }
        self.at = self.unclosed_end(start, tree);
    }

    /// Where what began at `start` and does not end is taken to end. A page that was cut at its cap was cut within it.
    fn unclosed_end(&self, start: usize, tree: &mut Tree<'a>) -> usize {
        let length = self.input.len();
        if length - start <= UNCLOSED_BYTES_MAX || length + char::MAX_LEN_UTF8 > BODY_BYTES_MAX {
            return length;
        }
        tree.note("unclosed_markup");
        start
    }

    /// Takes all up to the next `>` and returns what stands before it.
    pub(super) fn bogus(&mut self) -> &'a str {
        let start = self.at;
        let end = find(self.bytes(), start, b'>');
        self.at = end.map_or(self.input.len(), |end| end + 1);
        self.input.get(start..end.unwrap_or(self.input.len())).unwrap_or_default()
    }

    /// Takes a CDATA section and returns the places of its text.
    pub(super) fn character_data(&mut self) -> (usize, usize) {
        let start = (self.at + "<![CDATA[".len()).min(self.input.len());
        let rest = &self.bytes()[start..];
        match memmem::find(rest, b"]]>") {
            Some(length) => {
                self.at = start + length + 3;
                (start, start + length)
            }
            None => {
                self.at = self.input.len();
                (start, self.at)
            }
        }
    }

    /// Takes the content of an element that holds no markup, with its end tag, and returns its places. Where the end
    /// tag is missing that is all the rest if it is short, else nothing.
    pub(super) fn raw(&mut self, name: Name, tree: &mut Tree<'a>) -> (usize, usize) {
        let start = self.at;
        let found = if self.unclosed.contains(&Some(name)) { None } else { self.raw_end(name) };
        let Some(end) = found else {
            if let Some(free) = self.unclosed.iter_mut().find(|slot| slot.is_none_or(|unclosed| unclosed == name)) {
                *free = Some(name);
            }
            self.at = self.unclosed_end(start, tree);
            return (start, self.at);
        };
        self.at = end + 2 + name.text().len();
        // A page that ends within the end tag has ended.
        let _ = self.attributes(|_, _, _| ());
        (start, end)
    }

    fn raw_end(&mut self, name: Name) -> Option<usize> {
        if name != Name::Script {
            return plain_end(self.bytes(), self.at, name);
        }
        if !self.without_escapes {
            if let Some(end) = script_end(self.bytes(), self.at) {
                return Some(end);
            }
            // Escapes that go on to the end of the page: a browser would show nothing more. Looked for once only.
            if self.input.len() - self.at <= UNCLOSED_BYTES_MAX {
                return None;
            }
            self.without_escapes = true;
        }
        plain_end(self.bytes(), self.at, name)
    }
}

fn declaration(rest: &[u8]) -> Mark {
    if rest.starts_with(b"--") {
        Mark::Comment
    } else if rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case(b"doctype")) {
        Mark::Doctype
    } else if rest.starts_with(b"[CDATA[") {
        Mark::CharacterData
    } else {
        Mark::Bogus
    }
}

/// Keeps an attribute if a reader wants it. The first of a name counts.
#[inline]
fn keep(tree: &mut Tree<'_>, tag: &mut Tag, seen: &mut u64, name: &[u8], start: usize, end: usize) {
    let name = AttributeName::find(name);
    let bit = 1 << name as u8;
    if name == AttributeName::Unknown || *seen & bit != 0 {
        return;
    }
    *seen |= bit;
    if usize::from(tag.attributes) >= ATTRIBUTES_MAX || end - start > VALUE_BYTES_MAX {
        return;
    }
    let value = match name {
        // Of a handler only its being there counts.
        AttributeName::Onclick => Span::new(start, start),
        AttributeName::Style if !may_hide(&tree.input.as_bytes()[start..end]) => return,
        _ => tree.value_span(start, end),
    };
    tree.attributes.push(Attribute { name, value });
    tag.attributes += 1;
}

/// What a form holds is no text of the page, but what stands on a button is.
fn drop_value(tree: &mut Tree<'_>, tag: &mut Tag) {
    let kind = tree.attribute_of(tag.first_attribute, tag.attributes, AttributeName::Type).unwrap_or_default();
    let is_button = kind.eq_ignore_ascii_case("submit") || kind.eq_ignore_ascii_case("button");
    if tag.name == Name::Input && is_button {
        return;
    }
    let is_value = |attribute: &Attribute| attribute.name == AttributeName::Value;
    let first = tag.first_attribute as usize;
    if let Some(at) = tree.attributes.get(first..).unwrap_or_default().iter().position(is_value) {
        tree.attributes.remove(first + at);
        tag.attributes -= 1;
    }
}

/// Of a style only what hides an element counts.
fn may_hide(style: &[u8]) -> bool {
    memmem::find(style, b"none").is_some() || memmem::find(style, b"hidden").is_some()
}

/// Whether `word` stands here, as a tag's whole name.
fn is_tag_name(bytes: &[u8], at: usize, word: &str) -> bool {
    let end = at + word.len();
    bytes.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        && bytes.get(end).is_some_and(|byte| is(*byte, TAG_NAME_END))
}

/// Where the end tag of `name` begins.
fn plain_end(bytes: &[u8], mut at: usize, name: Name) -> Option<usize> {
    loop {
        let found = find(bytes, at, b'<')?;
        if bytes.get(found + 1) == Some(&b'/') && is_tag_name(bytes, found + 2, name.text()) {
            return Some(found);
        }
        at = found + 1;
    }
}

/// How far a script is escaped, 13.2.5.17 to .31: `<!--` escapes it, and a `<script` in there hides one `</script`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Once,
    Twice,
}

/// Where the end tag of a script begins.
fn script_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut escape = Escape::None;
    // Where the dashes of the last `<!--` stand: they count for the `-->` that ends the escape.
    let mut dashes = start;
    let mut at = start;
    loop {
        let rest = bytes.get(at..)?;
        let found = at + if escape == Escape::None { memchr(b'<', rest)? } else { memchr2(b'<', b'>', rest)? };
        at = found + 1;
        if bytes[found] == b'>' {
            if bytes.get(dashes..found).is_some_and(|before| before.ends_with(b"--")) {
                escape = Escape::None;
            }
        } else if bytes.get(at) == Some(&b'/') {
            if is_tag_name(bytes, found + 2, "script") {
                if escape != Escape::Twice {
                    return Some(found);
                }
                escape = Escape::Once;
            }
        } else if escape == Escape::None {
            if bytes[at..].starts_with(b"!--") {
                escape = Escape::Once;
                dashes = found + 2;
                at = found + 4;
            }
        } else if escape == Escape::Once && is_tag_name(bytes, at, "script") {
            escape = Escape::Twice;
        }
    }
}
