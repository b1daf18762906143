//! Settings: what the file may say ([`mod@file`]), and what the program sees ([`Config`]). Everything is checked here, once,
//! before anything is opened.

mod environment;
mod fetch;
mod file;
mod near;

pub(crate) use near::nearest;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use fetcher::{Bodies, Client, FetchError, FetchLimits, Networks, Rules};
use ipnet::IpNet;
use pipeline::{DeadLetterLimit, Limits, kafka::KafkaSettings};

use schemas::Feed;
use sink::lake::LakeSettings;

use self::file::{File, SinkTarget, StageFile};

/// The annotated sample: the one list of all fields.
pub(crate) const SAMPLE: &str = include_str!("../../../../deploy/config/wiredesk.toml");

/// Where the log and the lake are, where nothing else is set.
pub(crate) const DATA: &str = "wiredesk-data";

/// Delta's own default for how long a table's log remembers which files were removed.
const VACUUM_RETENTION_HOURS_MAX: u64 = 168;

/// What the program sees.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) kafka: Option<KafkaConfig>,
    pub(crate) partitions: u32,
    pub(crate) retention: Duration,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) fetcher: StageConfig,
    pub(crate) rules: Rules,
    pub(crate) requests_max: usize,
    pub(crate) fetch_limits: FetchLimits,
    pub(crate) bodies: Bodies,
    pub(crate) cleaner: StageConfig,
    pub(crate) enricher: StageConfig,
    pub(crate) revisions_kept: Duration,
    pub(crate) sink: StageConfig,
    pub(crate) target: Target,
    pub(crate) user_agent: String,
    pub(crate) allow_private: Vec<IpNet>,
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) log_json: bool,
    pub(crate) log_level: String,
}

#[derive(Clone, Debug)]
pub(crate) struct KafkaConfig {
    pub(crate) settings: KafkaSettings,
    pub(crate) ordinal: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct StageConfig {
    pub(crate) workers: u32,
    pub(crate) limits: Limits,
    pub(crate) dead_letters: DeadLetterLimit,
}

/// Where the sink writes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Lake(LakeConfig),
    JsonLines,
}

#[derive(Clone, Debug)]
pub(crate) struct LakeConfig {
    pub(crate) settings: LakeSettings,
    /// Between two compactions; `None`: the sink makes none.
    pub(crate) compact_interval: Option<Duration>,
    /// Between two vacuums; `None`: the sink makes none.
    pub(crate) vacuum_interval: Option<Duration>,
    pub(crate) vacuum_retention: Duration,
}

impl Config {
    /// The guarded client that the settings describe.
    pub(crate) fn client(&self) -> Result<Client, FetchError> {
        let networks = Networks::public_and(self.allow_private.clone());
        Client::new(&self.user_agent, networks, self.fetch_limits.clone())
    }
}

/// What is wrong with the settings; exit 64.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SettingsError(pub(crate) String);

/// Reads the file, lets `WIREDESK_*` win over it, and checks.
///
/// # Errors
/// Names the field, its line or variable, and what it could have been.
pub(crate) fn load(path: Option<&Path>, environment: &BTreeMap<String, String>) -> Result<Config, SettingsError> {
    let (name, text) = match path {
        None => ("the defaults".to_owned(), String::new()),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| SettingsError(format!("settings file {}: {error}", path.display())))?;
            (path.display().to_string(), text)
        }
    };
    parse(&name, &text, environment)
}

fn parse(name: &str, text: &str, environment: &BTreeMap<String, String>) -> Result<Config, SettingsError> {
    // Read as it stands first: only then does an error know its line.
    toml::from_str::<File>(text).map_err(|error| SettingsError(near::in_file(name, text, &error)))?;
    let mut table: toml::Table = text.parse().map_err(|error| SettingsError(near::in_file(name, text, &error)))?;
    if let Some(secret) = secret_in(&table) {
        return Err(SettingsError(format!(
            "{name}: kafka.client.{secret} is a secret and comes from the environment only: set {}",
            environment::client_variable(secret)
        )));
    }
    environment::apply(&mut table, environment)?;
    let file: File = table.try_into().map_err(|error: toml::de::Error| {
        SettingsError(format!("{name} with the environment: {}", near::with_hint(error.message())))
    })?;
    check(file)
}

