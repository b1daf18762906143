//! What holds for every input. The inputs are drawn by a fixed generator, so a failure is the same on every run.

use extract::{Context, html, html_str, text};

/// Knuth's MMIX generator.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const LINES: &[&str] = &[
    "",
    "Share this article",
    "Facebook",
    "+1",
    "0",
    "By Ada Miller",
    "Published 27 April 2024, 10:12 GMT",
    "▲ The bridge on Monday. ⓒNewswire",
    "[서울=뉴시스]",
    "Related articles",
    "Mayor opens the second bridge over the river",
    "The council voted on Tuesday to keep the bridge open for another year, the mayor said.",
    "시장은 화요일 다리를 1년 더 열어 두기로 했다고 밝혔다.",
    "市議会は火曜日、橋をもう一年開けておくことを決めた。",
    "<One story about the bridge> <Another story about it> See",
    "\u{feff}\u{200b}",
    "((((",
    "İstanbul’da köprü açıldı",
];

#[test]
fn every_line_comes_back_once_and_in_order() {
    let mut draw = Draw(7);
    for _ in 0..400 {
        let lines: Vec<&str> = (0..draw.below(40)).map(|_| draw.pick(LINES)).collect();
        let extracted = text(&lines, &Context::default());
        let indices: Vec<Option<usize>> = extracted.blocks.iter().map(|block| block.line).collect();
        assert_eq!(indices, (0..lines.len()).map(Some).collect::<Vec<_>>());
        for (block, line) in extracted.blocks.iter().zip(&lines) {
            assert_eq!(letters(&block.text), letters(line));
            assert_eq!(block.kept, block.label.is_text() && block.kept);
        }
        assert_eq!(extracted, text(&lines, &Context::default()), "the same input gives the same article");
    }
}

const PIECES: &[&str] = &[
    "<div class=\"share-bar\">",
    "</div>",
    "<p>",
    "</p>",
    "<ul><li>",
    "</li></ul>",
    "<a href=x>",
    "</a>",
    "<b>",
    "</i>",
    "<br>",
    "<table><tr><td>",
    "</table>",
    "<h2>",
    "</h2>",
    "<nav>",
    "</nav>",
    "<figure><figcaption>",
    "</figure>",
    "<td>",
    "</td>",
    "<span hidden>gone</span>",
    "<script>gone</script>",
    "<style>gone</style>",
    "<!-- gone -->",
    "<button>",
    "</button>",
    "<blockquote>",
    "</blockquote>",
];

#[test]
fn no_visible_text_vanishes() {
    let mut draw = Draw(11);
    for round in 0..400 {
        let (mut html, mut words) = (String::new(), Vec::new());
        for number in 0..draw.below(60) {
            html.push_str(draw.pick(PIECES));
            if draw.below(2) == 0 {
                let word = format!("w{round}x{number}");
                html.push_str(&format!(" {word} "));
                words.push(word);
            }
        }
        let extracted = html_str(&html, &Context::default());
        let mut seen: Vec<&str> = extracted.blocks.iter().flat_map(|block| block.text.split_whitespace()).collect();
        // Text within a table but outside of its cells is moved in front of it, as the HTML standard says.
        seen.sort_unstable();
        words.sort_unstable();
        assert_eq!(seen, words, "{html}");
    }
}

#[test]
fn broken_pages_are_still_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let pages: Vec<Vec<u8>> = std::fs::read_dir(root)
        .unwrap()
        .map(|folder| std::fs::read(folder.unwrap().path().join("source.html")).unwrap())
        .collect();
    let mut draw = Draw(13);
    for _ in 0..600 {
        let mut page = pages[draw.below(pages.len())].clone();
        for _ in 0..=draw.below(12) {
            let (from, length) = (draw.below(page.len()), draw.below(60));
            let piece = page[from..(from + length).min(page.len())].to_vec();
            match draw.below(3) {
                0 => drop(page.drain(from..from + piece.len())),
                1 => drop(page.splice(from..from, piece)),
                _ => page[from] = u8::try_from(draw.below(256)).unwrap(),
            }
        }
        let context = Context {
            url: Some("https://news.example/2024/02/30/x"),
            fetched_at_ms: Some(i64::MAX),
            ..Context::default()
        };
        html(&page, None, &context);
        let lines = String::from_utf8_lossy(&page).into_owned();
        text(&lines.lines().collect::<Vec<_>>(), &context);
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}')).collect()
}
