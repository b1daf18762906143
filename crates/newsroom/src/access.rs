//! The access log: what a client asked, and when.

use std::{collections::VecDeque, net::SocketAddr};

/// Older lines are forgotten past so many.
const KEPT: usize = 200_000;

/// One request to one of the publications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// When the request arrived.
    pub at_ms: i64,
    /// When its answer was ready; for an answer that trickles, when the client had gone.
    pub end_ms: i64,
    /// The publication's address.
    pub site: SocketAddr,
    /// Path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// Whether the request held `If-None-Match` or `If-Modified-Since`.
    pub conditional: bool,
    /// The client's name for itself.
    pub user_agent: Option<String>,
}

#[derive(Default)]
pub(crate) struct AccessLog {
    lines: VecDeque<Access>,
    forgotten: usize,
}

impl AccessLog {
    /// Returns the line's number, under which its end can be moved.
    pub(crate) fn push(&mut self, access: Access) -> usize {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
            self.forgotten += 1;
        }
        self.lines.push_back(access);
        self.forgotten + self.lines.len() - 1
    }

    pub(crate) fn end(&mut self, number: usize, end_ms: i64) {
        if let Some(line) = number.checked_sub(self.forgotten).and_then(|index| self.lines.get_mut(index)) {
            line.end_ms = end_ms;
        }
    }

    pub(crate) fn lines(&self) -> Vec<Access> {
        self.lines.iter().cloned().collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.forgotten + self.lines.len()
    }
}
