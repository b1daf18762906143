//! Dates as machines state them (ISO 8601, RFC 2822) and as readers see them, in many languages, scripts and calendars.

mod clock;
mod zones;

use jiff::civil;

use crate::calendar::{self, Month};
use crate::types::{Date, FieldSource, ZoneSource};
use clock::{Time, clock, time_after};

/// A date as far as a text tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) day: civil::Date,
    /// The day if month and day were meant the other way round, where both can be.
    pub(crate) swapped: Option<civil::Date>,
    pub(crate) time: Option<Time>,
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

/// No page on the web is older, and what lies further ahead is no date of publication.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;
const DAY_MS: i64 = 86_400_000;

impl Seen {
    fn on(day: civil::Date) -> Self {
        Self { day, swapped: None, time: None, offset: None, letters: 0 }
    }

    /// The same with month and day the other way round, if they can be.
    pub(crate) fn swap(self) -> Option<Self> {
        self.swapped.map(|day| Self { day, swapped: Some(self.day), ..self })
    }

    /// As a field of an article; none if it lies after the fetch.
    pub(crate) fn into_date(self, source: FieldSource, confidence: f32, setting: Setting<'_>) -> Option<Date> {
        let late = |day: civil::Date| {
            let day_ms = days_since_epoch(day) * DAY_MS;
            setting.fetched_at_ms.is_some_and(|fetched| day_ms > fetched.saturating_add(DAY_MS))
        };
        if late(self.day) {
            return self.swap().filter(|swapped| !late(swapped.day))?.into_date(source, confidence, setting);
        }
        let day = format!("{:04}-{:02}-{:02}", self.day.year(), self.day.month(), self.day.day());
        let Some((hour, minute, second)) = self.time else {
            return Some(Date { at: day, source, zone: ZoneSource::DayOnly, confidence });
        };
        let (offset, zone) = match (self.offset, zones::of_site(setting.language, setting.url)) {
            (Some(offset), _) => (offset, ZoneSource::Stated),
            (None, Some(offset)) => (offset, ZoneSource::Site),
            (None, None) => (0, ZoneSource::Assumed),
        };
        let at = format!("{day}T{hour:02}:{minute:02}:{second:02}{}", offset_text(offset));
        Some(Date { at, source, zone, confidence })
    }

    /// The same instant on the clock of the site, if that clock showed this day. Where its zone is not known, those are
    /// tried in which most readers live: west of Greenwich under a common domain, east of it under a country's. Where the
    /// day is `sure`, all are.
    pub(crate) fn on_day(self, day: civil::Date, setting: Setting<'_>, sure: bool) -> Option<Self> {
        let ((hour, minute, second), offset) = self.time.zip(self.offset)?;
        let in_utc = self.day.at(hour, minute, second, 0).checked_sub(jiff::Span::new().minutes(offset)).ok()?;
        let known = zones::of_site(setting.language, setting.url);
        let national = top_domain(setting.url).is_some_and(|name| name.len() == 2 && !COMMON.contains(&name.as_str()));
        let clocks = known.as_slice().iter().chain(if known.is_some() { &[] } else { CLOCKS });
        for offset in clocks.filter(|offset| known.is_some() || sure || (**offset > 0) == national) {
            let there = in_utc.checked_add(jiff::Span::new().minutes(*offset)).ok()?;
            if there.date() == day {
                let time = Some((there.hour(), there.minute(), there.second()));
                return Some(Self { day, time, offset: Some(*offset), ..self });
            }
        }
        None
    }
}

/// Clocks that may have shown another day than UTC, those of more readers first.
const CLOCKS: &[i32] = &[-300, -180, -480, 60, 120, 330, 480, 540, 600, -600];
/// Domains of countries that sites of all countries use.
const COMMON: &[&str] = &["io", "co", "tv", "me", "ai", "us", "ca", "mx", "cc", "ly", "fm"];

fn top_domain(url: Option<&str>) -> Option<String> {
    let host = url?.split('/').nth(2)?.split(':').next()?;
    host.rsplit('.').next().map(str::to_ascii_lowercase)
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

/// A date in an attribute or in JSON: ISO 8601 in its many near misses, RFC 2822, or as [`find`] reads it.
pub(crate) fn machine(text: &str, setting: Setting<'_>) -> Option<Seen> {
    let text = text.trim();
    if text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.len() {
            8 => compact(text),
            10 => epoch(text),
            12.. => compact(text).or_else(|| epoch(text)),
            _ => None,
        };
    }
    // `20240427T101200Z`
    let basic = text.len() >= 15 && text.is_ascii() && text.as_bytes()[8] == b'T';
    if basic && text.bytes().take(8).all(|byte| byte.is_ascii_digit()) {
        let digits: String = text.chars().take(15).filter(char::is_ascii_digit).collect();
        let offset = text.ends_with('Z').then_some(0);
        return compact(&digits).map(|seen| Seen { offset, ..seen });
    }
    find(text, setting.language, setting.url)
}

