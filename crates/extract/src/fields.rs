//! Lines that are fields of the article: by-lines, date lines, captions and their credits, names of people.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::{memchr, memchr2, memchr3, memmem};

use crate::chars::{self, NUMERIC, SPACE};
use crate::dates;
use crate::fold::{ends_sentence, words as count_words};
use crate::names::looks_like_names;
use crate::words;

pub(crate) use crate::names::{authors, person};

/// A caption without its mark and credit, and the credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caption<'l> {
    pub(crate) text: &'l str,
    pub(crate) credits: Vec<String>,
    /// A mark stood in front of it that stands in front of captions only.
    pub(crate) marked: bool,
}

const CAPTION_MARKS: &[char] = &['▲', '△', '▼', '▽', '◀', '◁', '↑', '⬆'];

/// Parts a caption's text from its credit.
pub(crate) fn split_caption(line: &str) -> Caption<'_> {
    let trimmed = line.trim();
    let unmarked = trimmed.trim_start_matches(CAPTION_MARKS).trim_start();
    let mut caption = Caption { marked: unmarked.len() < trimmed.len(), ..Caption::default() };
    let mut text = unmarked;
    for _ in 0..CREDITS_MAX {
        let Some((rest, credit)) = cut_credit(text) else { break };
        if !credit.is_empty() {
            caption.credits.insert(0, credit);
        }
        text = rest;
    }
    caption.text = text;
    caption
}

/// Credits that are cut off one line.
const CREDITS_MAX: usize = 32;
/// Characters from the end in which a credit begins.
const CREDIT_CHARS_MAX: usize = 90;

/// Whether a mark stands in front of a line that stands in front of captions only.
pub(crate) fn is_marked(line: &str) -> bool {
    line.trim_start().starts_with(CAPTION_MARKS)
}

/// Cuts the last credit off: `(Photo: X)`, `ⓒX`, `/Photo X`, `Foto: X`, or a line that is one.
fn cut_credit(text: &str) -> Option<(&str, String)> {
    if text.is_empty() {
        return None;
    }
    let end = text.trim_end_matches(['.', ' ']);
    for (open, close) in [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】')] {
        if let Some(inner) = end.strip_suffix(close) {
            let at = inner.rfind(open)?;
            let inside = inner[at + open.len_utf8()..].trim();
            return is_credit(inside).then(|| (inner[..at].trim(), bare_credit(inside)));
        }
    }
    // By their first bytes most texts are told to have none.
    let signs = memchr2(0xe2, 0xc2, text.as_bytes()).map_or(&[][..], |_| &['ⓒ', '©']);
    for mark in signs {
        if let Some(at) = text.rfind(*mark) {
            let credit = text[at + mark.len_utf8()..].trim();
            if count_words(credit) <= 10.0 {
                return Some((text[..at].trim(), credit.to_owned()));
            }
        }
    }
    if words::is_agency(text) || is_agency_credit(text) {
        return Some(("", text.trim().to_owned()));
    }
    // Behind its word a credit has a colon or the like, or a stroke stands in front of it.
    let bytes = text.as_bytes();
    if memchr3(b':', b'=', b'/', bytes).is_none() && memchr2(b'|', FULL_WIDTH, bytes).is_none() {
        return None;
    }
    let marks = words::credit_marks()?;
    for (at, c) in borders(text) {
        let from = if at == 0 && !matches!(c, '/' | '|' | ' ') { 0 } else { at + c.len_utf8() };
        let rest = &text.as_bytes()[from..];
        if rest.first().is_some_and(u8::is_ascii_graphic) && !marks.may_start(rest) {
            continue;
        }
        let tail = text[from..].trim_start();
        let slash = matches!(c, '/' | '|' | '／');
        let Some(length) = marks.starts(tail) else { continue };
        let after = tail[length..].trim_start();
        let stated = after.starts_with([':', '=', '：', '＝']) || tail[..length].trim_end().ends_with(':');
        if stated || slash {
            let credit = if stated { bare_credit(tail) } else { tail.to_owned() };
            return (count_words(&credit) <= 10.0).then(|| (text[..at].trim_end_matches(['/', '|', ' ']), credit));
        }
    }
    None
}

/// How the full-width forms of marks begin.
const FULL_WIDTH: u8 = 0xef;

/// Where a credit may begin, from the end of a text: its marks and spaces, and its first character.
fn borders(text: &str) -> impl Iterator<Item = (usize, char)> {
    let bytes = text.as_bytes();
    let within = text.len() <= CREDIT_CHARS_MAX;
    let front = if within { 0 } else { text.char_indices().nth_back(CREDIT_CHARS_MAX - 1).map_or(0, |(at, _)| at) };
    (front..text.len()).rev().filter_map(|at| match bytes[at] {
        byte @ (b'/' | b'|' | b' ' | b'.' | b';' | b',') => Some((at, char::from(byte))),
        FULL_WIDTH if text[at..].starts_with('／') => Some((at, '／')),
        _ if at == 0 => Some((at, text.chars().next()?)),
        _ => None,
    })
}

