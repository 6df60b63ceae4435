//! Lines prefixed by their job, in the order in which they come.

use std::collections::HashMap;

use gantry_engine::{JobName, Notice, Observer};
use gantry_pipeline::{Reason, Status};

use super::ending::Ending;
use super::streams::Streams;
use super::tail::Tails;
use super::wording::{self, Attempt};
use super::{Reporter, summary};
use crate::error::CommandError;
use crate::escapes;
use crate::output::{self, cut, padded, style::*};

/// Longer names of jobs are cut in front of lines.
const MAX_PREFIX: usize = 24;

const PREFIX_COLORS: [&str; 6] = [
    "\u{1b}[36m",
    "\u{1b}[35m",
    "\u{1b}[34m",
    "\u{1b}[32m",
    "\u{1b}[33m",
    "\u{1b}[96m",
];

/// Prints the lines of a run.
pub(super) struct Plain {
    lines: PlainLines,
    /// Standard output is gone; the run goes on without being shown.
    deaf: bool,
}

impl Plain {
    pub(super) fn new(jobs: &[&str]) -> Plain {
        Plain {
            lines: PlainLines::new(jobs),
            deaf: false,
        }
    }
}

impl Observer for Plain {
    fn notice(&mut self, notice: Notice<'_>) {
        let text = self.lines.text(&notice);
        if !text.is_empty() && !self.deaf {
            self.deaf = output::print(&text).is_err();
        }
    }
}

impl Reporter for Plain {
    fn end(self: Box<Self>, ending: &Ending<'_>) -> Result<(), CommandError> {
        output::print(&summary::text(ending, self.lines.tails()))
    }
}

/// Turns notices into lines.
pub(super) struct PlainLines {
    /// The width of the widest job name so far.
    wide: usize,
    /// By the names of jobs; a job has the same colour in every run of the same file.
    colors: HashMap<String, &'static str>,
    /// How many attempts there may be at a job, where one is not the first.
    attempts: HashMap<String, u32>,
    streams: Streams,
}

impl PlainLines {
    pub(super) fn new(jobs: &[&str]) -> PlainLines {
        PlainLines {
            wide: output::width(jobs.iter().copied(), MAX_PREFIX),
            colors: jobs
                .iter()
                .zip(PREFIX_COLORS.iter().cycle())
                .map(|(job, color)| ((*job).to_owned(), *color))
                .collect(),
            attempts: HashMap::new(),
            streams: Streams::default(),
        }
    }

    /// Makes room for a job that nobody has announced: of another project, or of a child that a job has made.
    fn know(&mut self, job: &str) {
        if !self.colors.contains_key(job) {
            let color = PREFIX_COLORS[self.colors.len() % PREFIX_COLORS.len()];
            self.colors.insert(job.to_owned(), color);
            self.wide = self.wide.max(output::width([job].into_iter(), MAX_PREFIX));
        }
    }

    pub(super) fn tails(&self) -> &Tails {
        &self.streams.tails
    }

    /// Returns what a job shows last, just now.
    pub(super) fn latest(&self, job: &str) -> Option<String> {
        self.streams.latest(job)
    }

    /// Returns the lines that a notice is worth.
    pub(super) fn text(&mut self, notice: &Notice<'_>) -> String {
        match notice {
            Notice::Trace { job, bytes } => {
                let lines = self.streams.push(job.name, bytes);
                lines
                    .iter()
                    .map(|line| self.line(job, &escapes::colors_only(&line.text)))
                    .collect()
            }
            Notice::Transition {
                job,
                from,
                to,
                reason,
                note,
                attempts,
            } => {
                // That a job asks for its resource is nothing to tell; who refuses it, is.
                if *to == Status::WaitingForResource && from != to {
                    return String::new();
                }
                self.transition(job, *to, reason, *note, *attempts)
            }
            Notice::Started { .. } | Notice::Artifact { .. } | Notice::Finished { .. } => String::new(),
        }
    }

    fn transition(
        &mut self,
        job: &JobName<'_>,
        to: Status,
        reason: &Reason,
        note: Option<&str>,
        attempts: Option<u32>,
    ) -> String {
        let mut text = String::new();
        if let Reason::RetriedByItself { max, .. } = reason {
            self.attempts.insert(job.name.to_owned(), max + 1);
        }
        let attempt = Attempt {
            number: job.number,
            of: attempts.or_else(|| self.attempts.get(job.name).copied()),
        };
        if to.is_completed() {
            self.attempts.remove(job.name);
            let failed = matches!(reason, Reason::Failed { .. }) && attempts.is_none();
            for line in self.streams.end(job.name, failed) {
                text.push_str(&self.line(job, &escapes::colors_only(&line.text)));
            }
        }
        if let Some(said) = wording::transition(to, reason, note, attempt) {
            text.push_str(&self.line(job, &said));
        }
        text
    }

    fn line(&mut self, job: &JobName<'_>, text: &str) -> String {
        self.know(job.name);
        let color = self.colors.get(job.name).copied().unwrap_or_default();
        let prefix = padded(&cut(job.name, self.wide), self.wide);
        format!("{color}{prefix}{RESET} {DIM}|{RESET} {text}{RESET}\n")
    }
}

#[cfg(test)]
mod tests {
    use gantry_store::AttemptId;

    use super::*;
    use crate::escapes::plain;

    fn job<'a>(name: &'a str, attempt: i64, number: u32) -> JobName<'a> {
        JobName {
            name,
            stage: "test",
            attempt: AttemptId(attempt),
            number,
        }
    }

    fn step<'a>(job: JobName<'a>, to: Status, reason: &'a Reason, attempts: Option<u32>) -> Notice<'a> {
        Notice::Transition {
            job,
            from: Status::Created,
            to,
            reason,
            note: None,
            attempts,
        }
    }

    #[test]
    fn a_job_that_is_retried() {
        let mut lines = PlainLines::new(&["flaky", "unit-tests-of-everything-on-linux"]);
        let failed = Reason::Failed {
            failure: "script_failure".to_owned(),
            exit_code: Some(1),
        };
        let retried = Reason::RetriedByItself { retry: 1, max: 1 };
        let (first, second) = (job("flaky", 1, 1), job("flaky", 2, 2));
        let long = job("unit-tests-of-everything-on-linux", 3, 1);
        let trace = b"section_start:1:step_script\r\x1b[0KExecuting\nsome output\nwithout end";
        let notices = [
            step(first, Status::Running, &Reason::Picked, None),
            Notice::Trace {
                job: first,
                bytes: trace,
            },
            step(first, Status::Failed, &failed, Some(2)),
            step(second, Status::Created, &retried, None),
            step(second, Status::Running, &Reason::Picked, None),
            step(long, Status::Running, &Reason::Picked, None),
            step(second, Status::Failed, &failed, None),
        ];
        let text: String = notices.iter().map(|notice| lines.text(notice)).collect();
        insta::assert_snapshot!(text.lines().map(plain).collect::<Vec<_>>().join("\n"), @r"
        flaky                    | started
        flaky                    | some output
        flaky                    | without end
        flaky                    | failed: exit code 1, attempt 1 of 2
        flaky                    | started, attempt 2 of 2
        unit-tests-of-everythin… | started
        flaky                    | failed: exit code 1, attempt 2 of 2
        ");
        assert!(lines.attempts.is_empty());
    }
}
