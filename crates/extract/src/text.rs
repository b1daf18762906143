//! Text that was already extracted: lines, with residue standing among the paragraphs.

use std::borrow::Cow;

use crate::agency::{self, Lead};
use crate::dates::{self, Setting};
use crate::evidence::{Evidence, Form, Position, weigh};
use crate::fields::{self, split_caption};
use crate::fold::{collapse, ends_sentence, fold, is_hangul, key, words as count_words};
use crate::language;
use crate::metadata::of_lines;
use crate::sequence::{State, decode};
use crate::types::{Block, Context, Date, Extracted, FieldSource, Found, Label, Verdict};
use crate::wording::{Hit, Strength};
use crate::words;

/// Names every line.
pub(crate) fn extract(lines: &[&str], context: &Context<'_>) -> Extracted {
    let mut notes = Vec::new();
    if lines.iter().any(|line| line.contains('\0')) {
        notes.push("control_characters");
    }
    let texts: Vec<String> = lines.iter().map(|line| collapse(line)).collect();
    let full: Vec<usize> = (0..texts.len()).filter(|&index| !texts[index].is_empty()).collect();
    let reading = Reading::new(full.iter().map(|&index| texts[index].as_str()).collect());
    let evidence = reading.weigh_all();
    let states = decode(&evidence);
    let mut out = Extracted { notes, ..Extracted::default() };
    let mut named = vec![(Label::Other, false, "blank"); lines.len()];
    for (at, &index) in full.iter().enumerate() {
        named[index] = name(&evidence[at], states[at]);
    }
    for (index, (text, (label, kept, reason))) in texts.into_iter().zip(named).enumerate() {
        out.blocks.push(Block { text, label, kept, reason: Cow::Borrowed(reason), line: Some(index) });
    }
    fill_fields(&mut out, context);
    out
}

fn name(evidence: &Evidence, state: State) -> (Label, bool, &'static str) {
    if let Some(field) = evidence.field {
        return (field, false, "field");
    }
    match state {
        State::Text => (Label::Body, true, "in_article"),
        State::Listed if evidence.opens => (Label::Related, false, "heads_list"),
        State::Listed => (Label::Related, false, "listed"),
        State::Residue => (evidence.label, false, evidence.reason),
    }
}

/// The lines that hold something.
struct Reading<'a> {
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

