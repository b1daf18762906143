//! How far a worker is behind in its partitions, and what keeps records from it, by librdkafka's statistics.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rdkafka::{Statistics, statistics::Partition};

/// How long after its time-out a broker may take to undo a transaction: it looks every ten seconds.
const UNDONE_WITHIN: Duration = Duration::from_secs(20);

/// Topic and number of a partition.
type Name = (String, i32);

/// What the last statistics said.
#[derive(Default)]
pub(super) struct Lags {
    behind: BTreeMap<Name, u64>,
    /// Where the first transaction stands that has not ended, and since when.
    open: BTreeMap<Name, (i64, Instant)>,
}

impl Lags {
    /// Takes new statistics in.
    pub(super) fn see(&mut self, statistics: &Statistics, now: Instant) {
        let mut before = std::mem::take(self);
        for (topic, about) in &statistics.topics {
            for (number, partition) in about.partitions.iter().filter(|(_, p)| p.desired && p.fetch_state == "active") {
                let name = (topic.clone(), *number);
                self.behind.insert(name.clone(), behind(partition));
                if partition.ls_offset >= 0 && partition.hi_offset > partition.ls_offset {
                    let known = before.open.remove(&name).filter(|(at, _)| *at == partition.ls_offset);
                    self.open.insert(name, known.unwrap_or((partition.ls_offset, now)));
                }
            }
        }
    }

    /// Records between what was delivered and the end, those of open transactions included.
    pub(super) fn total(&self) -> u64 {
        self.behind.values().sum()
    }

    /// What holds records back for longer than any transaction may take: then the brokers have lost its end, and nobody
    /// reads on before somebody ends it.
    pub(super) fn held(&self, transaction_timeout: Duration, now: Instant) -> Option<String> {
        let too_long = |since: &Instant| now.duration_since(*since) > transaction_timeout + UNDONE_WITHIN;
        self.open.iter().find(|(_, (_, since))| too_long(since)).map(|((topic, number), (at, _))| {
            format!(
                "a transaction that does not end holds back what stands in {topic} [{number}] from offset {at} on: \
                 kafka-transactions.sh find-hanging names it"
            )
        })
    }
}

fn behind(partition: &Partition) -> u64 {
    // Between the last record and the end may stand transaction markers, which are no records: at the end of what may be
    // read nothing waits, whatever the offsets say.
    let at_end = partition.eof_offset >= 0 && partition.eof_offset >= partition.ls_offset && partition.fetchq_cnt == 0;
    let from = if at_end { partition.ls_offset } else { partition.app_offset.max(partition.lo_offset) };
    u64::try_from(partition.hi_offset - from.max(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// A partition read to `app`, of which `stable` may be read and `high` is written.
    fn statistics(app: i64, stable: i64, high: i64, eof: i64) -> Statistics {
        let partition = Partition {
            desired: true,
            fetch_state: "active".to_owned(),
            app_offset: app,
            ls_offset: stable,
            hi_offset: high,
            eof_offset: eof,
            ..Partition::default()
        };
        let topic = rdkafka::statistics::Topic { partitions: [(3, partition)].into(), ..Default::default() };
        Statistics { topics: [("news".to_owned(), topic)].into(), ..Statistics::default() }
    }

    #[test]
    fn markers_at_the_end_are_nothing_to_wait_for() {
        let mut lags = Lags::default();
        lags.see(&statistics(7, 10, 10, -1001), Instant::now());
        assert_eq!(lags.total(), 3);
        lags.see(&statistics(7, 10, 10, 10), Instant::now());
        assert_eq!(lags.total(), 0);
    }

    #[test]
    fn what_an_open_transaction_holds_back_waits_and_is_told_when_it_does_not_end() {
        let (mut lags, start) = (Lags::default(), Instant::now());
        lags.see(&statistics(10, 10, 14, 10), start);
        assert_eq!(lags.total(), 4);
        let late = start + TIMEOUT + UNDONE_WITHIN + Duration::from_secs(1);
        lags.see(&statistics(10, 10, 15, 10), late);
        assert!(lags.held(TIMEOUT, start + TIMEOUT).is_none());
        let held = lags.held(TIMEOUT, late).unwrap();
        assert!(held.contains("news [3] from offset 10"), "{held}");
    }

    #[test]
    fn transactions_that_come_and_go_are_not_one_that_does_not_end() {
        let (mut lags, start) = (Lags::default(), Instant::now());
        let late = start + 2 * (TIMEOUT + UNDONE_WITHIN);
        lags.see(&statistics(10, 10, 14, 10), start);
        lags.see(&statistics(14, 14, 17, 14), late);
        assert!(lags.held(TIMEOUT, late).is_none());
    }
}
