//! How long a text is.

/// How long a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Unicode scalar values.
    pub characters: u32,
    /// Runs of letters and digits; in scripts without spaces between words (Han, kana, Thai, ...), each character.
    pub words: u32,
    /// Sentences, by their final marks; a block without one is one sentence.
    pub sentences: u32,
    /// Blocks that are not empty.
    pub paragraphs: u32,
}

/// Counts over the blocks of a text.
pub fn counts<'a>(blocks: impl IntoIterator<Item = &'a str>) -> Counts {
    let mut counts = Counts::default();
    for block in blocks.into_iter().map(str::trim).filter(|block| !block.is_empty()) {
        counts.paragraphs += 1;
        add(&mut counts, block);
    }
    counts
}

fn add(counts: &mut Counts, block: &str) {
    let (mut in_word, mut open) = (false, false);
    let mut characters = block.chars().peekable();
    while let Some(c) = characters.next() {
        counts.characters += 1;
        let single = is_unspaced(c);
        let letter = c.is_alphanumeric() && !single;
        // An apostrophe or a point inside a word or number does not end it.
        let inner = in_word
            && matches!(c, '\'' | '’' | '.' | ',')
            && characters.peek().is_some_and(|next| next.is_alphanumeric());
        if single || (letter && !in_word) {
            counts.words += 1;
        }
        in_word = letter || inner;
        open |= c.is_alphanumeric();
        let last = characters.peek().is_none_or(|next| next.is_whitespace() || is_closing(*next));
        if open && (is_full_stop(c) || (matches!(c, '.' | '!' | '?' | '…' | '؟' | '।' | '۔') && last)) {
            counts.sentences += 1;
            open = false;
        }
    }
    counts.sentences += u32::from(open);
}

fn is_closing(c: char) -> bool {
    matches!(c, '"' | '”' | '’' | '\'' | '»' | '“' | ')' | ']' | '」' | '』')
}

fn is_full_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '．')
}

/// Scripts that put no space between words.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_sentences_of_several_scripts() {
        let of = |text: &str| {
            let counts = counts(text.split('\n'));
            (counts.words, counts.sentences, counts.paragraphs)
        };
        assert_eq!(of("The mayor's plan costs 3.5 million. \"Why?\" she asked.\n\nNo one knew"), (12, 4, 2));
        assert_eq!(of("市長は水曜日に話した。誰も来なかった！"), (17, 2, 1));
        assert_eq!(of("시장은 수요일에 말했다. 아무도 오지 않았다."), (6, 2, 1));
        assert_eq!(of(""), (0, 0, 0));
        assert_eq!(of("— … —"), (0, 0, 1));
    }
}
