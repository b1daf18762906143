//! One walk over the parsed page.

use crate::asking;
use crate::element::{Labels, Said, classify, place};
use crate::evidence::Form;
use crate::fold::{collapse, collapse_into, words};
use crate::html::{AttributeName, Kind, Name, NodeRef, Tree};
use crate::limits::BLOCKS_MAX;
use crate::markup::{Names, Vocabulary};
use crate::metadata::leads_to_author;
use crate::page::{Capture, CaptureKind, Element, Map, Page, PageImage, Place, Raw, Tag};
use crate::tables;
use crate::types::Label;

/// Walks the tree once. Recursion would let a hostile page choose the depth of our stack, so there is none.
pub(crate) fn walk(tree: &Tree<'_>, with_hidden: bool) -> Page {
    let mut walker = Walker::new(with_hidden);
    let root = tree.root();
    let Some(mut node) = root.first_child() else { return walker.finish() };
    loop {
        let inside = match (node.kind(), node.text()) {
            (Kind::Element, _) => walker.enter(node),
            (_, Some(text)) => {
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

/// Whether a text is more than white space.
fn shows(text: &str) -> bool {
    match text.bytes().find(|byte| !matches!(byte, b' ' | b'\t'..=b'\r')) {
        Some(byte) if !byte.is_ascii() => !text.trim().is_empty(),
        byte => byte.is_some(),
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

struct Walker<'t> {
    page: Page,
    frames: Vec<Frame>,
    run: Run,
    /// Numbers for classes, since most are met again and again.
    classes: Map<&'t str, u32>,
    /// What the names of elements say and where their digests are: of those with a class alone by its number, of others by
    /// that and the rest.
    of_classes: Vec<Option<(Names, (u32, u32))>>,
    known: Map<(u32, Labels<'t>), (Names, (u32, u32))>,
    vocabulary: Vocabulary<'t>,
    /// Numbers for tags with their classes.
    signatures: Map<(Name, u32), u32>,
    /// The same of tags that are not known.
    unknown_signatures: Map<(&'t str, u32), u32>,
    capturing: Vec<Capture>,
    /// The elements in which fields for an e-mail address stand.
    email_fields: Vec<usize>,
    with_hidden: bool,
    in_head_title: bool,
    /// A link or span has just ended: what follows at once is another one, parted from it by style alone.
    after_inline: bool,
}

/// Text gathered since the last border.
#[derive(Default)]
struct Run {
    text: String,
    link_words: f32,
    link_last: f32,
    /// Where the text ends that is in no link.
    unlinked_end: usize,
    frame: Option<Frame>,
    /// Room for the text without superfluous white space.
    collapsed: String,
}

/// Active captures at a time; a page that nests bylines in bylines gets no more.
const CAPTURES_MAX: usize = 6;
const FACTS_MAX: usize = 2000;
/// Bytes of a capture's text behind which no more is taken.
const CAPTURE_BYTES_MAX: usize = 2000;

/// Whether what stands in front of a hidden element opens it: a button that says whether it has (WAI-ARIA Authoring Practices,
/// "Disclosure").
fn is_opened(node: NodeRef<'_, '_>) -> bool {
    let front = std::iter::successors(node.previous_sibling(), |node| node.previous_sibling());
    let Some(before) = front.take(OPENER_NODES_MAX).find(|node| node.kind() == Kind::Element) else { return false };
    let mut open = vec![before];
    for _ in 0..OPENER_NODES_MAX {
        let Some(node) = open.pop() else { return false };
        if node.attr(AttributeName::AriaExpanded).is_some() {
            return true;
        }
        open.extend(node.next_sibling().filter(|_| node.id() != before.id()));
        open.extend(node.first_child());
    }
    false
}

/// Nodes in front of a hidden element among which its button is looked for.
const OPENER_NODES_MAX: usize = 12;

/// Whether a field's name is that of an e-mail address.
fn names_email(name: &str) -> bool {
    const NAMES: [&str; 4] = ["email", "e-mail", "mail", "emailaddress"];
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a text is cut short.
fn is_cut(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '\n', '\t', '\r', '\u{a0}', ')', ']', '»', '>']);
    text.ends_with('…') || text.ends_with("...")
}

impl Frame {
    fn root() -> Self {
        Self {
            element: 0,
            tag: Tag::Root,
            place: Place::default(),
            field: None,
            residue: false,
            is_block: true,
            captures: false,
        }
    }
}

/// What names say, and where the digests of their parts are put.
fn read_names<'t>(page: &mut Page, vocabulary: &mut Vocabulary<'t>, labels: &Labels<'t>) -> (Names, (u32, u32)) {
    let tokens = &mut page.tokens;
    let first = tokens.len();
    for names in [labels.class, labels.id, labels.role, labels.itemprop].into_iter().flatten() {
        vocabulary.tokens(names, first, tokens);
    }
    (labels.read(vocabulary), (first as u32, tokens.len() as u32))
}

impl<'t> Walker<'t> {
    fn new(with_hidden: bool) -> Self {
        let page = Page { elements: vec![Element::root()], ..Page::default() };
        Self {
            page,
            frames: vec![Frame::root()],
            run: Run::default(),
            classes: Map::default(),
            of_classes: Vec::new(),
            known: Map::default(),
            vocabulary: Vocabulary::default(),
            signatures: Map::default(),
            unknown_signatures: Map::default(),
            capturing: Vec::new(),
            email_fields: Vec::new(),
            with_hidden,
            in_head_title: false,
            after_inline: false,
        }
    }

    fn top(&self) -> Frame {
        // The root's frame is never popped before `finish`.
        self.frames.last().copied().unwrap_or(Frame::root())
    }

    /// Takes an element in; false where its content is to be passed over.
    fn enter(&mut self, node: NodeRef<'t, '_>) -> bool {
        let name = node.tag();
        match name {
            Name::Script
            | Name::Style
            | Name::Noscript
            | Name::Svg
            | Name::Math
            | Name::Iframe
            | Name::Select
            | Name::Datalist => {
                return false;
            }
            // A shadow root that the page declares is shown (HTML, 4.12.3); what is slotted into it follows it here.
            Name::Template if node.attr(AttributeName::Shadowrootmode).is_none() => return false,
            Name::Meta => {
                self.meta(node);
                return false;
            }
            Name::Link => {
                if let (Some(rel), Some(href)) = (node.attr(AttributeName::Rel), node.attr(AttributeName::Href))
                    && self.page.facts.links.len() < FACTS_MAX
                {
                    self.page.facts.links.push((rel.to_ascii_lowercase(), href.to_owned()));
                }
                return false;
            }
            Name::Br | Name::Hr => {
                self.flush(name == Name::Br);
                return false;
            }
            Name::Img => {
                self.image(node);
                return false;
            }
            Name::Input => {
                let kind = node.attr(AttributeName::Type);
                self.page.facts.asks_password |= kind == Some("password");
                let asks = kind == Some("email")
                    || kind != Some("hidden") && node.attr(AttributeName::Name).is_some_and(names_email);
                if asks && self.email_fields.len() < FACTS_MAX {
                    self.email_fields.push(self.top().element);
                }
                return false;
            }
            Name::Embed | Name::Source | Name::Track | Name::Wbr | Name::Area | Name::Col | Name::Base => return false,
            Name::Html => self.page.facts.language = node.attr(AttributeName::Lang).map(str::to_owned),
            // No title is shown on the page; the first one is a fact.
            Name::Title if self.page.facts.title.is_some() => return false,
            Name::Title => self.in_head_title = true,
            _ => {}
        }
        let said = Said::of(node);
        if !self.with_hidden && said.is_hidden() && !(self.may_open() && is_opened(node)) {
            return false;
        }
        self.push(node, name, &said);
        true
    }

    /// Whether what opens here is more than a menu.
    fn may_open(&self) -> bool {
        let place = self.top().place;
        !(place.nav || place.header || place.footer)
    }

    fn push(&mut self, node: NodeRef<'t, '_>, name: Name, said: &Said<'t>) {
        let outer = self.top();
        let (tag, is_block) = classify(name);
        let class = said.names.class.map_or(0, |class| self.class(class));
        let (names, tokens) = self.names(&said.names, class);
        let names = if matches!(name, Name::Html | Name::Body) { Names::default() } else { names };
        let has_names = names != Names::default();
        if is_block {
            self.flush(false);
        }
        let mut frame = Frame { captures: false, is_block, ..outer };
        if is_block || has_names {
            let tag_here = if is_block { tag } else { Tag::Inline };
            frame.element = self.page.elements.len();
            let signature = self.signature(node, name, class);
            self.page.elements.push(Element {
                parent: outer.element,
                signature,
                kin: 0,
                top: 0,
                depth: self.page.elements[outer.element].depth.saturating_add(1),
                names,
                tag: tag_here,
                first: self.page.blocks.len(),
                end: self.page.blocks.len(),
                tokens,
            });
        }
        if is_block {
            frame.tag = if tag == Tag::Div && matches!(outer.tag, Tag::Item | Tag::Cell | Tag::Quote | Tag::Caption) {
                outer.tag // a `div` within a list item is still the item
            } else {
                tag
            };
        }
        frame.place = place(outer.place, name, said.names.role);
        frame.field = names.field.or(outer.field);
        frame.residue = outer.residue || names.residue.is_some();
        if name == Name::A && self.after_inline {
            self.run.text.push(' ');
        }
        self.after_inline = false;
        frame.captures = self.capture(said, name, names, frame);
        self.frames.push(frame);
    }

    /// A number for a class; 0 for one that is as good as none.
    fn class(&mut self, class: &'t str) -> u32 {
        let next = self.classes.len() as u32 + 1;
        if class.is_empty() { 0 } else { *self.classes.entry(class).or_insert(next) }
    }

    fn signature(&mut self, node: NodeRef<'t, '_>, name: Name, class: u32) -> u32 {
        let next = (self.signatures.len() + self.unknown_signatures.len()) as u32 + 1;
        if name == Name::Unknown {
            *self.unknown_signatures.entry((node.name(), class)).or_insert(next)
        } else {
            *self.signatures.entry((name, class)).or_insert(next)
        }
    }

    /// What an element's names say, and where the digests of their parts are.
    fn names(&mut self, labels: &Labels<'t>, class: u32) -> (Names, (u32, u32)) {
        if labels.is_empty() {
            return <_>::default();
        }
        // The class is known by its number, but for one that is there and empty.
        let rest = Labels { class: labels.class.filter(|class| class.is_empty()), ..*labels };
        if !rest.is_empty() {
            let (page, vocabulary) = (&mut self.page, &mut self.vocabulary);
            return *self.known.entry((class, rest)).or_insert_with(|| read_names(page, vocabulary, labels));
        }
        let at = class as usize;
        self.of_classes.resize(self.of_classes.len().max(at + 1), None);
        *self.of_classes[at].get_or_insert_with(|| read_names(&mut self.page, &mut self.vocabulary, labels))
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
            if capture.text.len() < CAPTURE_BYTES_MAX {
                capture.text.push_str(text);
            }
        }
        let frame = self.top();
        let Some(mut run) = self.run.frame else {
            // White space in front of a run is no part of it.
            if shows(text) {
                self.run.frame = Some(frame);
                self.add(frame, text);
            }
            return;
        };
        // The run is named by what all of its parts have in common.
        if run.element != frame.element && shows(text) {
            run.element = self.page.common(run.element, frame.element);
            if run.field != frame.field {
                run.field = None;
            }
            run.place.button &= frame.place.button;
            self.run.frame = Some(run);
        }
        self.add(frame, text);
    }

    /// Adds a text to the run.
    fn add(&mut self, frame: Frame, text: &str) {
        let run = &mut self.run;
        run.text.push_str(text);
        if frame.place.link {
            let words = words(text);
            run.link_words += words;
            run.link_last += words;
        } else if shows(text) {
            run.link_last = 0.0;
            run.unlinked_end = run.text.len();
        }
    }

    fn flush(&mut self, broken: bool) {
        for capture in self.capturing.iter_mut().filter(|capture| capture.text.len() < CAPTURE_BYTES_MAX) {
            capture.text.push(' ');
        }
        let run = &mut self.run;
        if let Some(frame) = run.frame.take() {
            run.collapsed.clear();
            collapse_into(&run.text, &mut run.collapsed);
            if self.page.blocks.len() >= BLOCKS_MAX && !run.collapsed.is_empty() {
                self.page.joined = true;
                if let Some(last) = self.page.blocks.last_mut() {
                    last.text.push(' ');
                    last.text.push_str(&run.collapsed);
                }
            } else if !run.collapsed.is_empty() {
                let form = Form::of(&run.collapsed);
                self.page.blocks.push(Raw {
                    text: run.collapsed.as_str().to_owned(),
                    words: form.words,
                    form,
                    link_words: run.link_words,
                    link_last: run.link_last,
                    cut: is_cut(&run.collapsed) || is_cut(&run.text[..run.unlinked_end]),
                    element: frame.element,
                    tag: if frame.place.button { Tag::Button } else { frame.tag },
                    place: frame.place,
                    broken,
                    field: frame.field,
                });
            }
        }
        run.text.clear();
        (run.link_words, run.link_last, run.unlinked_end) = (0.0, 0.0, 0);
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
        if let Some(last) = self.page.blocks.get_mut(BLOCKS_MAX - 1) {
            // What was added to it behind the limit counts for its letters alone.
            let Form { letters, unspaced, .. } = Form::of(&last.text);
            last.form = Form { letters, unspaced, ..last.form };
        }
        asking::name_boxes(&mut self.page, &self.email_fields);
        tables::join_rows(&mut self.page);
        self.page.number_kin();
        self.page
    }

    fn meta(&mut self, node: NodeRef<'_, '_>) {
        let name = node
            .attr(AttributeName::Property)
            .or_else(|| node.attr(AttributeName::Name))
            .or_else(|| node.attr(AttributeName::Itemprop));
        let Some((name, content)) = name.zip(node.attr(AttributeName::Content)) else { return };
        let facts = &mut self.page.facts;
        if node.attr(AttributeName::Itemprop).is_some() && facts.captured.len() < FACTS_MAX {
            facts.captured.push(Capture {
                kind: CaptureKind::Itemprop(name.to_ascii_lowercase()),
                stated: Some(content.to_owned()),
                text: String::new(),
                block: self.page.blocks.len(),
                residue: self.frames.last().is_some_and(|frame| frame.residue),
                place: Place::default(),
            });
        }
        if facts.metas.len() < FACTS_MAX {
            facts.metas.push((name.trim().to_ascii_lowercase(), collapse(content)));
        }
    }

    fn image(&mut self, node: NodeRef<'_, '_>) {
        let source = [node.attr(AttributeName::DataSrc), node.attr(AttributeName::Src)]
            .into_iter()
            .flatten()
            .find(|url| !url.starts_with("data:"));
        if let Some(source) = source.filter(|_| self.page.facts.images.len() < FACTS_MAX) {
            self.page.facts.images.push(PageImage {
                source: source.trim().to_owned(),
                alt: collapse(node.attr(AttributeName::Alt).unwrap_or_default()),
                block: self.page.blocks.len(),
            });
        }
    }

    /// Begins to note an element's text where it names a field.
    fn capture(&mut self, said: &Said<'t>, name: Name, names: Names, frame: Frame) -> bool {
        let rel_author = said.rel.is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"));
        let itemprop = said.names.itemprop.map(str::to_ascii_lowercase);
        let kind = match itemprop.as_deref() {
            Some("author" | "name" | "headline" | "datepublished" | "datemodified" | "datecreated" | "creator")
                if itemprop.is_some() =>
            {
                CaptureKind::Itemprop(itemprop.unwrap_or_default())
            }
            _ if name == Name::Time => CaptureKind::Time,
            _ if name == Name::H1 => CaptureKind::Heading,
            _ if rel_author => CaptureKind::RelAuthor,
            _ if names.field == Some(Label::Byline) => CaptureKind::Byline,
            _ if names.field == Some(Label::Dateline) => CaptureKind::Date,
            _ if name == Name::A && said.href.is_some_and(leads_to_author) => CaptureKind::AuthorLink,
            _ => return false,
        };
        if self.capturing.len() >= CAPTURES_MAX {
            return false;
        }
        let link = said.href.filter(|_| kind == CaptureKind::AuthorLink);
        let stated = said.datetime.or(said.content).or(link);
        let Frame { residue, place, .. } = frame;
        self.capturing.push(Capture {
            kind,
            stated: stated.map(str::to_owned),
            text: String::new(),
            block: self.page.blocks.len(),
            residue,
            place,
        });
        true
    }
}
