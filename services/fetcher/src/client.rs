//! One request with its redirects, within limits.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap},
    redirect::Policy,
};
use schemas::CanonicalUrl;
use url::{Host, Url};

use crate::{Networks, decode};

/// Ports that may be spoken to; private services listen elsewhere.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Response headers that are kept for later.
const KEPT_HEADERS: [&str; 8] = [
    "content-type",
    "content-language",
    "last-modified",
    "etag",
    "cache-control",
    "expires",
    "retry-after",
    "x-robots-tag",
];
/// The longest value of a header that is kept (bytes).
const HEADER_BYTES_MAX: usize = 2_048;

/// The limits of one fetch.
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// To connect, for each address.
    pub connect: Duration,
    /// Without a single byte.
    pub read: Duration,
    /// From the first connection to the last byte, redirects included.
    pub total: Duration,
    /// A body must come at least this fast once [`Self::rate_after`] has passed (bytes a second).
    pub rate_min: u64,
    /// When the rate begins to count.
    pub rate_after: Duration,
    /// Bytes of the body on the wire, and again after decoding.
    pub body_bytes_max: usize,
    /// Redirects that are followed.
    pub redirects_max: u32,
    /// Pieces in which a body may come: a byte a piece costs more than it brings.
    pub chunks_max: u32,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            read: Duration::from_secs(5),
            total: Duration::from_secs(15),
            rate_min: 4_096,
            rate_after: Duration::from_secs(5),
            body_bytes_max: schemas::limits::PAGE_BYTES_MAX,
            redirects_max: 5,
            chunks_max: 20_000,
        }
    }
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address may not be asked: its scheme, its port, or where it leads.
    #[error("{0}")]
    Refused(String),
    /// Nothing came in time.
    #[error("no answer in time")]
    Timeout,
    /// No connection, or it broke.
    #[error("{0}")]
    Network(String),
    /// Larger than a page may be.
    #[error("more than {max} bytes")]
    TooLarge {
        /// The cap.
        max: usize,
    },
    /// More redirects than are followed, or one that leads nowhere.
    #[error("{0}")]
    Redirect(String),
    /// An encoding that was not asked for.
    #[error("the body is encoded as {0}, which was not asked for")]
    Encoding(String),
    /// A body that breaks off, trickles or cannot be decoded.
    #[error("{0}")]
    Body(String),
}

/// A page as the server sent it.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The address that answered.
    pub url: CanonicalUrl,
    /// The HTTP status, whatever it is; redirects are followed.
    pub status: u16,
    /// Headers that matter later, lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded from its content encoding.
    pub body: Bytes,
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    networks: Arc<Networks>,
    limits: FetchLimits,
}

