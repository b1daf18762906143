//! Compaction, vacuum and status, on a real disk, beside writers.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use arrow::{
    array::{Array as _, RecordBatch, StructArray},
    datatypes::{DataType, Field},
};
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use pipeline::{Clock, Stop};
use schemas::Timestamp;
use serde_json::Value;

use super::{
    compaction::{FILE_BYTES, FILES_MIN, SMALL_BYTES, join, plan},
    contents::Live,
    tests::{LOG, TOPIC, article, articles, open, rows_in, step, write},
    *,
};

const WEEK: Duration = Duration::from_secs(7 * 86_400);
const HOUR: Duration = Duration::from_secs(3_600);

fn now() -> Timestamp {
    Clock::system().now()
}

fn keeper(folder: &Path) -> Keeper {
    Keeper::open(&LakeSettings::at(folder)).unwrap().unwrap()
}

fn compact(folder: &Path) -> Result<Compacted, LakeError> {
    keeper(folder).compact(now(), &Stop::new())
}

fn vacuum(folder: &Path, retention: Duration, now: Timestamp) -> usize {
    keeper(folder).vacuum(retention, false, now, &Stop::new()).unwrap().files.len()
}

/// Writes so many files of three articles each.
fn fill(folder: &Path, files: u32) -> Lake {
    let mut lake = open(folder);
    let at = |n: u32| (n > 0).then_some(i64::from(n) * 3);
    for n in 0..files {
        write(&mut lake, &articles(n * 3, n * 3 + 3), step(0, at(n), i64::from(n) * 3 + 3)).unwrap();
    }
    lake
}

fn day(folder: &Path) -> PathBuf {
    folder.join("day=2024-05-01")
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The actions of a commit, by their name.
fn actions(folder: &Path, version: u64, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(commit_path(&folder.join("_delta_log"), version)).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|mut line| line.get_mut(name).map(Value::take)).collect()
}

/// The rows of a data file, column by column, as text.
fn rows_of(path: &Path) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| batch.slice(row, 1)));
    rows.map(|row| format!("{:?}", row.columns())).collect()
}

/// Adds a commit of somebody else.
fn add_commit(lake: &mut Lake, action: &Value) {
    lake.refresh().unwrap();
    fs::write(lake.commit_path(lake.version() + 1), action.to_string()).unwrap();
}

fn protocol(reader: u32, writer: u32, both: &[&str], of_writers: &[&str]) -> Value {
    let mut protocol = serde_json::json!({"minReaderVersion": reader, "minWriterVersion": writer});
    if writer == 7 {
        protocol["readerFeatures"] = both.into();
        protocol["writerFeatures"] = [both, of_writers].concat().into();
    }
    serde_json::json!({"protocol": protocol})
}

#[test]
fn small_files_become_one_with_the_same_rows_bounds_and_positions() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 6);
    let before: BTreeSet<_> =
        names(&day(folder.path())).iter().map(|name| rows_of(&day(folder.path()).join(name))).collect();
    let done = compact(folder.path()).unwrap();
    assert_eq!((done.files, done.files_made, done.conflicts, done.overtaken), (6, 1, 0, 0));
    assert_eq!((rows_in(&mut lake), lake.version()), (18, 7));
    assert_eq!(lake.next(TOPIC, 0).unwrap(), Some(18));
    assert!(actions(folder.path(), 7, "txn").is_empty());

    let [add] = actions(folder.path(), 7, "add").try_into().unwrap();
    let joined = rows_of(&folder.path().join(add["path"].as_str().unwrap()));
    assert_eq!(
        joined.chunks(3).map(<[String]>::to_vec).collect::<BTreeSet<_>>(),
        before,
        "file by file, in their order"
    );
    // As if the sink had written them at once.
    let other = tempfile::tempdir().unwrap();
    write(&mut open(other.path()), &articles(0, 18), step(0, None, 18)).unwrap();
    let [at_once] = actions(other.path(), 1, "add").try_into().unwrap();
    assert_eq!(add["stats"], at_once["stats"]);
    assert_eq!((&add["partitionValues"], &add["dataChange"]), (&at_once["partitionValues"], &Value::Bool(false)));
    let removed = actions(folder.path(), 7, "remove");
    assert_eq!(removed.len(), 6);
    for remove in removed {
        assert_eq!((&remove["dataChange"], &remove["extendedFileMetadata"]), (&false.into(), &true.into()), "{remove}");
        assert!(remove["deletionTimestamp"].is_i64() && remove["size"].is_i64(), "{remove}");
        assert_eq!(remove["partitionValues"], add["partitionValues"]);
    }

    assert_eq!(compact(folder.path()).unwrap(), Compacted::default(), "one file is nothing to join");
    write(&mut lake, &articles(18, 20), step(0, Some(18), 20)).unwrap();
    assert_eq!(rows_in(&mut open(folder.path())), 20);
}

