//! Whoever is reached in the namespace, where every address is our own: one public site, and the canary for all else.

use std::{
    collections::HashMap,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use fetcher::{Answers, Lookup};

/// The public site.
pub(crate) const SITE: &str = "93.184.216.34";
pub(crate) const SITE_V6: &str = "2606:4700::1111";
/// Where the canary listens, on every address.
pub(crate) const PORTS: [u16; 10] = [22, 25, 80, 443, 2375, 3000, 6379, 8080, 8443, 9200];

/// What was reached since it was last asked, and how.
#[derive(Default)]
pub(crate) struct Seen(Mutex<Vec<SocketAddr>>);

impl Seen {
    /// Whom everything went to but the site, on the ports it has. Waits for what is on its way.
    pub(crate) fn canary(&self) -> Vec<SocketAddr> {
        let is_site = |to: &SocketAddr| is_site(to.ip()) && matches!(to.port(), 80 | 443 | 8080 | 8443);
        self.all().into_iter().filter(|to| !is_site(to)).collect()
    }

    pub(crate) fn all(&self) -> Vec<SocketAddr> {
        thread::sleep(Duration::from_millis(100));
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_site(address: IpAddr) -> bool {
    [SITE, SITE_V6].iter().any(|site| site.parse() == Ok(address))
}

/// Listens on all ports of all addresses.
pub(crate) fn seen() -> &'static Seen {
    static SEEN: OnceLock<&'static Seen> = OnceLock::new();
    SEEN.get_or_init(|| {
        let seen: &'static Seen = Box::leak(Box::default());
        for port in PORTS {
            let listener = TcpListener::bind(("::", port)).unwrap();
            thread::spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    let local = stream.local_addr().unwrap();
                    let to = SocketAddr::new(local.ip().to_canonical(), local.port());
                    seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(to);
                    thread::spawn(move || answer(stream, is_site(to.ip())));
                }
            });
        }
        seen
    })
}

/// `/302/target` redirects with that status to that target, in hex; everything else is a page that says who it is.
fn answer(mut stream: TcpStream, is_site: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut request = [0; 8192];
    let length = stream.read(&mut request)?;
    let request = String::from_utf8_lossy(&request[..length]);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let page = if is_site { "public" } else { "secret" };
    let mut parts = path.trim_start_matches('/').split('/');
    let answer = match (parts.next().and_then(|status| status.parse::<u16>().ok()), parts.next()) {
        (Some(status), Some(target)) => format!("{status} Moved\r\nLocation: {}", unhex(target)),
        _ => "200 OK".to_owned(),
    };
    let length = page.len();
    write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}")
}

/// The path on the site that redirects to `target`.
pub(crate) fn redirect(status: u16, target: &str) -> String {
    let hex: String = target.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("http://{SITE}/{status}/{hex}")
}

fn unhex(text: &str) -> String {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    String::from_utf8((0..text.len()).step_by(2).map(byte).collect()).unwrap()
}

/// A resolver of our own: each name has its answers, one after the other, and the last for ever.
#[derive(Default)]
pub(crate) struct Names {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: Mutex<HashMap<String, usize>>,
}

impl Names {
    pub(crate) fn new(names: &[(&'static str, &[&str])]) -> Arc<Self> {
        let addresses = |list: &&str| list.split_whitespace().map(|address| address.parse().unwrap()).collect();
        let answers = names.iter().map(|(name, lists)| (*name, lists.iter().map(addresses).collect())).collect();
        Arc::new(Self { answers, ..Self::default() })
    }

    /// How often a name was asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

impl Lookup for Names {
    fn lookup(&self, name: &str) -> Answers {
        let nth = {
            let mut asked = self.asked.lock().unwrap();
            let nth = asked.entry(name.to_owned()).or_default();
            *nth += 1;
            *nth - 1
        };
        let found = match (name, self.answers.get(name)) {
            ("slow.test", _) => return Box::pin(std::future::pending()),
            ("many.test", _) => {
                let public = (0..5_000_u32).map(|n| IpAddr::V4(Ipv4Addr::from(0x5db8_0000 + n)));
                Ok(public.chain([IpAddr::V4(Ipv4Addr::LOCALHOST)]).collect())
            }
            (_, Some(answers)) => Ok(answers[nth.min(answers.len() - 1)].clone()),
            (_, None) => Err(io::Error::new(io::ErrorKind::NotFound, "no such name")),
        };
        Box::pin(async move { found })
    }
}
