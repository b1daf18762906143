//! What holds for every input.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/sample.rs"]
mod sample;

use std::path::Path;

use feeds::opml::{self, Subscription};
use feeds::{Document, Hints, Limits};
use proptest::prelude::*;
use sample::Draw;

const HINTS: Hints<'static> = Hints { content_type: None, url: Some("https://news.example/feed") };

fn read(body: &[u8]) -> Document {
    feeds::read(body, &HINTS, &Limits::default())
}

fn entries(body: &[u8]) -> usize {
    match read(body) {
        Document::Feed(feed) => feed.entries.len(),
        Document::SitemapIndex { sitemaps, .. } => sitemaps.len(),
        Document::Opml(opml) => opml.subscriptions.len(),
        _ => 0,
    }
}

/// The golden inputs.
fn golden() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/feeds");
    let mut bodies = Vec::new();
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|folder| folder.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.file_stem().is_some_and(|stem| stem == "source") {
                bodies.push(std::fs::read(path).unwrap());
            }
        }
    }
    assert!(bodies.len() >= 15);
    bodies
}

/// Every address is absolute and of the web; no text holds control characters.
fn check(document: &Document) {
    let mut links: Vec<&str> = Vec::new();
    match document {
        Document::Feed(feed) => {
            links.extend([&feed.link, &feed.self_url, &feed.next_url].into_iter().flatten().map(String::as_str));
            links.extend(feed.hubs.iter().map(String::as_str));
            for entry in &feed.entries {
                links.extend([&entry.link, &entry.image, &entry.base].into_iter().flatten().map(String::as_str));
                links.extend(entry.enclosures.iter().map(|enclosure| enclosure.url.as_str()));
                for text in [&entry.title, &entry.summary, &entry.content].into_iter().flatten() {
                    assert!(!text.contains('\0') && !text.is_empty(), "{text:?}");
                }
                if let Some(title) = &entry.title {
                    assert_eq!(title.split_whitespace().collect::<Vec<_>>().join(" "), *title);
                }
            }
        }
        Document::SitemapIndex { sitemaps, .. } => links.extend(sitemaps.iter().map(|link| link.url.as_str())),
        Document::Page { feeds } => links.extend(feeds.iter().map(|link| link.url.as_str())),
        Document::Opml(opml) => links.extend(opml.subscriptions.iter().map(|one| one.url.as_str())),
        Document::Unknown { .. } => {}
    }
    for link in links {
        let url = url::Url::parse(link).unwrap();
        assert!(matches!(url.scheme(), "http" | "https") && url.has_host(), "{link}");
    }
}

/// Pieces that feeds are made of, and broken ones.
fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<rss>",
        "<channel>",
        "</channel>",
        "<item>",
        "</item>",
        "<feed>",
        "<entry>",
        "</entry>",
        "<title>",
        "</title>",
        "<link>",
        "</link>",
        "<link href='/a'/>",
        "<link href=\"http://x.example/?a&b\" rel=alternate>",
        "<guid isPermaLink='false'>",
        "</guid>",
        "<content type='xhtml'>",
        "</content>",
        "<div>",
        "</div>",
        "<description>",
        "</description>",
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<a b='",
        "<a b=\"<item>",
        "'",
        "\"",
        ">",
        "<",
        "&",
        "&amp;",
        "&nbsp;",
        "&#0;",
        "text",
        " ",
        "http://y.example/b",
        "javascript:x",
        "<xml:a xml:base='//z.example/'>",
        "<x xml:base='mailto:a@b'>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE rss [",
        "<!ENTITY a '<item>'>",
        "<author><name>",
        "</author>",
        "<pubDate>2024-05-01",
        "</pubDate>",
        "<urlset>",
        "<url>",
        "<loc>",
        "</loc>",
        "</url>",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(body in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&read(&body));
    }

    #[test]
    fn any_markup_is_read_and_a_part_gives_no_more(text in markup(), at in any::<prop::sample::Index>()) {
        let whole = format!("<rss>{text}");
        check(&read(whole.as_bytes()));
        let cut = at.index(whole.len() + 1);
        prop_assert!(entries(&whole.as_bytes()[..cut]) <= entries(whole.as_bytes()));
    }

    #[test]
    fn any_json_like_text_is_read(text in "[\\[\\]{},:\"a-z0-9 ]{0,200}") {
        check(&read(format!("{{\"items\":[{{\"id\":1,{text}").as_bytes()));
    }

    #[test]
    fn a_list_that_is_written_is_read_back(
        title in prop::option::of("[a-zé&<>\"'한]{1,9}( [a-z;#&]{1,5}){0,2}"),
        subscriptions in prop::collection::vec(subscription(), 0..20),
    ) {
        let read = opml::read(opml::write(title.as_deref(), &subscriptions).as_bytes(), &Hints::default(), &Limits::default());
        prop_assert_eq!(read.title, title);
        prop_assert_eq!(read.subscriptions, subscriptions);
        prop_assert!(read.notes.is_empty());
    }
}

