//! C1 of the fetcher: a newsroom is its site, and what was published must be in the lake.

use std::{
    collections::VecDeque,
    thread,
    time::{Duration, Instant},
};

use newsroom::Settings;
use pipeline::Step;

use super::{Death, SHORT_SESSION, Scale, binary, death, draw, is_whole, runner::TRIES_MAX, scale};
use crate::{
    deployment::{Deployment, Running},
    news,
};

/// A planted death that did not come in this time is brought from outside.
const DEATH_MAX: Duration = Duration::from_secs(20);
/// The newsroom publishes no more than this, whatever happens, and its feeds list all of it: a fetcher that dies every few
/// seconds would not see most of what leaves its feed.
const ARTICLES_MAX: usize = 5_000;

/// What is tried.
struct Form<'a> {
    /// Steps that only this log has.
    more: &'a [Step],
    /// The process with the fetcher in it.
    dying: &'a [&'a str],
    /// Processes that live.
    others: &'a [&'a str],
    /// Deaths of the short form.
    short: usize,
    /// Articles that the newsroom publishes a second.
    per_second: f64,
}

/// Lets the process with the fetcher in it die as planned while a newsroom publishes. Then the lake must be what was
/// published, no site was asked too soon, and no page again but for what a death left unheard.
fn survive(make: impl FnOnce(&str) -> Deployment, form: &Form<'_>) {
    let scale = scale(
        Scale { stories: 0, each_step: 1, any_time: 2, ends: 1 },
        Scale { stories: 0, each_step: 5, any_time: 15, ends: 10 },
    );
    let mut plan = death::plan_with(form.more, &["fetcher"], scale, &mut draw());
    plan.truncate(if is_whole() { usize::MAX } else { form.short });
    let newsroom = news::newsroom_of(Settings {
        per_second: form.per_second,
        articles_max: Some(ARTICLES_MAX as u64),
        listed: ARTICLES_MAX,
        ..Settings::default()
    });
    let deployment = make(&news::settings(&newsroom));
    let start = |role: &[&str], death: Option<&Death>| {
        let failpoints = death.map(Death::failpoints).unwrap_or_default();
        let aborts = death.and_then(Death::aborts).unwrap_or("9");
        deployment.start_with(role, &[("FAILPOINTS", &failpoints), ("ABORTS", aborts), SHORT_SESSION])
    };
    let others: Vec<Running> = form.others.iter().map(|role| start(&[*role], None)).collect();
    let (mut killed_at, mut unmet) = (Vec::new(), Vec::new());
    let mut plan: VecDeque<_> = plan.into_iter().map(|death| (death, 1)).collect();
    while let Some((death, tries)) = plan.pop_front() {
        let mut process = start(form.dying, Some(&death));
        let (since, mut came, mut drains) = (Instant::now(), false, false);
        while !came && since.elapsed() < DEATH_MAX {
            came = match death {
                Death::Term(time) | Death::After(time) => since.elapsed() >= time,
                Death::Drain { after, .. } if !drains => {
                    drains = since.elapsed() >= after;
                    if drains {
                        process.signal("-TERM");
                    }
                    false
                }
                Death::At { .. } | Death::Drain { .. } | Death::Stop { .. } => process.ended().is_some(),
            };
            thread::sleep(Duration::from_millis(2));
        }
        match death {
            Death::Term(_) => assert_eq!(process.stop().0, Some(0), "{}", process.said()),
            _ if process.ended().is_none() => process.kill(),
            _ => {}
        }
        killed_at.push(news::now_ms());
        if !came && tries < TRIES_MAX {
            plan.push_back((death, tries + 1));
        } else if !came {
            unmet.push(death.to_string());
        }
    }
    newsroom.pause();
    println!("{} deaths while {} articles were published", killed_at.len(), newsroom.articles().len());
    assert!(unmet.is_empty(), "never met: {unmet:?}");
    let last = start(form.dying, None);
    news::wait_until_equal(&newsroom, &deployment);
    let accesses = newsroom.accesses();
    news::check_politeness(&accesses, &killed_at);
    news::check_no_page_twice(&newsroom, &accesses, killed_at.len());
    for mut process in others.into_iter().chain([last]) {
        assert_eq!(process.stop().0, Some(0), "{}", process.said());
    }
}

#[test]
fn c7_the_fetcher_dies_at_every_step_on_the_embedded_log() {
    let form = Form { more: &[], dying: &["up"], others: &[], short: usize::MAX, per_second: 4.0 };
    survive(|settings| Deployment::with(settings.to_owned()).by(binary()), &form);
}

mod kafka {
    use super::{super::broker::kafka::deployment_with, *};
    use crate::broker::brokers;

    #[test]
    fn c1_the_fetcher_dies_at_every_step() {
        let form = Form {
            more: &[Step::DuringAbort],
            dying: &["fetcher"],
            others: &["cleaner", "enricher", "sink"],
            short: 5,
            per_second: 1.0,
        };
        survive(|settings| deployment_with(&brokers(), settings), &form);
    }
}
