//! Where on the page the article is: the element whose blocks add up to most, when running text counts for it and
//! links, buttons and what the markup calls residue count against it.

use std::collections::HashMap;

use crate::evidence::Form;
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
/// The same for comments, which may well be longer than the article.
const COMMENT_SHARE_MAX: f32 = 0.85;
/// An element that the markup calls the article's text shields the elements around it from this share on.
const CONTENT_SHARE_MIN: f32 = 0.3;

/// Finds the article.
pub(crate) fn find(page: &Page) -> Region {
    let forms: Vec<Form> = page.blocks.iter().map(|block| Form::of(&block.text)).collect();
    let prose: Vec<f32> = page.blocks.iter().zip(&forms).map(|(block, form)| prose_words(block, *form)).collect();
    let hints = hints(page, &sums(&prose));
    let values: Vec<f32> = (0..page.blocks.len())
        .map(|index| value(&page.blocks[index], forms[index], prose[index], hints[index]))
        .collect();
    let total = hints.iter().zip(&prose).filter(|(hint, _)| hint.is_none()).map(|(_, words)| words).sum();
    let best = best_element(page, &sums(&values));
    Region { first: page.elements[best].first, end: page.elements[best].end, hints, prose: total }
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

fn best_element(page: &Page, sums: &[f32]) -> usize {
    let mut best = 0;
    for (index, element) in page.elements.iter().enumerate() {
        // Of equals the inner one.
        if within(sums, element) >= within(sums, &page.elements[best]) && element.tag != Tag::Inline {
            best = index;
        }
    }
    best
}

/// What the markup around each block calls it, where that can be believed.
fn hints(page: &Page, prose: &[f32]) -> Vec<Option<Label>> {
    let total = prose.last().copied().unwrap_or_default().max(1.0);
    let shielded = shielded(page, prose, total);
    let cards = cards(page, prose, total);
    let mut labels: Vec<Option<Label>> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let outer = if index == 0 { None } else { labels[element.parent] };
        let own = own_hint(element).or_else(|| cards.contains_key(&index).then_some(Label::Related));
        let share = within(prose, element) / total;
        let believed = own.filter(|&label| {
            !shielded[index] && share < if label == Label::Comment { COMMENT_SHARE_MAX } else { RESIDUE_SHARE_MAX }
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
    for element in &page.elements {
        let is_content = element.names.content && element.names.residue.is_none();
        if !is_content || within(prose, element) < CONTENT_SHARE_MIN * total {
            continue;
        }
        let mut index = element.parent;
        while !shielded[index] {
            shielded[index] = true;
            index = page.elements[index].parent;
        }
    }
    shielded
}

/// Siblings made by one template, each with a linked headline and little else: teasers of other articles.
fn cards(page: &Page, prose: &[f32], total: f32) -> HashMap<usize, ()> {
    let mut groups: HashMap<(usize, u64), Vec<usize>> = HashMap::new();
    for (index, element) in page.elements.iter().enumerate().skip(1) {
        let can_be = matches!(element.tag, Tag::Div | Tag::Article | Tag::Item | Tag::Section | Tag::Row | Tag::Cell);
        if can_be && element.end > element.first && element.end - element.first <= 12 {
            groups.entry((element.parent, element.signature)).or_default().push(index);
        }
    }
    let mut cards = HashMap::new();
    for members in groups.values().filter(|members| members.len() >= 3) {
        let teasers = members.iter().filter(|&&index| is_teaser(page, &page.elements[index])).count();
        let held: f32 = members.iter().map(|&index| within(prose, &page.elements[index])).sum();
        if teasers * 10 >= members.len() * 8 && held < RESIDUE_SHARE_MAX * total {
            cards.extend(members.iter().map(|&index| (index, ())));
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
