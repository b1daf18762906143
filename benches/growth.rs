//! Whether what grows becomes slow: the embedded log with its records, the lake with its commits.
//!
//! `cargo bench -p benches --bench growth -- log [millions ...]` and `-- lake [commits]`. The folder is a temporary one
//! (`TMPDIR`): 100 million records take about 3 GB there.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a bench that cannot go on has failed")]

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use pipeline::{
    Clock, Commit, Committer, Event, Health, Join, Log, Member, Move, NewTopic, Offset, Outgoing, Partition, Place,
    Steps, Stop, TopicSettings, embedded::EmbeddedLog,
};
use schemas::{ArticleId, CanonicalUrl, ContentDigest, Digest, EnrichedArticle, RawRecord, Timestamp, topic};
use serde_json::json;
use sink::lake::{Keeper, Lake, LakeSettings};

const PARTITIONS: u32 = 4;
/// Bytes of a record's value.
const VALUE_BYTES: usize = 100;
const DAY: Duration = Duration::from_secs(86_400);
/// Times that a figure is made of.
const TIMES: usize = 200;
/// Records of one append or commit that is timed.
const BATCH: usize = 1_000;
/// Records of one append that only fills.
const FILLED: usize = 4_000;
/// The log's time of the first record.
const BEGIN_MS: i64 = 1_780_000_000_000;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let numbers: Vec<u64> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    let part = arguments.iter().find(|argument| ["log", "lake"].contains(&argument.as_str()));
    let is_asked = |name: &str| part.is_none_or(|part| part == name);
    if is_asked("log") {
        log(if numbers.is_empty() { &[1, 10] } else { &numbers });
        retention();
    }
    if is_asked("lake") {
        lake(numbers.first().copied().unwrap_or(10_000));
    }
}

/// The times in milliseconds: median, and 99th of a hundred.
fn quantiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    format!("{:.1} | {:.1}", at(0.5), at(0.99))
}

fn timed<T>(of: impl FnOnce() -> T) -> (T, Duration) {
    let since = Instant::now();
    let made = of();
    (made, since.elapsed())
}

/// Everything in a folder, in bytes.
fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(
            |entry| {
                if entry.path().is_dir() { bytes_in(&entry.path()) } else { entry.metadata().map_or(0, |m| m.len()) }
            },
        )
        .sum()
}

