//! Laws of the queues, over a simulated clock.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use schemas::{FrontierRow, SiteState};

use crate::support::{START, World, politeness, seconds, url};

/// Each site is asked one request at a time, and never sooner than its interval after the one before.
fn check_politeness(world: &World, interval: Duration, latency: Duration) {
    for (site, requests) in world.by_site() {
        for pair in requests.windows(2) {
            let apart = pair[1].at.since(pair[0].at);
            assert!(apart >= interval.max(latency), "{site}: {apart:?} between {} and {}", pair[0].key, pair[1].key);
        }
    }
}

#[test]
fn a_site_is_asked_at_its_own_pace_and_all_of_it_is_served() {
    let mut world = World::new(politeness());
    for site in 0..50 {
        for feed in 0..4 {
            world.add_feed(&format!("https://s{site}.example/feed{feed}"), START);
        }
        for page in 0..20 {
            world.add_page(&format!("https://www.s{site}.example/p{page}"), START);
        }
    }
    let latency = seconds(2);
    world.run(START.plus(seconds(100)), 1_000, latency);
    check_politeness(&world, seconds(1), latency);
    let pages = world.log.iter().filter(|request| !request.is_poll()).count();
    assert_eq!(pages, 50 * 20, "every page once");
    assert!(world.log.len() >= 50 * 24, "every feed at least once");
}

#[test]
fn neither_feeds_nor_pages_wait_for_ever() {
    let mut world = World::new(politeness());
    for page in 0..500 {
        world.add_page(&format!("https://a.example/p{page}"), START);
    }
    for feed in 0..100 {
        world.add_feed(&format!("https://a.example/f{feed}"), START);
    }
    world.run(START.plus(seconds(150)), 10, Duration::ZERO);
    let polls = world.log.iter().filter(|request| request.is_poll()).count();
    let pages = world.log.len() - polls;
    assert!(polls.abs_diff(pages) <= 2, "{polls} polls and {pages} pages: in turn");
}

#[test]
fn a_site_that_asks_for_time_gets_it_and_others_do_not_wait() {
    let mut world = World::new(politeness());
    world.add_page("https://busy.example/a", START);
    world.add_page("https://slow.example/a", START);
    world.add_page("https://slow.example/b", START);
    world.add_page("https://other.example/a", START);
    let busy = SiteState { not_before: Some(START.plus(seconds(90))), ..SiteState::default() };
    world.put(&FrontierRow::site_key(&url("https://busy.example/")), FrontierRow::Site(Box::new(busy)));
    let robots = Some("user-agent: *\ncrawl-delay: 7".to_owned());
    let slow = SiteState { robots, robots_at: Some(START), ..SiteState::default() };
    world.put(&FrontierRow::site_key(&url("https://slow.example/")), FrontierRow::Site(Box::new(slow)));
    world.run(START.plus(seconds(200)), 10, Duration::ZERO);
    let at = |key: &str| world.log.iter().find(|request| request.key.ends_with(key)).unwrap().at.since(START);
    assert_eq!(at("other.example/a"), Duration::ZERO);
    assert_eq!(at("busy.example/a"), seconds(90));
    assert!(
        at("slow.example/b").abs_diff(at("slow.example/a")) >= seconds(7),
        "the delay that its robots.txt asks for"
    );
}

#[test]
fn a_request_without_an_answer_is_taken_again_after_its_lease_and_not_before() {
    let mut world = World::new(politeness());
    world.add_page("https://a.example/1", START);
    world.turn(10, seconds(5));
    world.restart();
    world.run(START.plus(seconds(120)), 10, seconds(5));
    let at: Vec<_> = world.log.iter().map(|request| request.at.since(START)).collect();
    assert_eq!(at, [Duration::ZERO, seconds(30)]);
}

#[test]
fn a_done_page_leaves_after_its_time() {
    let mut world = World::new(politeness());
    world.add_page("https://a.example/1", START);
    let kept = world.policy.page_kept;
    world.run(START.plus(kept).plus(seconds(60)), 10, seconds(1));
    assert!(world.rows.is_empty() && world.queues.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Restarts at any moment change nothing but what was under way: no row is forgotten, no site is asked too soon.
    #[test]
    fn restart_equals_no_restart(restarts in vec(1_u64..200, 0..6), sites in 1_usize..6, pages in 1_usize..30) {
        let mut world = World::new(politeness());
        for site in 0..sites {
            world.add_feed(&format!("https://s{site}.example/feed"), START);
            for page in 0..pages {
                world.add_page(&format!("https://s{site}.example/p{page}"), START);
            }
        }
        let latency = Duration::from_millis(1_500);
        let mut restarts = restarts;
        restarts.sort_unstable();
        for at in restarts {
            world.run(START.plus(seconds(at)), 3, latency);
            world.restart();
        }
        world.run(START.plus(seconds(1_000)), 3, latency);
        for (site, requests) in world.by_site() {
            for pair in requests.windows(2) {
                prop_assert!(pair[1].at.since(pair[0].at) >= seconds(1), "{site}");
            }
        }
        for page in world.rows.values() {
            if let FrontierRow::Page(page) = page {
                prop_assert_eq!(page.reason.as_deref(), Some("ok"));
            }
        }
        let feeds = world.rows.values().filter(|row| matches!(row, FrontierRow::Feed(feed) if feed.next_poll.is_some()));
        prop_assert_eq!(feeds.count(), sites, "every feed has a next poll");
    }

    /// Whatever is set in whatever order, the queues are those of the last value of each row.
    #[test]
    fn an_index_is_its_rows(changes in vec((0_usize..12, 0_u8..4, 0_u64..50), 0..120)) {
        let mut world = World::new(politeness());
        for (row, what, at) in changes {
            let address = format!("https://s{}.example/p{row}", row % 4);
            let key = FrontierRow::page_key(&url(&address));
            if what == 0 {
                world.rows.remove(&*key);
                world.queues.set(&std::sync::Arc::from(&*key), None);
            } else {
                world.add_page(&address, START.plus(seconds(at)));
            }
        }
        let changed = world.queues.next_due();
        let mut all = world.queues.due(START.plus(seconds(100)), 100);
        world.restart();
        prop_assert_eq!(changed, world.queues.next_due());
        let mut again = world.queues.due(START.plus(seconds(100)), 100);
        all.sort();
        again.sort();
        prop_assert_eq!(all, again);
    }
}
