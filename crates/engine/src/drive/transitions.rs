//! From an event to what everybody is told: the pipeline decides, the rows are written, then the observer hears of it
//! and the jobs do.

use gantry_language::plan::Plan;
use gantry_pipeline::{Event, JobIndex, Moment, Reason, Status, Transition};
use gantry_protocol::{JobUpdate, Wish};
use gantry_store::{AttemptId, Timestamp};

use super::Drive;
use crate::error::EngineError;
use crate::observer::{JobName, Notice, Observer};

impl<S, O: Observer> Drive<'_, S, O> {
    /// Begins with what an earlier run has done already.
    pub(super) fn keep(&mut self) -> Result<(), EngineError> {
        let Some(resumption) = self.run.resumption.take() else {
            return Ok(());
        };
        let indices = self.run.job_indices();
        let kept: Vec<_> = indices
            .filter_map(|job| Some((job, resumption.kept(&self.run.plan.jobs[job.0].name)?)))
            .collect();
        self.run.ledger.inherit(&self.run.plan, &kept)?;
        let from = resumption.from.0.unsigned_abs();
        let pipeline = &mut self.run.pipeline;
        let transitions: Vec<Transition> = kept
            .iter()
            .filter_map(|(job, kept)| pipeline.keep(*job, &kept.outcome, from))
            .collect();
        self.take_down(&transitions, None)
    }

    /// Decides, takes down, tells: in this order.
    pub(super) fn apply(&mut self, event: Event, verdict: Option<&JobUpdate>) -> Result<(), EngineError> {
        let now = moment(self.run.clock.now());
        let transitions = self
            .run
            .pipeline
            .apply(event, now)
            .unwrap_or_else(|illegal| panic!("BUG: the loop breaks the pipeline's rules: {illegal}"));
        self.take_down(&transitions, verdict)
    }

    fn take_down(
        &mut self,
        transitions: &[Transition],
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        if transitions.is_empty() {
            return Ok(());
        }
        let status = self.run.pipeline.status();
        let attempts = self
            .run
            .ledger
            .record(&self.run.plan, transitions, verdict, status)?;
        for (position, (transition, attempt)) in transitions.iter().zip(attempts).enumerate() {
            self.observer.notice(Notice::Transition {
                job: job_name(&self.run.plan, transition.job, attempt, transition.attempt),
                from: transition.from,
                to: transition.to,
                reason: &transition.reason,
                note: note(transition, verdict),
                attempts: attempts_allowed(transition, &transitions[position + 1..]),
            });
            self.pass_on(transition);
            if transition.to.is_completed() {
                self.run.resources.release(transition.job);
            }
        }
        Ok(())
    }

    /// Tells a job that runs what has been decided about it.
    fn pass_on(&self, transition: &Transition) {
        if transition.to == Status::Canceling {
            for working in self
                .working
                .values()
                .filter(|working| working.job == transition.job)
            {
                working.wish.send_replace(Wish::Cancel);
            }
        }
    }
}

pub(super) fn job_name(plan: &Plan, job: JobIndex, attempt: AttemptId, number: u32) -> JobName<'_> {
    let planned = &plan.jobs[job.0];
    JobName {
        name: &planned.name,
        stage: &planned.stage,
        attempt,
        number,
    }
}

/// How many attempts there may be at a job, where `later` holds the next one.
fn attempts_allowed(transition: &Transition, later: &[Transition]) -> Option<u32> {
    later
        .iter()
        .find(|next| next.job == transition.job && next.attempt > transition.attempt)
        .and_then(|next| match next.reason {
            Reason::RetriedByItself { max, .. } => Some(max + 1),
            _ => None,
        })
}

/// What the runner said about the failure that a transition is.
fn note<'a>(transition: &Transition, verdict: Option<&'a JobUpdate>) -> Option<&'a str> {
    verdict?
        .message
        .as_deref()
        .filter(|_| transition.to == Status::Failed)
}

fn moment(at: Timestamp) -> Moment {
    Moment(at.0.max(0).unsigned_abs())
}
