//! A page as the walk over its tree leaves it: blocks with their features, elements, and the facts that name fields.

use crate::markup::Names;
use crate::types::Label;

/// A page as the walk sees it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) elements: Vec<Element>,
    pub(crate) blocks: Vec<Raw>,
    pub(crate) facts: Facts,
}

/// An element that may hold blocks.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// Itself for the root.
    pub(crate) parent: usize,
    /// A digest of its tag and class: siblings made by one template share it.
    pub(crate) signature: u64,
    pub(crate) names: Names,
    pub(crate) tag: Tag,
    /// Its blocks are `first..end`.
    pub(crate) first: usize,
    pub(crate) end: usize,
}

/// Tags that matter to what a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Root,
    Body,
    Article,
    Main,
    Section,
    Div,
    Paragraph,
    Heading(u8),
    List,
    Item,
    Table,
    Row,
    Cell,
    Quote,
    Pre,
    Figure,
    Caption,
    Nav,
    Aside,
    Header,
    Footer,
    Form,
    Button,
    Inline,
}

/// A run of text between the borders of blocks.
#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) text: String,
    pub(crate) words: f32,
    /// Words within links.
    pub(crate) link_words: f32,
    /// The innermost element around all of it.
    pub(crate) element: usize,
    /// What kind of block it is in itself.
    pub(crate) tag: Tag,
    pub(crate) place: Place,
    /// A line break ended it, not the end of a block.
    pub(crate) broken: bool,
    /// The innermost element around it that names a field of the article.
    pub(crate) field: Option<Label>,
}

impl Raw {
    pub(crate) fn link_density(&self) -> f32 {
        if self.words > 0.0 { (self.link_words / self.words).min(1.0) } else { 0.0 }
    }
}

/// Elements that a block stands within, at any distance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) nav: bool,
    pub(crate) aside: bool,
    pub(crate) header: bool,
    pub(crate) footer: bool,
    pub(crate) form: bool,
    pub(crate) button: bool,
    pub(crate) figure: bool,
    pub(crate) quote: bool,
    pub(crate) list: bool,
    pub(crate) table: bool,
    pub(crate) article: bool,
    pub(crate) link: bool,
}

/// What names the article's fields.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) language: Option<String>,
    pub(crate) title: Option<String>,
    /// `name`, `property` or `itemprop` in lower case, and `content`.
    pub(crate) metas: Vec<(String, String)>,
    /// `rel` and `href`.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) captured: Vec<Capture>,
    pub(crate) images: Vec<PageImage>,
}

/// The text of an element that names a field.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) kind: CaptureKind,
    /// The value that an attribute states: `datetime`, `content`.
    pub(crate) stated: Option<String>,
    pub(crate) text: String,
    /// How many blocks came before it.
    pub(crate) block: usize,
    /// The element is one of these by its class: a comment, a teaser.
    pub(crate) residue: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaptureKind {
    Itemprop(String),
    RelAuthor,
    Byline,
    Date,
    Time,
    Heading,
}

#[derive(Clone, Debug)]
pub(crate) struct PageImage {
    pub(crate) source: String,
    pub(crate) alt: String,
    pub(crate) block: usize,
}
