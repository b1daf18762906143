//! Wording that a story speaks of. One about buttons names them, `Like` and `Share`, each in a line of its own between two
//! paragraphs; what tells it from a bar of buttons is that a paragraph beside it says `buttons`, quotes them, or announces
//! several with a colon, or that they are counted: `1. YouTube`, `2. TikTok`.

use std::ops::Range;

use crate::evidence::QUOTES;
use crate::features::Sources;
use crate::fold::{fold, has_no_stop};
use crate::page::Raw;
use crate::reasons::Named;
use crate::words;

/// Short lines between two paragraphs that one of these may speak of.
const LINES_MAX: usize = 10;
/// Words of a sentence that counts as a paragraph.
const SENTENCE_WORDS_MIN: f32 = 4.0;
/// The same where sentences have no stop, and headlines look alike.
const UNSTOPPED_WORDS_MIN: f32 = 8.0;
/// Bytes of a paragraph that are looked at, at the end that is nearer.
const PARAGRAPH_BYTES_MAX: usize = 1000;
/// Characters of a line below which a quotation of it says nothing.
const QUOTED_CHARS_MIN: usize = 2;

/// The blocks that were named residue for their wording, and are kept since the text speaks of them.
pub(crate) fn find(sources: &Sources<'_>, named: &[Named]) -> Vec<usize> {
    let blocks = &sources.page.blocks;
    let is_text = |index: usize| {
        let Raw { form, text, .. } = &blocks[index];
        let sentence = || {
            form.words >= SENTENCE_WORDS_MIN
                && (form.sentence
                    || ends_with_colon(text)
                    || form.words >= UNSTOPPED_WORDS_MIN && text.contains(has_no_stop))
        };
        named[index].1 && (form.is_prose() || sentence())
    };
    let title = sources.headline.map(|index| first(&blocks[index].text).to_lowercase());
    let mut found = Vec::new();
    let mut before = None;
    for behind in (0..blocks.len()).filter(|index| is_text(*index)) {
        let between = before.replace(behind).map_or(behind..behind, |before| before + 1..behind);
        if !(1..=LINES_MAX).contains(&between.len()) {
            continue;
        }
        let gone: Vec<usize> = between.clone().filter(|index| !named[*index].1).collect();
        if !gone.is_empty()
            && gone.iter().all(|index| is_plain(sources, *index))
            && is_spoken_of(sources, title.as_ref(), &between, &gone)
        {
            found.extend(gone);
        }
    }
    found
}

/// Nothing but wording, as plain text: a widget's has links, buttons or a name in the markup.
fn is_plain(sources: &Sources<'_>, index: usize) -> bool {
    let Raw { place, link_words, .. } = &sources.page.blocks[index];
    let worded = sources.hits[index].is_some_and(|hit| hit.whole);
    let widget = place.nav || place.aside || place.footer || place.form || place.button || place.link;
    worded
        && !widget
        && *link_words == 0.0
        && sources.evidence[index].field.is_none()
        && sources.region.hints[index].is_none()
}

/// Whether the title or a paragraph beside some lines speaks of them.
fn is_spoken_of(sources: &Sources<'_>, title: Option<&String>, lines: &Range<usize>, gone: &[usize]) -> bool {
    let text = |index: usize| sources.page.blocks[index].text.as_str();
    let paragraphs = [last(text(lines.start - 1)), first(text(lines.end))].map(str::to_lowercase);
    // What heads a list of other articles does so beside any paragraph.
    let heads = gone.iter().any(|index| sources.evidence[*index].opens);
    let mut beside = paragraphs.iter().chain(title);
    !heads && gone.len() >= ANNOUNCED_MIN && ends_with_colon(&paragraphs[0])
        || !heads && beside.clone().any(|text| words::holds_word_with(text, "interface"))
        || gone.iter().all(|index| is_counted(sources, lines, *index))
        || beside.any(|beside| gone.iter().any(|index| quotes(beside, fold(text(*index)).core())))
}

/// A line alone behind a colon is as likely an advertisement's label.
const ANNOUNCED_MIN: usize = 2;

fn ends_with_colon(paragraph: &str) -> bool {
    paragraph.trim_end().ends_with([':', '：'])
}

/// Whether a line has a number in front, and another one among its neighbours the next or the one before.
fn is_counted(sources: &Sources<'_>, lines: &Range<usize>, index: usize) -> bool {
    let number = |index: usize| ordinal(&sources.page.blocks[index].text);
    number(index).is_some_and(|own| lines.clone().filter_map(number).any(|other| other.abs_diff(own) == 1))
}

/// The number of a point: `12. `, `3) `.
fn ordinal(text: &str) -> Option<u32> {
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let marked = behind.starts_with(['.', ')', '．', '、']) && behind.len() < text.len();
    text.get(..text.len() - behind.len()).filter(|_| marked)?.parse().ok()
}

/// Whether a text in lower case has some words between quotation marks.
fn quotes(text: &str, words: &str) -> bool {
    words.chars().nth(QUOTED_CHARS_MIN - 1).is_some()
        && text.match_indices(words).any(|(at, found)| {
            let behind = text[at + found.len()..].trim_start_matches(is_spacing_or_stop);
            text[..at].trim_end_matches(is_spacing_or_stop).ends_with(QUOTES) && behind.starts_with(CLOSING)
        })
}

const CLOSING: &[char] = &['"', '”', '“', '»', '’', '」', '』', '«', '‘', '\''];

/// What stands between a quotation and its marks: French spaces, the stop of a sentence.
fn is_spacing_or_stop(c: char) -> bool {
    c.is_whitespace() || matches!(c, '.' | ',' | '!' | '?' | '！' | '。')
}

/// The first bytes of a text, at most [`PARAGRAPH_BYTES_MAX`].
fn first(text: &str) -> &str {
    &text[..text.floor_char_boundary(PARAGRAPH_BYTES_MAX)]
}

/// The last bytes of a text, at most [`PARAGRAPH_BYTES_MAX`].
fn last(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(PARAGRAPH_BYTES_MAX))..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_has_marks_on_both_sides() {
        for text in
            ["das wort „gefällt mir“ verschwindet", "le bouton « gefällt mir » reste", "\"gefällt mir.\" steht da"]
        {
            assert!(quotes(text, "gefällt mir"), "{text}");
        }
        for text in ["das gefällt mir nicht", "„das gefällt mir“, sagt er", "„gefällt mir gut“"] {
            assert!(!quotes(text, "gefällt mir"), "{text}");
        }
        assert!(!quotes("„x“", "x") && !quotes("„“", ""));
    }

    #[test]
    fn points_have_their_numbers_in_front() {
        assert_eq!(["1. Share", "12) Like", "3、点赞"].map(ordinal), [Some(1), Some(12), Some(3)]);
        assert_eq!(["1 Share", "Share", ".", "99999999999. Like", ""].map(ordinal), [None; 5]);
    }

    #[test]
    fn a_paragraph_is_cut_between_characters() {
        let text = "é".repeat(PARAGRAPH_BYTES_MAX);
        assert_eq!(first(&text).len(), PARAGRAPH_BYTES_MAX);
        assert_eq!(last(&format!("{text}a")).len(), PARAGRAPH_BYTES_MAX - 1);
    }
}
