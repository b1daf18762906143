//! The Delta lake on local disk: rows and the move of their source positions in one commit.
//!
//! Each source partition has one `txn` action, named by log id, topic and partition, that holds the next offset to
//! write. A write compares it, in the very snapshot that its commit builds on, with what this worker last wrote or
//! resumed from, so that a worker which has lost its partition cannot write ([`LakeError::Fenced`]). A commit that
//! loses against another worker's is tried again with the same data files. A crash leaves at most data files that no
//! commit names, which no reader sees.
//!
//! Over time, small files are joined and unneeded ones deleted ([`Keeper`]); [`Status`] says how a lake stands.
//!
//! This module knows articles and positions; it never reads a log and owns no clock.

mod columns;
mod compaction;
mod contents;
#[cfg(test)]
mod crash_tests;
mod error;
mod files;
mod housekeeping;
mod rows;
mod status;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upkeep_tests;
mod vacuum;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use delta_kernel::{
    FilteredEngineData, SnapshotRef,
    committer::FileSystemCommitter,
    expressions::Scalar,
    transaction::{CommitResult, Transaction, UpdateTableOperation},
};
use delta_kernel_default_engine::build_add_file_metadata;
use schemas::{EnrichedArticle, Timestamp};

pub use compaction::Compacted;
pub use error::LakeError;
pub use status::{Contents, Entry, Files, Position, SizeClass, Status};
pub use vacuum::{RETENTION_MIN, Vacuumed};

use table::{ENGINE, Table};

/// How often a commit is tried against other writers before the write is given up for now.
const CONFLICTS_MAX: u32 = 100;

/// What a deployment may set about its lake.
#[derive(Clone, Debug)]
pub struct LakeSettings {
    /// The table's folder.
    pub path: PathBuf,
    /// A checkpoint is written at versions that this number divides: at every one, until it has grown large.
    pub checkpoint_commits: u64,
    /// How long commits stay in `_delta_log` once a checkpoint stands for them: how far back a reader may travel.
    pub log_retention: Duration,
}

impl LakeSettings {
    /// A lake in this folder, everything else by default.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), checkpoint_commits: 50, log_retention: Duration::from_secs(3_600) }
    }
}

/// A source partition's step, which becomes true together with the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The topic without prefix.
    pub topic: String,
    /// Its partition.
    pub partition: u32,
    /// Where the lake must stand: what [`Lake::next`] gave, or the `next` of the last write.
    pub expected: Option<i64>,
    /// The next offset to write from now on.
    pub next: i64,
}

/// What one commit says: files come in, and with them either positions move or other files go out.
#[derive(Clone, Copy)]
struct Change<'a> {
    files: &'a [files::Written],
    moves: &'a [Move],
    /// The files whose rows `files` repeat, as the log names them: they leave in the same commit.
    joined: &'a [String],
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The table's version with these rows; `None` where nothing moved and nothing was committed.
    pub version: Option<u64>,
    /// Rows added.
    pub rows: usize,
    /// Data files added.
    pub files: usize,
    /// Bytes of those files.
    pub bytes: u64,
    /// How often another writer's commit came first.
    pub conflicts: u32,
}

/// An open lake. Each worker has its own.
pub struct Lake {
    table: Table,
    settings: LakeSettings,
    log_id: String,
    snapshot: SnapshotRef,
    /// What `snapshot` says of the partitions asked for so far; forgotten with it.
    positions: BTreeMap<String, Option<i64>>,
}

impl Lake {
    /// Opens the table in the folder, or creates it where the folder is absent or empty. `log_id` names the log whose
    /// offsets the table follows. Columns that this version knows and the table lacks are added to it.
    ///
    /// # Errors
    /// [`LakeError::Refused`] for a folder that cannot be written, that holds something else, a table that follows another log, or one that a newer
    /// version or another program has changed beyond what this one knows; [`LakeError::Unavailable`] where waiting may
    /// help.
    pub fn open(settings: &LakeSettings, log_id: &str) -> Result<Self, LakeError> {
        let table = Table::open(settings, log_id)?;
        let snapshot = table.ready_snapshot()?;
        table.must_follow(&snapshot, log_id)?;
        Ok(Self { table, settings: settings.clone(), log_id: log_id.to_owned(), snapshot, positions: BTreeMap::new() })
    }

