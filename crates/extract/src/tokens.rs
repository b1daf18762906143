//! What the parts of class names and ids around a block speak for, by a table that was learned: `post-content` for text,
//! `promo` against it.

use crate::columns::Part;
use crate::model::Model;
use crate::page::Page;

/// The figures' names, in the order of a row.
pub(crate) const NAMES: &[&str] =
    &["names_for", "names_against", "names_sum", "names_near_against", "names_near_for", "names_mean"];

/// Figures of a block.
pub(crate) const COUNT: usize = NAMES.len();

/// Elements around a block that count for the mean.
const MEAN_LEVELS: usize = 5;

/// What the names of one element say, and those of all around it.
#[derive(Clone, Copy, Default)]
struct Said {
    own: Range,
    all: Range,
}

#[derive(Clone, Copy, Default)]
struct Range {
    highest: f32,
    lowest: f32,
    sum: f32,
    count: f32,
}

impl Range {
    fn of(tokens: &[u32], model: &Model) -> Self {
        let mut range = Self::default();
        tokens.iter().filter_map(|digest| model.token(*digest)).for_each(|score| range.add(score));
        range
    }

    fn add(&mut self, score: f32) {
        self.highest = if self.count > 0.0 { self.highest.max(score) } else { score };
        self.lowest = if self.count > 0.0 { self.lowest.min(score) } else { score };
        self.sum += score;
        self.count += 1.0;
    }

    fn join(&mut self, other: Range) {
        if other.count > 0.0 {
            self.highest = if self.count > 0.0 { self.highest.max(other.highest) } else { other.highest };
            self.lowest = if self.count > 0.0 { self.lowest.min(other.lowest) } else { other.lowest };
            self.sum += other.sum;
            self.count += other.count;
        }
    }
}

/// Measures what the names around all blocks say. In lines of text there are none.
pub(crate) fn measure(page: &Page, model: &Model, out: &mut Part<'_>) {
    let figures = Figures::new(page, model);
    let of_blocks: Vec<[f32; COUNT]> = page.blocks.iter().map(|block| figures.of(block.element)).collect();
    (0..COUNT).for_each(|column| out.set(column, |at| of_blocks[at][column]));
}

/// What the names around each element say.
struct Figures<'a> {
    page: &'a Page,
    said: Vec<Said>,
}

impl<'a> Figures<'a> {
    fn new(page: &'a Page, model: &Model) -> Self {
        let mut said: Vec<Said> = Vec::with_capacity(page.elements.len());
        // Elements with the same names share their digests: each run of them is looked up once.
        let mut known: Vec<Option<Range>> = vec![None; page.tokens.len()];
        for (index, element) in page.elements.iter().enumerate() {
            let own = match known.get_mut(element.tokens.0 as usize).filter(|_| element.tokens.1 > element.tokens.0) {
                Some(known) => *known.get_or_insert_with(|| Range::of(page.tokens_of(element), model)),
                None => Range::default(),
            };
            let mut all = own;
            if index > 0 {
                all.join(said[element.parent].all);
            }
            said.push(Said { own, all });
        }
        Self { page, said }
    }

    /// The figures of an element; zeros where no name in or around it is known.
    fn of(&self, element: usize) -> [f32; COUNT] {
        let Said { own, all } = self.said[element];
        let (mut near, mut mean) = (own, own);
        let mut at = element;
        for level in 1..MEAN_LEVELS {
            if at == 0 {
                break;
            }
            at = self.page.elements[at].parent;
            mean.join(self.said[at].own);
            if level == 1 {
                near.join(self.said[at].own);
            }
        }
        [
            all.highest,
            all.lowest,
            all.sum / all.count.max(1.0).sqrt(),
            near.lowest,
            near.highest,
            mean.sum / mean.count.max(1.0),
        ]
    }
}
