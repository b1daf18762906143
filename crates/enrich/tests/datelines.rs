//! How many fields of the development set of datelines are read right.

use std::{collections::BTreeMap, fs, path::Path};

#[test]
fn fields_of_the_development_set() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/enrichment/datelines/datelines.tsv");
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: ../shared/data/enrichment is not here");
        return;
    };
    let (mut right, mut all) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
    for line in text.lines() {
        let mut columns = line.split('\t').skip(1);
        let (prefix, fields) = (columns.next().unwrap(), columns.next().unwrap());
        let found = enrich::dateline(&format!("{prefix}The text goes on.")).unwrap_or_default();
        for (name, value) in fields.split(';').filter_map(|field| field.split_once('=')) {
            let read = match name {
                "city" => found.cities.join("|"),
                "agency" => found.agencies.join("|"),
                "byline" => found.bylines.join("|"),
                "date" => found.date.clone().unwrap_or_default(),
                _ => continue,
            };
            *all.entry(name).or_default() += 1;
            *right.entry(name).or_default() += usize::from(read == value);
            if read != value {
                println!("{name} of {prefix:?} is {read:?}");
            }
        }
    }
    println!("right: {right:?} of {all:?}");
    let (right, all) = (right.values().sum::<usize>(), all.values().sum::<usize>());
    assert!(right * 100 >= all * 95, "{right} of {all} fields");
}
