//! The table in its folder: made, opened, and checked to be one that this program may write.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use delta_kernel::{
    Engine, KernelError, KernelResult, Snapshot, SnapshotRef,
    committer::FileSystemCommitter,
    engine::arrow_conversion::TryFromArrow as _,
    object_store::local::LocalFileSystem,
    schema::{DataType, StructField, StructType},
    table_features::{ColumnMappingMode, TableFeature},
    transaction::{CommitResult, UpdateTableOperation, create_table::create_table, data_layout::DataLayout},
};
use delta_kernel_default_engine::{DefaultEngine, DefaultEngineBuilder, executor::tokio::TokioMultiThreadExecutor};
use url::Url;

use super::{
    LakeSettings,
    columns::{DAY, table_schema},
    error::{
        LakeError, MEND_DAMAGED, MEND_FOREIGN, MEND_JOIN, MEND_LOG, MEND_NEWER, MEND_WRITABLE, io_cause, is_missing,
        is_unsupported, is_wrong_place,
    },
    files,
};

/// Who wrote it, in the table's history.
pub(super) const ENGINE: &str = concat!("wiredesk/", env!("CARGO_PKG_VERSION"));

/// The property by which we know a table of ours, and its value for articles.
const MARK: (&str, &str) = ("wiredesk.table", "articles");

/// The property that names the log which the table follows.
const FOLLOWS: &str = "wiredesk.log";

/// Versions of the protocol that imply no feature beyond [`FEATURES`]: 3 and 7 list theirs, and the others that are left
/// out here imply some, such as renamed columns.
const READER_VERSIONS: &[i32] = &[1, 3];
const WRITER_VERSIONS: &[i32] = &[1, 2, 7];

/// Features of a table that do not change what an appending writer must do.
const FEATURES: &[TableFeature] = &[
    TableFeature::AppendOnly,
    TableFeature::Invariants,
    TableFeature::DeletionVectors,
    TableFeature::DomainMetadata,
    TableFeature::VacuumProtocolCheck,
];

pub(super) struct Table {
    path: PathBuf,
    url: Url,
    engine: DefaultEngine<TokioMultiThreadExecutor>,
}

impl Table {
    /// Makes the folder ready, and the table in it where there is none.
    pub(super) fn open(settings: &LakeSettings, log_id: &str) -> Result<Self, LakeError> {
        let given = &settings.path;
        let wrong = |what: &str| {
            let what = what.to_owned();
            move |error: io::Error| placed(given, &what, error)
        };
        fs::create_dir_all(given).map_err(wrong("its folder cannot be made"))?;
        let path = fs::canonicalize(given).map_err(wrong("its folder cannot be read"))?;
        probe(&path).map_err(wrong("its folder cannot be written"))?;
        let table = Self::at(path)?;
        if !table.has_commits().map_err(wrong("its log cannot be read"))? {
            let foreign = table.foreign_entry().map_err(wrong("its folder cannot be read"))?;
            match foreign {
                None => table.create(settings, log_id)?,
                // It may have come into being in this moment, with its first data file.
                Some(_) if table.has_commits().map_err(wrong("its log cannot be read"))? => {}
                Some(name) => return Err(table.refuse(format!("its folder holds {name:?} and no table"), MEND_FOREIGN)),
            }
        }
        Ok(table)
    }

