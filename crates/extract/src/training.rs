//! What the trainer reads and tries: blocks with their features, and weights that are not checked in.

use crate::model::Model;
use crate::types::Context;
use crate::{context, features, judge, label, metadata, text, tokens, verdict};

/// The columns of a row: features of a block, what names around it say, what the first judgement says.
pub const COLUMNS: &[&[&str]] = &[features::NAMES, tokens::NAMES, context::NAMES];

/// A page as the trainer sees it.
#[derive(Debug, Default)]
pub struct Sample {
    /// The text of each block.
    pub texts: Vec<String>,
    /// A row of [`COLUMNS`] a block. Columns of names are zero, those of the first judgement as well if none was given.
    pub rows: Vec<f32>,
    /// For each block the element it stands in.
    pub elements: Vec<usize>,
    /// For each element the element around it.
    pub parents: Vec<usize>,
    /// For each element the digests of its names.
    pub tokens: Vec<Vec<u32>>,
    /// The digests of what the page calls itself.
    pub words: Vec<u32>,
    /// The digests of the words in short blocks.
    pub short_words: Vec<u32>,
}

/// Measures a page. `first` begins with the first judgement of its blocks, if there is one.
pub fn html(html: &str, context: &Context<'_>, first: Option<&[f32]>) -> Sample {
    let read = crate::read(html);
    let metadata = metadata::read(&read.page, &read.region, &read.linked, context, false);
    let rows = label::with_sources(&read.page, &read.region, &metadata, |sources| judge::rows(sources, first));
    let words = verdict::words(&read.page, &read.linked, context.url);
    let short_words = verdict::short_words(&read.page);
    let page = read.page;
    Sample {
        rows,
        words,
        short_words,
        elements: page.blocks.iter().map(|block| block.element).collect(),
        parents: page.elements.iter().map(|element| element.parent).collect(),
        tokens: page.elements.iter().map(|element| page.tokens_of(element).to_vec()).collect(),
        texts: page.blocks.into_iter().map(|block| block.text).collect(),
    }
}

/// The rows of the lines that hold something.
pub fn lines(lines: &[&str]) -> Vec<f32> {
    text::rows(lines)
}

/// What is measured of a page for its verdict, by these weights. The last two columns, what its words say, are zero.
pub fn verdict(html: &str, context: &Context<'_>, weights: &Weights) -> Vec<f32> {
    let read = crate::read(html);
    let metadata = metadata::read(&read.page, &read.region, &read.linked, context, false);
    let labelled = label::blocks(&read.page, &read.region, &metadata, &weights.0, false);
    verdict::row(&read.page, &metadata, &labelled, context.url, [0.0; 2]).to_vec()
}

/// The verdict's columns.
pub const VERDICT_COLUMNS: &[&str] = verdict::NAMES;

/// Weights that are not those checked in.
#[derive(Debug)]
pub struct Weights(Model);

impl Weights {
    /// Reads what the trainer wrote; none where it is something else.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Model::read(bytes).map(Self)
    }

    pub(crate) fn model(&self) -> &Model {
        &self.0
    }
}
