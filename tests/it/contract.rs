//! The contract of the log: one suite, run against the embedded log and against Kafka. What only one of them has a way
//! to show stands below its own name.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use pipeline::{
    Commit, CommitError, Committer, Delivery, Event, Join, Log, LogError, Member, Move, Offset, Outcome, Outgoing,
    Partition, Place, Step, Steps, Stop, Token,
    faults::{Fault, Faults},
};
use schemas::{DeadLetter, RawRecord, limits, topic};

use crate::support::{
    Count, PARTITIONS, Site, by_key, count, numbered, pass, patiently, read_all, record, run_until_done, spawn, text,
    until, worker,
};

/// A member of a stage, driven by hand.
struct Hand {
    member: Box<dyn Member>,
    committer: Box<dyn Committer>,
    owned: Vec<(Place, Offset)>,
}

impl Hand {
    fn join(log: &Arc<dyn Log>, name: &str, steps: Steps) -> Self {
        let join = Join {
            stage: "hand",
            inputs: &[topic::ARTICLES_CLEAN],
            table: Some(topic::REVISIONS),
            worker: name.to_owned(),
        };
        let mut member = patiently(|| log.join(join.clone(), steps.clone(), Stop::new()));
        let committer = member.committer().unwrap();
        Self { member, committer, owned: Vec::new() }
    }

    /// Polls, following the assignment.
    fn poll(&mut self) -> Vec<Delivery> {
        match self.member.poll(Duration::from_millis(100)).unwrap() {
            Event::Assigned(places) => {
                self.owned.extend(places);
                self.member.start(&self.owned).unwrap();
            }
            Event::Revoked(places) => {
                self.owned.retain(|(place, _)| !places.contains(place));
                self.member.start(&self.owned).unwrap();
            }
            Event::Records(records) => return records,
            Event::Idle => {}
        }
        Vec::new()
    }

    fn own(&mut self, partitions: usize) {
        let since = Instant::now();
        while self.owned.len() != partitions {
            self.poll();
            assert!(since.elapsed() < Duration::from_secs(20), "owns {:?}", self.owned);
        }
    }

    fn take(&mut self, records: usize) -> Vec<Delivery> {
        let (mut taken, since) = (Vec::new(), Instant::now());
        while taken.len() < records {
            taken.extend(self.poll());
            assert!(since.elapsed() < Duration::from_secs(20), "{} of {records}", taken.len());
        }
        taken
    }

    /// A commit that passes the records on, writes a row for each key, and moves the positions.
    fn commit_of(&self, taken: &[Delivery]) -> Commit {
        let mut moves = Vec::new();
        for (place, stands) in &self.owned {
            let next = taken.iter().filter(|d| d.place == *place).map(|d| d.offset.0 + 1).max().unwrap_or(stands.0);
            moves.push(Move { place: *place, from: *stands, next: Offset(next) });
        }
        let output =
            |d: &Delivery| Outgoing { topic: topic::ARTICLES_ENRICHED, partition: None, record: d.record.clone() };
        let change = |d: &Delivery| Outgoing {
            topic: topic::REVISIONS,
            partition: Some(d.place.partition),
            record: d.record.clone(),
        };
        Commit {
            token: self.member.token(),
            outputs: taken.iter().map(output).collect(),
            changes: taken.iter().map(change).collect(),
            moves,
        }
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        self.committer.commit(commit)?;
        for (place, stands) in &mut self.owned {
            if let Some(moved) = commit.moves.iter().find(|moved| moved.place == *place) {
                *stands = moved.next;
            }
        }
        Ok(())
    }

    fn rows(&mut self) -> Vec<(String, String)> {
        let mut rows = std::collections::BTreeMap::new();
        for partition in (0..PARTITIONS).map(Partition) {
            let mut read = Vec::new();
            self.member.restore(partition, &mut |key, row| read.push((text(key), row.map(text)))).unwrap();
            for (key, row) in read {
                match row {
                    Some(row) => drop(rows.insert(key, row)),
                    None => drop(rows.remove(&key)),
                }
            }
        }
        rows.into_iter().collect()
    }
}

