//! C5 and C6: SIGTERM while no broker answers; a wire to the broker that is cut or slow; a store that is paused or slow.

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use pipeline::{Clock, Health, Log, embedded::EmbeddedLog};

use super::{ENVIRONMENT, Runner, binary, is_whole, stories::VERSIONS, verify};
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

/// Everything must have come.
fn finish(mut runner: Runner<'_>, log: impl FnOnce() -> Arc<dyn Log>, deployment: &Deployment) {
    let (stories, _) = runner.until_all_died(0);
    let took = runner.drain();
    println!("{stories} stories in {VERSIONS} versions were through {took:?} later");
    runner.stop();
    verify(deployment, log, stories, &[]);
}

/// A store that a test holds by a file (`services/wiredesk/src/failpoints.rs`).
struct Hold(PathBuf);

impl Hold {
    fn set(&self, how: &str) {
        fs::write(&self.0, how).unwrap();
    }
}

#[test]
fn c6_a_store_is_paused_and_slow() {
    let folder = tempfile::tempdir().unwrap();
    let hold = Hold(folder.path().join("store"));
    hold.set("");
    let path = hold.0.display().to_string();
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("STORE", &path));
    let deployment = Deployment::embedded().by(binary());
    let mut runner = Runner::new(&deployment, &environment, vec![(&["up"], "0", Vec::new())]);
    let pause = |runner: &mut Runner<'_>| {
        hold.set("paused");
        runner.feed_ahead();
    };
    wait_out(&mut runner, pause, || hold.set("slow"));
    let rows = runner.rows();
    runner.feed_for(paused() / 2);
    assert!(runner.rows() > rows, "a slow store takes rows all the same");
    hold.set("");
    let open = || EmbeddedLog::open(&deployment.data(), Clock::system(), Health::default()).unwrap();
    finish(runner, || Arc::new(open()), &deployment);
}

mod kafka {
    use super::super::{
        Plan,
        broker::kafka::{SERVICES, deployment, log},
    };
    use super::*;
    use crate::broker::Broker;

    /// How soon a process ends by SIGTERM, whatever the brokers do.
    const TERM_MAX: Duration = Duration::from_secs(25);
    /// What a slow broker takes longer for each answer.
    const SLOW: Duration = Duration::from_secs(2);

    fn plans() -> Vec<Plan> {
        SERVICES.map(|(arguments, _)| -> Plan { (arguments, "0", Vec::new()) }).into()
    }

    #[test]
    fn c5_services_end_well_while_no_broker_answers() {
        let mut broker = Broker::start();
        let address = broker.address();
        let deployment = deployment(&address);
        let mut runner = Runner::new(&deployment, ENVIRONMENT, plans());
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
        finish(runner, || log(&deployment, &address), &deployment);
    }

    #[test]
    fn c6_the_wire_to_the_broker_is_cut_and_slow() {
        let (broker, proxy) = Broker::start_behind_proxy();
        let address = broker.address();
        let deployment = deployment(&address);
        let mut runner = Runner::new(&deployment, ENVIRONMENT, plans());
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
        finish(runner, || log(&deployment, &address), &deployment);
    }
}
