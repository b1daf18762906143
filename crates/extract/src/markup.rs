//! What class names, ids and roles say. The words are data: `data/markup.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::types::Label;

static WORDS: LazyLock<HashMap<&'static str, Label>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    let mut label = None;
    for line in include_str!("../data/markup.txt").lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            label = Label::parse(name);
        } else if let Some(label) = label {
            words.extend(line.split_whitespace().map(|word| (word, label)));
        }
    }
    words
});

/// Words looked at in a class attribute; utility class soup is longer.
const NAMES_MAX: usize = 24;

/// Parts of names that speak of a page's layout: `has-sidebar`, `sidebar-grid`, `no-comments`.
const LAYOUT: &[&str] =
    &["has", "with", "without", "no", "grid", "layout", "page", "template", "main", "body", "site", "col", "row"];

/// What an element's names say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// It holds something that is not the article's text.
    pub(crate) residue: Option<Label>,
    /// It holds the article's text.
    pub(crate) content: bool,
    /// It holds one of the article's fields.
    pub(crate) field: Option<Label>,
}

/// Reads class, id and the like.
pub(crate) fn read<'a>(names: impl Iterator<Item = &'a str>) -> Names {
    let mut found = Names::default();
    // Utility classes (`print:hidden`, `w-[40px]`) speak of looks.
    for name in names.filter(|name| !name.contains([':', '[', '/'])).take(NAMES_MAX) {
        let parts = split(name);
        let layout = parts.iter().any(|part| LAYOUT.contains(&part.as_str()));
        // Long machine-made names (`style__Foo-sc-1x2y3z`) say little; their first parts are the author's own words.
        for width in [3, 2, 1] {
            for window in parts.windows(width).take(6) {
                if layout && width == 1 {
                    continue;
                }
                if let Some(&label) = WORDS.get(window.join("-").as_str()) {
                    found.add(label, width == parts.len());
                }
            }
        }
        if let Some(&label) = WORDS.get(parts.concat().as_str()) {
            found.add(label, true);
        }
    }
    found
}

impl Names {
    fn add(&mut self, label: Label, whole: bool) {
        match label {
            Label::Body => self.content = true,
            Label::Title | Label::Deck | Label::Byline | Label::Dateline | Label::Caption | Label::Credit => {
                if self.field.is_none() || whole {
                    self.field = Some(label);
                }
            }
            _ => {
                if self.residue.is_none() || whole {
                    self.residue = Some(label);
                }
            }
        }
    }
}

/// Cuts a name at marks and capitals, lower case.
fn split(name: &str) -> Vec<String> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut lower_before = false;
    for c in name.chars().take(64) {
        if !c.is_alphanumeric() {
            parts.push(String::new());
            lower_before = false;
            continue;
        }
        if c.is_uppercase() && lower_before {
            parts.push(String::new());
        }
        lower_before = c.is_lowercase();
        if let Some(last) = parts.last_mut() {
            last.extend(c.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
