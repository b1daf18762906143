//! Pages become rows of a lake: what each stage costs an article, and how long one is on its way.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use ::pipeline::Stop;
use anyhow::{Context as _, anyhow};

use super::{Clocks, Ground, pages, quantile};
use crate::{
    commands::{import, print},
    service::{Role, Service},
    settings::{Config, Target},
    terminal::Screen,
};

/// The stages that a page passes.
const STAGES: [Role; 3] = [Role::Cleaner, Role::Enricher, Role::Sink];
/// How often is looked whether it is done.
const LOOK: Duration = Duration::from_millis(2);
/// Articles on their way: this many a second, for so long, with the sink's interval so short.
const PER_SECOND: u32 = 50;
const UNDER_WAY: Duration = Duration::from_secs(20);
const SINK_INTERVAL: Duration = Duration::from_millis(100);
/// How long the last of them may take.
const ARRIVAL_MAX: Duration = Duration::from_secs(60);

pub(super) fn run(ground: &Ground, screen: &Screen, count: usize) -> anyhow::Result<()> {
    let Target::Lake(lake) = &ground.config.target else { return Ok(()) };
    let folder = ground.folder.join("pages");
    fs::create_dir_all(&folder)?;
    for number in 0..count {
        fs::write(folder.join(format!("{number}.html")), pages::page(number))?;
    }
    print(&format!("{count} pages of {} bytes from import, one stage after the other\n", pages::PAGE_BYTES))?;
    print("| log | | articles/s | CPU ms an article |\n| --- | --- | --- | --- |")?;
    let row = |what: &str, (wall, cpu): (f64, f64)| {
        let count = count as f64;
        print(&format!("| {} | {what} | {:.0} | {:.2} |", ground.log_name(), count / wall, cpu * 1e3 / count))
    };
    let clocks = Clocks::start()?;
    import::paths(&*ground.opened.log, screen, &Stop::new(), &[folder], None)?;
    row("import", clocks.read()?)?;
    for role in STAGES {
        row(role.name(), drain(ground, screen, role, count as u64)?)?;
    }
    let clocks = Clocks::start()?;
    for number in 0..count {
        let page = pages::page(number);
        std::hint::black_box(extract::html(page.as_bytes(), None, &extract::Context::default()));
    }
    row("extract alone (with making the page)", clocks.read()?)?;
    print("")?;
    latency(ground, screen, &lake.settings.path, count)
}

/// Runs a stage until it has ended as many records; wall and CPU seconds.
fn drain(ground: &Ground, screen: &Screen, role: Role, records: u64) -> anyhow::Result<(f64, f64)> {
    let service = Service::new(ground.config.clone(), screen.clone())?;
    let clocks = Clocks::start()?;
    thread::scope(|scope| {
        let running = scope.spawn(|| service.run(&ground.opened, &[role]));
        while service.ended(role) < records && !running.is_finished() {
            thread::sleep(LOOK);
        }
        let read = clocks.read()?;
        service.stop.set();
        running.join().map_err(|_| anyhow!("the stage panicked"))??;
        Ok(read)
    })
}

/// Imports articles one by one while all stages run, and looks when rows come to the lake. Which row is whose is not
/// looked at: the n-th row counts for the n-th article.
fn latency(ground: &Ground, screen: &Screen, lake: &Path, numbered_from: usize) -> anyhow::Result<()> {
    let mut config: Config = ground.config.clone();
    (config.sink.limits.linger, config.sink.limits.ceiling) = (SINK_INTERVAL, SINK_INTERVAL);
    let service = Service::new(config, screen.clone())?;
    let folder = ground.folder.join("later");
    fs::create_dir_all(&folder)?;
    let mut seen = Commits { folder: lake.join("_delta_log"), known: BTreeSet::new() };
    seen.rows()?;
    let every = Duration::from_secs(1) / PER_SECOND;
    let total = (UNDER_WAY.as_secs_f64() * f64::from(PER_SECOND)) as usize;
    let (mut left, mut came) = (Vec::with_capacity(total), Vec::with_capacity(total));
    thread::scope(|scope| {
        let running = scope.spawn(|| service.run(&ground.opened, &STAGES));
        let since = Instant::now();
        let result = (|| {
            while came.len() < total {
                anyhow::ensure!(!running.is_finished(), "a stage has ended");
                anyhow::ensure!(since.elapsed() < UNDER_WAY + ARRIVAL_MAX, "{} of {total} rows came", came.len());
                if left.len() < total && since.elapsed() >= every * left.len() as u32 {
                    let path = folder.join(format!("{}.html", left.len()));
                    fs::write(&path, pages::page(numbered_from + left.len()))?;
                    left.push(Instant::now());
                    import::paths(&*ground.opened.log, screen, &Stop::new(), &[path], None)?;
                }
                let rows = seen.rows()?;
                came.extend(std::iter::repeat_n(Instant::now(), rows));
                thread::sleep(LOOK);
            }
            Ok(())
        })();
        service.stop.set();
        running.join().map_err(|_| anyhow!("a stage panicked"))??;
        result
    })?;
    let mut took: Vec<Duration> = came.iter().zip(&left).map(|(came, left)| *came - *left).collect();
    took.sort_unstable();
    print(&format!("{PER_SECOND} articles/s, sink interval {SINK_INTERVAL:?}, import to row in the lake\n"))?;
    print("| log | p50 ms | p99 ms |\n| --- | --- | --- |")?;
    print(&format!("| {} | {:.0} | {:.0} |", ground.log_name(), quantile(&took, 0.5), quantile(&took, 0.99)))
}

/// The lake's commits, looked at one after the other.
struct Commits {
    folder: std::path::PathBuf,
    known: BTreeSet<std::ffi::OsString>,
}

impl Commits {
    /// Rows that came since the last look.
    fn rows(&mut self) -> anyhow::Result<usize> {
        let mut rows = 0;
        for entry in fs::read_dir(&self.folder).context("the lake's log")? {
            let entry = entry?;
            let is_commit = entry.path().extension().is_some_and(|extension| extension == "json");
            if is_commit && self.known.insert(entry.file_name()) {
                for line in fs::read_to_string(entry.path())?.lines() {
                    let action: serde_json::Value = serde_json::from_str(line)?;
                    let stats = action["add"]["stats"].as_str().unwrap_or("{}");
                    let stats: serde_json::Value = serde_json::from_str(stats)?;
                    rows += stats["numRecords"].as_u64().unwrap_or(0) as usize;
                }
            }
        }
        Ok(rows)
    }
}
