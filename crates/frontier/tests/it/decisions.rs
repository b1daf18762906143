//! When a feed is polled and a page tried next.

use std::{collections::BTreeMap, time::Duration};

use frontier::{
    Outage, Policy,
    pages::{self, Fetched, Owed},
    polls::{self, Polled},
    sites,
};
use schemas::{FeedState, PageState, SiteState, Timestamp};

use crate::support::{START, feed, seconds, url};

const POLICY: Policy = Policy::DEFAULT;

fn polled(feed: &mut FeedState, what: Polled, mean: Option<f64>, now: Timestamp) -> (Duration, String) {
    polls::polled(feed, &what, mean, &POLICY, now);
    (feed.next_poll.map_or(Duration::ZERO, |next| next.since(now)), feed.reason.clone())
}

fn fresh(entries: usize, new: usize) -> Polled {
    Polled::Fresh { entries, new, dated_rate: Some(1.0), wait: None }
}

fn failed(reason: &'static str) -> Polled {
    Polled::Failed { reason, retry_after: None, ours: false }
}

#[test]
fn a_lively_feed_is_polled_by_the_root_of_its_rate() {
    let next = |rate: f64| {
        let mut row = feed("https://a.example/f", START);
        let what = Polled::Fresh { entries: 500, new: 500, dated_rate: Some(rate), wait: None };
        polled(&mut row, what, Some(1.0), START)
    };
    assert_eq!(next(1.0), (seconds(900), "rate".to_owned()));
    assert_eq!(next(4.0), (seconds(450), "rate".to_owned()));
    assert_eq!(next(0.25), (seconds(1_800), "rate".to_owned()));
    assert_eq!(next(900.0).0, seconds(120));
    assert_eq!(next(0.0).1, "rate");
    assert_eq!(
        next(0.0).0.as_secs(),
        seconds(900).mul_f64(72_f64.sqrt()).as_secs(),
        "the slowest still within the longest interval"
    );
}

#[test]
fn a_short_document_is_polled_before_it_has_turned_over() {
    let mut row = feed("https://a.example/f", START);
    // Ten entries in the document, twenty an hour: in a quarter of an hour half of it is new.
    let what = Polled::Fresh { entries: 10, new: 10, dated_rate: Some(20.0), wait: None };
    let (next, reason) = polled(&mut row, what, Some(20_f64.sqrt() * 4.0), START);
    assert_eq!((next, reason.as_str()), (seconds(900), "overlap"));
    let (next, reason) = polled(&mut row, fresh(10, 10), Some(1.0), START.plus(seconds(900)));
    assert_eq!((next, reason.as_str()), (seconds(120), "overlap"), "nothing was known: the shortest interval");
    assert!(row.ledger.missed > 0, "and what was lost is counted");
}

#[test]
fn the_publisher_may_slow_us_down_and_never_speeds_us_up() {
    for (wait, expected) in [(10, 900), (3_600, 3_600), (10_000_000, 24 * 3600)] {
        let mut row = feed("https://a.example/f", START);
        let what = Polled::Fresh { entries: 500, new: 9, dated_rate: Some(1.0), wait: Some(seconds(wait)) };
        assert_eq!(polled(&mut row, what, Some(1.0), START).0, seconds(expected));
        let same = Polled::Same { wait: Some(seconds(wait)) };
        assert!(polled(&mut row, same, Some(1.0), START.plus(seconds(expected))).0 >= seconds(expected.min(900)));
    }
}

#[test]
fn a_feed_that_fails_is_polled_ever_more_rarely_and_for_ever() {
    let mut row = feed("https://a.example/f", START);
    let (mut now, mut before) = (START, Duration::ZERO);
    for failure in 1..60 {
        let (next, reason) = polled(&mut row, failed("timeout"), None, now);
        assert!(next >= before, "more failures never poll sooner");
        assert!(next <= POLICY.backoff_max.mul_f64(1.2), "and days are the most");
        assert_eq!((reason.as_str(), row.failures), ("timeout", failure));
        (now, before) = (now.plus(next), next);
    }
    assert!(before > seconds(2 * 24 * 3600));
    let (next, _) = polled(&mut row, fresh(20, 1), None, now);
    assert!(next <= POLICY.interval_max && row.failures == 0, "an answer and all is well");
}

