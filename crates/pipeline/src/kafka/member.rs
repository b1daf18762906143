//! One worker's membership in a stage's consumer group.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Message, Offset as KafkaOffset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer as _, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
    types::RDKafkaRespErr,
};

use super::{
    Inner, client,
    client::REQUEST,
    committer::KafkaCommitter,
    lag::Lags,
    restore::{Restorer, only_markers},
};
use crate::{
    Committer, Delivery, EachRow, Event, Gate, Health, Join, LogError, Member, Offset, Partition, Place, Step, Steps,
    Stop, Token,
};

/// How long a revocation waits for the open transaction; past it, the broker refuses the commit.
const REVOKE_WAIT: Duration = Duration::from_secs(30);
/// One poll hands over at most this.
const RECORDS_MAX: usize = 1_000;
/// And at most this (bytes).
const BYTES_MAX: usize = 4 << 20;
/// Records that are kept while the worker waits; past it, partitions are paused.
const KEPT_MAX: usize = 8;
/// How often it is looked whether something stands in partitions of which nothing comes.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// How long a record that stands there is waited for, before delivery is started anew.
const LATE_MAX: Duration = Duration::from_secs(2);
/// Between two polls of that wait.
const LATE_POLL: Duration = Duration::from_millis(10);

/// What librdkafka's callbacks tell the worker. They run inside `poll`, on the worker's own thread.
pub(super) struct Context {
    who: String,
    /// Under which name a wait for the brokers is said: apart from the waits of the committing thread.
    waits_as: String,
    /// And a wait for records that are held back.
    held_as: String,
    transaction_timeout: Duration,
    health: Health,
    brokers: String,
    gate: Gate,
    steps: Steps,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    changes: VecDeque<Change>,
    lags: Lags,
    crash: Option<crate::Crash>,
}

enum Change {
    Assigned(Vec<(String, i32)>, Token),
    Revoked(Vec<(String, i32)>),
}

impl Context {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// Takes the partitions, paused: nothing is delivered before the table stands and the worker has said where to
    /// start. Until then their position is a number, whatever stands there. One that the broker must be asked for (the end)
    /// would be asked for again half a second after its answer came too late, and that answer would move a partition in
    /// which delivery had started: librdkafka sees that the late one is outdated, and starts the question anew.
    fn assigned(&self, consumer: &BaseConsumer<Self>, list: &mut TopicPartitionList) {
        let taken = list
            .set_all_offsets(KafkaOffset::Offset(0))
            .and_then(|()| consumer.assign(list))
            .and_then(|()| if list.count() > 0 { consumer.pause(list) } else { Ok(()) });
        if let Err(error) = taken {
            tracing::warn!(worker = self.who, "new partitions cannot be taken: {error}");
        }
        let token = token_of(consumer);
        self.told().changes.push_back(Change::Assigned(partitions(list), token));
    }

    /// Lets the partitions go, after the transaction that is open.
    fn revoked(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        self.gate.wait(REVOKE_WAIT);
        if let Err(crash) = self.steps.at(Step::DuringRebalance) {
            self.told().crash = Some(crash);
        }
        if let Err(error) = consumer.unassign() {
            tracing::warn!(worker = self.who, "old partitions cannot be let go: {error}");
        }
        let mut told = self.told();
        told.lags = Lags::default();
        told.changes.push_back(Change::Revoked(partitions(list)));
    }
}

fn token_of(consumer: &BaseConsumer<Context>) -> Token {
    consumer.group_metadata().map_or_else(no_token, |group| Token(Arc::new(group)))
}

/// A membership that no commit is accepted under.
fn no_token() -> Token {
    Token(Arc::new(()))
}

fn partitions(list: &TopicPartitionList) -> Vec<(String, i32)> {
    list.elements().iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::Plain.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(worker = self.who, "librdkafka: {error}: {reason}");
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            self.health.waiting(&self.waits_as, &format!("no broker at {} answers", self.brokers));
        }
    }

    fn stats(&self, statistics: Statistics) {
        if statistics.brokers.values().any(|broker| broker.state == "UP") {
            self.health.going(&self.waits_as);
        }
        let now = Instant::now();
        let held = {
            let lags = &mut self.told().lags;
            lags.see(&statistics, now);
            lags.held(self.transaction_timeout, now)
        };
        match held {
            Some(held) => self.health.waiting(&self.held_as, &held),
            None => self.health.going(&self.held_as),
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.assigned(consumer, list);
        } else {
            self.revoked(consumer, list);
        }
    }

    fn main_queue_min_poll_interval(&self) -> rdkafka::util::Timeout {
        Duration::from_millis(200).into()
    }
}

