//! One commit as one transaction, and what its errors mean.

use std::{sync::Arc, time::Duration};

use rdkafka::{
    Offset as KafkaOffset, TopicPartitionList,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    producer::{Producer as _, ThreadedProducer},
};

use super::{
    Inner,
    client::{self, Deliveries, STOP_GRACE},
};
use crate::{Commit, CommitError, Committer, LogError, Step, Steps, Stop};

/// One call of the transaction protocol; what is retriable is called again. Some calls ask anew when they are called again, so
/// that this must be longer than a slow broker takes to answer.
const CALL: Duration = Duration::from_secs(5);
/// Between two tries while no broker answers.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) struct KafkaCommitter {
    log: Arc<Inner>,
    stage: &'static str,
    worker: String,
    inputs: &'static [&'static str],
    who: String,
    steps: Steps,
    stop: Stop,
    producer: Option<ThreadedProducer<Deliveries>>,
}

/// What an error of a transaction asks for.
enum Asks {
    /// The same call again.
    Again,
    /// Undo the transaction.
    Abort,
    /// Another producer with this id has begun: we are the zombie.
    Fenced,
    /// End the process.
    End,
}

fn asks(error: &KafkaError) -> Asks {
    let KafkaError::Transaction(error) = error else { return Asks::Again };
    if matches!(error.code(), RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced) {
        Asks::Fenced
    } else if error.is_fatal() {
        Asks::End
    } else if error.txn_requires_abort() {
        Asks::Abort
    } else if error.is_retriable() || error.code() == RDKafkaErrorCode::OperationTimedOut {
        Asks::Again
    } else {
        // Such as a call in the wrong state: only the end of the transaction can tell.
        Asks::Abort
    }
}

/// The membership is no longer what the batch was polled under.
fn is_lost(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::IllegalGeneration
            | RDKafkaErrorCode::UnknownMemberId
            | RDKafkaErrorCode::FencedInstanceId
            | RDKafkaErrorCode::RebalanceInProgress
            | RDKafkaErrorCode::AssignmentLost
    )
}

/// The broker refuses the record itself.
fn is_suspect(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::MessageBatchTooLarge
            | RDKafkaErrorCode::InvalidTimestamp
    )
}

