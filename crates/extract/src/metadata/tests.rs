//! Whole pages, small ones, each for one rule of the fields. Names, places and events are made up.

use crate::types::{Context, Extracted, FieldSource, ZoneSource};

const PARAGRAPH: &str = "<p>The council voted on Tuesday to keep the old bridge over the river open for another year, the \
                         mayor said, because the new one will not be ready before the next spring at best.</p>";

fn page(head: &str, body: &str) -> Extracted {
    at("https://www.rivercourier.example/news/bridge", head, body)
}

fn at(url: &str, head: &str, body: &str) -> Extracted {
    let text = PARAGRAPH.repeat(4);
    let html = format!("<html><head>{head}</head><body>{}</body></html>", body.replace("TEXT", &text));
    crate::html_str(&html, &Context { url: Some(url), ..Context::default() })
}

fn title(head: &str, body: &str) -> String {
    page(head, body).title.map(|title| title.value).unwrap_or_default()
}

fn authors(head: &str, body: &str) -> Vec<String> {
    page(head, body).authors.map(|authors| authors.value).unwrap_or_default()
}

fn day(head: &str, body: &str) -> String {
    page(head, body).published.map(|date| date.day().to_owned()).unwrap_or_default()
}

#[test]
fn the_heading_that_statements_agree_with_is_the_title() {
    let head = "<title>Bridge stays open - River Courier</title><meta property='og:title' content='Bridge stays open'>";
    let body = "<header><h1>River Courier</h1></header><article><h2>Bridge stays open</h2>TEXT<h2>Why it is old</h2></article>";
    assert_eq!(title(head, body), "Bridge stays open");
}

#[test]
fn a_heading_of_the_first_rank_needs_no_agreement() {
    let head = "<title>5 facts you must know about bridges | River Courier</title>";
    assert_eq!(title(head, "<h1>The bridge stays open after all</h1>TEXT"), "The bridge stays open after all");
}

#[test]
fn a_headline_for_search_engines_gives_way_to_the_one_for_readers() {
    let head = "<title>Bridge: all about the vote</title><meta property='og:title' content='Bridge: all about the vote'>\
        <script type='application/ld+json'>{\"@type\": \"NewsArticle\", \"headline\": \"The old bridge stays open\"}</script>";
    let body = "<h1>Bridge: all about the vote</h1><h2>The old bridge stays open</h2>TEXT";
    assert_eq!(title(head, body), "The old bridge stays open");
}

#[test]
fn a_kicker_within_the_heading_is_cut_off() {
    let head = "<title>The old bridge stays open</title><meta property='og:title' content='The old bridge stays open'>";
    let body = "<h1><span>Traffic</span> <span>The old bridge stays open</span></h1>TEXT";
    assert_eq!(title(head, body), "The old bridge stays open");
}

#[test]
fn the_site_s_name_is_cut_off_a_statement() {
    let cases = [
        ("<title>Die alte Brücke bleibt offen | River Courier</title>", "Die alte Brücke bleibt offen"),
        ("<title>River Courier :: El puente sigue abierto hoy</title>", "El puente sigue abierto hoy"),
        ("<title>大桥今天继续开放_新闻_河边网</title>", "大桥今天继续开放"),
        ("<title>Miller &amp;amp; Reed&amp;#39;s bridge</title>", "Miller & Reed's bridge"),
    ];
    for (head, expected) in cases {
        assert_eq!(title(head, "TEXT"), expected);
    }
}

#[test]
fn the_part_of_the_title_that_the_page_shows_is_the_headline() {
    let head = "<title>ΠΟΤΑΜΙ : Η γέφυρα μένει ανοιχτή</title>";
    assert_eq!(title(head, "<div>Η γέφυρα μένει ανοιχτή</div>TEXT"), "Η γέφυρα μένει ανοιχτή");
}

