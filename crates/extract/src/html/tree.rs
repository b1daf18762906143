//! The tree: nodes in one list, their attributes in another, their text as spans of the page.

use std::borrow::Cow;

use memchr::memchr;

use super::entities;
use super::names::{AttributeName, Name};

/// A node's place in the list; [`NONE`] where there is none.
pub(super) type Index = u32;
pub(super) const NONE: Index = Index::MAX;
pub(super) const DOCUMENT: Index = 0;

/// Text of the page, or, from one beyond the page's length, of what was decoded. The gap keeps the last text of the
/// page from being joined with the first that was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    pub(super) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The root of all.
    Document,
    /// An element of HTML, or an `svg` or `math`.
    Element,
    /// Text. Two texts may stand side by side.
    Text,
}

/// A node of 32 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) parent: Index,
    pub(super) first_child: Index,
    pub(super) last_child: Index,
    pub(super) previous: Index,
    pub(super) next: Index,
    /// A text's span; of an element, its first attribute and, where its name is unknown, the name's number.
    pub(super) span: Span,
    pub(super) kind: Kind,
    pub(super) name: Name,
    pub(super) attributes: u8,
    /// Whether it is on the stack of open elements.
    pub(super) is_open: bool,
}

const _: () = assert!(size_of::<Node>() == 32);

/// An attribute of the list in [`AttributeName`], its value decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: AttributeName,
    pub(super) value: Span,
}

/// Content that is no markup, held aside for a reader who wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawKind {
    /// `script type="application/ld+json"`.
    JsonLd,
    /// Another script, unless it is too short to hold an article's text.
    Script,
    /// `noscript` in the body: markup that a reader without scripts would get.
    Noscript,
    /// `textarea`.
    Textarea,
}

/// A piece of such content, as it stands in the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) kind: RawKind,
    pub(crate) content: &'a str,
    pub(super) node: Index,
}

/// A page as a tree. It borrows from the page what it need not decode.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    pub(super) input: &'a str,
    /// Text and values with character references resolved, and names that had to be written anew.
    pub(super) decoded: String,
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) names: Vec<Span>,
    pub(super) raws: Vec<Raw<'a>>,
    /// What was cut, each named once.
    pub(crate) notes: Vec<&'static str>,
    pub(super) has_nul: bool,
}

impl<'a> Tree<'a> {
    pub(super) fn new(input: &'a str) -> Self {
        // Real pages have a node in about 45 bytes and an attribute in about as many.
        let mut tree = Self {
            input,
            decoded: String::with_capacity(input.len() / 16),
            nodes: Vec::with_capacity(input.len() / 48 + 8),
            attributes: Vec::with_capacity(input.len() / 64 + 8),
            names: Vec::new(),
            raws: Vec::new(),
            notes: Vec::new(),
            has_nul: memchr(0, input.as_bytes()).is_some(),
        };
        tree.add(Kind::Document, Name::Unknown, Span::default(), 0);
        tree
    }

    /// The document; its only element is `html`.
    pub(crate) fn root(&self) -> NodeRef<'_, 'a> {
        NodeRef { tree: self, index: DOCUMENT }
    }

    /// Nodes of every kind.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What was held aside, in the order of the page.
    pub(crate) fn raws(&self) -> impl Iterator<Item = (Raw<'a>, Option<NodeRef<'_, 'a>>)> {
        self.raws.iter().map(|raw| (*raw, self.at(raw.node)))
    }

    pub(super) fn at(&self, index: Index) -> Option<NodeRef<'_, 'a>> {
        (index != NONE).then_some(NodeRef { tree: self, index })
    }

