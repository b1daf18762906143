//! Sections of phrases out of the data files.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use memchr::{memchr2, memchr3};

use crate::chars::{self, is_spaced_letter};
use crate::fold::Quick;
use crate::locales;

/// The phrases of one section.
#[derive(Default)]
pub(crate) struct Section {
    /// Lower case, longest first.
    phrases: Vec<String>,
    /// Indices of the phrases that begin with a character.
    by_first: HashMap<char, Vec<usize>, Quick>,
    /// The same for the characters that they end with.
    by_last: HashMap<char, Vec<usize>, Quick>,
    whole: HashSet<String, Quick>,
    /// A bit for each length of a phrase in bytes, the last one for all that are longer.
    lengths: u64,
    /// A bit for each ASCII character that a phrase begins with, and for each digest of two of them or of one alone.
    firsts: u128,
    pairs: [u64; 16],
    /// A bit for each digest of a character that a phrase begins with.
    others: [u64; 16],
    /// The same for the two that a phrase ends with, the last one first.
    last_pairs: [u64; 16],
    /// Finds any of them in a text, whatever the case of ASCII letters: made when it is first asked, as few sections are.
    within: OnceLock<Option<AhoCorasick>>,
}

static FIELDS: LazyLock<HashMap<&'static str, Section, Quick>> = LazyLock::new(|| {
    let mut sections: HashMap<&'static str, Section, Quick> = HashMap::default();
    for (name, phrase) in locales::phrases(include_str!("../data/fields.txt")) {
        sections.entry(name).or_default().phrases.push(phrase.to_lowercase());
    }
    for section in sections.values_mut() {
        // The longest first, so that "Published on" is tried before "Published".
        section.phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        // Languages that share a word say it once.
        let whole = &mut section.whole;
        section.phrases.retain(|phrase| whole.insert(phrase.clone()));
        section.lengths = section.phrases.iter().fold(0, |lengths, phrase| lengths | length_bit(phrase));
        for (index, phrase) in section.phrases.iter().enumerate() {
            section.firsts |= phrase.bytes().next().map_or(0, ascii_bit);
            let bytes = phrase.as_bytes();
            set_pair(&mut section.pairs, bytes.first(), bytes.get(1));
            let (at, bit) = other_bit(phrase.chars().next().unwrap_or_default());
            section.others[at] |= bit;
            set_pair(&mut section.last_pairs, bytes.last(), bytes.iter().nth_back(1));
            section.by_first.entry(phrase.chars().next().unwrap_or_default()).or_default().push(index);
            section.by_last.entry(phrase.chars().next_back().unwrap_or_default()).or_default().push(index);
        }
    }
    sections
});

/// A bit for each length with each first and last byte of some words: most words are told to be none of them without being
/// hashed.
pub(crate) struct Outlines([u64; 64]);

impl Default for Outlines {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Outlines {
    fn of(word: &str) -> (usize, u64) {
        let bytes = word.as_bytes();
        let [first, last] = [bytes.first(), bytes.last()].map(|byte| usize::from(byte.copied().unwrap_or_default()));
        let number = first * 31 + last * 7 + bytes.len() * 613;
        (number / 64 % 64, 1 << (number % 64))
    }

    pub(crate) fn add(&mut self, word: &str) {
        let (at, bit) = Self::of(word);
        self.0[at] |= bit;
    }

    pub(crate) fn may_hold(&self, word: &str) -> bool {
        let (at, bit) = Self::of(word);
        self.0[at] & bit != 0
    }
}

/// The phrases of a data file, each with the section that it stands in: `[name]`, then lines of phrases parted by ` | `;
/// `//` begins a comment.
pub(crate) fn phrases(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut name = "";
    text.lines().map(str::trim).filter(|line| !line.starts_with("//")).flat_map(move |line| {
        let section = section_name(line);
        name = section.unwrap_or(name);
        let said = if section.is_none() { line } else { "" };
        let name = name;
        said.split(" | ").filter(|phrase| !phrase.is_empty()).map(move |phrase| (name, phrase))
    })
}

/// The name of the section that a line of a data file begins; ` | ` stands between phrases alone.
fn section_name(line: &'static str) -> Option<&'static str> {
    line.strip_prefix('[')?.strip_suffix(']').filter(|name| !name.contains('|'))
}

static AGENCIES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let lines = include_str!("../data/agencies.txt").lines().filter(|line| !line.starts_with("//"));
    let mut names: Vec<&str> = lines.flat_map(|line| line.split(" | ")).map(str::trim).collect();
    names.retain(|name| !name.is_empty());
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
});

