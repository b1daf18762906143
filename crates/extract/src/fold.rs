//! Lines in a form that can be compared: lower case, one space, numbers as `#`, no marks at the ends.

use std::ops::Range;

use crate::chars::{
    self, ALPHABETIC, ALPHANUMERIC, Chars, FOLDED, HANGUL, INVISIBLE, LOWER, NUMERIC, SPACE, UNSPACED, UPPER,
};

/// A line made comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Lower case, white space collapsed, numbers replaced by `#`, marks at both ends dropped.
    pub(crate) text: String,
    /// Where in it the core stands: all but a number at either end.
    pub(crate) core: Range<usize>,
}

impl Folded {
    /// The text without a number at either end: `3 comments` and `comments (3)` become `comments`.
    pub(crate) fn core(&self) -> &str {
        &self.text[self.core.clone()]
    }

    /// Whether a number stood at an end of the line.
    pub(crate) fn has_counter(&self) -> bool {
        self.core.len() != self.text.len()
    }
}

/// Folds a line. `Comments (12)` gives `comments #` with the core `comments`.
pub(crate) fn fold(line: &str) -> Folded {
    let mut folded = Folded::default();
    fold_into(line, &mut folded);
    folded
}

/// The same into a line that was folded before, whose memory is used again.
pub(crate) fn fold_into(line: &str, folded: &mut Folded) {
    let chars = chars::chars();
    let out = &mut folded.text;
    out.clear();
    if let Some(rest) = behind_copyright(line) {
        out.push('©');
        fold_text(chars, rest, out);
    } else {
        fold_text(chars, line, out);
    }
    let is_edge = |c: char| chars.is(c, SPACE) || is_mark(chars, c);
    out.truncate(out.trim_end_matches(is_edge).len());
    let front = out.len() - out.trim_start_matches(is_edge).len();
    if front > 0 {
        out.drain(..front);
    }
    let is_edge = |c: char| c == '#' || c == ' ' || is_mark(chars, c);
    let end = out.trim_end_matches(is_edge).len();
    let start = end - out[..end].trim_start_matches(is_edge).len();
    folded.core = if start < end { start..end } else { 0..0 };
}

/// What follows the sign of `(c) 2023 ..`, which is a `©`; in `(c) 2 onions` it counts.
fn behind_copyright(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("(c)").or_else(|| line.strip_prefix("(C)"))?;
    let mut year = rest.trim_start().bytes();
    let century = [year.next()?, year.next()?];
    let four = year.next()?.is_ascii_digit() && year.next()?.is_ascii_digit();
    let ends = !year.next().is_some_and(|byte| byte.is_ascii_digit());
    (matches!(&century, b"19" | b"20") && four && ends).then_some(rest)
}

fn fold_text(chars: &Chars, line: &str, out: &mut String) {
    let mut rest = line.chars();
    let mut in_number = false;
    let mut lower_before = false;
    loop {
        // Most of a line is taken in as it is.
        let before = match () {
            () if out.is_empty() || out.ends_with(' ') => BLANK,
            () if lower_before => SMALL,
            () => MARK,
        };
        let (plain, last) = if in_number { (0, 0) } else { plain_length(chars, rest.as_str(), before) };
        if plain > 0 {
            let (front, behind) = rest.as_str().split_at(plain);
            let start = out.len();
            out.push_str(front);
            out[start..].make_ascii_lowercase();
            rest = behind.chars();
            lower_before = last == SMALL;
        }
        let Some(c) = rest.next().map(narrow) else { break };
        let kind = chars.of(c);
        if kind & NUMERIC != 0 {
            if !in_number {
                if out.chars().next_back().is_some_and(|c| chars.is(c, ALPHABETIC)) {
                    out.push(' ');
                }
                out.push('#');
            }
            in_number = true;
            lower_before = false;
            continue;
        }
        if in_number {
            let next = rest.clone().next().map_or(0, |next| chars.of(narrow(next)));
            if matches!(c, '.' | ',' | ':' | '\'') && next & NUMERIC != 0 {
                continue;
            }
            if matches!(c, 'K' | 'k' | 'M') && !(next & LOWER != 0 && c != 'K') {
                continue;
            }
            in_number = false;
            if kind & ALPHABETIC != 0 {
                out.push(' ');
            }
        }
        // Widgets glue their parts together: `Previous articleTwo held`.
        if kind & UPPER != 0 && lower_before {
            out.push(' ');
        }
        lower_before = kind & LOWER != 0;
        if c.is_ascii_alphabetic() {
            out.push(c.to_ascii_lowercase());
        } else {
            push_folded(chars, out, c, kind);
        }
    }
}

