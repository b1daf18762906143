//! What fetching costs: many feeds on many sites, polled by the real stage through the real client from servers on loopback.
//!
//! `cargo bench -p benches --bench fetch`. The servers run in a process of their own, so that the memory printed is the
//! fetcher's.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use fetcher::{Client, FetchLimits, Fetcher, Networks, Rules};
use frontier::{FirstPoll, Policy, Politeness};
use newsroom::Crowd;
use pipeline::{
    Clock, DeadLetterLimit, Health, KeyedWork, Limits, Log, NewTopic, Offset, Outgoing, Partition, Pool, Steps, Stop,
    TopicSettings, Worker, embedded::EmbeddedLog,
};
use schemas::{CanonicalUrl, Decode as _, Encode as _, Feed, FeedOrigin, FrontierRow, Page, topic};

const PARTITIONS: u32 = 4;
const ENTRIES: u16 = 20;

fn main() {
    if let Some(shape) = std::env::args().nth(1).filter(|argument| argument.starts_with("crowd=")) {
        return serve(&shape);
    }
    hourly();
    as_fast_as_allowed();
    from_feed_to_page();
}

/// The servers' process: `publish SITE FEED` on its input is answered by the new entry's URL.
fn serve(shape: &str) {
    let numbers: Vec<u16> =
        shape.trim_start_matches("crowd=").split('x').map(|number| number.parse().unwrap()).collect();
    let crowd = Crowd::start(numbers[0], numbers[1], ENTRIES).unwrap();
    for url in crowd.urls() {
        println!("{url}");
    }
    println!();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["publish", site, feed] => {
                println!("{}", crowd.publish(site.parse().unwrap(), feed.parse().unwrap()).unwrap())
            }
            _ => {
                let gap = crowd.sites().iter().filter_map(|site| site.gap_min).min().unwrap_or_default();
                println!("{} {}", crowd.requests(), gap.as_millis());
            }
        }
        std::io::stdout().flush().unwrap();
    }
}

struct Servers {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    feeds: Vec<String>,
}