/// Agencies whose names are of one length, and a bit for each character that they begin with, in both cases.
#[derive(Clone, Default)]
struct Alike {
    firsts: u128,
    others: bool,
    names: Vec<&'static str>,
}

static AGENCIES_BY_LENGTH: LazyLock<Vec<Alike>> = LazyLock::new(|| {
    let mut alike: Vec<Alike> = Vec::new();
    for name in AGENCIES.iter() {
        alike.resize(alike.len().max(name.len() + 1), Alike::default());
        let alike = &mut alike[name.len()];
        let first = name.bytes().next().unwrap_or_default();
        alike.firsts |= ascii_bit(first.to_ascii_lowercase()) | ascii_bit(first.to_ascii_uppercase());
        alike.others |= !first.is_ascii();
        alike.names.push(name);
    }
    alike
});

fn is_agency_name(name: &str) -> bool {
    let Some((alike, first)) = AGENCIES_BY_LENGTH.get(name.len()).zip(name.bytes().next()) else { return false };
    let can_be = if first.is_ascii() { alike.firsts & ascii_bit(first) != 0 } else { alike.others };
    can_be && alike.names.iter().any(|agency| agency.eq_ignore_ascii_case(name) && (name.len() > 3 || *agency == name))
}

/// The phrases of a section of `data/fields.txt`, lower case, longest first.
pub(crate) fn section(name: &str) -> &'static [String] {
    FIELDS.get(name).map_or(&[], |section| section.phrases.as_slice())
}

/// Whether a section has a phrase, which is given in lower case.
pub(crate) fn has(name: &str, phrase: &str) -> bool {
    FIELDS.get(name).is_some_and(|section| section.lengths & length_bit(phrase) != 0 && section.whole.contains(phrase))
}

fn length_bit(phrase: &str) -> u64 {
    1 << phrase.len().min(63)
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
    if is_agency_name(text) {
        return true;
    }
    // The last of these is how `·` begins.
    let bytes = text.as_bytes();
    let parted = memchr3(b'/', b'=', b',', bytes).is_some() || memchr2(b'&', 0xc2, bytes).is_some();
    parted && text.split(['/', '=', '·', ',', '&']).map(str::trim).all(is_agency_name)
}

/// Whether a text holds a phrase of a section anywhere.
pub(crate) fn holds(text: &str, name: &str) -> bool {
    FIELDS.get(name).is_some_and(|section| section.within().is_some_and(|within| within.is_match(text)))
}

/// Whether a text in lower case has a word that begins with a phrase of a section, whatever it ends with.
pub(crate) fn holds_word_with(text: &str, name: &str) -> bool {
    let begins = |at: usize| !text[..at].ends_with(is_spaced_letter);
    FIELDS.get(name).and_then(Section::within).is_some_and(|within| within.find_iter(text).any(|f| begins(f.start())))
}

/// Where the text begins that a phrase of a section ends.
pub(crate) fn ends_with(text: &str, name: &str) -> Option<usize> {
    let section = FIELDS.get(name)?;
    if !section.may_end(text.as_bytes()) {
        return None;
    }
    let last = text.chars().next_back()?;
    let phrases = section.by_last.get(&first_lower(last))?;
    phrases.iter().find_map(|&index| {
        let phrase = &section.phrases[index];
        let at = text.len().checked_sub(phrase.len())?;
        text.get(at..).filter(|end| prefix_length(end, phrase) == Some(end.len())).map(|_| at)
    })
}

/// The phrase of a section that a text begins with, as its length in the text. The phrase must end where a word does.
pub(crate) fn starts_with(text: &str, name: &str) -> Option<usize> {
    FIELDS.get(name)?.starts(text)
}

/// Whether a text may end with a phrase of a section, as far as its last two characters tell.
pub(crate) fn may_end_with(text: &str, name: &str) -> bool {
    FIELDS.get(name).is_some_and(|section| match text.chars().next_back() {
        // The last letter of a word in Greek has a form of its own.
        Some(last) if !last.is_ascii() && last != 'Σ' => section.by_last.contains_key(&first_lower(last)),
        _ => section.may_end(text.as_bytes()),
    })
}

/// The sections that are asked many times about one text.
pub(crate) fn credit_marks() -> Option<&'static Section> {
    FIELDS.get("credit_mark")
}

impl Section {
    /// What finds any of its phrases in a text.
    fn within(&self) -> Option<&AhoCorasick> {
        let finder = || AhoCorasick::builder().ascii_case_insensitive(true).build(&self.phrases).ok();
        self.within.get_or_init(finder).as_ref()
    }

