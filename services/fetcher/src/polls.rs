//! Feeds: subscribed to, polled, and what comes of a poll.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use feeds::{Document, Feed as Parsed, Format, SitemapLink};
use frontier::{
    Sieve, Verdict, dated_rate,
    polls::{self, Polled},
    sift,
};
use pipeline::Refusal;
use schemas::{CanonicalUrl, Feed, FeedState, FrontierRow, Poll, Timestamp, registrable_domain};

use crate::{
    Answer, Errand, Fetched, Fetcher, Output,
    client::Validators,
    entries,
    errand::What,
    stage::{Judged, May, Table, is_spent, take},
};

/// Polls that a row remembers.
const POLLS_KEPT: usize = 10;
/// Sitemaps of an index that are watched, the newest first.
const CHILDREN_MAX: usize = 20;
/// A sitemap that has not changed for so long holds no news.
const CHILD_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// An entry may be dated so long before it stands in the feed.
const LIE_MARGIN: Duration = Duration::from_secs(900);
/// Hubs that a row remembers.
const HUBS_MAX: usize = 5;
/// A title is cut to this.
const TITLE_CHARS_MAX: usize = 200;

/// What a poll came to.
struct Outcome {
    polled: Polled,
    outputs: Vec<Output>,
    entries: usize,
    new: usize,
    changed: usize,
    /// When the oldest of the new ones was published.
    oldest_new: Option<Timestamp>,
}

impl Outcome {
    fn without_entries(polled: Polled) -> Self {
        Self { polled, outputs: Vec::new(), entries: 0, new: 0, changed: 0, oldest_new: None }
    }

    fn failed(reason: &'static str, retry_after: Option<Duration>, ours: bool) -> Self {
        Self::without_entries(Polled::Failed { reason, retry_after, ours })
    }
}

impl Fetcher {
    pub(crate) fn subscribe(&self, feed: Feed, table: &mut Table<'_>, now: Timestamp) -> Result<Vec<Output>, Refusal> {
        let key = FrontierRow::feed_key(&feed.url);
        let row = match table.get(&key) {
            Some(FrontierRow::Feed(mut row)) => {
                if row.feed == feed && row.parent.is_none() && !row.reason.starts_with("retired") {
                    return Err(Refusal::Drop("unchanged"));
                }
                row.parent = None;
                for url in row.children.clone() {
                    let key = FrontierRow::feed_key(&url);
                    if let Some(FrontierRow::Feed(mut child)) = table.get(&key)
                        && child.parent.as_ref() == Some(&feed.url)
                    {
                        change(&mut child, Feed { url, ..feed.clone() }, now);
                        table.put(&key, FrontierRow::Feed(child));
                    }
                }
                change(&mut row, feed, now);
                row
            }
            _ => Box::new(self.new_feed(feed, None, now)),
        };
        table.put(&key, FrontierRow::Feed(row));
        Ok(Vec::new())
    }

    fn new_feed(&self, feed: Feed, parent: Option<CanonicalUrl>, now: Timestamp) -> FeedState {
        let policy = &self.rules.policy;
        let (next_poll, reason) = if feed.paused {
            (None, "paused")
        } else {
            let mut last = self.first_polls.lock().unwrap_or_else(PoisonError::into_inner);
            let spacing = policy.first_poll_spacing.as_millis().max(1);
            let waiting = if *last < now { 0 } else { last.since(now).as_millis() / spacing + 1 };
            let first =
                polls::first_poll(feed.url.as_str(), usize::try_from(waiting).unwrap_or(usize::MAX), policy, now);
            *last = (*last).max(first);
            (Some(first), "first_poll")
        };
        // One that has moved was followed before: what its last polls brought is known, and what came since is news.
        let moved = feed.moved_from.is_some();
        let first_poll_since = moved.then(|| now.minus(policy.page_kept));
        FeedState { parent, first_poll_since, ..FeedState::new(feed, next_poll, reason) }
    }

    pub(crate) fn unsubscribe(url: &CanonicalUrl, table: &mut Table<'_>) -> Result<Vec<Output>, Refusal> {
        let key = FrontierRow::feed_key(url);
        let Some(FrontierRow::Feed(row)) = table.get(&key) else { return Err(Refusal::Drop("not_subscribed")) };
        for child in &row.children {
            let key = FrontierRow::feed_key(child);
            // One that a user subscribed to as well stays.
            if matches!(table.get(&key), Some(FrontierRow::Feed(child)) if child.parent.as_ref() == Some(url)) {
                table.delete(&key);
            }
        }
        table.delete(&key);
        Ok(Vec::new())
    }

    pub(crate) fn poll_due(
        &self,
        key: &[u8],
        mut row: Box<FeedState>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Option<Errand> {
        let url = row.feed.url.clone();
        let taken = take(row.taken, now);
        if is_spent(taken) {
            let failed =
                Polled::Failed { reason: "killed_us", retry_after: Some(Duration::from_secs(24 * 3600)), ours: false };
            self.metrics.asked("feed", "killed_us", Duration::ZERO);
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
                    Some(Document::SitemapIndex { sitemaps, .. }) => self.index(row, sitemaps, fresh_for, table, now),
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

    /// A sitemap index: its newest sitemaps are watched as feeds of their own, within its site.
    fn index(
        &self,
        row: &mut FeedState,
        links: &[SitemapLink],
        wait: Option<Duration>,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Outcome {
        if row.parent.is_some() {
            return Outcome::failed("index_in_an_index", None, false);
        }
        let site = registrable_domain(row.feed.url.host()).to_owned();
        let mut recent: Vec<_> = links
            .iter()
            .filter(|link| link.updated.is_none_or(|at| now.since(at) < CHILD_AGE_MAX))
            .filter_map(|link| Some((link.updated, CanonicalUrl::parse(&link.url).ok()?)))
            .filter(|(_, url)| registrable_domain(url.host()) == site && *url != row.feed.url)
            .collect();
        recent.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        recent.truncate(CHILDREN_MAX);
        let children: BTreeSet<_> = recent.into_iter().map(|(_, url)| url).collect();
        let mut new = 0;
        for url in &children {
            let key = FrontierRow::feed_key(url);
            if table.get(&key).is_none() {
                new += 1;
                let feed = Feed { url: url.clone(), ..row.feed.clone() };
                let mut child = self.new_feed(feed, Some(row.feed.url.clone()), now);
                // A sitemap that came while its index was watched is news, all of it.
                child.first_poll_since = row.last_success;
                table.put(&key, FrontierRow::Feed(Box::new(child)));
            }
        }
        for url in row.children.iter().filter(|url| !children.contains(url)) {
            let key = FrontierRow::feed_key(url);
            if matches!(table.get(&key), Some(FrontierRow::Feed(child)) if child.parent.as_ref() == Some(&row.feed.url))
            {
                table.delete(&key);
            }
        }
        row.children = children.into_iter().collect();
        Outcome::without_entries(Polled::Fresh { entries: links.len(), new, dated_rate: None, wait })
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

/// What the user now says of a feed.
fn change(row: &mut FeedState, feed: Feed, now: Timestamp) {
    let waits = row.next_poll.is_some() || row.taken.is_some();
    row.feed = feed;
    if row.feed.paused {
        (row.next_poll, row.taken, row.reason) = (None, None, "paused".to_owned());
    } else if !waits {
        (row.next_poll, row.reason, row.gone_since) = (Some(now), "resumed".to_owned(), None);
    }
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
