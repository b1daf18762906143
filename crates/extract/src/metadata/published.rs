//! When the article was published and changed.

use super::json_ld::JsonLd;
use super::{Anchor, meta};
use crate::dates::{self, Seen, Setting};
use crate::limits::DATES_MAX;
use crate::page::{Capture, CaptureKind, Facts, Page};
use crate::region::Region;
use crate::types::{Context, Date, FieldSource, Label};
use crate::words;

const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "datepublished",
    "date.issued",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "article:post_date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_date",
    "publication_date",
    "publicationdate",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "citation_publication_date",
    "citation_date",
    "datecreated",
    "date_published",
    "article.published",
    "article:create_at",
    "displaydate",
    "origin_date",
    "release_date",
    "ptime",
    "weibo: article:create_at",
    "date",
    "created",
    "timestamp",
    "originalpublicationdate",
    "bt:pubdate",
    "rnews:datepublished",
    "uploaddate",
    "search.date",
    "dable:published_time",
    "article_date_original",
    "published_on",
    "published-date",
    "w-published-date",
    "article-published",
    "published_at",
    "publishedat",
    "pubdate_time",
    "dcterms.dateaccepted",
    "dc:created",
    "dcterms:created",
    "dc:date",
    "rdf:date",
    "vr:published_time",
    "video:release_date",
    "og:pubdate",
    "og:publish_date",
    "og:article:published",
    "article:date",
    "article_published",
    "content_create_date",
    "creation_date",
    "sort_date",
    "revision_date",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "lastmod",
    "updated_time",
    "article:updated_time",
    "article.updated",
];

/// The date of publication: the surest of what is stated, unless what readers see near the headline corrects it.
pub(super) fn published(
    page: &Page,
    region: &Region,
    linked: &JsonLd,
    anchor: Anchor,
    setting: Setting<'_>,
    context: &Context<'_>,
) -> Option<Date> {
    let around = Around { page, region, anchor, setting };
    let stated = stated(&page.facts, linked, setting);
    let shown = around.shown();
    let by_url = setting.url.and_then(dates::in_url);
    let found = match stated {
        Some(stated) => Some(corrected(stated, &shown, by_url, setting)),
        None => shown
            .first()
            .copied()
            .or_else(|| by_url.map(|seen| Candidate::new(seen, FieldSource::Url, 0.7)))
            .or_else(|| around.in_front_of_text())
            .or_else(|| around.elsewhere()),
    };
    let found = found.and_then(|found| found.seen.into_date(found.source, found.confidence, setting));
    found.or_else(|| {
        let seen = context.feed.published.and_then(|text| dates::machine(text, setting))?;
        seen.into_date(FieldSource::Feed, 0.8, setting)
    })
}

/// A date that may be the day of publication.
#[derive(Clone, Copy)]
struct Candidate {
    seen: Seen,
    source: FieldSource,
    confidence: f32,
}

impl Candidate {
    fn new(seen: Seen, source: FieldSource, confidence: f32) -> Self {
        Self { seen, source, confidence }
    }
}

/// What the page states as data.
fn stated(facts: &Facts, linked: &JsonLd, setting: Setting<'_>) -> Option<Candidate> {
    let read = |text: &str| {
        dates::machine(text, setting).filter(|seen| seen.into_date(FieldSource::Meta, 1.0, setting).is_some())
    };
    let by_json =
        linked.published.as_deref().and_then(read).map(|seen| Candidate::new(seen, FieldSource::JsonLd, 0.95));
    by_json.or_else(|| {
        let mut metas = PUBLISHED.iter().filter_map(|name| meta(facts, &[name]));
        metas.find_map(read).map(|seen| Candidate::new(seen, FieldSource::Meta, 0.9))
    })
}

/// Days within which two statements are about one event seen from two clocks.
const CLOCK_DAYS: i32 = 1;

/// Templates state when a record was made or imported; what readers see beside the headline is older then. An instant
/// near midnight is told by the clock of the place whose day the address or the page shows.
fn corrected(stated: Candidate, shown: &[Candidate], by_url: Option<Seen>, setting: Setting<'_>) -> Candidate {
    let first = shown.first().filter(|first| first.confidence >= SHOWN_CONFIDENCE_MIN);
    if let Some(swapped) = stated.seen.swap()
        && let Some(first) = first
        && first.seen.day == swapped.day
    {
        return Candidate { seen: swapped, ..stated };
    }
    let days = |day: jiff::civil::Date| day.until(stated.seen.day).map_or(0, |span| span.get_days());
    let by_url = by_url.map(|seen| (seen.day, true));
    let others = by_url.into_iter().chain(first.map(|first| (first.seen.day, false)));
    for (day, sure) in others.filter(|(day, _)| days(*day).abs() == CLOCK_DAYS && stated.seen.offset == Some(0)) {
        if let Some(seen) = stated.seen.on_day(day, setting, sure) {
            return Candidate { seen, ..stated };
        }
    }
    match first {
        Some(first) if days(first.seen.day) > CLOCK_DAYS => *first,
        _ => stated,
    }
}

