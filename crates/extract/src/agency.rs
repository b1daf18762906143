//! Datelines: `[서울=뉴시스]`, `LONDON (Reuters) -`, `【ロンドン＝石田薫】`.

use memchr::memchr;

use crate::fold::is_unspaced;
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
    chinese(line).or_else(|| bracketed(line)).or_else(|| place_and_agency(line))
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

/// What Chinese papers call a reporter.
const REPORTERS: &[&str] = &["记者", "記者"];
/// Characters in front of the reporter's name: agency, place, day.
const BEFORE_REPORTER_MAX: usize = 30;
/// Characters of the names of all reporters of a line.
const REPORTERS_CHARS_MAX: usize = 40;

/// `新华社北京3月1日电（记者 张三、李四）`, `本报讯（记者张三）`, `（中央社記者王小明台北1日電）`, `記者李四／台北報導`: the agency, the place
/// with its day, the reporters.
fn chinese(line: &str) -> Option<Lead> {
    let end = line.char_indices().nth(LEAD_CHARS_MAX).map_or(line.len(), |(at, _)| at);
    let head = &line[..end];
    if head.is_ascii() || !head.contains(['电', '電', '讯', '訊', '记', '記']) {
        return None;
    }
    let start = head.strip_prefix(['据', '據']).unwrap_or(head).trim_start_matches(['（', '(', '【', '〔', '[']);
    let agency = words::agencies().iter().find(|name| !name.is_ascii() && start.starts_with(**name));
    let wired = agency.and_then(|name| {
        let (place, length) = wired(&start[name.len()..])?;
        Some((place, head.len() - start.len() + name.len() + length))
    });
    let reporters = reporters(head);
    let end = reporters.as_ref().map(|(_, end)| *end).or(wired.map(|(_, end)| end))?;
    let is_edge = |c: char| c.is_whitespace() || matches!(c, '：' | ':' | '）' | ')' | '】' | '〕' | ']');
    Some(Lead {
        place: wired.map(|(place, _)| place.to_owned()).filter(|place| !place.is_empty()),
        agency: agency.map(|name| (*name).to_owned()),
        reporter: reporters.map(|(names, _)| names),
        rest: line[end..].trim_start_matches(is_edge).to_owned(),
    })
}

/// Characters between the agency's name and the word for its wire.
const WIRED_CHARS_MAX: usize = 16;

/// `北京3月1日电`: the place with its day, and how long all is.
fn wired(text: &str) -> Option<(&str, usize)> {
    let (at, mark) = text.char_indices().take(WIRED_CHARS_MAX).find(|(_, c)| matches!(c, '电' | '電' | '讯' | '訊'))?;
    let (place, end) = (text[..at].trim(), at + mark.len_utf8());
    // `中新社记者电话采访..` speaks of a telephone.
    let ends = place.ends_with('日') || !text[end..].starts_with(char::is_alphabetic);
    (ends && place.chars().all(|c| c.is_alphanumeric() || c == '、')).then_some((place, end))
}

/// The names behind `记者`, parted by `、`, and where they end.
fn reporters(head: &str) -> Option<(String, usize)> {
    let (at, word) = REPORTERS.iter().filter_map(|word| Some((head.find(word)?, *word))).min()?;
    let before = head[..at].trim_end();
    let opened =
        before.is_empty() || before.ends_with(|c| "（(【〔[社报報网網讯訊電电".contains(c)) || before.ends_with("特派");
    if !opened || before.chars().count() > BEFORE_REPORTER_MAX || before.contains(['。', '，', '“']) {
        return None;
    }
    let start = at + word.len();
    let length = head[start..].find(['）', ')', '】', '〕', '／', '/', '报', '報', '摄', '攝', '通'])?;
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '：' | ':');
    let said = head[start..start + length].trim_matches(is_gap);
    if said.chars().count() > REPORTERS_CHARS_MAX {
        return None;
    }
    // `王小明台北1日電`, `王小明台北報導`: of the name and the place the first three are the name.
    let dated = said.contains(|c: char| c.is_ascii_digit()) && said.ends_with(['电', '電']);
    let reports = head[start + length..].starts_with(['报', '報']) && said.chars().count() == 5;
    let said: String = said.chars().take(if dated || reports { 3 } else { REPORTERS_CHARS_MAX }).collect();
    let names: Vec<&str> = said.split(['、', '，']).flat_map(str::split_whitespace).collect();
    let is_name = |name: &&str| {
        (2..=7).contains(&name.chars().count())
            && name.chars().all(|c| is_unspaced(c) || c == '·')
            && !name.contains('者')
    };
    (!names.is_empty() && names.iter().all(is_name)).then(|| (names.join("、"), start + length))
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
        let beijing = ("北京3月1日".into(), "新华社".into(), "大桥今日通车。".into());
        assert_eq!(read("新华社北京3月1日电 大桥今日通车。"), Some(beijing));
        assert_eq!(read("新华社记者电话采访了市长。"), None);
        assert_eq!(read("(see below) The boat sank."), None);
    }

    #[test]
    fn reporters_of_chinese_papers() {
        let reporter = |line: &str| lead(line).and_then(|lead| lead.reporter).unwrap_or_default();
        for (line, names) in [
            ("新华社北京3月1日电（记者 张小河、李大山）大桥今日通车。", "张小河、李大山"),
            ("据新华社拉萨电（记者 格桑边觉）大桥今日通车。", "格桑边觉"),
            ("本报讯（记者张小河 通讯员李大山）大桥今日通车。", "张小河"),
            ("河边日报讯 记者张小河报道：大桥今日通车。", "张小河"),
            ("（中央社記者王小明台北1日電）大橋今日通車。", "王小明"),
            ("記者李小山／台北報導", "李小山"),
            ("〔記者李小山／台北報導〕大橋今日通車。", "李小山"),
            ("【本報記者李小山台北報導】大橋今日通車。", "李小山"),
            ("记者近日从会议上了解到，大桥今日通车。", ""),
            ("市长对记者说，大桥今日通车（见图）。", ""),
            ("一名记者在现场看到，大桥今日通车。（记者张小河）", ""),
        ] {
            assert_eq!(reporter(line), names, "{line}");
        }
    }
}
