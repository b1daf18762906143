#![doc = include_str!("../README.md")]

mod agency;
mod charset;
mod dates;
mod element;
mod evidence;
mod fields;
mod fold;
pub mod jsonl;
mod label;
mod language;
mod limits;
mod markup;
mod metadata;
mod page;
mod parse;
mod region;
mod sequence;
mod tables;
mod text;
mod types;
mod verdict;
mod walk;
mod wording;
mod words;

pub use dates::month;
pub use types::{Block, Context, Date, Extracted, FeedHints, FieldSource, Found, Image, Label, Verdict, ZoneSource};

/// A page as the server sent it. The charset is that of the byte order mark, else of `content_type`, else of the page's
/// `meta`, else a guess. Bytes that are no text give [`Verdict::NotArticle`] with `not_text`.
pub fn html(body: &[u8], content_type: Option<&str>, context: &Context<'_>) -> Extracted {
    let decoded = charset::decode(body, content_type);
    if decoded.binary {
        return Extracted { verdict: Verdict::NotArticle("not_text"), notes: decoded.notes, ..Extracted::default() };
    }
    let is_plain = content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/plain"));
    let mut extracted = if is_plain {
        text(&decoded.text.lines().collect::<Vec<_>>(), context)
    } else {
        html_str(&decoded.text, context)
    };
    extracted.notes.splice(0..0, decoded.notes);
    extracted
}

/// A page whose text is known.
pub fn html_str(html: &str, context: &Context<'_>) -> Extracted {
    document(html, context, false)
}

/// The content of a feed's entry: markup without a page around it. Its first heading is not its title, and it is never
/// refused for being short.
pub fn fragment(html: &str, context: &Context<'_>) -> Extracted {
    document(html, context, true)
}

/// Text that was already extracted, line by line. Every line comes back in [`Extracted::blocks`] once, in order.
pub fn text(lines: &[&str], context: &Context<'_>) -> Extracted {
    text::extract(lines, context)
}

/// [`text()`] for bytes of a file: decoded as a page would be, then read line by line.
pub fn text_bytes(body: &[u8], content_type: Option<&str>, context: &Context<'_>) -> Extracted {
    let decoded = charset::decode(body, content_type);
    if decoded.binary {
        return Extracted { verdict: Verdict::NotArticle("not_text"), notes: decoded.notes, ..Extracted::default() };
    }
    let lines: Vec<&str> = decoded.text.lines().collect();
    let mut extracted = text(&lines, context);
    extracted.notes.splice(0..0, decoded.notes);
    extracted
}

/// Words below which a page is read again with what its style hides: some show their text by script.
const WORDS_FEW: f32 = 30.0;

fn document(html: &str, context: &Context<'_>, is_fragment: bool) -> Extracted {
    let html = parse::cap(html);
    let prepared = parse::prepare(html);
    let tree = scraper::Html::parse_document(&prepared.html);
    let mut page = walk::walk(&tree, false);
    let linked = metadata::json_ld::read(&prepared.json_ld);
    let mut region = region::find(&page, &linked);
    let mut notes = prepared.notes;
    if region.prose < WORDS_FEW {
        let whole = walk::walk(&tree, true);
        let with_hidden = region::find(&whole, &linked);
        if with_hidden.prose > 4.0 * WORDS_FEW {
            notes.push("hidden_text_used");
            (page, region) = (whole, with_hidden);
        }
    }
    let metadata = metadata::read(&page, &region, &linked, context, is_fragment);
    let labelled = label::blocks(&page, &region, &metadata);
    metadata::assemble(metadata, labelled, &region, context, notes, is_fragment)
}
