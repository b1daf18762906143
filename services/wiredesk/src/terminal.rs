//! What a person sees of running stages: live lines on a terminal, plain lines elsewhere.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, IsTerminal as _},
    sync::Arc,
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::{Health, Metrics, Outcome, StageCounts, Stop};

/// How often the live lines are drawn.
const LIVE: Duration = Duration::from_millis(250);
/// How often plain lines are written, where anything has changed.
const PLAIN: Duration = Duration::from_secs(5);

/// The terminal, shared with the log's lines.
#[derive(Clone)]
pub(crate) struct Screen(MultiProgress);

impl Screen {
    /// Standard error.
    pub(crate) fn new() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// Writes something above the live lines.
    pub(crate) fn above(&self, write: impl FnOnce()) {
        self.0.suspend(write);
    }

    /// A bar below the other lines.
    pub(crate) fn add(&self, bar: ProgressBar) -> ProgressBar {
        self.0.add(bar)
    }

    fn is_live(&self) -> bool {
        io::stderr().is_terminal()
    }
}

/// One stage's figures over time.
struct Stage {
    name: &'static str,
    counts: Arc<StageCounts>,
    before: (Instant, u64),
    rate: f64,
}

impl Stage {
    fn ended(&self) -> u64 {
        self.counts.ended().values().sum()
    }

    /// `cleaner  1,204 done  310/s  12 waiting  3 refused (not_text 3)`.
    fn line(&mut self) -> String {
        let ended = self.ended();
        let (since, before) = self.before;
        let seconds = since.elapsed().as_secs_f64();
        if seconds >= 1.0 {
            self.rate = (ended - before) as f64 / seconds;
            self.before = (Instant::now(), ended);
        }
        let done = self.counts.of(Outcome::Done);
        let mut line =
            format!("{:<9} {:>9} done {:>7.0}/s {:>8} waiting", self.name, done, self.rate, self.counts.waiting());
        for outcome in [Outcome::Dropped, Outcome::Refused] {
            let reasons: BTreeMap<_, _> = self
                .counts
                .ended()
                .into_iter()
                .filter(|(e, _)| e.outcome == outcome)
                .map(|(e, n)| (e.reason, n))
                .collect();
            let total: u64 = reasons.values().sum();
            if total > 0 {
                let named: Vec<_> = reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
                // Writing to a string does not fail.
                let _ = write!(line, "  {total} {} ({})", outcome.as_str(), named.join(", "));
            }
        }
        line
    }
}

/// Shows the stages until the stop.
pub(crate) fn show(screen: &Screen, metrics: &Metrics, health: &Health, names: &[&'static str], stop: &Stop) {
    let mut stages: Vec<_> = names
        .iter()
        .map(|name| Stage { name, counts: metrics.stage(name), before: (Instant::now(), 0), rate: 0.0 })
        .collect();
    if screen.is_live() { live(screen, &mut stages, health, stop) } else { plain(&mut stages, stop) }
}

fn live(screen: &Screen, stages: &mut [Stage], health: &Health, stop: &Stop) {
    let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
    let line = || screen.add(ProgressBar::new_spinner().with_style(style.clone()));
    let lines: Vec<_> = stages.iter().map(|_| line()).collect();
    let waits = line();
    loop {
        let stopping = stop.sleep(LIVE);
        for (stage, bar) in stages.iter_mut().zip(&lines) {
            bar.set_message(stage.line());
        }
        let waiting: Vec<_> = health.waits().into_iter().map(|(who, what)| format!("{who} waits: {what}")).collect();
        waits.set_message(if stopping { "stopping ...".to_owned() } else { waiting.join("; ") });
        if stopping {
            waits.finish_and_clear();
            lines.iter().for_each(ProgressBar::abandon);
            return;
        }
    }
}

fn plain(stages: &mut [Stage], stop: &Stop) {
    let mut before = 0;
    while !stop.sleep(PLAIN) {
        let ended: u64 = stages.iter().map(Stage::ended).sum();
        if ended == before {
            continue;
        }
        before = ended;
        for stage in &mut *stages {
            tracing::info!("{}", stage.line());
        }
    }
}

/// The last lines of a run.
pub(crate) fn summary(metrics: &Metrics, names: &[&'static str]) -> Vec<String> {
    let line = |name: &&'static str| {
        let counts = metrics.stage(name);
        format!(
            "{name}: {} done, {} dropped, {} refused in {} commits",
            counts.of(Outcome::Done),
            counts.of(Outcome::Dropped),
            counts.of(Outcome::Refused),
            counts.commits()
        )
    };
    names.iter().map(line).collect()
}
