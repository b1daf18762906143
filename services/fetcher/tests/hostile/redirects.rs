//! Servers that send us elsewhere.

use std::{thread, time::Duration};

use crate::{
    Case, Expect, case,
    server::{Serve, answer, says, then},
};

fn to(location: &str) -> Vec<u8> {
    answer(&format!("302 Found\r\nLocation: {location}"), b"elsewhere")
}

/// Sends `/n` to `/n+1`.
fn chain(end: usize, pause: Duration) -> Serve {
    Box::new(move |peer| {
        let request = peer.request()?;
        let at: usize = request[5..].split(' ').next().unwrap().parse().unwrap_or(0);
        thread::sleep(pause);
        peer.say(if at == end { answer("200 OK", b"a") } else { to(&format!("/{}", at + 1)) })
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let redirects = Expect::Reason("redirects");
    let mut cases = vec![
        case("a redirect to itself", redirects, says(to("/"))),
        case("a redirect to itself by another name", redirects, says(to("/./a/../?utm_source=a#b"))),
        case("a circle", redirects, {
            Box::new(|peer| {
                let request = peer.request()?;
                peer.say(to(if request.starts_with("GET /a ") { "/" } else { "/a" }))
            })
        }),
        case("five redirects", Expect::Page(200, "a"), chain(5, Duration::ZERO)),
        case("six redirects", redirects, chain(6, Duration::ZERO)),
        case("redirects without end", redirects, chain(usize::MAX, Duration::ZERO)),
        case("slow redirects", Expect::Reason("timeout"), chain(6, Duration::from_millis(900))),
        case("a location of 1 MB", Expect::Reason("headers"), says(to(&"a".repeat(1 << 20)))),
        case("a location of 100 KB", Expect::Reason("headers"), says(to(&"a".repeat(100_000)))),
        case("a location of 3 KB", redirects, says(to(&"a".repeat(3_000)))),
        case("no location", redirects, says(answer("301 Moved", b""))),
        case("two locations", redirects, says(to("/a\r\nLocation: /b"))),
        case("a redirect to a closed port", Expect::Reason("connect"), says(to("http://127.0.0.1:1/"))),
        case("a redirect to another network", Expect::Reason("refused"), says(to("http://10.0.0.1/"))),
        case("a redirect with a body without end", Expect::Page(200, "a"), {
            Box::new(|peer| {
                if peer.request()?.starts_with("GET /a ") {
                    return peer.say(answer("200 OK", b"a"));
                }
                peer.say("HTTP/1.1 302 Found\r\nLocation: /a\r\n\r\n")?;
                peer.flood(b"a")
            })
        }),
        case("a location in raw UTF-8", Expect::Page(200, "a"), {
            Box::new(|peer| {
                let asked = peer.request()?.starts_with("GET /%EA%B8%B0%EC%82%AC ");
                peer.say(if asked { answer("200 OK", b"a") } else { to("/기사") })
            })
        }),
        case("a redirect to its own address with a user", redirects, {
            Box::new(|peer| {
                peer.request()?;
                peer.say(to(&format!("http://user:password@127.0.0.1:{}/", peer.port)))
            })
        }),
        case("a choice", Expect::Page(300, "a"), says(answer("300 Multiple Choices\r\nLocation: /a", b"a"))),
        case("the use of a proxy", Expect::Page(305, ""), {
            then("HTTP/1.1 305 Use Proxy\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n", |_| Ok(()))
        }),
    ];
    let locations = [
        ("a script", "javascript:alert(1)"),
        ("a file", "file:///etc/passwd"),
        ("data", "data:text/html,a"),
        ("FTP", "ftp://127.0.0.1/"),
        ("gopher", "gopher://127.0.0.1:6379/_FLUSHALL"),
        ("nowhere", ""),
        ("blanks", "   "),
        ("no host", "http://"),
        ("a host with a blank", "http://127.0.0.1 a/"),
        ("port 99999", "http://127.0.0.1:99999/"),
        ("an unclosed address", "http://[::1"),
        ("an address of five parts", "http://127.0.0.0.1/"),
    ];
    cases.extend(locations.map(|(name, location)| case(name, redirects, says(to(location)))));
    cases
}