/// Bytes of a line that names an agency and who works for it.
const AGENCY_CREDIT_BYTES_MAX: usize = 1000;

/// `Noel Celis/AFP via Getty Images`, `NurPhoto via Getty Images`.
fn is_agency_credit(text: &str) -> bool {
    static VIA: LazyLock<memmem::Finder<'_>> = LazyLock::new(|| memmem::Finder::new(b" via "));
    let parted = memchr2(b'/', b'|', text.as_bytes()).is_some() || VIA.find(text.as_bytes()).is_some();
    parted
        && text.len() <= AGENCY_CREDIT_BYTES_MAX
        && count_words(text) <= 9.0
        && !ends_sentence(text)
        && text.rsplit(['/', '|']).next().is_some_and(|last| {
            let last = last.rsplit(" via ").next().unwrap_or(last);
            words::is_agency(last) && text.contains(['/', '|']) || last.len() < text.len() && words::is_agency(last)
        })
}

fn is_credit(inside: &str) -> bool {
    if count_words(inside) > 14.0 {
        return false;
    }
    let marked = words::starts_with(inside, "credit_mark").is_some_and(|length| {
        inside[length..].trim_start().starts_with([':', '=', '：', '＝', '/']) || inside.len() == length
    });
    let slashed = inside.rsplit('/').next().is_some_and(words::is_agency);
    marked || slashed || words::is_agency(inside)
}

/// The credit without the word that says that it is one.
fn bare_credit(text: &str) -> String {
    let Some(length) = words::starts_with(text, "credit_mark") else { return text.trim().to_owned() };
    let after = text[length..].trim_start();
    let bare = after.trim_start_matches([':', '=', '：', '＝', ' ']);
    if bare.len() < after.len() || text[..length].ends_with(':') {
        bare.trim().to_owned()
    } else {
        text.trim().to_owned()
    }
}

/// A line that says who wrote the article.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Byline {
    pub(crate) authors: Vec<String>,
}

/// Words above which a line is no by-line.
const BYLINE_WORDS_MAX: f32 = 16.0;

/// Reads a by-line: `By A and B`, `박도현 기자 a@b.kr`, `Reporting by A; Editing by B`.
pub(crate) fn byline(line: &str) -> Option<Byline> {
    with_signature(line, |names| Byline { authors: authors(names) })
}

/// Whether a line is a by-line.
pub(crate) fn is_byline(line: &str) -> bool {
    with_signature(line, |_| ()).is_some()
}

/// Hands the part of a by-line that names authors to `take`.
fn with_signature<T>(line: &str, take: impl FnOnce(&str) -> T) -> Option<T> {
    let line = line.trim();
    if line.ends_with(['?', '!', '。', ':']) || count_words(line) > BYLINE_WORDS_MAX {
        return None;
    }
    if words::holds(line, "byline_has") {
        return Some(take(line));
    }
    let plain = without_contact(line);
    if let Some(length) = words::starts_with(&plain, "byline_starts") {
        let prefix = plain[..length].trim();
        let rest = plain[length..].trim_start_matches([':', '：', ' ', '=', '/', '／']).trim();
        let stated = prefix.ends_with([':', '：']) || plain[length..].trim_start().starts_with([':', '：', '/', '／']);
        if !rest.is_empty() && !ends_sentence(rest) && (stated || looks_like_names(rest)) {
            let other = words::starts_with(&plain, "byline_other").is_some();
            return Some(take(if other { &plain } else { rest }));
        }
    }
    if let Some(name) = words::ends_with(&plain, "byline_ends").map(|at| &plain[..at]) {
        let short = count_words(name) <= 6.0 && !name.trim().is_empty();
        if short && looks_like_names(name.trim()) {
            return Some(take(name));
        }
    }
    None
}

/// Words that name an author in the midst of a date line: `1. Januar 2016 von Jana Köhler`.
const SIGNED_BY: &[&str] = &["by", "von", "par", "por", "di", "door", "av", "af", "przez", "автор", "oleh"];
/// Words of a name.
const NAME_WORDS_MAX: usize = 5;

/// Who signed a line that may hold a date and a role as well: `By Jana Köhler, Editor | May 3, 2024`.
pub(crate) fn signed(line: &str) -> Vec<String> {
    let line = line.trim();
    if count_words(line) > BYLINE_WORDS_MAX {
        return Vec::new();
    }
    let at_start = words::starts_with(line, "byline_starts").map(|length| &line[length..]);
    let dated = line.contains(|c: char| c.is_numeric());
    let within = || {
        let found = line.split_whitespace().find(|word| SIGNED_BY.contains(&word.to_lowercase().as_str()))?;
        line.split_once(found).map(|(_, rest)| rest)
    };
    let Some(rest) = at_start.or_else(|| if dated { within() } else { None }) else { return Vec::new() };
    let mut name: Vec<&str> = Vec::new();
    for word in rest.trim_start_matches([':', ' ']).split_whitespace() {
        let ends = word.starts_with(|c: char| c.is_numeric() || "|·⋅•—–-/(".contains(c)) || dates::is_month(word);
        if ends || name.len() > NAME_WORDS_MAX || (name.len() > 1 && leaves_name(&name, word)) {
            break;
        }
        name.push(word);
        if word.ends_with([',', ';', ':']) && name.len() > 1 {
            break;
        }
    }
    // `Par Ada Miller le 7 mai`
    while name.len() > 1 && name.last().is_some_and(|word| word.chars().all(char::is_lowercase)) {
        name.pop();
    }
    let name = name.join(" ");
    if looks_like_names(&name) && name.split_whitespace().count() <= NAME_WORDS_MAX {
        authors(&name)
    } else {
        Vec::new()
    }
}

