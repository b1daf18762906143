//! The embedded log: durable on local disk, no server, one SQLite file. Outputs, table changes and the move of input
//! positions are one SQLite transaction, so exactly-once comes from the storage engine.
//!
//! One process owns it and runs stages ([`EmbeddedLog::open`]): a lock beside the file, and an epoch that every commit
//! checks, keep a second one out. Others append and read ([`EmbeddedLog::attach`]).

mod codec;
mod database;
mod group;
mod member;
mod turn;

use std::{
    collections::{BTreeMap, HashMap},
    fs::{File, TryLockError},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, Transaction};
use schemas::Digest;

use self::{
    database::Topic,
    group::Group,
    member::{EmbeddedCursor, EmbeddedMember},
    turn::Turn,
};
use crate::{
    Clock, Cursor, Health, Join, Log, LogError, Member, NewTopic, Offset, Outgoing, Partition, Steps, Stop, TopicInfo,
};

/// Rows of records that one pass of retention deletes from a partition.
const RETAIN_ROWS_MAX: u32 = 200;
/// Connections that are kept for readers.
const READERS_MAX: usize = 16;

/// A handle on the log; clones share it.
#[derive(Clone)]
pub struct EmbeddedLog(Arc<Inner>);

struct Inner {
    path: Option<PathBuf>,
    id: String,
    clock: Clock,
    health: Health,
    /// The epoch under which this process owns the log; `None` where it only appends and reads.
    epoch: Option<i64>,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    topics: Mutex<BTreeMap<String, Topic>>,
    groups: Mutex<HashMap<&'static str, Group>>,
    /// Counts commits and appends, and wakes who waits for one.
    appended: (Mutex<u64>, Condvar),
    /// Held as long as the process owns the log.
    _owned: Option<Owned>,
}

/// The one connection of this process that writes.
struct Writer {
    connection: Connection,
    turn: Turn,
}

impl EmbeddedLog {
    /// The log's file in a data folder.
    pub const FILE: &'static str = "wiredesk.log";

    /// Opens the log in a folder and owns it; makes both where there are none.
    ///
    /// # Errors
    /// [`LogError::Refused`] where the folder cannot be written, the file is damaged, of a newer layout or of something
    /// else, or another process owns it.
    pub fn open(folder: &Path, clock: Clock, health: Health) -> Result<Self, LogError> {
        make_folder(folder)?;
        let owned = own(folder)?;
        let turn = turn(folder)?;
        let path = folder.join(Self::FILE);
        let sql = |e: rusqlite::Error| database::error(Some(&path), &e);
        let mut connection = database::open(&path, &turn).map_err(sql)?;
        let id = database::lay_out(&mut connection, &turn, Some(&path), &new_id(&path, &clock))?;
        let epoch = database::take_over(&mut connection, &turn).map_err(sql)?;
        Self::with(Some(path), id, Writer { connection, turn }, Some(epoch), Some(owned), clock, health)
    }

    /// Opens the log in a folder beside its owner, to append and to read; makes it where there is none.
    ///
    /// # Errors
    /// As [`EmbeddedLog::open`], but a second process is no error.
    pub fn attach(folder: &Path, clock: Clock, health: Health) -> Result<Self, LogError> {
        make_folder(folder)?;
        let turn = turn(folder)?;
        let path = folder.join(Self::FILE);
        let mut connection = database::open(&path, &turn).map_err(|e| database::error(Some(&path), &e))?;
        let id = database::lay_out(&mut connection, &turn, Some(&path), &new_id(&path, &clock))?;
        Self::with(Some(path), id, Writer { connection, turn }, None, None, clock, health)
    }

    /// A log in memory: it ends with its last handle.
    ///
    /// # Errors
    /// SQLite refuses, which it does only out of memory.
    pub fn in_memory(clock: Clock) -> Result<Self, LogError> {
        let mut connection = database::open_memory().map_err(|e| database::error(None, &e))?;
        let turn = Turn::alone();
        let id = database::lay_out(&mut connection, &turn, None, &new_id(Path::new(":memory:"), &clock))?;
        let epoch = database::take_over(&mut connection, &turn).map_err(|e| database::error(None, &e))?;
        Self::with(None, id, Writer { connection, turn }, Some(epoch), None, clock, Health::default())
    }

    fn with(
        path: Option<PathBuf>,
        id: String,
        writer: Writer,
        epoch: Option<i64>,
        owned: Option<Owned>,
        clock: Clock,
        health: Health,
    ) -> Result<Self, LogError> {
        let topics = database::topics(&writer.connection).map_err(|e| database::error(path.as_deref(), &e))?;
        Ok(Self(Arc::new(Inner {
            path,
            id,
            clock,
            health,
            epoch,
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            topics: Mutex::new(topics),
            groups: Mutex::default(),
            appended: Default::default(),
            _owned: owned,
        })))
    }

