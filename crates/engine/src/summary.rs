//! What a run came to.

use std::time::Duration;

use gantry_pipeline::Status;
use gantry_store::{AttemptId, RunId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub run: RunId,
    pub status: Status,
    pub ending: Ending,
    /// In the order of the plan.
    pub jobs: Vec<JobSummary>,
}

/// What the caller makes its exit code of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Success,
    Failed,
    /// Nothing failed, and what is left needs a person: a manual job, a held one.
    Waiting,
    /// No job ran.
    NothingToRun,
    /// Somebody stopped it.
    Interrupted,
}

/// The last attempt at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    pub name: String,
    pub stage: String,
    pub attempt: AttemptId,
    /// How many attempts there were.
    pub attempts: u32,
    pub status: Status,
    pub reason: String,
    /// It failed, and that was allowed.
    pub allowed_to_fail: bool,
    /// In the protocol's words.
    pub failure_reason: Option<String>,
    pub exit_code: Option<i32>,
    /// How long it ran, if it ran to an end.
    pub duration: Option<Duration>,
}
