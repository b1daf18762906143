//! Dates as machines state them (ISO 8601, RFC 2822) and as readers see them, in many languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil;

use crate::types::{Date, FieldSource, ZoneSource};

static MONTHS: LazyLock<HashMap<&'static str, i8>> = LazyLock::new(|| {
    let mut months = HashMap::new();
    for line in include_str!("../data/months.txt").lines().filter(|line| !line.starts_with("//")) {
        for (number, names) in (1..).zip(line.split(", ")) {
            for name in names.trim().split('/') {
                // `listopad` is October in one language and November in another: the first line wins.
                months.entry(name).or_insert(number);
            }
        }
    }
    months
});

static ZONES: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| {
    let lines = include_str!("../data/zones.txt").lines().filter(|line| !line.starts_with("//"));
    lines
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(name, minutes)| Some((name, minutes.parse().ok()?)))
        .collect()
});

/// A date as far as a text tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) day: civil::Date,
    /// Hour, minute, second.
    pub(crate) time: Option<(i8, i8, i8)>,
    /// Minutes east of UTC.
    pub(crate) offset: Option<i32>,
    /// How many letters of the text the date took.
    pub(crate) letters: usize,
}

/// What helps to read a date: where it is from and until when it can be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Setting<'a> {
    pub(crate) language: Option<&'a str>,
    pub(crate) url: Option<&'a str>,
    pub(crate) fetched_at_ms: Option<i64>,
}

const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;
const DAY_MS: i64 = 86_400_000;

impl Seen {
    /// As a field of an article; none if it lies after the fetch.
    pub(crate) fn into_date(self, source: FieldSource, confidence: f32, setting: Setting<'_>) -> Option<Date> {
        let day_ms = days_since_epoch(self.day) * DAY_MS;
        if setting.fetched_at_ms.is_some_and(|fetched| day_ms > fetched.saturating_add(DAY_MS)) {
            return None;
        }
        let day = format!("{:04}-{:02}-{:02}", self.day.year(), self.day.month(), self.day.day());
        let Some((hour, minute, second)) = self.time else {
            return Some(Date { at: day, source, zone: ZoneSource::DayOnly, confidence });
        };
        let (offset, zone) = match (self.offset, site_offset(setting)) {
            (Some(offset), _) => (offset, ZoneSource::Stated),
            (None, Some(offset)) => (offset, ZoneSource::Site),
            (None, None) => (0, ZoneSource::Assumed),
        };
        let at = format!("{day}T{hour:02}:{minute:02}:{second:02}{}", offset_text(offset));
        Some(Date { at, source, zone, confidence })
    }
}

fn offset_text(minutes: i32) -> String {
    if minutes == 0 {
        return "Z".to_owned();
    }
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

fn days_since_epoch(day: civil::Date) -> i64 {
    let epoch = civil::Date::constant(1970, 1, 1);
    epoch.until(day).map_or(0, |span| i64::from(span.get_days()))
}

fn site_offset(setting: Setting<'_>) -> Option<i32> {
    let host = setting.url.and_then(|url| url::Url::parse(url).ok()).and_then(|url| url.host_str().map(str::to_owned));
    let by_host = host.as_deref().and_then(|host| host.rsplit('.').next()).and_then(|tld| ZONES.get(tld));
    let language = setting.language.map(|tag| tag.split(['-', '_']).next().unwrap_or(tag).to_lowercase());
    let by_language = language.as_deref().filter(|language| *language != "ar").and_then(|language| ZONES.get(language));
    by_host.or(by_language).copied()
}

/// A date in an attribute or in JSON: ISO 8601 in its many near misses, RFC 2822, or as [`find`] reads it.
pub(crate) fn machine(text: &str, setting: Setting<'_>) -> Option<Seen> {
    let text = text.trim();
    if text.len() >= 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return compact(text).or_else(|| epoch(text));
    }
    if text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return epoch(text);
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return compact(text);
    }
    find(text, setting.language, setting.url)
}

