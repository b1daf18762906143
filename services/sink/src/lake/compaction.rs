//! Small files joined into large ones, in the order in which they were written, by commits that change no row.
//!
//! A joined file is written first, row by row, and then one commit takes it in and the small ones out. That commit is
//! made only on a version that still has every one of the small files: where another writer comes first, it looks anew,
//! and where one of them is gone, the joined file is deleted and the whole plan made anew. A crash before the commit
//! leaves a file that no commit names; one after it, files that no version needs: the vacuum takes both.

use std::{collections::BTreeMap, fs::File};

use arrow::{
    array::{RecordBatch, new_null_array},
    datatypes::Schema,
    error::ArrowError,
};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use pipeline::Stop;
use schemas::Timestamp;

use super::{
    Change, Keeper,
    columns::file_schema,
    contents::{self, Live},
    error::{LakeError, MEND_DAMAGED},
    files, rows,
    table::Table,
};

/// Bytes that a joined file should have: enough for a reader to make good use of one open file.
pub(super) const FILE_BYTES: u64 = 128 << 20;
/// A file is small below this, and joined with others; above, what a reader would gain is not worth the writing.
pub(super) const SMALL_BYTES: u64 = FILE_BYTES / 4;
/// Fewer small files of a day are left as they are.
pub(super) const FILES_MIN: usize = 4;
/// Files in one joined file at most: each is a line in the commit.
const FILES_MAX: usize = 2_000;
/// How often a plan is made before other writers are left alone for now.
const PLANS_MAX: u32 = 20;

const _: () = assert!(FILES_MIN as u64 * SMALL_BYTES <= FILE_BYTES, "a full group has enough files to be joined");

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compacted {
    /// Small files that are joined now.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that stand for them.
    pub files_made: usize,
    /// Their bytes.
    pub bytes_made: u64,
    /// How often another writer's commit came first.
    pub conflicts: u32,
    /// How often the plan was made anew, since files of it had left the table.
    pub overtaken: u32,
}

/// Small files of one day that become one.
#[derive(Debug)]
pub(super) struct Group {
    day: i32,
    pub(super) files: Vec<Live>,
}

impl Keeper {
    /// Joins small files until none are left to join or the stop is set. `now` decides which log files have expired.
    ///
    /// # Errors
    /// [`LakeError::Refused`] for a table that has what a joined file would not keep, beside what [`super::Lake::open`]
    /// refuses; [`LakeError::Unavailable`] if it may be tried later. What was joined before stays joined.
    pub fn compact(&mut self, now: Timestamp, stop: &Stop) -> Result<Compacted, LakeError> {
        let mut done = Compacted::default();
        for _ in 0..PLANS_MAX {
            let groups = plan(self.live()?);
            match self.join_all(groups, &mut done, now, stop) {
                Err(LakeError::Overtaken) => done.overtaken += 1,
                // A file that is half written was deleted.
                Err(_) if stop.is_set() => return Ok(done),
                joined => return joined.map(|()| done),
            }
        }
        Err(LakeError::unavailable("files are joined", "other writers replaced them each time"))
    }

    pub(super) fn live(&mut self) -> Result<Vec<Live>, LakeError> {
        let lake = &mut self.0;
        lake.positions.clear();
        lake.snapshot = lake.table.ready_snapshot()?;
        lake.table.must_be_joinable(&lake.snapshot)?;
        Ok(lake.table.read(|snapshot| contents::live(snapshot, lake.table.engine()))?.1)
    }

    fn join_all(
        &mut self,
        groups: Vec<Group>,
        done: &mut Compacted,
        now: Timestamp,
        stop: &Stop,
    ) -> Result<(), LakeError> {
        for Group { day, mut files } in groups {
            files.retain(|file| is_ours(&self.0.table, file));
            if files.len() < FILES_MIN {
                continue;
            }
            let joined = [join(&self.0.table, day, &files, stop)?];
            let log_paths: Vec<String> = files.iter().map(|file| file.log_path.clone()).collect();
            let (_, conflicts) = self.0.commit(&Change { files: &joined, moves: &[], joined: &log_paths })?;
            self.0.keep_house(now);
            done.files += files.len();
            done.bytes += files.iter().map(|file| file.bytes).sum::<u64>();
            done.files_made += 1;
            done.bytes_made += joined[0].meta.size;
            done.conflicts += conflicts;
        }
        Ok(())
    }
}