/// Client settings that must not stand in a file.
fn secret_in(table: &toml::Table) -> Option<&'static str> {
    let client = table.get("kafka")?.get("client")?.as_table()?;
    ["sasl.password", "ssl.key.password", "ssl.keystore.password", "sasl.oauthbearer.client.secret"]
        .into_iter()
        .find(|name| client.contains_key(*name))
}

fn check(file: File) -> Result<Config, SettingsError> {
    let wrong = |field: &str, must: &str| Err(SettingsError(format!("{field} must be {must}")));
    if !(1..=1024).contains(&file.topics.partitions) {
        return wrong("topics.partitions", "from 1 to 1024");
    }
    if file.topics.retention_hours == 0 || file.enricher.revisions_kept_days == 0 {
        return wrong("topics.retention_hours and enricher.revisions_kept_days", "at least 1");
    }
    if !(10..=3_600_000).contains(&file.sink.interval_ms) {
        return wrong("sink.interval_ms", "from 10 to 3600000");
    }
    if file.sink.checkpoint_commits == 0 {
        return wrong("sink.checkpoint_commits", "at least 1");
    }
    if !(1..=VACUUM_RETENTION_HOURS_MAX).contains(&file.sink.vacuum_retention_hours) {
        return wrong(
            "sink.vacuum_retention_hours",
            "from 1 to 168, as long as the table's log remembers removed files",
        );
    }
    let kafka = kafka(&file)?;
    let listen = match file.http.listen.as_str() {
        "" => None,
        text => match text.parse() {
            Ok(address) => Some(address),
            Err(_) => return wrong("http.listen", "an address and a port, such as 127.0.0.1:7070, or empty"),
        },
    };
    let allow_private = networks(&file.fetch.allow_private)?;
    let contact = file.fetch.contact.trim();
    if contact.len() > 200 || contact.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return wrong("fetch.contact", "an address or a URL in plain characters");
    }
    let version = env!("CARGO_PKG_VERSION");
    let user_agent =
        if contact.is_empty() { format!("wiredesk/{version}") } else { format!("wiredesk/{version} (+{contact})") };
    let sink_limits = Limits {
        records_max: file.sink.batch_records_max,
        bytes_max: file.sink.batch_bytes_max,
        ..Limits::sink(Duration::from_millis(file.sink.interval_ms))
    };
    let target = match file.sink.to {
        SinkTarget::JsonLines => Target::JsonLines,
        SinkTarget::Lake => Target::Lake(lake(&file)),
    };
    let fetch_limits = fetch::client(&file.fetch)?;
    Ok(Config {
        feeds: fetch::feeds(&file.feeds)?,
        fetcher: stage("fetcher", &file.fetcher.stage(), Limits::STAGE)?,
        rules: fetch::rules(&file.fetcher, fetch_limits.total)?,
        requests_max: file.fetcher.requests_max,
        fetch_limits,
        bodies: fetch::bodies(&file.fetch)?,
        cleaner: stage("cleaner", &file.cleaner, Limits::STAGE)?,
        enricher: stage("enricher", &file.enricher.stage(), Limits::STAGE)?,
        sink: stage("sink", &file.sink.stage(), sink_limits)?,
        revisions_kept: Duration::from_secs(file.enricher.revisions_kept_days * 24 * 3600),
        target,
        user_agent,
        allow_private,
        listen,
        partitions: file.topics.partitions,
        retention: Duration::from_secs(file.topics.retention_hours * 3600),
        log_json: file.log.format == file::LogFormat::Json,
        log_level: file.log.level,
        data: file.data,
        kafka,
    })
}

