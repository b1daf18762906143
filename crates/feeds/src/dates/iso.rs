//! ISO 8601 and what is taken for it.

use super::zone::zone;
use super::{Moment, Scan, days_of_month};

/// ISO 8601 as W3CDTF and RFC 3339 profile it, with the liberties that are taken: `2024`, `2024-05`, `20240501`,
/// `2024-121`, `2024-05-01 10:00:00.5 +0200`, `2024/05/01 10:00 PST`.
pub(super) fn iso(text: &str) -> Option<Moment> {
    let mut scan = Scan(text.as_bytes());
    let year = scan.digits(4, 4)?;
    let mut moment = Moment { year, month: 1, day: 1, ..Moment::default() };
    let separated = scan.take(|byte| matches!(byte, b'-' | b'/' | b'.')).is_some();
    let run = scan.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match (separated, run) {
        (_, 0) if scan.0.is_empty() => return Some(moment),
        (_, 3) => {
            let mut left = scan.digits(3, 3)?;
            while left > days_of_month(year, moment.month)? {
                left -= days_of_month(year, moment.month)?;
                moment.month += 1;
            }
            moment.day = left;
        }
        (true, 1 | 2) => {
            moment.month = scan.digits(1, 2)?;
            if scan.take(|byte| matches!(byte, b'-' | b'/' | b'.')).is_some() {
                moment.day = scan.digits(1, 2)?;
            }
        }
        (false, 4 | 6 | 8 | 10) => {
            (moment.month, moment.day) = (scan.digits(2, 2)?, scan.digits(2, 2)?);
        }
        (_, 4) => (moment.month, moment.day) = (scan.digits(2, 2)?, scan.digits(2, 2)?),
        _ => return None,
    }
    while scan.take(|byte| matches!(byte, b'T' | b't' | b' ' | b',')).is_some() {}
    if scan.0.first().is_some_and(u8::is_ascii_digit) {
        moment.hour = scan.digits(1, 2)?;
        let colon = scan.take(|byte| byte == b':').is_some();
        if colon || scan.0.first().is_some_and(u8::is_ascii_digit) {
            moment.minute = scan.digits(1, 2)?;
            if scan.take(|byte| byte == b':').is_some() || !colon && scan.0.first().is_some_and(u8::is_ascii_digit) {
                moment.second = scan.digits(1, 2)?;
            }
        }
        if scan.take(|byte| matches!(byte, b'.' | b',')).is_some() {
            let start = scan.0;
            let length = start.iter().take_while(|byte| byte.is_ascii_digit()).count();
            scan.0 = &start[length..];
            let digits = start[..length.min(3)].iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
            moment.millis = digits * [1000, 100, 10, 1][length.min(3)];
        }
    }
    let rest = std::str::from_utf8(scan.0).ok()?.trim();
    let meridiem = rest.get(..2).map(str::to_ascii_lowercase);
    let rest = match meridiem.as_deref() {
        Some("am" | "pm") => {
            moment.hour = moment.hour % 12 + if meridiem.as_deref() == Some("pm") { 12 } else { 0 };
            rest[2..].trim()
        }
        _ => rest,
    };
    moment.offset_minutes = if rest.is_empty() { 0 } else { zone(rest)? };
    Some(moment)
}