#[test]
fn what_is_joined_is_small_of_one_day_and_enough() {
    let file = |day: i32, bytes: u64, n: i64| Live {
        log_path: format!("{day}-{n}"),
        bytes,
        modified_ms: n,
        rows: Some(1),
        day: Some(day),
        has_vector: false,
    };
    let sizes = |live: Vec<Live>| -> Vec<usize> { plan(live).iter().map(|group| group.files.len()).collect() };
    let some =
        |day: i32, count: usize, bytes: u64| (0..count).map(move |n| file(day, bytes, i64::try_from(n).unwrap()));
    assert!(sizes(some(1, FILES_MIN - 1, 10).collect()).is_empty());
    assert_eq!(sizes(some(1, FILES_MIN, 10).collect()), [FILES_MIN]);
    assert!(sizes(some(1, 2, 10).chain(some(2, 2, 10)).collect()).is_empty(), "two days");
    assert!(sizes(some(1, 10, SMALL_BYTES).collect()).is_empty(), "large enough");
    assert_eq!(sizes(some(1, 22, FILE_BYTES / 8).collect()), [8, 8, 6]);
    assert_eq!(sizes(some(1, 4_500, 10).collect()), [2_000, 2_000, 500]);
    assert!(sizes(some(1, 10, 10).map(|file| Live { has_vector: true, ..file }).collect()).is_empty());
    let groups = plan([3, 1, 2, 0].map(|n| file(1, 10, n)).to_vec());
    assert_eq!(groups[0].files.iter().map(|file| file.modified_ms).collect::<Vec<_>>(), [0, 1, 2, 3]);
}

/// Everything up to the commit, as a compaction does it on the version it sees.
fn joined(keeper: &mut Keeper) -> (files::Written, Vec<String>) {
    let [group] = plan(keeper.live().unwrap()).try_into().unwrap();
    let files = join(&keeper.0.table, 19_844, &group.files, &Stop::new()).unwrap();
    (files, group.files.into_iter().map(|file| file.log_path).collect())
}

fn commit(keeper: &mut Keeper, (files, joined): &(files::Written, Vec<String>)) -> Result<(u64, u32), LakeError> {
    keeper.0.commit(&Change { files: std::slice::from_ref(files), moves: &[], joined })
}

#[test]
fn rows_that_are_appended_meanwhile_stay_and_the_joined_file_comes_after_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    let mut keeper = keeper(folder.path());
    let joined = joined(&mut keeper);
    write(&mut lake, &articles(15, 17), step(0, Some(15), 17)).unwrap();
    assert_eq!(commit(&mut keeper, &joined).unwrap(), (7, 1));
    assert_eq!((rows_in(&mut lake), lake.next(TOPIC, 0).unwrap()), (17, Some(17)));
    let next = write(&mut lake, &articles(17, 18), step(0, Some(17), 18)).unwrap();
    assert_eq!((next.version, rows_in(&mut lake)), (Some(8), 18));
}