/// Whether what follows a whole name is none: `in Nairobi`, `avec AFP`, `BBC News`.
fn leaves_name(name: &[&str], word: &str) -> bool {
    let small = word.chars().all(char::is_lowercase);
    let caps = |word: &str| word.chars().count() > 1 && word.chars().all(char::is_uppercase);
    let link = words::has("name_particle", word) || words::has("name_link", word);
    (small && (!link || words::has("name_link_with", word))) || (caps(word) && !caps(name[0]))
}

/// Without addresses and handles.
fn without_contact(line: &str) -> Cow<'_, str> {
    let cut = |text: &str| text.trim_end_matches([',', '-', '|', '(', ' ']).len();
    if memchr(b'@', line.as_bytes()).is_none() && is_collapsed(line) {
        return Cow::Borrowed(&line[..cut(line)]);
    }
    let kept: Vec<&str> = line.split_whitespace().filter(|word| !word.contains('@')).collect();
    let mut kept = kept.join(" ");
    kept.truncate(cut(&kept));
    Cow::Owned(kept)
}

/// Whether words are parted by one space each, and nothing else.
fn is_collapsed(line: &str) -> bool {
    let chars = chars::chars();
    let mut in_word = false;
    line.chars().all(|c| {
        let border = c == ' ';
        let plain = if border { in_word } else { !chars.is(c, SPACE) };
        in_word = !border;
        plain
    }) && (in_word || line.is_empty())
}

/// Whether a line says when, and little else: `Published 27 Apr 2024, 10:12 GMT`, `입력 2024.04.27 10:12`.
pub(crate) fn is_date_line(line: &str) -> bool {
    if line.len() > 200 || !has_number(line) || line.contains('@') {
        return false;
    }
    let total = count_words(line);
    if total > 22.0 {
        return false;
    }
    let Some(found) = dates::find(line, None, None) else {
        // `vor 3 Stunden aktualisiert` has no date, `Actualizado a las 20:56h` only a time.
        return words::starts_with(line.trim(), "dateline_starts").is_some() && total <= 6.0 && line.contains(':');
    };
    let prefixed = words::starts_with(line.trim(), "dateline_starts").is_some();
    let rest = line.chars().filter(|c| c.is_alphabetic()).count().saturating_sub(found.letters);
    (prefixed && !ends_sentence_long(line)) || rest <= 16
}

/// Whether a line has a number of any script, without which it tells neither day nor time.
fn has_number(line: &str) -> bool {
    let chars = chars::chars();
    line.bytes().any(|byte| byte.is_ascii_digit())
        || !line.is_ascii() && line.chars().any(|c| !c.is_ascii() && chars.is(c, NUMERIC))
}

fn ends_sentence_long(line: &str) -> bool {
    ends_sentence(line) && count_words(line) > 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_by_word_and_role() {
        assert_eq!(authors("By Ada Miller and Tom Reed"), ["Ada Miller", "Tom Reed"]);
        assert_eq!(authors("박도현 기자 dohyun@news.example"), ["박도현"]);
        assert_eq!(authors("Von Jana Köhler, Redakteurin"), ["Jana Köhler"]);
        assert_eq!(authors("Staff"), Vec::<String>::new());
        assert_eq!(authors("Reuters"), Vec::<String>::new());
        assert_eq!(authors("https://news.example/ada"), Vec::<String>::new());
    }

    #[test]
    fn signed_lines() {
        assert_eq!(signed("By Ada Miller April 27, 2024"), ["Ada Miller"]);
        assert_eq!(signed("1. Januar 2024 von Jana Köhler"), ["Jana Köhler"]);
        assert_eq!(signed("By the time the boat came the town was dark"), Vec::<String>::new());
    }

    #[test]
    fn captions_and_their_credits() {
        let parts = |line: &str| {
            let caption = split_caption(line);
            (caption.text.to_owned(), caption.credits)
        };
        assert_eq!(parts("▲ The bridge. ⓒNewswire"), ("The bridge.".into(), vec!["Newswire".into()]));
        assert_eq!(parts("The bridge (Photo: Lena Ortiz)"), ("The bridge".into(), vec!["Lena Ortiz".into()]));
        assert_eq!(
            parts("The bridge. /Photo joint coverage"),
            ("The bridge.".into(), vec!["Photo joint coverage".into()])
        );
        assert_eq!(parts("（图片来源：河边日报）"), (String::new(), vec!["河边日报".into()]));
        assert_eq!(parts("The bridge, built in 1902"), ("The bridge, built in 1902".into(), vec![]));
    }
}
