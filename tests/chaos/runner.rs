//! Processes that die by plan and are started again, while articles are fed to them.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use super::{
    Death,
    stories::{Feed, VERSIONS},
};
use crate::{
    deployment::{Deployment, Rows, Running},
    news,
};

/// Unless said otherwise, a planted death that did not come in this time is brought from outside, and planted again at the
/// end.
const DEATH_MAX: Duration = Duration::from_secs(12);
/// How long a zombie stands still: the session ends after 6 s.
const ZOMBIE: Duration = Duration::from_secs(9);
/// How soon a zombie that was refused ends.
const REFUSED_MAX: Duration = Duration::from_secs(4);
/// How often a death is planted again.
const TRIES_MAX: u32 = 4;
/// Records that may wait between the import and the lake before more are imported.
const AHEAD_MAX: u64 = 120;
/// Files that are imported ahead of what stands in the way.
const AHEAD_FILES: u32 = 20;
/// How long SIGTERM may take.
const TERM_MAX: Duration = Duration::from_secs(10);
/// How long nothing may come to the lake while records wait, once nothing dies any more.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process's arguments, which of several of its kind it is, and how it dies.
pub(crate) type Plan = (&'static [&'static str], &'static str, Vec<Death>);

/// One process of the deployment.
struct Process {
    arguments: &'static [&'static str],
    /// Which of several of its kind it is.
    ordinal: &'static str,
    plan: VecDeque<(Death, u32)>,
    running: Running,
    death: Option<(Death, u32)>,
    since: Instant,
    /// Since when it stands still.
    still: Option<Instant>,
    /// It was told to end, and is to die on the way.
    ending: bool,
}

impl Process {
    /// Ends it by SIGTERM, which it must hear in time; how long that took.
    fn end(&mut self) -> Duration {
        let (code, took) = self.running.stop();
        assert_eq!(code, Some(0), "{:?}: {}", self.arguments, self.running.said());
        assert!(took <= TERM_MAX, "{:?} took {took:?} to end", self.arguments);
        took
    }

    /// Where its stages stand, by its metrics.
    fn standing(&self) -> String {
        let metrics = self.running.get("/metrics").1;
        let lines = metrics.lines().filter(|line| line.contains("lag") || line.contains("records_total"));
        lines.filter(|line| !line.starts_with('#')).fold(String::new(), |all, line| all + line + "\n")
    }
}

/// All processes, what is fed to them, and how they died.
pub(crate) struct Runner<'a> {
    deployment: &'a Deployment,
    environment: &'a [(&'a str, &'a str)],
    processes: Vec<Process>,
    feed: Feed,
    rows: Rows,
    imported: u64,
    /// How soon a planted death comes, or is brought from outside.
    pub(crate) death_max: Duration,
    /// How long nothing may come to the lake while records wait, once nothing dies any more.
    pub(crate) patience: Duration,
    /// The longest time without a row while records waited.
    pub(crate) longest_stop: Duration,
    last_row: (u64, Instant),
    /// How soon a zombie that was refused ends, or what it does is done.
    pub(crate) refused_max: Duration,
    /// Processes may end by themselves, since what they stand on dies.
    pub(crate) may_end: bool,
    /// Deaths by what they were.
    pub(crate) deaths: BTreeMap<String, u32>,
    /// When they died (Unix ms).
    pub(crate) died_at: Vec<i64>,
    /// Planted deaths that never came.
    pub(crate) unmet: Vec<String>,
    /// The longest end by SIGTERM.
    pub(crate) slowest_end: Duration,
    /// The most memory that any process has had, in KiB.
    pub(crate) peak_kib: u64,
}

impl<'a> Runner<'a> {
    pub(crate) fn new(deployment: &'a Deployment, environment: &'a [(&'a str, &'a str)], plans: Vec<Plan>) -> Self {
        let mut runner = Self {
            deployment,
            environment,
            processes: Vec::new(),
            feed: Feed::new(),
            rows: Rows::of(&deployment.lake()),
            imported: 0,
            death_max: DEATH_MAX,
            patience: PATIENCE,
            longest_stop: Duration::ZERO,
            last_row: (0, Instant::now()),
            refused_max: REFUSED_MAX,
            may_end: false,
            deaths: BTreeMap::new(),
            died_at: Vec::new(),
            unmet: Vec::new(),
            slowest_end: Duration::ZERO,
            peak_kib: 0,
        };
        plans.into_iter().for_each(|plan| runner.begin(plan));
        runner
    }

    fn begin(&mut self, (arguments, ordinal, plan): Plan) {
        let mut plan: VecDeque<_> = plan.into_iter().map(|death| (death, 1)).collect();
        let death = plan.pop_front();
        let running = self.start(arguments, ordinal, death.as_ref());
        let since = Instant::now();
        self.processes.push(Process { arguments, ordinal, plan, running, death, since, still: None, ending: false });
    }

