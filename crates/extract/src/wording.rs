//! What residue says, in many languages. The phrases are data (`data/residue.txt`), looked up by their beginnings where
//! words begin in a folded line.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::beginnings::Beginnings;
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
    /// All of them, where a line or what it says but for a number begins, and where one follows the other.
    beginnings: Beginnings,
    /// Those that a line may end with.
    endings: Endings,
    /// Those that may stand anywhere, and their numbers among all.
    anywhere: Option<AhoCorasick>,
    anywhere_numbers: Vec<usize>,
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

/// Phrases that fit in a line as `(start, end, number)`: room for one line after another.
pub(crate) type Spans = Vec<(usize, usize, usize)>;

impl Table {
    /// Sections `[label strength place]` (`[related strong is head]`), then phrases parted by ` | `; `//` begins a comment.
    /// Other sections, as the files of languages have them, are passed over.
    fn parse(texts: impl Iterator<Item = &'static str>) -> Self {
        let mut phrases = Vec::new();
        let mut patterns = Vec::new();
        for (name, phrase) in texts.flat_map(words::phrases) {
            let Some(section) = parse_section(name) else { continue };
            for (pattern, place) in patterns_of(phrase, section.place) {
                phrases.push(Phrase { text: phrase, place, ..section });
                patterns.push(pattern);
            }
        }
        let placed = |place: Place| {
            let phrases = phrases.iter().zip(&patterns).enumerate();
            phrases
                .filter(move |(_, (phrase, _))| phrase.place == place)
                .map(|(number, (_, pattern))| (number, pattern))
        };
        let (anywhere_numbers, within): (Vec<usize>, Vec<&String>) = placed(Place::Has).unzip();
        let endings = Endings::new(placed(Place::Ends));
        let anywhere = AhoCorasick::new(within).ok();
        let beginnings = Beginnings::new(patterns);
        Self { phrases, beginnings, endings, anywhere, anywhere_numbers }
    }

    fn look_up(&self, line: &Folded, room: &mut Spans) -> Option<Hit> {
        self.find(line, room);
        let text = line.text.as_str();
        let hits = room.iter().map(|&(start, end, number)| {
            let phrase = &self.phrases[number];
            Hit {
                label: phrase.label,
                strength: phrase.strength,
                head: phrase.head,
                whole: is_whole(line, start, end),
                counter: line.has_counter(),
                certain: is_certain(text, start, end),
                phrase: phrase.text,
            }
        });
        let best = hits.reduce(stronger);
        best.filter(|hit| hit.whole || hit.strength == Strength::Strong).or_else(|| self.covered(text)).or(best)
    }

    /// The phrases that stand where they must: by their ends, then the longest first.
    fn find(&self, line: &Folded, found: &mut Spans) {
        found.clear();
        let (text, core) = (line.text.as_str(), &line.core);
        let mut starts = Starts::default();
        for (start, byte) in text.bytes().enumerate().take(core.start + 1) {
            if !starts.may_be(byte, &self.beginnings) {
                continue;
            }
            self.beginnings.of(&text[start..], |length, numbers| -> Option<()> {
                let end = start + length;
                let fits = |number: &usize| match self.phrases[*number].place {
                    Place::Is => is_whole(line, start, end),
                    Place::Starts => true,
                    Place::Ends | Place::Has => false,
                };
                let fitting = numbers.iter().map(|number| *number as usize).filter(fits);
                found.extend(fitting.map(|number| (start, end, number)));
                None
            });
        }
        for (end, _) in text[core.end..].char_indices().chain([(text.len() - core.end, ' ')]) {
            let end = core.end + end;
            let ending = self.endings.of(&text[..end]);
            found.extend(ending.map(|(length, number)| (end - length, end, number)));
        }
        if let Some(finder) = self.anywhere.as_ref().filter(|finder| finder.is_match(text)) {
            let within = finder.find_overlapping_iter(text);
            found.extend(within.map(|at| (at.start(), at.end(), self.anywhere_numbers[at.pattern().as_usize()])));
        }
        if !found.is_empty() {
            found.retain(|(start, end, _)| !is_within_word(text, *start) && !is_within_word(text, *end));
            found.sort_unstable_by_key(|&(start, end, number)| (end, start, number));
        }
    }

