//! Where on the page the article is: the element whose blocks add up to most, when running text counts for it and
//! links, buttons and what the markup calls residue count against it.

use std::collections::{HashMap, HashSet};

use crate::evidence::Form;
use crate::fold::key;
use crate::metadata::json_ld::JsonLd;
use crate::metadata::meta;
use crate::page::{Element, Page, Raw, Tag};
use crate::types::Label;

/// The article's part of a page.
#[derive(Debug)]
pub(crate) struct Region {
    /// The blocks of the chosen element.
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// For each block, what the markup around it says, where that is residue.
    pub(crate) hints: Vec<Option<Label>>,
    /// Words of running text on the whole page outside of residue.
    pub(crate) prose: f32,
}

/// An element that the markup calls residue is believed only if it holds less than this share of the running text.
const RESIDUE_SHARE_MAX: f32 = 0.35;
/// The same for comments and teasers, which may well be longer than the article.
const LONG_RESIDUE_SHARE_MAX: f32 = 0.85;
/// Where the markup calls more than this share of the running text residue, its largest claim is not believed.
const HINTED_SHARE_MAX: f32 = 0.65;
/// An element that the markup calls the article's text shields the elements around it from this share on.
const CONTENT_SHARE_MIN: f32 = 0.3;
/// Blocks behind the headline within which the article begins.
const NEAR_HEADLINE: usize = 25;
/// What the nearness to the headline is worth, in words.
const NEAR_HEADLINE_WORDS: f32 = 120.0;

/// Finds the article.
pub(crate) fn find(page: &Page, linked: &JsonLd) -> Region {
    let forms: Vec<Form> = page.blocks.iter().map(|block| Form::of(&block.text)).collect();
    let prose: Vec<f32> = page.blocks.iter().zip(&forms).map(|(block, form)| prose_words(block, *form)).collect();
    let mut hints = believed_hints(page, &prose);
    let stated = Stated::new(page, linked);
    let mut values: Vec<f32> = Vec::with_capacity(page.blocks.len());
    for (index, block) in page.blocks.iter().enumerate() {
        let confirmed = prose[index] > 0.0 && stated.holds(&block.text);
        if confirmed && stated.is_whole {
            hints[index] = None;
        }
        let factor = match (confirmed, stated.is_whole) {
            (true, _) => 2.0,
            (false, true) if prose[index] > 0.0 => 0.2,
            _ => 1.0,
        };
        values.push(value(block, forms[index], prose[index], hints[index]) * factor);
    }
    let total = hints.iter().zip(&prose).filter(|(hint, _)| hint.is_none()).map(|(_, words)| words).sum();
    let best = best_element(page, &sums(&values), headline(page));
    Region { first: page.elements[best].first, end: page.elements[best].end, hints, prose: total }
}

/// What the page states of its own text: all of it in JSON-LD, or its first sentence as the description.
struct Stated {
    text: String,
    is_whole: bool,
}

/// Letters of a block's beginning that must be in the stated text.
const STATED_LETTERS: usize = 40;

impl Stated {
    fn new(page: &Page, linked: &JsonLd) -> Self {
        if let Some(body) = linked.body.as_deref().filter(|body| body.len() > 600) {
            return Self { text: key(body), is_whole: true };
        }
        let description = meta(&page.facts, &["og:description", "description"]).or(linked.description.as_deref());
        Self { text: description.map(key).unwrap_or_default(), is_whole: false }
    }

    fn holds(&self, text: &str) -> bool {
        if self.text.chars().count() < STATED_LETTERS {
            return false;
        }
        let beginning: String = key(text).chars().take(STATED_LETTERS).collect();
        beginning.chars().count() >= STATED_LETTERS / 2 && self.text.contains(&beginning)
    }
}

