//! The headline, without the site's name. What the page shows as a heading is weighed by how much of what the page
//! states of itself agrees with it; a statement stands in where no heading is fit.

use std::hash::{BuildHasher, Hasher};

use super::Anchor;
use super::entities::decode;
use super::json_ld::JsonLd;
use super::meta;
use super::site::Site;

use crate::fold::{Quick, collapse, is_unspaced, key};
use crate::limits::HEADINGS_MAX;
use crate::page::{CaptureKind, Page, Place, Raw, Tag};
use crate::region::Region;
use crate::types::{Context, FieldSource, Found, Label};

/// The title, and the block that shows it.
#[derive(Debug, Default)]
pub(super) struct Title {
    pub(super) found: Option<Found<String>>,
    pub(super) block: Option<usize>,
}

/// Chooses among the page's own headings, what it states, and its `title` element.
pub(super) fn choose(page: &Page, region: &Region, linked: &JsonLd, site: &Site, context: &Context<'_>) -> Title {
    let statements = statements(page, linked, site);
    let text_at = super::first_text(page, region);
    let headings = headings(page, region, linked);
    let mut best: Option<(f32, &Heading)> = None;
    for heading in &headings {
        let score = heading.score(&statements, site, Anchor { title: None, text: text_at }, region.end);
        if best.is_none_or(|(other, _)| score > other) {
            best = Some((score, heading));
        }
    }
    let best = best.filter(|(score, _)| *score >= SCORE_MIN).map(|(_, heading)| heading);
    if let Some(heading) = best.map(|best| nearer(best, &headings, linked, text_at)) {
        let text = without_kicker(&heading.text, &heading.key, &statements);
        let text = text.map_or_else(|| site.cut(&heading.text), str::to_owned);
        return Title { found: Some(Found::new(text, FieldSource::Heading)), block: Some(heading.block) };
    }
    let stated = statements.iter().any(|statement| statement.source != FieldSource::TitleElement);
    if let Some((text, block)) = (!stated).then_some(()).and_then(|()| shown_part(page, region, &statements, text_at)) {
        return Title { found: Some(Found::new(text, FieldSource::Text)), block: Some(block) };
    }
    let found = by_statement(&statements, site).or_else(|| {
        let heading = headings.iter().find(|heading| !site.is_name(&heading.key));
        heading.map(|heading| Found::new(heading.text.clone(), FieldSource::Heading))
    });
    if found.is_some() || context.feed.title.is_some() {
        let by_feed = || context.feed.title.map(|title| Found::new(collapse(title), FieldSource::Feed));
        return Title { found: found.or_else(by_feed), block: None };
    }
    let line = line_above(page, region, text_at);
    Title { found: line.map(|at| Found::new(page.blocks[at].text.clone(), FieldSource::Text)), block: line }
}

/// Blocks in front of the text in which a headline may be set in plain letters.
const ABOVE_TEXT: usize = 30;

/// The statement, or its part before or behind a mark, that the page shows as a line above the text.
fn shown_part(page: &Page, region: &Region, statements: &[Statement], text_at: usize) -> Option<(String, usize)> {
    let above = text_at.saturating_sub(ABOVE_TEXT)..(text_at + 2).min(page.blocks.len());
    let lines: Vec<(usize, String)> = above
        .filter(|index| page.blocks[*index].words <= 40.0 && !page.blocks[*index].place.nav)
        .filter(|index| !matches!(region.hints[*index], Some(Label::Nav | Label::Comment | Label::Related)))
        .map(|index| (index, key(&page.blocks[index].text)))
        .collect();
    for statement in statements {
        let parts = statement.beginnings.iter().chain(&statement.ends);
        let longest = std::iter::once(&statement.key).chain(parts).filter(|part| {
            let letters = part.chars().count();
            letters >= if part.chars().any(is_unspaced) { PART_LETTERS_MIN / 2 } else { PART_LETTERS_MIN }
        });
        let shown = longest
            .filter_map(|part| lines.iter().rev().find(|(_, line)| line == part).map(|(at, _)| (part.len(), *at)));
        if let Some((_, at)) = shown.max() {
            return Some((page.blocks[at].text.clone(), at));
        }
    }
    None
}

/// Words of a line that may be a headline where nothing else tells.
const LINE_WORDS: std::ops::RangeInclusive<f32> = 3.0..=25.0;