/// `20240501`, `20240501101200`.
fn compact(text: &str) -> Option<Seen> {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i32>().ok());
    let day = valid(number(0..4)?, number(4..6)?, number(6..8)?)?;
    let time =
        if text.len() >= 12 { clock(number(8..10)?, number(10..12)?, number(12..14).unwrap_or(0)) } else { None };
    Some(Seen { day, time, offset: None, letters: 0 })
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Seen> {
    let number: i64 = text.parse().ok()?;
    let seconds = if text.len() >= 12 { number / 1000 } else { number };
    let stamp = jiff::Timestamp::from_second(seconds).ok()?;
    let written = stamp.to_string();
    find(&written, None, None)
}

fn valid(year: i32, month: i32, day: i32) -> Option<civil::Date> {
    if !YEARS.contains(&year) {
        return None;
    }
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn clock(hour: i32, minute: i32, second: i32) -> Option<(i8, i8, i8)> {
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..61).contains(&second);
    fits.then_some((i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second.min(59)).ok()?))
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i32, usize),
    Word(String),
    Mark(char),
}

const TOKENS_MAX: usize = 60;

fn tokens(line: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if tokens.len() >= TOKENS_MAX {
            break;
        }
        if let Some(digit) = digit(c) {
            let (mut number, mut length) = (digit, 1);
            while let Some(next) = chars.peek().copied().and_then(self::digit) {
                number = if length < 9 { number * 10 + next } else { number };
                length += 1;
                chars.next();
            }
            tokens.push(Token::Number(number, length));
        } else if c.is_alphabetic() && !crate::fold::is_unspaced(c) {
            let mut word: String = c.to_lowercase().collect();
            while let Some(next) = chars.peek().filter(|next| next.is_alphabetic() && !crate::fold::is_unspaced(**next))
            {
                word.extend(next.to_lowercase());
                chars.next();
            }
            tokens.push(Token::Word(word));
        } else if !c.is_whitespace() {
            tokens.push(Token::Mark(c));
        }
    }
    tokens
}

/// ASCII, full-width, Arabic and Persian digits.
fn digit(c: char) -> Option<i32> {
    let value = match c {
        '0'..='9' => c as u32 - '0' as u32,
        '\u{ff10}'..='\u{ff19}' => c as u32 - 0xff10,
        '\u{660}'..='\u{669}' => c as u32 - 0x660,
        '\u{6f0}'..='\u{6f9}' => c as u32 - 0x6f0,
        _ => return None,
    };
    i32::try_from(value).ok()
}

/// The first date in a line. `11/12/2024` is read as the language or the country of the site reads it.
pub(crate) fn find(line: &str, language: Option<&str>, url: Option<&str>) -> Option<Seen> {
    let tokens = tokens(line);
    let month_first = reads_month_first(language, url);
    for start in 0..tokens.len() {
        let found = year_first(&tokens, start)
            .or_else(|| named_month(&tokens, start))
            .or_else(|| numeric(&tokens, start, month_first));
        if let Some((day, next, letters)) = found {
            let (time, offset, more) = time_after(&tokens, next);
            return Some(Seen { day, time, offset, letters: letters + more });
        }
    }
    None
}

fn reads_month_first(language: Option<&str>, url: Option<&str>) -> bool {
    let tag = language.unwrap_or_default().to_lowercase();
    let american = tag.starts_with("en")
        && !matches!(tag.as_str(), "en-gb" | "en_gb" | "en-au" | "en-ie" | "en-nz" | "en-in" | "en-za");
    let host = url.and_then(|url| url.split('/').nth(2)).unwrap_or_default();
    let tld = host.rsplit('.').next().unwrap_or_default();
    american && matches!(tld, "" | "com" | "org" | "net" | "us" | "gov" | "edu" | "news" | "io" | "co")
}

fn number_at(tokens: &[Token], at: usize) -> Option<(i32, usize)> {
    match tokens.get(at) {
        Some(Token::Number(number, length)) => Some((*number, *length)),
        _ => None,
    }
}

/// Skips marks such as `-`, `.`, `年`, `년`.
fn skip(tokens: &[Token], mut at: usize, marks: &[char], words: &[&str]) -> usize {
    while at < tokens.len() {
        match &tokens[at] {
            Token::Mark(mark) if marks.contains(mark) => at += 1,
            Token::Word(word) if words.contains(&word.as_str()) => at += 1,
            _ => break,
        }
    }
    at
}

type Place = (civil::Date, usize, usize);

