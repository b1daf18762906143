//! Datelines: `[서울=뉴시스]`, `LONDON (Reuters) -`, `【ロンドン＝石田薫】`.

use memchr::memchr;

use crate::words;

/// What stands in front of the first sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lead {
    /// The place, with its date where there is one, as written.
    pub(crate) place: Option<String>,
    /// The agency, as written.
    pub(crate) agency: Option<String>,
    /// Who wrote it, as written.
    pub(crate) reporter: Option<String>,
    /// What is left of the line.
    pub(crate) rest: String,
}

/// Longest lead looked for, in characters.
const LEAD_CHARS_MAX: usize = 90;

/// Reads the lead of a line, if it has one.
pub(crate) fn lead(line: &str) -> Option<Lead> {
    let line = line.trim();
    bracketed(line).or_else(|| place_and_agency(line))
}

/// `[place=agency] reporter`, in any kind of bracket.
fn bracketed(line: &str) -> Option<Lead> {
    let close = match line.chars().next()? {
        '[' => ']',
        '(' => ')',
        '【' => '】',
        '（' => '）',
        '［' => '］',
        _ => return None,
    };
    let (inside, rest) = line.split_once(close)?;
    let inside = inside.trim_start_matches(['[', '(', '【', '（', '［']).trim();
    if inside.chars().count() > LEAD_CHARS_MAX {
        return None;
    }
    let (place, right) = inside.split_once(['=', '＝']).map_or((None, inside), |(place, right)| (Some(place), right));
    let mut lead = Lead { place: place.map(|place| place.trim().to_owned()), ..Lead::default() };
    let right = right.trim();
    let agency = words::agencies().iter().find(|name| right.starts_with(**name));
    match agency {
        Some(name) => {
            lead.agency = Some((*name).to_owned());
            let reporter = right[name.len()..].trim();
            lead.reporter = (!reporter.is_empty()).then(|| reporter.to_owned());
        }
        None if place.is_some() && right.chars().count() <= 24 => lead.reporter = Some(right.to_owned()),
        None => return None,
    }
    lead.rest = rest.trim_start_matches([' ', '=', '-', '–', '—', '\u{a0}']).to_owned();
    Some(lead)
}

/// `PLACE, date (Agency) -` and `(Agency) -`.
fn place_and_agency(line: &str) -> Option<Lead> {
    let open = memchr(b'(', line.as_bytes())?;
    if open >= LEAD_CHARS_MAX && line[..open].chars().nth(LEAD_CHARS_MAX - 1).is_some() {
        return None;
    }
    let (inside, rest) = line[open + 1..].split_once(')')?;
    if !words::is_agency(inside) {
        return None;
    }
    let place = line[..open].trim().trim_end_matches([',', '-', '–', '—']).trim();
    let rest = rest.trim_start();
    let ends = rest.is_empty() || rest.starts_with(['-', '–', '—', '.', '―', ':']);
    if !ends || !(place.is_empty() || looks_like_place(place)) {
        return None;
    }
    Some(Lead {
        place: (!place.is_empty()).then(|| place.to_owned()),
        agency: Some(inside.trim().to_owned()),
        reporter: None,
        rest: rest.trim_start_matches(['-', '–', '—', '.', '―', ':', ' ']).to_owned(),
    })
}

fn looks_like_place(place: &str) -> bool {
    place.chars().next().is_some_and(|c| c.is_uppercase() || !c.is_lowercase())
        && place.split_whitespace().count() <= 8
        && !place.contains(['"', '“', '?', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_in_front_of_the_first_sentence() {
        let read = |line: &str| {
            lead(line).map(|lead| (lead.place.unwrap_or_default(), lead.agency.unwrap_or_default(), lead.rest))
        };
        assert_eq!(read("[서울=뉴시스]"), Some(("서울".into(), "뉴시스".into(), String::new())));
        assert_eq!(
            read("LONDON (Reuters) - The boat sank."),
            Some(("LONDON".into(), "Reuters".into(), "The boat sank.".into()))
        );
        assert_eq!(read("(AP) — The boat sank."), Some((String::new(), "AP".into(), "The boat sank.".into())));
        assert_eq!(read("The boat (AP reported) sank."), None);
        assert_eq!(read("(see below) The boat sank."), None);
    }
}
