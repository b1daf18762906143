//! What the client asks for and what it hands back, where nothing is wrong.

#![expect(clippy::unwrap_used, reason = "a test, its helpers included")]

#[expect(dead_code, reason = "the hostile servers use the rest of it")]
#[path = "../hostile/server.rs"]
mod server;

use std::sync::{
    Mutex,
    mpsc::{self, Receiver},
};

use fetcher::{Accept, Client, FetchError, FetchLimits, Fetched, Follow, Hop, Networks, Request, Validators};
use schemas::CanonicalUrl;

use server::answer;

/// A server that answers each request with the next of these, and hands on the requests.
fn server(answers: Vec<Vec<u8>>) -> (String, Receiver<String>) {
    let (sender, requests) = mpsc::channel();
    let (answers, sender) = (Mutex::new(answers.into_iter()), Mutex::new(sender));
    let (port, _) = server::start(Box::new(move |peer| {
        let request = peer.request()?;
        sender.lock().unwrap().send(request).unwrap();
        let answer = answers.lock().unwrap().next().unwrap();
        peer.say(answer)
    }));
    (format!("http://127.0.0.1:{port}"), requests)
}

fn client() -> Client {
    let networks = Networks::public_and(vec!["127.0.0.1/32".parse().unwrap()]);
    Client::new("wiredesk/1.2 (+https://example.org/about)", networks, FetchLimits::default()).unwrap()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn url(text: &str) -> CanonicalUrl {
    CanonicalUrl::parse(text).unwrap()
}

fn get(text: &str) -> Result<Fetched, FetchError> {
    run(client().get(&url(text)))
}

fn feed<'a>(url: &'a CanonicalUrl, validators: Option<&'a Validators>) -> Request<'a> {
    Request { url, validators, accept: Accept::Feed, body_bytes_max: 1 << 20 }
}

#[test]
fn a_request_says_who_asks_for_what_and_no_more() {
    let page = || answer("200 OK\r\nSet-Cookie: a=b", b"a");
    let (site, requests) = server(vec![page(), page(), page()]);
    let client = client();
    for accept in [Accept::Page, Accept::Feed, Accept::Robots] {
        let url = url(&format!("{site}/a?b={{c}}|d#e"));
        run(client.fetch(&Request { url: &url, validators: None, accept, body_bytes_max: 9 }, |_, _| Follow::Yes))
            .unwrap();
    }
    let first = requests.recv().unwrap();
    let host = site.strip_prefix("http://").unwrap();
    assert_eq!(
        first,
        format!(
            "GET /a?b={{c}}|d HTTP/1.1\r\nuser-agent: wiredesk/1.2 (+https://example.org/about)\r\n\
             accept: text/html, application/xhtml+xml, */*;q=0.1\r\naccept-encoding: gzip, deflate\r\nhost: {host}\r\n\r\n"
        )
    );
    assert!(requests.recv().unwrap().contains("\r\naccept: application/atom+xml, application/rss+xml, "));
    assert!(requests.recv().unwrap().contains("\r\naccept: text/plain, */*;q=0.1\r\n"));
}

#[test]
fn a_page_comes_with_the_headers_that_matter() {
    let head = "200 OK\r\nContent-Type: text/html; charset=euc-kr\r\nSet-Cookie: a=b\r\nETag: W/\"x\"\r\nETag: \"y\"\r\n\
        Link: <https://hub.example.org/>; rel=hub\r\nLink: <https://example.org/feed>; rel=self\r\nX-Robots-Tag: noai\r\n\
        Retry-After: 120\r\nServer: a";
    let mut bytes = head.as_bytes().to_vec();
    bytes.extend_from_slice(b"\r\nLast-Modified: \xff\r\nContent-Language: ");
    bytes.extend_from_slice(&[b'k'; 3_000]);
    let page = [b"HTTP/1.1 ".as_slice(), &bytes, b"\r\nContent-Length: 11\r\n\r\n<p>text</p>"].concat();
    let (site, _requests) = server(vec![page]);
    let fetched = get(&format!("{site}/a#b")).unwrap();
    assert_eq!((fetched.status, &*fetched.body), (200, b"<p>text</p>".as_slice()));
    assert_eq!(fetched.url.as_str(), format!("{site}/a"));
    assert_eq!((fetched.wire_bytes, fetched.hops.len(), &fetched.moved_to), (11, 0, &None));
    assert!(!fetched.elapsed.is_zero());
    let kept: Vec<_> = fetched.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        kept,
        [
            "content-type: text/html; charset=euc-kr",
            "etag: W/\"x\"",
            "link: <https://hub.example.org/>; rel=hub, <https://example.org/feed>; rel=self",
            "retry-after: 120",
            "x-robots-tag: noai",
        ]
    );
}

