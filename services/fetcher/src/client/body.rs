//! The body of a response, as it comes.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::time::timeout;

use super::{FetchError, FetchLimits};

/// Reads the body within its limits. One that comes in one piece is not copied.
pub(super) async fn read(mut from: Incoming, max: usize, limits: &FetchLimits) -> Result<Bytes, FetchError> {
    let announced = from.size_hint().exact();
    if announced.is_some_and(|length| length > max as u64) {
        return Err(FetchError::TooLarge { max });
    }
    let announced = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let (since, mut chunks, mut first, mut body) = (Instant::now(), 0, Bytes::new(), BytesMut::new());
    while let Some(frame) = timeout(limits.read, from.frame()).await.map_err(|_| FetchError::Timeout)? {
        let frame = frame.map_err(|error| FetchError::of_body(&error))?;
        // Trailers end a body and say nothing that is wanted here.
        let Ok(chunk) = frame.into_data() else { continue };
        chunks += 1;
        let length = first.len() + body.len() + chunk.len();
        if length > max {
            return Err(FetchError::TooLarge { max });
        }
        if chunks == 1 {
            first = chunk;
            continue;
        }
        if chunks == 2 {
            body.reserve(announced.max(length));
            body.extend_from_slice(&std::mem::take(&mut first));
        }
        body.extend_from_slice(&chunk);
        let elapsed = since.elapsed();
        let slow = elapsed > limits.rate_after && (length as u64) < limits.rate_min.saturating_mul(elapsed.as_secs());
        if slow || chunks > limits.chunks_max {
            return Err(FetchError::Trickle);
        }
    }
    Ok(if chunks > 1 { body.freeze() } else { first })
}