pub(super) struct KafkaMember {
    log: Arc<Inner>,
    join: Join,
    steps: Steps,
    stop: Stop,
    consumer: BaseConsumer<Context>,
    /// The topics with prefix, by input.
    names: Vec<String>,
    /// What came while the worker waited.
    kept: VecDeque<Delivery>,
    held: bool,
    /// The next offset to be delivered, of every partition in which delivery was started.
    next: BTreeMap<Place, Offset>,
    /// The membership for what is polled now.
    token: Token,
    /// What a poll said while nothing could be done about it.
    failed: Option<KafkaError>,
    restorer: Option<Restorer>,
    /// When it was last looked whether something stands where nothing comes from, and where the positions were then.
    looked: Instant,
    stood: BTreeMap<Place, Offset>,
}

impl KafkaMember {
    pub(super) fn join(log: Arc<Inner>, join: Join, steps: Steps, stop: Stop) -> Result<Self, LogError> {
        let mut counts = Vec::new();
        for topic in join.inputs.iter().chain(join.table.iter()) {
            counts.push(log.count(topic)?);
        }
        if join.table.is_some() && counts.windows(2).any(|pair| pair[0] != pair[1]) {
            let names: Vec<_> = join.inputs.iter().chain(join.table.iter()).map(|topic| log.name(topic)).collect();
            return Err(LogError::Setup(format!(
                "the topics {names:?} must have equal partition counts, not {counts:?}"
            )));
        }
        let context = Context {
            who: format!("{}/{}", join.stage, join.worker),
            waits_as: format!("{}/{} reads", join.stage, join.worker),
            held_as: format!("{}/{} is held back", join.stage, join.worker),
            transaction_timeout: log.settings.transaction_timeout,
            health: log.health.clone(),
            brokers: log.settings.brokers.clone(),
            gate: Gate::default(),
            steps: steps.clone(),
            told: Mutex::default(),
        };
        let consumer = client::consumer(&log.settings, join.stage, context)?;
        let names: Vec<_> = join.inputs.iter().map(|topic| log.name(topic)).collect();
        let topics: Vec<&str> = names.iter().map(String::as_str).collect();
        consumer.subscribe(&topics).map_err(client::unavailable)?;
        Ok(Self {
            log,
            join,
            steps,
            stop,
            consumer,
            names,
            kept: VecDeque::new(),
            held: false,
            next: BTreeMap::new(),
            token: no_token(),
            failed: None,
            restorer: None,
            looked: Instant::now(),
            stood: BTreeMap::new(),
        })
    }

    fn place(&self, topic: &str, partition: i32) -> Option<Place> {
        let input = self.names.iter().position(|name| name == topic)?;
        Some(Place { input, partition: Partition(u32::try_from(partition).ok()?) })
    }

    fn places(&self, partitions: &[(String, i32)]) -> Vec<Place> {
        partitions.iter().filter_map(|(topic, partition)| self.place(topic, *partition)).collect()
    }

    /// Topic and number of a partition, as librdkafka knows it.
    fn name(&self, place: Place) -> (&str, i32) {
        let topic = self.names.get(place.input).map_or("", String::as_str);
        (topic, i32::try_from(place.partition.0).unwrap_or(i32::MAX))
    }

