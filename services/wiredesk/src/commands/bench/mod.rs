//! `bench`: what this machine makes of the log, of a stage and of the whole pipeline, as rows of a table
//! (`docs/performance.md`). On the log that the settings name, in topics or a folder of its own, which go again.

mod log;
mod pages;
mod pipeline;
mod stage;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use ::pipeline::{Health, Stop, kafka::KafkaLog};
use anyhow::Context as _;

use super::BadInput;
use crate::{
    cli::Bench,
    open::{As, Opened, open, ready, topics},
    settings::{Config, Target},
    terminal::Screen,
};

/// Bytes of a record's value, for the log and a stage.
const VALUE_BYTES: usize = 2_000;
/// Records that are appended at once.
const APPENDED: usize = 1_000;

pub(super) fn run(config: Config, screen: &Screen, bench: &Bench) -> anyhow::Result<()> {
    let ground = Ground::new(config)?;
    match bench {
        Bench::Log { records } => log::run(&ground, *records),
        Bench::Stage { records } => stage::run(&ground, *records),
        Bench::Pipeline { pages } => pipeline::run(&ground, screen, *pages),
    }
}

/// A log and a lake of a bench's own; they go with it.
struct Ground {
    config: Config,
    opened: Opened,
    folder: PathBuf,
}

impl Ground {
    fn new(mut config: Config) -> anyhow::Result<Self> {
        let name = format!("wiredesk-bench-{}", std::process::id());
        let folder = config.data.join(&name);
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        config.data.clone_from(&folder);
        match &mut config.target {
            Target::Lake(lake) => {
                lake.settings.path = folder.join("lake");
                (lake.compact_interval, lake.vacuum_interval) = (None, None);
            }
            Target::JsonLines => {
                return Err(BadInput::Usage("a bench writes to a lake: leave sink.to out".to_owned()).into());
            }
        }
        if let Some(kafka) = &mut config.kafka {
            kafka.settings.prefix = format!("{name}.");
        }
        (config.listen, config.feeds) = (None, Vec::new());
        let (health, stop) = (Health::default(), Stop::new());
        let opened = open(&config, As::Owner, &health, &stop)?;
        let ground = Self { config, opened, folder };
        if ground.config.kafka.is_some() {
            ground.opened.log.create(&topics(&ground.config))?;
        }
        ready(&*ground.opened.log, &health, &stop)?;
        Ok(ground)
    }

    /// As a table names the log.
    fn log_name(&self) -> &'static str {
        if self.config.kafka.is_some() { "Kafka" } else { "embedded" }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        if let Some(kafka) = &self.config.kafka {
            let gone =
                KafkaLog::new(kafka.settings.clone(), Health::default(), Stop::new()).and_then(|log| log.delete());
            if let Err(error) = gone {
                tracing::warn!("topics that begin with {} stay: {error}", kafka.settings.prefix);
            }
        }
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!("{} stays: {error}", self.folder.display());
        }
    }
}

/// Wall time and CPU time of this process since a moment.
struct Clocks {
    wall: Instant,
    cpu: Duration,
}

impl Clocks {
    fn start() -> anyhow::Result<Self> {
        Ok(Self { wall: Instant::now(), cpu: cpu_time()? })
    }

    /// Seconds of wall time, and of CPU time.
    fn read(&self) -> anyhow::Result<(f64, f64)> {
        Ok((self.wall.elapsed().as_secs_f64(), (cpu_time()? - self.cpu).as_secs_f64().max(TICK)))
    }
}

/// The kernel's unit of CPU time in seconds (USER_HZ, the same on every Linux that this builds for).
const TICK: f64 = 0.01;

/// User and system time of this process (proc(5)).
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("CPU time is read from /proc, which Linux has")?;
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_secs_f64(ticks as f64 * TICK))
}

/// The value below which this part of sorted times lies, in milliseconds.
fn quantile(sorted: &[Duration], part: f64) -> f64 {
    let at = (sorted.len().saturating_sub(1) as f64 * part) as usize;
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
