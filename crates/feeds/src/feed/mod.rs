//! RSS of every version, RDF, Atom, sitemaps and CDF to feeds: one pass over a document's elements.
//!
//! All formats share one vocabulary (`fields`), as feeds mix them freely; the root decides only what a text without a
//! stated type is. `capture` gathers the text of one element, `values` puts it where it belongs, and this module opens and
//! closes entries.

mod capture;
mod fields;
mod finish;
mod values;

use url::Url;

use self::capture::Capture;
use self::fields::{Field, Scope};
use crate::limits::Limits;
use crate::types::{Enclosure, Entry, Feed, Format};
use crate::xml::{Event, Ns, Reader};
use crate::{links, text};

/// Reads a feed whose root `reader` is about to reach.
pub(crate) fn read(mut reader: Reader<'_>, limits: &Limits) -> Feed {
    let mut builder = Builder::new(limits);
    while let Some(event) = reader.next_event() {
        match event {
            Event::Start { ns, name, attributes } => builder.start(&mut reader, ns, &name, attributes),
            Event::End(depth) => builder.end(&mut reader, depth),
            Event::Text(raw) => builder.text(&mut reader, raw, false),
            Event::CData(raw) => builder.text(&mut reader, raw, true),
        }
        if builder.full {
            break;
        }
    }
    builder.finish(reader)
}

type Attributes<'a> = std::iter::Take<crate::xml::Attributes<'a>>;

/// An entry while it is read, with what decides its link in the end.
#[derive(Debug, Default)]
struct Draft {
    entry: Entry,
    depth: usize,
    /// Links as they came, the surest kept: its address and how sure.
    link: Option<(u8, String)>,
    /// `guid` that may be an address.
    permalink: Option<String>,
    /// From other vocabularies, where the feed's own says nothing.
    other_title: Option<String>,
    other_summary: Option<String>,
    iso_date: Option<schemas::Timestamp>,
    itunes_author: Option<String>,
    ends: bool,
}

struct Builder<'l> {
    limits: &'l Limits,
    feed: Feed,
    /// The root was seen.
    begun: bool,
    draft: Option<Draft>,
    capture: Option<Capture>,
    /// The element at this depth and all within it say nothing about the feed or entry.
    skip: Option<usize>,
    /// An author's name and mail address, and the depth of its element.
    author: Option<(usize, Option<String>, Option<String>)>,
    feed_authors: Vec<String>,
    feed_link_sure: u8,
    period: Option<u64>,
    frequency: Option<u64>,
    channel_url: Option<Url>,
    output_bytes_left: usize,
    links_left: usize,
    /// As many entries as a feed may have.
    full: bool,
}

