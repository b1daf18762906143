//! The weights: forests of decision trees (Friedman, "Greedy function approximation: a gradient boosting machine", 2001)
//! and a table of what the parts of class names speak for. The trainer writes them (`train/train.py`), `data/model.bin`
//! holds them; there is no text of any page in it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use crate::columns::{LANES, Rows, Wanted};
use crate::fold::Quick;

/// Marks the file, and its version.
const MAGIC: &[u8; 8] = b"wdmodel2";

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(include_bytes!("../data/model.bin")).unwrap_or_default());

/// All weights.
#[derive(Debug, Default)]
pub(crate) struct Model {
    forests: Vec<Forest>,
    /// Digests of name parts, each with its score in 32nds.
    tokens: Scores,
    /// The same of words that tell an article from another page.
    page_words: Scores,
    /// The same of words in short blocks.
    short_words: Scores,
}

/// What digests speak for.
type Scores = HashMap<u32, i8, Quick>;

/// The forests in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    /// Is a block of a page text? The first look.
    Page,
    /// The same, the second look.
    PageAgain,
    /// Is a line of a text that was already extracted text?
    Lines,
    /// Is a page an article?
    Verdict,
}

/// The weights that were checked in.
pub(crate) fn model() -> &'static Model {
    &MODEL
}

impl Model {
    /// None where the bytes are not what the trainer writes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        if bytes.take(MAGIC.len())? != MAGIC {
            return None;
        }
        let mut model = Self::default();
        for _ in 0..bytes.u32()? {
            model.forests.push(Forest::read(&mut bytes)?);
        }
        model.tokens = scores(&mut bytes)?;
        model.page_words = scores(&mut bytes)?;
        model.short_words = scores(&mut bytes)?;
        Some(model)
    }

    /// What a part of a name speaks for: above 0 for text, below 0 against it.
    pub(crate) fn token(&self, digest: u32) -> Option<f32> {
        score(&self.tokens, digest)
    }

    /// What a word by which a page calls itself speaks for: above 0 for an article, below 0 against it.
    pub(crate) fn page_word(&self, digest: u32) -> Option<f32> {
        score(&self.page_words, digest)
    }

    /// The same of a word in a short block.
    pub(crate) fn short_word(&self, digest: u32) -> Option<f32> {
        score(&self.short_words, digest)
    }

    /// The columns that a forest asks about.
    pub(crate) fn wanted(&self, which: Use) -> Wanted {
        self.forests.get(which as usize).map(|forest| forest.wanted).unwrap_or_default()
    }

    /// The probability for each row.
    pub(crate) fn judge(&self, which: Use, rows: &Rows) -> Vec<f32> {
        let mut judged = vec![0.5; rows.count()];
        if let Some(forest) = self.forests.get(which as usize) {
            forest.judge(rows, &mut judged, |_| true);
        }
        judged
    }

    /// Writes the probability for each row over the one in `judged`, but where all of [`LANES`] rows have less than `least`.
    pub(crate) fn judge_again(&self, which: Use, rows: &Rows, judged: &mut [f32], least: f32) {
        if let Some(forest) = self.forests.get(which as usize) {
            forest.judge(rows, judged, |judged| judged.iter().any(|judged| *judged >= least));
        }
    }
}

fn scores(bytes: &mut Bytes<'_>) -> Option<Scores> {
    let count = bytes.u32()?;
    (0..count).map(|_| Some((bytes.u32()?, i8::from_le_bytes(bytes.take(1)?.try_into().ok()?)))).collect()
}

fn score(scores: &Scores, digest: u32) -> Option<f32> {
    scores.get(&digest).map(|score| f32::from(*score) / 32.0)
}

/// Trees whose leaves add up to log-odds.
#[derive(Debug, Default)]
struct Forest {
    bias: f32,
    trees: Vec<Vec<Node>>,
    /// The columns that they ask about.
    wanted: Wanted,
    /// The same trees for many rows at a time; none if one of them has too many leaves for that.
    struck: Option<Struck>,
}

/// A question, or an answer.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The column that is compared; of a leaf [`Node::LEAF`].
    column: u16,
    /// Where a value above the threshold goes on; one at or below it goes on at the next node.
    above: u16,
    /// The threshold; of a leaf its value.
    value: f32,
}

impl Node {
    const LEAF: u16 = u16::MAX;
}

/// Rows for which it does not pay to set them side by side.
const FEW: usize = 8;

