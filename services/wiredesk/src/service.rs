//! Running stages: workers, signals, metrics, the end.

use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use cleaner::Cleaner;
use enricher::Enricher;
use fetcher::Fetcher;
use pipeline::{
    Clock, Health, KeyedWork, Log, LogError, Metrics, Pool, RunError, StageWork, Stop, StoreError, StoreWork, Work,
    Worker, embedded::EmbeddedLog,
};
use prometheus_client::registry::Registry;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use sink::{JsonLines, LakeStore};

use crate::{
    http,
    open::Opened,
    planted,
    settings::{Config, StageConfig, Target},
    terminal::{self, Screen},
    upkeep,
};

/// How long a stage may take to end after the stop: every broker may be down.
const END_MAX: Duration = Duration::from_secs(24);
/// Threads that wait for sockets.
const REQUEST_THREADS: usize = 2;
/// Threads that decode and parse, beside those that resolve names.
const PARSE_THREADS_MAX: usize = 16;
/// Between two passes of retention over the embedded log.
const RETAIN_EVERY: Duration = Duration::from_secs(30);

/// A stage that this process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Fetcher,
    Cleaner,
    Enricher,
    Sink,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Fetcher, Self::Cleaner, Self::Enricher, Self::Sink];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fetcher => "fetcher",
            Self::Cleaner => "cleaner",
            Self::Enricher => "enricher",
            Self::Sink => "sink",
        }
    }
}

/// One process with its stages.
pub(crate) struct Service {
    pub(crate) config: Config,
    pub(crate) health: Health,
    pub(crate) stop: Stop,
    pub(crate) screen: Screen,
    metrics: Metrics,
    fetched: fetcher::Metrics,
    registry: Option<Registry>,
    /// Where requests wait for their answers.
    runtime: Mutex<Option<tokio::runtime::Runtime>>,
}

impl Service {
    /// Nothing runs yet; signals are heard from now on.
    pub(crate) fn new(config: Config, screen: Screen) -> anyhow::Result<Self> {
        let mut registry = Registry::default();
        let metrics = Metrics::register(&mut registry);
        let fetched = fetcher::Metrics::register(&mut registry);
        let stop = Stop::new();
        hear_signals(stop.clone())?;
        Ok(Self {
            config,
            health: Health::default(),
            stop,
            screen,
            metrics,
            fetched,
            registry: Some(registry),
            runtime: Mutex::new(None),
        })
    }

    /// Records that a stage of this process has ended, one way or another.
    pub(crate) fn ended(&self, role: Role) -> u64 {
        self.metrics.stage(role.name()).ended().values().sum()
    }

    /// Serves the metrics, where the settings say so.
    pub(crate) fn serve(&mut self) -> anyhow::Result<()> {
        if let (Some(listen), Some(registry)) = (self.config.listen, self.registry.take()) {
            let address = http::serve(listen, registry, self.health.clone(), self.stop.clone())?;
            tracing::info!(%address, "metrics at http://{address}/metrics");
        }
        Ok(())
    }

