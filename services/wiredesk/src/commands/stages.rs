//! `up`, and each stage alone.

use std::thread;

use anyhow::Context as _;

use super::{BadInput, demo::Demo, feeds, import};
use crate::{
    cli::Up,
    open::{As, open, ready},
    service::{Role, Service},
    settings::{Config, Target},
    terminal::Screen,
};

/// Runs all stages in this process.
pub(super) fn up(mut config: Config, screen: Screen, up: &Up) -> anyhow::Result<()> {
    let demo = if up.demo { Some(Demo::start(&mut config)?) } else { None };
    let mut service = Service::new(config, screen)?;
    for path in &up.import {
        path.metadata().map_err(|source| BadInput::File { path: path.display().to_string(), source })?;
    }
    let opened = open(&service.config, As::Owner, &service.health, &service.stop)?;
    service.serve()?;
    if !ready(&*opened.log, &service.health, &service.stop)? {
        return Ok(());
    }
    feeds::keep_settings(&*opened.log, &service.config.feeds)?;
    let importing = (!up.import.is_empty()).then(|| {
        let (log, paths) = (std::sync::Arc::clone(&opened.log), up.import.clone());
        let (screen, stop) = (service.screen.clone(), service.stop.clone());
        thread::spawn(move || {
            match import::paths(&*log, &screen, &stop, &paths, None) {
                Ok(counts) => tracing::info!("{counts}; Ctrl-C stops"),
                Err(error) => tracing::error!("import: {error:#}"),
            };
        })
    });
    let result = service.run(&opened, &Role::ALL);
    if let Some(importing) = importing {
        let _ = importing.join();
    }
    result?;
    if let Some(demo) = &demo {
        demo.sum_up(&service.config);
    } else if let Target::Lake(lake) = &service.config.target {
        let path = lake.settings.path.display();
        tracing::info!("the articles are in {path}; docs/lake.md shows how to query them");
    }
    Ok(())
}

/// Runs one stage.
pub(super) fn one(config: Config, screen: Screen, role: Role) -> anyhow::Result<()> {
    if config.kafka.is_none() {
        let hint = "without kafka.brokers the log is embedded and has one owner: run all stages with `wiredesk up`";
        return Err(BadInput::Usage(hint.to_owned())).context(role.name());
    }
    let mut service = Service::new(config, screen)?;
    service.serve()?;
    let opened = open(&service.config, As::Owner, &service.health, &service.stop)?;
    if !ready(&*opened.log, &service.health, &service.stop)? {
        return Ok(());
    }
    if role == Role::Fetcher {
        feeds::keep_settings(&*opened.log, &service.config.feeds)?;
    }
    Ok(service.run(&opened, &[role])?)
}
