//! The lake's files over time, in a thread beside the sink's workers: small ones joined, unneeded ones deleted.

use std::{
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use pipeline::{Clock, RunError, Stop};
use sink::lake::{Compacted, Keeper, LakeError, Vacuumed};

use crate::settings::LakeConfig;

/// The first time comes this soon after the start at the latest, so that a process which is often restarted does it too.
const FIRST_AFTER_MAX: Duration = Duration::from_secs(300);

/// Starts the thread, where the settings want it. One thread does one thing at a time.
pub(crate) fn start(lake: &LakeConfig, stop: &Stop) -> Option<JoinHandle<()>> {
    let (lake, stop) = (lake.clone(), stop.clone());
    let (mut compact, mut vacuum) = (Due::first(lake.compact_interval), Due::first(lake.vacuum_interval));
    let keep = move || {
        while let Some(next) = compact.at.into_iter().chain(vacuum.at).min() {
            if stop.sleep(next.saturating_duration_since(Instant::now())) {
                return;
            }
            if compact.has_come() {
                let done = self::compact(&lake, &stop);
                tell("compaction", done.map(|done| done.filter(|done| done.files > 0).as_ref().map(joined)));
            }
            if vacuum.has_come() && !stop.is_set() {
                let done = self::vacuum(&lake, lake.vacuum_retention, false, &stop);
                let is_told = |done: &Vacuumed| !done.files.is_empty() || done.failed > 0;
                tell("vacuum", done.map(|done| done.filter(is_told).as_ref().map(deleted)));
            }
        }
    };
    match thread::Builder::new().name("lake upkeep".to_owned()).spawn(keep) {
        Ok(thread) => Some(thread),
        Err(error) => {
            tracing::error!("no thread for the lake's upkeep: {error}");
            None
        }
    }
}

/// When something is to be done next, if ever.
struct Due {
    at: Option<Instant>,
    interval: Duration,
}

impl Due {
    fn first(interval: Option<Duration>) -> Self {
        let at = interval.and_then(|interval| Instant::now().checked_add(interval.min(FIRST_AFTER_MAX)));
        Self { at, interval: interval.unwrap_or_default() }
    }

    /// Whether it is to be done now; then the next time is an interval from now.
    fn has_come(&mut self) -> bool {
        let now = Instant::now();
        let has_come = self.at.is_some_and(|at| at <= now);
        if has_come {
            self.at = now.checked_add(self.interval);
        }
        has_come
    }
}

/// The upkeep is never what stops a process: what is wrong with the lake stops the sink's own workers, if it must.
fn tell(what: &str, done: Result<Option<String>, RunError>) {
    match done {
        Ok(Some(done)) => tracing::info!("{done}"),
        Ok(None) => tracing::debug!("{what} of the lake: nothing to do"),
        Err(error) => tracing::warn!("{what} of the lake: {error}; it is tried again at its next time"),
    }
}

/// Joins small files; `None` where there is no lake.
pub(crate) fn compact(lake: &LakeConfig, stop: &Stop) -> Result<Option<Compacted>, RunError> {
    let done = open(lake)?.map(|mut keeper| keeper.compact(Clock::system().now(), stop));
    done.transpose().map_err(run_error)
}

/// Deletes what no reader can need any more; `None` where there is no lake.
pub(crate) fn vacuum(
    lake: &LakeConfig,
    retention: Duration,
    dry_run: bool,
    stop: &Stop,
) -> Result<Option<Vacuumed>, RunError> {
    let done = open(lake)?.map(|keeper| keeper.vacuum(retention, dry_run, Clock::system().now(), stop));
    done.transpose().map_err(run_error)
}

fn open(lake: &LakeConfig) -> Result<Option<Keeper>, RunError> {
    Keeper::open(&lake.settings).map_err(run_error)
}

pub(crate) fn run_error(error: LakeError) -> RunError {
    sink::store_error(error).into()
}

/// What a compaction did, in a sentence.
pub(crate) fn joined(done: &Compacted) -> String {
    let Compacted { files, bytes, files_made, bytes_made, .. } = done;
    format!("{files} files of the lake ({}) became {files_made} ({})", size(*bytes), size(*bytes_made))
}

/// What a vacuum did, in a sentence.
pub(crate) fn deleted(done: &Vacuumed) -> String {
    let failed = match done.failed {
        0 => String::new(),
        failed => format!("; {failed} could not be deleted"),
    };
    format!("{} files of the lake were deleted ({}){failed}", done.files.len(), size(done.bytes()))
}

/// Bytes for a person.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..0x10_0000 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        0x10_0000..0x4000_0000 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}
