//! What leaves the stage between two commits: one request, and what it brought.

use std::{sync::Arc, time::Duration};

use feeds::{Document, Hints};
use frontier::Robots;
use pipeline::Clock;
use schemas::{CanonicalUrl, Digest, Taken, Timestamp, limits, registrable_domain};

use crate::{
    Client, FetchError, Fetched,
    client::{Accept, Follow, Request, Validators},
};

/// A longer robots.txt counts as none that can be read; what is read of it is less (`frontier::robots::BYTES_MAX`).
const ROBOTS_BYTES_MAX: usize = 2 << 20;

/// One request to be made.
#[derive(Debug)]
pub struct Errand {
    pub(crate) url: CanonicalUrl,
    /// The take that it belongs to: an answer to another one is not applied.
    pub(crate) taken: Taken,
    pub(crate) what: What,
}

/// What the request is for.
#[derive(Debug)]
pub(crate) enum What {
    Robots,
    Feed {
        validators: Validators,
        /// The digest of the body that is known: the same is not parsed again.
        body: Option<Digest>,
    },
    Page {
        /// What is known of the origins of its site: a redirect to another one is not followed.
        robots: Vec<(String, Arc<Robots>)>,
    },
}

/// What a request brought.
#[derive(Debug)]
pub struct Answer {
    pub(crate) taken: Taken,
    /// When the last byte came, or none came any more.
    pub(crate) at: Timestamp,
    pub(crate) took: Duration,
    pub(crate) result: Result<Fetched, FetchError>,
    /// The parsed feed, where one came that was not known.
    pub(crate) document: Option<Document>,
    /// The digest of a feed's body.
    pub(crate) body: Option<Digest>,
}

/// What may come.
#[derive(Clone, Debug)]
pub struct Bodies {
    /// Bytes of a page, on the wire and decoded.
    pub page_bytes_max: usize,
    /// Bytes of a feed, on the wire and decoded.
    pub feed_bytes_max: usize,
    /// How a feed is read.
    pub feed: feeds::Limits,
}

impl Default for Bodies {
    /// As much as the log takes.
    fn default() -> Self {
        Self {
            page_bytes_max: limits::PAGE_BYTES_MAX,
            feed_bytes_max: limits::FEED_BYTES_MAX,
            feed: feeds::Limits::default(),
        }
    }
}

/// Makes a request.
pub async fn run(client: Client, clock: Clock, bodies: Arc<Bodies>, errand: Errand) -> Answer {
    let started = clock.now();
    let result = match &errand.what {
        What::Robots => client.fetch(&request(&errand.url, Accept::Robots, None, &bodies), |_, _| Follow::Yes).await,
        What::Feed { validators, .. } => {
            client.fetch(&request(&errand.url, Accept::Feed, Some(validators), &bodies), |_, _| Follow::Yes).await
        }
        What::Page { robots } => {
            client.fetch(&request(&errand.url, Accept::Page, None, &bodies), |from, to| hop(robots, from, to)).await
        }
    };
    let at = clock.now();
    answer(errand, result, at, started, bodies).await
}

/// What a result means, with the feed read where one came that is not known.
pub(crate) async fn answer(
    errand: Errand,
    result: Result<Fetched, FetchError>,
    at: Timestamp,
    started: Timestamp,
    bodies: Arc<Bodies>,
) -> Answer {
    let (mut document, mut body) = (None, None);
    if let (What::Feed { body: known, .. }, Ok(fetched)) = (&errand.what, &result)
        && (200..=203).contains(&fetched.status)
    {
        body = Some(Digest::of([&*fetched.body]));
        if body != *known {
            document = Some(parse(fetched.clone(), bodies).await);
        }
    }
    Answer { taken: errand.taken, at, took: at.since(started), result, document, body }
}

fn request<'a>(
    url: &'a CanonicalUrl,
    accept: Accept,
    validators: Option<&'a Validators>,
    bodies: &Bodies,
) -> Request<'a> {
    let body_bytes_max = match accept {
        Accept::Robots => ROBOTS_BYTES_MAX,
        Accept::Feed => bodies.feed_bytes_max,
        Accept::Page => bodies.page_bytes_max,
    };
    Request { url, validators, accept, body_bytes_max }
}

/// A page's redirect is followed within its site, where the rules of that origin are known and allow it. Another one
/// becomes an entry: it has a queue, and rules, of its own.
fn hop(robots: &[(String, Arc<Robots>)], from: &CanonicalUrl, to: &CanonicalUrl) -> Follow {
    if registrable_domain(from.host()) != registrable_domain(to.host()) {
        return Follow::Stop;
    }
    match robots.iter().find(|(origin, _)| origin == to.origin()) {
        Some((_, rules)) if rules.allows(to.path_and_query()) => Follow::Yes,
        Some(_) => Follow::Refuse("robots"),
        None => Follow::Stop,
    }
}

/// A feed may be megabytes: it is parsed beside the threads that wait for sockets.
async fn parse(fetched: Fetched, bodies: Arc<Bodies>) -> Document {
    let parse = move || {
        let hints = Hints {
            content_type: fetched.headers.get("content-type").map(String::as_str),
            url: Some(fetched.url.as_str()),
        };
        feeds::read(&fetched.body, &hints, &bodies.feed)
    };
    tokio::task::spawn_blocking(parse).await.unwrap_or(Document::Unknown { reason: "panicked" })
}
