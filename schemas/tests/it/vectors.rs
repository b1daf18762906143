//! Frozen vectors: canonical URLs, ids and partitions are the same in every version. A line that fails here means that
//! articles change their identity, or keys their partition: that is a migration, not an update of the file.

use proptest::prelude::*;
use schemas::{Article, ArticleId, CanonicalUrl, ImportPath, PageKey, Timestamp, partition_of, registrable_domain};

use crate::here;

/// The lines of a vector file, in fields; `#` begins a comment line.
fn lines(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(here("tests/vectors").join(name)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn canonical_urls() {
    let lines = lines("urls.tsv");
    assert!(lines.len() >= 60);
    for line in &lines {
        let found = match CanonicalUrl::parse(&line[0]) {
            Ok(url) => url.to_string(),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(found, line[1], "{}", line[0]);
    }
}

#[test]
fn ids() {
    for line in lines("ids.tsv") {
        let found = match line[0].as_str() {
            "url" => ArticleId::of(&CanonicalUrl::parse(&line[1]).unwrap()).to_string(),
            "page" => page_key(Some(CanonicalUrl::parse(&line[1]).unwrap()), None),
            "import" => {
                let (name, path) = line[1].split_once(' ').unwrap();
                let import = ImportPath { name: name.to_owned(), path: path.to_owned() };
                let id = ArticleId::of_import(&import).to_string();
                assert_eq!(page_key(None, Some(import)), id, "a page without URL has the key of its article");
                id
            }
            "content" => {
                let article = std::fs::read(here(&line[1])).unwrap();
                serde_json::from_slice::<Article>(&article).unwrap().content_digest().to_string()
            }
            other => panic!("no such kind of id: {other}"),
        };
        assert_eq!(found, line[2], "{} {}", line[0], line[1]);
    }
}

fn page_key(url: Option<CanonicalUrl>, import: Option<ImportPath>) -> String {
    let meta = serde_json::json!({ "kind": "html", "url": url, "import": import, "fetched_at": Timestamp::default() });
    PageKey::of(&serde_json::from_value(meta).unwrap()).0.to_string()
}

#[test]
fn partitions() {
    for line in lines("partitions.tsv") {
        let (key, host) = (&line[0], &line[1]);
        if host != "-" {
            assert_eq!(registrable_domain(host), key.split(' ').next().unwrap(), "{host}");
        }
        for (count, partition) in [1, 8, 64].into_iter().zip(&line[2..]) {
            assert_eq!(partition_of(key.as_bytes(), count).to_string(), *partition, "{key} of {count}");
        }
    }
}

/// Text that is often nearly a URL.
fn nearly_urls() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("%".to_owned()),
        Just("%2".to_owned()),
        Just("%2e".to_owned()),
        Just("%41".to_owned()),
        Just("%25".to_owned()),
        Just("..".to_owned()),
        Just("/".to_owned()),
        Just("?".to_owned()),
        Just("&utm_source=x".to_owned()),
        Just("utm%5Fid".to_owned()),
        Just("#".to_owned()),
        Just("=".to_owned()),
        Just("é".to_owned()),
        Just("[::1]".to_owned()),
        Just(":443".to_owned()),
        Just("@".to_owned()),
        Just(".".to_owned()),
        "[ -~]{0,4}",
        "\\PC{0,3}",
    ];
    let tail = prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat());
    let head = prop_oneof![
        Just("https://example.org"),
        Just("http://example.org/a/"),
        Just("https://"),
        Just("HTTPS://Ex.org."),
        Just(""),
    ];
    (head, tail).prop_map(|(head, tail)| format!("{head}{tail}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn canonical_twice_is_canonical_once(text in nearly_urls()) {
        if let Ok(url) = CanonicalUrl::parse(&text) {
            prop_assert_eq!(CanonicalUrl::parse(url.as_str()), Ok(url.clone()));
            prop_assert!(url.as_str().len() <= CanonicalUrl::BYTES_MAX && !url.as_str().contains('#'));
            prop_assert!(url.as_str().contains(url.host()) && url.as_str().contains(url.path()));
            let domain = registrable_domain(url.host());
            prop_assert!(url.host().ends_with(domain) && !domain.contains(' '));
            url.is_root_or_section();
        }
    }

    #[test]
    fn nothing_panics(text in "\\PC{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..60), count in any::<u32>()) {
        let base = CanonicalUrl::parse("https://example.org/a/b").unwrap();
        let _ = (CanonicalUrl::parse(&text), base.join(&text), schemas::Lang::parse(&text), text.parse::<Timestamp>());
        registrable_domain(&text);
        prop_assert!(partition_of(&bytes, count) < count.max(1));
    }

    #[test]
    fn a_site_stays_together(path in "[a-z0-9/]{0,20}", count in 1_u32..1_000) {
        let key = format!("example.org https://www.example.org/{path}");
        prop_assert_eq!(partition_of(key.as_bytes(), count), partition_of(b"example.org", count));
    }
}
