//! Names every block of a page.

use std::borrow::Cow;

use crate::agency;
use crate::evidence::{Evidence, Form, Position, Room, weigh};
use crate::features::Sources;
use crate::fields::{self, split_caption};
use crate::fold::key_is;
use crate::judge::{self, Judged};
use crate::mentioned;
use crate::metadata::Metadata;
use crate::model::Model;
use crate::page::{Map, Page, Raw, Tag};
use crate::reasons;
use crate::region::Region;
use crate::sequence::{State, decode};
use crate::thread;
use crate::types::{Block, Label};
use crate::wording::Hit;

/// The blocks with their names, and the fields that they hold.
#[derive(Debug, Default)]
pub(crate) struct Labelled {
    pub(crate) blocks: Vec<Block>,
    /// How many of them are kept.
    kept: usize,
    /// The probability that each block is text.
    pub(crate) judged: Vec<f32>,
    pub(crate) deck: Vec<String>,
    pub(crate) bylines: Vec<String>,
    /// Who signed a line above the text.
    pub(crate) signed: Vec<String>,
    pub(crate) captions: Vec<String>,
    pub(crate) credits: Vec<String>,
    pub(crate) related: Vec<String>,
    pub(crate) lead: Option<agency::Lead>,
    /// Which pictures stand within the article.
    pub(crate) images: Vec<(String, String)>,
}

/// Hands what the blocks' features are made of to `take`.
pub(crate) fn with_sources<T>(
    page: &Page,
    region: &Region,
    metadata: &Metadata,
    take: impl FnOnce(&Sources<'_>) -> T,
) -> T {
    Names::new(page, region, metadata).with_sources(page, take)
}

/// Names all blocks.
pub(crate) fn blocks(page: &Page, region: &Region, metadata: &Metadata, model: &Model, explain: bool) -> Labelled {
    let context = Names::new(page, region, metadata);
    let mut labelled = context.with_sources(page, |sources| context.label(sources, model, explain));
    labelled.signed = context.signed();
    for image in &page.facts.images {
        if image.block >= region.first && image.block <= region.end && !context.hinted(image.block) {
            labelled.images.push((image.source.clone(), image.alt.clone()));
        }
    }
    labelled
}

struct Names<'a> {
    blocks: &'a [Raw],
    region: &'a Region,
    title: String,
    deck: String,
    authors: &'a [String],
    first_prose: usize,
    last_prose: usize,
    title_at: Option<usize>,
    /// For each block, the field that the markup around it names.
    fields: Vec<Option<Label>>,
    /// Where the element ends that holds most of the text, if one does.
    main_end: Option<usize>,
}

impl<'a> Names<'a> {
    fn new(page: &'a Page, region: &'a Region, metadata: &'a Metadata) -> Self {
        let prose = |index: &usize| {
            page.blocks[*index].form.is_prose()
                && region.hints[*index].is_none()
                && page.blocks[*index].link_density() < 0.4
        };
        let first_prose = (region.first..region.end).find(prose).unwrap_or(region.first);
        let last_prose = (region.first..region.end).rev().find(prose).unwrap_or(region.end);
        let title = metadata.title_key();
        let deck = metadata.description_key();
        let title_at = title_block(page, &title, first_prose);
        let fields = named_fields(page);
        let main_end = main_end(page, region);
        let authors = metadata.authors();
        Self { blocks: &page.blocks, region, title, deck, authors, first_prose, last_prose, title_at, fields, main_end }
    }

    fn weigh_all(&self) -> (Vec<Evidence>, Vec<Option<Hit>>) {
        let mut room = Room::default();
        (0..self.blocks.len()).map(|index| self.weigh(index, &mut room)).unzip()
    }

