//! Links to addresses: absolute and of the web, or none.

use url::Url;

/// Longer addresses are no addresses.
const URL_BYTES_MAX: usize = 8 << 10;

/// The address that a link means, tried against each base in turn; none where it is not `http` or `https`.
pub(crate) fn resolve(link: &str, bases: &[Option<&Url>]) -> Option<String> {
    let link = link.trim();
    if link.is_empty() || link.len() > URL_BYTES_MAX {
        return None;
    }
    let url = match Url::parse(link) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => bases.iter().flatten().find_map(|base| base.join(link).ok())?,
        Err(_) => return None,
    };
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.into())
}