/// The last line above the text that says something, where a page has neither title nor heading.
fn line_above(page: &Page, region: &Region, text_at: usize) -> Option<usize> {
    (text_at.saturating_sub(4)..text_at).rev().find(|&index| {
        let block = &page.blocks[index];
        LINE_WORDS.contains(&block.words)
            && block.link_density() < 0.5
            && region.hints[index].is_none()
            && !crate::fields::is_date_line(&block.text)
            && !crate::fields::is_byline(&block.text)
    })
}

/// Some sites write a headline for search engines above the one for readers. The latter is the one in JSON-LD.
fn nearer<'a>(best: &'a Heading, headings: &'a [Heading], linked: &JsonLd, text_at: usize) -> &'a Heading {
    let Some(stated) = linked.headline.as_deref().map(key).filter(|stated| *stated != best.key) else { return best };
    let for_readers = headings.iter().find(|heading| {
        heading.key == stated && (best.block..=text_at).contains(&heading.block) && heading.letters >= PART_LETTERS_MIN
    });
    for_readers.filter(|heading| heading.hint.is_none()).unwrap_or(best)
}

/// What a heading must score to be the title. One of the first rank that nothing speaks against does.
const SCORE_MIN: f32 = 2.2;
/// Characters of a heading longer than which it is a paragraph in large letters.
const HEADING_CHARS_MAX: usize = 300;
/// Letters that a part of a statement needs to be told from a chance repetition.
const PART_LETTERS_MIN: usize = 12;

/// What the page says its title is.
struct Statement {
    text: String,
    key: String,
    source: FieldSource,
    /// More where several say the same.
    weight: f32,
    words: Vec<u64>,
    /// Its beginnings and ends at marks that part a headline from a site's name, comparable.
    beginnings: Vec<String>,
    ends: Vec<String>,
}

fn statements(page: &Page, linked: &JsonLd, site: &Site) -> Vec<Statement> {
    let facts = &page.facts;
    let itemprop = facts
        .captured
        .iter()
        .find(|capture| matches!(&capture.kind, CaptureKind::Itemprop(name) if name == "headline") && !capture.residue);
    let itemprop = itemprop.and_then(|capture| capture.stated.as_deref().or(Some(capture.text.as_str())));
    let stated = [
        (linked.headline.as_deref(), FieldSource::JsonLd, 2.0),
        (meta(facts, &["og:title"]), FieldSource::Meta, 2.0),
        (meta(facts, &["twitter:title"]), FieldSource::Meta, 0.7),
        (meta(facts, &["dc.title", "dcterms.title", "citation_title", "headline", "title"]), FieldSource::Meta, 0.7),
        (itemprop, FieldSource::Microdata, 1.0),
        (facts.title.as_deref(), FieldSource::TitleElement, 2.0),
    ];
    let mut statements: Vec<Statement> = Vec::new();
    for (text, source, weight) in stated {
        let Some(text) = text else { continue };
        let text = collapse(&decode(text));
        let whole = key(&text);
        if whole.is_empty() || text.chars().count() > 2 * HEADING_CHARS_MAX {
            continue;
        }
        if let Some(same) = statements.iter_mut().find(|statement| statement.key == whole) {
            same.weight += weight;
            continue;
        }
        let (mut beginnings, mut ends) = (Vec::new(), Vec::new());
        for (left, right) in site.partings(&text) {
            beginnings.push(key(left));
            ends.push(key(right));
        }
        statements.push(Statement { key: whole, words: digests(&text), text, source, weight, beginnings, ends });
    }
    statements
}

impl Statement {
    /// How far a heading is what is stated, from 0 to 1.
    fn agrees(&self, heading: &Heading) -> f32 {
        let (own, letters) = (&heading.key, heading.letters);
        if self.key == *own {
            return 1.0;
        }
        if self.beginnings.contains(own) {
            return 0.9;
        }
        if letters >= PART_LETTERS_MIN && self.key.starts_with(own.as_str()) {
            return 0.8;
        }
        if self.key.chars().count() >= PART_LETTERS_MIN && own.ends_with(self.key.as_str()) {
            return 0.8;
        }
        if self.ends.contains(own) {
            return if letters >= PART_LETTERS_MIN { 0.6 } else { 0.3 };
        }
        if letters >= PART_LETTERS_MIN && (self.key.ends_with(own.as_str()) || own.starts_with(self.key.as_str())) {
            return 0.6;
        }
        let shared = shared_words(&self.words, &heading.words);
        if shared >= 0.4 { 0.7 * shared } else { 0.0 }
    }
}

