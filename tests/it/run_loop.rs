//! The run loop on the embedded log and on Kafka: what happens to each record, and a crash at every step.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pipeline::{
    Clock, Crash, DeadLetterLimit, Ended, KeyedWork, Limits, Log, LogError, Metrics, Outcome, Partition, RunError,
    Step, Steps, Stop,
    faults::{Fault, Faults},
    replay,
};
use schemas::{DeadLetter, Timestamp, topic};

use crate::support::{
    Count, Shelf, Site, by_key, collect, count, numbered, pass, patiently, read_all, record, run_until_done, spawn,
    text, until, worker,
};

#[test]
fn every_record_ends_once_and_is_counted_once() {
    let site = Site::embedded();
    let log = site.open();
    for (n, value) in ["1", "drop", "reject", "2", "panic", "retry", "3"].iter().enumerate() {
        log.append(&[record(topic::PAGES, &format!("k{n}"), value)]).unwrap();
    }
    let stop = Stop::new();
    let worker = worker(&log, "0", &stop, Steps::none());
    let metrics = worker.metrics.clone();
    let running = spawn(pass(), worker);
    until("all ended", || metrics.stage("pass").ended().values().sum::<u64>() == 7);
    stop.set();
    running.join().unwrap().unwrap();

    let ended: BTreeMap<_, _> = metrics
        .stage("pass")
        .ended()
        .into_iter()
        .map(|(Ended { outcome, reason }, n)| ((outcome, reason), n))
        .collect();
    let expected = [
        ((Outcome::Done, "ok"), 3),
        ((Outcome::Dropped, "unwanted"), 1),
        ((Outcome::Refused, "never_good"), 1),
        ((Outcome::Refused, "not_yet"), 1),
        ((Outcome::Refused, "panic"), 1),
    ];
    assert_eq!(ended, BTreeMap::from(expected));
    assert_eq!(metrics.stage("pass").waiting(), 0);
    let passed: BTreeSet<_> = by_key(&read_all(&*log, topic::ARTICLES_CLEAN)).into_values().flatten().collect();
    assert_eq!(passed, ["1", "2", "3"].map(str::to_owned).into());

    let letters = read_all(&*log, topic::DEAD_LETTERS);
    let mut seen = BTreeMap::new();
    for letter in &letters {
        let header = DeadLetter::of(&letter.record).unwrap();
        assert_eq!((header.stage.as_str(), header.source.topic.as_str()), ("pass", "pages"));
        seen.insert(text(letter.record.value.as_deref().unwrap()), (header.class, header.attempts));
    }
    let expected = [("panic", ("panic", 1)), ("reject", ("rejected", 1)), ("retry", ("retries_spent", 3))];
    assert_eq!(seen, expected.map(|(v, (class, n))| (v.to_owned(), (class.to_owned(), n))).into());
}

#[test]
fn a_replayed_letter_is_read_by_its_stage_alone() {
    let site = Site::embedded();
    let log = site.open();
    log.append(&[record(topic::PAGES, "k", "reject")]).unwrap();
    let run = |stop: &Stop, want: u64| {
        let worker = worker(&log, "0", stop, Steps::none());
        let metrics = worker.metrics.clone();
        let running = spawn(pass(), worker);
        until("ended", || metrics.stage("pass").ended().values().sum::<u64>() == want);
        stop.set();
        running.join().unwrap().unwrap();
        metrics.stage("pass").ended()
    };
    run(&Stop::new(), 1);
    let letter = read_all(&*log, topic::DEAD_LETTERS).remove(0).record;
    let mut mended = replay(&letter).unwrap();
    mended.record.value = Some("mended".into());
    let mut foreign = mended.clone();
    foreign.record.headers = vec![(schemas::REPLAY_FOR.to_owned(), "another".into())];
    log.append(&[mended, foreign]).unwrap();
    let ended = run(&Stop::new(), 2);
    assert_eq!(ended.get(&Ended { outcome: Outcome::Done, reason: "ok" }), Some(&1));
    assert_eq!(ended.get(&Ended { outcome: Outcome::Dropped, reason: "replayed_for_another" }), Some(&1));
}

#[test]
fn too_many_letters_in_a_row_stop_the_stage_and_move_none() {
    let site = Site::embedded();
    let log = site.open();
    let bad: Vec<_> = (0..30).map(|n| record(topic::PAGES, &format!("k{n}"), "reject")).collect();
    log.append(&bad).unwrap();
    let limited = pipeline::Worker {
        dead_letters: DeadLetterLimit { in_a_row_max: 20 },
        ..worker(&log, "0", &Stop::new(), Steps::none())
    };
    let error = pipeline::run(pass(), &limited).unwrap_err();
    assert!(matches!(error, RunError::DeadLetters { stage: "pass", reason: "never_good", .. }), "{error}");
    assert!(error.to_string().contains("it is") || error.to_string().contains("wrong setting or a bug"));
    let letters = read_all(&*log, topic::DEAD_LETTERS).len();
    assert!(letters <= 20, "{letters} were moved");
}

