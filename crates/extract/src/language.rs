//! The language of a text, as far as its script and its commonest words show it. The enricher knows better; this is for
//! pages that declare none, and to doubt those that declare a wrong one.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::chars::{self, WORD};
use crate::fold::{Quick, is_hangul};
use crate::words::Outlines;

/// The languages, and for each word those that have it.
struct Table {
    tags: Vec<&'static str>,
    words: HashMap<&'static str, Vec<usize>, Quick>,
    outlines: Outlines,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { tags: Vec::new(), words: HashMap::default(), outlines: Outlines::default() };
    for line in include_str!("../data/languages.txt").lines().filter(|line| !line.starts_with("//")) {
        let Some((tag, words)) = line.split_once(": ") else { continue };
        let index = table.tags.len();
        table.tags.push(tag);
        for word in words.split_whitespace() {
            table.outlines.add(word);
            let languages = table.words.entry(word).or_default();
            if !languages.contains(&index) {
                languages.push(index);
            }
        }
    }
    table
});

/// What a text shows of its language.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Guess {
    pub(crate) tag: &'static str,
    /// The script alone decided, so that any language of another script is wrong.
    pub(crate) by_script: bool,
    /// How much the words weigh that the text shares with the language.
    weight: f32,
}

/// Characters of a text that are looked at.
pub(crate) const SAMPLE_CHARS: usize = 2200;
/// Letters of a script that a text must show, and the share of all of them.
const LETTERS_MIN: usize = 20;
const SHARE_MIN: f32 = 0.4;
/// The weight of words that name a language, and the same where the page declares another one.
const WEIGHT_MIN: f32 = 2.5;
const DOUBT_WEIGHT_MIN: f32 = 3.0;
/// How much more the words of another language must weigh than those of the declared one.
const DOUBT_FACTOR: f32 = 2.5;

/// The tag of a text's language, where enough of it says so.
pub(crate) fn of(text: &str) -> Option<&'static str> {
    guess(text).map(|guess| guess.tag)
}

/// The tag of a text's language, if it is surely not the declared one.
pub(crate) fn contradicts(text: &str, declared: &str) -> Option<&'static str> {
    let declared = declared.split('-').next().unwrap_or(declared).to_lowercase();
    let guess = guess(text)?;
    if declared == guess.tag || alike(&declared, guess.tag) {
        return None;
    }
    if guess.by_script {
        return Some(guess.tag);
    }
    let own = weights(text).into_iter().zip(&TABLE.tags).find(|(_, tag)| **tag == declared);
    let own = own.map_or(0.0, |(weight, _)| weight);
    (guess.weight >= DOUBT_WEIGHT_MIN && guess.weight >= DOUBT_FACTOR * own).then_some(guess.tag)
}

/// Languages that the commonest words cannot tell apart, or have two tags.
fn alike(declared: &str, seen: &str) -> bool {
    const GROUPS: &[&[&str]] = &[
        &["no", "nb", "nn", "da"],
        &["id", "ms", "in", "jv", "su"],
        &["cs", "sk"],
        &["hr", "bs", "sr", "sh", "sl", "me", "cnr"],
        &["ru", "be", "kk", "ky", "mn", "tt", "tg", "uz", "ab", "os", "ce"],
        &["sr", "mk", "bg"],
        &["ar", "arz", "ary"],
        &["fa", "prs", "ckb", "ku", "azb", "ps"],
        &["he", "iw", "yi"],
        &["hi", "mr", "ne", "bho", "mai", "sa", "kok"],
        &["es", "ca", "gl", "ast", "eu"],
        &["pt", "gl"],
        &["zh", "yue", "wuu", "nan"],
        &["nl", "af", "fy", "li"],
        &["de", "als", "gsw", "nds", "lb", "bar"],
        &["zu", "xh", "ss", "nr", "nd"],
        &["tl", "fil", "ceb"],
        &["tr", "az", "tk", "crh"],
        &["fr", "oc", "br", "co", "ht"],
        &["it", "sc", "scn", "lmo", "vec", "fur", "co"],
        &["bn", "as"],
        &["am", "ti"],
    ];
    GROUPS.iter().any(|group| group.contains(&declared) && group.contains(&seen))
}

