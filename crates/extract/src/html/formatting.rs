//! The list of active formatting elements, 13.2.4.3, and the adoption agency, which puts right what is closed in the
//! wrong order, 13.2.6.4.7.

use crate::limits::FORMATTING_MAX;

use super::names::{Name, SCOPE, SPECIAL};
use super::parser::{Open, Parser, Point};
use super::tokenizer::{Tag, Tokenizer};
use super::tree::{Index, Kind, NONE, Span};

/// Elements of a kind with the same attributes that are open again in each paragraph: "Noah's Ark clause".
const ALIKE_MAX: usize = 3;

/// An entry of the list; a marker where its node is [`NONE`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Formatting {
    pub(super) node: Index,
    pub(super) tag: Name,
    /// Its attributes as they are written, all of them.
    source: Span,
    /// A sum over all its attributes, reckoned when it is first asked for.
    sum: Option<u64>,
}

impl Formatting {
    const MARKER: Self = Self { node: NONE, tag: Name::Unknown, source: Span { start: 0, end: 0 }, sum: None };

    fn is_marker(&self) -> bool {
        self.node == NONE
    }
}

impl Parser<'_> {
    pub(super) fn push_marker(&mut self) {
        self.formatting.push(Formatting::MARKER);
    }

    /// "Clear the list of active formatting elements up to the last marker".
    pub(super) fn clear_to_marker(&mut self) {
        while self.formatting.pop().is_some_and(|entry| !entry.is_marker()) {}
    }

    /// Where the entries behind the last marker begin.
    fn behind_marker(&self) -> usize {
        self.formatting.iter().rposition(Formatting::is_marker).map_or(0, |at| at + 1)
    }

    pub(super) fn last_formatting(&self, tag: Name) -> Option<usize> {
        let from = self.behind_marker();
        self.formatting[from..].iter().rposition(|entry| entry.tag == tag).map(|at| from + at)
    }

    fn formatting_of(&self, node: Index) -> Option<usize> {
        self.formatting.iter().rposition(|entry| entry.node == node)
    }

    /// Inserts a formatting element and lists it, unless too many are listed: a hostile page would have all of them
    /// opened again at every word.
    pub(super) fn insert_formatting(&mut self, tag: &Tag) {
        self.reconstruct_formatting();
        let from = self.behind_marker();
        if self.formatting.len() - from >= FORMATTING_MAX {
            self.tree.note("depth_cut");
            return;
        }
        let node = self.insert(tag);
        let mut entry = Formatting { node, tag: tag.name, source: tag.source, sum: None };
        self.keep_few_alike(&mut entry, from);
        self.formatting.push(entry);
    }

    fn keep_few_alike(&mut self, entry: &mut Formatting, from: usize) {
        let of_kind = |other: &Formatting| other.tag == entry.tag;
        if self.formatting[from..].iter().filter(|other| of_kind(other)).count() < ALIKE_MAX {
            return;
        }
        let input = self.tree.input;
        let sum = attributes_sum(input, entry);
        let mut alike = 0;
        let mut earliest = None;
        for (at, other) in self.formatting.iter_mut().enumerate().skip(from) {
            if other.tag == entry.tag && attributes_sum(input, other) == sum {
                alike += 1;
                earliest = earliest.or(Some(at));
            }
        }
        if let Some(at) = earliest.filter(|_| alike >= ALIKE_MAX) {
            self.formatting.remove(at);
        }
    }

    /// "Reconstruct the active formatting elements".
    #[inline]
    pub(super) fn reconstruct_formatting(&mut self) {
        if self.formatting.last().is_some_and(|last| self.is_closed(last)) {
            self.open_formatting_again();
        }
    }

    fn is_closed(&self, entry: &Formatting) -> bool {
        !entry.is_marker() && !self.tree.node(entry.node).is_open
    }

    fn open_formatting_again(&mut self) {
        let from = self.formatting.iter().rposition(|entry| !self.is_closed(entry)).map_or(0, |at| at + 1);
        for at in from..self.formatting.len() {
            let entry = self.formatting[at];
            let node = self.clone_element(entry.node);
            let place = self.open.last().map(|current| self.place(current));
            if let Some(place) = place {
                self.insert_at(place, node);
            }
            self.push(opened(node, entry.tag));
            self.formatting[at].node = node;
        }
    }

    /// An element like another one. It shares its attributes.
    fn clone_element(&mut self, node: Index) -> Index {
        let like = *self.tree.node(node);
        self.tree.add(Kind::Element, like.name, like.span, like.attributes)
    }

    /// The adoption agency algorithm.
    pub(super) fn adopt(&mut self, tag: &Tag) {
        if let Some(current) = self.current()
            && current.tag == tag.name
            && self.formatting_of(current.node).is_none()
        {
            self.pop();
            return;
        }
        for _ in 0..8 {
            let Some(entry_at) = self.last_formatting(tag.name) else { return self.end_any_other(tag) };
            let entry = self.formatting[entry_at];
            let Some(open_at) = self.position(entry.node) else {
                self.formatting.remove(entry_at);
                return;
            };
            if self.open[open_at..].iter().skip(1).any(|open| SCOPE.contains(open.tag)) {
                return;
            }
            let furthest = self.open[open_at..].iter().position(|open| SPECIAL.contains(open.tag));
            let Some(furthest_at) = furthest.map(|at| open_at + at) else {
                self.pop_to(open_at);
                self.formatting.remove(entry_at);
                return;
            };
            self.adopt_once(entry, open_at, furthest_at);
        }
    }

    /// Steps 10 to 19: puts a copy of the formatting element within the furthest block.
    fn adopt_once(&mut self, entry: Formatting, open_at: usize, furthest_at: usize) {
        let furthest = self.open[furthest_at];
        let ancestor = self.open[open_at.saturating_sub(1)];
        // The entry behind which the copy is listed; none yet: in the place of the old one.
        let mut bookmark = None;
        let mut last = furthest.node;
        for (inner, at) in (open_at + 1..furthest_at).rev().enumerate() {
            let open = self.open[at];
            let listed = self.formatting_of(open.node);
            let Some(listed) = listed.filter(|_| inner < 3) else {
                if let Some(listed) = listed {
                    self.formatting.remove(listed);
                }
                self.remove_open(at);
                continue;
            };
            let node = self.clone_element(open.node);
            self.formatting[listed].node = node;
            self.tree.node_mut(open.node).is_open = false;
            self.tree.node_mut(node).is_open = true;
            self.open[at].node = node;
            if last == furthest.node {
                bookmark = Some(node);
            }
            self.tree.detach(last);
            self.tree.append(node, last);
            last = node;
        }
        self.tree.detach(last);
        let place = self.place(&ancestor);
        self.insert_at(place, last);
        let copy = self.clone_element(entry.node);
        self.tree.move_children(furthest.node, copy);
        self.tree.append(furthest.node, copy);
        self.relist(entry, copy, bookmark);
        if let Some(at) = self.position(entry.node) {
            self.remove_open(at);
        }
        if let Some(at) = self.position(furthest.node) {
            self.insert_open(at + 1, opened(copy, entry.tag));
        }
    }

    fn relist(&mut self, entry: Formatting, copy: Index, bookmark: Option<Index>) {
        let Some(old) = self.formatting_of(entry.node) else { return };
        let renewed = Formatting { node: copy, ..self.formatting[old] };
        self.formatting.remove(old);
        let behind = bookmark.and_then(|node| self.formatting_of(node)).map(|at| at + 1);
        self.formatting.insert(behind.unwrap_or(old), renewed);
    }
}

/// The entry of the stack for a formatting element.
fn opened(node: Index, tag: Name) -> Open {
    Open { node, tag, local: tag, written: Span::default(), point: Point::None, is_svg: false }
}

/// A sum over names and values, the same in whatever order they are. Two that differ may be alike by it, which costs a
/// hostile page an element.
fn attributes_sum(input: &str, entry: &mut Formatting) -> u64 {
    if let Some(sum) = entry.sum {
        return sum;
    }
    let mut tokens = Tokenizer::new(input);
    tokens.at = entry.source.start as usize;
    let mut names: Vec<Vec<u8>> = Vec::new();
    let mut sum: u64 = 0;
    tokens.attributes(|name, start, end| {
        let name = name.to_ascii_lowercase();
        // The first of a name counts; a tag with more names than these is no one's.
        if names.len() < 64 && !names.contains(&name) {
            let value = input.as_bytes().get(start..end).unwrap_or_default();
            let hash =
                name.iter().chain(b"=").chain(value).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
                });
            sum = sum.wrapping_add(hash);
            names.push(name);
        }
    });
    entry.sum = Some(sum);
    sum
}
