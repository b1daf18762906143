//! JSON as pages write it: with comments, stray commas, raw line breaks and quotes, in CDATA or escaped as HTML.

use serde_json::{Deserializer, Value};

use super::entities::decode;
use crate::limits::JSON_ROOTS_MAX;

/// The values of a script; none where it is beyond repair.
pub(crate) fn read(script: &str) -> Vec<Value> {
    let bare = unwrapped(script);
    if let Ok(value) = serde_json::from_str(bare) {
        return vec![value];
    }
    if !bare.contains('"') && bare.contains("&quot;") {
        return values(&repair(&decode(bare)));
    }
    values(&repair(bare))
}

/// As many values as can be read one after the other.
fn values(text: &str) -> Vec<Value> {
    Deserializer::from_str(text).into_iter::<Value>().take(JSON_ROOTS_MAX).map_while(Result::ok).collect()
}

/// Without the comments and CDATA marks around it.
fn unwrapped(script: &str) -> &str {
    const BEFORE: &[&str] = &["<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "<![CDATA["];
    const AFTER: &[&str] = &["-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";", "//"];
    let mut text = script.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    loop {
        let before = text.len();
        for mark in BEFORE {
            text = text.strip_prefix(mark).unwrap_or(text).trim_start();
        }
        for mark in AFTER {
            text = text.strip_suffix(mark).unwrap_or(text).trim_end();
        }
        if text.len() == before {
            return text;
        }
    }
}

/// Mends what is most often wrong: control characters, wrong escapes and bare quotes within strings, comments and
/// commas too many between them.
fn repair(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let tail = &rest[c.len_utf8()..];
        rest = tail;
        match c {
            '"' if !in_string => {
                in_string = true;
                out.push('"');
            }
            '"' if ends_string(tail) => {
                in_string = false;
                out.push('"');
            }
            '"' => out.push_str("\\\""),
            '\\' if in_string => rest = escape(&mut out, tail),
            _ if in_string && c.is_control() => out.push(' '),
            _ if in_string => out.push(c),
            '/' if tail.starts_with('*') => rest = tail.split_once("*/").map_or("", |(_, after)| after),
            '/' if tail.starts_with('/') => rest = tail.split_once('\n').map_or("", |(_, after)| after),
            ',' if follows_nothing(tail) => {}
            ';' => {}
            _ => out.push(c),
        }
    }
    out
}

/// A quote ends a string if what follows is what may follow one.
fn ends_string(tail: &str) -> bool {
    let after = tail.trim_start();
    match after.chars().next() {
        None | Some(':' | '}' | ']') => true,
        Some('/') => after.starts_with("//") || after.starts_with("/*"),
        Some(',') => {
            after[1..].trim_start().starts_with(['"', '{', '[', '}', ']', '-', 't', 'f', 'n'])
                || after[1..].trim_start().starts_with(|c: char| c.is_ascii_digit())
        }
        // The comma between two members was forgotten.
        Some('"') => tail.starts_with(['\n', '\r']),
        _ => false,
    }
}

fn follows_nothing(tail: &str) -> bool {
    tail.trim_start().starts_with(['}', ']', ','])
}

fn escape<'a>(out: &mut String, tail: &'a str) -> &'a str {
    let Some(next) = tail.chars().next() else { return tail };
    let after = &tail[next.len_utf8()..];
    match next {
        '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => {
            out.push('\\');
            out.push(next);
            after
        }
        'u' if after.len() >= 4 && after.as_bytes()[..4].iter().all(u8::is_ascii_hexdigit) => {
            out.push_str("\\u");
            after
        }
        '\'' => {
            out.push('\'');
            after
        }
        _ => {
            out.push_str("\\\\");
            tail
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headline(script: &str) -> Option<String> {
        read(script).first()?.get("headline")?.as_str().map(str::to_owned)
    }

    #[test]
    fn common_mistakes_are_mended() {
        assert_eq!(headline(r#"{"headline": "Bridge opens",}"#).as_deref(), Some("Bridge opens"));
        assert_eq!(headline("{\"headline\": \"Bridge\n\topens\"}").as_deref(), Some("Bridge  opens"));
        assert_eq!(headline(r#"{"headline": "The "old" bridge", "a": 1}"#).as_deref(), Some("The \"old\" bridge"));
        assert_eq!(headline(r#"{"headline": "It\'s open"}"#).as_deref(), Some("It's open"));
        assert_eq!(headline("<!-- {\"headline\": \"Bridge\"} -->").as_deref(), Some("Bridge"));
        assert_eq!(headline("//<![CDATA[\n{\"headline\": \"Bridge\"}\n//]]>").as_deref(), Some("Bridge"));
        assert_eq!(headline("{&quot;headline&quot;: &quot;Bridge&quot;}").as_deref(), Some("Bridge"));
        assert_eq!(
            headline("{ /* a */ \"headline\": \"http://a.example\" // b\n}").as_deref(),
            Some("http://a.example")
        );
        assert_eq!(headline("not json"), None);
    }

    #[test]
    fn several_roots_are_read() {
        assert_eq!(read(r#"{"a": 1} {"b": 2}"#).len(), 2);
        assert_eq!(read(r#"{"a": 1}{"b": "#).len(), 1);
    }
}