fn guess(text: &str) -> Option<Guess> {
    let scripts = Scripts::of(text);
    let (tag, share) = scripts.foremost()?;
    if share < SHARE_MIN {
        return None;
    }
    let by_script = |tag| Some(Guess { tag, by_script: true, weight: 0.0 });
    let rest: &[&str] = match tag {
        "latin" => &[],
        "cyrillic" if scripts.ukrainian * 40 > scripts.cyrillic => return by_script("uk"),
        "cyrillic" if scripts.belarusian * 100 > scripts.cyrillic => return by_script("be"),
        "cyrillic" if scripts.kazakh * 30 > scripts.cyrillic => return by_script("kk"),
        "cyrillic" => &["ru", "uk", "bg", "sr", "mk"],
        "arabic" => &["ar", "fa", "ur", "ps"],
        "devanagari" => &["hi", "mr", "ne"],
        tag => return by_script(tag),
    };
    let weights = weights(text);
    let fits = |index: &usize| rest.is_empty() || rest.contains(&TABLE.tags[*index]);
    let best = (0..weights.len()).filter(fits).max_by(|left, right| weights[*left].total_cmp(&weights[*right]))?;
    if let Some(first) = rest.first() {
        let tag = if weights[best] >= 1.0 { TABLE.tags[best] } else { first };
        return by_script(tag);
    }
    (weights[best] >= WEIGHT_MIN).then(|| Guess { tag: TABLE.tags[best], by_script: false, weight: weights[best] })
}

/// For each language how much the words weigh that the text shares with it.
fn weights(text: &str) -> Vec<f32> {
    let (chars, table) = (chars::chars(), &*TABLE);
    let mut weights = vec![0.0; table.tags.len()];
    let mut word = String::new();
    let mut rest = front(text);
    loop {
        let letters = rest.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(rest.len());
        chars.push_lower(&mut word, &rest[..letters]);
        rest = &rest[letters..];
        let next = rest.chars().next();
        rest = &rest[next.map_or(0, char::len_utf8)..];
        if let Some(next) = next.filter(|next| chars.is(*next, WORD)) {
            chars.lower(next, |c| word.push(c));
            continue;
        }
        if table.outlines.may_hold(&word)
            && let Some(languages) = table.words.get(word.as_str())
        {
            // Letters that stand alone are often parts of formulas and code.
            let whole = if word.chars().nth(1).is_some() { 1.0 } else { 0.3 };
            let share = whole / languages.len() as f32;
            languages.iter().for_each(|language| weights[*language] += share);
        }
        word.clear();
        if next.is_none() {
            return weights;
        }
    }
}

/// As much of a text as is looked at.
fn front(text: &str) -> &str {
    let end = if text.len() <= SAMPLE_CHARS { None } else { text.char_indices().nth(SAMPLE_CHARS) };
    end.map_or(text, |(end, _)| &text[..end])
}

/// How many letters of each script a text has.
#[derive(Default)]
struct Scripts {
    counts: [usize; SCRIPTS.len()],
    hangul: usize,
    kana: usize,
    han: usize,
    cyrillic: usize,
    ukrainian: usize,
    belarusian: usize,
    kazakh: usize,
}

/// Scripts that one language or a few write, by their blocks.
const SCRIPTS: &[(&str, u32, u32)] = &[
    ("latin", 0x41, 0x24f),
    ("el", 0x370, 0x3ff),
    ("cyrillic", 0x400, 0x52f),
    ("hy", 0x530, 0x58f),
    ("he", 0x590, 0x5ff),
    ("arabic", 0x600, 0x77f),
    ("devanagari", 0x900, 0x97f),
    ("bn", 0x980, 0x9ff),
    ("pa", 0xa00, 0xa7f),
    ("gu", 0xa80, 0xaff),
    ("or", 0xb00, 0xb7f),
    ("ta", 0xb80, 0xbff),
    ("te", 0xc00, 0xc7f),
    ("kn", 0xc80, 0xcff),
    ("ml", 0xd00, 0xd7f),
    ("si", 0xd80, 0xdff),
    ("th", 0xe00, 0xe7f),
    ("lo", 0xe80, 0xeff),
    ("bo", 0xf00, 0xfff),
    ("my", 0x1000, 0x109f),
    ("ka", 0x10a0, 0x10ff),
    ("am", 0x1200, 0x137f),
    ("km", 0x1780, 0x17ff),
];

