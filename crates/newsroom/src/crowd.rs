//! A crowd of small sites, for benches: as many feeds as wanted, from prepared bytes.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::{
    http::holds,
    newsroom::{bind, serve},
    settings::now,
    text::{digest, http_date},
};

/// Ports that are tried before we give up finding one that is free on all addresses.
const PORTS_TRIED: usize = 16;
const ROBOTS: &str = "User-agent: *\nAllow: /\n";

/// Many sites on loopback (127.1.x.y, all on one port), each with some feeds at `/feed/<n>`.
pub struct Crowd {
    sites: Arc<Vec<Site>>,
    requests: Arc<AtomicU64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What one site of a crowd has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteCount {
    /// The site's address.
    pub site: SocketAddr,
    /// Requests so far.
    pub requests: u64,
    /// How long ago the last request was.
    pub last_ago: Option<Duration>,
    /// The least time between the starts of two requests.
    pub gap_min: Option<Duration>,
}

struct Site {
    address: SocketAddr,
    feeds: Vec<Mutex<Feed>>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    requests: u64,
    last: Option<Instant>,
    gap_min: Option<Duration>,
}

struct Feed {
    /// The number and date of each entry, newest first.
    entries: Vec<(u64, i64)>,
    etag: String,
    bytes: Bytes,
}

impl Crowd {
    /// Opens `sites` sites of `feeds_per_site` feeds of `entries` entries.
    ///
    /// # Errors
    /// If one of the addresses cannot be listened on: not on Linux, or too many for the limit of open files.
    pub fn start(sites: u16, feeds_per_site: u16, entries: u16) -> io::Result<Self> {
        let listeners = listen(sites)?;
        let now = now();
        let site = |listener: &TcpListener| {
            let address = listener.local_addr()?;
            let feeds = (0..feeds_per_site).map(|feed| Mutex::new(Feed::new(address, feed, entries, now))).collect();
            Ok(Site { address, feeds, seen: Mutex::default() })
        };
        let sites = Arc::new(listeners.iter().map(site).collect::<io::Result<Vec<_>>>()?);
        let requests = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = oneshot::channel();
        let shared = Visit { sites: Arc::clone(&sites), requests: Arc::clone(&requests), number: 0 };
        let thread = serve("crowd", listeners, stopped, move |number| {
            Router::new().fallback(answer).with_state(Visit { number, ..shared.clone() })
        })?;
        Ok(Self { sites, requests, stop: Some(stop), thread: Some(thread) })
    }

    /// The URLs of all feeds, site by site.
    pub fn urls(&self) -> Vec<String> {
        let url = |site: &Site, feed: usize| format!("http://{}/feed/{feed}", site.address);
        self.sites.iter().flat_map(|site| (0..site.feeds.len()).map(move |feed| url(site, feed))).collect()
    }

    /// Requests so far, over all sites.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// What each site has seen.
    pub fn sites(&self) -> Vec<SiteCount> {
        let count = |site: &Site| {
            let seen = site.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let last_ago = seen.last.map(|last| last.elapsed());
            SiteCount { site: site.address, requests: seen.requests, last_ago, gap_min: seen.gap_min }
        };
        self.sites.iter().map(count).collect()
    }

    /// Adds an entry of this moment to a feed and returns its URL; the oldest one leaves. `None` if there is no such
    /// feed.
    pub fn publish(&self, site: u16, feed: u16) -> Option<String> {
        let site = self.sites.get(usize::from(site))?;
        let mut entry = site.feeds.get(usize::from(feed))?.lock().unwrap_or_else(PoisonError::into_inner);
        let number = entry.entries.first().map_or(0, |(number, _)| number + 1);
        entry.entries.insert(0, (number, now()));
        if entry.entries.len() > 1 {
            entry.entries.pop();
        }
        entry.render(site.address, feed);
        Some(page_url(site.address, feed, number))
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic there is no reason for one here
        }
    }
}

fn page_url(site: SocketAddr, feed: u16, number: u64) -> String {
    format!("http://{site}/p/{feed}/{number}")
}

