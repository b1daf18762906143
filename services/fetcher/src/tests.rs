//! The real stage in the real run loop, over servers that answer as they are told and a clock that is set by hand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use bytes::Bytes;
use frontier::{Policy, Politeness};
use pipeline::{
    Clock, DeadLetterLimit, Health, KeyedWork, Limits, Log, NewTopic, Offset, Outgoing, Outside, Partition, RunError,
    Steps, Stop, Ticket, TopicSettings, Worker, embedded::EmbeddedLog,
};
use schemas::{
    CanonicalUrl, Decode as _, Encode as _, Encoded, Feed, FeedOrigin, FeedState, FrontierRow, Page, PageState,
    Timestamp, topic,
};

use crate::{Answer, Errand, FetchError, Fetched, Fetcher, Hop, Metrics, Rules, errand};

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// What a server says to a request.
#[derive(Clone)]
enum Reply {
    Status(u16, Vec<(&'static str, String)>, String),
    /// After permanent redirects.
    At(&'static str, String),
    /// A redirect that the caller did not follow.
    MovedTo(String),
    /// 429 with an hour to wait, after a redirect.
    BusyAt(&'static str),
    /// Nothing, ever.
    Silence,
    Error,
}

fn page(text: &str) -> Reply {
    let html = vec![("content-type", "text/html".to_owned())];
    Reply::Status(200, html, format!("<html><body><p>{text}</p></body></html>"))
}

fn rss(items: &[(&str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(link, title)| format!("<item><title>{title}</title><link>{link}</link><guid>{link}</guid></item>"))
        .collect();
    format!("<rss version=\"2.0\"><channel><title>News</title>{items}</channel></rss>")
}

fn feed(items: &[(&str, &str)]) -> Reply {
    Reply::Status(200, Vec::new(), rss(items))
}

/// Replies by URL, changed as a test goes on; and who was asked when.
#[derive(Clone, Default)]
struct Servers {
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    asked: Arc<Mutex<Vec<(Timestamp, String, bool)>>>,
}

impl Servers {
    fn say(&self, url: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(url.to_owned(), reply);
    }

    /// How often a URL was asked.
    fn asked(&self, url: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(_, asked, _)| asked == url).count()
    }

    fn reply(&self, errand: &Errand, now: Timestamp) -> Option<Result<Fetched, FetchError>> {
        let conditional =
            matches!(&errand.what, errand::What::Feed { validators, .. } if *validators != Default::default());
        self.asked.lock().unwrap().push((now, errand.url.to_string(), conditional));
        let reply = self.replies.lock().unwrap().get(errand.url.as_str()).cloned();
        let reply = reply.unwrap_or_else(|| Reply::Status(404, Vec::new(), String::new()));
        let mut fetched = Fetched {
            url: errand.url.clone(),
            status: 200,
            headers: BTreeMap::new(),
            body: Bytes::new(),
            hops: Vec::new(),
            moved_to: None,
            elapsed: Duration::ZERO,
            wire_bytes: 0,
        };
        match reply {
            Reply::Status(status, headers, body) => {
                fetched.status = if conditional && status == 200 && headers.iter().any(|(name, _)| *name == "x-304") {
                    304
                } else {
                    status
                };
                fetched.headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                fetched.body = Bytes::from(body);
            }
            Reply::At(to, body) => {
                let to = CanonicalUrl::parse(to).unwrap();
                fetched.hops = vec![Hop { status: 301, to: to.clone() }];
                (fetched.url, fetched.body) = (to, Bytes::from(body));
            }
            Reply::MovedTo(to) => {
                (fetched.status, fetched.moved_to) = (302, Some(CanonicalUrl::parse(&to).unwrap()));
            }
            Reply::BusyAt(to) => {
                (fetched.status, fetched.url) = (429, CanonicalUrl::parse(to).unwrap());
                fetched.headers.insert("retry-after".to_owned(), "3600".to_owned());
            }
            Reply::Silence => return None,
            Reply::Error => return Some(Err(FetchError::Timeout)),
        }
        Some(Ok(fetched))
    }
}

/// The servers as the runtime sees them.
struct Network {
    servers: Servers,
    clock: Clock,
    answers: VecDeque<(Ticket, Answer)>,
    silent: Vec<Ticket>,
    runtime: tokio::runtime::Runtime,
}

impl Outside<Errand, Answer> for Network {
    fn room(&self) -> usize {
        16
    }

    fn under_way(&self) -> usize {
        self.answers.len()
    }

    /// A silent server counts as a process that died: only the row knows of it.
    fn has(&self, ticket: &Ticket) -> bool {
        self.answers.iter().any(|(other, _)| other == ticket)
    }

    fn send(&mut self, ticket: Ticket, errand: Errand) {
        let now = self.clock.now();
        match self.servers.reply(&errand, now) {
            Some(result) => {
                let answer = errand::answer(errand, result, now, now, Arc::default());
                self.answers.push_back((ticket, self.runtime.block_on(answer)));
            }
            None => self.silent.push(ticket),
        }
    }

    fn answer(&mut self) -> Option<(Ticket, Answer)> {
        self.answers.pop_front()
    }

    fn recall(&mut self) -> Vec<Ticket> {
        self.silent.drain(..).collect()
    }
}

struct World {
    log: Arc<EmbeddedLog>,
    clock: Clock,
    servers: Servers,
    stop: Stop,
    metrics: pipeline::Metrics,
    running: Option<JoinHandle<Result<(), RunError>>>,
}

fn rules() -> Rules {
    Rules {
        policy: Policy { interval_mean: Duration::from_secs(600), ..Policy::DEFAULT },
        politeness: Politeness {
            interval: Duration::from_secs(1),
            concurrency: 1,
            crawl_delay_max: Duration::from_secs(60),
            lease: Duration::from_secs(30),
        },
        robots_for_feeds: true,
        feed_content: true,
        hops_max: 3,
    }
}

impl World {
    fn new() -> Self {
        let clock = Clock::fixed(START);
        let log = EmbeddedLog::in_memory(clock.clone()).unwrap();
        let new = |spec: &schemas::TopicSpec| NewTopic {
            name: spec.name,
            partitions: 2,
            settings: TopicSettings { compacted: spec.compacted, retention: Duration::from_secs(3600) },
        };
        log.create(&schemas::TOPICS.iter().map(new).collect::<Vec<_>>()).unwrap();
        let mut world = Self {
            log: Arc::new(log),
            clock,
            servers: Servers::default(),
            stop: Stop::new(),
            metrics: pipeline::Metrics::unregistered(),
            running: None,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.stop = Stop::new();
        let worker = Worker {
            log: Arc::clone(&self.log) as Arc<dyn Log>,
            name: "0".to_owned(),
            limits: Limits::STAGE,
            dead_letters: DeadLetterLimit::default(),
            metrics: self.metrics.clone(),
            health: Health::default(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
            steps: Steps::none(),
        };
        let network = Network {
            servers: self.servers.clone(),
            clock: self.clock.clone(),
            answers: VecDeque::new(),
            silent: Vec::new(),
            runtime: tokio::runtime::Builder::new_current_thread().build().unwrap(),
        };
        let stage = Arc::new(Fetcher::new(rules(), Metrics::unregistered()));
        let work = KeyedWork::with_outside(stage, Box::new(network));
        self.running = Some(thread::spawn(move || pipeline::run(work, &worker)));
    }

    fn restart(&mut self) {
        self.end();
        self.start();
    }

    fn end(&mut self) {
        self.stop.set();
        if let Some(running) = self.running.take() {
            running.join().unwrap().unwrap();
        }
    }

    fn append(&self, Encoded { topic, record }: Encoded) {
        self.log.append(&[Outgoing { topic, partition: None, record }]).unwrap();
    }

    fn subscribe(&self, url: &str) {
        self.append(Feed::new(CanonicalUrl::parse(url).unwrap(), FeedOrigin::Command).encode().unwrap());
    }

    /// Lets so much time pass, a second at a time near the beginning, then in longer steps.
    fn pass(&self, time: Duration) {
        let end = self.clock.now().plus(time);
        let step = (time / 40).clamp(Duration::from_millis(500), Duration::from_secs(1_800));
        while self.clock.now() < end {
            self.settle();
            self.clock.set(self.clock.now().plus(step).min(end));
        }
        self.settle();
    }

    /// Waits until the stage has nothing to do at this time. It sleeps by the real clock, so a record wakes it.
    fn settle(&self) {
        let ended = || self.metrics.stage("fetcher").ended().values().sum::<u64>();
        let (woken, since) = (ended(), Instant::now());
        self.append(Feed::tombstone(&CanonicalUrl::parse("https://nobody.example/feed").unwrap()));
        while ended() == woken {
            assert!(since.elapsed() < Duration::from_secs(20), "does not wake");
            thread::sleep(Duration::from_millis(1));
        }
        let state = || (self.servers.asked.lock().unwrap().len(), self.rows().len(), self.all(topic::ENTRIES).len());
        let (mut before, mut quiet, since) = (state(), 0, Instant::now());
        while quiet < 3 {
            thread::sleep(Duration::from_millis(6));
            let now = state();
            quiet = if now == before { quiet + 1 } else { 0 };
            before = now;
            assert!(since.elapsed() < Duration::from_secs(20), "never quiet");
        }
    }

    fn all(&self, topic: &str) -> Vec<schemas::RawRecord> {
        let read = |partition| {
            let mut cursor = self.log.cursor(topic, Partition(partition), Offset(0)).unwrap();
            let mut records = Vec::new();
            loop {
                let some = cursor.next(Duration::ZERO).unwrap();
                if some.is_empty() {
                    return records;
                }
                records.extend(some.into_iter().map(|delivery| delivery.record));
            }
        };
        (0..2).flat_map(read).collect()
    }

    fn rows(&self) -> Vec<FrontierRow> {
        self.all(topic::FRONTIER).iter().map(|record| FrontierRow::decode(record).unwrap()).collect()
    }

    fn feed(&self, url: &str) -> Option<FeedState> {
        let key = FrontierRow::feed_key(&CanonicalUrl::parse(url).unwrap());
        let record = self.all(topic::FRONTIER).into_iter().find(|record| record.key == key)?;
        match FrontierRow::decode(&record).unwrap() {
            FrontierRow::Feed(row) => Some(*row),
            _ => None,
        }
    }

    fn page(&self, url: &str) -> Option<PageState> {
        let key = FrontierRow::page_key(&CanonicalUrl::parse(url).unwrap());
        let record = self.all(topic::FRONTIER).into_iter().find(|record| record.key == key)?;
        match FrontierRow::decode(&record).unwrap() {
            FrontierRow::Page(row) => Some(*row),
            _ => None,
        }
    }

    fn entries(&self) -> Vec<schemas::Entry> {
        self.all(topic::ENTRIES).iter().map(|record| schemas::Entry::decode(record).unwrap()).collect()
    }

    /// The pages that were passed on, by URL.
    fn pages(&self) -> Vec<String> {
        let url = |record: &schemas::RawRecord| Page::decode(record).unwrap().meta.url.unwrap().to_string();
        let mut urls: Vec<_> = self.all(topic::PAGES).iter().map(url).collect();
        urls.sort();
        urls
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.set();
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn a_feed_brings_its_pages_once_and_each_site_is_asked_politely() {
    let mut world = World::new();
    let items = [("https://a.example/1", "one"), ("https://a.example/2", "two"), ("https://b.example/3", "three")];
    world.servers.say("https://a.example/feed", feed(&items));
    world.servers.say("https://c.example/feed", feed(&items[1..]));
    for (url, title) in items {
        world.servers.say(url, page(title));
    }
    world.subscribe("https://a.example/feed");
    world.subscribe("https://c.example/feed");
    world.pass(seconds(20));
    assert_eq!(world.pages(), ["https://a.example/1", "https://a.example/2", "https://b.example/3"]);
    world.restart();
    world.pass(seconds(3_000));
    assert_eq!(world.pages().len(), 3, "and not again, whoever names them and after a restart");
    for (url, _) in items {
        assert_eq!(world.servers.asked(url), 1, "{url}");
    }
    assert!(world.servers.asked("https://a.example/feed") >= 3);
    let asked = world.servers.asked.lock().unwrap();
    for site in ["https://a.example", "https://b.example", "https://c.example"] {
        let times: Vec<_> = asked.iter().filter(|(_, url, _)| url.starts_with(site)).map(|(at, ..)| *at).collect();
        assert!(times.windows(2).all(|pair| pair[1].since(pair[0]) >= seconds(1)), "{site}: {times:?}");
        let first = asked.iter().find(|(_, url, _)| url.starts_with(site)).unwrap();
        assert_eq!(first.1, format!("{site}/robots.txt"));
    }
}

#[test]
fn an_edit_is_fetched_again_and_not_too_soon() {
    let world = World::new();
    let link = "https://a.example/1";
    world.servers.say("https://a.example/feed", feed(&[(link, "one")]));
    world.servers.say(link, page("one"));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(10));
    world.servers.say("https://a.example/feed", feed(&[(link, "one, corrected")]));
    world.pass(seconds(2_400));
    assert_eq!(world.pages(), [link, link]);
    let asked = world.servers.asked.lock().unwrap();
    let times: Vec<_> = asked.iter().filter(|(_, url, _)| url == link).map(|(at, ..)| *at).collect();
    assert!(times[1].since(times[0]) >= Policy::DEFAULT.refetch_min);
}

#[test]
fn an_answer_is_asked_for_by_its_validators_and_a_same_body_is_no_news() {
    let world = World::new();
    let tagged = vec![("etag", "\"v1\"".to_owned()), ("x-304", String::new())];
    world.servers.say("https://a.example/feed", Reply::Status(200, tagged, rss(&[("https://a.example/1", "one")])));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(3_000));
    let row = world.feed("https://a.example/feed").unwrap();
    assert_eq!(row.polls[0].outcome, "not_modified");
    let asked = world.servers.asked.lock().unwrap();
    let polls: Vec<_> =
        asked.iter().filter(|(_, url, _)| url.ends_with("/feed")).map(|(.., conditional)| *conditional).collect();
    assert!(!polls[0] && polls[1..].iter().all(|conditional| *conditional), "{polls:?}");
}

#[test]
fn a_feed_that_has_moved_for_a_day_is_followed_for_good() {
    let world = World::new();
    let items = rss(&[("https://a.example/1", "one")]);
    world.servers.say("https://a.example/1", page("one"));
    world.servers.say("https://old.example/feed", Reply::At("https://new.example/feed", items.clone()));
    world.servers.say("https://new.example/feed", Reply::Status(200, Vec::new(), items));
    world.subscribe("https://old.example/feed");
    world.pass(seconds(3_600));
    assert!(world.feed("https://new.example/feed").is_none(), "not yet");
    world.pass(DAY + seconds(4 * 3_600));
    assert!(world.feed("https://old.example/feed").is_none(), "the old one is watched no more");
    let moved = world.feed("https://new.example/feed").unwrap();
    assert_eq!(moved.feed.moved_from.unwrap().as_str(), "https://old.example/feed");
    let (old, new) = (world.servers.asked("https://old.example/feed"), world.servers.asked("https://new.example/feed"));
    world.pass(DAY);
    assert_eq!(world.servers.asked("https://old.example/feed"), old);
    assert!(world.servers.asked("https://new.example/feed") > new);
    assert_eq!(world.pages(), ["https://a.example/1"]);
}

#[test]
fn gone_for_a_day_retires_a_feed_until_it_is_added_again() {
    let world = World::new();
    let url = "https://a.example/feed";
    world.servers.say(url, Reply::Status(410, Vec::new(), String::new()));
    world.subscribe(url);
    world.pass(DAY * 3);
    let row = world.feed(url).unwrap();
    assert_eq!((row.next_poll, row.reason.as_str()), (None, "retired_410"));
    let asked = world.servers.asked(url);
    world.pass(DAY);
    assert_eq!(world.servers.asked(url), asked);
    world.subscribe(url);
    world.pass(seconds(5));
    assert_eq!(world.servers.asked(url), asked + 1);
}

#[test]
fn a_page_that_leads_elsewhere_is_asked_for_there_and_a_circle_ends() {
    let world = World::new();
    let items = [("https://a.example/1", "one"), ("https://a.example/round", "round")];
    world.servers.say("https://a.example/feed", feed(&items));
    world.servers.say("https://a.example/1", Reply::MovedTo("https://b.example/1".to_owned()));
    world.servers.say("https://b.example/1", page("one"));
    world
        .servers
        .say("https://b.example/robots.txt", Reply::Status(200, Vec::new(), "user-agent: *\ndisallow: /no".to_owned()));
    world.servers.say("https://a.example/round", Reply::MovedTo("https://b.example/round".to_owned()));
    world.servers.say("https://b.example/round", Reply::MovedTo("https://a.example/round?again".to_owned()));
    world.servers.say("https://a.example/round?again", Reply::MovedTo("https://b.example/round?again".to_owned()));
    world.servers.say("https://b.example/round?again", Reply::MovedTo("https://a.example/round?more".to_owned()));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(30));
    assert_eq!(world.pages(), ["https://b.example/1"]);
    assert_eq!(world.page("https://a.example/1").unwrap().reason.as_deref(), Some("moved"));
    let last = world.page("https://b.example/round?again").unwrap();
    assert_eq!(last.reason.as_deref(), Some("too_many_hops"));
    let asked = world.servers.asked.lock().unwrap();
    let first_of_b = asked.iter().find(|(_, url, _)| url.starts_with("https://b.example")).unwrap();
    assert_eq!(first_of_b.1, "https://b.example/robots.txt", "its own rules are asked first");
}

#[test]
fn what_robots_txt_forbids_is_not_asked_for() {
    let world = World::new();
    let items = [("https://a.example/private/1", "one"), ("https://a.example/2", "two")];
    world.servers.say(
        "https://a.example/robots.txt",
        Reply::Status(
            200,
            Vec::new(),
            "user-agent: wiredesk\ndisallow: /private/\n\nuser-agent: gptbot\ndisallow: /".to_owned(),
        ),
    );
    world.servers.say("https://a.example/feed", feed(&items));
    world.servers.say("https://a.example/2", page("two"));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(30));
    assert_eq!(world.pages(), ["https://a.example/2"]);
    assert_eq!(world.servers.asked("https://a.example/private/1"), 0);
    assert_eq!(world.page("https://a.example/private/1").unwrap().reason.as_deref(), Some("robots"));
    let page = Page::decode(&world.all(topic::PAGES)[0]).unwrap();
    assert_eq!(page.meta.ai_opt_out, ["robots:gptbot"]);
}

#[test]
fn a_site_whose_robots_txt_cannot_be_had_is_not_asked_for_anything_else() {
    let world = World::new();
    world.servers.say("https://a.example/robots.txt", Reply::Status(503, Vec::new(), String::new()));
    world.servers.say("https://a.example/feed", feed(&[]));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(3_600));
    assert_eq!(world.servers.asked("https://a.example/feed"), 0);
    assert!((2..10).contains(&world.servers.asked("https://a.example/robots.txt")));
    world.servers.say("https://a.example/robots.txt", Reply::Status(404, Vec::new(), String::new()));
    world.pass(seconds(2 * 3_600));
    assert!(world.servers.asked("https://a.example/feed") > 0);
}

#[test]
fn a_site_that_asks_to_wait_is_waited_for_whatever_else_is_due() {
    let world = World::new();
    let items = [("https://a.example/1", "one"), ("https://a.example/2", "two"), ("https://b.example/3", "three")];
    world.servers.say("https://a.example/feed", feed(&items));
    world
        .servers
        .say("https://a.example/1", Reply::Status(429, vec![("retry-after", "900".to_owned())], String::new()));
    world.servers.say("https://a.example/2", page("two"));
    world.servers.say("https://b.example/3", page("three"));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(600));
    let before =
        world.servers.asked.lock().unwrap().iter().filter(|(_, url, _)| url.starts_with("https://a.example")).count();
    assert_eq!(before, 3, "robots.txt, the feed, and the page that was refused");
    assert_eq!(world.pages(), ["https://b.example/3"]);
    world.servers.say("https://a.example/1", page("one"));
    world.pass(seconds(3_600));
    assert_eq!(world.pages().len(), 3);
}

/// What may end us comes ever more rarely, and what was only beside it when we ended is not lost.
#[test]
fn a_request_that_is_never_answered_is_taken_ever_more_rarely() {
    let mut world = World::new();
    let (culprit, beside) = ("https://a.example/1", "https://b.example/2");
    world.servers.say("https://a.example/feed", feed(&[(culprit, "one"), (beside, "two")]));
    world.servers.say(culprit, Reply::Silence);
    world.servers.say(beside, Reply::Silence);
    world.subscribe("https://a.example/feed");
    world.pass(seconds(200));
    assert_eq!(world.servers.asked(culprit), 3);
    let row = world.page(culprit).unwrap();
    assert!(row.due.is_some() && row.reason.as_deref() == Some("killed_us"), "{row:?}");
    world.servers.say(beside, page("two"));
    world.pass(seconds(600));
    assert_eq!(world.servers.asked(culprit), 4, "once, and not three times again");
    assert_eq!(world.pages(), [beside]);
    world.pass(DAY);
    assert!((7..14).contains(&world.servers.asked(culprit)), "{}", world.servers.asked(culprit));
    world.servers.say("https://a.example/feed", Reply::Silence);
    world.pass(DAY / 2);
    let row = world.feed("https://a.example/feed").unwrap();
    assert_eq!(row.reason, "killed_us", "a feed is never given up: {:?}", row.next_poll);
    world.servers.say("https://a.example/feed", feed(&[("https://b.example/3", "three")]));
    world.servers.say("https://b.example/3", page("three"));
    world.pass(DAY);
    assert_eq!(world.pages(), [beside, "https://b.example/3"]);
    world.end();
}

#[test]
fn a_sitemap_index_is_watched_by_its_newest_sitemaps() {
    let world = World::new();
    let sitemap =
        |name: &str, at: &str| format!("<sitemap><loc>https://a.example/{name}</loc><lastmod>{at}</lastmod></sitemap>");
    let index = |maps: &str| {
        format!("<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{maps}</sitemapindex>")
    };
    let recent = sitemap("new.xml", "2023-11-14T00:00:00Z")
        + &sitemap("old.xml", "2022-01-01")
        + "<sitemap><loc>https://elsewhere.example/x.xml</loc></sitemap>";
    world.servers.say("https://a.example/sitemap.xml", Reply::Status(200, Vec::new(), index(&recent)));
    let urls = "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\"><url><loc>https://a.example/1</loc><lastmod>2023-11-14T10:00:00Z</lastmod></url><url><loc>https://a.example/0</loc><lastmod>2020-11-14</lastmod></url></urlset>";
    world.servers.say("https://a.example/new.xml", Reply::Status(200, Vec::new(), urls.to_owned()));
    world.servers.say("https://a.example/1", page("one"));
    world.subscribe("https://a.example/sitemap.xml");
    world.pass(seconds(30));
    assert_eq!(world.pages(), ["https://a.example/1"]);
    assert_eq!(world.servers.asked("https://a.example/old.xml"), 0);
    assert_eq!(world.servers.asked("https://elsewhere.example/x.xml"), 0);
    world.append(Feed::tombstone(&CanonicalUrl::parse("https://a.example/sitemap.xml").unwrap()));
    world.pass(seconds(5));
    assert!(world.feed("https://a.example/new.xml").is_none() && world.feed("https://a.example/sitemap.xml").is_none());
}

#[test]
fn whole_texts_in_a_feed_need_no_page_and_teasers_do() {
    let world = World::new();
    let paragraph =
        "<p>The harbour master said that the quay would be rebuilt before the spring, and the boats moved.</p>";
    let whole = paragraph.repeat(20);
    let item = |link: &str, content: &str| {
        format!(
            "<item><title>{link}</title><link>{link}</link><content:encoded><![CDATA[{content}]]></content:encoded></item>"
        )
    };
    let body = format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>N</title>{}{}{}</channel></rss>",
        item("https://a.example/whole", &whole),
        item("https://a.example/teaser", paragraph),
        item("https://a.example/cut", &format!("{whole}<p>And so on [...]</p>"))
    );
    world.servers.say("https://a.example/feed", Reply::Status(200, Vec::new(), body));
    world.servers.say("https://a.example/teaser", page("teaser"));
    world.servers.say("https://a.example/cut", page("cut"));
    world.subscribe("https://a.example/feed");
    world.pass(seconds(30));
    assert_eq!(world.pages().len(), 3);
    assert_eq!(world.servers.asked("https://a.example/whole"), 0);
    assert_eq!((world.servers.asked("https://a.example/teaser"), world.servers.asked("https://a.example/cut")), (1, 1));
}

#[test]
fn a_feed_that_fails_comes_back_and_one_that_is_no_feed_says_so() {
    let world = World::new();
    world.servers.say("https://a.example/feed", Reply::Error);
    world.servers.say("https://b.example/feed", page("no feed"));
    world.subscribe("https://a.example/feed");
    world.subscribe("https://b.example/feed");
    world.pass(seconds(3_600));
    let (a, b) = (world.feed("https://a.example/feed").unwrap(), world.feed("https://b.example/feed").unwrap());
    assert_eq!((a.reason.as_str(), b.polls[0].outcome.as_str()), ("timeout", "html_instead_of_a_feed"));
    assert!(a.failures >= 3 && b.failures >= 3);
    world.servers.say("https://a.example/feed", feed(&[("https://a.example/1", "one")]));
    world.servers.say("https://a.example/1", page("one"));
    world.pass(seconds(2 * 3_600));
    assert_eq!(world.pages(), ["https://a.example/1"]);
    assert_eq!(world.feed("https://a.example/feed").unwrap().failures, 0);
}

#[test]
fn what_comes_with_an_index_that_is_watched_is_news() {
    let world = World::new();
    let index = |names: &[&str]| {
        let maps: String =
            names.iter().map(|name| format!("<sitemap><loc>https://a.example/{name}</loc></sitemap>")).collect();
        let xmlns = "http://www.sitemaps.org/schemas/sitemap/0.9";
        Reply::Status(200, Vec::new(), format!("<sitemapindex xmlns=\"{xmlns}\">{maps}</sitemapindex>"))
    };
    let sitemap = |range: std::ops::Range<u32>| {
        let urls: String = range
            .map(|n| format!("<url><loc>https://a.example/{n}</loc><lastmod>2023-11-14T23:00:00Z</lastmod></url>"))
            .collect();
        let xmlns = "http://www.sitemaps.org/schemas/sitemap/0.9";
        Reply::Status(200, Vec::new(), format!("<urlset xmlns=\"{xmlns}\">{urls}</urlset>"))
    };
    world.servers.say("https://a.example/sitemap.xml", index(&["old.xml"]));
    world.servers.say("https://a.example/old.xml", sitemap(0..40));
    (0..100).for_each(|n| world.servers.say(&format!("https://a.example/{n}"), page("text")));
    world.subscribe("https://a.example/sitemap.xml");
    world.pass(seconds(120));
    assert_eq!(world.pages().len(), 20, "the newest of what was there");
    world.servers.say("https://a.example/new.xml", sitemap(50..85));
    world.servers.say("https://a.example/sitemap.xml", index(&["old.xml", "new.xml"]));
    world.pass(seconds(3 * 3_600));
    world.pass(seconds(120)); // in steps as short as the site's interval
    assert_eq!(world.pages().len(), 55, "all of what came since");

    // One that the user subscribed to as well stays when the index goes.
    world.subscribe("https://a.example/new.xml");
    world.append(Feed::tombstone(&CanonicalUrl::parse("https://a.example/sitemap.xml").unwrap()));
    world.pass(seconds(5));
    assert!(world.feed("https://a.example/old.xml").is_none());
    assert!(world.feed("https://a.example/new.xml").is_some());
}

#[test]
fn pausing_holds_through_a_request_and_a_restart_and_for_the_sitemaps_of_an_index() {
    let mut world = World::new();
    world.servers.say("https://a.example/feed", Reply::Silence);
    world.subscribe("https://a.example/feed");
    world.pass(seconds(5));
    assert_eq!(world.servers.asked("https://a.example/feed"), 1);
    let paused =
        Feed { paused: true, ..Feed::new(CanonicalUrl::parse("https://a.example/feed").unwrap(), FeedOrigin::Command) };
    world.append(paused.encode().unwrap());
    world.pass(seconds(2));
    world.restart();
    world.pass(seconds(3_600));
    assert_eq!(world.servers.asked("https://a.example/feed"), 1);
    assert_eq!(world.feed("https://a.example/feed").unwrap().reason, "paused");
}

#[test]
fn an_edit_while_the_page_is_being_fetched_is_fetched_once_more() {
    let world = World::new();
    let link = "https://b.example/1";
    world.servers.say("https://a.example/feed", feed(&[(link, "one")]));
    world.servers.say(link, Reply::Silence);
    world.subscribe("https://a.example/feed");
    world.pass(seconds(10));
    assert_eq!(world.servers.asked(link), 1);
    // The page is under way when the feed says that it has changed.
    let changed = schemas::Entry { changed: true, ..world.entries().remove(0) };
    world.append(changed.encode().unwrap());
    world.settle();
    assert!(world.page(link).unwrap().again);
    world.servers.say(link, page("one, corrected"));
    world.pass(seconds(2_000));
    assert_eq!(world.pages(), [link], "the next take left after the change, and is enough");
}

#[test]
fn another_sites_push_back_behind_a_redirect_is_not_this_sites() {
    let world = World::new();
    let busy = Reply::BusyAt("https://service.example/feed");
    world.servers.say("https://a.example/feed", busy);
    world.servers.say("https://a.example/other", feed(&[("https://a.example/1", "one")]));
    world.servers.say("https://a.example/1", page("one"));
    world.subscribe("https://a.example/feed");
    world.subscribe("https://a.example/other");
    world.pass(seconds(60));
    assert_eq!(world.pages(), ["https://a.example/1"]);
}
