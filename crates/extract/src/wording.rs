//! What residue says, in many languages. The phrases are data (`data/residue.txt`), looked up by their beginnings where
//! words begin in a folded line.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::chars::{self, ALPHANUMERIC, is_spaced_letter};
use crate::fold::{Folded, Quick, fold, is_hangul, is_unspaced};
use crate::limits::WORDING_BYTES_MAX;
use crate::locales;
use crate::types::Label;
use crate::words;

/// How sure a phrase is of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Strength {
    /// Says something only beside others of its kind: `Facebook`, `Like`.
    Weak,
    /// Residue wherever it stands.
    Strong,
}

/// Where in the line the phrase must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Is,
    Starts,
    Ends,
    Has,
}

#[derive(Clone, Debug)]
struct Phrase {
    /// As it stands in the table.
    text: &'static str,
    label: Label,
    strength: Strength,
    place: Place,
    /// A heading that announces other articles: what follows it is a list of them.
    head: bool,
}

/// What the wording of a line says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) label: Label,
    pub(crate) strength: Strength,
    /// A heading that announces other articles.
    pub(crate) head: bool,
    /// The line is nothing but wording of residue.
    pub(crate) whole: bool,
    /// A number stands beside it.
    pub(crate) counter: bool,
    /// The phrase is long, or parted from the rest by a colon: no sentence of an article begins so.
    pub(crate) certain: bool,
    /// The phrase as it stands in the table; of several the one that decided.
    pub(crate) phrase: &'static str,
}

struct Table {
    phrases: Vec<Phrase>,
    beginnings: Beginnings,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(locales::texts(include_str!("../data/residue.txt"))));

/// What residue a line's wording shows, if any.
pub(crate) fn look_up(line: &str) -> Option<Hit> {
    if line.len() > WORDING_BYTES_MAX {
        return None;
    }
    look_up_folded(&fold(line), &mut Spans::default())
}

/// The same for a line that was folded already, with room for what is found.
pub(crate) fn look_up_folded(line: &Folded, found: &mut Spans) -> Option<Hit> {
    TABLE.look_up(line, found)
}

/// Room for what is found in one line after another.
#[derive(Default)]
pub(crate) struct Spans {
    /// Where words begin.
    starts: Vec<u32>,
    /// Phrases as `(start, end, number)`.
    found: Vec<(usize, usize, usize)>,
}

impl Table {
    /// Sections `[label strength place]` (`[related strong is head]`), then phrases parted by ` | `; `//` begins a comment.
    /// Other sections, as the files of languages have them, are passed over.
    fn parse(texts: impl Iterator<Item = &'static str>) -> Self {
        let mut phrases = Vec::new();
        let mut patterns = Vec::new();
        for (name, phrase) in texts.flat_map(words::phrases) {
            let Some(section) = parse_section(name) else { continue };
            let pattern = pattern(phrase, section.place);
            if !pattern.is_empty() {
                phrases.push(Phrase { text: phrase, ..section });
                patterns.push(pattern);
            }
        }
        Self { phrases, beginnings: Beginnings::new(patterns) }
    }

    fn look_up(&self, line: &Folded, room: &mut Spans) -> Option<Hit> {
        let text = line.text.as_str();
        self.beginnings.find(text, room);
        let spans = &mut room.found;
        if spans.is_empty() {
            return None;
        }
        let mut best: Option<Hit> = None;
        let core = line.core.clone();
        for &(start, end, pattern) in spans.iter() {
            let phrase = &self.phrases[pattern];
            let whole = start == core.start && end == core.end && !core.is_empty();
            let fits = match phrase.place {
                Place::Is => whole,
                Place::Starts => start <= core.start,
                Place::Ends => end >= core.end,
                Place::Has => true,
            };
            if fits {
                let hit = Hit {
                    label: phrase.label,
                    strength: phrase.strength,
                    head: phrase.head,
                    whole,
                    counter: line.has_counter(),
                    certain: is_certain(text, start, end),
                    phrase: phrase.text,
                };
                best = Some(best.map_or(hit, |old| stronger(old, hit)));
            }
        }
        best.filter(|hit| hit.whole || hit.strength == Strength::Strong).or_else(|| self.covered(text, spans)).or(best)
    }

