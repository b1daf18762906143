//! One JSON object in, one out: what `wiredesk clean --jsonl` and the scorers speak.
//!
//! In: `{"id", "url"?, "lang"?}` with one of `"html"`, `"html_base64"` (and `"content_type"?`), `"text"`, `"lines"`.
//! Out: the article's fields, its body, the kept input lines and every block.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::model::{Model, model};
use crate::training::Weights;
use crate::types::{Context, Extracted};

/// Cleans one item. A line that cannot be read gives `{"id", "error"}` with `id` null where it has none.
pub fn clean_line(json: &str) -> String {
    clean(json, model(), false)
}

/// [`clean_line`] by other weights than those checked in.
pub fn clean_line_by(json: &str, weights: &Weights) -> String {
    clean(json, weights.model(), false)
}

/// [`clean_line`] with all that is known of why each block was kept or removed ([`Context::explain`]).
pub fn explain_line(json: &str, weights: Option<&Weights>) -> String {
    let model = match weights {
        Some(weights) => weights.model(),
        None => model(),
    };
    clean(json, model, true)
}

fn clean(json: &str, model: &Model, explain: bool) -> String {
    let item: Value = match serde_json::from_str(json) {
        Ok(item) => item,
        Err(_) => return error(&Value::Null, "not_json"),
    };
    let id = item.get("id").cloned().unwrap_or(Value::Null);
    match extract(&item, model, explain) {
        Ok(extracted) => render(&id, &extracted).to_string(),
        Err(reason) => error(&id, reason),
    }
}

/// What was found in one page, in the form of a line.
pub fn output(id: &str, extracted: &Extracted) -> String {
    render(&Value::from(id), extracted).to_string()
}

fn error(id: &Value, reason: &str) -> String {
    json!({ "id": id, "error": reason }).to_string()
}

fn extract(item: &Value, model: &Model, explain: bool) -> Result<Extracted, &'static str> {
    let text = |name: &str| item.get(name).and_then(Value::as_str);
    let context = Context { url: text("url"), language: text("lang"), explain, ..Context::default() };
    if let Some(html) = text("html") {
        return Ok(crate::document(html, &context, false, model));
    }
    if let Some(encoded) = text("html_base64") {
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| "not_base64")?;
        return Ok(crate::html(&bytes, text("content_type"), &context));
    }
    if let Some(whole) = text("text") {
        let lines: Vec<&str> = whole.split('\n').map(|line| line.trim_end_matches('\r')).collect();
        return Ok(crate::text::extract(&lines, &context, model));
    }
    if let Some(lines) = item.get("lines").and_then(Value::as_array) {
        let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
        return Ok(crate::text::extract(&lines.ok_or("lines_not_text")?, &context, model));
    }
    Err("no_input")
}

fn render(id: &Value, extracted: &Extracted) -> Value {
    let kept: Vec<usize> = extracted.blocks.iter().filter(|block| block.kept).filter_map(|block| block.line).collect();
    let blocks: Vec<Value> = extracted
        .blocks
        .iter()
        .map(|block| {
            json!({ "text": block.text, "label": block.label.as_str(), "kept": block.kept, "reason": block.reason })
        })
        .collect();
    json!({
        "id": id,
        "title": extracted.title.as_ref().map(|title| &title.value),
        "deck": extracted.deck,
        "authors": extracted.authors.as_ref().map(|authors| authors.value.as_slice()).unwrap_or_default(),
        "published": extracted.published.as_ref().map(|date| &date.at),
        "date": extracted.published.as_ref().map(|date| date.day()),
        "language": extracted.language.as_ref().map(|language| &language.value),
        "agency": extracted.agency.as_ref().map(|agency| &agency.value),
        "dateline": extracted.dateline.as_ref().map(|dateline| &dateline.value),
        "captions": extracted.captions,
        "credits": extracted.credits,
        "related": extracted.related,
        "body": extracted.body(),
        "kept": kept,
        "verdict": extracted.verdict.as_str(),
        "blocks": blocks,
    })
}
