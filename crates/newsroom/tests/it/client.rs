//! A reader of few words: one request, one connection.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        match self.header("content-type") {
            Some(kind) if kind.contains("EUC-KR") => encoding_rs::EUC_KR.decode(&self.body).0.into_owned(),
            _ => String::from_utf8(self.body.clone()).unwrap(),
        }
    }
}

pub(crate) fn open(url: &str, headers: &[(&str, &str)], keep: bool) -> TcpStream {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let close = if keep { "keep-alive" } else { "close" };
    let mut request =
        format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: reader/1\r\nConnection: {close}\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all((request + "\r\n").as_bytes()).unwrap();
    stream
}

pub(crate) fn get(url: &str, headers: &[(&str, &str)]) -> Answer {
    let mut bytes = Vec::new();
    open(url, headers, false).read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}
