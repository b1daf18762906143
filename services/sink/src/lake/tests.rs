//! The lake as a whole, on a real disk.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use delta_kernel::object_store::local::LocalFileSystem;
use delta_kernel_default_engine::DefaultEngineBuilder;
use schemas::{CanonicalUrl, ContentDigest, Digest, EnrichedArticle, Timestamp};

use super::*;

pub(super) const LOG: &str = "log-1";
pub(super) const TOPIC: &str = "articles.enriched";

fn now() -> Timestamp {
    Timestamp::from_millis(0) // no log file is older than that, so none expires
}

/// A row with every field filled that JSON can fill.
pub(super) fn article(n: u32) -> EnrichedArticle {
    let url = CanonicalUrl::parse(&format!("https://news.example/a/{n}")).unwrap();
    let id = schemas::ArticleId::of(&url);
    let content = ContentDigest(Digest::of([n.to_be_bytes().as_slice()]));
    let row = serde_json::json!({
        "article": {
            "id": id, "url": url, "title": format!("Title {n}"), "deck": ["A deck"],
            "source": {
                "kind": "html", "fetched_at": "2024-05-01T10:00:00Z", "feed": "https://news.example/rss",
                "import": {"name": "folder", "path": format!("{n}.html")}, "tags": ["world"],
            },
            "body": [{"label": "heading", "text": "One\ntwo"}, {"label": "body", "text": "Three."}],
            "authors": ["A. Writer", "B. Writer"], "captions": ["A picture"], "credits": ["C. Camera"],
            "published": {
                "at": "2024-05-01T08:30:00+09:00", "source": "json_ld", "zone": "stated", "confidence": 0.9
            },
            "modified": {"at": "2024-05-02", "source": "text", "zone": "day_only", "confidence": 0.5},
            "images": [{"url": "https://news.example/i.jpg", "alt": "Alt"}, {"url": "https://news.example/j.jpg"}],
            "agency": "AP", "dateline": "SEOUL (AP) —", "related": ["Other"], "language": "en",
            "removed": [{"class": "share", "text": "Share this", "reason": "wording"}],
            "provenance": {"title": "meta"}, "notes": ["odd"],
        },
        "enrichment": {
            "dateline": {"text": "SEOUL (AP) —", "cities": ["Seoul"], "agencies": ["AP"]},
            "agency": {"name": "Associated Press", "written": "AP", "source": "dateline"},
            "counts": {"characters": 14, "words": 3, "sentences": 2, "paragraphs": 2},
        },
        "revision": {
            "number": 1, "content": content, "seen_at": "2024-05-01T10:00:00Z",
            "first_seen_at": "2024-05-01T10:00:00Z", "history": "first_seen",
        },
    });
    serde_json::from_value(row).unwrap()
}

pub(super) fn articles(from: u32, to: u32) -> Vec<EnrichedArticle> {
    (from..to).map(article).collect()
}

pub(super) fn step(partition: u32, expected: Option<i64>, next: i64) -> Move {
    Move { topic: TOPIC.to_owned(), partition, expected, next }
}

fn moving(moves: &[Move]) -> Change<'_> {
    Change { files: &[], moves, joined: &[] }
}

pub(super) fn write(lake: &mut Lake, rows: &[EnrichedArticle], step: Move) -> Result<Written, LakeError> {
    lake.write(&rows.iter().collect::<Vec<_>>(), &[step], now())
}

pub(super) fn open(folder: &Path) -> Lake {
    Lake::open(&LakeSettings::at(folder), LOG).unwrap()
}

/// Rows of the files that the newest snapshot names.
pub(super) fn rows_in(lake: &mut Lake) -> usize {
    lake.refresh().unwrap();
    let scan = lake.snapshot.clone().scan_builder().build().unwrap();
    let mut rows = 0;
    let engine = DefaultEngineBuilder::new(Arc::new(LocalFileSystem::new())).build();
    for batch in scan.execute(Arc::new(engine)).unwrap() {
        rows += batch.unwrap().len();
    }
    rows
}

fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let days = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let days = days.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("day="));
    days.flat_map(|day| fs::read_dir(day).unwrap().map(|entry| entry.unwrap().path())).collect()
}

fn log_files(folder: &Path, end: &str) -> usize {
    let names = fs::read_dir(folder.join("_delta_log")).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(end)).count()
}

fn refused(result: Result<Lake, LakeError>) -> String {
    match result {
        Err(error @ LakeError::Refused { .. }) => error.to_string(),
        Err(error) => panic!("not refused: {error:?}"),
        Ok(_) => panic!("opened"),
    }
}

#[test]
fn a_lake_may_move_to_another_thread() {
    fn needs_send<T: Send>() {}
    needs_send::<Lake>();
    needs_send::<LakeError>();
}

#[test]
fn rows_and_position_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/lake");
    let mut lake = open(&path);
    assert_eq!(lake.next(TOPIC, 0).unwrap(), None);
    let written = write(&mut lake, &articles(0, 3), step(0, None, 7)).unwrap();
    assert_eq!((written.version, written.rows, written.files), (Some(1), 3, 1));
    write(&mut lake, &articles(3, 5), step(0, Some(7), 9)).unwrap();
    drop(lake);

    let mut lake = open(&path);
    assert_eq!(lake.next(TOPIC, 0).unwrap(), Some(9));
    assert_eq!(lake.next(TOPIC, 1).unwrap(), None);
    assert_eq!(rows_in(&mut lake), 5);
    write(&mut lake, &articles(5, 6), step(0, Some(9), 10)).unwrap();
    assert_eq!(rows_in(&mut lake), 6);
}

#[test]
fn another_log_is_refused_and_another_topic_has_positions_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write(&mut open(folder.path()), &articles(0, 1), step(0, None, 7)).unwrap();
    let message = refused(Lake::open(&LakeSettings::at(folder.path()), "log-2"));
    assert!(message.contains("follows another log") && message.contains("log-2"), "{message}");
    assert_eq!(open(folder.path()).next("relations", 0).unwrap(), None);
}

#[test]
fn partitions_of_one_write_share_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path());
    let rows = articles(0, 2);
    let rows: Vec<_> = rows.iter().collect();
    let written = lake.write(&rows, &[step(0, None, 4), step(3, None, 9)], now()).unwrap();
    assert_eq!(written.version, Some(1));
    assert_eq!((lake.next(TOPIC, 0).unwrap(), lake.next(TOPIC, 3).unwrap()), (Some(4), Some(9)));
    let days: Vec<_> = parquet_files(folder.path());
    assert!(days[0].parent().unwrap().ends_with("day=2024-05-01"), "{days:?}");
}

#[test]
fn positions_move_without_rows_and_nothing_moves_without_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path());
    assert_eq!(write(&mut lake, &[], step(0, None, 100)).unwrap().version, Some(1));
    assert_eq!(write(&mut lake, &[], step(0, Some(100), 100)).unwrap(), Written::default());
    assert_eq!(lake.write(&[], &[], now()).unwrap(), Written::default());
    assert_eq!(open(folder.path()).next(TOPIC, 0).unwrap(), Some(100));
    assert_eq!(open(folder.path()).version(), 1);
    assert!(matches!(lake.write(&[&article(0)], &[], now()), Err(LakeError::Unmoved)));
}

#[test]
fn a_crash_between_file_and_commit_leaves_only_an_orphan() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path());
    write(&mut lake, &articles(0, 2), step(0, None, 2)).unwrap();
    let rows = articles(2, 4);
    files::write(lake.table.path(), &rows.iter().collect::<Vec<_>>()).unwrap(); // and here it dies
    drop(lake);

    let mut lake = open(folder.path());
    assert_eq!(parquet_files(folder.path()).len(), 2);
    assert_eq!((lake.next(TOPIC, 0).unwrap(), rows_in(&mut lake)), (Some(2), 2));
    write(&mut lake, &rows, step(0, Some(2), 4)).unwrap();
    assert_eq!(rows_in(&mut lake), 4);
}

