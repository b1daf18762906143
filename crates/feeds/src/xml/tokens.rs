//! Text to tags and text. Linear: what a search did not find is never looked for again, and no decision depends on
//! what comes after the token, so that a document cut short gives the same tokens as far as it goes.

/// A piece of a document. Text and values are as written, references not yet read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `<name attributes>` or, with `empty`, `<name attributes/>`.
    Start {
        /// With its prefix, as written.
        name: &'a str,
        /// In the order of the document.
        attributes: Attributes<'a>,
        /// Ends with `/>`.
        empty: bool,
    },
    /// `</name>`.
    End(&'a str),
    /// Text that may hold references.
    Text(&'a str),
    /// What a CDATA section holds: text without references.
    CData(&'a str),
    /// A document type declaration, with its internal subset.
    Doctype(&'a str),
}

/// The tokens of a text; comments and processing instructions are left out.
#[derive(Debug)]
pub struct Tokens<'a> {
    rest: &'a str,
    html: bool,
    /// HTML alone: no closing quote comes any more, for `"` and for `'`.
    unclosed: [bool; 2],
}

impl<'a> Tokens<'a> {
    /// Reads XML: an attribute's value that holds `<` was never closed.
    pub const fn xml(text: &'a str) -> Self {
        Self { rest: text, html: false, unclosed: [false; 2] }
    }

    /// Reads HTML: values may hold anything, and scripts and styles hold no tags.
    pub const fn html(text: &'a str) -> Self {
        Self { rest: text, html: true, unclosed: [false; 2] }
    }

    /// What was not read yet.
    pub const fn rest(&self) -> &'a str {
        self.rest
    }

    fn take(&mut self, at: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(at.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Takes up to `mark` and the mark itself; all there is where the mark does not come.
    fn take_until(&mut self, mark: &str) -> &'a str {
        let Some(at) = self.rest.find(mark) else { return self.take(usize::MAX) };
        let taken = self.take(at);
        self.take(mark.len());
        taken
    }

    fn text(&mut self) -> Token<'a> {
        // The first byte is text even where it is `<`.
        let at = self.rest.bytes().skip(1).position(|byte| byte == b'<').map_or(self.rest.len(), |at| at + 1);
        Token::Text(self.take(at))
    }

    fn declaration(&mut self) -> Option<Token<'a>> {
        if self.rest.starts_with("<!--") {
            self.take(4);
            self.take_until("-->");
            return None;
        }
        if starts_with(self.rest, "<![cdata[") {
            self.take(9);
            return Some(Token::CData(self.take_until("]]>")));
        }
        if !starts_with(self.rest, "<!doctype") {
            self.take_until(">");
            return None;
        }
        let end = self.rest.find(['>', '[']).unwrap_or(self.rest.len());
        if self.rest[end..].starts_with('[') {
            let subset = self.take_until("]");
            self.take_until(">");
            return Some(Token::Doctype(subset));
        }
        Some(Token::Doctype(self.take_until(">")))
    }

    /// None where the tag does not end: half a name may be another element's.
    fn end_tag(&mut self) -> Option<Token<'a>> {
        let at = self.rest.bytes().skip(2).position(|byte| matches!(byte, b'<' | b'>'));
        let tag = self.take(at.map_or(usize::MAX, |at| at + 2));
        let ends = !self.rest.is_empty();
        if self.rest.starts_with('>') {
            self.take(1);
        }
        ends.then(|| Token::End(tag[2..].trim()))
    }

    /// None where the tag does not end: a document that was cut.
    fn start_tag(&mut self) -> Option<Token<'a>> {
        let Some(end) = self.tag_end() else {
            self.take(usize::MAX);
            return None;
        };
        let tag = &self.take(end)[1..];
        if self.rest.starts_with('>') {
            self.take(1);
        }
        // In HTML a slash ends an unquoted value as any other character does.
        let (tag, empty) = match tag.strip_suffix('/').filter(|_| !self.html) {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let name_end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
        let (name, attributes) = tag.split_at(name_end.unwrap_or(tag.len()));
        if self.html && !empty && (starts_with(name, "script") || starts_with(name, "style")) {
            self.skip_raw(name);
        }
        Some(Token::Start { name, attributes: Attributes(attributes), empty })
    }

    /// Where the tag at the start of the rest ends: at `>`, or at `<` where `>` is missing.
    fn tag_end(&mut self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        loop {
            match *bytes.get(at)? {
                b'>' | b'<' => return Some(at),
                quote @ (b'"' | b'\'') if after_equals(bytes, at) => match self.value_end(at, quote) {
                    Some(end) => at = end,
                    None if self.html || bytes[at..].contains(&b'<') => {}
                    None => return None,
                },
                _ => {}
            }
            at += 1;
        }
    }

    /// The closing quote of a value that begins at `at`.
    fn value_end(&mut self, at: usize, quote: u8) -> Option<usize> {
        let bytes = &self.rest.as_bytes()[at + 1..];
        if !self.html {
            let stop = bytes.iter().position(|&byte| byte == quote || byte == b'<')?;
            return (bytes[stop] == quote).then_some(at + 1 + stop);
        }
        let unclosed = &mut self.unclosed[usize::from(quote == b'\'')];
        if *unclosed {
            return None;
        }
        let stop = bytes.iter().position(|&byte| byte == quote);
        *unclosed = stop.is_none();
        stop.map(|stop| at + 1 + stop)
    }

    fn skip_raw(&mut self, name: &str) {
        while let Some(at) = self.rest.find("</") {
            if starts_with(&self.rest[at + 2..], name) {
                self.take(at);
                return;
            }
            self.take(at + 2);
        }
        self.take(usize::MAX);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while !self.rest.is_empty() {
            let mut bytes = self.rest.bytes();
            if bytes.next() != Some(b'<') {
                return Some(self.text());
            }
            let token = match bytes.next() {
                Some(b'!') => self.declaration(),
                Some(b'?') => {
                    self.take_until(">");
                    None
                }
                Some(b'/') => self.end_tag(),
                Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.start_tag(),
                _ => Some(self.text()),
            };
            if token.is_some() {
                return token;
            }
        }
        None
    }
}

