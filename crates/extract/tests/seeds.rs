//! Five real texts that were extracted and machine-translated by others, where the data folder stands beside the
//! repository.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::fs;
use std::path::Path;

use extract::{Context, text};
use serde_json::{Value, json};

#[test]
fn the_seeds_come_out_as_labelled() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/seeds/gold.jsonl");
    let Ok(gold) = fs::read_to_string(&path) else {
        println!("skipped: no data folder beside the repository");
        return;
    };
    for item in gold.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        check(&item);
    }
}

fn check(item: &Value) {
    let strings = |name: &str| -> Vec<&str> {
        item[name].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect()
    };
    let extracted = text(&strings("lines"), &Context::default());
    for (block, label) in extracted.blocks.iter().zip(strings("labels")) {
        match label {
            "body" => assert!(block.kept, "{} lost: {}", item["id"], block.text),
            label if label.starts_with("residue:") => assert!(!block.kept, "{} left: {}", item["id"], block.text),
            _ => {}
        }
    }
    let fields = json!({
        "title": extracted.title.map(|found| found.value),
        "deck": extracted.deck,
        "authors": extracted.authors.map(|found| found.value).unwrap_or_default(),
        "published": extracted.published.map(|date| date.at),
        "agency": extracted.agency.map(|found| found.value),
        "dateline": extracted.dateline.map(|found| found.value),
        "captions": extracted.captions,
        "credits": extracted.credits,
        "related": extracted.related,
    });
    for (name, value) in fields.as_object().unwrap() {
        assert_eq!(value, &item[name], "{} {name}", item["id"]);
    }
}
