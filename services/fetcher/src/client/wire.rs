//! The bytes of a connection, counted.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tokio_rustls::client::TlsStream;

/// Bytes that are read before others have their turn. The HTTP library reads on while there is something to read, and
/// some of what a server may send costs it a second for what the kernel holds ready (interim responses, the zeros of a
/// chunk size); all that time nothing else would move.
const BURST_BYTES: usize = 128 << 10;

/// What connections share.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    /// Open connections.
    pub(super) open: Arc<AtomicUsize>,
    /// Bytes that a server may send for one answer, whatever they are.
    pub(super) answer_bytes_max: usize,
    /// How long a server may not take what we send. Without an end it could keep a connection for ever that nobody
    /// waits for: one in HTTP/2 says goodbye before it goes.
    pub(super) stall: Duration,
}

/// Bytes that a server may still send. Each answer renews it; what comes without one (interim answers, pings, settings,
/// floods on a connection that nobody uses) uses it up, and the connection breaks.
#[derive(Clone, Debug)]
pub(super) struct Allowance {
    left: Arc<AtomicUsize>,
    answer_bytes_max: usize,
}

impl Allowance {
    /// Answers that may share a connection at a time, in HTTP/2.
    const ANSWERS: usize = 4;

    /// There is an answer.
    pub(super) fn renew(&self) {
        let more = |left: usize| left.saturating_add(self.answer_bytes_max);
        let most = self.answer_bytes_max.saturating_mul(Self::ANSWERS);
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(more(left).min(most)));
    }

    fn spend(&self, bytes: usize) -> Result<(), TooMuch> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes));
        spent.map(drop).map_err(|_| TooMuch(self.answer_bytes_max))
    }
}

/// A server sent far more than a page for one request: whatever it was, the limits of head and body did not see it.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes on the wire for one request")]
pub(super) struct TooMuch(pub(super) usize);

/// A TCP connection that yields and has an end.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    open: Arc<AtomicUsize>,
    allowance: Allowance,
    burst: usize,
    stall: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(super) fn new(tcp: TcpStream, meter: &Meter) -> Self {
        let (open, answer_bytes_max) = (Arc::clone(&meter.open), meter.answer_bytes_max);
        open.fetch_add(1, Ordering::Relaxed);
        let allowance = Allowance { left: Arc::new(AtomicUsize::new(answer_bytes_max)), answer_bytes_max };
        Self { tcp, open, allowance, burst: 0, stall: meter.stall, stalled: None }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.burst >= BURST_BYTES {
            self.burst = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let Poll::Ready(read) = Pin::new(&mut self.tcp).poll_read(cx, buf) else {
            self.burst = 0;
            return Poll::Pending;
        };
        read?;
        let bytes = buf.filled().len() - before;
        self.burst += bytes;
        Poll::Ready(self.allowance.spend(bytes).map_err(io::Error::other))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if let Poll::Ready(written) = Pin::new(&mut this.tcp).poll_write(cx, buf) {
            this.stalled = None;
            return Poll::Ready(written);
        }
        let stalled = this.stalled.get_or_insert_with(|| Box::pin(sleep(this.stall)));
        stalled.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// A connection, with TLS or without.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Wire),
    Tls(Box<TlsStream<Wire>>),
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let (wire, is_http2) = match self {
            Self::Plain(wire) => (wire, false),
            Self::Tls(tls) => {
                let (wire, session) = tls.get_ref();
                (wire, session.alpn_protocol() == Some(b"h2"))
            }
        };
        // The library hands this on with each answer.
        let connected = Connected::new().extra(wire.allowance.clone());
        if is_http2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
