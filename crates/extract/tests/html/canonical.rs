//! Trees as lines of text that can be compared: an element with its attributes, a text with its white space collapsed,
//! the end of an element. What the parser leaves out is left out of both.

use scraper::node::Node;

use crate::html::{AttributeName, Kind, Tree};
use crate::limits::VALUE_BYTES_MAX;

#[derive(Default)]
struct Lines {
    out: String,
    text: String,
}

impl Lines {
    fn enter(&mut self, name: &str, mut attributes: Vec<(&str, String)>) {
        self.flush();
        // The cap is on the value as it is written, where a quote may take six bytes.
        attributes.retain(|(_, value)| value.len() <= VALUE_BYTES_MAX / 8);
        attributes.sort();
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            // The standard makes one line feed of every line end before it parses.
            let value = value.replace("\r\n", "\n").replace(['\n', '\r'], "\\n");
            self.out.push_str(&format!(" {name}={value:?}"));
        }
        self.out.push('\n');
    }

    fn leave(&mut self) {
        self.flush();
        self.out.push_str("/\n");
    }

    fn flush(&mut self) {
        if self.text.is_empty() {
            return;
        }
        let mut was_space = false;
        self.out.push('"');
        for c in self.text.drain(..) {
            let is_space = c.is_ascii_whitespace();
            if !(is_space && was_space) {
                self.out.push(if is_space { ' ' } else { c });
            }
            was_space = is_space;
        }
        self.out.push_str("\"\n");
    }
}

pub(super) fn of_tree(tree: &Tree<'_>) -> String {
    let mut lines = Lines::default();
    let root = tree.root();
    let mut next = root.first_child();
    while let Some(mut node) = next {
        let mut inside = None;
        if node.kind() == Kind::Element {
            let attributes = node.attrs().map(|(name, value)| (name.text(), value.to_owned())).collect();
            lines.enter(node.name(), attributes);
            inside = node.first_child().filter(|_| !matches!(node.name(), "svg" | "math"));
        } else if let Some(text) = node.text() {
            lines.text.push_str(text);
        }
        if inside.is_some() {
            next = inside;
            continue;
        }
        if node.kind() == Kind::Element {
            lines.leave();
        }
        next = loop {
            if let Some(sibling) = node.next_sibling() {
                break Some(sibling);
            }
            match node.parent() {
                Some(parent) if parent.id() != root.id() => {
                    lines.leave();
                    node = parent;
                }
                _ => break None,
            }
        };
    }
    lines.out
}

fn kept(element: &scraper::node::Element) -> Vec<(&str, String)> {
    let is_button = element.name() == "input"
        && element
            .attr("type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("submit") || kind.eq_ignore_ascii_case("button"));
    element
        .attrs()
        .filter(|(name, value)| match *name {
            "style" => value.contains("none") || value.contains("hidden"),
            "value" => is_button,
            name => AttributeName::find(name.as_bytes()) != AttributeName::Unknown,
        })
        .map(|(name, value)| (name, if name == "onclick" { String::new() } else { value.to_owned() }))
        .collect()
}

pub(super) fn of_reference(html: &str) -> String {
    let page = scraper::Html::parse_document(html);
    let mut lines = Lines::default();
    let root = page.tree.root();
    let mut next = root.first_child();
    while let Some(mut node) = next {
        let mut inside = None;
        match node.value() {
            Node::Element(element) => {
                let name = element.name();
                if !matches!(name, "script" | "style") {
                    lines.enter(name, kept(element));
                    let is_passed_over =
                        matches!(name, "iframe" | "math" | "noembed" | "noframes" | "noscript" | "svg" | "textarea");
                    inside = node.first_child().filter(|_| !is_passed_over);
                    if inside.is_none() {
                        lines.leave();
                    }
                }
            }
            Node::Text(text) => lines.text.push_str(text),
            Node::Fragment => inside = node.first_child(),
            _ => {}
        }
        if inside.is_some() {
            next = inside;
            continue;
        }
        next = loop {
            if let Some(sibling) = node.next_sibling() {
                break Some(sibling);
            }
            match node.parent() {
                Some(parent) if parent.id() != root.id() => {
                    if parent.value().is_element() {
                        lines.leave();
                    }
                    node = parent;
                }
                _ => break None,
            }
        };
    }
    lines.out
}

/// The first lines that differ, with those before and behind them.
pub(super) fn difference(ours: &str, reference: &str) -> Option<String> {
    if ours == reference {
        return None;
    }
    let (ours, reference): (Vec<_>, Vec<_>) = (ours.lines().collect(), reference.lines().collect());
    let at = ours.iter().zip(&reference).take_while(|(one, other)| one == other).count();
    let part = |lines: &[&str]| {
        let from = at.saturating_sub(4).min(lines.len());
        let shown = lines[from..(at + 6).min(lines.len())].iter();
        shown.map(|line| format!("    {}\n", line.chars().take(300).collect::<String>())).collect::<String>()
    };
    Some(format!("at line {at}, ours:\n{}  html5ever:\n{}", part(&ours), part(&reference)))
}

/// The content of the body, or of the page where there is none, on one line: `p["a" b["c"]]`.
pub(super) fn short(lines: &str) -> String {
    let body =
        lines.split_once("\n<body").map_or(lines, |(_, body)| body.split_once('\n').map_or("", |(_, rest)| rest));
    let mut out = String::new();
    for line in body.lines() {
        if line == "/" {
            out.push(']');
        } else {
            if !out.is_empty() && !out.ends_with('[') {
                out.push(' ');
            }
            out.push_str(line.trim_start_matches('<'));
            out.push_str(if line.starts_with('<') { "[" } else { "" });
        }
    }
    // The ends of `body` and `html`.
    out.strip_suffix("]]").unwrap_or(&out).replace("[]", "")
}