    /// Starts one more.
    pub(crate) fn add(&mut self, arguments: &'static [&'static str], ordinal: &'static str) {
        self.begin((arguments, ordinal, Vec::new()));
    }

    /// Ends one by SIGTERM, for good.
    pub(crate) fn remove(&mut self, arguments: &[&str], ordinal: &str) {
        let is_it = |process: &Process| process.arguments == arguments && process.ordinal == ordinal;
        let at = self.processes.iter().position(is_it).expect("it runs");
        self.processes.remove(at).end();
    }

    /// What processes are told that start from now on.
    pub(crate) fn environment(&mut self, environment: &'a [(&'a str, &'a str)]) {
        self.environment = environment;
    }

    fn start(&self, arguments: &[&str], ordinal: &str, death: Option<&(Death, u32)>) -> Running {
        let failpoints = death.map(|(death, _)| death.failpoints()).unwrap_or_default();
        let mut environment = self.environment.to_vec();
        environment.extend([("FAILPOINTS", failpoints.as_str()), ("WIREDESK_KAFKA_ORDINAL", ordinal)]);
        environment.extend(death.and_then(|(death, _)| death.aborts()).map(|every| ("ABORTS", every)));
        self.deployment.start_with(arguments, &environment)
    }

    /// Lets everything die as planned, and feeds meanwhile, at least so many stories. Gives how many there were, and the lag
    /// in records when the last death had come.
    pub(crate) fn until_all_died(&mut self, stories: u32) -> (u32, u64) {
        while self.is_anybody_to_die() {
            self.feed();
            (0..self.processes.len()).for_each(|at| self.look(at));
            thread::sleep(Duration::from_millis(2));
        }
        // The rest comes as fast as it can, so that something lies in front of the stages.
        while self.feed.stories() < stories {
            let file = self.feed.next();
            self.import(&file);
        }
        while let Some(file) = self.feed.rest() {
            self.import(&file);
        }
        (self.feed.stories(), self.imported.saturating_sub(self.rows.now()))
    }

    /// Lets everything die as planned, and feeds nothing.
    pub(crate) fn watch_until_all_died(&mut self) {
        while self.is_anybody_to_die() {
            self.watch_for(Duration::from_millis(2));
        }
    }

    fn is_anybody_to_die(&self) -> bool {
        self.processes.iter().any(|process| process.death.is_some())
    }

    /// Feeds for a while, whatever the broker does; the processes must live.
    pub(crate) fn feed_for(&mut self, time: Duration) {
        let since = Instant::now();
        while since.elapsed() < time {
            self.feed();
            (0..self.processes.len()).for_each(|at| self.look(at));
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Feeds more than can be through at once.
    pub(crate) fn feed_ahead(&mut self) {
        for _ in 0..AHEAD_FILES {
            let file = self.feed.next();
            self.import(&file);
        }
    }

    /// Feeds nothing for a while.
    pub(crate) fn watch_for(&mut self, time: Duration) {
        let since = Instant::now();
        while since.elapsed() < time {
            (0..self.processes.len()).for_each(|at| self.look(at));
            thread::sleep(Duration::from_millis(20).min(time));
        }
    }

    /// Rows in the lake.
    pub(crate) fn rows(&mut self) -> u64 {
        self.rows.now()
    }

    /// Records between the import and the lake.
    pub(crate) fn waiting(&mut self) -> u64 {
        self.imported - self.rows.now()
    }

    /// The most memory that each process has had (KiB).
    pub(crate) fn memory_kib(&self) -> Vec<u64> {
        self.processes.iter().map(|process| process.running.peak_kib()).collect()
    }

    /// Where all stand.
    pub(crate) fn standing(&self) -> String {
        self.processes.iter().map(Process::standing).collect()
    }

    /// Ends all by SIGTERM at once; each must end well in time. How long the slowest took.
    pub(crate) fn end_all(&mut self, at_most: Duration) -> Duration {
        let since = Instant::now();
        for process in &mut self.processes {
            process.running.signal("-TERM");
        }
        for process in &mut self.processes {
            let code = process.running.wait();
            assert_eq!(code, Some(0), "{:?}: {}", process.arguments, process.running.said());
        }
        assert!(since.elapsed() <= at_most, "it took {:?} to end all", since.elapsed());
        since.elapsed()
    }

    /// Starts all that were ended.
    pub(crate) fn start_all(&mut self) {
        for at in 0..self.processes.len() {
            self.died(at, "SIGTERM while no broker answered".to_owned());
        }
    }

    /// Notes whether rows come.
    fn note(&mut self) {
        let now = self.rows.now();
        if now > self.last_row.0 || now >= self.imported {
            self.last_row = (now, Instant::now());
        }
        self.longest_stop = self.longest_stop.max(self.last_row.1.elapsed());
    }

    fn feed(&mut self) {
        self.note();
        if self.imported < self.rows.now() + AHEAD_MAX {
            let file = self.feed.next();
            self.import(&file);
        }
    }

    fn import(&mut self, (path, records): &(PathBuf, u64)) {
        self.deployment.good(&["import", "--name", "stories", path.to_str().unwrap()]);
        self.imported += records;
    }

    fn look(&mut self, at: usize) {
        let process = &mut self.processes[at];
        self.peak_kib = self.peak_kib.max(process.running.peak_kib());
        let age = process.since.elapsed();
        let ended = process.running.ended();
        let Some((death, tries)) = process.death.clone() else {
            // A worker that the broker has fenced ends, and whoever watches over it starts it again.
            if let Some(status) = ended {
                let said = process.running.said();
                assert!(self.may_end && status.code().is_some(), "{:?} ended, {status}: {said}", process.arguments);
                let what = format!("{:?} ended by itself, {status}", process.arguments);
                self.died(at, what);
            }
            return;
        };
        if let Some(status) = ended {
            // One that had no partition yet had nothing to drain.
            if matches!(death, Death::Drain { .. }) && status.success() {
                self.did_not_come(at, death, tries);
                self.died(at, "SIGTERM".to_owned());
                return;
            }
            let planned = matches!(death, Death::At { .. } | Death::Drain { .. }) && status.code().is_none();
            let said = process.running.said();
            assert!(planned, "{:?} ended before {death}, {status}: {said}", process.arguments);
            self.died(at, death.to_string());
            return;
        }
        match death {
            Death::After(time) if age >= time => {
                process.running.kill();
                self.died(at, death.to_string());
            }
            Death::Term(time) if age >= time => {
                let took = process.end();
                self.slowest_end = self.slowest_end.max(took);
                self.died(at, death.to_string());
            }
            Death::Stop { .. } if process.still.is_some_and(|still| still.elapsed() >= ZOMBIE) => {
                self.go_on(at, &death);
            }
            Death::Stop { .. } if process.still.is_none() && process.running.is_stopped() => {
                process.still = Some(Instant::now());
            }
            Death::Drain { after, .. } if age >= after && !process.ending => {
                process.ending = true;
                process.running.signal("-TERM");
            }
            Death::At { .. } | Death::Drain { .. } | Death::Stop { .. }
                if age >= self.death_max && process.still.is_none() =>
            {
                process.running.kill();
                self.did_not_come(at, death, tries);
                self.died(at, "kill -9 at any time".to_owned());
            }
            _ => {}
        }
    }

    /// Plants a death again, unless that was often enough.
    fn did_not_come(&mut self, at: usize, death: Death, tries: u32) {
        let process = &mut self.processes[at];
        println!("{death} did not come in {:?}: {}", process.since.elapsed(), death.failpoints());
        if tries < TRIES_MAX {
            process.plan.push_back((death, tries + 1));
        } else {
            self.unmet.push(death.to_string());
        }
    }

    /// Lets a zombie go on: it ends as it is refused, or lives, and then dies either way.
    fn go_on(&mut self, at: usize, death: &Death) {
        let process = &mut self.processes[at];
        process.running.signal("-CONT");
        let since = Instant::now();
        while process.running.ended().is_none() && since.elapsed() < self.refused_max {
            thread::sleep(Duration::from_millis(20));
        }
        match process.running.ended() {
            Some(status) => {
                let said = process.running.said();
                assert!(status.code().is_some_and(|code| code != 0), "{status}: {said}");
                *self.deaths.entry(format!("ended as it was refused, {status}")).or_default() += 1;
            }
            None => process.running.kill(),
        }
        self.died(at, death.to_string());
    }

    /// Notes how a process has died, and starts it with its next death.
    fn died(&mut self, at: usize, what: String) {
        *self.deaths.entry(what).or_default() += 1;
        self.died_at.push(news::now_ms());
        let Process { arguments, ordinal, .. } = self.processes[at];
        let death = self.processes[at].plan.pop_front();
        let running = self.start(arguments, ordinal, death.as_ref());
        let process = &mut self.processes[at];
        (process.running, process.death, process.since) = (running, death, Instant::now());
        (process.still, process.ending) = (None, false);
    }

    /// Waits until every version is in the lake; how long it took. The processes must live.
    pub(crate) fn drain(&mut self) -> Duration {
        let rows = u64::from(self.feed.stories() * VERSIONS);
        let since = Instant::now();
        while self.rows.now() < rows {
            (0..self.processes.len()).for_each(|at| self.look(at));
            self.note();
            let (now, came) = self.last_row;
            assert!(
                came.max(since).elapsed() < self.patience,
                "{now} of {rows} rows are in the lake\n{}",
                self.standing()
            );
            thread::sleep(Duration::from_millis(50));
        }
        since.elapsed()
    }

    /// Prints what happened.
    pub(crate) fn tell(&self, stories: u32, lag: u64, took: Duration) {
        let total: u32 = self.deaths.values().sum();
        println!("{stories} stories in {VERSIONS} versions, {total} deaths of processes: {:#?}", self.deaths);
        println!("{lag} records waited after the last death and were through in {took:?}; peak {} KiB", self.peak_kib);
        println!("slowest end by SIGTERM {:?}; {} files of the lake were joined", self.slowest_end, self.rows.joined);
    }

    /// Ends all processes well.
    pub(crate) fn stop(mut self) {
        for process in &mut self.processes {
            process.end();
        }
    }
}