    /// A line made of several phrases and nothing else: `Facebook Twitter Email Print`.
    fn covered(&self, text: &str, spans: &mut [(usize, usize, usize)]) -> Option<Hit> {
        spans.sort_by_key(|&(start, end, _)| (start, usize::MAX - end));
        let (mut reach, mut covered, mut parts) = (0, 0, 0);
        let mut longest: Option<(usize, usize)> = None;
        for &mut (start, end, pattern) in spans {
            if start < reach {
                continue;
            }
            covered += letters(&text[start..end]);
            parts += 1;
            reach = end;
            if longest.is_none_or(|(length, _)| end - start > length) {
                longest = Some((end - start, pattern));
            }
        }
        let total = letters(text);
        let (_, pattern) = longest?;
        let phrase = &self.phrases[pattern];
        (parts >= 2 && covered * 5 >= total * 4).then_some(Hit {
            label: phrase.label,
            strength: if parts >= 3 { Strength::Strong } else { phrase.strength },
            head: false,
            whole: true,
            counter: text.contains('#'),
            certain: true,
            phrase: phrase.text,
        })
    }
}

/// Letters and digits of a text.
fn letters(text: &str) -> usize {
    let chars = chars::chars();
    text.chars().filter(|c| chars.is(*c, ALPHANUMERIC)).count()
}

/// Phrases by their first bytes.
struct Beginnings {
    /// For each byte whether a phrase begins with it.
    firsts: [bool; 256],
    /// A bit for each digest of the four bytes that a phrase begins with, and how many bits stand in front of each word.
    fours: Vec<u64>,
    before: Vec<u32>,
    /// The heads of the longer phrases in order of their first four bytes.
    heads: Vec<Head>,
    /// The phrases that they are of, with their numbers; their text stands in one string.
    longer: Vec<Longer>,
    text: String,
    /// For each digest with a bit, where the first phrase that begins with such stands among them; at the end their number.
    places: Vec<u32>,
    /// Phrases of less than four bytes by the two that they begin with, and a bit for each such pair.
    short: HashMap<usize, Vec<(usize, String)>, Quick>,
    short_pairs: Vec<u64>,
}

/// A phrase of four bytes or more: its number, and where its text stands.
struct Longer {
    number: u32,
    start: u32,
    end: u32,
}

/// The first eight bytes of a phrase of four or more, and which of them it has: most phrases are told apart by these.
#[derive(Clone, Copy)]
struct Head {
    bytes: u64,
    mask: u64,
}

impl Head {
    fn of(phrase: &[u8]) -> Self {
        Self { bytes: eight(phrase), mask: u64::MAX << (8 * (8 - phrase.len().min(8))) }
    }
}

/// Bytes of a beginning.
const BEGINNING: usize = 4;
/// Bits of a digest of a beginning.
const DIGEST_BITS: u32 = 16;

impl Beginnings {
    fn new(patterns: Vec<String>) -> Self {
        let mut table = Self {
            firsts: [false; 256],
            fours: vec![0; 1 << (DIGEST_BITS - 6)],
            before: Vec::new(),
            heads: Vec::new(),
            longer: Vec::new(),
            text: String::new(),
            places: Vec::new(),
            short: HashMap::default(),
            short_pairs: vec![0; 1 << 10],
        };
        let mut longer = Vec::new();
        for (number, pattern) in patterns.into_iter().enumerate() {
            if let Some(first) = pattern.bytes().next() {
                table.firsts[usize::from(first)] = true;
            }
            match pattern.as_bytes() {
                [_, _, _, _, ..] => longer.push((number, pattern)),
                [first, second, ..] => table.add_short(pair(*first, *second), number, pattern),
                [first] => {
                    let first = *first;
                    (0..=u8::MAX).for_each(|second| table.add_short(pair(first, second), number, pattern.clone()));
                }
                [] => {}
            }
        }
        table.order(longer);
        table
    }

    /// Takes the longer phrases in order of their beginnings, and notes where those of each beginning are.
    fn order(&mut self, mut longer: Vec<(usize, String)>) {
        let digest_of = |phrase: &str| digest(four(phrase.as_bytes()));
        longer.sort_by_key(|(number, phrase)| (digest_of(phrase), *number));
        let mut last = None;
        for (at, (number, phrase)) in longer.into_iter().enumerate() {
            let digest = digest_of(&phrase);
            set(&mut self.fours, digest);
            if last.replace(digest) != Some(digest) {
                self.places.push(at as u32);
            }
            self.heads.push(Head::of(phrase.as_bytes()));
            let start = self.text.len() as u32;
            self.text.push_str(&phrase);
            self.longer.push(Longer { number: number as u32, start, end: self.text.len() as u32 });
        }
        self.places.push(self.longer.len() as u32);
        self.before =
            self.fours.iter().scan(0, |bits, word| Some(std::mem::replace(bits, *bits + word.count_ones()))).collect();
    }

