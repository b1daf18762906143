//! One queue a site, shared by robots.txt, polls and pages, so that all of them share its politeness.
//!
//! The queues are an index over the rows of the frontier: what they know is in the rows, so a restart knows it too. A row
//! is in one of four states: nothing is due, due (in a lane of its site), taken (a request is under way, or its lease has
//! not run out), or done and waiting to expire.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use schemas::{FrontierRow, Taken, Timestamp};

use crate::{pages, polls, robots::Robots, sites};

/// A row's key, `domain kind URL`.
pub type Key = Arc<[u8]>;

/// A turn that brings no request delays the site's next one by this.
const LOOK: Duration = Duration::from_millis(50);

/// What a site is spared.
#[derive(Clone, Copy, Debug)]
pub struct Politeness {
    /// Between the starts of two requests to one site.
    pub interval: Duration,
    /// Requests to one site at a time.
    pub concurrency: usize,
    /// A longer wish than this in a robots.txt (`Crawl-delay`) is cut to it.
    pub crawl_delay_max: Duration,
    /// A request that was taken and has brought no answer for so long is taken again; longer than any request may last.
    pub lease: Duration,
}

/// In the order of their right of way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Robots,
    Feeds,
    Pages,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Resting,
    Due(Timestamp),
    /// Until the lease runs out.
    Taken(Timestamp),
    Expiring(Timestamp),
}

#[derive(Clone, Copy, Debug)]
struct Item {
    site: u32,
    lane: Lane,
    state: State,
    /// The square root of weight times rate, for a feed that is polled.
    root: f32,
    /// It was handed out and not set since: when the site was asked before, if it was.
    handed: Option<Option<Timestamp>>,
}

/// What an origin asks of us.
#[derive(Debug)]
struct Wish {
    origin: Key,
    not_before: Timestamp,
    crawl_delay: Duration,
}

#[derive(Debug, Default)]
struct Site {
    items: u32,
    lanes: [BTreeSet<(Timestamp, Key)>; 3],
    taken: BTreeSet<(Timestamp, Key)>,
    wishes: Vec<Wish>,
    last_request: Option<Timestamp>,
    /// When it last had a turn, and when one last brought no request.
    now: Option<Timestamp>,
    looked_at: Option<Timestamp>,
    /// A feed had the last turn: a page goes first, so that neither keeps the other waiting for ever.
    feed_was_last: bool,
    /// Where it stands in the order of sites.
    ready: Option<Timestamp>,
}

impl Site {
    fn next_request(&self, politeness: &Politeness) -> Option<Timestamp> {
        if self.taken.len() >= politeness.concurrency {
            return None;
        }
        let first = self.lanes.iter().filter_map(|lane| lane.first()).map(|(due, _)| *due).min()?;
        let crawl_delay = self.wishes.iter().map(|wish| wish.crawl_delay).max().unwrap_or_default();
        let interval = politeness.interval.max(crawl_delay.min(politeness.crawl_delay_max));
        let polite = self.last_request.map(|last| last.plus(interval));
        let allowed = self.wishes.iter().map(|wish| wish.not_before).max();
        let looked = self.looked_at.map(|at| at.plus(LOOK));
        [Some(first), polite, allowed, looked].into_iter().flatten().max()
    }

    /// When something can be done about this site: a request, or a lease that runs out.
    fn wake(&self, politeness: &Politeness) -> Option<Timestamp> {
        let lease = self.taken.first().map(|(until, _)| *until);
        [self.next_request(politeness), lease].into_iter().flatten().min()
    }

    /// The next of its rows at `now`.
    fn choose(&mut self, now: Timestamp) -> Option<(Lane, Key)> {
        let due = |lane: &BTreeSet<(Timestamp, Key)>| lane.first().is_some_and(|(due, _)| *due <= now);
        let [robots, feeds, pages] = &self.lanes;
        let lane = match (due(robots), due(feeds), due(pages)) {
            (true, ..) => Lane::Robots,
            (_, true, true) if self.feed_was_last => Lane::Pages,
            (_, true, _) => Lane::Feeds,
            (_, _, true) => Lane::Pages,
            _ => return None,
        };
        if lane != Lane::Robots {
            self.feed_was_last = lane == Lane::Feeds;
        }
        self.lanes[lane as usize].pop_first().map(|(_, key)| (lane, key))
    }
}

/// The queues of a partition.
#[derive(Debug)]
pub struct Queues {
    politeness: Politeness,
    names: HashMap<Box<[u8]>, u32>,
    sites: Vec<Site>,
    free: Vec<u32>,
    items: HashMap<Key, Item>,
    ready: BTreeSet<(Timestamp, u32)>,
    expiring: BTreeSet<(Timestamp, Key)>,
    polled: u64,
    roots: f64,
}

