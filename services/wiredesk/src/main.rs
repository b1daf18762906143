//! The one binary: `wiredesk up` runs everything in one process, and each stage has a command of its own.

mod cli;
mod commands;
mod http;
mod logging;
mod open;
#[cfg_attr(feature = "failpoints", path = "failpoints.rs")]
mod planted;
mod service;
mod settings;
mod terminal;
mod upkeep;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{cli::Cli, settings::SettingsError};

/// Gives freed memory back soon, whichever thread has freed it (`docs/decisions/memory.md`).
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let code = exit_code(&error);
            tracing::debug!("exit status {code}");
            logging::say_error(&error);
            ExitCode::from(code)
        }
    }
}

/// The exit status of an error (sysexits.h): 64 mend the settings, 65 mend the input, 70 a bug, 74 look at the data,
/// 75 start again.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<SettingsError>() {
        return 64;
    }
    if let Some(error) = error.downcast_ref::<pipeline::RunError>() {
        return error.exit_code();
    }
    if let Some(error) = error.downcast_ref::<commands::BadInput>() {
        return error.exit_code();
    }
    1
}
