//! Other crates that find articles, each with its defaults, asked as `train/peers.py` asks those in Python.
//!
//! `predict` writes what they find, for the tables in `docs/quality.md`; `speed` times them beside `extract`, for those in
//! `docs/performance.md`. Neither the workspace nor CI builds this package:
//!
//! ```sh
//! cd crates/extract/peers
//! cargo run --release --bin predict -- SETS dom_smoothie FOLDER
//! cargo run --release --bin predict -- SETS trafilatura-rs FOLDER
//! cargo run --release --bin speed -- SETS
//! ```

use ego_tree::iter::Edge;
use scraper::Node;

/// What a peer found on a page, in the form of the set's scorer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub title: Option<String>,
    pub authors: Vec<String>,
    pub date: Option<String>,
    pub body: String,
    pub language: Option<String>,
}

/// A peer reads a page, whose address is known or not; none where it gives up.
pub type Peer = fn(&str, Option<&str>) -> Option<Found>;

/// All peers by name. The crate `trafilatura` has its repository's name, since the Python package stands beside it.
pub const PEERS: &[(&str, Peer)] = &[("dom_smoothie", dom_smoothie), ("trafilatura-rs", trafilatura)];

/// Its plain text runs words of neighbouring blocks together, so the form with line breaks is taken.
fn dom_smoothie(html: &str, url: Option<&str>) -> Option<Found> {
    use dom_smoothie::{Config, Readability, TextMode};

    let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
    let article = Readability::new(html, url, Some(config)).ok()?.parse().ok()?;
    Some(Found {
        title: some(article.title),
        authors: article.byline.and_then(some).into_iter().collect(),
        date: article.published_time.map(|time| time.chars().take(10).collect()),
        body: article.text_content.to_string(),
        language: article.lang,
    })
}

/// With the second try that the Python package makes by default, and this crate where it is asked. Its plain text is one
/// line, so the lines are those of its markup.
fn trafilatura(html: &str, url: Option<&str>) -> Option<Found> {
    use trafilatura::Options;

    let mut options = Options::default().with_fallback(true).with_exclude_comments(true);
    if let Some(url) = url.and_then(|url| url::Url::parse(url).ok()) {
        options = options.with_url(url);
    }
    let article = trafilatura::extract(html, &options).ok()?;
    let names = article.metadata.author.split(';').map(str::trim);
    Some(Found {
        title: some(article.metadata.title),
        authors: names.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        date: article.metadata.date.map(|date| date.to_string()),
        body: lines(&article.content_html),
        language: some(article.metadata.language),
    })
}

/// The text of markup with a line for each block; cells of a table share one.
fn lines(html: &str) -> String {
    const INLINE: &[&str] = &[
        "a", "abbr", "b", "cite", "code", "del", "em", "font", "i", "ins", "mark", "q", "s", "small", "span", "strong",
        "sub", "sup", "time", "u",
    ];
    let mut text = String::new();
    for edge in scraper::Html::parse_fragment(html).root_element().traverse() {
        let (Edge::Open(node) | Edge::Close(node)) = edge;
        match node.value() {
            Node::Text(piece) if matches!(edge, Edge::Open(_)) => text.push_str(&piece.replace('\n', " ")),
            Node::Element(element) if matches!(element.name(), "td" | "th") => text.push(' '),
            Node::Element(element) if !INLINE.contains(&element.name()) => text.push('\n'),
            _ => {}
        }
    }
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_finds_an_article() {
        let prose = "<p>The council voted on Tuesday to keep the old bridge open for another year, the mayor said.</p>";
        let html = format!(
            "<html lang=en><head><title>Old bridge to stay open</title><meta name=author content='Ada Miller'>\
             <meta property='article:published_time' content='2024-04-27T10:12:00Z'></head><body>\
             <article><h1>Old bridge to stay open</h1>{}</article></body></html>",
            prose.repeat(8)
        );
        for (name, peer) in PEERS {
            let found = peer(&html, Some("https://news.example/a")).expect("a plain page");
            assert!(found.body.contains("The council voted on Tuesday"), "{name}: {found:?}");
            assert!(found.body.lines().filter(|line| line.starts_with("The council")).count() > 4, "{name}: {found:?}");
            assert_eq!(found.title.as_deref(), Some("Old bridge to stay open"), "{name}");
            assert_eq!(found.date.as_deref(), Some("2024-04-27"), "{name}");
            assert_eq!(found.authors, ["Ada Miller"], "{name}");
        }
    }
}