/// What a shown date must be worth to correct a stated one.
const SHOWN_CONFIDENCE_MIN: f32 = 0.6;
/// Blocks in front of the headline, and behind the first paragraph, in which a date is the article's.
const BEFORE_TITLE: usize = 5;
const BEHIND_TEXT: usize = 1;
/// Blocks from the headline in which the markup's word for teasers is not believed.
const BESIDE_TITLE: usize = 1;
/// Blocks in front of the text where no headline is known.
const BEFORE_TEXT: usize = 12;
/// The same in which a date is at least likely to be the article's.
const FAR_BEFORE: usize = 25;
const FAR_BEHIND: usize = 4;
/// Paragraphs that may begin with a date, and how much of them is looked at.
const FRONT_BLOCKS: usize = 2;
const FRONT_CHARS: usize = 70;
/// Words of a line that says when, and of one that may.
const DATE_WORDS_MAX: f32 = 10.0;
const LINE_WORDS_MAX: f32 = 24.0;

/// What stands around the headline.
struct Around<'a> {
    page: &'a Page,
    region: &'a Region,
    anchor: Anchor,
    setting: Setting<'a>,
}

impl Around<'_> {
    fn head(&self) -> (usize, usize) {
        let text = self.anchor.text;
        match self.anchor.title {
            Some(title) if title <= text + FAR_BEHIND => {
                (title.saturating_sub(BEFORE_TITLE), text.max(title) + BEHIND_TEXT)
            }
            _ => (text.saturating_sub(BEFORE_TEXT), text + BEHIND_TEXT),
        }
    }

    fn is_foreign(&self, block: usize) -> bool {
        let hint = |block: usize| self.region.hints.get(block).copied().flatten();
        let own = hint(block);
        let beside = self.anchor.title.is_some_and(|title| block.abs_diff(title) <= BESIDE_TITLE);
        let related = own == Some(Label::Related) && !beside;
        (related || matches!(own, Some(Label::Comment | Label::Nav | Label::Legal | Label::Ad)))
            && self.anchor.title.and_then(hint) != own
    }

    /// Dates of publication near the headline, the surest first; those of a change only if there is no other.
    fn shown(&self) -> Vec<Candidate> {
        let (first, last) = self.head();
        let near = |block: usize| (first..=last).contains(&block);
        let mut found: Vec<Candidate> = Vec::new();
        let mut changed: Vec<Candidate> = Vec::new();
        for (kind, source, confidence) in KINDS {
            for capture in self.page.facts.captured.iter().filter(|capture| kind(capture)) {
                let in_place = near(capture.block) || (*source == FieldSource::Microdata && !capture.residue);
                if !in_place || self.is_foreign(capture.block) || found.len() >= DATES_MAX {
                    continue;
                }
                let Some((seen, lower)) = self.read(capture) else { continue };
                let candidate = Candidate::new(seen, *source, confidence - lower);
                if self.tells_change(capture.block, &capture.text) {
                    changed.push(candidate)
                } else {
                    found.push(candidate)
                }
            }
        }
        for index in first..=last {
            let Some(block) = self.page.blocks.get(index) else { break };
            if block.words > DATE_WORDS_MAX || self.is_foreign(index) || Some(index) == self.anchor.title {
                continue;
            }
            let Some(seen) = self.find(&block.text) else { continue };
            let beside = self.anchor.title.is_some_and(|title| index > title);
            let worth = if beside && index < self.anchor.text { 0.6 } else { 0.55 };
            let candidate = Candidate::new(seen, FieldSource::Text, worth);
            if self.tells_change(index, &block.text) { changed.push(candidate) } else { found.push(candidate) }
        }
        changed.iter_mut().for_each(|candidate| candidate.confidence = 0.5);
        found.extend(changed);
        found
    }

    fn read(&self, capture: &Capture) -> Option<(Seen, f32)> {
        let stated = capture.stated.as_deref().and_then(|text| dates::machine(text, self.setting));
        let stated = stated.map(|seen| (seen, 0.0));
        stated.or_else(|| self.find(&capture.text).map(|seen| (seen, 0.05)))
    }

    fn find(&self, text: &str) -> Option<Seen> {
        if text.len() > 400 {
            return None;
        }
        dates::find(text, self.setting.language, self.setting.url)
    }

    /// Whether the words in front of a date, or the line before it, say that it is one of a change.
    fn tells_change(&self, block: usize, text: &str) -> bool {
        let says = |text: &str| words::starts_with(text.trim(), "changed_starts").is_some();
        let before = block.checked_sub(1).and_then(|before| self.page.blocks.get(before));
        says(text)
            || before.is_some_and(|before| {
                before.words <= 4.0 && !before.text.contains(char::is_numeric) && says(&before.text)
            })
    }

    /// `BERLIN, 27 April 2024 - The bridge ..`: a date in front of the first sentence.
    fn in_front_of_text(&self) -> Option<Candidate> {
        let until = (self.anchor.text + FRONT_BLOCKS).min(self.page.blocks.len());
        let first = self.anchor.title.map_or(self.anchor.text, |title| (title + 1).min(self.anchor.text));
        (first..until).find_map(|index| {
            let front: String = self.page.blocks[index].text.chars().take(FRONT_CHARS).collect();
            let (front, _) = front.rsplit_once([' '])?;
            let at = front.find([':', '–', '—', '|', ')', '-', '―'])?;
            let seen = self.find(front).filter(|_| self.find(&front[..at]).is_some() || front[at..].contains(" - "))?;
            Some(Candidate::new(seen, FieldSource::Text, 0.45))
        })
    }

    /// A date further away from the headline, in a short line.
    fn elsewhere(&self) -> Option<Candidate> {
        let captured = |wanted: fn(&Capture) -> bool, source, confidence| {
            let mut found = self.page.facts.captured.iter().filter(|capture| !capture.residue && wanted(capture));
            found.find_map(|capture| Some(Candidate::new(self.read(capture)?.0, source, confidence)))
        };
        captured(|capture| capture.kind == CaptureKind::Time, FieldSource::TimeElement, 0.55)
            .or_else(|| captured(|capture| capture.kind == CaptureKind::Date, FieldSource::Markup, 0.5))
            .or_else(|| self.in_line())
    }

    fn in_line(&self) -> Option<Candidate> {
        let from = self.region.first.saturating_sub(FAR_BEFORE);
        let until = (self.region.end + FAR_BEHIND).min(self.page.blocks.len());
        let short = |index: &usize| self.page.blocks[*index].words <= LINE_WORDS_MAX && !self.is_foreign(*index);
        (from..until).filter(short).find_map(|index| {
            let block = &self.page.blocks[index];
            let confidence = if block.words <= DATE_WORDS_MAX { 0.5 } else { 0.4 };
            Some(Candidate::new(self.find(&block.text)?, FieldSource::Text, confidence))
        })
    }
}

