//! Servers that speak HTTP/2, frame by frame (RFC 9113 section 6).

use std::{io, time::Duration};

use crate::{
    Case, Expect, case,
    server::{Peer, Serve},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `:status: 200` (RFC 7541 appendix A).
const OK: &[u8] = &[0x88];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header that is not in any table (RFC 7541 section 6.2.2), of up to 126 bytes each.
fn header(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// Settings and a page, for the first request of a connection.
pub(crate) fn page(body: &[u8]) -> Vec<u8> {
    [frame(SETTINGS, 0, 0, &[]), frame(HEADERS, END_HEADERS, 1, OK), frame(DATA, END_STREAM, 1, body)].concat()
}

/// A page, and then pings without end; with `reads`, one that takes what we answer them.
pub(crate) fn page_and_pings(reads: bool) -> Serve {
    speak(move |peer| {
        if reads {
            peer.read_beside()?;
        }
        peer.say([frame(HEADERS, END_HEADERS, 1, OK), frame(DATA, END_STREAM, 1, b"a")].concat())?;
        peer.flood(&frame(PING, 0, 0, &[0; 8]))
    })
}

/// Greets, reads the client's greeting and the beginning of its request, and goes on.
fn speak(rest: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static) -> Serve {
    Box::new(move |peer| {
        peer.request()?; // the preface looks like the head of a request
        peer.say(frame(SETTINGS, 0, 0, &[]))?;
        std::thread::sleep(Duration::from_millis(50));
        rest(peer)
    })
}

fn says(frames: Vec<Vec<u8>>) -> Serve {
    speak(move |peer| peer.say(frames.concat()).and_then(|()| peer.silence()))
}

fn floods(first: Vec<u8>, frame: Vec<u8>) -> Serve {
    speak(move |peer| peer.say(&first).and_then(|()| peer.flood(&frame)))
}

pub(crate) fn cases() -> Vec<Case> {
    let (timeout, protocol) = (Expect::Reason("timeout"), Expect::Reason("protocol"));
    let broken = Expect::AnyOf(&["protocol", "headers", "closed", "reset"]);
    let head = || frame(HEADERS, END_HEADERS, 1, OK);
    let early = frame(HEADERS, END_HEADERS, 1, &header(":status", "103"));
    vec![
        case("a page", Expect::Page(200, "a"), says(vec![head(), frame(DATA, END_STREAM, 1, b"a")])),
        case("silence", timeout, speak(|peer| peer.silence())),
        case("a head and silence", timeout, says(vec![head()])),
        case("settings without end", Expect::AnyOf(&["timeout", "protocol"]), {
            floods(vec![], frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0x10, 0]))
        }),
        case("pings without end", Expect::AnyOf(&["timeout", "protocol"]), floods(vec![], frame(PING, 0, 0, &[0; 8]))),
        case("a head without end", broken, {
            floods(frame(HEADERS, 0, 1, OK), frame(CONTINUATION, 0, 1, &header("name", "value")))
        }),
        case("a head of 100 KB", broken, {
            let many = header("name", &"v".repeat(100)).repeat(150);
            let more = (0..5).map(|_| frame(CONTINUATION, 0, 1, &many)).collect::<Vec<_>>().concat();
            says(vec![frame(HEADERS, 0, 1, OK), more, frame(CONTINUATION, END_HEADERS, 1, &[])])
        }),
        case("a thousand headers", broken, {
            let many = header("a", "b").repeat(1_000);
            says(vec![frame(HEADERS, END_HEADERS | END_STREAM, 1, &[OK, &many].concat())])
        }),
        case("a head that is no HPACK", broken, says(vec![frame(HEADERS, END_HEADERS, 1, &[0xff; 20])])),
        case("a head without a status", broken, says(vec![frame(HEADERS, END_HEADERS, 1, &header("a", "b"))])),
        case("interim answers without end", Expect::AnyOf(&["timeout", "headers", "protocol", "too_large"]), {
            floods(vec![], early)
        }),
        case("a body of empty pieces", Expect::AnyOf(&["trickle", "body"]), floods(head(), frame(DATA, 0, 1, &[]))),
        case("a body of single bytes", Expect::AnyOf(&["trickle", "body"]), floods(head(), frame(DATA, 0, 1, b"a"))),
        case("a body beyond the window", Expect::AnyOf(&["too_large", "body", "reset"]), {
            floods(head(), frame(DATA, 0, 1, &[b'a'; 16_384]))
        }),
        case("a body before the head", broken, says(vec![frame(DATA, 0, 1, b"a")])),
        case("a frame of 16 MB", broken, {
            speak(|peer| peer.say([0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]).and_then(|()| peer.fill(16 << 20)))
        }),
        case("a reset", protocol, says(vec![frame(RESET, 0, 1, &[0, 0, 0, 2])])),
        case("a stream refused", broken, says(vec![frame(RESET, 0, 1, &[0, 0, 0, 7])])),
        case("goodbye", broken, says(vec![frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0])])),
        case("a push", broken, says(vec![frame(PUSH, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x84, 0x86])])),
        case("a window that overflows", broken, says(vec![frame(WINDOW, 0, 0, &[0x7f, 0xff, 0xff, 0xff])])),
        case(
            "another protocol",
            broken,
            Box::new(|peer| peer.say("HTTP/1.1 200 OK\r\n\r\n").and_then(|()| peer.silence())),
        ),
    ]
}
