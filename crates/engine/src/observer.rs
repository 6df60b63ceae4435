//! What a run tells while it goes on. Everything is in the store already when it is told.

use gantry_pipeline::{Reason, Status};
use gantry_store::{AttemptId, NewArtifact, RunId};

/// Hears about a run: the terminal, a log, a test.
pub trait Observer {
    fn notice(&mut self, notice: Notice<'_>);
}

#[derive(Debug)]
pub enum Notice<'a> {
    /// The run is in the store; no job has moved yet.
    Started {
        run: RunId,
        jobs: usize,
        /// The trigger job that has started it, by its full name; `None` for the run that was asked for.
        bridge: Option<&'a str>,
    },
    Transition {
        job: JobName<'a>,
        from: Status,
        to: Status,
        reason: &'a Reason,
        /// What the runner adds to a failure.
        note: Option<&'a str>,
        /// How many attempts there may be, where this failure is not the last: another one follows at once.
        attempts: Option<u32>,
    },
    /// The next bytes of a job's trace, cut anywhere.
    Trace { job: JobName<'a>, bytes: &'a [u8] },
    Artifact {
        job: JobName<'a>,
        artifact: &'a NewArtifact,
    },
    Finished {
        run: RunId,
        status: Status,
        bridge: Option<&'a str>,
    },
}

/// Which attempt at which job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobName<'a> {
    /// Behind the names of the trigger jobs that lead to its run, where it is not the one that was asked for:
    /// `bridge/job`. No two jobs at work have the same; attempts of different projects may share a number.
    pub name: &'a str,
    pub stage: &'a str,
    pub attempt: AttemptId,
    /// 1 for the first attempt.
    pub number: u32,
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn notice(&mut self, _: Notice<'_>) {}
}