#[test]
fn a_half_written_commit_of_a_crash_is_no_commit() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("_delta_log")).unwrap();
    fs::write(folder.path().join("_delta_log/00000000000000000000.json#1"), "{\"proto").unwrap();
    let mut lake = open(folder.path());
    fs::write(folder.path().join("_delta_log/00000000000000000001.json#1"), "{\"add").unwrap();
    write(&mut lake, &articles(0, 2), step(0, None, 2)).unwrap();
    assert_eq!(rows_in(&mut open(folder.path())), 2);
}

#[test]
fn a_worker_that_lost_its_partition_is_fenced() {
    let folder = tempfile::tempdir().unwrap();
    let mut zombie = open(folder.path());
    write(&mut zombie, &articles(0, 2), step(0, None, 2)).unwrap();
    let mut successor = open(folder.path());
    let from = successor.next(TOPIC, 0).unwrap();
    write(&mut successor, &articles(2, 4), step(0, from, 4)).unwrap();

    let fenced = write(&mut zombie, &articles(2, 4), step(0, Some(2), 4)).unwrap_err();
    assert!(matches!(fenced, LakeError::Fenced { expected: Some(2), found: Some(4), .. }), "{fenced}");
    assert_eq!(parquet_files(folder.path()).len(), 2, "the zombie's file is deleted");
    assert_eq!(rows_in(&mut successor), 4);
}

#[test]
fn two_workers_of_different_partitions_both_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (open(folder.path()), open(folder.path()));
    for i in 0..5 {
        let at = |next: i64| (next > 0).then_some(next);
        let from = u32::try_from(2 * i).unwrap();
        write(&mut one, &articles(from, from + 1), step(1, at(i), i + 1)).unwrap();
        let second = write(&mut two, &articles(from + 1, from + 2), step(2, at(i), i + 1)).unwrap();
        assert_eq!(second.conflicts, 1);
    }
    assert_eq!((one.next(TOPIC, 1).unwrap(), one.next(TOPIC, 2).unwrap()), (Some(5), Some(5)));
    assert_eq!(rows_in(&mut one), 10);
}

#[test]
fn many_workers_at_once_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LakeSettings { checkpoint_commits: 7, ..LakeSettings::at(folder.path()) };
    std::thread::scope(|scope| {
        for partition in 0..4 {
            let settings = &settings;
            scope.spawn(move || {
                let mut lake = Lake::open(settings, LOG).unwrap();
                for i in 0..10_i64 {
                    let row = article(partition * 100 + u32::try_from(i).unwrap());
                    write(&mut lake, &[row], step(partition, (i > 0).then_some(i), i + 1)).unwrap();
                }
            });
        }
    });
    let mut lake = open(folder.path());
    assert_eq!((rows_in(&mut lake), lake.version()), (40, 40));
    assert_eq!((0..4).map(|p| lake.next(TOPIC, p).unwrap()).collect::<Vec<_>>(), [Some(10); 4]);
    assert!(log_files(folder.path(), ".checkpoint.parquet") > 0);
}

#[test]
fn a_commit_whose_acknowledgement_was_lost_is_recognised() {
    let folder = tempfile::tempdir().unwrap();
    let mut lake = open(folder.path());
    let moves = [step(0, None, 5)];
    let transaction = lake.transaction(&moving(&moves), Vec::new(), "the-mark").unwrap();
    assert!(transaction.commit(lake.table.engine()).unwrap().is_committed());
    let lost = || delta_kernel::KernelError::generic_err(io::Error::other("cable pulled"));
    assert_eq!(lake.settle(1, "the-mark", lost()).ok().unwrap(), Some(1));
    assert_eq!(lake.next(TOPIC, 0).unwrap(), Some(5));
    let failure = lake.settle(2, "another-mark", lost()).err().unwrap();
    assert!(!failure.may_have_landed && matches!(failure.error, LakeError::Unavailable { .. }));
}

