//! How long ago something was: `14 hours ago`, `vor 3 Stunden`, `1 時間前`. Sites date their lists and comments so.

use std::sync::LazyLock;

use crate::beginnings::Beginnings;
use crate::fold::fold;

/// The patterns of `data/ago.txt`, folded as the lines are.
static PATTERNS: LazyLock<Beginnings> = LazyLock::new(|| {
    let lines = include_str!("../data/ago.txt").lines().filter(|line| !line.starts_with("//"));
    let patterns = lines.filter_map(|line| line.split_once(": ")).flat_map(|(_, patterns)| patterns.split(" | "));
    Beginnings::new(patterns.map(|pattern| fold(pattern).text))
});

/// Bytes of a line that is looked at; what is longer is no date of an item.
const LINE_BYTES_MAX: usize = 80;
/// Bytes of a line that only begins so: `3 hours ago · Harbour`.
const BEGINNING_BYTES_MAX: usize = 40;

/// Whether a folded line is a time that has passed, begins with one and is short, or ends with one.
pub(crate) fn is_dated(folded: &str) -> bool {
    if folded.len() > LINE_BYTES_MAX {
        return false;
    }
    let reaches = |from: &str, end: bool| {
        PATTERNS.of(from, |length, _| {
            let ends = length == from.len() || !end && from[length..].starts_with(' ');
            ends.then_some(())
        })
    };
    if reaches(folded, folded.len() > BEGINNING_BYTES_MAX).is_some() {
        return true;
    }
    // Where no number is, the words are all that the line says.
    let Some(number) = folded.rfind('#') else { return false };
    // A pattern has a word or two in front of its number.
    let starts = folded[..number].rmatch_indices(' ').map(|(at, _)| at + 1).take(WORDS_BEFORE_MAX + 1);
    starts.into_iter().any(|at| reaches(&folded[at..], true).is_some())
}

/// Words in front of the number, as in `il y a # jours`.
const WORDS_BEFORE_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(line: &str) -> bool {
        is_dated(&fold(line).text)
    }

    #[test]
    fn a_time_that_has_passed_is_known_in_many_languages() {
        for line in [
            "14 hours ago",
            "an hour ago",
            "Jane Doe 3 days ago",
            "3h ago",
            "vor 3 Stunden",
            "Petra vor 2 Std.",
            "il y a 5 heures",
            "1時間前",
            "5小时前",
            "3 시간 전",
            "~janek 2 godz. temu",
            "πριν 3 ώρες",
            "منذ ٣ ساعات",
            "۲ ساعت پیش",
            "2 घंटे पहले",
            "für alle · 3 hours ago",
            "3 hours ago · Harbour",
            "Juma saa 2 zilizopita",
            "2 ชั่วโมงที่แล้ว",
        ] {
            assert!(dated(line), "{line}");
        }
    }

    #[test]
    fn a_sentence_that_speaks_of_one_is_none() {
        for line in [
            "Two hours ago the bridge was opened to traffic, and the first cars are on their way",
            "The bridge, 30 years old, was built long ago",
            "3 hours agony",
            "ago",
            "",
            "#",
        ] {
            assert!(!dated(line), "{line}");
        }
    }
}
