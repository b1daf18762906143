//! `tail`: the records of a topic, readable.

use std::time::Duration;

use pipeline::{Delivery, Log, Offset, Partition, RunError};
use schemas::{Article, Decode as _, EnrichedArticle, Page, Timestamp, topic};
use serde_json::json;

use super::{BadInput, guest, print};
use crate::{cli::Tail, settings::Config};

/// How long one look at a partition waits.
const LOOK: Duration = Duration::from_millis(200);
/// How much of a text is shown.
const TEXT_CHARS: usize = 100;

pub(super) fn run(config: &Config, tail: &Tail) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let log = &*opened.log;
    let known = log.topics().map_err(RunError::from)?;
    let Some(info) = known.iter().find(|info| info.name == tail.topic) else {
        let names: Vec<_> = known.iter().map(|info| info.name.as_str()).collect();
        return Err(
            BadInput::Usage(format!("there is no topic {}; there are: {}", tail.topic, names.join(", "))).into()
        );
    };
    let mut cursors = Vec::new();
    let mut shown = Vec::new();
    for partition in (0..info.partitions).map(Partition) {
        let bounds = log.bounds(&tail.topic, partition).map_err(RunError::from)?;
        let from = Offset((bounds.end.0 - i64::from(tail.records)).max(bounds.start.0));
        let mut cursor = log.cursor(&tail.topic, partition, from).map_err(RunError::from)?;
        loop {
            let records = cursor.next(if bounds.end > from { LOOK } else { Duration::ZERO }).map_err(RunError::from)?;
            let at_end = records.last().is_none_or(|last| last.offset.0 + 1 >= bounds.end.0);
            shown.extend(records);
            if at_end {
                break;
            }
        }
        cursors.push(cursor);
    }
    shown.sort_by_key(|delivery| delivery.appended_at_ms);
    for delivery in &shown {
        print(&line(&tail.topic, delivery, tail.json))?;
    }
    if !tail.follow {
        return Ok(());
    }
    loop {
        for cursor in &mut cursors {
            for delivery in cursor.next(LOOK).map_err(RunError::from)? {
                print(&line(&tail.topic, &delivery, tail.json))?;
            }
        }
    }
}

/// Reads every record of a topic, in the order of its partitions.
pub(super) fn all(
    log: &dyn Log,
    topic: &str,
    mut each: impl FnMut(Delivery) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let known = log.topics().map_err(RunError::from)?;
    let Some(info) = known.iter().find(|info| info.name == topic) else { return Ok(()) };
    let partitions = info.partitions;
    for partition in (0..partitions).map(Partition) {
        let bounds = log.bounds(topic, partition).map_err(RunError::from)?;
        if bounds.is_empty() && !info.compacted {
            continue;
        }
        let mut cursor = log.cursor(topic, partition, bounds.start).map_err(RunError::from)?;
        if bounds.is_empty() {
            // A table of the embedded log has rows, and no records.
            cursor.next(Duration::ZERO).map_err(RunError::from)?.into_iter().try_for_each(&mut each)?;
            continue;
        }
        let mut quiet = 0;
        while quiet < 3 {
            let records = cursor.next(LOOK).map_err(RunError::from)?;
            let at_end = records.last().is_some_and(|last| last.offset.0 + 1 >= bounds.end.0);
            quiet = if at_end {
                3
            } else if records.is_empty() {
                quiet + 1
            } else {
                0
            };
            records.into_iter().try_for_each(&mut each)?;
        }
    }
    Ok(())
}

fn line(topic: &str, delivery: &Delivery, as_json: bool) -> String {
    let Delivery { place, offset, appended_at_ms, record } = delivery;
    let key = String::from_utf8_lossy(&record.key);
    let at = Timestamp::from_millis(*appended_at_ms);
    if !as_json {
        return format!("{at} {}/{offset} {key} {}", place.partition, summary(topic, delivery));
    }
    let value = record.value.as_deref().map(|value| match serde_json::from_slice::<serde_json::Value>(value) {
        Ok(value) => value,
        Err(_) => json!({ "bytes": value.len(), "text": cut(&String::from_utf8_lossy(value), 2_000) }),
    });
    let headers: serde_json::Map<_, _> = record
        .headers
        .iter()
        .map(|(name, value)| {
            let value = serde_json::from_slice(value).unwrap_or_else(|_| json!(String::from_utf8_lossy(value)));
            (name.clone(), value)
        })
        .collect();
    json!({ "partition": place.partition.0, "offset": offset.0, "at": at, "key": key, "headers": headers, "value": value })
        .to_string()
}

/// What a person wants to know of a record.
fn summary(topic: &str, delivery: &Delivery) -> String {
    let record = &delivery.record;
    match topic {
        topic::PAGES => Page::decode(record).map(|page| {
            let from = page.meta.url.as_ref().map(ToString::to_string);
            let from =
                from.or_else(|| page.meta.import.as_ref().map(|import| format!("{}/{}", import.name, import.path)));
            format!("{:?} {} bytes from {}", page.meta.kind, page.body.len(), from.unwrap_or_default())
        }),
        topic::ARTICLES_CLEAN => Article::decode(record).map(|article| describe(&article)),
        topic::ARTICLES_ENRICHED => EnrichedArticle::decode(record)
            .map(|enriched| format!("revision {} {}", enriched.revision.number, describe(&enriched.article))),
        topic::DEAD_LETTERS => schemas::DeadLetter::of(record).map(|letter| {
            let from = &letter.source;
            format!(
                "{} {}: {} ({}/{}/{})",
                letter.stage, letter.reason, letter.message, from.topic, from.partition, from.offset
            )
        }),
        _ => Ok(cut(&String::from_utf8_lossy(record.value.as_deref().unwrap_or(b"(deleted)")), TEXT_CHARS)),
    }
    .unwrap_or_else(|error| format!("cannot be read: {error}"))
}

fn describe(article: &Article) -> String {
    let title = article.title.as_deref().unwrap_or("(no title)");
    let language = article.language.as_ref().map_or("?", schemas::Lang::as_str);
    let date = article.published.as_ref().map_or("no date", |published| published.at.as_str());
    let words = article.body.len();
    format!("[{language}] {} | {date} | {words} blocks, {} removed", cut(title, TEXT_CHARS), article.removed.len())
}

fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}
