//! What is benched: records of words, and pages with an article among menus, lists, comments and scripts.

use std::fmt::Write as _;

use ::pipeline::{Log, LogError, Outgoing};
use bytes::Bytes;
use schemas::{RawRecord, topic};

use super::{APPENDED, VALUE_BYTES};

const WORDS: [&str; 12] =
    ["harbour", "council", "ferry", "market", "bridge", "winter", "said", "the", "of", "a", "ministers", "vote"];

/// Bytes of a page.
pub(super) const PAGE_BYTES: usize = 40_000;

/// Words in an order that compresses as text does (Knuth's MMIX generator).
struct Words(u64);

impl Words {
    fn next(&mut self) -> &'static str {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(self.0 >> 33) as usize % WORDS.len()]
    }

    fn some(&mut self, count: usize) -> String {
        (0..count).map(|_| self.next()).collect::<Vec<_>>().join(" ")
    }
}

/// Appends records that are JSON like an article's.
pub(super) fn fill(log: &dyn Log, records: usize) -> Result<(), LogError> {
    let mut words = Words(7);
    for base in (0..records).step_by(APPENDED) {
        let record = |n: usize| {
            let mut text = String::with_capacity(VALUE_BYTES);
            while text.len() < VALUE_BYTES - 80 {
                text.push_str(words.next());
                text.push(' ');
            }
            let value = format!("{{\"id\":{n},\"title\":\"{n}\",\"body\":\"{text}\"}}");
            let key = Bytes::from(format!("{:016x}", n.wrapping_mul(0x9e37_79b9)));
            let record = RawRecord { key, value: Some(Bytes::from(value)), headers: Vec::new() };
            Outgoing { topic: topic::PAGES, partition: None, record }
        };
        let batch: Vec<_> = (base..(base + APPENDED).min(records)).map(record).collect();
        log.append(&batch)?;
    }
    Ok(())
}

/// A page of [`PAGE_BYTES`].
pub(super) fn page(number: usize) -> String {
    let mut words = Words(number as u64);
    let mut links = |class: &str, count: usize| {
        let items: String =
            (0..count).map(|n| format!("<li><a href=\"/{class}/{n}\">{}</a></li>", words.some(4))).collect();
        format!("<ul class=\"{class}\">{items}</ul>")
    };
    let (menu, related) = (links("menu", 60), links("related", 20));
    let paragraphs: String = (0..22)
        .map(|n| format!("<p>In part {n} of story {number}, {}, and {}.</p>\n", words.some(25), words.some(18)))
        .collect();
    let comments: String =
        (0..12).map(|n| format!("<li class=\"comment\"><b>reader {n}</b> {} Reply</li>", words.some(30))).collect();
    let title = format!("Story {number}: {}", words.some(7));
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} | The Bench</title>\
         <link rel=\"canonical\" href=\"https://bench.example/{number}\">\
         <meta property=\"article:published_time\" content=\"2026-03-01T08:00:00Z\"></head><body><nav>{menu}</nav>\
         <article><h1>{title}</h1><p class=\"byline\">By Ada Harbour</p>{paragraphs}</article>\
         <aside><h2>Related articles</h2>{related}</aside><ol class=\"comments\">{comments}</ol>\
         <footer><p>All rights reserved</p></footer><script>"
    );
    while page.len() < PAGE_BYTES {
        let _ = write!(page, "window.q=window.q||[];q.push(['{}']);", words.some(3));
    }
    page.push_str("</script></body></html>");
    page
}
