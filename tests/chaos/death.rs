//! How a process of a chaos test ends.

use std::{fmt, time::Duration};

use pipeline::Step;

use super::Scale;

/// Steps that stages meet on their way from poll to commit, on every log.
const STEPS: [Step; 9] = [
    Step::AfterPoll,
    Step::AfterWork,
    Step::AfterBegin,
    Step::MidProduce,
    Step::AfterProduce,
    Step::AfterOffsets,
    Step::BeforeCommit,
    Step::MidCommit,
    Step::AfterCommit,
];

/// One end.
#[derive(Clone, Debug)]
pub(crate) enum Death {
    /// kill -9 by the process itself, when a stage has met a step so often.
    At { stage: &'static str, step: Step, count: u32 },
    /// SIGSTOP at a step, for longer than a session; then it goes on, and is refused.
    Stop { stage: &'static str, step: Step, count: u32 },
    /// kill -9 from outside, so long after the start.
    After(Duration),
    /// SIGTERM, so long after the start; it must end well.
    Term(Duration),
    /// SIGTERM, so long after the start, and kill -9 by the process itself while a stage drains.
    Drain { stage: &'static str, after: Duration },
}

impl Death {
    /// What the process is told at its start.
    pub(crate) fn failpoints(&self) -> String {
        match self {
            Self::At { stage, step, count } => format!("{stage}/{step:?}:{count}:kill"),
            Self::Stop { stage, step, count } => format!("{stage}/{step:?}:{count}:stop"),
            Self::Drain { stage, .. } => format!("{stage}/{:?}:1:kill", Step::DuringDrain),
            Self::After(_) | Self::Term(_) => String::new(),
        }
    }

    /// Which commits are undone, where the death needs more of them than there are anyway.
    pub(crate) fn aborts(&self) -> Option<&'static str> {
        matches!(self, Self::At { step: Step::DuringAbort, .. }).then_some("2")
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { stage, step, .. } => write!(f, "{stage} {step:?}"),
            Self::Stop { stage, step, .. } => write!(f, "{stage} stands still at {step:?}"),
            Self::After(_) => f.write_str("kill -9 at any time"),
            Self::Term(_) => f.write_str("SIGTERM"),
            Self::Drain { stage, .. } => write!(f, "{stage} {:?}", Step::DuringDrain),
        }
    }
}

/// The steps that a stage has: those of all, and its own.
fn steps_of(stage: &str) -> Vec<Step> {
    let mut steps = STEPS.to_vec();
    match stage {
        "fetcher" => steps.extend([Step::DuringRestore, Step::AfterTake]),
        "enricher" => steps.push(Step::DuringRestore),
        "sink" => {
            steps.retain(|step| !matches!(step, Step::MidProduce | Step::AfterProduce));
            steps.push(Step::AfterStoreWrite);
        }
        _ => {}
    }
    steps
}

/// Deaths at each step of some stages, while they drain and at any time, in the order of the seed.
pub(crate) fn plan(stages: &[&'static str], scale: Scale, draw: &mut fastrand::Rng) -> Vec<Death> {
    plan_with(&[], stages, scale, draw)
}

/// The same with steps that only one of the logs has.
pub(crate) fn plan_with(more: &[Step], stages: &[&'static str], scale: Scale, draw: &mut fastrand::Rng) -> Vec<Death> {
    let mut plan = Vec::new();
    for stage in stages {
        for step in steps_of(stage).iter().chain(more) {
            for _ in 0..scale.each_step {
                // A table is read when its partitions come, once for each, and few commits are undone.
                let most = if matches!(step, Step::DuringRestore | Step::DuringAbort) { 1 } else { 3 };
                plan.push(Death::At { stage, step: *step, count: draw.u32(1..=most) });
            }
        }
    }
    let mut any = || Duration::from_millis(draw.u64(20..1_500));
    plan.extend((0..scale.any_time).map(|_| Death::After(any())));
    plan.extend((0..scale.ends).map(|_| Death::Term(any())));
    for stage in stages {
        plan.extend((0..scale.ends.min(scale.each_step)).map(|_| Death::Drain { stage, after: any() }));
    }
    draw.shuffle(&mut plan);
    plan
}
