//! A page as the walk over its tree leaves it: blocks with their features, elements, and the facts that name fields.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::evidence::Form;
use crate::markup::Names;
use crate::types::Label;

/// A table whose keys a page chooses: hashed with a seed, so that it cannot make them collide.
pub(crate) type Map<Key, Value> = HashMap<Key, Value, foldhash::fast::RandomState>;

/// A page as the walk sees it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) elements: Vec<Element>,
    pub(crate) blocks: Vec<Raw>,
    pub(crate) facts: Facts,
    /// What stands behind the last block that is allowed was made part of it.
    pub(crate) joined: bool,
    /// Digests of the parts of class names and ids, a run for each set of names.
    pub(crate) tokens: Vec<u32>,
    /// Numbers of kin and of signatures are below these.
    pub(crate) kin_count: usize,
    pub(crate) signature_count: usize,
}

impl Page {
    /// The digests of the parts of an element's names.
    pub(crate) fn tokens_of(&self, element: &Element) -> &[u32] {
        self.tokens.get(element.tokens.0 as usize..element.tokens.1 as usize).unwrap_or_default()
    }

    /// The innermost element that holds two others, or is one of them; their chains are short.
    pub(crate) fn common(&self, left: usize, right: usize) -> usize {
        let (mut left, mut right) = (left, right);
        while left != right {
            // A child stands behind its parent.
            if left > right {
                left = self.elements[left].parent;
            } else {
                right = self.elements[right].parent;
            }
        }
        left
    }

    /// How many levels up from one element stands what holds another one as well.
    pub(crate) fn levels(&self, from: usize, to: usize) -> f32 {
        f32::from(self.elements[from].depth - self.elements[self.common(from, to)].depth)
    }

    /// An element and all around it, the innermost first.
    pub(crate) fn around(&self, element: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(element), |at| (*at != 0).then_some(self.elements[*at].parent))
    }

    /// The outermost element that holds the same blocks as one.
    pub(crate) fn top(&self, element: usize) -> &Element {
        &self.elements[self.elements[element].top as usize]
    }

    /// The nearest element around one that holds more blocks; the root's is itself.
    pub(crate) fn wider(&self, element: usize) -> usize {
        self.top(element).parent
    }

    /// Lines of text: one element with a paragraph for each.
    pub(crate) fn of_lines(lines: Vec<String>) -> Self {
        let root = Element { end: lines.len(), ..Element::root() };
        let mut page = Self { elements: Vec::with_capacity(lines.len() + 1), ..Self::default() };
        page.elements.push(root);
        page.blocks.reserve(lines.len());
        for (index, text) in lines.into_iter().enumerate() {
            let (tag, first, end) = (Tag::Paragraph, index, index + 1);
            page.elements.push(Element { tag, first, end, depth: 1, ..Element::root() });
            let form = Form::of(&text);
            page.blocks.push(Raw {
                text,
                words: form.words,
                form,
                link_words: 0.0,
                link_last: 0.0,
                cut: false,
                element: index + 1,
                tag: Tag::Paragraph,
                place: Place::default(),
                broken: false,
                field: None,
            });
        }
        page.number_kin();
        page
    }

    /// Numbers the elements' kin, children of one parent with one signature, and finds their tops.
    pub(crate) fn number_kin(&mut self) {
        let mut numbers: Map<(u32, u32), u32> = Map::default();
        for element in self.elements.iter_mut().skip(1) {
            let next = numbers.len() as u32 + 1;
            element.kin = *numbers.entry((element.parent as u32, element.signature)).or_insert(next);
        }
        // Among lines of text the root has their signature; it is no child of itself, but as many are like it.
        let root = (0, self.elements.first().map_or(0, |root| root.signature));
        if let Some(root) = numbers.get(&root).copied()
            && let Some(element) = self.elements.first_mut()
        {
            element.kin = root;
        }
        self.kin_count = numbers.len() + 1;
        for index in 0..self.elements.len() {
            let element = &self.elements[index];
            let outer = &self.elements[element.parent];
            let alone = index > 0 && (element.first, element.end) == (outer.first, outer.end);
            self.elements[index].top = if alone { outer.top } else { index as u32 };
        }
        self.signature_count = self.elements.iter().map(|element| element.signature as usize + 1).max().unwrap_or(1);
    }
}

