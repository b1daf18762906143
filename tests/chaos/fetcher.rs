//! C1 of the fetcher: a newsroom is its site, and what was published must be in the lake.

use std::time::Duration;

use newsroom::Settings;
use pipeline::Step;

use super::{Plan, Runner, SHORT_SESSION, Scale, binary, death, draw, is_whole, scale};
use crate::{deployment::Deployment, news};

/// A planted death that did not come in this time is brought from outside: a newsroom is slow.
const DEATH_MAX: Duration = Duration::from_secs(20);
/// The newsroom publishes no more than this, whatever happens, and its feeds list all of it: a fetcher that dies every few
/// seconds would not see most of what leaves its feed.
const ARTICLES_MAX: usize = 5_000;

/// What is tried.
struct Form<'a> {
    /// Steps that only this log has.
    more: &'a [Step],
    /// The process with the fetcher in it.
    dying: &'static [&'static str],
    /// Processes that live.
    others: &'a [&'static [&'static str]],
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
    let mut plans: Vec<Plan> = form.others.iter().map(|role| (*role, "0", Vec::new())).collect();
    plans.push((form.dying, "0", plan));
    let mut runner = Runner::new(&deployment, &[("ABORTS", "9"), SHORT_SESSION], plans);
    runner.death_max = DEATH_MAX;
    runner.watch_until_all_died();
    newsroom.pause();
    println!("{} articles were published; deaths: {:#?}", newsroom.articles().len(), runner.deaths);
    assert!(runner.unmet.is_empty(), "never met: {:?}", runner.unmet);
    news::wait_until_equal(&newsroom, &deployment);
    let accesses = newsroom.accesses();
    news::check_politeness(&accesses, &runner.died_at);
    news::check_no_page_twice(&newsroom, &accesses, runner.died_at.len());
    runner.stop();
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
            others: &[&["cleaner"], &["enricher"], &["sink"]],
            short: 5,
            per_second: 1.0,
        };
        survive(|settings| deployment_with(&brokers(), settings), &form);
    }
}
