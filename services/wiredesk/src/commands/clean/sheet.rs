//! `clean --html FILE`: a page that shows what became of another, side by side. It stands alone: no script, nothing loaded
//! from elsewhere, and a policy that forbids both.

use std::collections::BTreeMap;

use extract::{Block, Extracted, Label};

use super::about::{Field, Kind, blocks, fields, harmless};

/// Lines of a group of removed blocks that are shown, and of all groups beside a run of the article that is no longer than
/// that; the rest is folded away, so that the article stays in sight.
const GROUP_LINES: usize = 6;
const SIDE_LINES: usize = 14;
/// Columns of a line on either side, about as a wide screen has them.
const COLUMNS: (usize, usize) = (80, 52);
/// Columns of the longest text that may share a line with others of its group.
const SHORT: usize = 48;
/// Where the hues of removed blocks begin, and how many there are: neither the article's green nor the fields' blue.
const HUES: (usize, usize) = (236, 205);

/// The whole page. `name` is where the input came from.
pub(super) fn page(name: &str, extracted: &Extracted) -> String {
    let mut page = Writer::default();
    let title = extracted.title.as_ref().map_or(name, |title| title.value.as_str());
    page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\"><title>");
    page.text(title);
    page.raw("</title>\n<style>");
    page.raw(STYLE);
    for (at, label) in Label::ALL.iter().enumerate() {
        // Neighbours in the list are far apart.
        page.raw(&format!(".{}{{--hue:{}}}", label.as_str(), (HUES.0 + at * 78 % HUES.1) % 360));
    }
    page.raw("</style></head>\n<body>\n<header><h1 dir=\"auto\">");
    page.text(title);
    page.raw("</h1>\n");
    if title != name {
        page.raw("<p class=\"from\" dir=\"auto\">");
        page.text(name);
        page.raw("</p>\n");
    }
    table(&mut page, &fields(extracted), extracted.verdict.as_str());
    legend(&mut page, extracted);
    page.raw("</header>\n");
    let all: Vec<&Block> = blocks(extracted).collect();
    if all.is_empty() {
        page.raw("<p class=\"from\">There is no text on this page.</p>\n");
    } else {
        page.raw("<main>\n<h2>Article</h2><h2>Removed</h2>\n");
        pairs(&all).iter().for_each(|pair| side_by_side(&mut page, pair));
        page.raw("</main>\n");
    }
    page.raw("</body></html>\n");
    page.0
}

fn side_by_side(page: &mut Writer, pair: &Pair<'_>) {
    page.raw("<section class=\"left\">");
    pair.article.iter().for_each(|block| put(page, &[block]));
    page.raw("</section><section class=\"right\">");
    let beside: usize = pair.article.iter().map(|block| columns(block) / COLUMNS.0 + 2).sum();
    removed(page, &pair.removed, beside.max(SIDE_LINES));
    page.raw("</section>\n");
}

/// A run of the article's blocks, and what was removed behind it.
#[derive(Default)]
struct Pair<'a> {
    article: Vec<&'a Block>,
    removed: Vec<&'a Block>,
}

fn pairs<'a>(blocks: &[&'a Block]) -> Vec<Pair<'a>> {
    let mut pairs: Vec<Pair<'a>> = Vec::new();
    for block in blocks {
        let is_removed = Kind::of(block) == Kind::Removed;
        let begins = pairs.last().is_none_or(|pair| !is_removed && !pair.removed.is_empty());
        if begins {
            pairs.push(Pair::default());
        }
        if let Some(pair) = pairs.last_mut() {
            if is_removed { pair.removed.push(block) } else { pair.article.push(block) }
        }
    }
    pairs
}

fn removed(page: &mut Writer, blocks: &[&Block], room: usize) {
    let alike = |one: &&Block, other: &&Block| one.label == other.label && one.reason == other.reason;
    let groups: Vec<&[&Block]> = blocks.chunk_by(alike).collect();
    let shown = fitting(&groups, room * COLUMNS.1, |group| {
        let text: usize = group.iter().map(|block| columns(block)).sum();
        text.min(GROUP_LINES * COLUMNS.1) + 2 * COLUMNS.1
    });
    groups[..shown].iter().for_each(|group| put(page, group));
    if shown < groups.len() {
        let count: usize = groups[shown..].iter().map(|group| group.len()).sum();
        page.raw(&format!("<details><summary>{count} more</summary>"));
        groups[shown..].iter().for_each(|group| put(page, group));
        page.raw("</details>");
    }
}

