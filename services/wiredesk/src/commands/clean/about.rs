//! What both ways of showing a cleaned page share: the article's fields as lines, kinds of blocks, text made harmless.

use std::borrow::Cow;

use extract::{Block, Extracted};

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of the text.
    Kept,
    /// One of the article's fields.
    Field,
    Removed,
}

impl Kind {
    pub(super) fn of(block: &Block) -> Self {
        match (block.kept, block.label.is_article()) {
            (true, _) => Self::Kept,
            (false, true) if !block.label.is_text() => Self::Field,
            (false, _) => Self::Removed,
        }
    }
}

/// A field with its value, and how it is known.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) value: String,
    /// Its source; of a date its zone and how sure it is as well.
    pub(super) known: String,
}

/// Blocks that hold something.
pub(super) fn blocks(extracted: &Extracted) -> impl Iterator<Item = &Block> {
    extracted.blocks.iter().filter(|block| !block.text.is_empty())
}

/// All fields that have a value.
pub(super) fn fields(extracted: &Extracted) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |name, value: String, known: String| {
        if !value.is_empty() {
            fields.push(Field { name, value, known });
        }
    };
    let found = |found: &Option<extract::Found<String>>| match found {
        Some(found) => (found.value.clone(), found.source.as_str().to_owned()),
        None => Default::default(),
    };
    let date = |date: &Option<extract::Date>| match date {
        Some(date) => (
            date.at.clone(),
            format!("{}, zone {}, confidence {:.2}", date.source.as_str(), date.zone.as_str(), date.confidence),
        ),
        None => Default::default(),
    };
    for (name, (value, known)) in [
        ("title", found(&extracted.title)),
        ("deck", (extracted.deck.join(" / "), String::new())),
        (
            "authors",
            extracted.authors.as_ref().map_or_else(Default::default, |authors| {
                (authors.value.join("; "), authors.source.as_str().to_owned())
            }),
        ),
        ("published", date(&extracted.published)),
        ("modified", date(&extracted.modified)),
        ("language", found(&extracted.language)),
        ("canonical url", found(&extracted.canonical_url)),
        ("agency", found(&extracted.agency)),
        ("dateline", found(&extracted.dateline)),
        ("captions", (extracted.captions.join(" / "), String::new())),
        ("credits", (extracted.credits.join(" / "), String::new())),
        ("related", (extracted.related.join(" / "), String::new())),
        (
            "images",
            (extracted.images.iter().map(|image| image.url.as_str()).collect::<Vec<_>>().join(" "), String::new()),
        ),
        ("notes", (extracted.notes.join(", "), String::new())),
    ] {
        add(name, value, known);
    }
    fields
}

/// Text that can neither steer a terminal nor turn the text around it: control characters and marks that override the
/// direction of writing become replacement characters, line ends and tabs become spaces.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let safe = |c: char| match c {
        '\n' | '\t' | '\r' | '\u{2028}' | '\u{2029}' => ' ',
        c if is_harmful(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(safe).collect())
}

fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_made_harmless() {
        assert_eq!(harmless("a\u{1b}[31mb\u{7}\u{9b}2J"), "a\u{fffd}[31mb\u{fffd}\u{fffd}2J");
        assert_eq!(harmless("one\ttwo\nthree"), "one two three");
        assert_eq!(harmless("\u{202e}gpj.exe \u{2066}x"), "\u{fffd}gpj.exe \u{fffd}x");
        assert_eq!(harmless("خبر عاجل، 新聞"), "خبر عاجل، 新聞");
    }

    #[test]
    fn fields_say_how_they_are_known() {
        let page = "<title>A title of some length</title><meta property='article:published_time' \
            content='2026-03-04T05:06:07+01:00'><h1>A title of some length</h1>\
            <p>A paragraph that is long enough to be the text of an article, and ends.</p>";
        let context = extract::Context { fetched_at_ms: Some(1_800_000_000_000), ..extract::Context::default() };
        let fields = fields(&extract::html_str(page, &context));
        let of = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.known.as_str());
        assert!(of("published").is_some_and(|known| known.starts_with("meta, zone stated, confidence ")));
        assert!(of("title").is_some() && of("agency").is_none());
    }
}
