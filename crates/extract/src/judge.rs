//! Whether a block is text, by the model: a first look at each block alone, and a second that knows what the first said
//! of all.

use crate::columns::{Rows, Wanted};
use crate::context;
use crate::features::{self, Sources};
use crate::model::{Model, Use};
use crate::page::{Page, Raw};
use crate::sequence::State;
use crate::tokens;
use crate::wording::{Hit, Strength};

/// Columns of a row: features, names, context.
pub(crate) const COLUMNS: usize = features::COUNT + tokens::COUNT + context::COUNT;

/// The column of a block's own first judgement.
const FIRST: usize = features::COUNT + tokens::COUNT;

/// The probability above which a line is text, of a text in which some line's wording shows that residue was left.
const TEXT: f32 = 0.4;
/// The same where no line does: a text that was cleaned before is to stay as it is.
const TEXT_OF_CLEAN: f32 = 0.03;
/// The same for a line that says nothing but `Share` or `Comments`, as those of an article seldom do.
const TEXT_WORDED_OF_CLEAN: f32 = 0.1;
/// The same for a line whose own wording shows residue, `Read more: ..`, `Subscribe to ..`, and for a headline behind one that
/// opens a list. Of the lines between on the development sets nineteen are residue and one is text; sentences that hold
/// such words have more.
const TEXT_SUSPECT: f32 = 0.7;
/// What the least probability of a text block may fall to where all of a page is unsure.
const TEXT_MIN: f32 = 0.3;
/// The same where no block of a page has more than that, and some are running text: a little of an article is better than
/// none.
const TEXT_LEAST: f32 = 0.15;
/// The probability from which on a block may add to what a page is expected to hold: a page's many blocks of residue,
/// each with a small one, would add up to an article.
const EXPECTED_MIN: f32 = 0.25;
/// Added to the threshold that follows, since what is kept is used as it is.
const TEXT_MARGIN: f32 = 0.02;
/// The least probability follows from itself; it stands still after a few rounds.
const THRESHOLD_ROUNDS_MAX: usize = 12;

/// The first judgement below which blocks that stand together are not looked at again. On the development sets that is half of
/// all blocks, and the second look calls none of those text that have less than .08.
const DOUBTED: f32 = 0.02;

/// What the model says of all blocks of a page or lines of a text.
pub(crate) struct Judged {
    /// The probability that each is text.
    pub(crate) text: Vec<f32>,
    /// The probability above which they are.
    pub(crate) threshold: f32,
    /// What lines must have instead, each for itself; none of a page.
    least: Vec<f32>,
    /// What was measured of each.
    pub(crate) rows: Rows,
    looks: Looks,
}

/// How often the model looks.
#[derive(Clone, Copy)]
enum Looks {
    Twice,
    /// There are no boxes around a line, so one look is enough.
    Once,
}

/// Judges the blocks of a page. All that is measured is kept if it is to be explained, else what the model asks about.
pub(crate) fn blocks(sources: &Sources<'_>, model: &Model, explain: bool) -> Judged {
    let asked = model.wanted(Use::Page).or(model.wanted(Use::PageAgain));
    let mut rows = measured(sources, model, if explain { Wanted::ALL } else { asked });
    let mut text = model.judge(Use::Page, &rows);
    context::measure(sources.page, &text, &mut rows.part(FIRST));
    model.judge_again(Use::PageAgain, &rows, &mut text, DOUBTED);
    let threshold = threshold(sources.page, &text);
    Judged { text, threshold, least: Vec::new(), rows, looks: Looks::Twice }
}

