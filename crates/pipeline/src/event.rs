//! The vocabulary between a pipeline and whoever drives it: what happened, and what became of it.

use serde::{Deserialize, Serialize};

use crate::blueprint::JobIndex;
use crate::reason::Reason;
use crate::status::Status;

/// A point in time, in milliseconds since whatever the driver counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// Returns the moment so many seconds later; the end of time when there is no such moment.
    pub fn after_secs(self, secs: u64) -> Moment {
        Moment(self.0.saturating_add(secs.saturating_mul(1000)))
    }
}

/// Something that happened in the world.
///
/// An event about a job speaks of its latest attempt; the driver keeps out what a replaced one still has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The pipeline begins. Saying so again changes nothing.
    Start,
    /// The job that waits for its resource group has it now.
    Granted(JobIndex),
    /// The job that waits for its resource group does not get it yet: somebody else has it.
    Refused {
        job: JobIndex,
        /// As people say it: `` `deploy` of run 7 ``.
        holder: String,
    },
    /// Somebody runs the pending job from now on.
    Picked(JobIndex),
    /// The job has ended. A pending job may fail too: nobody could run it.
    Finished(JobIndex, Outcome),
    /// A person starts a manual, held or delayed job.
    Play(JobIndex),
    /// A person stops the clock of a delayed job, which is a manual one from then on.
    Unschedule(JobIndex),
    Cancel(JobIndex),
    /// Cancels whatever can be; saying so again changes nothing.
    CancelAll,
    /// A person asks for another attempt.
    Retry(JobIndex),
    /// Time has passed.
    Tick,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Success,
    Failed {
        /// GitLab's word for the failure: `script_failure`, `runner_system_failure`, …
        reason: String,
        exit_code: Option<i32>,
    },
    Canceled,
    /// A trigger job whose pipeline was skipped.
    Skipped,
    /// A trigger job whose pipeline waits for a person, and so does what follows the job.
    Blocked {
        /// As people read it: `run 7 waits for a person`.
        because: String,
    },
}

/// A job went from one status to another, or waits in the same one for another reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    pub job: JobIndex,
    /// The attempt that the new status belongs to, from 1.
    pub attempt: u32,
    pub from: Status,
    pub to: Status,
    pub reason: Reason,
}

/// The event cannot happen in the state that the pipeline is in; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    #[error("the pipeline has not started")]
    NotStarted,
    #[error("the pipeline has no job number {}", .0.0)]
    NoSuchJob(JobIndex),
    /// `event` is the verb: `play`, `cancel`, …
    #[error("cannot {event} `{job}`: its status is {status}")]
    WrongStatus {
        event: &'static str,
        job: String,
        status: Status,
    },
}
