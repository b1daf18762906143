//! Golden folders: `tests/pages/NAME/source.html` and `tests/lines/NAME/source.txt`, each with its `expected.json`.
//! `UPDATE=1 cargo test -p extract` rewrites what is expected; review it as a diff.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::{Path, PathBuf};

use extract::{Context, Date, Extracted, Found};
use serde_json::{Value, json};

/// An article as a reviewer reads it: fields, then blocks with `+` for kept and `-` for removed.
fn summary(extracted: &Extracted) -> Value {
    let found = |found: &Option<Found<String>>| {
        found.as_ref().map(|found| format!("{} ({})", found.value, found.source.as_str()))
    };
    let date = |date: &Option<Date>| {
        date.as_ref().map(|date| format!("{} ({}, {})", date.at, date.source.as_str(), date.zone.as_str()))
    };
    let blocks: Vec<String> = extracted
        .blocks
        .iter()
        .map(|block| {
            format!("{}{} [{}] {}", if block.kept { '+' } else { '-' }, block.label.as_str(), block.reason, block.text)
        })
        .collect();
    json!({
        "title": found(&extracted.title),
        "deck": extracted.deck,
        "authors": extracted.authors.as_ref().map(|authors| format!("{} ({})", authors.value.join("; "), authors.source.as_str())),
        "published": date(&extracted.published),
        "modified": date(&extracted.modified),
        "language": found(&extracted.language),
        "canonical_url": found(&extracted.canonical_url),
        "images": extracted.images.iter().map(|image| image.url.as_str()).collect::<Vec<_>>(),
        "captions": extracted.captions,
        "credits": extracted.credits,
        "agency": found(&extracted.agency),
        "dateline": found(&extracted.dateline),
        "related": extracted.related,
        "verdict": extracted.verdict.as_str(),
        "notes": extracted.notes,
        "blocks": blocks,
    })
}

fn check(folder: &Path, extracted: &Extracted) {
    let path = folder.join("expected.json");
    let actual = serde_json::to_string_pretty(&summary(extracted)).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(expected, actual, "{} (UPDATE=1 rewrites it)", path.display());
}

fn folders(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(kind);
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 6);
    folders
}

#[test]
fn pages() {
    for folder in folders("pages") {
        let html = fs::read(folder.join("source.html")).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy();
        let url = format!("https://news.example/{name}");
        let context = Context { url: Some(&url), ..Context::default() };
        check(&folder, &extract::html(&html, Some("text/html; charset=utf-8"), &context));
    }
}

#[test]
fn lines() {
    for folder in folders("lines") {
        let text = fs::read_to_string(folder.join("source.txt")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        check(&folder, &extract::text(&lines, &Context::default()));
    }
}