#[test]
fn checkpoints_are_written_and_old_log_files_go() {
    let folder = tempfile::tempdir().unwrap();
    let settings = LakeSettings { checkpoint_commits: 5, ..LakeSettings::at(folder.path()) };
    let mut lake = Lake::open(&settings, LOG).unwrap();
    for i in 0..12_i64 {
        write(&mut lake, &[article(u32::try_from(i).unwrap())], step(0, (i > 0).then_some(i), i + 1)).unwrap();
    }
    assert_eq!(log_files(folder.path(), ".checkpoint.parquet"), 2);
    assert_eq!(log_files(folder.path(), ".json"), 13, "an hour has not passed");

    let later = clock(folder.path()).plus(Duration::from_secs(4_000));
    for i in 12..15_i64 {
        let row = article(u32::try_from(i).unwrap());
        lake.write(&[&row], &[step(0, Some(i), i + 1)], later).unwrap();
    }
    assert_eq!(log_files(folder.path(), ".checkpoint.parquet"), 2, "5 is gone; 10 and 15 stay");
    assert_eq!(log_files(folder.path(), ".json"), 6, "10 to 15");
    let mut reopened = open(folder.path());
    assert_eq!((rows_in(&mut reopened), reopened.next(TOPIC, 0).unwrap()), (15, Some(15)));
}

/// When the newest commit was written, by the disk's clock.
fn clock(folder: &Path) -> Timestamp {
    let newest = fs::metadata(folder.join("_delta_log/00000000000000000012.json")).unwrap().modified().unwrap();
    let age = newest.duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(age.as_millis()).unwrap())
}

#[test]
fn a_worker_that_slept_past_the_cleaning_still_writes_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut sleeper = open(folder.path());
    write(&mut sleeper, &[article(100)], step(1, None, 1)).unwrap();
    let stale = sleeper.snapshot.clone();
    let settings = LakeSettings { checkpoint_commits: 5, ..LakeSettings::at(folder.path()) };
    let mut busy = Lake::open(&settings, LOG).unwrap();
    for i in 0..11_i64 {
        write(&mut busy, &[article(u32::try_from(i).unwrap())], step(0, (i > 0).then_some(i), i + 1)).unwrap();
    }
    let later = clock(folder.path()).plus(Duration::from_secs(4_000));
    housekeeping::clean(&folder.path().join("_delta_log"), settings.log_retention, later);
    sleeper.positions.clear();
    assert_eq!(sleeper.position(&sleeper.app_id(TOPIC, 1)).unwrap(), Some(1), "read anew, since its files are gone");
    sleeper.snapshot = stale;
    assert!(!sleeper.commit_path(2).exists(), "version 2 is free again, but below a checkpoint");

    let written = write(&mut sleeper, &[article(101)], step(1, Some(1), 2)).unwrap();
    assert_eq!(written.version, Some(13));
    assert_eq!(rows_in(&mut busy), 13);

    // Cleaned in the very moment between comparison and commit: the stray commit is taken back.
    let stray = sleeper.commit_path(3);
    fs::write(&stray, "{}").unwrap();
    assert!(sleeper.withdraw(3, &moving(&[step(1, Some(2), 3)])).ok().unwrap().is_none() && !stray.exists());
    assert_eq!(sleeper.withdraw(13, &moving(&[step(1, Some(1), 2)])).ok().unwrap(), Some(13));
}

