//! What the settings file may say. Field names end in their unit or bound; deploy/config/wiredesk.toml explains each.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use fetcher::{Bodies, FetchLimits};
use pipeline::{Limits, kafka::KafkaSettings};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) data: PathBuf,
    pub(super) feeds: Vec<FeedFile>,
    pub(super) topics: TopicsFile,
    pub(super) fetcher: FetcherFile,
    pub(super) cleaner: StageFile,
    pub(super) enricher: EnricherFile,
    pub(super) sink: SinkFile,
    pub(super) fetch: FetchFile,
    pub(super) http: HttpFile,
    pub(super) log: LogFile,
    pub(super) kafka: KafkaFile,
}

impl Default for File {
    fn default() -> Self {
        Self {
            data: PathBuf::from(super::DATA),
            feeds: Vec::new(),
            topics: TopicsFile::default(),
            fetcher: FetcherFile::default(),
            cleaner: StageFile::default(),
            enricher: EnricherFile::default(),
            sink: SinkFile::default(),
            fetch: FetchFile::default(),
            http: HttpFile::default(),
            log: LogFile::default(),
            kafka: KafkaFile::default(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TopicsFile {
    pub(super) partitions: u32,
    pub(super) retention_hours: u64,
}

impl Default for TopicsFile {
    fn default() -> Self {
        Self { partitions: 4, retention_hours: 168 }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct StageFile {
    pub(super) workers: u32,
    pub(super) batch_records_max: usize,
    pub(super) batch_bytes_max: usize,
    pub(super) dead_letters_in_row_max: u32,
}

impl Default for StageFile {
    fn default() -> Self {
        let Limits { records_max, bytes_max, .. } = Limits::STAGE;
        Self { workers: 2, batch_records_max: records_max, batch_bytes_max: bytes_max, dead_letters_in_row_max: 1_000 }
    }
}

/// A stage's own fields beside those that every stage has; spelled out rather than flattened, so that a typo lists the
/// names that it could have been.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EnricherFile {
    pub(super) workers: u32,
    pub(super) batch_records_max: usize,
    pub(super) batch_bytes_max: usize,
    pub(super) dead_letters_in_row_max: u32,
    pub(super) revisions_kept_days: u64,
}

impl Default for EnricherFile {
    fn default() -> Self {
        let StageFile { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max } = StageFile::default();
        Self { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max, revisions_kept_days: 180 }
    }
}

impl EnricherFile {
    pub(super) fn stage(&self) -> StageFile {
        let Self { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max, .. } = *self;
        StageFile { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SinkFile {
    pub(super) workers: u32,
    pub(super) batch_records_max: usize,
    pub(super) batch_bytes_max: usize,
    pub(super) dead_letters_in_row_max: u32,
    pub(super) to: SinkTarget,
    pub(super) lake: PathBuf,
    pub(super) interval_ms: u64,
    pub(super) checkpoint_commits: u64,
    pub(super) log_retention_hours: u64,
    pub(super) compact_interval_s: u64,
    pub(super) vacuum_interval_s: u64,
    pub(super) vacuum_retention_hours: u64,
}

impl Default for SinkFile {
    fn default() -> Self {
        let interval_ms = 5_000;
        let Limits { records_max, bytes_max, .. } = Limits::sink(Duration::from_millis(interval_ms));
        Self {
            workers: 1,
            batch_records_max: records_max,
            batch_bytes_max: bytes_max,
            dead_letters_in_row_max: StageFile::default().dead_letters_in_row_max,
            to: SinkTarget::Lake,
            lake: PathBuf::new(),
            interval_ms,
            checkpoint_commits: 50,
            log_retention_hours: 1,
            compact_interval_s: 3_600,
            vacuum_interval_s: 86_400,
            vacuum_retention_hours: 168,
        }
    }
}

impl SinkFile {
    pub(super) fn stage(&self) -> StageFile {
        let Self { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max, .. } = *self;
        StageFile { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SinkTarget {
    Lake,
    JsonLines,
}

/// A feed that leaves when it leaves the file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedFile {
    pub(super) url: String,
    #[serde(default)]
    pub(super) publisher: Option<String>,
    #[serde(default)]
    pub(super) language: Option<String>,
    #[serde(default)]
    pub(super) country: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) interval_s_min: Option<u32>,
    #[serde(default)]
    pub(super) interval_s_max: Option<u32>,
    #[serde(default)]
    pub(super) weight: Option<f64>,
    #[serde(default)]
    pub(super) paused: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FetcherFile {
    pub(super) workers: u32,
    pub(super) batch_records_max: usize,
    pub(super) batch_bytes_max: usize,
    pub(super) dead_letters_in_row_max: u32,
    pub(super) requests_max: usize,
    pub(super) poll_interval_s: u64,
    pub(super) poll_interval_s_min: u64,
    pub(super) poll_interval_s_max: u64,
    pub(super) publisher_wait_s_max: u64,
    pub(super) backoff_s_min: u64,
    pub(super) backoff_s_max: u64,
    pub(super) first_poll: String,
    pub(super) first_poll_spacing_ms: u64,
    pub(super) refetch_s_min: u64,
    pub(super) page_given_up_hours: u64,
    pub(super) page_kept_hours: u64,
    pub(super) page_hops_max: u8,
    pub(super) site_interval_ms: u64,
    pub(super) site_requests_max: usize,
    pub(super) crawl_delay_s_max: u64,
    pub(super) robots_for_feeds: bool,
    pub(super) feed_content: bool,
}

impl Default for FetcherFile {
    fn default() -> Self {
        let StageFile { batch_records_max, batch_bytes_max, dead_letters_in_row_max, .. } = StageFile::default();
        let policy = frontier::Policy::DEFAULT;
        Self {
            workers: 1,
            batch_records_max,
            batch_bytes_max,
            dead_letters_in_row_max,
            requests_max: 64,
            poll_interval_s: policy.interval_mean.as_secs(),
            poll_interval_s_min: policy.interval_min.as_secs(),
            poll_interval_s_max: policy.interval_max.as_secs(),
            publisher_wait_s_max: policy.publisher_wait_max.as_secs(),
            backoff_s_min: policy.backoff_min.as_secs(),
            backoff_s_max: policy.backoff_max.as_secs(),
            first_poll: "newest 20".to_owned(),
            first_poll_spacing_ms: 700,
            refetch_s_min: policy.refetch_min.as_secs(),
            page_given_up_hours: policy.page_given_up.as_secs() / 3600,
            page_kept_hours: policy.page_kept.as_secs() / 3600,
            page_hops_max: 5,
            site_interval_ms: 1_000,
            site_requests_max: 1,
            crawl_delay_s_max: 60,
            robots_for_feeds: true,
            feed_content: true,
        }
    }
}

impl FetcherFile {
    pub(super) fn stage(&self) -> StageFile {
        let Self { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max, .. } = *self;
        StageFile { workers, batch_records_max, batch_bytes_max, dead_letters_in_row_max }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FetchFile {
    pub(super) contact: String,
    pub(super) allow_private: Vec<String>,
    pub(super) ports: Vec<u16>,
    pub(super) connect_ms_max: u64,
    pub(super) read_ms_max: u64,
    pub(super) total_ms_max: u64,
    pub(super) page_bytes_max: usize,
    pub(super) feed_bytes_max: usize,
    pub(super) rate_bytes_min: u64,
    pub(super) rate_after_ms: u64,
    pub(super) redirects_max: u32,
    pub(super) headers_max: usize,
    pub(super) header_bytes_max: usize,
    pub(super) interim_max: u32,
    pub(super) chunks_max: u32,
    pub(super) addresses_max: usize,
    pub(super) lookups_max: usize,
    pub(super) idle_connections_max: usize,
    pub(super) idle_per_host_max: usize,
    pub(super) idle_s_max: u64,
    pub(super) window_bytes: u32,
}

impl Default for FetchFile {
    fn default() -> Self {
        let (limits, bodies) = (FetchLimits::default(), Bodies::default());
        Self {
            contact: String::new(),
            allow_private: Vec::new(),
            ports: limits.ports,
            connect_ms_max: millis(limits.connect),
            read_ms_max: millis(limits.read),
            total_ms_max: millis(limits.total),
            page_bytes_max: bodies.page_bytes_max,
            feed_bytes_max: bodies.feed_bytes_max,
            rate_bytes_min: limits.rate_min,
            rate_after_ms: millis(limits.rate_after),
            redirects_max: limits.redirects_max,
            headers_max: limits.headers_max,
            header_bytes_max: limits.header_bytes_max,
            interim_max: limits.interim_max,
            chunks_max: limits.chunks_max,
            addresses_max: limits.addresses_max,
            lookups_max: limits.lookups_max,
            idle_connections_max: limits.idle_max,
            idle_per_host_max: limits.idle_per_host_max,
            idle_s_max: limits.idle.as_secs(),
            window_bytes: limits.window_bytes,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpFile {
    pub(super) listen: String,
}

impl Default for HttpFile {
    fn default() -> Self {
        Self { listen: "127.0.0.1:7070".to_owned() }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LogFile {
    pub(super) format: LogFormat,
    pub(super) level: String,
}

impl Default for LogFile {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KafkaFile {
    pub(super) brokers: String,
    pub(super) prefix: String,
    pub(super) ordinal: u32,
    pub(super) session_timeout_ms: u64,
    pub(super) transaction_timeout_ms: u64,
    pub(super) replication: i32,
    pub(super) client: BTreeMap<String, String>,
}

impl Default for KafkaFile {
    fn default() -> Self {
        let KafkaSettings { brokers, prefix, session_timeout, transaction_timeout, replication, client, .. } =
            KafkaSettings::new("");
        Self {
            brokers,
            prefix,
            ordinal: 0,
            session_timeout_ms: millis(session_timeout),
            transaction_timeout_ms: millis(transaction_timeout),
            replication,
            client,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