impl Servers {
    fn start(sites: u16, feeds: u16) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .arg(format!("crowd={sites}x{feeds}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut servers = Self { process, input, output: BufReader::new(output), feeds: Vec::new() };
        loop {
            let line = servers.line();
            if line.is_empty() {
                return servers;
            }
            servers.feeds.push(line);
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.input, "{what}").unwrap();
        self.line()
    }

    /// Requests answered so far, and the least time between two of one site (ms).
    fn counts(&mut self) -> (u64, u64) {
        let answer = self.ask("counts");
        let (requests, gap) = answer.split_once(' ').unwrap();
        (requests.parse().unwrap(), gap.parse().unwrap())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The fetcher on an embedded log, as `wiredesk up` runs it.
struct Running {
    log: Arc<EmbeddedLog>,
    stop: Stop,
    worker: Option<thread::JoinHandle<()>>,
    _runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start(policy: Policy, interval: Duration, servers: &Servers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = EmbeddedLog::open(folder.path(), Clock::system(), Health::default()).unwrap();
        let new = |spec: &schemas::TopicSpec| NewTopic {
            name: spec.name,
            partitions: PARTITIONS,
            settings: TopicSettings { compacted: spec.compacted, retention: Duration::from_secs(3_600) },
        };
        log.create(&schemas::TOPICS.iter().map(new).collect::<Vec<_>>()).unwrap();
        let log = Arc::new(log);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let networks = Networks::public_and(vec!["127.0.0.0/8".parse().unwrap()]);
        let client = Client::new("wiredesk-bench", networks, FetchLimits::default()).unwrap();
        let rules = Rules {
            policy,
            politeness: Politeness {
                interval,
                concurrency: 1,
                crawl_delay_max: Duration::from_secs(60),
                lease: Duration::from_secs(30),
            },
            robots_for_feeds: true,
            feed_content: true,
            hops_max: 5,
        };
        let stage = Arc::new(Fetcher::new(rules, fetcher::Metrics::unregistered()));
        let bodies = Arc::new(fetcher::Bodies::default());
        let run = move |errand| fetcher::run(client.clone(), Clock::system(), Arc::clone(&bodies), errand);
        let pool = Pool::new(runtime.handle().clone(), 64, run);
        let stop = Stop::new();
        let worker = Worker {
            log: Arc::clone(&log) as Arc<dyn Log>,
            name: "0-0".to_owned(),
            limits: Limits::STAGE,
            dead_letters: DeadLetterLimit::default(),
            metrics: pipeline::Metrics::unregistered(),
            health: Health::default(),
            clock: Clock::system(),
            stop: stop.clone(),
            steps: Steps::none(),
        };
        let records: Vec<_> = servers
            .feeds
            .iter()
            .map(|url| Feed::new(CanonicalUrl::parse(url).unwrap(), FeedOrigin::Command).encode().unwrap())
            .map(|encoded| Outgoing { topic: encoded.topic, partition: None, record: encoded.record })
            .collect();
        records.chunks(1_000).for_each(|some| log.append(some).unwrap());
        let work = KeyedWork::with_outside(stage, Box::new(pool));
        let worker = thread::spawn(move || pipeline::run(work, &worker).unwrap());
        Self { log, stop, worker: Some(worker), _runtime: runtime, _folder: folder }
    }

    /// Feeds that have answered well.
    fn polled(&self) -> usize {
        let read = |partition| {
            let mut cursor = self.log.cursor(topic::FRONTIER, Partition(partition), Offset(0)).unwrap();
            cursor.next(Duration::ZERO).unwrap()
        };
        let rows = (0..PARTITIONS).flat_map(read);
        let is_polled = |row: &FrontierRow| matches!(row, FrontierRow::Feed(feed) if feed.last_success.is_some());
        rows.filter(|delivery| FrontierRow::decode(&delivery.record).is_ok_and(|row| is_polled(&row))).count()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.set();
        if let Some(worker) = self.worker.take() {
            worker.join().unwrap();
        }
    }
}

/// Five thousand feeds of five hundred sites, at the default pace of a request a second and site.
fn hourly() {
    let mut servers = Servers::start(500, 10);
    let before = resident();
    let policy = Policy {
        interval_mean: Duration::from_secs(3_600),
        interval_min: Duration::from_secs(3_600),
        first_poll: FirstPoll::None,
        first_poll_spacing: Duration::ZERO,
        ..Policy::DEFAULT
    };
    let since = Instant::now();
    let running = Running::start(policy, Duration::from_secs(1), &servers);
    while running.polled() < servers.feeds.len() {
        thread::sleep(Duration::from_millis(500));
    }
    let took = since.elapsed().as_secs_f64();
    thread::sleep(Duration::from_secs(2));
    let (requests, gap) = servers.counts();
    println!(
        "5,000 feeds of 500 sites, all due at once, a request a second and site: {requests} requests in {took:.0} s, least \
         {gap} ms apart; {} MiB resident, {} before",
        resident() >> 20,
        before >> 20
    );
}

/// The same feeds with no pace, polled again as soon as they may be.
fn as_fast_as_allowed() {
    let mut servers = Servers::start(500, 10);
    let policy = Policy {
        interval_mean: Duration::from_secs(1),
        interval_min: Duration::from_secs(1),
        interval_max: Duration::from_secs(1),
        publisher_wait_max: Duration::ZERO,
        first_poll: FirstPoll::None,
        first_poll_spacing: Duration::ZERO,
        ..Policy::DEFAULT
    };
    let running = Running::start(policy, Duration::ZERO, &servers);
    while running.polled() < servers.feeds.len() {
        thread::sleep(Duration::from_millis(200));
    }
    let (before, cpu) = (servers.counts().0, processor());
    let since = Instant::now();
    thread::sleep(Duration::from_secs(10));
    let (polls, took) = (servers.counts().0 - before, since.elapsed().as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let (wall, by_cpu) = (polls as f64 / took, polls as f64 / (processor() - cpu));
    println!("as fast as may be: {wall:.0} polls/s wall, {by_cpu:.0} per CPU-second of the fetcher");
}

/// From an entry's publication to its page on the log, at a poll interval of five seconds and the default pace.
fn from_feed_to_page() {
    const INTERVAL: Duration = Duration::from_secs(5);
    let mut servers = Servers::start(500, 1);
    let policy = Policy {
        interval_mean: INTERVAL,
        interval_min: INTERVAL,
        interval_max: INTERVAL,
        publisher_wait_max: Duration::ZERO,
        first_poll: FirstPoll::None,
        first_poll_spacing: Duration::from_millis(9),
        ..Policy::DEFAULT
    };
    let running = Running::start(policy, Duration::from_secs(1), &servers);
    while running.polled() < servers.feeds.len() {
        thread::sleep(Duration::from_millis(200));
    }
    thread::sleep(INTERVAL);
    let clock = Clock::system();
    let mut published = HashMap::new();
    for n in 0..600_u32 {
        let url = servers.ask(&format!("publish {} 0", n * 7 % 500));
        published.insert(url, clock.now());
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(INTERVAL + Duration::from_secs(5));
    let mut delays = Vec::new();
    for partition in 0..PARTITIONS {
        let mut cursor = running.log.cursor(topic::PAGES, Partition(partition), Offset(0)).unwrap();
        loop {
            let some = cursor.next(Duration::ZERO).unwrap();
            if some.is_empty() {
                break;
            }
            for delivery in some {
                let page = Page::decode(&delivery.record).unwrap();
                if let Some(at) = page.meta.url.and_then(|url| published.get(url.as_str()).copied()) {
                    delays.push(delivery.appended_at_ms - at.as_millis());
                }
            }
        }
    }
    delays.sort_unstable();
    let at = |share: usize| delays.get(delays.len() * share / 100).copied().unwrap_or_default();
    println!(
        "published to page, polled every 5 s: {} of {} arrived, p50 {} ms, p99 {} ms",
        delays.len(),
        published.len(),
        at(50),
        at(99)
    );
}

/// Resident memory in bytes (Linux).
fn resident() -> usize {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap() * 4096
}

/// Processor time of this process in seconds (Linux).
fn processor() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |field: usize| fields[field].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}
