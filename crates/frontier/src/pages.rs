//! A page that is owed: tried, tried again, given up, done.

use std::time::Duration;

use schemas::{PageState, Timestamp};

use crate::{Policy, Spread};

/// How long a failure keeps a page from being asked for again, when it is named again.
const FAILED_KEPT: Duration = Duration::from_secs(3600);

/// What a request for a page brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The page, passed on.
    Done,
    /// Passed on under another address.
    Moved,
    /// It will never be had: why, as a constant.
    Never(&'static str),
    /// Not now: why, as a constant.
    Later {
        /// The constant.
        reason: &'static str,
        /// The server names a time.
        retry_after: Option<Duration>,
        /// It may well come soon, or never: the page is tried so many times at most.
        tries_max: Option<u32>,
        /// We were cut off, or were not to ask yet: no failure of the page.
        ours: bool,
    },
}

/// What an HTTP status means for a page (RFC 9110 section 15).
pub fn by_status(status: u16, retry_after: Option<Duration>) -> Fetched {
    let later = |reason, tries_max| Fetched::Later { reason, retry_after, tries_max, ours: false };
    match status {
        200..=203 => Fetched::Done,
        // A page that was just published may not be everywhere yet.
        404 => later("not_found", Some(3)),
        410 => Fetched::Never("gone"),
        451 => Fetched::Never("legal"),
        401..=403 => later("forbidden", Some(2)),
        408 | 421 | 425 | 429 => later("busy", None),
        500..=599 => later("server_error", None),
        300..=399 => Fetched::Never("redirect"),
        _ => Fetched::Never("status"),
    }
}

/// Writes into the row what a request at `now` brought, and when the next one is.
pub fn fetched(page: &mut PageState, url: &str, what: Fetched, policy: &Policy, now: Timestamp) {
    page.taken = None;
    let since = *page.since.get_or_insert(now);
    let reason = match what {
        Fetched::Done => "ok",
        Fetched::Moved => "moved",
        Fetched::Never(reason) => reason,
        Fetched::Later { reason, retry_after, tries_max, ours } => {
            if !ours {
                page.failures = page.failures.saturating_add(1);
            }
            let tries_left = tries_max.is_none_or(|max| page.failures < max);
            if tries_left && now.since(since) < policy.page_given_up {
                let backoff = policy.backoff(page.failures.max(1), Spread::of(url));
                page.due = Some(now.plus(backoff.max(retry_after.unwrap_or_default())));
                page.reason = Some(reason.to_owned());
                return;
            }
            reason
        }
    };
    if page.again && what == Fetched::Done {
        // What came may be older than the change.
        (page.again, page.failures, page.done_at) = (false, 0, Some(now));
        (page.due, page.since, page.reason) =
            (Some(now.plus(policy.refetch_min)), Some(now), Some("changed".to_owned()));
        return;
    }
    *page = PageState {
        failures: page.failures,
        asked_at: page.asked_at,
        done_at: Some(now),
        reason: Some(reason.to_owned()),
        expires_at: Some(now.plus(policy.page_kept)),
        ..PageState::default()
    };
}

/// When the row of a page leaves the table.
pub fn expires_at(page: &PageState) -> Option<Timestamp> {
    page.expires_at.filter(|_| page.due.is_none() && page.taken.is_none())
}

/// What an entry means for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// It is fetched, not before this.
    From(Timestamp),
    /// It is owed already, and fetched as it is then.
    Already,
    /// It was fetched, and the entry says nothing new.
    Known,
}

/// A page that could not be had may be there by now, when somebody names it again.
fn failed_long_ago(page: &PageState, now: Timestamp) -> bool {
    let is_had = matches!(page.reason.as_deref(), Some("ok" | "moved"));
    !is_had && page.done_at.is_some_and(|done| now.since(done) >= FAILED_KEPT)
}

/// Whether a page is owed because of an entry, and from when.
pub fn owed(
    page: Option<&PageState>,
    changed: bool,
    not_before: Option<Timestamp>,
    policy: &Policy,
    now: Timestamp,
) -> Owed {
    let from = not_before.unwrap_or(now).max(now);
    match page {
        None => Owed::From(from),
        Some(page) if page.due.is_some() || page.taken.is_some() => Owed::Already,
        Some(page) if failed_long_ago(page, now) => Owed::From(from),
        Some(page) if changed => Owed::From(from.max(page.done_at.map_or(now, |done| done.plus(policy.refetch_min)))),
        Some(_) => Owed::Known,
    }
}
