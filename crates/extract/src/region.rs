//! Where on the page the article is: the element whose blocks add up to most, when running text counts for it and
//! links, buttons and what the markup calls residue count against it.

use memchr::memmem;

use crate::fold::{key, key_of_front};
use crate::metadata::json_ld::JsonLd;
use crate::metadata::meta;
use crate::page::{Element, Page, Raw, Tag, sums};
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
    /// Which blocks the page states elsewhere as its text.
    pub(crate) stated: Vec<bool>,
    pub(crate) stated_whole: bool,
    pub(crate) headline: Option<usize>,
    /// Which elements are other articles, with a main heading of their own.
    pub(crate) others: Vec<bool>,
}

impl Region {
    /// Of text that has no markup: all of it.
    pub(crate) fn whole(count: usize) -> Self {
        Self {
            first: 0,
            end: count,
            hints: vec![None; count],
            prose: 0.0,
            stated: vec![false; count],
            stated_whole: false,
            headline: None,
            others: Vec::new(),
        }
    }
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
    let prose: Vec<f32> = page.blocks.iter().map(prose_words).collect();
    let headline = headline(page);
    let held = sums(prose.iter().copied());
    let others = others(page, &held, headline);
    let mut hints = believed_hints(page, &prose, &held, &others);
    let mut stated = Stated::new(page, linked);
    let mut confirmations = Vec::with_capacity(page.blocks.len());
    let mut values: Vec<f32> = Vec::with_capacity(page.blocks.len());
    for (index, block) in page.blocks.iter().enumerate() {
        let confirmed = prose[index] > 0.0 && stated.holds(&block.text);
        confirmations.push(confirmed);
        if confirmed && stated.is_whole {
            hints[index] = None;
        }
        let factor = match (confirmed, stated.is_whole) {
            (true, _) => 2.0,
            (false, true) if prose[index] > 0.0 => 0.2,
            _ => 1.0,
        };
        values.push(value(block, prose[index], hints[index]) * factor);
    }
    let total = hints.iter().zip(&prose).filter(|(hint, _)| hint.is_none()).map(|(_, words)| words).sum();
    let best = best_element(page, &sums(values), headline);
    Region {
        first: page.elements[best].first,
        end: page.elements[best].end,
        hints,
        prose: total,
        stated: confirmations,
        stated_whole: stated.is_whole,
        headline,
        others,
    }
}

/// What the page states of its own text: all of it in JSON-LD, or its first sentence as the description.
struct Stated {
    text: String,
    is_whole: bool,
    /// Bytes of it that may still be looked through: a page with a long text and many blocks costs no more.
    budget: usize,
}

/// Letters of a block's beginning that must be in the stated text.
const STATED_LETTERS: usize = 40;
/// Bytes of the stated text that are looked through for all blocks together.
const STATED_BYTES_MAX: usize = 256 << 20;

impl Stated {
    fn new(page: &Page, linked: &JsonLd) -> Self {
        let whole = linked.body.as_deref().filter(|body| body.len() > 600);
        let is_whole = whole.is_some();
        let description = || meta(&page.facts, &["og:description", "description"]).or(linked.description.as_deref());
        let text = whole.or_else(description).map(key).unwrap_or_default();
        let enough = text.chars().nth(STATED_LETTERS - 1).is_some();
        Self { text: if enough { text } else { String::new() }, is_whole, budget: STATED_BYTES_MAX }
    }

    fn holds(&mut self, text: &str) -> bool {
        if self.text.is_empty() || self.budget < self.text.len() {
            return false;
        }
        let beginning = key_of_front(text, STATED_LETTERS);
        if beginning.chars().nth(STATED_LETTERS / 2 - 1).is_none() {
            return false;
        }
        let found = memmem::find(self.text.as_bytes(), beginning.as_bytes());
        self.budget -= found.unwrap_or(self.text.len());
        found.is_some()
    }
}

/// Letters of a title that are looked at.
const TITLE_CHARS_MAX: usize = 2000;

/// The block of the headline: a heading that the page's title repeats.
fn headline(page: &Page) -> Option<usize> {
    let titles = [page.facts.title.as_deref(), meta(&page.facts, &["og:title"])].into_iter().flatten();
    let titles: Vec<String> = titles.map(|title| key_of_front(title, TITLE_CHARS_MAX)).collect();
    let is_headline = |block: &Raw| {
        let Tag::Heading(1..=3) = block.tag else { return false };
        let heading = key_of_front(&block.text, TITLE_CHARS_MAX + 1);
        heading.chars().nth(7).is_some() && titles.iter().any(|title| title.contains(&heading))
    };
    page.blocks.iter().position(is_headline)
}

/// Hints, with the largest claims dropped until enough of the page is left to be an article.
fn believed_hints(page: &Page, prose: &[f32], sums: &[f32], others: &[bool]) -> Vec<Option<Label>> {
    let total: f32 = prose.iter().sum();
    let claims = Claims::of(page, sums, others);
    let mut doubted = Vec::new();
    loop {
        let hints = claims.hints(page, &doubted);
        let hinted: f32 = hints.iter().zip(prose).filter(|(hint, _)| hint.is_some()).map(|(_, words)| words).sum();
        if hinted < HINTED_SHARE_MAX * total || doubted.len() >= 8 {
            return hints;
        }
        let named = page.elements.iter().enumerate().filter(|(index, element)| {
            let label = own_hint(element);
            label.is_some() && label != Some(Label::Comment) && !doubted.contains(index)
        });
        let largest = named.max_by(|left, right| left.1.within(sums).total_cmp(&right.1.within(sums)));
        match largest {
            Some((index, element)) if element.within(sums) > 0.2 * total => doubted.push(index),
            _ => return hints,
        }
    }
}

