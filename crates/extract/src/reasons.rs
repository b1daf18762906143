//! Why a block was kept or removed, in words for a reader. What is known at no cost is always said: the phrase of the
//! table of wording, the name in the markup, the share of links, the heading of a list. By what the model decided is
//! found by trying, and only where someone asks ([`crate::Context::explain`]).
//!
//! A reason holds words of our own tables and numbers, never text of the page.

use std::borrow::Cow;

use crate::features::Sources;
use crate::judge::Judged;
use crate::model::Model;
use crate::page::{Element, Raw, Tag};
use crate::region::own_hint;
use crate::types::Label;
use crate::wording::Strength;
use crate::{context, features, tokens};

/// What a block was named, whether it is kept, and the rule by which.
pub(crate) type Named = (Label, bool, &'static str);

/// What the reason of an item of a list of other articles begins with.
pub(crate) const LISTED: &str = "list of ";

/// Bytes of a reason.
const BYTES_MAX: usize = 120;

/// The reasons of all blocks of a page. With a model it is also said by what it decided.
pub(crate) fn of_page(
    sources: &Sources<'_>,
    named: &[Named],
    judged: &Judged,
    model: Option<&Model>,
) -> Vec<Cow<'static, str>> {
    Reasons::new(sources, named, judged, model, true).all()
}

/// The same for the lines of a text.
pub(crate) fn of_lines(
    sources: &Sources<'_>,
    named: &[Named],
    judged: &Judged,
    model: Option<&Model>,
) -> Vec<Cow<'static, str>> {
    Reasons::new(sources, named, judged, model, false).all()
}

struct Reasons<'a> {
    sources: &'a Sources<'a>,
    named: &'a [Named],
    judged: &'a Judged,
    model: Option<&'a Model>,
    is_page: bool,
    /// The blocks that stand for what is kept and for what is removed on this page.
    typical: [Option<usize>; 2],
}

impl<'a> Reasons<'a> {
    fn new(
        sources: &'a Sources<'a>,
        named: &'a [Named],
        judged: &'a Judged,
        model: Option<&'a Model>,
        is_page: bool,
    ) -> Self {
        let typical = match model {
            Some(_) => [false, true].map(|kept| typical(named, &judged.text, kept)),
            None => [None; 2],
        };
        Self { sources, named, judged, model, is_page, typical }
    }

