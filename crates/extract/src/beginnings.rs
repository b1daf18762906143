//! Phrases by their beginnings: which of many thousand begin at a place of a line is told without looking at most of them.

use std::ops::Range;

/// Phrases of some bytes each, with the numbers of those that share a text.
#[derive(Default)]
pub(crate) struct Beginnings {
    /// A bit for each byte that a phrase begins with.
    firsts: [u64; 4],
    /// A bit for each digest of the first bytes of a phrase, and how many bits stand in front of each word.
    digests: Vec<u64>,
    before: Vec<u32>,
    /// For each digest with a bit, where the first phrase that begins with such stands; at the end their number.
    places: Vec<u32>,
    /// In order of their digests, those of one digest in order of their text.
    phrases: Vec<Phrase>,
    /// What they say, one behind the other, and their numbers.
    text: String,
    numbers: Vec<u32>,
}

/// Where a phrase's text and its numbers stand.
struct Phrase {
    text: Range<u32>,
    numbers: Range<u32>,
    /// The longest other one that it begins with.
    within: Option<u32>,
}

/// Bytes of a beginning: of a phrase's first bytes the most of these that it has.
const BEGINNINGS: [usize; 5] = [8, 4, 3, 2, 1];
/// Bits of the digest of a beginning.
const DIGEST_BITS: u32 = 18;

impl Beginnings {
    /// Numbers the phrases as they come. An empty one is never found.
    pub(crate) fn new(phrases: impl IntoIterator<Item = String>) -> Self {
        let phrases = (0..).zip(phrases).filter(|(_, phrase)| !phrase.is_empty());
        let mut phrases: Vec<(usize, String, u32)> =
            phrases.map(|(number, phrase)| (digest_of(&phrase), phrase, number)).collect();
        phrases.sort_unstable();
        let mut table = Self { digests: vec![0; 1 << (DIGEST_BITS - 6)], ..Self::default() };
        let mut last = None;
        for same in phrases.chunk_by(|left, right| left.1 == right.1) {
            let Some((digest, phrase, _)) = same.first() else { continue };
            if last.replace(*digest) != Some(*digest) {
                table.digests[digest / 64] |= 1 << (digest % 64);
                table.places.push(table.phrases.len() as u32);
            }
            table.push(phrase, same.iter().map(|(.., number)| *number));
        }
        table.places.push(table.phrases.len() as u32);
        let counts =
            table.digests.iter().scan(0, |bits, word| Some(std::mem::replace(bits, *bits + word.count_ones())));
        table.before = counts.collect();
        table
    }

    fn push(&mut self, phrase: &str, numbers: impl Iterator<Item = u32>) {
        let bytes = phrase.as_bytes();
        let first = bytes.first().copied().unwrap_or_default();
        self.firsts[usize::from(first) / 64] |= 1 << (first % 64);
        // Those that it begins with stand in front of it, each within the next.
        let from = self.places.last().copied().unwrap_or_default();
        let mut within = (self.phrases.len() as u32).checked_sub(1).filter(|last| *last >= from);
        while let Some(other) = within.map(|within| &self.phrases[within as usize])
            && !phrase.starts_with(self.said(other))
        {
            within = other.within;
        }
        let (start, first_number) = (self.text.len() as u32, self.numbers.len() as u32);
        self.text.push_str(phrase);
        self.numbers.extend(numbers);
        self.phrases.push(Phrase {
            text: start..self.text.len() as u32,
            numbers: first_number..self.numbers.len() as u32,
            within,
        });
    }

    fn said(&self, phrase: &Phrase) -> &str {
        let Range { start, end } = phrase.text;
        &self.text[start as usize..end as usize]
    }

