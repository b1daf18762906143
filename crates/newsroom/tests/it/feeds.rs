//! Feeds are what they claim to be, and answer 304 rightly.

use std::time::Duration;

use newsroom::{Fate, FeedKind, Publication};

use crate::{client::get, newsroom};

fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some((text, tag)) = rest.split_once('<') {
        if text.split('&').skip(1).any(|entity| !["amp;", "lt;", "gt;", "quot;"].iter().any(|e| entity.starts_with(e)))
        {
            return false;
        }
        if let Some(data) = tag.strip_prefix("![CDATA[") {
            rest = data.split_once("]]>").map_or("", |(_, rest)| rest);
            continue;
        }
        let Some((tag, after)) = tag.split_once('>') else { return false };
        rest = after;
        if tag.starts_with('?') {
            if !xml.starts_with(&format!("<{tag}>")) || xml.matches("<?xml").count() > 1 {
                return false;
            }
        } else if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap());
        }
    }
    open.is_empty()
}

fn of(publications: &[Publication], kind: FeedKind) -> &Publication {
    publications.iter().find(|publication| publication.kind == kind).unwrap()
}

#[test]
fn each_kind_is_what_it_claims() {
    let newsroom = newsroom(60, true);
    let publications = newsroom.publications();
    assert_eq!(publications.len(), 6);
    for publication in &publications {
        let feed = get(&publication.feed, &[]);
        let text = feed.text();
        assert_eq!(feed.status, 200);
        match publication.kind {
            FeedKind::JsonFeed => {
                let json = serde_json::from_str::<serde_json::Value>(&text).unwrap();
                assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
                assert!(!json["items"].as_array().unwrap().is_empty());
            }
            FeedKind::BrokenRss => {
                assert!(!is_well_formed(&text) && text.contains("<item>"));
                assert_eq!(feed.header("content-type"), Some("text/html"));
            }
            _ => assert!(is_well_formed(&text), "{text}"),
        }
        let listed = newsroom.articles().into_iter().filter(|article| article.publication == publication.name);
        for article in listed.collect::<Vec<_>>().iter().rev().take(10) {
            let url = article.feed_url.replace('&', "&amp;");
            assert!(text.contains(&url), "{url}");
            assert!(text.contains(&article.title), "{}", article.title);
        }
        let home = get(&publication.home, &[]).text();
        assert!(home.contains(publication.feed.strip_prefix(publication.home.trim_end_matches('/')).unwrap()));
    }
}

#[test]
fn tags_and_dates_are_answered_304() {
    let newsroom = newsroom(6, false);
    std::thread::sleep(Duration::from_millis(1100)); // until the second of the last change is over
    let publications = newsroom.publications();
    for publication in &publications {
        let first = get(&publication.feed, &[]);
        let (etag, modified) = (first.header("etag"), first.header("last-modified"));
        let expected = match publication.kind {
            FeedKind::Rss | FeedKind::FullRss => (true, true),
            FeedKind::Atom | FeedKind::JsonFeed => (true, false),
            FeedKind::NewsSitemap => (false, true),
            _ => (false, false),
        };
        assert_eq!((etag.is_some(), modified.is_some()), expected, "{}", publication.name);
        if let Some(etag) = etag {
            assert_eq!(etag.starts_with("W/"), publication.kind == FeedKind::Atom);
            let same = get(&publication.feed, &[("If-None-Match", etag)]);
            assert!(same.status == 304 && same.body.is_empty() && same.header("etag") == Some(etag));
            // The tag goes before the date.
            let date = modified.unwrap_or("Thu, 01 Jan 1970 00:00:00 GMT");
            assert_eq!(get(&publication.feed, &[("If-None-Match", "\"x\""), ("If-Modified-Since", date)]).status, 200);
        }
        if let Some(modified) = modified {
            assert_eq!(get(&publication.feed, &[("If-Modified-Since", modified)]).status, 304);
        }
    }
    let accesses = newsroom.accesses();
    assert!(accesses.iter().any(|access| access.conditional && access.status == 304));
    assert!(accesses.iter().all(|access| access.user_agent.as_deref() == Some("reader/1")));
}

#[test]
fn something_new_ends_a_304() {
    let newsroom = crate::Newsroom::start(crate::Settings { per_second: 20.0, ..crate::Settings::default() }).unwrap();
    let feed = of(&newsroom.publications(), FeedKind::Rss).feed.clone();
    newsroom.pause();
    let etag = get(&feed, &[]).header("etag").unwrap().to_owned();
    assert_eq!(get(&feed, &[("If-None-Match", &etag)]).status, 304);
    newsroom.resume();
    crate::until(|| get(&feed, &[("If-None-Match", &etag)]).status == 200);
}

#[test]
fn sitemaps_are_found_from_robots() {
    let newsroom = newsroom(0, false);
    let publications = newsroom.publications();
    let sitemap = of(&publications, FeedKind::NewsSitemap);
    let robots = get(&format!("{}robots.txt", sitemap.home), &[]).text();
    let index = robots.lines().find_map(|line| line.strip_prefix("Sitemap: ")).unwrap();
    let index = get(index, &[]).text();
    assert!(is_well_formed(&index) && index.contains(&sitemap.feed));
    let none = of(&publications, FeedKind::JsonFeed);
    assert_eq!(get(&format!("{}robots.txt", none.home), &[]).status, 404);
}

#[test]
fn full_content_is_whole() {
    let newsroom = newsroom(60, false);
    let publications = newsroom.publications();
    let full = of(&publications, FeedKind::FullRss);
    let text = get(&full.feed, &[]).text();
    let mut articles = newsroom.articles().into_iter().filter(|article| article.publication == full.name);
    assert!(articles.all(|article| {
        let length = article.paragraphs.iter().map(|text| text.chars().count()).sum::<usize>();
        let is_there = article.paragraphs.iter().all(|paragraph| text.contains(&format!("<p>{paragraph}</p>")));
        article.fate == Fate::InFeed && length > 1500 && is_there
    }));
}