    fn with_sources<T>(&self, page: &Page, take: impl FnOnce(&Sources<'_>) -> T) -> T {
        let (evidence, hits) = self.weigh_all();
        let states = decode(&evidence[self.region.first..self.region.end]);
        take(&Sources {
            page,
            region: self.region,
            evidence: &evidence,
            states: &states,
            hits: &hits,
            headline: self.title_at.or(self.region.headline),
            title: &self.title,
        })
    }

    fn label(&self, sources: &Sources<'_>, model: &Model, explain: bool) -> Labelled {
        let judged = judge::blocks(sources, model, explain);
        let mut named: Vec<reasons::Named> = (0..self.blocks.len())
            .map(|index| {
                let state = index.checked_sub(self.region.first).and_then(|at| sources.states.get(at)).copied();
                self.name(index, &sources.evidence[index], state, &judged)
            })
            .collect();
        for index in thread::find(sources, &named) {
            named[index] = (Label::Comment, false, "thread");
        }
        for index in mentioned::find(sources, &named) {
            named[index] = (text_label(&self.blocks[index]), true, "mentioned");
        }
        let reasons = reasons::of_page(sources, &named, &judged, explain.then_some(model));
        let mut labelled = Labelled::default();
        for ((raw, (label, kept, rule)), reason) in self.blocks.iter().zip(named).zip(reasons) {
            labelled.take(raw, label, kept, rule, reason);
        }
        labelled.judged = judged.text;
        labelled
    }

    fn hinted(&self, index: usize) -> bool {
        self.region.hints.get(index).is_some_and(Option::is_some)
    }

    /// The names on the first signed line in front of the text.
    fn signed(&self) -> Vec<String> {
        let above = self.title_at.unwrap_or(self.region.first.saturating_sub(SIGNED_BEFORE_MAX))..=self.first_prose;
        let foreign =
            |index: &usize| matches!(self.region.hints[*index], Some(Label::Comment | Label::Related | Label::Nav));
        let lines = above.filter(|index| *index < self.blocks.len() && !foreign(index));
        lines.map(|index| fields::signed(&self.blocks[index].text)).find(|names| !names.is_empty()).unwrap_or_default()
    }

    fn position(&self, index: usize) -> Position {
        if index < self.first_prose {
            Position::Head
        } else if index > self.last_prose {
            Position::Tail
        } else {
            Position::Middle
        }
    }

    fn weigh(&self, index: usize, room: &mut Room) -> (Evidence, Option<Hit>) {
        let raw = &self.blocks[index];
        let form = self.blocks[index].form;
        let (mut evidence, hit) = weigh(&raw.text, form, self.position(index), room);
        if let Some(label) = self.region.hints[index] {
            evidence.residue += 6.0;
            evidence.listed += 1.0;
            if hit.is_none() {
                evidence.label = label;
                evidence.reason = "markup";
            }
        }
        // What follows a linked headline of a list is its summary.
        let before = index.checked_sub(1).map(|at| &self.blocks[at]);
        if before.is_some_and(|before| before.link_density() > 0.8 && before.words >= 4.0) && form.words < 60.0 {
            evidence.listed = evidence.listed.max(0.2);
        }
        if self.main_end.is_some_and(|end| index >= end) {
            evidence.residue += BEYOND_MAIN;
            evidence.listed += 2.0;
        }
        self.weigh_structure(raw, form, &mut evidence);
        if index > self.first_prose && self.is_about_author(raw) {
            evidence.residue += ABOUT_AUTHOR;
            if hit.is_none() {
                evidence.label = Label::Profile;
                evidence.reason = "about_author";
            }
        }
        evidence.field = self.field(index, raw, hit.is_some());
        (evidence, hit)
    }

    /// Behind the first paragraph, who wrote an article is named first in what is said of them: `Ruth Adler covers bridges.`
    fn is_about_author(&self, raw: &Raw) -> bool {
        let behind = |author: &String| raw.text.strip_prefix(author.as_str()).filter(|_| author.contains(' '));
        let ends = |behind: &str| !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | '\'' | '’'));
        raw.words <= ABOUT_AUTHOR_WORDS_MAX && self.authors.iter().filter_map(behind).any(ends)
    }

    fn weigh_structure(&self, raw: &Raw, form: Form, evidence: &mut Evidence) {
        let density = raw.link_density();
        if raw.tag == Tag::Button || raw.place.form {
            evidence.residue += 3.0;
        }
        if density > 0.8 {
            evidence.residue += if raw.tag == Tag::Item { 2.6 } else { 2.0 };
            evidence.listed += 0.8;
            if evidence.label == Label::Other {
                evidence.label = if form.words >= 4.0 { Label::Related } else { Label::Nav };
                evidence.reason = "links";
            }
        } else if density > 0.5 {
            evidence.residue += 0.8;
        }
        match raw.tag {
            Tag::Paragraph if density < 0.5 => evidence.residue -= 1.0,
            Tag::Heading(_) => evidence.residue -= 0.5,
            Tag::Row => evidence.residue -= 4.0,
            Tag::Quote | Tag::Pre => evidence.residue -= 1.5,
            Tag::Item if density < 0.3 => evidence.residue -= 0.3,
            Tag::Footer | Tag::Nav => evidence.residue += 2.0,
            _ => {}
        }
        if raw.place.aside || raw.place.footer {
            evidence.residue += 1.5;
        }
    }

    /// Fields of the article, which stay what they are among whatever neighbours.
    fn field(&self, index: usize, raw: &Raw, worded: bool) -> Option<Label> {
        if Some(index) == self.title_at {
            return Some(Label::Title);
        }
        if self.hinted(index) {
            return None;
        }
        let form = self.blocks[index].form;
        if raw.tag == Tag::Caption
            || raw.place.figure
            || (self.fields[index] == Some(Label::Caption) && form.words < 120.0)
        {
            let caption = split_caption(&raw.text);
            return Some(if caption.text.is_empty() && !caption.credits.is_empty() {
                Label::Credit
            } else {
                Label::Caption
            });
        }
        if self.fields[index] == Some(Label::Credit) && form.words < 20.0 {
            return Some(Label::Credit);
        }
        let before_text = index < self.first_prose || Some(index) <= self.title_at;
        if before_text
            && !self.deck.is_empty()
            && form.words > 5.0
            && key_is(&raw.text, &self.deck)
            && raw.tag != Tag::Paragraph
        {
            return Some(Label::Deck);
        }
        let outside_text = before_text || index > self.last_prose;
        match self.fields[index] {
            // A lead of several lines is the first paragraph, whatever its class says.
            Some(Label::Deck)
                if index <= self.first_prose && (4.0..DECK_WORDS_MAX).contains(&form.words) && !worded =>
            {
                return Some(Label::Deck);
            }
            Some(Label::Byline) if form.words <= 14.0 && !form.is_prose() && !worded => return Some(Label::Byline),
            Some(Label::Dateline) if form.words <= 14.0 && !form.is_prose() && !worded => return Some(Label::Dateline),
            _ => {}
        }
        let short = form.words <= 16.0 && !matches!(raw.tag, Tag::Heading(_));
        if short && outside_text && fields::is_date_line(&raw.text) {
            return Some(Label::Dateline);
        }
        if short && outside_text && !worded && fields::is_byline(&raw.text) {
            return Some(Label::Byline);
        }
        let caption = if short { split_caption(&raw.text) } else { fields::Caption::default() };
        (caption.text.is_empty() && !caption.credits.is_empty()).then_some(Label::Credit)
    }

    fn name(&self, index: usize, evidence: &Evidence, state: Option<State>, judged: &Judged) -> reasons::Named {
        let raw = &self.blocks[index];
        if evidence.field == Some(Label::Title) {
            return (Label::Title, false, "field");
        }
        // A headline may be as long as a sentence, and end as one does: then it is the first running text.
        let repeats = || index <= self.first_prose && key_is(&raw.text, &self.title);
        if !self.title.is_empty() && judged.is_text(index) && repeats() {
            return (Label::Title, false, "repeats_title");
        }
        if judged.text[index] > text_from(evidence.field, judged.threshold) {
            return (text_label(raw), true, if state == Some(State::Text) { "in_article" } else { "model" });
        }
        if let Some(field) = evidence.field {
            return (field, false, "field");
        }
        match state {
            None => (self.outside(index, evidence), false, "outside_article"),
            Some(State::Listed) => (Label::Related, false, if evidence.opens { "heads_list" } else { "listed" }),
            Some(State::Residue) => (evidence.label, false, evidence.reason),
            Some(State::Text) => (self.outside(index, evidence), false, "model"),
        }
    }

    fn outside(&self, index: usize, evidence: &Evidence) -> Label {
        self.region.hints[index].unwrap_or(evidence.label)
    }
}

