//! What the file says of fetching, as the program sees it.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use fetcher::{Bodies, FetchLimits, Rules};
use frontier::{FirstPoll, Policy, Politeness};
use schemas::{CanonicalUrl, Feed, FeedLimits, FeedOrigin, Lang, limits};

use super::{
    SettingsError,
    file::{FeedFile, FetchFile, FetcherFile},
};

/// A request is taken again so long after it should have ended: what a commit before it and one behind it may take. A worker
/// that takes partitions over knows no better when those that were under way have ended.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

fn wrong<T>(field: &str, must: &str) -> Result<T, SettingsError> {
    Err(SettingsError(format!("{field} must be {must}")))
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), SettingsError> {
    if range.contains(&value) { Ok(()) } else { wrong(field, &format!("from {} to {}", range.start(), range.end())) }
}

/// The rules of the fetcher's stage. `total` is how long a request may take.
pub(super) fn rules(file: &FetcherFile, total: Duration) -> Result<Rules, SettingsError> {
    const YEAR: u64 = 366 * 24 * 3600;
    within("fetcher.requests_max", file.requests_max, 1..=1_024)?;
    within("fetcher.poll_interval_s_min", file.poll_interval_s_min, 1..=YEAR)?;
    within("fetcher.poll_interval_s", file.poll_interval_s, file.poll_interval_s_min..=file.poll_interval_s_max)?;
    within("fetcher.poll_interval_s_max", file.poll_interval_s_max, file.poll_interval_s_min..=YEAR)?;
    within("fetcher.publisher_wait_s_max", file.publisher_wait_s_max, 0..=YEAR)?;
    within("fetcher.backoff_s_min", file.backoff_s_min, 1..=YEAR)?;
    within("fetcher.backoff_s_max", file.backoff_s_max, file.backoff_s_min..=YEAR)?;
    within("fetcher.page_given_up_hours", file.page_given_up_hours, 1..=8_784)?;
    within("fetcher.page_kept_hours", file.page_kept_hours, 1..=8_784)?;
    within("fetcher.site_requests_max", file.site_requests_max, 1..=64)?;
    within("fetcher.site_interval_ms", file.site_interval_ms, 0..=3_600_000)?;
    let first_poll = match file.first_poll.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["all"] => FirstPoll::All,
        ["none"] => FirstPoll::None,
        ["newest", count] if count.parse::<usize>().is_ok() => FirstPoll::Newest(count.parse().unwrap_or_default()),
        _ => return wrong("fetcher.first_poll", "\"newest 20\", with any number, \"all\" or \"none\""),
    };
    let seconds = Duration::from_secs;
    Ok(Rules {
        policy: Policy {
            interval_mean: seconds(file.poll_interval_s),
            interval_min: seconds(file.poll_interval_s_min),
            interval_max: seconds(file.poll_interval_s_max),
            publisher_wait_max: seconds(file.publisher_wait_s_max),
            backoff_min: seconds(file.backoff_s_min),
            backoff_max: seconds(file.backoff_s_max),
            first_poll,
            first_poll_spacing: Duration::from_millis(file.first_poll_spacing_ms),
            refetch_min: seconds(file.refetch_s_min),
            page_given_up: seconds(file.page_given_up_hours * 3600),
            page_kept: seconds(file.page_kept_hours * 3600),
        },
        politeness: Politeness {
            interval: Duration::from_millis(file.site_interval_ms),
            concurrency: file.site_requests_max,
            crawl_delay_max: seconds(file.crawl_delay_s_max),
            lease: total + LEASE_MARGIN,
        },
        robots_for_feeds: file.robots_for_feeds,
        feed_content: file.feed_content,
        hops_max: file.page_hops_max,
    })
}

