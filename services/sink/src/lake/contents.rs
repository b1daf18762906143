//! What the log says of a version: which files count, which were removed and when, how far the sources are written.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use arrow::{
    array::{Array as _, AsArray as _, RecordBatch, StructArray},
    datatypes::Int64Type,
};
use delta_kernel::{
    Engine, FilteredEngineData, KernelResult, SnapshotRef,
    engine::arrow_data::EngineDataArrowExt as _,
    scan::state::ScanFile,
    schema::{DataType, SchemaRef, StructField, StructType},
};

use super::{columns::DAY, files};

/// A file whose rows count.
#[derive(Clone, Debug)]
pub(super) struct Live {
    /// As the log names it.
    pub(super) log_path: String,
    pub(super) bytes: u64,
    /// When it was written, as milliseconds since the epoch.
    pub(super) modified_ms: i64,
    /// `None` where the log does not say.
    pub(super) rows: Option<u64>,
    /// The partition, as days since the epoch.
    pub(super) day: Option<i32>,
    /// Whether some of its rows are deleted by a vector.
    pub(super) has_vector: bool,
}

/// The files of a version.
pub(super) fn live(snapshot: &SnapshotRef, engine: &dyn Engine) -> KernelResult<Vec<Live>> {
    fn add(live: &mut Vec<Live>, file: ScanFile) {
        live.push(Live {
            bytes: u64::try_from(file.size).unwrap_or_default(),
            modified_ms: file.modification_time,
            rows: file.stats.map(|stats| stats.num_records),
            day: file.partition_values.get(DAY).and_then(|day| files::day_of(day)),
            has_vector: file.dv_info.has_vector(),
            log_path: file.path,
        });
    }
    let scan = snapshot.clone().scan_builder().build()?;
    scan.scan_metadata(engine)?.try_fold(Vec::new(), |live, batch| batch?.visit_scan_files(live, add))
}

/// What the log says of these files, for a commit that removes them; `None` where one of them is not in this version.
pub(super) fn actions_of(
    snapshot: &SnapshotRef,
    engine: &dyn Engine,
    log_paths: &[String],
) -> KernelResult<Option<Vec<FilteredEngineData>>> {
    let mut wanted: BTreeSet<&str> = log_paths.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for batch in snapshot.clone().scan_builder().build()?.scan_metadata(engine)? {
        let batch = batch?.scan_files.apply_selection_vector()?.try_into_record_batch()?;
        let paths = batch.column_by_name("path").and_then(|paths| paths.as_string_opt::<i32>());
        let Some(paths) = paths else { continue };
        let chosen: Vec<bool> = paths.iter().map(|path| path.is_some_and(|path| wanted.remove(path))).collect();
        if chosen.contains(&true) {
            let data = Box::new(delta_kernel::engine::arrow_data::ArrowEngineData::new(batch));
            found.push(FilteredEngineData::try_new(data, chosen)?);
        }
    }
    Ok(wanted.is_empty().then_some(found))
}

/// What else stands in the log beside the files that count.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// Removed files by their names in the log, with the time of their removal in milliseconds since the epoch. Some
    /// may be among the live ones again.
    pub(super) removed: BTreeMap<String, Option<i64>>,
    /// The newest `txn` action of each application.
    pub(super) positions: BTreeMap<String, i64>,
}

/// Reads them, the newest commit first.
pub(super) fn remembered(snapshot: &SnapshotRef, engine: &dyn Engine) -> KernelResult<Remembered> {
    let mut all = Remembered::default();
    for batch in snapshot.log_segment().read_actions(engine, remembered_schema()?)? {
        let batch = batch?.actions.try_into_record_batch()?;
        for (path, at) in pairs(&batch, "remove", ["path", "deletionTimestamp"]) {
            all.removed.entry(path).or_insert(at);
        }
        for (application, version) in pairs(&batch, "txn", ["appId", "version"]) {
            if let Some(version) = version {
                all.positions.entry(application).or_insert(version);
            }
        }
    }
    Ok(all)
}

fn remembered_schema() -> KernelResult<SchemaRef> {
    let action = |name: &str, [text, number]: [&str; 2]| -> KernelResult<StructField> {
        let fields = [StructField::nullable(text, DataType::STRING), StructField::nullable(number, DataType::LONG)];
        Ok(StructField::nullable(name, StructType::try_new(fields)?))
    };
    let actions = [action("remove", ["path", "deletionTimestamp"])?, action("txn", ["appId", "version"])?];
    Ok(Arc::new(StructType::try_new(actions)?))
}

/// A text and a number of each action of that name.
fn pairs(batch: &RecordBatch, action: &str, [text, number]: [&str; 2]) -> Vec<(String, Option<i64>)> {
    let action: Option<&StructArray> = batch.column_by_name(action).and_then(|column| column.as_struct_opt());
    let Some(action) = action else { return Vec::new() };
    let texts = action.column_by_name(text).and_then(|column| column.as_string_opt::<i32>());
    let numbers = action.column_by_name(number).and_then(|column| column.as_primitive_opt::<Int64Type>());
    let (Some(texts), Some(numbers)) = (texts, numbers) else { return Vec::new() };
    (0..action.len())
        .filter(|row| action.is_valid(*row) && texts.is_valid(*row))
        .map(|row| (texts.value(row).to_owned(), numbers.is_valid(row).then(|| numbers.value(row))))
        .collect()
}
