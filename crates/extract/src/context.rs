//! The second look: what the first judgement of all blocks says of each. A block is seen among its siblings, in the
//! boxes around it, beside the surest run of text and between the nearest sure paragraphs.

use crate::columns::{Part, columns};
use crate::page::{Element, Page, log_words, nearest_before, nearest_behind, sums};

columns! {
    first, prev1, prev2, prev3, next1, next2, next3,
    around2, around5, around12, before, behind,
    box1, box2, box3, box4, box1_share, box2_share, box3_share,
    siblings, siblings_count, template, template_count,
    best_inside, best_levels, best_share, best_distance,
    sure_before, sure_behind, sure_before_levels, sure_behind_levels,
    surest, total, run_inside, run_share, run_distance,
}

/// Properties of a block.
pub(crate) const COUNT: usize = NAMES.len();

/// A block's weight stops growing at this many words: a page is not decided by one long block.
const WORDS_MAX: f32 = 150.0;
/// A first judgement above which a block of some length counts as text for sure.
const SURE: f32 = 0.75;
/// The length that it must have, in words.
const SURE_WORDS_MIN: f32 = 10.0;
/// What stands for a distance to nothing, as the logarithm of words.
const FAR: f32 = 9.0;
/// What stands for the levels to nothing.
const LEVELS_FAR: f32 = 30.0;

/// Measures all blocks' properties. `first` holds the first judgement, from 0 to 1.
pub(crate) fn measure(page: &Page, first: &[f32], out: &mut Part<'_>) {
    Context::new(page, first).measure(out);
}

struct Context<'a> {
    page: &'a Page,
    first: &'a [f32],
    /// Sums of the blocks' weights, and of their weights times the first judgement.
    weights: Vec<f32>,
    text: Vec<f32>,
    /// The element where text outweighs the rest most, and all that stand around it.
    best: usize,
    around_best: Vec<bool>,
    /// The run of blocks where text outweighs the rest most.
    run: (usize, usize),
    /// By the elements' kin, and by their signatures.
    siblings: Vec<Group>,
    templates: Vec<Group>,
    sure_before: Vec<Option<usize>>,
    sure_behind: Vec<Option<usize>>,
    surest: f32,
    log_total: f32,
}

/// Blocks in elements of one kind.
#[derive(Clone, Copy, Default)]
struct Group {
    weight: f32,
    text: f32,
    blocks: f32,
}

impl Group {
    fn add(&mut self, weight: f32, text: f32) {
        self.weight += weight;
        self.text += text;
        self.blocks += 1.0;
    }
}

impl<'a> Context<'a> {
    fn new(page: &'a Page, first: &'a [f32]) -> Self {
        let count = first.len();
        let weight = |index: usize| page.blocks[index].words.min(WORDS_MAX) + 0.5;
        let weights = sums((0..count).map(weight));
        let text = sums((0..count).map(|index| first[index] * weight(index)));
        let log_total = (text[count] + 1e-6).ln_1p();
        let mut siblings = vec![Group::default(); page.kin_count];
        let mut templates = vec![Group::default(); page.signature_count];
        for (index, judged) in first.iter().enumerate() {
            let element = &page.elements[page.blocks[index].element];
            let text = judged * weight(index);
            siblings[page.top(page.blocks[index].element).kin as usize].add(weight(index), text);
            templates[element.signature as usize].add(weight(index), text);
        }
        let sure = |index: usize| first[index] > SURE && weight(index) > SURE_WORDS_MIN;
        let mut context = Self {
            page,
            first,
            weights,
            text,
            best: 0,
            around_best: vec![false; page.elements.len()],
            run: heaviest_run(first, weight),
            siblings,
            templates,
            sure_before: nearest_before(count, sure),
            sure_behind: nearest_behind(count, sure),
            surest: first.iter().copied().fold(0.0, f32::max),
            log_total,
        };
        context.find_best();
        context
    }

    fn find_best(&mut self) {
        let gain = |element: &Element| element.within(&self.text) - 0.5 * element.within(&self.weights);
        for (index, element) in self.page.elements.iter().enumerate() {
            // Of equals the inner one.
            if gain(element) >= gain(&self.page.elements[self.best]) - 1e-4 {
                self.best = index;
            }
        }
        let mut at = self.best;
        loop {
            self.around_best[at] = true;
            if at == 0 {
                return;
            }
            at = self.page.elements[at].parent;
        }
    }

    fn levels(&self, from: usize, to: usize) -> f32 {
        self.page.levels(self.page.blocks[from].element, self.page.blocks[to].element)
    }

    fn words(&self, from: usize, to: usize) -> f32 {
        log_words((self.weights[to] - self.weights[from]).max(0.0))
    }

