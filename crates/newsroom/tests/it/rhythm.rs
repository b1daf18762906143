//! Pace, pause, limits.

use std::{
    net::Ipv4Addr,
    time::{Duration, Instant},
};

use newsroom::{Newsroom, Settings};

#[test]
fn pace_and_pause() {
    let newsroom = Newsroom::start(Settings { per_second: 50.0, ..Settings::default() }).unwrap();
    let start = Instant::now();
    std::thread::sleep(Duration::from_secs(1));
    newsroom.pause();
    let (published, took) = (newsroom.articles().len() - 30, start.elapsed().as_secs_f64());
    assert!((0.7 * 50.0 * took..1.1 * 50.0 * took + 1.0).contains(&(published as f64)), "{published} in {took} s");
    let before = newsroom.articles();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(before, newsroom.articles());
    newsroom.resume();
    crate::until(|| newsroom.articles().len() > before.len());
}

#[test]
fn it_ends_where_it_is_told() {
    let newsroom = crate::newsroom(20, false);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(newsroom.articles().len(), 50);
    assert!(newsroom.articles().iter().all(|article| article.fate.is_readable()));
    assert!(newsroom.summary().edits > 0);
}

#[test]
fn loopback_only_and_a_site_each() {
    let first = Ipv4Addr::new(192, 0, 2, 1);
    assert!(Newsroom::start(Settings { first, ..Settings::default() }).is_err());
    // The last addresses of loopback are too few: one address then, and six ports.
    let first = Ipv4Addr::new(127, 255, 255, 252);
    let newsroom = Newsroom::start(Settings { first, ..Settings::default() }).unwrap();
    let homes = newsroom.publications().into_iter().map(|publication| publication.home).collect::<Vec<_>>();
    assert!(homes.iter().all(|home| home.starts_with("http://127.0.0.1:")), "{homes:?}");
    let newsroom = Newsroom::start(Settings::default()).unwrap();
    if cfg!(target_os = "linux") {
        assert!(newsroom.publications()[5].home.starts_with("http://127.0.0.7:"));
    }
}