fn records(count: usize, from: u64) -> Vec<Outgoing> {
    let record = |n: u64| {
        let mut value = format!("{{\"id\":{n},\"words\":\"{:x}\"", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        while value.len() < VALUE_BYTES {
            value.push_str(" the harbour");
        }
        let record = RawRecord { key: n.to_be_bytes().to_vec().into(), value: Some(value.into()), headers: Vec::new() };
        Outgoing { topic: topic::PAGES, partition: Some(Partition((n % u64::from(PARTITIONS)) as u32)), record }
    };
    (from..from + count as u64).map(record).collect()
}

/// Appends until there are `wanted` records; how many there are then.
fn fill(log: &EmbeddedLog, mut filled: u64, wanted: u64) -> u64 {
    while filled < wanted {
        log.append(&records(FILLED, filled)).unwrap();
        filled += FILLED as u64;
    }
    filled
}

/// A stage of one worker, a step at a time.
struct Stage {
    member: Box<dyn Member>,
    committer: Box<dyn Committer>,
    positions: BTreeMap<Place, Offset>,
}

impl Stage {
    fn join(log: &EmbeddedLog) -> Self {
        let join = Join { stage: "growth", inputs: &[topic::PAGES], table: None, worker: "0".to_owned() };
        let mut member = log.join(join, Steps::default(), Stop::new()).unwrap();
        let committer = member.committer().unwrap();
        loop {
            if let Event::Assigned(positions) = member.poll(DAY).unwrap() {
                member.start(&positions).unwrap();
                return Self { member, committer, positions: positions.into_iter().collect() };
            }
        }
    }

    /// Passes over everything, as if it had been worked on.
    fn skip_to_end(&mut self, log: &EmbeddedLog) {
        let mut moves = Vec::new();
        for (place, position) in &mut self.positions {
            let next = log.bounds(topic::PAGES, place.partition).unwrap().end;
            moves.push(Move { place: *place, from: *position, next });
            *position = next;
        }
        self.commit(Vec::new(), moves);
        let positions: Vec<_> = self.positions.iter().map(|(place, offset)| (*place, *offset)).collect();
        self.member.start(&positions).unwrap();
    }

    /// Polls a batch and passes it on: what one commit of a stage reads and writes.
    fn step(&mut self, records: usize) {
        let mut outputs = Vec::with_capacity(records);
        let mut moves = BTreeMap::new();
        while outputs.len() < records {
            let Event::Records(deliveries) = self.member.poll(DAY).unwrap() else { continue };
            for delivery in deliveries {
                let from = self.positions.get_mut(&delivery.place).unwrap();
                let moved =
                    moves.entry(delivery.place).or_insert(Move { place: delivery.place, from: *from, next: *from });
                *from = Offset(delivery.offset.0 + 1);
                moved.next = *from;
                outputs.push(Outgoing { topic: topic::ARTICLES_CLEAN, partition: None, record: delivery.record });
            }
        }
        self.commit(outputs, moves.into_values().collect());
    }

    fn commit(&mut self, outputs: Vec<Outgoing>, moves: Vec<Move>) {
        let commit = Commit { token: self.member.token(), outputs, changes: Vec::new(), moves };
        self.committer.commit(&commit).unwrap();
    }
}

fn open(folder: &Path, clock: &Clock) -> EmbeddedLog {
    let log = EmbeddedLog::open(folder, clock.clone(), Health::default()).unwrap();
    let settings = TopicSettings { compacted: false, retention: DAY };
    let topics = [topic::PAGES, topic::ARTICLES_CLEAN].map(|name| NewTopic { name, partitions: PARTITIONS, settings });
    log.create(&topics).unwrap();
    log
}

fn log(millions: &[u64]) {
    println!(
        "\nThe embedded log: records of {VALUE_BYTES} bytes; appends and a stage's commits of {BATCH} records, durable\n"
    );
    println!("| million records | file MB | start ms | append p50 ms | p99 | commit p50 ms | p99 |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Timestamp::from_millis(BEGIN_MS));
    let mut filled = 0;
    for million in millions {
        let log = open(folder.path(), &clock);
        filled = fill(&log, filled, million * 1_000_000);
        Stage::join(&log).skip_to_end(&log);
        log.append(&records(BATCH, filled)).unwrap();
        filled += BATCH as u64;
        drop(log);
        let ((log, mut stage), start) = timed(|| {
            let log = open(folder.path(), &clock);
            let mut stage = Stage::join(&log);
            stage.step(BATCH);
            (log, stage)
        });
        let (mut appends, mut commits) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let batch = records(BATCH, filled);
            filled += BATCH as u64;
            appends.push(timed(|| log.append(&batch).unwrap()).1);
            commits.push(timed(|| stage.step(BATCH)).1);
        }
        let megabytes = bytes_in(folder.path()) / 1_000_000;
        let (appends, commits) = (quantiles(appends), quantiles(commits));
        println!("| {million} | {megabytes} | {:.1} | {appends} | {commits} |", start.as_secs_f64() * 1e3);
    }
}

/// A million records a day, kept for a day, for ten days.
fn retention() {
    println!(
        "\nRetention of a day, a million records each day\n\n| day | file MB | retention s |\n| --- | --- | --- |"
    );
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Timestamp::from_millis(BEGIN_MS));
    let log = open(folder.path(), &clock);
    let mut stage = Stage::join(&log);
    let mut filled = 0;
    for day in 1..=10 {
        filled = fill(&log, filled, day * 1_000_000);
        stage.skip_to_end(&log);
        clock.set(Timestamp::from_millis(BEGIN_MS + day as i64 * DAY.as_millis() as i64));
        let ((), took) = timed(|| while log.retain().unwrap() {});
        println!("| {day} | {} | {:.2} |", bytes_in(folder.path()) / 1_000_000, took.as_secs_f64());
    }
}