fn prose_words(block: &Raw) -> f32 {
    let form = block.form;
    let running = form.is_prose() || (form.words >= 12.0 && matches!(block.tag, Tag::Paragraph));
    if running && block.link_density() < 0.4 && block.tag != Tag::Button { form.words } else { 0.0 }
}

fn value(block: &Raw, prose: f32, hint: Option<Label>) -> f32 {
    let form = block.form;
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
        let words = element.within(sums);
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

/// What the markup calls each element, where that can be believed.
struct Claims(Vec<Option<Label>>);

impl Claims {
    fn of(page: &Page, prose: &[f32], others: &[bool]) -> Self {
        let total = prose.last().copied().unwrap_or_default().max(1.0);
        let shielded = shielded(page, prose, total);
        let cards = cards(page, prose, total);
        let shares = shares(page, prose, total);
        let believed = |(index, element): (usize, &Element)| {
            if others[index] {
                return Some(Label::Related);
            }
            let label = own_hint(element).or_else(|| cards[index].then_some(Label::Related))?;
            let share = match element.tag {
                Tag::Paragraph | Tag::Item | Tag::Heading(_) | Tag::Quote | Tag::Inline => {
                    shares[element.signature as usize]
                }
                _ => element.within(prose) / total,
            };
            let long = label == Label::Comment || cards[index];
            let share_max = if long { LONG_RESIDUE_SHARE_MAX } else { RESIDUE_SHARE_MAX };
            (!shielded[index] && share < share_max).then_some(label)
        };
        Self(page.elements.iter().enumerate().map(believed).collect())
    }

    /// What the markup around each block calls it, apart from some claims that are doubted.
    fn hints(&self, page: &Page, doubted: &[usize]) -> Vec<Option<Label>> {
        let mut labels: Vec<Option<Label>> = Vec::with_capacity(page.elements.len());
        for (index, element) in page.elements.iter().enumerate() {
            let outer = if index == 0 { None } else { labels[element.parent] };
            let believed = self.0[index].filter(|_| !doubted.contains(&index));
            labels.push(match (outer, believed) {
                // A list within a menu is still the menu; a share bar within comments is still comments.
                (Some(Label::Comment | Label::Nav), _) => outer,
                (_, Some(label)) => Some(label),
                _ => outer,
            });
        }
        page.blocks.iter().map(|block| labels[block.element]).collect()
    }
}

/// Words of running text behind a headline that are an article, so that what follows may be another one.
const FIRST_WORDS_MIN: f32 = 100.0;

/// Articles that have a main heading of their own, on a page whose headline is one and stands elsewhere: some sites let the
/// next story follow.
fn others(page: &Page, prose: &[f32], headline: Option<usize>) -> Vec<bool> {
    let is_main = |at: usize| page.blocks[at].tag == Tag::Heading(1);
    let Some(headline) = headline.filter(|headline| is_main(*headline)) else {
        return vec![false; page.elements.len()];
    };
    let mains = sums((0..page.blocks.len()).map(|at| f32::from(u8::from(is_main(at)))));
    let is_other = |element: &Element| {
        element.tag == Tag::Article
            && element.first > headline
            && prose[element.first] - prose[headline] >= FIRST_WORDS_MIN
            && element.within(&mains) > 0.0
    };
    page.elements.iter().map(is_other).collect()
}

/// For each signature, the share of the running text that its elements hold together: a template that gives every
/// paragraph the same class says nothing by it.
fn shares(page: &Page, prose: &[f32], total: f32) -> Vec<f32> {
    let mut shares = vec![0.0; page.signature_count];
    for element in &page.elements {
        shares[element.signature as usize] += element.within(prose) / total;
    }
    shares
}

pub(crate) fn own_hint(element: &Element) -> Option<Label> {
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
        if !element.names.content || element.within(prose) < CONTENT_SHARE_MIN * total {
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

/// Blocks of a teaser.
const CARD_BLOCKS_MAX: usize = 12;

/// Siblings made by one template, each with a linked headline and little else: teasers of other articles.
fn cards(page: &Page, prose: &[f32], total: f32) -> Vec<bool> {
    #[derive(Clone, Copy, Default)]
    struct Group {
        members: usize,
        teasers: usize,
        held: f32,
    }
    let can_be = |element: &Element| {
        let tag = matches!(element.tag, Tag::Div | Tag::Article | Tag::Item | Tag::Section | Tag::Row | Tag::Cell);
        tag && element.end > element.first && element.end - element.first <= CARD_BLOCKS_MAX
    };
    let mut groups = vec![Group::default(); page.kin_count];
    for element in page.elements.iter().skip(1).filter(|element| can_be(element)) {
        groups[element.kin as usize].members += 1;
    }
    for element in page.elements.iter().skip(1).filter(|element| can_be(element)) {
        let group = &mut groups[element.kin as usize];
        if group.members >= 3 {
            group.teasers += usize::from(is_teaser(page, element));
            group.held += element.within(prose);
        }
    }
    let is_card = |(index, element): (usize, &Element)| {
        let group = groups[element.kin as usize];
        index > 0
            && group.members >= 3
            && group.teasers * 10 >= group.members * 8
            && group.held < LONG_RESIDUE_SHARE_MAX * total
            && can_be(element)
    };
    page.elements.iter().enumerate().map(is_card).collect()
}

fn is_teaser(page: &Page, element: &Element) -> bool {
    let blocks = &page.blocks[element.first..element.end];
    let words: f32 = blocks.iter().map(|block| block.words).sum();
    let headline = blocks.iter().any(|block| block.link_density() > 0.8 && block.link_words >= 4.0);
    headline && words < 90.0
}
