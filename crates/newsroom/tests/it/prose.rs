//! What is written: all of it different, and the same again by the same seed.

use std::collections::{HashMap, HashSet};

use newsroom::{Fate, Newsroom, Published, Settings};

fn archive(seed: u64) -> Vec<Published> {
    let settings = Settings { seed, per_second: 0.0, backlog: 340, ..Settings::default() };
    Newsroom::start(settings).unwrap().articles()
}

/// Runs of five words, or of eight characters where no spaces stand between words.
fn runs(article: &Published) -> HashSet<String> {
    let text = article.paragraphs.join(" ");
    if article.language == "ja" {
        let chars = text.chars().collect::<Vec<_>>();
        return chars.windows(8).map(|run| run.iter().collect()).collect();
    }
    let words = text.split_whitespace().collect::<Vec<_>>();
    words.windows(5).map(|run| run.join(" ")).collect()
}

#[test]
fn two_thousand_articles_differ() {
    let articles = archive(7);
    assert_eq!(articles.len(), 2040);
    assert_eq!(articles.iter().map(|article| &article.title).collect::<HashSet<_>>().len(), 2040);
    let mut languages = HashMap::<_, Vec<_>>::new();
    for article in &articles {
        assert!((5..=14).contains(&article.paragraphs.len()), "{}", article.paragraphs.len());
        let text = article.paragraphs.concat();
        assert!(!text.contains(['{', '}', '~', '<']) && !text.contains("  "), "{text}");
        languages.entry(&article.language).or_default().push(runs(article));
    }
    for (language, texts) in languages {
        let mut most = 0.0_f64;
        for (index, one) in texts.iter().enumerate() {
            for other in &texts[..index] {
                let common = one.iter().filter(|run| other.contains(*run)).count();
                most = most.max(common as f64 / one.len().min(other.len()) as f64);
            }
        }
        println!("{language}: two articles of {} share at most {most:.3}", texts.len());
        assert!(most < 0.3, "{language}: {most}");
    }
}

#[test]
fn near_copies_are_near() {
    let newsroom = crate::newsroom(400, true);
    let articles = newsroom.articles();
    let mut copies = 0;
    for article in &articles {
        let Fate::NearCopyOf(of) = &article.fate else { continue };
        let original = articles.iter().find(|other| other.url == *of).unwrap();
        let words = |article: &Published| {
            article.revisions[0]
                .paragraphs
                .iter()
                .flat_map(|text| text.split(' '))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let (copy, original) = (words(article), words(original));
        let known = original.iter().collect::<HashSet<_>>();
        let new = copy.iter().filter(|word| !known.contains(word)).count();
        assert!(copy != original && new * 10 < copy.len(), "{new} of {}", copy.len());
        assert!(copy.len().abs_diff(original.len()) * 10 < copy.len());
        copies += 1;
    }
    assert!(copies >= 6, "{copies}");
}

#[test]
fn the_same_seed_writes_the_same() {
    let told = |seed| {
        let settings = Settings { seed, per_second: 800.0, articles_max: Some(120), ..Settings::default() };
        let newsroom = Newsroom::start(settings).unwrap();
        crate::until(|| newsroom.articles().len() == 150);
        let articles = newsroom.articles().into_iter();
        let told = articles.map(|article| {
            let revisions = article.revisions.into_iter().map(|revision| (revision.title, revision.paragraphs));
            (article.publication, article.authors, revisions.collect::<Vec<_>>())
        });
        told.collect::<Vec<_>>()
    };
    let first = told(3);
    assert_eq!(first, told(3));
    assert_ne!(first, told(4));
}