/// The block of the headline: a heading that the page's title repeats.
fn headline(page: &Page) -> Option<usize> {
    let titles: Vec<String> =
        [page.facts.title.as_deref(), meta(&page.facts, &["og:title"])].into_iter().flatten().map(key).collect();
    let is_headline = |block: &Raw| {
        let Tag::Heading(rank) = block.tag else { return false };
        let heading = key(&block.text);
        rank <= 3 && heading.chars().count() >= 8 && titles.iter().any(|title| title.contains(&heading))
    };
    page.blocks.iter().position(is_headline)
}

/// Hints, with the largest claims dropped until enough of the page is left to be an article.
fn believed_hints(page: &Page, prose: &[f32]) -> Vec<Option<Label>> {
    let total: f32 = prose.iter().sum();
    let sums = sums(prose);
    let mut doubted = Vec::new();
    loop {
        let hints = hints(page, &sums, &doubted);
        let hinted: f32 = hints.iter().zip(prose).filter(|(hint, _)| hint.is_some()).map(|(_, words)| words).sum();
        if hinted < HINTED_SHARE_MAX * total || doubted.len() >= 8 {
            return hints;
        }
        let claims = page.elements.iter().enumerate().filter(|(index, element)| {
            let label = own_hint(element);
            label.is_some() && label != Some(Label::Comment) && !doubted.contains(index)
        });
        let largest = claims.max_by(|left, right| within(&sums, left.1).total_cmp(&within(&sums, right.1)));
        match largest {
            Some((index, element)) if within(&sums, element) > 0.2 * total => doubted.push(index),
            _ => return hints,
        }
    }
}

fn prose_words(block: &Raw, form: Form) -> f32 {
    let running = form.is_prose() || (form.words >= 12.0 && matches!(block.tag, Tag::Paragraph));
    if running && block.link_density() < 0.4 && block.tag != Tag::Button { form.words } else { 0.0 }
}

/// `sums(x)[i]` is the sum of the first `i` values.
fn sums(values: &[f32]) -> Vec<f32> {
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    for value in values {
        sum += value;
        sums.push(sum);
    }
    sums
}

fn within(sums: &[f32], element: &Element) -> f32 {
    sums[element.end] - sums[element.first]
}

fn value(block: &Raw, form: Form, prose: f32, hint: Option<Label>) -> f32 {
    if hint.is_some() || block.tag == Tag::Button {
        return -1.0 - 0.4 * form.words.min(30.0);
    }
    if prose > 0.0 {
        return prose.min(150.0);
    }
    if block.link_density() > 0.5 && block.tag == Tag::Paragraph {
        return -0.5;
    }
    if block.link_density() > 0.5 {
        return -2.0 - 0.3 * form.words.min(20.0);
    }
    match block.tag {
        Tag::Heading(_) => 0.0,
        Tag::Item | Tag::Row | Tag::Cell | Tag::Quote | Tag::Pre => 0.25 * form.words.min(20.0) - 0.8,
        Tag::Paragraph => 0.3 * form.words.min(20.0) - 0.5,
        _ if block.broken => 0.3 * form.words.min(20.0) - 0.5,
        _ => 0.1 * form.words.min(20.0) - 1.0,
    }
}

fn best_element(page: &Page, sums: &[f32], headline: Option<usize>) -> usize {
    let mut best = 0;
    let worth = |element: &Element| {
        let near = headline.is_some_and(|at| element.first <= at + NEAR_HEADLINE && element.end > at);
        let words = within(sums, element);
        words + if near { NEAR_HEADLINE_WORDS.min(words.max(0.0)) } else { 0.0 }
    };
    for (index, element) in page.elements.iter().enumerate() {
        // Of equals the inner one.
        let holds =
            !matches!(element.tag, Tag::Inline | Tag::Paragraph | Tag::Heading(_) | Tag::Item | Tag::Row | Tag::Button);
        if holds && worth(element) >= worth(&page.elements[best]) {
            best = index;
        }
    }
    best
}

