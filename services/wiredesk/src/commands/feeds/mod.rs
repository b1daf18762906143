//! `feeds`: what is watched. Subscriptions are records of `feeds`; what became of each is a row of the fetcher's table.

mod change;
mod documents;
mod list;

use std::collections::{BTreeMap, BTreeSet};

use feeds::Hints;
use pipeline::{Log, LogError, Outgoing, RunError};
use schemas::{CanonicalUrl, Decode as _, Encode as _, Encoded, Feed, FeedOrigin, FeedState, FrontierRow, topic};

use super::{BadInput, guest, print, tail};
use crate::{
    cli::Feeds,
    settings::{Config, nearest},
};

pub(super) fn run(config: &Config, what: &Feeds) -> anyhow::Result<()> {
    match what {
        Feeds::Add { urls, about, no_check } => change::add(config, urls, about, *no_check),
        Feeds::Remove { urls } => change::remove(config, urls),
        Feeds::Pause { urls, off } => change::pause(config, urls, !off),
        Feeds::List { json } => list::list(config, *json),
        Feeds::Show { url, json } => list::show(config, url, *json),
        Feeds::Import { file } => change::import(config, file),
        Feeds::Export => list::export(config),
        Feeds::Check { urls } => documents::check(config, urls),
        Feeds::Parse { file, json, url, content_type } => {
            documents::parse(file, *json, &Hints { content_type: content_type.as_deref(), url: url.as_deref() })
        }
    }
}

/// Makes the feeds of the settings file those of the log: what is new or changed there is subscribed to, what has left it
/// is not any more. Feeds that were added by command are left alone.
pub(super) fn keep_settings(log: &dyn Log, wanted: &[Feed]) -> anyhow::Result<()> {
    let known = subscribed(log)?;
    let mut records = Vec::new();
    let mut kept = BTreeSet::new();
    for feed in wanted {
        // One that has moved since is where it moved to.
        let now_at = known.values().find(|known| known.moved_from.as_ref() == Some(&feed.url));
        let feed = Feed {
            url: now_at.map_or(&feed.url, |known| &known.url).clone(),
            moved_from: now_at.map(|_| feed.url.clone()),
            ..feed.clone()
        };
        kept.insert(feed.url.clone());
        if known.get(&feed.url) != Some(&feed) {
            records.push(record(&feed)?);
        }
    }
    let left = known.values().filter(|feed| feed.origin == FeedOrigin::Settings && !kept.contains(&feed.url));
    let left: Vec<_> = left.map(|feed| outgoing(Feed::tombstone(&feed.url))).collect();
    if records.is_empty() && left.is_empty() {
        return Ok(());
    }
    tracing::info!("feeds of the settings: {} new or changed, {} gone", records.len(), left.len());
    records.extend(left);
    Ok(log.append(&records).map_err(RunError::from)?)
}

fn record(feed: &Feed) -> Result<Outgoing, RunError> {
    let encoded = feed.encode().map_err(|error| LogError::Fatal(format!("{}: {error}", feed.url)))?;
    Ok(outgoing(encoded))
}

fn outgoing(encoded: Encoded) -> Outgoing {
    Outgoing { topic: encoded.topic, partition: None, record: encoded.record }
}

/// All feeds that are subscribed to.
fn subscribed(log: &dyn Log) -> anyhow::Result<BTreeMap<CanonicalUrl, Feed>> {
    let mut feeds = BTreeMap::new();
    tail::all(log, topic::FEEDS, |delivery| {
        match (&delivery.record.value, Feed::unsubscribed(&delivery.record)) {
            (None, Some(url)) => drop(feeds.remove(&url)),
            (None, None) => {}
            (Some(_), _) => {
                if let Ok(feed) = Feed::decode(&delivery.record) {
                    feeds.insert(feed.url.clone(), feed);
                }
            }
        }
        Ok(())
    })?;
    Ok(feeds)
}

/// The frontier's rows of feeds.
fn states(log: &dyn Log) -> anyhow::Result<BTreeMap<CanonicalUrl, FeedState>> {
    let mut rows = BTreeMap::new();
    tail::all(log, topic::FRONTIER, |delivery| {
        match FrontierRow::decode(&delivery.record) {
            Ok(FrontierRow::Feed(state)) => drop(rows.insert(delivery.record.key, state)),
            _ => drop(rows.remove(&delivery.record.key)),
        }
        Ok(())
    })?;
    Ok(rows.into_values().map(|state| (state.feed.url.clone(), *state)).collect())
}

fn address(text: &str) -> Result<CanonicalUrl, BadInput> {
    let has_scheme = text.contains("://");
    let text = if has_scheme { text.to_owned() } else { format!("https://{text}") };
    CanonicalUrl::parse(&text).map_err(|error| BadInput::Usage(format!("{text}: {error}")))
}

/// An address that is not watched, with the one that was probably meant.
fn unknown<'a>(url: &CanonicalUrl, known: impl Iterator<Item = &'a CanonicalUrl>) -> BadInput {
    let near = nearest(url.as_str(), known.map(CanonicalUrl::as_str));
    let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    BadInput::Usage(format!("{url} is not watched{hint}"))
}
