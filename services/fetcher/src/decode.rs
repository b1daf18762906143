//! Bodies out of their content encoding, under a cap: a few kilobytes may unpack to gigabytes.

use std::io::Read;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status, bufread::GzDecoder};

use crate::FetchError;

/// What we ask for; anything else that comes is refused.
pub(crate) const ACCEPTED: &str = "gzip, deflate";
/// Parts of a gzip body (RFC 1952 section 2.2): each costs more to begin than an empty one brings.
const MEMBERS_MAX: u32 = 1_000;

/// How a body was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or as some servers understand the name, RFC 1951.
    Deflate,
}

impl Encoding {
    /// What the values of `Content-Encoding` say, several header lines and lists included.
    ///
    /// # Errors
    /// [`FetchError::Encoding`] for an encoding that was not asked for, and for one upon another.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a [u8]>) -> Result<Self, FetchError> {
        let mut found = Self::Identity;
        for value in values.flat_map(|value| value.split(|byte| *byte == b',')) {
            let encoding = match &*value.trim_ascii().to_ascii_lowercase() {
                b"" | b"identity" => continue,
                b"gzip" | b"x-gzip" => Self::Gzip,
                b"deflate" => Self::Deflate,
                other => {
                    let name: String = String::from_utf8_lossy(other).chars().take(60).collect();
                    return Err(FetchError::Encoding(format!("encoded as {name:?}, which was not asked for")));
                }
            };
            if found != Self::Identity {
                return Err(FetchError::Encoding("encoded more than once".to_owned()));
            }
            found = encoding;
        }
        Ok(found)
    }

    /// The body as it was before it was encoded, `max` bytes at most.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`], and [`FetchError::Encoding`] for a body that is not what it is said to be.
    pub(crate) fn decode(self, body: Bytes, max: usize) -> Result<Bytes, FetchError> {
        match self {
            // A server may name the encoding of a body that it then does not send.
            _ if body.is_empty() => Ok(body),
            Self::Identity if body.len() > max => Err(FetchError::TooLarge { max }),
            Self::Identity => Ok(body),
            Self::Gzip => gzip(&body, max),
            Self::Deflate => inflate(&body, max),
        }
    }
}

/// Every member of a gzip body. What follows the last and is none is padding, and left alone, as browsers do.
fn gzip(mut body: &[u8], max: usize) -> Result<Bytes, FetchError> {
    let size = body.last_chunk().map_or(0, |size| u32::from_le_bytes(*size)); // RFC 1952 section 2.3.1: ISIZE
    let mut decoded = Vec::with_capacity(usize::try_from(size).unwrap_or(max).min(max));
    for _ in 0..MEMBERS_MAX {
        body = append(GzDecoder::new(body), &mut decoded, max)?.into_inner();
        if !body.starts_with(&[0x1f, 0x8b]) {
            return Ok(Bytes::from(decoded));
        }
    }
    Err(FetchError::Encoding(format!("gzip in more than {MEMBERS_MAX} parts")))
}

/// RFC 1950 section 2.2: the method is 8, and the first two bytes are a multiple of 31.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0)
}

/// Not by a reader of flate2, which takes a body that breaks off for a whole one.
fn inflate(body: &[u8], max: usize) -> Result<Bytes, FetchError> {
    let mut decompress = Decompress::new(is_zlib(body));
    let mut decoded = Vec::with_capacity(body.len().saturating_mul(4).min(max).saturating_add(1));
    loop {
        let rest = usize::try_from(decompress.total_in()).map_or(&[] as &[u8], |at| &body[at..]);
        let before = (decompress.total_in(), decompress.total_out());
        let status = decompress.decompress_vec(rest, &mut decoded, FlushDecompress::None).map_err(wrong)?;
        if decoded.len() > max {
            return Err(FetchError::TooLarge { max });
        }
        if status == Status::StreamEnd {
            return Ok(Bytes::from(decoded));
        }
        if decoded.len() == decoded.capacity() {
            decoded.reserve(decoded.len().min(max.saturating_add(1) - decoded.len()).max(1));
        } else if before == (decompress.total_in(), decompress.total_out()) {
            return Err(wrong("it breaks off"));
        }
    }
}

