//! The lake over time: files joined and deleted beside a running sink, by command and by schedule.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::deployment::{Deployment, lake, wait_for_rows};

/// Articles in one import, and how many of them the sink puts into a file at most.
const ARTICLES: u64 = 60;
const ARTICLES_IN_FILE: &str = "4";

/// A folder with articles of its own.
fn articles(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..ARTICLES {
        let words =
            format!("The {name} council of ward {n} met on Monday and agreed on the budget of the coming year.");
        let text =
            format!("Council {name} of ward {n} agrees\n\n{words}\n\n{words} It was the last meeting of the year.\n");
        fs::write(folder.path().join(format!("{name}-{n}.txt")), text).unwrap();
    }
    folder
}

fn status(deployment: &Deployment) -> Value {
    serde_json::from_str(&deployment.good(&["lake", "status", "--json"])).unwrap()
}

fn live_files(deployment: &Deployment) -> u64 {
    status(deployment)["contents"]["live"]["files"].as_u64().unwrap()
}

fn files_on_disk(lake: &Path) -> usize {
    let days = fs::read_dir(lake).unwrap().map(|entry| entry.unwrap());
    let days = days.filter(|entry| entry.file_name().to_string_lossy().starts_with("day="));
    days.map(|day| fs::read_dir(day.path()).unwrap().count()).sum()
}

#[test]
fn commands_join_and_delete_files_beside_a_running_sink() {
    let deployment = Deployment::embedded();
    for command in [["lake", "status"], ["lake", "compact"], ["lake", "vacuum"]] {
        let output = deployment.run(&command);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(66) && error.contains("there is no lake here"), "{command:?}: {error}");
    }
    let environment =
        [("WIREDESK_SINK_BATCH_RECORDS_MAX", ARTICLES_IN_FILE), ("WIREDESK_SINK_COMPACT_INTERVAL_S", "0")];
    let (first, second) = (articles("first"), articles("second"));
    let mut up = deployment.start_with(&["up", "--import", &first.path().display().to_string()], &environment);
    wait_for_rows(&deployment.lake(), ARTICLES);
    let before = live_files(&deployment);
    assert!(before >= ARTICLES / 4, "{before} files are not many");

    // Rows come in while files are joined.
    let mut import = deployment.start(&["import", &second.path().display().to_string()]);
    let mut compactions = 0;
    while import.ended().is_none() || compactions < 3 {
        deployment.good(&["lake", "compact"]);
        compactions += 1;
    }
    wait_for_rows(&deployment.lake(), 2 * ARTICLES);
    deployment.good(&["lake", "compact"]);
    let after = live_files(&deployment);
    assert!(after < before / 2, "{before} files, then {after}");
    let contents = &status(&deployment)["contents"];
    assert_eq!(contents["rows"], 2 * ARTICLES);
    assert!(contents["positions"].as_array().is_some_and(|positions| !positions.is_empty()), "{contents}");

    let on_disk = files_on_disk(&deployment.lake());
    let hasty = deployment.run(&["lake", "vacuum", "--retention", "0"]);
    assert_eq!(hasty.status.code(), Some(64), "{}", String::from_utf8_lossy(&hasty.stderr));
    let kept = deployment.good(&["lake", "vacuum"]);
    assert!(kept.starts_with("0 files"), "{kept}");
    let listed = deployment.good(&["lake", "vacuum", "--retention", "0", "--force", "--dry-run"]);
    assert!(listed.lines().count() as u64 > before, "{listed}");
    assert_eq!(files_on_disk(&deployment.lake()), on_disk);
    deployment.good(&["lake", "vacuum", "--retention", "0", "--force"]);
    assert_eq!(files_on_disk(&deployment.lake()) as u64, after);

    let (code, took) = up.stop();
    assert_eq!(code, Some(0), "{}", up.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let shown = deployment.good(&["lake", "status"]);
    assert!(shown.contains("articles.enriched/0 next"), "{shown}");
    assert_eq!(lake(&deployment.lake()).len() as u64, 2 * ARTICLES);
}

#[test]
fn the_sink_joins_files_by_its_schedule() {
    let deployment = Deployment::embedded();
    let environment =
        [("WIREDESK_SINK_BATCH_RECORDS_MAX", ARTICLES_IN_FILE), ("WIREDESK_SINK_COMPACT_INTERVAL_S", "1")];
    let folder = articles("only");
    let mut up = deployment.start_with(&["up", "--import", &folder.path().display().to_string()], &environment);
    wait_for_rows(&deployment.lake(), ARTICLES);
    let since = Instant::now();
    while live_files(&deployment) > 4 {
        assert!(since.elapsed() < Duration::from_secs(20), "{}", up.said());
        thread::sleep(Duration::from_millis(100));
    }
    assert!(up.said().contains("files of the lake"), "{}", up.said());
    let (code, took) = up.stop();
    assert_eq!(code, Some(0), "{}", up.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(lake(&deployment.lake()).len() as u64, ARTICLES);
}