#[test]
fn a_section_s_name_is_no_title() {
    let head = "<title>The old bridge stays open</title>";
    let body =
        "<nav><ul><li><a href='/news'>News</a></li><li><a href='/sport'>Sport</a></li></ul></nav><h1>News</h1>TEXT";
    assert_eq!(title(head, body), "The old bridge stays open");
}

#[test]
fn authors_that_the_page_states() {
    let linked = |author: &str| {
        format!("<script type='application/ld+json'>{{\"@type\": \"NewsArticle\", \"author\": {author}}}</script>")
    };
    assert_eq!(authors(&linked("\"Ada Miller and Tom Reed\""), "TEXT"), ["Ada Miller", "Tom Reed"]);
    assert_eq!(
        authors(&linked("{\"@type\": \"Organization\", \"name\": \"Ada Miller\"}"), "TEXT"),
        Vec::<String>::new()
    );
    assert_eq!(authors("<meta name='author' content='Von Jana Köhler, Redakteurin'>", "TEXT"), ["Jana Köhler"]);
    assert_eq!(authors("<meta name='author' content='https://social.example/ada'>", "TEXT"), Vec::<String>::new());
    let card = "<meta name='twitter:label1' content='Verfasst von'><meta name='twitter:data1' content='Jana Köhler'>";
    assert_eq!(authors(card, "TEXT"), ["Jana Köhler"]);
    let library =
        "<meta name='citation_author' content='Miller, Ada'><meta name='citation_author' content='Reed, Tom'>";
    assert_eq!(authors(library, "TEXT"), ["Ada Miller", "Tom Reed"]);
}

#[test]
fn authors_that_the_page_shows() {
    let cases = [
        ("<h1>The bridge</h1><p>By Ada Miller</p>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><p>Par Ada Miller le 7 mai 2024</p>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><p>07.05.2024 | 13:10 | Ada Miller</p>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><p>Ada Miller</p>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><div>Written by</div><div>Ada Miller</div>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><a href='/author/ada-miller'>Ada Miller</a>TEXT", "Ada Miller"),
        ("<h1>The bridge</h1><a href='/author/ada77'>ada77</a>TEXT", "ada77"),
        ("<h1>The bridge</h1>TEXT<p>Article by Ada Miller</p>", "Ada Miller"),
        ("<h1>The bridge</h1>TEXT<p>Ada Miller</p>", "Ada Miller"),
        ("<h1>대교 다시 열려</h1><p>박도현 기자</p>TEXT", "박도현"),
    ];
    for (body, expected) in cases {
        assert_eq!(authors("", body), [expected], "{body}");
    }
}

