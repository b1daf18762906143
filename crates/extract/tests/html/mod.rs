//! The parser against html5ever, by way of `scraper`, and against pages that mean harm.

mod canonical;
mod fragments;
mod hostile;
mod readers;
mod sets;
mod soup;
#[path = "../support/sets.rs"]
mod support;

use canonical::{difference, of_reference, of_tree};

/// Where and how the two parsers build different trees.
fn differ(html: &str) -> Option<String> {
    difference(&of_tree(&super::parse(html)), &of_reference(html))
}

/// Fails where they do.
#[track_caller]
fn agree(html: &str) {
    if let Some(difference) = differ(html) {
        panic!("{html:?}\n{difference}");
    }
}

/// Fails where the tree is another one than `expected`, in the short form of [`canonical::short`].
#[track_caller]
fn is_tree(html: &str, expected: &str) {
    assert_eq!(canonical::short(&of_tree(&super::parse(html))), expected, "{html:?}");
}