    /// Deletes records that every stage has passed and that are older than their topic's retention. Call it now and
    /// then; one call is short. Returns whether there may be more to delete.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn retain(&self) -> Result<bool, LogError> {
        let topics: Vec<_> = self.0.topics().values().cloned().collect();
        let now = self.0.clock.now().as_millis();
        let mut more = false;
        for topic in &topics {
            let gone =
                self.0.transaction(|transaction| Ok(database::retain(transaction, topic, now, RETAIN_ROWS_MAX)?))?;
            more |= gone >= usize::try_from(RETAIN_ROWS_MAX).unwrap_or(usize::MAX);
        }
        Ok(more)
    }
}

fn make_folder(folder: &Path) -> Result<(), LogError> {
    std::fs::create_dir_all(folder).map_err(|error| LogError::Refused {
        what: format!("the data folder cannot be made ({error})"),
        path: folder.to_path_buf(),
        mend: "give another folder, or give this user write access".to_owned(),
    })
}

/// The folder's log is this process's until this goes.
///
/// The lock is given back in so many words: a process that is being started holds a copy of every open file until its
/// program begins, and with the copy the lock of a file that is only closed (flock(2)).
struct Owned(File);

impl Drop for Owned {
    fn drop(&mut self) {
        // What cannot be unlocked is unlocked by its last copy that closes.
        let _ = self.0.unlock();
    }
}

/// Another process must not own the folder's log.
fn own(folder: &Path) -> Result<Owned, LogError> {
    let path = folder.join("wiredesk.lock");
    let refused = |what: String, mend: &str| LogError::Refused { what, path: path.clone(), mend: mend.to_owned() };
    let file = lock_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(Owned(file)),
        Err(TryLockError::WouldBlock) => Err(refused(
            "another process owns this log".to_owned(),
            "stop the other `wiredesk up`, or give this one another data folder",
        )),
        Err(TryLockError::Error(error)) => {
            Err(refused(format!("the file system cannot lock ({error})"), "put the data folder on a local disk"))
        }
    }
}

fn turn(folder: &Path) -> Result<Turn, LogError> {
    lock_file(&folder.join("wiredesk.turn")).map(Turn::by)
}

/// A file whose lock is all that matters of it.
fn lock_file(path: &Path) -> Result<File, LogError> {
    File::options().create(true).truncate(false).write(true).open(path).map_err(|error| LogError::Refused {
        what: format!("the data folder cannot be written ({error})"),
        path: path.to_path_buf(),
        mend: "give another folder, or give this user write access".to_owned(),
    })
}

/// Names a new log so that no other has its name: where, when, and by which process it was made.
fn new_id(path: &Path, clock: &Clock) -> String {
    let (now, process) = (clock.now().as_millis().to_be_bytes(), std::process::id().to_be_bytes());
    let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), process).to_be_bytes();
    Digest::of([path.as_os_str().as_encoded_bytes(), &now, &process, &random]).to_string()
}

impl Inner {
    fn error(&self, error: &rusqlite::Error) -> LogError {
        database::error(self.path.as_deref(), error)
    }

    fn topics(&self) -> MutexGuard<'_, BTreeMap<String, Topic>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn groups(&self) -> MutexGuard<'_, HashMap<&'static str, Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The topic as last read; inside a transaction the file is not asked again.
    fn known_topic(&self, name: &str) -> Result<Topic, LogError> {
        self.topics().get(name).cloned().ok_or_else(|| LogError::NoTopic(name.to_owned()))
    }

    /// The topic, looked up again where another process may have made it.
    fn topic(&self, name: &str) -> Result<Topic, LogError> {
        if let Some(topic) = self.topics().get(name) {
            return Ok(topic.clone());
        }
        let fresh = self.read(database::topics)?;
        let found = fresh.get(name).cloned();
        *self.topics() = fresh;
        found.ok_or_else(|| LogError::NoTopic(name.to_owned()))
    }

    fn partition(&self, topic: &str, partition: Partition) -> Result<i64, LogError> {
        let found = self.topic(topic)?;
        database::partition_of(&found, partition).ok_or_else(|| LogError::NoTopic(format!("{topic}/{partition}")))
    }

