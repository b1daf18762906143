//! Bytes to UTF-8: byte order mark, shape of UTF-16 and UTF-32, HTTP header, XML declaration or `meta`, valid UTF-8,
//! and then a guess (RFC 7303 section 3, XML 1.0 appendix F).

use std::borrow::Cow;

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::notes::Notes;
use crate::xml::{Token, Tokens};

/// How far a declaration is looked for, in bytes.
const HEAD_BYTES_MAX: usize = 2048;
/// How much of a body the guess looks at, in bytes.
const GUESS_BYTES_MAX: usize = 256 << 10;

/// A body as text; what is no text in its charset is U+FFFD.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, notes: &mut Notes) -> Cow<'a, str> {
    if let Some(text) = utf_32(bytes) {
        return Cow::Owned(text);
    }
    let encoding = choose(bytes, content_type, notes);
    let (text, _, malformed) = encoding.decode(bytes);
    if malformed {
        notes.add("bad_bytes");
    }
    text
}

fn choose(bytes: &[u8], content_type: Option<&str>, notes: &mut Notes) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = shape(bytes) {
        return encoding;
    }
    let is_utf_8 = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        // Well-formed, and not for want of characters, but for a last one that was cut in two.
        Err(error) => error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii(),
    };
    let head = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
    let stated = [content_type.and_then(charset_parameter).and_then(for_label), declared(head), meta(head)];
    for encoding in stated.into_iter().flatten() {
        // Without a mark and without its shape it is not UTF-16, whatever it says.
        if encoding == UTF_16BE || encoding == UTF_16LE {
            continue;
        }
        if (encoding == UTF_8) == is_utf_8 || bytes.is_ascii() {
            return encoding;
        }
        notes.add("charset_stated_wrong");
        if is_utf_8 {
            return UTF_8; // what is well-formed UTF-8 by chance is not longer than a few characters
        }
    }
    if is_utf_8 {
        return UTF_8;
    }
    notes.add("charset_guessed");
    // Bad bytes in what is otherwise UTF-8: more well-formed characters than bad ones.
    let sample = &bytes[..bytes.len().min(GUESS_BYTES_MAX)];
    let chunks = sample.utf8_chunks();
    let (good, bad) = chunks.fold((0, 0), |(good, bad), chunk| {
        let wide = chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        (good + wide, bad + usize::from(!chunk.invalid().is_empty()))
    });
    if good > bad {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    if guess.is_ascii_compatible() { guess } else { WINDOWS_1252 }
}

/// `<` in UTF-16 without a mark.
fn shape(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<', 0, ..] | [0, b'{', 0, ..] => Some(UTF_16BE),
        [b'<', 0, _, 0, ..] | [b'{', 0, _, 0, ..] => Some(UTF_16LE),
        _ => None,
    }
}

/// UTF-32, which encoding_rs leaves out.
fn utf_32(bytes: &[u8]) -> Option<String> {
    let big = match bytes {
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', ..] => true,
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => false,
        _ => return None,
    };
    let points = bytes.as_chunks::<4>().0.iter();
    let points = points.map(|&point| if big { u32::from_be_bytes(point) } else { u32::from_le_bytes(point) });
    let chars = points.map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER));
    let mut text = String::with_capacity(bytes.len() / 4);
    text.extend(chars.skip_while(|&c| c == '\u{feff}'));
    Some(text)
}

/// A label as encoding_rs knows it, or in one of the spellings that feeds have besides.
fn for_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim();
    Encoding::for_label(label.as_bytes()).or_else(|| match label.to_ascii_lowercase().as_str() {
        "utf_8" | "utf8-mb4" | "utf-8n" => Some(UTF_8),
        "cp1250" | "windows_1250" => Some(encoding_rs::WINDOWS_1250),
        "windows_1252" | "iso8859_1" | "latin-1" | "iso_8859_1" | "ansi" => Some(WINDOWS_1252),
        "cp949" | "ms949" | "uhc" | "windows_949" => Some(encoding_rs::EUC_KR),
        "cp932" | "sjis" | "s-jis" => Some(encoding_rs::SHIFT_JIS),
        "cp936" | "gb18030-2005" => Some(encoding_rs::GB18030),
        "cp950" => Some(encoding_rs::BIG5),
        _ => None,
    })
}

fn charset_parameter(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("charset=")? + "charset=".len();
    let value = content_type.get(at..)?.trim_start_matches(['"', '\'', ' ']);
    Some(value.split(['"', '\'', ';', ' ', ',']).next().unwrap_or(value))
}

/// What an XML declaration says; junk may stand before it.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(head);
    let (_, declaration) = head.split_once("<?xml")?;
    let declaration = declaration.split('>').next()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start_matches([' ', '\t', '\r', '\n', '=', '"', '\'']);
    for_label(value.split(['"', '\'', ' ', '?']).next()?)
}

/// What a `meta` of a page says.
fn meta(head: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(head);
    for token in Tokens::html(&head) {
        let Token::Start { name, attributes, .. } = token else { continue };
        if name.eq_ignore_ascii_case("meta") {
            for (name, value) in attributes {
                let label = if name.eq_ignore_ascii_case("charset") { Some(value) } else { charset_parameter(value) };
                if let Some(encoding) = label.and_then(for_label) {
                    return Some(encoding);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(bytes, content_type, &mut Notes::default()).into_owned()
    }

    #[test]
    fn the_surest_statement_wins() {
        assert_eq!(text(b"\xef\xbb\xbf\xc3\xa9", Some("text/xml; charset=windows-1251")), "é");
        assert_eq!(text(b"\xe9", Some("text/xml; charset=iso-8859-1")), "é");
        assert_eq!(
            text(b"<?xml version='1.0' encoding='windows-1251'?>\xe4\xe0", None),
            "<?xml version='1.0' encoding='windows-1251'?>да"
        );
        let header = Some("application/xml; charset=KOI8-R");
        assert!(text(b"<?xml version='1.0' encoding='windows-1251'?>\xe4\xe0", header).ends_with("ДЮ"));
        assert_eq!(text("<a>да".as_bytes(), Some("text/xml; charset=us-ascii")), "<a>да");
    }

    #[test]
    fn wide_characters_in_both_orders() {
        let text_of = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { "<a>é</a>".encode_utf16().flat_map(unit).collect() };
        assert_eq!(text(&text_of(u16::to_be_bytes), None), "<a>é</a>");
        assert_eq!(text(&text_of(u16::to_le_bytes), None), "<a>é</a>");
        let wide: Vec<u8> = "\u{feff}<a>é".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        assert_eq!(text(&wide, None), "<a>é");
    }

    #[test]
    fn one_bad_byte_does_not_make_utf8_something_else() {
        assert_eq!(
            text(b"<a>Stra\xc3\x9fe und Gr\xc3\xbc\xc3\x9fe \xff</a>", None),
            "<a>Straße und Grüße \u{fffd}</a>"
        );
        assert_eq!(
            text(b"<a>Stra\xdfe und Gr\xfc\xdfe aus M\xfcnchen</a>", None),
            "<a>Straße und Grüße aus München</a>"
        );
    }
}
