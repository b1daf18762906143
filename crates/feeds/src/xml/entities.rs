//! Character references: numeric ones, those named by HTML, and the plain ones that a document declares itself.
//!
//! What a declared entity stands for is never read again for references, so there is no growth beyond
//! `expansion_bytes_max` whatever the declarations say.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The longest name in HTML is `CounterClockwiseContourIntegral`.
const NAME_BYTES_MAX: usize = 32;
const DECLARED_MAX: usize = 128;
const DECLARED_BYTES_MAX: usize = 1024;

static NAMED: LazyLock<HashMap<&'static str, String>> = LazyLock::new(|| {
    let mut named: HashMap<&'static str, String> =
        [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")]
            .into_iter()
            .map(|(name, text)| (name, text.to_owned()))
            .collect();
    for line in include_str!("../../data/entities.txt").lines().filter(|line| !line.starts_with("//")) {
        let Some((name, points)) = line.split_once(' ') else { continue };
        let text = points.split(' ').filter_map(|point| char::from_u32(u32::from_str_radix(point, 16).ok()?)).collect();
        named.insert(name, text);
    }
    named
});

/// The references that a document may use.
#[derive(Debug, Default)]
pub struct Entities<'a> {
    declared: HashMap<&'a str, &'a str>,
    expansion_bytes_left: usize,
}

impl<'a> Entities<'a> {
    /// Those of HTML alone.
    pub fn html() -> Self {
        Self::default()
    }

    /// Adds those that a document type declaration declares with a plain text.
    pub fn declare(&mut self, doctype: &'a str, expansion_bytes_max: usize) {
        self.expansion_bytes_left = expansion_bytes_max;
        for declaration in doctype.split("<!ENTITY").skip(1).take(DECLARED_MAX) {
            let declaration = declaration.trim_start();
            let Some((name, value)) = declaration.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|&c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, _)) = value[1..].split_once(quote) else { continue };
            if value.len() <= DECLARED_BYTES_MAX && !value.contains('<') {
                self.declared.entry(name).or_insert(value);
            }
        }
    }

    /// Appends a text with its references read and its control characters dropped; what is no reference stays as it is.
    pub fn decode_into(&mut self, raw: &str, out: &mut String) {
        let mut rest = raw;
        while let Some(at) = rest.find('&') {
            push_plain(&rest[..at], out);
            rest = &rest[at + 1..];
            rest = match self.reference(rest, out) {
                Some(length) => &rest[length..],
                None => {
                    out.push('&');
                    rest
                }
            };
        }
        push_plain(rest, out);
    }

    /// [`Entities::decode_into`] a text of its own, borrowed where there is nothing to read.
    pub fn decode<'t>(&mut self, raw: &'t str) -> Cow<'t, str> {
        if !raw.contains('&') && !raw.bytes().any(is_control) {
            return Cow::Borrowed(raw);
        }
        let mut out = String::with_capacity(raw.len());
        self.decode_into(raw, &mut out);
        Cow::Owned(out)
    }

    /// Reads the reference behind an ampersand; how many bytes it takes.
    fn reference(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        if let Some(number) = rest.strip_prefix('#') {
            return numeric(number, out).map(|length| length + 1);
        }
        let window = &rest.as_bytes()[..rest.len().min(NAME_BYTES_MAX)];
        let end =
            window.iter().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'-' | b'.'))?;
        if window[end] != b';' {
            return None;
        }
        let name = &rest[..end];
        if let Some(value) = self.declared.get(name) {
            self.expansion_bytes_left = self.expansion_bytes_left.saturating_sub(value.len() + 1);
            if self.expansion_bytes_left > 0 {
                Entities::html().decode_into(value, out);
            }
            return Some(end + 1);
        }
        out.push_str(NAMED.get(name)?);
        Some(end + 1)
    }
}

/// `65;`, `x41;` and, as browsers read it, without the semicolon.
fn numeric(rest: &str, out: &mut String) -> Option<usize> {
    let (digits, radix, mark) = match rest.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (rest, 10, 0),
    };
    let length =
        digits.bytes().take(10).position(|byte| !char::from(byte).is_digit(radix)).unwrap_or(digits.len().min(10));
    let point = u32::from_str_radix(digits.get(..length)?, radix).ok();
    if length == 0 {
        return None;
    }
    match point.map(windows_1252).and_then(char::from_u32) {
        Some(c) if c.is_ascii() && is_control(c as u8) => {}
        Some(c) => out.push(c),
        None => out.push(char::REPLACEMENT_CHARACTER),
    }
    Some(mark + length + usize::from(digits[length..].starts_with(';')))
}

/// References to the control characters U+0080 to U+009F mean windows-1252, as in HTML.
fn windows_1252(point: u32) -> u32 {
    match u8::try_from(point) {
        Ok(byte @ 0x80..=0x9f) => {
            let bytes = [byte];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
            text.chars().next().map_or(point, u32::from)
        }
        _ => point,
    }
}

/// Appends a text without references; its control characters are dropped.
pub(crate) fn push_plain(text: &str, out: &mut String) {
    if text.bytes().any(is_control) {
        out.extend(text.chars().filter(|&c| !(c.is_ascii() && is_control(c as u8))));
    } else {
        out.push_str(text);
    }
}

const fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r') || byte == 0x7f
}

/// Appends a text so that it stands for itself in HTML and XML; its control characters are dropped.
pub(crate) fn escape_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"']) {
        push_plain(&rest[..at], out);
        out.push_str(match rest.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        });
        rest = &rest[at + 1..];
    }
    push_plain(rest, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_the_rest_stays() {
        let mut entities = Entities::html();
        for (raw, text) in [
            ("caf&eacute; &amp; bar", "café & bar"),
            ("a=1&b=2&c;", "a=1&b=2&c;"),
            ("&#65;&#x42;&#67 &#150;", "ABC –"),
            ("&#0;&#xD800;&#99999999999;&#;&", "\u{fffd}\u{fffd}9;&#;&"),
            ("x\u{0}\u{b}y", "xy"),
        ] {
            assert_eq!(entities.decode(raw), text, "{raw}");
        }
    }

    #[test]
    fn declared_entities_expand_once_and_within_a_bound() {
        let mut entities = Entities::html();
        entities.declare("<!DOCTYPE a [<!ENTITY b 'x &amp; &b;'><!ENTITY c '&b;&b;'>", 100);
        assert_eq!(entities.decode("&b; &c;"), "x & &b; &b;&b;");
        assert!(entities.decode(&"&b;".repeat(1000)).len() < 100);
    }
}