/// `20240501`, `20240501101200`.
fn compact(text: &str) -> Option<Seen> {
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<i32>().ok());
    let day = valid(number(0..4)?, number(4..6)?, number(6..8)?)?;
    let time =
        if text.len() >= 12 { clock(number(8..10)?, number(10..12)?, number(12..14).unwrap_or(0)) } else { None };
    Some(Seen { time, ..Seen::on(day) })
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
    if (1300..1500).contains(&year) {
        // Years of the lunar calendar are further on than those of the solar one.
        return calendar::from_jalali(year, month, day)
            .filter(|day| YEARS.contains(&i32::from(day.year())) && year < 1430);
    }
    let year = calendar::common_year(year);
    if !YEARS.contains(&year) {
        return None;
    }
    civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// Its value, and how many digits it has.
    Number(i32, usize),
    /// As [`calendar::plain`] leaves it.
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
        if let Some(digit) = calendar::digit(c) {
            let (mut number, mut length) = (digit, 1);
            while let Some(next) = chars.peek().copied().and_then(calendar::digit) {
                number = if length < 9 { number * 10 + next } else { number };
                length += 1;
                chars.next();
            }
            tokens.push(Token::Number(number, length));
        } else if calendar::is_word_char(c) {
            let mut word = String::new();
            let mut push = |c: char| word.extend(c.to_lowercase().filter_map(calendar::plain_char));
            push(c);
            while let Some(next) = chars.next_if(|next| calendar::is_word_char(*next)) {
                push(next);
            }
            tokens.push(Token::Word(word));
        } else if !c.is_whitespace() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}') {
            tokens.push(Token::Mark(c));
        }
    }
    tokens
}

/// The first date in a line. `11/12/2024` is read as the language or the country of the site reads it.
pub(crate) fn find(line: &str, language: Option<&str>, url: Option<&str>) -> Option<Seen> {
    if !line.chars().any(|c| calendar::digit(c).is_some()) {
        return None;
    }
    let tokens = tokens(line);
    let month_first = reads_month_first(language, url);
    for start in 0..tokens.len() {
        let found = year_first(&tokens, start)
            .or_else(|| year_before_name(&tokens, start, language))
            .or_else(|| named_month(&tokens, start, language))
            .or_else(|| vietnamese(&tokens, start))
            .or_else(|| numeric(&tokens, start, month_first));
        if let Some(place) = found {
            let (time, offset, more) = time_after(&tokens, place.next);
            let letters = place.letters + more;
            return Some(Seen { day: place.day, swapped: place.swapped, time, offset, letters });
        }
    }
    None
}