/// Which files become one: the small ones of a day as they were written, until the joined file is large enough.
pub(super) fn plan(live: Vec<Live>) -> Vec<Group> {
    let mut days: BTreeMap<i32, Vec<Live>> = BTreeMap::new();
    for file in live {
        if let (Some(day), true) = (file.day, file.bytes < SMALL_BYTES && !file.has_vector) {
            days.entry(day).or_default().push(file);
        }
    }
    let mut groups = Vec::new();
    for (day, mut files) in days {
        files.sort_unstable_by(|a, b| (a.modified_ms, &a.log_path).cmp(&(b.modified_ms, &b.log_path)));
        let (mut group, mut bytes) = (Group { day, files: Vec::new() }, 0);
        for file in files {
            bytes += file.bytes;
            group.files.push(file);
            if bytes >= FILE_BYTES || group.files.len() == FILES_MAX {
                groups.push(std::mem::replace(&mut group, Group { day, files: Vec::new() }));
                bytes = 0;
            }
        }
        groups.push(group);
    }
    groups.retain(|group| group.files.len() >= FILES_MIN);
    groups
}

/// Writes the rows of the files into one, a batch in memory at a time.
pub(super) fn join(table: &Table, day: i32, files: &[Live], stop: &Stop) -> Result<files::Written, LakeError> {
    files::write_day(table.path(), day, |joined| {
        for file in files {
            let mut rows = 0;
            for batch in read(table, file)? {
                if stop.is_set() {
                    return Err(LakeError::unavailable("files are joined", "stopping"));
                }
                let batch = batch.and_then(|batch| as_ours(&batch)).map_err(unread)?;
                rows += batch.num_rows() as u64;
                let _alone = files::if_large(batch.get_array_memory_size());
                joined.push(&batch)?;
            }
            if file.rows.is_some_and(|known| known != rows) {
                let what = format!("its file {} has {rows} rows, and the log says otherwise", file.log_path);
                return Err(table.refuse(what, MEND_DAMAGED));
            }
        }
        Ok(())
    })
}

fn read(
    table: &Table,
    file: &Live,
) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + use<>, LakeError> {
    let file = open(table, file).map_err(unread)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(unread)?;
    builder.with_batch_size(rows::BATCH_ROWS_MAX).build().map_err(unread)
}

fn unread(error: impl std::error::Error + Send + Sync + 'static) -> LakeError {
    LakeError::unavailable("a data file is read", error)
}

fn open(table: &Table, file: &Live) -> std::io::Result<File> {
    let path = table.locate(&file.log_path).ok_or(std::io::ErrorKind::NotFound)?;
    File::open(path)
}

/// Whether the file is as this program writes it, if only by an older version: files of others are left as they are.
fn is_ours(table: &Table, file: &Live) -> bool {
    let inside = table.locate(&file.log_path).is_some_and(|path| path.starts_with(table.path()));
    let schema = || {
        let file = open(table, file).ok()?;
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).ok().map(|about| about.schema().clone())
    };
    inside && schema().is_some_and(|schema| fits(&schema))
}

fn fits(schema: &Schema) -> bool {
    let ours = file_schema();
    let known = |field: &arrow::datatypes::Field| {
        ours.field_with_name(field.name()).is_ok_and(|ours| ours.data_type() == field.data_type())
    };
    schema.fields().iter().all(|field| known(field))
}

/// The batch with every column of ours, in our order; null where the file is older than the column.
fn as_ours(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = file_schema();
    let column = |field: &arrow::datatypes::Field| match batch.column_by_name(field.name()) {
        Some(column) => column.clone(),
        None => new_null_array(field.data_type(), batch.num_rows()),
    };
    let columns = schema.fields().iter().map(|field| column(field)).collect();
    RecordBatch::try_new(schema, columns)
}
