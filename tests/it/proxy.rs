//! A slow wire: stands between clients and a server, and lets answers through late, or nothing at all.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// How often a wire that was cut is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// One listening port; its threads end with their connections.
pub(crate) struct Proxy {
    port: u16,
    wire: Arc<Wire>,
}

#[derive(Default)]
struct Wire {
    delay_ms: AtomicU64,
    is_cut: AtomicBool,
}

impl Proxy {
    /// In front of what listens, or will listen, at this port of this machine.
    pub(crate) fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::new(Wire::default());
        let shared = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                carry(client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&shared), false);
                carry(server, client, Arc::clone(&shared), true);
            }
        });
        Self { port, wire }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every answer takes so much longer.
    pub(crate) fn delay(&self, delay: Duration) {
        self.wire.delay_ms.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Nothing goes through, in either direction, and no connection is closed.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.wire.is_cut.store(is_cut, Ordering::SeqCst);
    }
}

/// Carries bytes one way; `late` where the delay counts.
fn carry(mut from: TcpStream, mut to: TcpStream, wire: Arc<Wire>, late: bool) {
    let (sender, receiver) = mpsc::sync_channel::<(Instant, Vec<u8>)>(64);
    let delay = {
        let wire = Arc::clone(&wire);
        move || if late { Duration::from_millis(wire.delay_ms.load(Ordering::SeqCst)) } else { Duration::ZERO }
    };
    thread::spawn(move || {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut bytes) {
            if sender.send((Instant::now() + delay(), bytes[..read].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            while wire.is_cut.load(Ordering::SeqCst) {
                thread::sleep(LOOK);
            }
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}
