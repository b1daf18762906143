//! Raw servers on loopback, a thread for each connection: they say what no HTTP library would.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Longer than any fetch may last.
const LONG: Duration = Duration::from_secs(30);

/// One connection, as its server holds it.
pub(crate) struct Peer {
    stream: TcpStream,
    /// Connections before this one.
    pub(crate) nth: usize,
    pub(crate) port: u16,
}

pub(crate) type Serve = Box<dyn Fn(&mut Peer) -> io::Result<()> + Send + Sync>;

/// A server that does this with each connection; gives its port and how many connections are open.
pub(crate) fn start(serve: Serve) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (serve, open) = (Arc::new(serve), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&open);
    thread::spawn(move || {
        for nth in 0.. {
            let Ok((stream, _)) = listener.accept() else { return };
            let (serve, open) = (Arc::clone(&serve), Arc::clone(&counter));
            open.fetch_add(1, Ordering::SeqCst);
            thread::Builder::new()
                .stack_size(64 << 10)
                .spawn(move || {
                    // An error is the client leaving, which is what we wait for.
                    let _ = serve(&mut Peer { stream, nth, port });
                    open.fetch_sub(1, Ordering::SeqCst);
                })
                .unwrap();
        }
    });
    (port, open)
}

impl Peer {
    /// Reads a request's head; nothing where the client has left.
    pub(crate) fn request(&mut self) -> io::Result<String> {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            head.push(byte[0]);
        }
        Ok(String::from_utf8(head).unwrap())
    }

    /// Leaves most of the request unread, which makes a reset of the close.
    pub(crate) fn first_byte(&mut self) -> io::Result<()> {
        self.stream.read_exact(&mut [0])
    }

    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    /// The same again and again, `pause` between: until the client leaves, or for long.
    pub(crate) fn forever(&mut self, bytes: impl AsRef<[u8]>, pause: Duration) -> io::Result<()> {
        let since = Instant::now();
        while since.elapsed() < LONG {
            self.say(&bytes)?;
            if !pause.is_zero() {
                thread::sleep(pause);
            }
        }
        Ok(())
    }

    /// As [`Peer::forever`], in large pieces and fast: a gigabit a second, so that twenty such servers leave some of
    /// the machine to the client.
    pub(crate) fn flood(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.forever(bytes.repeat((128 << 10) / bytes.len() + 1), Duration::from_millis(1))
    }

    /// `bytes` of nothing in particular.
    pub(crate) fn fill(&mut self, bytes: usize) -> io::Result<()> {
        for _ in 0..bytes.div_ceil(16 << 10) {
            self.say([b'a'; 16 << 10])?;
        }
        Ok(())
    }

    /// Says nothing until the client leaves.
    pub(crate) fn silence(&mut self) -> io::Result<()> {
        self.stream.set_read_timeout(Some(LONG))?;
        while self.stream.read(&mut [0; 1024])? > 0 {}
        Ok(())
    }

    /// Takes whatever the client says from now on, while we go on speaking.
    pub(crate) fn read_beside(&mut self) -> io::Result<()> {
        let mut stream = self.stream.try_clone()?;
        thread::spawn(move || while let Ok(1..) = stream.read(&mut [0; 16 << 10]) {});
        Ok(())
    }

    /// Ends our side only.
    pub(crate) fn half_close(&mut self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)?;
        self.silence()
    }
}

/// Reads the request, says this, and closes.
pub(crate) fn says(answer: impl Into<Vec<u8>>) -> Serve {
    let answer = answer.into();
    Box::new(move |peer| {
        peer.request()?;
        peer.say(&answer)
    })
}

/// An answer with a head of these lines, and this body with its length.
pub(crate) fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Reads the request, says this, and goes on.
pub(crate) fn then(
    first: impl Into<Vec<u8>>,
    rest: impl Fn(&mut Peer) -> io::Result<()> + Send + Sync + 'static,
) -> Serve {
    let first = first.into();
    Box::new(move |peer| {
        peer.request()?;
        peer.say(&first)?;
        rest(peer)
    })
}