/// A quote opens a value only behind `=`; elsewhere it is a stray one.
fn after_equals(bytes: &[u8], at: usize) -> bool {
    bytes[..at].iter().rev().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'=')
}

/// Whether a text starts with a lower-case word, in any case.
pub(crate) fn starts_with(text: &str, word: &str) -> bool {
    text.as_bytes().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

/// The attributes of a start tag: name and value as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attributes<'a>(&'a str);

impl<'a> Attributes<'a> {
    /// All that is written between the name and the end of the tag.
    pub const fn source(&self) -> &'a str {
        self.0
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<(&'a str, &'a str)> {
        let stray = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '=' | '<');
        let rest = self.0.trim_start_matches(stray);
        if rest.is_empty() {
            self.0 = rest;
            return None;
        }
        let name_end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, rest) = rest.split_at(name_end);
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            self.0 = rest;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|&c| matches!(c, '"' | '\''));
        let (value, rest) = match quote.and_then(|quote| value[1..].split_once(quote)) {
            Some(parts) => parts,
            None => {
                let value = value.trim_start_matches(['"', '\'']);
                value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len()))
            }
        };
        self.0 = rest;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(tag: &str) -> Vec<(&str, &str)> {
        match Tokens::xml(tag).next() {
            Some(Token::Start { attributes, .. }) => attributes.collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn attributes_with_and_without_quotes() {
        assert_eq!(attributes("<a b='1>2' c = \"d e\" f=g h>"), [("b", "1>2"), ("c", "d e"), ("f", "g"), ("h", "")]);
        assert_eq!(attributes("<a b=\"open><c d='e'>"), [("b", "open")]);
        assert_eq!(attributes("<a b=http://x.example/?q=1 />"), [("b", "http://x.example/?q=1")]);
    }

    #[test]
    fn what_is_not_closed_ends_where_the_next_begins() {
        let tokens: Vec<_> = Tokens::xml("<a<b>1 < 2</b</a>").collect();
        let names: Vec<_> =
            tokens.iter().filter(|token| matches!(token, Token::Start { .. } | Token::End(_))).collect();
        assert_eq!(names.len(), 4, "{tokens:?}");
        assert!(tokens.contains(&Token::Text("< 2")));
    }

    #[test]
    fn half_an_end_tag_ends_nothing() {
        assert_eq!(Tokens::xml("<item><a>text</a").last(), Some(Token::Text("text")));
        assert_eq!(Tokens::xml("<item></item<").nth(1), Some(Token::End("item")));
    }

    #[test]
    fn a_document_type_hides_what_it_holds() {
        let tokens: Vec<_> = Tokens::xml("<!DOCTYPE a [<!ENTITY b \"<c>\">]><d/>").collect();
        assert!(matches!(tokens[..], [Token::Doctype(_), Token::Start { name: "d", empty: true, .. }]), "{tokens:?}");
    }
}
