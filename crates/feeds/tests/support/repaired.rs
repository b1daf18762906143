//! Our decoding and repair in front of another reader: what feed-rs makes of a document that was made well-formed.

use feeds::Limits;
use feeds::xml::{Event, Ns, Reader};

/// A document as well-formed XML in UTF-8, with the usual prefixes: decoded and repaired by our reader.
pub(crate) fn repaired(body: &[u8], content_type: Option<&str>, url: Option<&str>) -> String {
    let limits = Limits::default();
    let text = feeds::decode(body, content_type, &limits);
    let mut reader = Reader::new(&text, url, &limits);
    let mut out = String::new();
    let mut open: Vec<String> = Vec::new();
    while let Some(event) = reader.next_event() {
        match event {
            Event::Start { ns, name, attributes } => {
                let name = with_prefix(ns, &name);
                out.push_str(&format!("<{name}"));
                if open.is_empty() {
                    for (prefix, uri) in NAMESPACES {
                        out.push_str(&format!(" xmlns:{prefix}=\"{uri}\""));
                    }
                }
                let mut seen: Vec<&str> = Vec::new();
                for (key, value) in attributes {
                    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
                    if (plain || key == "xml:base" || key == "xml:lang") && key != "xmlns" && !seen.contains(&key) {
                        seen.push(key);
                        let value = if key == "type" && matches!(&*name, "title" | "summary" | "content" | "subtitle") {
                            known_type(value)
                        } else {
                            value
                        };
                        out.push_str(&format!(" {key}=\"{}\"", escaped(&reader.entities.decode(value))));
                    }
                }
                if name == "rss" && !seen.contains(&"version") {
                    out.push_str(" version=\"2.0\"");
                }
                out.push('>');
                open.push(name);
            }
            Event::End(_) => out.push_str(&open.pop().map(|name| format!("</{name}>")).unwrap_or_default()),
            Event::Text(raw) if !open.is_empty() => out.push_str(&escaped(&reader.entities.decode(raw))),
            Event::CData(raw) if !open.is_empty() => out.push_str(&escaped(raw)),
            _ => {}
        }
    }
    for name in open.iter().rev() {
        out.push_str(&format!("</{name}>"));
    }
    out
}

/// feed-rs gives up a whole feed for one text of a type it does not know.
fn known_type(value: &str) -> &str {
    match value {
        "html" | "text/html" => "html",
        "xhtml" | "application/xhtml+xml" => "xhtml",
        _ => "text",
    }
}

const NAMESPACES: &[(&str, &str)] = &[
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("media", "http://search.yahoo.com/mrss/"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    ("xhtml", "http://www.w3.org/1999/xhtml"),
    ("other", "http://other.example/"),
];

fn with_prefix(ns: Ns, name: &str) -> String {
    // feed-rs knows names as their standards write them.
    let name = match name {
        "rdf" => "RDF",
        "pubdate" => "pubDate",
        "lastbuilddate" => "lastBuildDate",
        name => name,
    };
    let prefix = match ns {
        Ns::Core => return name.to_owned(),
        Ns::Dc => "dc",
        Ns::Content => "content",
        Ns::Itunes => "itunes",
        Ns::Media => "media",
        Ns::Rdf => "rdf",
        Ns::Xhtml => "xhtml",
        _ => "other",
    };
    format!("{prefix}:{name}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
