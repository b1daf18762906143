//! HTML to text, text to HTML, and text to a single line.

use crate::xml::entities::{escape_into, push_plain};
use crate::xml::{Entities, Token, Tokens};

/// Elements that stand within a line.
const INLINE: &str = "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd mark nobr q s samp small span strike \
    strong sub sup tt u var wbr";
/// Elements that end a word.
const BLOCK: &str = "address applet area article aside audio base blink blockquote body br button canvas caption center col \
    colgroup datalist dd del details dialog dir div dl dt embed fieldset figcaption figure footer form frame \
    frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html iframe img input label legend li link main map \
    marquee menu meta meter nav noembed noframes noscript object ol optgroup option output p param picture \
    pre progress rp rt ruby script section select source style summary svg table tbody td template textarea \
    tfoot th thead time title tr track ul video xmp";

/// The text of HTML, on one line. What is in angle brackets and no element of HTML is text: `Vec<T>`, `<속보>`.
pub(crate) fn of_html(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return line(html);
    }
    let (mut text, mut entities) = (String::with_capacity(html.len()), Entities::html());
    let mut tokens = Tokens::html(html);
    let mut from = 0;
    while let Some(token) = tokens.next() {
        let source = &html[from..html.len() - tokens.rest().len()];
        from += source.len();
        match token {
            Token::Text(raw) => entities.decode_into(raw, &mut text),
            Token::CData(raw) => push_plain(raw, &mut text),
            Token::Start { name, .. } | Token::End(name) => {
                let is_in = |names: &str| names.split(' ').any(|known| known.eq_ignore_ascii_case(name));
                if is_in(BLOCK) {
                    text.push(' ');
                } else if !is_in(INLINE) {
                    entities.decode_into(source, &mut text);
                }
            }
            Token::Doctype(_) => {}
        }
    }
    line(&text)
}

/// A text with its white space made single spaces.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Plain text as HTML that shows the same lines.
pub(crate) fn to_html(text: &str) -> String {
    let (text, mut html) = (text.trim(), String::with_capacity(text.len()));
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            html.push_str("<br>\n");
        }
        escape_into(line, &mut html);
    }
    html
}

/// A text cut to at most so many bytes, between characters.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let end = text.floor_char_boundary(bytes_max);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_their_tags_and_nothing_else() {
        assert_eq!(of_html("A <b>bo</b>ld<br>line &amp;  more"), "A bold line & more");
        assert_eq!(of_html("1 < 2 & 3 > 2"), "1 < 2 & 3 > 2");
        assert_eq!(of_html("AT&T"), "AT&T");
        assert_eq!(of_html("<속보> Vec<T> &amp; <b>x</b>"), "<속보> Vec<T> & x");
    }
}