/// An element that may hold blocks.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    /// Itself for the root.
    pub(crate) parent: usize,
    /// A number for its tag and class: siblings made by one template share it.
    pub(crate) signature: u32,
    /// A number that it shares with the children of its parent that have its signature; 0 for the root alone.
    pub(crate) kin: u32,
    /// The outermost element that holds the same blocks: some sites wrap each paragraph in several.
    pub(crate) top: u32,
    /// How many elements stand around it.
    pub(crate) depth: u16,
    pub(crate) names: Names,
    pub(crate) tag: Tag,
    /// Its blocks are `first..end`.
    pub(crate) first: usize,
    pub(crate) end: usize,
    /// Its tokens are `Page::tokens[tokens.0..tokens.1]`.
    pub(crate) tokens: (u32, u32),
}

impl Element {
    /// What its blocks add up to, of the sums that [`sums`] gives.
    pub(crate) fn within(&self, sums: &[f32]) -> f32 {
        sums[self.end] - sums[self.first]
    }

    /// What holds everything.
    pub(crate) fn root() -> Self {
        let names = Names::default();
        Self {
            parent: 0,
            signature: 0,
            kin: 0,
            top: 0,
            depth: 0,
            names,
            tag: Tag::Root,
            first: 0,
            end: 0,
            tokens: (0, 0),
        }
    }
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
    pub(crate) form: Form,
    /// Words within links, and those of them that no other words follow.
    pub(crate) link_words: f32,
    pub(crate) link_last: f32,
    /// It is cut short: `..` stands at its end, or in front of a link there.
    pub(crate) cut: bool,
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    pub(crate) language: Option<String>,
    pub(crate) title: Option<String>,
    /// `name`, `property` or `itemprop` in lower case, and `content`.
    pub(crate) metas: Vec<(String, String)>,
    /// `rel` and `href`.
    pub(crate) links: Vec<(String, String)>,
    pub(crate) captured: Vec<Capture>,
    pub(crate) images: Vec<PageImage>,
    /// A form on it asks for a password.
    pub(crate) asks_password: bool,
}

impl Facts {
    /// For a page whose blocks are not those that the facts stood among.
    pub(crate) fn without_places(mut self) -> Self {
        self.captured.iter_mut().for_each(|capture| capture.block = 0);
        self.images.iter_mut().for_each(|image| image.block = 0);
        self
    }
}

/// The text of an element that names a field.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) kind: CaptureKind,
    /// The value that an attribute states: `datetime`, `content`; of a link to an author its `href`.
    pub(crate) stated: Option<String>,
    pub(crate) text: String,
    /// How many blocks came before it.
    pub(crate) block: usize,
    /// The element is one of these by its class: a comment, a teaser.
    pub(crate) residue: bool,
    /// What it stands within, itself included.
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaptureKind {
    Itemprop(String),
    RelAuthor,
    /// A link into a part of the site that is about its authors.
    AuthorLink,
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

/// The logarithm of one more than a number of words, of which most are counted in halves.
pub(crate) fn log_words(words: f32) -> f32 {
    static OF_HALVES: LazyLock<Vec<f32>> =
        LazyLock::new(|| (0..HALVES).map(|halves| (f32::from(halves) / 2.0).ln_1p()).collect());
    let halves = words * 2.0;
    let at = halves as u32;
    let known = OF_HALVES.get(at as usize).filter(|_| at as f32 == halves);
    known.copied().unwrap_or_else(|| words.ln_1p())
}

/// Halves of words whose logarithm is kept.
const HALVES: u16 = 1 << 13;

/// Sums over a list: the one at `i` is of its first `i` values.
pub(crate) fn sums(values: impl IntoIterator<Item = f32>) -> Vec<f32> {
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    sums.extend(values.into_iter().map(|value| {
        sum += value;
        sum
    }));
    sums
}

/// For each of `count` places the nearest one before it that is so.
pub(crate) fn nearest_before(count: usize, is: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut last = None;
    (0..count).map(|index| if is(index) { last.replace(index) } else { last }).collect()
}

/// For each of `count` places the nearest one behind it that is so.
pub(crate) fn nearest_behind(count: usize, is: impl Fn(usize) -> bool) -> Vec<Option<usize>> {
    let mut nearest = vec![None; count];
    let mut next = None;
    for index in (0..count).rev() {
        nearest[index] = next;
        if is(index) {
            next = Some(index);
        }
    }
    nearest
}