/// How many of some things are shown where there is room for so many columns: one at least, and no single one is folded.
fn fitting<T>(things: &[T], room: usize, columns: impl Fn(&T) -> usize) -> usize {
    let mut used = 0;
    let fit = things.iter().take_while(|thing| {
        used += columns(thing);
        used <= room
    });
    let fit = fit.count().max(1);
    if fit + 1 >= things.len() { things.len() } else { fit }
}

/// The columns that a block's text takes among others.
fn columns(block: &Block) -> usize {
    console::measure_text_width(&block.text) + 3
}

/// Blocks in a row with one name and one reason.
fn put(page: &mut Writer, blocks: &[&Block]) {
    let Some(block) = blocks.first() else { return };
    let kind = match Kind::of(block) {
        Kind::Kept => "kept",
        Kind::Field => "field",
        Kind::Removed => "removed",
    };
    page.raw(&format!("<div class=\"block {kind} {}\">", block.label.as_str()));
    let shown = fitting(blocks, GROUP_LINES * COLUMNS.1, |block| columns(block));
    texts(page, &blocks[..shown]);
    if shown < blocks.len() {
        page.raw(&format!("<details><summary>{} more</summary>", blocks.len() - shown));
        texts(page, &blocks[shown..]);
        page.raw("</details>");
    }
    page.raw("<small><b>");
    page.text(block.label.as_str());
    if blocks.len() > 1 {
        page.raw(&format!(" ({})", blocks.len()));
    }
    page.raw("</b> ");
    page.text(&block.reason);
    page.raw("</small></div>");
}

/// Short texts share lines, parted by marks that stand outside of them: what is written from right to left would move a
/// mark of its own to its other end. Each has its own direction, and all together that of the first.
fn texts(page: &mut Writer, blocks: &[&Block]) {
    if blocks.iter().any(|block| columns(block) > SHORT) || blocks.len() < 2 {
        for block in blocks {
            page.raw("<p dir=\"auto\">");
            page.text(&block.text);
            page.raw("</p>");
        }
        return;
    }
    page.raw("<p dir=\"auto\">");
    for (at, block) in blocks.iter().enumerate() {
        page.raw(if at == 0 { "<span>" } else { " <i>\u{b7}</i> <span>" });
        page.text(&block.text);
        page.raw("</span>");
    }
    page.raw("</p>");
}

fn table(page: &mut Writer, fields: &[Field], verdict: &str) {
    page.raw("<dl>");
    for field in fields {
        page.raw("<dt>");
        page.text(field.name);
        page.raw("</dt><dd><span dir=\"auto\">");
        page.text(&field.value);
        page.raw("</span>");
        if !field.known.is_empty() {
            page.raw(" <small>");
            page.text(&field.known);
            page.raw("</small>");
        }
        page.raw("</dd>");
    }
    page.raw("<dt>verdict</dt><dd>");
    page.text(verdict);
    page.raw("</dd></dl>\n");
}

/// How many blocks have which name.
fn legend(page: &mut Writer, extracted: &Extracted) {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for block in blocks(extracted) {
        *counts.entry(block.label).or_default() += 1;
    }
    page.raw("<ul class=\"legend\">");
    for (label, count) in counts {
        let kind = if label.is_text() {
            "kept"
        } else if label.is_article() {
            "field"
        } else {
            "removed"
        };
        page.raw(&format!("<li class=\"block {kind} {}\">{} {count}</li>", label.as_str(), label.as_str()));
    }
    page.raw("</ul>\n");
}

/// Markup as it grows. What is not ours goes through [`Writer::text`].
#[derive(Default)]
struct Writer(String);

impl Writer {
    /// Markup of our own.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text of any origin, which stays text wherever it is put: within an element or within a quoted attribute.
    fn text(&mut self, text: &str) {
        for c in harmless(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // A noncharacter is an error in HTML.
                c if u32::from(c) & 0xfffe == 0xfffe => self.0.push(char::REPLACEMENT_CHARACTER),
                c => self.0.push(c),
            }
        }
    }
}

