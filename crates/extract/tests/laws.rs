//! What holds for every input. The inputs are drawn by a fixed generator, so a failure is the same on every run.

#[path = "support/draw.rs"]
mod draw;

use draw::Draw;
use extract::{Context, html, html_str, text};

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
    "<template>gone</template>",
    "<div><template shadowrootmode=open><p>",
    "</template>",
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

const PARAGRAPHS: &[&str] = &[
    "The council voted on Tuesday to keep the old bridge open for another year, the mayor said after the meeting.",
    "Two of its four pillars have moved since the last inspection, according to a report that was published in March.",
    "Nobody wants to drive for an hour to buy bread, said a baker on the other side, who has signed the petition.",
    "The next inspection is planned for September, when the water is at its lowest and the pillars can be seen.",
];

const WIDGETS: &[&str] = &[
    "<div class=\"share-bar\"><span>Share this article</span><a href=/f>Facebook</a><a href=/t>Twitter</a></div>",
    "<div class=\"x1\"><p>Artikel teilen</p><a href=/f>Facebook</a> <a href=/w>WhatsApp</a></div>",
    "<div class=\"newsletter\"><h4>Suscríbete a nuestro boletín</h4><form><input><button>Enviar</button></form></div>",
    "<aside><h3>Lire aussi</h3><ul><li><a href=/1>Le maire inaugure le second pont sur la rivière</a></ul></aside>",
    "<div class=\"comments\"><h3>Leave a comment</h3><form><label>Name *</label><button>Post comment</button></form></div>",
    "<div><h3>関連記事</h3><ul><li><a href=/1>橋の夜間通行を来年も継続、市議会が決定</a></ul></div>",
    "<div class=\"react\"><button>좋아요 0</button><button>화나요 0</button></div>",
];

#[test]
fn a_widget_goes_and_takes_nothing_along() {
    for (number, widget) in WIDGETS.iter().enumerate() {
        for place in 0..=PARAGRAPHS.len() {
            let mut html = "<title>Old bridge to stay open</title><article><h1>Old bridge to stay open</h1>".to_owned();
            for (at, paragraph) in PARAGRAPHS.iter().enumerate() {
                if at == place {
                    html.push_str(widget);
                }
                html.push_str(&format!("<p>{paragraph}</p>"));
            }
            if place == PARAGRAPHS.len() {
                html.push_str(widget);
            }
            let extracted = html_str(&(html + "</article>"), &Context::default());
            assert_eq!(extracted.body(), PARAGRAPHS.join("\n"), "widget {number} at {place}: {:#?}", extracted.blocks);
        }
    }
}

/// What readers write, and what stands around it.
const THREAD: &[&str] = &[
    "Comments (2)",
    "Tom R. 3 hours ago",
    "My father worked on that bridge. He would be glad to know that it stays.",
    "Reply",
    "Report",
    "vor 2 Stunden",
    "Und wer bezahlt das alles am Ende?",
    "Antworten",
];

#[test]
fn a_thread_of_comments_goes_and_the_article_in_front_stays() {
    let lines = [&["Old bridge to stay open"], PARAGRAPHS, THREAD].concat();
    let paragraphs = |lines: &[&str]| lines.iter().map(|line| format!("<p>{line}</p>")).collect::<String>();
    let page = format!("<article><h1>{}</h1>{}</article>", lines[0], paragraphs(&lines[1..]));
    for extracted in [text(&lines, &Context::default()), html_str(&page, &Context::default())] {
        assert_eq!(extracted.body(), PARAGRAPHS.join("\n"), "{:#?}", extracted.blocks);
    }
    // Above the text the same lines take nothing of it along.
    let lines = [&["Old bridge to stay open"], &THREAD[..2], &THREAD[3..6], &THREAD[7..], PARAGRAPHS].concat();
    assert!(text(&lines, &Context::default()).body().ends_with(&PARAGRAPHS.join("\n")));
}

#[test]
fn a_body_that_is_cleaned_once_more_stays_as_it_is() {
    let again = text(PARAGRAPHS, &Context::default());
    assert!(again.blocks.iter().all(|block| block.kept), "{:#?}", again.blocks);
}

#[test]
fn every_block_says_why_in_few_words() {
    let mut draw = Draw(17);
    for _ in 0..60 {
        let html: String = (0..draw.below(60)).map(|_| format!("{} {}", draw.pick(PIECES), draw.pick(LINES))).collect();
        let lines: Vec<&str> = (0..draw.below(40)).map(|_| draw.pick(LINES)).collect();
        let context = Context { explain: true, ..Context::default() };
        for (explained, plain) in [
            (html_str(&html, &context), html_str(&html, &Context::default())),
            (text(&lines, &context), text(&lines, &Context::default())),
        ] {
            assert_eq!(explained.body(), plain.body());
            for block in explained.blocks.iter().chain(&plain.blocks) {
                assert!(!block.reason.is_empty() && block.reason.len() <= 120, "{}", block.reason);
            }
        }
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}')).collect()
}
