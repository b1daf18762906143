//! Which article a page is.

use schemas::{ArticleId, CanonicalUrl, PageMeta, registrable_domain};

/// The article's id and its canonical address.
///
/// A page's own `rel=canonical` counts only within the site that answered, and never where it names the site's root or
/// a section: on sites whose every page names `/`, all articles would become one. Without an address of its own, an
/// imported text is known by where it lay; an address that only the page claims proves nothing.
pub(crate) fn identify(meta: &PageMeta, claimed: Option<&str>) -> Option<(ArticleId, Option<CanonicalUrl>)> {
    let Some(answered) = &meta.url else {
        return meta.import.as_ref().map(|import| (ArticleId::of_import(import), None));
    };
    let claimed = claimed.and_then(|claimed| answered.join(claimed).ok());
    let same_site = |claimed: &CanonicalUrl| registrable_domain(claimed.host()) == registrable_domain(answered.host());
    let canonical = claimed.filter(|claimed| same_site(claimed) && !claimed.is_root_or_section());
    let url = canonical.unwrap_or_else(|| answered.clone());
    Some((ArticleId::of(&url), Some(url)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::{ImportPath, PageKind, Timestamp};

    fn meta(url: Option<&str>) -> PageMeta {
        PageMeta {
            kind: PageKind::Html,
            url: url.map(|url| CanonicalUrl::parse(url).unwrap()),
            requested_url: None,
            import: Some(ImportPath { name: "archive".to_owned(), path: "a.html".to_owned() }),
            status: None,
            headers: Default::default(),
            fetched_at: Timestamp::default(),
            language: None,
            ai_opt_out: Vec::new(),
            entry: None,
        }
    }

    #[test]
    fn a_canonical_link_counts_within_its_site_and_below_its_sections() {
        let answered = "https://m.example.co.uk/2024/a-story?ref=1";
        for (claimed, url) in [
            ("https://www.example.co.uk/2024/a-story", "https://www.example.co.uk/2024/a-story"),
            ("/2024/a-story", "https://m.example.co.uk/2024/a-story"),
            ("https://www.example.co.uk/", answered),
            ("https://www.example.co.uk/news", answered),
            ("https://other.co.uk/2024/a-story", answered),
            ("javascript:alert(1)", answered),
            ("", answered),
        ] {
            let (id, found) = identify(&meta(Some(answered)), Some(claimed)).unwrap();
            let url = CanonicalUrl::parse(url).unwrap();
            assert_eq!((id, found), (ArticleId::of(&url), Some(url)), "{claimed}");
        }
    }

    #[test]
    fn without_an_address_the_import_names_it() {
        let by_import = identify(&meta(None), Some("https://example.org/2024/a-story")).unwrap();
        assert_eq!(by_import.1, None);
        assert_ne!(Some(by_import), identify(&meta(Some("https://example.org/2024/a-story")), None));
        assert_eq!(identify(&PageMeta { import: None, ..meta(None) }, None), None);
    }
}
