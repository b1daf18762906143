//! Rows of data tables become one block each, their cells parted by tabs. Tables that only lay out a page stay as they
//! are: their cells are long or hold several blocks.

use crate::fold::words;
use crate::page::{Page, Raw, Tag};

/// Words of a cell beyond which it is a column of a page.
const CELL_WORDS_MAX: f32 = 30.0;
/// The same for a row.
const ROW_WORDS_MAX: f32 = 120.0;

/// Joins the cells of each row.
pub(crate) fn join_rows(page: &mut Page) {
    let homes: Vec<Option<(usize, usize)>> = page.blocks.iter().map(|block| home(page, block)).collect();
    let mut joined: Vec<Raw> = Vec::with_capacity(page.blocks.len());
    let mut index_of: Vec<usize> = Vec::with_capacity(page.blocks.len() + 1);
    let mut at = 0;
    while at < page.blocks.len() {
        let end = row_end(page, &homes, at).unwrap_or(at + 1);
        index_of.extend(std::iter::repeat_n(joined.len(), end - at));
        joined.push(if end > at + 1 { join(&page.blocks[at..end], homes[at]) } else { page.blocks[at].clone() });
        at = end;
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

fn join(cells: &[Raw], home: Option<(usize, usize)>) -> Raw {
    let text = cells.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("\t");
    let mut row = cells[0].clone();
    row.words = words(&text);
    row.link_words = cells.iter().map(|cell| cell.link_words).sum();
    row.element = home.map_or(row.element, |(row, _)| row);
    row.tag = Tag::Row;
    row.broken = false;
    row.text = text;
    row
}