impl Forest {
    fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let mut forest = Self { bias: bytes.f32()?, ..Self::default() };
        for _ in 0..bytes.u32()? {
            let count = bytes.u32()?;
            let mut tree = Vec::with_capacity(usize::try_from(count).ok()?.min(1 << 16));
            for _ in 0..count {
                let node = Node { column: bytes.u16()?, above: bytes.u16()?, value: bytes.f32()? };
                if node.column != Node::LEAF {
                    forest.wanted.add(usize::from(node.column));
                }
                tree.push(node);
            }
            forest.trees.push(tree);
        }
        forest.struck = Struck::of(&forest.trees);
        Some(forest)
    }

    /// Writes the probability for each row into `judged`, for those rows side by side of which `is_open` says so.
    fn judge(&self, rows: &Rows, judged: &mut [f32], is_open: impl Fn(&[f32]) -> bool) {
        let mut batch = self.struck.as_ref().filter(|_| judged.len() > FEW).map(Batch::new);
        for (odds, first) in judged.chunks_mut(LANES).zip((0..rows.count()).step_by(LANES)) {
            if !is_open(odds) {
                continue;
            }
            odds.fill(self.bias);
            match &mut batch {
                Some(batch) => batch.add(rows, first, odds),
                None => self.add(rows, first, odds),
            }
            for odds in odds {
                *odds = 1.0 / (1.0 + (-*odds).exp());
            }
        }
    }

    /// Adds the leaves of the rows from the one numbered `first` on to their odds, question by question.
    fn add(&self, rows: &Rows, first: usize, odds: &mut [f32]) {
        for tree in &self.trees {
            for (row, odds) in (first..).zip(&mut *odds) {
                *odds += leaf(tree, rows, row);
            }
        }
    }
}

/// Trees whose questions are all asked, in any order, of many rows side by side: each question whose value is above the
/// threshold strikes out the leaves on its other side, and the first leaf that is left is the answer (Lucchese et al.,
/// "QuickScorer", 2015). There is no branch that could be guessed wrong, and what many trees ask is looked at once.
#[derive(Debug)]
struct Struck {
    asked: Vec<Asked>,
    thresholds: Vec<Threshold>,
    strikes: Vec<Strike>,
    /// The leaves of each tree, in the order of [`place_of_first`].
    leaves: Vec<[f32; LEAVES_MAX]>,
}

/// A column, and its thresholds from the lowest to the highest.
#[derive(Debug)]
struct Asked {
    column: usize,
    thresholds: Range<usize>,
}

/// A threshold, and what a value above it strikes out.
#[derive(Debug)]
struct Threshold {
    value: f32,
    strikes: Range<usize>,
}

/// A bit for each leaf of a tree that is struck out.
#[derive(Clone, Copy, Debug)]
struct Strike {
    tree: u16,
    leaves: u16,
}

/// Leaves that have a bit.
const LEAVES_MAX: usize = 16;
/// Rows whose sums the processor holds in registers.
const AT_ONCE: usize = 8;

impl Struck {
    /// None where a tree has too many leaves, or is no tree.
    fn of(trees: &[Vec<Node>]) -> Option<Self> {
        let mut struck = Self { asked: Vec::new(), thresholds: Vec::new(), strikes: Vec::new(), leaves: Vec::new() };
        let mut questions: Vec<(u16, f32, Strike)> = Vec::new();
        for (number, nodes) in trees.iter().enumerate() {
            let tree = u16::try_from(number).ok()?;
            // Children stand behind their parent, and what is at or below the threshold first: leaves are met in order.
            let mut leaves = [0.0; LEAVES_MAX];
            let mut met = 0;
            for node in nodes {
                if node.column == Node::LEAF {
                    *leaves.get_mut(usize::from(place_of_first(!before(met)?)))? = node.value;
                    met += 1;
                    continue;
                }
                let below = leaves_between(nodes, met, node)?;
                // Nothing is above what is no number.
                if !node.value.is_nan() {
                    questions.push((node.column, node.value, Strike { tree, leaves: below }));
                }
            }
            struck.leaves.push(leaves);
        }
        questions.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.total_cmp(&right.1)));
        questions.into_iter().for_each(|(column, value, strike)| struck.push(usize::from(column), value, strike));
        Some(struck)
    }

    /// Adds a question behind those of lower columns and thresholds.
    fn push(&mut self, column: usize, value: f32, strike: Strike) {
        let (threshold, at) = (self.thresholds.len(), self.strikes.len());
        let is_new_column = self.asked.last().is_none_or(|asked| asked.column != column);
        if is_new_column {
            self.asked.push(Asked { column, thresholds: threshold..threshold });
        }
        if is_new_column || self.thresholds.last().is_none_or(|last| last.value != value) {
            self.thresholds.push(Threshold { value, strikes: at..at });
        }
        self.strikes.push(strike);
        if let Some(threshold) = self.thresholds.last_mut() {
            threshold.strikes.end = self.strikes.len();
        }
        if let Some(asked) = self.asked.last_mut() {
            asked.thresholds.end = self.thresholds.len();
        }
    }
}