    /// The next offset to write for a source partition, as the newest snapshot says; `None` if it was never written.
    ///
    /// # Errors
    /// [`LakeError::Unavailable`] and [`LakeError::Refused`], as for [`Lake::open`].
    pub fn next(&mut self, topic: &str, partition: u32) -> Result<Option<i64>, LakeError> {
        self.refresh()?;
        self.position(&self.app_id(topic, partition))
    }

    /// Adds the rows and moves their source positions, in one commit; without rows the positions move alone. Where
    /// nothing moves, nothing is committed. Durable when it returns. `now` decides which log files have expired.
    ///
    /// # Errors
    /// [`LakeError::Fenced`] if another worker has moved one of the positions; [`LakeError::Unavailable`] if the same
    /// write may be tried later; [`LakeError::Refused`] if the table has become one that must not be written.
    pub fn write(&mut self, rows: &[&EnrichedArticle], moves: &[Move], now: Timestamp) -> Result<Written, LakeError> {
        if moves.iter().all(|step| step.expected == Some(step.next)) {
            return if rows.is_empty() { Ok(Written::default()) } else { Err(LakeError::Unmoved) };
        }
        self.compare(moves)?; // before any file is written; the comparison that counts is in `commit`
        let files = files::write(self.table.path(), rows)?;
        let (version, conflicts) = self.commit(&Change { files: &files, moves, joined: &[] })?;
        self.keep_house(now);
        let bytes = files.iter().map(|file| file.meta.size).sum();
        Ok(Written { version: Some(version), rows: rows.len(), files: files.len(), bytes, conflicts })
    }

    /// The table's newest version that this handle has seen.
    pub fn version(&self) -> u64 {
        self.snapshot.version()
    }

    /// Commits the change to the newest snapshot, again and again while other writers come first. The files
    /// are deleted where it is certain that no commit names them.
    fn commit(&mut self, change: &Change<'_>) -> Result<(u64, u32), LakeError> {
        let mark = uuid::Uuid::new_v4().to_string();
        for conflicts in 0..CONFLICTS_MAX {
            match self.try_commit(change, &mark) {
                Ok(Some(version)) => return Ok((version, conflicts)),
                Ok(None) => {}
                Err(failure) => {
                    if !failure.may_have_landed {
                        files::delete(change.files);
                    }
                    return Err(failure.error);
                }
            }
        }
        files::delete(change.files);
        Err(LakeError::unavailable("a commit is made", "other writers came first each time"))
    }

    /// One try; `None` if another writer came first.
    fn try_commit(&mut self, change: &Change<'_>, mark: &str) -> Result<Option<u64>, Failure> {
        if !self.commit_path(self.snapshot.version()).exists() {
            self.reload()?; // the log was cleaned past it while this worker slept
        }
        self.compare(change.moves)?;
        let leaving = self.leaving(change.joined)?;
        if change.files.iter().any(|file| !file.path.exists()) {
            let gone = "a data file is gone: this worker slept so long that it was vacuumed";
            return Err(LakeError::unavailable("a commit is made", gone).into());
        }
        let version = self.snapshot.version() + 1;
        let transaction = self.transaction(change, leaving, mark)?;
        match transaction.commit(self.table.engine()) {
            Ok(CommitResult::Committed(committed)) => {
                if !self.commit_path(version - 1).exists() {
                    return self.withdraw(version, change);
                }
                match committed.post_commit_snapshot() {
                    Some(snapshot) => {
                        self.snapshot = snapshot.clone();
                        self.remember(change.moves);
                    }
                    None => self.refresh().map_err(Failure::landed)?,
                }
                Ok(Some(version))
            }
            Ok(CommitResult::Conflicted(_)) => {
                self.refresh()?;
                Ok(None)
            }
            Ok(CommitResult::Retryable(failed)) => self.settle(version, mark, failed.error),
            Err(error) => self.settle(version, mark, error),
        }
    }

