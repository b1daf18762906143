//! A writer that is killed at any moment loses and doubles nothing.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::tests::{LOG, TOPIC, article, articles, open, rows_in, step, write};
use super::{Lake, LakeSettings};

const FOLDER: &str = "LAKE_CRASH_FOLDER";
const KILLS: u64 = 15;
const ROWS: i64 = 3;

/// Not a test of its own: the process that `kills_lose_and_double_nothing` starts and kills.
#[test]
#[ignore = "writes until it is killed"]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let settings = LakeSettings { checkpoint_commits: 4, log_retention: Duration::ZERO, ..LakeSettings::at(folder) };
    let mut lake = Lake::open(&settings, LOG).unwrap();
    let mut position = lake.next(TOPIC, 0).unwrap();
    loop {
        let from = position.unwrap_or_default();
        let rows = articles(u32::try_from(from).unwrap(), u32::try_from(from + ROWS).unwrap());
        let rows: Vec<_> = rows.iter().collect();
        // Everything has expired, so that the cleaner is at work too when the kill comes.
        let end_of_time = schemas::Timestamp::from_millis(i64::MAX);
        lake.write(&rows, &[step(0, position, from + ROWS)], end_of_time).unwrap();
        position = Some(from + ROWS);
    }
}

fn start_writer(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "lake::crash_tests::writer"]);
    command.env(FOLDER, folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[test]
fn kills_lose_and_double_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut furthest = 0;
    for kill in 0..KILLS {
        let mut writer = start_writer(folder.path());
        std::thread::sleep(Duration::from_millis(15 + 7 * kill));
        writer.kill().unwrap();
        writer.wait().unwrap();

        let mut lake = open(folder.path());
        let position = lake.next(TOPIC, 0).unwrap().unwrap_or_default();
        assert!(position >= furthest, "kill {kill}: the position went back");
        assert_eq!(i64::try_from(rows_in(&mut lake)).unwrap(), position, "kill {kill}");
        furthest = position;
    }
    assert!(furthest > 0, "the writer never came to write: this proves nothing");
    let mut lake = open(folder.path());
    let row = article(u32::try_from(furthest).unwrap());
    write(&mut lake, &[row], step(0, Some(furthest), furthest + 1)).unwrap();
}
