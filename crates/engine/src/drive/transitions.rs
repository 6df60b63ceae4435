//! From an event to what everybody is told: the pipeline decides, the rows are written, then the observer hears of it
//! and the jobs do.

use gantry_pipeline::{Event, JobIndex, Moment, Reason, Status, Transition};
use gantry_protocol::{JobUpdate, Wish};
use gantry_store::Timestamp;

use super::Drive;
use crate::error::EngineError;
use crate::member::MemberIndex;
use crate::observer::{Notice, Observer};

impl<S, O: Observer> Drive<'_, S, O> {
    /// Takes down what an earlier run has done already.
    pub(super) fn keep(&mut self, member: MemberIndex) -> Result<(), EngineError> {
        let run = &mut self.member_mut(member).run;
        let Some(resumption) = &run.resumption else {
            return Ok(());
        };
        let kept: Vec<_> = run
            .job_indices()
            .filter_map(|job| Some((job, resumption.kept(&run.plan.jobs[job.0].name)?)))
            .collect();
        run.ledger.inherit(&run.plan, &kept)?;
        let from = resumption.from.0.unsigned_abs();
        let transitions: Vec<Transition> = kept
            .iter()
            .filter_map(|(job, kept)| run.pipeline.keep(*job, &kept.outcome, from))
            .collect();
        self.take_down(member, &transitions, None)
    }

    /// Decides, takes down, tells: in this order.
    pub(super) fn apply(
        &mut self,
        member: MemberIndex,
        event: Event,
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        let run = &mut self.member_mut(member).run;
        let now = moment(run.clock.now());
        let transitions = run
            .pipeline
            .apply(event, now)
            .unwrap_or_else(|illegal| panic!("BUG: the loop breaks the pipeline's rules: {illegal}"));
        self.take_down(member, &transitions, verdict)
    }

    fn take_down(
        &mut self,
        member: MemberIndex,
        transitions: &[Transition],
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        if transitions.is_empty() {
            return Ok(());
        }
        let of = &mut self.family[member.0];
        let status = of.run.pipeline.status();
        let attempts = of.run.ledger.record(&of.run.plan, transitions, verdict, status)?;
        for (position, (transition, attempt)) in transitions.iter().zip(attempts).enumerate() {
            self.observer.notice(Notice::Transition {
                job: of.job_name(transition.job, attempt, transition.attempt),
                from: transition.from,
                to: transition.to,
                reason: &transition.reason,
                note: note(transition, verdict),
                attempts: attempts_allowed(transition, &transitions[position + 1..]),
            });
            // A trigger job waits with its pipeline for a person, who may never come.
            if transition.to.is_completed() || transition.to == Status::Manual {
                of.run.resources.release(transition.job);
            }
        }
        let canceling = transitions
            .iter()
            .filter(|transition| transition.to == Status::Canceling);
        for transition in canceling {
            self.cancel_at_work(member, transition.job)?;
        }
        Ok(())
    }

    /// Tells a job that runs that it is no longer wanted: its runner, or the run that it has started.
    fn cancel_at_work(&mut self, member: MemberIndex, job: JobIndex) -> Result<(), EngineError> {
        for working in self.working.values() {
            if (working.member, working.job) == (member, job) {
                working.wish.send_replace(Wish::Cancel);
            }
        }
        match self.open_below(member, job) {
            Some(below) => self.apply(below, Event::CancelAll, None),
            None => Ok(()),
        }
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