    /// A line made of several phrases and nothing else: `Facebook Twitter Email Print`.
    fn covered(&self, text: &str) -> Option<Hit> {
        // No more letters than this may stand beside the phrases.
        let (mut left, left_max) = (0, text.chars().count() / COVERED_PARTS);
        let (mut reach, mut covered, mut parts) = (0, 0, 0);
        let mut longest: Option<(usize, u32)> = None;
        let mut starts = Starts::default();
        for (start, byte) in text.bytes().enumerate() {
            if !starts.may_be(byte, &self.beginnings) || start < reach {
                continue;
            }
            left += letters(&text[reach..start]);
            reach = start;
            if left > left_max {
                return None;
            }
            if is_within_word(text, start) {
                continue;
            }
            let longest_here = self.beginnings.of(&text[start..], |length, numbers| {
                numbers
                    .first()
                    .filter(|_| !is_within_word(text, start + length))
                    .map(|number| (start + length, *number))
            });
            let Some((end, number)) = longest_here else { continue };
            covered += letters(&text[start..end]);
            parts += 1;
            reach = end;
            if longest.is_none_or(|(length, _)| end - start > length) {
                longest = Some((end - start, number));
            }
        }
        let total = covered + left + letters(&text[reach..]);
        let (_, number) = longest?;
        let phrase = &self.phrases[number as usize];
        (parts >= 2 && (total - covered) * COVERED_PARTS <= total).then_some(Hit {
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

/// One part in so many of a line's letters may stand beside the phrases that it is made of.
const COVERED_PARTS: usize = 5;

/// Whether a span is all that a line says, but for a number.
fn is_whole(line: &Folded, start: usize, end: usize) -> bool {
    start == line.core.start && end == line.core.end && start < end
}

/// Phrases that stand at the end of lines, by their last two bytes.
#[derive(Default)]
struct Endings(HashMap<[u8; 2], Vec<(String, usize)>, Quick>);

impl Endings {
    fn new<'a>(phrases: impl Iterator<Item = (usize, &'a String)>) -> Self {
        let mut endings = Self::default();
        for (number, phrase) in phrases {
            if let Some(last) = phrase.as_bytes().last_chunk() {
                endings.0.entry(*last).or_default().push((phrase.clone(), number));
            }
        }
        endings
    }

    /// The length and the number of each that a text ends with.
    fn of(&self, text: &str) -> impl Iterator<Item = (usize, usize)> {
        let same = text.as_bytes().last_chunk().and_then(|last| self.0.get(last)).into_iter().flatten();
        same.filter(|(phrase, _)| text.ends_with(phrase.as_str())).map(|(phrase, number)| (phrase.len(), *number))
    }
}

/// Letters and digits of a text.
fn letters(text: &str) -> usize {
    let chars = chars::chars();
    text.chars().filter(|c| chars.is(*c, ALPHANUMERIC)).count()
}

/// Tells of one byte after another whether a phrase may begin with it: not within a word.
#[derive(Default)]
struct Starts {
    letter_before: u8,
}

impl Starts {
    fn may_be(&mut self, byte: u8, beginnings: &Beginnings) -> bool {
        let kind = PARTS[usize::from(byte)];
        let letter = kind & LETTER | (kind >> REST_SHIFT) & self.letter_before;
        let within = letter & self.letter_before;
        self.letter_before = letter;
        within == 0 && beginnings.has_first(byte)
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

/// A phrase as it stands in folded lines, and where. Those have no marks at their ends, but within them a phrase keeps the
/// marks that part it from the rest: `Watch:` or `Ad -` at the beginning of a line, `(optional)` at its end. Without them the
/// first would match verbs. Where such a phrase is all of a line, it is what the line says without them, but for what
/// a colon or a bracket announces: that may well be the heading of a paragraph.
fn patterns_of(phrase: &str, place: Place) -> impl Iterator<Item = (String, Place)> {
    let phrase = phrase.trim();
    let folded = fold(phrase);
    // Marks within a line are those beside a letter.
    let (pattern, marked) = match place {
        Place::Is => (folded.core().to_owned(), None),
        Place::Starts | Place::Has if is_lost(phrase.chars().next_back()) => {
            (folded.text, fold(&format!("{phrase}x")).text.strip_suffix('x').map(str::to_owned))
        }
        Place::Ends if is_lost(phrase.chars().next()) => {
            (folded.text, fold(&format!("x{phrase}")).text.strip_prefix('x').map(str::to_owned))
        }
        _ => (folded.text, None),
    };
    let announces = phrase.ends_with([':', '：', '】', ']']);
    let alone = match (&marked, place) {
        (None, _) => Some((pattern, place)),
        (Some(_), Place::Starts | Place::Ends) if !announces => Some((pattern, Place::Is)),
        _ => None,
    };
    let all = alone.into_iter().chain(marked.map(|marked| (marked, place)));
    all.filter(|(pattern, _)| !pattern.is_empty())
}

/// Whether a character is one that lines lose at their ends.
fn is_lost(c: Option<char>) -> bool {
    c.is_some_and(|c| !c.is_alphanumeric() && !matches!(c, '#' | '+' | '%' | '©' | 'ⓒ'))
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

/// Whether letters of a script that parts words by spaces stand on both sides of a place.
fn is_within_word(text: &str, at: usize) -> bool {
    let joins = |c: Option<char>| c.is_some_and(is_spaced_letter);
    joins(text[..at].chars().next_back()) && joins(text[at..].chars().next())
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
        assert_eq!(seen("(c) 2023 The Beacon"), Some((Label::Legal, Strength::Strong)));
        for point in ["c) 210 km", "(c) 2 onions", "(c) 20 rivets"] {
            assert_eq!(seen(point), None, "{point}");
        }
    }

    #[test]
    fn marks_part_a_phrase_from_the_rest_of_its_line() {
        let table = Table::parse(["[ad strong starts]\nAd -\n[comment strong ends]\n(optional) | » more"].into_iter());
        let seen = |line: &str| table.look_up(&fold(line), &mut Spans::default()).map(|hit| (hit.label, hit.whole));
        assert_eq!(seen("Ad - The best of bridges"), Some((Label::Ad, false)));
        assert_eq!(seen("Ad"), Some((Label::Ad, true)));
        assert_eq!(seen("Ad agencies met in the town hall"), None);
        assert_eq!(seen("Website (optional)"), Some((Label::Comment, false)));
        assert_eq!(seen("A course that is optional"), None);
        assert_eq!(seen("Read on » more"), Some((Label::Comment, false)));
        assert_eq!(seen("Slides, pools and more"), None);
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
