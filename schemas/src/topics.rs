//! The topics: their names, how they are keyed and kept.

/// Topic names, without a deployment's prefix.
pub mod topic {
    /// What to watch.
    pub const FEEDS: &str = "feeds";
    /// New and changed feed entries.
    pub const ENTRIES: &str = "entries";
    /// The fetcher's table.
    pub const FRONTIER: &str = "frontier";
    /// Bodies as received.
    pub const PAGES: &str = "pages";
    /// Cleaned articles.
    pub const ARTICLES_CLEAN: &str = "articles.clean";
    /// The enricher's table of revisions.
    pub const REVISIONS: &str = "revisions";
    /// Enriched articles.
    pub const ARTICLES_ENRICHED: &str = "articles.enriched";
    /// Where near-duplicates meet.
    pub const FINGERPRINTS: &str = "fingerprints";
    /// What an article has to do with an earlier one.
    pub const RELATIONS: &str = "relations";
    /// Records that a stage refused, with their original bytes.
    pub const DEAD_LETTERS: &str = "dead-letters";
}

/// What a topic must look like on the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name without prefix.
    pub name: &'static str,
    /// The last value of each key is kept for ever; otherwise records leave after their retention.
    pub compacted: bool,
    /// Topics of one group have equal partition counts, since one worker must hold partition n of each.
    pub group: &'static str,
    /// What stands in its key.
    pub key: &'static str,
    /// What it carries, for people.
    pub about: &'static str,
}

const fn spec(
    name: &'static str,
    compacted: bool,
    group: &'static str,
    key: &'static str,
    about: &'static str,
) -> TopicSpec {
    TopicSpec { name, compacted, group, key, about }
}

/// Every topic of the pipeline, in the order of its flow.
pub const TOPICS: &[TopicSpec] = &[
    spec(topic::FEEDS, true, "site", "registrable domain, space, URL", "what to watch"),
    spec(topic::ENTRIES, false, "site", "registrable domain of the link, space, link", "new and changed feed entries"),
    spec(topic::FRONTIER, true, "site", "registrable domain, space, kind, space, URL", "the fetcher's table"),
    spec(topic::PAGES, false, "page", "digest of the URL", "bodies as received"),
    spec(topic::ARTICLES_CLEAN, false, "article", "article id", "cleaned articles"),
    spec(topic::REVISIONS, true, "article", "article id", "the enricher's table of revisions"),
    spec(topic::ARTICLES_ENRICHED, false, "article", "article id", "enriched articles"),
    spec(topic::FINGERPRINTS, false, "band", "LSH band", "where near-duplicates meet"),
    spec(
        topic::RELATIONS,
        false,
        "article",
        "article id of the later one",
        "what an article has to do with an earlier one",
    ),
    spec(topic::DEAD_LETTERS, false, "dead-letters", "as it came", "records that a stage refused"),
];
