//! What sites say in one language and another: a file of `data/locales` for each, with sections of all the tables of
//! wording (`data/residue.txt`, `data/fields.txt`, `data/walls.txt`), so that a language is taught in one place.

use std::collections::HashSet;

use crate::words;

/// The files, by the language's code (ISO 639); `en-mt` is the English that machines make of other languages.
macro_rules! locales {
    ($($code:literal)*) => {
        const LOCALES: &[(&str, &str)] = &[$(($code, include_str!(concat!("../data/locales/", $code, ".txt")))),*];
    };
}

locales!(
    "af" "am" "ar" "as" "az" "be" "bg" "bn" "bs" "ca" "ckb" "cs" "cy" "da" "de" "el" "en" "en-mt" "eo" "es" "et" "eu"
    "fa" "fi" "fil" "fr" "ga" "gl" "gu" "ha" "he" "hi" "hr" "hu" "hy" "id" "is" "it" "ja" "ka" "kk" "km" "kn"
    "ko" "ky" "lo" "lt" "lv" "mk" "ml" "mn" "mr" "ms" "mt" "my" "ne" "nl" "no" "or" "pa" "pl" "ps" "pt" "ro"
    "ru" "si" "sk" "sl" "so" "sq" "sr" "sv" "sw" "ta" "te" "tg" "th" "tk" "tr" "uk" "ur" "uz" "vi" "xh" "zh"
    "zu"
);

/// A table, and behind it the files of all languages.
pub(crate) fn texts(table: &'static str) -> impl Iterator<Item = &'static str> {
    std::iter::once(table).chain(LOCALES.iter().map(|(_, text)| *text))
}

/// The phrases of a table and of all languages, each with its section, of those sections that the table has.
pub(crate) fn phrases(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections: HashSet<&str> = words::phrases(table).map(|(name, _)| name).collect();
    texts(table).flat_map(words::phrases).filter(move |(name, _)| sections.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Label;
    use crate::wording::look_up;

    #[test]
    fn each_language_says_how_to_share_comment_and_read_on() {
        for (code, text) in LOCALES {
            let names: HashSet<&str> = words::phrases(text).map(|(name, _)| name).collect();
            for wanted in ["share", "comment", "subscribe", "related", "nav", "tags"] {
                assert!(names.iter().any(|name| name.starts_with(wanted)), "{code} has nothing of {wanted}");
            }
        }
    }

    #[test]
    fn each_section_is_one_of_a_table() {
        let tables = [
            include_str!("../data/residue.txt"),
            include_str!("../data/fields.txt"),
            include_str!("../data/walls.txt"),
        ];
        let known: HashSet<&str> = tables.into_iter().flat_map(words::phrases).map(|(name, _)| name).collect();
        let word = |name: &str, at: usize| name.split(' ').nth(at).map(str::to_owned);
        let labels: HashSet<_> = known.iter().filter(|name| name.contains(' ')).map(|name| word(name, 0)).collect();
        for (code, text) in LOCALES {
            for (name, phrase) in words::phrases(text) {
                let of_residue = labels.contains(&word(name, 0))
                    && matches!(word(name, 1).as_deref(), Some("weak" | "strong"))
                    && matches!(word(name, 2).as_deref(), Some("is" | "starts" | "ends" | "has"));
                assert!(of_residue || known.contains(name), "{code}: [{name}] {phrase}");
            }
        }
    }

    #[test]
    fn residue_is_known_in_languages_that_no_set_holds() {
        let cases = [
            ("Lägg till en kommentar", Label::Comment),
            ("Din e-postadress kommer inte att publiceras. Obligatoriska fält är märkta *", Label::Comment),
            ("Ваша e-mail адреса не оприлюднюватиметься", Label::Comment),
            ("Vaša e-mail adresa neće biti objavljena", Label::Comment),
            ("Bài viết liên quan", Label::Related),
            ("مقالات ذات صلة", Label::Related),
            ("Kapcsolódó cikkek", Label::Related),
            ("Διαβάστε επίσης", Label::Related),
            ("Följ oss på Facebook", Label::Subscribe),
            ("Partilhar no Facebook", Label::Share),
        ];
        for (line, label) in cases {
            assert_eq!(look_up(line).map(|hit| hit.label), Some(label), "{line}");
        }
    }
}
