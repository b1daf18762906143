//! `clean_jsonl < items.jsonl > articles.jsonl`: one JSON object a line, in and out (see `extract::jsonl`).

use std::io::{BufRead, BufWriter, Write};

fn main() -> std::io::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", extract::jsonl::clean_line(&line))?;
        }
    }
    out.flush()
}