    /// Where the longer phrases stand whose first four bytes have this digest.
    fn with_digest(&self, digest: usize) -> Range<usize> {
        let (word, bit) = (digest / 64, digest % 64);
        if self.fours[word] >> bit & 1 == 0 {
            return 0..0;
        }
        let number = (self.before[word] + (self.fours[word] & ((1 << bit) - 1)).count_ones()) as usize;
        self.places[number] as usize..self.places[number + 1] as usize
    }

    fn add_short(&mut self, pair: usize, number: usize, phrase: String) {
        set(&mut self.short_pairs, pair);
        self.short.entry(pair).or_default().push((number, phrase));
    }

    /// Where a phrase can begin: not within a word, nor with any other character.
    fn word_starts<'s>(&self, bytes: &[u8], starts: &'s mut Vec<u32>) -> &'s [u32] {
        starts.resize(bytes.len(), 0);
        let mut count = 0;
        let mut letter_before = 0;
        // Every place is written down, and those that are none are written over: which they are could not be guessed.
        for (at, &byte) in bytes.iter().enumerate() {
            let kind = PARTS[usize::from(byte)];
            let letter = kind & LETTER | (kind >> REST_SHIFT) & letter_before;
            let can_be = u8::from(self.firsts[usize::from(byte)]) & !(letter & letter_before);
            letter_before = letter;
            if let Some(start) = starts.get_mut(count) {
                *start = at as u32;
            }
            count += usize::from(can_be & 1);
        }
        starts.get(..count).unwrap_or_default()
    }

    /// All phrases in a line, wherever they overlap: by their ends, then the longest first.
    fn find(&self, text: &str, room: &mut Spans) {
        let Spans { starts, found } = room;
        let bytes = text.as_bytes();
        found.clear();
        for &at in self.word_starts(bytes, starts) {
            let at = at as usize;
            let rest = &bytes[at..];
            let pair = pair(rest[0], rest.get(1).copied().unwrap_or_default());
            if is_set(&self.short_pairs, pair) {
                let here = self.short.get(&pair).into_iter().flatten();
                let here = here.filter(|(_, phrase)| rest.starts_with(phrase.as_bytes()));
                found.extend(here.map(|(number, phrase)| (at, at + phrase.len(), *number)));
            }
            let Some(four) = rest.first_chunk::<BEGINNING>() else { continue };
            let same = self.with_digest(digest(u32::from_be_bytes(*four)));
            if same.is_empty() {
                continue;
            }
            let head = eight(rest);
            for number in same {
                if head & self.heads[number].mask == self.heads[number].bytes {
                    let Longer { number, start, end } = self.longer[number];
                    let phrase = &self.text.as_bytes()[start as usize..end as usize];
                    if rest.starts_with(phrase) {
                        found.push((at, at + phrase.len(), number as usize));
                    }
                }
            }
        }
        if !found.is_empty() {
            found.retain(|(start, end, _)| on_boundary(text, *start, *end));
            found.sort_unstable_by_key(|&(start, end, number)| (end, start, number));
        }
    }
}

/// What begins a letter of a script that parts words by spaces, and what is the rest of any character.
const LETTER: u8 = 1;
const REST: u8 = 1 << REST_SHIFT;
const REST_SHIFT: u8 = 1;

/// The kinds of bytes, of letters those of ASCII and of the blocks of Latin and Cyrillic that hold nothing else.
const PARTS: [u8; 256] = {
    let mut parts = [0; 256];
    let mut at = 0;
    while at < 256 {
        parts[at] = match at as u8 {
            b'a'..=b'z' | 0xc4 | 0xc5 | 0xd0 | 0xd1 => LETTER,
            0x80..=0xbf => REST,
            _ => 0,
        };
        at += 1;
    }
    parts
};

fn four(bytes: &[u8]) -> u32 {
    bytes.first_chunk::<BEGINNING>().map_or(0, |four| u32::from_be_bytes(*four))
}

