//! Who wrote the article: people only. What the page states as data comes first, then what its markup calls a by-line
//! near the headline, then the lines that readers see there.

use memchr::{memchr_iter, memchr2, memrchr_iter};

use super::Anchor;
use super::json_ld::JsonLd;
use super::site::Site;
use crate::dates;
use crate::fields;
use crate::fold::{is_unspaced, key};
use crate::limits::AUTHORS_MAX;
use crate::names::{self, Trust};
use crate::page::{Capture, CaptureKind, Page, Raw, Tag};
use crate::region::Region;
use crate::types::{Context, FieldSource, Found, Label};
use crate::words;

/// `meta` elements that name authors, the surest first.
const NAMES: &[&str] = &[
    "author",
    "article:author",
    "article:author_name",
    "article:byline",
    "parsely-author",
    "sailthru.author",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "dc:creator",
    "dc.author",
    "byl",
    "byline",
    "cxenseparse:author",
    "og:article:author",
    "og:author",
    "article.author",
    "authors",
    "dable:author",
    "rbauthors",
    "nrbi:authors",
    "vr:author",
    "shareaholic:article_author_name",
    "creator",
];

/// Chooses what the page states, then what it shows near the headline.
pub(super) fn choose(
    page: &Page,
    region: &Region,
    linked: &JsonLd,
    site: &Site,
    anchor: Anchor,
) -> Option<Found<Vec<String>>> {
    let shown = Shown { page, region, site, anchor };
    let stated = stated(page, linked, site);
    let Some(stated) = stated else { return shown.names().or_else(|| own_site(page, linked, site)) };
    // A first name alone is made whole by what readers see.
    if let [name] = stated.value.as_slice()
        && !name.contains(' ')
        && let Some(shown) = shown.names()
        && shown.value.len() == 1
        && shown.value[0].contains(' ')
        && key(&shown.value[0]).starts_with(&key(name))
    {
        return Some(shown);
    }
    Some(stated)
}

fn stated(page: &Page, linked: &JsonLd, site: &Site) -> Option<Found<Vec<String>>> {
    let names = linked.authors.iter().flat_map(|name| names::people(name, Trust::Stated)).collect();
    if let Some(names) = people(names, site) {
        return Some(Found::new(names, FieldSource::JsonLd));
    }
    let metas = &page.facts.metas;
    for wanted in NAMES {
        let found = metas.iter().filter(|(name, _)| name == wanted);
        let names = found.flat_map(|(name, content)| by_meta(name, content)).take(AUTHORS_MAX).collect();
        if let Some(names) = people(names, site) {
            return Some(Found::new(names, FieldSource::Meta));
        }
    }
    // Labels of cards: `twitter:label1` says "Written by", `twitter:data1` who.
    let labels = metas.iter().filter_map(|(name, label)| Some((name.strip_prefix("twitter:label")?, label)));
    for (number, _) in labels.filter(|(_, label)| words::starts_with(label, "byline_starts").is_some()) {
        let data = metas.iter().filter(|(name, _)| name.strip_prefix("twitter:data") == Some(number));
        let names = data.flat_map(|(_, content)| names::people(content, Trust::Stated)).collect();
        if let Some(names) = people(names, site) {
            return Some(Found::new(names, FieldSource::Meta));
        }
    }
    None
}

/// A person whose site bears their name.
fn own_site(page: &Page, linked: &JsonLd, site: &Site) -> Option<Found<Vec<String>>> {
    let metas = page.facts.metas.iter().filter(|(name, _)| NAMES.contains(&name.as_str()));
    let stated = linked.authors.iter().map(|name| (name.as_str(), FieldSource::JsonLd));
    let mut stated = stated.chain(metas.map(|(_, content)| (content.as_str(), FieldSource::Meta)));
    stated.find_map(|(text, source)| {
        let mut names = names::people(text, Trust::Stated);
        names.retain(|name| site.is_name(&key(name)) && name.contains(' '));
        (!names.is_empty()).then(|| Found::new(names, source))
    })
}

fn by_meta(name: &str, content: &str) -> Vec<String> {
    let content = super::entities::decode(content);
    if matches!(name, "citation_author" | "dc.creator" | "dcterms.creator")
        && let Some((family, given)) = content.split_once(", ")
        && !given.contains([',', ';'])
        && family.split_whitespace().count() <= 2
        && given.split_whitespace().count() <= 3
    {
        // Libraries put the family name first, one name an element.
        return names::people(&format!("{given} {family}"), Trust::Stated);
    }
    names::people(&content, Trust::Stated)
}

