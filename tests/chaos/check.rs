//! Whether each article is there once, in order, as it was.

use std::{collections::BTreeMap, path::Path};

use pipeline::Log;
use schemas::topic;
use serde_json::Value;

use super::stories::{self, VERSIONS};
use crate::{deployment::lake_or_why, support::read_all};

/// Topics that hold one record for each version of a story.
const TOPICS: [&str; 3] = [topic::PAGES, topic::ARTICLES_CLEAN, topic::ARTICLES_ENRICHED];
/// Differences that are told.
const TOLD_MAX: usize = 20;

/// What is wrong with the lake; empty where nothing is.
pub(crate) fn lake(path: &Path, stories: u32) -> Vec<String> {
    let rows = match lake_or_why(path) {
        Ok(rows) => rows,
        Err(why) => return vec![format!("doubled, or not readable: {why}")],
    };
    let mut found = BTreeMap::<u32, Vec<(u64, Value)>>::new();
    let mut wrong = Vec::new();
    for ((_, revision), row) in rows {
        let url = row["url"].as_str().unwrap_or_default();
        let story = url.strip_prefix(stories::SITE).and_then(|rest| rest.split('/').next()?.parse().ok());
        match story {
            Some(story) => found.entry(story).or_default().push((revision, row)),
            None => wrong.push(format!("nobody published {url:?}")),
        }
    }
    for story in 0..stories {
        let mut rows = found.remove(&story).unwrap_or_default();
        rows.sort_by_key(|(revision, _)| *revision);
        let revisions: Vec<u64> = rows.iter().map(|(revision, _)| *revision).collect();
        if revisions != (1..=u64::from(VERSIONS)).collect::<Vec<_>>() {
            wrong.push(format!("story {story} has the revisions {revisions:?}"));
            continue;
        }
        for (version, (_, row)) in (1..=VERSIONS).zip(&rows) {
            if row["title"] != stories::title(story, version) {
                wrong.push(format!("story {story}, version {version}: the title is {}", row["title"]));
            }
            if row["body"] != stories::paragraphs(story, version).join("\n") {
                wrong.push(format!("story {story}, version {version}: the text is {}", row["body"]));
            }
        }
    }
    wrong.extend(found.keys().map(|story| format!("nobody published story {story}")));
    wrong
}

/// What is wrong with the topics: each holds every version of every story once, in order.
pub(crate) fn topics(log: &dyn Log, stories: u32) -> Vec<String> {
    let mut wrong = Vec::new();
    for topic in TOPICS {
        let mut found = BTreeMap::<u32, Vec<u32>>::new();
        for delivery in read_all(log, topic) {
            let value = delivery.record.value.as_deref().unwrap_or_default();
            if let Some((story, version)) = stories::read(value) {
                found.entry(story).or_default().push(version);
            }
        }
        for story in 0..stories {
            let versions = found.remove(&story).unwrap_or_default();
            if versions != (1..=VERSIONS).collect::<Vec<_>>() {
                wrong.push(format!("{topic}: story {story} has the versions {versions:?}"));
            }
        }
    }
    wrong
}

/// What is wrong with the dead letters: those that were planted are there once each, with their bytes and headers.
pub(crate) fn dead_letters(log: &dyn Log, planted: &[Vec<u8>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut found = BTreeMap::<Vec<u8>, Vec<String>>::new();
    for delivery in read_all(log, topic::DEAD_LETTERS) {
        let record = &delivery.record;
        let headers: BTreeMap<&str, &[u8]> = record.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
        if !["dead-letter", "page"].iter().all(|name| headers.contains_key(name)) {
            wrong.push(format!("a dead letter has only the headers {:?}", headers.keys()));
        }
        let about = String::from_utf8_lossy(headers.get("dead-letter").copied().unwrap_or_default());
        let value = record.value.as_deref().unwrap_or_default().to_vec();
        found.entry(value).or_default().push(format!("{}/{}: {about}", delivery.place.partition, delivery.offset));
    }
    for (value, letters) in &found {
        if !planted.contains(value) || letters.len() > 1 {
            wrong.push(format!("{} bytes are no dead letter, or are one twice: {letters:?}", value.len()));
        }
    }
    let lost = planted.iter().filter(|value| !found.contains_key(*value));
    wrong.extend(lost.map(|value| format!("the dead letter {:?} is lost", &value[..8.min(value.len())])));
    wrong
}

/// Fails where something is wrong, and says what.
pub(crate) fn nothing(what: &str, wrong: &[String]) {
    let told = wrong.iter().take(TOLD_MAX).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{what}: {} differences:\n{told}", wrong.len());
}
