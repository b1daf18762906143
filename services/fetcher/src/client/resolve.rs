//! Hosts to addresses, all of which are checked.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _},
    pin::Pin,
    sync::Arc,
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::Networks;

/// How a name becomes addresses: the system's way, and in tests any way.
pub trait Lookup: Send + Sync {
    /// The addresses of `name`.
    fn lookup(&self, name: &str) -> Answers;
}

/// The addresses of a name, or why there are none.
pub type Answers = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The system's resolver. It blocks a thread for as long as the name's servers like, whether we still wait or not, so
/// only so many are lent to it; the others decode.
pub(super) struct System(Arc<Semaphore>);

impl System {
    pub(super) fn new(lookups_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(lookups_max.min(Semaphore::MAX_PERMITS))))
    }
}

impl Lookup for System {
    fn lookup(&self, name: &str) -> Answers {
        let (lent, name) = (Arc::clone(&self.0), name.to_owned());
        Box::pin(async move {
            let lent = lent.acquire_owned().await.map_err(io::Error::other)?;
            let looking = spawn_blocking(move || {
                let found =
                    (name.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect());
                drop(lent);
                found
            });
            looking.await.map_err(io::Error::other)?
        })
    }
}

/// Why nothing was connected to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreachable {
    /// The guard said no.
    #[error("{0}")]
    Denied(String),
    #[error("the name of the host: {0}")]
    Dns(io::Error),
    #[error("connecting: {0}")]
    Connect(io::Error),
    #[error("TLS: {0}")]
    Tls(io::Error),
    #[error("no connection in time")]
    Timeout,
}

/// The one place that says whether a host may be connected to.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) networks: Arc<Networks>,
    pub(super) ports: Arc<[u16]>,
    pub(super) addresses_max: usize,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("networks", &self.networks).field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl Guard {
    /// The address that a host is written as, if it is one, in the brackets of IPv6 or without.
    pub(super) fn literal(host: &str) -> Option<IpAddr> {
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
    }

    /// The addresses of a host, unchecked.
    pub(super) async fn answers(&self, host: &str) -> Result<Vec<IpAddr>, Unreachable> {
        if let Some(address) = Self::literal(host) {
            return Ok(vec![address]);
        }
        // RFC 6761 section 6.3: these are never asked for, and what a name server says of them is not believed.
        if host == "localhost" || host.ends_with(".localhost") {
            return Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]);
        }
        let found = self.lookup.lookup(host).await.map_err(Unreachable::Dns)?;
        if found.is_empty() {
            return Err(Unreachable::Dns(io::Error::new(io::ErrorKind::NotFound, "it has no address")));
        }
        Ok(found)
    }

    /// The addresses to connect to. One bad address refuses them all, since a name that mixes public and private
    /// addresses is an attack.
    pub(super) async fn permitted(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreachable> {
        let found = self.answers(host).await?;
        self.check(host, port, &found)?;
        Ok(found.into_iter().take(self.addresses_max).map(|address| SocketAddr::new(address, port)).collect())
    }

    pub(super) fn check(&self, host: &str, port: u16, addresses: &[IpAddr]) -> Result<(), Unreachable> {
        let refused = addresses.iter().find_map(|address| Some((address, self.networks.refusal(*address)?)));
        if let Some((address, block)) = refused {
            let why = format!("{host} is {address}, not a public address ({block}); fetch.allow_private can allow it");
            return Err(Unreachable::Denied(why));
        }
        if !self.port_allowed(port, addresses) {
            return Err(Unreachable::Denied(format!("port {port} is not one that pages are fetched from")));
        }
        Ok(())
    }

    /// Whoever allows a private network knows its ports.
    pub(super) fn port_allowed(&self, port: u16, addresses: &[IpAddr]) -> bool {
        let private = || !addresses.is_empty() && addresses.iter().all(|address| self.networks.is_allowed(*address));
        self.ports.contains(&port) || private()
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    #[test]
    fn the_systems_resolver_takes_turns() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (system, mut lookups) = (System::new(2), JoinSet::new());
            for _ in 0..20 {
                lookups.spawn(system.lookup("localhost"));
            }
            for found in lookups.join_all().await {
                let found = found.unwrap();
                assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
            }
        });
    }

    #[test]
    fn a_host_that_is_an_address_is_known_for_one() {
        for (host, literal) in [("127.0.0.1", true), ("[::1]", true), ("::1", true), ("[::1", false), ("a.b", false)] {
            assert_eq!(Guard::literal(host).is_some(), literal, "{host}");
        }
    }
}
