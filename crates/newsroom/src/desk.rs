//! The desk: everything published, the next thing to publish, and which path answers what.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
};

use crate::{
    access::AccessLog,
    news::{Fate, Publication, Published, Revision, Summary},
    outlet::{FORBIDDEN, FORBIDDING, OUTLETS, Outlet, PAIR},
    plan::{self, Kind},
    prose::{Draft, grammar},
    settings::Settings,
    text::Random,
};

/// Only so recent an article is edited: it must still be in its feed when a reader comes again.
const EDITED_AMONG: usize = 8;
const BACKLOG_STEP_MS: i64 = 7 * 60_000;

pub(crate) struct Desk {
    pub(crate) settings: Settings,
    /// The root URL of each outlet, without a slash at the end.
    pub(crate) bases: Vec<String>,
    pub(crate) sites: Vec<SocketAddr>,
    pub(crate) articles: Vec<Article>,
    pub(crate) log: AccessLog,
    pub(crate) paused: bool,
    /// When each outlet's feed last changed.
    pub(crate) changed: Vec<i64>,
    /// The articles of each outlet's feed, oldest first.
    listed: Vec<Vec<usize>>,
    routes: HashMap<(usize, String), Route>,
    titles: HashSet<String>,
    /// Articles that have answered 429.
    was_busy: HashSet<usize>,
    step: u64,
}

/// An article and where it stands.
pub(crate) struct Article {
    pub(crate) number: usize,
    /// Whose feed names it.
    pub(crate) outlet: usize,
    /// Whose page it is.
    pub(crate) host: usize,
    pub(crate) feed_url: String,
    pub(crate) url: String,
    pub(crate) authors: Vec<String>,
    pub(crate) caption: String,
    pub(crate) published: i64,
    pub(crate) revisions: Vec<Revision>,
    pub(crate) fate: Fate,
}

impl Article {
    pub(crate) fn last(&self) -> &Revision {
        &self.revisions[self.revisions.len() - 1]
    }
}

#[derive(Clone, Copy)]
pub(crate) enum Route {
    Page(usize),
    Moved(usize),
}

impl Desk {
    pub(crate) fn new(settings: Settings, sites: Vec<SocketAddr>) -> Self {
        let now = (settings.clock)();
        let backlog = settings.backlog;
        let mut desk = Self {
            bases: sites.iter().map(|site| format!("http://{site}")).collect(),
            sites,
            articles: Vec::new(),
            log: AccessLog::default(),
            paused: false,
            changed: vec![now; OUTLETS.len()],
            listed: vec![Vec::new(); OUTLETS.len()],
            routes: HashMap::new(),
            titles: HashSet::new(),
            was_busy: HashSet::new(),
            step: 0,
            settings,
        };
        for age in (1..=i64::try_from(backlog).unwrap_or(0)).rev() {
            for outlet in 0..OUTLETS.len() {
                let shift = i64::try_from(outlet).unwrap_or(0) * 11_000;
                desk.publish(outlet, Kind::Plain, now - age * BACKLOG_STEP_MS + shift);
            }
        }
        desk.changed = vec![now; OUTLETS.len()];
        desk
    }

    /// One article more, and now and then an edit of an earlier one.
    pub(crate) fn step(&mut self, now: i64) {
        let step = self.step;
        if self.paused || self.settings.articles_max.is_some_and(|most| step >= most) {
            return;
        }
        self.step += 1;
        let kind = plan::kind(step, self.settings.faults);
        let pair = PAIR[usize::from(step / 2 % 2 == 1)];
        let outlet = match kind {
            Kind::NearCopy | Kind::OtherSite => pair,
            Kind::Forbidden => FORBIDDING,
            _ => plan::turn(self.settings.seed, step, OUTLETS.len()),
        };
        self.publish(outlet, kind, now);
        if plan::edits(step) {
            self.edit(step, now);
        }
    }

    fn publish(&mut self, outlet: usize, kind: Kind, now: i64) {
        let number = self.articles.len();
        let host = if kind == Kind::OtherSite { other(outlet) } else { outlet };
        let seed = Random::new(self.settings.seed, u64::try_from(number).unwrap_or(0)).next();
        let (draft, copied) = self.draft(outlet, kind, seed);
        let path = match kind {
            Kind::Forbidden => format!("{FORBIDDEN}{}", 1000 + number),
            _ => OUTLETS[host].path(number, &draft.title),
        };
        let moved = match kind {
            Kind::Redirected => Some(format!("/r/{}", 1000 + number)),
            Kind::OtherSite => Some(format!("/partner/{}", 1000 + number)),
            _ => None,
        };
        let url = format!("{}{path}", self.bases[host]);
        let feed_url = moved.as_ref().map_or_else(|| url.clone(), |path| format!("{}{path}", self.bases[outlet]));
        if let Some(path) = moved {
            self.routes.insert((outlet, path), Route::Moved(number));
        }
        self.routes.insert((host, path), Route::Page(number));
        let fate = match (kind, copied) {
            (Kind::NearCopy, Some(of)) => Fate::NearCopyOf(of),
            (Kind::Plain | Kind::NearCopy, _) if OUTLETS[outlet].is_full() => Fate::InFeed,
            (Kind::Plain | Kind::NearCopy, _) => Fate::Page,
            (Kind::Redirected, _) => Fate::Redirected,
            (Kind::OtherSite, _) => Fate::RedirectedToOtherSite,
            (Kind::Missing, _) => Fate::Missing404,
            (Kind::Gone, _) => Fate::Gone410,
            (Kind::Busy, _) => Fate::Busy429,
            (Kind::Trickles, _) => Fate::Trickles,
            (Kind::TooLarge, _) => Fate::TooLarge,
            (Kind::NotHtml, _) => Fate::NotHtml,
            (Kind::Forbidden, _) => Fate::ForbiddenByRobots,
        };
        self.titles.insert(draft.title.clone());
        let Draft { title, paragraphs, authors, caption } = draft;
        let revisions = vec![Revision { at_ms: now, title, paragraphs }];
        let article =
            Article { number, outlet, host, feed_url, url, authors, caption, published: now, revisions, fate };
        self.articles.push(article);
        self.listed[outlet].push(number);
        self.changed[outlet] = now;
    }