fn year_first(tokens: &[Token], start: usize) -> Option<Place> {
    let (mut year, length) = number_at(tokens, start)?;
    let marks = &['-', '.', '/', '年', '／', '．', '‐', '–'];
    let month_at = skip(tokens, start + 1, marks, &["년"]);
    if month_at == start + 1 || !(length == 4 || length == 2) {
        return None;
    }
    let (month, _) = number_at(tokens, month_at)?;
    let day_at = skip(tokens, month_at + 1, &['-', '.', '/', '月', '／', '．', '‐', '–'], &["월"]);
    let (day, day_length) = number_at(tokens, day_at)?;
    if length == 2 {
        // `24-04-27` only in front of a time or a mark that no day-first date has.
        let korean = matches!(tokens.get(month_at - 1), Some(Token::Mark('-'))) && year > 12 && day_length == 2;
        year += if korean { 2000 } else { return None };
    }
    let end = skip(tokens, day_at + 1, &['.', '日', ','], &["일", "t"]);
    Some((valid(year, month, day)?, end, 0))
}

fn month_named(token: Option<&Token>) -> Option<(i32, usize)> {
    match token {
        Some(Token::Word(word)) => MONTHS.get(word.as_str()).map(|&month| (i32::from(month), word.chars().count())),
        _ => None,
    }
}

/// `27 April 2024`, `27. April 2024`, `27 de abril de 2024`, `April 27, 2024`.
fn named_month(tokens: &[Token], start: usize) -> Option<Place> {
    const BETWEEN: &[&str] = &["de", "del", "of", "the", "st", "nd", "rd", "th", "er", "г", "a", "år"];
    const MARKS: &[char] = &['.', ',', '-', '/', '‐', '–', 'º', '\''];
    if let Some((day, _)) = number_at(tokens, start).filter(|(day, length)| *length <= 2 && (1..=31).contains(day)) {
        let at = skip(tokens, start + 1, MARKS, BETWEEN);
        let (month, letters) = month_named(tokens.get(at))?;
        let year_at = skip(tokens, at + 1, MARKS, BETWEEN);
        let (year, _) = number_at(tokens, year_at).filter(|(_, length)| *length == 4)?;
        return Some((valid(year, month, day)?, year_at + 1, letters));
    }
    let (month, letters) = month_named(tokens.get(start))?;
    let at = skip(tokens, start + 1, MARKS, BETWEEN);
    let (day, _) = number_at(tokens, at).filter(|(_, length)| *length <= 2)?;
    let year_at = skip(tokens, at + 1, MARKS, BETWEEN);
    let (year, _) = number_at(tokens, year_at).filter(|(_, length)| *length == 4)?;
    Some((valid(year, month, day)?, year_at + 1, letters))
}

/// `27.04.2024`, `04/27/2024`, `27/4/24`.
fn numeric(tokens: &[Token], start: usize, month_first: bool) -> Option<Place> {
    let (first, first_length) = number_at(tokens, start)?;
    let Some(Token::Mark(mark @ ('.' | '/' | '-'))) = tokens.get(start + 1) else { return None };
    let (second, second_length) = number_at(tokens, start + 2)?;
    if tokens.get(start + 3) != Some(&Token::Mark(*mark)) || first_length > 2 || second_length > 2 {
        return None;
    }
    let (year, year_length) = number_at(tokens, start + 4)?;
    let year = match year_length {
        4 => year,
        2 if first_length == 2 && second_length == 2 => 2000 + year,
        _ => return None,
    };
    let month_first = (month_first && *mark != '.' && first <= 12) || second > 12;
    let (day, month) = if month_first { (second, first) } else { (first, second) };
    Some((valid(year, month, day)?, start + 5, 0))
}

type Clock = (Option<(i8, i8, i8)>, Option<i32>, usize);

