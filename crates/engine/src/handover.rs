//! Everything that is known of a job in the moment in which a runner gets it.

use gantry_language::plan::{Plan, PlannedJob};
use gantry_language::variables::Layers;
use gantry_pipeline::JobIndex;
use gantry_store::{AttemptId, DotenvVariable, RunId, Timestamp};

use crate::facts::Facts;

/// One attempt at a job, about to be handed to a runner; [`Handover::payload`] is what the runner gets.
#[derive(Debug, Clone)]
pub struct Handover<'a> {
    pub plan: &'a Plan,
    pub job: &'a PlannedJob,
    pub facts: &'a Facts,
    pub layers: &'a Layers,
    pub run: RunId,
    pub attempt: AttemptId,
    pub token: &'a str,
    pub run_created_at: Timestamp,
    pub started_at: Timestamp,
    /// Of the job's caches, without the suffix.
    pub cache_keys: &'a [String],
    /// What the jobs left behind whose artifacts this one gets.
    pub dependencies: &'a [Leftover],
}

/// What the last attempt at a job left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    pub job: String,
    pub attempt: AttemptId,
    pub archive: Option<Archive>,
    pub variables: Vec<DotenvVariable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub file_name: String,
    pub size_bytes: u64,
}

/// Returns the jobs whose artifacts a job gets, in the order of the plan.
///
/// See <https://docs.gitlab.com/ci/jobs/job_artifacts/#prevent-a-job-from-fetching-artifacts>.
pub fn artifact_sources<'a>(plan: &'a Plan, job: &'a PlannedJob) -> impl Iterator<Item = JobIndex> {
    let is_source = move |other: &PlannedJob| {
        let offered = match &job.needs {
            Some(needs) => needs.iter().any(|need| need.artifacts && need.job == other.name),
            None => other.stage_index < job.stage_index,
        };
        let wanted = job
            .dependencies
            .as_ref()
            .is_none_or(|names| names.contains(&other.name));
        offered && wanted
    };
    (0..plan.jobs.len())
        .filter(move |&index| is_source(&plan.jobs[index]))
        .map(JobIndex)
}