/// What the markup calls a date.
type Kind = (fn(&Capture) -> bool, FieldSource, f32);

/// The surest first.
const KINDS: &[Kind] = &[
    (|capture| is_itemprop(capture, "datepublished"), FieldSource::Microdata, 0.9),
    (|capture| capture.kind == CaptureKind::Time, FieldSource::TimeElement, 0.75),
    (|capture| is_itemprop(capture, "datecreated"), FieldSource::Microdata, 0.7),
    (|capture| capture.kind == CaptureKind::Date, FieldSource::Markup, 0.7),
];

fn is_itemprop(capture: &Capture, wanted: &str) -> bool {
    matches!(&capture.kind, CaptureKind::Itemprop(name) if name == wanted)
}

/// The date of the last change, as stated.
pub(super) fn modified(page: &Page, linked: &JsonLd, setting: Setting<'_>) -> Option<Date> {
    let read = |text: &str, source, confidence| dates::machine(text, setting)?.into_date(source, confidence, setting);
    let by_statement = linked.modified.as_deref().and_then(|text| read(text, FieldSource::JsonLd, 0.95));
    let by_statement = by_statement.or_else(|| {
        MODIFIED.iter().find_map(|name| meta(&page.facts, &[name]).and_then(|text| read(text, FieldSource::Meta, 0.9)))
    });
    by_statement.or_else(|| {
        let changed =
            |capture: &&Capture| matches!(&capture.kind, CaptureKind::Itemprop(name) if name == "datemodified");
        page.facts.captured.iter().filter(changed).find_map(|capture| {
            let stated = capture.stated.as_deref().unwrap_or(&capture.text);
            read(stated, FieldSource::Microdata, 0.9)
        })
    })
}
