//! Every bound of the reader in one place.

/// What a body may cost. The defaults hold 8 MiB of anything to well under a second and 128 MiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body that are read, and of what a gzip body decodes to; the rest is as if it never came.
    pub input_bytes_max: usize,
    /// Elements open at once; the markup of deeper ones is ignored, their text is not.
    pub depth_max: usize,
    /// Attributes of one element.
    pub attributes_max: usize,
    /// Namespace declarations in force at once.
    pub namespaces_max: usize,
    /// Entries of a feed.
    pub entries_max: usize,
    /// Addresses of a sitemap, of a sitemap index and outlines of an OPML file (sitemaps.org: 50,000).
    pub sitemap_entries_max: usize,
    /// Bytes of one content or summary.
    pub content_bytes_max: usize,
    /// Bytes of one title, name, date, category or address.
    pub text_bytes_max: usize,
    /// Bytes of all texts of a document together.
    pub output_bytes_max: usize,
    /// Authors, categories, enclosures of one entry; hubs of a feed; each.
    pub list_max: usize,
    /// Links of all entries that are made absolute.
    pub links_max: usize,
    /// Links to feeds that a page gives.
    pub page_links_max: usize,
    /// Bytes that the entities declared in a document may expand to in all.
    pub expansion_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes_max: 8 << 20,
            depth_max: 128,
            attributes_max: 64,
            namespaces_max: 64,
            entries_max: 10_000,
            sitemap_entries_max: 50_000,
            content_bytes_max: 1 << 20,
            text_bytes_max: 8 << 10,
            output_bytes_max: 24 << 20,
            list_max: 64,
            links_max: 200_000,
            page_links_max: 100,
            expansion_bytes_max: 64 << 10,
        }
    }
}
