//! What an element says, by its attributes and by its text, put where it belongs.

use std::time::Duration;

use schemas::Lang;

use super::capture::{self, Capture, Kind};
use super::fields::Field;
use super::{Attributes, Builder, Draft};
use crate::types::{Enclosure, Feed, Format};
use crate::xml::Reader;
use crate::{dates, text};

/// Links by how sure they are the page of the entry: the original, then `alternate` as HTML, then any other.
const ORIGINAL: u8 = 4;
const ALTERNATE: u8 = 3;
const ALTERNATE_TYPED: u8 = 2;

impl Builder<'_> {
    /// An element that says something starts: by its attributes at once, by its text later.
    pub(super) fn field(&mut self, reader: &mut Reader<'_>, field: Field, attributes: Attributes<'_>) {
        let (mut url, mut value, mut media_type, mut rel, mut length) = (None, None, None, None, None);
        for (name, raw) in attributes.clone() {
            let wanted = match name {
                "href" | "url" | "HREF" | "URL" => &mut url,
                "term" if value.is_some() => continue, // a label is the term for people
                "term" | "label" | "isPermaLink" | "ispermalink" => &mut value,
                "type" => &mut media_type,
                "rel" => &mut rel,
                "length" | "fileSize" => &mut length,
                _ => continue,
            };
            *wanted = Some(text::cut(&reader.entities.decode(raw), self.limits.text_bytes_max).trim().to_owned());
        }
        match (field, url) {
            (Field::Link, Some(url)) => self.link_element(reader, &url, rel.as_deref(), media_type, length.as_deref()),
            (Field::Enclosure, Some(url)) => {
                if let Some(url) = self.resolve(reader, &url) {
                    self.add_enclosure(Enclosure {
                        url,
                        media_type,
                        length: length.and_then(|length| length.parse().ok()),
                    });
                }
            }
            (Field::Image, Some(url)) => self.image(reader, &url),
            (Field::Category, _) if value.is_some() => self.category(&value.unwrap_or_default()),
            (Field::Enclosure, None) => {}
            (Field::Author, _) => {
                self.author = Some((reader.depth(), None, None));
                self.capture = Some(Capture::new(field, reader.depth(), Kind::Text, None));
            }
            _ => {
                let is_atom = self.feed.format == Format::Atom;
                let kind = match field {
                    Field::Content if !is_atom => Kind::Html,
                    Field::Title | Field::OtherTitle | Field::Summary if !is_atom => {
                        capture::kind(attributes, Kind::Html)
                    }
                    Field::Title | Field::Summary | Field::Content => capture::kind(attributes, Kind::Text),
                    _ => Kind::Text,
                };
                self.capture = Some(Capture::new(field, reader.depth(), kind, value));
                if matches!(field, Field::Content | Field::Summary | Field::Title) {
                    self.language_of_text(reader);
                }
            }
        }
    }

    /// The language of an entry's text is that of the entry.
    fn language_of_text(&mut self, reader: &Reader<'_>) {
        if let Some(draft) = &mut self.draft {
            if draft.entry.language.is_none() {
                draft.entry.language = reader.language_within(draft.depth).cloned();
            }
            if let (None, Some(base)) = (&draft.entry.base, reader.base()) {
                let base = base.as_str().to_owned();
                let left = self.output_bytes_left.saturating_sub(base.len());
                if left > 0 {
                    draft.entry.base = Some(base);
                }
                self.output_bytes_left = left;
            }
        } else if self.feed.language.is_none() {
            self.feed.language = reader.language().cloned();
        }
    }

    /// A link by attributes: Atom's in any format (RFC 4287 section 4.2.7).
    fn link_element(
        &mut self,
        reader: &mut Reader<'_>,
        href: &str,
        rel: Option<&str>,
        media_type: Option<String>,
        length: Option<&str>,
    ) {
        let Some(url) = self.resolve(reader, href) else { return };
        let rel = rel.unwrap_or("alternate").to_ascii_lowercase();
        let rel = rel.rsplit('/').next().unwrap_or_default(); // registered names may be written as addresses
        let is_page = media_type.as_deref().is_none_or(|media_type| media_type.contains("html"));
        match rel {
            "alternate" | "" => self.add_link(url, if is_page { ALTERNATE } else { ALTERNATE_TYPED }),
            "enclosure" => {
                let length = length.and_then(|length| length.parse().ok());
                self.add_enclosure(Enclosure { url, media_type, length });
            }
            _ if self.draft.is_some() => {}
            "self" => self.feed.self_url = self.feed.self_url.take().or(Some(url)),
            "next" | "prev-archive" => self.feed.next_url = self.feed.next_url.take().or(Some(url)),
            "hub" if self.feed.hubs.len() < self.limits.list_max => self.feed.hubs.push(url),
            _ => {}
        }
    }

    fn image(&mut self, reader: &mut Reader<'_>, url: &str) {
        let url = self.resolve(reader, url);
        if let Some(draft) = &mut self.draft {
            draft.entry.image = draft.entry.image.take().or(url);
        }
    }

    fn category(&mut self, name: &str) {
        let name = text::line(name);
        if let Some(Draft { entry, .. }) = &mut self.draft
            && !name.is_empty()
            && entry.categories.len() < self.limits.list_max
            && !entry.categories.contains(&name)
        {
            self.output_bytes_left = self.output_bytes_left.saturating_sub(name.len());
            entry.categories.push(name);
        }
    }

    /// An element's text is complete.
    pub(super) fn captured(&mut self, reader: &mut Reader<'_>, capture: Capture) {
        let field = capture.field;
        match field {
            Field::Title => self.set(capture.into_line(), |draft| &mut draft.entry.title, |feed| &mut feed.title),
            Field::OtherTitle => self.set(capture.into_line(), |draft| &mut draft.other_title, |feed| &mut feed.title),
            Field::Summary | Field::OtherSummary if self.draft.is_none() => {
                self.set(capture.into_line(), |draft| &mut draft.entry.summary, |feed| &mut feed.description);
            }
            Field::Summary => {
                self.set(capture.into_html(), |draft| &mut draft.entry.summary, |feed| &mut feed.description);
            }
            Field::OtherSummary => {
                self.set(capture.into_html_by_look(), |draft| &mut draft.other_summary, |feed| &mut feed.description);
            }
            Field::Content if self.draft.is_none() => {}
            Field::Content => {
                self.set(capture.into_html(), |draft| &mut draft.entry.content, |feed| &mut feed.description)
            }
            Field::Author => self.author_text(&capture.into_line()),
            Field::AuthorName | Field::AuthorEmail => {
                let value = Some(capture.into_line()).filter(|value| !value.is_empty());
                if let Some((_, name, email)) = &mut self.author {
                    *(if field == Field::AuthorName { name } else { email }) = value;
                }
            }
            Field::Creator => self.add_author(&capture.into_line()),
            Field::Category => self.category(&capture.into_raw()),
            Field::Keywords => capture.into_raw().split([',', '、', '،']).for_each(|keyword| self.category(keyword)),
            Field::Guid => {
                let may_be_link =
                    !capture.attribute.as_deref().is_some_and(|value| value.eq_ignore_ascii_case("false"));
                let guid = capture.into_raw();
                if let Some(draft) = self.draft.as_mut().filter(|_| !guid.is_empty()) {
                    draft.permalink = draft.permalink.take().or(may_be_link.then(|| guid.clone()));
                    draft.entry.id = Some(guid);
                }
            }
            _ => self.captured_raw(reader, field, &capture.into_raw()),
        }
    }

    fn captured_raw(&mut self, reader: &mut Reader<'_>, field: Field, value: &str) {
        match field {
            Field::Link | Field::OriginalLink => {
                let sure = if field == Field::OriginalLink { ORIGINAL } else { ALTERNATE };
                if let Some(url) = self.resolve(reader, value) {
                    self.add_link(url, sure);
                }
            }
            Field::Id => {
                if let Some(draft) = self.draft.as_mut().filter(|draft| draft.entry.id.is_none() && !value.is_empty()) {
                    draft.entry.id = Some(value.to_owned());
                }
            }
            Field::Published | Field::Updated | Field::Date => self.date(field, value),
            Field::ItunesAuthor => {
                if let Some(draft) = &mut self.draft {
                    draft.itunes_author = Some(text::line(value));
                }
            }
            Field::Language => {
                let language = Lang::parse(value).ok();
                let known = match &mut self.draft {
                    Some(draft) => &mut draft.entry.language,
                    None => &mut self.feed.language,
                };
                *known = language.or(known.take());
            }
            Field::Image => self.image(reader, value),
            Field::Publication => {
                if let Some(draft) = &mut self.draft {
                    draft.entry.publication = Some(text::line(value)).filter(|name| !name.is_empty());
                }
            }
            Field::Ttl => {
                let minutes: Option<u64> = value.parse().ok();
                self.feed.ttl = minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60).min(YEAR_S)));
            }
            Field::SkipHour => {
                // 24 is midnight in RSS 0.91.
                if let Some(hour) = value.parse::<u8>().ok().filter(|hour| *hour <= 24).map(|hour| hour % 24)
                    && !self.feed.skip_hours.contains(&hour)
                {
                    self.feed.skip_hours.push(hour);
                }
            }
            Field::SkipDay => {
                const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                let day =
                    (1..).zip(DAYS).find(|(_, day)| crate::xml::starts_with(value, day)).map(|(number, _)| number);
                if let Some(day) = day.filter(|day| !self.feed.skip_days.contains(day)) {
                    self.feed.skip_days.push(day);
                }
            }
            Field::Period => {
                self.period = match value.to_ascii_lowercase().as_str() {
                    "hourly" => Some(3600),
                    "daily" => Some(86_400),
                    "weekly" => Some(7 * 86_400),
                    "monthly" => Some(30 * 86_400),
                    "yearly" => Some(YEAR_S),
                    _ => None,
                }
            }
            Field::Frequency => self.frequency = value.parse().ok().filter(|frequency| *frequency > 0),
            _ => {}
        }
    }

    /// Sets a text of the entry or the feed that is not set yet.
    fn set(
        &mut self,
        value: String,
        of_entry: impl FnOnce(&mut Draft) -> &mut Option<String>,
        of_feed: impl FnOnce(&mut Feed) -> &mut Option<String>,
    ) {
        let known = match &mut self.draft {
            Some(draft) => of_entry(draft),
            None => of_feed(&mut self.feed),
        };
        if known.is_none() && !value.is_empty() {
            self.output_bytes_left = self.output_bytes_left.saturating_sub(value.len());
            *known = Some(value);
        }
    }

    fn date(&mut self, field: Field, value: &str) {
        let Some(at) = dates::parse(value) else { return };
        match &mut self.draft {
            Some(draft) => match field {
                Field::Published => draft.entry.published = draft.entry.published.or(Some(at)),
                Field::Updated => draft.entry.updated = Some(at),
                _ => draft.iso_date = Some(at),
            },
            None => self.feed.updated = self.feed.updated.max(Some(at)),
        }
    }

    /// RSS: `mail@example.org (Name)`, or either alone.
    fn author_text(&mut self, value: &str) {
        if let Some((_, name, email)) = &mut self.author
            && !value.is_empty()
        {
            match value.split_once('(').and_then(|(mail, rest)| Some((mail.trim(), rest.split_once(')')?.0.trim()))) {
                Some((mail, person)) if mail.contains('@') && !person.is_empty() => {
                    (*name, *email) = (Some(person.to_owned()), Some(mail.to_owned()));
                }
                _ => *name = name.take().or_else(|| Some(value.to_owned())),
            }
        }
    }

    pub(super) fn close_author(&mut self) {
        if let Some((_, name, email)) = self.author.take()
            && let Some(name) = name.or(email)
        {
            self.add_author(&name);
        }
    }

    fn add_author(&mut self, name: &str) {
        let authors = match &mut self.draft {
            Some(draft) => &mut draft.entry.authors,
            None => &mut self.feed_authors,
        };
        if !name.is_empty() && authors.len() < self.limits.list_max && !authors.iter().any(|known| known == name) {
            self.output_bytes_left = self.output_bytes_left.saturating_sub(name.len());
            authors.push(name.to_owned());
        }
    }
}

const YEAR_S: u64 = 365 * 86_400;
