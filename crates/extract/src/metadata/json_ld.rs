//! schema.org in JSON-LD, read leniently: what is broken is mended or passed over.

use std::collections::HashMap;

use serde_json::Value;

use super::entities::decode;
use super::lenient;
use crate::fold::{collapse, key};
use crate::limits::{AUTHORS_MAX, JSON_LD_DEPTH_MAX, JSON_LD_NODES_MAX};

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
    /// The site's own name.
    pub(crate) site: Option<String>,
    pub(crate) image: Option<String>,
    /// The address that the article calls its own.
    pub(crate) url: Option<String>,
    /// The whole text, which some sites state.
    pub(crate) body: Option<String>,
    pub(crate) description: Option<String>,
    /// Whether everyone may read all of it.
    pub(crate) is_free: Option<bool>,
    /// What kinds of things it speaks of.
    pub(crate) types: Vec<String>,
}

/// Reads all scripts. Of several articles the one counts that is no item of a list and says most.
pub(crate) fn read(scripts: &[&str]) -> JsonLd {
    let values: Vec<Value> = scripts.iter().flat_map(|script| lenient::read(script)).collect();
    let mut graph = Graph::default();
    for value in &values {
        graph.gather(value, false, 0);
    }
    let mut found = JsonLd::default();
    let mut articles: Vec<&Node<'_>> = graph.nodes.iter().filter(|node| is_type(node.value, is_work)).collect();
    // The sort is stable: of equals the first one counts.
    articles.sort_by_key(|node| std::cmp::Reverse(node.worth()));
    for node in articles {
        found.is_article |= !node.listed && is_type(node.value, is_article);
        found.article(node, &graph);
    }
    for node in &graph.nodes {
        let value = node.value;
        found.note_types(value);
        found.is_product |= is_type(value, |kind| matches!(kind, "Product" | "ProductGroup"))
            && (value.get("offers").is_some() || value.get("hasVariant").is_some());
        if is_type(value, |kind| kind.ends_with("WebPage") || kind == "NewsMediaOrganization") {
            found.page(value, &graph);
        }
        if found.site.is_none() && is_type(value, |kind| kind == "WebSite" || kind == "NewsMediaOrganization") {
            found.site = text(value, "name");
        }
    }
    found
}

/// Kinds of things that are noted.
const TYPES_MAX: usize = 32;

impl JsonLd {
    fn note_types(&mut self, value: &Value) {
        let stated = value.get("@type");
        let several = stated.and_then(Value::as_array).into_iter().flatten();
        for kind in stated.into_iter().chain(several).filter_map(Value::as_str) {
            if self.types.len() < TYPES_MAX && self.types.iter().all(|known| known != kind) {
                self.types.push(kind.to_owned());
            }
        }
    }
}

/// An object that may describe the article.
struct Node<'a> {
    value: &'a Value,
    /// An item of a list, as teasers are.
    listed: bool,
}

impl Node<'_> {
    fn worth(&self) -> usize {
        let has = |name: &str| usize::from(self.value.get(name).is_some());
        let article = usize::from(is_type(self.value, is_article));
        let own = if self.listed { 0 } else { 10 };
        own + 4 * article + 2 * has("headline") + has("datePublished") + has("author") + has("articleBody")
    }
}

/// All objects of the page's scripts, also by their `@id`.
#[derive(Default)]
struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    ids: HashMap<&'a str, &'a Value>,
}

impl<'a> Graph<'a> {
    fn gather(&mut self, value: &'a Value, listed: bool, depth: usize) {
        if depth > JSON_LD_DEPTH_MAX || self.nodes.len() >= JSON_LD_NODES_MAX {
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.gather(item, listed, depth + 1)),
            Value::Object(object) => {
                if let Some(id) = object.get("@id").and_then(Value::as_str).filter(|_| object.len() > 1) {
                    let known = self.ids.entry(id).or_insert(value);
                    if known.get("name").is_none() {
                        *known = value;
                    }
                }
                if object.contains_key("@type") {
                    self.nodes.push(Node { value, listed });
                }
                const OWN: &[&str] = &["@graph", "mainEntity", "mainEntityOfPage", "author", "creator", "publisher"];
                const LISTS: &[&str] = &["itemListElement", "hasPart", "item", "blogPost", "isPartOf"];
                for (names, listed) in [(OWN, listed), (LISTS, true)] {
                    for inner in names.iter().filter_map(|name| object.get(*name)) {
                        if inner.is_object() || inner.is_array() {
                            self.gather(inner, listed, depth + 1);
                        }
                    }
                }
            }
            _ => {}
        }
    }
}

