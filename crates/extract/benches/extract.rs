//! What extraction costs on one thread: pages of the development sets, text, and pages that mean harm.
//!
//! `cargo bench -p extract [-- pages | text | growth | hostile]`, and for a profiler `-- extraction` or `-- texts`: the pages'
//! extraction or that of the texts, and nothing beside it. The sets are beside the work tree, or where
//! `WIREDESK_SHARED` says; without them only what needs none is measured. Time is that of the processor, where the system
//! tells it. Each page that means harm is read in a process of its own, whose peak of memory is told beside the time.
//! Other crates are measured beside this one in `peers`, a package of its own.

#![expect(clippy::print_stdout, reason = "a bench reports to the one who runs it")]

#[path = "../tests/support/sets.rs"]
mod sets;
#[path = "support/speed.rs"]
mod speed;

use std::hint::black_box;
use std::path::Path;

use extract::Context;
use serde_json::Value;
use speed::{large, measure, now, shortest};

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some(CASE) {
        return alone(&arguments.next().unwrap_or_default());
    }
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|argument| argument == part);
    let for_profiler = asked == ["extraction"];
    if asked == ["texts"]
        && let Some(data) = sets::data()
    {
        return texts(&data);
    }
    if wanted("pages") || wanted("text") || for_profiler {
        if let Some(data) = sets::data() {
            let pages = speed::pages(&data);
            if wanted("pages") {
                rates("all pages", &pages);
                rates("large pages", &large(&pages));
            }
            if wanted("text") {
                text(&data, &pages);
            }
            if for_profiler {
                measure("extraction", &pages, |page| extract::html_str(page, &Context::default()).blocks.len());
            }
        } else {
            println!("no development sets (WIREDESK_SHARED names their folder): pages and text are not measured");
        }
    }
    if wanted("growth") {
        growth();
    }
    if wanted("hostile") {
        hostile();
    }
}

fn rates(name: &str, pages: &[String]) {
    speed::head(name, pages);
    let context = Context::default();
    let whole = measure("extraction", pages, |page| extract::html_str(page, &context).blocks.len());
    measure("parse, blocks", pages, extract::walk_only);
    measure("parse", pages, extract::parse_only);
    let witness = measure("scraper parse", pages, |page| scraper::Html::parse_document(page).tree.values().len());
    println!("extraction runs at {:.2} of scraper's parse rate", witness.as_secs_f64() / whole.as_secs_f64());
}

/// Texts as extractors leave them, and the hardest there are, all of a page's blocks as lines.
fn text(data: &Path, pages: &[String]) {
    println!("\ntext");
    texts(data);
    let context = Context::default();
    let lines = |page: &String| extract::html_str(page, &context).blocks.into_iter().map(|block| block.text).collect();
    rate_of_texts("all of a page", &pages.iter().map(lines).collect::<Vec<_>>());
}