/// The share of words that two titles have in common.
fn shared_words(left: &[u64], right: &[u64]) -> f32 {
    let most = left.len().max(right.len());
    if most < 2 {
        return 0.0;
    }
    left.iter().filter(|word| right.binary_search(word).is_ok()).count() as f32 / most as f32
}

/// Words of a title that are compared.
const TITLE_WORDS_MAX: usize = 60;

/// Digests of a title's words, sorted; of pairs of characters where a script has no spaces.
fn digests(text: &str) -> Vec<u64> {
    let mut digests = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).take(TITLE_WORDS_MAX) {
        let mut before = None;
        let mut whole = Quick::default().build_hasher();
        for c in word.chars().flat_map(char::to_lowercase) {
            if let Some(before) = before.filter(|_| is_unspaced(c)) {
                let mut pair = Quick::default().build_hasher();
                pair.write_u32(before);
                pair.write_u32(c as u32);
                digests.push(pair.finish());
            }
            before = Some(c as u32);
            whole.write_u32(c as u32);
        }
        if !word.starts_with(is_unspaced) {
            digests.push(whole.finish());
        }
    }
    digests.truncate(TITLE_WORDS_MAX);
    digests.sort_unstable();
    digests
}

/// A heading that may be the title.
struct Heading {
    text: String,
    key: String,
    letters: usize,
    words: Vec<u64>,
    block: usize,
    rank: u8,
    /// Its class or `itemprop` calls it the title.
    named: bool,
    place: Place,
    /// What the markup around it says, where that is no article.
    hint: Option<Label>,
    /// The only one of the first rank.
    only: bool,
    /// A menu on the page repeats it.
    in_menu: bool,
}

impl Heading {
    fn score(&self, statements: &[Statement], site: &Site, anchor: Anchor, end: usize) -> f32 {
        if self.letters < 2 || site.is_name(&self.key) {
            return -10.0;
        }
        let mut score = match self.rank {
            1 if self.only => 3.0,
            1 => 2.5,
            2 => 0.8,
            _ => 0.3,
        };
        score += if self.named { 1.2 } else { 0.0 };
        let agreed = statements.iter().map(|statement| statement.weight * statement.agrees(self)).sum::<f32>();
        score += agreed;
        // A word or two that only a menu repeats name a section.
        let foreign =
            || statements.iter().all(|statement| self.words.iter().all(|word| !statement.words.contains(word)));
        if self.in_menu && agreed == 0.0 && !statements.is_empty() && foreign() {
            score -= 2.0;
        }
        score += self.position(anchor.text, end);
        if self.text.split_whitespace().count() < 2 && !self.text.chars().any(is_unspaced) {
            score -= 0.8;
        }
        score
    }

    /// A headline stands shortly in front of the text, and not in a menu.
    fn position(&self, text_at: usize, end: usize) -> f32 {
        let mut worth = if self.block > end {
            -4.0
        } else if self.block > text_at {
            -0.8
        } else if text_at - self.block < 15 {
            1.0
        } else {
            0.0
        };
        worth -= if self.place.footer { 4.0 } else { 0.0 };
        worth -= match self.hint {
            Some(Label::Comment | Label::Related | Label::Nav | Label::Ad | Label::Subscribe) => 2.0,
            Some(_) => 0.5,
            None if self.place.nav || self.place.aside => 2.0,
            None => 0.0,
        };
        worth -= if self.place.form { 1.0 } else { 0.0 };
        worth
    }
}

/// Blocks among which a menu is looked for.
const MENU_BLOCKS_MAX: usize = 2000;