impl JsonLd {
    /// Takes what is not known yet. Another article may add to the first only if it is the same one.
    fn article(&mut self, node: &Node<'_>, graph: &Graph<'_>) {
        let value = node.value;
        let headline = text(value, "headline").or_else(|| text(value, "name"));
        if let (Some(own), other) = (&self.headline, headline.as_deref()) {
            let same = other.is_some_and(|other| key(other) == key(own));
            if node.listed || !same {
                return;
            }
        }
        self.headline = self.headline.take().or(headline);
        let published = || text(value, "datePublished").or_else(|| text(value, "dateCreated"));
        self.published = self.published.take().or_else(published).or_else(|| text(value, "uploadDate"));
        self.modified = self.modified.take().or_else(|| text(value, "dateModified"));
        self.language = self.language.take().or_else(|| language(value));
        self.body = self.body.take().or_else(|| text(value, "articleBody"));
        self.description = self.description.take().or_else(|| text(value, "description"));
        let publisher = || value.get("publisher").and_then(|publisher| text(resolved(publisher, graph), "name"));
        self.publisher = self.publisher.take().or_else(publisher);
        self.image = self.image.take().or_else(|| value.get("image").and_then(|found| image(resolved(found, graph))));
        self.url = self.url.take().or_else(|| text(value, "url"));
        self.is_free = self.is_free.or_else(|| is_free(value));
        self.people(value, graph);
    }

    fn page(&mut self, value: &Value, graph: &Graph<'_>) {
        self.published = self.published.take().or_else(|| text(value, "datePublished"));
        self.modified = self.modified.take().or_else(|| text(value, "dateModified"));
        self.language = self.language.take().or_else(|| language(value));
        self.people(value, graph);
    }

    fn people(&mut self, value: &Value, graph: &Graph<'_>) {
        for name in ["author", "creator"] {
            if self.authors.is_empty()
                && let Some(author) = value.get(name)
            {
                self.author(author, graph, 0);
            }
        }
    }

    fn author(&mut self, value: &Value, graph: &Graph<'_>, depth: usize) {
        if self.authors.len() >= AUTHORS_MAX || depth > JSON_LD_DEPTH_MAX {
            return;
        }
        match value {
            Value::String(name) => self.authors.push(plain(name)),
            Value::Array(items) => items.iter().for_each(|item| self.author(item, graph, depth + 1)),
            Value::Object(_) => {
                let value = resolved(value, graph);
                if is_type(value, |kind| kind.ends_with("Organization") || kind == "Corporation") {
                    return;
                }
                let whole = || Some(format!("{} {}", text(value, "givenName")?, text(value, "familyName")?));
                match value.get("name").or_else(|| value.get("@list")) {
                    Some(name) => self.author(name, graph, depth + 1),
                    None => self.authors.extend(whole()),
                }
            }
            _ => {}
        }
    }
}

/// The object itself, or the one that it points to.
fn resolved<'a>(value: &'a Value, graph: &Graph<'a>) -> &'a Value {
    let id = value.get("@id").and_then(Value::as_str).filter(|_| value.get("name").is_none());
    id.and_then(|id| graph.ids.get(id).copied()).unwrap_or(value)
}

fn is_article(kind: &str) -> bool {
    kind.ends_with("Article")
        || kind.ends_with("BlogPosting")
        || matches!(kind, "Report" | "Review" | "LiveBlogPosting")
}

/// Works that a page may be about, though they do not make it an article.
fn is_work(kind: &str) -> bool {
    is_article(kind)
        || matches!(kind, "Recipe" | "HowTo" | "VideoObject" | "PodcastEpisode" | "SocialMediaPosting" | "CreativeWork")
        || kind == "DiscussionForumPosting"
}

