//! Lines that are fields of the article: by-lines, date lines, captions and their credits, names of people.

use crate::dates;
use crate::fold::{ends_sentence, words as count_words};
use crate::limits::AUTHORS_MAX;
use crate::words;

/// A caption without its mark and credit, and the credits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caption {
    pub(crate) text: String,
    pub(crate) credits: Vec<String>,
    /// A mark stood in front of it that stands in front of captions only.
    pub(crate) marked: bool,
}

const CAPTION_MARKS: &[char] = &['▲', '△', '▼', '▽', '◀', '◁', '↑', '⬆'];

/// Parts a caption's text from its credit.
pub(crate) fn split_caption(line: &str) -> Caption {
    let trimmed = line.trim();
    let unmarked = trimmed.trim_start_matches(CAPTION_MARKS).trim_start();
    let mut caption = Caption { marked: unmarked.len() < trimmed.len(), ..Caption::default() };
    let mut text = unmarked.to_owned();
    while let Some((rest, credit)) = cut_credit(&text) {
        if !credit.is_empty() {
            caption.credits.insert(0, credit);
        }
        text = rest;
    }
    caption.text = text;
    caption
}

/// Cuts the last credit off: `(Photo: X)`, `ⓒX`, `/Photo X`, `Foto: X`, or a line that is one.
fn cut_credit(text: &str) -> Option<(String, String)> {
    if text.is_empty() {
        return None;
    }
    let end = text.trim_end_matches(['.', ' ']);
    for (open, close) in [('(', ')'), ('[', ']'), ('（', '）'), ('【', '】')] {
        if let Some(inner) = end.strip_suffix(close) {
            let at = inner.rfind(open)?;
            let inside = inner[at + open.len_utf8()..].trim();
            return is_credit(inside).then(|| (inner[..at].trim().to_owned(), bare_credit(inside)));
        }
    }
    for mark in ['ⓒ', '©'] {
        if let Some(at) = text.rfind(mark) {
            let credit = text[at + mark.len_utf8()..].trim();
            if count_words(credit) <= 10.0 {
                return Some((text[..at].trim().to_owned(), credit.to_owned()));
            }
        }
    }
    if words::is_agency(text) || is_agency_credit(text) {
        return Some((String::new(), text.trim().to_owned()));
    }
    for (at, c) in text.char_indices().rev().take(90) {
        let boundary = at == 0 || matches!(c, '/' | '|' | ' ' | '.' | '／' | ';' | ',');
        if !boundary {
            continue;
        }
        let from = if at == 0 && !matches!(c, '/' | '|' | ' ') { 0 } else { at + c.len_utf8() };
        let tail = text[from..].trim_start();
        let slash = matches!(c, '/' | '|' | '／');
        let Some(length) = words::starts_with(tail, "credit_mark") else { continue };
        let after = tail[length..].trim_start();
        let stated = after.starts_with([':', '=', '：', '＝']) || tail[..length].trim_end().ends_with(':');
        if stated || slash {
            let credit = if stated { bare_credit(tail) } else { tail.to_owned() };
            return (count_words(&credit) <= 10.0)
                .then(|| (text[..at].trim_end_matches(['/', '|', ' ']).to_owned(), credit));
        }
    }
    None
}

/// `Noel Celis/AFP via Getty Images`, `NurPhoto via Getty Images`.
fn is_agency_credit(text: &str) -> bool {
    count_words(text) <= 9.0
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
    let line = line.trim();
    if count_words(line) > BYLINE_WORDS_MAX || line.ends_with(['?', '!', '。', ':']) {
        return None;
    }
    let lower = line.to_lowercase();
    if words::section("byline_has").iter().any(|phrase| lower.contains(phrase.as_str())) {
        return Some(Byline { authors: authors(line) });
    }
    let plain = without_contact(line);
    if let Some(length) = words::starts_with(&plain, "byline_starts") {
        let prefix = plain[..length].trim();
        let rest = plain[length..].trim_start_matches([':', '：', ' ', '=', '/', '／']).trim();
        let stated = prefix.ends_with([':', '：']) || plain[length..].trim_start().starts_with([':', '：', '/', '／']);
        if !rest.is_empty() && !ends_sentence(rest) && (stated || looks_like_names(rest)) {
            return Some(Byline { authors: authors(rest) });
        }
    }
    let lower = plain.to_lowercase();
    for phrase in words::section("byline_ends") {
        // Lower case may be longer or shorter; where it is, nothing is cut.
        let Some(name) = lower.strip_suffix(phrase.as_str()).and_then(|rest| plain.get(..rest.len())) else { continue };
        let short = count_words(name) <= 6.0 && !name.trim().is_empty();
        if short && looks_like_names(name.trim()) {
            return Some(Byline { authors: authors(name) });
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
        if ends || name.len() > NAME_WORDS_MAX {
            break;
        }
        name.push(word);
        if word.ends_with([',', ';', ':']) && name.len() > 1 {
            break;
        }
    }
    let name = name.join(" ");
    if looks_like_names(&name) && name.split_whitespace().count() <= NAME_WORDS_MAX {
        authors(&name)
    } else {
        Vec::new()
    }
}

/// Without addresses and handles.
fn without_contact(line: &str) -> String {
    let kept: Vec<&str> = line.split_whitespace().filter(|word| !word.contains('@')).collect();
    kept.join(" ").trim_end_matches([',', '-', '|', '(', ' ']).to_owned()
}

/// Every word begins with a capital, or the script has none.
fn looks_like_names(text: &str) -> bool {
    const LINKS: &[&str] = &[
        "and", "und", "et", "y", "e", "i", "och", "og", "en", "ja", "de", "van", "von", "der", "den", "di", "da",
        "del", "la", "le", "bin", "al", "&", "und", "dos", "du", "ter", "for", "in", "of", "ve", "и", "та", "και",
    ];
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        count += 1;
        let first = word.chars().find(|c| c.is_alphanumeric());
        let capital = first.is_none_or(|c| c.is_uppercase() || (!c.is_lowercase() && !c.is_numeric()));
        if !capital && !LINKS.contains(&word) {
            return false;
        }
    }
    count > 0 && count <= 14
}