/// How much of the beginning of a line is characters that stay what they are, capitals of ASCII and one space at a time, and
/// what the last of them is. No capital in it follows a small letter.
fn plain_length(chars: &Chars, line: &str, before: u8) -> (usize, u8) {
    let mut before = before;
    for (at, c) in line.char_indices() {
        let kind = match PLAIN.get(c as usize) {
            Some(kind) => *kind,
            None => match chars.of(c) & (FOLDED | LOWER) {
                FOLDED => MARK,
                LOWER_FOLDED => SMALL,
                _ => 0,
            },
        };
        let clash = (before & SMALL) << 1 | (before & BLANK);
        if kind & !clash == 0 {
            return (at, before);
        }
        before = kind;
    }
    (line.len(), before)
}

const LOWER_FOLDED: u16 = LOWER | FOLDED;

/// Whether a character beyond ASCII stays what it is when a line is folded.
pub(crate) fn is_folded(c: char) -> bool {
    let changes = c.is_numeric() || c.is_whitespace() || is_invisible(c) || narrow(c) != c;
    let mark = matches!(c, '’' | '‘' | '“' | '”' | '„' | '«' | '»' | '…');
    !c.is_ascii() && !changes && !mark && c.to_lowercase().eq([c])
}

/// A small letter, a capital, a space, a mark: what [`plain_length`] asks of a byte.
const SMALL: u8 = 1;
const CAPITAL: u8 = 1 << 1;
const BLANK: u8 = 1 << 2;
const MARK: u8 = 1 << 3;

const PLAIN: [u8; 128] = {
    let mut plain = [0; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        plain[at] = match byte {
            b'a'..=b'z' => SMALL,
            b'A'..=b'Z' => CAPITAL,
            b' ' => BLANK,
            b'*' | b'`' => 0,
            _ if byte.is_ascii_punctuation() => MARK,
            _ => 0,
        };
        at += 1;
    }
    plain
};

fn push_folded(chars: &Chars, out: &mut String, c: char, kind: u16) {
    if kind & (SPACE | INVISIBLE) != 0 {
        if kind & INVISIBLE == 0 && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        return;
    }
    match c {
        '’' | '‘' | '`' => out.push('\''),
        '“' | '”' | '„' | '«' | '»' => out.push('"'),
        '…' => out.push_str("..."),
        // `Name *` is a field of a form, `* Name` a point of a list.
        '*' if out.is_empty() => {}
        '*' => {
            out.truncate(out.trim_end().len());
            out.push('*');
        }
        'İ' => out.push('i'),
        _ => chars.lower(c, |c| out.push(c)),
    }
}

/// Full-width forms become their plain twins (the part of NFKC that matters for wording).
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        _ => c,
    }
}

/// Characters that only a machine sees.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}' | '\u{202a}'..='\u{202e}')
}

/// Marks that stand around a line without being part of its wording.
fn is_mark(chars: &Chars, c: char) -> bool {
    !chars.is(c, ALPHANUMERIC) && !matches!(c, '#' | '+' | '%' | '©' | 'ⓒ' | '*')
}

/// Collapses white space and drops what cannot be seen.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    collapse_into(text, &mut out);
    out
}

/// The same, put behind nothing: `out` is empty.
pub(crate) fn collapse_into(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        while at < bytes.len() && matches!(bytes[at], b' ' | b'\t'..=b'\r') {
            at += 1;
        }
        let start = at;
        // Words that are parted by one space are taken in together.
        while at < bytes.len() && (!PARTS[usize::from(bytes[at])] || parts_words(&bytes[at..])) {
            at += 1;
        }
        if at == bytes.len() || bytes[at].is_ascii() {
            if at == start {
                break;
            }
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&text[start..at]);
        } else {
            at = collapse_word(text, start, at, out);
        }
    }
    out.truncate(out.trim_end().len());
}

/// Whether a space stands in front of a word's plain letter.
#[inline]
fn parts_words(bytes: &[u8]) -> bool {
    matches!(bytes, [b' ', next, ..] if !PARTS[usize::from(*next)])
}

