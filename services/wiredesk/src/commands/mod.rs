//! One file a command.

mod bench;
mod check;
mod clean;
mod dead_letters;
mod demo;
mod feeds;
mod import;
mod lake;
mod stages;
mod tail;
mod topics;

use std::{collections::BTreeMap, io::Write as _};

use pipeline::{Health, Stop};

use crate::{
    cli::{Cli, Command},
    logging,
    open::{As, Opened, open},
    service::Role,
    settings::{self, Config},
    terminal::Screen,
};

/// Input that a person has to mend.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadInput {
    /// Named on the command line, and not usable.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be read.
    #[error("{path}: {source}")]
    File {
        path: String,
        #[source]
        source: std::io::Error,
    },
    /// Some of the input was refused; the rest was taken.
    #[error("{refused} of {all} {what} were refused, each named above")]
    Some { refused: u64, all: u64, what: &'static str },
}

impl BadInput {
    /// sysexits.h: 64 usage, 65 data, 66 no input.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 64,
            Self::File { .. } => 66,
            Self::Some { .. } => 65,
        }
    }
}

/// Runs a command; the exit status where it did its work.
pub(crate) fn run(cli: Cli) -> anyhow::Result<u8> {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let config = settings::load(cli.config.as_deref(), &environment)?;
    let screen = Screen::new();
    logging::set_up(config.log_json, &config.log_level, &screen)?;
    match cli.command {
        Command::Up(up) => stages::up(config, screen, &up)?,
        Command::Fetcher => stages::one(config, screen, Role::Fetcher)?,
        Command::Cleaner => stages::one(config, screen, Role::Cleaner)?,
        Command::Enricher => stages::one(config, screen, Role::Enricher)?,
        Command::Sink => stages::one(config, screen, Role::Sink)?,
        Command::Import(import) => import::run(&config, &screen, &import)?,
        Command::Clean(clean) => clean::run(&config, &clean, &environment)?,
        Command::Tail(tail) => tail::run(&config, &tail)?,
        Command::DeadLetters(which) => dead_letters::run(&config, &which)?,
        Command::Topics(what) => topics::run(&config, &what)?,
        Command::Feeds(what) => feeds::run(&config, &what)?,
        Command::Lake(what) => lake::run(&config, &what)?,
        Command::Bench(what) => bench::run(config, &screen, &what)?,
        Command::Check(check) => check::run(&config, &check)?,
    }
    Ok(0)
}

/// A line on standard output; a reader that has left ends the command quietly.
fn print(line: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => Ok(other?),
    }
}

/// The log, for a command that appends or reads beside the owner; says so where it has to wait for it.
fn guest(config: &Config) -> anyhow::Result<Opened> {
    let opened = open(config, As::Guest, &Health::default(), &Stop::new())?;
    Ok(opened)
}