/// Names of people in a text that names authors. Sites, roles, addresses and "Staff" are left out.
pub(crate) fn authors(text: &str) -> Vec<String> {
    let text: Vec<&str> = text.split_whitespace().filter(|word| !word.contains("://")).collect();
    let text = text.join(" ");
    let mut names: Vec<String> = Vec::new();
    for part in split_names(&text) {
        if let Some(name) = person(&part)
            && !names.contains(&name)
            && names.len() < AUTHORS_MAX
        {
            names.push(name);
        }
    }
    names
}

fn split_names(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    for link in [" and ", " und ", " & ", " et ", " och ", " og ", " AND ", " ve ", " и ", " та ", " y "] {
        text = text.replace(link, ",");
    }
    text.split([',', ';', '|', '/', '·', '、', '，', '；', '\n', '•', '／']).map(str::to_owned).collect()
}

/// A person's name without "By" and role, if it is one.
pub(crate) fn person(text: &str) -> Option<String> {
    let mut name = without_contact(text.trim());
    loop {
        let before = name.len();
        name = name
            .trim_matches(|c: char| {
                c.is_whitespace()
                    || matches!(c, ':' | '：' | '-' | '–' | '—' | '|' | ',' | '=' | '•' | '"' | '(' | ')' | '[' | ']')
            })
            .to_owned();
        if let Some(length) = words::starts_with(&name, "byline_starts") {
            // "Di" and "Av" are names as well; a by-word leaves a whole name behind it.
            if name[length..].trim().chars().count() >= 2 {
                name = name[length..].to_owned();
            }
        }
        for role in words::section("role") {
            let lower = name.to_lowercase();
            if lower.len() == name.len() && lower.ends_with(role.as_str()) && lower.len() > role.len() {
                let at = name.len() - role.len();
                let own_word = name.get(..at).and_then(|rest| rest.chars().next_back());
                if own_word.is_some_and(|c| !c.is_alphabetic() || !c.is_ascii()) {
                    name.truncate(at);
                }
            } else if let Some(length) = words::prefix_length(&name, role)
                && name.len() > length
            {
                name = name[length..].to_owned();
            }
        }
        if name.len() == before {
            break;
        }
    }
    is_person(&name).then_some(name)
}

fn is_person(name: &str) -> bool {
    let lower = name.to_lowercase();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && name.chars().count() <= 50
        && name.split_whitespace().count() <= 6
        && !name.contains(['@', '<', '>', '#', '_'])
        && !lower.starts_with("http")
        && !lower.contains("www.")
        && !lower.contains(".com")
        && !name.chars().any(char::is_numeric)
        && !(name.split_whitespace().count() == 1 && name.chars().all(|c| c.is_ascii_lowercase()))
        && words::starts_with(name, "credit_mark").is_none_or(|length| !name[length..].starts_with([':', '/', ' ']))
        && !words::section("byline_starts").iter().any(|word| word.trim_end_matches(':') == lower)
        && !words::section("not_person").contains(&lower)
        && !words::section("role").contains(&lower)
        && !words::is_agency(name)
}

/// Whether a line says when, and little else: `Published 27 Apr 2024, 10:12 GMT`, `입력 2024.04.27 10:12`.
pub(crate) fn is_date_line(line: &str) -> bool {
    let total = count_words(line);
    if total > 22.0 || line.len() > 200 || line.contains('@') {
        return false;
    }
    let Some(found) = dates::find(line, None, None) else {
        // `vor 3 Stunden aktualisiert` has no date, `Actualizado a las 20:56h` only a time.
        return words::starts_with(line.trim(), "dateline_starts").is_some()
            && total <= 6.0
            && line.contains(':')
            && line.chars().any(char::is_numeric);
    };
    let prefixed = words::starts_with(line.trim(), "dateline_starts").is_some();
    let rest = line.chars().filter(|c| c.is_alphabetic()).count().saturating_sub(found.letters);
    (prefixed && !ends_sentence_long(line)) || rest <= 16
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
            (caption.text, caption.credits)
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
