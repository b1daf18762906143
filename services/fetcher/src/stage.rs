//! The stage: one frontier, two kinds of work, each request between two commits.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use frontier::{Outage, Policy, Politeness, Queues, Robots, sites};
use pipeline::{Due, Index, Key, Keyed, PeekOf, Refusal, TableOf};
use schemas::{CanonicalUrl, Digest, FrontierRow, SiteState, Taken, Timestamp, registrable_domain, topic};

use crate::{Answer, Errand, FetchError, Fetched, Input, Metrics, Output, errand::What};

/// A request that was taken so often without an answer ends us: it is refused.
const TAKES_MAX: u32 = 3;

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

    /// Whether a path may be asked for; where robots.txt must be asked first, its row is made due.
    pub(crate) fn may(&self, url: &CanonicalUrl, table: &mut Table<'_>, now: Timestamp) -> May {
        let key = FrontierRow::site_key(url);
        let mut site = site(table, &key);
        match sites::may(site.as_deref(), url.path_and_query(), now) {
            sites::May::Go => May::Go,
            sites::May::Forbidden => May::Forbidden,
            sites::May::Wait(until) => May::Wait(until),
            sites::May::AskFirst => {
                let mut row = site.take().unwrap_or_default();
                row.robots_due = Some(now);
                row.first_asked.get_or_insert(now);
                table.put(&key, FrontierRow::Site(row));
                May::Wait(now.plus(sites::ROBOTS_PAUSE))
            }
        }
    }

    /// What is known of the origins of a page's site: its own, with and without `www.`, by http and https.
    pub(crate) fn known_robots(url: &CanonicalUrl, table: &Table<'_>) -> Vec<(String, Arc<Robots>)> {
        let Some((_, authority)) = url.origin().split_once("://") else { return Vec::new() };
        let other = authority.strip_prefix("www.").map_or_else(|| format!("www.{authority}"), ToOwned::to_owned);
        let origins = ["http", "https"]
            .into_iter()
            .flat_map(|scheme| [authority, &other].map(|authority| format!("{scheme}://{authority}")));
        let known = origins.filter_map(|origin| {
            let key = FrontierRow::site_key(&CanonicalUrl::parse(&origin).ok()?);
            let robots = site(table, &key)?.robots?;
            Some((origin, Arc::new(Robots::parse(&robots))))
        });
        known.collect()
    }

    /// What the site of a page says of uses beyond reading, in its robots.txt and beside the page.
    pub(crate) fn ai_opt_out(url: &CanonicalUrl, fetched: &Fetched, table: &Table<'_>) -> Vec<String> {
        let of_site = site(table, &FrontierRow::site_key(url)).map(|row| row.ai_opt_out).unwrap_or_default();
        of_site.into_iter().chain(sites::ai_opt_out(&fetched.headers)).collect()
    }

    /// What an answer means for the whole of its origin.
    pub(crate) fn judge_site(
        &self,
        url: &CanonicalUrl,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) -> Judged {
        let Ok(fetched) = &answer.result else { return Judged::Well };
        // What another site said behind a redirect says nothing of this one.
        let is_own = registrable_domain(fetched.url.host()) == registrable_domain(url.host());
        let retry_after = frontier::retry_after(&fetched.headers, now);
        let wall = sites::wall(fetched.status, &fetched.headers, &fetched.body);
        let judged = match (wall, fetched.status, retry_after) {
            (Some(_), ..) => Judged::Wall,
            (None, 429, _) => Judged::Busy(retry_after),
            (None, 503, Some(_)) => Judged::Busy(retry_after),
            _ => Judged::Well,
        };
        if !is_own {
            return judged;
        }
        let key = FrontierRow::site_key(&fetched.url);
        let known = site(table, &key);
        match judged {
            Judged::Well => {
                if let Some(mut row) = known
                    && (fetched.status < 400 || fetched.status == 404)
                    && sites::answered_well(&mut row)
                {
                    table.put(&key, FrontierRow::Site(row));
                }
            }
            Judged::Busy(_) | Judged::Wall => {
                let mut row = known.unwrap_or_default();
                row.bot_wall = wall.map(str::to_owned);
                let reason = if wall.is_some() { "bot_wall" } else { "retry_after" };
                sites::pushed_back(&mut row, reason, retry_after, now);
                table.put(&key, FrontierRow::Site(row));
            }
        }
        judged
    }

    fn robots_due(&self, key: &[u8], mut row: Box<SiteState>, table: &mut Table<'_>, now: Timestamp) -> Option<Errand> {
        let Some(url) = url_of(key).and_then(|origin| origin.join("/robots.txt").ok()) else {
            table.delete(key);
            return None;
        };
        let taken = take(row.taken, now);
        if taken.attempt > TAKES_MAX {
            let first = row.first_asked.unwrap_or(now);
            sites::robots_failed(&mut row, url.as_str(), first, false, &self.rules.policy, now);
            table.put(key, FrontierRow::Site(row));
            return None;
        }
        (row.taken, row.robots_due) = (Some(taken), None);
        table.put(key, FrontierRow::Site(row));
        Some(Errand { url, taken, what: What::Robots })
    }

    fn robots_answered(
        &self,
        key: &[u8],
        mut row: Box<SiteState>,
        answer: &Answer,
        table: &mut Table<'_>,
        now: Timestamp,
    ) {
        let Some(url) = url_of(key) else { return };
        let ours = self.observe(&url, answer);
        row.asked_at = Some(answer.at);
        let first = row.first_asked.unwrap_or(now);
        let outcome = match &answer.result {
            Ok(fetched) if (200..=299).contains(&fetched.status) => {
                sites::robots_came(&mut row, &String::from_utf8_lossy(&fetched.body), now);
                "ok"
            }
            // Unavailable: there are no rules (RFC 9309 section 2.3.1.3). 429 is no such answer.
            Ok(fetched) if (300..=499).contains(&fetched.status) && fetched.status != 429 => {
                sites::robots_came(&mut row, "", now);
                "none"
            }
            Ok(fetched) => {
                sites::robots_failed(&mut row, url.as_str(), first, false, &self.rules.policy, now);
                if let Some(wait) = frontier::retry_after(&fetched.headers, now) {
                    row.robots_retry = row.robots_retry.max(Some(now.plus(wait)));
                }
                "server_error"
            }
            // More redirects than are followed: there are no rules either (RFC 9309 section 2.3.1.2).
            Err(FetchError::Redirect(_)) => {
                sites::robots_came(&mut row, "", now);
                "none"
            }
            Err(error) => {
                sites::robots_failed(&mut row, url.as_str(), first, ours, &self.rules.policy, now);
                error.reason()
            }
        };
        self.metrics.asked("robots", outcome, answer.took);
        table.put(key, FrontierRow::Site(row));
    }
}

/// Whether a URL may be asked for now.
pub(crate) enum May {
    Go,
    Forbidden,
    Wait(Timestamp),
}

/// What an answer says of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Well,
    /// It asks to wait.
    Busy(Option<Duration>),
    /// A wall answered.
    Wall,
}

/// The next take of a row.
pub(crate) fn take(before: Option<Taken>, now: Timestamp) -> Taken {
    Taken { attempt: before.map_or(1, |taken| taken.attempt.saturating_add(1)), at: now }
}

/// Whether a row was taken too often without an answer.
pub(crate) fn is_spent(taken: Taken) -> bool {
    taken.attempt > TAKES_MAX
}

pub(crate) fn site(table: &Table<'_>, key: &[u8]) -> Option<Box<SiteState>> {
    match table.get(key) {
        Some(FrontierRow::Site(row)) => Some(row),
        _ => None,
    }
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
