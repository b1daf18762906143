//! What residue says, in many languages. The phrases are data (`data/residue.txt`), found by one automaton in one pass
//! over a folded line.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::fold::{Folded, fold, is_hangul, is_unspaced};
use crate::limits::WORDING_BYTES_MAX;
use crate::types::Label;

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
}

struct Table {
    automaton: Option<AhoCorasick>,
    phrases: Vec<Phrase>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::parse(include_str!("../data/residue.txt")));

/// What residue a line's wording shows, if any.
pub(crate) fn look_up(line: &str) -> Option<Hit> {
    if line.len() > WORDING_BYTES_MAX {
        return None;
    }
    TABLE.look_up(&fold(line))
}

impl Table {
    /// Sections `[label strength place]` (`[related strong is head]`), then phrases parted by ` | `; `//` begins a comment.
    fn parse(text: &str) -> Self {
        let mut phrases = Vec::new();
        let mut patterns = Vec::new();
        let mut section: Option<Phrase> = None;
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            if let Some(head) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = parse_section(head);
                continue;
            }
            let Some(section) = &section else { continue };
            for phrase in line.split(" | ") {
                let pattern = pattern(phrase, section.place);
                if !pattern.is_empty() {
                    phrases.push(section.clone());
                    patterns.push(pattern);
                }
            }
        }
        let automaton = AhoCorasickBuilder::new().match_kind(MatchKind::Standard).build(&patterns).ok();
        Self { automaton, phrases }
    }

    fn look_up(&self, line: &Folded) -> Option<Hit> {
        let text = line.text.as_str();
        let automaton = self.automaton.as_ref()?;
        let mut best: Option<Hit> = None;
        let mut spans: Vec<(usize, usize, usize)> = Vec::new();
        let core_at = text.find(line.core.as_str()).unwrap_or(0);
        for found in automaton.find_overlapping_iter(text) {
            if !on_boundary(text, found.start(), found.end()) {
                continue;
            }
            let phrase = &self.phrases[found.pattern().as_usize()];
            spans.push((found.start(), found.end(), found.pattern().as_usize()));
            let whole = found.start() == core_at && found.end() == core_at + line.core.len() && !line.core.is_empty();
            let fits = match phrase.place {
                Place::Is => whole,
                Place::Starts => found.start() <= core_at,
                Place::Ends => found.end() >= core_at + line.core.len(),
                Place::Has => true,
            };
            if fits {
                let hit = Hit {
                    label: phrase.label,
                    strength: phrase.strength,
                    head: phrase.head,
                    whole,
                    counter: line.has_counter(),
                    certain: is_certain(text, found.start(), found.end()),
                };
                best = Some(best.map_or(hit, |old| stronger(old, hit)));
            }
        }
        best.filter(|hit| hit.whole || hit.strength == Strength::Strong).or_else(|| self.covered(text, spans)).or(best)
    }

    /// A line made of several phrases and nothing else: `Facebook Twitter Email Print`.
    fn covered(&self, text: &str, mut spans: Vec<(usize, usize, usize)>) -> Option<Hit> {
        spans.sort_by_key(|&(start, end, _)| (start, usize::MAX - end));
        let (mut reach, mut covered, mut parts) = (0, 0, 0);
        let mut longest: Option<(usize, usize)> = None;
        for (start, end, pattern) in spans {
            if start < reach {
                continue;
            }
            covered += text[start..end].chars().filter(|c| c.is_alphanumeric()).count();
            parts += 1;
            reach = end;
            if longest.is_none_or(|(length, _)| end - start > length) {
                longest = Some((end - start, pattern));
            }
        }
        let total = text.chars().filter(|c| c.is_alphanumeric()).count();
        let (_, pattern) = longest?;
        let phrase = &self.phrases[pattern];
        (parts >= 2 && covered * 5 >= total * 4).then_some(Hit {
            label: phrase.label,
            strength: if parts >= 3 { Strength::Strong } else { phrase.strength },
            head: false,
            whole: true,
            counter: text.contains('#'),
            certain: true,
        })
    }
}

/// A phrase as it stands in folded lines. `Watch:` at the beginning of a line keeps its colon, or it would match verbs.
fn pattern(phrase: &str, place: Place) -> String {
    let folded = fold(phrase);
    match (place, phrase.trim_end().chars().next_back()) {
        (Place::Is, _) => folded.core,
        (Place::Starts | Place::Has, Some(':' | '：')) => {
            format!("{}{}:", folded.text, if phrase.trim_end().ends_with(" :") { " " } else { "" })
        }
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
    Some(Phrase { label, strength, place, head: words.next() == Some("head") })
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

fn is_spaced_letter(c: char) -> bool {
    c.is_alphabetic() && !is_unspaced(c) && !is_hangul(c)
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
        assert!(TABLE.phrases.len() > 3000 && TABLE.automaton.is_some());
    }
}
