//! Names of months in many languages, digits in many scripts, and years of other eras.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use jiff::civil;

use crate::chars::{self, WORD};
use crate::fold::Quick;

/// A month that a word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Month {
    /// From 1.
    pub(crate) number: i8,
    /// It is one of the Persian solar year.
    pub(crate) jalali: bool,
}

/// The months that a word names, each with its language.
type Months = HashMap<String, Vec<(&'static str, Month)>, Quick>;

static MONTHS: LazyLock<Months> = LazyLock::new(|| {
    let mut months = Months::default();
    for line in include_str!("../data/months.txt").lines().filter(|line| !line.starts_with("//")) {
        let Some((language, names)) = line.split_once(": ") else { continue };
        for (number, forms) in (1..).zip(names.split(", ")) {
            let month = Month { number, jalali: language == "jalali" };
            for form in forms.trim().split('/') {
                months.entry(plain(form)).or_default().push((language, month));
            }
        }
    }
    months
});

/// The first words of names that have two, up to the space or full stop between them.
static FIRST_WORDS: LazyLock<HashSet<&'static str, Quick>> = LazyLock::new(|| {
    let names = MONTHS.keys().filter_map(|name| name.split_once([' ', '.']));
    names.map(|(first, _)| first).collect()
});

/// Whether a plain word may be the first of two that name a month.
pub(crate) fn begins_month(word: &str) -> bool {
    FIRST_WORDS.contains(word)
}

/// The month that a plain word names: as the language has it, else as the first that knows the word.
pub(crate) fn month_of_plain(word: &str, language: Option<&str>) -> Option<Month> {
    // Hebrew writes `in` and the month as one word.
    let found = MONTHS.get(word).or_else(|| MONTHS.get(word.strip_prefix('ב')?))?;
    let language = language.and_then(|tag| tag.get(..2)).unwrap_or_default();
    let own = found.iter().find(|(other, _)| other.eq_ignore_ascii_case(language));
    own.or(found.first()).map(|(_, month)| *month)
}

/// Languages whose short names of months are well known. Those of others are words of the former as well (`mac`, `ion`).
const WELL_KNOWN: &[&str] = &[
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "nb", "da", "fi", "pl", "cs", "sk", "hu", "ro", "ru", "uk", "el",
    "tr", "ar", "id", "hi", "th", "he", "hr",
];
/// Letters of a name that is no abbreviation.
const WHOLE_LETTERS_MIN: usize = 5;

/// The month that a word alone names, outside of any date.
pub(crate) fn month_alone(word: &str) -> Option<Month> {
    let word = plain(word);
    let whole = word.chars().count() >= WHOLE_LETTERS_MIN;
    let found = MONTHS.get(word.as_str())?.iter().find(|(language, _)| whole || WELL_KNOWN.contains(language));
    found.map(|(_, month)| *month)
}

/// A word as it is compared: lower case, without accents, with one form of each Arabic letter.
pub(crate) fn plain(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).filter_map(plain_char).collect()
}

/// A letter in lower case without its accent; none for marks that are written or left out at will.
pub(crate) fn plain_char(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' | 'ĉ' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ə' => 'e',
        'ğ' | 'ģ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ł' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' | 'ŕ' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' | 'ٱ' => 'ا',
        'ي' | 'ى' => 'ی',
        'ك' => 'ک',
        // Arabic vowel signs and the stroke that stretches, Hebrew points, combining accents, invisible joiners.
        '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{640}' | '\u{5b0}'..='\u{5c7}' | '\u{300}'..='\u{36f}' => return None,
        '\u{200b}'..='\u{200f}' | '\u{feff}' => return None,
        // The sign for a dot below, with which some Devanagari letters are written in two ways.
        '\u{93c}' => return None,
        other => other,
    })
}

/// Whether a character is part of a word, as far as names of months go.
pub(crate) fn is_word_char(c: char) -> bool {
    chars::chars().is(c, WORD)
}

