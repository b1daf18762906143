//! Feeds come, change and go: by their user's word, and with the sitemap index that names them.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use bytes::Bytes;
use feeds::SitemapLink;
use frontier::polls::{self, Polled};
use pipeline::Refusal;
use schemas::{CanonicalUrl, Feed, FeedState, FrontierRow, Timestamp, registrable_domain};

use crate::{Fetcher, Output, polls::Outcome, stage::Table};

/// Sitemaps of an index that are watched, the newest first.
const CHILDREN_MAX: usize = 20;
/// A sitemap that has not changed for so long holds no news.
const CHILD_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

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
                    if let Some((key, mut child)) = child(table, &url, &feed.url) {
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
        for sitemap in &row.children {
            if let Some((key, _)) = child(table, sitemap, url) {
                table.delete(&key);
            }
        }
        table.delete(&key);
        Ok(Vec::new())
    }

    /// A sitemap index: its newest sitemaps are watched as feeds of their own, within its site.
    pub(crate) fn index_polled(
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
            if let Some((key, _)) = child(table, url, &row.feed.url) {
                table.delete(&key);
            }
        }
        row.children = children.into_iter().collect();
        Outcome::without_entries(Polled::Fresh { entries: links.len(), new, dated_rate: None, wait })
    }
}

/// The row of a sitemap that is watched for the sake of its index alone; one that a user subscribed to as well is none.
fn child(table: &Table<'_>, url: &CanonicalUrl, index: &CanonicalUrl) -> Option<(Bytes, Box<FeedState>)> {
    let key = FrontierRow::feed_key(url);
    match table.get(&key) {
        Some(FrontierRow::Feed(row)) if row.parent.as_ref() == Some(index) => Some((key, row)),
        _ => None,
    }
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
