//! The language of a text, as far as its script and its commonest words show it. The enricher knows better; this is for
//! pages that declare none, and to doubt those that declare a wrong one.

use crate::fold::is_hangul;

/// Function words by language. A text must hold several before it counts as that language.
const WORDS: &[(&str, &[&str])] = &[
    ("en", &["the", "and", "of", "to", "in", "that", "is", "for", "was", "with", "said", "on"]),
    ("de", &["der", "die", "und", "das", "ist", "nicht", "mit", "den", "von", "ein", "sich", "auf"]),
    ("fr", &["le", "la", "les", "des", "est", "une", "dans", "pour", "que", "et", "pas", "sur"]),
    ("es", &["el", "la", "los", "que", "del", "las", "por", "una", "con", "para", "es", "y"]),
    ("it", &["il", "che", "di", "della", "per", "una", "con", "sono", "del", "non", "è", "gli"]),
    ("pt", &["o", "que", "do", "da", "não", "uma", "para", "com", "os", "em", "dos", "mais"]),
    ("nl", &["de", "het", "een", "van", "en", "dat", "niet", "zijn", "voor", "met", "op", "aan"]),
    ("sv", &["och", "att", "det", "som", "en", "på", "är", "för", "med", "inte", "av", "den"]),
    ("no", &["og", "det", "som", "på", "er", "ikke", "til", "av", "har", "for", "med", "å"]),
    ("da", &["og", "det", "som", "på", "er", "ikke", "til", "af", "har", "den", "med", "at"]),
    ("pl", &["i", "w", "nie", "na", "się", "że", "jest", "do", "przez", "oraz", "jak", "z"]),
    ("cs", &["a", "se", "na", "je", "že", "v", "pro", "jsou", "ale", "který", "jako", "také"]),
    ("tr", &["ve", "bir", "bu", "için", "ile", "da", "de", "olarak", "daha", "çok", "olan", "gibi"]),
    ("id", &["yang", "dan", "di", "untuk", "dengan", "dari", "ini", "pada", "itu", "tidak", "akan", "dalam"]),
    ("vi", &["và", "của", "là", "các", "trong", "được", "cho", "người", "với", "một", "không", "đã"]),
    ("fi", &["ja", "on", "että", "oli", "ei", "mutta", "myös", "kun", "hän", "ovat", "se", "joka"]),
    ("hu", &["a", "az", "és", "hogy", "nem", "egy", "is", "volt", "meg", "ez", "csak", "már"]),
    ("ro", &["și", "în", "cu", "care", "pentru", "din", "este", "că", "sau", "lui", "fost", "după"]),
];

const SAMPLE_CHARS: usize = 6000;

/// The tag of a text's language, where enough of it says so.
pub(crate) fn of(text: &str) -> Option<&'static str> {
    by_script(text).or_else(|| by_words(text))
}

fn by_script(text: &str) -> Option<&'static str> {
    let (mut hangul, mut kana, mut han, mut latin, mut cyrillic, mut greek, mut arabic, mut hebrew) =
        (0, 0, 0, 0, 0, 0, 0, 0);
    let (mut devanagari, mut thai, mut ukrainian, mut persian) = (0, 0, 0, 0);
    for c in text.chars().take(SAMPLE_CHARS) {
        match c {
            _ if is_hangul(c) => hangul += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => han += 1,
            'a'..='z' | 'A'..='Z' => latin += 1,
            'і' | 'ї' | 'є' | 'ґ' => {
                ukrainian += 1;
                cyrillic += 1;
            }
            '\u{400}'..='\u{4ff}' => cyrillic += 1,
            '\u{370}'..='\u{3ff}' => greek += 1,
            'پ' | 'چ' | 'ژ' | 'گ' | 'ی' => {
                persian += 1;
                arabic += 1;
            }
            '\u{600}'..='\u{6ff}' => arabic += 1,
            '\u{590}'..='\u{5ff}' => hebrew += 1,
            '\u{900}'..='\u{97f}' => devanagari += 1,
            '\u{e00}'..='\u{e7f}' => thai += 1,
            _ => {}
        }
    }
    let counts = [
        (hangul * 2, "ko"),
        (if kana * 8 > han { kana + han } else { 0 }, "ja"),
        (if kana * 8 > han { 0 } else { han }, "zh"),
        (cyrillic, if ukrainian * 40 > cyrillic { "uk" } else { "ru" }),
        (greek, "el"),
        (arabic, if persian * 20 > arabic { "fa" } else { "ar" }),
        (hebrew, "he"),
        (devanagari, "hi"),
        (thai, "th"),
    ];
    let &(count, tag) = counts.iter().max_by_key(|(count, _)| *count)?;
    (count > 20 && count * 3 > latin).then_some(tag)
}

fn by_words(text: &str) -> Option<&'static str> {
    let sample: String = text.chars().take(SAMPLE_CHARS).flat_map(char::to_lowercase).collect();
    let mut counts = vec![0u32; WORDS.len()];
    for word in sample.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        for (count, (_, words)) in counts.iter_mut().zip(WORDS) {
            *count += u32::from(words.contains(&word));
        }
    }
    let best = (0..counts.len()).max_by_key(|&index| counts[index])?;
    (counts[best] >= 4).then_some(WORDS[best].0)
}