/// What the markup around each block calls it, where that can be believed.
fn hints(page: &Page, prose: &[f32], doubted: &[usize]) -> Vec<Option<Label>> {
    let total = prose.last().copied().unwrap_or_default().max(1.0);
    let shielded = shielded(page, prose, total);
    let cards = cards(page, prose, total);
    let shares = shares(page, prose, total);
    let mut labels: Vec<Option<Label>> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let outer = if index == 0 { None } else { labels[element.parent] };
        let own = own_hint(element).or_else(|| cards.contains(&index).then_some(Label::Related));
        let share = match element.tag {
            Tag::Paragraph | Tag::Item | Tag::Heading(_) | Tag::Quote | Tag::Inline => {
                shares.get(&element.signature).copied().unwrap_or_default()
            }
            _ => within(prose, element) / total,
        };
        let believed = own.filter(|&label| {
            let long = label == Label::Comment || cards.contains(&index);
            let share_max = if long { LONG_RESIDUE_SHARE_MAX } else { RESIDUE_SHARE_MAX };
            !shielded[index] && !doubted.contains(&index) && share < share_max
        });
        labels.push(match (outer, believed) {
            // A list within a menu is still the menu; a share bar within comments is still comments.
            (Some(Label::Comment | Label::Nav), _) => outer,
            (_, Some(label)) => Some(label),
            _ => outer,
        });
    }
    page.blocks.iter().map(|block| labels[block.element]).collect()
}

/// For each signature, the share of the running text that its elements hold together: a template that gives every
/// paragraph the same class says nothing by it.
fn shares(page: &Page, prose: &[f32], total: f32) -> HashMap<u64, f32> {
    let mut shares: HashMap<u64, f32> = HashMap::new();
    for element in &page.elements {
        *shares.entry(element.signature).or_default() += within(prose, element) / total;
    }
    shares
}

fn own_hint(element: &Element) -> Option<Label> {
    let by_tag = match element.tag {
        Tag::Nav => Some(Label::Nav),
        Tag::Footer => Some(Label::Legal),
        Tag::Aside => Some(Label::Related),
        _ => None,
    };
    element.names.residue.or(by_tag)
}

/// Elements around an element that is called the article's text and holds much of it.
fn shielded(page: &Page, prose: &[f32], total: f32) -> Vec<bool> {
    let mut shielded = vec![false; page.elements.len()];
    for (own, element) in page.elements.iter().enumerate() {
        if !element.names.content || within(prose, element) < CONTENT_SHARE_MIN * total {
            continue;
        }
        let mut index = if element.names.residue.is_some() { own } else { element.parent };
        while !shielded[index] {
            shielded[index] = true;
            index = page.elements[index].parent;
        }
    }
    shielded
}

/// Siblings made by one template, each with a linked headline and little else: teasers of other articles.
fn cards(page: &Page, prose: &[f32], total: f32) -> HashSet<usize> {
    let mut groups: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    for (index, element) in page.elements.iter().enumerate().skip(1) {
        let can_be = matches!(element.tag, Tag::Div | Tag::Article | Tag::Item | Tag::Section | Tag::Row | Tag::Cell);
        if can_be && element.end > element.first && element.end - element.first <= 12 {
            groups.entry((element.parent, element.signature)).or_default().push(index);
        }
    }
    let mut cards = HashSet::new();
    for members in groups.values().filter(|members| members.len() >= 3) {
        let teasers = members.iter().filter(|&&index| is_teaser(page, &page.elements[index])).count();
        let held: f32 = members.iter().map(|&index| within(prose, &page.elements[index])).sum();
        if teasers * 10 >= members.len() * 8 && held < LONG_RESIDUE_SHARE_MAX * total {
            cards.extend(members);
        }
    }
    cards
}

fn is_teaser(page: &Page, element: &Element) -> bool {
    let blocks = &page.blocks[element.first..element.end];
    let words: f32 = blocks.iter().map(|block| block.words).sum();
    let headline = blocks.iter().any(|block| block.link_density() > 0.8 && block.link_words >= 4.0);
    headline && words < 90.0
}