impl<'l> Builder<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            feed: Feed::default(),
            begun: false,
            draft: None,
            capture: None,
            skip: None,
            author: None,
            feed_authors: Vec::new(),
            feed_link_sure: 0,
            period: None,
            frequency: None,
            channel_url: None,
            output_bytes_left: limits.output_bytes_max,
            links_left: limits.links_max,
            full: false,
        }
    }

    fn start(&mut self, reader: &mut Reader<'_>, ns: Ns, name: &str, attributes: Attributes<'_>) {
        if self.skip.is_some() {
            return;
        }
        if self.author.is_some() && ns == Ns::Core && matches!(name, "name" | "email" | "uri" | "url") {
            let field = match name {
                "name" => Field::AuthorName,
                "email" => Field::AuthorEmail,
                _ => Field::Ignored,
            };
            self.capture = Some(Capture::new(field, reader.depth(), capture::Kind::Text, None));
            return;
        }
        if let Some(capture) = &mut self.capture {
            let bytes_max = self.limits.content_bytes_max.min(self.output_bytes_left);
            capture.start(&mut reader.entities, name, attributes, bytes_max);
            return;
        }
        if !self.begun && !self.root(name, attributes.clone()) {
            return;
        }
        let scope = Scope { in_entry: self.draft.is_some(), format: self.feed.format };
        match fields::of(scope, ns, name) {
            Field::Entry => self.open(reader, attributes),
            Field::Skip => self.skip = Some(reader.depth()),
            Field::Nothing => {}
            field => self.field(reader, field, attributes),
        }
    }

    /// Whether an element is a root; what stands before it is junk.
    fn root(&mut self, name: &str, attributes: Attributes<'_>) -> bool {
        self.feed.format = match name {
            "rdf" => Format::Rdf,
            "feed" | "entry" => Format::Atom,
            "urlset" => Format::Sitemap,
            // RSS whose root is missing has the same name.
            "channel" if attributes.clone().any(|(name, _)| name.eq_ignore_ascii_case("href")) => Format::Cdf,
            "rss" | "channel" | "item" => Format::Rss,
            _ => return false,
        };
        self.begun = true;
        let mut attributes = attributes;
        let version = attributes.find(|(name, _)| name.eq_ignore_ascii_case("version")).map(|(_, value)| value.trim());
        self.feed.version = match (self.feed.format, version.filter(|version| !version.is_empty())) {
            (_, Some(version)) => Some(text::cut(version, 16).to_owned()),
            (Format::Atom, None) => Some("1.0".to_owned()),
            _ => None,
        };
        true
    }

    fn open(&mut self, reader: &mut Reader<'_>, attributes: Attributes<'_>) {
        let is_sitemap = self.feed.format == Format::Sitemap;
        let entries_max = if is_sitemap { self.limits.sitemap_entries_max } else { self.limits.entries_max };
        if self.feed.entries.len() >= entries_max {
            reader.notes.add("entries_cut");
            self.full = true;
            return;
        }
        if self.draft.is_some() {
            return; // an entry within another one's content
        }
        let mut draft = Draft { depth: reader.depth(), ..Draft::default() };
        for (name, value) in attributes {
            if name.eq_ignore_ascii_case("rdf:about") {
                let about = text::cut(reader.entities.decode(value).trim(), self.limits.text_bytes_max).to_owned();
                draft.permalink = Some(about.clone());
                draft.entry.id = Some(about).filter(|about| !about.is_empty());
            } else if name.eq_ignore_ascii_case("href") {
                let link = reader.entities.decode(value).into_owned();
                draft.link = self.resolve(reader, &link).map(|link| (1, link)); // CDF
            }
        }
        self.draft = Some(draft);
    }

    fn end(&mut self, reader: &mut Reader<'_>, depth: usize) {
        if let Some(skip) = self.skip {
            if depth <= skip {
                self.skip = None;
            }
            return;
        }
        if let Some(capture) = &mut self.capture {
            if depth > capture.depth {
                capture.end();
                return;
            }
            if let Some(capture) = self.capture.take() {
                self.captured(reader, capture);
            }
        }
        if self.author.as_ref().is_some_and(|(at, ..)| depth <= *at) {
            self.close_author();
        }
        if self.draft.as_ref().is_some_and(|draft| depth <= draft.depth)
            && let Some(mut draft) = self.draft.take()
        {
            draft.ends = true;
            self.close(reader, draft);
        }
    }

    fn text(&mut self, reader: &mut Reader<'_>, raw: &str, plain: bool) {
        let Some(capture) = &mut self.capture else { return };
        let is_content = matches!(capture.field, Field::Content | Field::Summary | Field::OtherSummary);
        let bytes_max = if is_content { self.limits.content_bytes_max } else { self.limits.text_bytes_max };
        if !capture.text(&mut reader.entities, raw, plain, bytes_max.min(self.output_bytes_left)) {
            reader.notes.add("text_cut");
        }
    }

    /// A link as an absolute address: against `xml:base`, or else, in RSS, which says nothing of relative links, against
    /// the channel's link, or else against the document's address (RFC 4287 section 2).
    fn resolve(&mut self, reader: &mut Reader<'_>, link: &str) -> Option<String> {
        if self.links_left == 0 {
            reader.notes.add("links_cut");
            return None;
        }
        self.links_left -= 1;
        let (channel, document) = (self.channel_url.as_ref(), reader.document_url());
        let is_atom = self.feed.format == Format::Atom;
        let (first, second) = if is_atom { (document, channel) } else { (channel, document) };
        let bases = [reader.base(), first, second];
        links::resolve(link, &bases).filter(|url| self.spend(url.len()))
    }

    /// Whether so many bytes may still go out.
    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.output_bytes_left.checked_sub(bytes);
        self.output_bytes_left = left.unwrap_or(0);
        left.is_some()
    }

    /// Adds a link to the entry or the feed; `sure` tells which of several stays.
    fn add_link(&mut self, url: String, sure: u8) {
        match &mut self.draft {
            Some(draft) => {
                let known = draft.link.as_ref().is_some_and(|(before, _)| *before >= sure);
                draft.link = if known { draft.link.take() } else { Some((sure, url)) };
            }
            None if self.feed_link_sure < sure => {
                self.channel_url = Url::parse(&url).ok();
                (self.feed.link, self.feed_link_sure) = (Some(url), sure);
            }
            None => {}
        }
    }

    fn add_enclosure(&mut self, enclosure: Enclosure) {
        if let Some(Draft { entry, .. }) = &mut self.draft
            && entry.enclosures.len() < self.limits.list_max
            && !entry.enclosures.iter().any(|known| known.url == enclosure.url)
        {
            entry.enclosures.push(enclosure);
        }
    }
}