fn append_and_read_in_order_per_key(site: &Site) {
    let log = site.open();
    for from in [0, 50, 100] {
        log.append(&numbered(topic::PAGES, from..from + 50, 9)).unwrap();
    }
    let all = read_all(&*log, topic::PAGES);
    assert_eq!(all.len(), 150);
    for (key, values) in by_key(&all) {
        let numbers: Vec<u32> = values.iter().map(|value| value.parse().unwrap()).collect();
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
    for partition in (0..PARTITIONS).map(Partition) {
        let offsets: Vec<_> = all.iter().filter(|d| d.place.partition == partition).map(|d| d.offset).collect();
        assert!(offsets.is_sorted());
    }
    let whole = RawRecord {
        key: Bytes::from_static(b"k"),
        value: Some(Bytes::new()),
        headers: vec![("page".to_owned(), Bytes::from_static(b"{}")), ("empty".to_owned(), Bytes::new())],
    };
    log.append(&[Outgoing { topic: topic::ENTRIES, partition: Some(Partition(2)), record: whole.clone() }]).unwrap();
    let read = read_all(&*log, topic::ENTRIES).remove(0);
    assert_eq!((read.record, read.place.partition), (whole, Partition(2)));
}

fn a_commit_is_seen_whole(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..20, 5)).unwrap();
    let mut hand = Hand::join(&log, "0", Steps::none());
    hand.own(4);
    let taken = hand.take(20);
    assert!(read_all(&*log, topic::ARTICLES_ENRICHED).is_empty());
    let commit = hand.commit_of(&taken);
    hand.commit(&commit).unwrap();
    assert_eq!(by_key(&read_all(&*log, topic::ARTICLES_ENRICHED)), by_key(&taken));
    let last = (15..20).map(|n| (format!("k{}", n % 5), n.to_string())).collect::<Vec<_>>();
    assert_eq!(hand.rows(), last);
    for moved in commit.moves {
        let stands = log.position("hand", topic::ARTICLES_CLEAN, moved.place.partition).unwrap();
        assert_eq!(stands.unwrap_or_default(), moved.next);
    }
}

/// Crashes at every step of a commit before it holds: nothing of it may be seen.
fn undone_work_is_never_seen(site: &Site) {
    let steps = [Step::AfterBegin, Step::MidProduce, Step::AfterProduce, Step::AfterOffsets, Step::BeforeCommit];
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..8, 4)).unwrap();
    for step in steps {
        let mut hand =
            Hand::join(&log, "0", Steps::with(move |at| if at == step { Err(pipeline::Crash(at)) } else { Ok(()) }));
        hand.own(4);
        let taken = hand.take(8);
        let commit = hand.commit_of(&taken);
        assert!(matches!(hand.commit(&commit), Err(CommitError::Log(LogError::Crash(_)))), "{step:?}");
    }
    let mut hand = Hand::join(&log, "0", Steps::none());
    hand.own(4);
    let taken = hand.take(8);
    assert!(hand.rows().is_empty(), "a row of an undone commit");
    let commit = hand.commit_of(&taken);
    hand.commit(&commit).unwrap();
    assert_eq!(read_all(&*log, topic::ARTICLES_ENRICHED).len(), 8, "outputs of an undone commit");
}

fn a_worker_that_lost_its_partitions_is_refused(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..20, 20)).unwrap();
    let mut first = Hand::join(&log, "0", Steps::none());
    first.own(4);
    let taken = first.take(20);
    let late = first.commit_of(&taken);
    let mut second = Hand::join(&log, "1", Steps::none());
    let since = Instant::now();
    while first.owned.len() != 2 || second.owned.len() != 2 {
        first.poll();
        second.poll();
        assert!(since.elapsed() < Duration::from_secs(30));
    }
    let error = first.committer.commit(&late).unwrap_err();
    assert!(matches!(error, CommitError::Lost(_)), "{error}");
    assert!(read_all(&*log, topic::ARTICLES_ENRICHED).is_empty());
}

fn a_second_worker_of_the_same_name_fences_the_first(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..8, 4)).unwrap();
    let mut first = Hand::join(&log, "0", Steps::none());
    first.own(4);
    let taken = first.take(4);
    let commit = first.commit_of(&taken);
    first.commit(&commit).unwrap();
    let other = site.open_second();
    match other {
        Err(error) => assert!(error.to_string().contains("another process owns this log"), "{error}"),
        Ok(other) => {
            let mut second = Hand::join(&other, "0", Steps::none());
            // The new one begins as soon as it has something to commit; from then on the old one is refused.
            let empty = Commit { token: second.member.token(), outputs: vec![], changes: vec![], moves: vec![] };
            second.committer.commit(&empty).unwrap();
            let again = Commit { token: Token::clone(&commit.token), ..first.commit_of(&[]) };
            let error = first.committer.commit(&again).unwrap_err();
            assert!(matches!(error, CommitError::Log(LogError::Fenced(_))), "{error}");
        }
    }
}

