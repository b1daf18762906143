//! Dates as feeds write them: RFC 3339 and its relatives, RFC 822, 850, 2822 and theirs, and what else readers accept.
//!
//! A zone that is missing or unknown is taken for UTC.

mod iso;
mod words;
mod zone;

use schemas::Timestamp;

use self::iso::iso;
use self::words::Pieces;

/// Years that a date may lie in; others are mistakes and place holders.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2199;
/// The longest date that is looked at, in bytes.
const DATE_BYTES_MAX: usize = 100;

/// The instant that a text names; none where it names none.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > DATE_BYTES_MAX {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && matches!(text.len(), 10 | 13) {
        return epoch(text);
    }
    let pieces = Pieces::of(text);
    let moment = iso(text).or_else(|| pieces.east_asian()).or_else(|| pieces.words()).or_else(|| pieces.numbers())?;
    moment.timestamp()
}

/// Seconds or milliseconds since 1970.
fn epoch(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    Some(Timestamp::from_millis(if text.len() < 12 { number * 1000 } else { number }))
}

/// A date and time of day with the zone's distance from UTC.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    millis: i64,
    /// East of UTC.
    offset_minutes: i64,
}

impl Moment {
    fn timestamp(self) -> Option<Timestamp> {
        let Self { year, month, day, hour, minute, second, millis, offset_minutes } = self;
        let in_day = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
        if !YEARS.contains(&year) || !in_day || !(1..=days_of_month(year, month)?).contains(&day) {
            return None;
        }
        let minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
        Some(Timestamp::from_millis((minutes * 60 + second.min(59)) * 1000 + millis))
    }
}

fn days_of_month(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    })
}

/// Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let length = self.0.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
        if length < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(digits.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0')))
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted(first).then(|| {
            self.0 = rest;
            first
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_that_readers_accept() {
        for (text, expected) in [
            ("Wed, 01 May 2024 10:12:13 GMT", "2024-05-01T10:12:13"),
            ("Wed, 1 May 24 10:12 EST", "2024-05-01T15:12:00"),
            ("01 May 2024 10:12:13 +0200", "2024-05-01T08:12:13"),
            ("Wednesday, 01-May-24 10:12:13 GMT", "2024-05-01T10:12:13"),
            ("Wed May  1 10:12:13 2024", "2024-05-01T10:12:13"),
            ("Wed May  1 10:12:13 CEST 2024", "2024-05-01T08:12:13"),
            ("May 1, 2024 3:04 PM", "2024-05-01T15:04:00"),
            ("Mi, 01 Mai 2024 10:12:13 +0200", "2024-05-01T08:12:13"),
            ("mar, 05 mar 2024 10:00:00 +0100", "2024-03-05T09:00:00"),
            ("mié, 01 may 2024 10:00:00 -0300", "2024-05-01T13:00:00"),
            ("Ср, 01 мая 2024 10:00:00 +0300", "2024-05-01T07:00:00"),
            ("2024-05-01T10:12:13Z", "2024-05-01T10:12:13"),
            ("2024-05-01T10:12:13.250+09:00", "2024-05-01T01:12:13.250"),
            ("2024-05-01 10:12:13 +0900", "2024-05-01T01:12:13"),
            ("2024-05-01T10:12", "2024-05-01T10:12:00"),
            ("2024-05", "2024-05-01T00:00:00"),
            ("2024", "2024-01-01T00:00:00"),
            ("20240501", "2024-05-01T00:00:00"),
            ("20240501T101213Z", "2024-05-01T10:12:13"),
            ("2024-122", "2024-05-01T00:00:00"),
            ("2024/05/01 10:12:13", "2024-05-01T10:12:13"),
            ("2024년 5월 1일 오후 3:04:05", "2024-05-01T06:04:05"),
            ("2024年5月1日 15:04", "2024-05-01T15:04:00"),
            ("2024年5月1日 15時04分", "2024-05-01T15:04:00"),
            ("05/21/2024 10:12", "2024-05-21T10:12:00"),
            ("21.5.2024, 10:12", "2024-05-21T10:12:00"),
            ("1714558333", "2024-05-01T10:12:13"),
            ("1714558333250", "2024-05-01T10:12:13.250"),
            ("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59"),
            ("2024-05-01T24:00:00Z", "2024-05-02T00:00:00"),
        ] {
            let parsed = parse(text).map(|at| at.to_string());
            assert!(parsed.as_deref().is_some_and(|parsed| parsed.starts_with(expected)), "{text}: {parsed:?}");
        }
    }

    #[test]
    fn what_is_no_date_gives_none() {
        let long = "1".repeat(90);
        for text in [
            "",
            "yesterday",
            "0001-01-01T00:00:00",
            "2024-13-01",
            "2024-02-30",
            "99999-01-01",
            "Wed, 32 May 2024",
            "Mon, 1 Foo 2024",
            "2024-05-01T10:99",
            "9999999999999999999999",
            &long,
            "-",
            "+",
            "::::",
            "May",
            "١٢٣",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_read(text in "[0-9TZ:+. /,()amp\\-]{0,40}|[0-9]{1,4}[-/.][0-9]{1,20}[-/.][0-9]{1,20}.{0,9}|.{0,60}") {
            parse(&text);
        }

        #[test]
        fn a_zone_of_any_size_is_read(hours in "[0-9]{1,30}", minutes in "[0-9]{0,30}") {
            parse(&format!("2024-05-01T10:00:00+{hours}:{minutes}"));
            parse(&format!("Wed, 1 May 2024 10:00:00 -{hours}{minutes}"));
        }

        #[test]
        fn what_rfc_3339_writes_is_read(millis in -2_208_988_800_000..7_258_118_400_000_i64) {
            let at = Timestamp::from_millis(millis);
            assert_eq!(parse(&at.to_string()), Some(at));
        }
    }
}
