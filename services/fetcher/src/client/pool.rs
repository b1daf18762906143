//! The HTTP library, with every setting that matters here.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio_rustls::TlsConnector;

use super::{FetchLimits, connect::Connector, resolve::Guard, wire::Meter};

/// A connection with a request in hand that stays silent is asked whether it is there; several requests share one in
/// HTTP/2, and a dead one would time them all out again and again.
const HTTP2_PING: Duration = Duration::from_secs(5);
/// The smallest buffer for a head that the library takes (bytes).
const HEAD_BYTES_MIN: usize = 8_192;

pub(super) type Http = Client<Connector, Empty<Bytes>>;

/// The connections.
///
/// The library can bound the idle connections of a host but not of all hosts, and a fetcher meets hundreds of
/// thousands. So its client is replaced, and with it go the idle connections, whenever it holds
/// [`FetchLimits::idle_max`] of them; requests in hand end on the old one.
pub(super) struct Pool {
    make: Make,
    now: Mutex<Generation>,
}

struct Make {
    guard: Guard,
    tls: TlsConnector,
    limits: FetchLimits,
    http2: bool,
}

struct Generation {
    http: Http,
    open: Arc<AtomicUsize>,
}

impl Pool {
    /// With `http2`, that is spoken without TLS.
    pub(super) fn new(guard: Guard, tls: TlsConnector, limits: FetchLimits, http2: bool) -> Self {
        let make = Make { guard, tls, limits, http2 };
        let now = Mutex::new(make.generation());
        Self { make, now }
    }

    /// The client to use now.
    pub(super) fn http(&self) -> Http {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.open.load(Ordering::Relaxed) >= self.make.limits.idle_max {
            *now = self.make.generation();
        }
        now.http.clone()
    }
}

impl Make {
    fn generation(&self) -> Generation {
        let (limits, open) = (&self.limits, Arc::new(AtomicUsize::new(0)));
        // Twice the body, since chunks and TLS records take room, too; and heads.
        let answer_bytes_max = limits.body_bytes_max.saturating_mul(2).saturating_add(4 * limits.header_bytes_max);
        let meter = Meter { open: Arc::clone(&open), answer_bytes_max, stall: limits.total };
        let (guard, tls) = (self.guard.clone(), self.tls.clone());
        let connector = Connector { guard, tls, connect: limits.connect, meter };
        let http = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits.idle)
            .pool_max_idle_per_host(limits.idle_per_host_max)
            .http1_max_headers(limits.headers_max)
            .http1_max_buf_size(limits.header_bytes_max.max(HEAD_BYTES_MIN))
            .http2_only(self.http2)
            .http2_max_header_list_size(u32::try_from(limits.header_bytes_max).unwrap_or(u32::MAX))
            .http2_initial_stream_window_size(limits.window_bytes)
            .http2_initial_connection_window_size(limits.window_bytes)
            .http2_keep_alive_interval(HTTP2_PING)
            .http2_keep_alive_timeout(HTTP2_PING)
            .build(connector);
        Generation { http, open }
    }
}