/// Takes in a word that holds a character which may be white space or invisible, at or behind `at`; returns its end.
fn collapse_word(text: &str, start: usize, at: usize, out: &mut String) -> usize {
    let rest = &text[at..];
    let space = |c: char| if c.is_ascii() { PARTS[c as usize] } else { c.is_whitespace() };
    let length = rest.find(space).unwrap_or(rest.len());
    let end = at + length;
    if end > start {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&text[start..at]);
        out.extend(rest[..length].chars().filter(|&c| !matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{2060}')));
    }
    let behind = text[end..].chars().next().filter(|c| !c.is_ascii()).map_or(0, char::len_utf8);
    end + behind
}

/// Bytes that end a word or may begin a character which does, or which cannot be seen.
const PARTS: [bool; 256] = {
    let mut parts = [false; 256];
    let suspects = [b' ', b'\t', b'\n', 0x0b, 0x0c, b'\r', 0xc2, 0xe1, 0xe2, 0xe3, 0xef];
    let mut at = 0;
    while at < suspects.len() {
        parts[suspects[at] as usize] = true;
        at += 1;
    }
    parts
};

/// Letters and digits alone, lower case: equal for texts that differ in spacing and punctuation only.
pub(crate) fn key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_key(text, &mut out);
    out
}

/// The first characters of a text's key.
pub(crate) fn key_of_front(text: &str, characters: usize) -> String {
    let chars = chars::chars();
    let mut key = String::with_capacity(text.len().min(4 * characters));
    let mut count = 0;
    for c in text.chars().map(narrow) {
        if count >= characters {
            break;
        }
        if chars.is(c, ALPHANUMERIC) {
            chars.lower(c, |c| {
                if count < characters {
                    key.push(c);
                }
                count += 1;
            });
        }
    }
    key
}

fn push_key(text: &str, out: &mut String) {
    let chars = chars::chars();
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                out.push(c.to_ascii_lowercase());
            }
            continue;
        }
        let c = narrow(c);
        if chars.is(c, ALPHANUMERIC) {
            chars.lower(c, |c| out.push(c));
        }
    }
}

/// Whether a text's key is this one, which most often its first letter tells.
pub(crate) fn key_is(text: &str, key: &str) -> bool {
    let chars = chars::chars();
    let mut wanted = key.chars();
    let mut equal = true;
    for c in text.chars().map(narrow) {
        if chars.is(c, ALPHANUMERIC) {
            chars.lower(c, |c| equal &= wanted.next() == Some(c));
            if !equal {
                return false;
            }
        }
    }
    wanted.next().is_none()
}

/// How much is said, in words: a character of a script without spaces counts as half a word.
pub(crate) fn words(text: &str) -> f32 {
    Measure::of(text).words
}

/// What one look at the characters of a text tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Measure {
    pub(crate) words: f32,
    /// No letters: a counter, a mark.
    pub(crate) bare: bool,
    /// A script without spaces between words shows at its beginning.
    pub(crate) unspaced: bool,
    pub(crate) letters: Letters,
}

/// Kinds of characters in the beginning of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Letters {
    pub(crate) all: f32,
    pub(crate) digits: f32,
    pub(crate) uppers: f32,
    pub(crate) commas: f32,
    pub(crate) marks: f32,
}

/// Characters of a text whose kinds are counted.
const COUNTED_CHARS: usize = 2000;
/// Characters of a text that show its script.
const SCRIPT_CHARS: usize = 40;

impl Measure {
    pub(crate) fn of(text: &str) -> Self {
        let chars = chars::chars();
        let (mut halves, mut letters, mut in_word) = (0_u32, 0, 0);
        let (mut counts, mut count, mut unspaced) = (0_u64, 0, false);
        for c in text.chars() {
            count += 1;
            let counted = count <= COUNTED_CHARS;
            if let Some(kind) = ASCII.get(c as usize) {
                letters |= kind;
                halves += u32::from(kind & !in_word & WORD) * 2;
                in_word = (in_word | kind) & !(kind >> BORDER_SHIFT) & WORD;
                counts += if counted { COUNTS[c as usize] } else { 0 };
                continue;
            }
            let kind = chars.of(c);
            counts += if counted { count_of(c, kind) } else { 0 };
            letters |= if kind & ALPHABETIC != 0 { LETTER } else { 0 };
            if kind & UNSPACED != 0 {
                halves += 1;
                in_word = 0;
                unspaced |= count <= SCRIPT_CHARS;
            } else if kind & ALPHANUMERIC != 0 {
                if in_word == 0 {
                    // A word of Hangul carries what an English phrase does.
                    halves += if kind & HANGUL != 0 { 3 } else { 2 };
                }
                in_word = WORD;
            } else if kind & SPACE != 0 {
                in_word = 0;
            }
        }
        let bare = letters & LETTER == 0;
        Self { words: halves as f32 / 2.0, bare, unspaced, letters: Letters::of_counts(counts) }
    }
}