#[test]
fn of_two_compactions_at_once_the_later_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    let (mut one, mut two) = (keeper(folder.path()), keeper(folder.path()));
    let (first, second) = (joined(&mut one), joined(&mut two));
    commit(&mut one, &first).unwrap();
    let error = commit(&mut two, &second).unwrap_err();
    assert!(matches!(error, LakeError::Overtaken), "{error}");
    assert!(!second.0.path.exists(), "no commit names it");
    assert_eq!(rows_in(&mut lake), 15);
    assert_eq!(two.compact(now(), &Stop::new()).unwrap(), Compacted::default());

    // The same where another took but some of its files.
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    let (mut one, mut two) = (keeper(folder.path()), keeper(folder.path()));
    let second = joined(&mut two);
    let [mut group] = plan(one.live().unwrap()).try_into().unwrap();
    group.files.truncate(4);
    let first = join(&one.0.table, 19_844, &group.files, &Stop::new()).unwrap();
    commit(&mut one, &(first, group.files.into_iter().map(|file| file.log_path).collect())).unwrap();
    assert!(matches!(commit(&mut two, &second), Err(LakeError::Overtaken)));
    assert_eq!((rows_in(&mut lake), two.live().unwrap().len()), (15, 2));
}

#[test]
fn compactions_and_writers_at_once_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LakeSettings { checkpoint_commits: 7, ..LakeSettings::at(folder.path()) };
    drop(Lake::open(&settings, LOG).unwrap());
    let stop = Stop::new();
    let joined = std::thread::scope(|scope| {
        let compact = || {
            let mut files = 0;
            while !stop.is_set() {
                files += Keeper::open(&settings).unwrap().unwrap().compact(now(), &Stop::new()).unwrap().files;
            }
            files
        };
        let compactions = [scope.spawn(compact), scope.spawn(compact)];
        let writers = [0, 1].map(|partition| {
            let settings = &settings;
            scope.spawn(move || {
                let mut lake = Lake::open(settings, LOG).unwrap();
                for i in 0..20_i64 {
                    let row = article(partition * 100 + u32::try_from(i).unwrap());
                    write(&mut lake, &[row], step(partition, (i > 0).then_some(i), i + 1)).unwrap();
                }
            })
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        stop.set();
        compactions.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    assert!(joined > FILES_MIN, "nothing was joined meanwhile: this proves nothing");
    let mut lake = open(folder.path());
    assert_eq!(rows_in(&mut lake), 40);
    assert_eq!([0, 1].map(|partition| lake.next(TOPIC, partition).unwrap()), [Some(20); 2]);
    let live = keeper(folder.path()).live().unwrap();
    let on_disk = live.iter().map(|file| rows_of(&folder.path().join(&file.log_path)));
    assert_eq!(on_disk.flatten().collect::<BTreeSet<_>>().len(), 40, "each row once");
}

#[test]
fn a_commit_below_a_checkpoint_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let mut keeper = keeper(folder.path());
    let (files, joined) = joined(&mut keeper);
    let change = Change { files: std::slice::from_ref(&files), moves: &[], joined: &joined };
    let stray = keeper.0.commit_path(6);
    fs::write(&stray, "{}").unwrap();
    let result = keeper.0.withdraw(6, &change);
    assert!(result.is_ok_and(|version| version.is_none()) && !stray.exists());
    let (version, _) = keeper.0.commit(&change).unwrap();
    assert_eq!(keeper.0.withdraw(version, &change).ok().unwrap(), Some(version));
}

#[test]
fn a_crash_before_the_commit_leaves_a_file_that_goes_after_the_retention() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    let orphan = joined(&mut keeper(folder.path())).0.path; // and here it dies
    assert_eq!(rows_in(&mut lake), 15);
    for (retention, after) in [(WEEK, WEEK / 2), (HOUR, HOUR / 2), (Duration::ZERO, HOUR / 2)] {
        assert_eq!(
            vacuum(folder.path(), retention, now().plus(after)),
            0,
            "{retention:?}: it may be of a living writer"
        );
    }
    let dry = keeper(folder.path()).vacuum(WEEK, true, now().plus(WEEK), &Stop::new()).unwrap();
    assert_eq!(
        dry.files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(),
        [fs::canonicalize(&orphan).unwrap()]
    );
    assert!(orphan.exists());
    assert_eq!(vacuum(folder.path(), WEEK, now().plus(WEEK)), 1);
    assert!(!orphan.exists());
    assert_eq!((rows_in(&mut lake), names(&day(folder.path())).len()), (15, 5));
}

#[test]
fn removed_files_stay_for_the_retention_from_their_removal_on() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LakeSettings { checkpoint_commits: 4, ..LakeSettings::at(folder.path()) };
    let mut lake = fill(folder.path(), 5);
    let small: Vec<_> = names(&day(folder.path())).iter().map(|name| day(folder.path()).join(name)).collect();
    for path in &small {
        File::options().append(true).open(path).unwrap().set_modified(UNIX_EPOCH).unwrap();
    }
    compact(folder.path()).unwrap();
    assert_eq!(vacuum(folder.path(), HOUR, now()), 0, "old, but removed just now");
    // The same where the removal is known from a checkpoint.
    let mut writer = Lake::open(&settings, LOG).unwrap();
    for n in 15..18 {
        write(&mut writer, &[article(n)], step(0, Some(n.into()), i64::from(n) + 1)).unwrap();
    }
    let status = Status::of(folder.path(), HOUR, now()).unwrap().unwrap();
    assert_eq!(status.newest_checkpoint.map(|entry| entry.version), Some(8));
    assert_eq!(vacuum(folder.path(), HOUR, now()), 0);
    assert_eq!(vacuum(folder.path(), HOUR, now().plus(HOUR)), 5);
    assert!(small.iter().all(|path| !path.exists()));
    assert_eq!(rows_in(&mut lake), 18);

    let error = keeper(folder.path()).vacuum(2 * WEEK, false, now(), &Stop::new()).unwrap_err().to_string();
    assert!(error.contains("168 hours only") && error.contains("shorter retention"), "{error}");
}

