#![doc = include_str!("../README.md")]

use std::time::Duration;

use pipeline::{Keyed, Never, PeekOf, Refusal, TableOf, Timers};
use schemas::{
    Agency, Article, ContentDigest, Counts, Dateline, EnrichedArticle, Enrichment, History, Revision, RevisionRow,
    Timestamp, topic,
};

/// The stage.
#[derive(Clone, Copy, Debug)]
pub struct Enricher {
    /// An article's row leaves the table so long after its last sight.
    pub revisions_kept: Duration,
}

impl Enricher {
    /// Long enough for every correction that newsrooms make, short enough for the table.
    pub const REVISIONS_KEPT: Duration = Duration::from_secs(180 * 24 * 3600);
}

/// An article, and what its text tells, if anybody needs to know.
#[derive(Debug)]
pub struct Prepared {
    article: Article,
    content: ContentDigest,
    /// Absent where a peek at the table said that this content is known already.
    enrichment: Option<Enrichment>,
}

impl Keyed for Enricher {
    const NAME: &'static str = "enricher";
    const INPUTS: &'static [&'static str] = &[topic::ARTICLES_CLEAN];
    const TABLE: &'static str = topic::REVISIONS;
    type In = Article;
    type Out = EnrichedArticle;
    type Row = RevisionRow;
    type Index = Timers<RevisionRow>;
    type Prepared = Prepared;
    type Errand = Never;
    type Answer = Never;

    fn index(&self) -> Timers<RevisionRow> {
        Timers::new(Self::expires_at)
    }

    fn prepare(&self, article: Article, table: &PeekOf<'_, Self>) -> Result<Prepared, Refusal> {
        let content = article.content_digest();
        let known = table.get(article.id.to_string().as_bytes()).is_some_and(|row| row.content == content);
        let enrichment = (!known).then(|| enrich(&article));
        Ok(Prepared { article, content, enrichment })
    }

    fn apply(
        &self,
        prepared: Prepared,
        table: &mut TableOf<'_, Self>,
        now: Timestamp,
    ) -> Result<Vec<EnrichedArticle>, Refusal> {
        let Prepared { article, content, enrichment } = prepared;
        let key = article.id.to_string();
        let fetched_at = article.source.fetched_at;
        let expires_at = now.plus(self.revisions_kept);
        let known = table.get(key.as_bytes());
        if let Some(row) = &known {
            if fetched_at < row.fetched_at {
                return Err(Refusal::Drop("late"));
            }
            if row.content == content {
                // Seen again: the row lives on, and an older fetch that comes later is late.
                table.put(key.as_bytes(), RevisionRow { fetched_at, expires_at, ..row.clone() });
                return Err(Refusal::Drop("unchanged"));
            }
        }
        let (number, first_seen_at, history) = match &known {
            Some(row) => (row.number.saturating_add(1), row.first_seen_at, History::Revised),
            None => (1, fetched_at, self.history_of_unknown(&article, now)),
        };
        table.put(key.as_bytes(), RevisionRow { number, content, first_seen_at, fetched_at, expires_at });
        let revision = Revision { number, content, seen_at: fetched_at, first_seen_at, history };
        let enrichment = enrichment.unwrap_or_else(|| enrich(&article));
        Ok(vec![EnrichedArticle { article, enrichment, revision }])
    }

    fn expires_at(row: &RevisionRow) -> Option<Timestamp> {
        Some(row.expires_at)
    }
}

impl Enricher {
    /// An article that the table does not know: new, unless it is so old that its row may have expired.
    fn history_of_unknown(&self, article: &Article, now: Timestamp) -> History {
        let published = article.published.as_ref().and_then(|published| instant(&published.at));
        let oldest = published.map_or(article.source.fetched_at, |at| at.min(article.source.fetched_at));
        if now.since(oldest) > self.revisions_kept { History::HistoryExpired } else { History::FirstSeen }
    }
}

/// The instant of a date that may be a day alone.
fn instant(at: &str) -> Option<Timestamp> {
    at.parse().ok().or_else(|| format!("{at}T00:00:00Z").parse().ok())
}

/// What the article's text tells.
fn enrich(article: &Article) -> Enrichment {
    let first = article.body.first().map(|block| block.text.as_str());
    // The cleaner may have taken the dateline out of the text.
    let dateline = article.dateline.as_deref().and_then(enrich::dateline).or_else(|| first.and_then(enrich::dateline));
    let in_dateline =
        dateline.as_ref().and_then(|dateline| dateline.agencies.first()).map(|written| (written.as_str(), "dateline"));
    let on_page = article.agency.as_deref().map(|written| (written, "line"));
    let agency = in_dateline.or(on_page).and_then(|(written, source)| {
        let name = enrich::agency(written)?.name.to_owned();
        Some(Agency { name, written: written.to_owned(), source: source.to_owned() })
    });
    let counts = enrich::counts(article.body.iter().map(|block| block.text.as_str()));
    Enrichment {
        dateline: dateline.map(|found| Dateline {
            text: found.text,
            cities: found.cities,
            date: found.date,
            agencies: found.agencies,
            bylines: found.bylines,
        }),
        agency,
        counts: Counts {
            characters: counts.characters,
            words: counts.words,
            sentences: counts.sentences,
            paragraphs: counts.paragraphs,
        },
    }
}
