//! A page's markup as a tree: the HTML standard's parser for a reader of articles.
//!
//! [`parse`] builds the tree that the [standard](https://html.spec.whatwg.org/multipage/parsing.html) builds, with
//! scripting on, as far as it says which element a text or an element is in. What no article needs is left out of it:
//! comments, doctypes, scripts, styles, the content of `iframe`, `noembed`, `noframes`, `noscript` and `textarea`, the
//! elements within `svg` and `math`, and all attributes but those of [`AttributeName`]. Some of that is held aside
//! ([`Tree::raws`]). The content of a `template` is below its element; a reader should pass it over.
//!
//! The tree borrows from the page: text and values are spans of it unless a character reference had to be resolved.
//! Texts are joined only where one goes on from the other in the page, so two may stand side by side. Line ends are as
//! they are in the page.
//!
//! Three things differ from the standard on purpose, so that a page costs time and memory in its length and no more,
//! whatever it holds:
//!
//! - Beyond [`DEPTH_MAX`](crate::limits::DEPTH_MAX) open elements, [`FORMATTING_MAX`](crate::limits::FORMATTING_MAX)
//!   formatting elements that are to be opened again, and [`TAGS_MAX`](crate::limits::TAGS_MAX) tags, start tags are
//!   ignored; beyond [`NODES_MAX`](crate::limits::NODES_MAX) nodes, all the rest is. The tree's notes say so.
//! - A comment, script, style, title or the like that does not end takes the rest of the page only if that is short
//!   ([`UNCLOSED_BYTES_MAX`](crate::limits::UNCLOSED_BYTES_MAX)), or where the page was cut at its cap, as it then was
//!   cut within it; else its mark or tag alone is passed over, and a note says so.
//! - Of a style attribute only what may hide an element is kept, of `onclick` that it is there, and `value` is kept
//!   only for what stands on a button. Long values ([`VALUE_BYTES_MAX`](crate::limits::VALUE_BYTES_MAX)) and attributes
//!   beyond [`ATTRIBUTES_MAX`](crate::limits::ATTRIBUTES_MAX) are left out.
//!
//! | file | what of the standard |
//! | --- | --- |
//! | `tokenizer` | 13.2.5, as scans from mark to mark |
//! | `entities` | character references |
//! | `names` | names as numbers; scopes and categories as sets of bits |
//! | `parser` | 13.2.6: state, stack of open elements, inserting |
//! | `formatting` | the list of active formatting elements, the adoption agency |
//! | `modes`, `body`, `tables`, `foreign` | insertion modes |
//! | `quirks` | what a doctype says |
//! | `streamed` | no part of it: what a page sends late, moved to its place |
//! | `tree` | nodes, and how they are read |

mod body;
mod entities;
mod foreign;
mod formatting;
mod modes;
mod names;
mod parser;
mod quirks;
mod streamed;
mod tables;
mod tokenizer;
mod tree;

// Beside the other tests of the crate, since they read files and a clock, which nothing in `src` does.
#[cfg(test)]
#[path = "../../tests/html/mod.rs"]
mod tests;

use crate::limits::BODY_BYTES_MAX;

pub(crate) use entities::decode;
pub(crate) use names::{AttributeName, Name};
pub(crate) use tree::{Kind, NodeRef, RawKind, Tree};

/// Parses a page, or a piece of one as if it were a page. Time and memory are linear in its length, and a page beyond the
/// cap is cut, as a note says.
pub(crate) fn parse(html: &str) -> Tree<'_> {
    let capped = cap(html);
    let mut tree = parser::Parser::new(capped).run();
    if capped.len() < html.len() {
        tree.note("input_cut");
    }
    tree
}

/// Cuts a page at the cap, between characters.
fn cap(html: &str) -> &str {
    let mut end = html.len().min(BODY_BYTES_MAX);
    while !html.is_char_boundary(end) {
        end -= 1;
    }
    &html[..end]
}