    fn all(&self) -> Vec<Cow<'static, str>> {
        let article = self.article();
        let mut head = None;
        let mut reasons = Vec::with_capacity(self.named.len());
        for (index, (_, _, rule)) in self.named.iter().enumerate() {
            if self.sources.evidence[index].opens {
                head = self.sources.hits[index].map(|hit| hit.phrase);
            }
            let reason = match *rule {
                "in_article" => self.with_model(index, article.clone()),
                "heads_list" => match head {
                    Some(phrase) => format!("heads a list of other articles: \"{phrase}\"").into(),
                    None => "heads a list of other articles".into(),
                },
                "listed" => self.listed(index, head),
                _ => self.of(index, rule),
            };
            reasons.push(cut(reason));
        }
        reasons
    }

    /// What the kept blocks of the article's element have in common.
    fn article(&self) -> Cow<'static, str> {
        if !self.is_page {
            return "in the running text".into();
        }
        let blocks = &self.sources.page.blocks;
        let words = |blocks: &[Raw]| blocks.iter().map(|block| block.words).sum::<f32>();
        let region = blocks.get(self.sources.region.first..self.sources.region.end).unwrap_or_default();
        let share = 100.0 * words(region) / words(blocks).max(1.0);
        format!("in the article's element, {share:.0} % of the page's text").into()
    }

    fn listed(&self, index: usize, head: Option<&'static str>) -> Cow<'static, str> {
        let what = if self.sources.page.blocks[index].link_density() > 0.5 { "links" } else { "lines" };
        match head {
            Some(phrase) => format!("{LISTED}{what} under \"{phrase}\"").into(),
            None => format!("{LISTED}{what} to other articles").into(),
        }
    }

    fn of(&self, index: usize, rule: &'static str) -> Cow<'static, str> {
        match rule {
            "field" => self.field(index),
            "repeats_title" => "repeats the title".into(),
            "wording" | "weak_wording" => self.wording(index).unwrap_or(Cow::Borrowed("wording")),
            "markup" => self.markup(index).unwrap_or(Cow::Borrowed("markup")),
            "links" => self.links(index),
            "bare_number" => "a number or mark alone".into(),
            "relative_time" => "a time that has passed, as lists date their items".into(),
            "angle_list" => "titles of other articles in angle brackets".into(),
            "menu" => "menu: names of sections in one line".into(),
            "loose_lines" => "loose lines behind the text, none of them a sentence".into(),
            "outside_article" => self.outside(index),
            "about_author" => "it begins with the author's name".into(),
            "thread" => "in a thread of comments: what stands between is to answer or to report them".into(),
            "mentioned" => "wording that the text beside it speaks of".into(),
            "short" => self.with_model(index, "among residue, and no sentence".into()),
            "prose" => self.with_model(index, "among residue".into()),
            _ => self.by_model(index),
        }
    }

    fn wording(&self, index: usize) -> Option<Cow<'static, str>> {
        let hit = self.sources.hits[index]?;
        let strength = if hit.strength == Strength::Strong { "wording" } else { "weak wording" };
        Some(format!("{strength}: \"{}\"", hit.phrase).into())
    }

    /// The innermost element around a block that named it so.
    fn markup(&self, index: usize) -> Option<Cow<'static, str>> {
        let hint = self.sources.region.hints[index]?;
        let element = self.around(index).map(|(_, element)| element).find(|element| own_hint(element) == Some(hint));
        Some(match element {
            Some(element) if element.names.residue == Some(hint) => {
                format!("markup: {}", attribute(element.names.residue_by)).into()
            }
            Some(element) => match element.tag {
                Tag::Nav => "markup: <nav>".into(),
                Tag::Footer => "markup: <footer>".into(),
                _ => "markup: <aside>".into(),
            },
            None if self.around(index).any(|(at, _)| self.sources.region.others[at]) => {
                "markup: an article with a main heading of its own".into()
            }
            None => "markup: a group of linked headlines".into(),
        })
    }

    fn links(&self, index: usize) -> Cow<'static, str> {
        let share = 100.0 * self.sources.page.blocks[index].link_density();
        format!("links: {share:.0} % of its words").into()
    }

    fn outside(&self, index: usize) -> Cow<'static, str> {
        let whole = self.sources.hits[index].is_some_and(|hit| hit.strength == Strength::Strong || hit.whole);
        let said = self.markup(index).or_else(|| self.wording(index).filter(|_| whole));
        if let Some(said) = said {
            return format!("{said}; outside of the article").into();
        }
        if self.sources.page.blocks[index].link_density() > 0.5 {
            return format!("{}; outside of the article", self.links(index)).into();
        }
        self.with_model(index, "outside of the article".into())
    }

    fn field(&self, index: usize) -> Cow<'static, str> {
        let label = self.named[index].0;
        let block = &self.sources.page.blocks[index];
        let named = self.around(index).map(|(_, element)| element).find(|element| element.names.field == Some(label));
        let by: Cow<'static, str> = match (label, named) {
            (Label::Title, _) if self.is_page => "the headline that the page states".into(),
            (Label::Title, _) => "the first line that can be one".into(),
            (Label::Caption | Label::Credit, _) if block.tag == Tag::Caption => "by <figcaption>".into(),
            (_, Some(element)) => format!("by {}", attribute(element.names.field_by)).into(),
            (Label::Caption | Label::Credit, _) if block.place.figure => "by <figure>".into(),
            (Label::Deck, _) if self.is_page => "the page's own description".into(),
            (Label::Deck, _) => "between title and text".into(),
            (Label::Dateline, _) => "by its form".into(),
            _ => "by its words".into(),
        };
        let name = label.as_str();
        if label == Label::Title || label == Label::Deck && named.is_none() {
            return format!("field: {name}, {by}").into();
        }
        format!("field: {name} {by}").into()
    }

    /// The elements around a block, the innermost first.
    fn around(&self, index: usize) -> impl Iterator<Item = (usize, &Element)> {
        let page = self.sources.page;
        let own = page.blocks.get(index).map(|block| block.element);
        own.into_iter().flat_map(|own| page.around(own)).map(|at| (at, &page.elements[at]))
    }

    /// A reason that others share, and what the model said of this block.
    fn with_model(&self, index: usize, reason: Cow<'static, str>) -> Cow<'static, str> {
        match self.model {
            Some(_) => format!("{reason}; {}", self.by_model(index)).into(),
            None => reason,
        }
    }

    fn by_model(&self, index: usize) -> Cow<'static, str> {
        let mut said = String::from("model: ");
        push_hundredths(&mut said, self.judged.text[index]);
        let groups = self.model.map(|model| self.groups(index, model)).unwrap_or_default();
        if !groups.is_empty() {
            said.push_str("; most by ");
            said.push_str(&groups.join(", "));
        }
        said.into()
    }

    /// The two groups of columns that moved the model most: those without which it would have said something else.
    ///
    /// A group is taken away by putting in its place what was measured of the page's typical block on the other side,
    /// one that exists, since a mean of several would be a block that no page has. Where the page has none there is
    /// nothing to compare with.
    fn groups(&self, index: usize, model: &Model) -> Vec<&'static str> {
        let Some(other) = self.typical[usize::from(!self.named[index].1)] else { return Vec::new() };
        let odds = log_odds(self.judged.text[index]);
        let sign = if self.named[index].1 { 1.0 } else { -1.0 };
        let rows = &self.judged.rows;
        let again = self.judged.again(model, GROUPS.len(), |group, column| {
            rows.value(if group_of(column) == group { other } else { index }, column)
        });
        let mut moved: Vec<(f32, usize)> =
            again.iter().map(|text| sign * (odds - log_odds(*text))).zip(0..GROUPS.len()).collect();
        moved.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
        moved.iter().take(2).filter(|(moved, _)| *moved > MOVED_MIN).map(|(_, group)| GROUPS[*group].0).collect()
    }
}