fn a_restart_goes_on_exactly(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..30, 6)).unwrap();
    let mut hand = Hand::join(&log, "0", Steps::none());
    hand.own(4);
    let taken = hand.take(30);
    let some: Vec<_> = taken.into_iter().filter(|d| d.place.partition.0 % 2 == 0).collect();
    let commit = hand.commit_of(&some);
    hand.commit(&commit).unwrap();
    drop(hand);
    drop(log);
    let log = site.open();
    let mut hand = Hand::join(&log, "0", Steps::none());
    hand.own(4);
    let rest = hand.take(30 - some.len());
    assert!(rest.iter().all(|d| d.place.partition.0 % 2 == 1), "a record came twice");
    assert_eq!(rest.len() + some.len(), 30);
}

fn a_row_and_its_end_survive_compaction(site: &Site) {
    let log = site.open();
    let mut hand = Hand::join(&log, "0", Steps::none());
    hand.own(4);
    // Many versions of two rows, one of which ends.
    for round in 0..30 {
        let mut records: Vec<_> = ["stays", "goes"]
            .map(|key| record(topic::REVISIONS, key, &format!("{key} {round} {}", "x".repeat(20_000))))
            .into();
        if round == 29 {
            records[1].record.value = None;
        }
        for change in &mut records {
            change.partition = Some(Partition(schemas::partition_of(&change.record.key, PARTITIONS)));
        }
        let commit =
            Commit { token: hand.member.token(), outputs: vec![], changes: records, moves: hand.commit_of(&[]).moves };
        hand.commit(&commit).unwrap();
    }
    site.compact();
    let rows = hand.rows();
    assert_eq!(rows.len(), 1, "{:?}", rows.iter().map(|(key, _)| key).collect::<Vec<_>>());
    assert!(rows[0].1.starts_with("stays 29 "));
}

fn the_largest_value_passes_and_can_be_a_dead_letter(site: &Site) {
    let log = site.open();
    // Bytes that no compression makes small.
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as u8
    };
    let large: Vec<u8> = (0..limits::VALUE_BYTES_MAX).map(|_| noise()).collect();
    let headers = vec![("page".to_owned(), Bytes::from(vec![b'x'; 60_000]))];
    let record = RawRecord { key: Bytes::from_static(b"large"), value: Some(Bytes::from(large)), headers };
    log.append(&[Outgoing { topic: topic::PAGES, partition: None, record: record.clone() }]).unwrap();
    let stop = Stop::new();
    let faulty: Arc<dyn Log> = Arc::new(Faults::new(Arc::clone(&log), |_| Fault::None));
    let running = worker(&faulty, "0", &stop, Steps::none());
    let metrics = running.metrics.clone();
    let handle = spawn(RejectAll::work(), running);
    until("ended", || metrics.stage("reject").of(Outcome::Refused) == 1);
    stop.set();
    handle.join().unwrap().unwrap();
    let letter = read_all(&*log, topic::DEAD_LETTERS).remove(0).record;
    assert_eq!(letter.value, record.value);
    assert_eq!(letter.header("page"), record.header("page"));
    assert_eq!(DeadLetter::of(&letter).unwrap().reason, "as_told");
}

/// Refuses everything.
struct RejectAll;

impl RejectAll {
    fn work() -> pipeline::StageWork<Self> {
        pipeline::StageWork(Arc::new(Self))
    }
}

impl pipeline::Stage for RejectAll {
    const NAME: &'static str = "reject";
    const INPUTS: &'static [&'static str] = &[topic::PAGES];
    type In = RawRecord;
    type Out = schemas::Encoded;

    fn process(&self, _: RawRecord) -> Result<Vec<schemas::Encoded>, pipeline::Refusal> {
        Err(pipeline::Refusal::Reject("as_told", String::new()))
    }
}

