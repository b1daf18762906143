//! `clean --explain`: the blocks of a page with what became of each and why, then the fields.

use std::fmt::Write as _;

use console::{Alignment, measure_text_width, pad_str, truncate_str};
use extract::{Block, Extracted, Label};

use super::about::{Kind, blocks, fields, harmless};

/// The width of a label.
const LABEL: usize = 12;
/// Columns under which the reason gets a line of its own.
const NARROW: usize = 76;
/// The widest a column of reasons gets.
const REASON_MAX: usize = 64;

/// All of it as text for a terminal of `width` columns.
pub(super) fn text(extracted: &Extracted, width: usize, color: bool) -> String {
    let mut out = String::new();
    let width = width.max(40);
    for block in blocks(extracted) {
        line(&mut out, block, width, color);
    }
    out.push('\n');
    for field in fields(extracted) {
        let known = if field.known.is_empty() { String::new() } else { format!("  ({})", field.known) };
        let value = truncate_str(&harmless(&field.value), (4 * width).saturating_sub(20), "…").into_owned();
        put(&mut out, color, "1", &pad_str(field.name, 14, Alignment::Left, None));
        put(&mut out, color, "34", &value);
        put(&mut out, color, "2", &known);
        out.push('\n');
    }
    let count = |kind: Kind| blocks(extracted).filter(|block| Kind::of(block) == kind).count();
    put(&mut out, color, "1", &pad_str("verdict", 14, Alignment::Left, None));
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "{}; {} blocks kept, {} in fields, {} removed",
        extracted.verdict.as_str(),
        count(Kind::Kept),
        count(Kind::Field),
        count(Kind::Removed)
    );
    out
}

fn line(out: &mut String, block: &Block, width: usize, color: bool) {
    let kind = Kind::of(block);
    let mark = match kind {
        Kind::Kept => "+ ",
        Kind::Field => "= ",
        Kind::Removed => "- ",
    };
    let style = style(kind, block.label);
    let label = pad_str(block.label.as_str(), LABEL, Alignment::Left, Some("…"));
    let reason = harmless(&block.reason);
    let rest = width - mark.len() - LABEL - 1;
    let shown = harmless(&block.text);
    put(out, color, style, &format!("{mark}{label} "));
    if width < NARROW {
        put(out, color, style, &truncate_str(&shown, rest, "…"));
        out.push('\n');
        out.push_str(&" ".repeat(width - rest));
        put(out, color, "2", &truncate_str(&reason, rest, "…"));
    } else {
        // A short text leaves its room to a long reason.
        let column = rest - (rest * 2 / 5).min(REASON_MAX);
        let needed = rest.saturating_sub(measure_text_width(&reason));
        let column = column.min(needed.max(measure_text_width(&shown) + 2));
        put(out, color, style, &pad_str(&shown, column - 2, Alignment::Left, Some("…")));
        out.push_str("  ");
        put(out, color, "2", &truncate_str(&reason, rest - column, "…"));
    }
    out.push('\n');
}

/// What the codes of a terminal's colors are: the article green, its fields blue; of the rest what a widget says red, and
/// what the site says of itself dim.
fn style(kind: Kind, label: Label) -> &'static str {
    match (kind, label) {
        (Kind::Kept, Label::Heading) => "1;32",
        (Kind::Kept, _) => "32",
        (Kind::Field, _) => "34",
        (Kind::Removed, Label::Related) => "35",
        (
            Kind::Removed,
            Label::Reaction | Label::Comment | Label::Share | Label::Subscribe | Label::Ad | Label::Profile,
        ) => "31",
        (Kind::Removed, _) => "2",
    }
}

fn put(out: &mut String, color: bool, style: &str, text: &str) {
    if color && !text.is_empty() {
        // Writing to a string does not fail.
        let _ = write!(out, "\u{1b}[{style}m{text}\u{1b}[0m");
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<title>A title of some length</title><h1>A title of some length</h1>\
        <p>A paragraph that is long enough to be text, with &#27;[2J and \u{9b}31m and \u{202e}turned words in it.</p>\
        <p>Another paragraph, which is here so that the page has an article with a text of some length in it.</p>\
        <div class=share-bar>Share \u{1b}]0;owned\u{7} this</div>";

    fn shown(width: usize, color: bool) -> String {
        text(&extract::html_str(HOSTILE, &extract::Context::default()), width, color)
    }

    #[test]
    fn a_page_cannot_steer_the_terminal() {
        let plain = shown(120, false);
        assert!(!plain.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{plain:?}");
        let colored = shown(120, true);
        let codes = colored.split('\u{1b}').skip(1);
        assert!(codes.clone().count() > 8);
        for code in codes {
            let end = code.find('m').unwrap();
            assert!(code[1..end].chars().all(|c| c.is_ascii_digit() || c == ';'), "{code:?}");
        }
        assert!(!colored.contains(['\u{7}', '\u{9b}']));
    }

    #[test]
    fn every_line_fits_the_width() {
        for width in [44, 60, 80, 120, 200] {
            let shown = shown(width, false);
            let blocks = shown.split("\n\n").next().unwrap();
            assert!(blocks.lines().all(|line| console::measure_text_width(line) <= width), "{width}:\n{blocks}");
        }
    }

    #[test]
    fn no_reason_is_cut_where_there_is_room() {
        let page = "<header class=menu><a href=/1>Zandvoort</a></header><article><p>A paragraph that is long \
            enough to be text, and that goes on for so long that it takes more than the room that it has on a line.</p></article>";
        let context = extract::Context { explain: true, ..extract::Context::default() };
        let shown = text(&extract::html_str(page, &context), 80, false);
        let nav = shown.lines().find(|line| line.contains("Zandvoort")).unwrap();
        assert!(!nav.contains('…') && nav.ends_with("class \"menu\"; outside of the article"), "{shown}");
        let body = shown.lines().find(|line| line.contains("A paragraph")).unwrap();
        assert_eq!((body.find('…').is_some(), measure_text_width(body)), (true, 80), "{shown}");
    }

    #[test]
    fn a_block_has_its_mark_its_name_and_its_reason() {
        let shown = shown(140, false);
        assert!(shown.contains("+ body         A paragraph that"), "{shown}");
        assert!(shown.contains("= title        A title"), "{shown}");
        assert!(shown.lines().any(|line| line.starts_with("- share") && line.contains("markup: class")), "{shown}");
        assert!(shown.contains("verdict       article; 2 blocks kept, 1 in fields, 1 removed"), "{shown}");
    }
}