/// Adds a probability with two digits behind the point.
fn push_hundredths(out: &mut String, share: f32) {
    // Of what lies in the middle the even one, as the standard library rounds; the product is exact.
    let hundredths = (f64::from(share) * 100.0).round_ties_even().clamp(0.0, 100.0) as u32;
    let digit = |number: u32| char::from_digit(number % 10, 10).unwrap_or_default();
    out.extend([digit(hundredths / 100), '.', digit(hundredths / 10), digit(hundredths)]);
}

/// Log-odds that a group must be worth to be named.
const MOVED_MIN: f32 = 0.1;

fn log_odds(text: f32) -> f32 {
    let text = text.clamp(1e-6, 1.0 - 1e-6);
    (text / (1.0 - text)).ln()
}

/// Of the blocks on one side, the one in the middle by the model's judgement.
fn typical(named: &[Named], judged: &[f32], kept: bool) -> Option<usize> {
    let mut side: Vec<usize> = (0..named.len()).filter(|index| named[*index].1 == kept).collect();
    side.sort_by(|left, right| judged[*left].total_cmp(&judged[*right]).then(left.cmp(right)));
    side.get(side.len() / 2).copied()
}

/// An attribute as it stood in the markup: `class "share-bar"`, `role "navigation"`.
fn attribute(by: &str) -> String {
    match by.split_once(' ') {
        Some((name, value)) => format!("{name} \"{value}\""),
        None => format!("class \"{by}\""),
    }
}