/// The probability above which a block is text: more than `least` if it has the form of a field, and never if it names
/// the author or the day.
fn text_from(field: Option<Label>, least: f32) -> f32 {
    match field {
        Some(Label::Byline | Label::Dateline) => 1.0,
        Some(Label::Deck) => least + 0.2,
        Some(_) => least + 0.1,
        None => least,
    }
}

/// Blocks in front of the article among which its author may be named.
const SIGNED_BEFORE_MAX: usize = 15;
/// Words above which a sub-headline is a paragraph.
const DECK_WORDS_MAX: f32 = 25.0;
/// Evidence against what begins with the author's name, and words of the longest such paragraph.
const ABOUT_AUTHOR: f32 = 2.5;
const ABOUT_AUTHOR_WORDS_MAX: f32 = 100.0;
/// Evidence against what stands behind the element that holds most of the text.
const BEYOND_MAIN: f32 = 5.0;
/// The share of the text that such an element holds.
const MAIN_SHARE_MIN: f32 = 0.6;

/// Paragraphs of an article share a parent. Where one parent holds most of them, what follows it is something else.
fn main_end(page: &Page, region: &Region) -> Option<usize> {
    let mut held: Map<usize, f32> = Map::default();
    let mut total = 0.0;
    let blocks = page.blocks.iter().zip(&region.hints);
    for (block, hint) in blocks.take(region.end).skip(region.first) {
        if !block.form.is_prose() || hint.is_some() || block.link_density() >= 0.4 {
            continue;
        }
        let mut element = block.element;
        while matches!(page.elements[element].tag, Tag::Paragraph | Tag::Inline) {
            element = page.elements[element].parent;
        }
        // Some sites wrap each paragraph in boxes of its own.
        if page.elements[element].end - page.elements[element].first == 1 {
            element = page.wider(element);
        }
        *held.entry(element).or_default() += block.words;
        total += block.words;
    }
    let (element, words) =
        held.into_iter().max_by(|left, right| left.1.total_cmp(&right.1).then(right.0.cmp(&left.0)))?;
    let end = page.elements[element].end;
    (words >= MAIN_SHARE_MIN * total && end < region.end).then_some(end)
}