    /// After a commit that failed: did it land all the same? Its mark in the log tells.
    fn settle(&mut self, version: u64, mark: &str, error: delta_kernel::KernelError) -> Result<Option<u64>, Failure> {
        let error = self.table.refusal(error, "a commit is made");
        match fs::read_to_string(self.commit_path(version)) {
            Ok(commit) if commit.contains(mark) => {
                files::sync_folder(&self.table.log_folder())
                    .map_err(|error| Failure::landed(LakeError::unavailable("a commit is made durable", error)))?;
                self.refresh().map_err(Failure::landed)?;
                Ok(Some(version))
            }
            Err(unread) if unread.kind() != io::ErrorKind::NotFound => Err(Failure::landed(error)),
            _ => Err(error.into()),
        }
    }

    /// A commit whose predecessor is gone may stand below a checkpoint, where no reader looks: the log was cleaned
    /// while this worker slept. (The cleaner deletes in ascending order, so a predecessor that is still there proves
    /// that the version was free.) Read anew, the table tells; a commit that no reader sees is taken back and made anew.
    fn withdraw(&mut self, version: u64, change: &Change<'_>) -> Result<Option<u64>, Failure> {
        self.reload().map_err(Failure::landed)?;
        if self.is_seen(change).map_err(Failure::landed)? {
            return Ok(Some(version));
        }
        self.compare(change.moves).map_err(Failure::landed)?;
        fs::remove_file(self.commit_path(version))
            .map_err(|error| Failure::landed(LakeError::unavailable("a late commit is taken back", error)))?;
        Ok(None)
    }

