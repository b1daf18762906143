//! Names of people in texts that name authors.

use memchr::memchr2;

use crate::chars::is_spaced_letter;
use crate::dates;
use crate::fold::{is_hangul, is_unspaced, words as count_words};
use crate::limits::AUTHORS_MAX;
use crate::types::Label;
use crate::words;

/// How far a text can be trusted to hold names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The page states them as data: a nickname in lower case counts.
    Stated,
    /// A link to the author's page says them: a nickname counts as well.
    Linked,
    /// A reader sees them among other words.
    Seen,
}

/// Names of people in a text that names authors. Sites, roles, addresses and "Staff" are left out.
pub(crate) fn authors(text: &str) -> Vec<String> {
    people(text, Trust::Seen)
}

/// Words of a person's name.
const NAME_WORDS_MAX: usize = 6;
/// Characters of a text that are looked at.
const TEXT_CHARS_MAX: usize = 1500;
/// Characters of a person's name.
const NAME_CHARS_MAX: usize = 50;

/// The same, for a text that can be trusted so far.
pub(crate) fn people(text: &str, trust: Trust) -> Vec<String> {
    const LISTS: &[&str] = &["记者", "通讯员", "报道", "報導"];
    let listed = LISTS.iter().any(|word| text.contains(word)) || text.contains(is_hangul);
    let text = marked(text).unwrap_or(text);
    let text = text.char_indices().nth(TEXT_CHARS_MAX).map_or(text, |(end, _)| &text[..end]);
    let mut names: Vec<String> = Vec::new();
    let mut refused = false;
    for part in split(text, listed) {
        match person_with(&part, trust) {
            Some(name) if names.len() < AUTHORS_MAX => {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            _ => refused |= !part.trim().is_empty(),
        }
    }
    // Beside a whole name, and beside what is none, a single word is a place or a role: `Ada Miller, London`.
    let whole = names.iter().any(|name| name.contains(' '));
    if whole || (refused && names.len() > 1) {
        names.retain(|name| name.contains(' ') || name.chars().any(|c| is_unspaced(c) || is_hangul(c)));
    }
    names
}

/// Names behind a mark such as `作者：` that stands in a line among other fields; a nickname counts.
pub(crate) fn behind_mark(line: &str) -> Vec<String> {
    // Most marks end with a colon or a slash; those of ASCII that do not are by-words, which begin a line.
    if line.is_ascii() && memchr2(b':', b'/', line.as_bytes()).is_none() {
        return Vec::new();
    }
    marked(line).map(|rest| people(rest, Trust::Linked)).unwrap_or_default()
}

/// What follows a mark such as `作者：`, up to the next field of the line.
fn marked(text: &str) -> Option<&str> {
    if !words::holds(text, "author_mark") {
        return None;
    }
    let begins = |at: usize| !text[..at].ends_with(is_spaced_letter);
    let behind = |mark: &String| text.match_indices(mark.as_str()).map(|(at, _)| at).find(|at| begins(*at));
    let found = words::section("author_mark").iter().find_map(|mark| Some(behind(mark)? + mark.len()))?;
    let rest = text.get(found..)?.trim_start();
    let end = rest.find(['|', '｜', '(', '（', '）', ')', '\u{3000}', '：', ':']).unwrap_or(rest.len());
    // What a colon follows is the name of the next field: `作者：王小河 时间：..`.
    let field =
        rest[end..].starts_with(['：', ':']).then(|| rest[..end].trim_end().rfind(char::is_whitespace)).flatten();
    let rest = &rest[..field.unwrap_or(end)];
    let next = words::section("byline_other").iter().filter_map(|other| rest.find(other.trim_end_matches(['：', ':'])));
    let rest = next.min().map_or(rest, |at| &rest[..at]);
    (!rest.trim().is_empty()).then_some(rest.trim())
}

/// Cuts a text into pieces that may be names each; `listed` names follow each other with a space alone.
fn split(text: &str, listed: bool) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        at += 1;
        if word.contains("://") || word.contains('@') {
            parts.push(Vec::new());
            continue;
        }
        if begins_date(word) {
            // What follows a date is something else; a month stands in front of its day.
            let last = parts.last_mut().filter(|part| part.last().is_some_and(|word| dates::is_month(word)));
            if let Some(part) = last {
                part.pop();
            }
            break;
        }
        if is_link(word, &words[at..], parts.last().map_or(0, Vec::len)) {
            parts.push(Vec::new());
            continue;
        }
        let mut pieces =
            word.split([',', ';', '|', '/', '·', '、', '，', '；', '•', '／', '⋅', '*', '․', '・']).peekable();
        while let Some(piece) = pieces.next() {
            if let Some(part) = parts.last_mut().filter(|_| !piece.is_empty()) {
                part.push(piece);
            }
            if pieces.peek().is_some() {
                parts.push(Vec::new());
            }
        }
    }
    let names = parts.into_iter().flat_map(|part| if listed { unspaced_names(&part) } else { vec![part.join(" ")] });
    names.filter(|part| !part.is_empty()).collect()
}

