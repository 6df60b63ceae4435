//! The states of all jobs, indexed so that no question about them needs a walk over all of them.

use std::collections::BTreeSet;

use crate::blueprint::{Blueprint, JobIndex, StageIndex};
use crate::composite::{Mode, Standing, Standings, composite};
use crate::event::Moment;
use crate::job_state::JobState;
use crate::status::Status;

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

/// How many of a group of jobs have each standing, and which standings there are.
#[derive(Debug, Clone, Default, PartialEq)]
struct Census {
    counts: [u32; Standing::COUNT],
    standings: Standings,
}

impl Census {
    fn add(&mut self, standing: Standing) {
        self.counts[standing.index()] += 1;
        self.standings.insert(standing);
    }

    fn remove(&mut self, standing: Standing) {
        let count = &mut self.counts[standing.index()];
        *count -= 1;
        if *count == 0 {
            self.standings.remove(standing);
        }
    }
}

impl Board {
    pub(crate) fn new(blueprint: &Blueprint) -> Board {
        let created = Standing::Plain(Status::Created);
        let mut by_standing = [const { BTreeSet::new() }; Standing::COUNT];
        by_standing[created.index()] = blueprint.indices().collect();
        let census = |job: JobIndex| {
            let mut census = Census::default();
            blueprint
                .job(job)
                .needs
                .iter()
                .flatten()
                .for_each(|_| census.add(created));
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
            let census = &mut self.needs[dependent.0];
            census.remove(old_standing);
            census.add(new_standing);
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
            Mode::Needs => self.needs[job.0].standings,
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
