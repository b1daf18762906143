//! What a person wants to know of a lake, found without writing anything.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use schemas::Timestamp;
use serde::Serialize;

use super::{
    compaction::{FILE_BYTES, SMALL_BYTES, plan},
    contents::Live,
    error::LakeError,
    housekeeping,
    table::Table,
    vacuum,
};

/// Bounds of the size classes that files are counted in, in bytes.
const SIZE_CLASSES: [u64; 4] = [1 << 20, SMALL_BYTES, FILE_BYTES, u64::MAX];

/// How a lake stands.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The table's folder.
    pub path: PathBuf,
    /// Why this version of the program does not write it, or joins none of its files; what can be read of it is told
    /// nevertheless.
    pub refused: Option<String>,
    /// The newest commit in the log's folder.
    pub newest_commit: Option<Entry>,
    /// The oldest one: how far back a reader may travel.
    pub oldest_commit: Option<Entry>,
    /// The newest checkpoint.
    pub newest_checkpoint: Option<Entry>,
    /// The oldest one.
    pub oldest_checkpoint: Option<Entry>,
    /// Data files in its folders, needed or not.
    pub on_disk: Files,
    /// What the newest version says; `None` where it cannot be read.
    pub contents: Option<Contents>,
}

/// What the newest version of the table says.
#[derive(Debug, Serialize)]
pub struct Contents {
    /// Its number.
    pub version: u64,
    /// The files whose rows count.
    pub live: Files,
    /// Their rows; `None` where the log does not say for each.
    pub rows: Option<u64>,
    /// Partitions.
    pub days: usize,
    /// The same files by size.
    pub sizes: Vec<SizeClass>,
    /// Small files that a compaction would join, and how many files it would make of them.
    pub to_join: Files,
    /// How many files they would become.
    pub to_become: usize,
    /// How far the sources are written.
    pub positions: Vec<Position>,
    /// Removed files that the log remembers.
    pub tombstones: usize,
    /// Files of this version that are not there: the lake is damaged.
    pub missing: usize,
    /// Data files that this version does not have: removed from it, being written, or left by a crash.
    pub unneeded: Files,
    /// Those that a vacuum would delete now.
    pub to_vacuum: Files,
}

/// Some files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Files {
    /// How many.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

impl Files {
    fn of(sizes: impl IntoIterator<Item = u64>) -> Self {
        sizes.into_iter().fold(Self::default(), |all, bytes| Self { files: all.files + 1, bytes: all.bytes + bytes })
    }
}

/// The files of a size.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SizeClass {
    /// They have fewer bytes than this; `None`: any number.
    pub bytes_below: Option<u64>,
    /// How many, and their bytes.
    pub live: Files,
}

/// A file of the table's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its version.
    pub version: u64,
    /// When it was written.
    pub at: Timestamp,
}

/// The next offset of a source partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// Whose it is: `wiredesk/log id/topic/partition`.
    pub source: String,
    /// The next offset to write.
    pub next: i64,
}

impl Status {
    /// Looks at the lake in the folder; `None` where there is none. `retention` is that of the vacuum.
    ///
    /// # Errors
    /// [`LakeError`] where the folder cannot be read.
    pub fn of(path: &Path, retention: Duration, now: Timestamp) -> Result<Option<Self>, LakeError> {
        let Some(table) = Table::existing(path)? else { return Ok(None) };
        let lying = vacuum::data_files(&table)?;
        let on_disk = Files::of(lying.iter().map(|file| file.bytes));
        let (commits, checkpoints) = housekeeping::entries(&table.log_folder());
        let (contents, refused) = match Contents::of(&table, lying, retention, now) {
            Ok((contents, refused)) => (Some(contents), refused),
            Err(refused @ LakeError::Refused { .. }) => (None, Some(refused)),
            Err(other) => return Err(other),
        };
        Ok(Some(Self {
            path: table.path().to_owned(),
            refused: refused.map(|refused| refused.to_string()),
            newest_commit: commits.last().copied(),
            oldest_commit: commits.first().copied(),
            newest_checkpoint: checkpoints.last().copied(),
            oldest_checkpoint: checkpoints.first().copied(),
            on_disk,
            contents,
        }))
    }
}

impl Contents {
    /// What can be read, and why the table is not written, if so.
    fn of(
        table: &Table,
        lying: Vec<vacuum::DataFile>,
        retention: Duration,
        now: Timestamp,
    ) -> Result<(Self, Option<LakeError>), LakeError> {
        let vacuum::Difference { snapshot, live, remembered, unneeded, missing, .. } =
            vacuum::difference(table, lying)?;
        let expired = unneeded.iter().filter(|file| file.has_expired(retention, now));
        let positions = remembered.positions.into_iter().map(|(source, next)| Position { source, next });
        let names: BTreeSet<&str> = live.iter().map(|file| file.log_path.as_str()).collect();
        let tombstones = remembered.removed.keys().filter(|path| !names.contains(path.as_str())).count();
        let version = snapshot.version();
        let refused = table.checked(snapshot).and_then(|snapshot| table.must_be_joinable(&snapshot)).err();
        let groups = if refused.is_none() { plan(live.clone()) } else { Vec::new() };
        let contents = Self {
            version,
            live: Files::of(live.iter().map(|file| file.bytes)),
            rows: live.iter().map(|file| file.rows).sum(),
            days: live.iter().filter_map(|file| file.day).collect::<BTreeSet<_>>().len(),
            sizes: sizes(&live),
            to_join: Files::of(groups.iter().flat_map(|group| &group.files).map(|file| file.bytes)),
            to_become: groups.len(),
            positions: positions.collect(),
            tombstones,
            missing: missing.len(),
            unneeded: Files::of(unneeded.iter().map(|file| file.bytes)),
            to_vacuum: Files::of(expired.map(|file| file.bytes)),
        };
        Ok((contents, refused))
    }
}

fn sizes(live: &[Live]) -> Vec<SizeClass> {
    let mut from = 0;
    let mut classes = Vec::with_capacity(SIZE_CLASSES.len());
    for below in SIZE_CLASSES {
        let within = live.iter().map(|file| file.bytes).filter(|bytes| (from..below).contains(bytes));
        classes.push(SizeClass { bytes_below: (below < u64::MAX).then_some(below), live: Files::of(within) });
        from = below;
    }
    classes
}