fn workers_share_partitions_and_take_over_from_a_dead_one(site: &Site) {
    const RECORDS: u32 = 600;
    let log = site.open();
    let append = |from: u32| log.append(&numbered(topic::ARTICLES_CLEAN, from..from + RECORDS / 3, 23)).unwrap();
    let (stop, dying) = (Stop::new(), Stop::new());
    let die = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&die);
    let steps = Steps::with(move |at| {
        if at == Step::BeforeCommit && told.load(Ordering::SeqCst) { Err(pipeline::Crash(at)) } else { Ok(()) }
    });
    let lives = worker(&log, "0", &stop, Steps::none());
    let dies = worker(&log, "1", &dying, steps);
    let (alive, dead) = (lives.metrics.clone(), dies.metrics.clone());
    let ended = || alive.stage("count").of(Outcome::Done) + dead.stage("count").of(Outcome::Done);
    let first = spawn(count(), lives);
    let second = spawn(count(), dies);
    append(0);
    until("both have worked", || {
        if ended() == u64::from(RECORDS / 3) && dead.stage("count").of(Outcome::Done) == 0 {
            return true; // it joined after everything was done
        }
        ended() == u64::from(RECORDS / 3)
    });
    die.store(true, Ordering::SeqCst);
    append(RECORDS / 3);
    append(2 * RECORDS / 3);
    until("one does the work of both", || ended() == u64::from(RECORDS));
    stop.set();
    dying.set();
    first.join().unwrap().unwrap();
    let _ = second.join().unwrap(); // a crash, unless it never got any
    let mut seen = 0;
    for (key, values) in by_key(&read_all(&*log, topic::ARTICLES_ENRICHED)) {
        for (i, value) in values.iter().enumerate() {
            assert!(value.ends_with(&format!("#{}", i + 1)), "{key}: {value} stands at {i}");
        }
        seen += values.len();
    }
    assert_eq!(seen, RECORDS as usize);
}

/// The log says no in every way it can, now and then; the stages go on, and nothing is lost.
fn a_log_that_says_no_now_and_then_costs_only_time(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::PAGES, 0..200, 11)).unwrap();
    let calls = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counter = Arc::clone(&calls);
    let faulty: Arc<dyn Log> =
        Arc::new(Faults::new(Arc::clone(&log), move |_| match counter.fetch_add(1, Ordering::SeqCst) % 7 {
            1 => Fault::Abort { suspect: true },
            3 => Fault::Abort { suspect: false },
            5 => Fault::Slow(Duration::from_millis(150)),
            _ => Fault::None,
        }));
    let stop = Stop::new();
    let make = |name: &str| pipeline::Worker {
        limits: pipeline::Limits { records_max: 10, ..pipeline::Limits::STAGE },
        ..worker(&faulty, name, &stop, Steps::none())
    };
    let (one, two) = (make("0"), make("0"));
    let metrics = two.metrics.clone();
    let handles = [spawn(pass(), one), spawn(count(), two)];
    until("all counted", || metrics.stage("count").of(Outcome::Done) == 200);
    stop.set();
    for handle in handles {
        handle.join().unwrap().unwrap();
    }
    assert!(read_all(&*log, topic::DEAD_LETTERS).is_empty(), "the log's fault was laid on a record");
    for (key, values) in by_key(&read_all(&*log, topic::ARTICLES_ENRICHED)) {
        for (i, value) in values.iter().enumerate() {
            assert!(value.ends_with(&format!("#{}", i + 1)), "{key}: {value} stands at {i}");
        }
    }
    assert!(calls.load(Ordering::SeqCst) > 20);
}

/// A record that the log refuses whenever it is in a commit is found by halving, and moved aside alone.
fn a_record_that_no_commit_takes_is_found_and_moved_aside(site: &Site) {
    let log = site.open();
    log.append(&numbered(topic::PAGES, 0..40, 8)).unwrap();
    let faulty: Arc<dyn Log> = Arc::new(Faults::new(Arc::clone(&log), |commit: &Commit| {
        let poisoned =
            |out: &Outgoing| out.topic == topic::ARTICLES_CLEAN && out.record.value.as_deref() == Some(b"17");
        if commit.outputs.iter().any(poisoned) { Fault::Abort { suspect: true } } else { Fault::None }
    }));
    let stop = Stop::new();
    let running = worker(&faulty, "0", &stop, Steps::none());
    let metrics = running.metrics.clone();
    let handle = spawn(pass(), running);
    until("all ended", || metrics.stage("pass").ended().values().sum::<u64>() == 40);
    stop.set();
    handle.join().unwrap().unwrap();
    let letters = read_all(&*log, topic::DEAD_LETTERS);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].record.value.as_deref(), Some(b"17".as_slice()));
    assert_eq!(DeadLetter::of(&letters[0].record).unwrap().class, "commit_failed");
    assert_eq!(read_all(&*log, topic::ARTICLES_CLEAN).len(), 39);
}

