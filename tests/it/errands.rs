//! Slow outside work between two commits: an errand leaves once its take is committed, its answer is applied once, and a
//! crash at any step loses neither.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use pipeline::{
    Crash, Due, Keyed, KeyedWork, Log, Outside, PeekOf, Pool, Refusal, RunError, Step, Steps, Stop, TableOf, Ticket,
    Timers,
};
use schemas::{Encoded, RawRecord, Timestamp, topic};
use serde::{Deserialize, Serialize};

use crate::support::{Site, by_key, numbered, read_all, record, spawn, text, until, worker};

/// After so long without an answer a row is taken again.
const LEASE: Duration = Duration::from_millis(300);

/// Asks outside about each key that it reads, and passes on what the answer says.
struct Ask;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Asked {
    due: Option<Timestamp>,
    taken: Option<(u32, Timestamp)>,
}

impl Keyed for Ask {
    const NAME: &'static str = "ask";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_CLEAN];
    const TABLE: &'static str = topic::REVISIONS;
    type In = RawRecord;
    type Out = Encoded;
    type Row = Asked;
    type Index = Timers<Asked>;
    type Prepared = RawRecord;
    type Errand = u32;
    type Answer = (u32, String);

    fn index(&self) -> Timers<Asked> {
        Timers::new(|row| row.due.or(row.taken.map(|(_, at)| at.plus(LEASE))))
    }

    fn prepare(&self, record: RawRecord, _: &PeekOf<'_, Self>) -> Result<RawRecord, Refusal> {
        Ok(record)
    }

    fn apply(&self, record: RawRecord, table: &mut TableOf<'_, Self>, now: Timestamp) -> Result<Vec<Encoded>, Refusal> {
        table.put(&record.key, Asked { due: Some(now), taken: None });
        Ok(Vec::new())
    }

    fn due(
        &self,
        key: &[u8],
        row: Asked,
        table: &mut TableOf<'_, Self>,
        now: Timestamp,
    ) -> Result<Due<Encoded, u32>, Refusal> {
        if text(key).starts_with("stubborn") {
            return Err(Refusal::Reject("never", "as told".to_owned()));
        }
        let attempt = row.taken.map_or(0, |(attempt, _)| attempt) + 1;
        table.put(key, Asked { due: None, taken: Some((attempt, now)) });
        Ok(Due { outputs: Vec::new(), errand: Some(attempt) })
    }

    fn answered(
        &self,
        key: &[u8],
        (attempt, said): &(u32, String),
        table: &mut TableOf<'_, Self>,
        _: Timestamp,
    ) -> Result<Vec<Encoded>, Refusal> {
        if table.get(key).and_then(|row| row.taken).is_none_or(|(taken, _)| taken != *attempt) {
            return Ok(Vec::new());
        }
        table.put(key, Asked { due: None, taken: None });
        let record = RawRecord { key: key.to_vec().into(), value: Some(said.clone().into()), headers: Vec::new() };
        Ok(vec![Encoded { topic: topic::ARTICLES_ENRICHED, record }])
    }

    fn recalled(&self, key: &[u8], table: &mut TableOf<'_, Self>, now: Timestamp) {
        table.put(key, Asked { due: Some(now), taken: None });
    }
}

/// The world outside: it remembers what it was asked, across all crashes, and answers a little later.
#[derive(Clone, Default)]
struct World {
    asked: Arc<Mutex<Vec<String>>>,
    under_way: VecDeque<(Ticket, u32)>,
}

impl Outside<u32, (u32, String)> for World {
    fn room(&self) -> usize {
        4 - self.under_way.len()
    }

    fn under_way(&self) -> usize {
        self.under_way.len()
    }

    fn has(&self, ticket: &Ticket) -> bool {
        self.under_way.iter().any(|(other, _)| other == ticket)
    }

    fn send(&mut self, ticket: Ticket, errand: u32) {
        self.asked.lock().unwrap().push(ticket.to_string());
        self.under_way.push_back((ticket, errand));
        assert!(self.under_way.len() <= 4, "more than there is room for");
    }

    fn answer(&mut self) -> Option<(Ticket, (u32, String))> {
        let (ticket, attempt) = self.under_way.pop_front()?;
        let said = format!("about {ticket}");
        Some((ticket, (attempt, said)))
    }

    fn recall(&mut self) -> Vec<Ticket> {
        self.under_way.drain(..).map(|(ticket, _)| ticket).collect()
    }
}

