//! Dates of words and numbers in any order: RFC 822 and its relatives, and what people write.

use std::sync::LazyLock;

use super::zone::{zone, zone_named};
use super::{Moment, Scan};

static MONTHS: LazyLock<Vec<(&'static str, i64)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/months.txt").lines().filter(|line| !line.starts_with("//"));
    (1..).zip(lines).flat_map(|(number, line)| line.split(' ').map(move |start| (start, number))).collect()
});

fn month(word: &str) -> Option<i64> {
    let found = MONTHS.iter().filter(|(start, _)| word.starts_with(start)).max_by_key(|(start, _)| start.len());
    found.map(|(_, number)| *number)
}

/// A date cut into words (in lower case), numbers, and the time of day.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    words: Vec<String>,
    /// Each with its count of digits.
    numbers: Vec<(i64, usize)>,
    time: Option<(i64, i64, i64)>,
    afternoon: Option<bool>,
    zone: i64,
    /// The character between the first two numbers.
    separator: Option<char>,
    /// Written with the signs for year, month and day.
    east_asian: bool,
    korean: bool,
}

impl Pieces {
    pub(super) fn of(text: &str) -> Self {
        let mut pieces = Self::default();
        let lower = text.to_lowercase();
        pieces.east_asian = lower.contains(['년', '年']);
        pieces.korean = lower.contains('년');
        let mut rest = lower.split('(').next().unwrap_or_default();
        while let Some(first) = rest.chars().next() {
            if first.is_ascii_digit() {
                rest = pieces.number(rest);
            } else if first.is_alphabetic() {
                let end = rest.find(|c: char| !c.is_alphabetic() && !('\u{300}'..='\u{36f}').contains(&c));
                let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
                rest = pieces.word(word, after);
            } else if matches!(first, '+' | '-') && pieces.time.is_some() {
                let length = rest[1..].find(|c: char| !c.is_ascii_digit() && c != ':').map_or(rest.len(), |at| at + 1);
                match zone(&rest[..length]) {
                    Some(offset) if length > 1 => pieces.zone = offset,
                    _ => {}
                }
                rest = &rest[length..];
            } else {
                if pieces.numbers.len() == 1 && pieces.separator.is_none() {
                    pieces.separator = Some(first);
                }
                rest = &rest[first.len_utf8()..];
            }
        }
        pieces
    }

    /// A number, or a time of day where a colon follows.
    fn number<'t>(&mut self, rest: &'t str) -> &'t str {
        let mut scan = Scan(rest.as_bytes());
        let before = scan.0.len();
        let number = scan.digits(1, 15).unwrap_or(0);
        let length = before - scan.0.len();
        if length <= 2 && self.time.is_none() && scan.take(|byte| byte == b':').is_some() {
            let minute = scan.digits(1, 2).unwrap_or(0);
            let second = scan.take(|byte| byte == b':').and_then(|_| scan.digits(1, 2)).unwrap_or(0);
            if scan.take(|byte| byte == b'.').is_some() {
                while scan.take(|byte| byte.is_ascii_digit()).is_some() {}
            }
            self.time = Some((number, minute, second));
        } else {
            self.numbers.push((number, length));
        }
        &rest[rest.len() - scan.0.len()..]
    }

    fn word<'t>(&mut self, word: &str, after: &'t str) -> &'t str {
        match word {
            "am" | "오전" | "上午" | "午前" => self.afternoon = Some(false),
            "pm" | "오후" | "下午" | "午後" => self.afternoon = Some(true),
            _ if self.time.is_some() => match zone_named(word) {
                Some(offset) => self.zone = offset,
                None => self.words.push(word.to_owned()),
            },
            _ => self.words.push(word.to_owned()),
        }
        after
    }

    fn moment(&self, year: i64, month: i64, day: i64) -> Moment {
        let (mut hour, minute, second) = self.time.unwrap_or_default();
        if let Some(afternoon) = self.afternoon
            && hour <= 12
        {
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        Moment { year, month, day, hour, minute, second, millis: 0, offset_minutes: self.zone }
    }

    /// `2024년 5월 1일 오후 3:04:05`, `2024年5月1日 15:04`. Korea keeps one zone all year.
    pub(super) fn east_asian(&self) -> Option<Moment> {
        let [(year, _), (month, _), (day, _), ..] = self.numbers[..] else { return None };
        let mut moment = self.moment(year, month, day);
        if let (None, [_, _, _, (hour, _), (minute, _), ..]) = (self.time, &self.numbers[..]) {
            (moment.hour, moment.minute) = (*hour, *minute);
        }
        if self.korean && self.zone == 0 {
            moment.offset_minutes = 540;
        }
        self.east_asian.then_some(moment)
    }

    /// A date whose month has a name: `Thu, 1 May 2024 10:00:00 +0200`, `May 1, 2024 3:04 PM`, `Thu May  1 10:00:00 2024`.
    pub(super) fn words(&self) -> Option<Moment> {
        // `Mar` may be Tuesday in a language where the month follows it.
        let month = self.words.iter().rev().find_map(|word| month(word))?;
        let mut numbers = self.numbers.iter();
        let (first, second) = (numbers.next()?, numbers.next()?);
        let (day, year) = if first.1 >= 3 { (second, first) } else { (first, second) };
        Some(self.moment(full_year(*year)?, month, day.0))
    }

    /// A date of numbers alone: `05/01/2024` as in America, `1.5.2024` and `1-5-2024` as elsewhere.
    pub(super) fn numbers(&self) -> Option<Moment> {
        let [(first, length), (second, _), third, ..] = self.numbers[..] else { return None };
        if length > 2 {
            return None;
        }
        let year = full_year(third)?;
        let day_first = first > 12 || self.separator != Some('/') && second <= 12;
        Some(if day_first { self.moment(year, second, first) } else { self.moment(year, first, second) })
    }
}

/// RFC 2822 section 4.3: 00 to 49 are of this century, three digits count from 1900.
fn full_year((year, length): (i64, usize)) -> Option<i64> {
    match length {
        4 => Some(year),
        2 if year < 50 => Some(year + 2000),
        2 | 3 => Some(year + 1900),
        _ => None,
    }
}
