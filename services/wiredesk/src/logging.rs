//! Logs: text for people or JSON for machines, on standard error, beside the live lines of the terminal.

use std::io::{self, IsTerminal as _, Write};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{settings::SettingsError, terminal::Screen};

/// Sets up logging for the whole process, and has panics logged.
pub(crate) fn set_up(json: bool, level: &str, screen: &Screen) -> Result<(), SettingsError> {
    // The lake's library tells every snapshot at info; who wants to hear it says so by its name.
    let filter = EnvFilter::try_new(format!("delta_kernel=warn,{level}"))
        .map_err(|error| SettingsError(format!("log.level {level:?}: {error}")))?;
    let writer = BesideScreen(screen.clone());
    let registry = tracing_subscriber::registry().with(filter);
    let set = if json {
        registry.with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(writer)).try_init()
    } else {
        let ansi = io::stderr().is_terminal();
        registry
            .with(tracing_subscriber::fmt::layer().with_ansi(ansi).with_target(false).with_writer(writer))
            .try_init()
    };
    if set.is_err() {
        return Err(SettingsError("logging is set up already".to_owned()));
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        let said = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "panic: {said}");
    }));
    Ok(())
}

/// The last word of a command that failed: the whole chain of causes, once.
pub(crate) fn say_error(error: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    // Nobody is left to hear that standard error is gone.
    let _ = writeln!(stderr, "wiredesk: {error:#}");
}

/// Writes whole lines above the live ones.
#[derive(Clone)]
struct BesideScreen(Screen);

impl<'a> MakeWriter<'a> for BesideScreen {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line { screen: &self.0, line: Vec::new() }
    }
}

struct Line<'a> {
    screen: &'a Screen,
    line: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.screen.above(|| drop(io::stderr().lock().write_all(&self.line)));
    }
}