/// Rows that stand side by side, and the leaves that are struck out for each.
struct Batch<'f> {
    forest: &'f Struck,
    /// For each tree the leaves that are struck out for one row and another, and those for all.
    struck: Vec<[u16; LANES]>,
    struck_for_all: Vec<u16>,
}

impl<'f> Batch<'f> {
    fn new(forest: &'f Struck) -> Self {
        let trees = forest.leaves.len();
        Self { forest, struck: vec![[0; LANES]; trees], struck_for_all: vec![0; trees] }
    }

    /// Adds the leaves of the rows from the one numbered `first` on to their odds.
    fn add(&mut self, rows: &Rows, first: usize, odds: &mut [f32]) {
        self.struck.fill([0; LANES]);
        self.struck_for_all.fill(0);
        for asked in &self.forest.asked {
            self.ask(asked, rows.lanes(asked.column, first));
        }
        for (odds, first) in odds.chunks_mut(AT_ONCE).zip((0..LANES).step_by(AT_ONCE)) {
            self.answer(first, odds);
        }
    }

    /// Adds the leaves that are left to the odds of some rows.
    fn answer(&self, first: usize, odds: &mut [f32]) {
        let mut sums = [0.0; AT_ONCE];
        sums[..odds.len()].copy_from_slice(odds);
        for ((struck, for_all), leaves) in self.struck.iter().zip(&self.struck_for_all).zip(&self.forest.leaves) {
            let Some(struck) = struck[first..].first_chunk::<AT_ONCE>() else { continue };
            let places = struck.map(|struck| place_of_first(!(struck | for_all)));
            for (sum, place) in sums.iter_mut().zip(places) {
                *sum += leaves[usize::from(place) % LEAVES_MAX];
            }
        }
        odds.copy_from_slice(&sums[..odds.len()]);
    }

    /// Asks all questions about a column.
    fn ask(&mut self, asked: &Asked, values: &[f32; LANES]) {
        let (lowest, highest) = range(values);
        for threshold in &self.forest.thresholds[asked.thresholds.clone()] {
            let strikes = &self.forest.strikes[threshold.strikes.clone()];
            // Blocks that stand together have much in common: most questions have one answer for all of them.
            if threshold.value < lowest {
                for strike in strikes {
                    self.struck_for_all[usize::from(strike.tree)] |= strike.leaves;
                }
            } else if threshold.value < highest {
                let above: [u16; LANES] =
                    std::array::from_fn(|lane| u16::from(values[lane] > threshold.value).wrapping_neg());
                for strike in strikes {
                    let struck = &mut self.struck[usize::from(strike.tree)];
                    struck.iter_mut().zip(above).for_each(|(struck, above)| *struck |= above & strike.leaves);
                }
            } else {
                return;
            }
        }
    }
}

/// The lowest and the highest of some values, none of which is NaN.
fn range(values: &[f32; LANES]) -> (f32, f32) {
    let (mut low, mut high) = ([values[0]; 4], [values[0]; 4]);
    for four in values.chunks_exact(4) {
        for at in 0..4 {
            low[at] = if four[at] < low[at] { four[at] } else { low[at] };
            high[at] = if four[at] > high[at] { four[at] } else { high[at] };
        }
    }
    (low.into_iter().fold(values[0], f32::min), high.into_iter().fold(values[0], f32::max))
}

/// A number below [`LEAVES_MAX`] that tells where the first bit is that is set, the same only for the same bit: the top
/// of the bit times a de Bruijn sequence, which takes fewer steps for many numbers at a time than counting.
fn place_of_first(bits: u16) -> u16 {
    const DE_BRUIJN: u16 = 0x09af;
    (bits & bits.wrapping_neg()).wrapping_mul(DE_BRUIJN) >> 12
}

/// The bits before one; none if there is no such bit.
fn before(bit: u32) -> Option<u16> {
    (bit < LEAVES_MAX as u32).then(|| (1 << bit) - 1)
}

/// The leaves from the one numbered `first` to the one before a node's upper side.
fn leaves_between(nodes: &[Node], first: u32, node: &Node) -> Option<u16> {
    let in_front = nodes.get(..usize::from(node.above))?;
    let end = in_front.iter().filter(|node| node.column == Node::LEAF).count();
    Some(before(u32::try_from(end).ok()?)? & !before(first)?)
}

/// The leaf of a tree for one row, question by question.
fn leaf(tree: &[Node], rows: &Rows, row: usize) -> f32 {
    let mut at = 0;
    // Children stand behind their parent, so this ends.
    while let Some(node) = tree.get(at) {
        if node.column == Node::LEAF {
            return node.value;
        }
        let value = rows.value(row, usize::from(node.column));
        at = if value > node.value { usize::from(node.above) } else { at + 1 };
    }
    0.0
}

/// Reads little-endian numbers off the front.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn f32(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}
