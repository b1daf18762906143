//! Data files: written once under a name that is never used again, durable before a commit names them.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::UNIX_EPOCH,
};

use arrow::{array::RecordBatch, compute::concat_batches};
use delta_kernel::{
    FileMeta, engine::arrow_conversion::TryFromArrow as _, expressions::ColumnName, schema::StructType,
};
use delta_kernel_default_engine::{parquet::DataFileMetadata, stats::FileStatsAccumulator};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::ArrowWriterOptions},
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use schemas::EnrichedArticle;
use url::Url;
use uuid::Uuid;

use super::{
    columns::{COLUMNS, Cells, DAY, file_schema},
    error::LakeError,
    rows,
};

/// How the name of a data file ends.
pub(super) const DATA_FILE_END: &str = ".parquet";

/// Rows in a row group at most: about 50 MB of text, which a reader can hold per thread.
const ROW_GROUP_ROWS: usize = 8_192;
/// Bytes of a row group at most, as they are in the file: it is in memory until it is full.
const ROW_GROUP_BYTES: usize = 4 << 20;
/// Rows of which the statistics are told at once: they keep some 15 KB for each time until the file is done.
const STATS_ROWS: usize = 4_096;

/// Rows with more bytes of text are encoded one batch at a time in a process: as Arrow's columns and as Parquet's pages they
/// are in memory some six times meanwhile.
const LARGE_BYTES: usize = 2 << 20;

/// Held while rows are encoded that are so large.
static LARGE: Mutex<()> = Mutex::new(());

/// Waits for its turn, where so many bytes are large.
pub(super) fn if_large(bytes: usize) -> Option<MutexGuard<'static, ()>> {
    (bytes > LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A data file that no commit names yet.
pub(super) struct Written {
    pub(super) path: PathBuf,
    /// The partition, as days since the epoch.
    pub(super) day: i32,
    pub(super) meta: FileMeta,
    pub(super) stats: arrow::array::StructArray,
}

impl Written {
    pub(super) fn add(&self) -> DataFileMetadata {
        DataFileMetadata::new(self.meta.clone(), self.stats.clone())
    }

    /// As the log names it: relative to the table. Nothing in it needs an escape.
    pub(super) fn log_path(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!("{}/{name}", day_folder(self.day))
    }
}

/// Writes the rows below `table`, a file for each day, durably. On an error, what was written is deleted again.
pub(super) fn write(table: &Path, rows: &[&EnrichedArticle]) -> Result<Vec<Written>, LakeError> {
    let mut days: BTreeMap<i32, Vec<&EnrichedArticle>> = BTreeMap::new();
    for row in rows {
        days.entry(row.revision.first_seen_at.day()).or_default().push(row);
    }
    let mut written = Vec::with_capacity(days.len());
    for (day, rows) in days {
        let fill = |file: &mut DataFile| {
            rows.chunks(rows::BATCH_ROWS_MAX).try_for_each(|rows| {
                let _alone = if_large(rows::text_bytes(rows));
                file.push(&rows::batch(rows).map_err(LakeError::of_file)?)
            })
        };
        match write_day(table, day, fill) {
            Ok(file) => written.push(file),
            Err(error) => {
                delete(&written);
                return Err(error);
            }
        }
    }
    Ok(written)
}

/// Deletes files that no commit names. One that cannot be deleted is an orphan: no reader sees it.
pub(super) fn delete(files: &[Written]) {
    for file in files {
        let _ = fs::remove_file(&file.path);
    }
}

/// Writes a file of one day, durably, with the rows that `fill` pushes into it. On an error, it is deleted again.
pub(super) fn write_day(
    table: &Path,
    day: i32,
    fill: impl FnOnce(&mut DataFile) -> Result<(), LakeError>,
) -> Result<Written, LakeError> {
    let folder = table.join(day_folder(day));
    if !folder.is_dir() {
        fs::create_dir_all(&folder).map_err(LakeError::of_file)?;
        sync_folder(table).map_err(LakeError::of_file)?;
    }
    let path = folder.join(format!("{}{DATA_FILE_END}", Uuid::new_v4()));
    let written = DataFile::create(&path)
        .and_then(|mut file| {
            fill(&mut file)?;
            file.finish(&path, day)
        })
        .and_then(|written| {
            sync_folder(&folder).map_err(LakeError::of_file)?;
            Ok(written)
        });
    if written.is_err() {
        let _ = fs::remove_file(&path);
    }
    written
}

/// A data file that is being written.
pub(super) struct DataFile {
    writer: ArrowWriter<File>,
    stats: FileStatsAccumulator,
    /// Rows that the statistics do not know yet: their bounded columns alone.
    bounded: Vec<RecordBatch>,
    bounded_rows: usize,
}

impl DataFile {
    fn create(path: &Path) -> Result<Self, LakeError> {
        let file = File::create_new(path).map_err(LakeError::of_file)?;
        let options = ArrowWriterOptions::new().with_properties(properties()).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(file, file_schema(), options).map_err(LakeError::of_file)?;
        Ok(Self { writer, stats: stats()?, bounded: Vec::new(), bounded_rows: 0 })
    }

    /// Adds rows of the data file's schema.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<(), LakeError> {
        let bounded: Vec<usize> = (0..COLUMNS.len()).filter(|at| COLUMNS[*at].bounds).collect();
        self.bounded.push(batch.project(&bounded).map_err(LakeError::of_file)?);
        self.bounded_rows += batch.num_rows();
        if self.bounded_rows >= STATS_ROWS {
            self.count()?;
        }
        self.writer.write(batch).map_err(LakeError::of_file)
    }

    /// Tells the statistics of the rows that they do not know yet.
    fn count(&mut self) -> Result<(), LakeError> {
        let Some(first) = self.bounded.first() else { return Ok(()) };
        let rows = concat_batches(first.schema_ref(), &self.bounded).map_err(LakeError::of_file)?;
        self.bounded.clear();
        self.bounded_rows = 0;
        self.stats.merge(&rows).map_err(LakeError::of_file)
    }

    fn finish(mut self, path: &Path, day: i32) -> Result<Written, LakeError> {
        self.count()?;
        let file = self.writer.into_inner().map_err(LakeError::of_file)?;
        file.sync_all().map_err(LakeError::of_file)?;
        let about = file.metadata().map_err(LakeError::of_file)?;
        let modified = about.modified().map_err(LakeError::of_file)?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let modified_ms = i64::try_from(modified.as_millis()).unwrap_or(i64::MAX);
        let location = Url::from_file_path(path).expect("the table's path is absolute");
        let stats = self.stats.finish().map_err(LakeError::of_file)?;
        let stats = stats.ok_or_else(|| LakeError::Rows("a file without rows".into()))?;
        Ok(Written { path: path.to_owned(), day, meta: FileMeta::new(location, modified_ms, about.len()), stats })
    }
}