fn article(n: u64) -> EnrichedArticle {
    let url = CanonicalUrl::parse(&format!("https://news.example/a/{n}")).unwrap();
    let seen = "2026-05-01T10:00:00Z";
    let row = json!({
        "article": {
            "id": ArticleId::of(&url), "url": url, "title": format!("Title {n}"),
            "source": {"kind": "html", "fetched_at": seen},
            "body": [{"label": "body", "text": format!("In part {n} the council of the harbour said that the ferry sails.")}],
            "provenance": {"title": "meta"},
        },
        "enrichment": {"counts": {"characters": 60, "words": 12, "sentences": 1, "paragraphs": 1}},
        "revision": {
            "number": 1, "content": ContentDigest(Digest::of([n.to_be_bytes().as_slice()])), "seen_at": seen,
            "first_seen_at": seen, "history": "first_seen",
        },
    });
    serde_json::from_value(row).unwrap()
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(at.as_millis() as u64)
}

/// New files become as young as the lake's time says, which runs ahead of the machine's.
fn age(folder: &Path, now: SystemTime) {
    let machine = system_time(Clock::system().now());
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            age(&entry.path(), now);
        } else if entry.metadata().unwrap().modified().unwrap() < machine {
            File::options().write(true).open(entry.path()).unwrap().set_modified(now).unwrap();
        }
    }
}

/// Commits five seconds apart, as the sink makes them, with its upkeep as often as by default: files joined each hour, and
/// deleted each day, here after the shortest retention.
fn lake(commits: u64) {
    const APART: i64 = 5_000;
    const ROWS: u64 = 10;
    const AGED: u64 = 25; // commits between two times that new files get the lake's time
    println!(
        "\nThe lake: {ROWS} articles a commit, one commit each 5 s of its time; joined each hour, vacuumed each day\n"
    );
    println!("| commits | commit p50 ms | p99 | joining s | opening ms | files of the log | files in the folder |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    let folder = tempfile::tempdir().unwrap();
    let settings = LakeSettings::at(folder.path().join("lake"));
    let mut lake = Lake::open(&settings, "growth").unwrap();
    let mut keeper = Keeper::open(&settings).unwrap().unwrap();
    let (stop, mut times, mut joining) = (Stop::new(), Vec::new(), Duration::ZERO);
    let every = (commits / 10).max(1);
    let begin = Clock::system().now().as_millis();
    for n in 0..commits {
        let now = Timestamp::from_millis(begin + n as i64 * APART);
        if n.is_multiple_of(AGED) {
            age(&settings.path, system_time(now));
        }
        let articles: Vec<_> = (n * ROWS..(n + 1) * ROWS).map(article).collect();
        let rows: Vec<_> = articles.iter().collect();
        let expected = (n > 0).then_some((n * ROWS) as i64);
        let step = sink::lake::Move {
            topic: topic::ARTICLES_ENRICHED.to_owned(),
            partition: 0,
            expected,
            next: ((n + 1) * ROWS) as i64,
        };
        times.push(timed(|| lake.write(&rows, &[step], now).unwrap()).1);
        let seconds = n as i64 * APART / 1_000;
        if seconds % 3_600 == 0 {
            joining += timed(|| keeper.compact(now, &stop).unwrap()).1;
        }
        if seconds % 86_400 == 0 {
            keeper.vacuum(sink::lake::RETENTION_MIN, false, now, &stop).unwrap();
        }
        if (n + 1) % every == 0 {
            let (_, opening) = timed(|| Lake::open(&settings, "growth").unwrap());
            let entries = |of: &Path| fs::read_dir(of).unwrap().count();
            let days = fs::read_dir(&settings.path).unwrap().map(|day| day.unwrap().path());
            println!(
                "| {} | {} | {:.2} | {:.0} | {} | {} |",
                n + 1,
                quantiles(std::mem::take(&mut times)),
                std::mem::take(&mut joining).as_secs_f64(),
                opening.as_secs_f64() * 1e3,
                entries(&settings.path.join("_delta_log")),
                days.filter(|day| !day.ends_with("_delta_log")).map(|day| entries(&day)).sum::<usize>()
            );
        }
    }
}
