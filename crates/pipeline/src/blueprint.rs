//! What of a plan matters to the state machine, with names resolved to positions. It never changes.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use gantry_language::plan::{AllowFailure, OnJobFailure, Plan, PlannedJob, Retry, When};
use serde::{Deserialize, Serialize};

use crate::composite::Mode;
use crate::order::needed_first;

/// The position of a job in [`Plan::jobs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobIndex(pub usize);

/// The position of a stage in [`Plan::stages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StageIndex(pub usize);

/// The place of a job in the order in which jobs are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn(usize);

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blueprint {
    jobs: Vec<Job>,
    stages: Vec<Stage>,
    turns: Vec<JobIndex>,
    /// `auto_cancel:on_job_failure: all`.
    pub(crate) failure_cancels: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) stage: StageIndex,
    turn: Turn,
    pub(crate) when: When,
    pub(crate) start_in_secs: u64,
    pub(crate) allow_failure: AllowFailure,
    pub(crate) retry: Retry,
    /// Why the job must not start by itself.
    pub(crate) hold: Option<String>,
    /// Of the jobs of one group, only one runs at a time.
    pub(crate) resource_group: Option<String>,
    /// The needed jobs that are in the pipeline; `None` for a job that goes by its stage.
    pub(crate) needs: Option<Vec<JobIndex>>,
    pub(crate) needed_by: Vec<JobIndex>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stage {
    pub(crate) name: String,
    /// A plan lists its jobs by stage.
    pub(crate) jobs: Range<JobIndex>,
}

impl Job {
    pub(crate) fn mode(&self) -> Mode {
        if self.needs.is_some() {
            Mode::Needs
        } else {
            Mode::Stages
        }
    }

    /// Returns true for a job whose failure, or whose never being played, stops nothing.
    pub(crate) fn is_optional(&self) -> bool {
        self.allow_failure == AllowFailure::Yes
    }

    pub(crate) fn may_fail_with(&self, exit_code: Option<i32>) -> bool {
        match &self.allow_failure {
            AllowFailure::No => false,
            AllowFailure::Yes => true,
            AllowFailure::ExitCodes(codes) => exit_code.is_some_and(|code| codes.contains(&code)),
        }
    }
}

impl Blueprint {
    pub(crate) fn new(plan: &Plan, hold: impl Fn(&PlannedJob) -> Option<String>) -> Blueprint {
        assert!(
            plan.jobs.is_sorted_by_key(|job| job.stage_index),
            "BUG: a plan lists its jobs by stage"
        );

        let needs = resolved_needs(plan);
        let mut jobs: Vec<Job> = plan
            .jobs
            .iter()
            .zip(&needs)
            .map(|(job, needs)| Job::new(job, needs.as_deref(), hold(job)))
            .collect();
        for (position, needs) in needs.iter().enumerate() {
            for need in needs.iter().flatten() {
                jobs[*need].needed_by.push(JobIndex(position));
            }
        }
        let order = needed_first(jobs.len(), |job| needs[job].as_deref().unwrap_or_default());
        for (turn, job) in order.iter().enumerate() {
            jobs[*job].turn = Turn(turn);
        }
        let turns = order.into_iter().map(JobIndex).collect();
        Blueprint {
            jobs,
            stages: stages(plan),
            turns,
            failure_cancels: plan.auto_cancel.on_job_failure == OnJobFailure::All,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn indices(&self) -> impl Iterator<Item = JobIndex> + use<> {
        (0..self.jobs.len()).map(JobIndex)
    }

    pub(crate) fn job(&self, job: JobIndex) -> &Job {
        &self.jobs[job.0]
    }

    pub(crate) fn name(&self, job: JobIndex) -> String {
        self.job(job).name.clone()
    }

    pub(crate) fn stage(&self, stage: StageIndex) -> &Stage {
        &self.stages[stage.0]
    }

    /// Returns the jobs that need a job, directly or not.
    pub(crate) fn descendants(&self, job: JobIndex) -> BTreeSet<JobIndex> {
        let mut found = BTreeSet::new();
        let mut open = vec![job];
        while let Some(job) = open.pop() {
            open.extend(
                self.job(job)
                    .needed_by
                    .iter()
                    .filter(|dependent| found.insert(**dependent)),
            );
        }
        found
    }

    pub(crate) fn turn(&self, job: JobIndex) -> Turn {
        self.job(job).turn
    }

    pub(crate) fn at(&self, turn: Turn) -> JobIndex {
        self.turns[turn.0]
    }
}

impl Job {
    fn new(planned: &PlannedJob, needs: Option<&[usize]>, hold: Option<String>) -> Job {
        Job {
            name: planned.name.clone(),
            stage: StageIndex(planned.stage_index),
            turn: Turn(0),
            when: planned.when,
            start_in_secs: planned.start_in_secs.unwrap_or(0),
            allow_failure: planned.allow_failure.clone(),
            retry: planned.retry.clone(),
            hold,
            resource_group: planned.resource_group.clone(),
            needs: needs.map(|needs| needs.iter().copied().map(JobIndex).collect()),
            needed_by: Vec::new(),
        }
    }
}

/// Returns for each job the positions of its needs, without those that are not in the pipeline.
fn resolved_needs(plan: &Plan) -> Vec<Option<Vec<usize>>> {
    let positions: HashMap<&str, usize> = plan
        .jobs
        .iter()
        .enumerate()
        .map(|(position, job)| (job.name.as_str(), position))
        .collect();
    let resolve = |job: &PlannedJob| {
        let needs = job.needs.as_ref()?;
        let mut found: Vec<usize> = needs
            .iter()
            .filter_map(|need| positions.get(need.job.as_str()).copied())
            .collect();
        found.sort_unstable();
        found.dedup();
        Some(found)
    };
    plan.jobs.iter().map(resolve).collect()
}

fn stages(plan: &Plan) -> Vec<Stage> {
    let first_from = |stage| JobIndex(plan.jobs.partition_point(|job| job.stage_index < stage));
    let stage = |(position, name): (usize, &String)| Stage {
        name: name.clone(),
        jobs: first_from(position)..first_from(position + 1),
    };
    plan.stages.iter().enumerate().map(stage).collect()
}
