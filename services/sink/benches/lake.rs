//! Rows a second into a lake: `cargo bench -p sink --bench lake -- [commits] [folder]`.
//!
//! Each commit holds 2,000 made-up articles of about 6 KB of text. Prints wall time and CPU time; a folder that is
//! named is kept, for `tests/lake/read.py`.

#![expect(clippy::print_stdout, reason = "a bench reports to the one who runs it")]

use std::{error::Error, fs, path::PathBuf, time::Instant};

use schemas::{CanonicalUrl, ContentDigest, Digest, EnrichedArticle, Timestamp};
use sink::lake::{Lake, LakeSettings, Move};

const ROWS: u32 = 2_000;
const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "minister",
    "said",
    "on",
    "Tuesday",
    "that",
    "a",
    "government",
    "would",
    "not",
    "raise",
    "taxes",
    "before",
    "election",
    "while",
    "opposition",
    "leaders",
    "called",
    "for",
    "parliament",
    "to",
    "vote",
    "budget",
    "in",
    "Seoul",
    "billion",
    "won",
    "according",
    "statement",
    "released",
    "by",
    "office",
    "after",
    "talks",
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let commits: u32 = args.next().map_or(Ok(10), |count| count.parse())?;
    let scratch = tempfile::tempdir()?;
    let folder = args.next().map_or_else(|| scratch.path().join("lake"), PathBuf::from);
    let mut lake = Lake::open(&LakeSettings::at(&folder), "bench")?;
    let mut position = lake.next("articles.enriched", 0)?;
    let (mut wall, mut cpu, mut bytes, mut text) = (0.0, 0.0, 0, 0);
    for _ in 0..commits {
        let first = u32::try_from(position.unwrap_or_default())?; // so that a kept folder gets new articles
        let rows = (first..first + ROWS).map(article).collect::<Result<Vec<_>, _>>()?;
        text += rows.iter().map(|row| row.article.body_text().len()).sum::<usize>();
        let rows: Vec<_> = rows.iter().collect();
        let next = position.unwrap_or_default() + i64::from(ROWS);
        let step = Move { topic: "articles.enriched".to_owned(), partition: 0, expected: position, next };
        let (started, cpu_before) = (Instant::now(), cpu_seconds()?);
        bytes += lake.write(&rows, &[step], Timestamp::from_millis(0))?.bytes;
        wall += started.elapsed().as_secs_f64();
        cpu += cpu_seconds()? - cpu_before;
        position = Some(next);
    }
    let rows = f64::from(commits * ROWS);
    println!("{rows} rows, {} text bytes a row, {} file bytes a row", text / rows as usize, bytes / rows as u64);
    println!("{:.0} rows/s wall, {:.0} rows/s of CPU", rows / wall, rows / cpu);
    Ok(())
}

/// CPU time of this process so far, in seconds (proc(5): fields 14 and 15 of stat, in ticks of 10 ms).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok((fields[11].parse::<f64>()? + fields[12].parse::<f64>()?) / 100.0)
}

fn article(n: u32) -> Result<EnrichedArticle, Box<dyn Error>> {
    let mut seed = n.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut text = |words: usize| {
        let mut words: Vec<String> = (0..words)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 17;
                seed ^= seed << 5;
                // One word in eight is a rare one, so that the text is about as compressible as news.
                let word = WORDS[seed as usize % WORDS.len()];
                if seed.is_multiple_of(8) { format!("{word}{:x}", seed % 99_991) } else { word.to_owned() }
            })
            .collect();
        words.push(".".to_owned());
        words.join(" ")
    };
    let body: Vec<_> = (0..18).map(|_| serde_json::json!({ "label": "body", "text": text(49) })).collect();
    let url = CanonicalUrl::parse(&format!("https://news.example/world/2024/05/01/{n}"))?;
    Ok(serde_json::from_value(serde_json::json!({
        "article": {
            "id": schemas::ArticleId::of(&url), "url": url, "title": text(9), "body": body, "authors": ["A. Writer"],
            "source": {
                "kind": "html", "fetched_at": "2024-05-01T10:00:00Z", "feed": "https://news.example/rss",
                "tags": ["world"]
            },
            "published": {"at": "2024-05-01T08:30:00Z", "source": "json_ld", "zone": "stated", "confidence": 0.9},
            "images": [{"url": format!("https://news.example/{n}.jpg"), "alt": text(6)}], "language": "en",
            "removed": [{"class": "share", "text": text(5), "reason": "wording"}], "provenance": {"title": "meta"},
        },
        "enrichment": {"counts": {"characters": 6000, "words": 880, "sentences": 18, "paragraphs": 18}},
        "revision": {
            "number": 1, "content": ContentDigest(Digest::of([n.to_be_bytes().as_slice()])),
            "seen_at": "2024-05-01T10:00:00Z", "first_seen_at": "2024-05-01T10:00:00Z", "history": "first_seen",
        },
    }))?)
}
