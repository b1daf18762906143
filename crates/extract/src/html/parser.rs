//! Tree construction, 13.2.6: its state, and the operations that all insertion modes share.

use memchr::memchr;

use crate::limits::{DEPTH_MAX, FORMATTING_MAX, NODES_MAX, TAGS_MAX};

use super::formatting::Formatting;
use super::names::{
    AttributeName, BUTTON_SCOPE, FOSTERING, IMPLIED, IMPLIED_THOROUGHLY, Name, RAW, SCOPE, Set, TABLE_SCOPE, VOID,
};
use super::tokenizer::{Mark, Tag, Tokenizer, is_space};
use super::tree::{DOCUMENT, Index, Kind, NONE, Raw, RawKind, Span, Tree};

/// Nodes that one token may add: the adoption agency makes most.
const TOKEN_NODES_MAX: usize = 512;

/// 13.2.4.1: the insertion modes, without those for text (it is taken as a whole) and for `noscript` (scripting is on).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    AfterHead,
    InBody,
    InTable,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    InTemplate,
    AfterBody,
    InFrameset,
    AfterFrameset,
    AfterAfterBody,
    AfterAfterFrameset,
}

/// What becomes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    Done,
    /// The mode or the current node has changed: look at the token again.
    Again,
}

/// Where HTML begins again within foreign content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    None,
    MathmlText,
    AnnotationXml,
    Html,
}

/// An entry of the stack of open elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Of a foreign element below an `svg` or `math`: the node of that one.
    pub(super) node: Index,
    /// The element's name if it is one of HTML; of foreign ones, whether they end a scope.
    pub(super) tag: Name,
    /// The name it has among its own.
    pub(super) local: Name,
    pub(super) written: Span,
    pub(super) point: Point,
    pub(super) is_svg: bool,
}

impl Open {
    pub(super) fn is_html(&self) -> bool {
        !matches!(self.tag, Name::Foreign | Name::ForeignBarrier)
    }
}