/// The limits of one request.
pub(super) fn client(file: &FetchFile) -> Result<FetchLimits, SettingsError> {
    within("fetch.connect_ms_max", file.connect_ms_max, 10..=60_000)?;
    within("fetch.read_ms_max", file.read_ms_max, 10..=60_000)?;
    within("fetch.total_ms_max", file.total_ms_max, file.read_ms_max..=120_000)?;
    within("fetch.redirects_max", file.redirects_max, 0..=20)?;
    within("fetch.headers_max", file.headers_max, 1..=1_000)?;
    within("fetch.header_bytes_max", file.header_bytes_max, 1_024..=1 << 20)?;
    within("fetch.interim_max", file.interim_max, 0..=1_000)?;
    within("fetch.chunks_max", file.chunks_max, 16..=1_000_000)?;
    within("fetch.addresses_max", file.addresses_max, 1..=64)?;
    within("fetch.lookups_max", file.lookups_max, 1..=512)?;
    within("fetch.window_bytes", file.window_bytes, 65_535..=64 << 20)?;
    if file.ports.is_empty() {
        return wrong("fetch.ports", "a list with at least one port");
    }
    let millis = Duration::from_millis;
    Ok(FetchLimits {
        connect: millis(file.connect_ms_max),
        read: millis(file.read_ms_max),
        total: millis(file.total_ms_max),
        rate_min: file.rate_bytes_min,
        rate_after: millis(file.rate_after_ms),
        body_bytes_max: limits::FEED_BYTES_MAX,
        chunks_max: file.chunks_max,
        redirects_max: file.redirects_max,
        headers_max: file.headers_max,
        header_bytes_max: file.header_bytes_max,
        interim_max: file.interim_max,
        addresses_max: file.addresses_max,
        lookups_max: file.lookups_max,
        ports: file.ports.clone(),
        idle_per_host_max: file.idle_per_host_max,
        idle_max: file.idle_connections_max,
        idle: Duration::from_secs(file.idle_s_max),
        window_bytes: file.window_bytes,
    })
}

/// What may come of a request.
pub(super) fn bodies(file: &FetchFile) -> Result<Bodies, SettingsError> {
    within("fetch.page_bytes_max", file.page_bytes_max, 1_024..=limits::PAGE_BYTES_MAX)?;
    within("fetch.feed_bytes_max", file.feed_bytes_max, 1_024..=limits::FEED_BYTES_MAX)?;
    let (page_bytes_max, feed_bytes_max) = (file.page_bytes_max, file.feed_bytes_max);
    Ok(Bodies { page_bytes_max, feed_bytes_max, ..Bodies::default() })
}

/// The feeds of the file.
pub(super) fn feeds(files: &[FeedFile]) -> Result<Vec<Feed>, SettingsError> {
    let mut seen = BTreeSet::new();
    let one = |file: &FeedFile| {
        let url = CanonicalUrl::parse(&file.url)
            .map_err(|error| SettingsError(format!("feeds: {} is no address of a feed: {error}", file.url)))?;
        if !seen.insert(url.clone()) {
            return wrong(&format!("feeds: {url}"), "listed once");
        }
        if file.weight.is_some_and(|weight| !(0.01..=100.0).contains(&weight)) {
            return wrong(&format!("feeds: {url}: weight"), "from 0.01 to 100");
        }
        if file.interval_s_min == Some(0) || file.interval_s_max == Some(0) {
            return wrong(&format!("feeds: {url}: interval_s_min and interval_s_max"), "at least 1");
        }
        let language = match &file.language {
            None => None,
            Some(text) => match Lang::parse(text) {
                Ok(language) => Some(language),
                Err(_) => return wrong(&format!("feeds: {url}: language"), "a tag such as en or pt-BR"),
            },
        };
        Ok(Feed {
            publisher: file.publisher.clone(),
            language,
            country: file.country.clone(),
            tags: file.tags.clone(),
            limits: FeedLimits {
                interval_s_min: file.interval_s_min,
                interval_s_max: file.interval_s_max,
                weight: file.weight,
            },
            paused: file.paused,
            ..Feed::new(url, FeedOrigin::Settings)
        })
    };
    files.iter().map(one).collect()
}