/// Bits of a counter: [`COUNTED_CHARS`] fit in.
const COUNT_BITS: u32 = 12;
/// Five counters side by side.
const ALPHABETIC_ONE: u64 = 1;
const DIGIT_ONE: u64 = 1 << COUNT_BITS;
const UPPER_ONE: u64 = 1 << (2 * COUNT_BITS);
const COMMA_ONE: u64 = 1 << (3 * COUNT_BITS);
const MARK_ONE: u64 = 1 << (4 * COUNT_BITS);

/// What each ASCII character adds to the counters.
const COUNTS: [u64; 128] = {
    let mut counts = [0; 128];
    let mut at = 0;
    while at < 128 {
        counts[at] = match at as u8 {
            b'a'..=b'z' => ALPHABETIC_ONE,
            b'A'..=b'Z' => ALPHABETIC_ONE + UPPER_ONE,
            b'0'..=b'9' => DIGIT_ONE,
            b',' | b';' => COMMA_ONE,
            b'.' | b'!' | b'?' => MARK_ONE,
            _ => 0,
        };
        at += 1;
    }
    counts
};

/// The same for another character.
fn count_of(c: char, kind: u16) -> u64 {
    match kind & (ALPHABETIC | UPPER) {
        ALPHABETIC => ALPHABETIC_ONE,
        kind if kind & ALPHABETIC != 0 => ALPHABETIC_ONE + UPPER_ONE,
        _ if kind & NUMERIC != 0 => DIGIT_ONE,
        _ => match c {
            '，' | '、' | '،' | '؛' | '၊' | '፣' | '፤' => COMMA_ONE,
            // They stand within sentences and numbers as well.
            '…' | '．' => 0,
            c if is_sentence_end(c) => MARK_ONE,
            _ => 0,
        },
    }
}

impl Letters {
    fn of_counts(counts: u64) -> Self {
        let [alphabetic, digits, uppers, commas, marks] =
            std::array::from_fn(|at| (counts >> (at as u32 * COUNT_BITS) & ((1 << COUNT_BITS) - 1)) as f32);
        Self { all: alphabetic + digits, digits, uppers, commas, marks }
    }
}

/// A letter or a digit, white space, a letter: what [`Measure`] asks of a byte.
const WORD: u8 = 1;
const BORDER: u8 = 1 << BORDER_SHIFT;
const BORDER_SHIFT: u8 = 1;
const LETTER: u8 = 1 << 2;

const ASCII: [u8; 128] = {
    let mut kinds = [0; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        kinds[at] = if byte.is_ascii_alphabetic() {
            WORD | LETTER
        } else if byte.is_ascii_digit() {
            WORD
        } else if matches!(byte, b' ' | b'\t'..=b'\r') {
            BORDER
        } else {
            0
        };
        at += 1;
    }
    kinds
};

/// Scripts written without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Korean syllables.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Marks that end a statement, in any script.
pub(crate) fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '。' | '।' | '۔' | '։' | '။' | '។' | '።')
}

/// Marks that end a sentence, in any script.
pub(crate) fn is_sentence_end(c: char) -> bool {
    is_full_stop(c) || matches!(c, '!' | '?' | '…' | '！' | '？' | '．' | '॥' | '؟' | '៕')
}

/// Thai and Lao, which end a sentence with no mark.
pub(crate) fn has_no_stop(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}')
}

/// Whether a line ends as a sentence does.
pub(crate) fn ends_sentence(line: &str) -> bool {
    let trimmed = line.trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '”' | '“' | '’' | '\'' | '»' | '«' | ')' | ']' | '」' | '』' | '）' | '›')
    });
    trimmed.ends_with(is_sentence_end) || (trimmed.len() < line.trim_end().len() && trimmed.ends_with([',', ';', '—']))
}

/// What a digest of 32 bits begins with (FNV-1a).
pub(crate) const DIGEST_SEED: u32 = 0x811c_9dc5;

/// A digest with one more byte. The table of weights holds such digests.
pub(crate) fn digest_with(digest: u32, byte: u8) -> u32 {
    (digest ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}

/// Hashes the keys of tables that are our own: short, and not chosen by an attacker.
pub(crate) type Quick = foldhash::fast::FixedState;