/// An element that the markup calls a field holds that field only if it is small: some sites call all of their page so.
const FIELD_WORDS_MAX: f32 = 60.0;
const FIELD_BLOCKS_MAX: usize = 8;

fn named_fields(page: &Page) -> Vec<Option<Label>> {
    let mut fields: Vec<Option<Label>> = Vec::with_capacity(page.elements.len());
    for (index, element) in page.elements.iter().enumerate() {
        let outer = if index == 0 { None } else { fields[element.parent] };
        let blocks = &page.blocks[element.first..element.end];
        let small =
            blocks.len() <= FIELD_BLOCKS_MAX && blocks.iter().map(|block| block.words).sum::<f32>() <= FIELD_WORDS_MAX;
        fields.push(element.names.field.filter(|_| small).or(outer));
    }
    page.blocks.iter().map(|block| fields[block.element]).collect()
}

/// The block that shows the title: the last one in front of the text that says it, headings first.
fn title_block(page: &Page, title: &str, first_prose: usize) -> Option<usize> {
    if title.is_empty() {
        return None;
    }
    let says = |index: &usize| key_is(&page.blocks[*index].text, title);
    let before = 0..first_prose.min(page.blocks.len());
    let heading = before.clone().rev().filter(says).find(|&index| matches!(page.blocks[index].tag, Tag::Heading(_)));
    heading.or_else(|| before.rev().find(says))
}

fn text_label(raw: &Raw) -> Label {
    match raw.tag {
        Tag::Heading(_) => Label::Heading,
        Tag::Row => Label::Table,
        _ if raw.place.quote => Label::Quote,
        Tag::Item => Label::List,
        _ => Label::Body,
    }
}

/// Captions of a page, and credits.
const CAPTIONS_MAX: usize = 1000;

/// Whether a caption or a credit is to be added.
fn is_new(known: &[String], other: &str) -> bool {
    known.len() < CAPTIONS_MAX && known.iter().all(|known| known != other)
}

impl Labelled {
    fn take(&mut self, raw: &Raw, label: Label, kept: bool, rule: &'static str, reason: Cow<'static, str>) {
        match label {
            Label::Deck => self.deck.push(raw.text.clone()),
            Label::Byline => self.bylines.push(raw.text.clone()),
            Label::Caption | Label::Credit => {
                let caption = split_caption(&raw.text);
                if !caption.text.is_empty() && label == Label::Caption && is_new(&self.captions, caption.text) {
                    self.captions.push(caption.text.to_owned());
                }
                for credit in caption.credits {
                    if is_new(&self.credits, &credit) {
                        self.credits.push(credit);
                    }
                }
            }
            Label::Related if rule == "listed" || rule == "links" => self.related.push(raw.text.clone()),
            _ => {}
        }
        if (kept || label == Label::Dateline) && self.lead.is_none() && self.kept < 3 {
            self.lead = agency::lead(&raw.text);
        }
        self.kept += usize::from(kept);
        self.blocks.push(Block { text: raw.text.clone(), label, kept, reason, line: None });
    }
}
