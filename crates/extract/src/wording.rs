//! What residue says, in many languages. The phrases are data (`data/residue.txt`), found by one automaton in one pass
//! over a folded line.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};

use crate::fold::{Folded, fold};
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
            for folded in line.split(" | ").map(fold) {
                let pattern = if section.place == Place::Is { folded.core } else { folded.text };
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
        })
    }
}

fn stronger(old: Hit, new: Hit) -> Hit {
    if (new.strength, new.whole) > (old.strength, old.whole) { new } else { old }
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
    c.is_alphabetic() && !crate::fold::is_unspaced(c) && !crate::fold::is_hangul(c)
}
