//! Opening the log that the settings name.

use std::{sync::Arc, time::Duration};

use pipeline::{
    Clock, Health, Log, LogError, NewTopic, RunError, Stop, TopicSettings, embedded::EmbeddedLog, kafka::KafkaLog,
};
use schemas::TOPICS;

use crate::settings::Config;

/// The log, and the embedded one's own handle where it is that.
pub(crate) struct Opened {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) embedded: Option<EmbeddedLog>,
}

/// Whether this process will run stages on the log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    /// It runs stages: on the embedded log, it is the one owner.
    Owner,
    /// It appends or reads beside the owner.
    Guest,
}

/// Opens the log. The embedded one gets the topics that it lacks; Kafka's are the operator's.
pub(crate) fn open(config: &Config, role: As, health: &Health, stop: &Stop) -> Result<Opened, RunError> {
    if let Some(kafka) = &config.kafka {
        let log = KafkaLog::new(kafka.settings.clone(), health.clone(), stop.clone())?;
        return Ok(Opened { log: Arc::new(log), embedded: None });
    }
    let log = match role {
        As::Owner => EmbeddedLog::open(&config.data, Clock::system(), health.clone())?,
        As::Guest => EmbeddedLog::attach(&config.data, Clock::system(), health.clone())?,
    };
    let missing = |topic: &NewTopic, known: &[pipeline::TopicInfo]| !known.iter().any(|info| info.name == topic.name);
    let known = log.topics()?;
    let wanted = topics(config);
    if role == As::Owner || wanted.iter().any(|topic| missing(topic, &known)) {
        log.create(&wanted)?;
    }
    Ok(Opened { log: Arc::new(log.clone()), embedded: Some(log) })
}

/// The topics as the settings want them.
pub(crate) fn topics(config: &Config) -> Vec<NewTopic> {
    let new = |spec: &schemas::TopicSpec| NewTopic {
        name: spec.name,
        partitions: config.partitions,
        settings: TopicSettings { compacted: spec.compacted, retention: config.retention },
    };
    TOPICS.iter().map(new).collect()
}

/// What is wrong with the topics; empty where stages can run.
pub(crate) fn problems(log: &dyn Log) -> Result<Vec<String>, LogError> {
    let known = log.topics()?;
    let mut problems: Vec<String> = known.iter().flat_map(|info| info.problems.clone()).collect();
    for spec in TOPICS {
        if !known.iter().any(|info| info.name == spec.name) {
            problems.push(format!("there is no topic {}; `wiredesk topics create` makes it", spec.name));
        }
    }
    for group in ["site", "article"] {
        let named = TOPICS.iter().filter(|spec| spec.group == group);
        let known = named.filter_map(|spec| known.iter().find(|info| info.name == spec.name));
        let counts: Vec<_> = known.map(|info| (&info.name, info.partitions)).collect();
        if counts.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let named: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
            let list = named.join(", ");
            problems.push(format!(
                "these topics must have equal partition counts ({list}): delete those that hold nothing yet and run \
                 `wiredesk topics create`; partitions cannot be added to a topic that holds keyed records"
            ));
        }
    }
    Ok(problems)
}

/// Waits for the log and refuses one that is set up wrong.
pub(crate) fn ready(log: &dyn Log, health: &Health, stop: &Stop) -> Result<bool, RunError> {
    loop {
        match problems(log) {
            Ok(problems) if problems.is_empty() => {
                health.going("start");
                return Ok(true);
            }
            Ok(problems) => {
                let list = problems.join("\n  - ");
                return Err(LogError::Setup(format!("the log is set up wrong:\n  - {list}")).into());
            }
            Err(LogError::Unavailable(why)) => {
                health.waiting("start", &why);
                if stop.sleep(Duration::from_millis(500)) {
                    return Ok(false);
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
}
