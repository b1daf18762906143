//! Threads of comments: below each comment stands how to answer or report it, above it when it was written. What readers
//! write are sentences as those of an article are; it is what stands between them that tells.

use std::ops::Range;

use crate::features::Sources;
use crate::fold::fold;
use crate::reasons::Named;
use crate::types::Label;
use crate::words;

/// Words of kept text in front of a thread: one that an article is followed by, not one above it.
const TEXT_WORDS_MIN: f32 = 25.0;
/// Answers that make a thread; one with a date is enough where a heading (`Comments`) stands above it.
const ANSWERS_MIN: usize = 2;
/// Blocks of one comment, its writer's name among them.
const COMMENT_BLOCKS_MAX: usize = 6;
/// Words of one of these; what is longer was written for a paper.
const COMMENT_WORDS_MAX: f32 = 100.0;
/// Bytes of a line that answers a comment or heads several.
const MARK_BYTES_MAX: usize = 80;

/// What a block is to a thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// `Comments (12)`, `Log in to comment`.
    Heading,
    /// `Reply`, `Report`.
    Answer,
    /// `Jane 3 hours ago`.
    Date,
    /// `Like 4`.
    Vote,
}

/// The blocks that are kept and stand in a thread of comments.
pub(crate) fn find(sources: &Sources<'_>, named: &[Named]) -> Vec<usize> {
    let marks: Vec<(usize, Mark)> = (0..named.len()).filter_map(|at| Some((at, mark(sources, at)?))).collect();
    if !marks.iter().any(|(_, mark)| *mark == Mark::Answer) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let (mut words, mut counted) = (0.0, 0);
    for run in marks.chunk_by(|left, right| is_one_comment(sources, left.0 + 1..right.0)) {
        // A later beginning has no more behind it, but one that is a heading is content with less.
        let begins = |test: fn(Mark) -> bool| run.iter().position(|(_, mark)| test(*mark));
        let first = [begins(|mark| matches!(mark, Mark::Heading | Mark::Date)), begins(|mark| mark == Mark::Heading)];
        let Some(from) = first.into_iter().flatten().find(|at| opens(&run[*at..])) else { continue };
        let thread = run[from].0..run[run.len() - 1].0 + 1;
        let before = (counted..thread.start).filter(|index| named[*index].1);
        words += before.map(|index| sources.page.blocks[index].words).sum::<f32>();
        counted = thread.start;
        if words >= TEXT_WORDS_MIN {
            counted = thread.end;
            found.extend(thread.filter(|index| named[*index].1));
        }
    }
    found
}

/// Whether what stands between two marks may be a comment.
fn is_one_comment(sources: &Sources<'_>, between: Range<usize>) -> bool {
    between.len() <= COMMENT_BLOCKS_MAX
        && sources.page.blocks[between].iter().all(|block| block.words <= COMMENT_WORDS_MAX)
}

/// Whether marks that follow each other are those of a thread, which begins with its heading or its first date.
fn opens(marks: &[(usize, Mark)]) -> bool {
    let has = |wanted: Mark, least: usize| marks.iter().filter(|(_, mark)| *mark == wanted).nth(least - 1).is_some();
    match marks[0].1 {
        Mark::Heading => has(Mark::Answer, ANSWERS_MIN) || has(Mark::Answer, 1) && has(Mark::Date, 1),
        Mark::Date => has(Mark::Answer, ANSWERS_MIN),
        Mark::Answer | Mark::Vote => false,
    }
}

fn mark(sources: &Sources<'_>, index: usize) -> Option<Mark> {
    let text = sources.page.blocks[index].text.as_str();
    match sources.hits[index].filter(|hit| hit.whole && text.len() <= MARK_BYTES_MAX) {
        Some(_) if answers(text) => Some(Mark::Answer),
        Some(hit) if hit.label == Label::Comment => Some(Mark::Heading),
        _ if sources.evidence[index].dated => Some(Mark::Date),
        Some(hit) if hit.label == Label::Reaction => Some(Mark::Vote),
        _ => None,
    }
}

/// `Reply`, `Reply (3)`, `Reply · Report`.
pub(crate) fn answers(text: &str) -> bool {
    let first = text.split(['|', '·', '•', '/']).next().unwrap_or_default();
    words::has("thread", fold(first).core())
}