    pub(super) fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        let (start, end) = (span.start as usize, span.end as usize);
        let base = self.input.len() + 1;
        let found = if start < base { self.input.get(start..end) } else { self.decoded.get(start - base..end - base) };
        found.unwrap_or_default()
    }

    /// A span over what `write` adds to the decoded text.
    pub(super) fn decoded_span(&mut self, write: impl FnOnce(&'a str, &mut String)) -> Span {
        let base = self.input.len() + 1;
        let start = self.decoded.len();
        write(self.input, &mut self.decoded);
        Span::new(base + start, base + self.decoded.len())
    }

    /// Text of the page between two places, decoded.
    #[inline]
    pub(super) fn text_span(&mut self, start: usize, end: usize) -> Span {
        let text = self.input.get(start..end).unwrap_or_default();
        match memchr(b'&', text.as_bytes()) {
            Some(_) => self.decoded_span(|_, out| entities::decode(text, false, out)),
            None => Span::new(start, end),
        }
    }

    pub(super) fn text_span_without_nuls(&mut self, start: usize, end: usize) -> Span {
        let text = self.input.get(start..end).unwrap_or_default();
        self.decoded_span(|_, out| text.split('\0').for_each(|piece| entities::decode(piece, false, out)))
    }

    /// The value of an attribute between two places.
    #[inline]
    pub(super) fn value_span(&mut self, start: usize, end: usize) -> Span {
        let text = self.input.get(start..end).unwrap_or_default();
        if memchr(b'&', text.as_bytes()).is_none() && !self.has_nul {
            return Span::new(start, end);
        }
        let text = without_nuls(text);
        self.decoded_span(|_, out| entities::decode(&text, true, out))
    }

    /// The text of an element whose content is no markup.
    pub(super) fn raw_text_span(&mut self, start: usize, end: usize, has_references: bool) -> Span {
        let text = self.input.get(start..end).unwrap_or_default();
        if !self.has_nul {
            return if has_references { self.text_span(start, end) } else { Span::new(start, end) };
        }
        let text = without_nuls(text);
        self.decoded_span(|_, out| match has_references {
            true => entities::decode(&text, false, out),
            false => out.push_str(&text),
        })
    }

    pub(super) fn add(&mut self, kind: Kind, name: Name, span: Span, attributes: u8) -> Index {
        let index = self.nodes.len() as Index;
        self.nodes.push(Node {
            parent: NONE,
            first_child: NONE,
            last_child: NONE,
            previous: NONE,
            next: NONE,
            span,
            kind,
            name,
            attributes,
            is_open: false,
        });
        index
    }

    #[inline]
    pub(super) fn node(&self, index: Index) -> &Node {
        &self.nodes[index as usize]
    }

    #[inline]
    pub(super) fn node_mut(&mut self, index: Index) -> &mut Node {
        &mut self.nodes[index as usize]
    }

    /// Puts a node that has no parent behind the other children of `parent`.
    #[inline]
    pub(super) fn append(&mut self, parent: Index, child: Index) {
        let last = self.node(parent).last_child;
        let node = self.node_mut(child);
        node.parent = parent;
        node.previous = last;
        if last == NONE {
            self.node_mut(parent).first_child = child;
        } else {
            self.node_mut(last).next = child;
        }
        self.node_mut(parent).last_child = child;
    }

    /// Puts a node that has no parent in front of `sibling`, which has one.
    pub(super) fn insert_before(&mut self, sibling: Index, child: Index) {
        let (parent, previous) = (self.node(sibling).parent, self.node(sibling).previous);
        let node = self.node_mut(child);
        node.parent = parent;
        node.previous = previous;
        node.next = sibling;
        self.node_mut(sibling).previous = child;
        if previous == NONE {
            self.node_mut(parent).first_child = child;
        } else {
            self.node_mut(previous).next = child;
        }
    }

    /// Takes a node out of its parent.
    pub(super) fn detach(&mut self, index: Index) {
        let Node { parent, previous, next, .. } = *self.node(index);
        if parent == NONE {
            return;
        }
        if previous == NONE {
            self.node_mut(parent).first_child = next;
        } else {
            self.node_mut(previous).next = next;
        }
        if next == NONE {
            self.node_mut(parent).last_child = previous;
        } else {
            self.node_mut(next).previous = previous;
        }
        let node = self.node_mut(index);
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    /// Gives all children of one node to another, which has none.
    pub(super) fn move_children(&mut self, from: Index, to: Index) {
        let Node { first_child, last_child, .. } = *self.node(from);
        let mut child = first_child;
        while child != NONE {
            let node = self.node_mut(child);
            node.parent = to;
            child = node.next;
        }
        let node = self.node_mut(to);
        (node.first_child, node.last_child) = (first_child, last_child);
        let node = self.node_mut(from);
        (node.first_child, node.last_child) = (NONE, NONE);
    }

    /// Joins `span` to a text where it goes on from it in the page; false where it does not.
    #[inline]
    pub(super) fn extend_text(&mut self, index: Index, span: Span) -> bool {
        if index == NONE {
            return false;
        }
        let node = self.node_mut(index);
        let joins = node.kind == Kind::Text && node.span.end == span.start;
        if joins {
            node.span.end = span.end;
        }
        joins
    }

    pub(super) fn attributes(&self, index: Index) -> &[Attribute] {
        let node = self.node(index);
        self.attribute_range(node.span.start, node.attributes)
    }

    pub(super) fn attribute_range(&self, first: u32, count: u8) -> &[Attribute] {
        let first = first as usize;
        self.attributes.get(first..first + usize::from(count)).unwrap_or_default()
    }

    pub(super) fn attribute_of(&self, first: u32, count: u8, name: AttributeName) -> Option<&str> {
        let found = self.attribute_range(first, count).iter().find(|attribute| attribute.name == name)?;
        Some(self.slice(found.value))
    }
}

/// Text with a replacement character for each NUL.
fn without_nuls(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeRef<'t, 'a> {
    tree: &'t Tree<'a>,
    index: Index,
}

impl<'t, 'a> NodeRef<'t, 'a> {
    /// A number that no other node of the tree has; nodes are numbered as they were opened.
    pub(crate) fn id(self) -> u32 {
        self.index
    }

    pub(crate) fn kind(self) -> Kind {
        self.tree.node(self.index).kind
    }

    /// The name of an element that HTML knows; [`Name::Unknown`] for others, and for what is no element.
    #[inline]
    pub(crate) fn tag(self) -> Name {
        self.tree.node(self.index).name
    }

    /// An element's name in small letters; empty for what is no element.
    pub(crate) fn name(self) -> &'t str {
        let node = self.tree.node(self.index);
        match (node.kind, node.name) {
            (Kind::Element, Name::Unknown) => {
                self.tree.names.get(node.span.end as usize).map_or("", |span| self.tree.slice(*span))
            }
            (Kind::Element, name) => name.text(),
            _ => "",
        }
    }

    /// A text's characters, decoded; `None` for what is no text.
    #[inline]
    pub(crate) fn text(self) -> Option<&'t str> {
        let node = self.tree.node(self.index);
        (node.kind == Kind::Text).then(|| self.tree.slice(node.span))
    }

    /// The decoded value of an attribute.
    #[inline]
    pub(crate) fn attr(self, name: AttributeName) -> Option<&'t str> {
        let node = self.tree.node(self.index);
        match node.kind {
            Kind::Element => self.tree.attribute_of(node.span.start, node.attributes, name),
            _ => None,
        }
    }

    /// All attributes, in their order in the tag.
    pub(crate) fn attrs(self) -> impl Iterator<Item = (AttributeName, &'t str)> {
        self.attributes().iter().map(move |attribute| (attribute.name, self.tree.slice(attribute.value)))
    }

    fn attributes(self) -> &'t [Attribute] {
        match self.kind() {
            Kind::Element => self.tree.attributes(self.index),
            _ => &[],
        }
    }

    #[inline]
    pub(crate) fn parent(self) -> Option<Self> {
        self.tree.at(self.tree.node(self.index).parent)
    }

    #[inline]
    pub(crate) fn first_child(self) -> Option<Self> {
        self.tree.at(self.tree.node(self.index).first_child)
    }

    pub(crate) fn previous_sibling(self) -> Option<Self> {
        self.tree.at(self.tree.node(self.index).previous)
    }

    #[inline]
    pub(crate) fn next_sibling(self) -> Option<Self> {
        self.tree.at(self.tree.node(self.index).next)
    }
}
