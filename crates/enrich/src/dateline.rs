//! Datelines: place, date, agency and reporter in front of the first sentence.
//!
//! Agencies and newspapers of a language write them alike, and the marks that end them are few, so each form is read by
//! its marks and its parts are known by tables. What does not fit a form is left alone: a sentence that begins with a
//! name and a dash is a sentence.

use crate::agency;

/// How far into a text a dateline may reach, in characters.
const HEAD_CHARS_MAX: usize = 100;
/// Words of a place's name.
const PLACE_WORDS_MAX: usize = 4;

/// A dateline, read. Names are as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dateline {
    /// The whole of it, as it stands in the text.
    pub text: String,
    /// Cities.
    pub cities: Vec<String>,
    /// The date as far as it is written: `YYYY-MM-DD`, `MM-DD` or `DD`.
    pub date: Option<String>,
    /// Agencies.
    pub agencies: Vec<String>,
    /// Reporters.
    pub bylines: Vec<String>,
}

/// Reads the dateline that a text begins with.
pub fn dateline(text: &str) -> Option<Dateline> {
    let text = text.trim_start();
    let end = text.char_indices().nth(HEAD_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let found = bracketed(head).or_else(|| wire_chinese(head)).or_else(|| dashed(head))?;
    let (mut dateline, length) = found;
    let known = !dateline.agencies.is_empty() || !dateline.cities.is_empty() || dateline.date.is_some();
    dateline.text = head[..length].trim().to_owned();
    known.then_some(dateline)
}

fn closing(open: char) -> Option<char> {
    Some(match open {
        '(' => ')',
        '[' => ']',
        '【' => '】',
        '（' => '）',
        '［' => '］',
        '〔' => '〕',
        _ => return None,
    })
}

/// `(서울=연합뉴스) 홍길동 기자 =`, `[이데일리 홍길동 기자]`, `【北京共同】`, `(ANSA) - ROMA, 12 GEN -`.
fn bracketed(head: &str) -> Option<(Dateline, usize)> {
    let open = head.chars().next()?;
    let close = closing(open)?;
    let at = head.find(close)?;
    let inside = &head[open.len_utf8()..at];
    let mut end = at + close.len_utf8();
    let mut dateline = Dateline::default();
    inside_of_bracket(inside, &mut dateline)?;
    let rest = &head[end..];
    if let Some((names, length)) = reporters(rest) {
        dateline.bylines.extend(names);
        end += length;
    } else if let Some(after) = rest.trim_start().strip_prefix(['-', '–', '—']).filter(|_| dateline.cities.is_empty())
    {
        // The agency came first: `(ANSA) - ROMA, 12 GEN - `.
        let skipped = rest.len() - after.len();
        end += skipped;
        if let Some((place, length)) = place_and_date(after) {
            (dateline.cities, dateline.date) = place;
            end += length;
        }
    } else {
        end += rest.len() - rest.trim_start_matches([' ', '=', '-', '–', '—', ':']).len();
    }
    Some((dateline, end))
}

fn inside_of_bracket(inside: &str, dateline: &mut Dateline) -> Option<()> {
    let parts: Vec<&str> = inside.split(['=', '＝']).map(str::trim).collect();
    if parts.iter().all(|part| agencies(part).is_some()) {
        dateline.agencies = parts.iter().filter_map(|part| agencies(part)).flatten().collect();
        return Some(());
    }
    if let [places, right] = parts.as_slice() {
        let agency = agency::prefix(right);
        let reporter = right[agency.map_or(0, str::len)..].trim();
        if agency.is_none() && reporter.chars().count() > 12 {
            return None;
        }
        dateline.cities = cities(places);
        dateline.agencies = agency.map(str::to_owned).into_iter().collect();
        dateline.bylines = names(reporter);
        return Some(());
    }
    let [only] = parts.as_slice() else { return None };
    if let Some(agency) = agency::prefix(only) {
        dateline.agencies = vec![agency.to_owned()];
        dateline.bylines = names(&only[agency.len()..]);
        let nothing_else = only.len() == agency.len();
        return (nothing_else || !dateline.bylines.is_empty()).then_some(());
    }
    let agency = agency::suffix(only)?;
    let place = only[..only.len() - agency.len()].trim();
    if place.chars().count() > 12 {
        return None;
    }
    dateline.agencies = vec![agency.to_owned()];
    dateline.cities = cities(place);
    Some(())
}

/// Agencies parted by marks, where there is nothing else.
fn agencies(text: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = if agency::is_agency(text) {
        vec![text]
    } else {
        text.split(['/', '·', ',', '、', '&']).map(str::trim).collect()
    };
    parts.iter().all(|part| agency::is_agency(part)).then(|| parts.iter().map(|part| (*part).to_owned()).collect())
}

fn cities(text: &str) -> Vec<String> {
    let parts = text.split(['/', '·', '、', '・']).map(|part| part.trim().trim_end_matches(','));
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Words that follow a reporter's name.
const TITLES: [&str; 8] = ["기자", "특파원", "선임기자", "통신원", "인턴기자", "記者", "特派員", "记者"];

/// Names in front of a reporter's title: `홍길동 김철수 기자`.
fn names(text: &str) -> Vec<String> {
    let mut words: Vec<&str> =
        text.split([' ', '·', '、', '，', ',']).map(str::trim).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.pop() else { return Vec::new() };
    match TITLES.iter().find_map(|title| last.strip_suffix(title)) {
        Some("") => {}
        Some(name) => words.push(name),
        None => return Vec::new(),
    }
    words.into_iter().map(str::to_owned).collect()
}

/// ` 홍길동 기자 =` behind a bracket: the names, and how far it reaches.
fn reporters(rest: &str) -> Option<(Vec<String>, usize)> {
    let end = rest.find(['=', '＝'])?;
    if rest[..end].chars().count() > 30 {
        return None;
    }
    let names = names(&rest[..end]);
    let mark = rest[end..].chars().next().map_or(0, char::len_utf8);
    (!names.is_empty()).then_some((names, end + mark))
}

/// `新华社北京10月9日电（记者张三）`, `中新网5月4日电`, `法新社巴黎5日电：`.
fn wire_chinese(head: &str) -> Option<(Dateline, usize)> {
    let agency = agency::prefix(head)?;
    let rest = &head[agency.len()..];
    let (at, mark) = rest.char_indices().find(|(_, c)| matches!(c, '电' | '電' | '讯' | '訊'))?;
    let middle = &rest[..at];
    if middle.chars().count() > 24 {
        return None;
    }
    let digit = middle.find(|c: char| c.is_ascii_digit()).unwrap_or(middle.len());
    let date = chinese_date(&middle[digit..]);
    if digit < middle.len() && date.is_none() {
        return None;
    }
    let mut dateline =
        Dateline { cities: cities(&middle[..digit]), date, agencies: vec![agency.to_owned()], ..Dateline::default() };
    let mut end = agency.len() + at + mark.len_utf8();
    let after = &head[end..];
    if let Some(inside) = after.strip_prefix(['（', '(']).and_then(|after| after.split(['）', ')']).next())
        && let Some(reporters) = inside.trim().strip_prefix("记者").or_else(|| inside.trim().strip_prefix("記者"))
    {
        dateline.bylines = reporters.split([' ', '、', '，']).filter(|n| !n.is_empty()).map(str::to_owned).collect();
        end += inside.len() + 2 * '（'.len_utf8();
        end = end.min(head.len());
        while !head.is_char_boundary(end) {
            end -= 1;
        }
    }
    end += head[end..].len() - head[end..].trim_start_matches(['：', ':', ' ']).len();
    Some((dateline, end))
}

/// `10月9日` and `5日`.
fn chinese_date(text: &str) -> Option<String> {
    let day_of = |text: &str| text.strip_suffix('日').and_then(|day| number(day, 31));
    match text.split_once('月') {
        Some((month, day)) => Some(format!("{:02}-{:02}", number(month, 12)?, day_of(day)?)),
        None => Some(format!("{:02}", day_of(text)?)),
    }
}

fn number(text: &str, max: u32) -> Option<u32> {
    text.trim().parse().ok().filter(|number| (1..=max).contains(number))
}

/// `SEOUL, Sept. 22 (Yonhap) -- `, `Berlin/Paris (dpa/AFP) – `, `CAIRO - 17 July 2022: `, `МОСКВА, 5 мар - РИА Новости. `.
fn dashed(head: &str) -> Option<(Dateline, usize)> {
    if let Some(found) = with_parenthesis(head) {
        return Some(found);
    }
    let (at, mark) = dash(head)?;
    let after = at + mark;
    let place = head[..at].trim();
    let rest = &head[after..];
    // The agency behind the dash: `МОСКВА, 5 мар - РИА Новости. `.
    let trimmed = rest.trim_start();
    if let Some(agency) = agency::prefix(trimmed)
        && let Some(stop) = trimmed[agency.len()..].strip_prefix(['.', ':', ','])
    {
        let ((cities, date), _) = place_and_date_of(place)?;
        let dateline = Dateline { cities, date, agencies: vec![agency.to_owned()], ..Dateline::default() };
        return Some((dateline, head.len() - stop.len()));
    }
    // The date behind the dash: `CAIRO - 17 July 2022: `.
    if let Some(colon) = trimmed.find(':').filter(|colon| *colon < 30)
        && let Some(date) = date(&trimmed[..colon])
        && is_place(place)
    {
        let dateline = Dateline { cities: cities(place), date: Some(date), ..Dateline::default() };
        return Some((dateline, head.len() - trimmed.len() + colon + 1));
    }
    bare(place).map(|(cities, date)| (Dateline { cities, date, ..Dateline::default() }, after))
}

/// A place in front of a dash with neither agency nor date is believed only in capitals or with its country.
fn bare(place: &str) -> Option<(Vec<String>, Option<String>)> {
    let ((cities, date), _) = place_and_date_of(place)?;
    let capitals = place.chars().any(char::is_uppercase) && !place.chars().any(char::is_lowercase);
    let with_country = place.split_once(',').is_some_and(|(city, country)| {
        is_place(city.trim()) && is_place(country.trim()) && country.split_whitespace().count() <= 3
    });
    (date.is_some() || capitals || with_country).then_some((cities, date))
}

fn with_parenthesis(head: &str) -> Option<(Dateline, usize)> {
    let open = head.find('(')?;
    let close = open + head[open..].find(')')?;
    let agencies = agencies(head[open + 1..close].trim())?;
    let place = head[..open].trim();
    let (cities, date) = if place.is_empty() { (Vec::new(), None) } else { place_and_date_of(place)?.0 };
    let rest = &head[close + 1..];
    let end = close + 1 + (rest.len() - rest.trim_start_matches([' ', '-', '–', '—', '―', ':', '.']).len());
    Some((Dateline { cities, date, agencies, ..Dateline::default() }, end))
}

/// The first dash between spaces, or colon, as its place and length.
fn dash(head: &str) -> Option<(usize, usize)> {
    [" - ", " – ", " — ", " -- ", " ― "].iter().filter_map(|mark| Some((head.find(mark)?, mark.len()))).min()
}

type Place = (Vec<String>, Option<String>);

/// `ROMA, 12 GEN - ` with its dash.
fn place_and_date(text: &str) -> Option<(Place, usize)> {
    let (at, length) = dash(text)?;
    let (place, _) = place_and_date_of(text[..at].trim())?;
    Some((place, at + length))
}

/// `SEOUL, Sept. 22`, `القاهرة 5 مارس`, `Sambalpur, India`.
fn place_and_date_of(text: &str) -> Option<(Place, usize)> {
    let (place, date) = match text.split_once([',', '،']) {
        Some((place, rest)) => (place, self::date(rest)),
        None => match text.find(|c: char| c.is_ascii_digit()) {
            Some(digit) if digit > 0 => (&text[..digit], Some(self::date(&text[digit..])?)),
            _ => (text, None),
        },
    };
    is_place(place.trim()).then(|| ((cities(place.trim()), date), text.len()))
}

/// A name of a few words that begins as names do.
fn is_place(text: &str) -> bool {
    let words = text.split([' ', '/']).filter(|word| !word.is_empty());
    let named = |word: &str| word.chars().next().is_some_and(|c| !c.is_lowercase() && c.is_alphabetic());
    let count = words.clone().count();
    (1..=PLACE_WORDS_MAX).contains(&count)
        && words.clone().next().is_some_and(named)
        && words.clone().next_back().is_some_and(named)
        && !text.contains(['"', '“', '?', '!', ';'])
}

/// A date as far as it is written: `Sept. 22`, `17 July 2022`, `5`.
fn date(text: &str) -> Option<String> {
    let (mut day, mut month, mut year) = (None, None, None);
    for word in
        text.split([' ', ',', '/']).map(|word| word.trim_matches(['.', 'º', '°'])).filter(|word| !word.is_empty())
    {
        if word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) {
            year = word.parse::<u32>().ok();
        } else if let Some(number) = number(word, 31) {
            day = Some(number);
        } else if let Some(named) = extract::month(word) {
            month = Some(named);
        } else if !matches!(word.to_lowercase().as_str(), "de" | "of" | "den" | "am" | "the" | "le" | "del") {
            return None;
        }
    }
    let day = day?;
    Some(match (year, month) {
        (Some(year), Some(month)) => format!("{year:04}-{month:02}-{day:02}"),
        (None, Some(month)) => format!("{month:02}-{day:02}"),
        _ => format!("{day:02}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let Some(found) = dateline(text) else { return "-".to_owned() };
        let date = found.date.unwrap_or_default();
        [found.cities.join("|"), date, found.agencies.join("|"), found.bylines.join("|")].join(";")
    }

    #[test]
    fn forms_of_many_newsrooms() {
        for (text, parts) in [
            ("OSLO, March 3 (Reuters) - Ministers met.", "OSLO;03-03;Reuters;"),
            ("(부산=연합뉴스) 이몽룡 기자 = 부산시는", "부산;;연합뉴스;이몽룡"),
            ("[부산=뉴시스]이몽룡 성춘향 기자 = 부산시는", "부산;;뉴시스;이몽룡|성춘향"),
            ("【ソウル時事】韓国の", "ソウル;;時事;"),
            ("新华社上海3月2日电（记者李四）上海市", "上海;03-02;新华社;李四"),
            ("Wien/Graz (APA) – Die Regierung", "Wien|Graz;;APA;"),
            ("Lyon, 3 juin (AFP) - Le maire", "Lyon;06-03;AFP;"),
            ("(ANSA) - MILANO, 3 FEB - Il sindaco", "MILANO;02-03;ANSA;"),
            ("LAGOS - 3 May 2023: The governor", "LAGOS;2023-05-03;;"),
        ] {
            assert_eq!(read(text), parts, "{text}");
        }
    }

    #[test]
    fn sentences_are_left_alone() {
        for text in [
            "Berlin - the city that never was - has a new mayor.",
            "The minister (AfD) - so the court ruled - must pay.",
            "Maria, 34, has lived here for years - and loves it.",
            "(속보) 대통령이 말했다.",
            "[단독] 정부가 발표했다",
            "In 2020 - before the flood - the town was full.",
            "",
            "(",
        ] {
            assert_eq!(read(text), "-", "{text}");
        }
    }
}
