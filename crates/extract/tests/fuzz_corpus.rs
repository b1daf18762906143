//! The fuzz targets' checks (`fuzz/checks.rs`) over their corpus and over changes of it, the same on every run.

#![expect(clippy::print_stdout, reason = "a bounded run says how far it came")]

#[path = "../fuzz/checks.rs"]
mod checks;
#[path = "support/draw.rs"]
mod draw;

use std::path::Path;
use std::time::{Duration, Instant};

use draw::Draw;

/// All three together stay below this; on a slow machine fewer changes are tried.
const EACH: Duration = Duration::from_secs(3);
const CHANGES: usize = 1500;

/// A file with pieces cut, doubled, taken from another one, and bytes changed.
fn change(draw: &mut Draw, files: &[Vec<u8>]) -> Vec<u8> {
    const ODD: &[&[u8]] =
        &[b"<", b">", b"\"", b"&#", b"\0", b"\xff", b"\xf0\x9f", b"99999999999", b"\n", b"</p>", b"-"];
    let mut file = files[draw.below(files.len())].clone();
    for _ in 0..=draw.below(6) {
        let from = draw.below(file.len() + 1);
        let to = (from + draw.below(40)).min(file.len());
        match draw.below(5) {
            0 => drop(file.drain(from..to)),
            1 => {
                let piece = file[from..to].to_vec();
                file.splice(from..from, piece);
            }
            2 => {
                let other = &files[draw.below(files.len())];
                let at = draw.below(other.len() + 1);
                let piece = other[at..(at + draw.below(60)).min(other.len())].to_vec();
                file.splice(from..to, piece);
            }
            3 => drop(file.splice(from..from, draw.pick(ODD).iter().copied())),
            _ => {
                if let Some(byte) = file.get_mut(from) {
                    *byte ^= 1 << draw.below(8);
                }
            }
        }
    }
    file
}

#[expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]
fn check(kind: &str, seed: u64, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(kind);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(files.len() >= 10);
    files.iter().for_each(|file| check(file));
    let (start, mut draw) = (Instant::now(), Draw(seed));
    for tried in 0..CHANGES {
        if start.elapsed() > EACH {
            println!("{kind}: stopped after {tried} changes");
            return;
        }
        let file = change(&mut draw, &files);
        if std::panic::catch_unwind(|| check(&file)).is_err() {
            panic!("{kind} fails on {:?}", String::from_utf8_lossy(&file));
        }
    }
}

#[test]
fn html() {
    check("html", 3, checks::html);
}

#[test]
fn text() {
    check("text", 5, checks::text);
}

#[test]
fn dates() {
    check("dates", 7, checks::dates);
}
