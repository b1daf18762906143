//! Whether a page is an article. Refusing a true article is the worst error, so only what is sure is said.

use memchr::memchr_iter;

use crate::chars::{self, ALPHABETIC};
use crate::columns::{Rows, Wanted};
use crate::fold::{DIGEST_SEED, digest_with, ends_sentence};
use crate::label::Labelled;
use crate::metadata::json_ld::JsonLd;
use crate::metadata::{Metadata, meta};
use crate::model::{Model, Use};
use crate::page::{CaptureKind, Map, Page, Raw, Tag};
use crate::thread;
use crate::types::{Block, Label, Verdict};
use crate::walls;

/// What a page declares itself to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) article: bool,
    /// `og:type` says that it is something for sale.
    pub(crate) product: bool,
    /// JSON-LD describes something for sale; a review may do that as well.
    pub(crate) offer: bool,
}

/// What is measured of a page for its verdict.
pub(crate) const NAMES: &[&str] = &[
    "kept_words",
    "kept_blocks",
    "kept_share",
    "kept_mean",
    "kept_longest",
    "kept_sentences",
    "kept_commas",
    "kept_questions",
    "kept_links",
    "kept_lists",
    "kept_tables",
    "kept_headings",
    "kept_code",
    "kept_repeats",
    "kept_runs",
    "kept_span",
    "sure",
    "unsure",
    "page_words",
    "page_blocks",
    "page_links",
    "page_forms",
    "page_headings",
    "page_first_headings",
    "page_linked_headings",
    "page_articles",
    "page_times",
    "page_images",
    "page_teasers",
    "page_comments",
    "page_related",
    "page_prices",
    "bylines",
    "dated",
    "dated_by_text",
    "authored",
    "titled",
    "title_words",
    "title_shown",
    "says_article",
    "says_product",
    "says_offer",
    "says_description",
    "says_front_page",
    "page_answers",
    "path_parts",
    "path_digits",
    "path_slug",
    "path_query",
    "words_say",
    "short_words_say",
];

/// A page's verdict row.
pub(crate) type Row = [f32; NAMES.len()];