/// What the page shows of its authors.
struct Shown<'a> {
    page: &'a Page,
    region: &'a Region,
    site: &'a Site,
    anchor: Anchor,
}

/// Blocks in front of the headline, and behind the first paragraph, in which the by-line may stand.
const BEFORE_TITLE: usize = 6;
const BEHIND_TEXT: usize = 2;
/// Blocks in front of the text where no headline is known.
const BEFORE_TEXT: usize = 15;
/// Blocks behind the headline in which it stands even if the text begins earlier.
const BEHIND_TITLE: usize = 8;
/// Blocks behind the text in which the author is introduced.
const BEHIND_REGION: usize = 24;
/// Characters of an element that is a by-line.
const BYLINE_CHARS_MAX: usize = 140;
/// Blocks between the names of several authors.
const BETWEEN_AUTHORS: usize = 3;

impl Shown<'_> {
    fn names(&self) -> Option<Found<Vec<String>>> {
        let (first, last) = self.head();
        let head = |block: usize| (first..=last).contains(&block);
        let ranks = [
            (0, FieldSource::Microdata, Trust::Stated),
            (1, FieldSource::Link, Trust::Linked),
            (2, FieldSource::Markup, Trust::Seen),
        ];
        for (rank, source, trust) in ranks {
            if let Some(names) = self.captured(rank, trust, head) {
                return Some(Found::new(names, source));
            }
        }
        if let Some(names) = self.lines(first, last) {
            return Some(Found::new(names, FieldSource::Text));
        }
        let (from, until) = (self.region.first, self.region.end + BEHIND_REGION);
        if let Some(names) = self.marked(last, until) {
            return Some(Found::new(names, FieldSource::Text));
        }
        for (rank, source, trust) in ranks {
            if let Some(names) = self.captured(rank, trust, |block| (from..until).contains(&block)) {
                return Some(Found::new(names, source));
            }
        }
        self.last_line().map(|names| Found::new(names, FieldSource::Text))
    }

    /// A whole name alone in the last line of the text, as in print.
    fn last_line(&self) -> Option<Vec<String>> {
        let end = self.region.end.min(self.page.blocks.len());
        let prose = (self.anchor.text..end).rev().find(|&index| self.page.blocks[index].words >= PROSE_WORDS_MIN)?;
        let index = (prose + 1..end.min(prose + 3)).find(|&index| self.is_line(index))?;
        let block = &self.page.blocks[index];
        let plain = matches!(block.tag, Tag::Paragraph | Tag::Div) && block.link_density() < 0.5 && !block.place.figure;
        let words = block.text.split_whitespace().count();
        let free = self.region.hints.get(index).copied().flatten().is_none();
        if !plain || !free {
            return None;
        }
        if let Some(name) = in_brackets(&block.text) {
            return people(vec![name], self.site);
        }
        if !(2..=3).contains(&words) {
            return None;
        }
        let mut found = names::people(&block.text, Trust::Seen);
        found.retain(|name| key(name) == key(&block.text));
        people(found, self.site)
    }

    /// The blocks around the headline.
    fn head(&self) -> (usize, usize) {
        let text = self.anchor.text;
        match self.anchor.title {
            Some(title) if title <= text + BEHIND_TITLE => {
                (title.saturating_sub(BEFORE_TITLE), (text + BEHIND_TEXT).clamp(title, title.max(text) + BEHIND_TITLE))
            }
            _ => (text.saturating_sub(BEFORE_TEXT), text + BEHIND_TEXT),
        }
    }

    /// Whether the markup says that a block belongs to something else, and does not say so of the headline as well.
    fn is_foreign(&self, block: usize) -> bool {
        let hint = |block: usize| self.region.hints.get(block).copied().flatten();
        let own = hint(block);
        matches!(own, Some(Label::Comment | Label::Related | Label::Nav | Label::Ad))
            && self.anchor.title.and_then(hint) != own
    }

    /// Whether a link leads to a page of this site that bears the name; those of other sites are profiles in networks.
    fn is_own(&self, capture: &Capture) -> bool {
        let Some(href) = capture.stated.as_deref() else { return false };
        let rest = href.split_once("://").map(|(_, rest)| rest).or_else(|| href.strip_prefix("//"));
        let here = rest.is_none_or(|rest| self.site.is_host(rest.split('/').next().unwrap_or(rest)));
        let (words, slug) = (capture.text.split_whitespace(), key(href));
        let count = words.clone().count();
        let bears = words.map(key).any(|word| word.chars().count() > 2 && slug.contains(&word));
        here && (count > 1 || href.contains("/aut")) && (bears || !capture.text.is_ascii())
    }

    /// Whether a block, or the one before it, names an editor, a reviewer, a photographer.
    fn is_other(&self, block: usize) -> bool {
        let says =
            |block: &Raw| block.words <= LINE_WORDS_MAX && words::starts_with(&block.text, "byline_other").is_some();
        let before = block.checked_sub(1).and_then(|before| self.page.blocks.get(before));
        self.page.blocks.get(block).is_some_and(says)
            || before.is_some_and(|before| says(before) && is_by_word_of(&before.text, "byline_other"))
    }

    fn captured(&self, wanted: u8, trust: Trust, near: impl Fn(usize) -> bool) -> Option<Vec<String>> {
        let fits = |capture: &&Capture| {
            rank(&capture.kind) == Some(wanted)
                && near(capture.block)
                && !self.is_foreign(capture.block)
                && (capture.kind != CaptureKind::AuthorLink || self.is_own(capture))
                && !self.is_other(capture.block)
        };
        let mut names: Vec<String> = Vec::new();
        let mut at: Option<usize> = None;
        for capture in self.page.facts.captured.iter().filter(fits) {
            if at.is_some_and(|at| capture.block > at + BETWEEN_AUTHORS) || names.len() >= AUTHORS_MAX {
                break;
            }
            let is_link = capture.kind == CaptureKind::AuthorLink;
            let stated = capture.stated.as_deref().filter(|_| capture.text.is_empty() && !is_link);
            let text = stated.unwrap_or(&capture.text);
            if text.chars().count() > BYLINE_CHARS_MAX {
                continue;
            }
            let mut found = names::people(text, trust);
            if found.is_empty() {
                found = fields::signed(text);
            }
            if let Some(found) = people(found, self.site) {
                at = Some(capture.block);
                add(&mut names, found);
            }
        }
        (!names.is_empty()).then_some(names)
    }

    /// Names in the lines between headline and text.
    fn lines(&self, first: usize, last: usize) -> Option<Vec<String>> {
        let lines = || (first..=last).filter(|index| Some(*index) != self.anchor.title && self.is_line(*index));
        let text = |index: usize| self.page.blocks[index].text.as_str();
        lines()
            .find_map(|index| people(fields::signed(text(index)), self.site))
            .or_else(|| lines().find_map(|index| people(self.behind_by_word(index), self.site)))
            .or_else(|| lines().find_map(|index| people(beside_role(text(index)), self.site)))
            .or_else(|| lines().find_map(|index| people(beside_date(text(index)), self.site)))
            .or_else(|| lines().find_map(|index| people(names::behind_mark(text(index)), self.site)))
            .or_else(|| lines().find_map(|index| people(self.alone(index), self.site)))
    }

    /// Names within or behind the text in short lines that begin with a by-word.
    fn marked(&self, first: usize, until: usize) -> Option<Vec<String>> {
        let mut lines = (first..until).filter(|index| self.is_line(*index));
        lines.find_map(|index| {
            let block = &self.page.blocks[index];
            let signs = block.words <= MARKED_WORDS_MAX
                && words::starts_with(&block.text, "byline_starts").is_some()
                && !block.place.figure
                && !block.place.quote;
            let found = if signs { fields::signed(&block.text) } else { Vec::new() };
            let whole: Vec<String> = found.into_iter().filter(|name| name.contains(' ')).collect();
            let found = if whole.is_empty() { self.behind_by_word(index) } else { whole };
            let marked = || {
                let starts =
                    block.words <= MARKED_WORDS_MAX && words::starts_with(&block.text, "author_mark").is_some();
                people(if starts { names::behind_mark(&block.text) } else { Vec::new() }, self.site)
            };
            people(found, self.site).or_else(marked)
        })
    }

    fn is_line(&self, index: usize) -> bool {
        self.page.blocks.get(index).is_some_and(|block| {
            let own = !block.place.nav && !block.place.footer && !self.is_foreign(index);
            block.words <= LINE_WORDS_MAX && own && !self.is_other(index)
        })
    }

    /// `Written by` in a line, and the name in the next one.
    fn behind_by_word(&self, index: usize) -> Vec<String> {
        if !is_by_word(&self.page.blocks[index].text) {
            return Vec::new();
        }
        let next = self.page.blocks.get(index + 1).filter(|next| next.words <= LINE_WORDS_MAX);
        next.map(|next| names::people(&next.text, Trust::Seen)).unwrap_or_default()
    }

    /// A whole name alone in a line behind the headline, unless it is one of the article's topics.
    fn alone(&self, index: usize) -> Vec<String> {
        let block = &self.page.blocks[index];
        let behind = self.anchor.title.is_some_and(|title| index > title && index <= title + ALONE_BEHIND_TITLE);
        let words = block.text.split_whitespace().count();
        let plain = !matches!(block.tag, Tag::Heading(1..=3) | Tag::Button | Tag::Caption) && !block.place.figure;
        let free = self.region.hints.get(index).copied().flatten().is_none();
        if !behind || !(2..=3).contains(&words) || !plain || !free || index >= self.anchor.text {
            return Vec::new();
        }
        let own = key(&block.text);
        let topic = self.page.facts.metas.iter().any(|(name, content)| {
            (name.contains("section") || name.contains("keyword") || name.contains("tag"))
                && key(content).contains(&own)
        });
        let elsewhere =
            self.page.blocks.iter().take(MENU_BLOCKS_MAX).enumerate().any(|(other, block)| {
                other != index && block.words <= 4.0 && block.place.nav && key(&block.text) == own
            });
        let mut found = names::people(&block.text, Trust::Seen);
        found.retain(|name| key(name) == own);
        if topic || elsewhere { Vec::new() } else { found }
    }
}

