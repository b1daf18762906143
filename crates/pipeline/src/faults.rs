//! A log that says no now and then, or breaks its promise: a decorator over any other, for tests of what the stages make
//! of the one, and for tests that the chaos tests notice the other.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{
    Commit, CommitError, Committer, Cursor, EachRow, Event, Gate, Join, Log, LogError, Member, NewTopic, Offset,
    Outgoing, Partition, Place, Steps, Stop, Token, TopicInfo,
};

/// What happens to a commit.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is made but for its end, and undone.
    Abort {
        /// The log lays it on the records.
        suspect: bool,
    },
    /// It is refused, as if the worker had lost its partitions.
    Lost,
    /// It takes so much longer.
    Slow(Duration),
    /// It is not one: a part of it is appended by itself.
    Torn(Torn),
    /// It appends these instead of its outputs.
    Outputs(Vec<Outgoing>),
    /// It is made under the newest membership, not under the one that its records were polled under.
    NewestMembership,
}

/// What is not in the commit that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Positions are committed before the outputs.
    PositionsFirst,
    /// Positions are committed after the outputs.
    PositionsLast,
    /// The table is changed before the rest. For logs whose tables are topics.
    TableFirst,
}

/// A worker that has not polled for so long has stood still: its session is over.
const STILL: Duration = Duration::from_secs(5);
/// How long a commit under the newest membership then waits for that membership.
const REJOIN: Duration = Duration::from_secs(4);

type Plan = Arc<dyn Fn(&Commit) -> Fault + Send + Sync>;

/// The decorator. `plan` is asked before every commit.
pub struct Faults {
    inner: Arc<dyn Log>,
    plan: Plan,
    rewinds: bool,
    waits: bool,
}

impl Faults {
    /// Over this log.
    pub fn new(inner: Arc<dyn Log>, plan: impl Fn(&Commit) -> Fault + Send + Sync + 'static) -> Self {
        Self { inner, plan: Arc::new(plan), rewinds: true, waits: true }
    }

    /// The same, but after a commit that was undone delivery goes on where it is.
    #[must_use]
    pub fn without_rewind(self) -> Self {
        Self { rewinds: false, ..self }
    }

    /// The same, but partitions are let go while a commit is under way.
    #[must_use]
    pub fn without_wait(self) -> Self {
        Self { waits: false, ..self }
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
        let inner = self.inner.join(join, steps, stop)?;
        let polled = Arc::new(Mutex::new((inner.newest(), Instant::now())));
        Ok(Box::new(FaultyMember {
            inner,
            log: Arc::clone(&self.inner),
            plan: Arc::clone(&self.plan),
            rewinds: self.rewinds,
            waits: self.waits,
            assigned: false,
            polled,
        }))
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

/// The newest membership, and when it was asked for.
type Polled = Arc<Mutex<(Token, Instant)>>;

struct FaultyMember {
    inner: Box<dyn Member>,
    log: Arc<dyn Log>,
    plan: Plan,
    rewinds: bool,
    waits: bool,
    /// Partitions came, and delivery has not started since.
    assigned: bool,
    polled: Polled,
}

impl FaultyMember {
    fn note(&self) {
        *self.polled.lock().unwrap_or_else(PoisonError::into_inner) = (self.inner.newest(), Instant::now());
    }
}

impl Member for FaultyMember {
    fn poll(&mut self, wait: Duration) -> Result<Event, LogError> {
        let event = self.inner.poll(wait)?;
        self.assigned |= matches!(event, Event::Assigned(_));
        self.note();
        Ok(event)
    }

    fn breathe(&mut self) {
        self.inner.breathe();
        self.note();
    }

    fn token(&self) -> Token {
        self.inner.token()
    }

    fn newest(&self) -> Token {
        self.inner.newest()
    }

    fn restore(&mut self, partition: Partition, row: &mut EachRow<'_>) -> Result<(), LogError> {
        self.inner.restore(partition, row)
    }

    fn start(&mut self, positions: &[(Place, Offset)]) -> Result<(), LogError> {
        if !self.rewinds && !std::mem::take(&mut self.assigned) {
            return Ok(());
        }
        self.inner.start(positions)
    }

    fn gate(&self) -> Gate {
        if self.waits { self.inner.gate() } else { Gate::default() }
    }

    fn committer(&mut self) -> Result<Box<dyn Committer>, LogError> {
        Ok(Box::new(FaultyCommitter {
            inner: self.inner.committer()?,
            log: Arc::clone(&self.log),
            plan: Arc::clone(&self.plan),
            polled: Arc::clone(&self.polled),
        }))
    }

    fn lag(&self) -> u64 {
        self.inner.lag()
    }

    fn ends(&mut self, read: &[(Place, Offset)]) -> Result<Vec<(Place, Offset)>, LogError> {
        self.inner.ends(read)
    }
}

struct FaultyCommitter {
    inner: Box<dyn Committer>,
    log: Arc<dyn Log>,
    plan: Plan,
    polled: Polled,
}

impl FaultyCommitter {
    fn tear(&mut self, commit: &Commit, torn: Torn) -> Result<(), CommitError> {
        let rest = match torn {
            Torn::TableFirst => Commit { changes: Vec::new(), ..commit.clone() },
            Torn::PositionsFirst | Torn::PositionsLast => Commit { outputs: Vec::new(), ..commit.clone() },
        };
        match torn {
            Torn::TableFirst => self.log.append(&commit.changes)?,
            Torn::PositionsLast => self.log.append(&commit.outputs)?,
            Torn::PositionsFirst => {}
        }
        self.inner.commit(&rest)?;
        if torn == Torn::PositionsFirst {
            self.log.append(&commit.outputs)?;
        }
        Ok(())
    }
}

impl Committer for FaultyCommitter {
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        match (self.plan)(commit) {
            Fault::None => {}
            Fault::Abort { suspect } => {
                // A token of nobody: what the log does until it sees that, it undoes.
                let refused = self.inner.commit(&Commit { token: Token(Arc::new(())), ..commit.clone() });
                return refused.map_err(|error| match error {
                    CommitError::Lost(_) => CommitError::Aborted { why: "planted".to_owned(), suspect },
                    other => other,
                });
            }
            Fault::Lost => return Err(CommitError::Lost("planted".to_owned())),
            Fault::Slow(wait) => std::thread::sleep(wait),
            Fault::Torn(torn) => return self.tear(commit, torn),
            Fault::Outputs(outputs) => return self.inner.commit(&Commit { outputs, ..commit.clone() }),
            Fault::NewestMembership => {
                let polled = || self.polled.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if polled().1.elapsed() > STILL {
                    std::thread::sleep(REJOIN);
                }
                let commit = Commit { token: polled().0, ..commit.clone() };
                return self.inner.commit(&commit);
            }
        }
        self.inner.commit(commit)
    }
}
