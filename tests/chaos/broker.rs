//! C1 to C3: services as processes of their own, on Apache Kafka.

pub(super) mod kafka {
    use std::{sync::Arc, time::Duration};

    use pipeline::{
        Health, Log, Step, Stop,
        kafka::{KafkaLog, KafkaSettings},
    };

    use super::super::{
        Death, ENVIRONMENT, Plan, SHORT_SESSION, Scale, binary, death, draw, scale, survive, survive_in,
    };
    use crate::{
        broker::{Broker, brokers},
        deployment::Deployment,
        support::kafka_settings,
    };

    /// The services that pass articles on: what they run as, and the stage in them.
    pub(in super::super) const SERVICES: [(&[&str], &str); 3] =
        [(&["cleaner"], "cleaner"), (&["enricher"], "enricher"), (&["sink"], "sink")];

    fn quickly() -> Vec<(&'static str, &'static str)> {
        ENVIRONMENT.iter().copied().chain([SHORT_SESSION]).collect()
    }

    /// Each of them once, and none dies.
    pub(in super::super) fn living() -> Vec<Plan> {
        SERVICES.map(|(arguments, _)| -> Plan { (arguments, "0", Vec::new()) }).into()
    }

    pub(in super::super) fn deployment(brokers: &str) -> Deployment {
        deployment_with(brokers, "")
    }

    /// The same with more settings.
    pub(in super::super) fn deployment_with(brokers: &str, settings: &str) -> Deployment {
        let deployment = Deployment::kafka_with(brokers, settings).by(binary());
        deployment.good(&["topics", "create"]);
        deployment
    }

    /// The log as a guest sees it.
    pub(in super::super) fn log(deployment: &Deployment, brokers: &str) -> Arc<dyn Log> {
        let settings = KafkaSettings { prefix: deployment.prefix().to_owned(), ..kafka_settings(brokers) };
        Arc::new(KafkaLog::new(settings, Health::default(), Stop::new()).unwrap())
    }

    #[test]
    fn c1_services_die_at_every_step() {
        let scale = scale(
            Scale { stories: 1_500, each_step: 1, any_time: 2, ends: 1 },
            Scale { stories: 30_000, each_step: 5, any_time: 25, ends: 14 },
        );
        let mut draw = draw();
        let deployment = deployment(&brokers());
        let plan = |(arguments, stage)| -> Plan {
            (arguments, "0", death::plan_with(&[Step::DuringAbort], &[stage], scale, &mut draw))
        };
        let plans = SERVICES.map(plan).into();
        survive_in(&quickly(), &deployment, || log(&deployment, &brokers()), plans, scale.stories, |_| {});
    }

    /// Two processes of each service: one comes and goes, so that partitions change hands, and the other dies while they do.
    #[test]
    fn c1_services_die_while_partitions_change_hands() {
        let scale = scale(
            Scale { stories: 600, each_step: 1, any_time: 0, ends: 3 },
            Scale { stories: 6_000, each_step: 5, any_time: 0, ends: 20 },
        );
        let mut draw = draw();
        let deployment = deployment(&brokers());
        let mut plans: Vec<Plan> = Vec::new();
        for (arguments, stage) in SERVICES {
            let death = Death::At { stage, step: Step::DuringRebalance, count: 1 };
            plans.push((arguments, "0", vec![death; scale.each_step as usize]));
            let ends = (0..scale.ends).map(|_| Death::Term(Duration::from_millis(draw.u64(1_000..4_000))));
            plans.push((arguments, "1", ends.collect()));
        }
        survive_in(&quickly(), &deployment, || log(&deployment, &brokers()), plans, scale.stories, |_| {});
    }

    /// Two processes of each service: while one stands still inside a commit, the other takes its partitions over, and what
    /// the first one then goes on with is refused.
    #[test]
    fn c2_zombies_are_refused() {
        let scale = scale(
            Scale { stories: 600, each_step: 1, any_time: 0, ends: 0 },
            Scale { stories: 6_000, each_step: 3, any_time: 0, ends: 0 },
        );
        let mut draw = draw();
        let deployment = deployment(&brokers());
        let mut plans: Vec<Plan> = Vec::new();
        for (arguments, stage) in SERVICES {
            let mut zombies = Vec::new();
            for step in [Step::AfterBegin, Step::BeforeCommit] {
                zombies.extend((0..scale.each_step).map(|_| Death::Stop { stage, step, count: draw.u32(1..=3) }));
            }
            plans.push((arguments, "0", zombies));
            plans.push((arguments, "1", Vec::new()));
        }
        survive(&deployment, || log(&deployment, &brokers()), plans, scale.stories, |runner| runner.may_end = true);
    }

    #[test]
    fn c3_the_broker_dies_under_the_services() {
        let scale = scale(
            Scale { stories: 1_500, each_step: 0, any_time: 3, ends: 0 },
            Scale { stories: 20_000, each_step: 0, any_time: 50, ends: 0 },
        );
        let mut draw = draw();
        let mut broker = Broker::start();
        let address = broker.address();
        let deployment = deployment(&address);
        survive(
            &deployment,
            || log(&deployment, &address),
            living(),
            scale.stories,
            |runner| {
                runner.may_end = true;
                for n in 0..scale.any_time {
                    // A broker that has just come back is of little use for its first seconds.
                    runner.feed_for(Duration::from_millis(draw.u64(1_000..6_000)));
                    if n % 2 == 0 {
                        broker.kill()
                    } else {
                        broker.end()
                    }
                    std::thread::sleep(Duration::from_millis(draw.u64(0..2_000)));
                    broker.resume();
                }
                println!("{} deaths of the broker", scale.any_time);
            },
        );
    }
}