fn stats() -> Result<FileStatsAccumulator, LakeError> {
    let schema = StructType::try_from_arrow(file_schema()).map_err(LakeError::of_file)?;
    let columns: Vec<_> = bounded_columns().map(|name| ColumnName::new([name])).collect();
    Ok(FileStatsAccumulator::new(&columns, &schema))
}

/// The columns whose bounds stand in the table's log.
pub(super) fn bounded_columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(|column| column.bounds).map(|column| column.name)
}

fn properties() -> WriterProperties {
    // Level 1: on news text, level 3 makes files a few per cent smaller at twice the time.
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
        .set_statistics_enabled(EnabledStatistics::None)
        .set_dictionary_enabled(true)
        .set_created_by(format!("wiredesk {}", env!("CARGO_PKG_VERSION")));
    for column in COLUMNS {
        if column.bounds {
            let path = ColumnPath::from(column.name);
            properties = properties.set_column_statistics_enabled(path, EnabledStatistics::Chunk);
        }
        if !column.repeats {
            for path in leaves(column.name, &column.cells) {
                properties = properties.set_column_dictionary_enabled(path, false);
            }
        }
    }
    properties.build()
}

/// The columns that Parquet makes of one of ours.
fn leaves(name: &str, cells: &Cells) -> Vec<ColumnPath> {
    let below = |rest: &[&str]| {
        ColumnPath::new([name, "list", "element"].iter().chain(rest).map(|part| (*part).to_owned()).collect())
    };
    match cells {
        Cells::Texts(_) => vec![below(&[])],
        Cells::Records(names, _) => names.iter().map(|field| below(&[field])).collect(),
        _ => vec![ColumnPath::from(name)],
    }
}

/// The folder of a day's files, below the table's.
fn day_folder(day: i32) -> String {
    format!("{DAY}={}", day_text(day))
}

/// The day, read back from the log.
pub(super) fn day_of(text: &str) -> Option<i32> {
    let day = text.parse::<jiff::civil::Date>().ok()?;
    let epoch = jiff::civil::Date::new(1970, 1, 1).ok()?;
    i32::try_from(day.duration_since(epoch).as_hours() / 24).ok()
}

/// The day as it stands in folder names and in the log (`2024-05-01`).
fn day_text(day: i32) -> String {
    let at = schemas::Timestamp::from_millis(i64::from(day) * 86_400_000).to_string();
    at.get(..10).unwrap_or("1970-01-01").to_owned()
}

/// Makes new names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_as_dates() {
        assert_eq!(day_text(0), "1970-01-01");
        assert_eq!(day_text(19_844), "2024-05-01");
        assert_eq!(day_text(-1), "1969-12-31");
        assert_eq!((day_of("2024-05-01"), day_of("1969-12-31"), day_of("soon")), (Some(19_844), Some(-1), None));
    }

    #[test]
    fn every_leaf_is_a_column_of_the_file() {
        let schema = parquet::arrow::ArrowSchemaConverter::new().convert(&file_schema()).unwrap();
        let known: Vec<_> = schema.columns().iter().map(|column| column.path().clone()).collect();
        for column in COLUMNS {
            for leaf in leaves(column.name, &column.cells) {
                assert!(known.contains(&leaf), "{leaf}");
            }
        }
    }
}