#[test]
fn others_are_no_authors() {
    let cases = [
        "<h1>The bridge</h1>TEXT<div class='comments'><span class='author'>Otto Gray</span></div>",
        "<h1>The bridge</h1><p>Edited by</p><p><a href='/author/otto-gray'>Otto Gray</a></p>TEXT",
        "<h1>The bridge</h1><a href='https://network.example/author/otto77'>otto77</a>TEXT",
        "<h1>The bridge</h1><p>By River Courier</p>TEXT",
        "<h1>The bridge</h1><p>New York</p>TEXT",
        "<h1>大桥重新开放</h1>TEXT<p>责任编辑：王小河</p>",
    ];
    for body in cases {
        let head = "<meta property='og:site_name' content='River Courier'>";
        assert_eq!(authors(head, body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn a_person_may_bear_the_name_of_the_site() {
    let head = "<meta property='og:site_name' content='Ada Miller'><meta name='author' content='Ada Miller'>";
    assert_eq!(authors(head, "<h1>The bridge</h1>TEXT"), ["Ada Miller"]);
}

#[test]
fn what_readers_see_makes_a_first_name_whole() {
    let head = "<meta name='author' content='Ada'>";
    assert_eq!(authors(head, "<h1>The bridge</h1><p class='byline'>By Ada Miller</p>TEXT"), ["Ada Miller"]);
}

#[test]
fn a_shown_date_that_is_older_corrects_a_stated_one() {
    let head = "<meta property='article:published_time' content='2024-05-20T10:00:00+02:00'>";
    assert_eq!(day(head, "<h1>The bridge</h1><time datetime='2024-05-07'>7 May</time>TEXT"), "2024-05-07");
    assert_eq!(day(head, "<h1>The bridge</h1><time datetime='2024-05-27'>27 May</time>TEXT"), "2024-05-20");
}

#[test]
fn a_change_is_no_publication() {
    let body = "<h1>The bridge</h1><p>Last updated: May 20, 2024</p><p>Published: May 7, 2024</p>TEXT";
    assert_eq!(day("", body), "2024-05-07");
    let body = "<h1>The bridge</h1><div>Aktualisiert</div><div><time datetime='2024-05-20'>20. Mai</time></div>\
                <div><time datetime='2024-05-07'>7. Mai</time></div>TEXT";
    assert_eq!(day("", body), "2024-05-07");
}

#[test]
fn dates_of_teasers_and_comments_are_others() {
    let body = "<div class='related'><time datetime='2023-01-01'>1 Jan</time>\
                <p><a href='/a'>Second bridge planned further down the river</a></p><p>More</p></div><h1>The bridge</h1>TEXT\
                <div class='comments'><time datetime='2024-06-01'>1 June</time></div><p>Published 7 May 2024</p>";
    assert_eq!(day("", body), "2024-05-07");
}

#[test]
fn the_address_tells_the_day_at_the_site() {
    let head = "<meta property='article:published_time' content='2024-05-08T02:10:00Z'>";
    let found = at("https://courier.example/2024/05/07/bridge", head, "<h1>The bridge</h1>TEXT");
    let date = found.published.unwrap();
    assert_eq!(date.at, "2024-05-07T21:10:00-05:00");
    assert_eq!((date.source, date.zone), (FieldSource::Meta, ZoneSource::Stated));
}

#[test]
fn month_and_day_are_read_as_the_page_shows_them() {
    let head = "<meta name='date' content='05/07/2024'>";
    assert_eq!(day(head, "<h1>The bridge</h1><p>Published 5 July 2024</p>TEXT"), "2024-07-05");
}

#[test]
fn a_date_in_front_of_the_first_sentence() {
    let body = format!("<h1>The bridge</h1>{}TEXT", PARAGRAPH.replace("<p>", "<p>RIVERTON, 7 May 2024 - "));
    assert_eq!(day("", &body), "2024-05-07");
}

#[test]
fn a_wrong_language_is_corrected_and_a_right_one_kept() {
    let language = |head: &str, body: &str| page(head, body).language.map(|found| (found.value, found.source));
    let greek = "<p>Ο δήμος άνοιξε ξανά τη γέφυρα πάνω από το ποτάμι και ο δήμαρχος είπε ότι θα μείνει ανοιχτή.</p>";
    let declared = "<meta property='og:locale' content='en_US'>";
    assert_eq!(language(declared, greek), Some(("el".into(), FieldSource::Text)));
    assert_eq!(language(declared, "TEXT"), Some(("en-US".into(), FieldSource::Meta)));
}

#[test]
fn the_front_page_is_no_article_s_address() {
    let canonical = |head: &str| page(head, "TEXT").canonical_url.map(|found| (found.value, found.source));
    let own = "<meta property='og:url' content='/news/bridge-stays-open'>";
    let expected = "https://www.rivercourier.example/news/bridge-stays-open";
    assert_eq!(canonical(own), Some((expected.into(), FieldSource::Meta)));
    assert_eq!(canonical(&format!("<link rel='canonical' href='/'>{own}")), Some((expected.into(), FieldSource::Meta)));
    let linked = format!("<link rel='canonical' href='{expected}'>{own}");
    assert_eq!(canonical(&linked), Some((expected.into(), FieldSource::Link)));
}
