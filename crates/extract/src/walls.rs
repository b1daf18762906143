//! What servers say in place of an article: error pages, and walls in front of robots, readers without an account and
//! readers who have not agreed to cookies, all of them sent as if they were pages. The wording is data
//! (`data/walls.txt`).

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::fold::fold;
use crate::label::Labelled;
use crate::locales;
use crate::page::{Page, Tag};
use crate::types::{Block, Label};

/// The section of lines that ask for a subscription; the others are of titles.
const PAYWALL: &str = "paywall";

/// What is said, folded.
struct Walls {
    /// Titles, each with the wall that it is of.
    titles: HashMap<String, &'static str>,
    /// Finds the lines that ask for a subscription.
    paywalls: Option<AhoCorasick>,
}

static WALLS: LazyLock<Walls> = LazyLock::new(|| {
    let phrases = locales::phrases(include_str!("../data/walls.txt"));
    let folded = phrases.map(|(name, phrase)| (fold(phrase).text, name));
    let (paywalls, titles): (Vec<_>, Vec<_>) = folded.partition(|(_, name)| *name == PAYWALL);
    let paywalls = AhoCorasick::new(paywalls.into_iter().map(|(phrase, _)| phrase)).ok();
    Walls { titles: titles.into_iter().collect(), paywalls }
});

/// Bytes of a line that may ask for a subscription.
const PAYWALL_BYTES_MAX: usize = 400;

/// Whether a line that was removed says that the rest is for subscribers.
pub(crate) fn asks_payment(block: &Block) -> bool {
    let can = !block.kept && block.label == Label::Subscribe && block.text.len() <= PAYWALL_BYTES_MAX;
    can && WALLS.paywalls.as_ref().is_some_and(|phrases| phrases.is_match(&fold(&block.text).text))
}

/// Words of text above which a page is none of these, whatever its title says.
const WALL_WORDS_MAX: f32 = 90.0;
/// Words of a heading that may be such a phrase.
const HEADING_WORDS_MAX: f32 = 12.0;
/// Words of text above which a page is no wall though it asks for a password, or speaks of cookies most of all.
const UNSAID_WORDS_MAX: f32 = 15.0;
/// Words on cookies that make such a wall.
const COOKIE_WORDS_MIN: f32 = 30.0;

/// Which wall a page is, if it is one. `kept` is how many words of text are left of it.
pub(crate) fn find(page: &Page, labelled: &Labelled, title: Option<&str>, kept: f32) -> Option<&'static str> {
    if kept > WALL_WORDS_MAX {
        return None;
    }
    let stated = [title, page.facts.title.as_deref()].into_iter().flatten();
    let parts = stated.flat_map(|title| std::iter::once(title).chain(parts_of(title)));
    let headings = page.blocks.iter().filter(|block| matches!(block.tag, Tag::Heading(1)));
    let headings = headings.filter(|block| block.words <= HEADING_WORDS_MAX).map(|block| block.text.as_str());
    let mut said = parts.chain(headings).filter_map(|text| WALLS.titles.get(&fold(text).text).copied());
    if let Some(name) = said.next() {
        return Some(name);
    }
    if kept > UNSAID_WORDS_MAX {
        return None;
    }
    let cookies = page.blocks.iter().zip(&labelled.blocks).filter(|(_, block)| block.label == Label::Cookie);
    let cookies: f32 = cookies.map(|(raw, _)| raw.words).sum();
    if cookies > COOKIE_WORDS_MIN {
        return Some("consent_wall");
    }
    page.facts.asks_password.then_some("login_wall")
}

/// The parts of a title: `404 - Not found | River Courier`.
fn parts_of(title: &str) -> impl Iterator<Item = &str> {
    title.split(['|', '–', '—']).flat_map(|part| part.split(" - ")).flat_map(|part| part.split(": "))
}

#[cfg(test)]
mod tests {
    use crate::{Context, Verdict, html_str};

    fn verdict(html: &str) -> Verdict {
        html_str(html, &Context::default()).verdict
    }

    #[test]
    fn walls_are_told_by_what_they_say() {
        let cases = [
            (
                "<title>404 - Page not found | River Courier</title><p>We looked for it and it is gone.</p>",
                "error_page",
            ),
            (
                "<title>River Courier</title><h1>Страница не найдена</h1><p>Вернитесь на главную страницу.</p>",
                "error_page",
            ),
            ("<title>Just a moment...</title><p>Checking that you are human.</p>", "bot_wall"),
            ("<title>로그인 - 강변일보</title><p>아이디와 비밀번호를 넣으십시오.</p>", "login_wall"),
            ("<title>Members</title><p>Welcome back.</p><form><input type=password></form>", "login_wall"),
            (
                "<title>Wir schätzen Ihre Privatsphäre</title><p>Wir und unsere Partner speichern Daten.</p>",
                "consent_wall",
            ),
        ];
        for (html, expected) in cases {
            assert_eq!(verdict(html), Verdict::NotArticle(expected), "{html}");
        }
    }

    #[test]
    fn a_text_that_ends_at_a_paywall_is_noted() {
        let story = "<p>The council voted on Tuesday to keep the old bridge open for another year, the mayor said.</p>"
            .repeat(4);
        let notes = |html: String| html_str(&html, &Context::default()).notes;
        let wall = "<div class=subscribe-box><h3>Subscribe to continue reading</h3><a href=/a>Subscribe now</a></div>";
        assert!(notes(format!("<h1>The bridge</h1>{story}{wall}")).contains(&"paywalled"));
        assert!(!notes(format!("<h1>The bridge</h1>{story}")).contains(&"paywalled"));
        let stated =
            r#"<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"}</script>"#;
        assert!(notes(format!("{stated}<h1>The bridge</h1>{story}")).contains(&"paywalled"));
    }

    #[test]
    fn a_story_about_a_wall_is_a_story() {
        let story =
            "<p>The council put a sign that says page not found on the old bridge, the mayor said.</p>".repeat(9);
        let form = "<form><input type=password></form>";
        assert_eq!(
            verdict(&format!("<title>Page not found</title><h1>Page not found</h1>{story}{form}")),
            Verdict::Article
        );
    }
}
