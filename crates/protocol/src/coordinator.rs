//! What a runner needs from whoever handed it a job.
//!
//! One trait with two implementations to come: in process for `gantry run`, over HTTP for `gantry runner`. Both
//! pass one contract suite. Every call carries the payload's id and token; a coordinator that no longer knows the
//! token answers [`CoordinatorError::Gone`], and the runner stops at once.

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// What the coordinator wants of a job that is being carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Go on.
    Run,
    /// Stop the script; `after_script`, cache and artifacts still happen (`Job-Status: canceling`).
    Cancel,
    /// Stop everything now and report nothing more (`Job-Status: canceled`).
    Abort,
}

/// The states that a runner can report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Running,
    Success,
    Failed,
}

/// Why a job failed, in the protocol's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    ScriptFailure,
    RunnerSystemFailure,
    JobExecutionTimeout,
    ImagePullFailure,
    RunnerExternalDependencyFailure,
    RunnerConfigurationError,
    RunnerInterrupted,
    RunnerUnsupported,
    MissingDependencyFailure,
    JobCanceled,
    UnknownFailure,
}

impl FailureReason {
    /// Returns the protocol's word.
    pub fn as_str(self) -> &'static str {
        match self {
            FailureReason::ScriptFailure => "script_failure",
            FailureReason::RunnerSystemFailure => "runner_system_failure",
            FailureReason::JobExecutionTimeout => "job_execution_timeout",
            FailureReason::ImagePullFailure => "image_pull_failure",
            FailureReason::RunnerExternalDependencyFailure => "runner_external_dependency_failure",
            FailureReason::RunnerConfigurationError => "runner_configuration_error",
            FailureReason::RunnerInterrupted => "runner_interrupted",
            FailureReason::RunnerUnsupported => "runner_unsupported",
            FailureReason::MissingDependencyFailure => "missing_dependency_failure",
            FailureReason::JobCanceled => "job_canceled",
            FailureReason::UnknownFailure => "unknown_failure",
        }
    }
}

/// The body of `PUT /jobs/:id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobUpdate {
    pub state: JobState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<FailureReason>,
    /// Of the script, where it ran to an end and did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// One line for people: what failed, beyond the reason (`execution took longer than 1s`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One file that a job leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactUpload {
    /// `artifacts.zip`, `junit.xml.gz`, …
    pub file_name: String,
    /// `archive`, `dotenv`, …
    pub artifact_type: String,
    /// `zip`, `gzip`, `raw`.
    pub artifact_format: String,
    pub expire_in: String,
    /// A complete file of the runner's; the coordinator takes a copy, or moves it where it can.
    pub path: PathBuf,
}

/// What a download came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downloaded {
    /// The file is at the path that was asked for.
    Saved,
    /// The job has no such artifacts (any more).
    Missing,
}

#[derive(Debug, thiserror::Error)]
pub enum CoordinatorError {
    /// The attempt is over for the coordinator; nothing more may be sent.
    #[error("the coordinator no longer knows this job")]
    Gone,
    #[error("the artifact was refused: {0}")]
    Refused(String),
    #[error("{context}")]
    Io { context: String, source: io::Error },
    #[error("the coordinator cannot be reached: {0}")]
    Unreachable(String),
}

/// A runner's view of the other side, for one job.
pub trait Coordinator: Send + Sync {
    /// Takes the next bytes of the log, already masked. When this returns they outlive the coordinator's process.
    fn append_trace(&self, bytes: &[u8]) -> impl Future<Output = Result<(), CoordinatorError>> + Send;

    /// Takes the state of the job: `running` first and as a heartbeat, then exactly one final state.
    fn update(&self, update: &JobUpdate) -> impl Future<Output = Result<(), CoordinatorError>> + Send;

    /// Takes one artifact file.
    fn upload(&self, artifact: &ArtifactUpload) -> impl Future<Output = Result<(), CoordinatorError>> + Send;

    /// Saves the archive of the job `dependency` (an id of the payload's `dependencies`) at `to`.
    fn download(
        &self,
        dependency: i64,
        to: &Path,
    ) -> impl Future<Output = Result<Downloaded, CoordinatorError>> + Send;

    /// Returns as soon as the coordinator wants more than `beyond`: never, where nobody cancels.
    fn wish_beyond(&self, beyond: Wish) -> impl Future<Output = Wish> + Send;
}