/// schema.org `isAccessibleForFree`, which sites write as a boolean or as text.
fn is_free(value: &Value) -> Option<bool> {
    match value.get("isAccessibleForFree")? {
        Value::Bool(free) => Some(*free),
        Value::String(said) => said.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

fn is_type(value: &Value, wanted: impl Fn(&str) -> bool) -> bool {
    let wanted = |kind: &str| wanted(kind.rsplit(['/', ':', '#']).next().unwrap_or(kind));
    match value.get("@type") {
        Some(Value::String(kind)) => wanted(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).any(wanted),
        _ => false,
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    let found = match value.get(name)? {
        Value::String(text) => text.as_str(),
        Value::Array(items) => items.first()?.as_str()?,
        Value::Object(object) => object.get("@value")?.as_str()?,
        _ => return None,
    };
    let found = plain(found);
    (!found.is_empty()).then_some(found)
}

fn language(value: &Value) -> Option<String> {
    let named = |value: &Value| text(value, "alternateName").or_else(|| text(value, "name"));
    text(value, "inLanguage").or_else(|| value.get("inLanguage").and_then(named))
}

/// Bytes of a tag within a value.
const TAG_BYTES_MAX: usize = 200;

/// Without character references, tags and superfluous white space.
fn plain(text: &str) -> String {
    let decoded = decode(text);
    if !decoded.contains('<') {
        return collapse(&decoded);
    }
    let mut out = String::with_capacity(decoded.len());
    let mut rest: &str = &decoded;
    while let Some(at) = rest.find('<') {
        let after = &rest[at + 1..];
        let tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let end = after.bytes().take(TAG_BYTES_MAX).position(|byte| byte == b'>').filter(|_| tag);
        out.push_str(&rest[..at]);
        match end {
            Some(end) => {
                // A break parts words, emphasis does not.
                out.push_str(if after.starts_with("br") || after.starts_with('p') { " " } else { "" });
                rest = &after[end + 1..];
            }
            None => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    collapse(&out)
}

fn image(value: &Value) -> Option<String> {
    match value {
        Value::String(url) => Some(url.clone()),
        Value::Array(items) => items.first().filter(|first| !first.is_array()).and_then(image),
        Value::Object(object) => object.get("url").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str) -> JsonLd {
        read(&[script])
    }

    #[test]
    fn authors_are_followed_to_where_the_graph_names_them() {
        let found = of(r##"{"@graph": [
            {"@type": "NewsArticle", "headline": "Bridge opens", "author": {"@id": "#ada"}, "publisher": {"@id": "#c"}},
            {"@type": "Person", "@id": "#ada", "name": "Ada Miller"},
            {"@type": "Organization", "@id": "#c", "name": "River Courier"}]}"##);
        assert_eq!(found.authors, ["Ada Miller"]);
        assert_eq!(found.publisher.as_deref(), Some("River Courier"));
    }

    #[test]
    fn people_in_every_form() {
        let authors = |author: &str| of(&format!(r#"{{"@type": "Article", "author": {author}}}"#)).authors;
        assert_eq!(authors(r#""Ada Miller""#), ["Ada Miller"]);
        assert_eq!(authors(r#"[{"@type": "Person", "name": ["Ada Miller", "Tom Reed"]}]"#), ["Ada Miller", "Tom Reed"]);
        assert_eq!(authors(r#"{"givenName": "Ada", "familyName": "Miller"}"#), ["Ada Miller"]);
        assert_eq!(authors(r#"{"@type": "NewsMediaOrganization", "name": "Courier"}"#), Vec::<String>::new());
    }

    #[test]
    fn the_page_s_own_article_is_told_from_teasers() {
        let found = of(r#"[{"@type": "ItemList", "itemListElement": [
              {"@type": "NewsArticle", "headline": "Another one", "author": "X Y", "datePublished": "2023-01-01"}]},
            {"@type": "NewsArticle", "headline": "The &quot;old&quot; <em>bridge</em>", "datePublished": "2024-05-01"}]"#);
        assert_eq!(found.headline.as_deref(), Some("The \"old\" bridge"));
        assert_eq!(found.published.as_deref(), Some("2024-05-01"));
        assert_eq!(found.authors, Vec::<String>::new());
        assert!(found.is_article);
    }

    #[test]
    fn a_product_is_no_article() {
        let found = of(r#"{"@type": "Product", "name": "Boat", "offers": {"price": 3}}"#);
        assert!(found.is_product && !found.is_article && found.headline.is_none());
    }
}