/// A time and its zone within the next few pieces.
fn time_after(tokens: &[Token], from: usize) -> Clock {
    let mut afternoon = None;
    for at in from..tokens.len().min(from + 6) {
        if let Some(Token::Word(word)) = tokens.get(at) {
            match word.as_str() {
                "오후" | "pm" => afternoon = Some(true),
                "오전" | "am" => afternoon = Some(false),
                _ => {}
            }
        }
        let Some((hour, length)) = number_at(tokens, at) else { continue };
        let joins = matches!(tokens.get(at + 1), Some(Token::Mark(':' | '：' | '時' | '点' | '时')))
            || matches!(tokens.get(at + 1), Some(Token::Word(word)) if word == "h" || word == "시" || word == "uhr")
            || (matches!(tokens.get(at + 1), Some(Token::Mark('.'))) && at > from);
        let Some((minute, _)) = number_at(tokens, at + 2).filter(|_| joins && length <= 2) else { continue };
        let mut next = at + 3;
        let mut second = 0;
        if let (Some(Token::Mark(':')), Some((number, 2))) = (tokens.get(next), number_at(tokens, next + 1)) {
            second = number;
            next += 2;
            if let (Some(Token::Mark('.')), Some(_)) = (tokens.get(next), number_at(tokens, next + 1)) {
                next += 2; // parts of a second
            }
        }
        if let Some(Token::Word(word)) = tokens.get(next) {
            match word.as_str() {
                "pm" | "p" => afternoon = Some(true),
                "am" | "a" => afternoon = Some(false),
                _ => {}
            }
        }
        let hour = match afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        return (clock(hour, minute, second), zone_after(tokens, next), letters(&tokens[from..next.min(tokens.len())]));
    }
    (None, None, 0)
}

fn letters(tokens: &[Token]) -> usize {
    tokens.iter().map(|token| if let Token::Word(word) = token { word.chars().count() } else { 0 }).sum()
}

/// `Z`, `+09:00`, `GMT`, `CET`, `KST`.
fn zone_after(tokens: &[Token], from: usize) -> Option<i32> {
    for at in from..tokens.len().min(from + 4) {
        match &tokens[at] {
            Token::Word(word) => {
                let minutes = match word.as_str() {
                    "z" | "gmt" | "utc" | "wet" => Some(0),
                    "bst" | "cet" | "mez" => Some(60),
                    "cest" | "mesz" | "eet" | "sast" => Some(120),
                    "eest" | "msk" | "мск" | "trt" => Some(180),
                    "gst" => Some(240),
                    "ist" => Some(330),
                    "wib" | "ict" => Some(420),
                    "wita" | "hkt" | "sgt" | "pht" => Some(480),
                    "kst" | "jst" | "wit" => Some(540),
                    "aest" => Some(600),
                    "aedt" => Some(660),
                    "edt" => Some(-240),
                    "est" | "et" | "cdt" => Some(-300),
                    "cst" | "mdt" => Some(-360),
                    "mst" | "pdt" => Some(-420),
                    "pst" => Some(-480),
                    _ => None,
                };
                if minutes.is_some() {
                    return minutes;
                }
            }
            Token::Mark(sign @ ('+' | '-' | '−')) if at == from || at == from + 1 => {
                let (number, length) = number_at(tokens, at + 1)?;
                let minutes = match length {
                    4 => number / 100 * 60 + number % 100,
                    1 | 2 => {
                        number * 60
                            + number_at(tokens, at + 3)
                                .filter(|_| tokens.get(at + 2) == Some(&Token::Mark(':')))
                                .map_or(0, |(minute, _)| minute)
                    }
                    _ => return None,
                };
                let signed = if *sign == '+' { minutes } else { -minutes };
                return (-840..=840).contains(&signed).then_some(signed);
            }
            _ => {}
        }
    }
    None
}

/// `/2024/05/01/`, `/2024-05-01-`, `20240501` in an address.
pub(crate) fn in_url(url: &str) -> Option<Seen> {
    let path = url.splitn(4, '/').nth(3)?;
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let pieces: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).collect();
    for window in pieces.windows(3) {
        if let [year, month, day] = window
            && year.len() == 4
            && (1..=2).contains(&month.len())
            && (1..=2).contains(&day.len())
            && let Some(day) = valid(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        {
            return Some(Seen { day, time: None, offset: None, letters: 0 });
        }
    }
    for window in pieces.windows(2) {
        if let [year, rest] = window
            && year.len() == 4
            && rest.len() == 4
            && let Some(seen) = compact(&format!("{year}{rest}"))
        {
            return Some(seen);
        }
    }
    pieces.iter().filter(|piece| piece.len() == 8).find_map(|piece| compact(piece))
}

