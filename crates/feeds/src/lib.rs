#![doc = include_str!("../README.md")]

mod charset;
mod dates;
mod feed;
mod json;
mod limits;
mod links;
mod notes;
pub mod opml;
mod page;
mod sitemap;
mod sniff;
mod text;
mod types;
pub mod xml;

pub use limits::Limits;
pub use types::{Document, Enclosure, Entry, Feed, FeedLink, Format, SitemapLink};

use std::borrow::Cow;
use std::io::Read;

use notes::Notes;
use sniff::Kind;
use xml::Reader;

/// The text of HTML such as a summary, on one line. It is text again: nothing in it is markup.
pub fn plain(html: &str) -> String {
    text::of_html(html)
}

/// What is known of a body beside its bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// The value of the HTTP header `Content-Type`. Its charset counts, its type does not: servers get it wrong.
    pub content_type: Option<&'a str>,
    /// Where the body came from, after redirects: what relative links are relative to.
    pub url: Option<&'a str>,
}

/// Reads a body that may be a feed. It never fails: what is odd is noted, what is no feed is said to be something else.
pub fn read(body: &[u8], hints: &Hints<'_>, limits: &Limits) -> Document {
    let mut notes = Notes::default();
    let Some(body) = unpacked(body, limits, &mut notes) else { return Document::Unknown { reason: "gzip" } };
    if sniff::is_binary(&body) {
        return Document::Unknown { reason: "not_text" };
    }
    let text = charset::decode(&body, hints.content_type, &mut notes);
    match sniff::kind(&text) {
        Kind::Empty => Document::Unknown { reason: "empty" },
        Kind::Json => match json::read(&text, hints.url, limits) {
            Some(feed) => Document::Feed(with_notes(feed, notes)),
            None => Document::Unknown { reason: "not_json_feed" },
        },
        Kind::Feed { junk } => {
            if junk {
                notes.add("junk_before_root");
            }
            let feed = feed::read(Reader::new(&text, hints.url, limits), limits);
            Document::Feed(with_notes(feed, notes))
        }
        Kind::SitemapIndex => {
            let (sitemaps, mut odd) = sitemap::read_index(Reader::new(&text, hints.url, limits), limits);
            odd.splice(0..0, notes.0);
            Document::SitemapIndex { sitemaps, notes: odd }
        }
        Kind::Opml => {
            let mut opml = opml::read_outlines(Reader::new(&text, hints.url, limits), limits);
            opml.notes.splice(0..0, notes.0);
            Document::Opml(opml)
        }
        Kind::Page => Document::Page { feeds: page::read(&text, hints.url, limits) },
        Kind::Unknown => Document::Unknown { reason: "no_feed" },
    }
}

/// A body as text alone: out of gzip, within the limit, decoded.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>, limits: &Limits) -> Cow<'a, str> {
    let mut notes = Notes::default();
    match unpacked(body, limits, &mut notes) {
        Some(Cow::Borrowed(bytes)) => charset::decode(bytes, content_type, &mut notes),
        Some(Cow::Owned(bytes)) => Cow::Owned(charset::decode(&bytes, content_type, &mut notes).into_owned()),
        None => Cow::Borrowed(""),
    }
}

/// The body, out of gzip if it is in it (sitemaps are served as `.xml.gz`), and cut at the limit.
fn unpacked<'a>(body: &'a [u8], limits: &Limits, notes: &mut Notes) -> Option<Cow<'a, [u8]>> {
    let mut body = Cow::Borrowed(body);
    if body.starts_with(b"\x1f\x8b") {
        let mut bytes = Vec::new();
        let most = u64::try_from(limits.input_bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        // What came before an error is read, as of any body that was cut off.
        if flate2::read::MultiGzDecoder::new(&*body).take(most).read_to_end(&mut bytes).is_err() {
            notes.add("truncated");
        }
        if bytes.is_empty() {
            return None;
        }
        body = Cow::Owned(bytes);
    }
    if body.len() > limits.input_bytes_max {
        notes.add("input_cut");
        match &mut body {
            Cow::Borrowed(bytes) => *bytes = &bytes[..limits.input_bytes_max],
            Cow::Owned(bytes) => bytes.truncate(limits.input_bytes_max),
        }
    }
    Some(body)
}

fn with_notes(mut feed: Feed, notes: Notes) -> Feed {
    feed.notes.splice(0..0, notes.0);
    feed
}
