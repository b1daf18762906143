//! Servers whose trouble is in the head of the answer, or before it.

use std::time::Duration;

use crate::{
    Case, Expect, Limits, case,
    server::{answer, says, then},
};

const TENTH: Duration = Duration::from_millis(100);
const OK: &str = "HTTP/1.1 200 OK\r\n";

pub(crate) fn cases() -> Vec<Case> {
    let (timeout, headers, protocol) =
        (Expect::Reason("timeout"), Expect::Reason("headers"), Expect::Reason("protocol"));
    let gone = Expect::AnyOf(&["closed", "reset"]);
    let second = Duration::from_secs(1);
    vec![
        case("silent", timeout, Box::new(|peer| peer.silence())),
        case("silent, with the limits as they are", timeout, Box::new(|peer| peer.silence())).with(Limits::Default),
        case("a head of a byte a tenth", timeout, then(OK, |peer| peer.forever(b"a", TENTH))),
        case("a head of a byte a second", timeout, then(OK, move |peer| peer.forever(b"a", second)))
            .with(Limits::Default),
        case("a head without end", headers, then(OK, |peer| peer.flood(b"X-Header: value\r\n"))),
        case("ten thousand headers", headers, says(format!("{OK}{}\r\n", "A: b\r\n".repeat(10_000)))),
        case("a header too many", headers, says(format!("{OK}{}\r\n", "A: b\r\n".repeat(101)))),
        case(
            "a header of 10 MB",
            headers,
            then(format!("{OK}A: "), |peer| {
                peer.fill(10_000_000)?;
                peer.say(b"\r\n\r\n")
            }),
        ),
        case(
            "a status line of 10 MB",
            headers,
            then("HTTP/1.1 200 ", |peer| {
                peer.fill(10_000_000)?;
                peer.say(b"\r\n\r\n")
            }),
        ),
        case("the name of a header of 100 KB", Expect::AnyOf(&["headers", "protocol"]), {
            says(format!("{OK}{}: b\r\n\r\n", "a".repeat(100_000)))
        }),
        case("cookies of 360 KB", headers, {
            says(format!("{OK}{}\r\n", format!("Set-Cookie: a={}\r\n", "b".repeat(4_000)).repeat(90)))
        }),
        case("a header with NUL", protocol, says(format!("{OK}A: b\0c\r\n\r\n"))),
        case("a header without a colon", protocol, says(format!("{OK}nonsense\r\n\r\n"))),
        case("a header with a space before its colon", protocol, says(format!("{OK}A : b\r\n\r\n"))),
        case("a folded header", protocol, says(format!("{OK}A: b\r\n c\r\n\r\n"))),
        case("lines that end with LF alone", Expect::Page(200, "a"), {
            says("HTTP/1.1 200 OK\nContent-Length: 1\nConnection: close\n\na")
        }),
        case("SSH", protocol, Box::new(|peer| peer.say(b"SSH-2.0-OpenSSH_9.6\r\n").and_then(|()| peer.silence()))),
        case("SMTP", protocol, Box::new(|peer| peer.say(b"220 mail ESMTP\r\n").and_then(|()| peer.silence()))),
        case("HTTP/0.9", protocol, says("<html>no head at all</html>\r\n")),
        case("HTTP/2 unasked", protocol, then(b"\0\0\0\x04\0\0\0\0\0".to_vec(), |peer| peer.silence())),
        case("the preface of HTTP/2", protocol, says("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
        case("HTTP/3.0", protocol, says("HTTP/3.0 200 OK\r\n\r\n")),
        case("a status that is no number", protocol, says("HTTP/1.1 abc OK\r\n\r\n")),
        case("a status of 0", protocol, says("HTTP/1.1 000 OK\r\n\r\n")),
        case("a status of 999", Expect::Page(999, ""), says("HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n")),
        case("an upgrade unasked", protocol, {
            says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
        }),
        case("interim answers without end", headers, {
            then(b"".to_vec(), |peer| peer.flood(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"))
        }),
        case("an interim answer", Expect::Page(200, "a"), {
            says([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".to_vec(), answer("200 OK", b"a")].concat())
        }),
        case("closed at once", gone, Box::new(|_| Ok(()))),
        case("closed after the request", gone, says("")),
        case("closed within the head", gone, says(OK)),
        case("half closed within the head", gone, then(OK, |peer| peer.half_close())),
        case("reset within the head", gone, Box::new(|peer| peer.first_byte().and_then(|()| peer.say(OK)))),
        case("an answer before the request", Expect::AnyOf(&["200", "closed", "protocol", "reset"]), {
            Box::new(|peer| peer.say(answer("200 OK", b"a")))
        }),
        case("no HTTPS on a port for it", Expect::Reason("tls"), Box::new(|peer| peer.say(answer("400 Bad", b"a"))))
            .https(),
        case("HTTPS that resets", Expect::Reason("tls"), Box::new(|_| Ok(()))).https(),
        case("HTTPS that is silent", timeout, Box::new(|peer| peer.silence())).https(),
        case("HTTPS without end", Expect::Reason("tls"), Box::new(|peer| peer.flood(b"\x16\x03\x03\x40\x00aaaaaaaa")))
            .https(),
        case("HTTPS that answers HTTP", protocol, says(b"\x15\x03\x01\x00\x02\x02\x46".to_vec())),
    ]
}
