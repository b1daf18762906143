//! Sections of phrases out of the data files.

use std::collections::HashMap;
use std::sync::LazyLock;

static FIELDS: LazyLock<HashMap<&'static str, Vec<String>>> = LazyLock::new(|| {
    let mut sections: HashMap<&'static str, Vec<String>> = HashMap::new();
    let mut name = "";
    for line in include_str!("../data/fields.txt").lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name = section;
        } else {
            let phrases = line.split(" | ").filter(|phrase| !phrase.is_empty()).map(str::to_lowercase);
            sections.entry(name).or_default().extend(phrases);
        }
    }
    for phrases in sections.values_mut() {
        // The longest first, so that "Published on" is tried before "Published".
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    }
    sections
});

static AGENCIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../data/agencies.txt").lines().filter(|line| !line.starts_with("//"));
    let mut names: Vec<&str> = lines.flat_map(|line| line.split(" | ")).map(str::trim).collect();
    names.retain(|name| !name.is_empty());
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
});

/// The phrases of a section of `data/fields.txt`, lower case, longest first.
pub(crate) fn section(name: &str) -> &'static [String] {
    FIELDS.get(name).map_or(&[], Vec::as_slice)
}

/// Names of news agencies, as written, longest first.
pub(crate) fn agencies() -> &'static [&'static str] {
    &AGENCIES
}

/// Whether a text is nothing but a news agency's name, or several of them.
pub(crate) fn is_agency(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | '(' | ')' | '[' | ']'));
    if text.is_empty() {
        return false;
    }
    let known = |name: &str| {
        AGENCIES.iter().any(|agency| agency.eq_ignore_ascii_case(name) && (name.len() > 3 || *agency == name))
    };
    known(text) || text.split(['/', '=', '·', ',', '&']).map(str::trim).all(known)
}

/// The phrase of a section that a text begins with, as its length in the text. The phrase must end where a word does.
pub(crate) fn starts_with(text: &str, name: &str) -> Option<usize> {
    section(name).iter().find_map(|phrase| prefix_length(text, phrase))
}

/// How long the beginning of `text` is that equals `phrase` in lower case, if it ends at the end of a word.
pub(crate) fn prefix_length(text: &str, phrase: &str) -> Option<usize> {
    let mut wanted = phrase.chars();
    let mut next = wanted.next();
    for (at, c) in text.char_indices() {
        if next.is_none() {
            let joined = phrase.chars().next_back().is_some_and(is_letter_of_words) && is_letter_of_words(c);
            return (!joined).then_some(at);
        }
        for lower in c.to_lowercase() {
            if next != Some(lower) {
                return None;
            }
            next = wanted.next();
        }
    }
    next.is_none().then_some(text.len())
}

fn is_letter_of_words(c: char) -> bool {
    c.is_alphabetic() && !crate::fold::is_unspaced(c) && !crate::fold::is_hangul(c)
}