fn lake(file: &File) -> LakeConfig {
    let sink = &file.sink;
    let every = |seconds: u64| (seconds > 0).then(|| Duration::from_secs(seconds));
    LakeConfig {
        settings: LakeSettings {
            path: if sink.lake.as_os_str().is_empty() { file.data.join("lake") } else { sink.lake.clone() },
            checkpoint_commits: sink.checkpoint_commits,
            log_retention: Duration::from_secs(sink.log_retention_hours * 3600),
        },
        compact_interval: every(sink.compact_interval_s),
        vacuum_interval: every(sink.vacuum_interval_s),
        vacuum_retention: Duration::from_secs(sink.vacuum_retention_hours * 3600),
    }
}

fn networks(texts: &[String]) -> Result<Vec<IpNet>, SettingsError> {
    let read = |text: &String| {
        let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
        text.parse::<IpNet>().or_else(|_| address()).map_err(|_| {
            SettingsError(format!("fetch.allow_private must list networks such as 10.1.0.0/16, not {text:?}"))
        })
    };
    texts.iter().map(read).collect()
}

fn stage(name: &str, stage: &StageFile, limits: Limits) -> Result<StageConfig, SettingsError> {
    let within = |field: &str, value: usize, range: std::ops::RangeInclusive<usize>| match range.contains(&value) {
        true => Ok(()),
        false => Err(SettingsError(format!("{name}.{field} must be from {} to {}", range.start(), range.end()))),
    };
    within("workers", stage.workers as usize, 1..=64)?;
    within("batch_records_max", stage.batch_records_max, 1..=100_000)?;
    within("batch_bytes_max", stage.batch_bytes_max, 1 << 16..=256 << 20)?;
    within("dead_letters_in_row_max", stage.dead_letters_in_row_max as usize, 1..=1_000_000_000)?;
    let limits = Limits { records_max: stage.batch_records_max, bytes_max: stage.batch_bytes_max, ..limits };
    let dead_letters = DeadLetterLimit { in_a_row_max: stage.dead_letters_in_row_max };
    Ok(StageConfig { workers: stage.workers, limits, dead_letters })
}

