//! What the trainer (`train/train.py`) reads of each item, in three forms:
//!
//! - `samples rows ITEMS.jsonl FOLDER [FIRST.f32]`: `samples.jsonl` with each page's blocks and `rows.f32` with their rows
//!   (little endian); for an item with `lines` the rows of its lines. With the first judgement of all blocks, the columns
//!   that depend on it are filled.
//! - `samples verdicts ITEMS.jsonl FOLDER`: `verdicts.f32` with what is measured of each page, by the weights of its fold
//!   (`FOLDER/0.bin` to `4.bin`).

use std::fs::{File, read};
use std::io::{BufRead, BufReader, BufWriter, Error, Write};

use extract::Context;
use extract::training::{self, Sample, Weights};
use serde_json::{Value, json};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["rows", items, folder] => rows(items, folder, None),
        ["rows", items, folder, first] => {
            let bytes = read(first)?;
            let first = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            rows(items, folder, Some(first))
        }
        ["verdicts", items, folder] => verdicts(items, folder),
        _ => Err(Error::other("usage: samples rows ITEMS FOLDER [FIRST] | samples verdicts ITEMS FOLDER")),
    }
}

fn rows(items: &str, folder: &str, first: Option<Vec<f32>>) -> std::io::Result<()> {
    let mut lines = BufWriter::new(File::create(format!("{folder}/samples.jsonl"))?);
    let mut rows = BufWriter::new(File::create(format!("{folder}/rows.f32"))?);
    writeln!(lines, "{}", json!({ "columns": training::COLUMNS, "verdict": training::VERDICT_COLUMNS }))?;
    let columns: usize = training::COLUMNS.iter().map(|part| part.len()).sum();
    let mut at = 0;
    for line in BufReader::new(File::open(items)?).lines() {
        let item: Value = serde_json::from_str(&line?)?;
        let sample = measure(&item, first.as_ref().and_then(|first| first.get(at..)));
        at += sample.rows.len() / columns;
        write(&mut rows, &sample.rows)?;
        let line = json!({ "id": item["id"], "texts": sample.texts, "elements": sample.elements,
            "parents": sample.parents, "tokens": sample.tokens, "words": sample.words, "short_words": sample.short_words });
        writeln!(lines, "{line}")?;
    }
    lines.flush()?;
    rows.flush()
}

fn measure(item: &Value, first: Option<&[f32]>) -> Sample {
    if let Some(lines) = item["lines"].as_array() {
        let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
        return Sample { rows: training::lines(&lines), ..Sample::default() };
    }
    training::html(item["html"].as_str().unwrap_or_default(), &context(item), first)
}

fn verdicts(items: &str, folder: &str) -> std::io::Result<()> {
    let mut weights = Vec::new();
    while let Ok(bytes) = read(format!("{folder}/{}.bin", weights.len())) {
        weights.push(Weights::read(&bytes).ok_or_else(|| Error::other("no weights"))?);
    }
    let mut out = BufWriter::new(File::create(format!("{folder}/verdicts.f32"))?);
    for line in BufReader::new(File::open(items)?).lines() {
        let item: Value = serde_json::from_str(&line?)?;
        let fold = item["fold"].as_u64().and_then(|fold| usize::try_from(fold).ok());
        let weights = fold.and_then(|fold| weights.get(fold)).ok_or_else(|| Error::other("an item without a fold"))?;
        let html = item["html"].as_str().unwrap_or_default();
        write(&mut out, &training::verdict(html, &context(&item), weights))?;
    }
    out.flush()
}

fn context(item: &Value) -> Context<'_> {
    Context { url: item["url"].as_str(), ..Context::default() }
}

fn write(out: &mut impl Write, row: &[f32]) -> std::io::Result<()> {
    row.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}