fn reads_month_first(language: Option<&str>, url: Option<&str>) -> bool {
    let tag = language.unwrap_or_default().to_lowercase().replace('_', "-");
    let region = tag.split('-').nth(1).unwrap_or_default();
    let american = tag.starts_with("en") && matches!(region, "" | "us" | "ph" | "ca")
        || matches!(region, "us" | "pr") && tag.starts_with("es");
    let host = url.and_then(|url| url.split('/').nth(2)).unwrap_or_default();
    let tld = host.rsplit('.').next().unwrap_or_default();
    american && (region == "us" || tld.len() != 2 || matches!(tld, "us" | "io" | "co" | "tv" | "me" | "ai" | "ph"))
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

/// A day found in a line.
#[derive(Clone, Copy)]
struct Place {
    day: civil::Date,
    swapped: Option<civil::Date>,
    /// The token behind it.
    next: usize,
    letters: usize,
}

impl Place {
    fn new(day: civil::Date, next: usize, letters: usize) -> Self {
        Self { day, swapped: None, next, letters }
    }
}

fn year_first(tokens: &[Token], start: usize) -> Option<Place> {
    let (mut year, length) = number_at(tokens, start)?;
    let marks = &['-', '.', '/', '年', '／', '．', '‐', '–'];
    let month_at = skip(tokens, start + 1, marks, &["년"]);
    if month_at == start + 1 || length > 4 || length == 1 && !year_is_of_era(tokens, start) {
        return None;
    }
    let (month, _) = number_at(tokens, month_at)?;
    let day_at = skip(tokens, month_at + 1, &['-', '.', '/', '月', '／', '．', '‐', '–'], &["월"]);
    let (day, day_length) = number_at(tokens, day_at)?;
    if length < 4 {
        // `24-04-27` only in front of a time or a mark that no day-first date has.
        let before = |back: usize| match start.checked_sub(back).and_then(|at| tokens.get(at)) {
            Some(Token::Mark(mark)) => *mark,
            _ => ' ',
        };
        let korean = matches!(tokens.get(month_at - 1), Some(Token::Mark('-'))) && year > 12 && day_length == 2;
        year += match calendar::era((before(2), before(1))) {
            Some(years) => years,
            None if korean && length == 2 => 2000,
            None => return None,
        };
    }
    let end = skip(tokens, day_at + 1, &['.', '日', ','], &["일", "t"]);
    Some(Place::new(valid(year, month, day)?, end, 0))
}

fn year_is_of_era(tokens: &[Token], start: usize) -> bool {
    matches!(start.checked_sub(1).and_then(|at| tokens.get(at)), Some(Token::Mark('和' | '成')))
}

/// The month that one or two words name, how many tokens they are, and their letters.
fn month_at(tokens: &[Token], at: usize, language: Option<&str>) -> Option<(Month, usize, usize)> {
    let Some(Token::Word(word)) = tokens.get(at) else { return None };
    let letters = word.chars().count();
    let joined = match (tokens.get(at + 1), tokens.get(at + 2)) {
        _ if !calendar::begins_month(word) => None,
        // `ม.ค.`
        (Some(Token::Mark('.')), Some(Token::Word(second))) => Some((format!("{word}.{second}"), 3)),
        // Arabic has months of two words.
        (Some(Token::Word(second)), _) => Some((format!("{word} {second}"), 2)),
        _ => None,
    };
    if let Some((joined, count)) = joined
        && let Some(month) = calendar::month_of_plain(&joined, language)
    {
        return Some((month, count, joined.chars().count() - 1));
    }
    calendar::month_of_plain(word, language).map(|month| (month, 1, letters))
}

/// Words and marks that stand between the parts of a date, without accents.
const BETWEEN: &[&str] = &[
    "de", "del", "of", "the", "st", "nd", "rd", "th", "er", "г", "a", "ar", "e", "ta", "da", "di", "den", "dne", "в",
    "في", "من", "nam", "року", "р", "года", "m", "gada", "ος", "d", "พ.ศ", "พ", "ศ", "ค", "که", "ماه", "سال", "й",
    "го", "lea", "an", "ko", "ro", "tahun", "thn", "का", "को", "i",
];
const MARKS: &[char] = &['.', ',', '-', '/', '‐', '–', 'º', 'ª', '°', '\'', '’', '،', '年'];

fn dated(year: i32, month: Month, day: i32) -> Option<civil::Date> {
    match (month.jalali, (1300..1500).contains(&year)) {
        (true, true) => calendar::from_jalali(year, i32::from(month.number), day),
        (false, false) => valid(year, i32::from(month.number), day),
        _ => None,
    }
}

fn year_at(tokens: &[Token], at: usize) -> Option<i32> {
    let (year, length) = number_at(tokens, at)?;
    let short = || matches!(tokens.get(at.checked_sub(1)?), Some(Token::Mark('\'' | '’' | '-' | '/'))).then_some(());
    match length {
        4 => Some(year),
        // `27-Apr-24`, `Apr 27, '24`
        2 => short().filter(|()| year < 60).map(|()| 2000 + year),
        _ => None,
    }
}

/// `27 April 2024`, `27. April 2024`, `27 de abril de 2024`, `April 27, 2024`.
fn named_month(tokens: &[Token], start: usize, language: Option<&str>) -> Option<Place> {
    if let Some((day, _)) = number_at(tokens, start).filter(|(day, length)| *length <= 2 && (1..=31).contains(day)) {
        let at = skip(tokens, start + 1, MARKS, BETWEEN);
        let (month, count, letters) = month_at(tokens, at, language)?;
        // Arabic papers name a month twice: `مايو/أيار`.
        let mut year_from = skip(tokens, at + count, MARKS, BETWEEN);
        if let Some((_, count, _)) = month_at(tokens, year_from, language) {
            year_from = skip(tokens, year_from + count, MARKS, BETWEEN);
        }
        let year = year_at(tokens, year_from)?;
        return Some(Place::new(dated(year, month, day)?, year_from + 1, letters));
    }
    let (month, count, letters) = month_at(tokens, start, language)?;
    let at = skip(tokens, start + count, MARKS, BETWEEN);
    let (day, _) = number_at(tokens, at).filter(|(_, length)| *length <= 2)?;
    let year_from = skip(tokens, at + 1, MARKS, BETWEEN);
    let year = year_at(tokens, year_from)?;
    Some(Place::new(dated(year, month, day)?, year_from + 1, letters))
}

/// `2024. március 12.`, `2024 m. kovo 12 d.`, `2024-Mar-12`, `2024. gada 12. marts`.
fn year_before_name(tokens: &[Token], start: usize, language: Option<&str>) -> Option<Place> {
    let (year, _) = number_at(tokens, start).filter(|(_, length)| *length == 4)?;
    let at = skip(tokens, start + 1, MARKS, BETWEEN);
    if let Some((month, count, letters)) = month_at(tokens, at, language) {
        let day_at = skip(tokens, at + count, MARKS, BETWEEN);
        let (day, _) = number_at(tokens, day_at).filter(|(_, length)| *length <= 2)?;
        // `May 2024 May 12, 2024`: the day belongs to another year.
        let next = skip(tokens, day_at + 1, MARKS, BETWEEN);
        let other = number_at(tokens, next).is_some_and(|(_, length)| length == 4);
        return if other { None } else { Some(Place::new(dated(year, month, day)?, day_at + 1, letters)) };
    }
    let (day, _) = number_at(tokens, at).filter(|(_, length)| *length <= 2)?;
    let month_from = skip(tokens, at + 1, MARKS, BETWEEN);
    let (month, count, letters) = month_at(tokens, month_from, language)?;
    Some(Place::new(dated(year, month, day)?, month_from + count, letters))
}

/// `12 tháng 3 năm 2024`, `ngày 12 tháng 3, 2024`.
fn vietnamese(tokens: &[Token], start: usize) -> Option<Place> {
    let (day, _) = number_at(tokens, start).filter(|(_, length)| *length <= 2)?;
    let is_word =
        |at: usize, words: &[&str]| matches!(tokens.get(at), Some(Token::Word(word)) if words.contains(&word.as_str()));
    if !is_word(start + 1, &["thang", "thg"]) {
        return None;
    }
    let (month, _) = number_at(tokens, start + 2)?;
    let year_from = skip(tokens, start + 3, MARKS, &["nam"]);
    let (year, _) = number_at(tokens, year_from).filter(|(_, length)| *length == 4)?;
    Some(Place::new(valid(year, month, day)?, year_from + 1, 8))
}

/// `27.04.2024`, `04/27/2024`, `27/4/24`.
fn numeric(tokens: &[Token], start: usize, month_first: bool) -> Option<Place> {
    let (first, first_length) = number_at(tokens, start)?;
    let Some(Token::Mark(mark @ ('.' | '/' | '-' | '٫' | '／'))) = tokens.get(start + 1) else { return None };
    let (second, second_length) = number_at(tokens, start + 2)?;
    if tokens.get(start + 3) != Some(&Token::Mark(*mark)) || first_length > 2 || second_length > 2 {
        return None;
    }
    let (year, year_length) = number_at(tokens, start + 4)?;
    // `12.04.2024.5` is a number of something else.
    if start > 0
        && tokens.get(start - 1) == Some(&Token::Mark(*mark))
        && start > 1
        && number_at(tokens, start - 2).is_some()
    {
        return None;
    }
    let year = match year_length {
        4 => year,
        2 if first_length == 2 && second_length == 2 => 2000 + year,
        _ => return None,
    };
    let month_first = (month_first && *mark != '.' && first <= 12) || second > 12;
    let (day, month) = if month_first { (second, first) } else { (first, second) };
    let swapped = if first <= 12 && second <= 12 && first != second { valid(year, day, month) } else { None };
    Some(Place { swapped, ..Place::new(valid(year, month, day)?, start + 5, 0) })
}

fn letters(tokens: &[Token]) -> usize {
    tokens.iter().map(|token| if let Token::Word(word) = token { word.chars().count() } else { 0 }).sum()
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
            return Some(Seen::on(day));
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
    let day_first = |piece: &str| {
        let number = |range: std::ops::Range<usize>| piece.get(range)?.parse::<i32>().ok();
        valid(number(4..8)?, number(2..4)?, number(0..2)?).map(Seen::on)
    };
    let whole = pieces.iter().filter(|piece| piece.len() == 8);
    let whole =
        whole.clone().find_map(|piece| compact(piece)).or_else(|| whole.clone().find_map(|piece| day_first(piece)));
    // `/02-01-2024-bridge`, day first as nearly everywhere.
    whole.or_else(|| {
        pieces.windows(3).find_map(|window| match window {
            [day, month, year] if (1..=2).contains(&day.len()) && month.len() == 2 && year.len() == 4 => {
                valid(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).map(Seen::on)
            }
            _ => None,
        })
    })
}

/// Whether a text is nothing but the name of a month.
pub(crate) fn is_month(text: &str) -> bool {
    calendar::month_alone(text.trim().trim_end_matches('.')).is_some()
}

/// The month that a word names in any of the languages of `data/months.txt`, from 1.
pub fn month(word: &str) -> Option<u32> {
    let found = calendar::month_alone(word.trim().trim_end_matches('.')).filter(|month| !month.jalali)?;
    u32::try_from(found.number).ok()
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
    fn dates_in_other_orders_scripts_and_calendars() {
        assert_eq!(read("2024. március 12.", "hu"), "2024-03-12");
        assert_eq!(read("2024 m. kovo 12 d.", "lt"), "2024-03-12");
        assert_eq!(read("2024. gada 12. marts", "lv"), "2024-03-12");
        assert_eq!(read("12 มีนาคม 2567", "th"), "2024-03-12");
        assert_eq!(read("12 มี.ค. 2567", "th"), "2024-03-12");
        assert_eq!(read("12 मार्च 2024", "hi"), "2024-03-12");
        assert_eq!(read("Thứ Ba, 12 tháng 3 năm 2024", "vi"), "2024-03-12");
        assert_eq!(read("۲۲ اسفند ۱۴۰۲", "fa"), "2024-03-12");
        assert_eq!(read("۱۴۰۲/۱۲/۲۲", "fa"), "2024-03-12");
        assert_eq!(read("12 آذار/مارس 2024", "ar"), "2024-03-12");
        assert_eq!(read("令和6年3月12日", "ja"), "2024-03-12");
        assert_eq!(read("民國113年3月12日", "zh"), "2024-03-12");
        assert_eq!(read("12 במרץ 2024", "he"), "2024-03-12");
        assert_eq!(read("12-Mar-24", "en"), "2024-03-12");
        assert_eq!(read("12 бер. 2024 р.", "uk"), "2024-03-12");
        assert_eq!(read("12 listopada 2024", "hr"), "2024-10-12");
        assert_eq!(read("Room 12, May 7", "en"), "");
        assert_eq!(read("12 May 1968", "en"), "");
    }

    #[test]
    fn an_instant_is_told_by_another_clock() {
        let seen = machine("2024-04-28T02:12:00Z", Setting::default()).unwrap();
        let setting = Setting { url: Some("https://courier.example/a"), ..Setting::default() };
        let there = seen.on_day(civil::date(2024, 4, 27), setting, false);
        let there = there.and_then(|seen| seen.into_date(FieldSource::Meta, 1.0, setting));
        assert_eq!(there.map(|date| date.at).as_deref(), Some("2024-04-27T21:12:00-05:00"));
        assert_eq!(seen.on_day(civil::date(2024, 4, 25), setting, false), None);
        let german = Setting { url: Some("https://kurier.de/a"), ..Setting::default() };
        assert_eq!(seen.on_day(civil::date(2024, 4, 27), german, false), None);
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
        assert_eq!(day("https://news.example/a/27-04-2024-bridge").as_deref(), Some("2024-04-27"));
        assert_eq!(day("https://news.example/a12345678"), None);
    }

    #[test]
    fn a_date_after_the_fetch_is_not_believed() {
        let setting = Setting { fetched_at_ms: Some(1_714_212_720_000), ..Setting::default() };
        let later = find("2030-01-01", None, None).and_then(|seen| seen.into_date(FieldSource::Text, 1.0, setting));
        assert_eq!(later, None);
        let setting = Setting { fetched_at_ms: Some(1_714_212_720_000), ..Setting::default() };
        let other = find("04/11/2024", None, None).and_then(|seen| seen.into_date(FieldSource::Text, 1.0, setting));
        assert_eq!(other.map(|date| date.at).as_deref(), Some("2024-04-11"), "the other order is not in the future");
    }
}