/// A number, unless it belongs to a nickname.
fn begins_date(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '[']);
    word.starts_with(|c: char| c.is_numeric())
}

fn is_link(word: &str, rest: &[&str], words_before: usize) -> bool {
    if matches!(word, "-" | "–" | "—" | "&" | "+" | "--" | "―") {
        return true;
    }
    let lower = word.to_lowercase();
    if !words::has("name_link", &lower) || words_before == 0 {
        return false;
    }
    if !words::has("name_link_short", &lower) {
        return true;
    }
    // `y` also stands within a name: `José Ortega y Gasset`. A whole name must follow.
    let next = |at: usize| rest.get(at).is_some_and(|word| is_capital(word));
    let agency = words::has("name_link_with", &lower) && rest.first().is_some_and(|word| words::is_agency(word));
    words_before >= 2 && (agency || next(0) && next(1) && !rest[0].ends_with([',', ';', ':']))
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_uppercase() || (c.is_alphabetic() && !is_small(c)))
}

/// Whether a letter is small where there are capitals: Georgian has some, and writes no name with them.
fn is_small(c: char) -> bool {
    c.is_lowercase() && !matches!(c, '\u{10d0}'..='\u{10ff}')
}

/// Names of Chinese and Korean reporters follow each other with nothing but a space between them.
fn unspaced_names(words: &[&str]) -> Vec<String> {
    let is_name = |word: &&str| {
        let length = word.chars().count();
        (2..=4).contains(&length) && word.chars().all(|c| matches!(c, '\u{4e00}'..='\u{9fff}') || is_hangul(c))
    };
    if words.len() > 1 && words.iter().all(is_name) {
        words.iter().map(|word| (*word).to_owned()).collect()
    } else {
        vec![words.join(" ")]
    }
}

/// A person's name without "By" and role, if it is one.
pub(crate) fn person(text: &str) -> Option<String> {
    person_with(text, Trust::Seen)
}

fn person_with(text: &str, trust: Trust) -> Option<String> {
    let text = text.trim();
    if text.len() > 400 {
        return None;
    }
    let mut name = text.split(['(', '（', '[', '<', '|']).next().unwrap_or(text);
    if name.trim().is_empty() {
        name = text;
    }
    let mut name = name.to_owned();
    loop {
        let before = name.len();
        name = name.trim_matches(is_edge).to_owned();
        if words::starts_with(&name, "byline_other").is_some_and(|length| length < name.len()) {
            return None;
        }
        name = without_lead(&name, "byline_starts").to_owned();
        name = without_lead(&name, "role").to_owned();
        name = without_role(&name);
        if name.len() == before {
            break;
        }
    }
    is_person(&name, trust).then_some(name)
}

fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '–' | '—' | ',' | ';' | '=' | '•' | '"' | '“' | '”' | ':' | '：')
        || matches!(c, ')' | ']' | '(' | '（' | '）' | '【' | '】' | '|' | '*' | '@' | '>' | '…' | '　' | '。')
}

/// Without a by-word or a role in front. "Di" and "Av" are names as well; a by-word leaves a whole name behind it.
fn without_lead<'a>(name: &'a str, section: &str) -> &'a str {
    let Some(length) = words::starts_with(name, section) else { return name };
    let rest = name[length..].trim_start();
    // Of the role only what is parted from the name: `Reporter: Ada Miller`, `记者张三`.
    if rest.chars().count() >= 2 { rest } else { name }
}

/// Without a role behind it, where a name is left.
fn without_role(name: &str) -> String {
    let scripted = name.chars().any(|c| is_unspaced(c) || is_hangul(c));
    let lower = name.to_lowercase();
    if lower.len() != name.len() {
        return name.to_owned();
    }
    if scripted {
        let role =
            words::section("role").iter().find(|role| lower.ends_with(role.as_str()) && lower.len() > role.len());
        return role.map_or(name, |role| name[..name.len() - role.len()].trim_end()).to_owned();
    }
    let mut words: Vec<&str> = name.split_whitespace().collect();
    while words.len() > 2 {
        let written = words[words.len() - 1].trim_matches(is_edge);
        let last = written.to_lowercase();
        // `MA` is a degree, `Ma` a name.
        let degree = written.contains('.') || written.chars().filter(|c| c.is_uppercase()).count() > 1;
        let role = words::has("role_word", &last)
            || (degree && words::has("credential", &last))
            || words::has("role", &last)
            || words::has("dateline_starts", &last);
        if !role {
            break;
        }
        words.pop();
    }
    words.join(" ")
}

fn is_person(name: &str, trust: Trust) -> bool {
    let lower = name.to_lowercase();
    let words: Vec<&str> = name.split_whitespace().collect();
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && letters * 2 >= name.chars().count()
        && name.chars().count() <= NAME_CHARS_MAX
        && words.len() <= NAME_WORDS_MAX
        && name.chars().all(|c| is_name_char(c, trust))
        && !is_address(&lower)
        && !words::has("not_person", &lower)
        && !words::has("role", &lower)
        && !words::has("byline_other", &lower)
        && !words::has("byline_starts", &lower)
        && !words::has("byline_starts", &format!("{lower}:"))
        && words::starts_with(name, "credit_mark").is_none_or(|length| !name[length..].starts_with([':', '/', ' ']))
        && words::starts_with(name, "dateline_starts").is_none()
        && !words::is_agency(name)
        && !dates::is_month(name)
        && !words::has("month_weekday", &lower)
        && !words::has("credential", &lower)
        && !is_organisation(&lower)
        && (if words.len() > 1 { is_whole_name(&words, trust) } else { is_single_name(name, trust) })
        && (words.len() == 1 || !name.chars().any(is_unspaced) || is_scripted_name(name) || name.chars().any(is_thai))
        // The wording of buttons and menus last: it costs most.
        && !crate::wording::look_up(name).is_some_and(|hit| hit.whole && hit.label != Label::Byline)
}

fn is_name_char(c: char, trust: Trust) -> bool {
    crate::calendar::is_word_char(c)
        || is_unspaced(c)
        || matches!(c, ' ' | '-' | '.' | '\'' | '’' | '‘' | '`' | '´' | '·' | 'ʼ' | '‐' | '\u{a0}')
        || (trust != Trust::Seen && (c.is_numeric() || c == '_'))
}

