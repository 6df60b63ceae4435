//! What runners say, and how their jobs end.

use gantry_pipeline::{Event, JobIndex, Outcome, Status};
use gantry_protocol::{FailureReason, JobState, JobUpdate};
use tokio::task::{Id, JoinError};

use super::Drive;
use super::transitions::job_name;
use crate::coordinator::{Message, Report};
use crate::error::EngineError;
use crate::observer::{Notice, Observer};
use crate::summary::is_allowed;

impl<S, O: Observer> Drive<'_, S, O> {
    pub(super) fn hear(&mut self, message: Message) -> Result<(), EngineError> {
        let Some((&id, working)) = self
            .working
            .iter()
            .find(|(_, working)| working.attempt == message.attempt)
        else {
            return Ok(());
        };
        let job = job_name(&self.run.plan, working.job, working.attempt, working.number);
        match message.report {
            Report::Trace(bytes) => self.observer.notice(Notice::Trace { job, bytes: &bytes }),
            Report::Artifact {
                artifact,
                variables,
                stored,
            } => {
                let ledger = &mut self.run.ledger;
                let result = ledger.add_artifact(working.job, &artifact, &variables);
                if result.is_ok() {
                    let artifact = &artifact;
                    self.observer.notice(Notice::Artifact { job, artifact });
                }
                // A runner that does not wait for the answer has gone already.
                let _ = stored.send(result);
            }
            Report::Finished { update, coverage } => {
                if let Some(coverage) = coverage {
                    self.run.ledger.cover(working.job, coverage)?;
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
        let job = working.job;
        self.apply(Event::Finished(job, outcome(update)), Some(update))?;
        if self.run.options.fail_fast && self.has_failed(job) {
            self.apply(Event::CancelAll, None)?;
        }
        Ok(())
    }

    fn has_failed(&self, job: JobIndex) -> bool {
        let state = self.run.pipeline.job(job);
        state.status == Status::Failed && !is_allowed(&state.reason)
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
