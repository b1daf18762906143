//! What the settings file may say. Field names end in their unit or bound; deploy/config/wiredesk.toml explains each.

use std::{collections::BTreeMap, path::PathBuf};

use pipeline::Limits;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) data: PathBuf,
    pub(super) topics: TopicsFile,
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
            data: PathBuf::from("wiredesk-data"),
            topics: TopicsFile::default(),
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
}

impl Default for SinkFile {
    fn default() -> Self {
        Self {
            workers: 1,
            batch_records_max: 20_000,
            batch_bytes_max: 64 << 20,
            dead_letters_in_row_max: StageFile::default().dead_letters_in_row_max,
            to: SinkTarget::Lake,
            lake: PathBuf::new(),
            interval_ms: 5_000,
            checkpoint_commits: 50,
            log_retention_hours: 1,
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

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FetchFile {
    pub(super) contact: String,
    pub(super) allow_private: Vec<String>,
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
        Self {
            brokers: String::new(),
            prefix: String::new(),
            ordinal: 0,
            session_timeout_ms: 10_000,
            transaction_timeout_ms: 10_000,
            replication: 3,
            client: BTreeMap::new(),
        }
    }
}