impl KafkaCommitter {
    pub(super) fn new(
        log: Arc<Inner>,
        stage: &'static str,
        worker: String,
        inputs: &'static [&'static str],
        steps: Steps,
        stop: Stop,
    ) -> Result<Self, LogError> {
        let who = format!("{stage}/{worker}");
        let mut committer = Self { log, stage, worker, inputs, who, steps, stop, producer: None };
        // At once, not at the first commit: what a dead predecessor left open is undone here, and until it is, the broker
        // does not say where the stage stands.
        match committer.ready() {
            Ok(producer) => committer.producer = Some(producer),
            Err(CommitError::Stopping) => return Err(LogError::Stopping),
            Err(CommitError::Log(error)) => return Err(error),
            Err(other) => return Err(LogError::Fatal(other.to_string())),
        }
        Ok(committer)
    }

    /// A producer that has fenced every earlier one of its id, and finished or undone what that one had open.
    fn ready(&mut self) -> Result<ThreadedProducer<Deliveries>, CommitError> {
        if let Some(producer) = self.producer.take() {
            return Ok(producer);
        }
        let producer = client::producer(&self.log.settings, self.stage, &self.worker)?;
        loop {
            match producer.init_transactions(CALL) {
                Ok(()) => {
                    self.log.health.going(&self.who);
                    producer.context().take_disturbed();
                    return Ok(producer);
                }
                Err(error) => match asks(&error) {
                    Asks::Again | Asks::Abort => self.wait(&error)?,
                    Asks::Fenced => return Err(self.fenced()),
                    Asks::End => return Err(LogError::Fatal(format!("kafka: {error}")).into()),
                },
            }
        }
    }

    /// Says that the broker does not answer, and waits a moment.
    fn wait(&self, error: &KafkaError) -> Result<(), CommitError> {
        self.log.health.waiting(&self.who, &format!("kafka at {}: {error}", self.log.settings.brokers));
        if self.stop.is_overdue(STOP_GRACE) {
            return Err(CommitError::Stopping);
        }
        std::thread::sleep(PAUSE);
        Ok(())
    }

    fn fenced(&self) -> CommitError {
        let why = format!(
            "of {}: another process runs it with the same ordinal, or this one stood still for longer than \
             kafka.transaction_timeout_ms",
            self.who
        );
        LogError::Fenced(why).into()
    }

    /// Calls until the answer is not "again". `true` where it took more than one call.
    fn insist(&self, mut call: impl FnMut() -> Result<(), KafkaError>) -> Result<bool, Ended> {
        let mut again = false;
        loop {
            let Err(error) = call() else {
                if again {
                    self.log.health.going(&self.who);
                }
                return Ok(again);
            };
            match asks(&error) {
                Asks::Again => {
                    self.wait(&error).map_err(Ended::Now)?;
                    again = true;
                }
                Asks::Abort => return Err(Ended::Abort(code_of(&error), error.to_string())),
                Asks::Fenced => return Err(Ended::Now(self.fenced())),
                Asks::End => return Err(Ended::Now(LogError::Fatal(format!("kafka: {error}")).into())),
            }
        }
    }

    /// Everything up to the commit.
    fn fill(&self, producer: &ThreadedProducer<Deliveries>, commit: &Commit) -> Result<(), Ended> {
        let at = |step| self.steps.at(step).map_err(|crash| Ended::Now(crash.into()));
        self.insist(|| producer.begin_transaction())?;
        at(Step::AfterBegin)?;
        let total = commit.changes.len() + commit.outputs.len();
        for (sent, outgoing) in commit.changes.iter().chain(&commit.outputs).enumerate() {
            if sent == total / 2 {
                at(Step::MidProduce)?;
            }
            let (topic, partition) = self.log.place(outgoing).map_err(Ended::log)?;
            client::send(producer, &topic, partition, &outgoing.record, &self.stop).map_err(Ended::log)?;
        }
        at(Step::AfterProduce)?;
        self.send_offsets(producer, commit)?;
        at(Step::AfterOffsets)?;
        producer.context().settle(producer, &self.stop).map_err(Ended::log)?;
        if let Some((code, why)) = producer.context().take_failed() {
            return Err(Ended::Abort(code, why));
        }
        at(Step::BeforeCommit)
    }

    fn send_offsets(&self, producer: &ThreadedProducer<Deliveries>, commit: &Commit) -> Result<(), Ended> {
        if commit.moves.is_empty() && !(commit.outputs.is_empty() && commit.changes.is_empty()) {
            // Offsets are what a worker that has lost its partitions is refused by.
            return Err(Ended::Abort(RDKafkaErrorCode::UnknownMemberId, "a commit without positions".to_owned()));
        }
        if commit.moves.is_empty() {
            return Ok(());
        }
        let Some(group) = commit.token.0.downcast_ref::<ConsumerGroupMetadata>() else {
            return Err(Ended::Abort(RDKafkaErrorCode::UnknownMemberId, "no group metadata".to_owned()));
        };
        let mut offsets = TopicPartitionList::with_capacity(commit.moves.len());
        for moved in &commit.moves {
            let topic = self.log.name(self.inputs.get(moved.place.input).copied().unwrap_or_default());
            let partition = i32::try_from(moved.place.partition.0).unwrap_or(i32::MAX);
            offsets
                .add_partition_offset(&topic, partition, KafkaOffset::Offset(moved.next.0))
                .map_err(|error| Ended::Now(LogError::Fatal(format!("kafka: {error}")).into()))?;
        }
        self.insist(|| producer.send_offsets_to_transaction(&offsets, group, CALL)).map(drop)
    }

    /// Undoes the transaction; `asked` where its commit was asked for. The producer is not used again: a late end of this transaction could end its next one
    /// (KIP-890 is not in this librdkafka).
    fn abort(&self, producer: &ThreadedProducer<Deliveries>, asked: bool) -> Result<(), CommitError> {
        self.steps.at(Step::DuringAbort)?;
        match self.insist(|| producer.abort_transaction(CALL)) {
            Ok(_) => Ok(()),
            // The commit may have been accepted and its answer lost: a new start asks the log how it went.
            Err(Ended::Abort(_, why)) if asked => {
                Err(LogError::Fatal(format!("kafka: how a commit of {} ended is not known: {why}", self.who)).into())
            }
            // Whatever is open is undone by the next producer's `init_transactions`.
            Err(Ended::Abort(_, why)) => {
                tracing::debug!(worker = self.who, "abort: {why}");
                Ok(())
            }
            Err(Ended::Now(error)) => Err(error),
        }
    }
}

/// How a transaction ended that did not hold.
enum Ended {
    /// To be undone.
    Abort(RDKafkaErrorCode, String),
    /// There is nothing more to do here.
    Now(CommitError),
}

impl Ended {
    fn log(error: LogError) -> Self {
        match error {
            LogError::Stopping => Self::Now(CommitError::Stopping),
            LogError::Unavailable(why) => Self::Abort(RDKafkaErrorCode::BrokerTransportFailure, why),
            other => Self::Now(other.into()),
        }
    }
}

fn code_of(error: &KafkaError) -> RDKafkaErrorCode {
    match error {
        KafkaError::Transaction(error) => error.code(),
        other => other.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Fail),
    }
}

impl Committer for KafkaCommitter {
    fn commit(&mut self, commit: &Commit) -> Result<(), CommitError> {
        let producer = self.ready()?;
        let filled = self.fill(&producer, commit);
        let asked = filled.is_ok();
        let ended = match filled {
            Ok(()) => self.insist(|| producer.commit_transaction(CALL)),
            Err(ended) => Err(ended),
        };
        match ended {
            Ok(took_again) => {
                self.log.health.going(&self.who);
                let disturbed = producer.context().take_disturbed();
                if !took_again && !disturbed {
                    self.producer = Some(producer);
                }
                self.steps.at(Step::AfterCommit)?;
                Ok(())
            }
            Err(Ended::Now(error)) => Err(error),
            Err(Ended::Abort(code, why)) => {
                self.abort(&producer, asked)?;
                if is_lost(code) {
                    Err(CommitError::Lost(why))
                } else {
                    Err(CommitError::Aborted { why, suspect: is_suspect(code) })
                }
            }
        }
    }
}
