#![doc = include_str!("../README.md")]

mod agency;
mod ago;
mod asking;
mod beginnings;
mod calendar;
mod chars;
mod charset;
mod columns;
mod context;
mod dates;
mod element;
mod evidence;
mod features;
mod fields;
mod fold;
mod html;
pub mod jsonl;
mod judge;
mod label;
mod language;
mod limits;
mod locales;
mod markup;
mod mentioned;
mod metadata;
mod model;
mod names;
mod page;
mod reasons;
mod region;
mod scripted;
mod sequence;
mod tables;
mod text;
mod thread;
mod tokens;
pub mod training;
mod types;
mod verdict;
mod walk;
mod walls;
mod wording;
mod words;

pub use dates::month;
pub use types::{Block, Context, Date, Extracted, FeedHints, FieldSource, Found, Image, Label, Verdict, ZoneSource};

/// A page as the server sent it. The charset is that of the byte order mark, else of `content_type`, else of the page's
/// `meta`, else a guess. Bytes that are no text give [`Verdict::NotArticle`] with `not_text`.
pub fn html(body: &[u8], content_type: Option<&str>, context: &Context<'_>) -> Extracted {
    let is_plain = content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/plain"));
    if is_plain {
        return text_bytes(body, content_type, context);
    }
    decoded(body, content_type, |page| html_str(page, context))
}

/// A page whose text is known.
pub fn html_str(html: &str, context: &Context<'_>) -> Extracted {
    document(html, context, false, model::model())
}

/// The content of a feed's entry: markup without a page around it. Its first heading is not its title, and it is never
/// refused for being short.
pub fn fragment(html: &str, context: &Context<'_>) -> Extracted {
    document(html, context, true, model::model())
}

/// Text that was already extracted, line by line. Every line comes back in [`Extracted::blocks`] once, in order.
pub fn text(lines: &[&str], context: &Context<'_>) -> Extracted {
    text::extract(lines, context, model::model())
}

/// [`text()`] for bytes of a file: decoded as a page would be, then read line by line.
pub fn text_bytes(body: &[u8], content_type: Option<&str>, context: &Context<'_>) -> Extracted {
    decoded(body, content_type, |page| text(&page.lines().collect::<Vec<_>>(), context))
}

/// Reads bytes as text, if they are any.
fn decoded(body: &[u8], content_type: Option<&str>, read: impl FnOnce(&str) -> Extracted) -> Extracted {
    let decoded = charset::decode(body, content_type);
    if decoded.binary {
        return Extracted { verdict: Verdict::NotArticle("not_text"), notes: decoded.notes, ..Extracted::default() };
    }
    let mut extracted = read(&decoded.text);
    // What was cut as bytes may be cut once more as text.
    extracted.notes.retain(|note| !decoded.notes.contains(note));
    extracted.notes.splice(0..0, decoded.notes);
    extracted
}

/// Parses a page's markup, no more, and returns how many nodes it has: for the bench of the parser.
#[doc(hidden)]
pub fn parse_only(html: &str) -> usize {
    html::parse(html).len()
}

/// Parses a page and walks over it, no more, and returns how many blocks it has: for the bench.
#[doc(hidden)]
pub fn walk_only(html: &str) -> usize {
    walk::walk(&settled(html), false).blocks.len()
}

/// A page's tree with all that was sent late in its place.
fn settled(html: &str) -> html::Tree<'_> {
    let mut tree = html::parse(html);
    tree.settle();
    tree
}

/// Words below which a page is read again with what its style hides: some show their text by script.
const WORDS_FEW: f32 = 30.0;

/// A page that was parsed, and where its article is.
struct Read {
    page: page::Page,
    region: region::Region,
    linked: metadata::json_ld::JsonLd,
    notes: Vec<&'static str>,
}

fn read(html: &str) -> Read {
    let tree = settled(html);
    let scripts: Vec<&str> =
        tree.raws().filter(|(raw, _)| raw.kind == html::RawKind::JsonLd).map(|(raw, _)| raw.content).collect();
    let linked = metadata::json_ld::read(&scripts);
    let page = walk::walk(&tree, false);
    let region = region::find(&page, &linked);
    let notes = tree.notes.clone();
    let mut read = Read { page, region, linked, notes };
    if read.region.prose < WORDS_FEW {
        look_elsewhere(&tree, &mut read);
    }
    read
}

/// Some pages show their text by script alone. It may stand in what their style hides, in what a reader without scripts
/// gets, in what they tell search engines, or in the scripts.
fn look_elsewhere(tree: &html::Tree<'_>, read: &mut Read) {
    let least = (4.0 * WORDS_FEW).max(2.0 * read.region.prose);
    let found = |page: page::Page, read: &mut Read, note: &'static str| {
        let region = region::find(&page, &read.linked);
        let enough = region.prose > least;
        if enough {
            read.notes.push(note);
            (read.page, read.region) = (page, region);
        }
        enough
    };
    if found(walk::walk(tree, true), read, "hidden_text_used") {
        return;
    }
    let stated = read.linked.body.clone().unwrap_or_default();
    let mut in_markup = |markup: &str, note: &'static str| {
        let mut page = walk::walk(&html::parse(markup), false);
        page.facts = read.page.facts.clone().without_places();
        found(page, read, note)
    };
    let raws = |kind| tree.raws().filter(move |(raw, _)| raw.kind == kind).map(|(raw, _)| raw.content);
    let without_scripts: String = raws(html::RawKind::Noscript).collect();
    if in_markup(&without_scripts, "noscript_used") || in_markup(&paragraphs(&stated), "structured_text_used") {
        return;
    }
    if let Some(markup) = scripted::markup(raws(html::RawKind::Script)) {
        in_markup(&markup, "script_text_used");
    }
}

/// Text as markup, where it is none yet.
fn paragraphs(text: &str) -> String {
    if text.contains("</") {
        return text.to_owned();
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("<p>{}</p>", line.replace('&', "&amp;").replace('<', "&lt;"))).collect()
}

fn document(html: &str, context: &Context<'_>, is_fragment: bool, model: &model::Model) -> Extracted {
    let Read { page, region, linked, mut notes } = read(html);
    if page.joined {
        notes.push("blocks_joined");
    }
    let metadata = metadata::read(&page, &region, &linked, context, is_fragment);
    let labelled = label::blocks(&page, &region, &metadata, model, context.explain);
    if linked.is_free == Some(false) || labelled.blocks.iter().any(walls::asks_payment) {
        notes.push("paywalled");
    }
    let verdict = if is_fragment && !labelled.blocks.is_empty() {
        Verdict::Article
    } else {
        let said = verdict::say(&page, &linked, context.url, model);
        let row = verdict::row(&page, &metadata, &labelled, context.url, said);
        verdict::judge(&page, &row, &labelled, &metadata, model)
    };
    metadata::assemble(metadata, labelled, &region, context, notes, verdict)
}