const STYLE: &str = include_str!("sheet.css");

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>\
        <h1>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</h1>\
        <p>A paragraph that is long enough: &lt;script src=\"//evil.example\"&gt;&lt;/script&gt;, and it ends here.</p>\
        <p>It's &quot;quoted&quot; and \u{202e}turned\u{1b}[31m &amp;lt; with &lt;img src=x onerror='x'&gt; in it, all of it.</p>\
        <div class=share-bar>\"&gt;&lt;svg onload=alert(1)&gt;</div>";

    fn shown(html: &str) -> String {
        let context = extract::Context { explain: true, ..extract::Context::default() };
        page("a\"><script>.html", &extract::html_str(html, &context))
    }

    #[test]
    fn whatever_a_page_holds_stays_text() {
        let page = shown(HOSTILE);
        for tag in ["<script", "<svg", "<img", "onerror='", "\u{202e}", "\u{1b}"] {
            assert!(!page.contains(tag), "{tag}: {page}");
        }
        assert!(page.contains("&lt;script src=&quot;//evil.example&quot;&gt;"), "{page}");
        assert!(page.contains("&amp;lt;"), "{page}");
    }

    #[test]
    fn nothing_is_loaded_and_nothing_runs() {
        let page = shown(HOSTILE);
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""));
        let markup: String = page.split("<body>").next().unwrap_or_default().to_owned();
        for outside in ["<link", "url(", "@import", "src=", "href=", "http:", "https:"] {
            assert!(!markup.contains(outside), "{outside}");
        }
    }

    #[test]
    fn every_block_is_there_once_in_order_on_its_side() {
        let html = "<title>A title of some length</title><h1>A title of some length</h1>\
            <p>First paragraph of a text that is long enough to be an article, as it seems to be.</p>\
            <div class=share-bar>Share one</div><div class=share-bar>Share two</div>\
            <p>Second paragraph of a text that is long enough to be an article, as it seems to be.</p>";
        let page = shown(html);
        let main = &page[page.find("<main>").unwrap()..];
        let at = |text: &str| {
            assert_eq!(main.matches(text).count(), 1, "{text}");
            main.find(text).unwrap()
        };
        assert!(at("First paragraph") < at("Share one") && at("Share one") < at("Share two"));
        assert!(at("Share two") < at("Second paragraph"));
        let right = &main[main.find("class=\"right\"").unwrap()..at("Second paragraph")];
        assert!(right.contains("Share one") && !right.contains("First"));
        assert!(page.contains(">share 2</li>") && page.contains(">body 2</li>"), "{page}");
    }

    #[test]
    fn texts_from_right_to_left_are_parted_by_marks_of_their_own() {
        let page = shown(
            "<nav><ul><li><a href=/1>شجرة</a><li><a href=/2>سحابة</a></ul></nav>\
             <p>A paragraph that is long enough to be an article, and that ends here.</p>",
        );
        assert!(page.contains("<p dir=\"auto\"><span>شجرة</span> <i>\u{b7}</i> <span>سحابة</span></p>"), "{page}");
    }

    #[test]
    fn a_long_text_has_its_own_lines() {
        let comment = "This is a comment of one who has read all of it and thinks that it could have been shorter.";
        let page = shown(&format!(
            "<p>A paragraph that is long enough to be an article, and that ends here.</p>\
             <div class=comments><p>{comment}</p><p>{comment}</p></div>"
        ));
        assert!(page.contains(&format!("{comment}</p><p dir=\"auto\">{comment}</p>")), "{page}");
    }

    #[test]
    fn what_stands_in_front_of_the_article_does_not_push_it_away() {
        let boxes: String = (0..30)
            .map(|at| {
                format!("<div class=share><a href=/a>Part {at}</a></div><div class=menu><a href=/b>Part {at}</a></div>")
            })
            .collect();
        let prose = "<p>A paragraph that is long enough to be of an article, which it seems to be, and it ends.</p>";
        let page = shown(&format!("{boxes}<article>{}</article>", prose.repeat(4)));
        let before = &page[page.find("<main>").unwrap()..page.find("A paragraph").unwrap()];
        let folded = before.find("<details>").unwrap();
        assert!(before[..folded].matches("Part ").count() < 10, "{page}");
        assert_eq!(before.matches("Part ").count(), 60, "{page}");
    }

    #[test]
    fn an_empty_page_says_so() {
        let empty = page("a.html", &extract::html_str("", &extract::Context::default()));
        assert!(empty.contains("There is no text on this page.") && !empty.contains("<main>"), "{empty}");
        assert_eq!(empty.matches("a.html").count(), 2, "as title and as heading: {empty}");
    }

    #[test]
    fn long_runs_are_folded_and_still_there() {
        let links: String = (0..40).map(|at| format!("<li><a href=/{at}>Section {at}</a>")).collect();
        let page =
            shown(&format!("<nav><ul>{links}</ul></nav><p>A paragraph that is long enough to be an article.</p>"));
        assert!(page.contains("<summary>") && page.contains("Section 39"), "{page}");
    }
}
