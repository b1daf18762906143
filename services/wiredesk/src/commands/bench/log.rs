//! Records appended, and read back.

use std::time::Duration;

use ::pipeline::{Offset, Partition};
use schemas::topic;

use super::{Clocks, Ground, VALUE_BYTES, pages};
use crate::commands::print;

/// The wait of a read for more; nothing more comes.
const WAIT: Duration = Duration::from_millis(100);

pub(super) fn run(ground: &Ground, records: usize) -> anyhow::Result<()> {
    let log = &*ground.opened.log;
    print(&format!("{records} records of {VALUE_BYTES} bytes, 1000 an append, each append durable\n"))?;
    print("| log | | records/s | records/CPU-second |\n| --- | --- | --- | --- |")?;
    let row = |what: &str, clocks: &Clocks| {
        let (wall, cpu) = clocks.read()?;
        let rate = |seconds: f64| records as f64 / seconds;
        print(&format!("| {} | {what} | {:.0} | {:.0} |", ground.log_name(), rate(wall), rate(cpu)))
    };
    let clocks = Clocks::start()?;
    pages::fill(log, records)?;
    row("append", &clocks)?;
    let clocks = Clocks::start()?;
    for partition in (0..ground.config.partitions).map(Partition) {
        let end = log.bounds(topic::PAGES, partition)?.end;
        let mut cursor = log.cursor(topic::PAGES, partition, Offset(0))?;
        let mut next = Offset(0);
        while next < end {
            let read = cursor.next(WAIT)?;
            let Some(last) = read.last() else { break }; // a transaction's marker is the end
            next = Offset(last.offset.0 + 1);
        }
    }
    row("read", &clocks)
}
