//! What class names, ids and roles say. The words are data: `data/markup.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::chars::{self, ALPHANUMERIC, LOWER, UPPER};
use crate::fold::{DIGEST_SEED, Quick, digest_with};
use crate::page::Map;
use crate::types::Label;
use crate::words::Outlines;

struct Words {
    labels: HashMap<&'static str, Label, Quick>,
    outlines: Outlines,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut words = Words { labels: HashMap::default(), outlines: Outlines::default() };
    let mut label = None;
    for line in include_str!("../data/markup.txt").lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            label = Label::parse(name);
        } else if let Some(label) = label {
            words.labels.extend(line.split_whitespace().map(|word| (word, label)));
        }
    }
    words.labels.keys().for_each(|word| words.outlines.add(word));
    words
});

impl Words {
    /// The word as it stands in the table, and its label.
    fn get(&self, word: &str) -> Option<(&'static str, Label)> {
        let known = if self.outlines.may_hold(word) { self.labels.get_key_value(word) } else { None };
        known.map(|(word, label)| (*word, *label))
    }
}

/// Words looked at in a class attribute; utility class soup is longer.
const NAMES_MAX: usize = 24;

/// Whether a part of a name speaks of a page's layout: `has-sidebar`, `sidebar-grid`, `no-comments`.
fn is_layout(part: &str) -> bool {
    matches!(
        part,
        "has"
            | "with"
            | "without"
            | "no"
            | "grid"
            | "layout"
            | "page"
            | "template"
            | "main"
            | "body"
            | "site"
            | "col"
            | "row"
    )
}

/// What an element's names say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// It holds something that is not the article's text.
    pub(crate) residue: Option<Label>,
    /// It holds the article's text.
    pub(crate) content: bool,
    /// It holds one of the article's fields.
    pub(crate) field: Option<Label>,
    /// What named the residue: a word of the table, or an attribute and its value (`role navigation`).
    pub(crate) residue_by: &'static str,
    /// What named the field.
    pub(crate) field_by: &'static str,
}

/// The names that a page uses: what each says, and the digests of its parts. Few of them are used once.
#[derive(Default)]
pub(crate) struct Vocabulary<'t> {
    /// Their numbers.
    known: Map<&'t str, usize>,
    names: Vec<Name>,
    tokens: Vec<u32>,
    parts: Parts,
}

/// What one name says.
#[derive(Clone, Copy, Default)]
struct Name {
    /// It speaks of looks: `print:hidden`, `w-[40px]`.
    utility: bool,
    content: bool,
    field: Claim,
    residue: Claim,
    /// Its digests are these of the vocabulary's.
    tokens: (u32, u32),
}

/// A label that parts of a name stand for, unless a name before it said one, and one that it stands for as a whole.
#[derive(Clone, Copy, Default)]
struct Claim {
    part: Option<Said>,
    whole: Option<Said>,
}