/// A parser at work.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    pub(super) tokens: Tokenizer<'a>,
    pub(super) tree: Tree<'a>,
    /// The stack of open elements, and how many of each name are on it: most scopes are asked for what is not there.
    pub(super) open: Vec<Open>,
    counts: [u16; 256],
    /// The list of active formatting elements.
    pub(super) formatting: Vec<Formatting>,
    pub(super) mode: Mode,
    pub(super) template_modes: Vec<Mode>,
    pub(super) head: Index,
    pub(super) form: Index,
    pub(super) frameset_ok: bool,
    pub(super) quirks: bool,
    /// What is inserted within a table goes in front of it.
    pub(super) fostering: bool,
    /// The pending table character tokens.
    pub(super) table_text: Vec<Span>,
    /// Attributes that belong to nodes; those behind are of a tag that was ignored.
    attributes_used: usize,
    tags: usize,
    pub(super) json_ld_bytes: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a str) -> Self {
        Self {
            tokens: Tokenizer::new(input),
            tree: Tree::new(input),
            open: Vec::with_capacity(64),
            counts: [0; 256],
            formatting: Vec::new(),
            mode: Mode::Initial,
            template_modes: Vec::new(),
            head: NONE,
            form: NONE,
            frameset_ok: true,
            quirks: false,
            fostering: false,
            table_text: Vec::new(),
            attributes_used: 0,
            tags: 0,
            json_ld_bytes: 0,
        }
    }

    /// Reads the page to its end.
    pub(super) fn run(mut self) -> Tree<'a> {
        while let Some(byte) = self.tokens.bytes().get(self.tokens.at) {
            if self.tree.len() + TOKEN_NODES_MAX >= NODES_MAX {
                self.tree.note("nodes_cut");
                break;
            }
            match if *byte == b'<' { self.tokens.mark(self.tokens.at) } else { Mark::Text } {
                Mark::Text => {
                    let (start, end, has_reference) = self.tokens.text();
                    match has_reference || self.tree.has_nul {
                        false => self.text(Span::new(start, end)),
                        true => self.characters(start, end),
                    }
                }
                Mark::StartTag => self.read_start_tag(),
                Mark::EndTag => {
                    if let Some(tag) = self.tokens.end_tag(&mut self.tree) {
                        self.flush_table_text();
                        self.end_tag(tag);
                    }
                }
                Mark::Nothing => self.tokens.at += "</>".len(),
                Mark::Comment => {
                    self.flush_table_text();
                    self.tokens.comment(&mut self.tree);
                }
                Mark::CharacterData if !self.current().is_none_or(|current| current.is_html()) => {
                    let (start, end) = self.tokens.character_data();
                    self.text(Span::new(start, end));
                }
                Mark::Doctype => {
                    self.flush_table_text();
                    self.doctype();
                }
                Mark::CharacterData | Mark::Bogus => {
                    self.flush_table_text();
                    self.tokens.bogus();
                }
            }
        }
        self.flush_table_text();
        self.end_of_file();
        self.tree
    }

    fn read_start_tag(&mut self) {
        self.tree.attributes.truncate(self.attributes_used);
        let is_foreign = self.current().is_some_and(|current| !current.is_html() && current.point == Point::None);
        let Some(tag) = self.tokens.start_tag(&mut self.tree, is_foreign) else { return };
        self.flush_table_text();
        // Each formatting element may have to be opened again for the tag.
        self.tags += 1 + self.formatting.len().min(FORMATTING_MAX);
        let is_raw = RAW.contains(tag.name) && !is_foreign;
        if self.tags > TAGS_MAX {
            self.tree.note("tags_cut");
        } else if self.open.len() >= DEPTH_MAX && !is_raw && (is_foreign || !VOID.contains(tag.name)) {
            self.tree.note("depth_cut");
        } else {
            return self.start_tag(tag);
        }
        if is_raw {
            self.tokens.raw(tag.name, &mut self.tree);
        }
    }

    fn start_tag(&mut self, tag: Tag) {
        loop {
            let flow = if self.is_foreign_start(&tag) {
                self.start_in_foreign(&tag)
            } else {
                match self.mode {
                    Mode::InBody => self.start_in_body(&tag),
                    Mode::Initial => self.leave_initial(),
                    Mode::BeforeHtml => self.start_before_html(&tag),
                    Mode::BeforeHead => self.start_before_head(&tag),
                    Mode::InHead => self.start_in_head(&tag),
                    Mode::AfterHead => self.start_after_head(&tag),
                    Mode::InTable => self.start_in_table(&tag),
                    Mode::InCaption => self.start_in_caption(&tag),
                    Mode::InColumnGroup => self.start_in_column_group(&tag),
                    Mode::InTableBody => self.start_in_table_body(&tag),
                    Mode::InRow => self.start_in_row(&tag),
                    Mode::InCell => self.start_in_cell(&tag),
                    Mode::InTemplate => self.start_in_template(&tag),
                    Mode::AfterBody | Mode::AfterAfterBody => self.start_after_body(&tag),
                    Mode::InFrameset => self.start_in_frameset(&tag),
                    Mode::AfterFrameset | Mode::AfterAfterFrameset => self.start_after_frameset(&tag),
                }
            };
            if flow == Flow::Done {
                return;
            }
        }
    }

    pub(super) fn end_tag(&mut self, tag: Tag) {
        loop {
            let flow = if self.current().is_some_and(|current| !current.is_html()) {
                self.end_in_foreign(&tag)
            } else {
                self.end_by_mode(&tag)
            };
            if flow == Flow::Done {
                return;
            }
        }
    }

    pub(super) fn end_by_mode(&mut self, tag: &Tag) -> Flow {
        match self.mode {
            Mode::InBody => self.end_in_body(tag),
            Mode::Initial => self.leave_initial(),
            Mode::BeforeHtml => self.end_before_html(tag),
            Mode::BeforeHead => self.end_before_head(tag),
            Mode::InHead => self.end_in_head(tag),
            Mode::AfterHead => self.end_after_head(tag),
            Mode::InTable => self.end_in_table(tag),
            Mode::InCaption => self.end_in_caption(tag),
            Mode::InColumnGroup => self.end_in_column_group(tag),
            Mode::InTableBody => self.end_in_table_body(tag),
            Mode::InRow => self.end_in_row(tag),
            Mode::InCell => self.end_in_cell(tag),
            Mode::InTemplate => self.end_in_template(tag),
            Mode::AfterBody | Mode::AfterAfterBody => self.end_after_body(tag),
            Mode::InFrameset => self.end_in_frameset(tag),
            Mode::AfterFrameset | Mode::AfterAfterFrameset => self.end_after_frameset(tag),
        }
    }

    pub(super) fn attribute_of(&self, tag: &Tag, name: AttributeName) -> Option<&str> {
        self.tree.attribute_of(tag.first_attribute, tag.attributes, name)
    }

    // The stack of open elements, 13.2.4.2.

    #[inline]
    pub(super) fn current(&self) -> Option<&Open> {
        self.open.last()
    }

    /// The name of the current node, if it is one of HTML.
    #[inline]
    pub(super) fn current_tag(&self) -> Name {
        self.open.last().map_or(Name::Unknown, |open| open.tag)
    }

    pub(super) fn count(&self, tag: Name) -> u16 {
        self.counts[tag as usize]
    }

    #[inline]
    pub(super) fn push(&mut self, open: Open) {
        self.opened(&open);
        self.open.push(open);
    }

    pub(super) fn insert_open(&mut self, at: usize, open: Open) {
        self.opened(&open);
        self.open.insert(at, open);
    }

    #[inline]
    fn opened(&mut self, open: &Open) {
        self.counts[open.tag as usize] += 1;
        if open.is_html() {
            self.tree.node_mut(open.node).is_open = true;
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        self.closed(&open);
        Some(open)
    }

    pub(super) fn remove_open(&mut self, at: usize) {
        let open = self.open.remove(at);
        self.closed(&open);
    }

    #[inline]
    fn closed(&mut self, open: &Open) {
        self.counts[open.tag as usize] -= 1;
        if open.is_html() {
            self.tree.node_mut(open.node).is_open = false;
        }
    }

    /// Where on the stack a node is.
    pub(super) fn position(&self, node: Index) -> Option<usize> {
        self.open.iter().rposition(|open| open.node == node && open.is_html())
    }

    pub(super) fn pop_until(&mut self, tag: Name) {
        self.pop_until_any(Set::of(&[tag]));
    }

    pub(super) fn pop_until_any(&mut self, tags: Set) {
        while let Some(open) = self.pop() {
            if tags.contains(open.tag) {
                return;
            }
        }
    }

    /// Pops down to the element at a place, that one too.
    pub(super) fn pop_to(&mut self, at: usize) {
        while self.open.len() > at {
            self.pop();
        }
    }

    /// "Clear the stack back to a .. context".
    pub(super) fn clear_to(&mut self, context: Set) {
        while !context.contains(self.current_tag()) && self.open.len() > 1 {
            self.pop();
        }
    }

    #[inline]
    pub(super) fn in_scope_of(&self, tag: Name, barriers: Set) -> bool {
        self.count(tag) > 0 && self.any_in_scope_of(Set::of(&[tag]), barriers)
    }

    pub(super) fn any_in_scope_of(&self, tags: Set, barriers: Set) -> bool {
        for open in self.open.iter().rev() {
            if tags.contains(open.tag) {
                return true;
            }
            if barriers.contains(open.tag) {
                return false;
            }
        }
        false
    }

    pub(super) fn in_scope(&self, tag: Name) -> bool {
        self.in_scope_of(tag, SCOPE)
    }

    pub(super) fn in_table_scope(&self, tag: Name) -> bool {
        self.in_scope_of(tag, TABLE_SCOPE)
    }

    /// 13.2.6.3.
    pub(super) fn imply_end_tags(&mut self, except: Name) {
        while IMPLIED.contains(self.current_tag()) && self.current_tag() != except {
            self.pop();
        }
    }

    pub(super) fn imply_end_tags_thoroughly(&mut self) {
        while IMPLIED_THOROUGHLY.contains(self.current_tag()) {
            self.pop();
        }
    }

    /// "Close a p element", if there is one in button scope.
    #[inline]
    pub(super) fn close_paragraph(&mut self) {
        if self.in_scope_of(Name::P, BUTTON_SCOPE) {
            self.imply_end_tags(Name::P);
            self.pop_until(Name::P);
        }
    }

    // Inserting, 13.2.6.1.

    /// The appropriate place for inserting a node: a parent, and the child in front of which it goes.
    #[inline]
    pub(super) fn place(&self, target: &Open) -> (Index, Index) {
        if self.fostering && FOSTERING.contains(target.tag) { self.foster_place() } else { (target.node, NONE) }
    }

    fn foster_place(&self) -> (Index, Index) {
        let last = |tag| match self.count(tag) {
            0 => None,
            _ => self.open.iter().rposition(|open| open.tag == tag),
        };
        let (template, table) = (last(Name::Template), last(Name::Table));
        match (template, table) {
            (Some(template), table) if table.is_none_or(|table| template > table) => (self.open[template].node, NONE),
            (_, Some(table)) => {
                let node = self.open[table].node;
                match self.tree.node(node).parent {
                    // A table is never at the bottom of the stack: `html` is.
                    NONE => (self.open[table.saturating_sub(1)].node, NONE),
                    parent => (parent, node),
                }
            }
            _ => (self.open.first().map_or(DOCUMENT, |open| open.node), NONE),
        }
    }

    pub(super) fn insert_at(&mut self, (parent, before): (Index, Index), node: Index) {
        if before == NONE {
            self.tree.append(parent, node);
        } else {
            self.tree.insert_before(before, node);
        }
    }

    fn current_place(&self) -> (Index, Index) {
        self.open.last().map_or((DOCUMENT, NONE), |open| self.place(open))
    }

    /// Makes an element for a tag. It keeps the tag's attributes.
    fn create(&mut self, tag: &Tag) -> Index {
        let behind = tag.first_attribute as usize + usize::from(tag.attributes);
        self.attributes_used = self.attributes_used.max(behind);
        let number = self.tree.names.len() as u32;
        if tag.name == Name::Unknown {
            self.tree.names.push(tag.written);
        }
        self.tree.add(Kind::Element, tag.name, Span { start: tag.first_attribute, end: number }, tag.attributes)
    }

    /// Inserts an element that is closed at once.
    pub(super) fn insert_void(&mut self, tag: &Tag) -> Index {
        let node = self.create(tag);
        self.insert_at(self.current_place(), node);
        node
    }

    /// "Insert an HTML element".
    #[inline]
    pub(super) fn insert(&mut self, tag: &Tag) -> Index {
        let node = self.insert_void(tag);
        self.push(Open {
            node,
            tag: tag.name,
            local: tag.name,
            written: tag.written,
            point: Point::None,
            is_svg: false,
        });
        node
    }

    pub(super) fn insert_implied(&mut self, name: Name) -> Index {
        self.insert(&Tag::implied(name))
    }

    pub(super) fn insert_text(&mut self, text: Span) {
        self.insert_text_at(self.current_place(), text);
    }

    fn insert_text_at(&mut self, (parent, before): (Index, Index), text: Span) {
        let neighbour =
            if before == NONE { self.tree.node(parent).last_child } else { self.tree.node(before).previous };
        if parent != DOCUMENT && !text.is_empty() && !self.tree.extend_text(neighbour, text) {
            let node = self.tree.add(Kind::Text, Name::Unknown, text, 0);
            self.insert_at((parent, before), node);
        }
    }

    /// Adds those attributes to an element that it has not: of a second `html` or `body` tag.
    pub(super) fn merge_attributes(&mut self, node: Index, tag: &Tag) {
        let own = self.tree.attributes(node).to_vec();
        let first = tag.first_attribute as usize;
        let others = &self.tree.attributes[first..first + usize::from(tag.attributes)];
        let missing = |name| own.iter().all(|attribute| attribute.name != name);
        let added: Vec<_> = others.iter().filter(|attribute| missing(attribute.name)).copied().collect();
        if added.is_empty() {
            return;
        }
        self.tree.attributes.truncate(first);
        self.tree.attributes.extend(own.into_iter().chain(added));
        let count = self.tree.attributes.len() - first;
        self.attributes_used = self.tree.attributes.len();
        let node = self.tree.node_mut(node);
        (node.span.start, node.attributes) = (tag.first_attribute, count as u8);
    }

    // Elements whose content is no markup, 13.2.6.2. They are never on the stack: nothing happens while they are.

    /// Inserts the element and passes its content over.
    pub(super) fn insert_raw(&mut self, tag: &Tag) -> (Index, Span) {
        let node = self.insert_void(tag);
        let (start, end) = self.tokens.raw(tag.name, &mut self.tree);
        (node, Span::new(start, end))
    }

    /// Inserts an element whose content is text, in `title` with character references.
    pub(super) fn insert_with_text(&mut self, tag: &Tag) {
        let (node, content) = self.insert_raw(tag);
        let (start, end) = (content.start as usize, content.end as usize);
        let text = self.tree.raw_text_span(start, end, tag.name == Name::Title);
        self.insert_text_at((node, NONE), text);
    }

    pub(super) fn hold(&mut self, kind: RawKind, node: Index, content: Span) {
        let text = self.tree.input.get(content.start as usize..content.end as usize).unwrap_or_default();
        self.tree.raws.push(Raw { kind, content: text, node });
    }

    // Text.

    fn characters(&mut self, start: usize, end: usize) {
        if self.tree.has_nul {
            return self.characters_with_nuls(start, end);
        }
        let text = self.tree.text_span(start, end);
        self.text(text);
    }

    /// A NUL is no text, but the first of them may open the body.
    fn characters_with_nuls(&mut self, start: usize, end: usize) {
        let length = memchr(0, self.tokens.bytes().get(start..end).unwrap_or_default());
        let middle = length.map_or(end, |length| start + length);
        let text = self.tree.text_span(start, middle);
        self.text(text);
        if middle < end {
            self.nul_by_mode();
            let text = self.tree.text_span_without_nuls(middle, end);
            self.text(text);
        }
    }

    fn text(&mut self, text: Span) {
        if text.is_empty() {
            return;
        }
        match self.current() {
            Some(current) if !current.is_html() && matches!(current.point, Point::None | Point::AnnotationXml) => {
                // What a drawing says is dropped, but 13.2.6.5 has it rule out a frameset.
                self.frameset_ok &= self.is_blank(text);
            }
            _ if self.mode == Mode::InBody => self.text_in_body(text),
            _ => self.text_by_mode(text),
        }
    }

    pub(super) fn text_in_body(&mut self, text: Span) {
        self.reconstruct_formatting();
        self.frameset_ok = self.frameset_ok && self.is_blank(text);
        self.insert_text(text);
    }

    pub(super) fn is_blank(&self, text: Span) -> bool {
        self.tree.slice(text).bytes().all(is_space)
    }

    /// Parts white space from what follows it.
    pub(super) fn split_space(&self, text: Span) -> (Span, Span) {
        let length = self.tree.slice(text).bytes().take_while(|byte| is_space(*byte)).count() as u32;
        let middle = text.start + length;
        (Span { start: text.start, end: middle }, Span { start: middle, end: text.end })
    }
}
