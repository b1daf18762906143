//! Feeds: polled, and what comes of a poll.

use std::time::Duration;

use feeds::{Document, Feed as Parsed, Format};
use frontier::{
    Sieve, Verdict, dated_rate,
    polls::{self, Polled},
    sift,
};
use schemas::{CanonicalUrl, Feed, FeedState, FrontierRow, Poll, Timestamp};

use crate::{
    Answer, Errand, Fetched, Fetcher, Output,
    client::Validators,
    entries,
    errand::What,
    sites::{Judged, May},
    stage::{KILLED_US, Table, is_spent, take},
};

/// Polls that a row remembers.
const POLLS_KEPT: usize = 10;
/// An entry may be dated so long before it stands in the feed.
const LIE_MARGIN: Duration = Duration::from_secs(900);
/// Hubs that a row remembers.
const HUBS_MAX: usize = 5;
/// A title is cut to this.
const TITLE_CHARS_MAX: usize = 200;

/// What a poll came to.
pub(crate) struct Outcome {
    polled: Polled,
    outputs: Vec<Output>,
    entries: usize,
    new: usize,
    changed: usize,
    /// When the oldest of the new ones was published.
    oldest_new: Option<Timestamp>,
}

impl Outcome {
    pub(crate) fn without_entries(polled: Polled) -> Self {
        Self { polled, outputs: Vec::new(), entries: 0, new: 0, changed: 0, oldest_new: None }
    }

    pub(crate) fn failed(reason: &'static str, retry_after: Option<Duration>, ours: bool) -> Self {
        Self::without_entries(Polled::Failed { reason, retry_after, ours })
    }
}