impl Queues {
    /// Over nothing yet.
    pub fn new(politeness: Politeness) -> Self {
        Self {
            politeness,
            names: HashMap::new(),
            sites: Vec::new(),
            free: Vec::new(),
            items: HashMap::new(),
            ready: BTreeSet::new(),
            expiring: BTreeSet::new(),
            polled: 0,
            roots: 0.0,
        }
    }

    /// The mean of the feeds' `sqrt(weight x rate)`, by which a feed's share of the polls is measured; `None` without
    /// feeds.
    pub fn mean_root(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a mean over fewer than 2^52 feeds")]
        (self.polled > 0).then(|| self.roots / self.polled as f64)
    }

    /// Rows that are known, and sites.
    pub fn len(&self) -> (usize, usize) {
        (self.items.len(), self.names.len())
    }

    /// Whether no row is known.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// A row is now this, or gone.
    pub fn set(&mut self, key: &Key, row: Option<&FrontierRow>) {
        let Some(row) = row else {
            if let Some(old) = self.items.remove(key) {
                unplace(&mut self.sites, &mut self.expiring, key, &old);
                self.count(old.root, 0.0);
                self.leave(old.site, key);
            }
            return;
        };
        let (lane, state, last, root) = read(row, self.politeness.lease);
        let (site, old) = match self.items.get_mut(key) {
            Some(item) => {
                let old = std::mem::replace(item, Item { site: item.site, lane, state, root, handed: None });
                if old.state != state {
                    unplace(&mut self.sites, &mut self.expiring, key, &old);
                    place(&mut self.sites, &mut self.expiring, key, item);
                }
                (old.site, Some(old))
            }
            None => {
                let site = self.enter(key);
                let item = Item { site, lane, state, root, handed: None };
                place(&mut self.sites, &mut self.expiring, key, &item);
                self.items.insert(Arc::clone(key), item);
                (site, None)
            }
        };
        if let FrontierRow::Site(row) = row {
            self.wish(site, key, row);
        }
        self.count(old.map_or(0.0, |old| old.root), root);
        let place = &mut self.sites[site as usize];
        if let Some(before) = old.and_then(|old| old.handed)
            && !matches!(state, State::Taken(_))
        {
            // No request came of its turn, which then costs the others next to nothing.
            place.last_request = before;
            place.looked_at = place.now;
        }
        place.last_request = place.last_request.max(last);
        self.order(site);
    }

    /// When the first row is due, politeness considered.
    pub fn next_due(&self) -> Option<Timestamp> {
        let ready = self.ready.first().map(|(at, _)| *at);
        let expiring = self.expiring.first().map(|(at, _)| *at);
        [ready, expiring].into_iter().flatten().min()
    }

    /// Up to `max` rows that are due at `now`: requests that may leave, and rows that have expired. Each counts as
    /// taken until it is set or snoozed.
    pub fn due(&mut self, now: Timestamp, max: usize) -> Vec<Key> {
        let mut due = Vec::new();
        while due.len() < max {
            let Some(site) = self.ready.first().filter(|(at, _)| *at <= now).map(|(_, site)| *site) else { break };
            due.extend(self.take(site, now));
            self.order(site);
        }
        while due.len() < max {
            let Some((_, key)) = self.expiring.first().filter(|(at, _)| *at <= now).cloned() else { break };
            self.expiring.pop_first();
            if let Some(item) = self.items.get_mut(&key) {
                item.state = State::Resting;
            }
            due.push(key);
        }
        due
    }

    /// A row is not due before `until`, until it is set again.
    pub fn snooze(&mut self, key: &Key, until: Timestamp) {
        let Some(item) = self.items.get_mut(key) else { return };
        unplace(&mut self.sites, &mut self.expiring, key, item);
        (item.state, item.handed) = (State::Due(until), None);
        place(&mut self.sites, &mut self.expiring, key, item);
        let site = item.site;
        self.order(site);
    }

    /// The next request of a site, or `None` where only leases ran out.
    fn take(&mut self, site: u32, now: Timestamp) -> Option<Key> {
        let place = &mut self.sites[site as usize];
        while let Some((until, key)) = place.taken.first().filter(|(until, _)| *until <= now).cloned() {
            place.taken.pop_first();
            let Some(item) = self.items.get_mut(&key) else { continue };
            item.state = State::Due(until);
            place.lanes[item.lane as usize].insert((until, key));
        }
        if place.next_request(&self.politeness).is_none_or(|at| at > now) {
            return None;
        }
        let (_, key) = place.choose(now)?;
        let until = now.plus(self.politeness.lease);
        place.taken.insert((until, Arc::clone(&key)));
        let before = place.last_request;
        place.last_request = before.max(Some(now));
        place.now = Some(now);
        if let Some(item) = self.items.get_mut(&key) {
            (item.state, item.handed) = (State::Taken(until), Some(before));
        }
        Some(key)
    }

