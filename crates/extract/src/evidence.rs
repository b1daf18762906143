//! What a single line says for and against being residue, in log-odds. Text mode and pages share it.

use crate::ago;
use crate::fold::{Folded, Letters, Measure, ends_sentence, fold_into};
use crate::limits::WORDING_BYTES_MAX;
use crate::types::Label;
use crate::wording::{Hit, Spans, Strength, look_up_folded};

/// What is known of a block when its neighbours have not been looked at yet.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// Log-odds of residue against text.
    pub(crate) residue: f32,
    /// Log-odds of an item in a list of other articles against text, if such a list is open.
    pub(crate) listed: f32,
    /// It is a heading that opens such a list.
    pub(crate) opens: bool,
    /// Its name if it is residue.
    pub(crate) label: Label,
    /// What decided most.
    pub(crate) reason: &'static str,
    /// It is one of the article's fields, whatever its neighbours are.
    pub(crate) field: Option<Label>,
    /// It says how long ago something was.
    pub(crate) dated: bool,
}

/// The form of a line, apart from what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) words: f32,
    pub(crate) sentence: bool,
    /// No letters: a counter, a mark.
    pub(crate) bare: bool,
    /// A script without spaces between words shows at its beginning.
    pub(crate) unspaced: bool,
    pub(crate) letters: Letters,
}

impl Form {
    pub(crate) fn of(line: &str) -> Self {
        let Measure { words, bare, unspaced, letters } = Measure::of(line);
        Self { words, sentence: ends_sentence(line), bare, unspaced, letters }
    }

    /// Running text that no widget would hold.
    pub(crate) fn is_prose(self) -> bool {
        (self.sentence && self.words >= 8.0) || self.words >= 25.0
    }

    /// Could be the title of another article.
    pub(crate) fn is_headline(self) -> bool {
        !self.bare && self.words >= 3.0 && self.words < 30.0 && !self.is_prose()
    }
}

/// Where a line stands among the prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Before the first prose.
    Head,
    Middle,
    /// After the last prose.
    Tail,
}

/// Marks that open a quotation in one language or another.
pub(crate) const QUOTES: &[char] = &['"', '“', '„', '«', '‘', '「', '『', '»', '‚', '\''];

/// Room for looking at one line after another.
#[derive(Default)]
pub(crate) struct Room {
    folded: Folded,
    found: Spans,
}

/// Weighs a line by its form and wording.
pub(crate) fn weigh(line: &str, form: Form, position: Position, room: &mut Room) -> (Evidence, Option<Hit>) {
    // Who is quoted may well say "Read also the small print".
    let quoted = form.sentence && line.starts_with(QUOTES);
    let Room { folded, found } = room;
    fold_into(if line.len() <= WORDING_BYTES_MAX { line } else { "" }, folded);
    let hit = look_up_folded(folded, found).filter(|hit| hit.whole || !quoted);
    let mut evidence = Evidence {
        residue: by_form(form, position),
        listed: by_form_in_list(form),
        opens: false,
        label: Label::Other,
        reason: if form.is_prose() { "prose" } else { "short" },
        field: None,
        dated: !form.sentence && ago::is_dated(&folded.text),
    };
    if form.bare {
        evidence.residue += match position {
            Position::Head => 3.7,
            _ if form.words > 1.5 => 0.8,
            _ => 2.0,
        };
        evidence.label = Label::Reaction;
        evidence.reason = "bare_number";
        evidence.listed = evidence.listed.max(0.3);
    }
    if evidence.dated {
        evidence.residue += 1.4;
        evidence.listed = 1.0;
        evidence.label = Label::Related;
        evidence.reason = "relative_time";
    }
    if let Some(hit) = hit {
        evidence.residue += by_wording(hit, form, position);
        evidence.opens = hit.head;
        evidence.label = hit.label;
        evidence.reason = if hit.strength == Strength::Strong { "wording" } else { "weak_wording" };
        evidence.listed = evidence.listed.max(0.2);
    }
    (evidence, hit)
}

fn by_form(form: Form, position: Position) -> f32 {
    match form {
        _ if form.sentence && form.words >= 8.0 => -2.5 - (form.words / 10.0).min(4.0),
        _ if form.words >= 25.0 => -4.0,
        _ if form.sentence => -1.3,
        _ if form.words >= 12.0 => -1.5,
        _ => match position {
            Position::Head => -0.6,
            Position::Middle => -1.2,
            Position::Tail => -0.3,
        },
    }
}

fn by_form_in_list(form: Form) -> f32 {
    match form {
        _ if form.sentence && form.words >= 30.0 => -8.0,
        _ if form.sentence && form.words >= 12.0 => -4.0,
        _ if form.words >= 35.0 => -5.0,
        _ if form.sentence => -0.6,
        _ if form.is_headline() => 0.8,
        _ => -0.2,
    }
}

fn by_wording(hit: Hit, form: Form, position: Position) -> f32 {
    match (hit.strength, hit.whole) {
        (Strength::Strong, true) => 7.0,
        (Strength::Strong, false) if form.words > 60.0 => 2.5,
        (Strength::Strong, false) if hit.certain => 8.5,
        (Strength::Strong, false) => 5.5,
        (Strength::Weak, _) if hit.counter || position == Position::Head => 3.7,
        (Strength::Weak, _) => 2.0,
    }
}
