//! What is known when a run has ended.

use gantry_engine::{JobSummary, Summary};
use gantry_store::RunId;

use super::junit::Tests;
use super::scans::Scan;

pub(crate) struct Ending<'a> {
    pub(super) summary: &'a Summary,
    pub(super) tests: Tests,
    pub(super) scans: Vec<Scan>,
}

/// One job of a run, or of a run below it.
#[derive(Debug, Clone)]
pub(super) struct Job<'a> {
    /// Behind the trigger jobs that lead to its run, as while it ran.
    pub(super) name: String,
    /// The run that was asked for.
    pub(super) asked: &'a Summary,
    /// The run that it is in.
    pub(super) run: &'a Summary,
    pub(super) job: &'a JobSummary,
    /// The run is in the store of the project that was asked about.
    pub(super) is_here: bool,
}

impl Job<'_> {
    /// The run that a command would go on with, if it can be continued.
    pub(super) fn continued(&self) -> Option<RunId> {
        (!self.asked.in_place).then_some(self.asked.run)
    }
}

/// Returns the jobs of a run; those of a run that a trigger job has started come after that job.
pub(super) fn jobs(summary: &Summary) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    collect(summary, summary, "", &mut jobs);
    jobs
}

fn collect<'a>(asked: &'a Summary, run: &'a Summary, above: &str, jobs: &mut Vec<Job<'a>>) {
    for job in &run.jobs {
        let name = format!("{above}{}", job.name);
        let below = format!("{name}/");
        jobs.push(Job {
            name,
            asked,
            run,
            job,
            is_here: run.project == asked.project,
        });
        if let Some(downstream) = &job.downstream {
            collect(asked, downstream, &below, jobs);
        }
    }
}
