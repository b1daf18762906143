//! Articles to columns.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, Date32Array, Float32Array, Int64Array, ListArray, RecordBatch, StringBuilder, StructArray,
        TimestampMicrosecondArray,
    },
    buffer::OffsetBuffer,
    datatypes::{DataType, Field},
    error::ArrowError,
};
use schemas::EnrichedArticle;

use super::columns::{COLUMNS, Cells, Record, file_schema, record_fields};

/// Rows in one batch at most: as Arrow's columns they are in memory once more, beside the articles that they are made of.
pub(super) const BATCH_ROWS_MAX: usize = 20;
/// A batch's texts have 32-bit offsets, and a row's text is at most as long as its record.
const _: () = assert!(BATCH_ROWS_MAX * schemas::limits::RECORD_BYTES_MAX < i32::MAX as usize);

/// The rows as one batch of the data file's schema.
pub(super) fn batch(rows: &[&EnrichedArticle]) -> Result<RecordBatch, ArrowError> {
    let columns = COLUMNS.iter().map(|column| array(&column.cells, rows)).collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(file_schema(), columns)
}

/// Bytes of the rows' bodies, which are nearly all that they are.
pub(super) fn text_bytes(rows: &[&EnrichedArticle]) -> usize {
    rows.iter().flat_map(|row| &row.article.body).map(|block| block.text.len()).sum()
}

fn array(cells: &Cells, rows: &[&EnrichedArticle]) -> Result<ArrayRef, ArrowError> {
    let rows = rows.iter().copied();
    Ok(match cells {
        Cells::Text(of) => {
            let mut values = StringBuilder::new();
            rows.for_each(|row| values.append_option(of(row)));
            Arc::new(values.finish())
        }
        Cells::Texts(of) => texts(rows.map(of))?,
        Cells::Integer(of) => Arc::new(rows.map(of).collect::<Int64Array>()),
        Cells::Real(of) => Arc::new(rows.map(of).collect::<Float32Array>()),
        Cells::Instant(of) => Arc::new(rows.map(of).collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Cells::Day(of) => Arc::new(rows.map(of).collect::<Date32Array>()),
        Cells::Records(names, of) => records(names, rows.map(of))?,
    })
}

fn texts<T: AsRef<str>>(lists: impl Iterator<Item = Vec<T>>) -> Result<ArrayRef, ArrowError> {
    let mut values = StringBuilder::new();
    let mut lengths = Vec::new();
    for list in lists {
        lengths.push(list.len());
        list.iter().for_each(|value| values.append_value(value));
    }
    lists_of(DataType::Utf8, lengths, Arc::new(values.finish()))
}

fn records<'a>(names: &[&str], lists: impl Iterator<Item = Vec<Record<'a>>>) -> Result<ArrayRef, ArrowError> {
    let mut fields: Vec<StringBuilder> = names.iter().map(|_| StringBuilder::new()).collect();
    let mut lengths = Vec::new();
    for list in lists {
        lengths.push(list.len());
        for record in &list {
            fields.iter_mut().zip(record).for_each(|(field, value)| field.append_option(value.as_ref()));
        }
    }
    let arrays = fields.iter_mut().map(|field| Arc::new(field.finish()) as ArrayRef).collect();
    let record = StructArray::try_new(record_fields(names), arrays, None)?;
    lists_of(DataType::Struct(record_fields(names)), lengths, Arc::new(record))
}

/// Lists are never null: what is absent is an empty list, so that a reader need not ask for both.
fn lists_of(item: DataType, lengths: Vec<usize>, values: ArrayRef) -> Result<ArrayRef, ArrowError> {
    let field = Arc::new(Field::new("element", item, true));
    Ok(Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), values, None)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rows_are_a_batch_too() {
        assert_eq!(batch(&[]).unwrap().num_rows(), 0);
    }
}
