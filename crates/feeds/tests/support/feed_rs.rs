//! feed-rs beside our own reader.

use serde_json::{Value, json};

/// What feed-rs reads, in the shape of our own JSON as far as it is compared.
pub(crate) fn read(body: &[u8], url: Option<&str>) -> Value {
    let parsed = std::panic::catch_unwind(|| feed_rs::parser::Builder::new().base_uri(url).build().parse(body));
    match parsed {
        Err(_) => json!({ "kind": "panic" }),
        Ok(Err(error)) => json!({ "kind": "unknown", "reason": error.to_string() }),
        Ok(Ok(feed)) => {
            let entries: Vec<Value> = feed
                .entries
                .iter()
                .map(|entry| {
                    let alternate = |rel: Option<&str>| rel.is_none_or(|rel| rel == "alternate");
                    let link = entry.links.iter().find(|link| alternate(link.rel.as_deref()));
                    json!({
                        "link": link.map(|link| &link.href),
                        "title": entry.title.as_ref().map(|title| &title.content).filter(|title| !title.is_empty()),
                        "published": entry.published.or(entry.updated).map(|at| at.to_rfc3339()),
                    })
                })
                .collect();
            json!({ "kind": "feed", "entries": entries })
        }
    }
}
