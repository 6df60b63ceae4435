//! The logs of the jobs that run, as lines.

use std::collections::HashMap;

use super::tail::Tails;
use crate::trace_view::{Line, Lines};

/// How much of a line is kept to be shown as the last one.
const LATEST: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Streams {
    /// By the names of jobs: the attempts of different projects may share a number.
    running: HashMap<String, Stream>,
    pub(super) tails: Tails,
}

#[derive(Debug, Default)]
struct Stream {
    lines: Lines,
    /// The beginning of the last line that was worth showing.
    latest: String,
}

impl Streams {
    /// Takes the next bytes of a log, and returns the lines to show.
    pub(super) fn push(&mut self, job: &str, bytes: &[u8]) -> Vec<Line> {
        let stream = self.running.entry(job.to_owned()).or_default();
        let mut lines = stream.lines.push(bytes);
        lines.retain(Line::is_shown_live);
        if let Some(line) = lines.iter().rfind(|line| !line.text.trim().is_empty()) {
            stream.latest = line.text.chars().take(LATEST).collect();
        }
        self.tails.push(job, &lines);
        lines
    }

    /// Takes the end of a log, and returns what is left to show. `failed`: for good, and it matters.
    pub(super) fn end(&mut self, job: &str, failed: bool) -> Vec<Line> {
        let stream = self.running.remove(job);
        let mut rest = stream.map(|mut stream| stream.lines.rest()).unwrap_or_default();
        rest.retain(Line::is_shown_live);
        self.tails.push(job, &rest);
        self.tails.end(job, failed);
        rest
    }

    /// Returns what a job shows last, also when that line has not ended.
    pub(super) fn latest(&self, job: &str) -> Option<String> {
        let stream = self.running.get(job)?;
        let unfinished = stream.lines.unfinished().filter(|text| !text.trim().is_empty());
        Some(unfinished.unwrap_or_else(|| stream.latest.clone()))
    }
}
