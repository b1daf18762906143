//! The newsroom end to end: what it published is compared with the lake, and its own access log is the witness of how it was
//! asked.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    thread,
    time::{Duration, Instant},
};

use newsroom::{Access, Fate, FeedKind, Newsroom, Published, Settings};
use serde_json::Value;

use crate::deployment::{Deployment, Running, lake, lake_or_why};

/// Between the starts of two requests to one site, as the settings below say.
const SITE_INTERVAL_MS: i64 = 100;
/// How far the witness's clock and threads may blur an interval.
const BLUR_MS: i64 = 40;
/// Articles that a test lets the newsroom publish, and those that it begins with.
const ARTICLES: usize = 90;
const BACKLOG: usize = 24;

fn newsroom(faults: bool) -> Newsroom {
    let articles_max = u64::try_from(ARTICLES - BACKLOG).ok();
    newsroom_of(Settings { faults, per_second: 4.0, articles_max, ..Settings::default() })
}

/// One that always publishes the same.
pub(crate) fn newsroom_of(settings: Settings) -> Newsroom {
    Newsroom::start(Settings { seed: 7, backlog: BACKLOG / 6, ..settings }).unwrap()
}

/// Settings under which a newsroom of minutes is watched: short waits, the same rules.
pub(crate) fn settings(newsroom: &Newsroom) -> String {
    let mut text = format!(
        "[fetch]\nallow_private = [\"127.0.0.0/8\"]\ntotal_ms_max = 6000\n[fetcher]\npoll_interval_s = 2\n\
         poll_interval_s_min = 1\npoll_interval_s_max = 4\npublisher_wait_s_max = 0\nbackoff_s_min = 1\nrefetch_s_min = 1\n\
         first_poll = \"all\"\nfirst_poll_spacing_ms = 50\nsite_interval_ms = {SITE_INTERVAL_MS}\n"
    );
    for publication in newsroom.publications() {
        let (feed, language) = (&publication.feed, &publication.language);
        let _ = write!(text, "[[feeds]]\nurl = {feed:?}\nlanguage = {language:?}\n");
    }
    text
}

/// Whether a request was for this URL.
fn is_of(url: &str, access: &Access) -> bool {
    url.strip_prefix("http://") == Some(&format!("{}{}", access.site, access.path))
}

/// The lake's titles by URL, in the order of their revisions.
fn titles(rows: &BTreeMap<(String, u64), Value>) -> BTreeMap<String, Vec<String>> {
    let mut titles = BTreeMap::<String, Vec<String>>::new();
    for row in rows.values() {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        titles.entry(text("url")).or_default().push(text("title"));
    }
    titles
}

/// What keeps the lake from being what was published; empty where it is.
fn differences(newsroom: &Newsroom, deployment: &Deployment) -> Vec<String> {
    let rows = match lake_or_why(&deployment.lake()) {
        Ok(rows) => rows,
        Err(why) => return vec![why],
    };
    let (published, found) = (newsroom.articles(), titles(&rows));
    // A feed that carries the whole text needs no page, whatever would become of who asks for it: its articles are where it
    // says.
    let publications = newsroom.publications();
    let whole = publications.iter().find(|publication| publication.kind == FeedKind::FullRss).unwrap();
    let is_whole = |article: &Published| article.publication == whole.name;
    let address = |article: &Published| {
        if is_whole(article) { article.feed_url.clone() } else { article.url.clone() }
    };
    let mut wrong = Vec::new();
    let known: BTreeMap<String, &Published> = published.iter().map(|article| (address(article), article)).collect();
    for (url, article) in known.iter().filter(|(_, article)| article.fate.is_readable()) {
        match found.get(url).and_then(|titles| titles.last()) {
            None => wrong.push(format!("lost: {:?} {url}", article.fate)),
            Some(last) if *last != article.title => {
                wrong.push(format!("{url}: {last:?} and not {:?}", article.title));
            }
            Some(_) => {}
        }
    }
    let is_had = |article: &Published| article.fate.is_readable() || is_whole(article);
    for (url, titles) in &found {
        let Some(article) = known.get(url).filter(|article| is_had(article)) else {
            wrong.push(format!("nobody published {url} {titles:?}"));
            continue;
        };
        let revisions: Vec<&str> = article.revisions.iter().map(|revision| revision.title.as_str()).collect();
        let mut from = 0;
        for title in titles {
            match revisions[from..].iter().position(|revision| revision == title) {
                Some(at) => from += at + 1,
                None => {
                    wrong.push(format!("{url}: {titles:?} are not the revisions {revisions:?} in order, each once"))
                }
            }
        }
    }
    wrong
}

