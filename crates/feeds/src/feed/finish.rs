//! What is known of an entry and of a feed at its end.

use std::time::Duration;

use super::{Builder, Draft};
use crate::links;
use crate::types::{Feed, Format};
use crate::xml::Reader;

/// Authors that an entry takes over from its feed, and the bytes of each.
const INHERITED_MAX: usize = 8;
const INHERITED_BYTES_MAX: usize = 200;

impl Builder<'_> {
    /// An entry is complete, or as complete as it gets.
    pub(super) fn close(&mut self, reader: &mut Reader<'_>, draft: Draft) {
        let Draft { mut entry, link, permalink, other_title, other_summary, iso_date, itunes_author, ends, .. } = draft;
        entry.title = entry.title.or(other_title);
        entry.summary = entry.summary.or(other_summary);
        // An Atom id is an address by syntax only, but the best there is where there is no link.
        let permalink = permalink.or_else(|| entry.id.clone().filter(|_| self.feed.format == Format::Atom));
        entry.link = link.map(|(_, link)| link).or_else(|| links::resolve(&permalink?, &[]));
        entry.published = entry.published.or(iso_date);
        if entry.authors.is_empty() {
            entry.authors.extend(itunes_author.filter(|author| !author.is_empty()));
        }
        // A half entry counts where something whole in it tells it from others.
        if !ends && entry.link.is_none() && entry.id.is_none() && entry.title.is_none() {
            reader.notes.add("half_entry_dropped");
            return;
        }
        self.feed.entries.push(entry);
    }

    /// The document is over.
    pub(super) fn finish(mut self, mut reader: Reader<'_>) -> Feed {
        if !self.full {
            // What was being read is not whole: the text is dropped, the entry kept if it is worth it.
            if reader.depth() > 0 {
                reader.notes.add("truncated");
            }
            self.close_author();
            if let Some(draft) = self.draft.take() {
                self.close(&mut reader, draft);
            }
        }
        if self.feed.format == Format::Atom {
            self.feed_authors.truncate(INHERITED_MAX);
            self.feed_authors.retain(|author| author.len() <= INHERITED_BYTES_MAX);
            for entry in self.feed.entries.iter_mut().filter(|entry| entry.authors.is_empty()) {
                entry.authors.clone_from(&self.feed_authors);
            }
        }
        // Frequency times in each period; without a frequency once (RSS syndication module).
        self.feed.update_every =
            self.period.map(|period| Duration::from_secs((period / self.frequency.unwrap_or(1)).max(60)));
        if self.output_bytes_left == 0 {
            reader.notes.add("output_cut");
        }
        self.feed.notes.extend(reader.notes.0);
        self.feed
    }
}
