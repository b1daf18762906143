//! Hosts and ports as a URL has them.

use std::net::TcpStream;

use fetcher::FetchError;
use schemas::CanonicalUrl;

use crate::{
    canary::{Names, PORTS, SITE, SITE_V6, seen},
    client, fetch, get, run,
    urls::{self, Becomes},
    within,
};

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn the_canary_sees_every_address() {
    within();
    let reached = [
        "127.0.0.1:80",
        "127.0.0.2:443",
        "10.0.0.1:8080",
        "169.254.169.254:80",
        "192.168.1.1:22",
        "8.8.8.8:6379",
        "[::1]:80",
        "[fd00:ec2::254]:80",
        "[2002:7f00:1::]:443",
        "[64:ff9b::7f00:1]:80",
        "[2606:4700::5efe:7f00:1]:80",
    ];
    let canary = seen();
    for address in reached {
        TcpStream::connect(address).unwrap_or_else(|error| panic!("{address}: {error}"));
    }
    assert_eq!(canary.canary().len(), reached.len());
    run(async {
        let client = client(&[], &Names::new(&[]));
        assert_eq!(get(&client, &format!("http://{SITE}/")).await, "public");
        assert_eq!(get(&client, &format!("http://[{SITE_V6}]:8080/")).await, "public");
        assert_eq!(get(&client, "http://8.8.8.8/").await, "secret");
        assert_eq!(get(&client, &format!("https://{SITE}/")).await, "tls");
    });
    assert_eq!(seen().canary(), ["8.8.8.8:80".parse().unwrap()]);
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn an_address_is_refused_in_every_spelling() {
    within();
    let (names, mut count) = (Names::new(&[]), 0);
    let client = client(&[], &names);
    for host in urls::REFUSED {
        for (scheme, port) in [("http", ""), ("https", ""), ("http", ":8080"), ("https", ":80"), ("http", ":6379")] {
            let url = format!("{scheme}://{host}{port}/");
            assert_eq!(run(get(&client, &url)), "refused", "{url}");
            let verdict = run(client.check(&CanonicalUrl::parse(&url).unwrap())).unwrap();
            assert!(!verdict.allowed(), "{url}: {verdict}");
            count += 1;
        }
    }
    for host in urls::NO_HOSTS {
        let url = format!("http://{host}/");
        assert!(CanonicalUrl::parse(&url).is_err(), "{url:?} is {:?}", CanonicalUrl::parse(&url));
        count += 1;
    }
    assert_eq!(names.asked("localhost") + names.asked("a.localhost"), 0);
    assert_eq!(seen().all(), []);
    println!("{count} URLs refused, no connection");
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn urls_of_a_feed_reach_the_public_only() {
    within();
    let (client, feed) =
        (client(&[], &Names::new(&[])), CanonicalUrl::parse(&format!("http://{SITE}/feed/a.xml")).unwrap());
    for (text, becomes) in urls::OF_A_FEED {
        let found = match feed.join(text) {
            Err(_) => Becomes::NoPage,
            Ok(url) => match run(fetch(&client, &url)) {
                Ok(fetched) if fetched.body == "public" => Becomes::Public,
                Err(FetchError::Refused(_)) => Becomes::Refused,
                other => panic!("{text:?} ({url}): {other:?}"),
            },
        };
        assert_eq!(found, *becomes, "{text:?}, {:?}", feed.join(text));
    }
    assert_eq!(seen().canary(), []);
    println!("{} URLs of feeds", urls::OF_A_FEED.len());
}

#[test]
#[ignore = "runs in a namespace, started by the test that is not ignored"]
fn only_some_ports_are_spoken_to() {
    within();
    let names = Names::new(&[("public.test", &[SITE])]);
    let client = client(&[], &names);
    for port in PORTS {
        let expected = match port {
            80 | 8080 => "public",
            443 | 8443 => "public", // without TLS, which is the scheme's business
            _ => "refused",
        };
        for host in [SITE, "public.test"] {
            assert_eq!(run(get(&client, &format!("http://{host}:{port}/"))), expected, "{host}:{port}");
        }
    }
    assert_eq!(seen().canary(), []);
}
