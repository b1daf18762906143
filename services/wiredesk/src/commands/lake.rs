//! `lake`: how it stands, small files joined, unneeded ones deleted. All of it may run beside a sink.

use std::{io, time::Duration};

use comfy_table::{Table, presets::NOTHING};
use pipeline::{Clock, Stop};
use sink::lake::{Contents, Entry, Files, RETENTION_MIN, Status};

use super::{BadInput, print};
use crate::{
    cli::Lake,
    settings::{Config, LakeConfig, Target},
    upkeep::{self, size},
};

pub(super) fn run(config: &Config, command: &Lake) -> anyhow::Result<()> {
    let Target::Lake(lake) = &config.target else {
        return Err(BadInput::Usage("there is no lake: sink.to says json-lines".to_owned()).into());
    };
    match command {
        Lake::Status { json: true } => print(&serde_json::to_string_pretty(&status(lake)?)?),
        Lake::Status { json: false } => show(&status(lake)?),
        Lake::Compact => {
            let done = upkeep::compact(lake, &Stop::new())?.ok_or_else(|| missing(lake))?;
            print(&if done.files == 0 { "no files to join".to_owned() } else { upkeep::joined(&done) })
        }
        Lake::Vacuum { retention, dry_run, force } => {
            let retention =
                retention.map_or(lake.vacuum_retention, |hours| Duration::from_secs(hours.saturating_mul(3_600)));
            if retention < RETENTION_MIN && !force {
                let why =
                    "with a retention below 1 hour, whoever reads the lake now may find files missing; --force does it";
                return Err(BadInput::Usage(why.to_owned()).into());
            }
            let done = upkeep::vacuum(lake, retention, *dry_run, &Stop::new())?.ok_or_else(|| missing(lake))?;
            if !dry_run {
                return print(&upkeep::deleted(&done));
            }
            for (path, bytes) in &done.files {
                print(&format!("{} ({})", path.display(), size(*bytes)))?;
            }
            print(&format!("{} files ({}) would be deleted", done.files.len(), size(done.bytes())))
        }
    }
}

/// How the lake stands.
fn status(lake: &LakeConfig) -> anyhow::Result<Status> {
    let status = Status::of(&lake.settings.path, lake.vacuum_retention, Clock::system().now());
    Ok(status.map_err(upkeep::run_error)?.ok_or_else(|| missing(lake))?)
}

fn missing(lake: &LakeConfig) -> BadInput {
    let source = io::Error::new(io::ErrorKind::NotFound, "there is no lake here; the sink makes it when it starts");
    BadInput::File { path: lake.settings.path.display().to_string(), source }
}

fn show(status: &Status) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let mut row = |name: &str, text: String| {
        table.add_row([name.to_owned(), text]);
    };
    row("lake", status.path.display().to_string());
    if let Some(refused) = &status.refused {
        row("refused", refused.clone());
    }
    if let Some(contents) = &status.contents {
        for (name, text) in lines(contents) {
            row(&name, text);
        }
    }
    let entries = |oldest: Option<Entry>, newest: Option<Entry>| match (oldest, newest) {
        (Some(oldest), Some(newest)) => {
            format!("{} ({}) to {} ({})", oldest.version, oldest.at, newest.version, newest.at)
        }
        _ => "none".to_owned(),
    };
    row("commits", entries(status.oldest_commit, status.newest_commit));
    row("checkpoints", entries(status.oldest_checkpoint, status.newest_checkpoint));
    row("on disk", files(status.on_disk));
    print(&table.to_string())
}

fn lines(contents: &Contents) -> Vec<(String, String)> {
    let rows = contents.rows.map_or_else(|| "not known".to_owned(), |rows| rows.to_string());
    let mut lines = vec![
        ("version".to_owned(), contents.version.to_string()),
        ("rows".to_owned(), rows),
        ("days".to_owned(), contents.days.to_string()),
        ("files".to_owned(), files(contents.live)),
    ];
    for class in contents.sizes.iter().filter(|class| class.live.files > 0) {
        let bound = class.bytes_below.map_or_else(|| "larger".to_owned(), |bytes| format!("below {}", size(bytes)));
        lines.push((format!("  {bound}"), files(class.live)));
    }
    let joined = match contents.to_join.files {
        0 => "no files".to_owned(),
        _ => format!("{} into {}", files(contents.to_join), contents.to_become),
    };
    lines.push(("to compact".to_owned(), joined));
    lines.push(("removed".to_owned(), format!("{} files that the log remembers", contents.tombstones)));
    if contents.missing > 0 {
        lines.push(("missing".to_owned(), format!("{} files: the lake is damaged", contents.missing)));
    }
    lines.push(("unneeded".to_owned(), files(contents.unneeded)));
    lines.push(("to vacuum".to_owned(), files(contents.to_vacuum)));
    for position in &contents.positions {
        lines.push(("position".to_owned(), format!("{} next {}", position.source, position.next)));
    }
    lines
}

fn files(files: Files) -> String {
    format!("{} ({})", files.files, size(files.bytes))
}
