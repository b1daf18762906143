//! Parts of a page that were sent late. React streams a page with gaps, `<template id="B:0">`, and behind it what belongs
//! there, `<div hidden id="S:0">`, which a line of script then moves (`ReactDOMServer`, since version 18). A reader sees it in
//! its place, and so do we.

use std::collections::HashMap;

use memchr::memmem;

use super::names::{AttributeName, Name};
use super::tree::{Index, NONE, Tree};
use crate::fold::Quick;
use crate::limits::{DEPTH_MAX, SEGMENTS_MAX};

impl Tree<'_> {
    /// Moves what was sent late to its place.
    pub(crate) fn settle(&mut self) {
        if memmem::find(self.input.as_bytes(), b"id=\"S:").is_none() {
            return;
        }
        let mut segments: HashMap<&str, Index, Quick> = HashMap::default();
        let mut gaps: Vec<(&str, Index)> = Vec::new();
        for index in 0..self.nodes.len() as Index {
            let node = self.node(index);
            if !matches!(node.name, Name::Div | Name::Template) {
                continue;
            }
            let id = self.at(index).and_then(|node| node.attr(AttributeName::Id)).and_then(|id| id.split_once(':'));
            match (node.name, id) {
                (Name::Div, Some(("S", number))) if segments.len() < SEGMENTS_MAX => {
                    segments.entry(number).or_insert(index);
                }
                (Name::Template, Some(("B" | "P", number))) if gaps.len() < SEGMENTS_MAX => gaps.push((number, index)),
                _ => {}
            }
        }
        let moves: Vec<(Index, Index)> =
            gaps.into_iter().filter_map(|(number, gap)| Some((gap, segments.remove(number)?))).collect();
        for (gap, segment) in moves {
            if self.may_hold(gap, segment) {
                self.fill(gap, segment);
            }
        }
    }

    /// Whether a gap is at no great depth, and not within what it is to hold.
    fn may_hold(&self, gap: Index, segment: Index) -> bool {
        let mut at = gap;
        for _ in 0..DEPTH_MAX {
            if at == segment {
                return false;
            }
            if at == NONE {
                return true;
            }
            at = self.node(at).parent;
        }
        false
    }

    fn fill(&mut self, gap: Index, segment: Index) {
        let mut child = self.node(segment).first_child;
        while child != NONE {
            let next = self.node(child).next;
            self.detach(child);
            self.insert_before(gap, child);
            child = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use crate::walk::walk;

    fn texts(html: &str) -> Vec<String> {
        let mut tree = parse(html);
        tree.settle();
        walk(&tree, false).blocks.into_iter().map(|block| block.text).collect()
    }

    #[test]
    fn what_is_sent_late_stands_in_its_place() {
        let page = "<p>one</p><template id=\"B:0\"></template><p>four</p>\
                    <div hidden id=\"S:0\"><p>two</p><template id=\"P:1\"></template></div><div hidden id=\"S:1\"><p>three</div>";
        assert_eq!(texts(page), ["one", "two", "three", "four"]);
    }

    #[test]
    fn what_has_no_place_stays_hidden() {
        assert_eq!(texts("<p>one</p><div hidden id=\"S:0\"><p>two</div>"), ["one"]);
        assert_eq!(texts("<div hidden id=\"S:0\"><template id=\"B:0\"></template><p>two</div><p>one"), ["one"]);
    }

    #[test]
    fn parts_within_parts_end_at_a_depth() {
        let mut page = String::from("<template id=\"B:0\"></template>");
        for part in 0..2000 {
            let gap = format!("{}<template id=\"P:{}\">", "<div>".repeat(100), part + 1);
            page.push_str(&format!(
                "<div hidden id=\"S:{part}\"><p>{part}</p>{gap}</template>{}</div>",
                "</div>".repeat(100)
            ));
        }
        assert!((1..10).contains(&texts(&page).len()));
    }
}
