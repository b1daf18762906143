//! What another crate makes of the development set: `predict SETS NAME FOLDER` writes FOLDER/NAME.jsonl, as
//! `train/peers.py` does for packages in Python.
//!
//! A page that the crate fails on, or takes longer for than `SECONDS_MAX`, counts as one of which it found nothing. It
//! reads pages in a process of its own, which is ended and started anew then: a library may overflow its stack or never
//! come back.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Error, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use extract_peers::{Found, PEERS, Peer};
use serde_json::{Value, json};

const SECONDS_MAX: u64 = 20;
/// Marks the process that reads pages.
const READER: &str = "--reader";

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [READER, sets, name] => reader(Path::new(sets), peer(name)?),
        [sets, name, folder] => {
            peer(name)?;
            predict(Path::new(sets), name, Path::new(folder))
        }
        _ => Err(Error::other("usage: predict SETS NAME FOLDER")),
    }
}

fn peer(name: &str) -> std::io::Result<Peer> {
    let names: Vec<&str> = PEERS.iter().map(|(name, _)| *name).collect();
    let found = PEERS.iter().find(|(each, _)| *each == name).map(|(_, peer)| *peer);
    found.ok_or_else(|| Error::other(format!("{name}: not one of {}", names.join(", "))))
}

fn predict(sets: &Path, name: &str, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let part = folder.join(format!("{name}.part"));
    let mut out = BufWriter::new(File::create(&part)?);
    let mut process = None;
    for line in BufReader::new(File::open(sets.join("extraction/truth.jsonl"))?).lines() {
        let page: Value = serde_json::from_str(&line?)?;
        let asked = json!({ "id": page["id"], "url": page["url"] });
        let mut running = match process.take() {
            Some(running) => running,
            None => Process::start(sets, name)?,
        };
        let answer = running.ask(&asked.to_string());
        match &answer {
            Some(_) => process = Some(running),
            None => {
                eprintln!("{}", page["id"]);
                running.end();
            }
        }
        writeln!(out, "{}", answer.unwrap_or_else(|| json!({ "id": page["id"] }).to_string()))?;
    }
    out.flush()?;
    if let Some(running) = process {
        running.end();
    }
    std::fs::rename(part, folder.join(format!("{name}.jsonl")))
}

/// The process that reads pages: a line asks, a line answers.
struct Process {
    child: Child,
    asks: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    fn start(sets: &Path, name: &str) -> std::io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(READER)
            .arg(sets)
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (asks, told) = child.stdin.take().zip(child.stdout.take()).ok_or_else(|| Error::other("no pipes"))?;
        let (answer, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(told).lines().map_while(Result::ok) {
                if answer.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, asks, answers })
    }

    /// None where the process dies or takes too long.
    fn ask(&mut self, line: &str) -> Option<String> {
        writeln!(self.asks, "{line}").ok()?;
        self.answers.recv_timeout(Duration::from_secs(SECONDS_MAX)).ok()
    }

    fn end(mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn reader(sets: &Path, peer: Peer) -> std::io::Result<()> {
    for line in std::io::stdin().lines() {
        let page: Value = serde_json::from_str(&line?)?;
        let id = page["id"].as_str().unwrap_or_default();
        let html = unpack(&sets.join(format!("extraction/pages/{id}.html.gz")))?;
        let Found { title, authors, date, body, language } = peer(&html, page["url"].as_str()).unwrap_or_default();
        println!(
            "{}",
            json!({ "id": id, "title": title, "authors": authors, "date": date, "body": body, "language": language })
        );
    }
    Ok(())
}

fn unpack(path: &PathBuf) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(File::open(path)?).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