    fn list(&self, positions: &[(Place, Offset)]) -> Result<TopicPartitionList, LogError> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for (place, offset) in positions {
            let (topic, partition) = self.name(*place);
            list.add_partition_offset(topic, partition, KafkaOffset::Offset(offset.0))
                .map_err(|error| LogError::Fatal(format!("kafka: {error}")))?;
        }
        Ok(list)
    }

    /// A change of the assignment, if one was told. It stays told while the broker does not say where the stage stands.
    fn change(&mut self) -> Result<Option<Event>, LogError> {
        if let Some(crash) = self.consumer.context().told().crash.take() {
            return Err(crash.into());
        }
        let change = self.consumer.context().told().changes.pop_front();
        match change {
            None => Ok(None),
            Some(Change::Revoked(partitions)) => {
                self.kept.clear();
                self.held = false;
                self.next.clear();
                Ok(Some(Event::Revoked(self.places(&partitions))))
            }
            Some(Change::Assigned(partitions, token)) => match self.stands(&partitions) {
                Ok(assigned) => {
                    // Only now: what was polled before belongs to the membership before.
                    self.token = token;
                    Ok(Some(Event::Assigned(assigned)))
                }
                Err(LogError::Unavailable(why)) => {
                    self.log.health.waiting(&self.consumer.context().who, &why);
                    self.consumer.context().told().changes.push_front(Change::Assigned(partitions, token));
                    Ok(None)
                }
                Err(other) => Err(other),
            },
        }
    }

    /// Where the stage stands in newly assigned partitions: what is committed, or the first record. With
    /// read_committed, the broker answers only when no transaction of a predecessor is open any more.
    fn stands(&self, partitions: &[(String, i32)]) -> Result<Vec<(Place, Offset)>, LogError> {
        let mut list = TopicPartitionList::new();
        for (topic, partition) in partitions {
            list.add_partition(topic, *partition);
        }
        if partitions.is_empty() {
            return Ok(Vec::new());
        }
        let committed = self.consumer.committed_offsets(list, REQUEST).map_err(|error| {
            let timed_out = error.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut);
            if timed_out { self.undecided() } else { client::unavailable(error) }
        })?;
        let mut stands = Vec::new();
        for element in committed.elements() {
            let Some(place) = self.place(element.topic(), element.partition()) else { continue };
            element.error().map_err(client::unavailable)?;
            let (first, next) = client::watermarks(&self.consumer, element.topic(), element.partition())?;
            let offset = match element.offset() {
                KafkaOffset::Offset(offset) => offset,
                _ => first,
            };
            if offset < first {
                return Err(self.gap(place, offset, first, next));
            }
            stands.push((place, Offset(offset)));
        }
        Ok(stands)
    }

    /// No answer: librdkafka asks again by itself while a transaction that has moved these positions has not ended.
    fn undecided(&self) -> LogError {
        LogError::Unavailable(format!(
            "no broker says where {} stands: none answers, or a transaction of its workers has not ended \
             (kafka-transactions.sh find-hanging names one that never will)",
            self.join.stage
        ))
    }

    fn gap(&self, place: Place, position: i64, first: i64, next: i64) -> LogError {
        LogError::Gap {
            stage: self.join.stage.to_owned(),
            topic: self.name(place).0.to_owned(),
            partition: place.partition.0,
            position,
            first,
            next,
        }
    }

    /// What an error among the messages means.
    fn told_error(&mut self, error: &KafkaError) -> Result<(), LogError> {
        match error {
            KafkaError::PartitionEOF(_) => Ok(()),
            KafkaError::MessageConsumptionFatal(code) => Err(LogError::Fatal(format!("kafka: {code}"))),
            KafkaError::MessageConsumption(
                RDKafkaErrorCode::AutoOffsetReset
                | RDKafkaErrorCode::OffsetOutOfRange
                | RDKafkaErrorCode::LogTruncation,
            ) => self.start_again(),
            KafkaError::MessageConsumption(
                code @ (RDKafkaErrorCode::GroupAuthorizationFailed | RDKafkaErrorCode::TopicAuthorizationFailed),
            ) => Err(LogError::Setup(format!("kafka refuses {}: {code}", self.join.stage))),
            other => {
                tracing::debug!(worker = self.join.worker, "librdkafka: {other}");
                Ok(())
            }
        }
    }

    /// A position was outside the log: a gap is named, and what was said of an assignment that is no more, or could not
    /// be looked up, starts again where delivery stood, since librdkafka has given that partition up.
    fn start_again(&mut self) -> Result<(), LogError> {
        for (place, offset) in &self.next {
            let (topic, partition) = self.name(*place);
            if let Ok((first, next)) = client::watermarks(&self.consumer, topic, partition)
                && (offset.0 < first || offset.0 > next)
            {
                return Err(self.gap(*place, offset.0, first, next));
            }
        }
        self.start_where_delivery_stands()
    }

    fn start_where_delivery_stands(&mut self) -> Result<(), LogError> {
        let positions: Vec<_> = self.next.iter().map(|(place, offset)| (*place, *offset)).collect();
        if positions.is_empty() || self.is_told() {
            return Ok(());
        }
        self.assign(&positions)
    }

    fn assign(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError> {
        let list = self.list(positions)?;
        // Resumed while nothing is assigned: a resume beside an assignment under way races with librdkafka's own start of the
        // fetcher, which is dropped as outdated where its number was drawn first and its turn comes second.
        self.consumer.assign(&TopicPartitionList::new()).map_err(client::unavailable)?;
        self.consumer.resume(&list).map_err(client::unavailable)?;
        self.consumer.assign(&list).map_err(client::unavailable)
    }

    /// A message as a delivery, unless it is out of turn: of a partition in which delivery was not started, or before what
    /// was delivered of it. Around a pause or a rebalance librdkafka may hand over again what it has handed over, and what
    /// is worked on twice in one start is doubled for good.
    fn delivery(&self, message: &BorrowedMessage<'_>) -> Option<Delivery> {
        let place = self.place(message.topic(), message.partition())?;
        let offset = Offset(message.offset());
        if self.next.get(&place).is_none_or(|next| offset < *next) {
            tracing::debug!(worker = self.join.worker, "out of turn: {place:?} {offset:?}");
            return None;
        }
        Some(Delivery {
            place,
            offset,
            appended_at_ms: message.timestamp().to_millis().unwrap_or(0),
            record: client::record(message),
        })
    }

    /// Notes that a record was delivered.
    fn delivered(&mut self, delivery: &Delivery) {
        self.next.insert(delivery.place, Offset(delivery.offset.0 + 1));
    }

    fn is_told(&self) -> bool {
        let told = self.consumer.context().told();
        !told.changes.is_empty() || told.crash.is_some()
    }

    /// Polls one message, keeping what comes; for waits in which nothing may be worked on. Once a change is told, nothing
    /// more is polled: the next one must find the worker ready for it.
    fn keep_polling(&mut self) {
        if self.is_told() || self.failed.is_some() {
            return;
        }
        match self.consumer.poll(Duration::ZERO) {
            Some(Ok(message)) => {
                let delivery = self.delivery(&message);
                drop(message);
                if let Some(delivery) = delivery {
                    self.delivered(&delivery);
                    self.kept.push_back(delivery);
                }
            }
            Some(Err(KafkaError::PartitionEOF(_))) | None => {}
            Some(Err(error)) => self.failed = Some(error),
        }
    }

    /// Whether a record that stands in a partition comes by itself after all.
    fn comes(&mut self, place: Place, from: Offset) -> Result<bool, LogError> {
        let since = Instant::now();
        while since.elapsed() < LATE_MAX {
            self.stay()?;
            if self.next.get(&place).is_some_and(|next| *next > from) {
                return Ok(true);
            }
            std::thread::sleep(LATE_POLL);
        }
        Ok(false)
    }

    /// Keeps the membership while something is read beside it.
    fn stay(&mut self) -> Result<(), LogError> {
        self.keep_polling();
        if self.stop.is_set() {
            return Err(LogError::Stopping);
        }
        if self.is_told() { Err(LogError::Interrupted) } else { Ok(()) }
    }

    /// Lets delivery go on after a wait.
    fn go_on(&mut self) -> Result<(), LogError> {
        if self.held && !self.is_told() {
            let assignment = self.consumer.assignment().map_err(client::unavailable)?;
            if assignment.count() > 0 {
                self.consumer.resume(&assignment).map_err(client::unavailable)?;
            }
            self.held = false;
        }
        Ok(())
    }
}

