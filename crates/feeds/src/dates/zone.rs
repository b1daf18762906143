//! Zones by distance and by name.

use std::collections::HashMap;
use std::sync::LazyLock;

static ZONES: LazyLock<HashMap<&'static str, i64>> = LazyLock::new(|| {
    let mut zones = HashMap::new();
    for line in include_str!("../../data/zones.txt").lines().filter(|line| !line.starts_with("//")) {
        let mut words = line.split(' ');
        let Some(minutes) = words.next().and_then(|minutes| minutes.parse().ok()) else { continue };
        zones.extend(words.map(|name| (name, minutes)));
    }
    zones
});

/// Minutes east of UTC: `Z`, `+02:00`, `-0500`, `+2`, `GMT+02:00`, `EST`, `Europe/...` is unknown and so UTC.
pub(super) fn zone(text: &str) -> Option<i64> {
    let text = text.trim();
    let (name, offset) = match text.find(['+', '-', '\u{2212}']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    if offset.is_empty() {
        let name: String = name.chars().take_while(|c| c.is_ascii_alphabetic()).collect();
        return if name.is_empty() { None } else { Some(zone_named(&name).unwrap_or(0)) };
    }
    let sign = if offset.starts_with('+') { 1 } else { -1 };
    let digits: String = offset.chars().skip(1).take_while(|c| c.is_ascii_digit() || *c == ':').take(5).collect();
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (hours.parse().ok()?, minutes.get(..2).unwrap_or("0").parse().ok()?),
        None if digits.len() <= 2 => (digits.parse().ok()?, 0),
        None => {
            let number: i64 = digits.get(..digits.len().min(4))?.parse().ok()?;
            (number / 100, number % 100)
        }
    };
    let minutes: i64 = hours * 60 + minutes;
    // Beyond what any place on Earth has: a mistake, so as good as none.
    Some(if (0..=15 * 60).contains(&minutes) { sign * minutes } else { 0 })
}

/// RFC 822 section 5 and what is in use since; single letters mean nothing sure and so UTC (RFC 2822 section 4.3).
pub(super) fn zone_named(name: &str) -> Option<i64> {
    let name = name.to_ascii_lowercase();
    ZONES.get(name.as_str()).copied()
}