/// The same for the lines of a text that was already extracted.
pub(crate) fn lines(sources: &Sources<'_>, model: &Model, explain: bool) -> Judged {
    let rows = measured(sources, model, if explain { Wanted::ALL } else { model.wanted(Use::Lines) });
    let is_strong = |hit: &Option<Hit>| hit.is_some_and(|hit| hit.strength == Strength::Strong);
    let is_clean = !sources.hits.iter().any(is_strong);
    let lines = sources.page.blocks.iter().zip(sources.hits).zip(sources.states);
    let least = lines.map(|((block, hit), state)| {
        let listed = *state == State::Listed && block.form.is_headline() && !block.form.sentence;
        match hit {
            _ if listed || is_strong(hit) => TEXT_SUSPECT,
            _ if !is_clean => TEXT,
            Some(hit) if hit.whole => TEXT_WORDED_OF_CLEAN,
            _ => TEXT_OF_CLEAN,
        }
    });
    Judged { text: model.judge(Use::Lines, &rows), threshold: TEXT, least: least.collect(), rows, looks: Looks::Once }
}

/// The probability from which on keeping a block makes the expected F1 of the page larger: half of the largest expected
/// F1 (Lipton, Elkan, Naryanaswamy, "Optimal thresholding of classifiers to maximize F1 measure", 2014). On a page that
/// is clear it is near one half; where the model is unsure of everything it falls, so that an article in an unheard-of
/// layout is not cut to pieces.
fn threshold(page: &Page, text: &[f32]) -> f32 {
    let weighed = || page.blocks.iter().map(|block| block.words + 0.5).zip(text);
    let expected: f32 =
        weighed().filter(|(_, judged)| **judged > EXPECTED_MIN).map(|(words, judged)| words * judged).sum();
    let mut threshold = 0.5;
    for _ in 0..THRESHOLD_ROUNDS_MAX {
        let (mut kept, mut right) = (0.0, 0.0);
        for (words, judged) in weighed().filter(|(_, judged)| **judged > threshold) {
            kept += words;
            right += words * judged;
        }
        let next = if kept > 0.0 { right / (kept + expected) + TEXT_MARGIN } else { threshold / 2.0 };
        if next <= TEXT_MIN {
            let clear = text.iter().any(|judged| *judged > TEXT_MIN);
            let prose = |(block, judged): (&Raw, &f32)| *judged > TEXT_LEAST && block.form.is_prose();
            return if !clear && page.blocks.iter().zip(text).any(prose) { TEXT_LEAST } else { TEXT_MIN };
        }
        if (next - threshold).abs() < 1e-4 {
            return next;
        }
        threshold = next;
    }
    threshold
}

impl Judged {
    pub(crate) fn is_text(&self, index: usize) -> bool {
        self.text[index] > self.least.get(index).copied().unwrap_or(self.threshold)
    }

    /// The probabilities of rows that `value` makes of row and column.
    pub(crate) fn again(&self, model: &Model, count: usize, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        let mut rows = Rows::new(count, COLUMNS, Wanted::ALL);
        for column in (0..COLUMNS).filter(|column| *column != FIRST) {
            rows.part(column).set(0_usize, |row| value(row, column));
        }
        match self.looks {
            Looks::Once => model.judge(Use::Lines, &rows),
            Looks::Twice => {
                let first = model.judge(Use::Page, &rows);
                rows.part(FIRST).set(0_usize, |row| first[row]);
                model.judge(Use::PageAgain, &rows)
            }
        }
    }
}

/// All that is measured of all blocks, row by row. `first` begins with the first judgement of them; without one, the columns
/// that depend on it are zero, as those of names are without a model.
pub(crate) fn rows(sources: &Sources<'_>, first: Option<&[f32]>) -> Vec<f32> {
    let mut rows = measured(sources, &Model::default(), Wanted::ALL);
    if let Some(first) = first.and_then(|first| first.get(..sources.page.blocks.len())) {
        context::measure(sources.page, first, &mut rows.part(FIRST));
    }
    rows.by_row()
}

/// What is measured of all blocks in front of the first look.
fn measured(sources: &Sources<'_>, model: &Model, wanted: Wanted) -> Rows {
    let mut rows = Rows::new(sources.page.blocks.len(), COLUMNS, wanted);
    features::measure(sources, &mut rows.part(0));
    tokens::measure(sources.page, model, &mut rows.part(features::COUNT));
    rows
}
