//! What kind of character a character is. The standard library answers from compressed tables, a few nanoseconds each
//! time; all text of a page is asked about several times, so the answers for the characters in common use are kept.

use std::sync::LazyLock;

/// What is asked of characters, as bits.
pub(crate) const ALPHABETIC: u16 = 1;
pub(crate) const NUMERIC: u16 = 1 << 1;
pub(crate) const UPPER: u16 = 1 << 2;
pub(crate) const LOWER: u16 = 1 << 3;
pub(crate) const SPACE: u16 = 1 << 4;
/// Of a script written without spaces between words.
pub(crate) const UNSPACED: u16 = 1 << 5;
/// A Korean syllable.
pub(crate) const HANGUL: u16 = 1 << 6;
/// It cannot be seen: `fold::is_invisible`.
pub(crate) const INVISIBLE: u16 = 1 << 7;
/// It stays what it is when a line is folded: `fold::is_folded`.
pub(crate) const FOLDED: u16 = 1 << 8;
/// Part of a word: `calendar::is_word_char`.
pub(crate) const WORD: u16 = 1 << 9;

pub(crate) const ALPHANUMERIC: u16 = ALPHABETIC | NUMERIC;

/// Characters whose kind is kept: the first plane of Unicode.
const KEPT: usize = 1 << 16;
/// In the table of small letters: the character has none, or several.
const ASK: u16 = 0;

/// The tables.
pub(crate) struct Chars {
    kinds: Vec<u16>,
    lower: Vec<u16>,
}

static CHARS: LazyLock<Chars> = LazyLock::new(|| {
    let all = || (0..KEPT as u32).map(|code| char::from_u32(code).unwrap_or_default());
    Chars { kinds: all().map(kind).collect(), lower: all().map(small).collect() }
});

/// The tables; a function that asks about many characters fetches them once.
pub(crate) fn chars() -> &'static Chars {
    &CHARS
}

/// Whether a character is a letter of a script that parts words by spaces.
pub(crate) fn is_spaced_letter(c: char) -> bool {
    chars().of(c) & (ALPHABETIC | UNSPACED | HANGUL) == ALPHABETIC
}

impl Chars {
    /// The kinds of a character, as bits.
    #[inline]
    pub(crate) fn of(&self, c: char) -> u16 {
        self.kinds.get(c as usize).copied().unwrap_or_else(|| kind(c))
    }

    /// Whether a character is of any of these kinds.
    #[inline]
    pub(crate) fn is(&self, c: char, kinds: u16) -> bool {
        self.of(c) & kinds != 0
    }

    /// Hands the character in lower case to `take`; a few characters become two.
    #[inline]
    pub(crate) fn lower(&self, c: char, mut take: impl FnMut(char)) {
        if c.is_ascii() {
            return take(c.to_ascii_lowercase());
        }
        match self.lower.get(c as usize).copied().filter(|small| *small != ASK) {
            Some(small) => take(char::from_u32(u32::from(small)).unwrap_or(c)),
            None => c.to_lowercase().for_each(take),
        }
    }

    /// Adds a text in lower case, as [`str::to_lowercase`] does but for the Greek letter that has two small forms.
    pub(crate) fn push_lower(&self, out: &mut String, text: &str) {
        if text.is_ascii() {
            let start = out.len();
            out.push_str(text);
            out[start..].make_ascii_lowercase();
        } else {
            text.chars().for_each(|c| self.lower(c, |c| out.push(c)));
        }
    }
}

fn kind(c: char) -> u16 {
    let bit = |kind: u16, is: bool| if is { kind } else { 0 };
    bit(ALPHABETIC, c.is_alphabetic())
        | bit(NUMERIC, c.is_numeric())
        | bit(UPPER, c.is_uppercase())
        | bit(LOWER, c.is_lowercase())
        | bit(SPACE, c.is_whitespace())
        | bit(UNSPACED, crate::fold::is_unspaced(c))
        | bit(HANGUL, crate::fold::is_hangul(c))
        | bit(INVISIBLE, crate::fold::is_invisible(c))
        | bit(FOLDED, crate::fold::is_folded(c))
        | bit(WORD, crate::calendar::makes_words(c))
}

fn small(c: char) -> u16 {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(first), None) => u16::try_from(u32::from(first)).unwrap_or(ASK),
        _ => ASK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_the_standard_library_says() {
        for c in (0..0x2_0000).filter_map(char::from_u32) {
            let kinds = chars().of(c);
            assert_eq!(kinds & ALPHABETIC != 0, c.is_alphabetic());
            assert_eq!(kinds & NUMERIC != 0, c.is_numeric());
            assert_eq!(kinds & SPACE != 0, c.is_whitespace());
            let mut lower = String::new();
            chars().lower(c, |c| lower.push(c));
            assert_eq!(lower, c.to_lowercase().to_string());
        }
    }
}
