//! What runners say, and how their jobs end.

use gantry_pipeline::{Event, JobIndex, Outcome, Status};
use gantry_protocol::{FailureReason, JobState, JobUpdate};
use tokio::task::{Id, JoinError};

use super::Drive;
use crate::coordinator::{Message, Report};
use crate::error::EngineError;
use crate::member::MemberIndex;
use crate::observer::{Notice, Observer};
use crate::run::Run;
use crate::summary::is_allowed;

impl<S, O: Observer> Drive<'_, S, O> {
    pub(super) fn hear(&mut self, message: Message) -> Result<(), EngineError> {
        let Some((&id, working)) = self
            .working
            .iter()
            .find(|(_, working)| working.worker == message.worker)
        else {
            return Ok(());
        };
        let member = &mut self.family[working.member.0];
        match message.report {
            Report::Trace(bytes) => {
                let job = member.job_name(working.job, working.attempt, working.number);
                self.observer.notice(Notice::Trace { job, bytes: &bytes });
            }
            Report::Artifact {
                artifact,
                variables,
                stored,
            } => {
                let result = member.run.ledger.add_artifact(working.job, &artifact, &variables);
                if result.is_ok() {
                    let job = member.job_name(working.job, working.attempt, working.number);
                    let artifact = &artifact;
                    self.observer.notice(Notice::Artifact { job, artifact });
                }
                // A runner that does not wait for the answer has gone already.
                let _ = stored.send(result);
            }
            Report::Finished { update, coverage } => {
                if let Some(coverage) = coverage {
                    member.run.ledger.cover(working.job, coverage)?;
                }
                return self.finished(id, &update);
            }
        }
        Ok(())
    }

    fn finished(&mut self, id: Id, update: &JobUpdate) -> Result<(), EngineError> {
        let Some(working) = self.working.get_mut(&id).filter(|working| !working.finished) else {
            return Ok(());
        };
        working.finished = true;
        let (member, job) = (working.member, working.job);
        self.finish_job(member, job, outcome(update), Some(update))
    }

    /// Takes down how a job has ended, and what it has done outside.
    pub(super) fn finish_job(
        &mut self,
        member: MemberIndex,
        job: JobIndex,
        outcome: Outcome,
        verdict: Option<&JobUpdate>,
    ) -> Result<(), EngineError> {
        self.apply(member, Event::Finished(job, outcome), verdict)?;
        let run = &mut self.member_mut(member).run;
        run.record_effects(job)?;
        if run.options.fail_fast && has_failed(run, job) {
            self.apply(member, Event::CancelAll, None)?;
        }
        Ok(())
    }

    pub(super) fn runner_ended(&mut self, id: Id, panic: Option<JoinError>) -> Result<(), EngineError> {
        // Its last words may still be on their way.
        for _ in 0..self.messages.len() {
            if let Ok(message) = self.messages.try_recv() {
                self.hear(message)?;
            }
        }
        let message = match panic {
            Some(error) => format!("the runner broke down: {error}"),
            None => "the runner ended without a result".to_owned(),
        };
        let lost = JobUpdate {
            state: JobState::Failed,
            failure_reason: Some(FailureReason::RunnerSystemFailure),
            exit_code: None,
            message: Some(message),
        };
        let result = self.finished(id, &lost);
        self.working.remove(&id);
        result
    }
}

fn has_failed(run: &Run, job: JobIndex) -> bool {
    let state = run.pipeline.job(job);
    state.status == Status::Failed && !is_allowed(&state.reason)
}

fn outcome(update: &JobUpdate) -> Outcome {
    match update.state {
        JobState::Success => Outcome::Success,
        JobState::Failed | JobState::Running => Outcome::Failed {
            reason: update
                .failure_reason
                .unwrap_or(FailureReason::ScriptFailure)
                .as_str()
                .to_owned(),
            exit_code: update.exit_code,
        },
    }
}
