//! Trigger jobs: each starts a run that joins the family, and ends as that run does, or at once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gantry_language::plan::{Downstream, Trigger, Work};
use gantry_pipeline::{Event, JobIndex, Outcome, Status};
use gantry_protocol::{FailureReason, JobState, JobUpdate, Wish};

use super::Drive;
use crate::downstream::{Ask, DEEPEST, MOST, NotStarted, Upstream, asked};
use crate::error::EngineError;
use crate::handover::Leftover;
use crate::member::{Above, Member, MemberIndex, outcome, run_name};
use crate::observer::{Notice, Observer};
use crate::run::Run;
use crate::summary::Summary;

impl<S, O: Observer> Drive<'_, S, O> {
    /// Starts the runs that trigger jobs ask for. They take nobody's place: there is nothing to carry out.
    pub(super) fn start_bridges(&mut self, member: MemberIndex) -> Result<bool, EngineError> {
        let mut started = false;
        while let Some(job) = self.member(member).ready_trigger() {
            let dependencies = self.pick(member, job)?;
            self.start_bridge(member, job, &dependencies)?;
            started = true;
        }
        Ok(started)
    }

    fn start_bridge(
        &mut self,
        member: MemberIndex,
        job: JobIndex,
        dependencies: &[Leftover],
    ) -> Result<(), EngineError> {
        let trigger = trigger(self.member(member), job).clone();
        let run = match self.run_below(member, job, &trigger, dependencies) {
            Ok(run) => run,
            Err(NotStarted { reason, message }) => {
                let outcome = Outcome::Failed {
                    reason: reason.to_owned(),
                    exit_code: None,
                };
                let verdict = JobUpdate {
                    failure_reason: None,
                    message: Some(message),
                    ..not_run()
                };
                return self.finish_job(member, job, outcome, Some(&verdict));
            }
        };
        let above = Above {
            member,
            job,
            strategy: trigger.strategy,
            name: self.member(member).name(job).to_owned(),
        };
        let below = MemberIndex(self.family.len());
        let depth = self.depth_below(member, &trigger);
        if let Downstream::Child { .. } = trigger.downstream {
            let child = run.id();
            self.member_mut(member).run.ledger.lead_to(job, child)?;
        }
        self.family.push(Member::new(run, Some(above), depth));
        self.begin(below)?;
        if self.wish > Wish::Run {
            self.apply(below, Event::CancelAll, None)?;
        }
        match trigger.strategy {
            None => self.finish_job(member, job, Outcome::Success, None),
            Some(_) => Ok(()),
        }
    }

    fn depth_below(&self, member: MemberIndex, trigger: &Trigger) -> usize {
        match trigger.downstream {
            Downstream::Child { .. } => self.member(member).depth + 1,
            Downstream::Project { .. } => 0,
        }
    }

    fn run_below(
        &self,
        member: MemberIndex,
        job: JobIndex,
        trigger: &Trigger,
        dependencies: &[Leftover],
    ) -> Result<Run, NotStarted> {
        if self.depth_below(member, trigger) > DEEPEST {
            return Err(NotStarted {
                reason: "reached_max_descendant_pipelines_depth",
                message: format!("children may lie {DEEPEST} deep, this one would be a child of those"),
            });
        }
        if self.family.len() >= MOST {
            return Err(NotStarted {
                reason: "reached_max_pipeline_hierarchy_size",
                message: format!("this pipeline has led to {MOST} pipelines already"),
            });
        }
        let asking = self.member(member);
        let handover = asking.run.handover(job, dependencies);
        let (target, variables) = asked(trigger, &handover);
        self.downstreams.start(&Ask {
            job: handover.job,
            target,
            variables,
            upstream: Upstream {
                run: handover.run,
                attempt: handover.attempt,
                project: handover.facts.project.path.clone(),
                job: asking.name(job).to_owned(),
            },
            facts: handover.facts,
            options: &asking.run.options,
            lineage: self.lineage(member),
            archives: archives(&asking.run),
            continues: asking
                .run
                .resumption
                .as_ref()
                .and_then(|resumption| resumption.child_of(&handover.job.name)),
        })
    }

    /// The repositories of a run and of those above it.
    fn lineage(&self, member: MemberIndex) -> Vec<&Path> {
        let mut lineage = Vec::new();
        let mut next = Some(member);
        while let Some(member) = next.map(|next| self.member(next)) {
            lineage.push(member.run.facts.checkout.repository.as_path());
            next = member.above.as_ref().map(|above| above.member);
        }
        lineage
    }

    /// Returns the run that a trigger job has started and that is not over.
    pub(super) fn open_below(&self, member: MemberIndex, job: JobIndex) -> Option<MemberIndex> {
        self.members().find(|below| {
            let below = self.member(*below);
            let started_by = |above: &Above| (above.member, above.job) == (member, job);
            below.summary.is_none() && below.above.as_ref().is_some_and(started_by)
        })
    }

    fn has_runner(&self, member: MemberIndex) -> bool {
        self.working.values().any(|working| working.member == member)
    }

    /// Closes a run in which nothing more happens without a person, and lets the job above it follow.
    pub(super) fn finish_if_over(&mut self, below: MemberIndex) -> Result<bool, EngineError> {
        if !self.member(below).run.pipeline.is_settled() || self.has_runner(below) {
            return Ok(false);
        }
        let interrupted = self.wish > Wish::Run;
        let over = &mut self.family[below.0];
        let status = over.run.pipeline.status();
        let stuck = over.stuck();
        over.run.ledger.explain(stuck)?;
        over.run.ledger.finish(status)?;
        over.summary = Some(Summary::of(&over.run, interrupted));
        self.observer.notice(Notice::Finished {
            run: over.id(),
            status,
            bridge: over.bridge(),
        });
        let above = over.above.clone();
        let Some(Above {
            member,
            job,
            strategy: Some(strategy),
            ..
        }) = above
        else {
            return Ok(true);
        };
        let project = &self.member(member).run.facts.project.path;
        let run = run_name(&self.member(below).run, project);
        let outcome = outcome(strategy, &run, status);
        let verdict = matches!(outcome, Outcome::Failed { .. }).then(not_run);
        self.finish_job(member, job, outcome, verdict.as_ref())?;
        Ok(true)
    }
}

fn trigger(member: &Member, job: JobIndex) -> &Trigger {
    match &member.planned(job).work {
        Work::Trigger(trigger) => trigger,
        Work::Build(_) => panic!("BUG: `{}` starts no pipeline", member.name(job)),
    }
}

/// The failure of a job that no runner had.
fn not_run() -> JobUpdate {
    JobUpdate {
        state: JobState::Failed,
        failure_reason: Some(FailureReason::UnknownFailure),
        exit_code: None,
        message: None,
    }
}

/// The archives that have been left in a run so far.
fn archives(run: &Run) -> HashMap<String, PathBuf> {
    let (folder, id) = (run.ledger.folder(), run.ledger.run());
    run.job_indices()
        .filter(|job| run.pipeline.job(*job).status == Status::Success)
        .filter_map(|job| {
            let leftover = run.ledger.leftover(job, &run.plan.jobs[job.0])?;
            let archive = leftover.archive?;
            Some((
                leftover.job,
                folder.artifact(id, leftover.attempt, &archive.file_name),
            ))
        })
        .collect()
}
