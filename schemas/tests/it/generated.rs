//! `json/*.schema.json` and `asyncapi.yaml` are what the Rust types say.

use std::fmt::Write as _;

use schemas::{TOPICS, TopicSpec};

use crate::{
    expect_file,
    records::{RECORDS, Record},
};

#[test]
fn json_schemas_are_the_types() {
    for record in RECORDS {
        let text = serde_json::to_string_pretty(&(record.schema)()).unwrap();
        expect_file(&format!("json/{}.schema.json", record.name), &format!("{text}\n"));
    }
}

#[test]
fn the_asyncapi_document_is_the_topics() {
    expect_file("asyncapi.yaml", &asyncapi());
}

#[test]
fn every_topic_has_its_record() {
    let topics: Vec<_> = TOPICS.iter().map(|topic| topic.name).collect();
    let records: Vec<_> = RECORDS.iter().map(|record| record.topic).collect();
    assert_eq!(topics, records);
}

const HEAD: &str = "\
# Generated from the Rust types by `UPDATE=1 cargo test -p schemas`; do not edit.
asyncapi: 3.0.0
info:
  title: wiredesk
  version: \"{version}\"
  description: |
    A streaming pipeline for news. Topic names may carry a deployment's prefix.
    Readers ignore fields that they do not know; a new optional field is no new version.
defaultContentType: application/json
";

/// AsyncAPI 3.0.0, https://www.asyncapi.com/docs/reference/specification/v3.0.0.
fn asyncapi() -> String {
    let mut text = HEAD.replace("{version}", schemas::VERSION);
    let channels = TOPICS.iter().zip(RECORDS);
    text.push_str("channels:\n");
    channels.clone().for_each(|(topic, record)| channel(&mut text, topic, record));
    text.push_str("components:\n  messages:\n");
    channels.for_each(|(topic, record)| message(&mut text, topic, record));
    text
}

fn channel(text: &mut String, topic: &TopicSpec, record: &Record) {
    let TopicSpec { name, about, compacted, group, .. } = topic;
    let cleanup = if *compacted { "compact" } else { "delete" };
    write!(
        text,
        "  {name}:
    address: {name}
    description: {about}
    messages:
      {record}:
        $ref: '#/components/messages/{record}'
    bindings:
      kafka:
        topicConfiguration:
          cleanup.policy: [{cleanup}]
        x-partition-group: {group}
",
        record = record.name
    )
    .unwrap();
}

fn message(text: &mut String, topic: &TopicSpec, record: &Record) {
    let key = format!(
        "      bindings:\n        kafka:\n          key:\n            type: string\n            description: {}\n",
        topic.key
    );
    let schema = format!("./json/{}.schema.json", record.name);
    write!(text, "    {}:\n      name: {}\n      summary: {}\n{key}", record.name, record.name, topic.about).unwrap();
    match record.header {
        None => write!(text, "      payload:\n        $ref: {schema}\n").unwrap(),
        Some(header) => write!(
            text,
            "      contentType: application/octet-stream
      headers:
        type: object
        required: [{header}]
        properties:
          {header}:
            $ref: {schema}
      payload:
        description: the bytes as they came
"
        )
        .unwrap(),
    }
}
