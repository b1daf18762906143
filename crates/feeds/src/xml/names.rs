//! Namespaces that feeds use, by address and by the prefix that everybody gives them.

/// A namespace as far as feeds are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ns {
    /// RSS of every version, Atom 0.3 and 1.0, sitemaps, OPML, and no or an unknown default namespace.
    Core,
    /// Dublin Core elements and terms.
    Dc,
    /// RSS content module.
    Content,
    /// Podcasts.
    Itunes,
    /// Media RSS.
    Media,
    /// RSS syndication module.
    Sy,
    /// FeedBurner.
    FeedBurner,
    /// XHTML.
    Xhtml,
    /// RDF.
    Rdf,
    /// Google's news sitemaps.
    News,
    /// Google's image sitemaps.
    Image,
    /// Anything else.
    Other,
}

impl Ns {
    /// The namespace of an address; none where it is not known.
    pub fn of_uri(uri: &str) -> Option<Self> {
        let uri = uri.trim().to_ascii_lowercase();
        let uri = uri.trim_start_matches("https://").trim_start_matches("http://").trim_start_matches("www.");
        Some(match uri.trim_end_matches(['/', '#']) {
            "w3.org/2005/atom" | "purl.org/atom/ns" | "purl.org/rss/1.0" | "my.netscape.com/rdf/simple/0.9" => {
                Self::Core
            }
            "sitemaps.org/schemas/sitemap/0.9" | "google.com/schemas/sitemap/0.84" => Self::Core,
            "channel.netscape.com/rdf/simple/0.9" | "backend.userland.com/rss2" | "backend.userland.com/rss" => {
                Self::Core
            }
            "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" | "purl.org/dc/terms" => Self::Dc,
            "purl.org/rss/1.0/modules/content" => Self::Content,
            "purl.org/rss/1.0/modules/syndication" => Self::Sy,
            "itunes.com/dtds/podcast-1.0.dtd" | "example.com/dtds/podcast-1.0.dtd" => Self::Itunes,
            "search.yahoo.com/mrss" => Self::Media,
            "rssnamespace.org/feedburner/ext/1.0" => Self::FeedBurner,
            "w3.org/1999/xhtml" => Self::Xhtml,
            "w3.org/1999/02/22-rdf-syntax-ns" => Self::Rdf,
            "google.com/schemas/sitemap-news/0.9" => Self::News,
            "google.com/schemas/sitemap-image/1.1" => Self::Image,
            _ => return None,
        })
    }

    /// What a prefix means where nobody declared it.
    pub fn of_prefix(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "" | "atom" | "atom10" | "atom03" | "a10" | "rss" => Self::Core,
            "dc" | "dcterms" => Self::Dc,
            "content" => Self::Content,
            "itunes" => Self::Itunes,
            "media" => Self::Media,
            "sy" => Self::Sy,
            "feedburner" => Self::FeedBurner,
            "xhtml" => Self::Xhtml,
            "rdf" => Self::Rdf,
            "news" => Self::News,
            "image" => Self::Image,
            _ => Self::Other,
        }
    }
}
