//! How a record stands on the log: bytes under a key, with headers; and how our types become that and come back.

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

/// The caps that keep every record, and every dead letter made of one, within what the log takes (bytes).
pub mod limits {
    /// A page's body as received.
    pub const PAGE_BYTES_MAX: usize = 4 << 20;
    /// A feed document as received.
    pub const FEED_BYTES_MAX: usize = 8 << 20;
    /// The text that a feed entry may carry.
    pub const ENTRY_CONTENT_BYTES_MAX: usize = 1 << 20;
    /// A record's value, checked before it is produced.
    pub const VALUE_BYTES_MAX: usize = 4_980_736; // 4.75 MiB
    /// A whole record: key, value and headers, a dead letter's included.
    pub const RECORD_BYTES_MAX: usize = 5 << 20;
    /// All headers of a record together, so that value and headers stay under [`RECORD_BYTES_MAX`].
    pub const HEADERS_BYTES_MAX: usize = 128 << 10;
    /// A key.
    pub const KEY_BYTES_MAX: usize = 4 << 10;
}

/// Header names and values, in order; a name may stand once.
pub type Headers = Vec<(String, Bytes)>;

/// A record as it lies on the log. A missing value is a tombstone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawRecord {
    /// Decides the partition, and the order: records of one key stay in order.
    pub key: Bytes,
    /// The payload; `None` deletes the key from a compacted topic.
    pub value: Option<Bytes>,
    /// What travels beside the payload.
    pub headers: Headers,
}

impl RawRecord {
    /// The value of the header `name`, if it is there.
    pub fn header(&self, name: &str) -> Option<&Bytes> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Key, value and headers together, in bytes.
    pub fn bytes(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.key.len() + self.value.as_ref().map_or(0, Bytes::len) + headers
    }
}

/// A record on its way to a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The topic's name without the deployment's prefix.
    pub topic: &'static str,
    /// Key, value and headers.
    pub record: RawRecord,
}

/// Why bytes on a topic are not the record they should be.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// A tombstone where a value must stand.
    #[error("the record has no value")]
    NoValue,
    /// A header that the record cannot be read without.
    #[error("the header {0} is missing")]
    NoHeader(&'static str),
    /// The JSON is broken or is not of this type.
    #[error("the JSON is not of the type {of}")]
    Json {
        /// The Rust type that was expected.
        of: &'static str,
        /// What the JSON reader says, with line and column.
        #[source]
        source: serde_json::Error,
    },
}

/// Why a record may not go onto the log.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Larger than [`limits`] allow, with nothing left to cut.
    #[error("the {part} has {bytes} bytes, more than {max}")]
    TooLarge {
        /// `key`, `value` or `headers`.
        part: &'static str,
        /// Its size.
        bytes: usize,
        /// The cap.
        max: usize,
    },
    /// A value that JSON cannot hold.
    #[error("the record does not become JSON")]
    Json(#[from] serde_json::Error),
}

/// A type that is read from a topic.
pub trait Decode: Sized {
    /// Reads the record. Unknown fields are ignored, since newer writers may add some.
    ///
    /// # Errors
    /// What is missing or is not of the type; the caller moves the record aside with its original bytes.
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError>;

    /// The same, for what is read from several topics and must know from which it came.
    ///
    /// # Errors
    /// As [`Decode::decode`].
    fn decode_from(_topic: &str, raw: &RawRecord) -> Result<Self, DecodeError> {
        Self::decode(raw)
    }
}

/// A type that is written to a topic.
pub trait Encode {
    /// The bytes to write, within [`limits`].
    ///
    /// # Errors
    /// [`EncodeError::TooLarge`] where a cap is passed and the type has nothing that may be cut.
    fn encode(&self) -> Result<Encoded, EncodeError>;
}

/// A raw record passes through as it is: for benches, replay and tests of the runtime.
impl Decode for RawRecord {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        Ok(raw.clone())
    }
}

impl Encode for Encoded {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        Ok(self.clone())
    }
}

/// JSON to and from a record's value.
pub mod json {
    use super::{Bytes, DecodeError, DeserializeOwned, EncodeError, RawRecord, Serialize, limits};

    /// Reads the value of `raw` as JSON.
    ///
    /// # Errors
    /// A tombstone, or JSON that is not a `T`.
    pub fn value<T: DeserializeOwned>(raw: &RawRecord) -> Result<T, DecodeError> {
        slice(raw.value.as_ref().ok_or(DecodeError::NoValue)?)
    }

    /// Reads `bytes` as JSON.
    ///
    /// # Errors
    /// JSON that is not a `T`.
    pub fn slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
        serde_json::from_slice(bytes).map_err(|source| DecodeError::Json { of: std::any::type_name::<T>(), source })
    }

    /// Writes `value` as JSON, within [`limits::VALUE_BYTES_MAX`].
    ///
    /// # Errors
    /// A value over the cap.
    pub fn bytes<T: Serialize>(value: &T) -> Result<Bytes, EncodeError> {
        let bytes = serde_json::to_vec(value)?;
        within("value", bytes.len(), limits::VALUE_BYTES_MAX)?;
        Ok(Bytes::from(bytes))
    }

    pub(crate) fn within(part: &'static str, bytes: usize, max: usize) -> Result<(), EncodeError> {
        if bytes > max { Err(EncodeError::TooLarge { part, bytes, max }) } else { Ok(()) }
    }
}
