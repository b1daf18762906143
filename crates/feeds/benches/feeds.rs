//! What reading feeds costs: `cargo bench -p feeds -- [hostile | --write FOLDER]`.
//!
//! First realistic feeds of made-up text, in MB and feeds a second of CPU. With `hostile`, each of the bodies that mean
//! harm, 8 MiB large, in a process of its own: CPU time and peak memory, which must stay under 1 s and 128 MiB; it fails
//! where one does not. With `--write` the realistic feeds are written to files for `tests/feedparser/compare.py --speed`.

#![expect(clippy::print_stdout, reason = "a bench reports to the one who runs it")]

#[path = "../tests/support/hostile.rs"]
mod hostile;
#[path = "../tests/support/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::error::Error;
use std::{fs, hint::black_box, process::Command};

use feeds::{Document, Hints, Limits};

const BODY_BYTES: usize = 8 << 20;
const CPU_SECONDS_MAX: f64 = 1.0;
const PEAK_KIB_MAX: u64 = 128 << 10;
const ROUNDS: u32 = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--one", name, width] => one(name, width == "wide"),
        ["hostile"] => all(),
        ["--write", folder] => {
            fs::create_dir_all(folder)?;
            for (name, body) in sample::feeds() {
                if !name.contains("json") && !name.contains("news") {
                    fs::write(format!("{folder}/{name}"), body)?; // what feedparser reads too
                }
            }
            Ok(())
        }
        _ => realistic(),
    }
}

fn realistic() -> Result<(), Box<dyn Error>> {
    let mut by_format: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, body) in sample::feeds() {
        let format = name.rsplit('-').next().unwrap_or_default().to_owned();
        by_format.entry(format).or_default().push(body);
    }
    for (format, bodies) in by_format {
        let bytes: usize = bodies.iter().map(Vec::len).sum();
        let started = cpu_seconds()?;
        let mut entries = 0;
        for _ in 0..ROUNDS {
            for body in &bodies {
                if let Document::Feed(feed) = black_box(feeds::read(body, &Hints::default(), &Limits::default())) {
                    entries += feed.entries.len();
                }
            }
        }
        let took = (cpu_seconds()? - started).max(0.001);
        let rounds = f64::from(ROUNDS);
        println!(
            "{format:10} {:4} feeds of {:6} entries: {:7.1} MB/s, {:8.0} feeds/s",
            bodies.len(),
            entries / ROUNDS as usize,
            bytes as f64 * rounds / took / 1e6,
            bodies.len() as f64 * rounds / took
        );
    }
    Ok(())
}

fn all() -> Result<(), Box<dyn Error>> {
    let (mut failed, mut cpu_max, mut peak_max) = (0, 0.0_f64, 0);
    for (name, _) in hostile::CASES {
        for width in ["narrow", "wide"] {
            let output = Command::new(std::env::current_exe()?).args(["--one", name, width]).output()?;
            let text = String::from_utf8(output.stdout)?;
            let mut numbers = text.split_whitespace();
            let cpu: f64 = numbers.next().unwrap_or("inf").parse()?;
            let peak: u64 = numbers.next().unwrap_or("0").parse()?;
            let over = cpu > CPU_SECONDS_MAX || peak > PEAK_KIB_MAX || !output.status.success();
            failed += u32::from(over);
            (cpu_max, peak_max) = (cpu_max.max(cpu), peak_max.max(peak));
            let rest: Vec<&str> = numbers.collect();
            println!(
                "{name:32} {width:6} {cpu:5.2} s {:5} MiB  {}{}",
                peak >> 10,
                rest.join(" "),
                if over { "  OVER" } else { "" }
            );
        }
    }
    println!("most: {cpu_max:.2} s, {} MiB; over: {failed}", peak_max >> 10);
    if failed > 0 { Err("a limit was broken".into()) } else { Ok(()) }
}

fn one(name: &str, wide: bool) -> Result<(), Box<dyn Error>> {
    let (_, make) = hostile::CASES.iter().find(|(case, _)| *case == name).ok_or("no such case")?;
    // Made in another process, or the making would count.
    let path = std::env::temp_dir().join(format!("feeds-hostile-{}", std::process::id()));
    if std::env::var_os("FEEDS_HOSTILE_MAKE").is_some() {
        let body = make(BODY_BYTES);
        fs::write(
            std::env::var("FEEDS_HOSTILE_MAKE")?,
            if wide { hostile::in_utf_16(&body, BODY_BYTES) } else { body },
        )?;
        return Ok(());
    }
    let width = if wide { "wide" } else { "narrow" };
    Command::new(std::env::current_exe()?).args(["--one", name, width]).env("FEEDS_HOSTILE_MAKE", &path).status()?;
    let body = fs::read(&path)?;
    fs::remove_file(&path)?;
    let started = cpu_seconds()?;
    let document = black_box(feeds::read(
        &body,
        &Hints { url: Some("https://x.example/feed"), content_type: None },
        &Limits::default(),
    ));
    let took = cpu_seconds()? - started;
    println!("{took} {} {}", peak_kib()?, summary(&document));
    Ok(())
}

fn summary(document: &Document) -> String {
    match document {
        Document::Feed(feed) => format!("{} entries {:?}", feed.entries.len(), feed.notes),
        Document::SitemapIndex { sitemaps, notes } => format!("{} sitemaps {notes:?}", sitemaps.len()),
        Document::Page { feeds } => format!("page, {} links", feeds.len()),
        Document::Opml(opml) => format!("{} outlines {:?}", opml.subscriptions.len(), opml.notes),
        Document::Unknown { reason } => (*reason).to_owned(),
    }
}

/// CPU time of this process so far (proc(5): fields 14 and 15 of stat, in ticks of 10 ms).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

/// Peak resident memory of this process.
fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