macro_rules! log_contract {
    ($site:expr) => {
        log_contract!($site, append_and_read_in_order_per_key, a_commit_is_seen_whole, undone_work_is_never_seen,
            a_worker_that_lost_its_partitions_is_refused, a_second_worker_of_the_same_name_fences_the_first,
            a_restart_goes_on_exactly, a_row_and_its_end_survive_compaction,
            the_largest_value_passes_and_can_be_a_dead_letter, workers_share_partitions_and_take_over_from_a_dead_one,
            a_log_that_says_no_now_and_then_costs_only_time, a_record_that_no_commit_takes_is_found_and_moved_aside);
    };
    ($site:expr, $($name:ident),*) => {
        $(#[test]
        fn $name() {
            super::$name(&$site);
        })*
    };
}

mod embedded {
    use super::*;
    use std::fs;

    use pipeline::{Clock, Health, embedded::EmbeddedLog};

    log_contract!(Site::embedded());

    #[test]
    fn retention_never_passes_a_stage() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(schemas::Timestamp::from_millis(1_000_000));
        let log = EmbeddedLog::open(folder.path(), clock.clone(), Health::default()).unwrap();
        let topics = [topic::PAGES, topic::ARTICLES_CLEAN, topic::DEAD_LETTERS].map(|name| pipeline::NewTopic {
            name,
            partitions: 1,
            settings: pipeline::TopicSettings { compacted: false, retention: Duration::from_secs(60) },
        });
        log.create(&topics).unwrap();
        let shared: Arc<dyn Log> = Arc::new(log.clone());
        log.append(&numbered(topic::PAGES, 0..50, 3)).unwrap();
        run_until_done(pass(), worker(&shared, "0", &Stop::new(), Steps::none()), 50);
        log.append(&numbered(topic::PAGES, 50..80, 3)).unwrap();
        let first = |topic: &str| log.bounds(topic, Partition(0)).unwrap().start.0;
        while log.retain().unwrap() {}
        assert_eq!(first(topic::PAGES), 0, "nothing is old enough");
        clock.set(schemas::Timestamp::from_millis(1_000_000 + 61_000));
        while log.retain().unwrap() {}
        assert_eq!(first(topic::PAGES), 50, "what the stage has not passed stays, however old");
        assert_eq!(read_all(&log, topic::PAGES).len(), 30);
        assert_eq!(first(topic::ARTICLES_CLEAN), log.bounds(topic::ARTICLES_CLEAN, Partition(0)).unwrap().end.0);
    }

    #[test]
    fn a_damaged_a_newer_and_a_foreign_file_are_refused_and_left_alone() {
        let open = |folder: &std::path::Path| EmbeddedLog::open(folder, Clock::system(), Health::default());
        let site = Site::embedded();
        let file = site.folder().join(EmbeddedLog::FILE);
        let set = |sql: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        set("PRAGMA user_version = 99");
        let error = open(&site.folder()).err().unwrap().to_string();
        assert!(error.contains("layout 99") && error.contains("run the version that wrote it"), "{error}");
        set("PRAGMA application_id = 1");
        assert!(open(&site.folder()).err().unwrap().to_string().contains("something else"));
        let garbage = vec![7_u8; 10_000];
        std::fs::write(&file, &garbage).unwrap();
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
        let error = open(&site.folder()).err().unwrap();
        assert!(error.to_string().contains("damaged"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), garbage, "a refused file is not touched");
    }

    #[test]
    fn other_processes_append_and_read_beside_the_owner() {
        let site = Site::embedded();
        let owner = site.open();
        let guest = EmbeddedLog::attach(&site.folder(), Clock::system(), Health::default()).unwrap();
        guest.append(&numbered(topic::PAGES, 0..10, 3)).unwrap();
        assert_eq!(read_all(&*owner, topic::PAGES).len(), 10);
        assert_eq!(guest.id().unwrap(), owner.id().unwrap());
        let join = Join { stage: "x", inputs: &[topic::PAGES], table: None, worker: "0".to_owned() };
        assert!(guest.join(join, Steps::none(), Stop::new()).is_err(), "only the owner runs stages");
    }

    /// What a power cut leaves of the last write: a part of it, or its length with something else in its place.
    #[test]
    fn a_torn_last_write_is_none_and_the_writes_before_it_stay() {
        let site = Site::embedded();
        let log = site.open();
        let wal = format!("{}-wal", EmbeddedLog::FILE);
        log.append(&numbered(topic::PAGES, 0..20, 7)).unwrap();
        let whole = fs::metadata(site.folder().join(&wal)).unwrap().len();
        log.append(&numbered(topic::PAGES, 20..40, 7)).unwrap();
        let written = fs::metadata(site.folder().join(&wal)).unwrap().len();
        assert!(written > whole, "the second write stands behind the first");
        let cuts = [1, 7, 500, (written - whole) / 2, written - whole - 1];
        for (cut, is_garbled) in cuts.into_iter().flat_map(|cut| [(cut, false), (cut, true)]) {
            let torn = tempfile::tempdir().unwrap();
            for entry in fs::read_dir(site.folder()).unwrap().map(Result::unwrap) {
                fs::copy(entry.path(), torn.path().join(entry.file_name())).unwrap();
            }
            let mut bytes = fs::read(torn.path().join(&wal)).unwrap();
            bytes.truncate(usize::try_from(written - cut).unwrap());
            if is_garbled {
                bytes.resize(usize::try_from(written).unwrap(), 0xa5);
            }
            fs::write(torn.path().join(&wal), bytes).unwrap();
            let torn = Site::Embedded(torn);
            let log = torn.open();
            assert_eq!(read_all(&*log, topic::PAGES).len(), 20, "{cut} bytes, garbled: {is_garbled}");
            log.append(&numbered(topic::PAGES, 20..40, 7)).unwrap();
            assert_eq!(read_all(&*log, topic::PAGES).len(), 40);
        }
    }

    #[test]
    fn many_processes_may_open_a_new_log_at_once() {
        for _ in 0..30 {
            let folder = tempfile::tempdir().unwrap();
            let start = Barrier::new(4);
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        start.wait();
                        EmbeddedLog::attach(folder.path(), Clock::system(), Health::default()).unwrap();
                    });
                }
            });
        }
    }

    /// SQLite's lock goes to whoever asks at the right moment: without turns the guest waits for seconds.
    #[test]
    fn a_process_that_commits_and_commits_lets_others_in_between() {
        let site = Site::embedded();
        let busy = site.open();
        let guest = EmbeddedLog::attach(&site.folder(), Clock::system(), Health::default()).unwrap();
        let (ended, commits) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            // Several threads, so that another commit follows at once.
            for _ in 0..4 {
                scope.spawn(|| {
                    let much: Vec<_> = (0..50).map(|n| record(topic::PAGES, &n.to_string(), &noise(40_000))).collect();
                    while !ended.load(Ordering::Relaxed) && commits.load(Ordering::Relaxed) < 2_000 {
                        busy.append(&much).unwrap();
                        commits.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            until("the first commits", || commits.load(Ordering::Relaxed) > 2);
            let before = commits.load(Ordering::Relaxed);
            (0..20).for_each(|_| guest.append(&numbered(topic::ARTICLES_CLEAN, 0..1, 1)).unwrap());
            let meanwhile = commits.load(Ordering::Relaxed) - before;
            ended.store(true, Ordering::Relaxed);
            assert!(meanwhile <= 40, "{meanwhile} commits of one process while the other made 20");
        });
    }

    /// Letters that do not compress.
    fn noise(length: usize) -> String {
        let mut draw = fastrand::Rng::with_seed(7);
        (0..length).map(|_| draw.alphanumeric()).collect()
    }
}

mod kafka {
    use super::*;

    log_contract!(Site::kafka());

    /// The predecessor's transaction is prepared but its marker is not written yet, or it is still open: the successor's
    /// table must hold what that transaction wrote, or nothing of it, and never half.
    #[test]
    fn a_table_is_restored_behind_the_predecessors_transaction() {
        let site = Site::kafka();
        let log = site.open();
        log.append(&numbered(topic::ARTICLES_CLEAN, 0..40, 8)).unwrap();
        // Dies with its transaction open: only the broker's time-out or the next worker's start can end it.
        let steps = Steps::with(|at| if at == Step::BeforeCommit { Err(pipeline::Crash(at)) } else { Ok(()) });
        let mut dead = Hand::join(&log, "0", steps);
        dead.own(4);
        let taken = dead.take(40);
        let commit = dead.commit_of(&taken);
        assert!(dead.commit(&commit).is_err());
        let Hand { member, committer, .. } = dead;
        drop(member);
        std::mem::forget(committer); // the producer lives on, and with it the open transaction
        let other = site.open();
        let stop = Stop::new();
        let next = worker(&other, "another", &stop, Steps::none());
        let metrics = next.metrics.clone();
        let handle = spawn(HandCount::work(), next);
        until("counted behind the open transaction", || metrics.stage("hand").of(Outcome::Done) == 40);
        stop.set();
        handle.join().unwrap().unwrap();
        for (key, values) in by_key(&read_all(&*log, topic::ARTICLES_ENRICHED)) {
            let counts: Vec<_> = values.iter().map(|value| value.rsplit('#').next().unwrap().to_owned()).collect();
            assert_eq!(counts, ["1", "2", "3", "4", "5"], "{key}: the table held rows of an undone transaction");
        }
    }
}

/// [`Count`] under the name that [`Hand`] uses, so that it takes the hand's partitions over.
struct HandCount(Count);

impl HandCount {
    fn work() -> pipeline::KeyedWork<Self> {
        pipeline::KeyedWork::new(Arc::new(Self(Count { expires: Duration::from_secs(3600) })))
    }
}

impl pipeline::Keyed for HandCount {
    const NAME: &'static str = "hand";
    const INPUTS: &'static [&'static str] = Count::INPUTS;
    const TABLE: &'static str = Count::TABLE;
    type In = RawRecord;
    type Out = schemas::Encoded;
    type Row = crate::support::Counted;
    type Index = pipeline::Timers<Self::Row>;
    type Prepared = RawRecord;
    type Errand = pipeline::Never;
    type Answer = pipeline::Never;

    fn index(&self) -> Self::Index {
        self.0.index()
    }

    fn prepare(&self, record: RawRecord, table: &pipeline::PeekOf<'_, Self>) -> Result<RawRecord, pipeline::Refusal> {
        self.0.prepare(record, table)
    }

    fn apply(
        &self,
        record: RawRecord,
        table: &mut pipeline::TableOf<'_, Self>,
        now: schemas::Timestamp,
    ) -> Result<Vec<schemas::Encoded>, pipeline::Refusal> {
        self.0.apply(record, table, now)
    }
}