/// Measures a page. `said` is what its words say, in the order of the last columns.
pub(crate) fn row(page: &Page, metadata: &Metadata, labelled: &Labelled, url: Option<&str>, said: [f32; 2]) -> Row {
    let blocks: Vec<(&Raw, &Block)> = page.blocks.iter().zip(&labelled.blocks).collect();
    let kept: Vec<(&Raw, &Block)> = blocks.iter().copied().filter(|(_, block)| block.kept).collect();
    let words = |of: &[(&Raw, &Block)]| of.iter().map(|(raw, _)| raw.words).sum::<f32>();
    let (kept_words, page_words) = (words(&kept), words(&blocks));
    let share = |part: f32, whole: f32| part / whole.max(1.0);
    let count = kept.len() as f32;
    let held = |of: &[(&Raw, &Block)], test: &dyn Fn(&Raw) -> bool| {
        of.iter().filter(|(raw, _)| test(raw)).map(|(raw, _)| raw.words).sum::<f32>()
    };
    let number =
        |test: &dyn Fn(&Raw, &Block) -> bool| blocks.iter().filter(|(raw, block)| test(raw, block)).count() as f32;
    let commas = |(raw, _): &(&Raw, &Block)| count_marks(&raw.text, b',', |c| matches!(c, '，' | '、' | '،'));
    let questions = |(raw, _): &(&Raw, &Block)| count_marks(&raw.text, b'?', |c| matches!(c, '？' | '؟'));
    let element = |tag: Tag| page.elements.iter().filter(|element| element.tag == tag).count() as f32;
    let removed_as = |label: Label| number(&|_, block| block.label == label).ln_1p();
    let mut seen: Map<&str, ()> = Map::default();
    let repeats = kept.iter().filter(|(raw, _)| seen.insert(raw.text.as_str(), ()).is_some()).count() as f32;
    let runs = labelled.blocks.windows(2).filter(|pair| pair[0].kept != pair[1].kept).count() as f32;
    let first = labelled.blocks.iter().position(|block| block.kept).unwrap_or_default();
    let last = labelled.blocks.iter().rposition(|block| block.kept).map_or(first, |last| last + 1);
    let judged = |test: &dyn Fn(f32) -> bool| {
        labelled.judged.iter().zip(&page.blocks).filter(|(p, _)| test(**p)).map(|(_, raw)| raw.words).sum::<f32>()
    };
    let url = url.unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let parts: Vec<&str> = path.split('/').skip(3).filter(|part| !part.is_empty()).collect();
    let slug = parts.iter().map(|part| part.split(['-', '_']).count()).max().unwrap_or_default();
    [
        kept_words.ln_1p(),
        count.ln_1p(),
        share(kept_words, page_words),
        share(kept_words, count),
        kept.iter().map(|(raw, _)| raw.words).fold(0.0, f32::max),
        share(held(&kept, &|raw| ends_sentence(&raw.text)), kept_words),
        share(kept.iter().map(commas).sum::<usize>() as f32, kept_words),
        share(kept.iter().map(questions).sum::<usize>() as f32, kept_words),
        share(kept.iter().map(|(raw, _)| raw.link_words).sum(), kept_words),
        share(held(&kept, &|raw| raw.place.list), kept_words),
        share(held(&kept, &|raw| raw.tag == Tag::Row), kept_words),
        share(kept.iter().filter(|(raw, _)| matches!(raw.tag, Tag::Heading(_))).count() as f32, count),
        share(held(&kept, &|raw| raw.tag == Tag::Pre), kept_words),
        share(repeats, count),
        share(runs, count),
        share(count, (last - first) as f32),
        share(judged(&|p| p > 0.8), page_words),
        share(judged(&|p| (0.2..0.8).contains(&p)), page_words),
        page_words.ln_1p(),
        (blocks.len() as f32).ln_1p(),
        share(blocks.iter().map(|(raw, _)| raw.link_words).sum(), page_words),
        number(&|raw, _| raw.place.form || raw.place.button).ln_1p(),
        number(&|raw, _| matches!(raw.tag, Tag::Heading(_))).ln_1p(),
        number(&|raw, _| raw.tag == Tag::Heading(1)).min(5.0),
        number(&|raw, _| matches!(raw.tag, Tag::Heading(_)) && raw.link_density() > 0.5).ln_1p(),
        element(Tag::Article).ln_1p(),
        (page.facts.captured.iter().filter(|capture| capture.kind == CaptureKind::Time).count() as f32).ln_1p(),
        (page.facts.images.len() as f32).ln_1p(),
        number(&|raw, _| raw.link_density() > 0.8 && raw.words >= 4.0).ln_1p(),
        removed_as(Label::Comment),
        removed_as(Label::Related),
        number(&|raw, _| is_price(&raw.text)).ln_1p(),
        removed_as(Label::Byline),
        metadata.published_confidence(),
        flag(page.blocks.iter().zip(&labelled.blocks).any(|(_, block)| block.label == Label::Dateline)),
        flag(metadata.has_authors()),
        flag(!metadata.title_key().is_empty()),
        metadata.title_words(),
        flag(labelled.blocks.iter().any(|block| block.label == Label::Title)),
        flag(metadata.declared().article),
        flag(metadata.declared().product),
        flag(metadata.declared().offer),
        flag(!metadata.description_key().is_empty()),
        flag(metadata.is_front_page()),
        number(&|raw, block| {
            block.label == Label::Comment && raw.words <= ANSWER_WORDS_MAX && thread::answers(&raw.text)
        })
        .ln_1p(),
        parts.len() as f32,
        path.chars().filter(char::is_ascii_digit).count() as f32,
        slug as f32,
        flag(!query.is_empty()),
        said[0],
        said[1],
    ]
}

/// Words of a button that answers a comment.
const ANSWER_WORDS_MAX: f32 = 4.0;
/// Parts of a path that are looked at, and the most words that one of them may have: a longer one is the headline.
const PATH_PARTS_MAX: usize = 8;
const PATH_WORDS_MAX: usize = 2;

