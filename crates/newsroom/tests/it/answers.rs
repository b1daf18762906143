//! Every article answers as its fate says.

use std::{io::Read as _, time::Duration};

use newsroom::{Fate, Published};

use crate::{
    client::{get, open},
    newsroom, until,
};

fn has_text(url: &str, article: &Published) {
    let page = get(url, &[]);
    assert_eq!(page.status, 200, "{url}");
    let text = page.text();
    assert!(text.contains(&article.title), "{}", article.title);
    for paragraph in &article.paragraphs {
        assert!(text.contains(paragraph.as_str()), "{url}: {paragraph}");
    }
    assert!(!text.contains("{{"));
}

#[test]
fn fates_are_as_said() {
    let newsroom = newsroom(60, true);
    let articles = newsroom.articles();
    let mut seen = std::collections::HashSet::new();
    for article in &articles {
        seen.insert(std::mem::discriminant(&article.fate));
        match &article.fate {
            Fate::Page | Fate::InFeed | Fate::ForbiddenByRobots => has_text(&article.url, article),
            Fate::NearCopyOf(of) => {
                let original = articles.iter().find(|other| other.url == *of).unwrap();
                assert_ne!(original.publication, article.publication);
                has_text(&article.url, article);
            }
            Fate::Redirected | Fate::RedirectedToOtherSite => {
                let moved = get(&article.feed_url, &[]);
                assert!([301, 302].contains(&moved.status));
                assert_eq!(moved.header("location"), Some(article.url.as_str()));
                let site = |url: &str| url.split('/').nth(2).unwrap().to_owned();
                let same = site(&article.url) == site(&article.feed_url);
                assert_eq!(same, article.fate == Fate::Redirected);
                has_text(&article.url, article);
            }
            Fate::Missing404 => assert_eq!(get(&article.url, &[]).status, 404),
            Fate::Gone410 => assert_eq!(get(&article.url, &[]).status, 410),
            Fate::Busy429 => {
                let busy = get(&article.url, &[]);
                assert_eq!((busy.status, busy.header("retry-after")), (429, Some("1")));
                has_text(&article.url, article);
            }
            Fate::TooLarge => {
                let page = get(&article.url, &[]);
                assert!(page.status == 200 && page.body.len() > 4 << 20);
            }
            Fate::NotHtml => {
                let page = get(&article.url, &[]);
                assert_eq!(page.header("content-type"), Some("application/pdf"));
                assert!(page.body.starts_with(b"%PDF"));
            }
            Fate::Trickles => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen.len(), 12, "a minute shows every fate");
    let forbidden = articles.iter().find(|article| article.fate == Fate::ForbiddenByRobots).unwrap();
    let (_, path) = forbidden.url[7..].split_once('/').unwrap();
    let robots = forbidden.url.replace(path, "robots.txt");
    assert!(get(&robots, &[]).text().contains(&format!("Disallow: /{}/", path.split('/').next().unwrap())));
    let summary = newsroom.summary();
    assert!(summary.published == 90 && summary.edits > 4 && summary.near_copies == 2 && summary.missing == 2);
    assert!(!summary.to_string().contains('\n'));
}

#[test]
fn a_page_trickles_until_its_reader_leaves() {
    let newsroom = newsroom(60, true);
    let article = newsroom.articles().into_iter().find(|article| article.fate == Fate::Trickles).unwrap();
    let mut stream = open(&article.url, &[], true);
    let (mut reads, mut buffer) = (0, [0; 512]);
    let start = std::time::Instant::now();
    while start.elapsed() < Duration::from_millis(2500) {
        assert!(stream.read(&mut buffer).unwrap() > 0, "it never ends");
        reads += 1;
    }
    assert!((3..7).contains(&reads), "{reads} reads in 2.5 s");
    drop(stream);
    let gone = || newsroom.accesses().iter().any(|access| access.end_ms > access.at_ms + 1500);
    until(gone);
}
