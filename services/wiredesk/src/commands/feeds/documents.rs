//! Documents: at an address, or in a file.

use std::{
    fs,
    io::{self, Read as _},
};

use feeds::{Document, Hints};
use fetcher::{Accept, Client, Follow, Request};
use schemas::{CanonicalUrl, limits};

use super::{BadInput, address, guest, print, subscribed};
use crate::settings::Config;

/// Feeds that are fetched at a time by `check`.
const CHECKS_AT_A_TIME: usize = 16;
/// Feeds that a page names and that are looked at.
const NAMED_MAX: usize = 5;

pub(super) fn check(config: &Config, urls: &[String]) -> anyhow::Result<()> {
    let addresses = if urls.is_empty() {
        let opened = guest(config)?;
        subscribed(&*opened.log)?.into_keys().collect()
    } else {
        urls.iter().map(|url| address(url)).collect::<Result<Vec<_>, _>>()?
    };
    let client = config.client()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut refused = 0;
    for some in addresses.chunks(CHECKS_AT_A_TIME) {
        let looks: Vec<_> = some
            .iter()
            .map(|url| {
                let (client, url) = (client.clone(), url.clone());
                runtime.spawn(async move { discover(&client, &url).await })
            })
            .collect();
        for (url, look) in some.iter().zip(looks) {
            match runtime.block_on(look)? {
                Ok((feed, said)) if feed == *url => print(&format!("good  {url}: {said}"))?,
                Ok((feed, said)) => print(&format!("page  {url}: names {feed}: {said}"))?,
                Err(why) => {
                    refused += 1;
                    print(&format!("bad   {url}: {why}"))?;
                }
            }
        }
    }
    match refused {
        0 => Ok(()),
        refused => Err(BadInput::Some { refused, all: addresses.len() as u64, what: "feeds" }.into()),
    }
}

/// The feed at an address, or that the page there names; and what it holds.
pub(super) async fn discover(client: &Client, url: &CanonicalUrl) -> Result<(CanonicalUrl, String), String> {
    match look(client, url).await? {
        Document::Page { feeds } => {
            let named: Vec<_> =
                feeds.iter().filter(|link| link.stated).chain(feeds.iter().filter(|link| !link.stated)).collect();
            for link in named.iter().take(NAMED_MAX) {
                let Ok(feed) = CanonicalUrl::parse(&link.url) else { continue };
                if let Ok(document) = look(client, &feed).await
                    && let Some(said) = holds(&document)
                {
                    return Ok((feed, said));
                }
            }
            Err("a page that names no feed which can be read".to_owned())
        }
        document => match holds(&document) {
            Some(said) => Ok((url.clone(), said)),
            None => Err("no feed".to_owned()),
        },
    }
}

/// One line about a document that can be watched.
fn holds(document: &Document) -> Option<String> {
    match document {
        Document::Feed(feed) => {
            let title = feed.title.as_deref().unwrap_or("without a title");
            Some(format!("{:?}, {title}, {} entries", feed.format, feed.entries.len()))
        }
        Document::SitemapIndex { sitemaps, .. } => Some(format!("a sitemap index of {} sitemaps", sitemaps.len())),
        _ => None,
    }
}

async fn look(client: &Client, url: &CanonicalUrl) -> Result<Document, String> {
    let request = Request { url, validators: None, accept: Accept::Feed, body_bytes_max: limits::FEED_BYTES_MAX };
    let fetched = client.fetch(&request, |_, _| Follow::Yes).await.map_err(|error| error.to_string())?;
    if !(200..300).contains(&fetched.status) {
        return Err(format!("the site answers {}", fetched.status));
    }
    let content_type = fetched.headers.get("content-type").map(String::as_str);
    let hints = Hints { content_type, url: Some(fetched.url.as_str()) };
    Ok(feeds::read(&fetched.body, &hints, &feeds::Limits::default()))
}

pub(super) fn read(file: &str) -> Result<Vec<u8>, BadInput> {
    let mut body = Vec::new();
    let failed = |source| BadInput::File { path: file.to_owned(), source };
    let max = limits::FEED_BYTES_MAX as u64 + 1;
    let read = match file {
        "-" => io::stdin().take(max).read_to_end(&mut body),
        path => fs::File::open(path).map_err(failed)?.take(max).read_to_end(&mut body),
    };
    read.map_err(failed)?;
    if body.len() > limits::FEED_BYTES_MAX {
        return Err(BadInput::Usage(format!("{file}: more than {} bytes", limits::FEED_BYTES_MAX)));
    }
    Ok(body)
}

pub(super) fn parse(file: &str, json: bool, hints: &Hints<'_>) -> anyhow::Result<()> {
    let document = feeds::read(&read(file)?, hints, &feeds::Limits::default());
    if json {
        return print(&serde_json::to_string_pretty(&document)?);
    }
    match &document {
        Document::Feed(feed) => {
            print(&holds(&document).unwrap_or_default())?;
            for entry in &feed.entries {
                let at = entry.published.or(entry.updated).map_or_else(|| "-".to_owned(), |at| at.to_string());
                let (title, link) = (entry.title.as_deref().unwrap_or("-"), entry.link.as_deref().unwrap_or("-"));
                print(&format!("{at}  {title}  {link}"))?;
            }
            feed.notes.iter().try_for_each(|note| print(&format!("note: {note}")))
        }
        Document::SitemapIndex { sitemaps, .. } => sitemaps.iter().try_for_each(|link| print(&link.url)),
        Document::Page { feeds } => feeds.iter().try_for_each(|link| print(&format!("names {}", link.url))),
        Document::Opml(opml) => opml.subscriptions.iter().try_for_each(|feed| print(&feed.url)),
        Document::Unknown { reason } => Err(BadInput::Usage(format!("{file}: no feed ({reason})")).into()),
    }
}
