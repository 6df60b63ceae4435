//! What crosses a wire between the engine and a runner: the job payload, updates, outcomes.
//!
//! [`payload::JobPayload`] has the shape that a GitLab server hands to `gitlab-runner`; [`Coordinator`] is what a
//! runner needs from whoever handed it the job, in process or over HTTP; [`steering`] reads the variables with which a
//! job steers its runner. No I/O and no runtime in this crate.

mod coordinator;
pub mod findings;
pub mod payload;
pub mod steering;

pub use coordinator::{
    ArtifactUpload, Coordinator, CoordinatorError, Downloaded, FailureReason, JobState, JobUpdate, Wish,
};
