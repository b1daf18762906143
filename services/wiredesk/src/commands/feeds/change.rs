//! Subscriptions come, change and go.

use feeds::{Document, Hints};
use pipeline::{Log, RunError};
use schemas::{CanonicalUrl, Feed, FeedLimits, FeedOrigin, Lang};

use super::{BadInput, address, documents, guest, outgoing, print, record, subscribed, unknown};
use crate::{cli::About, settings::Config};

pub(super) fn add(config: &Config, urls: &[String], about: &About, no_check: bool) -> anyhow::Result<()> {
    let addresses = urls.iter().map(|url| address(url)).collect::<Result<Vec<_>, _>>()?;
    let (mut found, mut refused) = (Vec::new(), 0);
    if no_check {
        found.extend(addresses);
    } else {
        let client = config.client()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for url in addresses {
            match runtime.block_on(documents::discover(&client, &url)) {
                Ok((feed, said)) => {
                    print(&format!("{feed}: {said}"))?;
                    found.push(feed);
                }
                Err(why) => {
                    refused += 1;
                    tracing::error!("{url}: {why}; --no-check adds it unseen");
                }
            }
        }
    }
    let opened = guest(config)?;
    let known = subscribed(&*opened.log)?;
    let mut records = Vec::new();
    for url in found {
        if known.get(&url).is_some_and(|feed| feed.origin == FeedOrigin::Settings) {
            print(&format!("{url} stands in the settings file already"))?;
            continue;
        }
        // One that is watched already keeps what was said of it, but for what is said now.
        match known.get(&url) {
            Some(feed) if about.is_empty() => print(&format!("{} is watched already", feed.url))?,
            Some(feed) => records.push(record(&with(feed.clone(), about)?)?),
            None => records.push(record(&with(Feed::new(url, FeedOrigin::Command), about)?)?),
        }
    }
    opened.log.append(&records).map_err(RunError::from)?;
    print(&format!("{} feeds added", records.len()))?;
    match refused {
        0 => Ok(()),
        refused => Err(BadInput::Some { refused, all: urls.len() as u64, what: "feeds" }.into()),
    }
}

pub(super) fn import(config: &Config, file: &str) -> anyhow::Result<()> {
    let body = documents::read(file)?;
    let Document::Opml(opml) = feeds::read(&body, &Hints::default(), &feeds::Limits::default()) else {
        return Err(BadInput::Usage(format!("{file} is no OPML file")).into());
    };
    let opened = guest(config)?;
    let known = subscribed(&*opened.log)?;
    let (mut records, mut refused, mut there) = (Vec::new(), 0, 0);
    for outline in &opml.subscriptions {
        let Ok(url) = CanonicalUrl::parse(&outline.url) else {
            refused += 1;
            tracing::error!("{}: no address of a feed", outline.url);
            continue;
        };
        if known.contains_key(&url) {
            there += 1;
            continue;
        }
        let feed = Feed {
            publisher: outline.title.clone(),
            language: outline.language.clone(),
            tags: outline.tags.clone(),
            ..Feed::new(url, FeedOrigin::Command)
        };
        records.push(record(&feed)?);
    }
    opened.log.append(&records).map_err(RunError::from)?;
    print(&format!("{} feeds added, {there} were there already", records.len()))?;
    match refused {
        0 => Ok(()),
        refused => Err(BadInput::Some { refused, all: opml.subscriptions.len() as u64, what: "feeds" }.into()),
    }
}

/// A feed with what the user says of it now.
fn with(feed: Feed, about: &About) -> Result<Feed, BadInput> {
    let language = about.language.as_deref().map(Lang::parse).transpose();
    let language = language.map_err(|error| BadInput::Usage(format!("--language: {error}")))?;
    if about.weight.is_some_and(|weight| !(0.01..=100.0).contains(&weight)) {
        return Err(BadInput::Usage("--weight must be from 0.01 to 100".to_owned()));
    }
    if about.interval_min == Some(0) || about.interval_max == Some(0) {
        return Err(BadInput::Usage("--interval-min and --interval-max must be at least 1".to_owned()));
    }
    Ok(Feed {
        publisher: about.publisher.clone().or(feed.publisher),
        language: language.or(feed.language),
        country: about.country.clone().or(feed.country),
        tags: if about.tags.is_empty() { feed.tags } else { about.tags.clone() },
        limits: FeedLimits {
            interval_s_min: about.interval_min.or(feed.limits.interval_s_min),
            interval_s_max: about.interval_max.or(feed.limits.interval_s_max),
            weight: about.weight.or(feed.limits.weight),
        },
        ..feed
    })
}

/// The subscriptions that these addresses name; an unknown one is an error that names what it could have been.
fn chosen(log: &dyn Log, urls: &[String]) -> anyhow::Result<Vec<Feed>> {
    let known = subscribed(log)?;
    let one = |text: &String| {
        let url = address(text)?;
        known.get(&url).cloned().ok_or_else(|| unknown(&url, known.keys()))
    };
    Ok(urls.iter().map(one).collect::<Result<_, _>>()?)
}

fn from_settings(feed: &Feed, what: &str) -> Result<(), BadInput> {
    match feed.origin {
        FeedOrigin::Command => Ok(()),
        FeedOrigin::Settings => {
            Err(BadInput::Usage(format!("{} stands in the settings file: {what} it there", feed.url)))
        }
    }
}

pub(super) fn remove(config: &Config, urls: &[String]) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let feeds = chosen(&*opened.log, urls)?;
    feeds.iter().try_for_each(|feed| from_settings(feed, "remove"))?;
    let records: Vec<_> = feeds.iter().map(|feed| outgoing(Feed::tombstone(&feed.url))).collect();
    opened.log.append(&records).map_err(RunError::from)?;
    print(&format!("{} feeds removed; what they brought stays", records.len()))
}

pub(super) fn pause(config: &Config, urls: &[String], paused: bool) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let feeds = chosen(&*opened.log, urls)?;
    feeds.iter().try_for_each(|feed| from_settings(feed, "pause"))?;
    let changed = feeds.into_iter().map(|feed| record(&Feed { paused, ..feed }));
    let records = changed.collect::<Result<Vec<_>, _>>()?;
    opened.log.append(&records).map_err(RunError::from)?;
    print(&format!("{} feeds {}", records.len(), if paused { "paused" } else { "polled again" }))
}