fn is_address(lower: &str) -> bool {
    const ENDS: &[&str] = &[
        "com", "net", "org", "info", "de", "at", "ch", "fr", "it", "es", "pl", "nl", "be", "ru", "ua", "cn", "jp",
        "kr", "uk", "eu", "io", "tv", "me", "in", "us", "br", "mx", "ar", "gr", "tr", "cz", "sk", "hu", "ro", "se",
        "no", "dk", "fi", "pt", "ie", "news", "online", "vn", "id", "ir", "il",
    ];
    let domain = |word: &str| {
        let (head, end) = word.trim_end_matches('.').rsplit_once('.').unwrap_or_default();
        head.chars().count() >= 3 && ENDS.contains(&end.split('/').next().unwrap_or(end))
    };
    lower.starts_with("http") || lower.contains("www.") || lower.split_whitespace().any(domain)
}

fn is_organisation(lower: &str) -> bool {
    let ends = |word: &str| words::ends_with(word, "organisation_ends").is_some_and(|at| at > 0);
    let mut parts = lower.split(|c: char| c.is_whitespace() || c == '-').filter(|word| !word.is_empty());
    parts.any(|word| words::has("organisation", word) || ends(word) || words::has("role_word", word))
}

/// Every word of a whole name begins with a capital, but for `von` and the like.
fn is_whole_name(words: &[&str], trust: Trust) -> bool {
    let lower_all = words.iter().all(|word| word.chars().all(|c| !c.is_uppercase()));
    if lower_all && words.iter().any(|word| word.chars().any(is_small)) {
        return trust == Trust::Stated
            && words.len() <= 3
            && words.iter().all(|word| word.chars().all(char::is_alphabetic));
    }
    // `NRW Agrar` is an abbreviation with a word, `Ada MILLER` a name.
    let caps = |word: &&str| word.chars().count() > 2 && word.chars().all(char::is_uppercase);
    if caps(&words[0]) && words.iter().any(|word| word.chars().any(char::is_lowercase)) {
        return false;
    }
    // `Ada miller`, where it is stated: typed in haste.
    if trust == Trust::Stated && words.len() == 2 && words.iter().all(|word| word.chars().all(char::is_alphabetic)) {
        return is_capital(words[0]);
    }
    words.iter().enumerate().all(|(at, word)| {
        let first = word.chars().find(|c| c.is_alphanumeric());
        let small = first.is_some_and(is_small);
        first.is_none_or(|c| !c.is_numeric())
            && (!small
                || (words::has("name_particle", &word.to_lowercase()) && at + 1 < words.len())
                || word.contains('\''))
    })
}

fn is_single_name(name: &str, trust: Trust) -> bool {
    let scripted = name.chars().any(|c| is_unspaced(c) || is_hangul(c));
    if scripted {
        return is_scripted_name(name) || (name.chars().any(is_thai) && count_words(name) <= 10.0);
    }
    let capital = is_capital(name);
    let plain = !name.chars().any(|c| c.is_numeric() || c == '_' || c == '.');
    match trust {
        Trust::Stated | Trust::Linked => name.chars().filter(|c| *c == '.').count() < 2,
        Trust::Seen => capital && plain && name.chars().count() >= 3,
    }
}