impl<'a> Reading<'a> {
    fn new(lines: Vec<&'a str>) -> Self {
        let forms: Vec<Form> = lines.iter().map(|line| Form::of(line)).collect();
        let is_prose = |index: &usize| {
            let form = forms[*index];
            (form.is_prose() || (form.sentence && form.words >= 4.0)) && !is_strong(lines[*index], form)
        };
        let first = (0..lines.len()).find(is_prose).unwrap_or(0);
        let last = (0..lines.len()).rev().find(is_prose).unwrap_or(lines.len());
        Self { first, last, lines, forms }
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

    fn weigh_all(&self) -> Vec<Evidence> {
        let weighed: Vec<(Evidence, Option<Hit>)> = (0..self.lines.len())
            .map(|index| weigh(self.lines[index], self.forms[index], self.position(index)))
            .collect();
        let (mut evidence, hits): (Vec<Evidence>, Vec<Option<Hit>>) = weighed.into_iter().unzip();
        let title = self.title(&hits);
        for (index, evidence) in evidence.iter_mut().enumerate() {
            evidence.field = self.field(index, title, &hits);
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
        evidence
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
            let statement = line.trim_end().ends_with(['.', '。', '।']) && form.words > 6.0;
            let follows = self.forms[index + 1..].iter().any(|form| form.is_prose() || form.sentence);
            return (!statement && form.words <= 45.0 && follows && index <= self.first).then_some(index);
        }
        None
    }

    fn field(&self, index: usize, title: Option<usize>, hits: &[Option<Hit>]) -> Option<Label> {
        let line = self.lines[index];
        if title == Some(index) {
            return Some(Label::Title);
        }
        if title.is_some_and(|title| key(self.lines[title]) == key(line)) && index <= self.first {
            return Some(Label::Title);
        }
        let strong = hits[index].is_some_and(|hit| hit.strength == Strength::Strong);
        if is_lead_alone(line) {
            let byline = agency::lead(line).and_then(|lead| fields::byline(&lead.rest));
            return Some(if byline.is_some() { Label::Byline } else { Label::Dateline });
        }
        if strong {
            return None;
        }
        if let Some(label) = self.caption(index) {
            return Some(label);
        }
        let outside = self.position(index) != Position::Middle;
        if outside && fields::is_date_line(line) {
            let named = date_line_authors(line).is_empty();
            return Some(if named { Label::Dateline } else { Label::Byline });
        }
        let worded = hits[index].is_some();
        (outside && !worded && fields::byline(line).is_some()).then_some(Label::Byline)
    }

    fn caption(&self, index: usize) -> Option<Label> {
        let (line, form) = (self.lines[index], self.forms[index]);
        let caption = split_caption(line);
        // Several such marks in a row are the points of a list.
        let alone = |at: usize| self.lines.get(at).is_none_or(|line| !split_caption(line).marked);
        let alone = alone(index + 1) && (index == 0 || alone(index - 1));
        if caption.marked && form.words >= 3.0 && (alone || !caption.credits.is_empty()) {
            return Some(Label::Caption);
        }
        if caption.credits.is_empty() {
            return None;
        }
        if caption.text.is_empty() {
            return Some(Label::Credit);
        }
        // `… he said. (AFP)` ends a paragraph; a caption is one sentence or two.
        let agency_alone =
            caption.credits.iter().any(|credit| words::is_agency(credit)) && ends_sentence(&caption.text);
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
            let plain_end = line.ends_with(['.', '!', '?', '。', '！', '？', ':']);
            if plain_end || hits[index].is_some() || self.forms[index].words < 4.0 || self.forms[index].words > 35.0 {
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
        let cores: Vec<String> = self.lines.iter().map(|line| fold(line).core).collect();
        let topical = |index: usize| {
            hits[index].is_some_and(|hit| hit.whole && !hit.head && !hit.counter)
                && cores[index].chars().count() >= 2
                && title.contains(cores[index].as_str())
        };
        let in_text = |index: usize| self.position(index) == Position::Middle;
        for index in (0..self.lines.len()).filter(|&index| in_text(index) && topical(index)) {
            // Its neighbours are spared with it, as far as prose on either side.
            let before = (0..index).rev().take_while(|&at| !self.forms[at].is_prose() && in_text(at));
            let after = (index..self.lines.len()).take_while(|&at| !self.forms[at].is_prose() && in_text(at));
            for at in before.chain(after).collect::<Vec<_>>() {
                let certain = hits[at].is_some_and(|hit| hit.strength == Strength::Strong && !topical(at));
                if !certain {
                    evidence[at].residue = evidence[at].residue.min(-1.5);
                }
            }
        }
    }

    /// `The result:` and what follows it belong together.
    fn spare_announced(&self, hits: &[Option<Hit>], evidence: &mut [Evidence]) {
        for index in 0..self.lines.len() {
            let line = self.lines[index].trim_end();
            let lower = line.trim_end_matches(['.', '。', ':', '：']).to_lowercase();
            let says = words::section("announces").iter().any(|phrase| lower.ends_with(phrase.as_str()));
            let announces =
                self.forms[index].words >= 3.0 && hits[index].is_none() && (line.ends_with([':', '：']) || says);
            if !announces || index >= self.last {
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
    form.words < 60.0 && weigh(line, form, Position::Tail).1.is_some_and(|hit| hit.strength == Strength::Strong)
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

/// Who is named in front of the date on one line: `Name 2022. 9. 22. 12:14`.
fn date_line_authors(line: &str) -> Vec<String> {
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
            out.captions.push(caption.text);
        }
        out.credits.extend(caption.credits);
    }
    out.related = related(&out.blocks);
    let lead = lead(&out.blocks);
    fill_authors(out, &lead, context);
    out.agency = lead.agency.map(|agency| Found::new(agency, FieldSource::Text));
    out.dateline = lead.place.map(|place| Found::new(place, FieldSource::Text));
    let body = out.body();
    out.language = language_of(&body, context);
    out.published = published(&out.blocks, out.language.as_ref().map(|found| found.value.as_str()), context);
    out.verdict = if out.blocks.iter().all(|block| block.text.is_empty()) { Verdict::Empty } else { Verdict::Article };
}

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
        } else if block.reason == "listed" {
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
        let names: Vec<String> = lines.iter().flat_map(|line| date_line_authors(line)).collect();
        out.authors = (!names.is_empty()).then(|| Found::new(names, FieldSource::Text));
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
