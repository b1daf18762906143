//! Text that was already extracted: lines, with residue standing among the paragraphs.

use std::borrow::Cow;

use memchr::memchr;

use crate::agency::{self, Lead};
use crate::dates::{self, Setting};
use crate::evidence::{Evidence, Form, Position, Room, weigh};
use crate::features::Sources;
use crate::fields::{self, split_caption};
use crate::fold::{
    collapse, ends_sentence, fold, has_no_stop, is_full_stop, is_hangul, is_sentence_end, key, key_is,
    words as count_words,
};
use crate::judge;
use crate::language;
use crate::limits::AUTHORS_MAX;
use crate::mentioned;
use crate::metadata::{beside_role, in_brackets, of_lines};
use crate::model::Model;
use crate::names;
use crate::page::Page;
use crate::reasons;
use crate::region::Region;
use crate::sequence::{State, decode};
use crate::thread;
use crate::types::{Block, Context, Date, Extracted, FieldSource, Found, Label, Verdict};
use crate::wording::{Hit, Strength};
use crate::words;

/// Names every line.
pub(crate) fn extract(lines: &[&str], context: &Context<'_>, model: &Model) -> Extracted {
    let mut notes = Vec::new();
    if lines.iter().any(|line| memchr(0, line.as_bytes()).is_some()) {
        notes.push("control_characters");
    }
    let mut out = Extracted { notes, ..Extracted::default() };
    let (mut full, mut texts) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    for (index, line) in lines.iter().enumerate() {
        let text = collapse(line);
        if !text.is_empty() {
            full.push(index);
            texts.push(text);
        }
        let (text, reason) = (String::new(), Cow::Borrowed("blank"));
        out.blocks.push(Block { text, label: Label::Other, kept: false, reason, line: Some(index) });
    }
    let page = Page::of_lines(texts);
    Reading::new(&page).with_sources(|sources| {
        let judged = judge::lines(sources, model, context.explain);
        let mut named: Vec<reasons::Named> =
            (0..full.len()).map(|at| name(&sources.evidence[at], sources.states[at], judged.is_text(at))).collect();
        for at in thread::find(sources, &named) {
            named[at] = (Label::Comment, false, "thread");
        }
        for at in mentioned::find(sources, &named) {
            named[at] = (Label::Body, true, "mentioned");
        }
        let reasons = reasons::of_lines(sources, &named, &judged, context.explain.then_some(model));
        for ((index, (label, kept, _)), reason) in full.iter().zip(named).zip(reasons) {
            let block = &mut out.blocks[*index];
            (block.label, block.kept, block.reason) = (label, kept, reason);
        }
    });
    for (index, raw) in full.into_iter().zip(page.blocks) {
        out.blocks[index].text = raw.text;
    }
    fill_fields(&mut out, context);
    out
}

/// The rows of all lines that hold something, for the trainer.
pub(crate) fn rows(lines: &[&str]) -> Vec<f32> {
    let page = Page::of_lines(lines.iter().map(|line| collapse(line)).filter(|line| !line.is_empty()).collect());
    Reading::new(&page).with_sources(|sources| judge::rows(sources, None))
}

fn name(evidence: &Evidence, state: State, is_text: bool) -> reasons::Named {
    if let Some(field) = evidence.field {
        return (field, false, "field");
    }
    if is_text {
        return (Label::Body, true, if state == State::Text { "in_article" } else { "model" });
    }
    match state {
        State::Text => (Label::Other, false, "model"),
        State::Listed if evidence.opens => (Label::Related, false, "heads_list"),
        State::Listed => (Label::Related, false, "listed"),
        State::Residue => (evidence.label, false, evidence.reason),
    }
}

/// The lines that hold something.
struct Reading<'a> {
    page: &'a Page,
    lines: Vec<&'a str>,
    forms: Vec<Form>,
    /// First and last line of running text.
    first: usize,
    last: usize,
}

/// Short lines behind an announcement (`The result:`) that it may speak of.
const ANNOUNCED_MAX: usize = 10;
/// Lines between the title and the text that may be sub-headlines.
const DECK_MAX: usize = 5;
/// Lines between the sub-headlines and the text: by-line, date, buttons.
const DECK_TO_TEXT_MAX: usize = 20;
/// Lines on either side among which another one with a mark shows that both are points of a list.
const POINTS_REACH: usize = 3;