fn cut(reason: Cow<'static, str>) -> Cow<'static, str> {
    match reason {
        Cow::Owned(mut reason) if reason.len() > BYTES_MAX => {
            reason.truncate(reason.floor_char_boundary(BYTES_MAX));
            Cow::Owned(reason)
        }
        reason => reason,
    }
}

/// Groups of columns as a reader would name them, each with what the names of its columns begin with.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "form",
        &[
            "tag",
            "heading",
            "words",
            "letters_per_word",
            "sentence",
            "marks",
            "commas",
            "digits",
            "uppers",
            "bare",
            "lower_start",
            "quote_start",
            "colon_end",
            "broken",
            "unspaced",
        ],
    ),
    ("wording", &["wording*", "residue", "listed", "field"]),
    ("names of elements around it", &["names_*", "hint*", "own_hint", "content_*", "in_*", "articles", "article_*"]),
    ("links", &["link_*", "in_link", "box1_links", "box2_links", "box3_links", "box4_links", "around3_links"]),
    ("elements around it", &["depth", "element_*", "box*", "main_*", "state", "best_*", "surest", "total"]),
    ("neighbours", &["prev*", "next*", "short_run", "head_*", "comment_blocks", "around*", "heading_*", "sure_*"]),
    ("place on the page", &["position", "words_*", "prose_*", "headline_*", "before", "behind", "run_*"]),
    (
        "its template",
        &[
            "own_alike",
            "box1_alike",
            "box2_alike",
            "box3_alike",
            "box1_ordinal",
            "box2_ordinal",
            "box3_ordinal",
            "siblings*",
            "template*",
        ],
    ),
    ("repetition", &["repeats*", "stated", "known_words*"]),
];

/// The group of a column: the one that has its whole name, else the one with the longest beginning of it. What is said of
/// the whole page, and the first judgement, which is made anew, are in none.
fn group_of(column: usize) -> usize {
    static OF_COLUMNS: std::sync::LazyLock<Vec<usize>> = std::sync::LazyLock::new(|| {
        let names = features::NAMES.iter().chain(tokens::NAMES).chain(context::NAMES);
        names.map(|name| group_of_name(name)).collect()
    });
    OF_COLUMNS[column]
}

