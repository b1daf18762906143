//! News agencies by their names as datelines and credits write them.

use std::{collections::HashMap, sync::LazyLock};

/// A news agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agency {
    /// Its usual English name.
    pub name: &'static str,
    /// Its country (ISO 3166-1 alpha-2).
    pub country: &'static str,
}

/// The longest spelling of the table, in characters: no name is looked for in a longer text.
const SPELLING_CHARS_MAX: usize = 32;

static BY_SPELLING: LazyLock<HashMap<&'static str, Agency>> = LazyLock::new(|| {
    let lines = include_str!("../data/agencies.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut spellings = HashMap::new();
    for line in lines {
        let mut fields = line.split('\t');
        let (Some(name), Some(country)) = (fields.next(), fields.next()) else { continue };
        spellings.extend(fields.map(|spelling| (spelling, Agency { name, country })));
    }
    spellings
});

/// The agency of that name, as written.
pub fn agency(written: &str) -> Option<Agency> {
    let written = written.trim();
    if written.chars().count() > SPELLING_CHARS_MAX {
        return None;
    }
    BY_SPELLING.get(written).copied()
}

/// Whether a text is an agency's name, as written.
pub fn is_agency(written: &str) -> bool {
    agency(written).is_some()
}

/// The longest agency's name that a text begins with.
pub(crate) fn prefix(text: &str) -> Option<&str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(SPELLING_CHARS_MAX);
    ends.map(|end| &text[..end]).filter(|head| is_agency(head)).last()
}

/// The longest agency's name that a text ends with.
pub(crate) fn suffix(text: &str) -> Option<&str> {
    let starts = text.char_indices().rev().map(|(at, _)| at).take(SPELLING_CHARS_MAX);
    starts.map(|start| &text[start..]).filter(|tail| is_agency(tail)).last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agency_has_many_names() {
        for written in ["연합뉴스", "Yonhap", "韩联社"] {
            assert_eq!(agency(written).map(|agency| agency.name), Some("Yonhap"), "{written}");
        }
        assert_eq!(agency("Ap"), None, "short names are names only as they are written");
        assert_eq!(prefix("新华社北京10月9日电"), Some("新华社"));
        assert_eq!(suffix("北京共同"), Some("共同"));
    }
}