/// `（王小河）`: so Chinese papers sign.
pub(crate) fn in_brackets(text: &str) -> Option<String> {
    let inside = text.trim().strip_prefix(['（', '('])?.strip_suffix(['）', ')'])?.trim();
    let name = names::people(inside, Trust::Seen).into_iter().next()?;
    let short = inside.chars().all(is_unspaced) && (2..=4).contains(&inside.chars().count());
    (short && name == inside).then_some(name)
}

/// Blocks among which a menu is looked for.
const MENU_BLOCKS_MAX: usize = 2000;
/// Words of a line behind the text that names an author.
const MARKED_WORDS_MAX: f32 = 8.0;
/// Blocks behind the headline in which a name alone is the author's.
const ALONE_BEHIND_TITLE: usize = 4;
/// Words of the last paragraph behind which an author may sign.
const PROSE_WORDS_MIN: f32 = 15.0;
/// Words of a line in which an author may be named.
const LINE_WORDS_MAX: f32 = 16.0;

/// `Written by`, and nothing else.
fn is_by_word(text: &str) -> bool {
    is_by_word_of(text, "byline_starts") && words::starts_with(text.trim(), "byline_other").is_none()
}

fn is_by_word_of(text: &str, section: &str) -> bool {
    let text = text.trim().trim_end_matches([':', '：']).trim_end();
    if text.is_empty() || text.chars().count() > BY_WORD_CHARS_MAX {
        return false;
    }
    let lower = text.to_lowercase();
    words::has(section, &lower)
        || words::has(section, &format!("{lower}:"))
        || words::has(section, &format!("{lower}："))
}

