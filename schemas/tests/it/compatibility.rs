//! Old readers read new records, and new readers old ones.
//!
//! `frozen/*.json` holds what every deployed version may count on: each field's type, and whether it is always there.
//! `UPDATE=1` adds new optional fields to it; nothing rewrites or removes a line, since that is a change that breaks.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    here, json_files,
    records::{RECORDS, Record},
    update,
};

/// What readers and writers agree on, by the path of the field.
type Promises = BTreeMap<String, String>;

#[test]
fn the_oldest_records_are_read() {
    for record in RECORDS {
        for (name, bytes) in json_files(&format!("examples/v1/{}", record.name)) {
            if let Err(error) = (record.pass)(&bytes) {
                panic!("{name}: records like this lie on logs, and are read no more: {error}");
            }
        }
    }
}

#[test]
fn fields_of_newer_writers_are_ignored_at_every_level() {
    for record in RECORDS {
        for (name, bytes) in json_files(&format!("examples/good/{}", record.name)) {
            let old: Value = serde_json::from_slice(&bytes).unwrap();
            let mut newer = old.clone();
            let added = add_unknown_fields(&mut newer);
            assert!(added > 0, "{name}");
            let read = (record.pass)(newer.to_string().as_bytes());
            // In a map, such as that of response headers, a new name is a value like any other.
            let read = read.map(|read| without_unknown_fields(&read));
            assert_eq!(read, Ok(old), "{name}");
        }
    }
}

fn add_unknown_fields(value: &mut Value) -> usize {
    match value {
        Value::Object(fields) => {
            let below: usize = fields.values_mut().map(add_unknown_fields).sum();
            // `provenance` is a map, whose values are words of an enum.
            let is_map_of_words =
                !fields.is_empty() && fields.values().all(|value| value == "heading" || value == "json_ld");
            let unknown = if is_map_of_words { Value::from("text") } else { Value::from("from the future") };
            fields.insert("x_unknown".to_owned(), unknown);
            below + 1
        }
        Value::Array(items) => items.iter_mut().map(add_unknown_fields).sum(),
        _ => 0,
    }
}

fn without_unknown_fields(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "x_unknown")
            .map(|(name, value)| (name.clone(), without_unknown_fields(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_unknown_fields).collect(),
        other => other.clone(),
    }
}

#[test]
fn frozen_promises_are_kept() {
    for record in RECORDS {
        let file = here(&format!("frozen/{}.json", record.name));
        let frozen: Promises =
            std::fs::read(&file).map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default();
        let current = promises(record);
        let broken = broken(&frozen, &current);
        assert!(broken.is_empty(), "{}: {}\n{}", record.name, broken.join("\n  "), WHAT_TO_DO);
        if update() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
        } else {
            assert_eq!(frozen, current, "{}: new optional fields: run `UPDATE=1 cargo test -p schemas`", record.name);
        }
    }
}

const WHAT_TO_DO: &str = "\
Old and new versions run side by side, and logs hold old records. Either make the change an added optional field, or put
a new record beside the old one (schemas/README.md). Only where no version that knows the record was ever deployed may
its file in schemas/frozen be deleted and written anew by `UPDATE=1 cargo test -p schemas`.";

/// What of the frozen promises no longer holds, in words.
fn broken(frozen: &Promises, current: &Promises) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, was) in frozen {
        match current.get(path) {
            None => broken.push(format!("`{path}` is gone: old readers miss it, old records still have it")),
            Some(is) if is != was => broken.push(format!("`{path}` was {was}, and is now {is}")),
            Some(_) => {}
        }
    }
    if !frozen.is_empty() {
        for (path, is) in current.iter().filter(|(path, is)| !frozen.contains_key(*path) && is.starts_with("required"))
        {
            // Inside a new optional part, a field may well be required.
            let parent = parent(path);
            if parent.is_empty() || frozen.contains_key(parent) {
                broken.push(format!("`{path}` is new and {is}: old records lack it"));
            }
        }
    }
    broken
}

/// The part that a field lies in: `a` of `a.b` and of `a[]`.
fn parent(path: &str) -> &str {
    let items = path.strip_suffix("[]").or_else(|| path.strip_suffix("{}"));
    items.unwrap_or_else(|| path.rsplit_once('.').map_or("", |(parent, _)| parent))
}

