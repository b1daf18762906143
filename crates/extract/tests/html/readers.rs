//! What a reader of the tree gets.

use crate::html::{AttributeName, Kind, Name, NodeRef, RawKind, Tree, parse};
use crate::limits::{ATTRIBUTES_MAX, JSON_LD_BYTES_MAX, UNCLOSED_BYTES_MAX, VALUE_BYTES_MAX};

/// All nodes below the root, in their order.
fn nodes<'t, 'a>(tree: &'t Tree<'a>) -> Vec<NodeRef<'t, 'a>> {
    let mut nodes = Vec::new();
    let mut waiting = vec![tree.root()];
    while let Some(node) = waiting.pop() {
        nodes.push(node);
        let from = waiting.len();
        let mut child = node.first_child();
        while let Some(node) = child {
            waiting.push(node);
            child = node.next_sibling();
        }
        waiting[from..].reverse();
    }
    nodes
}

fn text(tree: &Tree<'_>) -> String {
    nodes(tree).iter().filter_map(|node| node.text()).collect()
}

fn first<'t, 'a>(tree: &'t Tree<'a>, name: &str) -> NodeRef<'t, 'a> {
    nodes(tree).into_iter().find(|node| node.name() == name).expect("there is such an element")
}

#[test]
fn nodes_have_names_attributes_and_neighbours() {
    let tree = parse("<p CLASS='a b' id=x data-qa=q unknown=u>one<X-Card href=?a&amp;b>two</x-card></p>");
    let paragraph = first(&tree, "p");
    assert_eq!(paragraph.kind(), Kind::Element);
    assert_eq!(paragraph.tag(), Name::P);
    assert_eq!(paragraph.attr(AttributeName::Class), Some("a b"));
    assert_eq!(paragraph.attr(AttributeName::DataQa), Some("q"));
    assert_eq!(paragraph.attr(AttributeName::Href), None);
    assert_eq!(paragraph.attrs().count(), 3);
    let text = paragraph.first_child().expect("the text");
    assert_eq!((text.kind(), text.text(), text.name()), (Kind::Text, Some("one"), ""));
    let card = text.next_sibling().expect("the card");
    assert_eq!((card.name(), card.tag(), card.text()), ("x-card", Name::Unknown, None));
    assert_eq!(card.attr(AttributeName::Href), Some("?a&b"));
    assert_eq!(card.parent().map(NodeRef::id), Some(paragraph.id()));
    assert!(card.next_sibling().is_none());
    assert_eq!(tree.root().kind(), Kind::Document);
    assert!(tree.root().parent().is_none());
}

#[test]
fn what_needs_no_decoding_is_borrowed() {
    let html = "<p title=plain>one &amp; two</p><p>three</p>".to_owned();
    let tree = parse(&html);
    let range = html.as_bytes().as_ptr_range();
    let borrowed: Vec<bool> =
        nodes(&tree).iter().filter_map(|node| node.text()).map(|text| range.contains(&text.as_ptr())).collect();
    assert_eq!(borrowed, [false, true]);
    let title = first(&tree, "p").attr(AttributeName::Title).expect("a title");
    assert!(range.contains(&title.as_ptr()));
}

#[test]
fn raw_content_is_held_aside() {
    let long = format!("state = '{}'", "x".repeat(400));
    let page = format!(
        "<script type='Application/LD+JSON'>{{\"a\":1}}</script><script>short()</script><noscript>head</noscript>\
         <body><script>{long}</script><noscript><img src=4></noscript><textarea>5</textarea>"
    );
    let tree = parse(&page);
    let held: Vec<_> = tree.raws().map(|(raw, node)| (raw.kind, raw.content, node.map_or("", NodeRef::name))).collect();
    assert_eq!(
        held,
        [
            (RawKind::JsonLd, "{\"a\":1}", ""),
            (RawKind::Script, long.as_str(), ""),
            (RawKind::Noscript, "<img src=4>", "noscript"),
            (RawKind::Textarea, "5", "textarea"),
        ]
    );
    assert_eq!(text(&tree), "");
}

#[test]
fn linked_data_has_a_cap() {
    let script = format!("<script type=application/ld+json>{}</script>", "x".repeat(JSON_LD_BYTES_MAX / 2));
    assert_eq!(parse(&script.repeat(3)).raws().count(), 2);
}

#[test]
fn attributes_have_caps() {
    let long = "x".repeat(VALUE_BYTES_MAX + 1);
    let html = format!("<p class={long} class=y id={}>", &long[1..]);
    let tree = parse(&html);
    let paragraph = first(&tree, "p");
    assert_eq!(paragraph.attr(AttributeName::Class), None);
    assert_eq!(paragraph.attr(AttributeName::Id).map(str::len), Some(VALUE_BYTES_MAX));
    let many: String = AttributeName::ALL.iter().map(|name| format!(" {}=1", name.text())).collect();
    assert_eq!(first(&parse(&format!("<p{many}>")), "p").attrs().count(), ATTRIBUTES_MAX);
}

#[test]
fn ignored_tags_leave_no_attributes() {
    let tree = parse("<body class=a><td class=b><p class=c></p><body class=d id=e><p id=f>");
    assert_eq!(
        first(&tree, "body").attrs().collect::<Vec<_>>(),
        [(AttributeName::Class, "a"), (AttributeName::Id, "e")]
    );
    assert_eq!(first(&tree, "p").attrs().collect::<Vec<_>>(), [(AttributeName::Class, "c")]);
    assert_eq!(tree.attributes.len(), 5);
}

#[test]
fn what_does_not_end_swallows_no_page() {
    let rest = "<p>word</p>".repeat(UNCLOSED_BYTES_MAX / 8);
    for mark in ["<!--", "<script>", "<style>", "<title>", "<textarea>", "<noscript>", "<xmp>"] {
        let html = format!("<body>{mark}{rest}");
        let tree = parse(&html);
        assert_eq!(tree.notes, ["unclosed_markup"], "{mark}");
        assert_eq!(text(&tree).len(), 4 * rest.matches("word").count(), "{mark}");
        // Where the rest is short it is swallowed, as the standard has it.
        let short = parse(&html[..html.len().min(UNCLOSED_BYTES_MAX)]);
        assert!(short.notes.is_empty() && nodes(&short).iter().all(|node| node.tag() != Name::P), "{mark}");
    }
    let escaped = format!("<script><!--<script></script>{rest}");
    assert_eq!(parse(&escaped).notes, Vec::<&str>::new());
    assert_eq!(text(&parse(&escaped)).len(), 4 * rest.matches("word").count());
}

#[test]
fn names_are_found_in_any_case_and_no_others() {
    for name in Name::ALL.iter().filter(|name| !name.text().is_empty()) {
        assert_eq!(Name::find(name.text().as_bytes()), *name);
        assert_eq!(Name::find(name.text().to_ascii_uppercase().as_bytes()), *name);
        assert_eq!(Name::find(format!("{}x", name.text()).as_bytes()).text().len() % 100, 0, "{name:?}");
    }
    for name in AttributeName::ALL.iter().filter(|name| !name.text().is_empty()) {
        assert_eq!(AttributeName::find(name.text().to_ascii_uppercase().as_bytes()), *name);
    }
    for other in ["", "h\x11", "P\0", "\u{10}", "Â", "figcaptioN2", "annotation_xml"] {
        assert_eq!(Name::find(other.as_bytes()), Name::Unknown, "{other:?}");
    }
}
