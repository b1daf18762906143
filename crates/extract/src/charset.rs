//! Bytes to text: byte order mark, then the HTTP header, then the page's own `meta`, then a guess
//! (the order of the WHATWG encoding sniffing algorithm).

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::limits::{BODY_BYTES_MAX, META_CHARSET_BYTES_MAX};

/// A page as text, with what was odd about its bytes.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) notes: Vec<&'static str>,
    /// The bytes are no text: an image, an archive.
    pub(crate) binary: bool,
}

/// Decodes a body; anything that is not text in its charset becomes U+FFFD.
pub(crate) fn decode(body: &[u8], content_type: Option<&str>) -> Decoded {
    let mut notes = Vec::new();
    let mut bytes = body;
    if bytes.len() > BODY_BYTES_MAX {
        bytes = &bytes[..BODY_BYTES_MAX];
        notes.push("input_cut");
    }
    if looks_binary(bytes) {
        return Decoded { text: String::new(), notes, binary: true };
    }
    let encoding = choose(bytes, content_type, &mut notes);
    let (text, _, malformed) = encoding.decode(bytes);
    if malformed {
        notes.push("bad_bytes");
    }
    Decoded { text: text.into_owned(), notes, binary: false }
}

fn choose(bytes: &[u8], content_type: Option<&str>, notes: &mut Vec<&'static str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let stated = content_type.and_then(charset_parameter).and_then(|label| Encoding::for_label(label.as_bytes()));
    let valid_utf8 = std::str::from_utf8(bytes).is_ok() || cut_utf8(bytes);
    if let Some(encoding) = stated {
        if encoding == UTF_8 && !valid_utf8 {
            notes.push("charset_stated_wrong");
        } else {
            return encoding;
        }
    }
    if valid_utf8 && !bytes.is_ascii() {
        return UTF_8; // what is well-formed UTF-8 by chance is not longer than a few characters
    }
    if let Some(encoding) = meta_charset(bytes) {
        return encoding;
    }
    notes.push("charset_guessed");
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// Well-formed but for a last character that the cap cut in two.
fn cut_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

fn charset_parameter(content_type: &str) -> Option<&str> {
    let lower = content_type.to_ascii_lowercase();
    let at = lower.find("charset=")? + "charset=".len();
    let value = content_type.get(at..)?.trim_start_matches(['"', '\'', ' ']);
    Some(value.split(['"', '\'', ';', ' ']).next().unwrap_or(value))
}

/// The charset that a `meta` element names, in the bytes that the algorithm looks at.
fn meta_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(META_CHARSET_BYTES_MAX)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    for (at, _) in head.match_indices("<meta") {
        let tag = head[at..].split('>').next().unwrap_or_default();
        let Some(value) = tag.split("charset").nth(1) else { continue };
        let value = value.trim_start_matches([' ', '=', '"', '\'']);
        let label = value.split(['"', '\'', ';', ' ', '/']).next().unwrap_or_default();
        match Encoding::for_label(label.as_bytes()) {
            // A page whose ASCII tag can be read is not UTF-16, whatever it says.
            Some(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => return Some(UTF_8),
            Some(encoding) => return Some(encoding),
            None => {}
        }
    }
    None
}

/// Magic numbers of common binary formats, or many control characters.
fn looks_binary(bytes: &[u8]) -> bool {
    const MAGIC: &[&[u8]] = &[
        b"%PDF-",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"RIFF",
        b"\x00\x00\x00",
        b"OggS",
    ];
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        return true;
    }
    if Encoding::for_bom(bytes).is_some() {
        return false;
    }
    let head = &bytes[..bytes.len().min(META_CHARSET_BYTES_MAX)];
    let odd = head.iter().filter(|&&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)).count();
    odd * 20 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_statement_wins() {
        assert_eq!(decode(b"\xef\xbb\xbf\xc3\xa9", Some("text/html; charset=windows-1251")).text, "é");
        assert_eq!(decode(b"\xe9", Some("text/html; charset=iso-8859-1")).text, "é");
        assert_eq!(decode(b"<meta charset=windows-1251>\xe4\xe0", None).text, "<meta charset=windows-1251>да");
        assert_eq!(decode("<meta charset=windows-1251>да".as_bytes(), None).text, "<meta charset=windows-1251>да");
    }

    #[test]
    fn what_is_wrongly_called_utf8_is_guessed() {
        let decoded = decode(b"<p>Stra\xdfe und Gr\xfc\xdfe aus M\xfcnchen</p>", Some("text/html; charset=utf-8"));
        assert_eq!(decoded.text, "<p>Straße und Grüße aus München</p>");
        assert_eq!(decoded.notes, ["charset_stated_wrong", "charset_guessed"]);
    }
}