/// Characters of the longest by-word.
const BY_WORD_CHARS_MAX: usize = 40;

/// `Ada Miller, reporter`, `Ada Miller (AFP)`: a whole name, and behind it a role or an agency.
pub(crate) fn beside_role(text: &str) -> Vec<String> {
    let Some((name, rest)) = text.split_once([',', '(', '|', '/', '（', '，']) else { return Vec::new() };
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, ')' | '）' | '.'));
    let is_role = |word: &str| {
        let lower = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        words::has("role_word", &lower) || words::has("role", &lower)
    };
    let last = rest.split_whitespace().last().unwrap_or(rest);
    let says = rest.split_whitespace().take(4).any(is_role) || words::is_agency(rest) || words::is_agency(last);
    let whole = (2..=4).contains(&name.split_whitespace().count()) && rest.split_whitespace().count() <= 5;
    if says && whole { names::people(name, Trust::Seen) } else { Vec::new() }
}

/// `27.04.2024 | 13:10 | Ada Miller`, `April 27, 2024 · Ada Miller`.
fn beside_date(text: &str) -> Vec<String> {
    if !text.contains(|c: char| c.is_numeric()) || dates::find(text, None, None).is_none() {
        return Vec::new();
    }
    let is_mark = |c: char| matches!(c, '|' | '·' | '•' | '–' | '—' | '/' | '⋅' | '●');
    let parts = text.split(is_mark).flat_map(|part| part.split(" - ")).map(str::trim);
    let named = parts.filter(|part| {
        let words = part.split_whitespace().count();
        (2..=4).contains(&words) && !part.contains(|c: char| c.is_numeric())
    });
    named
        .flat_map(|part| names::people(part, Trust::Seen))
        .filter(|name| name.contains(' '))
        .take(AUTHORS_MAX)
        .collect()
}

