//! Stories of our own that look like residue, and residue of our own behind stories, in forty languages.

use extract::{Context, Extracted, html_str, text};

const HARD: &str = include_str!("stories/hard.txt");
const RESIDUE: &str = include_str!("stories/residue.txt");

/// The share of the hard stories, in letters, that is lost: as texts, and as pages. Measured; what goes are labels that no
/// paragraph beside them speaks of.
const LOST_MAX: [f64; 2] = [0.009, 0.017];
/// The share of the residue's lines that stays. Measured; most are headlines without a link.
const LEFT_MAX: f64 = 0.010;
/// Paragraphs of a story in front of residue.
const PARAGRAPHS_MAX: usize = 14;

/// Blocks of lines, each with the language and the name in its first line.
fn blocks(file: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        match (line.strip_prefix("# "), blocks.last_mut()) {
            (Some(name), _) => blocks.push((name, Vec::new())),
            (None, Some((_, lines))) => lines.push(line),
            (None, None) => panic!("a line before the first name: {line}"),
        }
    }
    blocks
}

fn letters(line: &str) -> usize {
    line.chars().filter(|c| c.is_alphanumeric()).count()
}

/// The lines behind the first that are not kept.
fn lost<'a>(lines: &[&'a str], extracted: &Extracted) -> Vec<&'a str> {
    let kept = |line: &str| extracted.blocks.iter().any(|block| block.kept && block.text == line);
    lines[1..].iter().filter(|line| !kept(line)).copied().collect()
}

fn page(lines: &[&str]) -> String {
    let escape = |line: &str| line.replace('&', "&amp;").replace('<', "&lt;");
    let title = escape(lines[0]);
    let mut body = String::new();
    let mut list = false;
    for line in &lines[1..] {
        // Short lines are the items of a list, as editors write them.
        let item = line.chars().count() < 60 && !line.ends_with(['.', '。', '।']);
        if item != list {
            body.push_str(if item { "<ul>" } else { "</ul>" });
            list = item;
        }
        body.push_str(&if item { format!("<li>{}</li>", escape(line)) } else { format!("<p>{}</p>", escape(line)) });
    }
    format!(
        "<!doctype html><title>{title}</title><header><nav><a href=/>Home</a> <a href=/s>Sport</a></nav></header>\
         <main><article><h1>{title}</h1><div>{body}</div></article></main><footer><a href=/i>Imprint</a></footer>"
    )
}

#[test]
fn stories_that_look_like_residue_stay() {
    let (mut all, mut gone) = (0, [0, 0]);
    for (name, lines) in blocks(HARD) {
        all += lines[1..].iter().map(|line| letters(line)).sum::<usize>();
        let read = [text(&lines, &Context::default()), html_str(&page(&lines), &Context::default())];
        for ((extracted, gone), how) in read.iter().zip(&mut gone).zip(["text", "page"]) {
            for line in lost(&lines, extracted) {
                println!("{name}, {how}: {line}");
                *gone += letters(line);
            }
        }
    }
    let shares = gone.map(|gone| gone as f64 / all as f64);
    println!("{all} letters, lost as texts and as pages: {shares:.5?}");
    assert!(shares.iter().zip(LOST_MAX).all(|(share, most)| *share <= most), "{shares:?}");
}

#[test]
fn what_sites_say_around_articles_goes() {
    let stories = blocks(HARD);
    let (mut all, mut left) = (0, 0);
    for (name, residue) in blocks(RESIDUE) {
        let language = name.split(['-', ' ']).next().unwrap_or(name);
        let of = |language: &str| {
            let own = stories.iter().filter(|(name, _)| name.split(' ').next() == Some(language));
            let lines = own.flat_map(|(_, lines)| &lines[1..]);
            let prose = lines.filter(|line| line.chars().count() > 25 && line.ends_with(['.', '。', '।']));
            prose.take(PARAGRAPHS_MAX).copied().collect::<Vec<&str>>()
        };
        let story = Some(of(language)).filter(|story| !story.is_empty()).unwrap_or_else(|| of("en"));
        let lines = [vec!["The bridge and the council"], story.clone(), residue.clone()].concat();
        let extracted = text(&lines, &Context::default());
        for (index, block) in extracted.blocks.iter().enumerate().skip(1) {
            if index <= story.len() {
                assert!(block.kept, "{name}: {} [{}]", block.text, block.reason);
            } else {
                all += 1;
                left += usize::from(block.kept);
                if block.kept {
                    println!("{name}: {} [{}]", block.text, block.reason);
                }
            }
        }
    }
    println!("{left} of {all} lines left");
    assert!(left as f64 <= LEFT_MAX * all as f64, "{left} of {all}");
}
