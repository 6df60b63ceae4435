//! The logs of the jobs that run, as lines.

use std::collections::HashMap;

use gantry_store::AttemptId;

use super::tail::Tails;
use crate::trace_view::{Line, Lines};

#[derive(Debug, Default)]
pub(super) struct Streams {
    lines: HashMap<AttemptId, Lines>,
    pub(super) tails: Tails,
}

impl Streams {
    /// Takes the next bytes of a log, and returns the lines to show.
    pub(super) fn push(&mut self, attempt: AttemptId, bytes: &[u8]) -> Vec<Line> {
        let lines = self.lines.entry(attempt).or_default().push(bytes);
        self.take(attempt, lines)
    }

    /// Takes the end of a log, and returns what is left to show. `failed`: for good, and it matters.
    pub(super) fn end(&mut self, attempt: AttemptId, failed: bool) -> Vec<Line> {
        let rest = self.lines.remove(&attempt).and_then(|mut lines| lines.rest());
        let lines = self.take(attempt, rest.into_iter().collect());
        self.tails.end(attempt, failed);
        lines
    }

    fn take(&mut self, attempt: AttemptId, mut lines: Vec<Line>) -> Vec<Line> {
        lines.retain(Line::is_shown_live);
        self.tails.push(attempt, &lines);
        lines
    }

    /// Returns what the line that has not ended shows just now.
    pub(super) fn unfinished(&self, attempt: AttemptId) -> Option<String> {
        self.lines.get(&attempt)?.unfinished()
    }
}
