//! What of a document is new.

use frontier::{Candidate, Sieve, Verdict, dated_rate, sift};
use proptest::{collection::vec, prelude::*};
use schemas::{Seen, Timestamp};

use crate::support::{START, seconds};

const LATER: Sieve = Sieve { first: None, since: None, sitemap: false };

fn entry(aliases: &[u64], version: u32) -> Candidate {
    Candidate { aliases: aliases.to_vec(), version, at: None }
}

fn at(hours_ago: u64) -> Option<Timestamp> {
    Some(Timestamp::from_millis(START.as_millis() - i64::try_from(hours_ago * 3_600_000).unwrap()))
}

#[test]
fn an_entry_is_known_by_any_of_its_names_and_changed_by_its_digest() {
    let mut seen = Seen::default();
    let first = sift(&mut seen, &[entry(&[1, 11], 1), entry(&[2, 12], 1)], LATER, START);
    assert_eq!(first, [Verdict::New, Verdict::New]);
    let second = [entry(&[3], 1), entry(&[1, 99], 1), entry(&[88, 12], 2)];
    assert_eq!(sift(&mut seen, &second, LATER, START), [Verdict::New, Verdict::Known, Verdict::Changed]);
    assert_eq!(sift(&mut seen, &second, LATER, START), [Verdict::Known; 3], "said once");
}

#[test]
fn an_entry_that_left_and_came_back_is_known() {
    let mut seen = Seen::default();
    sift(&mut seen, &[entry(&[1], 1)], LATER, START);
    sift(&mut seen, &[entry(&[2], 1)], LATER, START);
    assert_eq!(sift(&mut seen, &[entry(&[1], 1)], LATER, START), [Verdict::Known]);
}

#[test]
fn a_document_that_repeats_an_entry_counts_it_once() {
    let twice = [entry(&[1, 5], 1), entry(&[2, 5], 7)];
    let mut seen = Seen::default();
    assert_eq!(sift(&mut seen, &twice, LATER, START), [Verdict::New, Verdict::Known]);
    assert_eq!(sift(&mut seen, &twice, LATER, START), [Verdict::Known, Verdict::Known]);
}

#[test]
fn a_first_poll_takes_the_newest_and_knows_the_rest() {
    let dated: Vec<_> = (0..10).map(|n| Candidate { at: at(n), ..entry(&[n], 1) }).rev().collect();
    let mut seen = Seen::default();
    let verdicts = sift(&mut seen, &dated, Sieve { first: Some(3), ..LATER }, START);
    assert_eq!(verdicts[7..], [Verdict::New; 3], "the newest by date stand last here");
    assert_eq!(verdicts[..7], [Verdict::Old; 7]);
    assert_eq!(sift(&mut seen, &dated, LATER, START), [Verdict::Known; 10]);
}

#[test]
fn a_sitemaps_past_is_neither_fetched_nor_remembered() {
    let week = 7 * 24;
    let old = Candidate { at: at(week + 1), ..entry(&[1], 1) };
    let new = Candidate { at: at(week - 1), ..entry(&[2], 1) };
    let mut seen = Seen::default();
    let sitemap = Sieve { sitemap: true, ..LATER };
    assert_eq!(sift(&mut seen, &[old, new], sitemap, START), [Verdict::Old, Verdict::New]);
    assert_eq!(seen.0.len(), 1);
}

#[test]
fn a_site_that_is_rendered_anew_has_not_edited_everything() {
    let version = |version| (1..=8).map(|n| entry(&[n], version)).collect::<Vec<_>>();
    let mut seen = Seen::default();
    sift(&mut seen, &version(1), LATER, START);
    assert_eq!(sift(&mut seen, &version(2), LATER, START), [Verdict::Known; 8]);
    let mut one = version(2);
    one[3].version = 3;
    let verdicts = sift(&mut seen, &one, LATER, START);
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Changed).count(), 1);
}

#[test]
fn what_was_published_before_a_feed_moved_is_no_news() {
    let dated: Vec<_> = (0..6).map(|n| Candidate { at: at(n * 24), ..entry(&[n], 1) }).collect();
    let since = Sieve { since: at(60), ..LATER };
    let verdicts = sift(&mut Seen::default(), &dated, since, START);
    assert_eq!(verdicts[..3], [Verdict::New; 3]);
    assert_eq!(verdicts[3..], [Verdict::Old; 3]);
}

#[test]
fn more_than_can_be_remembered_is_not_new_at_every_poll() {
    let many: Vec<_> = (0..50_000).map(|n| entry(&[n], 1)).collect();
    let mut seen = Seen::default();
    sift(&mut seen, &many, Sieve { first: Some(20), sitemap: true, ..LATER }, START);
    let again = sift(&mut seen, &many, Sieve { sitemap: true, ..LATER }, START);
    assert!(!again.contains(&Verdict::New));
}

#[test]
fn a_rate_is_told_by_dates() {
    let dated: Vec<_> = (1..=24).map(|n| Candidate { at: at(n), ..entry(&[n], 1) }).collect();
    assert_eq!(dated_rate(&dated, START), Some(1.0));
    assert_eq!(dated_rate(&dated, START.plus(seconds(24 * 3600))), Some(0.5), "silence lowers it");
    assert_eq!(dated_rate(&dated[..2], START), None);
}

proptest! {
    /// However a feed rolls on, each entry is new once.
    #[test]
    fn each_entry_is_new_once(windows in vec((0_u64..60, 1_u64..30), 1..30)) {
        let mut seen = Seen::default();
        let mut new = std::collections::HashMap::new();
        for (from, length) in windows {
            let document: Vec<_> = (from..from + length).map(|n| entry(&[n, n + 1_000], 1)).collect();
            for (n, verdict) in (from..).zip(sift(&mut seen, &document, LATER, START)) {
                *new.entry(n).or_insert(0) += i32::from(verdict == Verdict::New);
            }
        }
        prop_assert!(new.values().all(|count| *count == 1), "{:?}", new);
    }
}
