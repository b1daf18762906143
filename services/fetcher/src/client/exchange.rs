//! One request and one answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Empty;
use hyper::{
    Request, Response, Uri,
    body::Incoming,
    header::{self, HeaderValue},
};
use schemas::CanonicalUrl;
use tokio::{sync::Notify, task::spawn_blocking, time::timeout};

use super::{Accept, FetchError, Fetched, Hop, Inner, Validators, body, headers, wire::Allowance};
use crate::decode::{self, Encoding};

/// A larger body is decoded away from the async threads: it may unpack to megabytes.
const DECODE_HERE_BYTES_MAX: usize = 4 << 10;

impl Inner {
    /// One request, and the head of its answer.
    pub(super) async fn send(
        &self,
        url: &CanonicalUrl,
        accept: Accept,
        validators: Option<&Validators>,
    ) -> Result<Response<Incoming>, FetchError> {
        let uri: Uri = url.as_str().parse().map_err(|error| FetchError::Refused(format!("{url}: {error}")))?;
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, self.user_agent.clone());
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept.as_str()));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(decode::ACCEPTED));
        let none = Validators::default();
        let validators = validators.unwrap_or(&none);
        let conditions =
            [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)];
        for (name, value) in conditions {
            // One that no header can hold was never received as one.
            if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok()) {
                headers.insert(name, value);
            }
        }
        let interim = Interim::watch(&mut request, self.limits.interim_max);
        let response = tokio::select! {
            response = timeout(self.limits.read, self.pool.http().request(request)) => response,
            () = interim.notified() => {
                return Err(FetchError::Headers(format!("more than {} interim responses", self.limits.interim_max)));
            }
        };
        let response = response.map_err(|_| FetchError::Timeout)?.map_err(|error| FetchError::of_request(&error))?;
        if let Some(allowance) = response.extensions().get::<Allowance>() {
            allowance.renew();
        }
        headers::check(response.headers(), &self.limits)?;
        // RFC 9110 section 15.2.2: we have asked for no other protocol.
        if response.status().is_informational() {
            let text = format!("{} as an answer", response.status());
            return Err(FetchError::Network { cause: "protocol", text });
        }
        Ok(response)
    }

    /// The rest of an answer that is no redirect.
    pub(super) async fn read(
        &self,
        response: Response<Incoming>,
        url: CanonicalUrl,
        hops: Vec<Hop>,
        max: usize,
    ) -> Result<Fetched, FetchError> {
        let max = max.min(self.limits.body_bytes_max);
        let (head, body) = response.into_parts();
        let response = Response::from_parts(head, ());
        let status = response.status();
        let body = if matches!(status.as_u16(), 204 | 304) {
            Ok((Bytes::new(), 0)) // whatever its headers say of a body
        } else if status.is_success() {
            self.body(&response, body, max).await
        } else {
            // What an error's page says is a help, no more: the status is worth more than a failure to read it.
            let within = timeout(self.limits.read, self.body(&response, body, max));
            Ok(within.await.ok().and_then(Result::ok).unwrap_or_default())
        };
        let (body, wire_bytes) = body?;
        Ok(answered(&response, url, hops, None, body, wire_bytes))
    }

    /// The decoded body, and how many bytes came.
    async fn body(&self, head: &Response<()>, body: Incoming, max: usize) -> Result<(Bytes, u64), FetchError> {
        // Before the body, which is not worth reading where it cannot be decoded.
        let values = head.headers().get_all(header::CONTENT_ENCODING);
        let encoding = Encoding::of(values.iter().map(HeaderValue::as_bytes))?;
        let body = body::read(body, max, &self.limits).await?;
        let wire_bytes = body.len() as u64;
        let body = if encoding == Encoding::Identity || body.len() <= DECODE_HERE_BYTES_MAX {
            encoding.decode(body, max)?
        } else {
            let decoding = spawn_blocking(move || encoding.decode(body, max));
            decoding.await.map_err(|error| FetchError::Encoding(error.to_string()))??
        };
        Ok((body, wire_bytes))
    }
}

/// Notes the interim responses to a request; the library reads them on and on.
struct Interim;

impl Interim {
    fn watch(request: &mut Request<Empty<Bytes>>, max: u32) -> Arc<Notify> {
        let (seen, too_many) = (AtomicU32::new(0), Arc::new(Notify::new()));
        let notify = Arc::clone(&too_many);
        hyper::ext::on_informational(request, move |_| {
            if seen.fetch_add(1, Ordering::Relaxed) >= max {
                notify.notify_one();
            }
        });
        too_many
    }
}

/// What an answer comes to.
pub(super) fn answered<B>(
    response: &Response<B>,
    url: CanonicalUrl,
    hops: Vec<Hop>,
    moved_to: Option<CanonicalUrl>,
    body: Bytes,
    wire_bytes: u64,
) -> Fetched {
    let (status, headers) = (response.status().as_u16(), headers::kept(response.headers()));
    Fetched { url, status, headers, body, hops, moved_to, elapsed: Duration::ZERO, wire_bytes }
}