fn asking(world: &World) -> KeyedWork<Ask> {
    KeyedWork::with_outside(Arc::new(Ask), Box::new(World { asked: Arc::clone(&world.asked), ..World::default() }))
}

fn answered(log: &Arc<dyn Log>) -> BTreeMap<String, Vec<String>> {
    by_key(&read_all(&**log, topic::ARTICLES_ENRICHED))
}

/// Lets a worker crash at the nth time that it comes to `step`, and another go on. Whether it came to it.
fn crash_and_go_on(step: Step, nth: u32) -> bool {
    let site = Site::embedded();
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..12, 12)).unwrap();
    let world = World::default();
    let times = Mutex::new(0);
    let steps = Steps::with(move |at| {
        let mut times = times.lock().unwrap();
        *times += u32::from(at == step);
        if at == step && *times == nth { Err(Crash(step)) } else { Ok(()) }
    });
    let stop = Stop::new();
    let first = spawn(asking(&world), worker(&log, "0", &stop, steps));
    until("crashed or done", || first.is_finished() || answered(&log).len() == 12);
    stop.set();
    let crashed = first.join().unwrap().is_err();
    let stop = Stop::new();
    let second = spawn(asking(&world), worker(&log, "0", &stop, Steps::none()));
    until("answered", || answered(&log).len() == 12);
    stop.set();
    second.join().unwrap().unwrap();
    for (key, said) in answered(&log) {
        assert_eq!(said, [format!("about {key}")], "{step:?} {nth}: once");
    }
    let asked = world.asked.lock().unwrap();
    let twice = asked.len() - asked.iter().collect::<BTreeSet<_>>().len();
    assert!(twice <= 4, "{step:?} {nth}: no more is asked again than was under way: {asked:?}");
    crashed
}

#[test]
fn a_crash_at_every_step_loses_no_errand_and_applies_no_answer_twice() {
    let mut never = BTreeSet::from(Step::ALL);
    for step in Step::ALL {
        for nth in [1, 2, 3, 5] {
            if crash_and_go_on(step, nth) {
                never.remove(&step);
            }
        }
    }
    assert_eq!(never, BTreeSet::from([Step::MidCommit, Step::DuringAbort, Step::AfterStoreWrite]));
}

#[test]
fn what_is_under_way_at_a_stop_waits_again_at_once() {
    let site = Site::embedded();
    let log = site.open();
    log.append(&[record(topic::ARTICLES_CLEAN, "k", "1")]).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let never = Pool::new(runtime.handle().clone(), 4, |attempt: u32| async move {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        (attempt, String::new())
    });
    let stop = Stop::new();
    let first = worker(&log, "0", &stop, Steps::none());
    let metrics = first.metrics.clone();
    let running = spawn(KeyedWork::with_outside(Arc::new(Ask), Box::new(never)), first);
    until("taken", || metrics.stage("ask").commits() >= 1);
    stop.set();
    running.join().unwrap().unwrap();
    let row = &read_all(&*log, topic::REVISIONS)[0].record;
    let row: Asked = serde_json::from_slice(row.value.as_deref().unwrap()).unwrap();
    assert!(row.due.is_some() && row.taken.is_none(), "{row:?}");
}

#[test]
fn an_errand_that_panics_is_taken_again_and_keeps_no_place() {
    let site = Site::embedded();
    let log = site.open();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..6, 6)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let panics_once = Pool::new(runtime.handle().clone(), 1, |attempt: u32| async move {
        assert!(attempt > 1, "as told");
        (attempt, "at last".to_owned())
    });
    let stop = Stop::new();
    let work = KeyedWork::with_outside(Arc::new(Ask), Box::new(panics_once));
    let running = spawn(work, worker(&log, "0", &stop, Steps::none()));
    until("answered", || answered(&log).len() == 6);
    stop.set();
    running.join().unwrap().unwrap();
}

#[test]
fn rows_that_their_stage_refuses_rest_and_keep_nobody_from_their_turn() {
    let site = Site::embedded();
    let log = site.open();
    let stubborn: Vec<_> = (0..1_500).map(|n| record(topic::ARTICLES_CLEAN, &format!("stubborn {n}"), "1")).collect();
    log.append(&stubborn).unwrap();
    log.append(&numbered(topic::ARTICLES_CLEAN, 0..12, 12)).unwrap();
    let world = World::default();
    let stop = Stop::new();
    let running = spawn(asking(&world), worker(&log, "0", &stop, Steps::none()));
    until("the others are answered", || answered(&log).len() == 12);
    stop.set();
    let ended: Result<(), RunError> = running.join().unwrap();
    ended.unwrap();
}
