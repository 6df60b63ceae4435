//! How far the jobs of a run are.

use std::collections::HashMap;
use std::time::Instant;

use gantry_engine::{JobName, Notice};
use gantry_pipeline::{Reason, Status};

use crate::escapes;

/// How much of a job's last line is kept; no terminal is wider.
const LAST_LINE: usize = 500;

#[derive(Debug)]
pub(super) struct Board {
    pub(super) since: Instant,
    /// How many jobs the runs have, by the trigger jobs that have started them.
    jobs: HashMap<Option<String>, usize>,
    /// Those that have moved, by name.
    progress: HashMap<String, Progress>,
    /// In the order in which they were started.
    pub(super) running: Vec<Running>,
}

/// An attempt that runs.
#[derive(Debug)]
pub(super) struct Running {
    name: String,
    /// The name, as it can be shown.
    pub(super) job: String,
    pub(super) stage: String,
    pub(super) since: Instant,
    /// It has been told to stop.
    pub(super) stops: bool,
    pub(super) last_line: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Running,
    Done,
    Failed,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) running: usize,
    pub(super) waiting: usize,
    pub(super) done: usize,
    pub(super) failed: usize,
}

impl Board {
    pub(super) fn new(now: Instant) -> Board {
        Board {
            since: now,
            jobs: HashMap::new(),
            progress: HashMap::new(),
            running: Vec::new(),
        }
    }

    pub(super) fn follow(&mut self, notice: &Notice<'_>, now: Instant) {
        match notice {
            Notice::Started { jobs, bridge, .. } => self.start(*bridge, *jobs),
            Notice::Transition { job, to, reason, .. } => self.transition(job, *to, reason, now),
            Notice::Trace { .. } | Notice::Artifact { .. } | Notice::Finished { .. } => {}
        }
    }

    /// A trigger job that is tried again starts the same jobs once more.
    fn start(&mut self, bridge: Option<&str>, jobs: usize) {
        if let Some(bridge) = bridge {
            let is_below = |job: &str| job.strip_prefix(bridge).is_some_and(|rest| rest.starts_with('/'));
            self.progress.retain(|job, _| !is_below(job));
        }
        self.jobs.insert(bridge.map(str::to_owned), jobs);
    }

    fn transition(&mut self, job: &JobName<'_>, to: Status, reason: &Reason, now: Instant) {
        match to {
            Status::Running => self.running.push(Running {
                name: job.name.to_owned(),
                job: escapes::plain(job.name),
                stage: escapes::plain(job.stage),
                since: now,
                stops: false,
                last_line: String::new(),
            }),
            Status::Canceling => {
                if let Some(running) = self.running(job.name) {
                    running.stops = true;
                }
            }
            to if to.is_completed() => self.running.retain(|running| running.name != job.name),
            _ => {}
        }
        let progress = match to {
            Status::Running | Status::Canceling => Progress::Running,
            Status::Failed if !matches!(reason, Reason::AllowedFailure { .. } | Reason::Kept { .. }) => {
                Progress::Failed
            }
            to if to.is_completed() => Progress::Done,
            _ => Progress::Waiting,
        };
        match self.progress.get_mut(job.name) {
            Some(known) => *known = progress,
            None => {
                self.progress.insert(job.name.to_owned(), progress);
            }
        }
    }

    /// Takes down what a job has printed last.
    pub(super) fn says(&mut self, job: &str, line: &str) {
        let line = escapes::plain(line);
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        if let Some(running) = self.running(job) {
            running.last_line = line.chars().take(LAST_LINE).collect();
        }
    }

    fn running(&mut self, job: &str) -> Option<&mut Running> {
        self.running.iter_mut().find(|running| running.name == job)
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts {
            waiting: self
                .jobs
                .values()
                .sum::<usize>()
                .saturating_sub(self.progress.len()),
            ..Counts::default()
        };
        for progress in self.progress.values() {
            match progress {
                Progress::Waiting => counts.waiting += 1,
                Progress::Running => counts.running += 1,
                Progress::Done => counts.done += 1,
                Progress::Failed => counts.failed += 1,
            }
        }
        counts
    }
}
