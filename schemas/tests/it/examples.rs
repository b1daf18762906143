//! `examples/good` pass the schema and the reader; `examples/refused` are refused.

use serde_json::Value;

use crate::{
    json_files,
    records::{RECORDS, Record},
};

/// The schema as another program would use it.
fn validator(record: &Record) -> (boon::Schemas, boon::SchemaIndex) {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("record.json", (record.schema)()).unwrap();
    let index = compiler.compile("record.json", &mut schemas).unwrap();
    (schemas, index)
}

#[test]
fn good_examples_are_valid_and_read() {
    for record in RECORDS {
        let (schemas, index) = validator(record);
        for (name, bytes) in json_files(&format!("examples/good/{}", record.name)) {
            let value: Value = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            if let Err(error) = schemas.validate(&value, index) {
                panic!("{name} is not what the schema says: {error}");
            }
            let written = (record.pass)(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(written, value, "{name}: nothing is lost or changed on the way through");
        }
    }
}

#[test]
fn what_we_write_is_valid() {
    for record in RECORDS {
        let (schemas, index) = validator(record);
        for (name, bytes) in json_files(&format!("examples/v1/{}", record.name)) {
            let written = (record.pass)(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(schemas.validate(&written, index).is_ok(), "{name}: {written}");
        }
    }
}

#[test]
fn refused_examples_are_refused() {
    for record in RECORDS {
        for (name, bytes) in json_files(&format!("examples/refused/{}", record.name)) {
            assert!((record.pass)(&bytes).is_err(), "{name} is read, and must be refused");
        }
    }
}
