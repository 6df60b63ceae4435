//! The states of all jobs, indexed so that no question about them needs a walk over all of them.

use std::collections::BTreeSet;

use gantry_language::plan::AllowFailure;
use serde::{Deserialize, Serialize};

use crate::blueprint::{Blueprint, JobIndex, StageIndex};
use crate::composite::{Mode, Standing, Standings, composite};
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

    /// Returns what the job contributes to the status of its stage.
    fn standing(&self, allow_failure: &AllowFailure) -> Standing {
        let allowed = match &self.reason {
            Reason::AllowedFailure { .. } => true,
            Reason::Failed { .. } | Reason::Held { .. } => false,
            _ => *allow_failure == AllowFailure::Yes,
        };
        Standing::of(self.status, allowed)
    }
}

/// The states and their indexes. Everything is derived from the states; [`Board::put`] keeps it so.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Board {
    states: Vec<JobState>,
    standings: Vec<Standing>,
    by_standing: [BTreeSet<JobIndex>; Standing::COUNT],
    /// What the needs of each job stand at.
    needs: Vec<Census>,
    /// The created jobs that go by their stage.
    in_line: BTreeSet<JobIndex>,
    deadlines: BTreeSet<(Moment, JobIndex)>,
}

/// How many of a group of jobs have each standing.
#[derive(Debug, Clone, Default, PartialEq)]
struct Census([u32; Standing::COUNT]);

impl Census {
    fn standings(&self) -> Standings {
        Standing::all()
            .filter(|standing| self.0[standing.index()] > 0)
            .collect()
    }
}

impl Board {
    pub(crate) fn new(blueprint: &Blueprint) -> Board {
        let created = Standing::Plain(Status::Created);
        let mut by_standing = [const { BTreeSet::new() }; Standing::COUNT];
        by_standing[created.index()] = blueprint.indices().collect();
        let census = |job: JobIndex| {
            let mut census = Census::default();
            census.0[created.index()] = blueprint.job(job).needs.iter().flatten().map(|_| 1).sum();
            census
        };
        Board {
            states: vec![JobState::CREATED; blueprint.len()],
            standings: vec![created; blueprint.len()],
            by_standing,
            needs: blueprint.indices().map(census).collect(),
            in_line: blueprint
                .indices()
                .filter(|job| blueprint.job(*job).mode() == Mode::Stages)
                .collect(),
            deadlines: BTreeSet::new(),
        }
    }

    pub(crate) fn state(&self, job: JobIndex) -> &JobState {
        &self.states[job.0]
    }

    pub(crate) fn states(&self) -> &[JobState] {
        &self.states
    }

    pub(crate) fn put(&mut self, blueprint: &Blueprint, job: JobIndex, state: JobState) {
        let planned = blueprint.job(job);
        let old_standing = self.standings[job.0];
        let new_standing = state.standing(&planned.allow_failure);
        self.by_standing[old_standing.index()].remove(&job);
        self.by_standing[new_standing.index()].insert(job);
        for dependent in &planned.needed_by {
            let Census(counts) = &mut self.needs[dependent.0];
            counts[old_standing.index()] -= 1;
            counts[new_standing.index()] += 1;
        }
        if planned.mode() == Mode::Stages && state.status == Status::Created {
            self.in_line.insert(job);
        } else {
            self.in_line.remove(&job);
        }
        if let Some(deadline) = self.states[job.0].deadline {
            self.deadlines.remove(&(deadline, job));
        }
        if let Some(deadline) = state.deadline {
            self.deadlines.insert((deadline, job));
        }
        self.standings[job.0] = new_standing;
        self.states[job.0] = state;
    }

    /// Returns the jobs that stand so, in plan order.
    pub(crate) fn with(&self, standing: Standing) -> &BTreeSet<JobIndex> {
        &self.by_standing[standing.index()]
    }

    pub(crate) fn with_status(&self, status: Status) -> &BTreeSet<JobIndex> {
        self.with(Standing::Plain(status))
    }

    pub(crate) fn standing(&self, job: JobIndex) -> Standing {
        self.standings[job.0]
    }

    pub(crate) fn is_finished(&self, job: JobIndex) -> bool {
        Standings::FINISHED.contains(self.standing(job))
    }

    /// Returns every standing that occurs in the pipeline.
    pub(crate) fn standings(&self) -> Standings {
        Standing::all()
            .filter(|standing| !self.with(*standing).is_empty())
            .collect()
    }

    pub(crate) fn stage_standings(&self, blueprint: &Blueprint, stage: StageIndex) -> Standings {
        let jobs = &blueprint.stage(stage).jobs;
        Standing::all()
            .filter(|standing| self.with(*standing).range(jobs.clone()).next().is_some())
            .collect()
    }

    /// Returns the composite status of what comes before a job: its needs, or all earlier stages together.
    pub(crate) fn predecessors(&self, blueprint: &Blueprint, job: JobIndex) -> Status {
        let planned = blueprint.job(job);
        let mode = planned.mode();
        let standings = match mode {
            Mode::Needs => self.needs[job.0].standings(),
            Mode::Stages => {
                let own = blueprint.stage(planned.stage).jobs.start;
                let occurs_before =
                    |standing: &Standing| self.with(*standing).first().is_some_and(|first| *first < own);
                Standing::all().filter(occurs_before).collect()
            }
        };
        composite(standings, mode)
    }

    /// Returns the first stage that still has something to do; jobs of later stages are not in line yet.
    pub(crate) fn front(&self, blueprint: &Blueprint) -> Option<StageIndex> {
        let first = Standing::all()
            .filter(|standing| !Standings::FINISHED.contains(*standing))
            .filter_map(|standing| self.with(standing).first())
            .min()?;
        Some(blueprint.job(*first).stage)
    }

    /// Returns the created jobs of one stage that go by their stage.
    pub(crate) fn in_line(&self, blueprint: &Blueprint, stage: StageIndex) -> impl Iterator<Item = JobIndex> {
        self.in_line.range(blueprint.stage(stage).jobs.clone()).copied()
    }

    pub(crate) fn next_deadline(&self) -> Option<Moment> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Returns the jobs whose deadline has come.
    pub(crate) fn due(&self, now: Moment) -> Vec<JobIndex> {
        self.deadlines
            .iter()
            .take_while(|(deadline, _)| *deadline <= now)
            .map(|(_, job)| *job)
            .collect()
    }
}
