#![doc = include_str!("../README.md")]

mod identity;
mod record;

use std::sync::{Mutex, PoisonError};

use pipeline::{Refusal, Stage};
use schemas::{Article, Page, PageKind, topic};

pub use record::article;

/// The stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cleaner;

impl Stage for Cleaner {
    const NAME: &'static str = "cleaner";
    const INPUTS: &'static [&'static str] = &[topic::PAGES];
    type In = Page;
    type Out = Article;

    fn process(&self, page: Page) -> Result<Vec<Article>, Refusal> {
        let extracted = extract(&page);
        match extracted.verdict {
            extract::Verdict::Article => Ok(vec![article(extracted, page.meta)?]),
            extract::Verdict::Empty => Err(Refusal::Drop("empty")),
            extract::Verdict::NotArticle("not_text") => {
                Err(Refusal::Reject("not_text", format!("{} bytes that are no text", page.body.len())))
            }
            extract::Verdict::NotArticle(reason) => Err(Refusal::Drop(reason)),
        }
    }
}

/// Pages with more bytes are extracted one at a time: each takes up to twelve times its size.
const LARGE_BYTES: usize = 1 << 20;

/// Held while a large page is extracted.
static LARGE: Mutex<()> = Mutex::new(());

/// Reads the page as what it is.
fn extract(page: &Page) -> extract::Extracted {
    let _alone = (page.body.len() > LARGE_BYTES).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let meta = &page.meta;
    let entry = meta.entry.as_deref();
    let authors: Vec<&str> = entry.map_or_else(Vec::new, |entry| entry.authors.iter().map(String::as_str).collect());
    let published = entry.and_then(|entry| entry.published).map(|at| at.to_string());
    let language = entry.and_then(|entry| entry.language.as_ref()).or(meta.language.as_ref());
    let context = extract::Context {
        url: meta.url.as_ref().map(schemas::CanonicalUrl::as_str),
        language: language.map(schemas::Lang::as_str),
        fetched_at_ms: Some(meta.fetched_at.as_millis()),
        feed: extract::FeedHints {
            title: entry.and_then(|entry| entry.title.as_deref()),
            authors: &authors,
            published: published.as_deref(),
        },
        explain: false,
    };
    let content_type = meta.headers.get("content-type").map(String::as_str);
    match meta.kind {
        PageKind::Html => extract::html(&page.body, content_type, &context),
        PageKind::FeedContent => extract::fragment(&String::from_utf8_lossy(&page.body), &context),
        PageKind::Text => extract::text_bytes(&page.body, content_type, &context),
    }
}
