//! Checkpoints, and the log files that they make superfluous.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use delta_kernel::{SnapshotRef, snapshot::Snapshot};
use schemas::Timestamp;

use super::{Entry, LakeError, table::Table};

/// Checkpoints that are never cleaned, however old: the newest may be one that a reader is about to open, and the one
/// before it is the way back if the newest is found damaged.
const CHECKPOINTS_MIN: usize = 2;

/// Actions of a checkpoint for which it may wait another commit. It is written anew each time, and removed files stay in it
/// for a week: after 20,000 commits at one fixed distance it took 80 ms, and would take ever longer. So its share of a
/// commit stays what it is, and what a reader has to replay stays in proportion to the checkpoint that it reads anyway.
const ACTIONS_A_COMMIT: u64 = 200;

/// Whether this version is to have a checkpoint: every so many commits, less often where the last one was large.
pub(super) fn is_due(log: &Path, version: u64, commits: u64) -> bool {
    version.is_multiple_of(commits.max(1))
        && last_checkpoint(log).is_none_or(|last| version >= last.version.saturating_add(last.size / ACTIONS_A_COMMIT))
}

/// What `_last_checkpoint` says (Delta protocol, "Last Checkpoint File").
#[derive(serde::Deserialize)]
struct LastCheckpoint {
    version: u64,
    /// Its actions.
    size: u64,
}

fn last_checkpoint(log: &Path) -> Option<LastCheckpoint> {
    serde_json::from_slice(&fs::read(log.join("_last_checkpoint")).ok()?).ok()
}

/// Writes a checkpoint of the snapshot (Delta protocol, "Checkpoints").
pub(super) fn checkpoint(table: &Table, snapshot: &SnapshotRef) -> Result<SnapshotRef, LakeError> {
    let written = Snapshot::checkpoint(snapshot, table.engine(), None);
    let (_, snapshot) = written.map_err(|error| table.refusal(error, "a checkpoint is written"))?;
    Ok(snapshot)
}

/// Deletes what stands before the newest checkpoint that is itself older than the retention, in ascending order of
/// versions, so that a crash half-way leaves no gap (Delta protocol, "Metadata Cleanup"). Files that cannot be deleted
/// stay until the next time.
pub(super) fn clean(log: &Path, retention: Duration, now: Timestamp) {
    let Ok(entries) = fs::read_dir(log) else { return };
    let mut files: Vec<LogFile> = entries.filter_map(|entry| LogFile::of(&entry.ok()?)).collect();
    files.sort_unstable_by(|a, b| a.version.cmp(&b.version).then_with(|| a.path.cmp(&b.path)));
    let Some(from) = oldest_to_keep(&files, retention, now) else { return };
    for file in files.iter().take_while(|file| file.version < from) {
        if let Err(error) = fs::remove_file(&file.path) {
            // What is newer must stay then, or the log would have a gap.
            tracing::warn!(error = &error as &dyn std::error::Error, "an expired log file was not deleted");
            return;
        }
    }
}

/// The commits and the checkpoints that lie in the log's folder, in the order of their versions.
pub(super) fn entries(log: &Path) -> (Vec<Entry>, Vec<Entry>) {
    let files = fs::read_dir(log).into_iter().flatten().filter_map(|entry| LogFile::of(&entry.ok()?));
    let (mut commits, mut checkpoints) = (Vec::new(), Vec::new());
    for file in files {
        let entry = Entry { version: file.version, at: file.modified };
        if file.is_checkpoint {
            checkpoints.push(entry);
        } else if file.path.extension().is_some_and(|end| end == "json") {
            commits.push(entry);
        }
    }
    commits.sort_unstable_by_key(|entry| entry.version);
    checkpoints.sort_unstable_by_key(|entry| entry.version);
    (commits, checkpoints)
}

/// The version from which on everything stays: `None` if nothing may go.
fn oldest_to_keep(files: &[LogFile], retention: Duration, now: Timestamp) -> Option<u64> {
    let mut checkpoints: Vec<&LogFile> = files.iter().filter(|file| file.is_checkpoint).collect();
    checkpoints.dedup_by_key(|file| file.version);
    let may_go = checkpoints.len().checked_sub(CHECKPOINTS_MIN)?;
    let expired = |file: &&&LogFile| now.since(file.modified) > retention;
    checkpoints[..=may_go].iter().rev().find(expired).map(|file| file.version)
}

#[derive(Debug)]
struct LogFile {
    version: u64,
    is_checkpoint: bool,
    modified: Timestamp,
    path: PathBuf,
}

impl LogFile {
    /// A file of one version: a commit, a checksum, a checkpoint or a part of one. Anything else is not ours to delete.
    fn of(entry: &fs::DirEntry) -> Option<Self> {
        let name = entry.file_name().into_string().ok()?;
        let (version, rest) = name.split_at_checked(20)?;
        let is_checkpoint = rest.starts_with(".checkpoint") && rest.ends_with(".parquet");
        if !is_checkpoint && !matches!(rest, ".json" | ".crc") && !is_abandoned(rest) {
            return None;
        }
        let modified = entry.metadata().ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            version: version.parse().ok()?,
            is_checkpoint,
            modified: Timestamp::from_millis(i64::try_from(modified.as_millis()).ok()?),
            path: entry.path(),
        })
    }
}

/// A file that a crash left half written: `.json#1`.
fn is_abandoned(rest: &str) -> bool {
    rest.rsplit_once('#').is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(version: u64, is_checkpoint: bool, age_s: i64) -> LogFile {
        let modified = Timestamp::from_millis(-age_s * 1_000);
        LogFile { version, is_checkpoint, modified, path: PathBuf::from(format!("{version}")) }
    }

    #[test]
    fn a_large_checkpoint_is_not_written_as_often() {
        let log = tempfile::tempdir().unwrap();
        let due = |version| is_due(log.path(), version, 50);
        assert!(due(50) && !due(51));
        fs::write(log.path().join("_last_checkpoint"), r#"{"version":50,"size":9000,"parts":null}"#).unwrap();
        assert!(due(100) && !due(99));
        fs::write(log.path().join("_last_checkpoint"), r#"{"version":100,"size":30000}"#).unwrap();
        assert!(!due(150) && !due(200) && due(250));
    }

    #[test]
    fn two_checkpoints_and_all_that_is_young_stay() {
        let keep = |files: &[LogFile]| oldest_to_keep(files, Duration::from_secs(100), Timestamp::from_millis(0));
        assert_eq!(keep(&[file(0, false, 900)]), None);
        assert_eq!(keep(&[file(0, false, 900), file(50, true, 800)]), None);
        assert_eq!(keep(&[file(0, false, 900), file(50, true, 800), file(100, true, 700)]), Some(50));
        assert_eq!(keep(&[file(50, true, 800), file(100, true, 700), file(150, true, 600)]), Some(100));
        assert_eq!(keep(&[file(50, true, 800), file(100, true, 90), file(150, true, 10)]), Some(50));
        assert_eq!(keep(&[file(50, true, 90), file(100, true, 50), file(150, true, 10)]), None);
    }
}