/// Scripts without spaces between words that set one between given and family name.
fn is_thai(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Letters of a name in a script without spaces, and of one of foreign sound with a mark between its parts.
const SCRIPTED_LETTERS_MAX: usize = 7;
const PARTED_LETTERS_MAX: usize = 18;

fn is_scripted_name(name: &str) -> bool {
    let parted = name.contains(['·', '・', '＝']);
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    !name.chars().any(char::is_numeric)
        && (2..=if parted { PARTED_LETTERS_MAX } else { SCRIPTED_LETTERS_MAX }).contains(&letters)
        && !name.chars().any(|c| c.is_ascii_alphabetic())
}

/// Every word begins with a capital, or the script has none.
pub(crate) fn looks_like_names(text: &str) -> bool {
    let mut count = 0;
    for word in text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        count += 1;
        let first = word.chars().find(|c| c.is_alphanumeric());
        let capital = first.is_none_or(|c| c.is_uppercase() || (!is_small(c) && !c.is_numeric()));
        let small = || words::has("name_link", word) || words::has("name_particle", word);
        if !capital && !small() && !words::is_agency(word) && !matches!(word, "&" | "for" | "in" | "of" | "für") {
            return false;
        }
    }
    count > 0 && count <= 14
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_names_in_many_languages() {
        assert_eq!(authors("By Ada Miller and Tom Reed"), ["Ada Miller", "Tom Reed"]);
        assert_eq!(authors("Von Jana Köhler und Max Brand"), ["Jana Köhler", "Max Brand"]);
        assert_eq!(authors("Ana Gil y Luis Paz"), ["Ana Gil", "Luis Paz"]);
        assert_eq!(authors("José Ortega y Gasset"), ["José Ortega y Gasset"]);
        assert_eq!(authors("Анна Белова и Пётр Лесной"), ["Анна Белова", "Пётр Лесной"]);
        assert_eq!(authors("Άννα Ρήγα και Νίκος Βελής"), ["Άννα Ρήγα", "Νίκος Βελής"]);
        assert_eq!(authors("Ada Miller/Tom Reed"), ["Ada Miller", "Tom Reed"]);
        assert_eq!(authors("山田花子、川口一郎"), ["山田花子", "川口一郎"]);
        assert_eq!(authors("سارة علي و عمر حسن"), ["سارة علي", "عمر حسن"]);
        assert_eq!(authors("Ada Miller - Tom Reed"), ["Ada Miller", "Tom Reed"]);
        assert_eq!(authors("Jeanne Dupont avec AFP"), ["Jeanne Dupont"]);
        assert_eq!(authors("გიორგი ბერიძე"), ["გიორგი ბერიძე"]);
    }

    #[test]
    fn roles_places_dates_and_degrees_are_no_people() {
        assert_eq!(authors("Ada Miller, Head Gardener, Co-Founder"), ["Ada Miller"]);
        assert_eq!(authors("Ada Miller, London"), ["Ada Miller"]);
        assert_eq!(authors("Ada Miller, PhD"), ["Ada Miller"]);
        assert_eq!(authors("Ada Miller June 3, 2024"), ["Ada Miller"]);
        assert_eq!(authors("Updated January"), Vec::<String>::new());
        assert_eq!(authors("flussbote.de, Köln, Germany"), Vec::<String>::new());
        assert_eq!(authors("Landesanstalt für Gartenbau"), Vec::<String>::new());
        assert_eq!(authors("The Garden Team"), Vec::<String>::new());
        assert_eq!(authors("Topics: Gardens"), Vec::<String>::new());
        assert_eq!(authors("NRW Agrar"), Vec::<String>::new());
        assert_eq!(authors("Ada MILLER"), ["Ada MILLER"]);
    }

    #[test]
    fn nicknames_count_where_they_are_stated() {
        assert_eq!(people("riverfan77", Trust::Stated), ["riverfan77"]);
        assert_eq!(people("riverfan77", Trust::Seen), Vec::<String>::new());
        assert_eq!(people("Rasender Reporter", Trust::Stated).len(), 0);
    }

    #[test]
    fn editors_are_not_authors() {
        assert_eq!(authors("责任编辑：王小河"), Vec::<String>::new());
        assert_eq!(authors("責任編輯 余小河"), Vec::<String>::new());
        assert_eq!(authors("編輯：余小河"), Vec::<String>::new());
        assert_eq!(authors("来源：河边日报 作者：王小河 编辑：李山"), ["王小河"]);
        assert_eq!(behind_mark("作者： 河边人 时间：2005-08-22 19:13"), ["河边人"]);
        assert_eq!(behind_mark("2015-11-05 阅读：8169 来源：转载 作者:王小河"), ["王小河"]);
        assert_eq!(behind_mark("2015-11-05 来源：河边日报"), Vec::<String>::new());
        assert_eq!(authors("记者 王小河 李大山"), ["王小河", "李大山"]);
    }
}
