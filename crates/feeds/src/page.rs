//! The feeds that a page links to: `link rel="alternate"` with a feed's type (rssboard.org/rss-autodiscovery), and,
//! less sure, links that look like ones to a feed.

use url::Url;

use crate::limits::Limits;
use crate::types::FeedLink;
use crate::xml::{Entities, Token, Tokens};
use crate::{links, text};

const TYPES: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/x-rss+xml",
    "application/x.atom+xml",
    "text/rss+xml",
    "text/atom+xml",
];
/// Types that feeds have among other things.
const TYPES_SHARED: &[&str] = &["application/json", "application/xml", "text/xml", ""];
/// Guesses are looked for among so many links.
const ANCHORS_MAX: usize = 10_000;

/// The links, stated ones first, each address once.
pub(crate) fn read(html: &str, url: Option<&str>, limits: &Limits) -> Vec<FeedLink> {
    let mut base = url.and_then(|url| Url::parse(url).ok());
    let (mut stated, mut guessed): (Vec<FeedLink>, Vec<FeedLink>) = (Vec::new(), Vec::new());
    let mut based = false;
    let mut anchors = 0;
    for token in Tokens::html(html) {
        let Token::Start { name, attributes, .. } = token else { continue };
        let [is_link, is_anchor, is_base] = ["link", "a", "base"].map(|tag| tag.eq_ignore_ascii_case(name));
        if !(is_link || is_anchor || is_base) {
            continue;
        }
        let attributes = attributes.take(limits.attributes_max);
        let value = |wanted: &str| {
            let (_, raw) = attributes.clone().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
            let value = Entities::html().decode(text::cut(raw, limits.text_bytes_max)).trim().to_owned();
            Some(value)
        };
        let Some(href) = value("href") else { continue };
        if is_base {
            if !based && let Some(to) = links::resolve(&href, &[base.as_ref()]) {
                (base, based) = (Url::parse(&to).ok(), true);
            }
            continue;
        }
        let is_stated =
            is_link && states_feed(&value("rel").unwrap_or_default(), &value("type").unwrap_or_default(), &href);
        anchors += usize::from(is_anchor);
        let list = if is_stated {
            &mut stated
        } else if is_anchor && anchors <= ANCHORS_MAX && looks_like_feed(&href) {
            &mut guessed
        } else {
            continue;
        };
        if list.len() >= limits.page_links_max {
            continue;
        }
        let Some(url) = links::resolve(&href, &[base.as_ref()]) else { continue };
        if !list.iter().any(|known| known.url == url) {
            let title = value("title").map(|title| text::line(&title)).filter(|title| !title.is_empty());
            list.push(FeedLink { url, title, stated: is_stated });
        }
    }
    guessed.retain(|guess| !stated.iter().any(|known| known.url == guess.url));
    stated.extend(guessed);
    stated.truncate(limits.page_links_max);
    stated
}

fn states_feed(rel: &str, media_type: &str, href: &str) -> bool {
    let rels = rel.to_ascii_lowercase();
    let has = |wanted: &str| rels.split_ascii_whitespace().any(|rel| rel == wanted);
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let typed = TYPES.contains(&media_type.as_str());
    // `rel="feed"` was an early draft of HTML 5; a stylesheet may be an alternate one.
    has("feed") && (typed || media_type.is_empty())
        || has("alternate")
            && !has("stylesheet")
            && (typed || TYPES_SHARED.contains(&&*media_type) && looks_like_feed(href))
}

/// Addresses whose path or query names a feed. Links that hand a feed to some other service are none.
fn looks_like_feed(href: &str) -> bool {
    const NAMES: &[&str] = &["feed", "feeds", "rss", "rss2", "atom", "rdf", "rssfeed", "xmlfeed"];
    let lower = href.to_ascii_lowercase();
    let lower = lower.split('#').next().unwrap_or_default();
    if lower.starts_with("mailto:") || lower.starts_with("javascript:") || lower.contains("add?") {
        return false;
    }
    let (path, query) = lower.split_once('?').unwrap_or((lower, ""));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let (stem, extension) = last.rsplit_once('.').unwrap_or((last, ""));
    let named = |name: &str| NAMES.contains(&name);
    matches!(extension, "rss" | "atom" | "rdf")
        || matches!(extension, "xml" | "json" | "php" | "aspx" | "") && stem.split(['-', '_', '.']).any(named)
        || query.split('&').any(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            matches!(key, "feed" | "format" | "type" | "view" | "output" | "alt") && (named(value) || key == "feed")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_links_come_first() {
        let html = "<base href='/news/'><a href=/feed/>RSS</a><script>'<link rel=alternate type=application/rss+xml href=no>'
            </script><LINK REL='Alternate' TYPE='application/rss+xml; charset=utf-8' HREF='all.xml' TITLE='All &amp; sundry'>
            <link rel='alternate stylesheet' type=text/css href=feed.css><link rel=alternate hreflang=de href=/de>
            <a href='/feedback'>no</a><a href='mailto:rss@x.example'>no</a><a href='all.xml#top'></a>";
        let links = read(html, Some("https://x.example/"), &Limits::default());
        let links: Vec<_> = links.iter().map(|link| (link.url.as_str(), link.title.as_deref(), link.stated)).collect();
        assert_eq!(
            links,
            [("https://x.example/news/all.xml", Some("All & sundry"), true), ("https://x.example/feed/", None, false),]
        );
    }
}
