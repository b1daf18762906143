//! A log that says no now and then: a decorator over any other, for tests of what the stages make of it.

use std::{ops::Range, sync::Arc, time::Duration};

use crate::{
    Commit, CommitError, Committer, Cursor, EachRow, Event, Gate, Join, Log, LogError, Member, NewTopic, Offset,
    Outgoing, Partition, Place, Steps, Stop, Token, TopicInfo,
};

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is undone.
    Abort {
        /// The log lays it on the records.
        suspect: bool,
    },
    /// It is refused, as if the worker had lost its partitions.
    Lost,
    /// It takes so much longer.
    Slow(Duration),
}

type Plan = Arc<dyn Fn(&Commit) -> Fault + Send + Sync>;

/// The decorator. `plan` is asked before every commit.
pub struct Faults {
    inner: Arc<dyn Log>,
    plan: Plan,
}

impl Faults {
    /// Over this log.
    pub fn new(inner: Arc<dyn Log>, plan: impl Fn(&Commit) -> Fault + Send + Sync + 'static) -> Self {
        Self { inner, plan: Arc::new(plan) }
    }
}

impl Log for Faults {
    fn id(&self) -> Result<String, LogError> {
        self.inner.id()
    }

    fn topics(&self) -> Result<Vec<TopicInfo>, LogError> {
        self.inner.topics()
    }

    fn create(&self, topics: &[NewTopic]) -> Result<(), LogError> {
        self.inner.create(topics)
    }

    fn append(&self, records: &[Outgoing]) -> Result<(), LogError> {
        self.inner.append(records)
    }

    fn join(&self, join: Join, steps: Steps, stop: Stop) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(FaultyMember { inner: self.inner.join(join, steps, stop)?, plan: Arc::clone(&self.plan) }))
    }

    fn cursor(&self, topic: &str, partition: Partition, from: Offset) -> Result<Box<dyn Cursor>, LogError> {
        self.inner.cursor(topic, partition, from)
    }

    fn bounds(&self, topic: &str, partition: Partition) -> Result<Range<Offset>, LogError> {
        self.inner.bounds(topic, partition)
    }

    fn position(&self, stage: &str, topic: &str, partition: Partition) -> Result<Option<Offset>, LogError> {
        self.inner.position(stage, topic, partition)
    }
}

struct FaultyMember {
    inner: Box<dyn Member>,
    plan: Plan,
}

impl Member for FaultyMember {
    fn poll(&mut self, wait: Duration) -> Result<Event, LogError> {
        self.inner.poll(wait)
    }

    fn breathe(&mut self) {
        self.inner.breathe();
    }

    fn token(&self) -> Token {
        self.inner.token()
    }

    fn restore(&mut self, partition: Partition, row: &mut EachRow<'_>) -> Result<(), LogError> {
        self.inner.restore(partition, row)
    }

    fn start(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError> {
        self.inner.start(positions)
    }

    fn gate(&self) -> Gate {
        self.inner.gate()
    }

    fn committer(&mut self) -> Result<Box<dyn Committer>, LogError> {
        Ok(Box::new(FaultyCommitter { inner: self.inner.committer()?, plan: Arc::clone(&self.plan) }))
    }

    fn lag(&self) -> u64 {
        self.inner.lag()
    }

    fn ends(&self) -> Vec<(Place, Offset)> {
        self.inner.ends()
    }
}

struct FaultyCommitter {
    inner: Box<dyn Committer>,
    plan: Plan,
}

impl Committer for FaultyCommitter {
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        match (self.plan)(commit) {
            Fault::None => {}
            Fault::Abort { suspect } => return Err(CommitError::Aborted { why: "planted".to_owned(), suspect }),
            Fault::Lost => return Err(CommitError::Lost("planted".to_owned())),
            Fault::Slow(wait) => std::thread::sleep(wait),
        }
        self.inner.commit(commit)
    }
}