/// Whether a text is nothing but the name of a month.
pub(crate) fn is_month(text: &str) -> bool {
    MONTHS.contains_key(text.trim().trim_end_matches('.').to_lowercase().as_str())
}

/// The month that a word names in any of the languages of `data/months.txt`, from 1.
pub fn month(word: &str) -> Option<u32> {
    let word = word.trim().trim_end_matches('.').to_lowercase();
    MONTHS.get(word.as_str()).and_then(|month| u32::try_from(*month).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, language: &str) -> String {
        let setting = Setting { language: Some(language), ..Setting::default() };
        machine(text, setting)
            .and_then(|seen| seen.into_date(FieldSource::Text, 1.0, setting))
            .map_or(String::new(), |date| date.at)
    }

    #[test]
    fn dates_that_machines_state() {
        assert_eq!(read("2024-04-27T10:12:00+02:00", "de"), "2024-04-27T10:12:00+02:00");
        assert_eq!(read("2024-04-27T10:12:00.123Z", "en"), "2024-04-27T10:12:00Z");
        assert_eq!(read("2024-04-27 10:12:00 -0500", "en"), "2024-04-27T10:12:00-05:00");
        assert_eq!(read("Sat, 27 Apr 2024 10:12:00 GMT", "en"), "2024-04-27T10:12:00Z");
        assert_eq!(read("20240427", "en"), "2024-04-27");
        assert_eq!(read("20240427101200", "en"), "2024-04-27T10:12:00Z");
        assert_eq!(read("1714212720", "en"), "2024-04-27T10:12:00Z");
        assert_eq!(read("1714212720000", "en"), "2024-04-27T10:12:00Z");
    }

    #[test]
    fn dates_that_readers_see() {
        assert_eq!(read("Published April 27, 2024 at 5:50 pm CET", "en"), "2024-04-27T17:50:00+01:00");
        assert_eq!(read("Veröffentlicht am 27. April 2024, 10.12 Uhr", "de"), "2024-04-27T10:12:00Z");
        assert_eq!(read("27 de abril de 2024", "es"), "2024-04-27");
        assert_eq!(read("le 27 avril 2024 à 10h12", "fr"), "2024-04-27T10:12:00Z");
        assert_eq!(read("입력 2024. 4. 27. 오후 3:05", "ko"), "2024-04-27T15:05:00+09:00");
        assert_eq!(read("2024年4月27日 10時12分", "ja"), "2024-04-27T10:12:00+09:00");
        assert_eq!(read("27 апреля 2024, 10:12", "ru"), "2024-04-27T10:12:00Z");
        assert_eq!(read("28 Φεβρουαρίου 2012", "el"), "2012-02-28");
        assert_eq!(read("٢٧ أبريل ٢٠٢٤", "ar"), "2024-04-27");
    }

    #[test]
    fn numbers_are_read_as_the_place_reads_them() {
        assert_eq!(read("03/04/2024", "en-US"), "2024-03-04");
        assert_eq!(read("03/04/2024", "en-GB"), "2024-04-03");
        assert_eq!(read("03/04/2024", "es"), "2024-04-03");
        assert_eq!(read("27/04/2024", "en-US"), "2024-04-27");
        assert_eq!(read("31.02.2024", "de"), "");
    }

    #[test]
    fn dates_in_addresses() {
        let day = |url: &str| in_url(url).map(|seen| seen.day.to_string());
        assert_eq!(day("https://news.example/2024/04/27/bridge").as_deref(), Some("2024-04-27"));
        assert_eq!(day("https://news.example/20240427-bridge").as_deref(), Some("2024-04-27"));
        assert_eq!(day("https://news.example/a/2024/0427/c1.html").as_deref(), Some("2024-04-27"));
        assert_eq!(day("https://news.example/a12345678"), None);
    }

    #[test]
    fn a_date_after_the_fetch_is_not_believed() {
        let setting = Setting { fetched_at_ms: Some(1_714_212_720_000), ..Setting::default() };
        let later = find("2030-01-01", None, None).and_then(|seen| seen.into_date(FieldSource::Text, 1.0, setting));
        assert_eq!(later, None);
    }
}