    /// The text, and for a near copy the URL of what it was copied from.
    fn draft(&self, outlet: usize, kind: Kind, seed: u64) -> (Draft, Option<String>) {
        let Outlet { language, wire, paragraphs_min, .. } = &OUTLETS[outlet];
        let grammar = grammar(language);
        let mut draft = grammar.article(seed, wire, *paragraphs_min, |title| !self.titles.contains(title));
        if kind != Kind::NearCopy {
            return (draft, None);
        }
        let source = other(outlet);
        let mut listed = self.listed[source].iter().rev().map(|number| &self.articles[*number]);
        let copied = listed.find(|article| article.fate == Fate::Page && article.revisions.len() == 1);
        let Some(copied) = copied else { return (draft, None) };
        (draft.title, draft.paragraphs) = grammar.copy(seed, &copied.last().title, &copied.last().paragraphs);
        (draft, Some(copied.url.clone()))
    }

    fn edit(&mut self, step: u64, now: i64) {
        let mut random = Random::new(self.settings.seed, step ^ 0x6564_6974);
        let mut recent = Vec::new();
        for (outlet, listed) in self.listed.iter().enumerate() {
            let newest = listed.iter().rev().take(EDITED_AMONG).map(|number| &self.articles[*number]);
            let plain = newest.filter(|article| matches!(article.fate, Fate::Page | Fate::InFeed));
            recent.extend(plain.map(|article| (outlet, article.number)));
        }
        let Some((outlet, number)) = recent.get(random.below(recent.len())).copied() else { return };
        let article = &self.articles[number];
        // From the first title: "Update: Update: .." is no paper's style.
        let (first, last) = (&article.revisions[0].title, &article.last().paragraphs);
        let (title, paragraphs) = grammar(OUTLETS[outlet].language).edit(random.next(), first, last);
        if !self.titles.insert(title.clone()) {
            return; // edited the same way before
        }
        self.articles[number].revisions.push(Revision { at_ms: now, title, paragraphs });
        self.changed[outlet] = now;
    }

    /// The newest entries of an outlet's feed, newest first.
    pub(crate) fn newest(&self, outlet: usize) -> Vec<&Article> {
        self.listed[outlet].iter().rev().take(self.settings.listed).map(|number| &self.articles[*number]).collect()
    }

    /// How often an outlet's feed has had something new.
    pub(crate) fn issues(&self, outlet: usize) -> usize {
        self.listed[outlet].len()
    }

    pub(crate) fn route(&self, outlet: usize, path: &str) -> Option<Route> {
        self.routes.get(&(outlet, path.to_owned())).copied()
    }

    /// True once for each article.
    pub(crate) fn is_busy(&mut self, number: usize) -> bool {
        self.was_busy.insert(number)
    }

    pub(crate) fn publications(&self) -> Vec<Publication> {
        let publication = |(outlet, base): (&Outlet, &String)| Publication {
            name: outlet.name.to_owned(),
            language: outlet.language.to_owned(),
            home: format!("{base}/"),
            feed: format!("{base}{}", outlet.feed),
            kind: outlet.kind,
        };
        OUTLETS.iter().zip(&self.bases).map(publication).collect()
    }

    pub(crate) fn published(&self) -> Vec<Published> {
        let published = |article: &Article| Published {
            url: article.url.clone(),
            feed_url: article.feed_url.clone(),
            publication: OUTLETS[article.outlet].name.to_owned(),
            language: OUTLETS[article.outlet].language.to_owned(),
            title: article.last().title.clone(),
            paragraphs: article.last().paragraphs.clone(),
            authors: article.authors.clone(),
            published: article.published,
            revisions: article.revisions.clone(),
            fate: article.fate.clone(),
        };
        self.articles.iter().map(published).collect()
    }

    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary { requests: self.log.len(), ..Summary::default() };
        for article in &self.articles {
            summary.add(&article.fate, article.revisions.len());
        }
        summary
    }
}

fn other(outlet: usize) -> usize {
    if outlet == PAIR[0] { PAIR[1] } else { PAIR[0] }
}