#[test]
fn a_vacuum_touches_nothing_but_data_files_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    compact(folder.path()).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let foreign = outside.path().join("a.parquet");
    fs::write(&foreign, "x").unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("day=2024-05-02")).unwrap();
    std::os::unix::fs::symlink(&foreign, day(folder.path()).join("link.parquet")).unwrap();
    let mut kept = vec![foreign];
    for name in [
        "notes.txt",
        "top.parquet",
        "export/a.parquet",
        "_index/a.parquet",
        "_delta_log/a.parquet",
        ".trash/a.parquet",
        "day=2024-05-01/_a.parquet",
        "day=2024-05-01/.a.parquet",
        "day=2024-05-01/a.bin",
        "day=2024-05-01/sub/a.parquet",
        "day=2024-05-01/deletion_vector_1.bin",
        "day=2024-05-01/a.parquet.crc",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        kept.push(path);
    }
    let log = names(&folder.path().join("_delta_log"));
    assert_eq!(vacuum(folder.path(), Duration::ZERO, now().plus(WEEK)), 5, "the small files that were joined");
    assert!(kept.iter().all(|path| path.exists()));
    assert_eq!((names(&folder.path().join("_delta_log")), rows_in(&mut lake)), (log, 15));
}

#[test]
fn nothing_is_vacuumed_where_a_file_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    compact(folder.path()).unwrap();
    let live = keeper(folder.path()).live().unwrap();
    fs::remove_file(folder.path().join(&live[0].log_path)).unwrap();
    let error = keeper(folder.path()).vacuum(HOUR, false, now().plus(WEEK), &Stop::new()).unwrap_err().to_string();
    assert!(error.contains("is not there") && error.contains("backup"), "{error}");
    assert_eq!(names(&day(folder.path())).len(), 5, "the way back is still there");
    assert_eq!(Status::of(folder.path(), HOUR, now()).unwrap().unwrap().contents.unwrap().missing, 1);
}

#[test]
fn a_writer_whose_file_was_vacuumed_does_not_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 1);
    let rows = articles(3, 5);
    let files = files::write(lake.table.path(), &rows.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(vacuum(folder.path(), HOUR, now().plus(2 * HOUR)), 1);
    let moves = [step(0, Some(3), 5)];
    let error = lake.commit(&Change { files: &files, moves: &moves, joined: &[] }).unwrap_err();
    assert!(matches!(error, LakeError::Unavailable { .. }), "{error}");
    write(&mut lake, &rows, step(0, Some(3), 5)).unwrap();
    assert_eq!(rows_in(&mut lake), 5);
}

