//! What was odd about a document.

/// Constants, each once, in the order of their first cause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notes(pub(crate) Vec<&'static str>);

impl Notes {
    pub(crate) fn add(&mut self, note: &'static str) {
        if !self.0.contains(&note) {
            self.0.push(note);
        }
    }
}