    /// Whether the snapshot at hand has what the change says.
    fn is_seen(&mut self, change: &Change<'_>) -> Result<bool, LakeError> {
        if !change.joined.is_empty() {
            let added: Vec<_> = change.files.iter().map(files::Written::log_path).collect();
            return match self.leaving(&added) {
                Err(LakeError::Overtaken) => Ok(false),
                found => found.map(|_| true),
            };
        }
        for step in change.moves {
            if self.position(&self.app_id(&step.topic, step.partition))? != Some(step.next) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What the snapshot at hand says of files that are to leave. All of them must be in it, or the rows of those that
    /// are not would be there twice.
    fn leaving(&mut self, joined: &[String]) -> Result<Vec<FilteredEngineData>, LakeError> {
        if joined.is_empty() {
            return Ok(Vec::new());
        }
        self.table.must_be_joinable(&self.snapshot)?;
        let mut found = contents::actions_of(&self.snapshot, self.table.engine(), joined);
        if found.as_ref().is_err_and(error::is_missing) {
            self.reload()?;
            found = contents::actions_of(&self.snapshot, self.table.engine(), joined);
        }
        let found = found.map_err(|error| self.table.refusal(error, "the table's files are listed"))?;
        found.ok_or(LakeError::Overtaken)
    }

    fn transaction(
        &self,
        change: &Change<'_>,
        leaving: Vec<FilteredEngineData>,
        mark: &str,
    ) -> Result<Transaction, LakeError> {
        let Change { files, moves, joined } = *change;
        let doing = "a commit is prepared";
        let refusal = |error| self.table.refusal(error, doing);
        let (operation, mode) = match joined {
            [] => (UpdateTableOperation::Write, Some(("mode", Some("Append")))),
            _ => (UpdateTableOperation::Optimize, None),
        };
        let mut builder = self
            .snapshot
            .clone()
            .update_table(operation, ENGINE, joined.is_empty())
            .with_operation_parameters(mode.into_iter().chain([("mark", Some(mark))]));
        if !files.is_empty() && joined.is_empty() {
            // No row of the table was read for this: a concurrent OPTIMIZE need not fear it.
            builder = builder.with_blind_append();
        }
        for step in moves.iter().filter(|step| step.expected != Some(step.next)) {
            builder = builder.with_transaction_id(self.app_id(&step.topic, step.partition), step.next);
        }
        let mut transaction =
            builder.build(self.table.engine(), Box::new(FileSystemCommitter::new())).map_err(refusal)?;
        leaving.into_iter().for_each(|files| transaction.remove_files(files));
        if !files.is_empty() {
            let state = transaction.write_state().map_err(refusal)?;
            for file in files {
                let partition = [(columns::DAY.to_owned(), Scalar::Date(file.day))].into();
                let context =
                    state.write_context_builder().with_partition_values(partition).build().map_err(refusal)?;
                transaction.add_files(build_add_file_metadata(file.add(), &context).map_err(refusal)?);
            }
        }
        Ok(transaction)
    }

    /// Whether every position stands, in the snapshot at hand, where this worker left it.
    fn compare(&mut self, moves: &[Move]) -> Result<(), LakeError> {
        for step in moves {
            let found = self.position(&self.app_id(&step.topic, step.partition))?;
            if found != step.expected {
                let Move { topic, partition, expected, .. } = step.clone();
                return Err(LakeError::Fenced { topic, partition, expected, found });
            }
        }
        Ok(())
    }

    /// What the snapshot at hand says.
    fn position(&mut self, app_id: &str) -> Result<Option<i64>, LakeError> {
        if let Some(known) = self.positions.get(app_id) {
            return Ok(*known);
        }
        let mut found = self.snapshot.get_app_id_version(app_id, self.table.engine());
        if found.as_ref().is_err_and(error::is_missing) {
            self.reload()?; // another worker cleaned files away that this snapshot still counted on
            found = self.snapshot.get_app_id_version(app_id, self.table.engine());
        }
        let found = found.map_err(|error| self.table.refusal(error, "a position is read"))?;
        self.positions.insert(app_id.to_owned(), found);
        Ok(found)
    }

    /// Positions in the snapshot that our own commit made, without reading it again.
    fn remember(&mut self, moves: &[Move]) {
        for step in moves {
            self.positions.insert(self.app_id(&step.topic, step.partition), Some(step.next));
        }
    }

    fn app_id(&self, topic: &str, partition: u32) -> String {
        format!("wiredesk/{}/{topic}/{partition}", self.log_id)
    }

    /// Moves on to the newest version.
    fn refresh(&mut self) -> Result<(), LakeError> {
        if !self.commit_path(self.snapshot.version()).exists() {
            return self.reload();
        }
        let newer = self.table.snapshot_from(&self.snapshot)?;
        if newer.version() != self.snapshot.version() {
            self.positions.clear();
        }
        self.snapshot = newer;
        Ok(())
    }

    /// Reads the table anew, trusting nothing.
    fn reload(&mut self) -> Result<(), LakeError> {
        self.positions.clear();
        self.snapshot = self.table.snapshot()?;
        Ok(())
    }

    fn keep_house(&mut self, now: Timestamp) {
        let log = self.table.log_folder();
        if !housekeeping::is_due(&log, self.snapshot.version(), self.settings.checkpoint_commits) {
            return;
        }
        match housekeeping::checkpoint(&self.table, &self.snapshot) {
            Ok(snapshot) => self.snapshot = snapshot,
            // The rows are in: a checkpoint only makes reading faster, and the next one is due soon.
            Err(error) => return tracing::warn!(error = &error as &dyn std::error::Error, "no checkpoint was written"),
        }
        housekeeping::clean(&log, self.settings.log_retention, now);
    }

    fn commit_path(&self, version: u64) -> PathBuf {
        commit_path(&self.table.log_folder(), version)
    }
}

/// An open lake without a log, for what is done to its files. Each thread has its own.
pub struct Keeper(Lake);

impl Keeper {
    /// Opens the table in the folder; `None` where there is none.
    ///
    /// # Errors
    /// As for [`Lake::open`], but a table follows whatever log it likes.
    pub fn open(settings: &LakeSettings) -> Result<Option<Self>, LakeError> {
        let Some(table) = Table::existing(&settings.path)? else { return Ok(None) };
        let snapshot = table.snapshot()?;
        let (log_id, positions) = (String::new(), BTreeMap::new());
        Ok(Some(Self(Lake { table, settings: settings.clone(), log_id, snapshot, positions })))
    }
}

/// Where the commit of a version lies (Delta protocol, "Delta Log Entries").
fn commit_path(log: &Path, version: u64) -> PathBuf {
    log.join(format!("{version:020}.json"))
}

/// A try that failed, and whether its commit may be in the log nevertheless.
struct Failure {
    error: LakeError,
    may_have_landed: bool,
}

impl Failure {
    fn landed(error: LakeError) -> Self {
        Self { error, may_have_landed: true }
    }
}

impl From<LakeError> for Failure {
    fn from(error: LakeError) -> Self {
        Self { error, may_have_landed: false }
    }
}