#[test]
fn a_path_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let message = refused(Lake::open(&LakeSettings::at(file.join("lake")), LOG));
    assert!(message.contains("cannot be made") && message.contains("name a folder"), "{message}");
    refused(Lake::open(&LakeSettings::at(&file), LOG));
    refused(Lake::open(&LakeSettings::at("/proc/lake"), LOG));
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.doc"), "x").unwrap();
    let message = refused(Lake::open(&LakeSettings::at(folder.path()), LOG));
    assert!(message.contains("thesis.doc"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let message = with_first_commit(|commit| commit.replace("wiredesk.table", "somebody.else"));
    assert!(message.contains("another program"), "{message}");
    let message = with_first_commit(|_| "{\"broken".to_owned());
    assert!(message.contains("damaged") && message.contains("backup"), "{message}");
}

#[test]
fn newer_protocols_and_features_are_refused() {
    let newer = |from: &'static str, to: &'static str| {
        with_first_commit(move |commit| {
            assert!(commit.contains(from), "{commit}");
            commit.replace(from, to)
        })
    };
    let message = newer("\"minReaderVersion\":3", "\"minReaderVersion\":9");
    assert!(message.contains("not known") && message.contains("newer"), "{message}");
    let message = newer("\"writerFeatures\":[", "\"writerFeatures\":[\"teleport\"");
    assert!(message.contains("not known"), "{message}");
    let message = newer("\"writerFeatures\":[", "\"writerFeatures\":[\"changeDataFeed\"");
    assert!(message.contains("changeDataFeed"), "{message}");
    let message = newer(r#"\"name\":\"revision\",\"type\":\"long\""#, r#"\"name\":\"revision\",\"type\":\"string\""#);
    assert!(message.contains("column revision"), "{message}");
}

/// What opening says of a table whose first commit was tampered with.
fn with_first_commit(tamper: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let commit = open(folder.path()).commit_path(0);
    fs::write(&commit, tamper(fs::read_to_string(&commit).unwrap())).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().count();
    let message = refused(Lake::open(&LakeSettings::at(folder.path()), LOG));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files, "nothing is deleted or made");
    message
}

#[test]
fn a_damaged_log_is_refused_and_left_alone() {
    let damage = |of: &str, how: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        let settings = LakeSettings { checkpoint_commits: 3, ..LakeSettings::at(folder.path()) };
        let mut lake = Lake::open(&settings, LOG).unwrap();
        for i in 0..5_i64 {
            write(&mut lake, &articles(0, 1), step(0, (i > 0).then_some(i), i + 1)).unwrap();
        }
        how(&folder.path().join("_delta_log").join(of));
        let names = || fs::read_dir(folder.path().join("_delta_log")).unwrap().count();
        let before = names();
        let result = Lake::open(&settings, LOG).and_then(|mut lake| lake.next(TOPIC, 7).map(|_| lake));
        let message = refused(result);
        assert!(message.contains("damaged") && message.contains("backup"), "{message}");
        assert_eq!(names(), before);
    };
    damage("00000000000000000004.json", &|path| fs::remove_file(path).unwrap());
    damage("00000000000000000005.json", &|path| fs::write(path, "{\"add\":").unwrap());
    let checkpoint = "00000000000000000003.checkpoint.parquet";
    damage(checkpoint, &|path| fs::write(path, "PAR1, once").unwrap());
}

#[test]
fn columns_of_this_version_are_added_and_those_of_a_newer_one_kept() {
    let folder = tempfile::tempdir().unwrap();
    let commit = open(folder.path()).commit_path(0);
    let text = fs::read_to_string(&commit).unwrap();
    let notes = r#"\"name\":\"notes\""#;
    assert!(text.contains(notes));
    fs::write(&commit, text.replace(notes, r#"\"name\":\"from_the_future\""#)).unwrap();

    let mut lake = open(folder.path());
    assert_eq!(lake.version(), 1, "an ALTER TABLE came in between");
    let schema = lake.snapshot.schema();
    assert!(schema.field("notes").is_some() && schema.field("from_the_future").is_some());
    write(&mut lake, &articles(0, 2), step(0, None, 2)).unwrap();
    assert_eq!(rows_in(&mut open(folder.path())), 2);
}
