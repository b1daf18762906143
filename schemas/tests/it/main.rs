//! The promises of this crate, each held by a test: generated schemas, examples, compatibility, frozen vectors.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod compatibility;
mod examples;
mod generated;
mod records;
mod round_trips;
mod vectors;

use std::path::{Path, PathBuf};

/// A file or folder of this crate.
fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether checked-in files are rewritten instead of compared.
fn update() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// Compares a checked-in file with what the code says, or rewrites it.
fn expect_file(path: &str, text: &str) {
    let file = here(path);
    if update() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == text, "schemas/{path} differs from the Rust types: run `UPDATE=1 cargo test -p schemas`");
}

/// Every JSON file of a folder below `examples`, with its name.
fn json_files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(here(folder)).unwrap_or_else(|_| panic!("schemas/{folder} is missing"));
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.strip_prefix(here("")).unwrap().display().to_string(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "schemas/{folder} is empty");
    files
}
