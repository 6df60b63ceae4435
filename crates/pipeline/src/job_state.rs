//! What there is to know, and to store, about one job.

use gantry_language::plan::AllowFailure;
use serde::{Deserialize, Serialize};

use crate::composite::Standing;
use crate::event::Moment;
use crate::reason::Reason;
use crate::status::Status;

/// The state of a job's latest attempt: all that there is to store about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobState {
    pub status: Status,
    /// From 1.
    pub attempt: u32,
    pub reason: Reason,
    /// When a scheduled job becomes pending by itself.
    pub deadline: Option<Moment>,
    /// The job has been started, by a person or by itself: `when` and holds do not stop a later attempt.
    pub released: bool,
}

impl JobState {
    pub(crate) const CREATED: JobState = JobState {
        status: Status::Created,
        attempt: 1,
        reason: Reason::InLine,
        deadline: None,
        released: false,
    };

    /// Returns the same attempt in another status.
    pub(crate) fn moved(&self, to: Status, reason: Reason) -> JobState {
        JobState {
            status: to,
            attempt: self.attempt,
            reason,
            deadline: None,
            released: self.released || matches!(to, Status::Pending | Status::WaitingForResource),
        }
    }

    pub(crate) fn next_attempt(&self, reason: Reason) -> JobState {
        JobState {
            attempt: self.attempt + 1,
            ..self.moved(Status::Created, reason)
        }
    }

    pub(crate) fn scheduled(&self, deadline: Moment, reason: Reason) -> JobState {
        JobState {
            deadline: Some(deadline),
            ..self.moved(Status::Scheduled, reason)
        }
    }

    /// Returns what the job contributes to the status of its stage.
    pub(crate) fn standing(&self, allow_failure: &AllowFailure) -> Standing {
        let allowed = match &self.reason {
            Reason::AllowedFailure { .. } => true,
            Reason::Failed { .. } | Reason::Held { .. } => false,
            _ => *allow_failure == AllowFailure::Yes,
        };
        Standing::of(self.status, allowed)
    }
}