/// The same without the table.
pub(crate) fn makes_words(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' => true,
        _ if c.is_ascii() => false,
        // Chinese and Japanese set marks between numbers, not words.
        '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => false,
        // Vowel signs and tone marks of the scripts of South Asia.
        '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' => digit(c).is_none() && !matches!(c, '\u{964}' | '\u{965}'),
        '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{5b0}'..='\u{5c7}' | '\u{300}'..='\u{36f}' => true,
        '\u{200c}' | '\u{200d}' => true,
        _ => c.is_alphabetic(),
    }
}

/// The zeros of the scripts whose digits are read.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0x1040, 0x17e0, 0xff10,
];

/// The value of a digit in any of these scripts.
pub(crate) fn digit(c: char) -> Option<i32> {
    if c.is_ascii() {
        return c.to_digit(10).and_then(|digit| i32::try_from(digit).ok());
    }
    let code = c as u32;
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    i32::try_from(code - zero).ok()
}

/// A day of the Persian solar year.
pub(crate) fn from_jalali(year: i32, month: i32, day: i32) -> Option<civil::Date> {
    if !(1300..=1500).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The mean year of 33 begins 8 leap years; days are counted from a day that is known in both calendars.
    let days_before = |year: i32| 365 * year + (8 * year + 21).div_euclid(33);
    let in_year = if month <= 7 { (month - 1) * 31 } else { 186 + (month - 7) * 30 };
    let known = civil::date(2024, 3, 20); // 1403-01-01
    let days = days_before(year) - days_before(1403) + in_year + day - 1;
    known.checked_add(jiff::Span::new().days(i64::from(days))).ok()
}

/// The year of the common era for one of the Thai Buddhist era; others as they are.
pub(crate) fn common_year(year: i32) -> i32 {
    if (2500..=2643).contains(&year) { year - 543 } else { year }
}

/// Years before the first of an era of Japan or Taiwan that is named by its two characters.
pub(crate) fn era(name: (char, char)) -> Option<i32> {
    match name {
        ('令', '和') => Some(2018),
        ('平', '成') => Some(1988),
        ('民', '國' | '国') => Some(1911),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(word: &str, language: Option<&str>) -> Option<Month> {
        month_of_plain(&plain(word), language)
    }

    #[test]
    fn months_in_many_languages() {
        let number = |word: &str, language: &str| month(word, Some(language)).map(|month| month.number);
        assert_eq!(number("März", "de"), Some(3));
        assert_eq!(number("WRZEŚNIA", "pl"), Some(9));
        assert_eq!(number("ΦΕΒΡΟΥΑΡΙΟΥ", "el"), Some(2));
        assert_eq!(number("أبريل", "ar"), number("ابريل", "ar"));
        assert_eq!(number("मार्च", "hi"), Some(3));
        assert_eq!(number("มีนาคม", "th"), Some(3));
        assert_eq!(number("maaliskuuta", "fi"), Some(3));
        assert_eq!(number("kovo", "lt"), Some(3));
        assert_eq!(number("KASIM", "tr"), Some(11));
        assert_eq!(number("bridge", "en"), None);
        assert_eq!(month_alone("oct").map(|month| month.number), Some(10));
        assert_eq!(month_alone("ion"), None);
    }

    #[test]
    fn one_word_for_two_months() {
        assert_eq!(month("listopada", Some("pl")).map(|month| month.number), Some(11));
        assert_eq!(month("listopada", Some("hr")).map(|month| month.number), Some(10));
    }

    #[test]
    fn persian_days() {
        assert_eq!(from_jalali(1403, 1, 1), Some(civil::date(2024, 3, 20)));
        assert_eq!(from_jalali(1402, 12, 29), Some(civil::date(2024, 3, 19)));
        assert_eq!(from_jalali(1399, 12, 30), Some(civil::date(2021, 3, 20)));
        assert_eq!(from_jalali(1400, 1, 1), Some(civil::date(2021, 3, 21)));
        assert_eq!(from_jalali(1404, 7, 1), Some(civil::date(2025, 9, 23)));
        assert_eq!(from_jalali(1402, 13, 1), None);
    }

    #[test]
    fn digits_of_other_scripts() {
        assert_eq!(digit('٤'), Some(4));
        assert_eq!(digit('۴'), Some(4));
        assert_eq!(digit('४'), Some(4));
        assert_eq!(digit('๔'), Some(4));
        assert_eq!(digit('x'), None);
    }
}
