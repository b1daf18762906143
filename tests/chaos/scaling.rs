//! C8: workers come and go under load, and a binary with one more field in its records takes over, process by process.

pub(super) mod kafka {
    use std::time::Duration;

    use super::super::{
        ENVIRONMENT, Runner,
        broker::kafka::{SERVICES, deployment, living, log},
        finish, is_whole,
    };
    use crate::broker::brokers;

    /// Workers of each stage, one after the other; each is a process of its own.
    const ORDINALS: [&str; 4] = ["0", "1", "2", "3"];
    /// No stop is longer than a session and a transaction time-out together: 6 s and 60 s. This is a tenth of that, and what
    /// a rebalance may take on two busy cores.
    const STOP_MAX: Duration = Duration::from_secs(20);

    #[test]
    fn c8_workers_come_and_go_and_a_newer_binary_takes_over() {
        let time = Duration::from_secs(if is_whole() { 30 } else { 4 });
        let deployment = deployment(&brokers());
        let mut environment = ENVIRONMENT.to_vec();
        environment.extend([
            ("WIREDESK_CLEANER_WORKERS", "1"),
            ("WIREDESK_ENRICHER_WORKERS", "1"),
            ("WIREDESK_SINK_WORKERS", "1"),
        ]);
        let mut runner = Runner::new(&deployment, &environment, living());
        runner.feed_for(time);
        for ordinal in &ORDINALS[1..] {
            SERVICES.iter().for_each(|(arguments, _)| runner.add(arguments, ordinal));
        }
        runner.feed_for(time);
        for ordinal in &ORDINALS[2..] {
            SERVICES.iter().for_each(|(arguments, _)| runner.remove(arguments, ordinal));
        }
        runner.feed_for(time);
        // Each process is replaced by one of a release whose records have a field that the others do not know.
        let newer: Vec<_> = environment.iter().copied().chain([("FIELD", "read_aloud")]).collect();
        runner.environment(&newer);
        for ordinal in &ORDINALS[..2] {
            for (arguments, _) in SERVICES {
                runner.remove(arguments, ordinal);
                runner.add(arguments, ordinal);
                runner.feed_for(time / 6);
            }
        }
        runner.feed_for(time);
        let longest = finish(runner, &deployment, || log(&deployment, &brokers()));
        assert!(longest < STOP_MAX, "{longest:?} without a row");
    }
}