impl Client {
    /// A client that says who it is by `user_agent`.
    ///
    /// # Errors
    /// [`FetchError::Network`] where the machine's TLS cannot be set up.
    pub fn new(user_agent: &str, networks: Networks, limits: FetchLimits) -> Result<Self, FetchError> {
        let networks = Arc::new(networks);
        let http = reqwest::Client::builder()
            .user_agent(user_agent)
            .dns_resolver(Guarded(Arc::clone(&networks)))
            .redirect(Policy::none()) // each hop is checked here
            .no_proxy() // a proxy of the environment would speak to whatever it is told
            .referer(false)
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.total)
            .build()
            .map_err(|error| FetchError::Network(chain(&error)))?;
        Ok(Self { http, networks, limits })
    }

    /// Gets a page, following redirects.
    ///
    /// # Errors
    /// Every way in which no page comes; an HTTP status is no error.
    pub async fn get(&self, url: &CanonicalUrl) -> Result<Fetched, FetchError> {
        let fetch = self.follow(url.clone());
        tokio::time::timeout(self.limits.total, fetch).await.map_err(|_| FetchError::Timeout)?
    }

    async fn follow(&self, mut url: CanonicalUrl) -> Result<Fetched, FetchError> {
        for _ in 0..=self.limits.redirects_max {
            self.check(&url)?;
            let request = self.http.get(url.as_str()).header(header::ACCEPT_ENCODING, decode::ACCEPTED);
            let response = request.send().await.map_err(network)?;
            let Some(next) = next_hop(&url, &response)? else { return self.read(url, response).await };
            url = next;
        }
        Err(FetchError::Redirect(format!("more than {} redirects", self.limits.redirects_max)))
    }

    /// The check of an address before anything is sent: a host that is an address never reaches the resolver.
    fn check(&self, url: &CanonicalUrl) -> Result<(), FetchError> {
        let parsed = Url::parse(url.as_str()).map_err(|error| FetchError::Refused(error.to_string()))?;
        let address = match parsed.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchError::Refused(format!("{url} has no host"))),
        };
        if let Some(address) = address.filter(|address| !self.networks.may_reach(*address)) {
            let why = format!("{address} is not a public address; fetch.allow_private can allow it");
            return Err(FetchError::Refused(why));
        }
        let port = parsed.port_or_known_default().unwrap_or(0);
        // Whoever allows a private network knows its ports.
        if !PORTS.contains(&port) && !address.is_some_and(|address| self.networks.is_allowed(address)) {
            return Err(FetchError::Refused(format!("port {port} is not one that pages are fetched from")));
        }
        Ok(())
    }

    /// Reads the body within its limits.
    async fn read(&self, url: CanonicalUrl, mut response: Response) -> Result<Fetched, FetchError> {
        let max = self.limits.body_bytes_max;
        if response.content_length().is_some_and(|length| length > max as u64) {
            return Err(FetchError::TooLarge { max });
        }
        let (since, mut chunks, mut body) = (Instant::now(), 0, BytesMut::new());
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            chunks += 1;
            if body.len() + chunk.len() > max {
                return Err(FetchError::TooLarge { max });
            }
            body.extend_from_slice(&chunk);
            let elapsed = since.elapsed();
            let slow = elapsed > self.limits.rate_after
                && (body.len() as u64) < self.limits.rate_min.saturating_mul(elapsed.as_secs());
            if slow || chunks > self.limits.chunks_max {
                return Err(FetchError::Body("the body trickles".to_owned()));
            }
        }
        let headers = response.headers();
        let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        let body = decode::decode(body.freeze(), encoding, max)?;
        Ok(Fetched { status: response.status().as_u16(), headers: kept(headers), url, body })
    }
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |name: &str| headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let named = KEPT_HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?)));
    named.filter(|(_, value)| value.len() <= HEADER_BYTES_MAX).collect()
}

/// Where a response sends us, if it does (RFC 9110 section 15.4).
fn next_hop(url: &CanonicalUrl, response: &Response) -> Result<Option<CanonicalUrl>, FetchError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let wrong = |why: String| FetchError::Redirect(why);
    let location = response.headers().get(header::LOCATION);
    let location = location.ok_or_else(|| wrong(format!("{} without a location", response.status())))?;
    let location = location.to_str().map_err(|_| wrong("a redirect to no address".to_owned()))?;
    url.join(location).map(Some).map_err(|error| wrong(format!("a redirect to no page: {error}")))
}

