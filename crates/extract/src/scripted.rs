//! Text that stands in a page's scripts alone: an application carries its article as a string of markup, to be shown by
//! script (Next.js, Nuxt, Redux and others of their kind, each in its own wrapping).

use memchr::{memchr2, memmem, memrchr};

use crate::metadata::lenient;

/// Strings of data within strings of data.
const NESTED_MAX: usize = 3;
/// How the beginning of a paragraph is written in a script.
const PARAGRAPHS: [&str; 4] = ["<p>", "<p ", "u003cp", "u003Cp"];

/// The string of markup that says most, of all in some scripts.
pub(crate) fn markup<'a>(scripts: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut best = Said::default();
    scripts.for_each(|script| search(script, 0, &mut best));
    Some(best.markup).filter(|markup| !markup.is_empty())
}

#[derive(Default)]
struct Said {
    markup: String,
    /// Its bytes outside of tags.
    bytes: usize,
}

impl Said {
    fn take(&mut self, markup: String) {
        let mut bytes = 0;
        let mut in_tag = false;
        for byte in markup.bytes() {
            in_tag = byte == b'<' || in_tag && byte != b'>';
            bytes += usize::from(!in_tag);
        }
        if bytes > self.bytes {
            *self = Self { markup, bytes };
        }
    }
}

/// Looks for strings that hold paragraphs. Each is found by its first one, since what quotes mean in a script could only be
/// told by reading all of it.
fn search(script: &str, depth: usize, best: &mut Said) {
    let bytes = script.as_bytes();
    let mut next = PARAGRAPHS.map(|_| Some(0));
    let mut from = 0;
    while let Some(at) = first(bytes, &mut next, from) {
        let start = open_quote(bytes, from, at);
        let end = close_quote(bytes, at);
        from = end;
        let Some(raw) = start.and_then(|start| script.get(start..end)) else { continue };
        let Some(mut said) = unescaped(raw) else { continue };
        // `JSON.parse('{"html":"\\u003cp .."}')`: a string of single quotes around it has escapes of its own.
        if !is_data(&said)
            && !said.contains('<')
            && let Some(again) = unescaped(&said)
        {
            said = again;
        }
        let said = without_row(&said);
        if !is_data(said) {
            best.take(said.to_owned());
        } else if depth < NESTED_MAX {
            search(said, depth + 1, best);
        }
    }
}

/// The first paragraph behind a place. `next` holds for each way of writing one where it stands next, as far as that is known.
fn first(bytes: &[u8], next: &mut [Option<usize>; PARAGRAPHS.len()], from: usize) -> Option<usize> {
    for (next, paragraph) in next.iter_mut().zip(PARAGRAPHS) {
        if next.is_some_and(|at| at < from || from == 0) {
            *next = memmem::find(&bytes[from..], paragraph.as_bytes()).map(|at| from + at);
        }
    }
    next.iter().flatten().min().copied()
}

/// Where the string begins that holds a place, behind its quote.
fn open_quote(bytes: &[u8], from: usize, at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        let quote = from + memrchr(b'"', &bytes[from..end])?;
        let escapes = bytes[from..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
        if escapes % 2 == 0 {
            return Some(quote + 1);
        }
        end = quote;
    }
}

/// Where the string ends that holds a place.
fn close_quote(bytes: &[u8], at: usize) -> usize {
    // A paragraph's mark may itself stand behind its escape.
    let mut at = at;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// The text of a string, whose escapes are mended where they are wrong.
fn unescaped(raw: &str) -> Option<String> {
    let quoted = format!("\"{raw}\"");
    if let Ok(said) = serde_json::from_str(&quoted) {
        return Some(said);
    }
    lenient::read(&quoted).into_iter().next()?.as_str().map(str::to_owned)
}

/// Without what stands before the text of a row in React's stream: `24:T1b7b,`, its number and its length.
fn without_row(said: &str) -> &str {
    let row = said.split_once(":T").filter(|(number, _)| is_hex(number));
    let text = row.and_then(|(_, rest)| rest.split_once(',')).filter(|(length, _)| is_hex(length));
    text.map_or(said, |(_, text)| text)
}

fn is_hex(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text is data of which strings are a part: an object, a list, or a row of React's stream.
fn is_data(said: &str) -> bool {
    let said = said.trim_start();
    said.starts_with(['{', '[']) || said.split_once(':').is_some_and(|(number, _)| is_hex(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Option<String> {
        markup(std::iter::once(script))
    }

    #[test]
    fn the_string_that_says_most_is_found() {
        let state = r#"window.__STATE__={"menu":"<p>Home</p>","story":{"html":"\u003cp class=\"a\"\u003eThe bridge\u003c/p\u003e"}}"#;
        assert_eq!(found(state).as_deref(), Some("<p class=\"a\">The bridge</p>"));
        assert_eq!(found(r#"{"text":"The <b>bridge</b>"}"#), None);
        assert_eq!(
            found(r#"it's = '"'; a = {"html": "<p>The \"old\" bridge<\/p>"}"#).as_deref(),
            Some("<p>The \"old\" bridge</p>")
        );
        assert_eq!(found("<p>no string"), None);
        assert_eq!(found(r#"a = "<p>without an end"#).as_deref(), Some("<p>without an end"));
    }

    #[test]
    fn strings_within_strings_are_read() {
        let row = r#"self.__next_f.push([1,"24:T1b7b,\u003cp\u003eThe bridge\u003c/p\u003e"])"#;
        assert_eq!(found(row).as_deref(), Some("<p>The bridge</p>"));
        let nested = r#"self.__next_f.push([1,"5:[\"$\",{\"html\":\"\\u003cp\\u003eThe bridge\\u003c/p\\u003e\"}]"])"#;
        assert_eq!(found(nested).as_deref(), Some("<p>The bridge</p>"));
    }

    #[test]
    fn what_is_escaped_twice_is_read() {
        let parsed = r#"var data = JSON.parse('{"html":"\\u003cp\\u003eThe bridge\\u003c/p\\u003e"}')"#;
        assert_eq!(found(parsed).as_deref(), Some("<p>The bridge</p>"));
    }

    #[test]
    fn many_quotes_cost_no_more_than_their_number() {
        let escapes = format!("\"{}<p>", "\\\"".repeat(200_000));
        assert!(found(&escapes).is_some());
        let strings = "\"<p>a\"".repeat(200_000);
        assert_eq!(found(&strings).as_deref(), Some("<p>a"));
    }
}