impl Scripts {
    fn of(text: &str) -> Self {
        let mut scripts = Self::default();
        let text = front(text);
        scripts.counts[0] = text.bytes().filter(u8::is_ascii_alphabetic).count();
        let chars = chars::chars();
        let others = if text.is_ascii() { "" } else { text };
        for c in others.chars().filter(|c| !c.is_ascii()) {
            match c {
                _ if is_hangul(c) => scripts.hangul += 1,
                '\u{3040}'..='\u{30ff}' => scripts.kana += 1,
                '\u{3400}'..='\u{9fff}' => scripts.han += 1,
                _ if !chars.is(c, WORD) => {}
                _ => scripts.count(c),
            }
        }
        scripts
    }

    fn count(&mut self, c: char) {
        let code = c as u32;
        // In the order of their blocks.
        let at = SCRIPTS.partition_point(|(_, _, last)| *last < code);
        if SCRIPTS.get(at).is_some_and(|(_, first, _)| *first <= code) {
            self.counts[at] += 1;
        }
        if !('\u{400}'..='\u{52f}').contains(&c) {
            return;
        }
        self.cyrillic += 1;
        self.ukrainian += usize::from(matches!(c, 'ї' | 'є' | 'ґ' | 'Ї' | 'Є'));
        self.belarusian += usize::from(matches!(c, 'ў' | 'Ў'));
        self.kazakh += usize::from(matches!(c, 'ә' | 'ғ' | 'қ' | 'ң' | 'ұ' | 'һ'));
    }

    /// The script that says most, and its share; a character of some scripts says as much as two letters.
    fn foremost(&self) -> Option<(&'static str, f32)> {
        let east = [
            ("ko", 2 * self.hangul),
            ("ja", if self.kana * 8 > self.han { 2 * (self.kana + self.han) } else { 0 }),
            ("zh", if self.kana * 8 > self.han { 0 } else { 2 * self.han }),
        ];
        let others = SCRIPTS.iter().zip(&self.counts).map(|((tag, ..), count)| (*tag, *count));
        let all: Vec<(&str, usize)> = others.chain(east).collect();
        let total: usize = all.iter().map(|(_, count)| count).sum();
        let (tag, most) = all.into_iter().max_by_key(|(_, count)| *count)?;
        (most >= LETTERS_MIN).then(|| (tag, most as f32 / total as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_by_their_script() {
        assert_eq!(of("Ο δήμος άνοιξε ξανά τη γέφυρα πάνω από το ποτάμι"), Some("el"));
        assert_eq!(of("Міська рада знову відкрила міст через річку, її відремонтували"), Some("uk"));
        assert_eq!(of("市議会は火曜日、橋をもう一年開けておくことを決めた。"), Some("ja"));
        assert_eq!(of("市议会星期二决定再开放这座大桥一年，工程将继续进行。"), Some("zh"));
        assert_eq!(of("நகராட்சி மன்றம் பாலத்தை மீண்டும் திறந்தது"), Some("ta"));
        assert_eq!(of("শহর পরিষদ নদীর উপর সেতুটি আবার খুলেছে"), Some("bn"));
    }

    #[test]
    fn languages_by_their_words() {
        assert_eq!(of("Der Rat hat die Brücke wieder geöffnet, und das ist für den Ort nicht ohne Folgen"), Some("de"));
        assert_eq!(of("Rada miasta otworzyła most, który jest po remoncie, i nie ma się czego bać"), Some("pl"));
        assert_eq!(of("شورای شهر این پل را که در سال گذشته بسته شد با کمک دولت باز کرد و از آن"), Some("fa"));
        assert_eq!(of("مجلس المدينة فتح الجسر الذي كان مغلقا في هذا العام من أجل إصلاح"), Some("ar"));
        assert_eq!(of("Lorem"), None);
    }

    #[test]
    fn a_wrong_declaration_is_contradicted() {
        let greek = "Ο δήμος άνοιξε ξανά τη γέφυρα πάνω από το ποτάμι";
        assert_eq!(contradicts(greek, "en"), Some("el"));
        assert_eq!(contradicts(greek, "el-GR"), None);
        let german = "Der Rat hat die Brücke wieder geöffnet, und das ist für den Ort nicht ohne Folgen. Es wird auch bei \
                      Regen gebaut, sagte der Sprecher, denn im Herbst werden die Kosten zu hoch.";
        assert_eq!(contradicts(german, "en"), Some("de"));
        assert_eq!(contradicts("Vijeće je otvorilo most koji je bio zatvoren i nije bilo problema", "bs"), None);
    }
}