/// A label, and the word that says it.
type Said = (Label, &'static str);

impl Claim {
    fn add(&mut self, said: Said, whole: bool) {
        let place = if whole { &mut self.whole } else { &mut self.part };
        if whole || place.is_none() {
            *place = Some(said);
        }
    }

    /// What it says behind other names, of which one said something or none.
    fn over(self, before: Option<Label>) -> Option<Said> {
        self.whole.or(if before.is_none() { self.part } else { None })
    }
}

impl<'t> Vocabulary<'t> {
    fn name(&mut self, name: &'t str) -> Name {
        let next = self.names.len();
        let number = *self.known.entry(name).or_insert(next);
        if number < next {
            return self.names[number];
        }
        let utility = name.bytes().any(|byte| matches!(byte, b':' | b'[' | b'/'));
        let mut said = Name { utility, ..Name::default() };
        if !said.utility {
            self.read(name, &mut said);
        }
        let first = self.tokens.len();
        tokens(name, &mut self.tokens);
        said.tokens = (first as u32, self.tokens.len() as u32);
        self.names.push(said);
        said
    }

    /// Reads class, id and the like.
    pub(crate) fn names(&mut self, names: impl Iterator<Item = &'t str>) -> Names {
        let mut found = Names::default();
        for said in names.map(|name| self.name(name)).filter(|said| !said.utility).take(NAMES_MAX) {
            found.content |= said.content;
            if let Some((label, by)) = said.field.over(found.field) {
                found.name_field(label, by);
            }
            if let Some((label, by)) = said.residue.over(found.residue) {
                found.name_residue(label, by);
            }
        }
        found
    }

    /// Adds the digests of an attribute's names, each once of those from `before` on.
    pub(crate) fn tokens(&mut self, names: &'t str, before: usize, out: &mut Vec<u32>) {
        for name in names.split_ascii_whitespace().take(NAMES_MAX) {
            let (first, end) = self.name(name).tokens;
            for token in &self.tokens[first as usize..end as usize] {
                if !out[before..].contains(token) && out.len() < before + TOKENS_MAX {
                    out.push(*token);
                }
            }
        }
    }

    fn read(&mut self, name: &str, said: &mut Name) {
        let words: &Words = &WORDS;
        let parts = &mut self.parts;
        parts.split(name);
        let count = parts.ranges.len();
        let layout = (0..count).any(|at| is_layout(parts.window(at, 1)));
        // Long machine-made names (`style__Foo-sc-1x2y3z`) say little; their first parts are the author's own words.
        for width in [3, 2, 1] {
            if layout && width == 1 {
                continue;
            }
            for at in (0..(count + 1).saturating_sub(width)).take(6) {
                if let Some((word, label)) = words.get(parts.window(at, width)) {
                    said.add(word, label, width == count);
                }
            }
        }
        if let Some((word, label)) = words.get(&parts.whole) {
            said.add(word, label, true);
        }
    }
}

impl Names {
    pub(crate) fn name_residue(&mut self, label: Label, by: &'static str) {
        (self.residue, self.residue_by) = (Some(label), by);
    }

    pub(crate) fn name_field(&mut self, label: Label, by: &'static str) {
        (self.field, self.field_by) = (Some(label), by);
    }
}

impl Name {
    fn add(&mut self, word: &'static str, label: Label, whole: bool) {
        match label {
            Label::Body => self.content = true,
            Label::Title | Label::Deck | Label::Byline | Label::Dateline | Label::Caption | Label::Credit => {
                self.field.add((label, word), whole);
            }
            _ => self.residue.add((label, word), whole),
        }
    }
}

/// A name cut at marks and capitals, lower case.
#[derive(Default)]
struct Parts {
    /// The parts with a hyphen between each, and with nothing.
    joined: String,
    whole: String,
    /// Where each part stands in the former.
    ranges: Vec<(usize, usize)>,
}

/// Characters of a name that are looked at.
const NAME_CHARS_MAX: usize = 64;

impl Parts {
    fn split(&mut self, name: &str) {
        let chars = chars::chars();
        self.joined.clear();
        self.whole.clear();
        self.ranges.clear();
        let mut start = 0;
        let mut lower_before = false;
        for c in name.chars().take(NAME_CHARS_MAX) {
            let kind = chars.of(c);
            if kind & ALPHANUMERIC == 0 {
                start = self.end(start);
                lower_before = false;
                continue;
            }
            if kind & UPPER != 0 && lower_before {
                start = self.end(start);
            }
            lower_before = kind & LOWER != 0;
            chars.lower(c, |c| self.joined.push(c));
        }
        self.end(start);
    }

    /// Ends a part that began at `start`, if it holds anything; the next one begins at what is returned.
    fn end(&mut self, start: usize) -> usize {
        let end = self.joined.len();
        if end == start {
            return start;
        }
        self.ranges.push((start, end));
        self.whole.push_str(&self.joined[start..]);
        self.joined.push('-');
        end + 1
    }

    /// Some parts in a row, with hyphens between them.
    fn window(&self, at: usize, width: usize) -> &str {
        &self.joined[self.ranges[at].0..self.ranges[at + width - 1].1]
    }
}

/// Digests that an element may have.
const TOKENS_MAX: usize = 64;

/// Digests of the parts of a name, and of the whole: `post-content2` gives `post`, `content` and `post-content#`.
fn tokens(name: &str, out: &mut Vec<u32>) {
    let first = out.len();
    let (mut whole, mut part, mut letters, mut parts) = (DIGEST_SEED, DIGEST_SEED, 0, 0);
    let (mut lower_before, mut digit_before) = (false, false);
    for byte in name.bytes().take(48) {
        if byte.is_ascii_digit() {
            if !digit_before {
                whole = digest_with(whole, b'#');
            }
            digit_before = true;
            lower_before = false;
            continue;
        }
        digit_before = false;
        let border = !byte.is_ascii_alphabetic() && byte < 128;
        if (border || (byte.is_ascii_uppercase() && lower_before)) && letters > 0 {
            push_token(out, first, part, letters);
            parts += 1;
            (part, letters) = (DIGEST_SEED, 0);
        }
        lower_before = byte.is_ascii_lowercase();
        if border {
            whole = digest_with(whole, b'-');
            continue;
        }
        let lower = byte.to_ascii_lowercase();
        whole = digest_with(whole, lower);
        part = digest_with(part, lower);
        letters += 1;
    }
    if letters > 0 {
        push_token(out, first, part, letters);
        parts += 1;
    }
    if parts > 1 {
        push_token(out, first, whole.rotate_left(5), 9);
    }
}

fn push_token(out: &mut Vec<u32>, first: usize, token: u32, letters: usize) {
    if letters > 1 && !out[first..].contains(&token) && out.len() < first + TOKENS_MAX {
        out.push(token);
    }
}
