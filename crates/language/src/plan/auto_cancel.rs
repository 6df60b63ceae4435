//! `workflow:auto_cancel`.

use serde::{Deserialize, Serialize};

/// `workflow:auto_cancel`: what cancels the pipeline early.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoCancel {
    pub on_new_commit: OnNewCommit,
    pub on_job_failure: OnJobFailure,
}

impl AutoCancel {
    pub(crate) fn is_default(&self) -> bool {
        *self == AutoCancel::default()
    }
}

/// What becomes of the pipeline when its branch gets another commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewCommit {
    /// It is canceled unless a job has started that may not be interrupted.
    #[default]
    Conservative,
    /// Its interruptible jobs are canceled.
    Interruptible,
    None,
}

/// What becomes of the pipeline when a job fails for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnJobFailure {
    #[default]
    None,
    /// It is canceled.
    All,
}
