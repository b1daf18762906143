//! Rows of data tables become one block each, their cells parted by tabs. Tables that only lay out a page stay as they
//! are: their cells are long or hold several blocks.

use crate::evidence::Form;
use crate::page::{Page, Raw, Tag};

/// Words of a cell beyond which it is a column of a page.
const CELL_WORDS_MAX: f32 = 30.0;
/// The same for a row.
const ROW_WORDS_MAX: f32 = 120.0;

/// Joins the cells of each row.
pub(crate) fn join_rows(page: &mut Page) {
    if page.elements.iter().all(|element| element.tag != Tag::Row) {
        return;
    }
    let homes: Vec<Option<(usize, usize)>> = page.blocks.iter().map(|block| home(page, block)).collect();
    // For each block the end of the row that it stands in, if that is one, else its own.
    let mut ends: Vec<usize> = Vec::with_capacity(page.blocks.len());
    while ends.len() < page.blocks.len() {
        let at = ends.len();
        let end = row_end(page, &homes, at).unwrap_or(at + 1);
        ends.extend(std::iter::repeat_n(end, end - at));
    }
    let mut joined: Vec<Raw> = Vec::with_capacity(page.blocks.len());
    let mut index_of: Vec<usize> = Vec::with_capacity(page.blocks.len() + 1);
    let mut blocks = std::mem::take(&mut page.blocks).into_iter();
    while let Some(block) = blocks.next() {
        let at = index_of.len();
        let end = ends[at];
        index_of.extend(std::iter::repeat_n(joined.len(), end - at));
        joined.push(if end > at + 1 { join(block, blocks.by_ref().take(end - at - 1), homes[at]) } else { block });
    }
    index_of.push(joined.len());
    page.blocks = joined;
    for element in &mut page.elements {
        element.first = index_of[element.first];
        element.end = index_of[element.end];
    }
    for capture in &mut page.facts.captured {
        capture.block = index_of[capture.block];
    }
    for image in &mut page.facts.images {
        image.block = index_of[image.block];
    }
}

/// The row and the cell that a block stands in, as elements.
fn home(page: &Page, block: &Raw) -> Option<(usize, usize)> {
    let (mut element, mut cell) = (block.element, None);
    loop {
        match page.elements[element].tag {
            Tag::Cell => cell = Some(element),
            Tag::Row => return cell.map(|cell| (element, cell)),
            Tag::Inline | Tag::Paragraph | Tag::Div | Tag::Heading(_) if element != 0 => {}
            _ => return None,
        }
        element = page.elements[element].parent;
    }
}

/// Where the data row that begins with this block ends, if one does.
fn row_end(page: &Page, homes: &[Option<(usize, usize)>], at: usize) -> Option<usize> {
    let (row, _) = homes[at]?;
    let element = &page.elements[row];
    if element.first != at || element.end < at + 2 {
        return None;
    }
    let mut cells = Vec::new();
    for (block, home) in page.blocks[at..element.end].iter().zip(&homes[at..element.end]) {
        let (own_row, cell) = (*home)?;
        if own_row != row || block.words > CELL_WORDS_MAX || cells.contains(&cell) || cells.len() > 40 {
            return None;
        }
        cells.push(cell);
    }
    let total: f32 = page.blocks[at..element.end].iter().map(|block| block.words).sum();
    (total <= ROW_WORDS_MAX).then_some(element.end)
}

fn join(first: Raw, others: impl Iterator<Item = Raw>, home: Option<(usize, usize)>) -> Raw {
    let mut row = first;
    for cell in others {
        row.text.push('\t');
        row.text.push_str(&cell.text);
        row.link_words += cell.link_words;
        row.link_last = cell.link_last;
        row.cut = cell.cut;
    }
    row.form = Form::of(&row.text);
    row.words = row.form.words;
    row.element = home.map_or(row.element, |(row, _)| row);
    row.tag = Tag::Row;
    row.broken = false;
    row
}