#[test]
fn what_a_refused_record_changed_in_the_table_is_undone() {
    let site = Site::embedded();
    let log = site.open();
    for value in ["1", "reject after put", "2"] {
        log.append(&[record(topic::ARTICLES_CLEAN, "k", value)]).unwrap();
    }
    let stop = Stop::new();
    let worker = worker(&log, "0", &stop, Steps::none());
    let metrics = worker.metrics.clone();
    let running = spawn(count(), worker);
    until("ended", || metrics.stage("count").ended().values().sum::<u64>() == 3);
    stop.set();
    running.join().unwrap().unwrap();
    assert_eq!(by_key(&read_all(&*log, topic::ARTICLES_ENRICHED))["k"], ["1#1", "2#2"]);
}

#[test]
fn rows_expire_by_the_clock_and_stay_gone_after_a_restart() {
    let site = Site::embedded();
    let log = site.open();
    let clock = Clock::fixed(Timestamp::from_millis(1_000_000));
    log.append(&[record(topic::ARTICLES_CLEAN, "k", "a")]).unwrap();
    let run = |want: u64, until_rows: Option<usize>| {
        let stop = Stop::new();
        let worker = pipeline::Worker { clock: clock.clone(), ..worker(&log, "0", &stop, Steps::none()) };
        let metrics = worker.metrics.clone();
        let work = KeyedWork::new(Arc::new(Count { expires: Duration::from_secs(60) }));
        let running = spawn(work, worker);
        until("ended", || metrics.stage("count").ended().values().sum::<u64>() == want);
        if let Some(rows) = until_rows {
            until("rows", || read_all(&*log, topic::REVISIONS).len() == rows);
        }
        stop.set();
        running.join().unwrap().unwrap();
    };
    run(1, Some(1));
    clock.set(Timestamp::from_millis(1_000_000 + 61_000));
    run(0, Some(0));
    log.append(&[record(topic::ARTICLES_CLEAN, "k", "b")]).unwrap();
    run(1, None);
    assert_eq!(by_key(&read_all(&*log, topic::ARTICLES_ENRICHED))["k"], ["a#1", "b#1"], "counted from one again");
}

/// Crashes the nth time a step is reached, over all workers.
fn crash_at(step: Step, nth: u32) -> Steps {
    let reached = AtomicU32::new(0);
    Steps::with(
        move |at| {
            if at == step && reached.fetch_add(1, Ordering::SeqCst) + 1 == nth { Err(Crash(at)) } else { Ok(()) }
        },
    )
}