fn kafka(file: &File) -> Result<Option<KafkaConfig>, SettingsError> {
    let kafka = &file.kafka;
    if kafka.brokers.trim().is_empty() {
        return Ok(None);
    }
    let has_port = |broker: &str| broker.trim().rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if !kafka.brokers.split(',').all(has_port) {
        return Err(SettingsError("kafka.brokers must be host:port, several parted by commas".to_owned()));
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if kafka.prefix.len() > 100 || !kafka.prefix.chars().all(legal) {
        return Err(SettingsError("kafka.prefix must be at most 100 of the characters a-z A-Z 0-9 . _ -".to_owned()));
    }
    let settings = KafkaSettings {
        brokers: kafka.brokers.trim().to_owned(),
        prefix: kafka.prefix.clone(),
        session_timeout: Duration::from_millis(kafka.session_timeout_ms),
        transaction_timeout: Duration::from_millis(kafka.transaction_timeout_ms),
        replication: kafka.replication,
        client: kafka.client.clone(),
        committed_only: crate::planted::committed_only(),
    };
    Ok(Some(KafkaConfig { settings, ordinal: kafka.ordinal }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        parse("w.toml", text, &environment).map_err(|error| error.0)
    }

    #[test]
    fn the_sample_holds_every_field_at_its_default() {
        let sample: toml::Table = SAMPLE.parse().unwrap();
        let defaults = toml::Table::try_from(File::default()).unwrap();
        assert_eq!(sample, defaults, "deploy/config/wiredesk.toml must list every field with its default");
        read(SAMPLE, &[]).unwrap();
        let undocumented: Vec<_> = SAMPLE
            .lines()
            .zip(SAMPLE.lines().skip(1))
            .filter(|(before, line)| line.contains(" = ") && !line.starts_with('#') && !before.starts_with('#'))
            .collect();
        assert!(undocumented.is_empty(), "without a comment above: {undocumented:?}");
    }

    #[test]
    fn the_sample_of_feeds_is_read() {
        let config = read(include_str!("../../../../deploy/config/feeds.toml"), &[]).unwrap();
        let [first, second] = config.feeds.as_slice() else { panic!("{:?}", config.feeds) };
        assert_eq!((first.limits.interval_s_min, first.limits.weight, second.paused), (Some(300), Some(2.0), true));
    }

    #[test]
    fn an_unknown_field_is_named_with_its_line_and_its_neighbour() {
        let error = read("[cleaner]\nworkers = 2\nbatch_record_max = 5\n", &[]).unwrap_err();
        for part in ["w.toml", "line 3", "batch_record_max", "did you mean batch_records_max?"] {
            assert!(error.contains(part), "{part} in {error}");
        }
        let error = read("[cleaner]\nworkers = \"two\"\n", &[]).unwrap_err();
        assert!(error.contains("line 2") && error.contains("workers"), "{error}");
    }

    #[test]
    fn the_environment_wins_and_is_checked_too() {
        let config = read("[cleaner]\nworkers = 2\n", &[("WIREDESK_CLEANER_WORKERS", "3"), ("HOME", "/")]).unwrap();
        assert_eq!(config.cleaner.workers, 3);
        let config =
            read("", &[("WIREDESK_KAFKA_BROKERS", "b:9092"), ("WIREDESK_KAFKA_CLIENT_SASL_PASSWORD", "s3cret")])
                .unwrap();
        let kafka = config.kafka.unwrap();
        assert_eq!(kafka.settings.client["sasl.password"], "s3cret");
        assert!(!format!("{kafka:?}").contains("s3cret"));
        for (name, value, part) in [
            ("WIREDESK_CLEANER_WORKER", "3", "did you mean WIREDESK_CLEANER_WORKERS?"),
            ("WIREDESK_CLEANER_WORKERS", "many", "WIREDESK_CLEANER_WORKERS must be a whole number"),
            ("WIREDESK_CLEANER_WORKERS", "0", "cleaner.workers must be from 1 to 64"),
        ] {
            let error = read("", &[(name, value)]).unwrap_err();
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn secrets_do_not_stand_in_the_file() {
        let error =
            read("[kafka]\nbrokers = \"b:9092\"\n[kafka.client]\n\"sasl.password\" = \"x\"\n", &[]).unwrap_err();
        assert!(error.contains("WIREDESK_KAFKA_CLIENT_SASL_PASSWORD"), "{error}");
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (text, part) in [
            ("[topics]\npartitions = 0", "topics.partitions"),
            ("[sink]\ninterval_ms = 1", "sink.interval_ms"),
            ("[sink]\nvacuum_retention_hours = 0", "sink.vacuum_retention_hours"),
            ("[sink]\nvacuum_retention_hours = 169", "sink.vacuum_retention_hours"),
            ("[http]\nlisten = \"nowhere\"", "http.listen"),
            ("[fetcher]\nfirst_poll = \"some\"", "fetcher.first_poll"),
            ("[fetcher]\npoll_interval_s = 1", "fetcher.poll_interval_s"),
            ("[fetch]\nports = []", "fetch.ports"),
            ("[[feeds]]\nurl = \"ftp://a.example/\"", "ftp://a.example/"),
            ("[[feeds]]\nurl = \"http://a.example/\"\n[[feeds]]\nurl = \"http://a.example/#x\"", "listed once"),
            ("[[feeds]]\nurl = \"http://a.example/\"\nlanguage = \"klingon\"", "language"),
            ("[kafka]\nbrokers = \"b\"", "kafka.brokers"),
            ("[kafka]\nbrokers = \"b:1\"\nprefix = \"a/b\"", "kafka.prefix"),
        ] {
            let error = read(text, &[]).unwrap_err();
            assert!(error.contains(part), "{part} in {error}");
        }
    }
}