impl<'a> Reading<'a> {
    fn new(page: &'a Page) -> Self {
        let lines: Vec<&str> = page.blocks.iter().map(|block| block.text.as_str()).collect();
        let forms: Vec<Form> = page.blocks.iter().map(|block| block.form).collect();
        let is_prose = |index: &usize| {
            let form = forms[*index];
            (form.is_prose() || (form.sentence && form.words >= 4.0)) && !is_strong(lines[*index], form)
        };
        let first = (0..lines.len()).find(is_prose).unwrap_or(0);
        let last = (0..lines.len()).rev().find(is_prose).unwrap_or(lines.len());
        Self { page, first, last, lines, forms }
    }

    fn position(&self, index: usize) -> Position {
        if index < self.first {
            Position::Head
        } else if index > self.last {
            Position::Tail
        } else {
            Position::Middle
        }
    }

    fn weigh_all(&self) -> (Vec<Evidence>, Vec<Option<Hit>>) {
        let mut room = Room::default();
        let (mut evidence, hits): (Vec<Evidence>, Vec<Option<Hit>>) = (0..self.lines.len())
            .map(|index| weigh(self.lines[index], self.forms[index], self.position(index), &mut room))
            .unzip();
        let title = self.title(&hits);
        let title_key = title.map(|title| key(self.lines[title]));
        for (index, evidence) in evidence.iter_mut().enumerate() {
            evidence.field =
                if title == Some(index) { Some(Label::Title) } else { self.field(index, title_key.as_deref(), &hits) };
            if angle_list(self.lines[index]).is_some() {
                evidence.residue += 12.0;
                evidence.label = Label::Related;
                evidence.reason = "angle_list";
            }
        }
        self.mark_tags(&hits, &mut evidence);
        for (index, above_title) in evidence.iter_mut().enumerate().take(title.unwrap_or_default()) {
            above_title.residue += 2.5; // sections and menus stand above the title
            if is_menu(self.lines[index]) {
                above_title.residue += 6.0;
                above_title.label = Label::Nav;
                above_title.reason = "menu";
            }
        }
        self.mark_deck(title, &hits, &mut evidence);
        self.spare_topic(title, &hits, &mut evidence);
        self.spare_announced(&hits, &mut evidence);
        (evidence, hits)
    }

