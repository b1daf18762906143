//! Servers whose trouble is in the body.

use std::{io::Write, time::Duration};

use flate2::{Compression, write};

use crate::{
    Case, Expect, Limits, case,
    server::{answer, says, then},
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const ENDLESS: &str = "HTTP/1.1 200 OK\r\n\r\n";
const TENTH: Duration = Duration::from_millis(100);

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// 200 MiB of zeros in 200 KB.
fn bomb(mut encoder: impl Write) {
    for _ in 0..200 {
        encoder.write_all(&[0; 1 << 20]).unwrap();
    }
}

fn encoded(encoding: &str, body: &[u8]) -> Vec<u8> {
    answer(&format!("200 OK\r\nContent-Encoding: {encoding}"), body)
}

pub(crate) fn cases() -> Vec<Case> {
    [slow(), large(), chunked(), lengths(), encodings(), odd()].into_iter().flatten().collect()
}

fn slow() -> Vec<Case> {
    let (second, trickle) = (Duration::from_secs(1), Expect::Reason("trickle"));
    let timeout = Expect::Reason("timeout");
    vec![
        case("a body of a byte a tenth", trickle, then(ENDLESS, |peer| peer.forever(b"a", TENTH))),
        case("a body of a byte a second", trickle, then(ENDLESS, move |peer| peer.forever(b"a", second)))
            .with(Limits::Default),
        case("a body that is just fast enough, without end", timeout, {
            then(ENDLESS, |peer| peer.forever([b'a'; 1_000], TENTH))
        })
        .with(Limits::Default),
        case(
            "a body that stops",
            timeout,
            then("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na", |peer| peer.silence()),
        ),
        case("a chunk that stops", timeout, then(format!("{CHUNKED}5\r\nab"), |peer| peer.silence())),
    ]
}

fn large() -> Vec<Case> {
    let large = Expect::Reason("too_large");
    vec![
        case("a body without end", large, then(ENDLESS, |peer| peer.flood(b"a"))),
        case("a body without end, as the limits are", large, then(ENDLESS, |peer| peer.flood(b"a")))
            .with(Limits::Default),
        case("chunks without end", large, {
            then(CHUNKED, |peer| peer.flood(&[b"1000\r\n".as_slice(), &[b'a'; 0x1000], b"\r\n"].concat()))
        }),
        case("one chunk without end", large, {
            then(format!("{CHUNKED}7fffffffffffffff\r\n"), |peer| peer.flood(b"a"))
        }),
        case("a length of an exabyte", large, says("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n\r\n")),
        case("a length of a byte too many", large, {
            says(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", (1 << 20) + 1))
        }),
    ]
}

fn chunked() -> Vec<Case> {
    let broken = Expect::Reason("body");
    vec![
        case("chunks of a byte", Expect::Reason("trickle"), then(CHUNKED, |peer| peer.flood(b"1\r\na\r\n"))),
        case("an extension without end", broken, then(format!("{CHUNKED}1;"), |peer| peer.flood(b"a"))),
        case("extensions without end", Expect::AnyOf(&["body", "trickle"]), {
            then(CHUNKED, |peer| peer.flood(&[b"1;".as_slice(), &[b'a'; 500], b"\r\na\r\n"].concat()))
        }),
        case("zeros before the size without end", Expect::Reason("too_large"), {
            then(CHUNKED, |peer| peer.flood(b"0"))
        }),
        case("a size that overflows", broken, says(format!("{CHUNKED}fffffffffffffffff\r\na"))),
        case("a size below zero", broken, says(format!("{CHUNKED}-1\r\na"))),
        case("a size that is no number", broken, says(format!("{CHUNKED}xyz\r\na"))),
        case("a size of nothing", broken, says(format!("{CHUNKED}\r\na"))),
        case("a chunk longer than its size", broken, says(format!("{CHUNKED}1\r\nabc\r\n0\r\n\r\n"))),
        case("chunks without the last", broken, says(format!("{CHUNKED}1\r\na\r\n"))),
        case("trailers without end", broken, {
            then(format!("{CHUNKED}1\r\na\r\n0\r\n"), |peer| peer.flood(b"X-Trailer: value\r\n"))
        }),
        case("trailers", Expect::Page(200, "a"), says(format!("{CHUNKED}1\r\na\r\n0\r\nA: b\r\n\r\n"))),
    ]
}

fn lengths() -> Vec<Case> {
    let protocol = Expect::Reason("protocol");
    let with = |head: &str, body: &str| says(format!("HTTP/1.1 200 OK\r\n{head}\r\nConnection: close\r\n\r\n{body}"));
    vec![
        case("a length too long", Expect::Reason("body"), with("Content-Length: 9", "a")),
        case("a length too short", Expect::Page(200, "a"), with("Content-Length: 1", "abc")),
        case("a length below zero", protocol, with("Content-Length: -1", "a")),
        case("a length with a plus", protocol, with("Content-Length: +1", "a")),
        case("a length beyond 64 bits", protocol, with("Content-Length: 99999999999999999999", "a")),
        case("two lengths", protocol, with("Content-Length: 1\r\nContent-Length: 2", "ab")),
        case("a length twice", Expect::Page(200, "a"), with("Content-Length: 1\r\nContent-Length: 1", "a")),
        // RFC 9112 section 6.3: the transfer coding overrides the length.
        case("a length and chunks", Expect::Page(200, "a"), {
            with("Content-Length: 3\r\nTransfer-Encoding: chunked", "1\r\na\r\n0\r\n\r\n")
        }),
        case("gzip as a transfer coding", Expect::Reason("encoding"), {
            with("Transfer-Encoding: gzip, chunked", "1\r\na\r\n0\r\n\r\n")
        }),
        case(
            "an unknown transfer coding",
            Expect::AnyOf(&["encoding", "protocol"]),
            with("Transfer-Encoding: xyz", "a"),
        ),
    ]
}

fn encodings() -> Vec<Case> {
    let (encoding, large) = (Expect::Reason("encoding"), Expect::Reason("too_large"));
    let mut gzip_bomb = write::GzEncoder::new(Vec::new(), Compression::best());
    bomb(&mut gzip_bomb);
    let gzip_bomb = gzip_bomb.finish().unwrap();
    let mut zlib_bomb = write::ZlibEncoder::new(Vec::new(), Compression::best());
    bomb(&mut zlib_bomb);
    let zlib_bomb = zlib_bomb.finish().unwrap();
    let page = gzip(&b"a page. ".repeat(100));
    let decoded = Expect::Length(200, 800);
    let cut = &page[..page.len() - 10];
    vec![
        case("a bomb in gzip", large, says(encoded("gzip", &gzip_bomb))),
        case("a bomb in gzip, as the limits are", large, says(encoded("gzip", &gzip_bomb))).with(Limits::Default),
        case("a bomb in deflate", large, says(encoded("deflate", &zlib_bomb))),
        case("a bomb in raw deflate", large, says(encoded("deflate", &zlib_bomb[2..]))),
        case("a bomb in br", encoding, says(encoded("br", &[0x5b, 0xff, 0xff, 0xff]))),
        case("a bomb in zstd", encoding, says(encoded("zstd", b"\x28\xb5\x2f\xfd"))),
        case("gzip in gzip", encoding, says(encoded("gzip, gzip", &gzip(&gzip_bomb)))),
        case("gzip in gzip, by two headers", encoding, {
            says(encoded("gzip\r\nContent-Encoding: gzip", &gzip(&gzip_bomb)))
        }),
        case("gzip in gzip, unsaid", Expect::Length(200, gzip_bomb.len()), says(encoded("gzip", &gzip(&gzip_bomb)))),
        case("gzip that breaks off", encoding, says(encoded("gzip", cut))),
        case("gzip with a tail", decoded, says(encoded("gzip", &[&*page, b"\0\0\0tail"].concat()))),
        case("no gzip at all", encoding, says(encoded("gzip", b"<html>plain</html>"))),
        case("gzip of nothing but members", encoding, says(encoded("gzip", &gzip(b"").repeat(20_000)))),
        case("gzip of no bytes", Expect::Page(200, ""), says(encoded("gzip", b""))),
        case("gzip in capitals", decoded, says(encoded("GZIP", &page))),
        case("an error page with a bomb", Expect::Page(404, ""), {
            says(answer("404 Not Found\r\nContent-Encoding: gzip", &gzip_bomb))
        }),
        case("an error page in br", Expect::Page(503, ""), says(answer("503 No\r\nContent-Encoding: br", b"abc"))),
        case("an error page without end", Expect::Page(500, ""), {
            then("HTTP/1.1 500 No\r\n\r\n", |peer| peer.forever(b"a", TENTH))
        }),
    ]
}

fn odd() -> Vec<Case> {
    vec![
        case("204 with a body", Expect::Page(204, ""), says(answer("204 No Content", b"body"))),
        case("304 with a body", Expect::Page(304, ""), says(answer("304 Not Modified", b"body"))),
        case("205 with a body", Expect::Page(205, "body"), says(answer("205 Reset Content", b"body"))),
        case("an answer that does not end with its end", Expect::Page(200, "a"), {
            then("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", |peer| peer.flood(b"more"))
        }),
        case("half closed within the body", Expect::Reason("body"), {
            then("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na", |peer| peer.half_close())
        }),
        case("reset within the body", Expect::AnyOf(&["body", "reset", "closed"]), {
            Box::new(|peer| {
                peer.first_byte()?;
                peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")
            })
        }),
    ]
}
