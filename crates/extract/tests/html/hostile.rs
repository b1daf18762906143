//! Pages that mean harm: each is parsed in time, whatever it holds, and twice as much in no more than some times that.

use std::time::{Duration, Instant};

use crate::html::parse;
use crate::limits::{BODY_BYTES_MAX, DEPTH_MAX, NODES_MAX};

/// Far more than any of them takes where tests are built for speed, for slow and busy machines.
const TIME_MAX: Duration = if cfg!(debug_assertions) { Duration::from_secs(40) } else { Duration::from_secs(2) };

#[track_caller]
fn survives(name: &str, html: &str) {
    let start = Instant::now();
    let tree = parse(html);
    let took = start.elapsed();
    println!("{name:<40} {:>8} bytes {:>8} nodes {:>9.1?} {:?}", html.len(), tree.len(), took, tree.notes);
    assert!(took < TIME_MAX, "{name} took {took:?}");
    assert!(tree.len() <= NODES_MAX, "{name} has {} nodes", tree.len());
    let mut deepest = 0;
    let mut depth = 0;
    let mut node = tree.root();
    // Each node is reached once and the way back leads to the root: links are sound.
    let mut reached = 0;
    'walk: loop {
        reached += 1;
        deepest = deepest.max(depth);
        if let Some(child) = node.first_child() {
            node = child;
            depth += 1;
            continue;
        }
        loop {
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { break 'walk };
            node = parent;
            depth -= 1;
        }
    }
    assert!(reached <= tree.len());
    // A tag that comes at the greatest depth may still open what is implied and the formatting elements anew.
    assert!(deepest <= 3 * DEPTH_MAX, "{name} is {deepest} deep");
}

fn filled(piece: &str) -> String {
    piece.repeat(BODY_BYTES_MAX / piece.len())
}

#[test]
fn nests() {
    for piece in [
        "<div>",
        "<b>",
        "<table>",
        "<a>",
        "<p>",
        "<li>",
        "<font>",
        "<span>",
        "<ul><li>",
        "<table><tr><td>",
        "<b><p>",
        "<a><div>",
        "<svg>",
        "<svg><desc>",
        "<svg><g>",
        "<svg><link>",
        "<link>",
        "<math><annotation-xml>",
        "<math><annotation-xml><link>",
        "<svg><title>",
        "<math><mi>",
        "<template>",
        "<select><option>",
        "<object>",
        "<button>",
        "<form>",
        "<x-a>",
        "<dl><dt><dd>",
        "<ruby><rt>",
        "<table><caption>",
        "<b><i><u><em><s><div>",
        "<h1>",
        "<table><b>",
        "<nobr>",
        "<marquee><b>",
    ] {
        survives(&format!("100,000 x {piece}"), &piece.repeat(100_000));
        survives(&format!("4 MiB x {piece}"), &filled(piece));
    }
    // Elements that are void in HTML are not in a drawing.
    survives("links in a drawing", &format!("<svg>{}", filled("<link>")));
    survives("links in an annotation", &format!("<math><annotation-xml>{}", filled("<link>")));
}

#[test]
fn tags_that_have_much_undone() {
    let formatting = "<b><i><u><em><s><tt><a><font><code><small><strong><strike><big>";
    for piece in [
        "<p>a",
        "</p>a",
        "</b>",
        "<b></p>",
        "<b><p></b>",
        "<a><p></a>",
        "<a><p>x",
        "<table><a>",
        "<table>a",
        "<table><td>a",
        "<b><table>a</b>",
        "</div>",
        "</x-a>",
        "</br>",
        "<br>",
        "<td>",
        "<tr>a",
        "<p></b>",
        "<li></b>",
        "<div></b>",
        "<div></a><a>",
        "<form></form>",
        "<b></div>",
        "<html class=a>",
        "<body id=a>",
        "<nobr><div>",
        "a</>",
        "<table> a<tr>",
    ] {
        survives(&format!("4 MiB x {piece}"), &filled(piece));
        let open = format!("{formatting}{}", filled(piece));
        survives(&format!("formatting, 4 MiB x {piece}"), &open);
        let deep = format!("{}{formatting}{}", "<div>".repeat(200), filled(piece));
        survives(&format!("deep formatting, 4 MiB x {piece}"), &deep);
        let inline = format!("{formatting}{}{}", "<span>".repeat(200), filled(piece));
        survives(&format!("formatting deep, 4 MiB x {piece}"), &inline);
        let within = format!("<table><tr><td>{formatting}<table>{}", filled(piece));
        survives(&format!("in a table, 4 MiB x {piece}"), &within);
    }
}

#[test]
fn marks() {
    for piece in [
        "<",
        "&",
        "<!--",
        "<script>",
        "<svg><",
        "<!",
        "</",
        "<?",
        "<a ",
        "<![CDATA[",
        "<svg><![CDATA[",
        "&#",
        "&#x",
        "&amp",
        "&not",
        "<title>",
        "<style>",
        "<textarea>",
        "<!doctype ",
        "<script><!--<script></script>",
        "<script><!--",
        "</script",
        "<!-- -",
        "<!-->",
        "-->",
        "--!>",
        "\0",
        "<\0",
        "&CounterClockwiseContourIntegral",
        "<xmp>",
        "<plaintext>",
        "<noscript>",
        "<iframe>",
        "]]>",
        "<p a='",
        "<p a=\"",
        "<p class=&amp; ",
        "é",
        "<é",
        "<aé",
        "\r",
        "<b x=1 y=2 x=3>",
    ] {
        survives(&format!("4 MiB x {piece:?}"), &filled(piece));
        // Not cut at the cap: what does not end is passed over.
        survives(&format!("3.9 MiB x {piece:?}"), &piece.repeat(3_900_000 / piece.len()));
    }
}

#[test]
fn attributes() {
    let numbered: String = (0..100_000).map(|number| format!(" a{number}=b")).collect();
    survives("100,000 attributes", &format!("<p{numbered}>"));
    survives("100,000 attributes of formatting", &format!("<b{numbered}>").repeat(3));
    let known = " class=b".repeat(100_000);
    survives("100,000 times one attribute", &format!("<p{known}>"));
    let long = format!("<b a={}>", "x".repeat(1 << 20));
    survives("long formatting tags", &format!("{}{}", long.repeat(3), "<b>".repeat(300_000)));
    survives("many tags with attributes", &filled("<a class=a id=b href=c title=d>"));
    survives("many values to decode", &filled("<a class=a&amp;b id=b&amp;c href=c&amp;d title=d&amp;e>"));
}
