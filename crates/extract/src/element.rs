//! What an element says of the blocks within it: its tag, its names, its place.

use scraper::node::Element as Node;

use crate::markup::{self, Names};
use crate::page::{Place, Tag};
use crate::types::Label;

/// What class, id, itemprop and role say.
pub(crate) fn read_names(node: &Node) -> Names {
    let class = node.attr("class").unwrap_or_default().split_whitespace();
    let id = node.attr("id").into_iter();
    let mut names = markup::read(class.chain(id));
    match node.attr("itemprop") {
        Some("articleBody") => names.content = true,
        Some("headline") => names.field = names.field.or(Some(Label::Title)),
        Some("author") => names.field = names.field.or(Some(Label::Byline)),
        Some("datePublished" | "dateModified") => names.field = names.field.or(Some(Label::Dateline)),
        _ => {}
    }
    match node.attr("role") {
        Some("navigation" | "menu" | "menubar") => names.residue = Some(Label::Nav),
        Some("complementary") => names.residue = names.residue.or(Some(Label::Other)),
        Some("contentinfo") => names.residue = Some(Label::Legal),
        Some("search" | "dialog" | "alertdialog") => names.residue = names.residue.or(Some(Label::Other)),
        _ => {}
    }
    names
}

/// Where the blocks within an element stand.
pub(crate) fn place(outer: Place, name: &str, node: &Node) -> Place {
    let mut place = outer;
    match name {
        "nav" => place.nav = true,
        "aside" => place.aside = true,
        "header" => place.header = true,
        "footer" => place.footer = true,
        "form" => place.form = true,
        "button" | "label" | "option" | "textarea" => place.button = true,
        "figure" | "figcaption" => place.figure = true,
        "blockquote" => place.quote = true,
        "ul" | "ol" | "dl" => place.list = true,
        "table" => place.table = true,
        "article" => place.article = true,
        "a" => place.link = true,
        _ => {}
    }
    if node.attr("role") == Some("button") {
        place.button = true;
    }
    place
}

/// The kind of an element, and whether it parts blocks.
pub(crate) fn classify(name: &str) -> (Tag, bool) {
    let tag = match name {
        "body" => Tag::Body,
        "article" => Tag::Article,
        "main" => Tag::Main,
        "section" => Tag::Section,
        "p" => Tag::Paragraph,
        "h1" => Tag::Heading(1),
        "h2" => Tag::Heading(2),
        "h3" => Tag::Heading(3),
        "h4" => Tag::Heading(4),
        "h5" => Tag::Heading(5),
        "h6" => Tag::Heading(6),
        "ul" | "ol" | "dl" | "menu" | "dir" => Tag::List,
        "li" | "dt" | "dd" => Tag::Item,
        "table" | "tbody" | "thead" | "tfoot" => Tag::Table,
        "tr" => Tag::Row,
        "td" | "th" => Tag::Cell,
        "blockquote" => Tag::Quote,
        "pre" => Tag::Pre,
        "figure" => Tag::Figure,
        "figcaption" | "caption" => Tag::Caption,
        "nav" => Tag::Nav,
        "aside" => Tag::Aside,
        "header" => Tag::Header,
        "footer" => Tag::Footer,
        "form" | "fieldset" => Tag::Form,
        "button" | "option" | "textarea" => Tag::Button,
        "html" | "head" | "div" | "address" | "center" | "details" | "summary" | "dialog" | "hgroup" | "legend"
        | "title" | "video" | "audio" | "object" | "picture" | "search" => Tag::Div,
        _ => return (Tag::Inline, false),
    };
    (tag, true)
}

/// Whether readers do not see it, as far as its own attributes tell.
pub(crate) fn is_hidden(node: &Node) -> bool {
    if node.attr("hidden").is_some() {
        return true;
    }
    let Some(style) = node.attr("style") else { return false };
    let style: String = style.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    style.contains("display:none") || style.contains("visibility:hidden")
}

/// FNV-1a of tag and class.
pub(crate) fn signature(node: &Node, name: &str) -> u64 {
    let class = node.attr("class").unwrap_or_default();
    name.bytes()
        .chain([b' '])
        .chain(class.bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
