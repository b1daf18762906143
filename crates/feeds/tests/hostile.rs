//! Bodies that mean harm end soon, in little memory, and give an answer.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/hostile.rs"]
mod hostile;

use std::process::Command;

use feeds::{Document, Hints, Limits};

const BODY_BYTES: usize = 8 << 20;
/// Generous: a busy machine. `cargo bench -p feeds -- hostile` asserts 1 s.
const CPU_SECONDS_MAX: f64 = 3.0;
const PEAK_KIB_MAX: u64 = 128 << 10;

#[test]
fn within_time_and_memory() {
    for (name, _) in hostile::CASES {
        for width in ["narrow", "wide"] {
            let mut child = Command::new(std::env::current_exe().unwrap());
            child.args(["--ignored", "--exact", "one_body", "--nocapture"]);
            let output = child.env("FEEDS_CASE", name).env("FEEDS_WIDTH", width).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(output.status.success(), "{name} {width}: {text}");
            let line = text.lines().find_map(|line| line.split_once("cost ")).unwrap().1;
            let (cpu, peak) = line.split_once(' ').unwrap();
            assert!(cpu.parse::<f64>().unwrap() <= CPU_SECONDS_MAX, "{name} {width}: {cpu} s");
            assert!(peak.parse::<u64>().unwrap() <= PEAK_KIB_MAX, "{name} {width}: {peak} KiB");
        }
    }
}

#[test]
#[ignore = "run by the test above, in a process of its own"]
fn one_body() {
    let Ok(name) = std::env::var("FEEDS_CASE") else { return };
    let (_, make) = hostile::CASES.iter().find(|(case, _)| *case == name).unwrap();
    let mut body = make(BODY_BYTES);
    if std::env::var("FEEDS_WIDTH").is_ok_and(|width| width == "wide") {
        body = hostile::in_utf_16(&body, BODY_BYTES);
    }
    let before = cpu_seconds();
    let document =
        feeds::read(&body, &Hints { url: Some("https://x.example/feed"), content_type: None }, &Limits::default());
    let cpu = cpu_seconds() - before;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("cost {cpu} {}", peak.trim().trim_end_matches(" kB"));
    if let Document::Feed(feed) = document {
        let limits = Limits::default();
        assert!(feed.entries.len() <= limits.sitemap_entries_max);
        let texts = feed.entries.iter().flat_map(|entry| [&entry.title, &entry.summary, &entry.content, &entry.link]);
        // A text that was begun within the bound may grow by escaping.
        let bytes: usize = texts.flatten().map(String::len).sum();
        assert!(bytes <= limits.output_bytes_max + 6 * limits.content_bytes_max, "{bytes}");
    }
}

/// CPU time of this process so far (proc(5): fields 14 and 15 of stat, in ticks of 10 ms).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

#[test]
fn entities_that_grow_do_not_grow() {
    let body = b"<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]><rss><channel><item><title>&b;</title></item>";
    let Document::Feed(feed) = feeds::read(body, &Hints::default(), &Limits::default()) else { panic!("no feed") };
    // What an entity stands for is not read for entities of the document again.
    assert_eq!(feed.entries[0].title.as_deref(), Some("&a;&a;&a;"));
}

#[test]
fn small_limits_hold() {
    let limits = Limits { entries_max: 2, text_bytes_max: 10, content_bytes_max: 20, ..Limits::default() };
    let item =
        "<item><title>A long title of an item</title><description>A long description of an item</description></item>";
    let body = format!("<rss><channel>{}</channel></rss>", item.repeat(3));
    let Document::Feed(feed) = feeds::read(body.as_bytes(), &Hints::default(), &limits) else { panic!("no feed") };
    assert_eq!(feed.entries.len(), 2);
    assert_eq!(feed.entries[0].title.as_deref(), Some("A long tit"));
    assert_eq!(feed.entries[0].summary.as_deref(), Some("A long description o"));
    assert_eq!(feed.notes, ["text_cut", "entries_cut"]);
    // What is out is out: texts, and links that a long base makes longer than they were.
    let few = Limits { output_bytes_max: 500, ..Limits::default() };
    let base = "b".repeat(200);
    let entry = "<entry><title>A title</title><link href='a'/><content>Some words of text</content></entry>";
    let long = format!("<feed xml:base='http://x.example/{base}/'>{}</feed>", entry.repeat(100));
    let Document::Feed(feed) = feeds::read(long.as_bytes(), &Hints::default(), &few) else { panic!("no feed") };
    let texts = feed.entries.iter().flat_map(|entry| [&entry.title, &entry.content, &entry.link, &entry.base]);
    let bytes: usize = texts.flatten().map(String::len).sum();
    assert!((400..=500).contains(&bytes), "{bytes}");
    assert_eq!((feed.entries.len(), feed.notes.last()), (100, Some(&"output_cut")));
    let cut = Limits { input_bytes_max: 100, ..Limits::default() };
    let Document::Feed(feed) = feeds::read(body.as_bytes(), &Hints::default(), &cut) else { panic!("no feed") };
    assert_eq!((feed.entries.len(), feed.notes[0]), (1, "input_cut"));
}
