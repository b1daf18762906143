//! Lists of subscriptions: OPML 1.0 and 2.0 (opml.org/spec2.opml) in and out.

use std::fmt::Write;

use schemas::Lang;
use serde::Serialize;

use crate::limits::Limits;
use crate::types::Document;
use crate::xml::{Event, Reader, entities::escape_into};
use crate::{Hints, links, text};

/// A list of subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Opml {
    /// Text.
    pub title: Option<String>,
    /// In the order of the document.
    pub subscriptions: Vec<Subscription>,
    /// What was odd, as constants.
    pub notes: Vec<&'static str>,
}

/// A feed of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Of the feed (`xmlUrl`), absolute.
    pub url: String,
    /// Text.
    pub title: Option<String>,
    /// The page the feed belongs to (`htmlUrl`).
    pub link: Option<String>,
    /// As stated.
    pub language: Option<Lang>,
    /// The names of the outlines it stands in, outermost first.
    pub tags: Vec<String>,
}

/// Reads a list; empty where the bytes are something else.
pub fn read(body: &[u8], hints: &Hints<'_>, limits: &Limits) -> Opml {
    match crate::read(body, hints, limits) {
        Document::Opml(opml) => opml,
        _ => Opml { notes: vec!["no_opml"], ..Opml::default() },
    }
}

pub(crate) fn read_outlines(mut reader: Reader<'_>, limits: &Limits) -> Opml {
    let mut opml = Opml::default();
    let mut folders: Vec<(usize, String)> = Vec::new();
    let mut title: Option<(usize, String)> = None;
    let mut left = limits.output_bytes_max;
    while let Some(event) = reader.next_event() {
        match event {
            Event::Start { name, attributes, .. } if name == "outline" => {
                let (folder, subscription) = outline(&mut reader, attributes, limits);
                let Some(mut subscription) = subscription else {
                    folders.extend(folder.map(|folder| (reader.depth(), folder)));
                    continue;
                };
                subscription.tags = folders.iter().take(limits.list_max).map(|(_, name)| name.clone()).collect();
                let bytes = subscription.url.len() + subscription.tags.iter().map(String::len).sum::<usize>();
                left = left.saturating_sub(bytes);
                if opml.subscriptions.len() >= limits.sitemap_entries_max || left == 0 {
                    reader.notes.add("entries_cut");
                    break;
                }
                opml.subscriptions.push(subscription);
            }
            Event::Start { name, .. } if name == "title" && opml.title.is_none() => {
                title = Some((reader.depth(), String::new()));
            }
            Event::Text(raw) | Event::CData(raw) => {
                if let Some((_, title)) = &mut title {
                    reader.entities.decode_into(
                        text::cut(raw, limits.text_bytes_max - title.len().min(limits.text_bytes_max)),
                        title,
                    );
                }
            }
            Event::End(depth) => {
                while folders.pop_if(|(at, _)| *at >= depth).is_some() {}
                if let Some((_, title)) = title.take_if(|(at, _)| *at >= depth) {
                    opml.title = Some(text::line(&title)).filter(|title| !title.is_empty());
                }
            }
            _ => {}
        }
    }
    opml.notes = reader.notes.0;
    opml
}

/// An outline: the folder it makes, or the subscription it is.
fn outline<'a>(
    reader: &mut Reader<'a>,
    attributes: impl Iterator<Item = (&'a str, &'a str)>,
    limits: &Limits,
) -> (Option<String>, Option<Subscription>) {
    let (mut url, mut link, mut name, mut title, mut language) = (None, None, None, None, None);
    for (key, raw) in attributes {
        let value = reader.entities.decode(text::cut(raw, limits.text_bytes_max));
        match key.to_ascii_lowercase().as_str() {
            "xmlurl" => url = links::resolve(&value, &[reader.document_url()]),
            "htmlurl" => link = links::resolve(&value, &[reader.document_url()]),
            "text" => name = Some(text::line(&value)).filter(|name| !name.is_empty()),
            "title" => title = Some(text::line(&value)).filter(|title| !title.is_empty()),
            "language" => language = Lang::parse(&value).ok(),
            _ => {}
        }
    }
    let title = title.or(name);
    match url {
        Some(url) => (None, Some(Subscription { url, title, link, language, tags: Vec::new() })),
        None => (title, None),
    }
}

/// Writes a list as OPML 2.0, tags as nested outlines. Reading it gives the same list, if its addresses are absolute and
/// its texts have no white space but single spaces.
pub fn write(title: Option<&str>, subscriptions: &[Subscription]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n<head>");
    if let Some(title) = title {
        out.push_str("<title>");
        escape_into(title, &mut out);
        out.push_str("</title>");
    }
    out.push_str("</head>\n<body>\n");
    let mut open: Vec<&str> = Vec::new();
    for subscription in subscriptions {
        let shared = open.iter().zip(&subscription.tags).take_while(|(open, tag)| **open == tag.as_str()).count();
        close(&mut out, &mut open, shared);
        for tag in &subscription.tags[shared..] {
            indent(&mut out, open.len());
            out.push_str("<outline");
            attribute(&mut out, "text", tag);
            out.push_str(">\n");
            open.push(tag);
        }
        indent(&mut out, open.len());
        out.push_str("<outline type=\"rss\"");
        // `text` is required; a reader shows it.
        attribute(&mut out, "text", subscription.title.as_deref().unwrap_or_default());
        attribute(&mut out, "xmlUrl", &subscription.url);
        if let Some(link) = &subscription.link {
            attribute(&mut out, "htmlUrl", link);
        }
        if let Some(language) = &subscription.language {
            attribute(&mut out, "language", language.as_str());
        }
        out.push_str("/>\n");
    }
    close(&mut out, &mut open, 0);
    out.push_str("</body>\n</opml>\n");
    out
}

fn close(out: &mut String, open: &mut Vec<&str>, down_to: usize) {
    while open.len() > down_to {
        open.pop();
        indent(out, open.len());
        out.push_str("</outline>\n");
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

fn attribute(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, " {name}=\"");
    escape_into(value, out);
    out.push('"');
}
