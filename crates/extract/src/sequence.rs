//! Neighbours decide together: the likeliest course through text, residue and lists of other articles, found by the
//! Viterbi algorithm. A weak word alone between paragraphs stays; a run of them goes.

use crate::evidence::Evidence;

/// What a block turned out to be part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Text,
    Residue,
    /// A list of other articles, opened by its heading.
    Listed,
}

const STATES: [State; 3] = [State::Text, State::Residue, State::Listed];
const NEVER: f32 = -1e6;

/// The likeliest state of each block.
pub(crate) fn decode(evidence: &[Evidence]) -> Vec<State> {
    let mut scores = [0.0, -0.3, NEVER];
    let mut back: Vec<[usize; 3]> = Vec::with_capacity(evidence.len());
    for block in evidence {
        let mut next = [NEVER; 3];
        let mut from = [0; 3];
        for (to, &state) in STATES.iter().enumerate() {
            for (at, &before) in STATES.iter().enumerate() {
                let score = scores[at] + step(before, state, block.opens);
                if score > next[to] {
                    next[to] = score;
                    from[to] = at;
                }
            }
            next[to] += emission(state, block);
        }
        scores = next;
        back.push(from);
    }
    let mut at = (0..3).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap_or(0);
    let mut states = vec![State::Text; evidence.len()];
    for index in (0..evidence.len()).rev() {
        states[index] = STATES[at];
        at = back[index][at];
    }
    states
}

/// The cost of going from one state to another.
fn step(before: State, after: State, opens: bool) -> f32 {
    match (before, after) {
        (State::Listed, State::Listed) => 0.0,
        (_, State::Listed) if opens => -0.8,
        (_, State::Listed) => NEVER,
        (State::Text, State::Text) | (State::Residue, State::Residue) => 0.0,
        (State::Text, State::Residue) => -1.5,
        (State::Residue, State::Text) => -1.5,
        (State::Listed, State::Text) => -1.0,
        (State::Listed, State::Residue) => -0.4,
    }
}

fn emission(state: State, block: &Evidence) -> f32 {
    if block.field.is_some() {
        return 0.0;
    }
    match state {
        State::Text => 0.0,
        State::Residue => block.residue,
        State::Listed if block.opens => block.residue.max(block.listed),
        State::Listed => block.listed,
    }
}
