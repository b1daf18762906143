//! One walk over the parsed page: its blocks with their features, its elements, and the facts that name fields.

use scraper::Html;
use scraper::node::{Element as Node, Node as Kind};

use crate::fold::{collapse, words};
use crate::markup::{self, Names};
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
    pub(crate) links: u32,
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
    link: bool,
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

/// Walks the tree once. Recursion would let a hostile page choose the depth of our stack, so there is none.
pub(crate) fn walk(html: &Html, with_hidden: bool) -> Page {
    let mut walker = Walker::new(with_hidden);
    let root = html.tree.root();
    let Some(mut node) = root.first_child() else { return walker.finish() };
    loop {
        let inside = match node.value() {
            Kind::Element(element) => walker.enter(element),
            Kind::Text(text) => {
                walker.text(text);
                false
            }
            _ => false,
        };
        if inside {
            match node.first_child() {
                Some(child) => {
                    node = child;
                    continue;
                }
                None => walker.leave(),
            }
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            match node.parent() {
                Some(parent) if parent.id() != root.id() => {
                    walker.leave();
                    node = parent;
                }
                _ => return walker.finish(),
            }
        }
    }
}

/// An open element.
#[derive(Clone, Copy)]
struct Frame {
    element: usize,
    tag: Tag,
    place: Place,
    field: Option<Label>,
    residue: bool,
    is_block: bool,
    captures: bool,
}

struct Walker {
    page: Page,
    frames: Vec<Frame>,
    run: Run,
    capturing: Vec<Capture>,
    with_hidden: bool,
    in_head_title: bool,
}

/// Text gathered since the last border.
#[derive(Default)]
struct Run {
    text: String,
    link_text: String,
    links: u32,
    frame: Option<Frame>,
}

/// Active captures at a time; a page that nests bylines in bylines gets no more.
const CAPTURES_MAX: usize = 6;
const FACTS_MAX: usize = 2000;

impl Walker {
    fn new(with_hidden: bool) -> Self {
        let root =
            Element { parent: 0, signature: 0, names: Names::default(), tag: Tag::Root, first: 0, end: 0 };
        let frame = Frame {
            element: 0,
            tag: Tag::Root,
            place: Place::default(),
            field: None,
            residue: false,
            is_block: true,
            captures: false,
        };
        let page = Page { elements: vec![root], ..Page::default() };
        Self { page, frames: vec![frame], run: Run::default(), capturing: Vec::new(), with_hidden, in_head_title: false }
    }

    fn top(&self) -> Frame {
        // The root's frame is never popped before `finish`.
        self.frames.last().copied().unwrap_or(Frame {
            element: 0,
            tag: Tag::Root,
            place: Place::default(),
            field: None,
            residue: false,
            is_block: true,
            captures: false,
        })
    }

    /// Takes an element in; false where its content is to be passed over.
    fn enter(&mut self, node: &Node) -> bool {
        let name = node.name();
        match name {
            "script" | "style" | "template" | "noscript" | "svg" | "math" | "iframe" | "select" | "datalist" => {
                return false;
            }
            "meta" => {
                self.meta(node);
                return false;
            }
            "link" => {
                if let (Some(rel), Some(href)) = (node.attr("rel"), node.attr("href")) {
                    if self.page.facts.links.len() < FACTS_MAX {
                        self.page.facts.links.push((rel.to_ascii_lowercase(), href.to_owned()));
                    }
                }
                return false;
            }
            "br" | "hr" => {
                self.flush(name == "br");
                return false;
            }
            "img" => {
                self.image(node);
                return false;
            }
            "input" | "embed" | "source" | "track" | "wbr" | "area" | "col" | "base" => return false,
            "html" => self.page.facts.language = node.attr("lang").map(str::to_owned),
            "title" => self.in_head_title = self.page.facts.title.is_none(),
            _ => {}
        }
        if !self.with_hidden && is_hidden(node) {
            return false;
        }
        self.push(node, name);
        true
    }

    fn push(&mut self, node: &Node, name: &str) {
        let outer = self.top();
        let (tag, is_block) = classify(name);
        let names = if matches!(name, "html" | "body") { Names::default() } else { read_names(node) };
        let has_names = names != Names::default();
        if is_block {
            self.flush(false);
        }
        let mut frame = Frame { captures: false, is_block, ..outer };
        if is_block || has_names {
            let tag_here = if is_block { tag } else { Tag::Inline };
            frame.element = self.page.elements.len();
            self.page.elements.push(Element {
                parent: outer.element,
                signature: signature(node, name),
                names,
                tag: tag_here,
                first: self.page.blocks.len(),
                end: self.page.blocks.len(),
            });
        }
        if is_block {
            frame.tag = if tag == Tag::Div && matches!(outer.tag, Tag::Item | Tag::Cell | Tag::Quote | Tag::Caption) {
                outer.tag // a `div` within a list item is still the item
            } else {
                tag
            };
        }
        frame.place = place(outer.place, name, node);
        frame.field = names.field.or(outer.field);
        frame.residue = outer.residue || names.residue.is_some();
        if name == "a" {
            self.run.links += 1;
        }
        frame.captures = self.capture(node, name, names, frame.residue);
        self.frames.push(frame);
    }