impl Site {
    /// The log once more while the first handle lives, as a second process would open it.
    fn open_second(&self) -> Result<Arc<dyn Log>, LogError> {
        match self {
            Self::Kafka(_) => Ok(self.open()),
            Self::Embedded(folder) => {
                let health = pipeline::Health::default();
                let log = pipeline::embedded::EmbeddedLog::open(folder.path(), pipeline::Clock::system(), health)?;
                Ok(Arc::new(log))
            }
        }
    }

    /// Lets the log's own compaction run over the table.
    fn compact(&self) {
        let Self::Kafka(settings) = self else { return }; // an embedded table is rows already
        let table = format!("{}{}", settings.prefix, topic::REVISIONS);
        crate::broker::set_topic(
            &settings.brokers,
            &table,
            &[
                ("segment.bytes", "1048576"),
                ("segment.ms", "100"),
                ("min.cleanable.dirty.ratio", "0.01"),
                ("delete.retention.ms", "0"),
            ],
        );
        // The cleaner passes over closed segments only, so a few records more push the old ones into its reach.
        let log = self.open();
        let before = read_all(&*log, topic::REVISIONS).len();
        until("the broker compacts", || {
            for partition in (0..PARTITIONS).map(Partition) {
                let mut nudge = record(topic::REVISIONS, "nudge", "x");
                (nudge.partition, nudge.record.value) = (Some(partition), None);
                log.append(&[nudge]).unwrap();
            }
            std::thread::sleep(Duration::from_millis(300));
            read_all(&*log, topic::REVISIONS).iter().filter(|d| d.record.key != "nudge").count() < before / 2
        });
    }
}
