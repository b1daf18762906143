//! Which entries of a document are new, and which have changed.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use schemas::{Seen, SeenAlias, Timestamp};

/// Aliases that have left the document are remembered, so many of them.
const GONE_KEPT: usize = 1_000;
/// Aliases that a row holds at most.
const SEEN_MAX: usize = 20_000;
/// Entries of a document that are watched, from its beginning: what could not be remembered would be new for ever.
const WATCHED_MAX: usize = 9_000;
/// So many entries that all changed at once were rendered anew, not edited.
const REGENERATED_MIN: usize = 5;
/// A sitemap lists a site's past: what is older than this is not news.
const SITEMAP_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is needed of an entry to tell whether it is new.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its names: digests of guid, link and canonical link.
    pub aliases: Vec<u64>,
    /// The digest of what the feed says of it.
    pub version: u32,
    /// When it was published or last changed, as it says.
    pub at: Option<Timestamp>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Never seen.
    New,
    /// Seen, and says something else now.
    Changed,
    /// Seen.
    Known,
    /// Not seen, and left out: too old, or the feed's past at its first poll.
    Old,
}

/// How a document is sifted.
#[derive(Clone, Copy, Debug)]
pub struct Sieve {
    /// The feed was never polled before: no more than this many of its newest entries count as new.
    pub first: Option<usize>,
    /// What was published before is no news, at a first poll that is not limited otherwise.
    pub since: Option<Timestamp>,
    /// It is a sitemap.
    pub sitemap: bool,
}

/// Judges the entries of a document, and moves what was seen on. An entry is known by any of its names; a document that
/// repeats one counts it once.
pub fn sift(seen: &mut Seen, entries: &[Candidate], sieve: Sieve, now: Timestamp) -> Vec<Verdict> {
    let known: HashMap<u64, u32> = seen.0.iter().rev().map(|seen| (seen.alias, seen.version)).collect();
    let too_old = |entry: &Candidate| sieve.sitemap && entry.at.is_some_and(|at| now.since(at) > SITEMAP_AGE_MAX);
    let before_since = |entry: &Candidate| entry.at.is_some_and(|at| sieve.since.is_some_and(|since| at < since));
    let is_regenerated = is_regenerated(&known, entries);
    let newest = sieve.first.map(|count| newest(entries, count));
    let mut here = HashSet::new();
    let mut verdicts = Vec::with_capacity(entries.len());
    let mut now_seen = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let twice = entry.aliases.iter().any(|alias| here.contains(alias));
        let before = entry.aliases.iter().find_map(|alias| known.get(alias));
        let verdict = match before {
            _ if twice => Verdict::Known,
            Some(version) if *version == entry.version || is_regenerated => Verdict::Known,
            Some(_) => Verdict::Changed,
            None if too_old(entry) || before_since(entry) || place >= WATCHED_MAX => Verdict::Old,
            None if newest.as_ref().is_some_and(|newest| !newest.contains(&place)) => Verdict::Old,
            None => Verdict::New,
        };
        verdicts.push(verdict);
        // A sitemap's past is told by its dates at every poll, and need not be remembered.
        if before.is_none() && (too_old(entry) || place >= WATCHED_MAX) {
            continue;
        }
        for alias in &entry.aliases {
            if here.insert(*alias) && !twice {
                now_seen.push(SeenAlias { alias: *alias, version: entry.version });
            }
        }
    }
    let gone = seen.0.iter().filter(|seen| !here.contains(&seen.alias)).take(GONE_KEPT).copied();
    now_seen.extend(gone);
    now_seen.truncate(SEEN_MAX);
    seen.0 = now_seen;
    verdicts
}

/// Whether all that is known seems to have changed at once, as when a site is rendered anew: that is no news.
fn is_regenerated(known: &HashMap<u64, u32>, entries: &[Candidate]) -> bool {
    let version = |entry: &Candidate| entry.aliases.iter().find_map(|alias| known.get(alias)).copied();
    let (mut seen, mut changed) = (0, 0);
    for entry in entries {
        if let Some(before) = version(entry) {
            seen += 1;
            changed += usize::from(before != entry.version);
        }
    }
    seen >= REGENERATED_MIN && changed == seen
}

/// The places of the `count` newest entries: by date where they have one, by their order otherwise.
fn newest(entries: &[Candidate], count: usize) -> HashSet<usize> {
    let mut places: Vec<usize> = (0..entries.len()).collect();
    if entries.iter().all(|entry| entry.at.is_some()) {
        places.sort_by_key(|place| std::cmp::Reverse(entries[*place].at));
    }
    places.into_iter().take(count).collect()
}

/// New entries an hour by their own dates; `None` where fewer than three have one, or they are all of one moment.
pub fn dated_rate(entries: &[Candidate], now: Timestamp) -> Option<f64> {
    let dates: Vec<Timestamp> = entries.iter().filter_map(|entry| entry.at).filter(|at| *at <= now).collect();
    let (first, last) = (dates.iter().min()?, dates.iter().max()?);
    // Up to now, not to the newest: a feed that has fallen silent has a low rate.
    let hours = now.since(*first).as_secs_f64() / 3600.0;
    #[expect(clippy::cast_precision_loss, reason = "a count of entries")]
    let rate = dates.len() as f64 / hours;
    (dates.len() >= 3 && first < last && hours > 0.0).then_some(rate)
}