/// Headings of the first rank, then those that the markup calls the title and those of lower ranks.
fn headings(page: &Page, region: &Region, linked: &JsonLd) -> Vec<Heading> {
    let facts = &page.facts;
    let mut headings: Vec<Heading> = Vec::new();
    let mut take = |text: &str, block: usize, rank, named, place| {
        let known = headings.iter().any(|heading| heading.block == block && heading.rank <= rank);
        let own = key(text);
        if headings.len() < HEADINGS_MAX && !known && !own.is_empty() && text.chars().count() < HEADING_CHARS_MAX {
            let letters = own.chars().count();
            let (text, key) = (text.to_owned(), own);
            let hint = region.hints.get(block).copied().flatten();
            let words = digests(&text);
            headings.push(Heading {
                text,
                key,
                letters,
                words,
                block,
                rank,
                named,
                place,
                hint,
                only: false,
                in_menu: false,
            });
        }
    };
    for capture in &facts.captured {
        let block = page.blocks.get(capture.block);
        let tag = block.map(|block| block.tag);
        let (rank, named) = match &capture.kind {
            CaptureKind::Heading => (1, block.is_some_and(|block| block.field == Some(Label::Title))),
            CaptureKind::Itemprop(name) if name == "headline" && !capture.text.is_empty() => match tag {
                Some(Tag::Heading(rank)) => (rank, true),
                _ => (3, true),
            },
            CaptureKind::Itemprop(name) if name == "name" && tag == Some(Tag::Heading(1)) => (1, false),
            _ => continue,
        };
        take(&capture.text, capture.block, rank, named, capture.place);
    }
    let until = region.end.min(page.blocks.len());
    for (index, block) in page.blocks[..until].iter().enumerate() {
        let named = block.field == Some(Label::Title);
        match block.tag {
            Tag::Heading(rank @ 2..=4) => take(&block.text, index, rank, named, block.place),
            Tag::Heading(_) => {}
            _ if named && block.words <= 40.0 => {
                take(&block.text, index, 3, named, block.place);
            }
            _ => {}
        }
    }
    for heading in
        headings.iter_mut().filter(|heading| heading.rank == 1 && heading.text.split_whitespace().count() <= 2)
    {
        let in_menu = |block: &Raw| block.link_density() > 0.8 && block.words <= 4.0 && key(&block.text) == heading.key;
        heading.in_menu = page.blocks.iter().take(MENU_BLOCKS_MAX).any(in_menu);
    }
    let first = headings.iter().filter(|heading| heading.rank == 1).count();
    if first == 1
        && let Some(heading) = headings.iter_mut().find(|heading| heading.rank == 1)
    {
        heading.only = true;
    }
    if let Some(stated) = linked.headline.as_deref().map(key).filter(|_| headings.is_empty()) {
        // A page may set its headline in a plain paragraph.
        let shown = page.blocks[..until].iter().position(|block| block.words <= 40.0 && key(&block.text) == stated);
        if let Some(block) = shown {
            let letters = stated.chars().count();
            headings.push(Heading {
                text: page.blocks[block].text.clone(),
                key: stated,
                letters,
                words: digests(&page.blocks[block].text),
                block,
                rank: 3,
                named: false,
                place: page.blocks[block].place,
                hint: None,
                only: false,
                in_menu: false,
            });
        }
    }
    headings
}

/// `Culture The bridge opens` where the page states `The bridge opens`.
fn without_kicker<'a>(text: &str, own: &str, statements: &'a [Statement]) -> Option<&'a str> {
    let whole: f32 = statements.iter().filter(|other| other.key.starts_with(own)).map(|other| other.weight).sum();
    let fits = |statement: &&Statement| {
        statement.key.chars().count() >= PART_LETTERS_MIN
            && statement.key.len() < own.len()
            && own.ends_with(statement.key.as_str())
            && statement.text.split_whitespace().count() * 3 >= text.split_whitespace().count()
    };
    let shorter = statements.iter().find(fits)?;
    let alike: f32 = statements.iter().filter(|other| other.key == shorter.key).map(|other| other.weight).sum();
    (alike > whole).then_some(shorter.text.as_str())
}

fn by_statement(statements: &[Statement], site: &Site) -> Option<Found<String>> {
    let stated = statements.iter().filter(|statement| !site.is_name(&statement.key));
    // What another statement repeats with a site's name behind it is the headline alone.
    let mut chosen: Option<&Statement> = None;
    for statement in stated {
        let shorter = chosen.is_none_or(|chosen| {
            statement.key.chars().count() >= PART_LETTERS_MIN && chosen.beginnings.contains(&statement.key)
        });
        if shorter {
            chosen = Some(statement);
        }
    }
    chosen.map(|statement| Found::new(site.cut(&statement.text), statement.source))
}
