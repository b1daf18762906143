//! HTTPS with verification: who is believed, and who is not. The certificates in `tls/` are for `good.test`, by an
//! authority of our own, one until the year 2120 and one until 2021; made with `openssl ca`.

use std::{
    future::ready,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, TcpListener},
    sync::Arc,
    thread,
};

use fetcher::{Answers, Lookup, World};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::{client, get, http2, run, small};

const AUTHORITY: &[u8] = include_bytes!("tls/ca.der");
const GOOD: &[u8] = include_bytes!("tls/good.der");
const EXPIRED: &[u8] = include_bytes!("tls/expired.der");
const KEY: &[u8] = include_bytes!("tls/leaf.key.der");

/// Every name is on loopback.
struct Loopback;

impl Lookup for Loopback {
    fn lookup(&self, _: &str) -> Answers {
        Box::pin(ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])))
    }
}

/// A server with this certificate, which speaks HTTP/2 where `protocols` says so.
fn server(certificate: &'static [u8], protocols: &[&[u8]]) -> u16 {
    let key = PrivateKeyDer::try_from(KEY).unwrap();
    let certificates = vec![CertificateDer::from(certificate)];
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key).unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        while let Ok((tcp, _)) = listener.accept() {
            let mut tls = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), tcp);
            // Whoever does not believe us leaves here.
            let Ok(1..) = tls.read(&mut [0; 4096]) else { continue };
            let page = match tls.conn.alpn_protocol() {
                Some(b"h2") => http2::page(b"second"),
                _ => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst".to_vec(),
            };
            tls.write_all(&page).unwrap();
            thread::spawn(move || while let Ok(1..) = tls.read(&mut [0; 4096]) {});
        }
    });
    port
}

#[test]
fn only_who_can_prove_it_is_believed() {
    let world = |root: Option<&[u8]>| World {
        lookup: Some(Arc::new(Loopback)),
        root: root.map(<[u8]>::to_vec),
        ..World::default()
    };
    let get = |port: u16, host: &str, root: Option<&[u8]>| {
        let (client, url) = (client(small(), world(root)), format!("https://{host}:{port}/"));
        let mut found = String::new();
        run(async {
            found = match get(&client, &url).await {
                Ok(page) => String::from_utf8(page.body.to_vec()).unwrap(),
                Err(error) => error.reason().to_owned(),
            };
        });
        found
    };
    let good = server(GOOD, &[]);
    assert_eq!(get(good, "good.test", Some(AUTHORITY)), "first");
    assert_eq!(get(good, "good.test", None), "tls");
    assert_eq!(get(good, "other.test", Some(AUTHORITY)), "tls");
    assert_eq!(get(good, "127.0.0.1", Some(AUTHORITY)), "tls");
    assert_eq!(get(server(EXPIRED, &[]), "good.test", Some(AUTHORITY)), "tls");
    assert_eq!(get(server(GOOD, &[b"http/1.1"]), "good.test", Some(AUTHORITY)), "first");
    assert_eq!(get(server(GOOD, &[b"h2", b"http/1.1"]), "good.test", Some(AUTHORITY)), "second");
    assert_eq!(get(server(GOOD, &[b"spdy/1"]), "good.test", Some(AUTHORITY)), "tls");
}
