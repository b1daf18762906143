//! Boxes that ask for an e-mail address. Whatever they are called, a small box around such a field invites to a newsletter,
//! and all that it says belongs to it.

use crate::page::{Page, Tag};
use crate::types::Label;

/// Words and blocks of the largest such box.
const WORDS_MAX: f32 = 60.0;
const BLOCKS_MAX: usize = 8;

/// Names the boxes around the fields that stand in these elements, but for what is in such a box already, or in one of
/// another name: a comment form asks for an address as well.
pub(crate) fn name_boxes(page: &mut Page, fields: &[usize]) {
    for field in fields {
        let Some(asking) = box_around(page, *field) else { continue };
        if page.around(asking).all(|at| page.elements[at].names.residue.is_none()) {
            page.elements[asking].names.name_residue(Label::Subscribe, "type email");
        }
    }
}

/// The outermost small element around one, within what holds an article or its headline.
fn box_around(page: &Page, field: usize) -> Option<usize> {
    let is_small = |at: &usize| {
        let element = &page.elements[*at];
        let blocks = page.blocks.get(element.first..element.end).unwrap_or_default();
        let words = || blocks.iter().map(|block| block.words).sum::<f32>();
        let headline = || blocks.iter().any(|block| block.tag == Tag::Heading(1));
        let is_box =
            matches!(element.tag, Tag::Div | Tag::Section | Tag::Form | Tag::Aside | Tag::Inline | Tag::Paragraph);
        is_box && !element.names.content && blocks.len() <= BLOCKS_MAX && words() <= WORDS_MAX && !headline()
    };
    page.around(field).take_while(is_small).last()
}
