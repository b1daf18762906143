//! The client against servers that mean it harm: each fetch ends in time and as it should, memory stays where it was,
//! and a good server beside them is served on time.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test, its helpers included")]

mod bodies;
mod heads;
mod http2;
mod kept;
mod redirects;
mod server;
mod tls;

use std::{
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use fetcher::{Accept, Client, FetchError, FetchLimits, Fetched, Follow, Networks, Request, World};
use schemas::CanonicalUrl;
use tokio::{task::JoinSet, time::sleep};

use self::server::{Serve, answer};

/// No fetch may last longer, whatever the server does.
const END: Duration = Duration::from_millis(15_500);
/// What all of them together may add to the memory of this process, which holds the servers too.
const MEMORY_MAX: usize = 64 << 20;

/// A hostile server, and what becomes of a fetch from it.
struct Case {
    name: &'static str,
    expect: Expect,
    serve: Serve,
    limits: Limits,
    scheme: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Expect {
    /// Fails for this reason.
    Reason(&'static str),
    /// An answer with this status and this body.
    Page(u16, &'static str),
    /// An answer with this status and so many bytes.
    Length(u16, usize),
    /// One of these reasons, or statuses: it depends on what is noticed first.
    AnyOf(&'static [&'static str]),
}

#[derive(Clone, Copy)]
enum Limits {
    /// Scaled down, so that the whole takes seconds.
    Small,
    Default,
}

fn case(name: &'static str, expect: Expect, serve: Serve) -> Case {
    Case { name, expect, serve, limits: Limits::Small, scheme: "http" }
}

impl Case {
    fn with(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    fn https(self) -> Self {
        Self { scheme: "https", ..self }
    }
}

fn small() -> FetchLimits {
    FetchLimits {
        connect: Duration::from_millis(1_500),
        read: Duration::from_millis(1_500),
        total: Duration::from_secs(4),
        rate_after: Duration::from_secs(1),
        body_bytes_max: 1 << 20,
        chunks_max: 2_000,
        ..FetchLimits::default()
    }
}

fn client(limits: FetchLimits, world: World) -> Client {
    let loopback = Networks::public_and(vec!["127.0.0.0/8".parse().unwrap()]);
    Client::in_world("wiredesk/0 (+test)", loopback, limits, world).unwrap()
}

async fn get(client: &Client, url: &str) -> Result<Fetched, FetchError> {
    let url = CanonicalUrl::parse(url).unwrap();
    let request = Request { url: &url, validators: None, accept: Accept::Feed, body_bytes_max: usize::MAX };
    client.fetch(&request, |_, _| Follow::Yes).await
}

fn run(future: impl Future<Output = ()>) {
    // One thread, so that whatever holds it up holds up all.
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future);
}

/// Memory of this process (bytes); the size of a page is that of every platform we run on.
fn memory() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

/// A server that does no harm, on kept connections.
fn good() -> Serve {
    Box::new(|peer| {
        loop {
            peer.request()?;
            peer.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")?;
        }
    })
}

/// What a fetch came to, as text that a table can hold.
fn outcome(expect: Expect, fetched: &Result<Fetched, FetchError>) -> Result<(), String> {
    let found = match fetched {
        Ok(fetched) => fetched.status.to_string(),
        Err(error) => error.reason().to_owned(),
    };
    let is_right = match (expect, fetched) {
        (Expect::Reason(reason), Err(_)) => found == reason,
        (Expect::Page(status, body), Ok(page)) => page.status == status && page.body == body,
        (Expect::Length(status, length), Ok(page)) => page.status == status && page.body.len() == length,
        (Expect::AnyOf(all), _) => all.contains(&&*found),
        _ => false,
    };
    let detail = match fetched {
        Ok(page) => format!("{} bytes", page.body.len()),
        Err(error) => error.to_string(),
    };
    if is_right { Ok(()) } else { Err(format!("expected {expect:?}, found {found} ({detail})")) }
}

/// One test at a time: they measure memory and time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn hostile_servers_cost_little_and_end_in_time() {
    let cases: Vec<Case> = [heads::cases(), bodies::cases(), redirects::cases()].into_iter().flatten().collect();
    assert!(cases.len() >= 100, "{} servers", cases.len());
    besieged(cases, false);
}

#[test]
fn hostile_servers_of_http2_cost_little_and_end_in_time() {
    besieged(http2::cases(), true);
}

/// Fetches from all of these at once, and from a good server beside them.
fn besieged(cases: Vec<Case>, http2: bool) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let world = || World { http2, ..World::default() };
    run(async move {
        let (patient, hasty) = (client(FetchLimits::default(), world()), client(small(), world()));
        let beside = client(FetchLimits::default(), World::default());
        let (good, _) = server::start(good());
        let good = format!("http://127.0.0.1:{good}/");
        get(&beside, &good).await.unwrap();
        let before = memory();

        let done = Arc::new(AtomicBool::new(false));
        let beside = tokio::spawn(served_on_time(beside, good, Arc::clone(&done)));
        let (mut fetches, count) = (JoinSet::new(), cases.len());
        for case in cases {
            let (port, _) = server::start(case.serve);
            let client = match case.limits {
                Limits::Small => hasty.clone(),
                Limits::Default => patient.clone(),
            };
            fetches.spawn(async move {
                let since = Instant::now();
                let fetched = get(&client, &format!("{}://127.0.0.1:{port}/", case.scheme)).await;
                let elapsed = since.elapsed();
                let late = (elapsed > END).then(|| format!("it took {elapsed:?}"));
                outcome(case.expect, &fetched).err().or(late).map(|wrong| format!("{}: {wrong}", case.name))
            });
        }
        let wrong: Vec<String> = fetches.join_all().await.into_iter().flatten().collect();
        done.store(true, Ordering::SeqCst);
        let seen = beside.await.unwrap();
        let added = seen.memory.saturating_sub(before);
        println!("{count} servers: {} KiB more memory, a good fetch took {:?} at most", added >> 10, seen.slowest);
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        assert!(added < MEMORY_MAX, "{added} bytes more");
        assert!(seen.slowest < Duration::from_secs(1), "a good server waited {:?}", seen.slowest);
    });
}

/// What was seen beside the siege.
struct Seen {
    /// The longest that a fetch from a good server took, or that anything that was due had to wait.
    slowest: Duration,
    /// The most memory.
    memory: usize,
}

async fn served_on_time(client: Client, url: String, done: Arc<AtomicBool>) -> Seen {
    const PAUSE: Duration = Duration::from_millis(50);
    let mut seen = Seen { slowest: Duration::ZERO, memory: 0 };
    while !done.load(Ordering::SeqCst) {
        let since = Instant::now();
        let fetched = get(&client, &url).await.unwrap();
        assert_eq!(&*fetched.body, b"good");
        seen.slowest = seen.slowest.max(since.elapsed());
        for _ in 0..4 {
            let since = Instant::now();
            sleep(PAUSE).await;
            seen.slowest = seen.slowest.max(since.elapsed().saturating_sub(PAUSE));
            seen.memory = seen.memory.max(memory());
        }
    }
    seen
}