fn group_of_name(name: &str) -> usize {
    let fit = |pattern: &str| match pattern.strip_suffix('*') {
        Some(beginning) if name.starts_with(beginning) => beginning.len(),
        None if name == pattern => usize::MAX,
        _ => 0,
    };
    let fits = GROUPS.iter().map(|(_, patterns)| patterns.iter().map(|pattern| fit(pattern)).max().unwrap_or_default());
    let (longest, group) = fits.zip(0..).max_by_key(|(fit, group)| (*fit, usize::MAX - group)).unwrap_or_default();
    if longest == 0 { GROUPS.len() } else { group }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{html_str, text};

    const PAGE: &str = r#"<title>The ferry sails again</title><body>
        <nav><a href=/>Home</a> <a href=/s>Sport</a></nav>
        <article><h1>The ferry sails again</h1><p class="byline">By Ada Miller</p>
        <p>The ferry between the two islands sails again from Monday on, the harbour master said on Friday evening.</p>
        <p>It had lain still since January, when a storm broke its ramp and the yard had no steel for a new one.</p>
        <p>The first boat leaves at six in the morning, and the last one comes back shortly before midnight.</p>
        <figure><img src=a.jpg><figcaption>The ramp in March.</figcaption></figure></article>
        <div class="share-bar"><span>Share this article</span></div>
        <div class="x"><span>Share this story</span></div>
        <div class=more><h3>Related articles</h3><ul><li><a href=/1>Mayor opens the second bridge over the river</a>
        <li><a href=/2>Two held after the storm on the coast</a></ul></div>
        <footer>Imprint of the paper</footer></body>"#;

    fn reasons(context: &crate::Context<'_>) -> Vec<(String, String)> {
        let extracted = html_str(PAGE, context);
        extracted.blocks.into_iter().map(|block| (block.text, block.reason.into_owned())).collect()
    }

    fn reason_of(start: &str) -> String {
        let all = reasons(&crate::Context::default());
        all.into_iter().find(|(text, _)| text.starts_with(start)).expect("the block is there").1
    }

    #[test]
    fn a_reason_names_what_it_saw() {
        assert_eq!(reason_of("The ferry sails"), "field: title, the headline that the page states");
        assert_eq!(reason_of("By Ada"), "field: byline by class \"byline\"");
        assert_eq!(reason_of("The ramp"), "field: caption by <figcaption>");
        assert_eq!(reason_of("Share this"), "markup: class \"sharebar\"; outside of the article");
        assert_eq!(reason_of("Share this story"), "wording: \"Share this story\"; outside of the article");
        assert_eq!(reason_of("Home"), "markup: <nav>; outside of the article");
        assert!(reason_of("It had lain").starts_with("in the article's element, "), "{}", reason_of("It had lain"));
        assert!(reason_of("Imprint").starts_with("markup: <footer>"));
    }

    #[test]
    fn probabilities_are_written_as_the_standard_library_writes_them() {
        let eighths = (0..=8).map(|eighth| eighth as f32 / 8.0);
        for share in eighths.chain((0..=10_000).map(|part| part as f32 / 10_000.0)) {
            let mut said = String::new();
            push_hundredths(&mut said, share);
            assert_eq!(said, format!("{share:.2}"));
        }
    }

    #[test]
    fn lines_name_what_they_saw() {
        let lines = [
            "The ferry sails again",
            "The ferry between the two islands sails again from Monday on, the harbour master said on Friday evening.",
            "It had lain still since January, when a storm broke its ramp and the yard had no steel for a new one.",
            "Share this article",
            "",
            "Related articles",
            "Mayor opens the second bridge over the river",
        ];
        let reasons: Vec<String> = text(&lines, &crate::Context::default())
            .blocks
            .into_iter()
            .map(|block| block.reason.into_owned())
            .collect();
        assert_eq!(reasons[0], "field: title, the first line that can be one");
        assert_eq!(reasons[1], "in the running text");
        assert_eq!(reasons[3], "wording: \"Share this article\"");
        assert_eq!(reasons[4], "blank");
        assert_eq!(reasons[5], "heads a list of other articles: \"Related articles\"");
        assert_eq!(reasons[6], "list of lines under \"Related articles\"");
    }

    #[test]
    fn the_model_says_by_what_it_decided_where_someone_asks() {
        let explained = reasons(&crate::Context { explain: true, ..crate::Context::default() });
        let kept = &explained.iter().find(|(text, _)| text.starts_with("It had lain")).expect("it is there").1;
        assert!(kept.contains("; model: 0.") && kept.contains("most by "), "{kept}");
        assert!(reasons(&crate::Context::default()).iter().all(|(_, reason)| !reason.contains("most by")));
        assert!(explained.iter().all(|(_, reason)| reason.len() <= BYTES_MAX));
    }

    #[test]
    fn every_column_is_in_one_group_or_says_something_of_the_whole_page() {
        let none: Vec<&&str> = features::NAMES
            .iter()
            .chain(tokens::NAMES)
            .chain(context::NAMES)
            .filter(|name| group_of_name(name) == GROUPS.len())
            .collect();
        assert!(none.iter().all(|name| name.starts_with("page_") || **name == "first"), "{none:?}");
        assert_eq!(context::NAMES[0], "first", "the column that is written when a row is judged again");
        for (name, patterns) in GROUPS {
            for pattern in *patterns {
                let beginning = pattern.trim_end_matches('*');
                let mut names = features::NAMES.iter().chain(tokens::NAMES).chain(context::NAMES);
                assert!(names.any(|name| name.starts_with(beginning)), "{name}: {pattern}");
            }
        }
        assert_eq!(GROUPS[group_of_name("words")].0, "form");
        assert_eq!(GROUPS[group_of_name("words_last")].0, "place on the page");
        assert_eq!(GROUPS[group_of_name("box2_links")].0, "links");
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let long = cut("ä".repeat(100).into());
        assert_eq!(long.len(), BYTES_MAX);
        assert_eq!(cut("é".repeat(59).into()).len(), 118);
    }
}