    fn leave(&mut self) {
        if self.frames.len() < 2 {
            return;
        }
        let Some(frame) = self.frames.pop() else { return };
        if frame.is_block {
            self.flush(false);
        }
        self.in_head_title = false;
        let outer = self.top();
        if frame.element != outer.element {
            self.page.elements[frame.element].end = self.page.blocks.len();
        }
        if frame.captures {
            if let Some(mut capture) = self.capturing.pop() {
                capture.text = collapse(&capture.text);
                if self.page.facts.captured.len() < FACTS_MAX {
                    self.page.facts.captured.push(capture);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_head_title {
            let title = self.page.facts.title.get_or_insert_with(String::new);
            title.push_str(text);
            return;
        }
        for capture in &mut self.capturing {
            if capture.text.len() < 2000 {
                capture.text.push_str(text);
            }
        }
        let frame = self.top();
        if self.run.frame.is_none() && !text.trim().is_empty() {
            self.run.frame = Some(frame);
        } else if let Some(run) = &mut self.run.frame {
            // The run is named by what all of its parts have in common.
            if run.element != frame.element && !text.trim().is_empty() {
                run.element = self.common_block(run.element, frame.element);
                if run.field != frame.field {
                    run.field = None;
                }
                run.place.button &= frame.place.button;
            }
        }
        if frame.place.link {
            self.run.link_text.push_str(text);
            self.run.link_text.push(' ');
        }
        self.run.text.push_str(text);
    }

    /// The innermost element that holds both; their chains are short.
    fn common_block(&self, left: usize, right: usize) -> usize {
        let (mut left, mut right) = (left, right);
        while left != right {
            // A child stands behind its parent.
            if left > right {
                left = self.page.elements[left].parent;
            } else {
                right = self.page.elements[right].parent;
            }
        }
        left
    }

    fn flush(&mut self, broken: bool) {
        let run = std::mem::take(&mut self.run);
        for capture in &mut self.capturing {
            capture.text.push(' ');
        }
        let Some(frame) = run.frame else { return };
        let text = collapse(&run.text);
        if text.is_empty() {
            return;
        }
        let tag = if frame.place.button { Tag::Button } else { frame.tag };
        self.page.blocks.push(Raw {
            words: words(&text),
            link_words: words(&run.link_text),
            links: run.links,
            text,
            element: frame.element,
            tag,
            place: frame.place,
            broken,
            field: frame.field,
        });
    }

    fn finish(mut self) -> Page {
        while self.frames.len() > 1 {
            self.leave();
        }
        self.flush(false);
        let end = self.page.blocks.len();
        if let Some(root) = self.page.elements.first_mut() {
            root.end = end;
        }
        if let Some(title) = &mut self.page.facts.title {
            *title = collapse(title);
        }
        self.page
    }

    fn meta(&mut self, node: &Node) {
        let name = node.attr("property").or_else(|| node.attr("name")).or_else(|| node.attr("itemprop"));
        let Some((name, content)) = name.zip(node.attr("content")) else { return };
        let facts = &mut self.page.facts;
        if node.attr("itemprop").is_some() && facts.captured.len() < FACTS_MAX {
            facts.captured.push(Capture {
                kind: CaptureKind::Itemprop(name.to_ascii_lowercase()),
                stated: Some(content.to_owned()),
                text: String::new(),
                block: self.page.blocks.len(),
                residue: self.frames.last().is_some_and(|frame| frame.residue),
            });
        }
        if facts.metas.len() < FACTS_MAX {
            facts.metas.push((name.trim().to_ascii_lowercase(), collapse(content)));
        }
    }

    fn image(&mut self, node: &Node) {
        let source = [node.attr("data-src"), node.attr("src")].into_iter().flatten().find(|url| !url.starts_with("data:"));
        if let Some(source) = source.filter(|_| self.page.facts.images.len() < FACTS_MAX) {
            self.page.facts.images.push(PageImage {
                source: source.trim().to_owned(),
                alt: collapse(node.attr("alt").unwrap_or_default()),
                block: self.page.blocks.len(),
            });
        }
    }

    /// Begins to note an element's text where it names a field.
    fn capture(&mut self, node: &Node, name: &str, names: Names, residue: bool) -> bool {
        let rel_author = node.attr("rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"));
        let itemprop = node.attr("itemprop").map(str::to_ascii_lowercase);
        let kind = match itemprop.as_deref() {
            Some("author" | "name" | "headline" | "datepublished" | "datemodified" | "creator") if itemprop.is_some() => {
                CaptureKind::Itemprop(itemprop.unwrap_or_default())
            }
            _ if name == "time" => CaptureKind::Time,
            _ if name == "h1" => CaptureKind::Heading,
            _ if rel_author => CaptureKind::RelAuthor,
            _ if names.field == Some(Label::Byline) => CaptureKind::Byline,
            _ if names.field == Some(Label::Dateline) => CaptureKind::Date,
            _ => return false,
        };
        if self.capturing.len() >= CAPTURES_MAX {
            return false;
        }
        let stated = node.attr("datetime").or_else(|| node.attr("content")).map(str::to_owned);
        let block = self.page.blocks.len();
        self.capturing.push(Capture { kind, stated, text: String::new(), block, residue });
        true
    }
}

fn read_names(node: &Node) -> Names {
    let class = node.attr("class").unwrap_or_default().split_whitespace();
    let id = node.attr("id").into_iter();
    let mut names = markup::read(class.chain(id));
    match node.attr("itemprop") {
        Some("articleBody") => names.content = true,
        Some("headline") => names.field = names.field.or(Some(Label::Title)),
        Some("author") => names.field = names.field.or(Some(Label::Byline)),
        Some("datePublished" | "dateModified") => names.field = names.field.or(Some(Label::Dateline)),
        _ => {}
    }
    match node.attr("role") {
        Some("navigation" | "menu" | "menubar") => names.residue = Some(Label::Nav),
        Some("complementary") => names.residue = names.residue.or(Some(Label::Other)),
        Some("contentinfo") => names.residue = Some(Label::Legal),
        Some("search" | "dialog" | "alertdialog") => names.residue = names.residue.or(Some(Label::Other)),
        _ => {}
    }
    names
}

fn place(outer: Place, name: &str, node: &Node) -> Place {
    let mut place = outer;
    match name {
        "nav" => place.nav = true,
        "aside" => place.aside = true,
        "header" => place.header = true,
        "footer" => place.footer = true,
        "form" => place.form = true,
        "button" | "label" | "option" | "textarea" => place.button = true,
        "figure" | "figcaption" => place.figure = true,
        "blockquote" => place.quote = true,
        "ul" | "ol" | "dl" => place.list = true,
        "table" => place.table = true,
        "article" => place.article = true,
        "a" => place.link = true,
        _ => {}
    }
    if node.attr("role") == Some("button") {
        place.button = true;
    }
    place
}

fn classify(name: &str) -> (Tag, bool) {
    let tag = match name {
        "body" => Tag::Body,
        "article" => Tag::Article,
        "main" => Tag::Main,
        "section" => Tag::Section,
        "p" => Tag::Paragraph,
        "h1" => Tag::Heading(1),
        "h2" => Tag::Heading(2),
        "h3" => Tag::Heading(3),
        "h4" => Tag::Heading(4),
        "h5" => Tag::Heading(5),
        "h6" => Tag::Heading(6),
        "ul" | "ol" | "dl" | "menu" | "dir" => Tag::List,
        "li" | "dt" | "dd" => Tag::Item,
        "table" | "tbody" | "thead" | "tfoot" => Tag::Table,
        "tr" => Tag::Row,
        "td" | "th" => Tag::Cell,
        "blockquote" => Tag::Quote,
        "pre" => Tag::Pre,
        "figure" => Tag::Figure,
        "figcaption" | "caption" => Tag::Caption,
        "nav" => Tag::Nav,
        "aside" => Tag::Aside,
        "header" => Tag::Header,
        "footer" => Tag::Footer,
        "form" | "fieldset" => Tag::Form,
        "button" | "option" | "textarea" => Tag::Button,
        "html" | "head" | "div" | "address" | "center" | "details" | "summary" | "dialog" | "hgroup" | "legend"
        | "title" | "video" | "audio" | "object" | "picture" | "search" => Tag::Div,
        _ => return (Tag::Inline, false),
    };
    (tag, true)
}

fn is_hidden(node: &Node) -> bool {
    if node.attr("hidden").is_some() {
        return true;
    }
    let Some(style) = node.attr("style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// FNV-1a of tag and class.
fn signature(node: &Node, name: &str) -> u64 {
    let class = node.attr("class").unwrap_or_default();
    name.bytes().chain([b' ']).chain(class.bytes()).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
