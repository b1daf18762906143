//! What a path answers.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use http_body_util::channel::Channel;

use crate::{
    access::Access,
    desk::{Desk, Route},
    feed,
    news::Fate,
    outlet::{OUTLETS, Validators},
    page,
    text::{digest, http_date},
};

/// How often a page that trickles sends its next byte.
const TRICKLE: Duration = Duration::from_secs(1);
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] \
    /Count 0 >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

/// One outlet's site, with the desk that all of them share.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) desk: Arc<Mutex<Desk>>,
    pub(crate) outlet: usize,
}

/// A panic at the desk is the test's to report; what it left is still readable.
pub(crate) fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
    trickles: bool,
}

impl Reply {
    fn new(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Self {
        let headers = vec![(header::CONTENT_TYPE, content_type.to_owned())];
        Self { status, headers, body: body.into(), trickles: false }
    }

    fn plain(status: StatusCode) -> Self {
        Self::new(status, "text/plain; charset=utf-8", format!("{status}\n"))
    }

    fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

pub(crate) async fn answer(State(site): State<Site>, request: Request) -> Response {
    let headers = request.headers();
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let conditional = headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::IF_MODIFIED_SINCE);
    let mut desk = lock(&site.desk);
    let clock = desk.settings.clock;
    let at_ms = clock();
    let reply = reply(&mut desk, site.outlet, &path, headers);
    let status = reply.status.as_u16();
    let address = desk.sites[site.outlet];
    let access = Access { at_ms, end_ms: clock(), site: address, path, status, conditional, user_agent };
    let line = desk.log.push(access);
    drop(desk);

    let body = if reply.trickles {
        let (mut sender, body) = Channel::<Bytes>::new(1);
        tokio::spawn(async move {
            let mut next = 0;
            // Fails when the client is gone, at the latest a byte later.
            while sender.send_data(reply.body.slice(next..=next)).await.is_ok() {
                next = (next + 1) % reply.body.len();
                tokio::time::sleep(TRICKLE).await;
            }
            lock(&site.desk).log.end(line, clock());
        });
        Body::new(body)
    } else {
        Body::from(reply.body)
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(body).unwrap_or_default()
}

fn reply(desk: &mut Desk, number: usize, path: &str, headers: &HeaderMap) -> Reply {
    let outlet = &OUTLETS[number];
    match path {
        "/" => return Reply::new(StatusCode::OK, &html(number), page::home(desk, number)),
        "/robots.txt" => {
            let Some(robots) = outlet.robots else { return Reply::plain(StatusCode::NOT_FOUND) };
            return Reply::new(StatusCode::OK, "text/plain", robots.replace("{{base}}", &desk.bases[number]));
        }
        "/sitemap.xml" if outlet.feed.ends_with("sitemap.xml") => {
            return Reply::new(StatusCode::OK, "application/xml", feed::index(desk, number));
        }
        path if path == outlet.feed => return feed(desk, number, headers),
        _ => {}
    }
    match desk.route(number, path) {
        None => Reply::plain(StatusCode::NOT_FOUND),
        Some(Route::Page(article)) => article_page(desk, article),
        Some(Route::Moved(article)) => {
            let kept = article % 2 == 0;
            let status = if kept { StatusCode::MOVED_PERMANENTLY } else { StatusCode::FOUND };
            Reply::plain(status).with(header::LOCATION, &desk.articles[article].url)
        }
    }
}

fn html(outlet: usize) -> String {
    format!("text/html; charset={}", OUTLETS[outlet].charset)
}

fn article_page(desk: &mut Desk, number: usize) -> Reply {
    let busy = desk.articles[number].fate == Fate::Busy429 && desk.is_busy(number);
    let article = &desk.articles[number];
    let page = |bytes: Vec<u8>| Reply::new(StatusCode::OK, &html(article.host), bytes);
    match &article.fate {
        Fate::Missing404 => Reply::plain(StatusCode::NOT_FOUND),
        Fate::Gone410 => Reply::plain(StatusCode::GONE),
        Fate::Busy429 if busy => Reply::plain(StatusCode::TOO_MANY_REQUESTS).with(header::RETRY_AFTER, "1"),
        Fate::NotHtml => Reply::new(StatusCode::OK, "application/pdf", PDF),
        Fate::TooLarge => page(page::large(desk, article)),
        Fate::Trickles => Reply { trickles: true, ..page(page::render(desk, article)) },
        _ => page(page::render(desk, article)),
    }
}

fn feed(desk: &Desk, number: usize, headers: &HeaderMap) -> Reply {
    let (content_type, text) = feed::render(desk, number);
    let validators = OUTLETS[number].validators;
    let etag = match validators {
        Validators::Both | Validators::Etag => Some(format!("\"{:016x}\"", digest(text.as_bytes()))),
        Validators::WeakEtag => Some(format!("W/\"{:016x}\"", digest(text.as_bytes()))),
        Validators::LastModified | Validators::Neither => None,
    };
    // A date names a state only once its second is over: within it the feed may change again.
    let over = (desk.settings.clock)() / 1000 > desk.changed[number] / 1000;
    let dated = matches!(validators, Validators::Both | Validators::LastModified) && over;
    let modified = dated.then(|| http_date(desk.changed[number]));
    let mut reply = if holds(headers, etag.as_deref(), modified.as_deref()) {
        Reply { headers: Vec::new(), ..Reply::new(StatusCode::NOT_MODIFIED, content_type, "") }
    } else {
        Reply::new(StatusCode::OK, content_type, text)
    };
    if let Some(etag) = etag {
        reply = reply.with(header::ETAG, etag);
    }
    if let Some(modified) = modified {
        reply = reply.with(header::LAST_MODIFIED, modified);
    }
    reply
}

/// RFC 9110, 13.2.2: the tag goes before the date, and is compared without its weakness. Our dates are compared as
/// text: a client must send what it was given.
pub(crate) fn holds(headers: &HeaderMap, etag: Option<&str>, modified: Option<&str>) -> bool {
    if let Some(etag) = etag
        && headers.contains_key(header::IF_NONE_MATCH)
    {
        let asked = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let mut tags = asked.flat_map(|value| value.split(',')).map(str::trim);
        return tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag.trim_start_matches("W/"));
    }
    let asked = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| value.to_str().ok());
    asked.is_some() && asked == modified
}
