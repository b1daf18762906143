//! A world with a clock that is set by hand: rows, queues over them, and servers that answer as they are told.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use frontier::{Key, Policy, Politeness, Queues, pages, polls};
use schemas::{CanonicalUrl, Feed, FeedOrigin, FeedState, FrontierRow, PageState, Taken, Timestamp};

pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn politeness() -> Politeness {
    Politeness { interval: seconds(1), concurrency: 1, crawl_delay_max: seconds(60), lease: seconds(30) }
}

pub(crate) fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap()
}

pub(crate) fn feed(text: &str, next_poll: Timestamp) -> FeedState {
    FeedState::new(Feed::new(url(text), FeedOrigin::Command), Some(next_poll), "first_poll")
}

/// One request that left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) at: Timestamp,
    pub(crate) key: String,
}

impl Request {
    pub(crate) fn site(&self) -> &str {
        self.key.split(' ').next().unwrap()
    }

    pub(crate) fn is_poll(&self) -> bool {
        self.key.contains(" feed ")
    }
}

/// Rows and the queues over them. A request takes as long as `latency` says, and always brings what is asked for.
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) rows: BTreeMap<Vec<u8>, FrontierRow>,
    pub(crate) queues: Queues,
    pub(crate) log: Vec<Request>,
    pub(crate) policy: Policy,
    under_way: Vec<(Timestamp, Key)>,
    politeness: Politeness,
}

impl World {
    pub(crate) fn new(politeness: Politeness) -> Self {
        Self {
            now: START,
            rows: BTreeMap::new(),
            queues: Queues::new(politeness),
            log: Vec::new(),
            policy: Policy::DEFAULT,
            under_way: Vec::new(),
            politeness,
        }
    }

    pub(crate) fn put(&mut self, key: &[u8], row: FrontierRow) {
        self.queues.set(&Arc::from(key), Some(&row));
        self.rows.insert(key.to_vec(), row);
    }

    pub(crate) fn add_feed(&mut self, text: &str, next_poll: Timestamp) {
        let row = feed(text, next_poll);
        self.put(&FrontierRow::feed_key(&url(text)), FrontierRow::Feed(Box::new(row)));
    }

    pub(crate) fn add_page(&mut self, text: &str, due: Timestamp) {
        let row = PageState { due: Some(due), ..PageState::default() };
        self.put(&FrontierRow::page_key(&url(text)), FrontierRow::Page(Box::new(row)));
    }

    /// As after a crash: nothing but the rows is left.
    pub(crate) fn restart(&mut self) {
        self.queues = Queues::new(self.politeness);
        for (key, row) in &self.rows {
            self.queues.set(&Arc::from(key.as_slice()), Some(row));
        }
        self.under_way.clear();
    }

    /// One turn of the stage at the time that it is now.
    pub(crate) fn turn(&mut self, max: usize, latency: Duration) {
        let (done, going) = std::mem::take(&mut self.under_way).into_iter().partition(|(at, _)| *at <= self.now);
        self.under_way = going;
        let done: Vec<(Timestamp, Key)> = done;
        for (_, key) in done {
            self.answer(&key);
        }
        for key in self.queues.due(self.now, max) {
            let Some(mut row) = self.rows.get(&*key).cloned() else { panic!("a row that is not there is due") };
            let taken = |before: Option<Taken>| Taken { attempt: before.map_or(1, |t| t.attempt + 1), at: self.now };
            match &mut row {
                FrontierRow::Feed(row) => (row.taken, row.next_poll) = (Some(taken(row.taken)), None),
                FrontierRow::Page(row) if row.expires_at.is_some_and(|at| at <= self.now) => {
                    self.queues.set(&key, None);
                    self.rows.remove(&*key);
                    continue;
                }
                FrontierRow::Page(row) => (row.taken, row.due) = (Some(taken(row.taken)), None),
                FrontierRow::Site(_) => continue,
            }
            self.put(&key, row);
            self.log.push(Request { at: self.now, key: String::from_utf8(key.to_vec()).unwrap() });
            self.under_way.push((self.now.plus(latency), key));
        }
    }

    fn answer(&mut self, key: &Key) {
        let (now, policy, mean) = (self.now, self.policy, self.queues.mean_root());
        let Some(mut row) = self.rows.get(&**key).cloned() else { return };
        match &mut row {
            FrontierRow::Feed(row) => {
                let fresh = polls::Polled::Fresh { entries: 20, new: 1, dated_rate: Some(1.0), wait: None };
                polls::polled(row, &fresh, mean, &policy, now);
            }
            FrontierRow::Page(row) => pages::fetched(row, "https://x.example/", pages::Fetched::Done, &policy, now),
            FrontierRow::Site(_) => {}
        }
        self.put(key, row);
    }

    /// Turns, always at the next moment at which something is to be done, until `until`.
    pub(crate) fn run(&mut self, until: Timestamp, max: usize, latency: Duration) {
        loop {
            self.turn(max, latency);
            let answer = self.under_way.iter().map(|(at, _)| *at).min();
            let Some(next) = [self.queues.next_due(), answer].into_iter().flatten().min() else { return };
            if next > until {
                self.now = until;
                return;
            }
            self.now = next.max(self.now.plus(Duration::from_millis(1)));
        }
    }

    /// Requests by site, in the order in which they left.
    pub(crate) fn by_site(&self) -> HashMap<&str, Vec<&Request>> {
        let mut sites: HashMap<_, Vec<_>> = HashMap::new();
        for request in &self.log {
            sites.entry(request.site()).or_default().push(request);
        }
        sites
    }
}
