//! Pages: an article in its outlet's layout (`data/pages`), and the outlet's first page.

use serde_json::json;

use crate::{
    desk::{Article, Desk},
    news::FeedKind,
    outlet::{OUTLETS, Outlet},
    text::{Random, date, escape, fill, iso},
};

/// As many bytes as a page is not allowed to have, and some more.
const LARGE: usize = 5 << 20;

/// The page's bytes in the charset of its outlet.
pub(crate) fn render(desk: &Desk, article: &Article) -> Vec<u8> {
    let outlet = &OUTLETS[article.host];
    encode(outlet, &html(desk, article, outlet))
}

/// A page that a program went on writing: true at its start, and far too long.
pub(crate) fn large(desk: &Desk, article: &Article) -> Vec<u8> {
    let outlet = &OUTLETS[article.host];
    let mut page = html(desk, article, outlet);
    let body = body(article, outlet);
    while page.len() < LARGE && !body.is_empty() {
        page.push_str(&body);
    }
    encode(outlet, &page)
}

fn encode(outlet: &Outlet, page: &str) -> Vec<u8> {
    match outlet.charset {
        "EUC-KR" => encoding_rs::EUC_KR.encode(page).0.into_owned(),
        _ => page.as_bytes().to_vec(),
    }
}

fn body(article: &Article, outlet: &Outlet) -> String {
    let (before, after) = outlet.paragraph;
    article.last().paragraphs.iter().map(|text| format!("{before}{}{after}", escape(text))).collect()
}

fn html(desk: &Desk, article: &Article, outlet: &Outlet) -> String {
    let last = article.last();
    let local = |ms: i64| date(ms.saturating_add(outlet.zone * 3_600_000), outlet.date);
    fill(outlet.page, |name| match name {
        "title" => escape(&last.title),
        "site" => outlet.name.to_owned(),
        "home" => format!("{}/", desk.bases[article.host]),
        "feed" => format!("{}{}", desk.bases[article.host], outlet.feed),
        "url" => escape(&article.url),
        "iso" => iso(article.published, outlet.zone),
        "modified" => iso(last.at_ms, outlet.zone),
        "date" => local(article.published),
        "updated" => local(last.at_ms),
        "authors" => escape(&article.authors.join(", ")),
        "author" => escape(article.authors.first().map_or("", String::as_str)),
        "body" => body(article, outlet),
        "caption" => escape(&article.caption),
        "summary" => escape(last.paragraphs.first().map_or("", String::as_str)),
        "related" => related(desk, article),
        "ld" => ld(article, outlet),
        // Any other name is the seed of a count: likes, comments, shares.
        _ => Random::new(name.len() as u64, article.number as u64).below(400).to_string(),
    })
}

fn related(desk: &Desk, article: &Article) -> String {
    let others = desk.newest(article.host).into_iter().filter(|other| other.number != article.number).take(4);
    others
        .map(|other| format!("<li><a href=\"{}\">{}</a></li>\n", escape(&other.url), escape(&other.last().title)))
        .collect()
}

fn ld(article: &Article, outlet: &Outlet) -> String {
    let last = article.last();
    let authors = article.authors.iter().map(|name| json!({ "@type": "Person", "name": name })).collect::<Vec<_>>();
    let ld = json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": last.title,
        "url": article.url,
        "mainEntityOfPage": article.url,
        "datePublished": iso(article.published, outlet.zone),
        "dateModified": iso(last.at_ms, outlet.zone),
        "inLanguage": outlet.language,
        "author": authors,
        "publisher": { "@type": "NewsMediaOrganization", "name": outlet.name },
    });
    ld.to_string().replace("</", "<\\/")
}

/// The first page: it names the feed, and lists what is new.
pub(crate) fn home(desk: &Desk, number: usize) -> Vec<u8> {
    let outlet = &OUTLETS[number];
    let kind = match outlet.kind {
        FeedKind::Rss | FeedKind::FullRss | FeedKind::BrokenRss => "application/rss+xml",
        FeedKind::Atom => "application/atom+xml",
        FeedKind::JsonFeed => "application/feed+json",
        FeedKind::NewsSitemap => "application/xml",
    };
    let rel = if outlet.kind == FeedKind::NewsSitemap { "sitemap" } else { "alternate" };
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"{}\">\n<title>{}</title>\n\
         <link rel=\"{rel}\" type=\"{kind}\" title=\"{}\" href=\"{}\">\n</head>\n<body>\n<h1>{}</h1>\n<ul>\n",
        outlet.language, outlet.charset, outlet.name, outlet.name, outlet.feed, outlet.name
    );
    for article in desk.newest(number) {
        let (url, title) = (escape(&article.feed_url), escape(&article.last().title));
        page.push_str(&format!("<li><a href=\"{url}\">{title}</a></li>\n"));
    }
    page.push_str("</ul>\n</body>\n</html>\n");
    encode(outlet, &page)
}
