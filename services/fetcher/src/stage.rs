//! The stage: one frontier, two kinds of work, each request between two commits.

use std::sync::{Mutex, PoisonError};

use frontier::{Outage, Policy, Politeness, Queues, sites};
use pipeline::{Due, Index, Key, Keyed, PeekOf, Refusal, TableOf};
use schemas::{CanonicalUrl, Digest, FrontierRow, Taken, Timestamp, registrable_domain, topic};

use crate::{Answer, Errand, FetchError, Input, Metrics, Output};

/// A request that was taken so often without an answer may be what ends us: it waits like one that failed.
const TAKES_MAX: u32 = 3;
/// Why a row waits whose request was taken too often without an answer.
pub(crate) const KILLED_US: &str = "killed_us";

/// The table as this stage sees it.
pub(crate) type Table<'a> = TableOf<'a, Fetcher>;

/// The frontier's queues as the runtime's index.
#[derive(Debug)]
pub struct SiteQueues(Queues);

impl SiteQueues {
    /// By which a feed's share of the polls is measured.
    pub(crate) fn mean_root(&self) -> Option<f64> {
        self.0.mean_root()
    }
}

impl Index<FrontierRow> for SiteQueues {
    fn set(&mut self, key: &Key, row: Option<&FrontierRow>) {
        self.0.set(key, row);
    }

    fn next_due(&self) -> Option<Timestamp> {
        self.0.next_due()
    }

    fn due(&mut self, now: Timestamp, max: usize) -> Vec<Key> {
        self.0.due(now, max)
    }

    fn snooze(&mut self, key: &Key, until: Timestamp) {
        self.0.snooze(key, until);
    }
}

/// What the stage may do, and how it looks at a site.
#[derive(Clone, Debug)]
pub struct Rules {
    /// When feeds are polled and pages fetched again.
    pub policy: Policy,
    /// What a site is spared.
    pub politeness: Politeness,
    /// Whether robots.txt is asked before a feed that the user subscribed to, too.
    pub robots_for_feeds: bool,
    /// Whether a feed's content stands for its page where it is the whole text.
    pub feed_content: bool,
    /// Redirects of a page from site to site.
    pub hops_max: u8,
}

/// The stage.
pub struct Fetcher {
    pub(crate) rules: Rules,
    pub(crate) metrics: Metrics,
    /// How the sites asked lately answered: of this process, not of the table.
    outage: Mutex<Outage>,
    /// The last first poll that was given out.
    pub(crate) first_polls: Mutex<Timestamp>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// With these rules.
    pub fn new(rules: Rules, metrics: Metrics) -> Self {
        Self { rules, metrics, outage: Mutex::default(), first_polls: Mutex::default() }
    }

    /// Whether a failure is ours: many sites fail at once. The answer itself counts among them.
    pub(crate) fn observe(&self, url: &CanonicalUrl, answer: &Answer) -> bool {
        let site = Digest::of([registrable_domain(url.host()).as_bytes()]).first_64();
        let reached =
            !matches!(&answer.result, Err(FetchError::Timeout | FetchError::Network { cause: "dns" | "connect", .. }));
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        outage.observe(site, reached, answer.at);
        !reached && outage.is_ours(answer.at)
    }
}

/// The next take of a row.
pub(crate) fn take(before: Option<Taken>, now: Timestamp) -> Taken {
    Taken { attempt: before.map_or(1, |taken| taken.attempt.saturating_add(1)), at: now }
}

/// Whether a row was taken too often without an answer. What waited for that reason already is taken once at a time: what
/// was beside it when we ended comes back at another moment, so that in the end only the culprit waits.
pub(crate) fn is_spent(taken: Taken, reason: Option<&str>) -> bool {
    taken.attempt > if reason == Some(KILLED_US) { 1 } else { TAKES_MAX }
}

/// The URL of a key `domain kind URL`.
pub(crate) fn url_of(key: &[u8]) -> Option<CanonicalUrl> {
    CanonicalUrl::parse(std::str::from_utf8(key).ok()?.splitn(3, ' ').nth(2)?).ok()
}

impl Keyed for Fetcher {
    const NAME: &'static str = "fetcher";
    const INPUTS: &'static [&'static str] = &[topic::FEEDS, topic::ENTRIES];
    const TABLE: &'static str = topic::FRONTIER;
    type In = Input;
    type Out = Output;
    type Row = FrontierRow;
    type Index = SiteQueues;
    type Prepared = Input;
    type Errand = Errand;
    type Answer = Answer;

    fn index(&self) -> SiteQueues {
        SiteQueues(Queues::new(self.rules.politeness))
    }

    fn prepare(&self, input: Input, _: &PeekOf<'_, Self>) -> Result<Input, Refusal> {
        Ok(input)
    }

    fn apply(&self, input: Input, table: &mut Table<'_>, now: Timestamp) -> Result<Vec<Output>, Refusal> {
        match input {
            Input::Subscribe(feed) => self.subscribe(*feed, table, now),
            Input::Unsubscribe(url) => Self::unsubscribe(&url, table),
            Input::Entry(entry) => self.entry(entry, table, now),
        }
    }

    fn expires_at(row: &FrontierRow) -> Option<Timestamp> {
        match row {
            FrontierRow::Page(page) => frontier::pages::expires_at(page),
            FrontierRow::Site(site) => sites::expires_at(site),
            FrontierRow::Feed(_) => None,
        }
    }

    fn due(
        &self,
        key: &[u8],
        row: FrontierRow,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Result<Due<Output, Errand>, Refusal> {
        let errand = match row {
            FrontierRow::Site(row) => self.robots_due(key, row, table, now),
            FrontierRow::Feed(row) => self.poll_due(key, row, table, now),
            FrontierRow::Page(row) => self.page_due(key, row, table, now),
        };
        Ok(Due { outputs: Vec::new(), errand })
    }

    fn answered(
        &self,
        key: &[u8],
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Result<Vec<Output>, Refusal> {
        let still = |taken: Option<Taken>| taken == Some(answer.taken);
        match table.get(key) {
            Some(FrontierRow::Site(row)) if still(row.taken) => {
                self.robots_answered(key, row, answer, table, now);
                Ok(Vec::new())
            }
            Some(FrontierRow::Feed(row)) if still(row.taken) => Ok(self.polled(key, row, answer, table, now)),
            Some(FrontierRow::Page(row)) if still(row.taken) => Ok(self.fetched(key, row, answer, table, now)),
            _ => Ok(Vec::new()), // it was taken again meanwhile, or is wanted no more
        }
    }

    fn recalled(&self, key: &[u8], table: &mut Table<'_>, now: Timestamp) {
        let Some(row) = table.get(key) else { return };
        // Only what still waits: a feed may have been paused meanwhile, a page fetched by another owner.
        match row {
            FrontierRow::Site(mut row) if row.taken.is_some() => {
                (row.taken, row.robots_due, row.asked_at) = (None, Some(now), Some(now));
                table.put(key, FrontierRow::Site(row));
            }
            FrontierRow::Feed(mut row) if row.taken.is_some() => {
                (row.taken, row.next_poll, row.asked_at) = (None, Some(now), Some(now));
                table.put(key, FrontierRow::Feed(row));
            }
            FrontierRow::Page(mut row) if row.taken.is_some() => {
                (row.taken, row.due, row.asked_at) = (None, Some(now), Some(now));
                table.put(key, FrontierRow::Page(row));
            }
            _ => {}
        }
    }
}
