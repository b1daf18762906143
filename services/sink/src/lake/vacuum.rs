//! Data files that no version needs any more, found and deleted.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use delta_kernel::SnapshotRef;
use pipeline::Stop;
use schemas::Timestamp;

use super::{
    Keeper,
    columns::DAY,
    contents::{self, Live, Remembered},
    error::{LakeError, MEND_DAMAGED, MEND_RETENTION},
    files::DATA_FILE_END,
    table::Table,
};

/// A retention that nobody asks for by mistake: a reader that opened the table before then has ended.
pub const RETENTION_MIN: Duration = Duration::from_secs(3_600);

/// A file that no commit names may be about to be named by one: below this age it is kept, whatever the retention.
const ORPHAN_AGE_MIN: Duration = Duration::from_secs(3_600);

/// How long the log remembers removed files, where the table does not say (Delta's own default).
const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);

/// What a vacuum deleted, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vacuumed {
    /// The files, with their bytes.
    pub files: Vec<(PathBuf, u64)>,
    /// Files that could not be deleted; the next vacuum tries again.
    pub failed: usize,
}

impl Vacuumed {
    /// Bytes of all the files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, bytes)| bytes).sum()
    }
}

/// A data file that the newest version does not have.
pub(super) struct Unneeded {
    path: PathBuf,
    pub(super) bytes: u64,
    /// When it was removed, or written where no commit has ever named it.
    since: Timestamp,
    /// Whether the log says that it was removed.
    pub(super) is_removed: bool,
}

impl Unneeded {
    pub(super) fn has_expired(&self, retention: Duration, now: Timestamp) -> bool {
        let least = if self.is_removed { retention } else { retention.max(ORPHAN_AGE_MIN) };
        now.since(self.since) >= least
    }
}

impl Keeper {
    /// Deletes data files that the newest version does not have: those removed from it longer than `retention` ago, and
    /// those older than it that no commit names. Stops between two files when asked to. Whoever reads an older version
    /// than the retention allows for finds files missing.
    ///
    /// # Errors
    /// [`LakeError::Refused`] for a retention that is longer than the log remembers removed files, and as for
    /// [`super::Lake::open`]; [`LakeError::Unavailable`] if it may be tried later.
    pub fn vacuum(
        &self,
        retention: Duration,
        dry_run: bool,
        now: Timestamp,
        stop: &Stop,
    ) -> Result<Vacuumed, LakeError> {
        let table = &self.0.table;
        let snapshot = table.snapshot()?;
        let remembered = snapshot.table_properties().deleted_file_retention_duration.unwrap_or(REMEMBERED);
        if retention > remembered {
            // What was forgotten would look as old as its file, and be deleted too soon.
            let what = format!("its log remembers removed files for {} hours only", remembered.as_secs() / 3_600);
            return Err(table.refuse(what, MEND_RETENTION));
        }
        let Difference { unneeded, missing, .. } = difference(table, data_files(table)?)?;
        if let Some(missing) = missing.first() {
            // Lost, or the log names files in a way that is not understood here: then others may not be needless either.
            return Err(table.refuse(format!("its file {missing} is not there"), MEND_DAMAGED));
        }
        let mut done = Vacuumed::default();
        for file in unneeded.into_iter().filter(|file| file.has_expired(retention, now)) {
            if stop.is_set() {
                break;
            }
            let deleted = if dry_run { Ok(()) } else { fs::remove_file(&file.path) };
            match deleted {
                Ok(()) => done.files.push((file.path, file.bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // by another vacuum
                Err(error) => {
                    let path = file.path.display();
                    tracing::warn!(error = &error as &dyn std::error::Error, "{path} was not deleted");
                    done.failed += 1;
                }
            }
        }
        Ok(done)
    }
}

/// How what lies in the folder and what the newest version says differ.
pub(super) struct Difference {
    /// The newest version, with its files and what else its log remembers.
    pub(super) snapshot: SnapshotRef,
    pub(super) live: Vec<Live>,
    pub(super) remembered: Remembered,
    /// Data files that the version does not have.
    pub(super) unneeded: Vec<Unneeded>,
    /// Files of the version that are not there, as the log names them.
    pub(super) missing: Vec<String>,
}

/// `lying` is what [`data_files`] found. First what lies there, then what the log says: a file that was committed in between
/// is known to the log.
pub(super) fn difference(table: &Table, lying: Vec<DataFile>) -> Result<Difference, LakeError> {
    let (snapshot, (live, remembered)) = table.read(|snapshot| {
        Ok((contents::live(snapshot, table.engine())?, contents::remembered(snapshot, table.engine())?))
    })?;
    let located = |file: &Live| table.locate(&file.log_path);
    let needed: BTreeSet<PathBuf> = live.iter().filter_map(located).collect();
    let is_missing = |file: &&Live| !located(file).is_some_and(|path| path.exists());
    let missing = live.iter().filter(is_missing).map(|file| file.log_path.clone()).collect();
    let removed = remembered.removed.iter();
    let removed: BTreeMap<PathBuf, Option<i64>> =
        removed.filter_map(|(path, at)| Some((table.locate(path)?, *at))).collect();
    let unneeded = |file: DataFile| {
        let since = removed.get(&file.path).map(|at| at.map_or(file.modified, Timestamp::from_millis));
        let (since, is_removed) = (since.unwrap_or(file.modified), since.is_some());
        Unneeded { path: file.path, bytes: file.bytes, since, is_removed }
    };
    let unneeded = lying.into_iter().filter(|file| !needed.contains(&file.path)).map(unneeded).collect();
    Ok(Difference { snapshot, live, remembered, unneeded, missing })
}

/// A file that may be one of the table's.
pub(super) struct DataFile {
    path: PathBuf,
    pub(super) bytes: u64,
    modified: Timestamp,
}

/// Files named as data files are, in folders named as days are: everything else in the table's folder is not ours. Links
/// are not followed.
pub(super) fn data_files(table: &Table) -> Result<Vec<DataFile>, LakeError> {
    list(table.path()).map_err(|error| LakeError::unavailable("data files are listed", error))
}

fn list(table: &Path) -> io::Result<Vec<DataFile>> {
    let mut found = Vec::new();
    for folder in fs::read_dir(table)? {
        let folder = folder?;
        let is_day = folder.file_name().to_str().and_then(|name| name.strip_prefix(DAY)?.strip_prefix('=')).is_some();
        if !is_day || !folder.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let name = file.file_name();
            let is_data =
                name.to_str().is_some_and(|name| name.ends_with(DATA_FILE_END) && !name.starts_with(['_', '.']));
            if !is_data || !file.file_type()?.is_file() {
                continue;
            }
            let about = match file.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // deleted in this moment
                about => about?,
            };
            let age = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
            let modified = Timestamp::from_millis(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
            found.push(DataFile { path: file.path(), bytes: about.len(), modified });
        }
    }
    Ok(found)
}
