//! `clean_jsonl [FOLDER] < items.jsonl > articles.jsonl`: one JSON object a line, in and out (see `extract::jsonl`).
//!
//! With a folder, an item with `"fold": N` is cleaned by the weights in its `N.bin`: the trainer measures so, on pages that
//! the weights were not trained on.

use std::collections::HashMap;
use std::io::{BufRead, BufWriter, Error, Write};

use extract::jsonl::explain_line;
use extract::training::Weights;
use serde_json::Value;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1);
    let mut weights: HashMap<u64, Weights> = HashMap::new();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let Some(folder) = &folder else {
            writeln!(out, "{}", explain_line(&line, None))?;
            continue;
        };
        let item: Value = serde_json::from_str(&line)?;
        let fold = item["fold"].as_u64().ok_or_else(|| Error::other("an item without a fold"))?;
        if let std::collections::hash_map::Entry::Vacant(entry) = weights.entry(fold) {
            let bytes = std::fs::read(format!("{folder}/{fold}.bin"))?;
            entry.insert(Weights::read(&bytes).ok_or_else(|| Error::other("no weights"))?);
        }
        writeln!(out, "{}", explain_line(&line, Some(&weights[&fold])))?;
    }
    out.flush()
}
