//! One request with its redirects, within limits, and to nowhere that the guard refuses.

mod body;
mod connect;
mod error;
mod exchange;
mod guard;
mod headers;
mod limits;
mod pool;
mod request;
mod resolve;
mod wire;

use std::{collections::HashSet, sync::Arc};

use bytes::Bytes;
use hyper::header::HeaderValue;
use schemas::CanonicalUrl;
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::CertificateDer;

pub use self::{
    error::FetchError,
    guard::Verdict,
    limits::FetchLimits,
    request::{Accept, Fetched, Follow, Hop, Request, Validators},
    resolve::{Answers, Lookup},
};
use self::{
    exchange::answered,
    guard::Target,
    pool::Pool,
    resolve::{Guard, System},
};
use crate::Networks;

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    pool: Pool,
    guard: Guard,
    user_agent: HeaderValue,
    limits: FetchLimits,
}

/// What a test changes about the world; nothing else should.
#[doc(hidden)]
#[derive(Default)]
pub struct World {
    /// Instead of the system's resolver.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Speaks HTTP/2 without TLS.
    pub http2: bool,
    /// Believes this authority (DER) besides the system's.
    pub root: Option<Vec<u8>>,
}

impl Client {
    /// A client that says who it is by `user_agent`: `wiredesk`, the name that robots.txt files know it by, a version,
    /// and whom to write to.
    ///
    /// # Errors
    /// [`FetchError::Network`] where the machine's TLS cannot be set up.
    pub fn new(user_agent: &str, networks: Networks, limits: FetchLimits) -> Result<Self, FetchError> {
        Self::in_world(user_agent, networks, limits, World::default())
    }

    #[doc(hidden)]
    pub fn in_world(
        user_agent: &str,
        networks: Networks,
        limits: FetchLimits,
        world: World,
    ) -> Result<Self, FetchError> {
        let failed = |error: &dyn std::error::Error| FetchError::Network { cause: "tls", text: error.to_string() };
        let root = world.root.map(CertificateDer::from);
        let tls = connect::tls(root).map_err(|error| failed(&error))?;
        let user_agent = HeaderValue::from_str(user_agent);
        let user_agent = user_agent.map_err(|error| FetchError::Headers(format!("the user agent: {error}")))?;
        let guard = Guard {
            lookup: world.lookup.unwrap_or_else(|| Arc::new(System::new(limits.lookups_max))),
            networks: Arc::new(networks),
            ports: limits.ports.clone().into(),
            addresses_max: limits.addresses_max,
        };
        let pool = Pool::new(guard.clone(), tls, limits.clone(), world.http2);
        Ok(Self(Arc::new(Inner { pool, guard, user_agent, limits })))
    }

    /// Gets a page, following redirects.
    ///
    /// # Errors
    /// As [`Client::fetch`].
    pub async fn get(&self, url: &CanonicalUrl) -> Result<Fetched, FetchError> {
        let body_bytes_max = schemas::limits::PAGE_BYTES_MAX;
        let request = Request { url, validators: None, accept: Accept::Page, body_bytes_max };
        self.fetch(&request, |_, _| Follow::Yes).await
    }

    /// Fetches what is asked for. `follow` decides on each redirect, from one URL to the other; where a redirect leads
    /// to what the guard refuses, it is not asked.
    ///
    /// # Errors
    /// Every way in which no answer comes; an HTTP status is no error.
    pub async fn fetch(
        &self,
        request: &Request<'_>,
        follow: impl Fn(&CanonicalUrl, &CanonicalUrl) -> Follow + Send + Sync,
    ) -> Result<Fetched, FetchError> {
        let since = Instant::now();
        let within = timeout(self.0.limits.total, self.0.fetch(request, &follow));
        let fetched = within.await.map_err(|_| FetchError::Timeout)??;
        Ok(Fetched { elapsed: since.elapsed(), ..fetched })
    }

    /// What the guard thinks of a URL: its port, the addresses its host has now, which of them are refused and why.
    /// Connects to nothing but the resolver.
    ///
    /// # Errors
    /// [`FetchError::Network`] where the name has no address, [`FetchError::Timeout`].
    pub async fn check(&self, url: &CanonicalUrl) -> Result<Verdict, FetchError> {
        let Inner { guard, limits, .. } = &*self.0;
        let Target { host, port } = Target::of(url)?;
        let found = timeout(limits.connect, guard.answers(&host)).await.map_err(|_| FetchError::Timeout)?;
        let found = found.map_err(|error| FetchError::of_connection(&error))?;
        let port_allowed = guard.port_allowed(port, &found);
        let addresses = found.into_iter().map(|address| (address, guard.networks.refusal(address))).collect();
        Ok(Verdict { port, port_allowed, addresses })
    }
}

impl Inner {
    async fn fetch(
        &self,
        request: &Request<'_>,
        follow: &(impl Fn(&CanonicalUrl, &CanonicalUrl) -> Follow + Send + Sync),
    ) -> Result<Fetched, FetchError> {
        let mut url = request.url.clone();
        // Validators belong to one URL: another that the first leads to is asked without.
        let mut validators = request.validators;
        let mut hops = Vec::new();
        let mut seen = HashSet::from([url.clone()]);
        guard::check(&url, &self.guard)?;
        loop {
            let response = self.send(&url, request.accept, validators.take()).await?;
            let Some(to) = headers::redirect(&url, response.status(), response.headers())? else {
                return self.read(response, url, hops, request.body_bytes_max).await;
            };
            guard::check(&to, &self.guard)?;
            match follow(&url, &to) {
                Follow::Refuse(reason) => return Err(FetchError::NotFollowed(reason)),
                Follow::Stop => return Ok(answered(&response, url, hops, Some(to), Bytes::new(), 0)),
                Follow::Yes => {}
            }
            if hops.len() as u64 >= u64::from(self.limits.redirects_max) {
                return Err(FetchError::Redirect(format!("more than {} redirects", self.limits.redirects_max)));
            }
            if !seen.insert(to.clone()) {
                return Err(FetchError::Redirect("redirects in a circle".to_owned()));
            }
            hops.push(Hop { status: response.status().as_u16(), to: to.clone() });
            url = to;
        }
    }
}
