//! C5 and C6: SIGTERM while no broker answers; a wire to the broker that is cut or slow; a store that is paused or slow.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::{ENVIRONMENT, Runner, binary, finish, is_whole, up};
use crate::deployment::Deployment;

/// How soon articles go on once what was in their way is gone.
const RESUMED_MAX: Duration = Duration::from_secs(10);
/// How much more memory a process may take while it waits.
const GROWTH_MAX: f64 = 1.1;

/// How long something is in the way.
fn paused() -> Duration {
    Duration::from_secs(if is_whole() { 60 } else { 6 })
}

/// Lets `hinder` stand in the way of articles, and `free` it: memory stays, and articles go on soon after.
fn wait_out(runner: &mut Runner<'_>, hinder: impl FnOnce(&mut Runner<'_>), free: impl FnOnce()) {
    runner.feed_for(Duration::from_secs(3));
    hinder(runner);
    thread::sleep(Duration::from_secs(1)); // what had gone through before it
    let before = runner.memory_kib();
    runner.watch_for(paused());
    let waiting = runner.waiting();
    println!("{waiting} records waited {:?}; {before:?} KiB before, {:?} after", paused(), runner.memory_kib());
    assert!(waiting > 0, "nothing waited");
    for (before, after) in before.iter().zip(runner.memory_kib()) {
        assert!(after as f64 <= *before as f64 * GROWTH_MAX, "{before} KiB grew to {after} KiB");
    }
    let rows = runner.rows();
    free();
    let since = Instant::now();
    while runner.rows() == rows {
        runner.watch_for(Duration::from_millis(20));
        assert!(since.elapsed() < RESUMED_MAX, "nothing came in {RESUMED_MAX:?}: {}", runner.standing());
    }
    println!("went on after {:?}", since.elapsed());
}

#[test]
fn c6_a_store_is_paused_and_slow() {
    let folder = tempfile::tempdir().unwrap();
    // The file in which the store's fate stands (`services/wiredesk/src/failpoints.rs`).
    let path = folder.path().join("store").display().to_string();
    let hold = |how: &str| fs::write(&path, how).unwrap();
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("STORE", &path));
    let deployment = Deployment::embedded().by(binary());
    let mut runner = Runner::new(&deployment, &environment, vec![(&["up"], "0", Vec::new())]);
    let pause = |runner: &mut Runner<'_>| {
        hold("paused");
        runner.feed_ahead();
    };
    wait_out(&mut runner, pause, || hold("slow"));
    let rows = runner.rows();
    runner.feed_for(paused() / 2);
    assert!(runner.rows() > rows, "a slow store takes rows all the same");
    hold("");
    finish(runner, &deployment, || up::log(&deployment));
}

mod kafka {
    use super::{
        super::broker::kafka::{deployment, living, log},
        *,
    };
    use crate::broker::Broker;

    /// How soon a process ends by SIGTERM, whatever the brokers do.
    const TERM_MAX: Duration = Duration::from_secs(25);
    /// What a slow broker takes longer for each answer.
    const SLOW: Duration = Duration::from_secs(2);

    #[test]
    fn c5_services_end_well_while_no_broker_answers() {
        let mut broker = Broker::start();
        let address = broker.address();
        let deployment = deployment(&address);
        let mut runner = Runner::new(&deployment, ENVIRONMENT, living());
        runner.may_end = true;
        for n in 0..if is_whole() { 10 } else { 1 } {
            runner.feed_for(Duration::from_secs(2));
            runner.feed_ahead();
            broker.kill();
            // Some hear it in the midst of a commit, some long after.
            thread::sleep(Duration::from_millis(if n % 2 == 0 { 0 } else { 3_000 }));
            let took = runner.end_all(TERM_MAX);
            println!("ended {took:?} after SIGTERM");
            broker.resume();
            runner.start_all();
        }
        finish(runner, &deployment, || log(&deployment, &address));
    }

    #[test]
    fn c6_the_wire_to_the_broker_is_cut_and_slow() {
        let (broker, proxy) = Broker::start_behind_proxy();
        let address = broker.address();
        let deployment = deployment(&address);
        let mut runner = Runner::new(&deployment, ENVIRONMENT, living());
        runner.may_end = true;
        let cut = |runner: &mut Runner<'_>| {
            runner.feed_ahead();
            proxy.cut(true);
        };
        wait_out(&mut runner, cut, || proxy.cut(false));
        runner.feed_for(Duration::from_secs(2));
        let rows = runner.rows();
        runner.feed_ahead();
        proxy.delay(SLOW);
        runner.watch_for(paused() + Duration::from_secs(10));
        assert!(runner.rows() > rows, "a slow broker passes records on all the same: {}", runner.standing());
        proxy.delay(Duration::ZERO);
        finish(runner, &deployment, || log(&deployment, &address));
    }
}