    /// Reads beside the writer; in memory there is one connection for both.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>) -> Result<T, LogError> {
        let Some(path) = &self.path else {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            return read(&writer.connection).map_err(|e| self.error(&e));
        };
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => database::open_reader(path).map_err(|e| self.error(&e))?,
        };
        let result = read(&connection).map_err(|e| self.error(&e));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS_MAX {
            readers.push(connection);
        }
        result
    }

    /// One transaction of the writer: durable when this returns, or undone.
    fn transaction<T>(&self, write: impl FnOnce(&Transaction<'_>) -> Result<T, Undone>) -> Result<T, LogError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let undone = |undone: Undone| match undone {
            Undone::Sql(error) => self.error(&error),
            Undone::Log(error) => error,
        };
        let Writer { connection, turn } = &mut *writer;
        let transaction = database::begin(connection, turn).map_err(|e| self.error(&e))?;
        if let Some(mine) = self.epoch
            && database::epoch(&transaction).map_err(|e| self.error(&e))? != mine
        {
            let path = self.path.as_deref().unwrap_or(Path::new(":memory:"));
            return Err(LogError::Fenced(path.display().to_string()));
        }
        let written = write(&transaction).map_err(undone)?;
        transaction.commit().map_err(|e| self.error(&e))?;
        drop(writer);
        *self.appended.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.appended.1.notify_all();
        Ok(written)
    }

    fn append(&self, transaction: &Transaction<'_>, records: &[Outgoing], now: i64) -> Result<(), Undone> {
        let mut by_partition = BTreeMap::<i64, Vec<&schemas::RawRecord>>::new();
        let mut topic: Option<(&str, Topic)> = None;
        for outgoing in records {
            if topic.as_ref().is_none_or(|(name, _)| *name != outgoing.topic) {
                topic = Some((outgoing.topic, self.known_topic(outgoing.topic).map_err(Undone::Log)?));
            }
            let Some((_, found)) = &topic else { continue };
            let count = u32::try_from(found.partitions.len()).unwrap_or(u32::MAX);
            let wanted = outgoing.partition.map_or_else(|| schemas::partition_of(&outgoing.record.key, count), |p| p.0);
            let partition = database::partition_of(found, Partition(wanted))
                .ok_or_else(|| Undone::Log(LogError::NoTopic(format!("{}/{wanted}", outgoing.topic))))?;
            by_partition.entry(partition).or_default().push(&outgoing.record);
        }
        for (partition, records) in by_partition {
            database::append(transaction, partition, records.into_iter(), now)?;
        }
        Ok(())
    }

    /// Waits until something was appended after `seen`, or for `wait`; returns what was seen now.
    fn wait(&self, seen: u64, wait: Duration) -> u64 {
        let appended = self.appended.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (appended, _) = self
            .appended
            .1
            .wait_timeout_while(appended, wait, |appended| *appended == seen)
            .unwrap_or_else(PoisonError::into_inner);
        *appended
    }
}

/// Why a transaction was undone.
enum Undone {
    Sql(rusqlite::Error),
    Log(LogError),
}

impl From<rusqlite::Error> for Undone {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl Log for EmbeddedLog {
    fn id(&self) -> Result<String, LogError> {
        Ok(self.0.id.clone())
    }

    fn topics(&self) -> Result<Vec<TopicInfo>, LogError> {
        let fresh = self.0.read(database::topics)?;
        let info = |topic: &Topic| TopicInfo {
            name: topic.name.clone(),
            partitions: u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX),
            compacted: topic.settings.compacted,
            problems: Vec::new(),
        };
        let topics = fresh.values().map(info).collect();
        *self.0.topics() = fresh;
        Ok(topics)
    }

    fn create(&self, topics: &[NewTopic]) -> Result<(), LogError> {
        self.0.transaction(|transaction| {
            topics.iter().try_for_each(|topic| database::create(transaction, topic))?;
            Ok(())
        })?;
        self.topics().map(drop)
    }

    fn append(&self, records: &[Outgoing]) -> Result<(), LogError> {
        let now = self.0.clock.now().as_millis();
        records.iter().try_for_each(|record| self.0.topic(record.topic).map(drop))?;
        self.0.transaction(|transaction| self.0.append(transaction, records, now))
    }

    fn join(&self, join: Join, steps: Steps, stop: Stop) -> Result<Box<dyn Member>, LogError> {
        if self.0.epoch.is_none() {
            return Err(LogError::Setup(
                "stages run in the process that owns the embedded log: use `wiredesk up`".to_owned(),
            ));
        }
        Ok(Box::new(EmbeddedMember::join(Arc::clone(&self.0), join, steps, stop)?))
    }

    fn cursor(&self, topic: &str, partition: Partition, from: Offset) -> Result<Box<dyn Cursor>, LogError> {
        Ok(Box::new(EmbeddedCursor::new(Arc::clone(&self.0), topic, partition, from)?))
    }

    fn bounds(&self, topic: &str, partition: Partition) -> Result<Range<Offset>, LogError> {
        let partition = self.0.partition(topic, partition)?;
        let (first, next) = self.0.read(|connection| database::bounds(connection, partition))?;
        Ok(Offset(first)..Offset(next))
    }

    fn position(&self, stage: &str, topic: &str, partition: Partition) -> Result<Option<Offset>, LogError> {
        let partition = self.0.partition(topic, partition)?;
        Ok(self.0.read(|connection| database::position(connection, stage, partition))?.map(Offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_let_go_is_free_though_a_copy_of_its_lock_is_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let owned = own(folder.path()).unwrap();
        assert!(own(folder.path()).is_err(), "it has an owner");
        let inherited = owned.0.try_clone().unwrap(); // as a process that is being started holds it
        drop(owned);
        assert!(own(folder.path()).is_ok(), "nobody owns it");
        drop(inherited);
    }
}