    /// Whether a phrase begins with this byte.
    pub(crate) fn has_first(&self, byte: u8) -> bool {
        self.firsts[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }

    /// Hands the phrases that a text begins with to `take`, the longest first, until it gives something: the length of each
    /// and its numbers in rising order.
    #[inline]
    pub(crate) fn of<T>(&self, text: &str, mut take: impl FnMut(usize, &[u32]) -> Option<T>) -> Option<T> {
        let bytes = text.as_bytes();
        let eight = eight(bytes);
        for length in BEGINNINGS.into_iter().filter(|length| *length <= bytes.len()) {
            let same = self.with_digest(digest(eight, length));
            if same.is_empty() {
                continue;
            }
            // A phrase that the text begins with stands in front of the text, and so does all that begins with it and does
            // not stand behind the text: the last phrase in front is one of them, or begins with all of them.
            let phrases = self.phrases.get(same.clone()).unwrap_or_default();
            let count = phrases.partition_point(|phrase| self.said(phrase).as_bytes() <= bytes);
            let mut next = (same.start + count).checked_sub(1).filter(|_| count > 0);
            while let Some(phrase) = next.and_then(|next| self.phrases.get(next)) {
                next = phrase.within.map(|within| within as usize);
                let said = self.said(phrase);
                if text.starts_with(said) {
                    let Range { start, end } = phrase.numbers;
                    let taken = take(said.len(), &self.numbers[start as usize..end as usize]);
                    if taken.is_some() {
                        return taken;
                    }
                }
            }
        }
        None
    }

    /// Where the phrases stand whose beginnings have this digest.
    fn with_digest(&self, digest: usize) -> Range<usize> {
        let (word, bit) = (digest / 64, digest % 64);
        let Some(bits) = self.digests.get(word).filter(|bits| **bits >> bit & 1 == 1) else { return 0..0 };
        let number = (self.before[word] + (bits & ((1 << bit) - 1)).count_ones()) as usize;
        self.places[number] as usize..self.places[number + 1] as usize
    }
}

/// The digest of a phrase's beginning.
fn digest_of(phrase: &str) -> usize {
    let length = BEGINNINGS.into_iter().find(|length| *length <= phrase.len()).unwrap_or(1);
    digest(eight(phrase.as_bytes()), length)
}

/// The digest of the first of eight bytes, as many as `length` says.
fn digest(eight: u64, length: usize) -> usize {
    let beginning = (eight << (64 - 8 * length)) ^ length as u64;
    (beginning.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - DIGEST_BITS)) as usize
}

/// The first eight bytes, with zeros for those that there are not.
fn eight(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or_else(
        || bytes.iter().rev().fold(0, |eight, byte| eight << 8 | u64::from(*byte)),
        |eight| u64::from_le_bytes(*eight),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<(usize, Vec<u32>)> {
        let table = Beginnings::new(phrases.iter().map(|phrase| (*phrase).to_owned()));
        let mut found = Vec::new();
        table.of(text, |length, numbers| -> Option<()> {
            found.push((length, numbers.to_vec()));
            None
        });
        found
    }

    #[test]
    fn all_phrases_that_a_text_begins_with_are_found_the_longest_first() {
        let phrases = ["read", "read more", "read also", "re", "", "read", "reader", "read more about", "r"];
        let read_more = vec![(9, vec![1]), (4, vec![0, 5]), (2, vec![3]), (1, vec![8])];
        assert_eq!(found(&phrases, "read more"), read_more);
        assert_eq!(found(&phrases, "read more: the bridge"), read_more);
        assert_eq!(found(&phrases, "read zebras"), read_more[1..]);
        assert_eq!(found(&phrases, "re"), read_more[2..]);
        assert_eq!(found(&phrases, ""), []);
        assert_eq!(found(&phrases, "bread"), []);
    }

    #[test]
    fn phrases_with_a_digest_in_common_are_told_apart() {
        let words: Vec<String> = (0..60_000_u32).map(|number| format!("{:05x} word", number * 7)).collect();
        let table = Beginnings::new(words.iter().cloned());
        for (number, word) in (0..).zip(&words) {
            assert_eq!(
                table.of(word, |length, numbers| Some((length, numbers.to_vec()))),
                Some((word.len(), vec![number]))
            );
        }
    }
}
