//! What the stage reads and writes.

use schemas::{CanonicalUrl, Decode, DecodeError, Encode, EncodeError, Encoded, Entry, Feed, Page, RawRecord, topic};

/// A record of `feeds` or `entries`.
#[derive(Debug)]
pub enum Input {
    /// A feed to watch, or what is now to be known of it.
    Subscribe(Box<Feed>),
    /// A feed to watch no longer, by its address.
    Unsubscribe(CanonicalUrl),
    /// An entry whose page is to be fetched.
    Entry(Box<Entry>),
}

impl Decode for Input {
    fn decode(raw: &RawRecord) -> Result<Self, DecodeError> {
        Ok(Self::Entry(Box::new(Entry::decode(raw)?)))
    }

    fn decode_from(of: &str, raw: &RawRecord) -> Result<Self, DecodeError> {
        match (of, &raw.value) {
            (topic::FEEDS, Some(_)) => Ok(Self::Subscribe(Box::new(Feed::decode(raw)?))),
            (topic::FEEDS, None) => Feed::unsubscribed(raw).map(Self::Unsubscribe).ok_or(DecodeError::NoValue),
            _ => Self::decode(raw),
        }
    }
}

/// A record of `feeds`, `entries` or `pages`.
#[derive(Debug)]
pub enum Output {
    /// A new or changed entry, on its way to the partition of its page.
    Entry(Box<Entry>),
    /// A page.
    Page(Box<Page>),
    /// A feed that has moved, where it is now.
    Feed(Box<Feed>),
    /// A feed that has moved, where it was.
    NoFeed(CanonicalUrl),
}

impl Encode for Output {
    fn encode(&self) -> Result<Encoded, EncodeError> {
        match self {
            Self::Entry(entry) => entry.encode(),
            Self::Page(page) => page.encode(),
            Self::Feed(feed) => feed.encode(),
            Self::NoFeed(url) => Ok(Feed::tombstone(url)),
        }
    }
}