    /// Whether the first two characters allow for a phrase, as far as they are ASCII: most texts are told by these.
    pub(crate) fn may_start(&self, text: &[u8]) -> bool {
        match text {
            [first, ..] if first.is_ascii() && self.firsts & ascii_bit(first.to_ascii_lowercase()) == 0 => false,
            [first, second, ..] if first.is_ascii() && second.is_ascii() => {
                let (at, bit) = pair_bit(first.to_ascii_lowercase(), *second);
                self.pairs[at] & bit != 0
            }
            _ => true,
        }
    }

    /// The same for the last two characters.
    fn may_end(&self, text: &[u8]) -> bool {
        match text {
            [.., before, last] if before.is_ascii() && last.is_ascii() => {
                let (at, bit) = pair_bit(last.to_ascii_lowercase(), *before);
                self.last_pairs[at] & bit != 0
            }
            _ => true,
        }
    }

    /// How long the phrase is that a text begins with.
    pub(crate) fn starts(&self, text: &str) -> Option<usize> {
        if !self.may_start(text.as_bytes()) {
            return None;
        }
        let first = text.chars().next()?;
        let lower = first_lower(first);
        let (at, bit) = other_bit(lower);
        if self.others[at] & bit == 0 {
            return None;
        }
        let phrases = self.by_first.get(&lower)?;
        // The second character tells most of them apart.
        let second = text.as_bytes().get(first.len_utf8()).filter(|byte| byte.is_ascii()).map(u8::to_ascii_lowercase);
        let may_be = |phrase: &str| match (phrase.as_bytes().get(1), second) {
            (Some(wanted), Some(second)) => !first.is_ascii() || *wanted == second,
            _ => true,
        };
        phrases.iter().find_map(|&index| {
            let phrase = &self.phrases[index];
            if may_be(phrase) { prefix_length(text, phrase) } else { None }
        })
    }
}

/// The first character of a character in lower case.
fn first_lower(c: char) -> char {
    let mut first = None;
    chars::chars().lower(c, |lower| {
        first.get_or_insert(lower);
    });
    first.unwrap_or(c)
}

/// Notes a phrase's first or last two bytes.
fn set_pair(pairs: &mut [u64; 16], first: Option<&u8>, second: Option<&u8>) {
    let mut set = |first: u8, second: u8| {
        let (at, bit) = pair_bit(first, second);
        pairs[at] |= bit;
    };
    match (first, second) {
        (Some(first), Some(second)) => set(*first, *second),
        // What stands beside a phrase of one character is any other.
        (Some(first), None) => (0..128).for_each(|second| set(*first, second)),
        _ => {}
    }
}

/// The word and the bit of a pair of ASCII characters, the first in lower case.
fn pair_bit(first: u8, second: u8) -> (usize, u64) {
    let digest = usize::from(first) * 29 + usize::from(second.to_ascii_lowercase()) * 5;
    (digest / 64 % 16, 1 << (digest % 64))
}

/// The word and the bit of a character.
fn other_bit(c: char) -> (usize, u64) {
    (c as usize / 64 % 16, 1 << (c as usize % 64))
}

/// The bit of an ASCII character; none for a part of another.
fn ascii_bit(byte: u8) -> u128 {
    if byte.is_ascii() { 1 << byte } else { 0 }
}

/// How long the beginning of `text` is that equals `phrase` in lower case, if it ends at the end of a word.
pub(crate) fn prefix_length(text: &str, phrase: &str) -> Option<usize> {
    // Of ASCII alone it is told byte by byte; other letters may become ASCII in lower case.
    let front = text.as_bytes().get(..phrase.len()).filter(|front| front.is_ascii());
    if let Some(front) = front.filter(|_| phrase.is_ascii()) {
        let joined = || {
            phrase.ends_with(|c: char| c.is_ascii_alphabetic())
                && text[phrase.len()..].chars().next().is_some_and(is_spaced_letter)
        };
        return (front.eq_ignore_ascii_case(phrase.as_bytes()) && !joined()).then_some(phrase.len());
    }
    let chars = chars::chars();
    let mut wanted = phrase.chars();
    let mut next = wanted.next();
    for (at, c) in text.char_indices() {
        if next.is_none() {
            let joined = phrase.chars().next_back().is_some_and(is_spaced_letter) && is_spaced_letter(c);
            return (!joined).then_some(at);
        }
        let mut equal = true;
        chars.lower(c, |lower| {
            equal &= next == Some(lower);
            next = wanted.next();
        });
        if !equal {
            return None;
        }
    }
    next.is_none().then_some(text.len())
}
