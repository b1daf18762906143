//! What response headers ask of whoever comes again.

use std::{collections::BTreeMap, time::Duration};

use schemas::Timestamp;

/// A longer wish is not believed.
const WISH_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long the server asks to wait (`Retry-After`, RFC 9110 section 10.2.3): seconds, or a date.
pub fn retry_after(headers: &BTreeMap<String, String>, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => date(text)?.since(now),
    };
    Some(wait.min(WISH_MAX))
}

/// How long the answer stays fresh (RFC 9111 section 4.2.1): `max-age` of `Cache-Control` less `Age`, or `Expires`.
/// `None` where nothing is said, or where it says that nothing may be kept.
pub fn fresh_for(headers: &BTreeMap<String, String>, now: Timestamp) -> Option<Duration> {
    let control = headers.get("cache-control").map_or("", String::as_str).to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    let mut max_age = None;
    for directive in directives.by_ref() {
        match directive.split_once('=') {
            Some(("max-age", seconds)) => max_age = seconds.trim_matches('"').parse::<u64>().ok(),
            None if matches!(directive, "no-cache" | "no-store") => return None,
            _ => {}
        }
    }
    let fresh = match max_age {
        Some(seconds) => {
            let age = headers.get("age").and_then(|age| age.trim().parse::<u64>().ok()).unwrap_or(0);
            Duration::from_secs(seconds.saturating_sub(age))
        }
        None => date(headers.get("expires")?)?.since(now),
    };
    (!fresh.is_zero()).then_some(fresh.min(WISH_MAX))
}

/// An HTTP date (RFC 9110 section 5.6.7), of which the obsolete forms are not seen any more.
fn date(text: &str) -> Option<Timestamp> {
    let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Timestamp::from_millis(zoned.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const NOW: Timestamp = Timestamp::from_millis(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT

    #[test]
    fn waits_are_seconds_or_dates() {
        let wait = |value| retry_after(&headers(&[("retry-after", value)]), NOW).map(|wait| wait.as_secs());
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:51:37 GMT"), Some(120));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0), "the past is now");
        assert_eq!(wait("99999999999"), Some(30 * 24 * 3600));
        assert_eq!([wait("soon"), wait("-5"), wait("")], [None; 3]);
    }

    #[test]
    fn freshness_is_max_age_before_expires() {
        let fresh = |pairs: &[(&str, &str)]| fresh_for(&headers(pairs), NOW).map(|fresh| fresh.as_secs());
        let later = ("expires", "Sun, 06 Nov 1994 08:59:37 GMT");
        assert_eq!(fresh(&[("cache-control", "public, max-age=300"), later]), Some(300));
        assert_eq!(fresh(&[("cache-control", "max-age=300"), ("age", "100")]), Some(200));
        assert_eq!(fresh(&[later]), Some(600));
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=300"), later]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=0"), later]), None);
        assert_eq!(fresh(&[("expires", "0")]), None);
    }
}
