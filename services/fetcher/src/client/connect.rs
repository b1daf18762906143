//! From a URL to a connection: the guard, then TCP to just the addresses that it has seen, then TLS.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::Uri;
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::Verifier;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, Error,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, ServerName},
    },
};
use tower_service::Service;

use super::{
    resolve::{Guard, Unreachable},
    wire::{Meter, Stream, Wire},
};

/// How long an address has before the next one is tried beside it (RFC 8305 section 5).
const STAGGER: Duration = Duration::from_millis(250);

/// What the HTTP library asks for connections; it has no other way to one.
///
/// It is ours because the guard holds only where nothing lies between the check of an address and the call that
/// connects to it: no second resolution, no other reading of the same URL, no proxy. Every spelling of every host
/// comes through here, on every hop.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) guard: Guard,
    pub(super) tls: TlsConnector,
    pub(super) connect: Duration,
    pub(super) meter: Meter,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = Unreachable;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Stream>, Unreachable>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreachable>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { timeout(this.connect, this.open(uri)).await.map_err(|_| Unreachable::Timeout)? })
    }
}

impl Connector {
    async fn open(&self, uri: Uri) -> Result<TokioIo<Stream>, Unreachable> {
        let is_https = uri.scheme_str() == Some("https");
        let host = uri.host().ok_or_else(|| Unreachable::Denied(format!("{uri} has no host")))?;
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let addresses = self.guard.permitted(host, port).await?;
        let tcp = race(addresses).await.map_err(Unreachable::Connect)?;
        let wire = Wire::new(tcp, &self.meter);
        if !is_https {
            return Ok(TokioIo::new(Stream::Plain(wire)));
        }
        let wrong = |error| Unreachable::Tls(io::Error::new(io::ErrorKind::InvalidInput, error));
        let name = match Guard::literal(host) {
            Some(address) => ServerName::from(address),
            None => ServerName::try_from(host.to_owned()).map_err(wrong)?,
        };
        let tls = self.tls.connect(name, wire).await.map_err(Unreachable::Tls)?;
        Ok(TokioIo::new(Stream::Tls(Box::new(tls))))
    }
}

/// The first connection of these addresses, each tried a little after the one before it.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let (mut waiting, mut attempts) = (addresses.into_iter(), JoinSet::new());
    let mut failed = io::Error::new(io::ErrorKind::AddrNotAvailable, "no address");
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        let more = waiting.len() > 0;
        tokio::select! {
            done = attempts.join_next() => match done {
                None => return Err(failed),
                Some(Ok(Ok(stream))) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Some(Ok(Err(error))) => failed = error,
                Some(Err(error)) => failed = io::Error::other(error),
            },
            () = sleep(STAGGER), if more => {}
        }
    }
}

/// TLS as browsers have it: certificates are verified against the machine's authorities, and `root` if given.
pub(super) fn tls(root: Option<CertificateDer<'static>>) -> Result<TlsConnector, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = Verifier::new_with_extra_roots(root, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