/// Those of the residue set.
fn texts(data: &Path) {
    let lines = |item: &str| {
        let item: Value = serde_json::from_str(item).expect("an item of the residue set is JSON");
        let lines = item["lines"].as_array().expect("an item of the residue set has lines").clone();
        lines.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let items = std::fs::read_to_string(data.join("residue/text.jsonl")).expect("the residue set can be read");
    rate_of_texts("texts as they are", &items.lines().map(lines).collect::<Vec<_>>());
}

fn rate_of_texts(name: &str, texts: &[Vec<String>]) {
    let context = Context::default();
    let bytes: usize = texts.iter().flatten().map(|line| line.len() + 1).sum();
    let lines: usize = texts.iter().map(Vec::len).sum();
    let rounds = (TEXT_BYTES_MIN / bytes.max(1)).max(1);
    let shortest = shortest(|| {
        for text in std::iter::repeat_n(texts, rounds).flatten() {
            let lines: Vec<&str> = text.iter().map(String::as_str).collect();
            black_box(extract::text(black_box(&lines), &context));
        }
    });
    let rate = (rounds * bytes) as f64 / 1e6 / shortest.as_secs_f64();
    println!("{name:<20} {rate:>8.1} MB/s, {:>4} bytes a line", bytes / lines.max(1));
}

/// The least that a round reads: the system tells the time in steps of milliseconds.
const TEXT_BYTES_MIN: usize = 8_000_000;

/// One article, longer and longer.
fn growth() {
    println!("\ngrowth");
    for size in [10_000_u32, 100_000, 1_000_000, 4_000_000] {
        let mut html = String::from("<title>The bridge stays open</title><h1>The bridge stays open</h1><article>");
        let mut number = 0;
        while html.len() < size as usize {
            number += 1;
            html.push_str(&format!(
                "<p class=text-{number}>The council voted on day {number} to keep the bridge open, the mayor said.</p>"
            ));
        }
        // Short ones many times: the system tells the time in steps of milliseconds. The first one fills the tables.
        let rounds = 8_000_000 / size;
        once(&html);
        let start = now();
        for _ in 0..rounds {
            black_box(extract::html_str(black_box(&html), &Context::default()));
        }
        let seconds = (now() - start).as_secs_f64() / f64::from(rounds);
        println!(
            "{:>8} KB {:>8.1} ms {:>6.1} ns/byte",
            html.len() / 1000,
            1e3 * seconds,
            1e9 * seconds / html.len() as f64
        );
    }
}

fn once(html: &str) -> f64 {
    let start = now();
    black_box(extract::html_str(black_box(html), &Context::default()));
    (now() - start).as_secs_f64()
}

/// Marks a run that reads one page that means harm.
const CASE: &str = "case";

/// Pages that mean harm: a name, what stands in front, what is repeated with a number in place of `#`, and how often.
const CASES: &[(&str, &str, &str, usize)] = &[
    ("div in one another", "", "<div>", 100_000),
    ("table in one another", "", "<table><tr><td>", 100_000),
    ("b in one another", "", "<b>", 100_000),
    ("attributes of one tag", "<p", " a#=b", 100_000),
    ("classes of one tag", "<p class='", " c#", 100_000),
    ("a class for every p", "", "<p class=a#>x", 200_000),
    ("b", "", "<b>x</b>", 500_000),
    ("p", "", "<p>x", 1_000_000),
    ("li", "", "<li>x", 800_000),
    ("a", "", "<a>x", 1_000_000),
    ("td without end", "<table><tr>", "<td>x", 800_000),
    ("h1", "", "<h1>title</h1>", 290_000),
    ("headings of lists", "", "<h2>Related articles #</h2>", 120_000),
    ("author links", "", "<a rel=author>A B</a>", 190_000),
    (
        "captures in one another",
        "<i itemprop=author><i itemprop=author>",
        "<time>x</time><i itemprop=name>A B</i>",
        100_000,
    ),
    ("credits", "", "<p>(Photo: A B)", 280_000),
    ("dates", "", "<p>12 May 2024 13 May 2024", 160_000),
    ("metas", "", "<meta name=author content='A B'>", 120_000),
    (
        "parts sent late",
        "<template id=\"B:0\"></template>",
        "<div hidden id=\"S:#\"><p>x<template id=\"P:#\"></template></div>",
        60_000,
    ),
    ("one block", "", "word ", 800_000),
    ("paragraphs", "", "<p>The council voted on day # to keep the bridge open, the mayor said.", 55_000),
];

fn hostile() {
    println!("\nhostile");
    let Ok(program) = std::env::current_exe() else { return println!("this program is not found again") };
    for (name, ..) in CASES {
        match std::process::Command::new(&program).args([CASE, name]).output() {
            Ok(told) => print!("{}", String::from_utf8_lossy(&told.stdout)),
            Err(error) => println!("{name}: {error}"),
        }
    }
}

/// Reads one page that means harm.
fn alone(wanted: &str) {
    let Some((name, front, piece, count)) = CASES.iter().find(|(name, ..)| *name == wanted) else { return };
    let mut html = String::from(*front);
    (0..*count).for_each(|number| html.push_str(&piece.replace('#', &number.to_string())));
    html.truncate(4 << 20);
    let before = peak();
    let seconds = once(&html);
    let grown = peak().zip(before).map(|(after, before)| after.saturating_sub(before) / 1000);
    let grown = grown.map_or(String::from("?"), |grown| grown.to_string());
    println!("{count:>9} x {name:<24} {:>6} KB {seconds:>8.3} s {grown:>5} MB", html.len() / 1000);
}

/// The most memory that this process has held, in kilobytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok())
}
