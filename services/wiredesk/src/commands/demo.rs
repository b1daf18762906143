//! `up --demo`: a newsroom on loopback, and settings under which its news is in the lake within seconds.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use newsroom::Newsroom;
use schemas::{CanonicalUrl, Feed, FeedOrigin, Lang};

use crate::settings::{Config, Target};

/// The folder of the demo's log and lake, in that of the settings where they name one.
const FOLDER: &str = "wiredesk-demo";
/// What the newsroom publishes in a second, over all publications.
const ARTICLES_A_SECOND: f64 = 1.0;

/// The newsroom, for as long as the demo runs.
pub(super) struct Demo(Newsroom);

impl Demo {
    /// Opens the newsroom, and makes the settings those of a demo.
    pub(super) fn start(config: &mut Config) -> anyhow::Result<Self> {
        anyhow::ensure!(config.kafka.is_none(), "the demo runs on the embedded log: leave kafka.brokers out");
        let settings = newsroom::Settings { per_second: ARTICLES_A_SECOND, ..newsroom::Settings::default() };
        let newsroom = Newsroom::start(settings).context("the newsroom cannot listen on loopback")?;
        config.feeds = newsroom.publications().iter().filter_map(feed).collect();
        config.allow_private.push("127.0.0.0/8".parse()?);
        // A log and a lake of its own: the demo's feeds and articles have no business among real ones.
        let is_default = config.data == Path::new(crate::settings::DATA);
        config.data = if is_default { FOLDER.into() } else { config.data.join(FOLDER) };
        let lake = config.data.join("lake");
        match &mut config.target {
            Target::Lake(config) => config.settings.path = lake,
            Target::JsonLines => {}
        }
        // A newsroom of six is polled like one that matters, and its lake is looked at while it fills.
        let policy = &mut config.rules.policy;
        (policy.interval_mean, policy.interval_min) = (Duration::from_secs(2), Duration::from_secs(1));
        (policy.interval_max, policy.publisher_wait_max) = (Duration::from_secs(4), Duration::ZERO);
        (policy.backoff_min, policy.refetch_min) = (Duration::from_secs(2), Duration::from_secs(2));
        policy.first_poll_spacing = Duration::from_millis(50);
        config.rules.politeness.interval = Duration::from_millis(100);
        config.sink.limits.linger = Duration::from_secs(1);
        config.sink.limits.ceiling = Duration::from_secs(1);
        for publication in newsroom.publications() {
            tracing::info!("{} ({}) at {}", publication.name, publication.language, publication.home);
        }
        Ok(Self(newsroom))
    }

    /// What was published, and how to look at what came of it.
    pub(super) fn sum_up(&self, config: &Config) {
        tracing::info!("the newsroom: {}", self.0.summary());
        let Target::Lake(lake) = &config.target else { return };
        let lake = lake.settings.path.display();
        tracing::info!("the articles are in {lake}. To query them (docs/lake.md has more):");
        tracing::info!("  pip install duckdb deltalake pyarrow");
        tracing::info!(
            "  python3 -c \"import duckdb, deltalake; articles = deltalake.DeltaTable('{lake}').to_pyarrow_dataset(); \
             duckdb.sql('select language, title, revision, url from articles order by seen_at desc limit 20').show()\""
        );
    }
}

fn feed(publication: &newsroom::Publication) -> Option<Feed> {
    Some(Feed {
        publisher: Some(publication.name.clone()),
        language: Lang::parse(&publication.language).ok(),
        tags: vec!["demo".to_owned()],
        ..Feed::new(CanonicalUrl::parse(&publication.feed).ok()?, FeedOrigin::Settings)
    })
}
