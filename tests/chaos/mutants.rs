//! C4: the promise, broken on purpose in one way at a time (`services/wiredesk/src/failpoints.rs`). What checks the other
//! tests must notice each, or they prove nothing.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use pipeline::{Log, Step};

use super::{Death, ENVIRONMENT, Plan, Scale, binary, death, draw, is_whole, survive_in, up};
use crate::deployment::Deployment;

/// How long the lake may stand still before records are taken for lost.
const PATIENCE: Duration = Duration::from_secs(15);
/// How soon a process that stood still has made the commit that it must not make.
const DONE_MAX: Duration = Duration::from_secs(10);
/// How soon each must be noticed.
const NOTICED_MAX: Duration = Duration::from_secs(240);
/// Stories that are broken.
const STORIES: u32 = 600;

/// One way to break it, and how it shows.
struct Mutant {
    name: &'static str,
    plan: fn(&mut fastrand::Rng) -> Vec<Death>,
}

/// Commits that are undone are enough, and a few deaths.
fn few(draw: &mut fastrand::Rng) -> Vec<Death> {
    death::plan(&[], Scale { stories: 0, each_step: 0, any_time: 3, ends: 0 }, draw)
}

/// Dies at each step of these stages.
fn each_step(stages: &[&'static str], draw: &mut fastrand::Rng) -> Vec<Death> {
    death::plan(stages, Scale { stories: 0, each_step: 1, any_time: 0, ends: 0 }, draw)
}

/// Dies while the positions alone are committed: before it and after it the outputs are appended by themselves.
fn beside_positions(draw: &mut fastrand::Rng) -> Vec<Death> {
    let steps = [Step::AfterBegin, Step::AfterOffsets, Step::BeforeCommit, Step::MidCommit, Step::AfterCommit];
    steps.map(|step| Death::At { stage: "cleaner", step, count: draw.u32(1..=3) }).into()
}

const OFFSETS_BEFORE: Mutant = Mutant { name: "OffsetsBefore", plan: beside_positions };
const OFFSETS_AFTER: Mutant = Mutant { name: "OffsetsAfter", plan: beside_positions };
const NO_REWIND: Mutant = Mutant { name: "NoRewind", plan: few };
const OVERLAY_KEPT: Mutant = Mutant { name: "OverlayKept", plan: few };
const STORE_OFFSET_OUTSIDE: Mutant = Mutant {
    name: "StoreOffsetOutside",
    plan: |draw| death::plan(&["sink"], Scale { stories: 0, each_step: 1, any_time: 8, ends: 0 }, draw),
};

/// Runs what must be noticed: something is missing, there twice, or not as it was.
fn must_be_noticed(
    mutant: &Mutant,
    deployment: &Deployment,
    log: impl FnOnce() -> Arc<dyn Log>,
    plans: impl FnOnce(Vec<Death>) -> Vec<Plan>,
) {
    let since = Instant::now();
    let mut environment = ENVIRONMENT.to_vec();
    environment.push(("MUTANT", mutant.name));
    let plans = plans((mutant.plan)(&mut draw()));
    let broken = catch_unwind(AssertUnwindSafe(|| {
        survive_in(&environment, deployment, log, plans, STORIES, |runner| {
            runner.patience = PATIENCE;
            runner.refused_max = DONE_MAX;
            runner.may_end = true;
        });
    }));
    let why = broken.expect_err(&format!("{} was not noticed", mutant.name));
    let why = why.downcast_ref::<String>().map_or("", String::as_str);
    let is_finding = why.contains(" differences:") || why.contains(" rows are in the lake");
    assert!(is_finding, "{} ended otherwise: {why}", mutant.name);
    println!("{} was noticed after {:?}: {}", mutant.name, since.elapsed(), why.lines().next().unwrap_or_default());
    assert!(since.elapsed() < NOTICED_MAX, "{} took {:?}", mutant.name, since.elapsed());
}

#[test]
fn c4_broken_promises_are_noticed_on_the_embedded_log() {
    let mut mutants = vec![OFFSETS_BEFORE, OVERLAY_KEPT];
    if is_whole() {
        mutants.extend([OFFSETS_AFTER, NO_REWIND, STORE_OFFSET_OUTSIDE]);
    }
    for mutant in mutants {
        let deployment = Deployment::embedded().by(binary());
        must_be_noticed(&mutant, &deployment, || up::log(&deployment), |plan| vec![(&["up"], "0", plan)]);
    }
}

mod kafka {
    use super::super::broker::kafka::{SERVICES, deployment, log};
    use super::*;
    use crate::broker::brokers;

    const TABLE_OUTSIDE: Mutant = Mutant { name: "TableOutside", plan: |draw| each_step(&["enricher"], draw) };
    const READ_UNCOMMITTED: Mutant = Mutant {
        name: "ReadUncommitted",
        plan: |draw| {
            let steps = [Step::MidProduce, Step::AfterProduce, Step::AfterOffsets, Step::BeforeCommit];
            let steps = steps.into_iter().cycle().take(8);
            // What the cleaner writes twice the enricher drops as unchanged; what the enricher writes twice shows in the lake.
            steps.map(|step| Death::At { stage: "enricher", step, count: draw.u32(1..=3) }).collect()
        },
    };
    /// One that stands still before its commit has begun, and then commits as if it had just been assigned.
    const NEWEST_MEMBERSHIP: Mutant = Mutant {
        name: "NewestMembership",
        plan: |draw| {
            let still = |_| Death::Stop { stage: "cleaner", step: Step::AfterWork, count: draw.u32(2..=4) };
            (0..3).map(still).collect()
        },
    };

    /// Each on Apache Kafka; the service that its plan speaks of dies, the others live.
    #[test]
    #[ignore = "takes minutes: tests/run --chaos runs it"]
    fn c4_broken_promises_are_noticed() {
        let mutants = [
            (NEWEST_MEMBERSHIP, "cleaner"),
            (STORE_OFFSET_OUTSIDE, "sink"),
            (READ_UNCOMMITTED, "enricher"),
            (OFFSETS_BEFORE, "cleaner"),
            (OFFSETS_AFTER, "cleaner"),
            (NO_REWIND, "cleaner"),
            (TABLE_OUTSIDE, "enricher"),
            (OVERLAY_KEPT, "enricher"),
        ];
        for (mutant, dying) in mutants {
            let deployment = deployment(&brokers());
            let plans = |plan: Vec<Death>| {
                let mut plans: Vec<Plan> = Vec::new();
                for (arguments, stage) in SERVICES {
                    plans.push((arguments, "0", if stage == dying { plan.clone() } else { Vec::new() }));
                    // What takes over from one that stands still.
                    if plan.iter().any(|death| matches!(death, Death::Stop { stage: still, .. } if *still == stage)) {
                        plans.push((arguments, "1", Vec::new()));
                    }
                }
                plans
            };
            must_be_noticed(&mutant, &deployment, || log(&deployment, &brokers()), plans);
        }
    }
}
