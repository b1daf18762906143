//! Deaths that a chaos test plants. Compiled under the feature `failpoints` alone; what users run has none of it.
//!
//! `FAILPOINTS` holds entries `stage/step:count:act`, parted by commas. When workers of the stage have met the
//! step for the count-th time, the process dies as by kill -9 (`kill`), or stands still until somebody continues it
//! (`stop`). Steps are named as [`Step`] names them. `MidCommit` is no step of its own on any log: it arms a death shortly
//! after `BeforeCommit`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

use pipeline::{Step, Steps};
use signal_hook::{consts::SIGKILL, consts::SIGSTOP, low_level::raise};

const VARIABLE: &str = "FAILPOINTS";
/// How long after `BeforeCommit` the death comes that is meant to fall into the commit: some fall before, some behind.
const MID_COMMIT: Duration = Duration::from_micros(1_500);

#[derive(Clone, Copy, Debug)]
enum Act {
    Kill,
    Stop,
}

struct Failpoint {
    step: Step,
    count: u32,
    act: Act,
    met: AtomicU32,
}

/// The steps of a stage with what is planted in them.
///
/// # Panics
/// Where the variable cannot be read: a test that plants nothing proves nothing.
pub(crate) fn of(stage: &str) -> Steps {
    let planted = std::env::var(VARIABLE).unwrap_or_default();
    let points: Arc<[Failpoint]> = planted
        .split(',')
        .filter_map(|entry| entry.strip_prefix(stage)?.strip_prefix('/'))
        .map(|entry| parse(entry).unwrap_or_else(|| panic!("{VARIABLE}: {entry:?} is none")))
        .collect();
    if points.is_empty() {
        return Steps::none();
    }
    let stage = stage.to_owned();
    Steps::with(move |step| {
        for point in points.iter() {
            let is_mid = point.step == Step::MidCommit && step == Step::BeforeCommit;
            if (point.step != step && !is_mid) || point.met.fetch_add(1, Ordering::Relaxed) + 1 != point.count {
                continue;
            }
            tracing::warn!(stage, "failpoint {:?}", point.step);
            match point.act {
                Act::Stop => drop(raise(SIGSTOP)),
                Act::Kill if is_mid => drop(thread::spawn(|| {
                    thread::sleep(MID_COMMIT);
                    raise(SIGKILL)
                })),
                Act::Kill => drop(raise(SIGKILL)),
            }
        }
        Ok(())
    })
}

fn parse(entry: &str) -> Option<Failpoint> {
    let mut parts = entry.split(':');
    let (step, count, act) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
    let act = match act {
        "kill" => Act::Kill,
        "stop" => Act::Stop,
        _ => return None,
    };
    let step = Step::ALL.into_iter().find(|known| format!("{known:?}") == step)?;
    Some(Failpoint { step, count, act, met: AtomicU32::new(0) })
}
