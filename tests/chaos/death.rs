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
}

impl Death {
    /// What the process is told at its start.
    pub(crate) fn failpoints(&self) -> String {
        match self {
            Self::At { stage, step, count } => format!("{stage}/{step:?}:{count}:kill"),
            Self::Stop { stage, step, count } => format!("{stage}/{step:?}:{count}:stop"),
            Self::After(_) | Self::Term(_) => String::new(),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { stage, step, .. } => write!(f, "{stage} {step:?}"),
            Self::Stop { stage, step, .. } => write!(f, "{stage} stands still at {step:?}"),
            Self::After(_) => f.write_str("kill -9 at any time"),
            Self::Term(_) => f.write_str("SIGTERM"),
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

/// Deaths at each step of some stages and at any time, in the order of the seed.
pub(crate) fn plan(stages: &[&'static str], scale: Scale, draw: &mut fastrand::Rng) -> Vec<Death> {
    let mut plan = Vec::new();
    for stage in stages {
        for step in steps_of(stage) {
            for _ in 0..scale.each_step {
                // A table is read when its partitions come, once for each.
                let most = if step == Step::DuringRestore { 1 } else { 3 };
                plan.push(Death::At { stage, step, count: draw.u32(1..=most) });
            }
        }
    }
    let mut any = || Duration::from_millis(draw.u64(20..1_500));
    plan.extend((0..scale.any_time).map(|_| Death::After(any())));
    plan.extend((0..scale.ends).map(|_| Death::Term(any())));
    draw.shuffle(&mut plan);
    plan
}