impl Member for KafkaMember {
    fn poll(&mut self, wait: Duration) -> Result<Event, LogError> {
        if let Some(event) = self.change()? {
            return Ok(event);
        }
        if let Some(error) = self.failed.take() {
            self.told_error(&error)?;
        }
        self.go_on()?;
        if !self.kept.is_empty() {
            return Ok(Event::Records(self.kept.drain(..).collect()));
        }
        let mut records = Vec::new();
        let (mut bytes, mut wait) = (0, wait);
        while records.len() < RECORDS_MAX && bytes < BYTES_MAX {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => {
                    let delivery = self.delivery(&message);
                    drop(message);
                    if let Some(delivery) = delivery {
                        self.delivered(&delivery);
                        bytes += delivery.record.bytes();
                        records.push(delivery);
                    }
                }
                Some(Err(error)) => self.told_error(&error)?,
                None => break,
            }
            if self.is_told() {
                break; // what follows belongs to another assignment
            }
            wait = Duration::ZERO;
        }
        if records.is_empty() {
            self.change().map(|event| event.unwrap_or(Event::Idle))
        } else {
            Ok(Event::Records(records))
        }
    }

    fn breathe(&mut self) {
        // Not at once: librdkafka throws away what it has fetched for a partition that is paused, and looks a second later
        // whether it was resumed.
        if !self.held && self.kept.len() >= KEPT_MAX && !self.is_told() {
            self.held = true;
            if let Ok(assignment) = self.consumer.assignment() {
                let _ = self.consumer.pause(&assignment); // a message more is kept, no harm done
            }
        }
        self.keep_polling();
    }

    fn token(&self) -> Token {
        self.token.clone()
    }

    fn newest(&self) -> Token {
        token_of(&self.consumer)
    }

    fn restore(&mut self, partition: Partition, row: &mut EachRow<'_>) -> Result<(), LogError> {
        let Some(table) = self.join.table else { return Ok(()) };
        let mut restorer = match self.restorer.take() {
            Some(restorer) => restorer,
            None => Restorer::new(&self.log.settings)?,
        };
        let name = self.log.name(table);
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        let read = restorer.read(&name, number, row, &mut || self.stay());
        self.restorer = Some(restorer);
        read
    }

    fn start(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError> {
        self.restorer = None;
        self.kept.clear();
        self.held = false;
        if positions.is_empty() || self.is_told() {
            return Ok(()); // the assignment has changed again: its own events come first
        }
        self.next = positions.iter().copied().collect();
        self.assign(positions)
    }

    fn gate(&self) -> Gate {
        self.consumer.context().gate.clone()
    }

    fn committer(&mut self) -> Result<Box<dyn Committer>, LogError> {
        let (log, join) = (Arc::clone(&self.log), &self.join);
        let (steps, stop) = (self.steps.clone(), self.stop.clone());
        Ok(Box::new(KafkaCommitter::new(log, join.stage, join.worker.clone(), join.inputs, steps, stop)?))
    }

    fn lag(&self) -> u64 {
        self.consumer.context().told().lags.total()
    }

    fn ends(&mut self, read: &[(Place, Offset)]) -> Result<Vec<(Place, Offset)>, LogError> {
        if self.looked.elapsed() < LOOK_EVERY {
            return Ok(Vec::new());
        }
        self.looked = Instant::now();
        let stood = std::mem::replace(&mut self.stood, read.iter().copied().collect());
        let mut reader = None;
        let mut ends = Vec::new();
        for (place, from) in read.iter().filter(|(place, from)| stood.get(place) == Some(from)) {
            let (topic, partition) = self.name(*place);
            let (first, end) = client::watermarks(&self.consumer, topic, partition)?;
            if from.0 < first || from.0 >= end {
                continue;
            }
            let reader = match &mut reader {
                Some(reader) => reader,
                none => none.insert(client::reader(&self.log.settings, true)?),
            };
            let topic = topic.to_owned();
            if only_markers(reader, &topic, partition, from.0, &mut || self.stay())? {
                ends.push((*place, Offset(end)));
            } else if !self.comes(*place, *from)? {
                tracing::warn!(
                    worker = self.join.worker,
                    "nothing comes of {topic} [{partition}], though a record stands at {} or later: delivery is started anew",
                    from.0
                );
                self.start_where_delivery_stands()?;
                break;
            }
        }
        Ok(ends)
    }
}

