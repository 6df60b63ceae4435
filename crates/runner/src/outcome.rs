//! How a job ends.

use gantry_masking::Secrets;
use gantry_protocol::{FailureReason, JobState, JobUpdate};

use crate::duration::GoDuration;

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// [`JobState::Success`] or [`JobState::Failed`].
    pub state: JobState,
    /// In the runner's own words; a server may know fewer of them.
    pub failure_reason: Option<FailureReason>,
    /// Of the script, where it ran to an end and did not succeed.
    pub exit_code: Option<i32>,
    /// What failed, on one line.
    pub message: Option<String>,
    /// Whether the coordinator took the final update. An aborted job sends none.
    pub reported: bool,
}

impl Outcome {
    pub(crate) fn update(&self) -> JobUpdate {
        JobUpdate {
            state: self.state,
            failure_reason: self.failure_reason,
            exit_code: self.exit_code,
            message: self.message.clone(),
        }
    }
}

/// Why a job did not succeed, or why a stage of it was left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Halt {
    /// The job's script ended with this status; `status` is what the executor calls it.
    Script { exit_code: i32, status: &'static str },
    /// A part of the job other than its script failed, and the job is to blame: a report that is no report.
    Job { reason: FailureReason, message: String },
    /// The runner, or the machine, could not do its part.
    System { message: String },
    /// The job's time is up.
    JobTimeout { limit: GoDuration },
    /// `RUNNER_SCRIPT_TIMEOUT` is up.
    ScriptTimeout { limit: GoDuration },
    /// Somebody cancelled the job, and its end is still wanted.
    Canceled,
    /// The job is to be left at once; nobody wants to hear of it.
    Aborted,
}

impl Halt {
    pub(crate) fn system(message: impl Into<String>) -> Halt {
        Halt::System {
            message: message.into(),
        }
    }

    /// A thread of the runner's has panicked.
    pub(crate) fn broken(error: &tokio::task::JoinError) -> Halt {
        Halt::system(format!("a part of the runner came to harm: {error}"))
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Halt {
        Halt::Job {
            reason: FailureReason::RunnerUnsupported,
            message: message.into(),
        }
    }

    pub(crate) fn reason(&self) -> FailureReason {
        match self {
            Halt::Script { .. } => FailureReason::ScriptFailure,
            Halt::Job { reason, .. } => *reason,
            Halt::System { .. } => FailureReason::RunnerSystemFailure,
            Halt::JobTimeout { .. } | Halt::ScriptTimeout { .. } => FailureReason::JobExecutionTimeout,
            Halt::Canceled | Halt::Aborted => FailureReason::JobCanceled,
        }
    }

    fn exit_code(&self) -> Option<i32> {
        match self {
            Halt::Script { exit_code, .. } => Some(*exit_code),
            _ => None,
        }
    }

    /// Returns one line for people.
    pub(crate) fn message(&self) -> String {
        match self {
            Halt::Script { exit_code, status } => format!("{status} {exit_code}"),
            Halt::Job { message, .. } | Halt::System { message } => message.clone(),
            Halt::JobTimeout { limit } => format!("execution took longer than {limit}"),
            Halt::ScriptTimeout { limit } => format!("script took longer than {limit}"),
            Halt::Canceled => "canceled".into(),
            Halt::Aborted => "aborted".into(),
        }
    }

    /// Hides the secrets of the job in what is told of its end.
    pub(crate) fn masked(mut self, secrets: &Secrets) -> Halt {
        if let Halt::Job { message, .. } | Halt::System { message } = &mut self {
            *message = secrets.mask(message);
        }
        self
    }

    /// Returns the last line of the log.
    pub(crate) fn verdict(&self) -> String {
        let kind = match self {
            Halt::System { .. } => " (system failure)",
            _ => "",
        };
        // GitLab's sentence for a time-out has the word after the unit.
        let unit = match self {
            Halt::JobTimeout { .. } | Halt::ScriptTimeout { .. } => " seconds",
            _ => "",
        };
        format!(
            "\x1b[31;1mERROR: Job failed{kind}: {}{unit}\x1b[0;m",
            self.message()
        )
    }

    /// Returns `CI_JOB_STATUS` for what runs after the script.
    pub(crate) fn job_status(&self) -> &'static str {
        match self {
            Halt::JobTimeout { .. } | Halt::ScriptTimeout { .. } => "timedout",
            Halt::Canceled | Halt::Aborted => "canceled",
            Halt::Script { .. } | Halt::Job { .. } | Halt::System { .. } => "failed",
        }
    }
}

pub(crate) fn outcome_of(result: &Result<(), Halt>) -> Outcome {
    match result {
        Ok(()) => Outcome {
            state: JobState::Success,
            failure_reason: None,
            exit_code: None,
            message: None,
            reported: false,
        },
        Err(halt) => Outcome {
            state: JobState::Failed,
            failure_reason: Some(halt.reason()),
            exit_code: halt.exit_code(),
            message: Some(halt.message()),
            reported: false,
        },
    }
}

/// Returns the last line of the log.
pub(crate) fn verdict_of(result: &Result<(), Halt>) -> String {
    match result {
        Ok(()) => "\x1b[32;1mJob succeeded\x1b[0;m".into(),
        Err(halt) => halt.verdict(),
    }
}
