//! Articles by seed, from the material in `data/<language>.txt`.
//!
//! There, `@name` opens a list of one item a line. In an item `{name}` is any item of that list, `{$name2}` the same one
//! throughout an article, and `{#3-90}` a number. `~는`, `~가`, `~를`, `~와`, `~로` are Korean particles in the form that
//! the syllable before them asks for.

use std::{collections::HashMap, sync::LazyLock};

use crate::{polish::polish, text::Random};

/// Lists may refer to lists so deep.
const DEPTH_MAX: usize = 8;
const PARAGRAPHS_MAX: usize = 14;

pub(crate) struct Grammar {
    lists: HashMap<&'static str, Vec<&'static str>>,
    topics: Vec<&'static str>,
    /// What stands between two sentences.
    space: &'static str,
}

/// An article before it is anybody's.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) caption: String,
}

static EN: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../data/en.txt"), " "));
static DE: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../data/de.txt"), " "));
static KO: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../data/ko.txt"), " "));
static JA: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../data/ja.txt"), ""));
static ES: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(include_str!("../data/es.txt"), " "));

pub(crate) fn grammar(language: &str) -> &'static Grammar {
    match language {
        "de" => &DE,
        "ko" => &KO,
        "ja" => &JA,
        "es" => &ES,
        _ => &EN,
    }
}

impl Grammar {
    fn read(data: &'static str, space: &'static str) -> Self {
        let mut lists = HashMap::<_, Vec<_>>::new();
        let mut topics = Vec::new();
        let mut list = "";
        for line in data.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")) {
            if let Some(name) = line.strip_prefix('@') {
                list = name;
                topics.extend(name.strip_prefix("title."));
            } else {
                lists.entry(list).or_default().push(line);
            }
        }
        Self { lists, topics, space }
    }

    fn list(&self, name: &str) -> &[&'static str] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    /// An article of its own number; `is_new` says whether a title was never used.
    pub(crate) fn article(&self, seed: u64, wire: &str, least: usize, is_new: impl Fn(&str) -> bool) -> Draft {
        for attempt in 0.. {
            let mut writer = Writer { grammar: self, random: Random::new(seed, attempt), bound: HashMap::new() };
            let topic = self.topics[writer.random.below(self.topics.len())];
            let mut title = writer.any(&format!("title.{topic}"));
            if attempt >= 20 {
                title = format!("{title} ({attempt})");
            }
            if is_new(&title) {
                let paragraphs = writer.body(topic, wire, least);
                let authors = writer.authors();
                return Draft { title, paragraphs, authors, caption: writer.any("caption") };
            }
        }
        unreachable!("a title with a number is new at some number")
    }

    /// A later state of an article: another title, and one paragraph written anew.
    pub(crate) fn edit(&self, seed: u64, title: &str, paragraphs: &[String]) -> (String, Vec<String>) {
        let mut writer = Writer { grammar: self, random: Random::new(seed, 0x6564_6974), bound: HashMap::new() };
        let mut paragraphs = paragraphs.to_vec();
        let place = 1 + writer.random.below(paragraphs.len().saturating_sub(1));
        let renewed = [writer.any("update"), writer.any("s")].join(self.space);
        if let Some(paragraph) = paragraphs.get_mut(place) {
            *paragraph = renewed;
        }
        (writer.any("title+").replace("<>", title), paragraphs)
    }

    /// The same text with a word changed here and there, as another paper prints it.
    pub(crate) fn copy(&self, seed: u64, title: &str, paragraphs: &[String]) -> (String, Vec<String>) {
        let mut writer = Writer { grammar: self, random: Random::new(seed, 0x636F_7079), bound: HashMap::new() };
        let mut copied = Vec::with_capacity(paragraphs.len());
        for paragraph in paragraphs {
            let mut swaps = self.list("swap").to_vec();
            writer.random.shuffle(&mut swaps);
            let fits = swaps.iter().filter_map(|swap| swap.split_once('=')).find(|(from, _)| paragraph.contains(from));
            copied.push(fits.map_or_else(|| paragraph.clone(), |(from, to)| paragraph.replacen(from, to, 1)));
        }
        (writer.any("copy+").replace("<>", title), copied)
    }
}

struct Writer<'a> {
    grammar: &'a Grammar,
    random: Random,
    /// What `{$name}` stands for in this article.
    bound: HashMap<String, String>,
}