    /// Runs the stages until they are stopped or one of them fails; shows them meanwhile.
    pub(crate) fn run(&self, opened: &Opened, roles: &[Role]) -> Result<(), RunError> {
        let (ended, ends) = mpsc::channel();
        let mut workers = Vec::new();
        let log = planted::log(Arc::clone(&opened.log));
        let started = self.start(&log, roles, &ended, &mut workers);
        drop(ended);
        if started.is_err() {
            self.stop.set();
        }
        if let Some(embedded) = &opened.embedded {
            self.keep_house(embedded.clone());
        }
        let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
        let (screen, metrics, health, stop) =
            (self.screen.clone(), self.metrics.clone(), self.health.clone(), self.stop.clone());
        let shown = names.clone();
        let show = thread::spawn(move || terminal::show(&screen, &metrics, &health, &shown, &stop));
        // The first end of a worker, good or bad, ends all.
        let first = ends.recv().unwrap_or(Ok(()));
        self.stop.set();
        let rest = self.join(workers, &ends);
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background(); // a name that is being looked up cannot be called back
        }
        let _ = show.join();
        for line in terminal::summary(&self.metrics, &names) {
            tracing::info!("{line}");
        }
        started.and(first).and(rest)
    }

    fn start(
        &self,
        log: &Arc<dyn Log>,
        roles: &[Role],
        ended: &mpsc::Sender<Result<(), RunError>>,
        workers: &mut Vec<JoinHandle<()>>,
    ) -> Result<(), RunError> {
        for role in roles {
            match role {
                Role::Fetcher => self.start_fetcher(log, ended, workers)?,
                Role::Cleaner => {
                    let stage = Arc::new(Cleaner);
                    self.spawn(log, self.config.cleaner, ended, workers, || Ok(StageWork(Arc::clone(&stage))))?;
                }
                Role::Enricher => {
                    let stage = Arc::new(Enricher { revisions_kept: self.config.revisions_kept });
                    self.spawn(log, self.config.enricher, ended, workers, || {
                        Ok(planted::keyed(KeyedWork::new(Arc::clone(&stage))))
                    })?;
                }
                Role::Sink => self.start_sink(log, ended, workers)?,
            }
        }
        Ok(())
    }

    fn start_fetcher(
        &self,
        log: &Arc<dyn Log>,
        ended: &mpsc::Sender<Result<(), RunError>>,
        workers: &mut Vec<JoinHandle<()>>,
    ) -> Result<(), RunError> {
        let fatal = |what: String| RunError::from(LogError::Fatal(what));
        let client = self.config.client().map_err(|error| fatal(format!("no client for requests: {error}")))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(REQUEST_THREADS)
            .max_blocking_threads(self.config.fetch_limits.lookups_max + PARSE_THREADS_MAX)
            .thread_name("requests")
            .enable_all()
            .build()
            .map_err(|error| fatal(format!("no threads for requests: {error}")))?;
        let handle = runtime.handle().clone();
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
        let stage = Arc::new(Fetcher::new(self.config.rules.clone(), self.fetched.clone()));
        let bodies = Arc::new(self.config.bodies.clone());
        self.spawn(log, self.config.fetcher, ended, workers, || {
            let (client, bodies) = (client.clone(), Arc::clone(&bodies));
            let run = move |errand| fetcher::run(client.clone(), Clock::system(), Arc::clone(&bodies), errand);
            let pool = Pool::new(handle.clone(), self.config.requests_max, run);
            Ok(KeyedWork::with_outside(Arc::clone(&stage), Box::new(pool)))
        })
    }

    fn start_sink(
        &self,
        log: &Arc<dyn Log>,
        ended: &mpsc::Sender<Result<(), RunError>>,
        workers: &mut Vec<JoinHandle<()>>,
    ) -> Result<(), RunError> {
        match &self.config.target {
            Target::JsonLines => {
                self.spawn(log, StageConfig { workers: 1, ..self.config.sink }, ended, workers, || {
                    Ok(StoreWork::new(JsonLines::new(std::io::stdout())))
                })
            }
            Target::Lake(lake) => {
                let Some(id) = self.patiently(|| Ok(log.id()?))? else { return Ok(()) };
                let open = || self.patiently(|| Ok(LakeStore::open(&lake.settings, &id)?));
                // Opened one by one: the first makes the table.
                for worker in 0..self.config.sink.workers {
                    let Some(store) = open()? else { return Ok(()) };
                    let work = StoreWork::new(planted::lake(store));
                    workers.push(self.spawn_one(log, self.config.sink, worker, ended, work)?);
                }
                workers.extend(upkeep::start(lake, &self.stop));
                Ok(())
            }
        }
    }

    /// Asks again while the log or the lake cannot be reached; `None` where the stop came first.
    fn patiently<T>(&self, mut ask: impl FnMut() -> Result<T, RunError>) -> Result<Option<T>, RunError> {
        loop {
            match ask() {
                Ok(answer) => {
                    self.health.going("start");
                    return Ok(Some(answer));
                }
                Err(RunError::Log(LogError::Unavailable(why)) | RunError::Store(StoreError::Unavailable(why))) => {
                    self.health.waiting("start", &why);
                    if self.stop.sleep(Duration::from_millis(500)) {
                        return Ok(None);
                    }
                }
                Err(other) => return Err(other),
            }
        }
    }

    fn spawn<W: Work + 'static>(
        &self,
        log: &Arc<dyn Log>,
        config: StageConfig,
        ended: &mpsc::Sender<Result<(), RunError>>,
        workers: &mut Vec<JoinHandle<()>>,
        make: impl Fn() -> Result<W, RunError>,
    ) -> Result<(), RunError> {
        for worker in 0..config.workers {
            workers.push(self.spawn_one(log, config, worker, ended, make()?)?);
        }
        Ok(())
    }

    fn spawn_one<W: Work + 'static>(
        &self,
        log: &Arc<dyn Log>,
        config: StageConfig,
        worker: u32,
        ended: &mpsc::Sender<Result<(), RunError>>,
        work: W,
    ) -> Result<JoinHandle<()>, RunError> {
        let ordinal = self.config.kafka.as_ref().map_or(0, |kafka| kafka.ordinal);
        let worker = Worker {
            log: Arc::clone(log),
            name: format!("{ordinal}-{worker}"),
            limits: config.limits,
            dead_letters: config.dead_letters,
            metrics: self.metrics.clone(),
            health: self.health.clone(),
            clock: Clock::system(),
            stop: self.stop.clone(),
            steps: planted::steps(W::NAME),
        };
        let ended = ended.clone();
        let name = format!("{}/{}", W::NAME, worker.name);
        let run = move || {
            let result = pipeline::run(work, &worker);
            if let Err(error) = &result {
                tracing::error!(stage = W::NAME, worker = worker.name, "{error}");
            }
            let _ = ended.send(result); // nobody waits any more where the process is ending
        };
        thread::Builder::new()
            .name(name)
            .spawn(run)
            .map_err(|error| LogError::Fatal(format!("no thread for a worker: {error}")).into())
    }

    /// Waits for all workers, as long as an end may take.
    fn join(&self, workers: Vec<JoinHandle<()>>, ends: &mpsc::Receiver<Result<(), RunError>>) -> Result<(), RunError> {
        let mut result = Ok(());
        for worker in workers {
            while !worker.is_finished() {
                if self.stop.is_overdue(END_MAX) {
                    return Err(RunError::Slow(END_MAX));
                }
                thread::sleep(Duration::from_millis(10));
            }
            if worker.join().is_err() {
                result = Err(RunError::Panicked("a worker"));
            }
        }
        ends.try_iter().fold(result, |result, end| result.and(end))
    }

    /// Retention, now and then.
    fn keep_house(&self, log: EmbeddedLog) {
        let (stop, health) = (self.stop.clone(), self.health.clone());
        let keep = move || {
            while !stop.sleep(RETAIN_EVERY) {
                while !stop.is_set() {
                    match log.retain() {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(LogError::Unavailable(why)) => {
                            health.waiting("retention", &why);
                            break;
                        }
                        Err(error) => {
                            tracing::error!("retention: {error}");
                            return;
                        }
                    }
                }
                health.going("retention");
            }
        };
        if let Err(error) = thread::Builder::new().name("retention".to_owned()).spawn(keep) {
            tracing::error!("no thread for retention: {error}");
        }
    }
}

/// The first signal asks everything to stop, the second ends the process at once.
fn hear_signals(stop: Stop) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in &mut signals {
            if stop.is_set() {
                std::process::exit(128 + signal);
            }
            tracing::info!(signal, "stopping: what is in hand is finished first; a second signal ends at once");
            stop.set();
        }
    })?;
    Ok(())
}