    /// A feed's root changes from one to another; zero is that of what is not polled.
    fn count(&mut self, old: f32, new: f32) {
        self.polled = self.polled + u64::from(new > 0.0) - u64::from(old > 0.0);
        self.roots = if self.polled == 0 { 0.0 } else { self.roots - f64::from(old) + f64::from(new) };
    }

    /// Puts a site where it belongs in the order of sites.
    fn order(&mut self, site: u32) {
        let place = &mut self.sites[site as usize];
        let wake = if place.items == 0 { None } else { place.wake(&self.politeness) };
        if wake == place.ready {
            return;
        }
        if let Some(old) = place.ready {
            self.ready.remove(&(old, site));
        }
        place.ready = wake;
        if let Some(at) = wake {
            self.ready.insert((at, site));
        }
    }

    fn wish(&mut self, site: u32, key: &Key, row: &schemas::SiteState) {
        let crawl_delay = row.robots.as_deref().and_then(|text| Robots::parse(text).crawl_delay()).unwrap_or_default();
        let not_before = row.not_before.unwrap_or_default();
        let wishes = &mut self.sites[site as usize].wishes;
        wishes.retain(|wish| wish.origin != *key);
        wishes.push(Wish { origin: Arc::clone(key), not_before, crawl_delay });
    }

    fn enter(&mut self, key: &Key) -> u32 {
        let domain = domain(key);
        let site = match self.names.get(domain) {
            Some(site) => *site,
            None => {
                let site = self.free.pop().unwrap_or_else(|| {
                    self.sites.push(Site::default());
                    u32::try_from(self.sites.len() - 1).unwrap_or(u32::MAX)
                });
                self.names.insert(domain.into(), site);
                site
            }
        };
        self.sites[site as usize].items += 1;
        site
    }

    fn leave(&mut self, site: u32, key: &Key) {
        let place = &mut self.sites[site as usize];
        place.items -= 1;
        place.wishes.retain(|wish| wish.origin != *key);
        self.order(site);
        if self.sites[site as usize].items == 0 {
            self.sites[site as usize] = Site::default();
            self.names.remove(domain(key));
            self.free.push(site);
        }
    }
}

/// The site of a key.
fn domain(key: &[u8]) -> &[u8] {
    key.split(|byte| *byte == b' ').next().unwrap_or_default()
}

/// A row's lane and state, when its site was last asked for it, and its root.
fn read(row: &FrontierRow, lease: Duration) -> (Lane, State, Option<Timestamp>, f32) {
    let taken = |taken: Option<Taken>| taken.map(|taken| State::Taken(taken.at.plus(lease)));
    let asked = |taken: Option<Taken>, asked_at: Option<Timestamp>| taken.map(|taken| taken.at).max(asked_at);
    let due = |due: Option<Timestamp>| due.map(State::Due);
    let expiring = |at: Option<Timestamp>| at.map(State::Expiring);
    let (lane, state, last, root) = match row {
        FrontierRow::Site(row) => {
            let state = taken(row.taken).or(due(row.robots_due)).or_else(|| expiring(sites::expires_at(row)));
            (Lane::Robots, state, asked(row.taken, row.asked_at), 0.0)
        }
        FrontierRow::Feed(row) => {
            let root = if row.next_poll.is_some() || row.taken.is_some() { polls::root(row) } else { 0.0 };
            (Lane::Feeds, taken(row.taken).or(due(row.next_poll)), asked(row.taken, row.asked_at), root)
        }
        FrontierRow::Page(row) => {
            let state = taken(row.taken).or(due(row.due)).or_else(|| expiring(pages::expires_at(row)));
            (Lane::Pages, state, asked(row.taken, row.asked_at), 0.0)
        }
    };
    (lane, state.unwrap_or(State::Resting), last, root)
}

fn place(sites: &mut [Site], expiring: &mut BTreeSet<(Timestamp, Key)>, key: &Key, item: &Item) {
    let site = &mut sites[item.site as usize];
    match item.state {
        State::Resting => false,
        State::Due(at) => site.lanes[item.lane as usize].insert((at, Arc::clone(key))),
        State::Taken(until) => site.taken.insert((until, Arc::clone(key))),
        State::Expiring(at) => expiring.insert((at, Arc::clone(key))),
    };
}

fn unplace(sites: &mut [Site], expiring: &mut BTreeSet<(Timestamp, Key)>, key: &Key, item: &Item) {
    let site = &mut sites[item.site as usize];
    match item.state {
        State::Resting => false,
        State::Due(at) => site.lanes[item.lane as usize].remove(&(at, Arc::clone(key))),
        State::Taken(until) => site.taken.remove(&(until, Arc::clone(key))),
        State::Expiring(at) => expiring.remove(&(at, Arc::clone(key))),
    };
}
