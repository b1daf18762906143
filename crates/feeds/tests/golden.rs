//! Golden folders: `tests/feeds/NAME/source.*` with its `expected.json`, and `content_type.txt` where the server said one.
//! `UPDATE=1 cargo test -p feeds` rewrites what is expected; review it as a diff.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/feed_rs.rs"]
mod feed_rs_reader;

use std::fs;
use std::path::{Path, PathBuf};

use feeds::{Document, Hints, Limits};

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 15);
    folders
}

fn source(folder: &Path) -> Vec<u8> {
    let mut files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    fs::read(files.find(|path| path.file_stem().is_some_and(|stem| stem == "source")).unwrap()).unwrap()
}

fn read(folder: &Path) -> Document {
    let content_type = fs::read_to_string(folder.join("content_type.txt")).ok();
    let hints =
        Hints { content_type: content_type.as_deref().map(str::trim), url: Some("https://news.example/feeds/all") };
    feeds::read(&source(folder), &hints, &Limits::default())
}

#[test]
fn feeds_are_read_as_expected() {
    for folder in folders() {
        let path = folder.join("expected.json");
        let actual = serde_json::to_string_pretty(&read(&folder)).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(expected, actual, "{} (UPDATE=1 rewrites it)", path.display());
    }
}

/// Where a feed needs no repair, an independent reader finds no entry that we do not find, in the same order and with the
/// same date. It finds fewer: none in Atom 0.3, and no item of RDF without a link.
#[test]
fn feed_rs_finds_nothing_else_in_well_formed_feeds() {
    let mut compared = 0;
    for folder in folders() {
        let Document::Feed(feed) = read(&folder) else { continue };
        let other = feed_rs_reader::read(&source(&folder), Some("https://news.example/feeds/all"));
        let Some(entries) = other["entries"].as_array().filter(|_| feed.notes.is_empty()) else { continue };
        let mut ours = feed.entries.iter();
        for theirs in entries {
            compared += 1;
            let date = theirs["published"].as_str().map(|date| date.parse::<schemas::Timestamp>().unwrap());
            let date = date.filter(|at| at.as_millis() > -2_208_988_800_000); // what is before 1900 is a mistake to us
            let found = ours.any(|entry| {
                let same_date = date.is_none() || [entry.published, entry.updated].contains(&date);
                let (link, title) = (entry.link.is_some(), entry.title.is_some());
                same_date && (link || theirs["link"].is_null()) && (title || theirs["title"].is_null())
            });
            assert!(found, "{}: {theirs}", folder.display());
        }
    }
    assert!(compared >= 10, "{compared}");
}