fn append<R: Read>(mut decoder: R, decoded: &mut Vec<u8>, max: usize) -> Result<R, FetchError> {
    let left = (max - decoded.len()) as u64;
    let read = decoder.by_ref().take(left.saturating_add(1)).read_to_end(decoded).map_err(wrong)?;
    if read as u64 > left { Err(FetchError::TooLarge { max }) } else { Ok(decoder) }
}

fn wrong(why: impl std::fmt::Display) -> FetchError {
    FetchError::Encoding(format!("not what its content-encoding says: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write};
    use std::io::Write;

    fn of(values: &[&str]) -> Result<Encoding, FetchError> {
        Encoding::of(values.iter().map(|value| value.as_bytes()))
    }

    fn gzip_of(body: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn one_encoding_that_was_asked_for_is_decoded() {
        assert_eq!(of(&[]).unwrap(), Encoding::Identity);
        assert_eq!(of(&["", "identity, GZip "]).unwrap(), Encoding::Gzip);
        assert_eq!(of(&["x-gzip"]).unwrap(), Encoding::Gzip);
        assert_eq!(of(&["deflate"]).unwrap(), Encoding::Deflate);
        for refused in
            [&["br"] as &[&str], &["zstd"], &["gzip, gzip"], &["gzip", "deflate"], &["gzip", "br"], &["utf-8"]]
        {
            assert!(matches!(of(refused), Err(FetchError::Encoding(_))), "{refused:?}");
        }
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let bomb = Bytes::from(gzip_of(&vec![0; 200 << 20]));
        assert!(bomb.len() < 300_000);
        assert!(matches!(Encoding::Gzip.decode(bomb, 4 << 20), Err(FetchError::TooLarge { .. })));
        let members = Bytes::from(gzip_of(b"").repeat(1_001));
        assert!(matches!(Encoding::Gzip.decode(members, 9), Err(FetchError::Encoding(_))));
    }

    #[test]
    fn what_servers_send_is_decoded() {
        let decode = |encoding: Encoding, body: Vec<u8>| encoding.decode(Bytes::from(body), 9);
        let text = b"some text";
        assert_eq!(decode(Encoding::Identity, text.to_vec()).unwrap(), text.as_slice());
        assert_eq!(decode(Encoding::Gzip, gzip_of(text)).unwrap(), text.as_slice());
        assert_eq!(decode(Encoding::Gzip, [gzip_of(b"some"), gzip_of(b" text")].concat()).unwrap(), text.as_slice());
        assert_eq!(decode(Encoding::Gzip, [&*gzip_of(text), &[0; 100]].concat()).unwrap(), text.as_slice());
        assert_eq!(decode(Encoding::Gzip, Vec::new()).unwrap(), "");
        let whole = gzip_of(text);
        for wrong in [b"no gzip".to_vec(), whole[..whole.len() - 9].to_vec(), whole[..5].to_vec()] {
            assert!(matches!(decode(Encoding::Gzip, wrong), Err(FetchError::Encoding(_))));
        }
        assert!(matches!(decode(Encoding::Gzip, gzip_of(b"too much text")), Err(FetchError::TooLarge { max: 9 })));
    }

    #[test]
    fn deflate_is_read_with_and_without_its_frame() {
        let text = b"some text, ".repeat(100_000);
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&text).unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(&text).unwrap();
        for body in [zlib.finish().unwrap(), raw.finish().unwrap()].map(Bytes::from) {
            assert_eq!(Encoding::Deflate.decode(body.clone(), text.len()).unwrap(), text);
            let small = Encoding::Deflate.decode(body.clone(), text.len() - 1);
            assert!(matches!(small, Err(FetchError::TooLarge { .. })), "{small:?}");
            let cut = Encoding::Deflate.decode(body.slice(..body.len() - 9), text.len());
            assert!(matches!(cut, Err(FetchError::Encoding(_))), "{cut:?}");
        }
    }
}