fn network(error: reqwest::Error) -> FetchError {
    if error.is_timeout() {
        return FetchError::Timeout;
    }
    let text = chain(&error);
    if text.contains(NOT_PUBLIC) { FetchError::Refused(text) } else { FetchError::Network(text) }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// How the resolver's refusal is known among reqwest's errors.
const NOT_PUBLIC: &str = "resolves to an address that is not public";

/// The system's resolver, whose answers are checked: one bad address refuses them all, since a name that mixes public and
/// private addresses is an attack.
struct Guarded(Arc<Networks>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = Arc::clone(&self.0);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if let Some(bad) = found.iter().find(|address| !networks.may_reach(address.ip())) {
                return Err(format!("{} {NOT_PUBLIC} ({})", name.as_str(), bad.ip()).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        sync::atomic::{AtomicU32, Ordering},
        thread,
    };

    use super::*;

    /// A server on loopback that answers each connection with the next of these, and counts connections.
    fn server(answers: Vec<Vec<u8>>) -> (u16, Arc<AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicU32::new(0)));
        let counter = Arc::clone(&count);
        thread::spawn(move || {
            for answer in answers {
                let Ok((mut stream, _)) = listener.accept() else { return };
                counter.fetch_add(1, Ordering::SeqCst);
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(&answer);
            }
        });
        (port, count)
    }

    fn answer(head: &str, body: &[u8]) -> Vec<u8> {
        let mut all =
            format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len()).into_bytes();
        all.extend_from_slice(body);
        all
    }

    fn get(url: &str, allowed: &[&str], limits: FetchLimits) -> Result<Fetched, FetchError> {
        let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
        let client = Client::new("wiredesk-test", Networks::public_and(allowed), limits)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap();
        runtime.block_on(client.get(&CanonicalUrl::parse(url).unwrap()))
    }

    #[test]
    fn private_addresses_are_refused_before_a_connection() {
        let (port, count) = server(vec![answer("200 OK", b"secret")]);
        for host in ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0"]
        {
            for port in [port, 80] {
                let error = get(&format!("http://{host}:{port}/"), &[], FetchLimits::default()).unwrap_err();
                assert!(matches!(error, FetchError::Refused(_)), "{host}:{port}: {error}");
            }
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_redirect_to_a_private_address_is_not_followed() {
        let (canary, count) = server(vec![answer("200 OK", b"secret")]);
        for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
            let redirect = answer(&format!("{status}\r\nlocation: http://127.0.0.2:{canary}/"), b"");
            let (port, _) = server(vec![redirect]);
            let error =
                get(&format!("http://127.0.0.1:{port}/"), &["127.0.0.1/32"], FetchLimits::default()).unwrap_err();
            assert!(matches!(error, FetchError::Refused(_)), "{status}: {error}");
        }
        assert_eq!(count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_page_comes_with_its_headers_and_within_its_limits() {
        let page = answer("200 OK\r\ncontent-type: text/html; charset=euc-kr\r\nset-cookie: a=b", b"<p>text</p>");
        let (port, _) = server(vec![page]);
        let fetched = get(&format!("http://127.0.0.1:{port}/a#b"), &["127.0.0.0/8"], FetchLimits::default()).unwrap();
        assert_eq!((fetched.status, &*fetched.body), (200, b"<p>text</p>".as_slice()));
        assert_eq!(fetched.headers.get("content-type").unwrap(), "text/html; charset=euc-kr");
        assert!(!fetched.headers.contains_key("set-cookie"));

        let small = FetchLimits { body_bytes_max: 10, ..FetchLimits::default() };
        let (port, _) = server(vec![answer("200 OK", &[b'x'; 11])]);
        let error = get(&format!("http://127.0.0.1:{port}/"), &["127.0.0.0/8"], small).unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { max: 10 }), "{error}");

        let round = answer("302 Found\r\nlocation: /", b"");
        let (port, count) = server(vec![round; 9]);
        let error = get(&format!("http://127.0.0.1:{port}/"), &["127.0.0.0/8"], FetchLimits::default()).unwrap_err();
        assert!(matches!(error, FetchError::Redirect(_)), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 6);
    }

    #[test]
    fn a_server_that_says_nothing_is_left_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let limits = FetchLimits { read: Duration::from_millis(200), ..FetchLimits::default() };
        let error = get(&format!("http://127.0.0.1:{port}/"), &["127.0.0.0/8"], limits).unwrap_err();
        assert!(matches!(error, FetchError::Timeout), "{error}");
    }
}
