//! A batch of records as one compressed row, as Kafka keeps them: a row for each record costs more than its bytes.
//!
//! Before compression (LZ4 block, its size in front), each record is: offset minus the base, length of the key, key,
//! length of the value plus one (0 is a tombstone), value, count of headers, and for each header length and bytes of
//! name and value. Lengths are LEB128.

use bytes::Bytes;
use schemas::RawRecord;

/// A row holds at most this many bytes before compression, unless one record alone is larger: what a reader must hold.
pub(super) const ROW_BYTES_MAX: usize = 1 << 20;

/// A row that is not what [`push`] and [`compress`] made: the file is damaged.
#[derive(Debug, thiserror::Error)]
#[error("a batch of records cannot be read")]
pub(super) struct Damaged;

/// Appends one record to a row that is being made.
pub(super) fn push(row: &mut Vec<u8>, delta: u64, record: &RawRecord) {
    length(row, delta);
    slice(row, &record.key);
    match &record.value {
        None => length(row, 0),
        Some(value) => {
            length(row, value.len() as u64 + 1);
            row.extend_from_slice(value);
        }
    }
    length(row, record.headers.len() as u64);
    for (name, value) in &record.headers {
        slice(row, name.as_bytes());
        slice(row, value);
    }
}

/// The row as it is stored.
pub(super) fn compress(row: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress_prepend_size(row)
}

/// The records of a row with their distance from its base.
pub(super) fn decode(stored: &[u8]) -> Result<Vec<(i64, RawRecord)>, Damaged> {
    let row = Bytes::from(lz4_flex::block::decompress_size_prepended(stored).map_err(|_| Damaged)?);
    let mut reader = Reader { row: &row, at: 0 };
    let mut records = Vec::new();
    while reader.at < row.len() {
        let delta = i64::try_from(reader.length()?).map_err(|_| Damaged)?;
        let key = reader.slice()?;
        let value = match reader.length()? {
            0 => None,
            more => Some(reader.take(more - 1)?),
        };
        let count = reader.length()?;
        let mut headers = Vec::with_capacity(usize::try_from(count.min(64)).unwrap_or(0));
        for _ in 0..count {
            let name = String::from_utf8(reader.slice()?.to_vec()).map_err(|_| Damaged)?;
            headers.push((name, reader.slice()?));
        }
        records.push((delta, RawRecord { key, value, headers }));
    }
    Ok(records)
}

fn slice(row: &mut Vec<u8>, bytes: &[u8]) {
    length(row, bytes.len() as u64);
    row.extend_from_slice(bytes);
}

fn length(row: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        row.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    row.push(value as u8);
}

struct Reader<'a> {
    row: &'a Bytes,
    at: usize,
}

impl Reader<'_> {
    fn length(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = *self.row.get(self.at).ok_or(Damaged)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damaged)
    }

    fn slice(&mut self) -> Result<Bytes, Damaged> {
        let length = self.length()?;
        self.take(length)
    }

    /// No copy: the record shares the row's bytes.
    fn take(&mut self, length: u64) -> Result<Bytes, Damaged> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length)).ok_or(Damaged)?;
        if end > self.row.len() {
            return Err(Damaged);
        }
        let taken = self.row.slice(self.at..end);
        self.at = end;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_as_they_went() {
        let full = RawRecord {
            key: Bytes::from_static(b"key"),
            value: Some(Bytes::from(vec![7; 300])),
            headers: vec![("page".to_owned(), Bytes::from_static(b"{}")), (String::new(), Bytes::new())],
        };
        let tombstone = RawRecord { value: None, headers: vec![], ..full.clone() };
        let empty = RawRecord { key: Bytes::new(), value: Some(Bytes::new()), headers: vec![] };
        let mut row = Vec::new();
        let records = [(0, full), (1, tombstone), (900, empty)];
        for (delta, record) in &records {
            push(&mut row, u64::try_from(*delta).unwrap(), record);
        }
        let stored = compress(&row);
        assert_eq!(decode(&stored).unwrap(), records);
        for cut in 0..stored.len() {
            let _ = decode(&stored[..cut]); // an error or fewer records, never a panic
        }
    }
}