#[test]
fn our_own_outage_is_not_the_feeds_fault() {
    let mut outage = Outage::default();
    for site in 0..20 {
        outage.observe(site, site >= 12, START);
    }
    assert!(!outage.is_ours(START), "twelve of twenty may be chance");
    for site in 12..18 {
        outage.observe(site, false, START.plus(seconds(10)));
    }
    assert!(outage.is_ours(START.plus(seconds(10))));
    assert!(!outage.is_ours(START.plus(seconds(200))), "what is long ago says nothing");
    let mut row = feed("https://a.example/f", START);
    let ours = Polled::Failed { reason: "connect", retry_after: None, ours: true };
    let (next, reason) = polled(&mut row, ours, None, START);
    assert_eq!((reason.as_str(), row.failures), ("our_outage", 0));
    assert!(next <= POLICY.backoff_min.mul_f64(1.2));
}

#[test]
fn retry_after_is_kept_to_where_it_is_longer_than_our_own() {
    let mut row = feed("https://a.example/f", START);
    let what = Polled::Failed { reason: "busy", retry_after: Some(seconds(7_200)), ours: false };
    assert_eq!(polled(&mut row, what, None, START), (seconds(7_200), "retry_after".to_owned()));
    let what = Polled::Failed { reason: "busy", retry_after: Some(seconds(1)), ours: false };
    assert_eq!(polled(&mut row, what, None, START).1, "busy");
}

#[test]
fn gone_must_hold_for_a_day_before_a_feed_is_retired() {
    let mut row = feed("https://a.example/f", START);
    assert_eq!(polled(&mut row, Polled::Gone, None, START).1, "gone");
    let later = START.plus(seconds(23 * 3600));
    assert_eq!(polled(&mut row, fresh(20, 0), None, later).1, "rate");
    assert_eq!(polled(&mut row, Polled::Gone, None, later.plus(seconds(3600))).1, "gone", "it had answered in between");
    polled(&mut row, Polled::Gone, None, later.plus(seconds(30 * 3600)));
    assert_eq!((row.next_poll, row.reason.as_str()), (None, "retired_410"));
}

#[test]
fn a_permanent_redirect_must_hold_before_it_is_believed() {
    let mut row = feed("https://a.example/f", START);
    let (here, there) = (url("https://b.example/f"), url("https://c.example/f"));
    let day = 24 * 3600;
    assert_eq!(polls::moving(&mut row, Some(&here), START), None);
    assert_eq!(polls::moving(&mut row, Some(&here), START.plus(seconds(60))), None);
    assert_eq!(polls::moving(&mut row, Some(&here), START.plus(seconds(120))), None, "often, and not for long");
    assert_eq!(polls::moving(&mut row, Some(&there), START.plus(seconds(day))), None, "elsewhere: from the start");
    assert_eq!(polls::moving(&mut row, None, START.plus(seconds(day + 60))), None);
    assert_eq!(row.moving, None, "no redirect: forgotten");
    for hours in [30, 40, 50] {
        assert_eq!(polls::moving(&mut row, Some(&here), START.plus(seconds(hours * 3600))), None);
    }
    assert_eq!(polls::moving(&mut row, Some(&here), START.plus(seconds(60 * 3600))), Some(here));
}

#[test]
fn first_polls_are_spread() {
    let at = |waiting| polls::first_poll("https://a.example/f", waiting, &POLICY, START).since(START);
    assert_eq!((at(0), at(10)), (Duration::ZERO, seconds(7)));
    assert!(at(1_000_000) <= seconds(3600));
}

#[test]
fn a_paused_feed_has_no_next_poll() {
    let mut row = feed("https://a.example/f", START);
    row.feed.paused = true;
    polled(&mut row, fresh(1, 1), None, START);
    assert_eq!(row.next_poll, None);
}

#[test]
fn pages_are_tried_again_and_given_up_by_what_was_answered() {
    let tries = |status| {
        let (mut page, mut now, mut tries) = (PageState::default(), START, 0);
        loop {
            tries += 1;
            pages::fetched(&mut page, "https://a.example/p", pages::by_status(status, None), &POLICY, now);
            let Some(due) = page.due else { return (tries, page.reason.unwrap(), now.since(START)) };
            assert!(due > now);
            now = due;
        }
    };
    assert_eq!(tries(200), (1, "ok".to_owned(), Duration::ZERO));
    assert_eq!(tries(410), (1, "gone".to_owned(), Duration::ZERO));
    let (count, reason, took) = tries(404);
    assert_eq!((count, reason.as_str()), (3, "not_found"));
    assert!(took < seconds(3600));
    let (count, reason, took) = tries(503);
    assert_eq!(reason, "server_error");
    assert!(count > 8 && took > seconds(6 * 24 * 3600), "{count} tries in {took:?}");
}