#[test]
fn breaking_changes_are_told_apart() {
    let of = |fields: &[(&str, &str)]| fields.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let old: Promises = of(&[
        ("id", "required string"),
        ("kind", "required one of a|b"),
        ("part", "optional object"),
        ("part.x", "optional string"),
    ]);
    let with = |changes: &[(&str, &str)]| {
        let mut new = old.clone();
        new.extend::<Promises>(of(changes));
        broken(&old, &new)
    };
    assert!(with(&[("title", "optional string")]).is_empty());
    assert!(with(&[("new_part", "optional object"), ("new_part.y", "required string")]).is_empty());
    assert!(with(&[("words", "optional array"), ("words[]", "required string")]).is_empty());
    for change in [
        ("title", "required string"),
        ("part.y", "required string"),
        ("id", "optional string"),
        ("id", "required integer"),
        ("kind", "required one of a|b|c"),
    ] {
        assert_eq!(with(&[change]).len(), 1, "{change:?}");
    }
    let mut fewer = old.clone();
    fewer.remove("part.x");
    assert_eq!(broken(&old, &fewer).len(), 1);
}

fn promises(record: &Record) -> Promises {
    let schema = (record.schema)();
    let mut promises = Promises::new();
    collect(&schema, &schema, "", "required", &mut promises);
    promises.remove("");
    promises
}

/// Notes the type of a schema's node under `path`, and those of all fields below.
fn collect(root: &Value, node: &Value, path: &str, presence: &str, promises: &mut Promises) {
    let node = resolved(root, node);
    let kind = kind(node);
    promises.insert(path.to_owned(), format!("{presence} {kind}"));
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let required: Vec<_> = node["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, field) in node["properties"].as_object().into_iter().flatten() {
        let presence = if required.contains(&name.as_str()) { "required" } else { "optional" };
        collect(root, field, &join(name), presence, promises);
    }
    if node["items"].is_object() {
        collect(root, &node["items"], &format!("{path}[]"), "required", promises);
    }
    if node["additionalProperties"].is_object() {
        collect(root, &node["additionalProperties"], &format!("{path}{{}}"), "required", promises);
    }
    let variants = node["oneOf"].as_array().into_iter().flatten();
    let tagged: Vec<_> = variants.filter_map(|variant| tag(variant).map(|(tag, name)| (tag, name, variant))).collect();
    for (tag, name, variant) in &tagged {
        collect(root, variant, &join(&format!("({tag}={name})")), "optional", promises);
        let names = tagged.iter().map(|(_, name, _)| *name).collect();
        promises.insert(join(tag), format!("required {}", one_of(names)));
    }
}

/// The node itself, behind references and beside `null`.
fn resolved<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    if let Some(pointer) = node["$ref"].as_str() {
        return resolved(root, root.pointer(pointer.trim_start_matches('#')).unwrap());
    }
    for parts in ["anyOf", "allOf"] {
        if let Some(parts) = node[parts].as_array() {
            let mut real = parts.iter().filter(|part| part["type"] != "null");
            return resolved(root, real.next().unwrap());
        }
    }
    node
}

/// A type in words: `string`, `integer uint32`, `one of a|b`.
fn kind(node: &Value) -> String {
    let words: Vec<&str> = match node["oneOf"].as_array() {
        Some(variants) => variants.iter().filter_map(|variant| variant["const"].as_str()).collect(),
        None => node["enum"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
    };
    if !words.is_empty() {
        return one_of(words);
    }
    let types = node["type"].as_array().cloned().unwrap_or_else(|| vec![node["type"].clone()]);
    let base = types.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or("object");
    let more = ["format", "pattern"].iter().find_map(|name| node[*name].as_str()).unwrap_or_default();
    format!("{base} {more}").trim_end().to_owned()
}

fn one_of(mut words: Vec<&str>) -> String {
    words.sort_unstable();
    format!("one of {}", words.join("|"))
}

/// The tag and name of one variant of a tagged enum.
fn tag(variant: &Value) -> Option<(&str, &str)> {
    let fields = variant["properties"].as_object()?;
    fields.iter().find_map(|(name, field)| Some((name.as_str(), field["const"].as_str()?)))
}