fn rank(kind: &CaptureKind) -> Option<u8> {
    match kind {
        CaptureKind::Itemprop(name) if name == "author" || name == "creator" => Some(0),
        CaptureKind::RelAuthor | CaptureKind::AuthorLink => Some(1),
        CaptureKind::Byline => Some(2),
        _ => None,
    }
}

/// Adds names that are new: an outer element repeats what an inner one says, and more.
fn add(names: &mut Vec<String>, found: Vec<String>) {
    for name in found {
        let own = key(&name);
        let known = names.iter().any(|other| {
            let other = key(other);
            own.contains(&other) || other.contains(&own)
        });
        if !known && names.len() < AUTHORS_MAX {
            names.push(name);
        }
    }
}

/// Names that are not the site's.
fn people(names: Vec<String>, site: &Site) -> Option<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        let own = key(&name);
        if !site.is_author_name(&own) && !kept.iter().any(|other| key(other) == own) {
            kept.push(name);
        }
    }
    (!kept.is_empty()).then_some(kept)
}

/// Whether an address lies in a part of a site that is about its authors: `/author/NAME`, `/autor/NAME`.
pub(crate) fn leads_to_author(href: &str) -> bool {
    let bytes = href.as_bytes();
    let end = memchr2(b'?', b'#', bytes).unwrap_or(bytes.len());
    let scheme = memchr_iter(b':', &bytes[..end]).find(|at| bytes[*at..end].starts_with(b"://"));
    let start = scheme.map_or(0, |at| at + 3);
    let path = href[start..end].trim_end_matches('/').as_bytes();
    // The name must follow: a bare `/authors/` is a list of them.
    let mut ends = memrchr_iter(b'/', path).take(3);
    let Some(mut end) = ends.next() else { return false };
    for _ in 0..2 {
        let next = ends.next();
        let part = next.map_or(0, |at| at + 1)..end;
        if str::from_utf8(&path[part]).is_ok_and(|part| words::has("author_path", part)) {
            return true;
        }
        let Some(next) = next else { return false };
        end = next;
    }
    false
}

/// Names out of the lines that readers see.
pub(crate) fn of_lines(lines: &[String], reporter: Option<&str>, site: Option<&Site>) -> Option<Found<Vec<String>>> {
    let in_lines = lines.iter().flat_map(|line| fields::byline(line).map(|byline| byline.authors).unwrap_or_default());
    let names: Vec<String> = in_lines.chain(reporter.into_iter().flat_map(fields::authors)).collect();
    people(names, site.unwrap_or(&Site::default())).map(|names| Found::new(names, FieldSource::Text))
}

/// Names that stand above the text.
pub(crate) fn of_names(names: Vec<String>, site: &Site) -> Option<Found<Vec<String>>> {
    people(names, site).map(|names| Found::new(names, FieldSource::Text))
}

/// Names out of the feed's entry.
pub(crate) fn of_feed(context: &Context<'_>) -> Option<Found<Vec<String>>> {
    let names: Vec<String> = context.feed.authors.iter().flat_map(|name| fields::authors(name)).collect();
    (!names.is_empty()).then(|| Found::new(names, FieldSource::Feed))
}
