//! Character references, 13.2.5.72 to 13.2.5.80 of the HTML standard.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memchr;

use crate::fold::Quick;

/// The longest name without a semicolon (`&Aacute`, `&brvbar`), in bytes behind the ampersand.
const LEGACY_BYTES_MAX: usize = 6;
/// No name is longer: `CounterClockwiseContourIntegral`.
const NAME_BYTES_MAX: usize = 31;

/// What C1 controls stand for in a numeric reference: the characters of windows-1252; zero where it has none.
const C1: [u16; 32] = [
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
    0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/// Named references without their ampersand, with the semicolon where they need one.
static NAMED: LazyLock<HashMap<&'static str, &'static str, Quick>> = LazyLock::new(|| {
    let known = entities::ENTITIES.iter();
    known.filter_map(|entity| Some((entity.entity.strip_prefix('&')?, entity.characters))).collect()
});

/// Writes `text` with its references resolved. In an attribute a name without its semicolon stays as it is where a
/// letter, a digit or `=` follows: old addresses hold `&copy=1`.
pub(crate) fn decode(text: &str, in_attribute: bool, out: &mut String) {
    let mut rest = text;
    while let Some(at) = memchr(b'&', rest.as_bytes()) {
        let (before, reference) = rest.split_at(at);
        out.push_str(before);
        let length = match reference.as_bytes().get(1) {
            Some(b'#') => numeric(reference, out),
            Some(byte) if byte.is_ascii_alphanumeric() => named(reference, in_attribute, out),
            _ => 0,
        };
        if length == 0 {
            out.push('&');
        }
        rest = &reference[length.max(1)..];
    }
    out.push_str(rest);
}

/// Writes the character of a reference that begins with `&#` and returns its bytes; zero where it is none.
fn numeric(reference: &str, out: &mut String) -> usize {
    let bytes = reference.as_bytes();
    let (radix, from) = if matches!(bytes.get(2), Some(b'x' | b'X')) { (16, 3) } else { (10, 2) };
    let mut number: u32 = 0;
    let mut at = from;
    while let Some(digit) = bytes.get(at).and_then(|byte| char::from(*byte).to_digit(radix)) {
        number = number.saturating_mul(radix).saturating_add(digit);
        at += 1;
    }
    if at == from {
        return 0;
    }
    out.push(character(number));
    at + usize::from(bytes.get(at) == Some(&b';'))
}

/// 13.2.5.80: the end state of a numeric reference.
fn character(number: u32) -> char {
    let replaced = match number {
        0 => None,
        0x80..=0x9f => match C1[(number - 0x80) as usize] {
            0 => char::from_u32(number),
            other => char::from_u32(u32::from(other)),
        },
        _ => char::from_u32(number),
    };
    replaced.unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Writes the characters of a named reference and returns its bytes; zero where it is none.
fn named(reference: &str, in_attribute: bool, out: &mut String) -> usize {
    let bytes = reference.as_bytes();
    let letters = bytes[1..].iter().take(NAME_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if bytes.get(1 + letters) == Some(&b';')
        && let Some(characters) = look_up(&reference[1..letters + 2])
    {
        out.push_str(characters);
        return letters + 2;
    }
    for length in (2..=letters.min(LEGACY_BYTES_MAX)).rev() {
        if let Some(characters) = look_up(&reference[1..=length]) {
            let next = bytes.get(1 + length);
            if in_attribute && next.is_some_and(|byte| *byte == b'=' || byte.is_ascii_alphanumeric()) {
                return 0;
            }
            out.push_str(characters);
            return 1 + length;
        }
    }
    0
}

/// The characters of a name as it stands in the table.
fn look_up(name: &str) -> Option<&'static str> {
    // Nearly all references of real pages.
    match name {
        "nbsp;" => return Some("\u{a0}"),
        "amp;" => return Some("&"),
        "quot;" => return Some("\""),
        "lt;" => return Some("<"),
        "gt;" => return Some(">"),
        _ => {}
    }
    NAMED.get(name).copied()
}
