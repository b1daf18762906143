//! What is asked for, and what comes.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use schemas::CanonicalUrl;

/// One fetch.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where.
    pub url: &'a CanonicalUrl,
    /// What an earlier answer of this very URL said of itself.
    pub validators: Option<&'a Validators>,
    /// What kind of thing is wanted.
    pub accept: Accept,
    /// Bytes of the body on the wire, and again after decoding; never more than
    /// [`FetchLimits::body_bytes_max`](super::FetchLimits::body_bytes_max).
    pub body_bytes_max: usize,
}

/// What makes a request conditional (RFC 9110 section 13.1): the headers of an earlier answer, byte for byte, since a
/// server compares them as it likes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Goes into `If-None-Match`.
    pub etag: Option<String>,
    /// Goes into `If-Modified-Since`.
    pub last_modified: Option<String>,
}

/// What is asked for (RFC 9110 section 12.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// A feed or a sitemap.
    Feed,
    /// A page.
    Page,
    /// A robots.txt.
    Robots,
}

impl Accept {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Feed => {
                "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                 text/xml;q=0.9, application/json;q=0.8, text/html;q=0.5, */*;q=0.1"
            }
            Self::Page => "text/html, application/xhtml+xml, */*;q=0.1",
            Self::Robots => "text/plain, */*;q=0.1",
        }
    }
}

/// What becomes of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    /// It is followed, within the limits.
    Yes,
    /// The fetch ends with it: [`Fetched::moved_to`] says where it leads.
    Stop,
    /// The fetch fails with this reason.
    Refuse(&'static str),
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// 301, 302, 303, 307 or 308 (RFC 9110 section 15.4).
    pub status: u16,
    /// Where it led.
    pub to: CanonicalUrl,
}

/// A page as the server sent it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The address that answered.
    pub url: CanonicalUrl,
    /// The HTTP status, whatever it is.
    pub status: u16,
    /// Headers that matter later, lower case. A value that is not UTF-8, or long, is left out rather than changed.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded from its content encoding; of a redirect, none.
    pub body: Bytes,
    /// The redirects that were followed, in order.
    pub hops: Vec<Hop>,
    /// Where the redirect leads that was not followed, by [`Follow::Stop`].
    pub moved_to: Option<CanonicalUrl>,
    /// From the first connection to the last byte.
    pub elapsed: Duration,
    /// Bytes of the body before it was decoded.
    pub wire_bytes: u64,
}