impl Feed {
    fn new(site: SocketAddr, feed: u16, entries: u16, now: i64) -> Self {
        let entries = (0..u64::from(entries)).rev().zip(0..).map(|(number, age)| (number, now - age * 60_000));
        let mut feed_of = Self { entries: entries.collect(), etag: String::new(), bytes: Bytes::new() };
        feed_of.render(site, feed);
        feed_of
    }

    fn render(&mut self, site: SocketAddr, feed: u16) {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Feed {feed} of \
             {site}</title><link>http://{site}/</link><description>News</description>\n"
        );
        for (number, at) in &self.entries {
            let (url, date) = (page_url(site, feed, *number), http_date(*at));
            xml.push_str(&format!(
                "<item><title>Report {number} of feed {feed}</title><link>{url}</link><guid>{url}</guid>\
                 <pubDate>{date}</pubDate></item>\n"
            ));
        }
        xml.push_str("</channel></rss>\n");
        self.etag = format!("\"{:016x}\"", digest(xml.as_bytes()));
        self.bytes = xml.into();
    }
}

#[derive(Clone)]
struct Visit {
    sites: Arc<Vec<Site>>,
    requests: Arc<AtomicU64>,
    number: usize,
}

async fn answer(State(visit): State<Visit>, request: Request) -> Response {
    let site = &visit.sites[visit.number];
    visit.requests.fetch_add(1, Ordering::Relaxed);
    site.seen.lock().unwrap_or_else(PoisonError::into_inner).note(Instant::now());
    let path = request.uri().path();
    let response = Response::builder();
    let response = if path == "/robots.txt" {
        response.header(header::CONTENT_TYPE, "text/plain").body(Body::from(ROBOTS))
    } else if let Some(feed) =
        path.strip_prefix("/feed/").and_then(|number| site.feeds.get(number.parse::<usize>().ok()?))
    {
        let feed = feed.lock().unwrap_or_else(PoisonError::into_inner);
        let response = response.header(header::ETAG, &feed.etag);
        if holds(request.headers(), Some(&feed.etag), None) {
            response.status(StatusCode::NOT_MODIFIED).body(Body::empty())
        } else {
            response.header(header::CONTENT_TYPE, "application/rss+xml").body(Body::from(feed.bytes.clone()))
        }
    } else if path.starts_with("/p/") {
        response.header(header::CONTENT_TYPE, "text/html; charset=utf-8").body(Body::from(page(site.address, path)))
    } else {
        response.status(StatusCode::NOT_FOUND).body(Body::empty())
    };
    response.unwrap_or_default()
}

impl Seen {
    fn note(&mut self, now: Instant) {
        self.requests += 1;
        if let Some(last) = self.last.replace(now) {
            let gap = now.saturating_duration_since(last);
            self.gap_min = Some(self.gap_min.map_or(gap, |least| least.min(gap)));
        }
    }
}

fn page(site: SocketAddr, path: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Report {path}</title></head><body><article><h1>Report {path}\
         </h1><p>The keeper of {site} wrote down that the ferry of {path} came in on time, with mail and two dogs.</p>\
         <p>She expects the next one in the evening, wind and tide permitting, and will write that down as well.</p>\
         </article></body></html>\n"
    )
}

fn listen(sites: u16) -> io::Result<Vec<TcpListener>> {
    let address = |site: u16| {
        let [high, low] = site.saturating_add(1).to_be_bytes();
        Ipv4Addr::new(127, 1, high, low)
    };
    let mut tries = PORTS_TRIED;
    loop {
        let first = bind(address(0), 0)?;
        let port = first.local_addr()?.port();
        let rest = (1..sites).map(|site| bind(address(site), port)).collect::<io::Result<Vec<_>>>();
        tries -= 1;
        match rest {
            Ok(rest) => return Ok(std::iter::once(first).chain(rest).take(usize::from(sites)).collect()),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            Err(error) => return Err(error),
        }
    }
}