fn subscription() -> impl Strategy<Value = Subscription> {
    let text = || "[a-zé&<>\"'한]{1,9}( [a-z;#&]{1,5}){0,2}";
    let tag = prop::sample::select(vec!["World", "Asia & Co", "\"Quoted\"", "문화", "<b>"]);
    let language = prop::sample::select(vec!["en", "pt-BR", "zh-Hant"]);
    let url = "https://[a-z]{1,9}\\.example/[a-z]{0,9}(\\?a=1&b=[a-z]{1,3})?";
    let tags = prop::collection::vec(tag.prop_map(str::to_owned), 0..4);
    (url, prop::option::of(text()), prop::option::of(url), prop::option::of(language), tags).prop_map(
        |(url, title, link, language, tags)| Subscription {
            url,
            title,
            link,
            language: language.map(|tag| schemas::Lang::parse(tag).unwrap()),
            tags,
        },
    )
}

#[test]
fn a_part_of_a_feed_gives_no_more_entries_than_the_whole() {
    for body in golden() {
        let whole = entries(&body);
        for cut in (0..body.len()).step_by(1 + body.len() / 300) {
            let part = read(&body[..cut]);
            check(&part);
            assert!(
                entries(&body[..cut]) <= whole,
                "{} at {cut}",
                String::from_utf8_lossy(&body[..200.min(body.len())])
            );
        }
    }
}

#[test]
fn the_same_body_gives_the_same_document() {
    for body in golden() {
        assert_eq!(read(&body), read(&body));
    }
}

/// A fuzz test of bounded time: what it draws is the same on every run. `FUZZ_ROUNDS=2000000` looks further.
#[test]
fn changed_feeds_are_still_read() {
    let bodies = golden();
    let mut draw = Draw(13);
    let rounds = std::env::var("FUZZ_ROUNDS").map_or(20_000, |rounds| rounds.parse().unwrap());
    for _ in 0..rounds {
        let mut body = bodies[draw.below(bodies.len())].clone();
        for _ in 0..=draw.below(12) {
            if body.is_empty() {
                break;
            }
            let (from, length) = (draw.below(body.len()), draw.below(80));
            let to = (from + length).min(body.len());
            match draw.below(5) {
                0 => drop(body.drain(from..to)),
                1 => drop(body.splice(from..from, body[from..to].to_vec())),
                2 => {
                    let other = &bodies[draw.below(bodies.len())];
                    let start = draw.below(other.len());
                    drop(body.splice(from..from, other[start..(start + length).min(other.len())].to_vec()));
                }
                3 => body[from] ^= 1 << draw.below(8),
                _ => body[from] = u8::try_from(draw.below(256)).unwrap(),
            }
        }
        check(&read(&body));
    }
}

#[test]
fn made_up_feeds_give_all_their_entries() {
    for (name, body) in sample::feeds() {
        let Document::Feed(feed) = read(&body) else { panic!("{name}") };
        assert!(matches!(feed.entries.len(), 20 | 50 | 100 | 200), "{name}");
        assert!(feed.notes.is_empty(), "{name}: {:?}", feed.notes);
        for entry in &feed.entries {
            assert!(entry.link.is_some() && entry.title.is_some() && entry.published.is_some(), "{name}: {entry:?}");
        }
    }
}
