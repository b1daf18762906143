//! Canonical URLs: the form under which a page is known. Rules frozen by `tests/vectors/urls.tsv`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

/// Query parameters that say who linked, not which page: exact names.
const TRACKING: &[&str] = &[
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "_openstat",
    "at_campaign",
    "at_medium",
    "cmpid",
    "dclid",
    "fbclid",
    "gbraid",
    "gclid",
    "gclsrc",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "msclkid",
    "ncid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "s_cid",
    "sr_share",
    "srsltid",
    "twclid",
    "vero_conv",
    "vero_id",
    "wbraid",
    "wickedid",
    "wt_mc",
    "yclid",
    "ymclid",
];
/// The same by how the name begins.
const TRACKING_PREFIXES: &[&str] = &["utm_", "pk_", "mtm_", "matomo_", "hsa_"];

/// An `http` or `https` address without user, fragment, default port or tracking parameters (RFC 3986 section 6.2,
/// WHATWG URL); made only by [`CanonicalUrl::parse`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "uri"))]
pub struct CanonicalUrl(String);

/// Why a text is no address of a page.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not a URL at all.
    #[error("not a URL")]
    Syntax(#[from] url::ParseError),
    /// Another scheme than `http` or `https`.
    #[error("the scheme is {0}, not http or https")]
    Scheme(String),
    /// Longer than [`CanonicalUrl::BYTES_MAX`].
    #[error("longer than {} bytes", CanonicalUrl::BYTES_MAX)]
    TooLong,
}

impl CanonicalUrl {
    /// The longest address that is accepted; servers and browsers hold to 2,000 to 8,000.
    pub const BYTES_MAX: usize = 2_048;

    /// Brings an absolute address into canonical form. Canonical twice is canonical once.
    ///
    /// # Errors
    /// A text that is not an absolute http(s) URL, or too long a one.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.len() > 4 * Self::BYTES_MAX {
            return Err(UrlError::TooLong);
        }
        Self::of(Url::parse(text)?)
    }

    /// Resolves `text` against this address, as a link on the page would be.
    ///
    /// # Errors
    /// As [`CanonicalUrl::parse`].
    pub fn join(&self, text: &str) -> Result<Self, UrlError> {
        if text.len() > 4 * Self::BYTES_MAX {
            return Err(UrlError::TooLong);
        }
        Self::of(Url::parse(&self.0)?.join(text)?)
    }

    fn of(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme(url.scheme().chars().take(40).collect()));
        }
        url.set_fragment(None);
        // Both fail only for URLs that cannot be a base, which http(s) never is.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        if let Some(host) =
            url.host_str().filter(|host| host.ends_with('.')).map(|host| host.trim_end_matches('.').to_owned())
        {
            url.set_host(Some(&host))?;
        }
        let path = normal_escapes(url.path());
        url.set_path(&path);
        let query = url.query().map(without_tracking).filter(|query| !query.is_empty());
        url.set_query(query.as_deref());
        let text = String::from(url);
        if text.len() > Self::BYTES_MAX { Err(UrlError::TooLong) } else { Ok(Self(text)) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, lower case; an internationalised name in its ASCII form.
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.starts_with('[') {
            authority.split_inclusive(']').next().unwrap_or_default()
        } else {
            authority.split(':').next().unwrap_or_default()
        }
    }

    /// Scheme, host and port (RFC 6454), without a slash at the end.
    pub fn origin(&self) -> &str {
        let authority = self.0.find("://").map_or(0, |at| at + 3);
        let end = self.0[authority..].find(['/', '?']).map_or(self.0.len(), |at| authority + at);
        &self.0[..end]
    }

    /// Path and query, as a request names them.
    pub fn path_and_query(&self) -> &str {
        let rest = &self.0[self.origin().len()..];
        if rest.is_empty() { "/" } else { rest }
    }

    /// The path, from its slash on.
    pub fn path(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let from = rest.find('/').map_or("/", |at| &rest[at..]);
        from.split('?').next().unwrap_or_default()
    }

    /// The site's root, or a page that sits where sections do: a path of at most one plain word, without digits.
    /// A `rel=canonical` that names such a page is not believed (every page of a site may name it).
    pub fn is_root_or_section(&self) -> bool {
        if self.0.contains('?') {
            return false;
        }
        let path = self.path().trim_matches('/');
        let plain_word = path.len() <= 20 && path.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
        path.is_empty() || plain_word || matches!(path, "index.html" | "index.htm" | "index.php" | "default.aspx")
    }
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Drops tracking parameters and empty ones; keeps the order of the rest, since some servers read it.
fn without_tracking(query: &str) -> String {
    // Escapes first: `utm%5Fsource` is `utm_source`.
    let parameters = query.split('&').map(normal_escapes);
    parameters.filter(|parameter| !parameter.is_empty() && !is_tracking(parameter)).collect::<Vec<_>>().join("&")
}

/// RFC 3986 section 6.2.2: upper-case escapes, and no escape for an unreserved character.
fn normal_escapes(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let hex = |byte: Option<&u8>| byte.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%'
            && let (Some(high), Some(low)) = (hex(bytes.get(at + 1)), hex(bytes.get(at + 2)))
        {
            out.push_str(&text[from..at]);
            let value = char::from(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            if is_unreserved(value) && !would_complete_escape(&out, value) {
                out.push(value);
            } else {
                out.push_str(&text[at..at + 3].to_ascii_uppercase());
            }
            at += 3;
            from = at;
        } else {
            at += 1;
        }
    }
    out.push_str(&text[from..]);
    out
}

/// RFC 3986 section 2.3. A dot is safe, since the URL parser has taken an escaped dot segment for one by now.
fn is_unreserved(value: char) -> bool {
    value.is_ascii_alphanumeric() || matches!(value, '-' | '.' | '_' | '~')
}

/// Whether `value` behind a stray `%` or `%4` would make an escape that was none: in `%4%31` the `%31` stays.
fn would_complete_escape(out: &str, value: char) -> bool {
    let before = out.strip_suffix(|last: char| last.is_ascii_hexdigit()).unwrap_or(out);
    value.is_ascii_hexdigit() && (out.ends_with('%') || before.ends_with('%'))
}

impl fmt::Display for CanonicalUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CanonicalUrl {
    type Error = UrlError;

    fn try_from(text: String) -> Result<Self, UrlError> {
        Self::parse(&text)
    }
}

impl From<CanonicalUrl> for String {
    fn from(url: CanonicalUrl) -> Self {
        url.0
    }
}