#[test]
fn a_page_is_owed_once_however_many_feeds_name_it() {
    let owed = |page: Option<&PageState>, changed| pages::owed(page, changed, None, &POLICY, START);
    assert_eq!(owed(None, false), Owed::From(START));
    let due = PageState { due: Some(START), ..PageState::default() };
    assert_eq!(owed(Some(&due), true), Owed::Already);
    let mut done = PageState::default();
    pages::fetched(&mut done, "https://a.example/p", Fetched::Done, &POLICY, START);
    assert_eq!(owed(Some(&done), false), Owed::Known);
    assert_eq!(owed(Some(&done), true), Owed::From(START.plus(POLICY.refetch_min)));
}

#[test]
fn a_change_while_a_request_is_under_way_is_fetched_once_more() {
    let taken = Some(schemas::Taken { attempt: 1, at: START });
    let mut page = PageState { taken, again: true, ..PageState::default() };
    pages::fetched(&mut page, "https://a.example/p", Fetched::Done, &POLICY, START);
    assert_eq!((page.due, page.again), (Some(START.plus(POLICY.refetch_min)), false));
    pages::fetched(&mut page, "https://a.example/p", Fetched::Done, &POLICY, START.plus(POLICY.refetch_min));
    assert_eq!(page.due, None);
}

#[test]
fn a_page_that_could_not_be_had_is_asked_for_again_when_it_is_named_later() {
    let mut gone = PageState::default();
    pages::fetched(&mut gone, "https://a.example/p", pages::by_status(410, None), &POLICY, START);
    let named = |after| pages::owed(Some(&gone), false, None, &POLICY, START.plus(seconds(after)));
    assert_eq!(named(60), Owed::Known);
    assert_eq!(named(7_200), Owed::From(START.plus(seconds(7_200))));
}

#[test]
fn robots_come_before_anything_else_and_stand_while_they_cannot_be_had() {
    let may = |site: &SiteState, now| sites::may(Some(site), "/private/a", now);
    assert_eq!(sites::may(None, "/", START), sites::May::AskFirst);
    let mut site = SiteState::default();
    sites::robots_came(&mut site, "user-agent: *\ndisallow: /private/", START);
    assert_eq!(may(&site, START), sites::May::Forbidden);
    let tomorrow = START.plus(seconds(25 * 3600));
    assert_eq!(may(&site, tomorrow), sites::May::AskFirst);
    sites::robots_failed(&mut site, "https://a.example/", START, false, &POLICY, tomorrow);
    assert_eq!(may(&site, tomorrow), sites::May::Forbidden, "what was known stands");
    let mut site = SiteState::default();
    sites::robots_failed(&mut site, "https://a.example/", START, false, &POLICY, START);
    assert!(matches!(may(&site, START), sites::May::Wait(until) if until > START), "unreachable: nothing is asked");
    let later = START.plus(seconds(31 * 24 * 3600));
    sites::robots_failed(&mut site, "https://a.example/", START, false, &POLICY, later);
    assert_eq!(may(&site, later), sites::May::Go, "for so long that there is none");
}

#[test]
fn a_site_that_pushes_back_is_left_alone_ever_longer_until_it_answers() {
    let mut site = SiteState::default();
    let mut before = Duration::ZERO;
    for _ in 0..40 {
        site.not_before = None;
        sites::pushed_back(&mut site, "retry_after", None, START);
        let pause = site.not_before.unwrap().since(START);
        assert!(pause >= before && pause <= seconds(24 * 3600));
        before = pause;
    }
    assert!(sites::answered_well(&mut site) && !sites::answered_well(&mut site));
    sites::pushed_back(&mut site, "retry_after", Some(seconds(5)), START);
    assert!(site.not_before >= Some(START.plus(seconds(5))));
}

#[test]
fn walls_are_told_from_pages() {
    let none = BTreeMap::new();
    let challenge = b"<html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>";
    assert_eq!(sites::wall(403, &none, challenge), Some("cloudflare"));
    assert_eq!(sites::wall(200, &none, challenge), None, "an article may write about it");
    assert_eq!(sites::wall(403, &none, b"<h1>Forbidden</h1>"), None);
    let header = BTreeMap::from([("cf-mitigated".to_owned(), "challenge".to_owned())]);
    assert_eq!(sites::wall(403, &header, b""), Some("cloudflare"));
}