/// Three stages in a row over the log, one of them with a table and one with a store: run, crash, run again, compare.
fn crash_and_compare(site: &Site, records: u32, limit: usize, step: Step, nth: u32) -> bool {
    const KEYS: u32 = 7;
    let shelf = Arc::new(Mutex::new(Shelf::default()));
    let steps = crash_at(step, nth);
    let log = site.open();
    log.append(&numbered(topic::PAGES, 0..records, KEYS)).unwrap();
    let want = usize::try_from(records).unwrap();
    let mut crashed = false;
    // Each turn is a process: its stages run until one crashes (then all end, as a process does) or all is done.
    for turn in 0..4 {
        let log = if turn == 0 { Arc::clone(&log) } else { site.open_again(&log) };
        let stop = Stop::new();
        let steps = if turn == 0 { steps.clone() } else { Steps::none() };
        let make = |name: &str| pipeline::Worker {
            limits: Limits { records_max: limit, ceiling: Duration::from_millis(20), ..Limits::STAGE },
            ..worker(&log, name, &stop, steps.clone())
        };
        let workers = [spawn(pass(), make("0")), spawn(count(), make("0")), spawn(collect(&shelf), make("0"))];
        until("crash or end", || {
            workers.iter().any(std::thread::JoinHandle::is_finished) || shelf.lock().unwrap().rows.len() >= want
        });
        if step == Step::DuringDrain {
            thread::sleep(Duration::from_millis(20));
        }
        stop.set();
        let results: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        for result in results {
            match result {
                Ok(()) => {}
                Err(RunError::Log(LogError::Crash(_))) => crashed = true,
                Err(other) => panic!("{step:?} {nth}: {other}"),
            }
        }
        if turn > 0 && shelf.lock().unwrap().rows.len() >= want {
            break;
        }
    }
    let shelf = shelf.lock().unwrap();
    let mut stored = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in &shelf.rows {
        stored.entry(key.clone()).or_default().push(value.clone());
    }
    let expected: BTreeMap<_, _> = (0..KEYS)
        .map(|key| {
            let of_key = (0..records).filter(|n| n % KEYS == key).enumerate();
            (format!("k{key}"), of_key.map(|(i, n)| format!("{n}#{}", i + 1)).collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(stored, expected, "{step:?} {nth}");
    assert_eq!(by_key(&read_all(&*log, topic::ARTICLES_ENRICHED)), expected, "{step:?} {nth}");
    crashed
}

impl Site {
    /// The log after the process that had it has died; in one test process the old handle is still there.
    fn open_again(&self, log: &Arc<dyn pipeline::Log>) -> Arc<dyn pipeline::Log> {
        if self.is_kafka() { self.open() } else { Arc::clone(log) }
    }
}

#[test]
fn a_crash_at_every_step_loses_and_doubles_nothing_on_the_embedded_log() {
    let mut never = BTreeSet::from(Step::ALL);
    for step in Step::ALL {
        for nth in [1, 2, 3, 5, 8, 13] {
            let site = Site::embedded();
            if crash_and_compare(&site, 60, 5, step, nth) {
                never.remove(&step);
            }
        }
    }
    // What SQLite's one transaction has no separate moment for.
    assert_eq!(never, BTreeSet::from([Step::MidCommit, Step::AfterTake, Step::DuringAbort]));
}

#[test]
fn a_store_that_is_ahead_of_its_log_is_refused() {
    let site = Site::embedded();
    let log = site.open();
    let shelf = Arc::new(Mutex::new(Shelf::default()));
    shelf.lock().unwrap().positions.insert((topic::ARTICLES_ENRICHED.to_owned(), 1), 9);
    let error = pipeline::run(collect(&shelf), &worker(&log, "0", &Stop::new(), Steps::none())).unwrap_err();
    assert_eq!(error.exit_code(), 74);
    assert!(error.to_string().contains("ahead of its log"), "{error}");
}

#[test]
fn a_new_store_gets_what_the_log_still_holds_and_letters_are_not_doubled() {
    let site = Site::embedded();
    let log = site.open();
    let run = |shelf: &Arc<Mutex<Shelf>>, want: usize| {
        let stop = Stop::new();
        let running = spawn(collect(shelf), worker(&log, "0", &stop, Steps::none()));
        until("stored", || shelf.lock().unwrap().rows.len() >= want);
        stop.set();
        running.join().unwrap().unwrap();
    };
    log.append(&numbered(topic::ARTICLES_ENRICHED, 0..20, 5)).unwrap();
    let first = Arc::new(Mutex::new(Shelf::default()));
    run(&first, 20);
    let second = Arc::new(Mutex::new(Shelf::default()));
    log.append(&numbered(topic::ARTICLES_ENRICHED, 20..25, 5)).unwrap();
    run(&second, 25);
    run(&first, 25);
    let sorted = |shelf: &Arc<Mutex<Shelf>>| {
        let mut rows = shelf.lock().unwrap().rows.clone();
        rows.sort();
        rows
    };
    assert_eq!(sorted(&first), sorted(&second));
    assert_eq!(sorted(&first).len(), 25);
}

#[test]
fn a_commit_that_never_ends_is_given_up_at_a_stop_and_comes_again() {
    let site = Site::embedded();
    let log = site.open();
    log.append(&numbered(topic::PAGES, 0..10, 7)).unwrap();
    let stuck: Arc<dyn Log> = Arc::new(Faults::new(Arc::clone(&log), |_| Fault::Slow(Duration::from_secs(300))));
    let stop = Stop::new();
    let first = worker(&stuck, "0", &stop, Steps::none());
    let metrics = first.metrics.clone();
    let running = spawn(pass(), first);
    until("in hand", || metrics.stage("pass").waiting() > 0);
    let since = Instant::now();
    stop.set();
    running.join().unwrap().unwrap();
    assert!(since.elapsed() < Duration::from_secs(20), "{:?}", since.elapsed());
    run_until_done(pass(), worker(&log, "1", &Stop::new(), Steps::none()), 10);
}

mod kafka {
    use super::*;

    #[test]
    fn a_crash_at_every_step_loses_and_doubles_nothing_on_kafka() {
        let mut never = BTreeSet::from(Step::ALL);
        for (i, step) in Step::ALL.into_iter().enumerate() {
            let site = Site::kafka();
            let seldom = [Step::DuringRebalance, Step::DuringRestore, Step::DuringDrain].contains(&step);
            let nth = if seldom { 1 + u32::try_from(i % 2).unwrap() } else { [1, 3, 2, 5][i % 4] };
            if crash_and_compare(&site, 40, 5, step, nth) {
                never.remove(&step);
            }
        }
        assert!(
            never.is_subset(&BTreeSet::from([Step::MidCommit, Step::AfterTake, Step::DuringAbort])),
            "never reached: {never:?}"
        );
    }

    /// Retention takes the last records and the marker behind them long after they were read: that is no gap.
    #[test]
    fn a_topic_that_has_been_quiet_for_longer_than_its_retention_is_no_gap() {
        let site = Site::kafka();
        let log = site.open();
        log.append(&numbered(topic::PAGES, 0..40, 7)).unwrap();
        let stop = Stop::new();
        let (first, second) = (worker(&log, "0", &stop, Steps::none()), worker(&log, "0", &stop, Steps::none()));
        let metrics = second.metrics.clone();
        let running = [spawn(pass(), first), spawn(count(), second)];
        until("counted", || metrics.stage("count").of(Outcome::Done) == 40);
        let ends: Vec<_> = (0..crate::support::PARTITIONS)
            .map(|n| patiently(|| log.bounds(topic::ARTICLES_CLEAN, Partition(n))).end)
            .collect();
        until("positions stand behind the markers", || {
            ends.iter().zip(0..).all(|(end, n)| {
                let stands = patiently(|| log.position("count", topic::ARTICLES_CLEAN, Partition(n)));
                end.0 == 0 || stands == Some(*end)
            })
        });
        stop.set();
        for handle in running {
            handle.join().unwrap().unwrap();
        }
        site.delete_records(topic::ARTICLES_CLEAN);
        log.append(&numbered(topic::ARTICLES_CLEAN, 40..50, 7)).unwrap();
        run_until_done(count(), worker(&log, "0", &Stop::new(), Steps::none()), 10);
    }

    /// A table may take any time to be read back before delivery starts, and a broker any time to answer. Where librdkafka
    /// was given an offset by name (the end), it asks again half a second after an answer that came too late, and that
    /// answer would move a partition in which delivery had started meanwhile.
    #[test]
    fn delivery_starts_where_the_stage_stands_however_late_the_broker_answers() {
        const ANSWER: Duration = Duration::from_millis(60);
        let (broker, proxy) = crate::broker::Broker::start_behind_proxy();
        let sites: Vec<_> = (0..16).map(|_| Site::kafka_at(&broker.address())).collect();
        proxy.delay(ANSWER);
        let start = |site: Site, n| {
            let log = site.open();
            let stop = Stop::new();
            let steps = Steps::with(move |step| {
                if step == Step::DuringRestore {
                    thread::sleep(ANSWER / 2 * n);
                }
                Ok(())
            });
            let worker = worker(&log, "0", &stop, steps);
            let metrics = worker.metrics.clone();
            let running = spawn(pass(), worker);
            for n in 0..30 {
                log.append(&numbered(topic::PAGES, n * 4..n * 4 + 4, 7)).unwrap();
            }
            until("all are done", || metrics.stage("pass").of(Outcome::Done) == 120);
            stop.set();
            running.join().unwrap().unwrap();
        };
        thread::scope(|scope| {
            for (site, n) in sites.into_iter().zip(0..) {
                scope.spawn(move || start(site, n));
            }
        });
    }

    #[test]
    fn a_position_outside_the_log_stops_the_stage_and_names_the_gap() {
        let site = Site::kafka();
        let log = site.open();
        log.append(&numbered(topic::PAGES, 0..40, 7)).unwrap();
        run_until_done(pass(), worker(&log, "0", &Stop::new(), Steps::none()), 40);
        log.append(&numbered(topic::PAGES, 40..80, 7)).unwrap();
        site.delete_records(topic::PAGES);
        let error = pipeline::run(pass(), &worker(&log, "0", &Stop::new(), Steps::none())).unwrap_err();
        assert!(matches!(error, RunError::Log(LogError::Gap { .. })), "{error}");
        assert_eq!(error.exit_code(), 74);
    }
}

impl Site {
    /// Deletes all records of a topic, as a retention that is too short does.
    fn delete_records(&self, topic: &str) {
        use rdkafka::{
            ClientConfig, Offset, TopicPartitionList,
            admin::{AdminClient, AdminOptions},
            client::DefaultClientContext,
        };
        let Self::Kafka(settings) = self else { unreachable!("Kafka alone deletes what a stage has not read") };
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &settings.brokers).create().unwrap();
        let log = self.open();
        let mut list = TopicPartitionList::new();
        for partition in 0..crate::support::PARTITIONS {
            let end = patiently(|| log.bounds(topic, Partition(partition))).end.0;
            let name = format!("{}{topic}", settings.prefix);
            list.add_partition_offset(&name, partition.cast_signed(), Offset::Offset(end)).unwrap();
        }
        let runtime = tokio_block(admin.delete_records(&list, &AdminOptions::new()));
        runtime.unwrap();
    }
}

fn tokio_block<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn metrics_of_a_worker_that_nobody_scrapes_are_counted_all_the_same() {
    assert_eq!(Metrics::unregistered().stage("none").waiting(), 0);
}
