//! One walk over the parsed page.

use scraper::Html;
use scraper::node::{Element as Node, Node as Kind};

use crate::element::{classify, is_hidden, place, read_names, signature};
use crate::fold::{collapse, words};
use crate::markup::Names;
use crate::page::{Capture, CaptureKind, Element, Page, PageImage, Place, Raw, Tag};
use crate::tables;
use crate::types::Label;

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
    /// A link or span has just ended: what follows at once is another one, parted from it by style alone.
    after_inline: bool,
}

/// Text gathered since the last border.
#[derive(Default)]
struct Run {
    text: String,
    link_text: String,
    frame: Option<Frame>,
}

/// Active captures at a time; a page that nests bylines in bylines gets no more.
const CAPTURES_MAX: usize = 6;
const FACTS_MAX: usize = 2000;

impl Walker {
    fn new(with_hidden: bool) -> Self {
        let root = Element { parent: 0, signature: 0, names: Names::default(), tag: Tag::Root, first: 0, end: 0 };
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
        Self {
            page,
            frames: vec![frame],
            run: Run::default(),
            capturing: Vec::new(),
            with_hidden,
            in_head_title: false,
            after_inline: false,
        }
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
                if let (Some(rel), Some(href)) = (node.attr("rel"), node.attr("href"))
                    && self.page.facts.links.len() < FACTS_MAX
                {
                    self.page.facts.links.push((rel.to_ascii_lowercase(), href.to_owned()));
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
        if name == "a" && self.after_inline {
            self.run.text.push(' ');
        }
        self.after_inline = false;
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
        self.after_inline = !frame.is_block;
        let outer = self.top();
        if frame.element != outer.element {
            self.page.elements[frame.element].end = self.page.blocks.len();
        }
        if frame.captures
            && let Some(mut capture) = self.capturing.pop()
        {
            capture.text = collapse(&capture.text);
            if self.page.facts.captured.len() < FACTS_MAX {
                self.page.facts.captured.push(capture);
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_head_title {
            let title = self.page.facts.title.get_or_insert_with(String::new);
            title.push_str(text);
            return;
        }
        self.after_inline = false;
        for capture in &mut self.capturing {
            if capture.text.len() < 2000 {
                capture.text.push_str(text);
            }
        }
        let frame = self.top();
        if self.run.frame.is_none() && !text.trim().is_empty() {
            self.run.frame = Some(frame);
        } else if let Some(mut run) = self.run.frame {
            // The run is named by what all of its parts have in common.
            if run.element != frame.element && !text.trim().is_empty() {
                run.element = self.common_block(run.element, frame.element);
                if run.field != frame.field {
                    run.field = None;
                }
                run.place.button &= frame.place.button;
                self.run.frame = Some(run);
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
        tables::join_rows(&mut self.page);
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
        let source =
            [node.attr("data-src"), node.attr("src")].into_iter().flatten().find(|url| !url.starts_with("data:"));
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
            Some("author" | "name" | "headline" | "datepublished" | "datemodified" | "creator")
                if itemprop.is_some() =>
            {
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