/// Where a stage stands, asked from outside.
pub(super) fn position(
    log: &Inner,
    stage: &str,
    topic: &str,
    partition: Partition,
) -> Result<Option<Offset>, LogError> {
    let reader = client::group_reader(&log.settings, stage)?;
    let mut list = TopicPartitionList::new();
    list.add_partition(&log.name(topic), i32::try_from(partition.0).unwrap_or(i32::MAX));
    let committed = reader.committed_offsets(list, REQUEST).map_err(client::unavailable)?;
    let elements = committed.elements();
    let Some(element) = elements.first() else { return Ok(None) };
    element.error().map_err(client::unavailable)?;
    Ok(match element.offset() {
        KafkaOffset::Offset(offset) => Some(Offset(offset)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use rdkafka::mocking::MockCluster;
    use schemas::RawRecord;

    use super::*;
    use crate::{
        Log as _, Outgoing,
        kafka::{KafkaLog, KafkaSettings},
    };

    const TOPIC: &str = "pages";
    const PATIENCE: Duration = Duration::from_secs(20);

    /// A member of librdkafka's own cluster, and what appends to it.
    fn member(cluster: &MockCluster<'_, impl rdkafka::producer::ProducerContext>) -> (KafkaMember, impl Fn()) {
        cluster.create_topic(TOPIC, 1, 1).unwrap();
        let settings = KafkaSettings::new(cluster.bootstrap_servers());
        let log = KafkaLog::new(settings, Health::default(), Stop::new()).unwrap();
        let join = Join { stage: "test", inputs: &[TOPIC], table: None, worker: "0".to_owned() };
        let member = KafkaMember::join(Arc::clone(&log.0), join, Steps::none(), Stop::new()).unwrap();
        let append = move || {
            let record = RawRecord { key: "k".into(), value: Some("v".into()), headers: Vec::new() };
            log.append(&[Outgoing { topic: TOPIC, partition: Some(Partition(0)), record }]).unwrap();
        };
        (member, append)
    }

    /// What comes in `time`: an assignment is started, and the offsets of records are handed back.
    fn offsets(member: &mut KafkaMember, time: Duration, enough: usize) -> Vec<i64> {
        let (since, mut offsets) = (Instant::now(), Vec::new());
        while since.elapsed() < time && offsets.len() < enough {
            match member.poll(Duration::from_millis(50)).unwrap() {
                Event::Assigned(places) => member.start(&places).unwrap(),
                Event::Records(records) => offsets.extend(records.iter().map(|record| record.offset.0)),
                Event::Revoked(_) | Event::Idle => {}
            }
        }
        offsets
    }

    #[test]
    fn a_partition_of_which_nothing_comes_though_a_record_stands_in_it_is_started_anew() {
        let cluster = MockCluster::new(1).unwrap();
        let (mut member, append) = member(&cluster);
        append();
        assert_eq!(offsets(&mut member, PATIENCE, 1), [0]);
        // What a worker never does without noting it: now nothing comes, and nobody says why.
        let assignment = member.consumer.assignment().unwrap();
        member.consumer.pause(&assignment).unwrap();
        append();
        assert!(offsets(&mut member, Duration::from_secs(1), 1).is_empty());
        let read = [(Place { input: 0, partition: Partition(0) }, Offset(1))];
        for _ in 0..2 {
            member.looked = Instant::now().checked_sub(LOOK_EVERY).unwrap();
            assert!(member.ends(&read).unwrap().is_empty());
        }
        assert_eq!(offsets(&mut member, PATIENCE, 1), [1]);
    }

    #[test]
    fn what_was_delivered_already_is_not_taken_again() {
        let cluster = MockCluster::new(1).unwrap();
        let (mut member, append) = member(&cluster);
        append();
        append();
        assert_eq!(offsets(&mut member, PATIENCE, 2), [0, 1]);
        // librdkafka hands it all over again, as it may around a pause.
        let first = member.list(&[(Place { input: 0, partition: Partition(0) }, Offset(0))]).unwrap();
        member.consumer.assign(&first).unwrap();
        append();
        assert_eq!(offsets(&mut member, PATIENCE, 1), [2]);
    }
}
