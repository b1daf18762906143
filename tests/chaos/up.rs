//! C7: the embedded log, under one process.

use std::sync::Arc;

use pipeline::{Clock, Health, Log, embedded::EmbeddedLog};

use super::{Scale, binary, death, draw, scale, survive};
use crate::deployment::Deployment;

/// The log as a guest sees it.
pub(super) fn log(deployment: &Deployment) -> Arc<dyn Log> {
    Arc::new(EmbeddedLog::open(&deployment.data(), Clock::system(), Health::default()).unwrap())
}

#[test]
fn c7_up_dies_at_every_step_on_the_embedded_log() {
    let scale = scale(
        Scale { stories: 1_500, each_step: 1, any_time: 4, ends: 2 },
        Scale { stories: 30_000, each_step: 4, any_time: 40, ends: 10 },
    );
    let deployment = Deployment::embedded().by(binary());
    let plan = death::plan(&["cleaner", "enricher", "sink"], scale, &mut draw());
    survive(&deployment, || log(&deployment), vec![(&["up"], "0", plan)], scale.stories, |_| {});
}