#[test]
fn validators_are_sent_as_they_came_and_to_their_url_only() {
    let not_modified = b"HTTP/1.1 304 Not Modified\r\nETag: \"z\"\r\nContent-Encoding: br\r\n\r\n".to_vec();
    let (site, requests) = server(vec![
        not_modified,
        answer("302 Found\r\nLocation: /b", b""),
        answer("200 OK", b"b"),
        answer("200 OK", b"a"),
    ]);
    let (client, url) = (client(), url(&format!("{site}/a")));
    let odd = Validators {
        etag: Some("W/\"é ,\"not quoted".to_owned()),
        last_modified: Some("Yesterday, at noon".to_owned()),
    };
    let fetched = run(client.fetch(&feed(&url, Some(&odd)), |_, _| Follow::Yes)).unwrap();
    assert_eq!((fetched.status, fetched.body.len(), fetched.headers["etag"].as_str()), (304, 0, "\"z\""));
    let asked = requests.recv().unwrap();
    assert!(asked.contains("\r\nif-none-match: W/\"é ,\"not quoted\r\n"), "{asked}");
    assert!(asked.contains("\r\nif-modified-since: Yesterday, at noon\r\n"), "{asked}");

    let fetched = run(client.fetch(&feed(&url, Some(&odd)), |_, _| Follow::Yes)).unwrap();
    assert_eq!(fetched.body, "b");
    assert!(requests.recv().unwrap().contains("if-none-match"));
    assert!(!requests.recv().unwrap().contains("\r\nif-"));

    let split = Validators { etag: Some("a\r\nhost: b".to_owned()), last_modified: None };
    run(client.fetch(&feed(&url, Some(&split)), |_, _| Follow::Yes)).unwrap();
    assert!(!requests.recv().unwrap().contains("\r\nif-"));
}

#[test]
fn the_caller_decides_on_redirects() {
    let moved =
        |status: u16, to: &str| answer(&format!("{status} Moved\r\nLocation: {to}\r\nRetry-After: 9"), b"moved");
    let three = || vec![moved(301, "/b"), moved(308, "c?utm_source=x#d"), answer("200 OK", b"c")];
    let asked = Mutex::new(Vec::new());
    let (site, _requests) = server(three());
    let start = url(&format!("{site}/a"));
    let follow = |from: &CanonicalUrl, to: &CanonicalUrl| {
        asked.lock().unwrap().push((from.clone(), to.clone()));
        Follow::Yes
    };
    let fetched = run(client().fetch(&feed(&start, None), follow)).unwrap();
    let (b, c) = (url(&format!("{site}/b")), url(&format!("{site}/c")));
    assert_eq!((fetched.url, fetched.status), (c.clone(), 200));
    assert_eq!(fetched.hops, [Hop { status: 301, to: b.clone() }, Hop { status: 308, to: c.clone() }]);
    assert_eq!(*asked.lock().unwrap(), [(start, b.clone()), (b, c)]);

    let (site, _requests) = server(three());
    let (b, c) = (url(&format!("{site}/b")), url(&format!("{site}/c")));
    let stop = |_: &CanonicalUrl, to: &CanonicalUrl| if *to == c { Follow::Stop } else { Follow::Yes };
    let fetched = run(client().fetch(&feed(&url(&format!("{site}/a")), None), stop)).unwrap();
    assert_eq!((fetched.url, fetched.status, fetched.moved_to), (b.clone(), 308, Some(c.clone())));
    assert_eq!((fetched.body.len(), fetched.hops), (0, vec![Hop { status: 301, to: b }]));
    assert_eq!(fetched.headers["retry-after"], "9");

    let (site, _requests) = server(three());
    let refuse = |_: &CanonicalUrl, _: &CanonicalUrl| Follow::Refuse("other_site");
    let error = run(client().fetch(&feed(&url(&format!("{site}/a")), None), refuse)).unwrap_err();
    assert_eq!(error.reason(), "other_site");
}

#[test]
fn a_request_has_its_own_cap() {
    let bodies = [(10, true), (11, false)];
    let (site, _requests) = server(bodies.iter().map(|(length, _)| answer("200 OK", &vec![b'a'; *length])).collect());
    let (client, url) = (client(), url(&site));
    for (_, is_ok) in bodies {
        let request = Request { url: &url, validators: None, accept: Accept::Page, body_bytes_max: 10 };
        let fetched = run(client.fetch(&request, |_, _| Follow::Yes));
        assert_eq!(fetched.is_ok(), is_ok, "{fetched:?}");
    }
}

#[test]
fn nothing_listens() {
    assert_eq!(get("http://127.0.0.1:1/").unwrap_err().reason(), "connect");
    assert_eq!(get("http://127.0.0.2:1/").unwrap_err().reason(), "refused");
    assert!(Client::new("two\nlines", Networks::public_and(vec![]), FetchLimits::default()).is_err());
}