    /// Hands what the lines' features are made of to `take`: a page of one element with a paragraph for each line.
    fn with_sources<T>(&self, take: impl FnOnce(&Sources<'_>) -> T) -> T {
        let (evidence, hits) = self.weigh_all();
        let states = decode(&evidence);
        let region = Region::whole(self.lines.len());
        let headline = evidence.iter().position(|evidence| evidence.field == Some(Label::Title));
        let title = headline.map(|index| key(self.lines[index])).unwrap_or_default();
        take(&Sources {
            page: self.page,
            region: &region,
            evidence: &evidence,
            states: &states,
            hits: &hits,
            headline,
            title: &title,
        })
    }

    /// The first line that is no residue and no other field, if running text follows it.
    fn title(&self, hits: &[Option<Hit>]) -> Option<usize> {
        for (index, hit) in hits.iter().enumerate().take(15) {
            let (line, form) = (self.lines[index], self.forms[index]);
            let strong = hit.is_some_and(|hit| hit.strength == Strength::Strong || hit.whole);
            let other = fields::is_date_line(line) || is_lead_alone(line) || is_menu(line);
            if strong || form.bare || form.words < 2.0 || other {
                continue;
            }
            let statement = line.trim_end().ends_with(is_full_stop) && form.words > 6.0;
            let follows = self.forms[index + 1..].iter().any(|form| form.is_prose() || form.sentence);
            return (!statement && form.words <= 45.0 && follows && index <= self.first).then_some(index);
        }
        None
    }

    /// The field that a line is, apart from the title; one that says the same is the title as well.
    fn field(&self, index: usize, title: Option<&str>, hits: &[Option<Hit>]) -> Option<Label> {
        let line = self.lines[index];
        if index <= self.first && title.is_some_and(|title| key_is(line, title)) {
            return Some(Label::Title);
        }
        let strong = hits[index].is_some_and(|hit| hit.strength == Strength::Strong);
        if is_lead_alone(line) {
            let signed = agency::lead(line).is_some_and(|lead| fields::is_byline(&lead.rest));
            return Some(if signed { Label::Byline } else { Label::Dateline });
        }
        if strong {
            return None;
        }
        let outside = self.position(index) != Position::Middle;
        let dated = || outside && fields::is_date_line(line);
        // A source behind a date or beside an author is the article's, not a picture's.
        let signed = line.starts_with(char::is_numeric) && dated() || outside && !names::behind_mark(line).is_empty();
        let caption = if signed { None } else { self.caption(index) };
        if caption.is_some() {
            return caption;
        }
        if dated() {
            let unnamed = date_line_authors(line).is_empty();
            return Some(if unnamed { Label::Dateline } else { Label::Byline });
        }
        let signs = || match self.position(index) {
            _ if fields::is_byline(line) => true,
            Position::Head => !beside_role(line).is_empty(),
            Position::Middle => false,
            Position::Tail => in_brackets(line).is_some() || is_marked_author(line),
        };
        (outside && hits[index].is_none() && signs()).then_some(Label::Byline)
    }

    fn caption(&self, index: usize) -> Option<Label> {
        let (line, form) = (self.lines[index], self.forms[index]);
        let caption = split_caption(line);
        // Several such marks close to each other are the points of a list.
        let alone = || {
            let (before, behind) = (index.saturating_sub(POINTS_REACH), index + 1);
            let near = self.lines[before..index].iter().chain(self.lines[behind..].iter().take(POINTS_REACH));
            !near.into_iter().any(|line| fields::is_marked(line))
        };
        if caption.marked && form.words >= 3.0 && (!caption.credits.is_empty() || alone()) {
            return Some(Label::Caption);
        }
        if caption.credits.is_empty() {
            return None;
        }
        if caption.text.is_empty() {
            return Some(Label::Credit);
        }
        // `… he said. (AFP)` ends a paragraph; a caption is one sentence or two.
        let agency_alone = caption.credits.iter().any(|credit| words::is_agency(credit)) && ends_sentence(caption.text);
        (!(agency_alone && form.words > 25.0) && form.words < 90.0).then_some(Label::Caption)
    }

    /// Behind the text, several lines in a row that are no sentences are keywords or headlines, unless they count.
    fn mark_tags(&self, hits: &[Option<Hit>], evidence: &mut [Evidence]) {
        let loose = |index: usize| {
            let form = self.forms[index];
            self.position(index) == Position::Tail
                && !form.sentence
                && !form.bare
                && hits[index].is_none()
                && evidence[index].field.is_none()
                && !self.lines[index].ends_with(|c: char| c.is_numeric())
        };
        let mut runs = Vec::new();
        let mut start = 0;
        for index in 0..=self.lines.len() {
            if index == self.lines.len() || !loose(index) {
                runs.push(start..index);
                start = index + 1;
            }
        }
        for run in runs.into_iter().filter(|run| run.len() >= 3) {
            let short = run.clone().all(|index| self.forms[index].words <= 4.5);
            for index in run {
                evidence[index].residue += 0.7;
                evidence[index].label = if short { Label::Tags } else { Label::Related };
                evidence[index].reason = "loose_lines";
            }
        }
    }

    /// Sub-headlines: the lines behind the title up to the last that does not end as a sentence does.
    fn mark_deck(&self, title: Option<usize>, hits: &[Option<Hit>], evidence: &mut [Evidence]) {
        let Some(title) = title else { return };
        let mut run = Vec::new();
        for index in title + 1..self.lines.len().min(title + 1 + DECK_MAX) {
            if evidence[index].field.is_some() {
                continue;
            }
            let line = self.lines[index].trim_end();
            let plain_end = line.ends_with(|c| is_sentence_end(c) || c == ':');
            // Where sentences have no stop, any paragraph would look like one.
            if plain_end
                || line.contains(has_no_stop)
                || hits[index].is_some()
                || self.forms[index].words < 4.0
                || self.forms[index].words > 35.0
            {
                break;
            }
            run.push(index);
        }
        let followed = run
            .last()
            .is_some_and(|&last| self.forms.iter().skip(last + 1).take(DECK_TO_TEXT_MAX).any(|form| form.is_prose()));
        let Some(end) = run.iter().rposition(|&index| !ends_sentence(self.lines[index])) else { return };
        if followed {
            for &index in &run[..=end] {
                evidence[index].field = Some(Label::Deck);
            }
        }
    }

    /// A story about a Like button says "Like": where the title holds such a word, weak wording within the text stays.
    fn spare_topic(&self, title: Option<usize>, hits: &[Option<Hit>], evidence: &mut [Evidence]) {
        let Some(title) = title.map(|index| fold(self.lines[index]).text) else { return };
        let is_topical = |(line, hit): (&&str, &Option<Hit>)| {
            hit.is_some_and(|hit| hit.whole && !hit.head && !hit.counter) && {
                let line = fold(line);
                line.core().chars().nth(1).is_some() && title.contains(line.core())
            }
        };
        let topical: Vec<bool> = self.lines.iter().zip(hits).map(is_topical).collect();
        let topical = |index: usize| topical[index];
        let in_text = |index: usize| self.position(index) == Position::Middle;
        // Its neighbours are spared with it, as far as prose on either side.
        let mut start = 0;
        for end in 0..=self.lines.len() {
            let loose = |index: usize| in_text(index) && !self.forms[index].is_prose();
            if end < self.lines.len() && loose(end) {
                continue;
            }
            let closed_by_topic = end < self.lines.len() && in_text(end) && topical(end);
            if closed_by_topic || (start..end).any(topical) {
                for at in start..end {
                    let certain = hits[at].is_some_and(|hit| hit.strength == Strength::Strong && !topical(at));
                    if !certain {
                        evidence[at].residue = evidence[at].residue.min(-1.5);
                    }
                }
            }
            start = end + 1;
        }
    }

    /// `The result:` and what follows it belong together.
    fn spare_announced(&self, hits: &[Option<Hit>], evidence: &mut [Evidence]) {
        for index in 0..self.lines.len() {
            if index >= self.last || self.forms[index].words < 3.0 || hits[index].is_some() {
                continue;
            }
            let line = self.lines[index].trim_end();
            if !line.ends_with([':', '：']) && !announces(line) {
                continue;
            }
            for at in (index + 1..self.lines.len()).take(ANNOUNCED_MAX) {
                let strong = hits[at].is_some_and(|hit| hit.strength == Strength::Strong);
                if self.forms[at].is_prose() || strong {
                    break;
                }
                evidence[at].residue -= 2.0;
            }
        }
    }
}

fn is_strong(line: &str, form: Form) -> bool {
    form.words < 60.0
        && weigh(line, form, Position::Tail, &mut Room::default()).1.is_some_and(|hit| hit.strength == Strength::Strong)
}

/// Characters at the end of a line in which a phrase that announces others stands.
const ANNOUNCES_CHARS: usize = 80;

/// `The words in full.`: a line that ends with a phrase which announces what follows.
fn announces(line: &str) -> bool {
    let line = line.trim_end_matches(['.', '。', ':', '：']);
    if !words::may_end_with(line, "announces") {
        return false;
    }
    let phrases = words::section("announces");
    if line.is_ascii() {
        let ends = |phrase: &[u8]| {
            line.len().checked_sub(phrase.len()).is_some_and(|at| line.as_bytes()[at..].eq_ignore_ascii_case(phrase))
        };
        return phrases.iter().any(|phrase| ends(phrase.as_bytes()));
    }
    let end = line.char_indices().rev().nth(ANNOUNCES_CHARS).map_or(line, |(at, _)| &line[at..]).to_lowercase();
    phrases.iter().any(|phrase| end.ends_with(phrase.as_str()))
}

/// A dateline with nothing behind it but a by-line.
fn is_lead_alone(line: &str) -> bool {
    agency::lead(line).is_some_and(|lead| count_words(&lead.rest) <= 5.0 && !ends_sentence(&lead.rest))
}

/// `Home | City | Sport | Culture`: four names of sections or more, of a word or two each.
fn is_menu(line: &str) -> bool {
    let parts: Vec<&str> =
        line.split(['|', '·', '›', '»', '•']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let short = |part: &&str| part.split_whitespace().count() <= 2 && part.chars().count() <= 24;
    parts.len() >= 4 && parts.iter().all(short)
}

/// `<Title of one article> <title of another> See`: the items.
fn angle_list(line: &str) -> Option<Vec<String>> {
    memchr(b'<', line.as_bytes())?;
    let mut items = Vec::new();
    let mut outside = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        let (item, behind) = after.split_once('>')?;
        outside.push_str(before);
        items.push(collapse(item));
        rest = behind;
    }
    outside.push_str(rest);
    let titles = items.iter().all(|item| count_words(item) >= 3.0);
    (!items.is_empty() && titles && count_words(&outside) <= 3.0).then_some(items)
}

/// `文：王小河`.
fn is_marked_author(line: &str) -> bool {
    words::starts_with(line, "author_mark").is_some() && !names::behind_mark(line).is_empty()
}

/// Who is named in front of the date on one line, or behind a mark: `Name 2022. 9. 22. 12:14`, `2022-09-22 作者：王小河`.
fn date_line_authors(line: &str) -> Vec<String> {
    let marked = names::behind_mark(line);
    if !marked.is_empty() {
        return marked;
    }
    let head = line.split(|c: char| c.is_numeric()).next().unwrap_or_default().trim();
    if head.is_empty() || words::starts_with(head, "dateline_starts").is_some() || dates::is_month(head) {
        return Vec::new();
    }
    fields::authors(head)
}

fn fill_fields(out: &mut Extracted, context: &Context<'_>) {
    let of = |label: Label, blocks: &[Block]| -> Vec<String> {
        blocks.iter().filter(|block| block.label == label).map(|block| block.text.clone()).collect()
    };
    out.title = of(Label::Title, &out.blocks).into_iter().next().map(|title| Found::new(title, FieldSource::Text));
    if out.title.is_none() {
        out.title = context.feed.title.map(|title| Found::new(collapse(title), FieldSource::Feed));
    }
    out.deck = of(Label::Deck, &out.blocks);
    let captions: Vec<String> = [of(Label::Caption, &out.blocks), of(Label::Credit, &out.blocks)].concat();
    for line in captions {
        let caption = split_caption(&line);
        if !caption.text.is_empty() {
            out.captions.push(caption.text.to_owned());
        }
        out.credits.extend(caption.credits);
    }
    out.related = related(&out.blocks);
    let lead = lead(&out.blocks);
    fill_authors(out, &lead, context);
    out.agency = lead.agency.map(|agency| Found::new(agency, FieldSource::Text));
    out.dateline = lead.place.map(|place| Found::new(place, FieldSource::Text));
    out.language = language_of(&sample(&out.blocks), context);
    out.published = published(&out.blocks, out.language.as_ref().map(|found| found.value.as_str()), context);
    out.verdict = if out.blocks.iter().all(|block| block.text.is_empty()) { Verdict::Empty } else { Verdict::Article };
}

/// The first of the kept text, as much as is looked at for its language.
fn sample(blocks: &[Block]) -> String {
    let mut sample = String::new();
    for block in blocks.iter().filter(|block| block.kept) {
        if !sample.is_empty() {
            sample.push('\n');
        }
        sample.push_str(&block.text);
        if sample.len() > SAMPLE_BYTES {
            break;
        }
    }
    sample
}

/// Bytes that hold all characters which [`language::of`] looks at.
const SAMPLE_BYTES: usize = 4 * language::SAMPLE_CHARS;

fn language_of(body: &str, context: &Context<'_>) -> Option<Found<String>> {
    let stated = context.language.map(|tag| Found::new(tag.to_owned(), FieldSource::Import));
    let seen = language::of(body).map(|tag| Found::new(tag.to_owned(), FieldSource::Text));
    match (stated, seen) {
        (Some(stated), Some(seen)) if !stated.value.starts_with(seen.value.as_str()) => Some(seen),
        (Some(stated), _) => Some(stated),
        (None, seen) => seen,
    }
}

/// Titles of other articles: the items of lists, and those that stand behind their own mark.
fn related(blocks: &[Block]) -> Vec<String> {
    let mut titles = Vec::new();
    for block in blocks.iter().filter(|block| block.label == Label::Related) {
        if let Some(items) = angle_list(&block.text) {
            titles.extend(items);
        } else if block.reason.starts_with(reasons::LISTED) {
            titles.push(block.text.clone());
        }
    }
    titles
}

/// The dateline: on a line of its own, or in front of the first paragraphs.
fn lead(blocks: &[Block]) -> Lead {
    let alone = blocks.iter().filter(|block| matches!(block.label, Label::Dateline | Label::Byline));
    let first = blocks.iter().filter(|block| block.kept).take(3);
    alone.chain(first).find_map(|block| agency::lead(&block.text)).unwrap_or_default()
}

fn fill_authors(out: &mut Extracted, lead: &Lead, context: &Context<'_>) {
    let lines: Vec<String> =
        out.blocks.iter().filter(|block| block.label == Label::Byline).map(|block| block.text.clone()).collect();
    let plain: Vec<String> =
        lines.iter().map(|line| agency::lead(line).map_or(line.clone(), |lead| lead.rest)).collect();
    out.authors = of_lines(&plain, lead.reporter.as_deref(), None);
    if out.authors.is_none() {
        let named =
            |line: &String| [date_line_authors(line), beside_role(line), Vec::from_iter(in_brackets(line))].concat();
        let names: Vec<String> = lines.iter().flat_map(named).take(AUTHORS_MAX).collect();
        out.authors = (!names.is_empty()).then(|| Found::new(names, FieldSource::Text));
    }
    if out.authors.is_none() {
        let dated = out.blocks.iter().filter(|block| block.label == Label::Dateline);
        let names = dated.map(|block| fields::signed(&block.text)).find(|names| !names.is_empty());
        out.authors = names.map(|names| Found::new(names, FieldSource::Text));
    }
    if out.authors.is_none() {
        let profiles = out.blocks.iter().filter(|block| block.label == Label::Profile);
        let name = profiles.filter_map(|block| profile_name(&block.text)).next();
        out.authors = name.map(|name| Found::new(vec![name], FieldSource::Text));
    }
    if out.authors.is_none() && !context.feed.authors.is_empty() {
        let names: Vec<String> = context.feed.authors.iter().flat_map(|name| fields::authors(name)).collect();
        out.authors = (!names.is_empty()).then(|| Found::new(names, FieldSource::Feed));
    }
}

/// `Eugene Park's Profile image`.
fn profile_name(line: &str) -> Option<String> {
    if let Some(length) = words::starts_with(line, "profile_starts") {
        return fields::person(&line[length..]);
    }
    let lower = line.to_lowercase();
    words::section("profile_ends").iter().find_map(|phrase| {
        let head = lower.strip_suffix(phrase.as_str())?;
        fields::person(line.get(..head.len())?)
    })
}

fn published(blocks: &[Block], language: Option<&str>, context: &Context<'_>) -> Option<Date> {
    let lines = blocks.iter().filter(|block| matches!(block.label, Label::Dateline | Label::Byline));
    let seen = lines.filter_map(|block| {
        // A date line speaks the site's language even where the text was translated.
        let korean = block.text.chars().any(is_hangul);
        let language = if korean { Some("ko") } else { language };
        let setting = Setting { language, url: context.url, fetched_at_ms: context.fetched_at_ms };
        dates::find(&block.text, language, context.url)?.into_date(FieldSource::Text, 0.7, setting)
    });
    let feed = || {
        let setting = Setting { language, url: context.url, fetched_at_ms: context.fetched_at_ms };
        dates::machine(context.feed.published?, setting)?.into_date(FieldSource::Feed, 0.8, setting)
    };
    seen.take(1).next().or_else(feed)
}
