//! Connections that are kept: what a server may do to the next request on one, and what they cost.

use std::{
    sync::{Mutex, PoisonError, atomic::Ordering, mpsc},
    thread,
    time::{Duration, Instant},
};

use fetcher::{FetchLimits, World};
use tokio::time::sleep;

use crate::{ALONE, answer, client, get, http2, memory, run, server, small};

const FIRST: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";
const POISON: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";

/// A second answer that nobody asked for, in the same packet as the first or behind it, answers no later request. (One
/// that is still on its way when the next request leaves cannot be told from its answer; it can only be the same site's,
/// since connections are kept by scheme, host and port.)
#[test]
fn an_answer_unasked_answers_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for pause in [0, 1, 20].map(Duration::from_millis) {
        let (sender, poisoned) = mpsc::channel();
        let sender = Mutex::new(sender);
        let (port, _) = server::start(Box::new(move |peer| {
            peer.request()?;
            if pause.is_zero() {
                peer.say([FIRST, POISON].concat())?;
            } else {
                peer.say(FIRST)?;
                thread::sleep(pause);
                peer.say(POISON)?;
            }
            sender.lock().unwrap().send(()).unwrap();
            // Whoever asks again on this connection is answered by what lies there.
            peer.silence()
        }));
        run(async {
            let client = client(small(), World::default());
            for _ in 0..50 {
                let fetched = get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap();
                assert_eq!(&*fetched.body, b"first");
                poisoned.recv().unwrap();
                sleep(Duration::from_millis(5)).await;
            }
        });
    }
}

/// A server that takes a second request on a connection and hangs up costs one try, not many.
#[test]
fn a_kept_connection_that_is_closed_is_no_loop() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (port, _) = server::start(Box::new(|peer| {
        peer.request()?;
        if peer.nth == 0 { peer.say(FIRST).and_then(|()| peer.request().map(drop)) } else { Ok(()) }
    }));
    run(async {
        let client = client(small(), World::default());
        get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        let error = get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
        assert_eq!(error.reason(), "closed");
    });
}

/// Idle connections are bounded for all hosts together, and small.
#[test]
fn idle_connections_have_an_end() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (port, open) = server::start(crate::good());
    run(async {
        let unbounded = client(FetchLimits { idle_max: usize::MAX, ..FetchLimits::default() }, World::default());
        get(&unbounded, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        let before = memory();
        for host in 0..500 {
            get(&unbounded, &format!("http://127.1.{}.{}:{port}/", host / 250, host % 250)).await.unwrap();
        }
        let each = memory().saturating_sub(before) / 500;
        println!("{} bytes for each of 500 idle connections, the server's thread included", each);
        assert_eq!(open.load(Ordering::SeqCst), 501);
        assert!(each < 64 << 10, "{each} bytes for an idle connection");
        drop(unbounded);
        settle(&open, 0).await;

        let bounded = client(FetchLimits { idle_max: 50, ..FetchLimits::default() }, World::default());
        for host in 0..500 {
            get(&bounded, &format!("http://127.2.{}.{}:{port}/", host / 250, host % 250)).await.unwrap();
            assert!(open.load(Ordering::SeqCst) <= 60, "{}", open.load(Ordering::SeqCst));
        }
        drop(bounded);
        settle(&open, 0).await;

        let brief = FetchLimits { idle: Duration::from_millis(100), ..FetchLimits::default() };
        let brief = client(brief, World::default());
        get(&brief, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        settle(&open, 0).await;
    });
}

async fn settle(open: &std::sync::atomic::AtomicUsize, want: usize) {
    let since = Instant::now();
    while open.load(Ordering::SeqCst) > want {
        assert!(since.elapsed() < Duration::from_secs(8), "{} connections stay", open.load(Ordering::SeqCst));
        sleep(Duration::from_millis(20)).await;
    }
}

/// A host gets as many idle connections as it may have, however many were needed at once.
#[test]
fn a_host_keeps_few_connections() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (port, open) = server::start(Box::new(|peer| {
        loop {
            peer.request()?;
            thread::sleep(Duration::from_millis(100));
            peer.say(FIRST)?;
        }
    }));
    run(async {
        let (client, url) = (client(small(), World::default()), format!("http://127.0.0.1:{port}/"));
        let mut fetches = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (client, url) = (client.clone(), url.clone());
            fetches.spawn(async move { get(&client, &url).await.unwrap() });
        }
        fetches.join_all().await;
        settle(&open, FetchLimits::default().idle_per_host_max).await;
        let closes = server::start(server::says(answer("200 OK", b"a"))).0;
        get(&client, &format!("http://127.0.0.1:{closes}/")).await.unwrap();
    });
}

/// What a connection may bring in all is bounded by the answer, not by its life.
#[test]
fn a_kept_connection_brings_any_number_of_pages() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (port, open) = server::start(Box::new(|peer| {
        loop {
            peer.request()?;
            peer.say(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1 << 20))?;
            peer.fill(1 << 20)?;
        }
    }));
    run(async {
        let client = client(small(), World::default());
        for _ in 0..50 {
            assert_eq!(get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap().body.len(), 1 << 20);
            assert_eq!(open.load(Ordering::SeqCst), 1);
        }
    });
}

/// A server that floods a connection which nobody uses loses it, long before it would be idle for long enough; whether
/// it takes our answers to its pings or not.
#[test]
fn a_flood_between_requests_ends_the_connection() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for reads in [true, false] {
        let (port, open) = server::start(http2::page_and_pings(reads));
        run(async {
            let client = client(small(), World { http2: true, ..World::default() });
            get(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap();
            let since = Instant::now();
            settle(&open, 0).await;
            println!("a flood, read {reads}: {:?}", since.elapsed());
        });
    }
}