/// The first eight bytes, with zeros for those that there are not.
fn eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(eight) => u64::from_be_bytes(*eight),
        None => bytes
            .iter()
            .fold(0, |eight, byte| eight << 8 | u64::from(*byte))
            .checked_shl(8 * (8 - bytes.len() as u32))
            .unwrap_or_default(),
    }
}

fn digest(four: u32) -> usize {
    (four.wrapping_mul(0x9e37_79b1) >> (32 - DIGEST_BITS)) as usize
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) << 8 | usize::from(second)
}

fn set(bits: &mut [u64], at: usize) {
    bits[at / 64] |= 1 << (at % 64);
}

fn is_set(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

/// A phrase as it stands in folded lines. `Watch:` at the beginning of a line keeps its colon, or it would match verbs, and
/// `【写真】` its bracket.
fn pattern(phrase: &str, place: Place) -> String {
    let folded = fold(phrase);
    match (place, phrase.trim_end().chars().next_back()) {
        (Place::Is, _) => folded.core().to_owned(),
        (Place::Starts | Place::Has, Some(':' | '：')) => {
            format!("{}{}:", folded.text, if phrase.trim_end().ends_with(" :") { " " } else { "" })
        }
        (Place::Starts, Some(end @ ('】' | ']'))) => format!("{}{end}", folded.text),
        _ => folded.text,
    }
}

/// Phrases of this many letters are said by machines only; a character of an unspaced script counts twice.
const CERTAIN_LETTERS: usize = 16;

fn is_certain(text: &str, start: usize, end: usize) -> bool {
    let width = |c: char| 1 + usize::from(is_unspaced(c) || is_hangul(c));
    let letters: usize = text[start..end].chars().filter(|c| c.is_alphanumeric()).map(width).sum();
    let parted = |text: &str| text.trim().starts_with([':', '|', '>']) || text.ends_with(':');
    letters >= CERTAIN_LETTERS || parted(&text[end..]) || parted(&text[start..end])
}

fn stronger(old: Hit, new: Hit) -> Hit {
    if (new.strength, new.whole, new.certain) > (old.strength, old.whole, old.certain) { new } else { old }
}

fn parse_section(head: &str) -> Option<Phrase> {
    let mut words = head.split_whitespace();
    let label = Label::parse(words.next()?)?;
    let strength = if words.next()? == "strong" { Strength::Strong } else { Strength::Weak };
    let place = match words.next()? {
        "is" => Place::Is,
        "starts" => Place::Starts,
        "ends" => Place::Ends,
        _ => Place::Has,
    };
    Some(Phrase { text: "", label, strength, place, head: words.next() == Some("head") })
}

/// A phrase must not begin or end within a word, where the script has words.
fn on_boundary(text: &str, start: usize, end: usize) -> bool {
    let joins = |left: Option<char>, right: Option<char>| {
        left.zip(right).is_some_and(|(left, right)| is_spaced_letter(left) && is_spaced_letter(right))
    };
    let before = text[..start].chars().next_back();
    let first = text[start..].chars().next();
    let last = text[..end].chars().next_back();
    let after = text[end..].chars().next();
    !joins(before, first) && !joins(last, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: &str) -> Option<(Label, Strength)> {
        look_up(line).map(|hit| (hit.label, hit.strength))
    }

    #[test]
    fn wording_is_found_whatever_stands_around_it() {
        assert_eq!(seen("» Skip to content «"), Some((Label::Skiplink, Strength::Strong)));
        assert_eq!(seen("Facebook 764"), Some((Label::Share, Strength::Weak)));
        assert_eq!(seen("Comments0"), Some((Label::Comment, Strength::Weak)));
        assert_eq!(seen("Facebook Twitter WhatsApp"), Some((Label::Share, Strength::Strong)));
        assert_eq!(seen("Previous articleTwo held after the storm"), Some((Label::Related, Strength::Strong)));
    }

    #[test]
    fn wording_within_words_and_sentences_is_not() {
        assert_eq!(seen("Facebookers of the world"), None);
        assert_eq!(seen("Watch the boat sink and you will know"), None);
        assert_eq!(seen("Rovers 3"), None);
    }

    #[test]
    fn every_section_of_the_table_is_read() {
        let sections =
            include_str!("../data/residue.txt").lines().filter(|line| line.starts_with('[') && line.ends_with(']'));
        for section in sections {
            assert!(parse_section(&section[1..section.len() - 1]).is_some(), "{section}");
        }
        assert!(TABLE.phrases.len() > 3000);
    }
}