#[test]
fn a_stop_leaves_the_lake_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let before = names(&day(folder.path()));
    let stop = Stop::new();
    stop.set();
    assert_eq!(keeper(folder.path()).compact(now(), &stop).unwrap(), Compacted::default());
    assert_eq!(names(&day(folder.path())), before);
    assert_eq!(open(folder.path()).version(), 5);
}

#[test]
fn a_table_of_a_newer_writer_is_refused_and_its_status_told() {
    let cases = [
        (protocol(9, 9, &[], &[]), "not known", false),
        (protocol(1, 9, &[], &[]), "not known", true),
        (protocol(2, 5, &[], &[]), "not known", true),
        (protocol(3, 7, &["columnMapping"], &[]), "columnMapping", true),
        (protocol(3, 7, &["teleport"], &[]), "not known", false),
        (protocol(3, 7, &[], &["teleport"]), "not known", true),
        (protocol(3, 7, &[], &["changeDataFeed"]), "changeDataFeed", true),
        (protocol(3, 7, &["v2Checkpoint"], &[]), "v2Checkpoint", true),
    ];
    for (action, part, can_be_read) in cases {
        let folder = tempfile::tempdir().unwrap();
        let mut lake = fill(folder.path(), 5);
        let mut sleeper = keeper(folder.path());
        let joined = joined(&mut sleeper);
        add_commit(&mut lake, &action);
        let refused = |error: LakeError| {
            let text = error.to_string();
            assert!(matches!(error, LakeError::Refused { .. }), "{text}");
            assert!(text.contains(part) && text.contains("run the version of wiredesk"), "{action}: {text}");
        };
        refused(write(&mut lake, &articles(15, 16), step(0, Some(15), 16)).unwrap_err());
        refused(commit(&mut sleeper, &joined).unwrap_err());
        refused(sleeper.compact(now(), &Stop::new()).unwrap_err());
        refused(sleeper.vacuum(HOUR, false, now().plus(WEEK), &Stop::new()).unwrap_err());
        assert_eq!((names(&day(folder.path())).len(), sleeper.0.commit_path(7).exists()), (5, false));
        let status = Status::of(folder.path(), HOUR, now()).unwrap().unwrap();
        assert!(status.refused.is_some_and(|why| why.contains(part)), "{action}");
        assert_eq!(status.newest_commit.map(|entry| entry.version), Some(6));
        assert_eq!(status.contents.map(|contents| contents.rows), can_be_read.then_some(Some(15)), "{action}");
    }
}

#[test]
fn deletion_vectors_forbid_joining_only_and_append_only_tables_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    add_commit(&mut lake, &protocol(3, 7, &["deletionVectors"], &[]));
    let error = compact(folder.path()).unwrap_err().to_string();
    assert!(error.contains("deletion vectors") && error.contains("OPTIMIZE"), "{error}");
    write(&mut lake, &articles(15, 16), step(0, Some(15), 16)).unwrap();
    assert_eq!(vacuum(folder.path(), HOUR, now().plus(WEEK)), 0);

    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 5);
    let [mut metadata] = actions(folder.path(), 0, "metaData").try_into().unwrap();
    metadata["configuration"]["delta.appendOnly"] = "true".into();
    let commit = format!("{}\n{}", protocol(3, 7, &[], &["appendOnly"]), serde_json::json!({"metaData": metadata}));
    lake.refresh().unwrap();
    fs::write(lake.commit_path(6), commit).unwrap();
    assert_eq!(compact(folder.path()).unwrap().files, 5);
    assert_eq!(rows_in(&mut lake), 15);
}

/// Writes a data file once more, with other columns.
fn rewrite(path: &Path, change: impl Fn(&RecordBatch) -> RecordBatch) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(|batch| change(&batch.unwrap())).collect();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batches[0].schema(), None).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.close().unwrap();
}

