//! Laws that hold on real pages, where the folder of the development sets is: `WIREDESK_SHARED`, or the one beside the work
//! tree. A sample of the pages is drawn by the digest of their names, so it is the same on every run.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests fail and speak as tests do")]

#[path = "support/sets.rs"]
mod sets;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use extract::{Context, Extracted, html, html_str, text};
use scraper::{ElementRef, Html, Node};
use sets::unpack;

/// The share of all bodies, in letters, that is lost where they are cleaned once more. Measured: 0.0007; half of it is four
/// pages whose body is a menu or a list of names.
const CLEANED_AGAIN_LOST_MAX: f64 = 0.0010;
/// The share of all bodies that a widget of our own takes along. Measured; the aim is 0.001. What goes are blocks that the
/// model was hardly sure of before.
const WIDGET_LOST_MAX: f64 = 0.0016;

/// The folder of the sets; says so where there is none.
fn data() -> Option<PathBuf> {
    let data = sets::data();
    if data.is_none() {
        println!("skipped: no development sets (WIREDESK_SHARED names their folder)");
    }
    data
}

fn digest(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// One page in `every` of some folders: name and text.
fn pages(data: &Path, folders: &[&str], every: u64) -> Vec<(String, String)> {
    let paths = sets::pages(data, folders).into_iter().filter(|path| digest(&name(path)).is_multiple_of(every));
    paths.map(|path| (name(&path), String::from_utf8_lossy(&unpack(&path)).into_owned())).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().trim_end_matches(".html.gz").to_owned()
}

/// Runs a check over all pages on two threads; what it says of them, in order.
fn each<T: Sync, R: Send>(items: &[T], check: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (left, right) = items.split_at(items.len() / 2);
    std::thread::scope(|scope| {
        let workers = [left, right].map(|half| scope.spawn(|| half.iter().map(&check).collect::<Vec<_>>()));
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// What a reader sees, by a walk of its own over another parser's tree.
fn visible(page: &str) -> String {
    let document = Html::parse_document(page);
    let mut out = String::new();
    let mut open = vec![*document.root_element()];
    while let Some(node) = open.pop() {
        if let Node::Text(text) = node.value() {
            out.push_str(text);
        } else if matches!(node.value(), Node::Fragment)
            || ElementRef::wrap(node).is_some_and(|element| !is_unseen(&element) || is_sent_late(&element, page))
        {
            open.extend(node.children().rev());
        }
    }
    out
}

fn is_unseen(element: &ElementRef<'_>) -> bool {
    const UNSEEN: &[&str] = &[
        "head", "title", "script", "style", "noscript", "template", "svg", "math", "iframe", "textarea", "select",
        "datalist",
    ];
    let element = element.value();
    let style = element.attr("style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect();
    let hidden = element.attr("hidden").is_some_and(|hidden| !hidden.eq_ignore_ascii_case("until-found"))
        || style.contains("display:none")
        || style.contains("visibility:hidden");
    let shadow_root = element.name() == "template" && element.attr("shadowrootmode").is_some();
    UNSEEN.contains(&element.name()) && !shadow_root || hidden && element.attr("role") != Some("region")
}

/// A script moves it to where the page has a gap of its number.
fn is_sent_late(element: &ElementRef<'_>, page: &str) -> bool {
    let number = element.attr("id").and_then(|id| id.strip_prefix("S:")).filter(|_| element.value().name() == "div");
    number
        .is_some_and(|number| ["B", "P"].iter().any(|gap| page.contains(&format!("<template id=\"{gap}:{number}\">"))))
}

/// How often each letter occurs.
fn letters(text: &str) -> HashMap<char, i64> {
    let mut letters = HashMap::new();
    for c in text.chars() {
        *letters.entry(c).or_default() += 1;
    }
    letters
}

/// Letters in `left` that are not in `right`.
fn missing(left: &HashMap<char, i64>, right: &HashMap<char, i64>) -> i64 {
    left.iter().map(|(c, count)| (count - right.get(c).copied().unwrap_or_default()).max(0)).sum()
}

#[test]
fn nothing_that_a_reader_sees_vanishes() {
    let Some(data) = data() else { return };
    let pages = pages(&data, sets::FOLDERS, 7);
    let differ = each(&pages, |(name, page)| {
        let extracted = html_str(page, &Context::default());
        // Pages that show their text by script alone are read elsewhere, and say so.
        if extracted.notes.iter().any(|note| note.ends_with("_used") || note.ends_with("_cut")) {
            return None;
        }
        let seen: String = visible(page).chars().filter(|c| c.is_alphanumeric()).collect();
        let blocks = extracted.blocks.iter().flat_map(|block| block.text.chars());
        let blocks: String = blocks.filter(|c| c.is_alphanumeric()).collect();
        if seen == blocks {
            return None;
        }
        let (gone, more) = (missing(&letters(&seen), &letters(&blocks)), missing(&letters(&blocks), &letters(&seen)));
        // What is sent late stands in its place, and what a button opens is shown: neither is looked for by this reader.
        let late = gone + more == 0 && page.contains("<div hidden id=\"S:");
        if late || gone == 0 && page.contains("aria-expanded=") {
            return None;
        }
        let at = seen.chars().zip(blocks.chars()).take_while(|(left, right)| left == right).count();
        let tail = |text: &str| text.chars().skip(at).take(30).collect::<String>();
        Some(format!("{name}: {gone} letters gone, {more} more; at {at} {:?} is {:?}", tail(&seen), tail(&blocks)))
    });
    let differ: Vec<String> = differ.into_iter().flatten().collect();
    println!("{} pages, {} differ\n{}", pages.len(), differ.len(), differ.join("\n"));
    assert!(differ.is_empty());
}

#[test]
fn the_same_page_gives_the_same_article_on_every_thread() {
    let Some(data) = data() else { return };
    let pages = pages(&data, &["extraction/pages", "residue/html"], 31);
    let context = Context { url: Some("https://news.example/a"), explain: true, ..Context::default() };
    let one: Vec<Extracted> = pages.iter().map(|(_, page)| html_str(page, &context)).collect();
    let other = each(&pages, |(_, page)| html_str(page, &context));
    for ((one, other), (name, _)) in one.iter().zip(&other).zip(&pages) {
        assert!(one == other, "{name}");
        assert!(one.blocks.iter().all(|block| block.reason.len() <= 120 && !block.reason.is_empty()), "{name}");
    }
}

fn count(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Letters of a text, and of its lines that are lost where it is cleaned once more, those in front.
fn cleaned_again(body: &str) -> (usize, Vec<(String, String)>) {
    let lines: Vec<&str> = body.lines().collect();
    let again = text(&lines, &Context::default());
    // The first line may well be taken for the title, and other lines for fields: they are not lost.
    let lost = again.blocks.into_iter().filter(|block| !block.kept && !block.label.is_article());
    (count(body), lost.map(|block| (format!("{} [{}]", block.label.as_str(), block.reason), block.text)).collect())
}

#[test]
fn a_body_that_is_cleaned_once_more_stays_as_it_is() {
    let Some(data) = data() else { return };
    let pages = pages(&data, &["extraction/pages", "residue/html"], 3);
    let lost = each(&pages, |(name, page)| {
        let (all, lost) = cleaned_again(&html_str(page, &Context::default()).body());
        (name.clone(), all, lost)
    });
    let (mut all, mut gone, mut kinds) = (0, 0, HashMap::<String, (usize, usize)>::new());
    for (name, letters, lines) in &lost {
        all += letters;
        for (kind, line) in lines {
            gone += count(line);
            let kind = kinds.entry(kind.clone()).or_default();
            *kind = (kind.0 + 1, kind.1 + count(line));
            if std::env::var_os("SHOW").is_some() {
                println!("{name}\t{line}");
            }
        }
    }
    let mut kinds: Vec<(String, (usize, usize))> = kinds.into_iter().collect();
    kinds.sort_by(|left, right| right.1.1.cmp(&left.1.1).then(left.0.cmp(&right.0)));
    for (kind, (lines, letters)) in kinds.iter().take(25) {
        println!("{letters:>7} letters in {lines:>4} lines: {kind}");
    }
    let share = gone as f64 / all as f64;
    println!("{} bodies, {all} letters, {:.4} % lost", pages.len(), 100.0 * share);
    assert!(share <= CLEANED_AGAIN_LOST_MAX, "{share}");
}

const WIDGETS: &[&str] = &[
    r#"<div class="share-bar"><span>Share this article</span><a href="/f">Facebook</a><a href="/t">Twitter</a></div>"#,
    r#"<div class="sharing"><p>Artikel teilen</p><ul><li><a href="/f">Facebook</a></li><li><a href="/w">WhatsApp</a></li></ul></div>"#,
    r#"<div class="newsletter"><h4>Suscríbete a nuestro boletín</h4><form><input name="email"><button>Enviar</button></form></div>"#,
    r#"<aside class="related"><h3>Lire aussi</h3><ul><li><a href="/1">Le maire inaugure le second pont sur la rivière</a></li><li><a href="/2">Deux arrestations après la tempête</a></li><li><a href="/3">Le bac reprend lundi</a></li></ul></aside>"#,
    r#"<div class="comments"><h3>Leave a comment</h3><form><label>Name *</label><input><label>Email *</label><input><button>Post comment</button></form></div>"#,
    r#"<div class="related"><h3>関連記事</h3><ul><li><a href="/1">橋の夜間通行を来年も継続、市議会が決定</a></li><li><a href="/2">台風の後に二人を逮捕</a></li></ul></div>"#,
    r#"<div class="share"><button>공유하기</button><button>좋아요 0</button><button>화나요 0</button></div>"#,
];

#[test]
fn a_widget_takes_nothing_of_the_article_along() {
    let Some(data) = data() else { return };
    let pages = pages(&data, &["extraction/pages"], 12);
    let lost = each(&pages, |(name, page)| {
        let before = html_str(page, &Context::default());
        let body: Vec<&str> =
            before.blocks.iter().filter(|block| block.kept).map(|block| block.text.as_str()).collect();
        let mut gone = Vec::new();
        for (place, with) in with_widgets(page, &body, digest(name) as usize) {
            let after = html_str(&with, &Context::default());
            let mut kept: HashMap<&str, i64> = HashMap::new();
            for block in after.blocks.iter().filter(|block| block.kept) {
                *kept.entry(block.text.as_str()).or_default() += 1;
            }
            let mut letters = 0;
            for line in &body {
                let left = kept.entry(line).or_default();
                *left -= 1;
                letters += if *left < 0 { count(line) } else { 0 };
            }
            gone.push((place, letters, body.iter().map(|line| count(line)).sum::<usize>()));
        }
        (name.clone(), gone)
    });
    let mut sums: HashMap<&str, (usize, usize)> = HashMap::new();
    for (name, gone) in lost {
        for (place, letters, all) in gone {
            let sum = sums.entry(place).or_default();
            *sum = (sum.0 + letters, sum.1 + all);
            if letters * 50 > all {
                println!("{name}: {letters} of {all} letters lost, widget {place}");
            }
        }
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable();
    for (place, (gone, all)) in &sums {
        println!("{place}: {:.4} % of {all} letters lost", 100.0 * *gone as f64 / *all as f64);
    }
    let (gone, all) = sums.iter().fold((0, 0), |sum, (_, next)| (sum.0 + next.0, sum.1 + next.1));
    let share = gone as f64 / all as f64;
    println!("together {:.4} %", 100.0 * share);
    assert!(sums.len() == 3 && share <= WIDGET_LOST_MAX, "{share}");
}

/// The page with a widget of our own in front of, among and behind the paragraphs of its text, where those are found.
fn with_widgets(page: &str, body: &[&str], seed: usize) -> Vec<(&'static str, String)> {
    let mut ends = Vec::new();
    let mut first = None;
    for line in body.iter().filter(|line| line.len() > 60) {
        let beginning: String = line.chars().take(20).collect();
        let found: Vec<usize> =
            page.match_indices(&beginning).map(|(at, _)| at).filter(|at| is_shown(page, *at)).collect();
        let [at] = found.as_slice() else { continue };
        let Some(start) = page[..*at].rfind("<p").filter(|start| at - start < 200) else { continue };
        let Some(end) = page[*at..].find("</p>").map(|end| at + end + 4) else { continue };
        first = first.or(Some(start));
        ends.push(end);
    }
    let (Some(first), Some(last)) = (first, ends.last()) else { return Vec::new() };
    [("before", first), ("inside", ends[ends.len() / 2]), ("after", *last)]
        .into_iter()
        .enumerate()
        .map(|(at, (place, offset))| {
            let widget = WIDGETS[(seed + at) % WIDGETS.len()];
            (place, format!("{}{widget}{}", &page[..offset], &page[offset..]))
        })
        .collect()
}

/// Whether a place of a page is neither in a script nor in a comment nor in a tag.
fn is_shown(page: &str, at: usize) -> bool {
    let before = &page[..at];
    let inside = |open: &str, close: &str| before.rfind(open) > before.rfind(close);
    !inside("<script", "</script") && !inside("<!--", "-->") && !inside("<", ">")
}

/// Pages whose raw form is another page than their text form, and why.
const OTHER_RAW: &[(&str, &str)] = &[
    (
        "zhdata-c3f7d079-7730-4a9c-b041-73fcc4b5b3e4",
        "the set took the bytes A1 AA for U+2015, the Encoding Standard U+2014",
    ),
    (
        "zhdata-d7605742-925f-46b5-b081-4f5bc0aa899d",
        "the set took the bytes A3 A0 for U+E5E5, the Encoding Standard U+3000",
    ),
];

#[test]
fn any_charset_gives_the_same_body() {
    let Some(data) = data() else { return };
    let table = std::fs::read_to_string(data.join("extraction/raw/charsets.tsv")).unwrap();
    let mut differ = Vec::new();
    let mut all = 0;
    for line in table.lines() {
        let (id, charset) = line.split_once('\t').unwrap();
        let raw = data.join("extraction/raw").join(format!("{id}.html.gz"));
        if OTHER_RAW.iter().any(|(other, _)| *other == id) || !raw.exists() {
            continue;
        }
        all += 1;
        let page = unpack(&data.join("extraction/pages").join(format!("{id}.html.gz")));
        let expected = html_str(&String::from_utf8_lossy(&page), &Context::default()).body();
        let raw = unpack(&raw);
        let stated = html(&raw, Some(&format!("text/html; charset={charset}")), &Context::default());
        if stated.body() != expected {
            differ.push(format!("{id}: stated {charset}"));
        }
        if html(&raw, None, &Context::default()).body() != expected {
            differ.push(format!("{id}: found, {charset}"));
        }
    }
    println!("{all} pages, {} differ\n{}", differ.len(), differ.join("\n"));
    assert!(all > 0 && differ.is_empty());
}

/// The share of the letters of sound texts that may go as residue. None does.
const SOUND_LOST_MAX: f64 = 0.0001;

/// Sentences of news in 71 languages (NTREX), six at a time under a title: no wording of residue is to be seen in them.
#[test]
fn news_in_many_languages_stays() {
    let Some(data) = data() else { return };
    let table = unpack(&data.join("enrichment/lid/ntrex_dev.tsv.gz"));
    let table = String::from_utf8(table).unwrap();
    let mut languages: HashMap<&str, [Vec<&str>; 2]> = HashMap::new();
    for line in table.lines() {
        let mut columns = line.splitn(3, '\t');
        let (Some(language), Some(kind), Some(said)) = (columns.next(), columns.next(), columns.next()) else {
            continue;
        };
        let [titles, sentences] = languages.entry(language).or_default();
        match kind {
            "title" => titles.push(said),
            "sent" => sentences.push(said),
            _ => {}
        }
    }
    let (mut gone, mut all) = (Vec::new(), 0);
    for (language, [titles, sentences]) in &languages {
        for (sentences, title) in sentences.chunks(6).zip(titles.iter().cycle()) {
            let lines: Vec<&str> = std::iter::once(*title).chain(sentences.iter().copied()).collect();
            let cleaned = text(&lines, &Context::default());
            all += sentences.iter().map(|line| line.len()).sum::<usize>();
            // A title alone may be that of a video: `Watch: ..`.
            let blocks = cleaned.blocks.iter().skip(1);
            let residue = blocks.filter(|block| !block.kept && !FIELDS.contains(&block.label.as_str()));
            gone.extend(residue.map(|block| (*language, block.text.clone(), block.reason.clone())));
        }
    }
    let lost: usize = gone.iter().map(|(_, line, _)| line.len()).sum();
    println!("{} languages, {lost} of {all} bytes go: {gone:?}", languages.len());
    assert!(languages.len() > 60 && lost as f64 / all as f64 <= SOUND_LOST_MAX);
}

/// Labels of an article's fields, which are no loss.
const FIELDS: &[&str] = &["title", "deck", "byline", "dateline", "caption", "credit"];
