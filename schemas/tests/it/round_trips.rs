//! What is written is read back the same, whatever the texts and numbers in it; and no value passes its cap.

use bytes::Bytes;
use proptest::prelude::*;
use schemas::{
    Article, Decode, DecodeError, Encode, EncodeError, EnrichedArticle, Entry, Feed, Page, PageMeta, RawRecord,
    RemovedBlock, Timestamp, limits, topic,
};
use serde_json::Value;

use crate::{
    json_files,
    records::{RECORDS, Record},
};

/// Puts other texts and numbers into a record where `shake` says so.
fn shaken(value: &mut Value, shake: &mut impl Iterator<Item = (bool, String, f64)>) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(|value| shaken(value, shake)),
        Value::Array(items) => items.iter_mut().for_each(|value| shaken(value, shake)),
        leaf => {
            let Some((true, text, number)) = shake.next() else { return };
            match leaf {
                Value::String(_) => *leaf = Value::from(text),
                Value::Number(old) if old.is_f64() => *leaf = Value::from(number),
                Value::Number(_) => *leaf = Value::from(number.abs() as u32),
                _ => {}
            }
        }
    }
}

fn number() -> impl Strategy<Value = f64> {
    (0_u32..1 << 20).prop_map(|n| f64::from(n) / 1_024.0)
}

fn examples() -> Vec<(&'static Record, Value)> {
    let of = |record: &'static Record| {
        let files = json_files(&format!("examples/good/{}", record.name));
        files.into_iter().map(move |(_, bytes)| (record, serde_json::from_slice(&bytes).unwrap()))
    };
    RECORDS.iter().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_and_number_comes_back(
        // Control characters, quotes and astral planes included. Numbers are rates and scores: of other 64-bit ones
        // serde_json may miss the last bit, unless built with `float_roundtrip`.
        shakes in prop::collection::vec((prop::bool::weighted(0.3), any::<String>(), number()), 80),
    ) {
        for (record, mut value) in examples() {
            shaken(&mut value, &mut shakes.clone().into_iter());
            // Where a shaken text is no URL or id any more, the record is refused; what is read must come back.
            let _ = (record.pass)(value.to_string().as_bytes());
        }
    }

    #[test]
    fn timestamps_come_back(millis in any::<i64>()) {
        let at = Timestamp::from_millis(millis);
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&serde_json::to_string(&at).unwrap()).unwrap(), at);
    }
}

fn example<T: serde::de::DeserializeOwned>(path: &str) -> T {
    serde_json::from_slice(&std::fs::read(crate::here("examples/good").join(path)).unwrap()).unwrap()
}

#[test]
fn keys_and_topics() {
    let feed: Feed = example("feed/newspaper.json");
    let encoded = feed.encode().unwrap();
    assert_eq!(encoded.topic, topic::FEEDS);
    assert_eq!(encoded.record.key, format!("harbourpost.example {}", feed.url).into_bytes());
    let entry: Entry = example("entry/news.json");
    assert_eq!(entry.encode().unwrap().record.key, format!("harbourpost.example {}", entry.link).into_bytes());
    let article: Article = example("article/news.json");
    assert_eq!(article.encode().unwrap().record.key, article.id.to_string().into_bytes());
    let unsubscribed = RawRecord { key: encoded.record.key, value: None, headers: vec![] };
    assert!(matches!(Feed::decode(&unsubscribed), Err(DecodeError::NoValue)));
    assert!(matches!(Page::decode(&unsubscribed), Err(DecodeError::NoHeader("page"))));
}

/// The example with a body of one block, so long that the value has `bytes` bytes.
fn article_of(bytes: usize) -> Article {
    let mut article: Article = example("article/empty_body.json");
    let label = schemas::BodyLabel::Body;
    article.body = vec![schemas::BodyBlock { label, text: String::new() }];
    let rest = serde_json::to_vec(&article).unwrap().len();
    article.body[0].text = "x".repeat(bytes - rest);
    article
}

#[test]
fn a_value_of_the_cap_passes_and_a_byte_more_does_not() {
    let fits = article_of(limits::VALUE_BYTES_MAX);
    let encoded = fits.encode().unwrap();
    assert_eq!(encoded.record.value.as_ref().unwrap().len(), limits::VALUE_BYTES_MAX);
    assert_eq!(Article::decode(&encoded.record).unwrap(), fits);
    let error = article_of(limits::VALUE_BYTES_MAX + 1).encode().unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { part: "value", bytes: 4_980_737, max: 4_980_736 }), "{error}");
}

#[test]
fn removed_blocks_are_cut_first() {
    let mut article = article_of(limits::VALUE_BYTES_MAX - 1_000);
    let block = |n: usize| RemovedBlock { class: "nav".into(), text: format!("{n}").repeat(500), reason: "x".into() };
    article.removed = (0..3).map(block).collect();
    let kept = Article::decode(&article.encode().unwrap().record).unwrap();
    assert_eq!((kept.removed.len(), kept.removed_cut), (0, 3));
    assert_eq!(kept, Article { removed: vec![], removed_cut: 3, ..article.clone() });

    let enriched = EnrichedArticle { article, ..example("enriched_article/news.json") };
    let kept = EnrichedArticle::decode(&enriched.encode().unwrap().record).unwrap();
    assert_eq!((kept.article.removed.len(), kept.article.removed_cut), (0, 3));
    assert_eq!(kept.article.body, enriched.article.body);
}

#[test]
fn a_page_has_caps_of_its_own() {
    let meta: PageMeta = example("page/fetched.json");
    let page = |bytes| Page { meta: meta.clone(), body: Bytes::from(vec![b'x'; bytes]) };
    assert!(page(limits::PAGE_BYTES_MAX).encode().is_ok());
    assert!(matches!(page(limits::PAGE_BYTES_MAX + 1).encode(), Err(EncodeError::TooLarge { part: "value", .. })));

    // A feed that carries whole texts: the text is the page's body, and need not stand in the header again.
    let mut long = page(100);
    long.meta.entry.as_mut().unwrap().content = Some("x".repeat(limits::HEADERS_BYTES_MAX));
    let read = Page::decode(&long.encode().unwrap().record).unwrap();
    assert_eq!(read.meta, meta);
    long.meta.headers.insert("x".to_owned(), "x".repeat(limits::HEADERS_BYTES_MAX));
    assert!(matches!(long.encode(), Err(EncodeError::TooLarge { part: "headers", .. })));
}
