//! Pages that mean harm end soon and give an answer.

use std::time::{Duration, Instant};

use extract::{Context, Verdict, html, html_str, text};

/// Generous: a debug build on a busy machine. Quadratic work on these inputs takes minutes.
const SOON: Duration = Duration::from_secs(20);

fn soon(html: &str) -> extract::Extracted {
    let start = Instant::now();
    let extracted = html_str(html, &Context::default());
    assert!(start.elapsed() < SOON, "took {:?}", start.elapsed());
    extracted
}

#[test]
fn deep_nesting() {
    let extracted = soon(&format!("{}deep{}", "<div>".repeat(32_000), "</div>".repeat(32_000)));
    assert_eq!(extracted.blocks.len(), 1);
    assert!(extracted.notes.contains(&"depth_cut"));
}

#[test]
fn nesting_that_end_tags_do_not_close() {
    soon(&"<a><div></a>".repeat(32_000));
    soon(&"<div><table><tr><td></div>".repeat(16_000));
    soon(&"<dd><li>".repeat(32_000));
    soon(&"<p><button>".repeat(32_000));
    soon(&"<table>".repeat(32_000));
    soon(&"<select><option>".repeat(32_000));
}

#[test]
fn formatting_that_is_opened_again_in_every_paragraph() {
    let fonts: String = (0..1000).map(|size| format!("<font size={size} class=c{size}>")).collect();
    let extracted = soon(&format!("{fonts}{}", "<p>x".repeat(50_000)));
    assert!(extracted.notes.contains(&"depth_cut"));
}

#[test]
fn many_attributes() {
    let attributes: String = (0..100_000).map(|number| format!(" a{number}=1")).collect();
    let extracted = soon(&format!("<p{attributes}>text</p>"));
    assert_eq!(extracted.blocks[0].text, "text");
}

#[test]
fn what_is_opened_and_never_closed() {
    soon(&"<!--".repeat(100_000));
    soon(&"<script>".repeat(100_000));
    soon(&"<svg>".repeat(100_000));
    soon(&"<title>".repeat(100_000));
    soon(&"<textarea>".repeat(100_000));
    soon(&"<p class=\"".repeat(100_000));
    soon(&"<".repeat(500_000));
}

#[test]
fn many_blocks_of_one_word() {
    let extracted = soon(&"<p>a</p>".repeat(100_000));
    let letters: usize = extracted.blocks.iter().map(|block| block.text.matches('a').count()).sum();
    assert_eq!((extracted.blocks.len(), letters), (20_000, 100_000));
    assert!(extracted.notes.contains(&"blocks_joined"), "{:?}", extracted.notes);
    let extracted = soon(&"<p>a</p>".repeat(20_000));
    assert!(!extracted.notes.contains(&"blocks_joined"), "{:?}", extracted.notes);
}

#[test]
fn a_page_beyond_the_cap() {
    let page = format!("<p>{}</p><p>end</p>", "word ".repeat(900_000));
    let cuts = |notes: &[&str]| notes.iter().filter(|note| **note == "input_cut").count();
    assert_eq!(cuts(&soon(&page).notes), 1);
    assert_eq!(cuts(&html(page.as_bytes(), None, &Context::default()).notes), 1);
    // One byte each in its own charset, two as text.
    let accents = ["<p>".as_bytes(), &[0xe9; 4_200_000]].concat();
    assert_eq!(cuts(&html(&accents, Some("text/html; charset=iso-8859-1"), &Context::default()).notes), 1);
    assert_eq!(cuts(&soon(&"<p>word".repeat(10)).notes), 0);
}

#[test]
fn deep_json_ld() {
    let json = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    soon(&format!("<script type=application/ld+json>{json}</script><p>text</p>"));
}

