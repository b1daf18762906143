//! Lines in a form that can be compared: lower case, one space, numbers as `#`, no marks at the ends.

/// A line made comparable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Lower case, white space collapsed, numbers replaced by `#`, marks at both ends dropped.
    pub(crate) text: String,
    /// The same without a number at either end: `3 comments` and `comments (3)` become `comments`.
    pub(crate) core: String,
}

impl Folded {
    /// Whether a number stood at an end of the line.
    pub(crate) fn has_counter(&self) -> bool {
        self.core.len() != self.text.len()
    }
}

/// Folds a line. `Comments (12)` gives `comments #` with the core `comments`.
pub(crate) fn fold(line: &str) -> Folded {
    let text = fold_text(line);
    let core = text.trim_matches(|c: char| c == '#' || c == ' ' || is_mark(c)).to_owned();
    Folded { text, core }
}

fn fold_text(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().map(narrow).peekable();
    let mut in_number = false;
    let mut lower_before = false;
    while let Some(c) = chars.next() {
        if c.is_numeric() {
            if !in_number {
                if out.chars().next_back().is_some_and(char::is_alphabetic) {
                    out.push(' ');
                }
                out.push('#');
            }
            in_number = true;
            lower_before = false;
            continue;
        }
        if in_number {
            let next_numeric = chars.peek().is_some_and(|next| next.is_numeric());
            if matches!(c, '.' | ',' | ':' | '\'') && next_numeric {
                continue;
            }
            if matches!(c, 'K' | 'k' | 'M') && !chars.peek().is_some_and(|next| next.is_lowercase() && c != 'K') {
                continue;
            }
            in_number = false;
            if c.is_alphabetic() {
                out.push(' ');
            }
        }
        // Widgets glue their parts together: `Previous articleTwo held`.
        if c.is_uppercase() && lower_before {
            out.push(' ');
        }
        lower_before = c.is_lowercase();
        push_folded(&mut out, c);
    }
    out.trim_matches(|c: char| c.is_whitespace() || is_mark(c)).to_owned()
}

fn push_folded(out: &mut String, c: char) {
    if c.is_whitespace() || is_invisible(c) {
        if !out.ends_with(' ') && !out.is_empty() && !is_invisible(c) {
            out.push(' ');
        }
        return;
    }
    match c {
        '’' | '‘' | '`' => out.push('\''),
        '“' | '”' | '„' | '«' | '»' => out.push('"'),
        '…' => out.push_str("..."),
        // `Name *` is a field of a form, `* Name` a point of a list.
        '*' if out.is_empty() => {}
        '*' => {
            out.truncate(out.trim_end().len());
            out.push('*');
        }
        'İ' => out.push('i'),
        _ => out.extend(c.to_lowercase()),
    }
}

/// Full-width forms become their plain twins (the part of NFKC that matters for wording).
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        _ => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}' | '\u{202a}'..='\u{202e}')
}

/// Marks that stand around a line without being part of its wording.
fn is_mark(c: char) -> bool {
    !c.is_alphanumeric() && !matches!(c, '#' | '+' | '%' | '©' | 'ⓒ' | '*')
}

/// Collapses white space and drops what cannot be seen.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace()) {
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().filter(|&c| !matches!(c, '\u{200b}' | '\u{feff}' | '\u{ad}' | '\u{2060}')));
    }
    out.trim().to_owned()
}

/// Letters and digits alone, lower case: equal for texts that differ in spacing and punctuation only.
pub(crate) fn key(text: &str) -> String {
    text.chars().map(narrow).filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How much is said, in words: a character of a script without spaces counts as half a word.
pub(crate) fn words(text: &str) -> f32 {
    let mut words = 0.0;
    let mut in_word = false;
    for c in text.chars() {
        if is_unspaced(c) {
            words += 0.5;
            in_word = false;
        } else if c.is_alphanumeric() {
            if !in_word {
                // A word of Hangul carries what an English phrase does.
                words += if is_hangul(c) { 1.5 } else { 1.0 };
            }
            in_word = true;
        } else if c.is_whitespace() {
            in_word = false;
        }
    }
    words
}

/// Scripts written without spaces between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Korean syllables.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}')
}

/// Whether a line ends as a sentence does.
pub(crate) fn ends_sentence(line: &str) -> bool {
    let trimmed = line.trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '”' | '“' | '’' | '\'' | '»' | '«' | ')' | ']' | '」' | '』' | '）' | '›')
    });
    trimmed.ends_with(['.', '!', '?', '。', '！', '？', '…', '．', '।', '؟', '۔'])
        || (trimmed.len() < line.trim_end().len() && trimmed.ends_with([',', ';', '—']))
}
