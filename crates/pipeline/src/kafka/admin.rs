//! Topics: what there is, what is wrong with it, and making what is missing.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic as KafkaTopic, ResourceSpecifier, TopicReplication},
    client::DefaultClientContext,
    consumer::Consumer as _,
    error::RDKafkaErrorCode,
};
use schemas::limits;

use super::{
    Inner,
    client::{self, REQUEST},
};
use crate::{LogError, NewTopic, TopicInfo};

/// What a topic must take: a record at its cap, with what its batch adds.
const MESSAGE_BYTES_MIN: usize = limits::RECORD_BYTES_MAX + (128 << 10);

/// How long an answer may take: a client that was just made asks for versions and for the brokers first, and a broker may take
/// seconds for each.
const ANSWER: Duration = Duration::from_secs(15);
/// How long brokers may take to list topics that were made.
const VISIBLE_MAX: Duration = Duration::from_secs(20);

fn admin(log: &Inner) -> Result<AdminClient<DefaultClientContext>, LogError> {
    client::asking(&log.settings).create().map_err(client::setup)
}

/// The admin client answers by futures; nothing else here is asynchronous.
fn wait<T>(future: impl Future<Output = T>) -> Result<T, LogError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    Ok(runtime.map_err(|error| LogError::Fatal(format!("no runtime for an admin call: {error}")))?.block_on(future))
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER))
}

pub(super) fn topics(log: &Inner) -> Result<Vec<TopicInfo>, LogError> {
    let metadata = log.asker()?.fetch_metadata(None, REQUEST).map_err(client::unavailable)?;
    let mut found = BTreeMap::new();
    for topic in metadata.topics() {
        if let Some(name) = topic.name().strip_prefix(&log.settings.prefix)
            && schemas::TOPICS.iter().any(|spec| spec.name == name)
        {
            found.insert(name.to_owned(), u32::try_from(topic.partitions().len()).unwrap_or(u32::MAX));
        }
    }
    let names: Vec<String> = found.keys().map(|name| log.name(name)).collect();
    let settings = settings(log, &names)?;
    let info = |(name, partitions): (String, u32)| {
        let of = settings.get(&log.name(&name)).cloned().unwrap_or_default();
        let policy = of.get("cleanup.policy").map(String::as_str).unwrap_or_default();
        let compacted = policy.contains("compact");
        let problems = problems(log, &name, compacted, &of);
        TopicInfo { name, partitions, compacted, problems }
    };
    Ok(found.into_iter().map(info).collect())
}

/// What would lose records or stop a stage, each with its mend.
fn problems(log: &Inner, name: &str, compacted: bool, settings: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    let full = log.name(name);
    let mend = |setting: &str| {
        format!("`kafka-configs.sh --alter --entity-type topics --entity-name {full} --add-config {setting}`")
    };
    let wanted = schemas::TOPICS.iter().find(|spec| spec.name == name).is_some_and(|spec| spec.compacted);
    let policy = if wanted { "cleanup.policy=compact" } else { "cleanup.policy=delete" };
    let deletes = settings.get("cleanup.policy").is_some_and(|policy| policy.contains("delete"));
    if wanted != compacted || (wanted && deletes) {
        problems.push(format!("{full} must have {policy}, or rows are lost; {}", mend(policy)));
    }
    let largest = settings.get("max.message.bytes").and_then(|bytes| bytes.parse::<usize>().ok()).unwrap_or(0);
    if largest < MESSAGE_BYTES_MIN {
        let setting = format!("max.message.bytes={MESSAGE_BYTES_MIN}");
        problems.push(format!("{full} takes records of {largest} bytes only; {}", mend(&setting)));
    }
    problems
}

fn settings(log: &Inner, names: &[String]) -> Result<BTreeMap<String, BTreeMap<String, String>>, LogError> {
    let mut all = BTreeMap::new();
    if names.is_empty() {
        return Ok(all);
    }
    let admin = admin(log)?;
    let specifiers: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    for described in wait(admin.describe_configs(&specifiers, &options()))?.map_err(client::unavailable)? {
        let described = described.map_err(|code| LogError::Unavailable(format!("kafka: {code}")))?;
        let rdkafka::admin::OwnedResourceSpecifier::Topic(name) = &described.specifier else { continue };
        let entries = described.entries.iter().filter_map(|e| Some((e.name.clone(), e.value.clone()?))).collect();
        all.insert(name.clone(), entries);
    }
    Ok(all)
}

pub(super) fn create(log: &Inner, topics: &[NewTopic]) -> Result<(), LogError> {
    let admin = admin(log)?;
    let names: Vec<String> = topics.iter().map(|topic| log.name(topic.name)).collect();
    let bytes = MESSAGE_BYTES_MIN.to_string();
    let retentions: Vec<String> = topics.iter().map(|topic| topic.settings.retention.as_millis().to_string()).collect();
    let new: Vec<_> = topics
        .iter()
        .zip(&names)
        .zip(&retentions)
        .map(|((topic, name), retention)| {
            let count = i32::try_from(topic.partitions).unwrap_or(i32::MAX);
            let new = KafkaTopic::new(name, count, TopicReplication::Fixed(log.settings.replication));
            let new = new.set("max.message.bytes", &bytes);
            if topic.settings.compacted {
                new.set("cleanup.policy", "compact")
            } else {
                new.set("cleanup.policy", "delete").set("retention.ms", retention)
            }
        })
        .collect();
    for made in wait(admin.create_topics(&new, &options()))?.map_err(client::unavailable)? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((name, code)) => return Err(LogError::Setup(format!("kafka does not make the topic {name}: {code}"))),
        }
    }
    log.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    // A broker hears of a topic a moment after the controller has made it; who asks it next must find the topic.
    let since = Instant::now();
    loop {
        let missing = match self::topics(log) {
            Ok(known) => topics.iter().find(|topic| !known.iter().any(|info| info.name == topic.name)),
            Err(LogError::Unavailable(_)) if since.elapsed() < VISIBLE_MAX => topics.first(),
            Err(other) => return Err(other),
        };
        let Some(missing) = missing else { return Ok(()) };
        if since.elapsed() > VISIBLE_MAX {
            let why = format!("kafka has made the topic {}, and does not list it yet", log.name(missing.name));
            return Err(LogError::Unavailable(why));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) fn delete(log: &Inner) -> Result<(), LogError> {
    let names: Vec<String> = topics(log)?.iter().map(|topic| log.name(&topic.name)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() {
        return Ok(());
    }
    for gone in wait(admin(log)?.delete_topics(&names, &options()))?.map_err(client::unavailable)? {
        if let Err((name, code)) = gone {
            return Err(LogError::Setup(format!("kafka does not delete the topic {name}: {code}")));
        }
    }
    Ok(())
}