    /// The table that is already in the folder; nothing is made.
    pub(super) fn existing(given: &Path) -> Result<Option<Self>, LakeError> {
        let unread = |error| placed(given, "its folder cannot be read", error);
        let path = match fs::canonicalize(given) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            path => path.map_err(unread)?,
        };
        let table = Self::at(path)?;
        Ok(if table.has_commits().map_err(unread)? { Some(table) } else { None })
    }

    fn at(path: PathBuf) -> Result<Self, LakeError> {
        let url = Url::from_directory_path(&path)
            .map_err(|()| placed(&path, "its path is no file URL", io::ErrorKind::InvalidInput.into()))?;
        Ok(Self { engine: engine()?, url, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log_folder(&self) -> PathBuf {
        self.path.join("_delta_log")
    }

    pub(super) fn engine(&self) -> &dyn Engine {
        &self.engine
    }

    /// The newest version, with every column of ours in it.
    pub(super) fn ready_snapshot(&self) -> Result<SnapshotRef, LakeError> {
        const TRIES: u32 = 20;
        for _ in 0..TRIES {
            let snapshot = self.snapshot()?;
            let missing = missing_columns(&snapshot)?;
            if missing.is_empty() {
                return Ok(snapshot);
            }
            self.add_columns(snapshot, missing)?; // and look again: another worker may have done the same
        }
        Err(LakeError::unavailable("columns are added", "other writers came first each time"))
    }

    /// The newest version, read anew.
    pub(super) fn snapshot(&self) -> Result<SnapshotRef, LakeError> {
        self.checked(self.read(|_| Ok(()))?.0)
    }

    /// The newest version, whoever may write it, and what `look` finds in it.
    pub(super) fn read<T>(
        &self,
        look: impl Fn(&SnapshotRef) -> KernelResult<T>,
    ) -> Result<(SnapshotRef, T), LakeError> {
        let read = || {
            let snapshot = Snapshot::builder_for(self.url.as_str()).build(&self.engine)?;
            let found = look(&snapshot)?;
            Ok((snapshot, found))
        };
        let mut found = read();
        if found.as_ref().is_err_and(is_missing) {
            found = read(); // another worker cleaned the log between the listing and the reading
        }
        found.map_err(|error| self.refusal(error, "the table is read"))
    }

    /// Where a file lies that the log names; `None` where that is no place on this machine.
    pub(super) fn locate(&self, log_path: &str) -> Option<PathBuf> {
        self.url.join(log_path).ok()?.to_file_path().ok()
    }

    /// Refuses to join files of a table that has what a joined file would not keep.
    pub(super) fn must_be_joinable(&self, snapshot: &Snapshot) -> Result<(), LakeError> {
        let protocol = snapshot.table_configuration().protocol();
        let mut features = protocol.reader_features().into_iter().chain(protocol.writer_features()).flatten();
        if features.any(|feature| *feature == TableFeature::DeletionVectors) {
            return Err(self.refuse("files of a table with deletion vectors are not joined", MEND_JOIN));
        }
        let ours = columns()?;
        let known =
            |column: &StructField| ours.field(column.name()).is_some_and(|ours| ours.data_type() == column.data_type());
        let unknown = snapshot.schema().fields().find(|column| !known(column)).map(|column| column.name().clone());
        match unknown {
            Some(name) => Err(self.refuse(format!("its column {name} is not known, and would be lost"), MEND_NEWER)),
            None => Ok(()),
        }
    }

    /// The newest version, from an older one.
    pub(super) fn snapshot_from(&self, older: &SnapshotRef) -> Result<SnapshotRef, LakeError> {
        let snapshot = Snapshot::builder_from(older.clone()).build(&self.engine);
        if snapshot.as_ref().is_err_and(is_missing) {
            return self.snapshot();
        }
        let snapshot = snapshot.map_err(|error| self.refusal(error, "the table is read"))?;
        if snapshot.version() == older.version() { Ok(snapshot) } else { self.checked(snapshot) }
    }

    /// What an error of the table reader means for the caller.
    pub(super) fn refusal(&self, error: KernelError, doing: &'static str) -> LakeError {
        if is_unsupported(&error) {
            return self.refused(
                "it uses a version or feature of the Delta format that is not known",
                MEND_NEWER,
                error,
            );
        }
        if io_cause(&error).is_some() && !is_missing(&error) {
            return LakeError::unavailable(doing, error);
        }
        self.refused("its log is damaged", MEND_DAMAGED, error)
    }

    fn refused(&self, what: impl Into<String>, mend: &'static str, source: KernelError) -> LakeError {
        LakeError::Refused { what: what.into(), path: self.path.clone(), mend, source: Some(source.into()) }
    }

    pub(super) fn refuse(&self, what: impl Into<String>, mend: &'static str) -> LakeError {
        LakeError::Refused { what: what.into(), path: self.path.clone(), mend, source: None }
    }

    fn has_commits(&self) -> io::Result<bool> {
        let entries = match fs::read_dir(self.log_folder()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            // `…json#1` is a commit that a crash left half written, under a name that is not in use yet.
            if !name.starts_with('.') && !name.contains('#') {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Something in the folder that is not ours: no table is made among somebody's files.
    fn foreign_entry(&self) -> io::Result<Option<String>> {
        for entry in fs::read_dir(&self.path)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            // A mounted disk has `lost+found` at its root.
            if name != "_delta_log" && name != "lost+found" && !name.starts_with('.') {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn create(&self, settings: &LakeSettings, log_id: &str) -> Result<(), LakeError> {
        let schema = StructType::try_from_arrow(table_schema()).map_err(LakeError::of_file)?;
        let transaction = create_table(self.url.as_str(), Arc::new(schema), ENGINE, false)
            .with_data_layout(DataLayout::partitioned([DAY]))
            .with_table_properties(properties(settings, log_id))
            .build(&self.engine, Box::new(FileSystemCommitter::new()));
        let committed = match transaction {
            Err(KernelError::TableAlreadyExistsAtPath(_)) => return Ok(()),
            transaction => transaction.and_then(|transaction| transaction.commit(&self.engine)),
        };
        match committed.map_err(|error| self.refusal(error, "the table is made"))? {
            // A conflict says that another worker has just made it.
            CommitResult::Committed(_) | CommitResult::Conflicted(_) => {}
            CommitResult::Retryable(failed) => return Err(self.refusal(failed.error, "the table is made")),
        }
        let failed = |error| LakeError::unavailable("the table is made", error);
        files::sync_folder(&self.path).map_err(failed)?;
        self.path.parent().map_or(Ok(()), files::sync_folder).map_err(failed)
    }

    fn add_columns(&self, snapshot: SnapshotRef, columns: Vec<StructField>) -> Result<(), LakeError> {
        let mut builder = snapshot.update_table(UpdateTableOperation::AlterTable, ENGINE, false);
        for column in columns {
            builder = builder.add_column(column);
        }
        let transaction = builder.build(&self.engine, Box::new(FileSystemCommitter::new()));
        let committed = transaction.and_then(|transaction| transaction.commit(&self.engine));
        match committed.map_err(|error| self.refusal(error, "columns are added"))? {
            CommitResult::Committed(_) | CommitResult::Conflicted(_) => Ok(()),
            CommitResult::Retryable(failed) => Err(self.refusal(failed.error, "columns are added")),
        }
    }

    /// Refuses a table that follows another log: what came by that log would come again by this one, and stand twice.
    pub(super) fn must_follow(&self, snapshot: &SnapshotRef, log_id: &str) -> Result<(), LakeError> {
        let properties = snapshot.table_configuration().metadata().configuration();
        match properties.get(FOLLOWS) {
            Some(other) if other != log_id => {
                Err(self.refuse(format!("it follows another log ({other}, and this is {log_id})"), MEND_LOG))
            }
            _ => Ok(()),
        }
    }

    /// Passes on a table that this program may write.
    pub(super) fn checked(&self, snapshot: SnapshotRef) -> Result<SnapshotRef, LakeError> {
        let table = snapshot.table_configuration();
        if table.metadata().configuration().get(MARK.0).map(String::as_str) != Some(MARK.1) {
            return Err(self.refuse("it is a table of another program", MEND_FOREIGN));
        }
        let protocol = table.protocol();
        let versions = (protocol.min_reader_version(), protocol.min_writer_version());
        if !READER_VERSIONS.contains(&versions.0) || !WRITER_VERSIONS.contains(&versions.1) {
            let what = format!(
                "it needs reader version {} and writer version {}, which are not known",
                versions.0, versions.1
            );
            return Err(self.refuse(what, MEND_NEWER));
        }
        let features = protocol.reader_features().into_iter().chain(protocol.writer_features()).flatten();
        if let Some(feature) = features.into_iter().find(|feature| !FEATURES.contains(feature)) {
            return Err(self.refuse(format!("it has the table feature {feature}, which is not known"), MEND_NEWER));
        }
        if table.column_mapping_mode() != ColumnMappingMode::None {
            return Err(self.refuse("its columns were renamed", MEND_NEWER));
        }
        if table.logical_partition_columns() != [DAY] {
            return Err(self.refuse("it is not partitioned by day", MEND_FOREIGN));
        }
        for column in columns()?.fields() {
            let known = snapshot.schema().field(column.name()).cloned();
            if known.is_some_and(|known| !fits(known.data_type(), column.data_type())) {
                let what = format!("its column {} has another type than this version writes", column.name());
                return Err(self.refuse(what, MEND_NEWER));
            }
        }
        let required = snapshot.schema().fields().find(|field| !field.is_nullable()).map(|field| field.name().clone());
        match required {
            Some(name) => Err(self.refuse(format!("its column {name} may not be null"), MEND_NEWER)),
            None => Ok(snapshot),
        }
    }
}

fn columns() -> Result<StructType, LakeError> {
    StructType::try_from_arrow(table_schema()).map_err(LakeError::of_file)
}

fn missing_columns(snapshot: &Snapshot) -> Result<Vec<StructField>, LakeError> {
    let known = snapshot.schema();
    Ok(columns()?.fields().filter(|column| known.field(column.name()).is_none()).cloned().collect())
}

/// Whether what we write fits a column of the table, whose records may have fields that only a newer version knows.
fn fits(table: &DataType, ours: &DataType) -> bool {
    match (table, ours) {
        (DataType::Array(table), DataType::Array(ours)) => fits(table.element_type(), ours.element_type()),
        (DataType::Struct(table), DataType::Struct(ours)) => ours
            .fields()
            .all(|field| table.field(field.name()).is_some_and(|known| fits(known.data_type(), field.data_type()))),
        (table, ours) => table == ours,
    }
}

fn properties(settings: &LakeSettings, log_id: &str) -> Vec<(&'static str, String)> {
    let hours = settings.log_retention.max(Duration::from_secs(3_600)).as_secs().div_ceil(3_600);
    vec![
        (MARK.0, MARK.1.to_owned()),
        (FOLLOWS, log_id.to_owned()),
        ("delta.checkpointInterval", settings.checkpoint_commits.max(1).to_string()),
        ("delta.logRetentionDuration", format!("interval {hours} hours")),
        ("delta.dataSkippingStatsColumns", files::bounded_columns().collect::<Vec<_>>().join(",")),
    ]
}

fn engine() -> Result<DefaultEngine<TokioMultiThreadExecutor>, LakeError> {
    let executor = TokioMultiThreadExecutor::new_owned_runtime(Some(1), Some(8))
        .map_err(|error| LakeError::unavailable("threads are started", error))?;
    // With fsync, a commit that was acknowledged survives a power cut: the file first, then its name in the folder.
    let store = Arc::new(LocalFileSystem::new().with_fsync(true));
    Ok(DefaultEngineBuilder::new(store).with_task_executor(Arc::new(executor)).build())
}

/// Whether the folder takes new files, asked before anything depends on it.
fn probe(folder: &Path) -> io::Result<()> {
    let path = folder.join(format!(".probe-{}", uuid::Uuid::new_v4()));
    fs::write(&path, b"wiredesk")?;
    fs::remove_file(&path)
}

fn placed(path: &Path, what: &str, error: io::Error) -> LakeError {
    if is_wrong_place(&error) {
        let what = what.to_owned();
        return LakeError::Refused { what, path: path.to_owned(), mend: MEND_WRITABLE, source: Some(error.into()) };
    }
    LakeError::unavailable("the lake is opened", error)
}
