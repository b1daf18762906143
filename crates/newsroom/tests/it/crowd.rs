//! The crowd: many feeds, and fast.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

use newsroom::Crowd;

use crate::client::get;

#[test]
fn feeds_of_a_crowd() {
    let crowd = Crowd::start(300, 2, 20).unwrap();
    let urls = crowd.urls();
    assert_eq!(urls.len(), 600);
    let feed = get(&urls[599], &[]);
    assert_eq!((feed.status, feed.text().matches("<item>").count()), (200, 20));
    let etag = feed.header("etag").unwrap();
    assert_eq!(get(&urls[599], &[("If-None-Match", etag)]).status, 304);
    let page = crowd.publish(299, 1).unwrap();
    assert!(crowd.publish(300, 0).is_none());
    let feed = get(&urls[599], &[("If-None-Match", etag)]);
    assert!(feed.status == 200 && feed.text().contains(&page) && feed.text().matches("<item>").count() == 20);
    assert_eq!(get(&page, &[]).status, 200);
    assert_eq!(get(&urls[0].replace("/feed/0", "/robots.txt"), &[]).status, 200);
    assert_eq!(get(&urls[0].replace("/feed/0", "/feed/9"), &[]).status, 404);
    assert_eq!(crowd.requests(), 6);
    let site = crowd.sites()[299];
    assert!(site.requests == 4 && site.gap_min.is_some() && site.last_ago.is_some());
    assert_eq!(crowd.sites()[1].gap_min, None);
}

/// `cargo test --release -p newsroom -- --ignored --nocapture pace_of_a_crowd`
#[test]
#[ignore = "a measurement"]
fn pace_of_a_crowd() {
    let crowd = Crowd::start(8, 1, 20).unwrap();
    let start = Instant::now();
    let readers = crowd.urls().into_iter().map(|url| std::thread::spawn(move || read(&url, 5_000)));
    for reader in readers.collect::<Vec<_>>() {
        reader.join().unwrap();
    }
    let took = start.elapsed().as_secs_f64();
    println!("{} requests in {took:.2} s: {:.0} a second", crowd.requests(), crowd.requests() as f64 / took);
    assert!(crowd.requests() as f64 / took > 5_000.0);
}

fn read(url: &str, times: usize) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let length = get(url, &[]).body.len();
    let mut bytes = vec![0; 64 << 10];
    for _ in 0..times {
        stream.write_all(request.as_bytes()).unwrap();
        let mut filled = 0;
        loop {
            filled += stream.read(&mut bytes[filled..]).unwrap();
            let head = bytes[..filled].windows(4).position(|window| window == b"\r\n\r\n");
            if head.is_some_and(|head| filled >= head + 4 + length) {
                break;
            }
        }
    }
}
