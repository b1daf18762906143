//! What is watched, and how it fares.

use comfy_table::{Table, presets::NOTHING};
use pipeline::{Clock, Log};
use schemas::{Feed, FeedState, Timestamp};

use super::{address, guest, print, states, subscribed, unknown};
use crate::settings::Config;

/// In a word.
fn state(row: Option<&FeedState>) -> &'static str {
    match row {
        None => "waiting",
        Some(row) if row.feed.paused => "paused",
        Some(row) if row.reason.starts_with("retired") => "retired",
        Some(row) if row.taken.is_some() => "polling",
        Some(row) if row.failures > 0 => "failing",
        Some(row) if row.last_success.is_none() => "new",
        Some(_) => "good",
    }
}

/// `in 4m`, `12s ago`.
fn when(at: Option<Timestamp>, now: Timestamp) -> String {
    let Some(at) = at else { return "-".to_owned() };
    let span = |seconds: u64| match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    };
    if at > now {
        format!("in {}", span(at.since(now).as_secs()))
    } else {
        format!("{} ago", span(now.since(at).as_secs()))
    }
}

/// All feeds with their rows: those subscribed to, and the sitemaps of indexes.
fn everything(log: &dyn Log) -> anyhow::Result<Vec<(Feed, Option<FeedState>)>> {
    let mut rows = states(log)?;
    let known = subscribed(log)?;
    let mut all: Vec<_> =
        known.into_values().map(|feed| (rows.remove(&feed.url), feed)).map(|(row, feed)| (feed, row)).collect();
    all.extend(rows.into_values().filter(|row| row.parent.is_some()).map(|row| (row.feed.clone(), Some(row))));
    Ok(all)
}

pub(super) fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let all = everything(&*opened.log)?;
    if json {
        for (feed, row) in &all {
            print(&as_json(feed, row.as_ref()).to_string())?;
        }
        return Ok(());
    }
    let now = Clock::system().now();
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["feed", "state", "why", "next poll", "last success", "new/h"]);
    for (feed, row) in &all {
        let field = |of: fn(&FeedState) -> Option<Timestamp>| when(row.as_ref().and_then(of), now);
        table.add_row([
            feed.url.to_string(),
            state(row.as_ref()).to_owned(),
            row.as_ref().map_or_else(|| "-".to_owned(), |row| row.reason.clone()),
            field(|row| row.next_poll),
            field(|row| row.last_success),
            row.as_ref().map_or_else(|| "-".to_owned(), |row| format!("{:.1}", row.entries_per_hour)),
        ]);
    }
    print(&table.to_string())
}

fn as_json(feed: &Feed, row: Option<&FeedState>) -> serde_json::Value {
    let mut value = serde_json::json!({ "feed": feed, "state": state(row) });
    if let Some(row) = row {
        for (name, field) in [
            ("title", serde_json::json!(row.title)),
            ("parent", serde_json::json!(row.parent)),
            ("reason", serde_json::json!(row.reason)),
            ("next_poll", serde_json::json!(row.next_poll)),
            ("last_poll", serde_json::json!(row.last_poll)),
            ("last_success", serde_json::json!(row.last_success)),
            ("entries_per_hour", serde_json::json!(row.entries_per_hour)),
            ("failures", serde_json::json!(row.failures)),
            ("moving", serde_json::json!(row.moving)),
            ("hubs", serde_json::json!(row.hubs)),
            ("ledger", serde_json::json!(row.ledger)),
            ("polls", serde_json::json!(row.polls)),
        ] {
            value[name] = field;
        }
    }
    value
}

pub(super) fn show(config: &Config, url: &str, json: bool) -> anyhow::Result<()> {
    let url = address(url)?;
    let opened = guest(config)?;
    let all = everything(&*opened.log)?;
    let Some((feed, row)) = all.iter().find(|(feed, _)| feed.url == url) else {
        return Err(unknown(&url, all.iter().map(|(feed, _)| &feed.url)).into());
    };
    if json {
        return print(&serde_json::to_string_pretty(&as_json(feed, row.as_ref()))?);
    }
    let now = Clock::system().now();
    print(&format!("feed          {}", feed.url))?;
    let Some(row) = row else { return print("state         waiting: the fetcher has not seen it yet") };
    print(&format!("title         {}", row.title.as_deref().unwrap_or("-")))?;
    print(&format!("state         {} ({})", state(Some(row)), row.reason))?;
    print(&format!("next poll     {}", when(row.next_poll, now)))?;
    print(&format!("last success  {}", when(row.last_success, now)))?;
    print(&format!("new an hour   {:.2}", row.entries_per_hour))?;
    let ledger = &row.ledger;
    print(&format!(
        "entries       {} new, {} changed, {} left out as old, {} without a page, about {} missed",
        ledger.new, ledger.changed, ledger.old, ledger.without_link, ledger.missed
    ))?;
    if let Some(moving) = &row.moving {
        print(&format!("moving        to {} since {} ({} polls)", moving.to, moving.since, moving.polls))?;
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header([
        "polled at",
        "outcome",
        "status",
        "took",
        "bytes",
        "entries",
        "new",
        "changed",
    ]);
    for poll in &row.polls {
        table.add_row([
            poll.at.to_string(),
            poll.outcome.clone(),
            poll.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            format!("{} ms", poll.took_ms),
            poll.bytes.to_string(),
            poll.entries.to_string(),
            poll.new.to_string(),
            poll.changed.to_string(),
        ]);
    }
    print(&format!("\n{table}"))
}

pub(super) fn export(config: &Config) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let rows = states(&*opened.log)?;
    let subscription = |feed: Feed| feeds::opml::Subscription {
        title: feed.publisher.clone().or_else(|| rows.get(&feed.url).and_then(|row| row.title.clone())),
        url: feed.url.to_string(),
        language: feed.language,
        tags: feed.tags,
        ..feeds::opml::Subscription::default()
    };
    let subscriptions: Vec<_> = subscribed(&*opened.log)?.into_values().map(subscription).collect();
    print(feeds::opml::write(Some("wiredesk"), &subscriptions).trim_end())
}