impl Writer<'_> {
    /// A sentence from the list of that name.
    fn any(&mut self, list: &str) -> String {
        let grammar = self.grammar;
        let items = grammar.list(list);
        let pattern = items.get(self.random.below(items.len())).copied().unwrap_or_default();
        self.sentence(pattern)
    }

    fn sentence(&mut self, pattern: &str) -> String {
        polish(&self.expand(pattern, 0))
    }

    fn expand(&mut self, pattern: &str, depth: usize) -> String {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            if depth < DEPTH_MAX {
                text.push_str(&self.slot(slot, depth));
            }
            rest = after;
        }
        text + rest
    }

    fn slot(&mut self, slot: &str, depth: usize) -> String {
        if let Some((least, most)) = slot.strip_prefix('#').and_then(|range| range.split_once('-')) {
            let (least, most) = (least.parse().unwrap_or(0), most.parse().unwrap_or(0_usize));
            return (least + self.random.below((most + 1).saturating_sub(least))).to_string();
        }
        let Some(name) = slot.strip_prefix('$') else { return self.pick(slot, depth) };
        if let Some(text) = self.bound.get(name) {
            return text.clone();
        }
        let list = name.trim_end_matches(|c: char| c.is_ascii_digit());
        // Two names for one list are two different things, where the list is long enough.
        let mut text = self.pick(list, depth);
        for _ in 0..8 {
            if self.bound.values().all(|other| *other != text) {
                break;
            }
            text = self.pick(list, depth);
        }
        self.bound.insert(name.to_owned(), text.clone());
        text
    }

    fn pick(&mut self, list: &str, depth: usize) -> String {
        let grammar = self.grammar;
        let items = grammar.list(list);
        let item = items.get(self.random.below(items.len())).copied().unwrap_or_default();
        self.expand(item, depth + 1)
    }

    /// No pattern twice: paragraphs end where the patterns do.
    fn body(&mut self, topic: &str, wire: &str, least: usize) -> Vec<String> {
        let grammar = self.grammar;
        let mut plain = [grammar.list("s"), grammar.list(&format!("s.{topic}"))].concat();
        let mut quotes = grammar.list("quote").to_vec();
        self.random.shuffle(&mut plain);
        self.random.shuffle(&mut quotes);
        let count = least + self.random.below(PARAGRAPHS_MAX + 1 - least);
        let dateline = self.any("dateline");
        let lead = [self.any(&format!("lead.{topic}")), self.sentence(plain.pop().unwrap_or_default())];
        let mut paragraphs = vec![format!("{dateline}{wire}{}", lead.join(grammar.space))];
        while paragraphs.len() < count {
            let quote = if paragraphs.len() % 3 == 2 { quotes.pop() } else { None };
            let long = if self.random.below(3) == 0 { 2 } else { 1 };
            let more = plain.split_off(plain.len().saturating_sub(long + usize::from(quote.is_none())));
            let sentences = quote.into_iter().chain(more).map(|pattern| self.sentence(pattern)).collect::<Vec<_>>();
            if sentences.len() < 2 {
                break;
            }
            paragraphs.push(sentences.join(grammar.space));
        }
        paragraphs
    }

    fn authors(&mut self) -> Vec<String> {
        let count = if self.random.below(4) == 0 { 2 } else { 1 };
        let mut authors = Vec::with_capacity(count);
        for name in ["writer1", "writer2"].into_iter().take(count) {
            authors.push(self.slot(&format!("${name}"), 0));
        }
        authors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn material_is_whole() {
        for language in ["en", "de", "ko", "ja", "es"] {
            let grammar = grammar(language);
            assert_eq!(grammar.topics.len(), 5, "{language}");
            for (list, items) in &grammar.lists {
                for item in items {
                    for slot in item.split('{').skip(1).filter_map(|slot| slot.split_once('}')).map(|(slot, _)| slot) {
                        let name = slot.trim_start_matches('$').trim_end_matches(|c: char| c.is_ascii_digit());
                        let known = slot.starts_with('#') || grammar.lists.contains_key(name);
                        assert!(known, "{language}: @{list} names {{{slot}}}");
                    }
                }
            }
            for list in ["s", "quote", "dateline", "caption", "writer", "update", "title+"] {
                assert!(!grammar.list(list).is_empty(), "{language}: {list}");
            }
            let patterns = ["s", "quote", "update"].iter().map(|list| grammar.list(list).len()).sum::<usize>();
            let leads = grammar.lists.iter().filter(|(name, _)| name.starts_with("s.") || name.starts_with("lead."));
            let patterns = patterns + leads.map(|(_, items)| items.len()).sum::<usize>();
            assert!(patterns >= 40, "{language} has {patterns} patterns");
        }
    }
}