#[test]
fn columns_that_files_lack_are_null_and_files_of_others_are_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = fill(folder.path(), 6);
    let live = keeper(folder.path()).live().unwrap();
    let [older, foreign] = [0, 1].map(|n| folder.path().join(&live[n].log_path));
    let notes = columns::file_schema().index_of("notes").unwrap();
    rewrite(&older, |batch| {
        let rest: Vec<_> = (0..batch.num_columns()).filter(|column| *column != notes).collect();
        batch.project(&rest).unwrap()
    });
    rewrite(&foreign, |batch| {
        let first = (Arc::new(Field::new("mine", DataType::Utf8, true)), batch.column(0).clone());
        RecordBatch::from(StructArray::from(vec![first]))
    });
    let done = compact(folder.path()).unwrap();
    assert_eq!((done.files, done.files_made), (5, 1));
    let [add] = actions(folder.path(), 7, "add").try_into().unwrap();
    let file = File::open(folder.path().join(add["path"].as_str().unwrap())).unwrap();
    let mut reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert_eq!((batch.num_rows(), batch.column(notes).null_count()), (15, 3));
    assert!(actions(folder.path(), 7, "remove").iter().all(|remove| remove["path"] != live[1].log_path.as_str()));
    assert_eq!(lake.next(TOPIC, 0).unwrap(), Some(18));
}

#[test]
fn a_file_with_other_rows_than_the_log_says_is_not_joined() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let live = keeper(folder.path()).live().unwrap();
    rewrite(&folder.path().join(&live[2].log_path), |batch| batch.slice(0, 2));
    let error = compact(folder.path()).unwrap_err();
    assert!(matches!(error, LakeError::Refused { .. }) && error.to_string().contains("has 2 rows"), "{error}");
    assert_eq!((names(&day(folder.path())).len(), open(folder.path()).version()), (5, 5));
}

#[test]
fn columns_of_a_newer_version_forbid_joining() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path(), 5);
    let first = commit_path(&folder.path().join("_delta_log"), 0);
    let text = fs::read_to_string(&first).unwrap();
    fs::write(&first, text.replace(r#"\"name\":\"notes\""#, r#"\"name\":\"from_the_future\""#)).unwrap();
    let error = compact(folder.path()).unwrap_err().to_string();
    assert!(error.contains("from_the_future") && error.contains("newer"), "{error}");
    assert_eq!(rows_in(&mut open(folder.path())), 15);
}

#[test]
fn the_status_says_what_there_is_and_what_would_be_done() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Status::of(&folder.path().join("nowhere"), WEEK, now()).unwrap().is_none());
    assert!(Status::of(folder.path(), WEEK, now()).unwrap().is_none());
    assert!(Keeper::open(&LakeSettings::at(folder.path())).unwrap().is_none());
    assert!(names(folder.path()).is_empty(), "nothing is made");

    let mut lake = fill(folder.path(), 5);
    let status = Status::of(folder.path(), HOUR, now()).unwrap().unwrap();
    let contents = status.contents.unwrap();
    assert_eq!((contents.version, contents.rows, contents.days, contents.live.files), (5, Some(15), 1, 5));
    assert_eq!((contents.to_join, contents.to_become, contents.sizes[0].live), (contents.live, 1, contents.live));
    assert_eq!((contents.tombstones, contents.unneeded, status.on_disk), (0, Files::default(), contents.live));
    let position = Position { source: format!("wiredesk/{LOG}/{TOPIC}/0"), next: 15 };
    assert_eq!(contents.positions, [position]);
    assert_eq!((status.oldest_commit.unwrap().version, status.newest_commit.unwrap().version), (0, 5));
    assert!(status.refused.is_none() && status.newest_checkpoint.is_none());

    compact(folder.path()).unwrap();
    let joined = contents.live;
    let later = Status::of(folder.path(), HOUR, now().plus(HOUR)).unwrap().unwrap().contents.unwrap();
    assert_eq!((later.rows, later.live.files, later.to_join.files, later.tombstones), (Some(15), 1, 0, 5));
    assert_eq!((later.unneeded, later.to_vacuum), (joined, joined));
    let sooner = Status::of(folder.path(), HOUR, now()).unwrap().unwrap().contents.unwrap();
    assert_eq!((sooner.unneeded, sooner.to_vacuum), (joined, Files::default()));
    assert_eq!(lake.next(TOPIC, 0).unwrap(), Some(15));
}
