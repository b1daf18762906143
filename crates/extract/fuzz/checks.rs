//! What must hold for any bytes. The fuzz targets and `tests/fuzz_corpus.rs` share it.

use extract::{Context, Date, Extracted};

/// 2026-01-01.
const FETCHED_AT_MS: i64 = 1_767_225_600_000;

/// A page.
pub(crate) fn html(data: &[u8]) {
    let context = Context {
        url: Some("https://news.example/2025/02/30/a"),
        fetched_at_ms: Some(FETCHED_AT_MS),
        explain: data.len().is_multiple_of(4),
        ..Context::default()
    };
    let extracted = extract::html(data, None, &context);
    sound(&extracted);
    assert!(extracted.blocks.iter().all(|block| block.line.is_none()));
    let text = String::from_utf8_lossy(data);
    sound(&extract::fragment(&text, &context));
}

/// A text, line by line.
pub(crate) fn text(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().collect();
    let context =
        Context { fetched_at_ms: Some(FETCHED_AT_MS), explain: data.len().is_multiple_of(4), ..Context::default() };
    let extracted = extract::text(&lines, &context);
    sound(&extracted);
    let indices: Vec<Option<usize>> = extracted.blocks.iter().map(|block| block.line).collect();
    assert_eq!(indices, (0..lines.len()).map(Some).collect::<Vec<_>>());
    assert_eq!(extracted, extract::text(&lines, &context));
}

/// A date, in all the places where one is looked for. The first byte chooses the language.
pub(crate) fn dates(data: &[u8]) {
    const LANGUAGES: &[&str] = &["en", "de", "es", "ru", "ko", "ja", "ar", "fa", "th", "pt-BR", "zh", "el"];
    let Some((first, rest)) = data.split_first() else { return };
    let date = String::from_utf8_lossy(rest);
    let line: String = date.chars().filter(|c| !c.is_control()).take(200).collect();
    let language = LANGUAGES[usize::from(*first) % LANGUAGES.len()];
    let prose = "The council voted to keep the old bridge open for another year, the mayor said after the meeting.";
    let context = Context { language: Some(language), fetched_at_ms: Some(FETCHED_AT_MS), ..Context::default() };
    let lines = ["Old bridge to stay open another year", line.as_str(), prose, prose];
    sound(&extract::text(&lines, &context));
    let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    sound(&extract::html_str(
        &format!(
            "<html lang={language}><meta property=\"article:published_time\" content=\"{escaped}\">\
             <h1>Old bridge to stay open another year</h1><p class=date>{escaped}</p><time datetime=\"{escaped}\">\
             {escaped}</time><p>{prose}</p><p>{prose}</p>"
        ),
        &context,
    ));
}

fn sound(extracted: &Extracted) {
    let mut kept = extracted.blocks.iter().filter(|block| block.kept).map(|block| block.text.as_str());
    let body = extracted.body();
    assert_eq!(body, kept.by_ref().collect::<Vec<_>>().join("\n"));
    for block in &extracted.blocks {
        assert!(!block.reason.is_empty() && block.reason.len() <= 120, "{}", block.reason);
        assert!(!block.kept || block.label.is_text(), "{:?}", block.label);
    }
    for date in [&extracted.published, &extracted.modified].into_iter().flatten() {
        check(date);
    }
}

/// RFC 3339, or the day alone.
fn check(date: &Date) {
    let day = date.day().as_bytes();
    let number = |from: usize, to: usize| {
        day[from..to].iter().fold(0, |sum, digit| {
            assert!(digit.is_ascii_digit(), "{}", date.at);
            10 * sum + u32::from(digit - b'0')
        })
    };
    assert!(day.len() == 10 && day[4] == b'-' && day[7] == b'-', "{}", date.at);
    assert!((1..=12).contains(&number(5, 7)) && (1..=31).contains(&number(8, 10)), "{}", date.at);
    assert!(number(0, 4) <= 2026, "{} lies ahead", date.at);
    assert!((0.0..=1.0).contains(&date.confidence), "{}", date.confidence);
    let time = &date.at[10..];
    assert!(time.is_empty() || (time.starts_with('T') && time.len() >= 10), "{}", date.at);
}
