//! The six kinds of feed, and the sitemap index.

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    desk::{Article, Desk},
    news::FeedKind,
    outlet::{OUTLETS, Outlet},
    text::{escape, http_date, iso},
};

/// The content type and the feed, which is the same until the next article or edit.
pub(crate) fn render(desk: &Desk, outlet: usize) -> (&'static str, String) {
    let feed = Feed { outlet: &OUTLETS[outlet], base: &desk.bases[outlet], changed: desk.changed[outlet] };
    let entries = desk.newest(outlet);
    match feed.outlet.kind {
        FeedKind::Rss => ("application/rss+xml; charset=utf-8", feed.rss(&entries)),
        FeedKind::FullRss => ("text/xml; charset=UTF-8", feed.rss(&entries)),
        FeedKind::Atom => ("application/atom+xml", feed.atom(&entries)),
        FeedKind::JsonFeed => ("application/feed+json", feed.json(&entries)),
        FeedKind::NewsSitemap => ("application/xml", feed.sitemap(&entries)),
        FeedKind::BrokenRss => ("text/html", damage(&feed.rss(&entries), desk.issues(outlet))),
    }
}

/// What names the news sitemap.
pub(crate) fn index(desk: &Desk, outlet: usize) -> String {
    let (base, changed) = (&desk.bases[outlet], iso(desk.changed[outlet], 0));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex \
         xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n<sitemap><loc>{base}{}</loc>\
         <lastmod>{changed}</lastmod></sitemap>\n</sitemapindex>\n",
        OUTLETS[outlet].feed
    )
}

struct Feed<'a> {
    outlet: &'a Outlet,
    base: &'a str,
    changed: i64,
}

impl Feed<'_> {
    fn rss(&self, entries: &[&Article]) -> String {
        let Self { outlet, base, changed } = self;
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
             xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
             xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n<channel>\n<title>{}</title>\n\
             <link>{base}/</link>\n<description>{}</description>\n<language>{}</language>\n<ttl>1</ttl>\n\
             <lastBuildDate>{}</lastBuildDate>\n<atom:link rel=\"self\" href=\"{base}{}\"/>\n",
            outlet.name,
            outlet.name,
            outlet.language,
            http_date(*changed),
            outlet.feed
        );
        for article in entries {
            self.item(&mut xml, article);
        }
        xml + "</channel>\n</rss>\n"
    }

    fn item(&self, xml: &mut String, article: &Article) {
        let last = article.last();
        let _ = write!(
            xml,
            "<item>\n<title>{}</title>\n<link>{}</link>\n<guid isPermaLink=\"false\">{}-{}</guid>\n\
             <pubDate>{}</pubDate>\n<description>{}</description>\n",
            escape(&last.title),
            escape(&article.feed_url),
            self.outlet.language,
            1000 + article.number,
            http_date(article.published),
            escape(summary(article))
        );
        for author in &article.authors {
            let _ = writeln!(xml, "<dc:creator>{}</dc:creator>", escape(author));
        }
        if article.revisions.len() > 1 {
            let _ = writeln!(xml, "<atom:updated>{}</atom:updated>", iso(last.at_ms, 0));
        }
        if self.outlet.is_full() {
            let body = last.paragraphs.iter().map(|text| format!("<p>{}</p>\n", escape(text))).collect::<String>();
            let _ = writeln!(xml, "<content:encoded><![CDATA[{body}]]></content:encoded>");
        }
        xml.push_str("</item>\n");
    }

    fn atom(&self, entries: &[&Article]) -> String {
        let Self { outlet, base, changed } = self;
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" \
             xml:lang=\"{}\">\n<title>{}</title>\n<id>{base}/</id>\n<link href=\"{base}/\"/>\n\
             <link rel=\"self\" href=\"{base}{}\"/>\n<updated>{}</updated>\n",
            outlet.language,
            outlet.name,
            outlet.feed,
            iso(*changed, outlet.zone)
        );
        for article in entries {
            let last = article.last();
            let _ = write!(
                xml,
                "<entry>\n<title>{}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
                 <id>{base}/id/{}</id>\n<published>{}</published>\n<updated>{}</updated>\n<summary>{}</summary>\n",
                escape(&last.title),
                escape(&article.feed_url),
                article.number,
                iso(article.published, outlet.zone),
                iso(last.at_ms, outlet.zone),
                escape(summary(article))
            );
            for author in &article.authors {
                let _ = writeln!(xml, "<author><name>{}</name></author>", escape(author));
            }
            xml.push_str("</entry>\n");
        }
        xml + "</feed>\n"
    }

    fn json(&self, entries: &[&Article]) -> String {
        let Self { outlet, base, .. } = self;
        let item = |article: &&Article| {
            let last = article.last();
            let authors = article.authors.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>();
            json!({
                "id": format!("{base}/id/{}", article.number),
                "url": article.feed_url,
                "title": last.title,
                "summary": summary(article),
                "date_published": iso(article.published, outlet.zone),
                "date_modified": iso(last.at_ms, outlet.zone),
                "authors": authors,
                "language": outlet.language,
            })
        };
        let feed = json!({
            "version": "https://jsonfeed.org/version/1.1",
            "title": outlet.name,
            "home_page_url": format!("{base}/"),
            "feed_url": format!("{base}{}", outlet.feed),
            "language": outlet.language,
            "items": entries.iter().map(item).collect::<Vec<_>>(),
        });
        feed.to_string()
    }

    fn sitemap(&self, entries: &[&Article]) -> String {
        let outlet = self.outlet;
        let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset \
             xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" \
             xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">\n"
            .to_owned();
        for article in entries {
            let last = article.last();
            let _ = writeln!(
                xml,
                "<url><loc>{}</loc><lastmod>{}</lastmod><news:news><news:publication><news:name>{}</news:name>\
                 <news:language>{}</news:language></news:publication>\
                 <news:publication_date>{}</news:publication_date><news:title>{}</news:title></news:news></url>",
                escape(&article.feed_url),
                iso(last.at_ms, outlet.zone),
                outlet.name,
                outlet.language,
                iso(article.published, outlet.zone),
                escape(&last.title)
            );
        }
        xml + "</urlset>\n"
    }
}

fn summary(article: &Article) -> &str {
    article.last().paragraphs.first().map_or("", String::as_str)
}

/// What is wrong with feeds in the wild, each repairable: a second declaration, no version, bare ampersands, entities
/// that XML has not, and after each third issue a tail that is missing.
fn damage(xml: &str, issues: usize) -> String {
    let xml = xml.replacen("<rss version=\"2.0\"", "<?xml version=\"1.0\"?>\n<rss", 1);
    let xml = xml.replacen("</title>", " & Gazette</title>", 1);
    let mut xml = xml.replace("</description>", "&nbsp;&hellip; Ads & notices</description>");
    if issues % 3 == 2
        && let Some(tail) = xml.rfind("</item>")
    {
        xml.truncate(tail);
    }
    xml
}