    /// How far a block stands outside of a run of blocks: below 0 in front of it, above 0 behind it.
    fn distance(&self, index: usize, first: usize, end: usize) -> f32 {
        if index < first {
            -self.words(index, first)
        } else if index >= end {
            self.words(end, index)
        } else {
            0.0
        }
    }

    fn measure(&self, out: &mut Part<'_>) {
        use Feature as F;
        let (first, text, weights) = (self.first, &self.text, &self.weights);
        let count = first.len();
        let total = text[count] + 1e-6;
        out.set(F::first, |at| first[at]);
        for (offset, back, ahead) in [(1, F::prev1, F::next1), (2, F::prev2, F::next2), (3, F::prev3, F::next3)] {
            out.set(back, |at| at.checked_sub(offset).map_or(-1.0, |at| first[at]));
            out.set(ahead, |at| first.get(at + offset).copied().unwrap_or(-1.0));
        }
        for (reach, feature) in [(2, F::around2), (5, F::around5), (12, F::around12)] {
            out.set(feature, |at| {
                let (from, to) = (at.saturating_sub(reach), (at + reach + 1).min(count));
                (text[to] - text[from]) / (weights[to] - weights[from])
            });
        }
        out.set(F::before, |at| text[at] / total);
        out.set(F::behind, |at| (total - text[at + 1]) / total);
        self.measure_boxes(total, out);
        let own = |at: usize| &self.page.elements[self.page.blocks[at].element];
        let siblings = |at: usize| self.siblings[self.page.top(self.page.blocks[at].element).kin as usize];
        out.set(F::siblings, |at| siblings(at).text / siblings(at).weight.max(0.5));
        out.set(F::siblings_count, |at| siblings(at).blocks);
        let template = |at: usize| self.templates[own(at).signature as usize];
        out.set(F::template, |at| template(at).text / template(at).weight.max(0.5));
        out.set(F::template_count, |at| template(at).blocks);
        let best = &self.page.elements[self.best];
        out.set(F::best_inside, |at| f32::from(u8::from((best.first..best.end).contains(&at))));
        out.set(F::best_levels, |at| {
            let mut shared = self.page.blocks[at].element;
            while !self.around_best[shared] {
                shared = self.page.elements[shared].parent;
            }
            f32::from(best.depth - self.page.elements[shared].depth)
        });
        out.set(F::best_share, |_| best.within(text) / total);
        out.set(F::best_distance, |at| self.distance(at, best.first, best.end));
        let (before, behind) = (&self.sure_before, &self.sure_behind);
        out.set(F::sure_before, |at| before[at].map_or(FAR, |sure| self.words(sure + 1, at)));
        out.set(F::sure_behind, |at| behind[at].map_or(FAR, |sure| self.words(at + 1, sure)));
        out.set(F::sure_before_levels, |at| before[at].map_or(LEVELS_FAR, |sure| self.levels(sure, at)));
        out.set(F::sure_behind_levels, |at| behind[at].map_or(LEVELS_FAR, |sure| self.levels(sure, at)));
        out.set(F::surest, |_| self.surest);
        out.set(F::total, |_| self.log_total);
        let (start, end) = self.run;
        out.set(F::run_inside, |at| f32::from(u8::from((start..end).contains(&at))));
        out.set(F::run_share, |_| (text[end] - text[start]) / total);
        out.set(F::run_distance, |at| self.distance(at, start, end));
    }

    /// What the first judgement says of the boxes around each block, from the innermost one that holds more than it.
    fn measure_boxes(&self, total: f32, out: &mut Part<'_>) {
        use Feature as F;
        let mut boxes: Vec<usize> = self.page.blocks.iter().map(|block| block.element).collect();
        for (mean, share) in [
            (F::box1, Some(F::box1_share)),
            (F::box2, Some(F::box2_share)),
            (F::box3, Some(F::box3_share)),
            (F::box4, None),
        ] {
            boxes.iter_mut().for_each(|element| *element = self.page.wider(*element));
            let text = |at: usize| self.page.elements[boxes[at]].within(&self.text);
            let weight = |at: usize| self.page.elements[boxes[at]].within(&self.weights);
            out.set(mean, |at| text(at) / weight(at).max(0.5));
            if let Some(share) = share {
                out.set(share, |at| text(at) / total);
            }
        }
    }
}

/// The run of blocks with the largest sum of judgement above one half, by weight.
fn heaviest_run(first: &[f32], weight: impl Fn(usize) -> f32) -> (usize, usize) {
    let (mut best, mut run) = (0.0, (0, 0));
    let (mut sum, mut start) = (0.0, 0);
    for (index, judged) in first.iter().enumerate() {
        if sum <= 0.0 {
            (sum, start) = (0.0, index);
        }
        sum += (judged - 0.5) * weight(index);
        if sum > best {
            (best, run) = (sum, (start, index + 1));
        }
    }
    run
}
