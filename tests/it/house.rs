//! What no other tool knows of the house.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{Metadata, MetadataCommand, Package};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"].map(String::from).to_vec())
        .exec()
        .unwrap()
}

fn is_pure(package: &Package) -> bool {
    let folder = package.manifest_path.parent().unwrap();
    folder.ends_with("schemas")
        || (folder.parent().unwrap().ends_with("crates") && !["pipeline", "newsroom"].contains(&package.name.as_str()))
}

/// What a crate reaches when it runs, through any number of others.
fn reaches(metadata: &Metadata, package: &Package) -> BTreeSet<String> {
    let nodes: BTreeMap<_, _> = metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.to_string())).collect();
    let (mut seen, mut open) = (BTreeSet::new(), vec![&package.id]);
    while let Some(id) = open.pop() {
        for dependency in &nodes[id].deps {
            let at_run_time =
                dependency.dep_kinds.iter().any(|kind| kind.kind == cargo_metadata::DependencyKind::Normal);
            if at_run_time && seen.insert(names[&dependency.pkg].clone()) {
                open.push(&dependency.pkg);
            }
        }
    }
    seen
}

#[test]
fn pure_crates_reach_nothing_outside() {
    let metadata = metadata();
    for package in metadata.workspace_packages().into_iter().filter(|package| is_pure(package)) {
        let reached = reaches(&metadata, package);
        let outside: Vec<_> = ["tokio", "hyper", "reqwest", "rdkafka", "rusqlite", "pipeline"]
            .into_iter()
            .filter(|name| reached.contains(*name))
            .collect();
        assert!(outside.is_empty(), "`{}` reaches {outside:?}", package.name);
    }
}

#[test]
fn the_pipeline_knows_no_news_and_services_do_not_know_each_other() {
    let metadata = metadata();
    let services = ["fetcher", "cleaner", "enricher", "sink"];
    for package in metadata.workspace_packages() {
        let listed: Vec<_> = package.dependencies.iter().map(|dependency| dependency.name.as_str()).collect();
        if package.name.as_str() == "pipeline" {
            assert!(!listed.contains(&"extract") && !listed.contains(&"enrich"), "pipeline lists {listed:?}");
        }
        if services.contains(&package.name.as_str()) {
            let others: Vec<_> = services.iter().filter(|name| listed.contains(name)).collect();
            assert!(others.is_empty(), "`{}` lists {others:?}", package.name);
        }
    }
    let sources = root().join("crates/pipeline/src");
    for (path, text) in files(&sources, "rs") {
        for news in ["schemas::Article", "schemas::Page", "schemas::Feed", "schemas::Entry", "EnrichedArticle"] {
            assert!(!text.contains(news), "{} names {news}", path.display());
        }
    }
}

#[test]
fn pure_crates_do_no_input_and_output() {
    for folder in ["schemas/src", "crates/extract/src", "crates/enrich/src", "crates/feeds/src", "crates/frontier/src"]
    {
        for (path, text) in files(&root().join(folder), "rs") {
            for outside in ["std::fs", "std::net", "SystemTime::now", "Instant::now", "std::process", "std::env::"] {
                assert!(!text.contains(outside), "{} uses {outside}", path.display());
            }
        }
    }
}

#[test]
fn every_crate_takes_the_houses_lints_and_opens_with_what_it_is_for() {
    for package in metadata().workspace_packages() {
        let folder = package.manifest_path.parent().unwrap();
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", package.name);
        assert!(package.description.is_some(), "{}", package.name);
        let library = folder.join("src/lib.rs");
        if library.exists() {
            let text = fs::read_to_string(library).unwrap();
            assert!(
                text.starts_with("#![doc = include_str!(\"../README.md\")]"),
                "{}: its README is its documentation",
                package.name
            );
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_none()) {
            let plain = format!("{}.workspace = true", dependency.name);
            let with_features = format!("{} = {{ workspace = true", dependency.name);
            assert!(
                manifest.contains(&plain) || manifest.contains(&with_features),
                "{}: {} must come from the workspace's table",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn documents_name_files_that_exist() {
    let root = root();
    let mut documents = files(&root.join("docs"), "md");
    for name in ["README.md", "ARCHITECTURE.md"] {
        documents.push((root.join(name), fs::read_to_string(root.join(name)).unwrap()));
    }
    for (path, text) in documents {
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = ["crates/", "services/", "schemas/", "tests/", "deploy/", "docs/", "benches/"]
                .iter()
                .any(|start| quoted.starts_with(start));
            let plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
            if is_path && plain {
                assert!(root.join(quoted).exists(), "{} names {quoted}, which does not exist", path.display());
            }
        }
    }
}

/// Files with an ending below a folder, with their text.
fn files(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}