/// Waits until the lake is what was published, and stays so.
pub(crate) fn wait_until_equal(newsroom: &Newsroom, deployment: &Deployment) {
    let since = Instant::now();
    loop {
        let wrong = differences(newsroom, deployment);
        if wrong.is_empty() {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(90), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
        thread::sleep(Duration::from_millis(500));
    }
}

fn wait_for(newsroom: &Newsroom, articles: usize) {
    let since = Instant::now();
    while newsroom.articles().len() < articles {
        assert!(since.elapsed() < Duration::from_secs(120), "{} published", newsroom.articles().len());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until sites have said so often that nothing is new: what was fetched before the kills is still known after them.
fn wait_for_not_modified(newsroom: &Newsroom, answers: usize) {
    let since = Instant::now();
    let so_far = || newsroom.accesses().iter().filter(|access| access.status == 304).count();
    while so_far() < answers {
        assert!(since.elapsed() < Duration::from_secs(60), "{} answers of 304", so_far());
        thread::sleep(Duration::from_millis(200));
    }
}

/// No site was asked sooner than its interval, nor for two things at once. A process that was killed leaves requests that it
/// had begun: `killed_at` are those moments.
pub(crate) fn check_politeness(accesses: &[Access], killed_at: &[i64]) {
    let mut sites = BTreeMap::<_, Vec<&Access>>::new();
    for access in accesses {
        sites.entry(access.site).or_default().push(access);
    }
    assert!(sites.len() >= 6);
    for (site, mut asked) in sites {
        asked.sort_by_key(|access| access.at_ms);
        for pair in asked.windows(2) {
            let apart = pair[1].at_ms - pair[0].at_ms;
            // A redirect within the site is the same request going on.
            let is_hop = (300..400).contains(&pair[0].status);
            assert!(
                is_hop || apart >= SITE_INTERVAL_MS - BLUR_MS,
                "{site}: {apart} ms between {} and {}",
                pair[0].path,
                pair[1].path
            );
            // A page that trickles sees only at its next byte, a second later, that its reader has gone.
            let blur = if pair[0].end_ms - pair[0].at_ms > 1_000 { 1_500 } else { BLUR_MS };
            let killed_between = killed_at.iter().any(|at| (pair[0].at_ms..=pair[1].at_ms).contains(at));
            assert!(
                killed_between || pair[1].at_ms >= pair[0].end_ms - blur,
                "{site}: {} while {} was answered",
                pair[1].path,
                pair[0].path
            );
        }
    }
}

/// No page was asked for again once it had been answered, but for an edit, and for what a kill left unheard.
pub(crate) fn check_no_page_twice(newsroom: &Newsroom, accesses: &[Access], kills: usize) {
    let mut again = Vec::new();
    for article in newsroom.articles() {
        let answered = |access: &&Access| access.status == 200 && is_of(&article.feed_url, access);
        let times = accesses.iter().filter(answered).count();
        let allowed = article.revisions.len();
        if times > allowed {
            again.push(format!("{} {} times", article.feed_url, times));
        }
    }
    let sites = newsroom.publications().len();
    assert!(again.len() <= kills * sites, "asked again: {again:?} after {kills} kills");
}

/// Waits until the feeds' list, as JSON lines, is as it should be.
fn until_listed(deployment: &Deployment, what: &str, done: &dyn Fn(&str) -> bool) {
    let since = Instant::now();
    let list = || deployment.good(&["feeds", "list", "--json"]);
    while !done(&list()) {
        assert!(since.elapsed() < Duration::from_secs(20), "{what}: {}", list());
        thread::sleep(Duration::from_millis(100));
    }
}

/// How many feeds of such a list are good.
fn good(list: &str) -> usize {
    list.matches("\"state\":\"good\"").count()
}

pub(crate) fn now_ms() -> i64 {
    pipeline::Clock::system().now().as_millis()
}

#[test]
fn a_newsroom_becomes_a_lake_through_kills_of_the_whole_process() {
    let newsroom = newsroom(true);
    let deployment = Deployment::with(settings(&newsroom));
    let mut killed_at = Vec::new();
    let mut up = deployment.start(&["up"]);
    for part in 1..4 {
        wait_for(&newsroom, BACKLOG + (ARTICLES - BACKLOG) * part / 5);
        up.kill();
        killed_at.push(now_ms());
        up = deployment.start(&["up"]);
    }
    wait_for(&newsroom, ARTICLES);
    wait_until_equal(&newsroom, &deployment);
    let accesses = newsroom.accesses();
    check_politeness(&accesses, &killed_at);
    check_no_page_twice(&newsroom, &accesses, killed_at.len());
    wait_for_not_modified(&newsroom, 11);
    assert!(accesses.iter().all(|access| access.user_agent.as_deref().unwrap_or_default().starts_with("wiredesk/")));
    let forbidden = newsroom.articles().into_iter().find(|article| article.fate == Fate::ForbiddenByRobots);
    if let Some(forbidden) = forbidden {
        let asked = accesses.iter().any(|access| is_of(&forbidden.feed_url, access));
        assert!(!asked, "robots.txt forbids {}", forbidden.feed_url);
    }
    // One that is being polled at this moment says so.
    until_listed(&deployment, "all are good", &|list| good(list) == newsroom.publications().len());
    let feed = newsroom.publications()[0].feed.clone();
    let shown = deployment.good(&["feeds", "show", &feed]);
    assert!(shown.contains("not_modified") || shown.contains(" ok "), "{shown}");
    let (status, took) = up.stop();
    assert_eq!(status, Some(0), "{}", up.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_demo_starts_shows_news_and_stops_with_a_summary() {
    let deployment = Deployment::embedded();
    let since = Instant::now();
    let mut up = deployment.start(&["up", "--demo"]);
    let path = deployment.data().join("wiredesk-demo/lake");
    while lake_or_why(&path).is_ok_and(|rows| rows.is_empty()) || !path.exists() {
        assert!(since.elapsed() < Duration::from_secs(30), "{}", up.said());
        thread::sleep(Duration::from_millis(200));
    }
    println!("first demo article in the lake after {:.1} s", since.elapsed().as_secs_f64());
    thread::sleep(Duration::from_secs(8));
    let (status, took) = up.stop();
    assert_eq!(status, Some(0), "{}", up.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
    let said = up.said();
    assert!(said.contains("the newsroom:") && said.contains("deltalake"), "{said}");
    let rows = lake(&path);
    let languages: BTreeSet<&str> = rows.values().filter_map(|row| row["language"].as_str()).collect();
    assert!(languages.len() >= 5, "{languages:?} in {} rows", rows.len());
}

#[test]
fn feeds_come_change_and_go_by_command_and_by_settings() {
    let newsroom = newsroom(false);
    let deployment = Deployment::with(settings(&newsroom).split("[[feeds]]").next().unwrap().to_owned());
    let publications = newsroom.publications();
    let [first, second, ..] = publications.as_slice() else { panic!("fewer than two publications") };
    // The address of a page will do: it names its feed.
    let added = deployment.good(&["feeds", "add", &first.home, "--tag", "harbour"]);
    assert!(added.contains(&first.feed), "{added}");
    let wrong = deployment.run(&["feeds", "add", &format!("{}nothing-here", first.home)]);
    assert_eq!(wrong.status.code(), Some(65), "{}", String::from_utf8_lossy(&wrong.stderr));
    let opml = deployment.data().with_extension("opml");
    std::fs::write(
        &opml,
        format!("<opml version=\"2.0\"><body><outline text=\"x\" xmlUrl=\"{}\"/></body></opml>", second.feed),
    )
    .unwrap();
    assert!(deployment.good(&["feeds", "import", &opml.display().to_string()]).starts_with("1 feeds added"));
    let exported = deployment.good(&["feeds", "export"]);
    assert!(exported.contains(&first.feed) && exported.contains(&second.feed), "{exported}");
    let checked = deployment.good(&["feeds", "check"]);
    assert_eq!(checked.matches("good  ").count(), 2, "{checked}");
    deployment.good(&["feeds", "pause", &second.feed]);
    let allowed = deployment.good(&["check", &first.home]);
    assert!(allowed.contains("robots") && allowed.contains("verdict  it would be fetched"), "{allowed}");
    let private = deployment.good(&["check", "http://10.1.2.3/"]);
    assert!(private.contains("refused") && private.contains("it would never be fetched"), "{private}");
    let file = deployment.data().with_extension("xml");
    std::fs::write(&file, "<rss><channel><item><title>Fish & chips</title><link>http://a.example/1</link></item>")
        .unwrap();
    let parsed: Value =
        serde_json::from_str(&deployment.good(&["feeds", "parse", "--json", &file.display().to_string()])).unwrap();
    assert_eq!(parsed["entries"][0]["title"], "Fish & chips");

    let mut up = deployment.start(&["up"]);
    let until = |what: &str, done: &dyn Fn(&str) -> bool| until_listed(&deployment, what, done);
    until("one is polled, one is paused", &|list| list.contains("\"good\"") && list.contains("\"paused\""));
    deployment.good(&["feeds", "pause", "--off", &second.feed]);
    until("both are polled", &|list| good(list) == 2);
    deployment.good(&["feeds", "remove", &second.feed]);
    until("one is gone", &|list| list.lines().count() == 1);
    let unknown = deployment.run(&["feeds", "remove", &second.feed]);
    assert_eq!(unknown.status.code(), Some(64));
    up.stop();

    // One of the settings comes with them, and leaves with them; the one that was added by command stays.
    deployment.append(&format!("[[feeds]]\nurl = {:?}\n", second.feed));
    let mut up = deployment.start(&["up"]);
    until("the settings' feed is polled", &|list| good(list) == 2);
    let refused = deployment.run(&["feeds", "remove", &second.feed]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("stands in the settings file"));
    up.stop();
    deployment.set("");
    let mut up = deployment.start(&["up"]);
    until("it left with the settings", &|list| list.lines().count() == 1 && list.contains(&first.feed));
    up.stop();
}

mod kafka {
    use super::*;

    const ROLES: [&str; 4] = ["fetcher", "cleaner", "enricher", "sink"];

    #[test]
    fn a_newsroom_becomes_a_lake_through_kills_of_each_service() {
        let newsroom = newsroom(true);
        let deployment = Deployment::kafka_with(&crate::broker::brokers(), &settings(&newsroom));
        deployment.good(&["topics", "create"]);
        let mut services: Vec<Running> = ROLES.iter().map(|role| deployment.start(&[*role])).collect();
        let mut killed_at = Vec::new();
        for (n, role) in [0, 1, 2, 3, 0].into_iter().enumerate() {
            wait_for(&newsroom, BACKLOG + (ARTICLES - BACKLOG) * (n + 1) / 8);
            services[role].kill();
            if role == 0 {
                killed_at.push(now_ms());
            }
            services[role] = deployment.start(&[ROLES[role]]);
        }
        wait_for(&newsroom, ARTICLES);
        wait_until_equal(&newsroom, &deployment);
        let accesses = newsroom.accesses();
        check_politeness(&accesses, &killed_at);
        check_no_page_twice(&newsroom, &accesses, killed_at.len());
        for mut service in services {
            assert_eq!(service.stop().0, Some(0), "{}", service.said());
        }
    }

    /// A second fetcher takes feeds over, and gives them back when it stops: none is polled by both, none by neither.
    #[test]
    fn feeds_change_hands_between_two_fetchers() {
        let newsroom = newsroom(false);
        let deployment = Deployment::kafka_with(&crate::broker::brokers(), &settings(&newsroom));
        deployment.good(&["topics", "create"]);
        let start = |ordinal: &str| {
            deployment
                .start_with(&["fetcher"], &[("WIREDESK_KAFKA_ORDINAL", ordinal), ("WIREDESK_FETCH_CONTACT", ordinal)])
        };
        let mut first = start("0");
        wait_for(&newsroom, BACKLOG + 10);
        let joined = now_ms();
        let mut second = start("1");
        thread::sleep(Duration::from_secs(20));
        let left = now_ms();
        assert_eq!(second.stop().0, Some(0), "{}", second.said());
        thread::sleep(Duration::from_secs(18));
        assert_eq!(first.stop().0, Some(0), "{}", first.said());

        let accesses = newsroom.accesses();
        let is_by = |access: &Access, ordinal: &str| {
            access.user_agent.as_deref().is_some_and(|agent| agent.ends_with(&format!("(+{ordinal})")))
        };
        let mut by_second = 0;
        for publication in newsroom.publications() {
            let polls: Vec<&Access> = accesses.iter().filter(|access| is_of(&publication.feed, access)).collect();
            // By the first, then perhaps by the second, then by the first: never to and fro.
            let hands = polls.windows(2).filter(|pair| is_by(pair[0], "0") != is_by(pair[1], "0")).count();
            assert!(hands <= 2, "{} changed hands {hands} times", publication.feed);
            let together = polls.iter().filter(|poll| is_by(poll, "1")).count();
            by_second += together;
            let gap = polls.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms).max().unwrap_or(i64::MAX);
            // A poll that was under way when it changed hands is taken again after its lease: 6 s for the request, 5 more.
            assert!(gap < 18_000, "{} was not polled for {gap} ms", publication.feed);
            let last = polls.last().map_or(0, |poll| poll.at_ms);
            assert!(last > left, "{} was given back", publication.feed);
        }
        assert!(by_second > 0, "the second fetcher polled something between {joined} and {left}");
        check_politeness(&accesses, &[joined, left]);
    }
}
