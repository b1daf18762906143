//! `topics`: made, and checked.

use comfy_table::{Table, presets::NOTHING};
use pipeline::{LogError, RunError};

use super::{guest, print};
use crate::{
    cli::Topics,
    open::{problems, topics},
    settings::Config,
};

pub(super) fn run(config: &Config, command: &Topics) -> anyhow::Result<()> {
    let opened = guest(config)?;
    let log = &*opened.log;
    if let Topics::Create = command {
        log.create(&topics(config)).map_err(RunError::from)?;
        return print("every topic exists");
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(["topic", "partitions", "kept", "about"]);
    for info in log.topics().map_err(RunError::from)? {
        let about = schemas::TOPICS.iter().find(|spec| spec.name == info.name).map_or("", |spec| spec.about);
        let kept = if info.compacted { "last of each key" } else { "for its retention" };
        table.add_row([info.name.as_str(), &info.partitions.to_string(), kept, about]);
    }
    print(&table.to_string())?;
    let problems = problems(log).map_err(RunError::from)?;
    if problems.is_empty() {
        return print("nothing is wrong with them");
    }
    let list = problems.join("\n  - ");
    Err(RunError::from(LogError::Setup(format!("the log is set up wrong:\n  - {list}"))).into())
}
