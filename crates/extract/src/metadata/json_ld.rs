//! schema.org in JSON-LD, read leniently: what is broken is passed over.

use serde_json::Value;

use crate::fold::collapse;
use crate::limits::{AUTHORS_MAX, JSON_LD_DEPTH_MAX};

/// What a page's JSON-LD says of its article.
#[derive(Debug, Default)]
pub(crate) struct JsonLd {
    pub(crate) is_article: bool,
    /// It describes something that is for sale on this page.
    pub(crate) is_product: bool,
    pub(crate) headline: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) published: Option<String>,
    pub(crate) modified: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) publisher: Option<String>,
    pub(crate) image: Option<String>,
    /// The whole text, which some sites state.
    pub(crate) body: Option<String>,
    pub(crate) description: Option<String>,
}

/// Reads all scripts; the first article among them wins.
pub(crate) fn read(scripts: &[String]) -> JsonLd {
    let mut found = JsonLd::default();
    for script in scripts {
        let Some(value) = parse(script) else { continue };
        found.look(&value, 0);
    }
    found
}

/// Line breaks within strings, comments and trailing semicolons are common mistakes.
fn parse(script: &str) -> Option<Value> {
    let trimmed =
        script.trim().trim_start_matches("<!--").trim_start_matches("//<![CDATA[").trim_start_matches("<![CDATA[");
    let trimmed =
        trimmed.trim_end_matches("-->").trim_end_matches("//]]>").trim_end_matches("]]>").trim().trim_end_matches(';');
    serde_json::from_str(trimmed).ok().or_else(|| {
        let repaired: String = trimmed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        serde_json::from_str(&repaired).ok()
    })
}

impl JsonLd {
    fn look(&mut self, value: &Value, depth: usize) {
        if depth > JSON_LD_DEPTH_MAX {
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.look(item, depth + 1)),
            Value::Object(object) => {
                if is_type(value, is_article) && !self.is_article {
                    self.article(value);
                } else if is_type(value, |kind| kind == "Product" || kind == "ProductGroup") {
                    self.is_product |= object.contains_key("offers") || object.contains_key("hasVariant");
                } else if is_type(value, |kind| kind == "WebPage" || kind == "NewsMediaOrganization") {
                    self.page(value);
                }
                for key in ["@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart"] {
                    if let Some(inner) = object.get(key).filter(|inner| !inner.is_string()) {
                        self.look(inner, depth + 1);
                    }
                }
            }
            _ => {}
        }
    }

    fn article(&mut self, value: &Value) {
        self.is_article = true;
        self.headline = text(value, "headline").or_else(|| text(value, "name"));
        self.published = text(value, "datePublished").or_else(|| text(value, "dateCreated")).or(self.published.take());
        self.modified = text(value, "dateModified").or(self.modified.take());
        self.language = text(value, "inLanguage").or(self.language.take());
        self.body = text(value, "articleBody");
        self.description = text(value, "description");
        self.publisher = value.get("publisher").and_then(|publisher| text(publisher, "name")).or(self.publisher.take());
        self.image = value.get("image").and_then(image).or(self.image.take());
        for key in ["author", "creator"] {
            if self.authors.is_empty()
                && let Some(author) = value.get(key)
            {
                self.author(author, 0);
            }
        }
    }

    fn page(&mut self, value: &Value) {
        self.published = self.published.take().or_else(|| text(value, "datePublished"));
        self.modified = self.modified.take().or_else(|| text(value, "dateModified"));
        self.language = self.language.take().or_else(|| text(value, "inLanguage"));
    }

    fn author(&mut self, value: &Value, depth: usize) {
        if self.authors.len() >= AUTHORS_MAX || depth > JSON_LD_DEPTH_MAX {
            return;
        }
        match value {
            Value::String(name) => self.authors.push(collapse(name)),
            Value::Array(items) => items.iter().for_each(|item| self.author(item, depth + 1)),
            Value::Object(object) => {
                let organization = is_type(value, |kind| kind.ends_with("Organization"));
                match object.get("name") {
                    Some(name) if !organization => self.author(name, depth + 1),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn is_article(kind: &str) -> bool {
    kind.ends_with("Article")
        || kind.ends_with("BlogPosting")
        || matches!(kind, "Report" | "Review" | "LiveBlogPosting")
}

fn is_type(value: &Value, wanted: impl Fn(&str) -> bool) -> bool {
    match value.get("@type") {
        Some(Value::String(kind)) => wanted(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(wanted),
        _ => false,
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    let found = match value.get(key)? {
        Value::String(text) => text.as_str(),
        Value::Array(items) => items.first()?.as_str()?,
        _ => return None,
    };
    let found = collapse(&unescape(found));
    (!found.is_empty()).then_some(found)
}

/// The few references that JSON-LD made from HTML carries.
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#039;", "'"),
        ("&apos;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", " "),
        ("&ndash;", "–"),
        ("&mdash;", "—"),
        ("&rsquo;", "’"),
        ("&lsquo;", "‘"),
        ("&ldquo;", "“"),
        ("&rdquo;", "”"),
        ("&#8217;", "’"),
        ("&#8216;", "‘"),
        ("&#8220;", "“"),
        ("&#8221;", "”"),
        ("&#8211;", "–"),
        ("&#8230;", "…"),
        ("&hellip;", "…"),
        ("&#038;", "&"),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn image(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Array(items) => items.first().filter(|first| !first.is_array()).and_then(image),
        Value::Object(object) => object.get("url").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}
