//! The six publications: what differs between them, besides the layout of their pages.

use crate::{news::FeedKind, text::slug};

pub(crate) struct Outlet {
    pub(crate) name: &'static str,
    pub(crate) language: &'static str,
    pub(crate) kind: FeedKind,
    pub(crate) feed: &'static str,
    pub(crate) validators: Validators,
    /// `None` is a 404: everything is allowed. `{{base}}` is the site's root.
    pub(crate) robots: Option<&'static str>,
    /// The path of an article, with `{{n}}` and `{{slug}}`.
    path: &'static str,
    pub(crate) page: &'static str,
    /// What stands around each paragraph of a page.
    pub(crate) paragraph: (&'static str, &'static str),
    pub(crate) date: &'static str,
    /// Hours that its clock is ahead of UTC.
    pub(crate) zone: i64,
    /// Stands after a dateline's place.
    pub(crate) wire: &'static str,
    pub(crate) charset: &'static str,
    pub(crate) paragraphs_min: usize,
}

/// What a feed lets a client ask by, when it comes again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validators {
    Both,
    Etag,
    WeakEtag,
    LastModified,
    Neither,
}

/// The two that write the same language, and so may copy each other.
pub(crate) const PAIR: [usize; 2] = [0, 5];
/// The one whose robots.txt forbids [`FORBIDDEN`].
pub(crate) const FORBIDDING: usize = 1;
pub(crate) const FORBIDDEN: &str = "/archiv/";

pub(crate) static OUTLETS: [Outlet; 6] = [
    Outlet {
        name: "Saltmarsh Courier",
        language: "en",
        kind: FeedKind::Rss,
        feed: "/rss.xml",
        validators: Validators::Both,
        robots: Some("User-agent: *\nDisallow: /intern/\nCrawl-delay: 0\n"),
        path: "/news/{{n}}/{{slug}}",
        page: include_str!("../data/pages/courier.html"),
        paragraph: ("<p>", "</p>\n"),
        date: "%-d %B %Y, %H:%M GMT",
        zone: 0,
        wire: " (Northwire) - ",
        charset: "UTF-8",
        paragraphs_min: 5,
    },
    Outlet {
        name: "Wellerstedter Bote",
        language: "de",
        kind: FeedKind::Atom,
        feed: "/atom.xml",
        validators: Validators::WeakEtag,
        robots: Some("User-agent: *\nDisallow: /intern/\nDisallow: /archiv/\n"),
        path: "/artikel/{{slug}}-{{n}}.html",
        page: include_str!("../data/pages/bote.html"),
        paragraph: ("<div class=\"absatz\">", "</div>\n"),
        date: "%d.%m.%Y, %H:%M Uhr",
        zone: 1,
        wire: " (bot) - ",
        charset: "UTF-8",
        paragraphs_min: 5,
    },
    Outlet {
        name: "물결일보",
        language: "ko",
        kind: FeedKind::NewsSitemap,
        feed: "/news-sitemap.xml",
        validators: Validators::LastModified,
        robots: Some("User-agent: *\nAllow: /\n\nSitemap: {{base}}/sitemap.xml\nSitemap: {{base}}/news-sitemap.xml\n"),
        path: "/news/articleView.html?idxno={{n}}",
        page: include_str!("../data/pages/mulgyeol.html"),
        paragraph: ("<p>", "</p>\n"),
        date: "%Y.%m.%d %H:%M",
        zone: 9,
        wire: "=물결일보) ",
        charset: "EUC-KR",
        paragraphs_min: 6,
    },
    Outlet {
        name: "潮見新報",
        language: "ja",
        kind: FeedKind::JsonFeed,
        feed: "/feed.json",
        validators: Validators::Etag,
        robots: None,
        path: "/articles/{{n}}",
        page: include_str!("../data/pages/shiomi.html"),
        paragraph: ("<p class=\"honbun\">", "</p>\n"),
        date: "%Y年%-m月%-d日 %-H時%M分",
        zone: 9,
        wire: "】",
        charset: "UTF-8",
        paragraphs_min: 6,
    },
    Outlet {
        name: "El Faro de Valdearenas",
        language: "es",
        kind: FeedKind::FullRss,
        feed: "/feed/",
        validators: Validators::Both,
        robots: Some("User-agent: *\nDisallow: /intern/\n"),
        path: "/noticias/{{slug}}-{{n}}/",
        page: include_str!("../data/pages/faro.html"),
        paragraph: ("<p>", "</p>\n"),
        date: "%d/%m/%Y - %H:%M h",
        zone: 1,
        wire: " (Faro). ",
        charset: "UTF-8",
        paragraphs_min: 9,
    },
    Outlet {
        name: "Gannet Bay Ledger",
        language: "en",
        kind: FeedKind::BrokenRss,
        feed: "/rss.php",
        validators: Validators::Neither,
        robots: Some("# be nice\nUser-agent: *\nDisallow: /intern/\nDisallow: /cgi-bin/\n"),
        path: "/story.php?id={{n}}",
        page: include_str!("../data/pages/ledger.html"),
        paragraph: ("", "<br><br>\n"),
        date: "%A, %B %-d, %Y %H:%M",
        zone: 0,
        wire: " - ",
        charset: "UTF-8",
        paragraphs_min: 5,
    },
];

impl Outlet {
    pub(crate) fn path(&self, number: usize, title: &str) -> String {
        crate::text::fill(self.path, |name| if name == "n" { (1000 + number).to_string() } else { slug(title) })
    }

    /// Whether a feed in its place carries whole articles.
    pub(crate) fn is_full(&self) -> bool {
        self.kind == FeedKind::FullRss
    }
}
