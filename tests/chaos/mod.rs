//! The promise, tried: articles with known content go through the real binary while its processes, and the broker under
//! them, die by a schedule that follows from a seed. Then the lake and every topic must hold each article once, in
//! order, as it was.
//!
//! `cargo test` runs a short form of each; with `CHAOS=whole` the counts of `docs/reliability.md` are reached
//! (`tests/run --chaos`). `CHAOS_SEED` repeats a run.

mod broker;
mod check;
mod death;
mod fetcher;
mod mutants;
mod runner;
mod scaling;
mod stories;
mod up;
mod wire;

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};

use pipeline::Log;

use self::{
    death::Death,
    runner::{Plan, Runner},
    stories::VERSIONS,
};
use crate::deployment::Deployment;

/// Small batches, so that many commits are there to die in; two workers a stage.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("WIREDESK_SINK_WORKERS", "2"),
    ("WIREDESK_CLEANER_BATCH_RECORDS_MAX", "40"),
    ("WIREDESK_ENRICHER_BATCH_RECORDS_MAX", "40"),
    ("WIREDESK_SINK_BATCH_RECORDS_MAX", "200"),
    ("WIREDESK_SINK_COMPACT_INTERVAL_S", "1"), // the sink joins small files beside all this
    ("ABORTS", "9"),                           // every ninth commit is undone
];
/// The dead are forgotten sooner, so that more can die in the same time.
const SHORT_SESSION: (&str, &str) = ("WIREDESK_KAFKA_SESSION_TIMEOUT_MS", "3000");
/// Dead letters that are planted.
const NOISE: u8 = 5;

/// How much a run does.
#[derive(Clone, Copy)]
struct Scale {
    /// Stories that are imported; each comes in [`stories::VERSIONS`] versions.
    stories: u32,
    /// Deaths planted at each step of each stage.
    each_step: u32,
    /// Deaths at any time, for each process.
    any_time: u32,
    /// Ends by SIGTERM, for each process.
    ends: u32,
}

/// The short form, or what was asked for.
fn scale(short: Scale, whole: Scale) -> Scale {
    if is_whole() { whole } else { short }
}

fn is_whole() -> bool {
    std::env::var("CHAOS").is_ok_and(|asked| asked == "whole")
}

/// The random choices of this run; their seed is told.
fn draw() -> fastrand::Rng {
    let given = std::env::var("CHAOS_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..1_000_000));
    println!("seed {seed}");
    fastrand::Rng::with_seed(seed)
}

/// Lets processes die as planned while at least so many stories go through them, and `disturb` what they stand on; then
/// everything must be there.
fn survive(
    deployment: &Deployment,
    log: impl FnOnce() -> Arc<dyn Log>,
    plans: Vec<Plan>,
    stories: u32,
    disturb: impl FnOnce(&mut Runner<'_>),
) {
    survive_in(ENVIRONMENT, deployment, log, plans, stories, disturb);
}

/// The same, with all processes told so.
fn survive_in(
    environment: &[(&str, &str)],
    deployment: &Deployment,
    log: impl FnOnce() -> Arc<dyn Log>,
    plans: Vec<Plan>,
    stories: u32,
    disturb: impl FnOnce(&mut Runner<'_>),
) {
    let folder = tempfile::tempdir().unwrap();
    let noise = stories::write_noise(folder.path(), NOISE);
    let mut runner = Runner::new(deployment, environment, plans);
    deployment.good(&["import", folder.path().to_str().unwrap()]);
    disturb(&mut runner);
    let (stories, lag) = runner.until_all_died(stories);
    let took = runner.drain();
    runner.tell(stories, lag, took);
    assert!(lag > 0, "nothing was left to do when the last death came");
    assert!(runner.unmet.is_empty(), "never met: {:?}", runner.unmet);
    runner.stop();
    verify(deployment, log, stories, &noise);
}

/// Feeds nothing more: what was fed must be there. The longest time without a row while records waited.
fn finish(mut runner: Runner<'_>, deployment: &Deployment, log: impl FnOnce() -> Arc<dyn Log>) -> Duration {
    let (stories, _) = runner.until_all_died(0);
    let took = runner.drain();
    let longest_stop = runner.longest_stop;
    println!("{stories} stories in {VERSIONS} versions were through {took:?} later; longest stop {longest_stop:?}");
    runner.stop();
    verify(deployment, log, stories, &[]);
    longest_stop
}

/// Everything must be there, once and in order.
fn verify(deployment: &Deployment, log: impl FnOnce() -> Arc<dyn Log>, stories: u32, noise: &[Vec<u8>]) {
    check::nothing("the lake", &check::lake(&deployment.lake(), stories));
    let log = log();
    check::nothing("the topics", &check::topics(&*log, stories));
    check::nothing("dead letters", &check::dead_letters(&*log, noise));
}

/// Whether a binary is younger than all sources.
fn is_current(binary: &Path) -> bool {
    let built = binary.metadata().and_then(|file| file.modified());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<PathBuf> = ["schemas", "services", "crates"].map(|name| root.join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir()
                && !matches!(
                    path.file_name().and_then(OsStr::to_str),
                    Some("tests" | "benches" | "examples" | "target")
                )
            {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let changed = entry.metadata().and_then(|file| file.modified());
                if !built.as_ref().is_ok_and(|built| changed.is_ok_and(|changed| changed <= *built)) {
                    return false;
                }
            }
        }
    }
    true
}

/// The binary with failpoints, as `tests/run` builds it.
fn binary() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let find = || {
        let target = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_path_buf();
        let binary = target.join("failpoints/wiredesk");
        assert!(
            is_current(&binary),
            "{} is not there, or older than its sources: run tests/failpoints",
            binary.display()
        );
        binary
    };
    BUILT.get_or_init(find).clone()
}
