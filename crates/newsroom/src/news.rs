//! What the newsroom tells of itself: its publications, and all that they published.

use std::fmt;

/// One newspaper, on an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// BCP 47.
    pub language: String,
    /// The URL of its first page, which names the feed.
    pub home: String,
    /// The feed's URL.
    pub feed: String,
    /// What kind of feed it is.
    pub kind: FeedKind,
}

/// The kinds of feed, one per publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FeedKind {
    /// RSS 2.0 with summaries.
    Rss,
    /// Atom 1.0.
    Atom,
    /// A news sitemap, named by a sitemap index and by robots.txt.
    NewsSitemap,
    /// JSON Feed 1.1.
    JsonFeed,
    /// RSS 2.0 whose `content:encoded` carries whole articles.
    FullRss,
    /// RSS that no strict parser reads, and every patient one does.
    BrokenRss,
}

/// One published article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The URL under which a reader ends, after redirects.
    pub url: String,
    /// The URL that the feed names.
    pub feed_url: String,
    /// The name of the publication whose feed names it.
    pub publication: String,
    /// BCP 47.
    pub language: String,
    /// The title, as of the last revision.
    pub title: String,
    /// The body, as of the last revision: exactly the text of the page's paragraphs.
    pub paragraphs: Vec<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// When, in milliseconds; RSS says the second only.
    pub published: i64,
    /// Every revision, the first one and the last one included.
    pub revisions: Vec<Revision>,
    /// What becomes of a reader who follows the feed.
    pub fate: Fate,
}

/// One state of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Since when, in milliseconds.
    pub at_ms: i64,
    /// Its title.
    pub title: String,
    /// Its body.
    pub paragraphs: Vec<String>,
}

/// What becomes of a reader who follows the feed to an article.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fate {
    /// A page.
    Page,
    /// The feed has the whole text, and there is a page too.
    InFeed,
    /// A redirect within the site, 301 or 302.
    Redirected,
    /// A redirect to another publication's site.
    RedirectedToOtherSite,
    /// 404.
    Missing404,
    /// 410.
    Gone410,
    /// 429 with `Retry-After: 1` at first, then a page.
    Busy429,
    /// A page of a byte a second, without an end.
    Trickles,
    /// A page of more than 4 MiB.
    TooLarge,
    /// A PDF.
    NotHtml,
    /// A path that robots.txt forbids; who asks all the same gets a page.
    ForbiddenByRobots,
    /// A page with the text of another one (its URL) but for a few words.
    NearCopyOf(String),
}

impl Fate {
    /// Whether a polite and patient reader ends with the article's text.
    pub fn is_readable(&self) -> bool {
        match self {
            Self::Page | Self::InFeed | Self::Redirected | Self::RedirectedToOtherSite => true,
            Self::Busy429 | Self::NearCopyOf(_) => true,
            Self::Missing404 | Self::Gone410 | Self::Trickles | Self::TooLarge => false,
            Self::NotHtml | Self::ForbiddenByRobots => false,
        }
    }
}

/// Counts of what was published; displayed as one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Articles, the backlog included.
    pub published: usize,
    /// Edits; an article may be edited more than once.
    pub edits: usize,
    /// Near copies of another publication's article.
    pub near_copies: usize,
    /// Redirects, within a site or to another one.
    pub redirects: usize,
    /// 404 and 410.
    pub missing: usize,
    /// Answered 429 at first.
    pub busy: usize,
    /// Forbidden by robots.txt.
    pub forbidden: usize,
    /// Endless, too large or not HTML.
    pub unreadable: usize,
    /// Articles that a polite and patient reader can have.
    pub readable: usize,
    /// Requests answered.
    pub requests: usize,
}

impl Summary {
    pub(crate) fn add(&mut self, fate: &Fate, revisions: usize) {
        self.published += 1;
        self.edits += revisions.saturating_sub(1);
        self.readable += usize::from(fate.is_readable());
        match fate {
            Fate::Page | Fate::InFeed => {}
            Fate::Redirected | Fate::RedirectedToOtherSite => self.redirects += 1,
            Fate::Missing404 | Fate::Gone410 => self.missing += 1,
            Fate::Busy429 => self.busy += 1,
            Fate::Trickles | Fate::TooLarge | Fate::NotHtml => self.unreadable += 1,
            Fate::ForbiddenByRobots => self.forbidden += 1,
            Fate::NearCopyOf(_) => self.near_copies += 1,
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} articles published, {} to be had ({} edits, {} near copies, {} redirects, {} busy at first); \
             {} missing, {} forbidden, {} endless, too large or no page; {} requests",
            self.published,
            self.readable,
            self.edits,
            self.near_copies,
            self.redirects,
            self.busy,
            self.missing,
            self.forbidden,
            self.unreadable,
            self.requests
        )
    }
}
