//! The headers of a response: what they cost, and which are kept.

use std::collections::BTreeMap;

use hyper::{HeaderMap, StatusCode, header};
use schemas::CanonicalUrl;

use super::{FetchError, FetchLimits};

/// Response headers that are kept for later, and whether several lines of one are a list (RFC 9110 section 5.3).
const KEPT: [(&str, bool); 13] = [
    ("age", false),
    ("cache-control", true),
    ("cf-mitigated", false),
    ("content-language", true),
    ("content-type", false),
    ("date", false),
    ("etag", false),
    ("expires", false),
    ("last-modified", false),
    ("link", true),
    ("retry-after", false),
    ("tdm-reservation", false),
    ("x-robots-tag", true),
];
/// The longest value of a header that is kept (bytes).
const VALUE_BYTES_MAX: usize = 2_048;

/// # Errors
/// [`FetchError::Headers`] for too many or too long ones, [`FetchError::Encoding`] for a transfer coding that the
/// library leaves in the body (RFC 9112 section 7: all but `chunked`).
pub(super) fn check(headers: &HeaderMap, limits: &FetchLimits) -> Result<(), FetchError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > limits.headers_max || bytes > limits.header_bytes_max {
        return Err(FetchError::Headers(format!("{} headers of {bytes} bytes", headers.len())));
    }
    for coding in headers.get_all(header::TRANSFER_ENCODING) {
        if !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") {
            return Err(FetchError::Encoding(format!("the transfer coding {coding:?}, which was not asked for")));
        }
    }
    Ok(())
}

pub(super) fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let one = |(name, is_list): &(&str, bool)| {
        let lines = headers.get_all(*name).iter().take(if *is_list { usize::MAX } else { 1 });
        let texts = lines.map(|value| std::str::from_utf8(value.as_bytes())).collect::<Result<Vec<_>, _>>().ok()?;
        let value = texts.join(", ");
        (!texts.is_empty() && value.len() <= VALUE_BYTES_MAX).then(|| ((*name).to_owned(), value))
    };
    KEPT.iter().filter_map(one).collect()
}

/// Where a response sends us, if it does (RFC 9110 section 15.4).
pub(super) fn redirect(
    url: &CanonicalUrl,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<CanonicalUrl>, FetchError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let mut locations = headers.get_all(header::LOCATION).iter();
    let Some(location) = locations.next() else {
        return Err(FetchError::Redirect(format!("{status} without a location")));
    };
    if locations.any(|other| other != location) {
        return Err(FetchError::Redirect("a redirect to two places".to_owned()));
    }
    // Raw bytes beyond ASCII are common; escaped, they are what the server meant, in whatever encoding it is in.
    let escape = |byte: &u8| if byte.is_ascii() { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    let location: String = location.as_bytes().iter().take(5 * CanonicalUrl::BYTES_MAX).map(escape).collect();
    if location.trim().is_empty() {
        return Err(FetchError::Redirect("a redirect to no address".to_owned()));
    }
    let wrong = |error| FetchError::Redirect(format!("a redirect to no page: {error}"));
    url.join(&location).map(Some).map_err(wrong)
}