impl Fetcher {
    pub(crate) fn poll_due(
        &self,
        key: &[u8],
        mut row: Box<FeedState>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Option<Errand> {
        let url = row.feed.url.clone();
        let taken = take(row.taken, now);
        if is_spent(taken, Some(&row.reason)) {
            let failed = Polled::Failed { reason: KILLED_US, retry_after: None, ours: false };
            self.metrics.asked("feed", KILLED_US, Duration::ZERO);
            polls::polled(&mut row, &failed, table.index().mean_root(), &self.rules.policy, now);
            table.put(key, FrontierRow::Feed(row));
            return None;
        }
        if self.rules.robots_for_feeds {
            match self.may(&url, table, now) {
                May::Go => {}
                May::Wait(until) => {
                    (row.next_poll, row.taken) = (Some(until), None);
                    table.put(key, FrontierRow::Feed(row));
                    return None;
                }
                May::Forbidden => {
                    polls::polled(&mut row, &Polled::Forbidden, table.index().mean_root(), &self.rules.policy, now);
                    table.put(key, FrontierRow::Feed(row));
                    return None;
                }
            }
        }
        let whole = polls::wants_whole(&row, now);
        let validators = if whole {
            Validators::default()
        } else {
            Validators { etag: row.etag.clone(), last_modified: row.last_modified.clone() }
        };
        (row.taken, row.next_poll) = (Some(taken), None);
        let what = What::Feed { validators, body: row.body };
        table.put(key, FrontierRow::Feed(row));
        Some(Errand { url, taken, what })
    }

    pub(crate) fn polled(
        &self,
        key: &[u8],
        mut row: Box<FeedState>,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Vec<Output> {
        let url = row.feed.url.clone();
        let ours = self.observe(&url, answer);
        row.asked_at = Some(answer.at);
        let judged = self.judge_site(&url, answer, table, now);
        let outcome = match &answer.result {
            Err(error) => Outcome::failed(error.reason(), None, ours),
            Ok(fetched) => self.read(&mut row, fetched, judged, answer, table, now),
        };
        let Outcome { polled, mut outputs, entries, new, changed, .. } = outcome;
        polls::polled(&mut row, &polled, table.index().mean_root(), &self.rules.policy, now);
        let said = match &polled {
            Polled::Fresh { .. } => "ok",
            Polled::Same { .. } => "not_modified",
            Polled::Failed { ours: true, .. } => "our_outage",
            Polled::Failed { reason, .. } => reason,
            Polled::Gone => "gone",
            Polled::Forbidden => "robots",
        };
        self.metrics.asked("feed", said, answer.took);
        self.metrics.entries(new, changed);
        remember(&mut row, said, answer, (entries, new, changed));
        // A sitemap of an index is where its index says.
        let to = permanently(&url, answer).filter(|_| row.parent.is_none());
        if let Some(to) = polls::moving(&mut row, to.as_ref(), now) {
            let first = row.feed.moved_from.clone().unwrap_or_else(|| url.clone());
            let moved = Feed { url: to, moved_from: Some(first), ..row.feed.clone() };
            outputs.extend([Output::Feed(Box::new(moved)), Output::NoFeed(url)]);
            (row.next_poll, row.reason) = (None, "moved".to_owned()); // until the tombstone comes round
        }
        table.put(key, FrontierRow::Feed(row));
        outputs
    }

    fn read(
        &self,
        row: &mut FeedState,
        fetched: &Fetched,
        judged: Judged,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Outcome {
        let fresh_for = frontier::fresh_for(&fetched.headers, now);
        match (judged, fetched.status) {
            (Judged::Wall, _) => Outcome::failed("bot_wall", None, false),
            (Judged::Busy(retry_after), _) => Outcome::failed("busy", retry_after, false),
            (_, 304) => Outcome::without_entries(Polled::Same { wait: fresh_for }),
            (_, 410) => Outcome::without_entries(Polled::Gone),
            (_, 404) => Outcome::failed("not_found", None, false),
            (_, 401..=403) => Outcome::failed("forbidden", None, false),
            (_, 500..=599) => Outcome::failed("server_error", None, false),
            (_, 200..=203) => {
                let said_same = row.polls.first().filter(|poll| poll.status == Some(304)).map(|poll| poll.at);
                let outcome = match &answer.document {
                    None => Outcome::without_entries(Polled::Same { wait: fresh_for }),
                    Some(Document::Feed(parsed)) => {
                        let outcome = sifted(self, row, parsed, fresh_for, now);
                        // It said 304 when it already had what it brings now that it is asked for the whole.
                        let had = |said: Timestamp| outcome.oldest_new.is_some_and(|at| at.plus(LIE_MARGIN) < said);
                        row.lies_about_304 |= said_same.is_some_and(had) && polls::wants_whole(row, now);
                        outcome
                    }
                    Some(Document::SitemapIndex { sitemaps, .. }) => {
                        self.index_polled(row, sitemaps, fresh_for, table, now)
                    }
                    Some(Document::Page { .. }) => return Outcome::failed("html_instead_of_a_feed", None, false),
                    Some(_) => return Outcome::failed("not_a_feed", None, false),
                };
                let kept = |name: &str| fetched.headers.get(name).cloned();
                (row.etag, row.last_modified) = (kept("etag"), kept("last-modified"));
                (row.body, row.body_at) = (answer.body, Some(now));
                outcome
            }
            _ => Outcome::failed("status", None, false),
        }
    }
}

/// What of a document is new, as entries.
fn sifted(
    fetcher: &Fetcher,
    row: &mut FeedState,
    parsed: &Parsed,
    fresh_for: Option<Duration>,
    now: Timestamp,
) -> Outcome {
    let (named, without_link) = entries::named(parsed, &row.feed.url);
    let candidates: Vec<_> = named.iter().map(|named| named.candidate.clone()).collect();
    let first = row.last_success.is_none();
    let limited = first && row.first_poll_since.is_none();
    let sieve = Sieve {
        first: limited.then(|| polls::first_entries(&fetcher.rules.policy)),
        since: row.first_poll_since.filter(|_| first),
        sitemap: parsed.format == Format::Sitemap,
    };
    let rate = dated_rate(&candidates, now);
    let verdicts = sift(&mut row.seen, &candidates, sieve, now);
    let mut outcome = Outcome::without_entries(Polled::Gone);
    for (named, verdict) in named.iter().zip(verdicts) {
        let changed = match verdict {
            Verdict::New => false,
            Verdict::Changed => true,
            Verdict::Old => {
                row.ledger.old += u64::from(first);
                continue;
            }
            Verdict::Known => continue,
        };
        outcome.new += usize::from(!changed);
        if !changed {
            outcome.oldest_new = outcome.oldest_new.into_iter().chain(named.candidate.at).min();
        }
        outcome.changed += usize::from(changed);
        let mut entry = entries::entry(named, parsed, row, changed, now);
        if !fetcher.rules.feed_content {
            entry.content = None;
        }
        outcome.outputs.push(Output::Entry(Box::new(entry)));
    }
    row.ledger.new += outcome.new as u64;
    row.ledger.changed += outcome.changed as u64;
    if outcome.new > 0 || first {
        row.ledger.without_link += without_link;
    }
    if let Some(title) = &parsed.title {
        row.title = Some(title.chars().take(TITLE_CHARS_MAX).collect());
    }
    row.hubs = parsed.hubs.iter().take(HUBS_MAX).cloned().collect();
    outcome.entries = parsed.entries.len();
    let wait = [fresh_for, parsed.ttl, parsed.update_every].into_iter().flatten().max();
    outcome.polled = Polled::Fresh { entries: named.len(), new: outcome.new, dated_rate: rate, wait };
    outcome
}

/// Where a chain of permanent redirects alone led (301, 308).
fn permanently(url: &CanonicalUrl, answer: &Answer) -> Option<CanonicalUrl> {
    let fetched = answer.result.as_ref().ok()?;
    let permanent = !fetched.hops.is_empty() && fetched.hops.iter().all(|hop| matches!(hop.status, 301 | 308));
    let arrived = matches!(answer.document, Some(Document::Feed(_) | Document::SitemapIndex { .. }) | None)
        && (200..=203).contains(&fetched.status);
    (permanent && arrived && fetched.url != *url).then(|| fetched.url.clone())
}

fn remember(row: &mut FeedState, said: &str, answer: &Answer, (entries, new, changed): (usize, usize, usize)) {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let fetched = answer.result.as_ref().ok();
    let poll = Poll {
        at: answer.taken.at,
        outcome: said.to_owned(),
        status: fetched.map(|fetched| fetched.status),
        took_ms: u32::try_from(answer.took.as_millis()).unwrap_or(u32::MAX),
        bytes: count(fetched.map_or(0, |fetched| fetched.body.len())),
        entries: count(entries),
        new: count(new),
        changed: count(changed),
    };
    row.polls.insert(0, poll);
    row.polls.truncate(POLLS_KEPT);
}
