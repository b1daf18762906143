//! Telling our own outage from theirs: when many sites fail at once for want of a network, it is we who are cut off.

use std::{collections::VecDeque, time::Duration};

use schemas::Timestamp;

/// As far back as is looked.
const WINDOW: Duration = Duration::from_secs(120);
/// The last answers of so many sites are kept.
const SITES_MAX: usize = 200;
/// Fewer sites say nothing about us.
const SITES_MIN: usize = 8;
/// So large a part of them must have failed.
const SHARE: f64 = 0.8;

/// How the sites asked lately answered.
#[derive(Debug, Default)]
pub struct Outage {
    last: VecDeque<(Timestamp, u64, bool)>,
}

impl Outage {
    /// A site was reached, whatever it said, or was not: no name, no route, no connection, no answer.
    pub fn observe(&mut self, site: u64, reached: bool, now: Timestamp) {
        self.last.retain(|(at, other, _)| *other != site && now.since(*at) <= WINDOW);
        if self.last.len() == SITES_MAX {
            self.last.pop_front();
        }
        self.last.push_back((now, site, reached));
    }

    /// Whether it is we who are cut off.
    pub fn is_ours(&self, now: Timestamp) -> bool {
        let recent = self.last.iter().filter(|(at, ..)| now.since(*at) <= WINDOW);
        let (failed, all) = recent.fold((0_u32, 0_u32), |(failed, all), (_, _, ok)| (failed + u32::from(!ok), all + 1));
        all as usize >= SITES_MIN && f64::from(failed) >= SHARE * f64::from(all)
    }
}