/// Digests of what a page calls itself and its parts, each once, in ascending order: class names and ids, the words of
/// its address, the types that it states.
pub(crate) fn words(page: &Page, linked: &JsonLd, url: Option<&str>) -> Vec<u32> {
    let mut words = page.tokens.clone();
    let mut add = |kind: &str, word: &str| words.push(digest(kind, word));
    for kind in &linked.types {
        add("type", kind);
    }
    if let Some(kind) = meta(&page.facts, &["og:type"]) {
        add("og", kind);
    }
    if let Some(name) = meta(&page.facts, &["generator"]).and_then(|generator| generator.split_whitespace().next()) {
        add("generator", name);
    }
    let address = url.unwrap_or_default();
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let labels: Vec<&str> = parts.next().unwrap_or_default().split('.').collect();
    for label in labels.iter().rev().skip(2).filter(|label| **label != "www") {
        add("host", label);
    }
    let parts: Vec<&str> = parts.take(PATH_PARTS_MAX).collect();
    add("depth", &parts.len().to_string());
    for (index, part) in parts.iter().enumerate() {
        let said: Vec<&str> = part.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).collect();
        if said.len() <= PATH_WORDS_MAX {
            said.iter().for_each(|word| add("path", word));
        } else {
            add("slug", "");
        }
        if index == 0 {
            add("first", &said.join("-"));
        }
        if part.bytes().filter(u8::is_ascii_digit).count() >= 4 {
            add("digits", "");
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// Words of a block that is a button, a heading or an item of a menu.
const SHORT_WORDS_MAX: f32 = 6.0;
/// Letters of a word that tells something.
const SHORT_LETTERS_MIN: usize = 3;

/// Digests of the words in short blocks, each once, in ascending order: a shop says `add to cart`, a thread `reply`.
pub(crate) fn short_words(page: &Page) -> Vec<u32> {
    let chars = chars::chars();
    let mut words = Vec::new();
    let mut lower = String::new();
    for block in page.blocks.iter().filter(|block| block.words <= SHORT_WORDS_MAX) {
        for word in block.text.split(|c| !chars.is(c, ALPHABETIC)) {
            lower.clear();
            chars.push_lower(&mut lower, word);
            if lower.chars().nth(SHORT_LETTERS_MIN - 1).is_some() {
                words.push(digest("short", &lower));
            }
        }
    }
    words.sort_unstable();
    words.dedup();
    words
}

/// The digest of a kind and a word in small letters.
fn digest(kind: &str, word: &str) -> u32 {
    let letters = kind.bytes().chain([b':']).chain(word.bytes().map(|byte| byte.to_ascii_lowercase()));
    letters.fold(DIGEST_SEED, digest_with)
}

/// What a page's words speak for, above 0 for an article: those by which it calls itself, and those in its short blocks.
pub(crate) fn say(page: &Page, linked: &JsonLd, url: Option<&str>, model: &Model) -> [f32; 2] {
    [
        balance(words(page, linked, url).iter().filter_map(|word| model.page_word(*word))),
        balance(short_words(page).iter().filter_map(|word| model.short_word(*word))),
    ]
}

/// The sum of some scores, by the root of how many they are.
fn balance(scores: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) = scores.fold((0.0, 0.0_f32), |(sum, count), score| (sum + score, count + 1.0));
    sum / count.max(1.0).sqrt()
}

/// How many of some marks a text has: one of ASCII, and others.
fn count_marks(text: &str, mark: u8, is_other: impl Fn(char) -> bool) -> usize {
    let others = if text.is_ascii() { 0 } else { text.chars().filter(|c| is_other(*c)).count() };
    memchr_iter(mark, text.as_bytes()).count() + others
}

fn flag(value: bool) -> f32 {
    f32::from(u8::from(value))
}

/// A short line with a sign of money and a number.
fn is_price(text: &str) -> bool {
    text.len() < 40
        && text.contains(['$', '€', '£', '¥', '₹', '₩', '₽', '₺'])
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// The probability of being an article below which a page is refused.
const ARTICLE: f32 = 0.22;

/// Judges by what the page declares and by what is left of it.
pub(crate) fn judge(page: &Page, row: &Row, labelled: &Labelled, metadata: &Metadata, model: &Model) -> Verdict {
    let blocks = &labelled.blocks;
    if blocks.is_empty() {
        return Verdict::Empty;
    }
    let kept: f32 = page.blocks.iter().zip(blocks).filter(|(_, block)| block.kept).map(|(raw, _)| raw.words).sum();
    if let Some(wall) = walls::find(page, labelled, metadata.title(), kept) {
        return Verdict::NotArticle(wall);
    }
    if kept == 0.0 {
        return Verdict::NotArticle("no_text");
    }
    let mut rows = Rows::new(1, NAMES.len(), Wanted::ALL);
    row.iter().enumerate().for_each(|(column, value)| rows.part(column).set(0_usize, |_| *value));
    let judged = model.judge(Use::Verdict, &rows);
    if judged.first().is_some_and(|judged| *judged < ARTICLE) {
        return Verdict::NotArticle(what_else(row, metadata.declared()));
    }
    Verdict::Article
}

/// What a page is that is no article.
fn what_else(row: &Row, declared: Declared) -> &'static str {
    let of = |name: &str| NAMES.iter().position(|known| *known == name).map_or(0.0, |at| row[at]);
    if declared.product || declared.offer {
        "product"
    } else if of("page_prices") > 1.5 || of("page_linked_headings") > 2.0 || of("page_teasers") > 3.0 {
        "listing"
    } else if of("page_comments") > 2.0 {
        "discussion"
    } else {
        "no_article"
    }
}
