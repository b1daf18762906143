//! JSON Feed 1.0 and 1.1 (jsonfeed.org), read value by value: what is of the wrong type is passed over, and what stands
//! behind an error is lost, not what stands before it.

mod values;

use schemas::Lang;
use serde::de::DeserializeSeed;
use url::Url;

use self::values::{Name, Place, Value};
use crate::limits::Limits;
use crate::notes::Notes;
use crate::types::{Enclosure, Entry, Feed, Format};
use crate::{dates, links, text};

/// Reads a JSON Feed; none where the text is JSON of another kind or none.
pub(crate) fn read(json: &str, url: Option<&str>, limits: &Limits) -> Option<Feed> {
    let mut state = State {
        feed: Feed { format: Format::JsonFeed, ..Feed::default() },
        authors: Vec::new(),
        has_items: false,
        draft: None,
        base: url.and_then(|url| Url::parse(url).ok()),
        notes: Notes::default(),
        left: limits.output_bytes_max,
        limits,
    };
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let root = Value { state: &mut state, place: Place::Feed };
    if root.deserialize(&mut deserializer).is_err() {
        state.notes.add("truncated");
    }
    let stated = state.feed.version.as_deref().is_some_and(|version| version.contains("jsonfeed.org"));
    if !stated && !state.has_items {
        return None;
    }
    if let Some(draft) = state.draft.take() {
        state.close(draft, false);
    }
    let Some(version) = &mut state.feed.version else { return Some(state.done()) };
    *version = version.rsplit('/').next().unwrap_or_default().to_owned();
    Some(state.done())
}

struct State<'l> {
    feed: Feed,
    authors: Vec<String>,
    has_items: bool,
    draft: Option<Draft>,
    base: Option<Url>,
    notes: Notes,
    left: usize,
    limits: &'l Limits,
}

#[derive(Default)]
struct Draft {
    entry: Entry,
    external_url: Option<String>,
    content_text: Option<String>,
    enclosure: Enclosure,
}

impl State<'_> {
    /// A text within its bounds; none where it is empty.
    fn taken(&mut self, value: &str, bytes_max: usize) -> Option<String> {
        let cut = text::cut(value.trim(), bytes_max.min(self.left));
        if cut.len() < value.trim().len() {
            self.notes.add("text_cut");
        }
        self.left -= cut.len();
        (!cut.is_empty()).then(|| cut.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
    }

    fn line(&mut self, value: &str) -> Option<String> {
        self.taken(value, self.limits.text_bytes_max).map(|value| text::line(&value)).filter(|value| !value.is_empty())
    }

    fn link(&mut self, value: &str) -> Option<String> {
        let site = self.feed.link.as_deref().and_then(|link| Url::parse(link).ok());
        let url = links::resolve(value, &[site.as_ref(), self.base.as_ref()])?;
        self.left = self.left.checked_sub(url.len())?;
        Some(url)
    }

    fn scalar(&mut self, place: Place, value: &str) {
        match place {
            Place::FeedField(name) => self.feed_field(name, value),
            Place::ItemField(name) => self.item_field(name, value),
            Place::Hub | Place::HubField => {
                let hub = self.link(value);
                self.feed.hubs.extend(hub);
            }
            Place::AttachmentField(name) => self.attachment_field(name, value),
            // `"author": "Name"` is not in the standard, but in feeds.
            Place::Author | Place::AuthorField => {
                let author = self.line(value);
                let authors = match &mut self.draft {
                    Some(draft) => &mut draft.entry.authors,
                    None => &mut self.authors,
                };
                authors.extend(author.filter(|author| !authors.contains(author)));
            }
            Place::Tags => {
                let tag = self.line(value);
                if let Some(Draft { entry, .. }) = &mut self.draft {
                    entry.categories.extend(tag.filter(|tag| !entry.categories.contains(tag)));
                }
            }
            _ => {}
        }
    }

    fn feed_field(&mut self, name: Name, value: &str) {
        match name {
            Name::Version => self.feed.version = self.line(value),
            Name::Title => self.feed.title = self.line(value),
            Name::Description => self.feed.description = self.line(value),
            Name::HomePageUrl => self.feed.link = self.link(value),
            Name::FeedUrl => self.feed.self_url = self.link(value),
            Name::NextUrl => self.feed.next_url = self.link(value),
            Name::Language => self.feed.language = Lang::parse(value).ok(),
            _ => {}
        }
    }

    fn item_field(&mut self, name: Name, value: &str) {
        let Some(mut draft) = self.draft.take() else { return };
        let entry = &mut draft.entry;
        match name {
            Name::Id => entry.id = self.taken(value, self.limits.text_bytes_max),
            Name::Url => entry.link = self.link(value),
            Name::ExternalUrl => draft.external_url = self.link(value),
            Name::Title => entry.title = self.line(value),
            Name::ContentHtml => entry.content = self.taken(value, self.limits.content_bytes_max),
            Name::ContentText => draft.content_text = self.taken(value, self.limits.content_bytes_max),
            Name::Summary => {
                entry.summary = self.taken(value, self.limits.content_bytes_max).map(|summary| text::to_html(&summary));
            }
            Name::Image => entry.image = entry.image.take().or_else(|| self.link(value)),
            Name::DatePublished => entry.published = dates::parse(value),
            Name::DateModified => entry.updated = dates::parse(value),
            Name::Language => entry.language = Lang::parse(value).ok(),
            _ => {}
        }
        self.draft = Some(draft);
    }

    fn attachment_field(&mut self, name: Name, value: &str) {
        let Some(mut draft) = self.draft.take() else { return };
        match name {
            Name::Url => draft.enclosure.url = self.link(value).unwrap_or_default(),
            Name::MimeType => draft.enclosure.media_type = self.line(value),
            _ => draft.enclosure.length = value.parse().ok(),
        }
        self.draft = Some(draft);
    }

    fn attach(&mut self) {
        if let Some(draft) = &mut self.draft {
            let enclosure = std::mem::take(&mut draft.enclosure);
            if !enclosure.url.is_empty() {
                draft.entry.enclosures.push(enclosure);
            }
        }
    }

    fn close(&mut self, draft: Draft, ends: bool) {
        let Draft { mut entry, external_url, content_text, .. } = draft;
        entry.link = entry.link.or(external_url).or_else(|| links::resolve(entry.id.as_deref()?, &[]));
        entry.content = entry.content.or_else(|| content_text.map(|text| text::to_html(&text)));
        if ends || entry.id.is_some() || entry.link.is_some() || entry.title.is_some() {
            self.feed.entries.push(entry);
        }
    }

    fn done(mut self) -> Feed {
        self.authors.truncate(8);
        self.authors.retain(|author| author.len() <= 200);
        for entry in self.feed.entries.iter_mut().filter(|entry| entry.authors.is_empty()) {
            entry.authors.clone_from(&self.authors);
        }
        self.feed.notes = self.notes.0;
        self.feed
    }
}