#[test]
fn bytes_that_are_no_text() {
    let picture = [b"\x89PNG\r\n\x1a\n".as_slice(), &[0; 4000]].concat();
    assert_eq!(html(&picture, Some("text/html"), &Context::default()).verdict, Verdict::NotArticle("not_text"));
    let noise: Vec<u8> = (0..100_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert_eq!(html(&noise, None, &Context::default()).verdict, Verdict::NotArticle("not_text"));
}

#[test]
fn nothing_at_all() {
    assert_eq!(html(b"", None, &Context::default()).verdict, Verdict::Empty);
    assert_eq!(text(&[], &Context::default()).verdict, Verdict::Empty);
    assert_eq!(text(&["", " "], &Context::default()).verdict, Verdict::Empty);
}

#[test]
fn a_long_line() {
    let line = "word ".repeat(200_000);
    let start = Instant::now();
    assert_eq!(text(&[&line], &Context::default()).blocks.len(), 1);
    assert!(start.elapsed() < SOON);
}

#[test]
fn many_lines() {
    let lines = vec!["Facebook"; 50_000];
    let start = Instant::now();
    assert_eq!(text(&lines, &Context::default()).blocks.len(), 50_000);
    assert!(start.elapsed() < SOON);
}

#[test]
fn many_of_everything() {
    let numbered =
        |piece: &str, count: usize| -> String { (0..count).map(|at| piece.replace('#', &at.to_string())).collect() };
    soon(&numbered("<p class=a#>x", 100_000));
    soon(&numbered("<h2>Related articles #</h2>", 50_000));
    soon(&numbered("<p>(Photo: Ada #)", 100_000));
    soon(&"<p>(Photo: Ada)".repeat(250_000));
    soon(&"<p>12 May 2024 13 May 2024".repeat(100_000));
    soon(&"<p>a/b/c/d/e/f/g/h".repeat(100_000));
    soon(&"<a href=/author/ada>Ada Miller</a> ".repeat(50_000));
    soon(&"<meta name=author content='Ada Miller'>".repeat(50_000));
    soon(&format!(
        "{}{}",
        "<span itemprop=author>".repeat(6),
        "<time>x</time><span itemprop=name>A</span>".repeat(40_000)
    ));
    soon(&format!("{}{}", "<span class=a>".repeat(250), "<p>x".repeat(200_000)));
    soon(&"<div>a<input type=email>".repeat(150_000));
    soon(&format!("{}{}", "<div>".repeat(250), "<input type=email><p>a".repeat(100_000)));
    soon(&"<p>The button is “here” to stay, he said.<p>“Share”".repeat(60_000));
    soon(&"<div><template shadowrootmode=open><p>x".repeat(90_000));
}

#[test]
fn a_long_statement_of_the_text_and_many_blocks() {
    let stated = "ab cd ef gh ".repeat(80_000);
    let blocks = "<p>ab cd ef gh ab cd ef gh ab cd ef gh ab cd ef gh ij the words of it.".repeat(40_000);
    let script =
        format!("<script type=application/ld+json>{{\"@type\":\"Article\",\"articleBody\":\"{stated}\"}}</script>");
    soon(&format!("{script}{blocks}"));
    soon(&format!("<title>{stated}</title>{}", "<h2>ab cd ef gh ab cd ef gh ij</h2>".repeat(50_000)));
}

#[test]
fn many_lines_about_the_title() {
    let prose = "The council voted on Tuesday to keep the like button on the bridge, the mayor said.";
    let mut lines = vec!["The like button of the bridge stays where it is", prose];
    lines.extend(["Like"; 50_000]);
    lines.push(prose);
    let start = Instant::now();
    assert_eq!(text(&lines, &Context::default()).blocks.len(), 50_003);
    assert!(start.elapsed() < SOON);
}

#[test]
fn many_threads_of_comments() {
    let story = "<p>The council voted on Tuesday to keep the old bridge open for another year, and the mayor said on Wednesday \
                 that the money for it had been found.</p>";
    for thread in
        ["<p>Comments (3)</p>", "<p>3 hours ago</p>", "<p>Reply</p>", "<p>Comments</p><p>3 hours ago</p><p>Oh.</p>"]
    {
        soon(&format!("<article><h1>Bridge</h1>{story}{}<p>Reply</p></article>", thread.repeat(15_000)));
    }
}
