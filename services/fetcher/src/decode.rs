//! Bodies out of their content encoding, under a cap: a few kilobytes may unpack to gigabytes.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

use crate::FetchError;

/// What we ask for; anything else that comes is refused.
pub(crate) const ACCEPTED: &str = "gzip, deflate";

/// The body as it was before it was encoded, `max` bytes at most.
pub(crate) fn decode(body: Bytes, encoding: Option<&str>, max: usize) -> Result<Bytes, FetchError> {
    match encoding.map(|encoding| encoding.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(body),
        Some("gzip" | "x-gzip") => read(MultiGzDecoder::new(&*body), max),
        Some("deflate") => read(ZlibDecoder::new(&*body), max),
        Some(other) => Err(FetchError::Encoding(other.chars().take(60).collect())),
    }
}

fn read(decoder: impl Read, max: usize) -> Result<Bytes, FetchError> {
    let mut decoded = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    decoder
        .take(limit)
        .read_to_end(&mut decoded)
        .map_err(|error| FetchError::Body(format!("content-encoding: {error}")))?;
    if decoded.len() > max { Err(FetchError::TooLarge { max }) } else { Ok(Bytes::from(decoded)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_bomb_stops_at_the_cap() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..200 {
            encoder.write_all(&[0; 1 << 20]).unwrap();
        }
        let bomb = Bytes::from(encoder.finish().unwrap());
        assert!(bomb.len() < 300_000);
        assert!(matches!(decode(bomb.clone(), Some("gzip"), 4 << 20), Err(FetchError::TooLarge { .. })));
        assert!(matches!(decode(bomb, Some("br"), 1), Err(FetchError::Encoding(_))));
        assert!(matches!(decode(Bytes::from_static(b"no gzip"), Some("gzip"), 9), Err(FetchError::Body(_))));
        assert_eq!(decode(Bytes::from_static(b"as it is"), None, 9).unwrap(), "as it is");
    }
}
