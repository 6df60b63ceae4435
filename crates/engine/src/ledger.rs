//! The rows of one run, and which of them speaks for which job.

use std::time::Duration;

use gantry_language::plan::{Plan, PlannedJob};
use gantry_pipeline::{JobIndex, Outcome, Reason, Status, Transition};
use gantry_protocol::JobUpdate;
use gantry_store::{
    AttemptId, Created, DotenvVariable, Folder, Key, NewArtifact, NewAttempt, NewRun, RunId, RunLock, Step,
    Store, StoreError, Timestamp,
};

use crate::clock::Clock;
use crate::effect::Effect;
use crate::error::EngineError;
use crate::handover::{Archive, Leftover};
use crate::resume::Kept;
use crate::token;

/// The store, as one run writes it.
#[derive(Debug)]
pub(crate) struct Ledger {
    store: Store,
    /// Held until the run is closed.
    _lock: RunLock,
    run: RunId,
    created_at: Timestamp,
    clock: Clock,
    key: Key,
    /// By the index of the job.
    current: Vec<Current>,
}

/// The last attempt at a job.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) attempt: AttemptId,
    pub(crate) number: u32,
    pub(crate) token: String,
    pub(crate) reason: String,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) exit_code: Option<i32>,
    /// What the runner said about the failure.
    pub(crate) message: Option<String>,
    pub(crate) coverage: Option<String>,
    pub(crate) effects: Vec<Effect>,
    /// What it has left behind for other jobs. It is in the store, too; a job with a thousand others before it
    /// should not have to ask for each.
    archive: Option<Archive>,
    variables: Vec<DotenvVariable>,
    /// What it depends on, once that is known.
    fingerprint: Option<String>,
}

impl Ledger {
    /// Makes the rows of a run.
    pub(crate) fn create(
        mut store: Store,
        run: &NewRun,
        plan: &Plan,
        clock: Clock,
    ) -> Result<Ledger, EngineError> {
        let attempts = plan
            .jobs
            .iter()
            .map(|job| new_attempt(job, 1))
            .collect::<Result<Vec<_>, _>>()?;
        let key = store.make_key()?;
        let Created {
            run: id,
            attempts: ids,
            lock,
        } = store.create_run(run, &attempts)?;
        let current = ids
            .into_iter()
            .zip(attempts)
            .map(|(attempt, row)| Current::new(attempt, row))
            .collect();
        Ok(Ledger {
            store,
            _lock: lock,
            run: id,
            created_at: run.created_at,
            clock,
            key,
            current,
        })
    }

    /// Returns the key that digests of this store are made with.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    pub(crate) fn created_at(&self) -> Timestamp {
        self.created_at
    }

    pub(crate) fn folder(&self) -> &Folder {
        self.store.folder()
    }

    pub(crate) fn current(&self, job: JobIndex) -> &Current {
        &self.current[job.0]
    }

    /// Takes down transitions with what they make of the pipeline, and what the runner said if they come from its
    /// word. Returns whose attempt each of them is about.
    pub(crate) fn record(
        &mut self,
        plan: &Plan,
        transitions: &[Transition],
        verdict: Option<&JobUpdate>,
        status: Status,
    ) -> Result<Vec<AttemptId>, EngineError> {
        let at = self.clock.now();
        let mut steps = Vec::new();
        for transition in transitions {
            if transition.attempt > self.current(transition.job).number {
                self.retry(plan, transition)?;
            }
            let step = self.step(transition, verdict);
            let current = &mut self.current[transition.job.0];
            current.follow(&step, at);
            current.message = message(transition, verdict);
            steps.push(step);
        }
        self.store.record(self.run, status.as_str(), &steps, at)?;
        Ok(steps.into_iter().map(|step| step.attempt).collect())
    }

    /// Says what an attempt depends on; taken down with its next step.
    pub(crate) fn depends_on(&mut self, job: JobIndex, fingerprint: String) {
        self.current[job.0].fingerprint = Some(fingerprint);
    }

    /// Gives jobs what they left behind in an earlier run.
    pub(crate) fn inherit(&mut self, plan: &Plan, kept: &[(JobIndex, &Kept)]) -> Result<(), EngineError> {
        let mut pairs = Vec::new();
        for &(index, kept) in kept {
            let attempt = self.current(index).attempt;
            let files: Vec<String> = kept
                .artifacts
                .iter()
                .map(|artifact| artifact.file_name.clone())
                .collect();
            let name = &plan.jobs[index.0].name;
            if !self
                .folder()
                .share_attempt(kept.from, (self.run, attempt), &files)?
            {
                return Err(EngineError::ArtifactsGone { job: name.clone() });
            }
            pairs.push((kept.from.1, attempt));
            let current = &mut self.current[index.0];
            if let Some(leftover) = kept.leftover(name, attempt) {
                current.archive = leftover.archive;
                current.variables = leftover.variables;
            }
            current.fingerprint = Some(kept.fingerprint.clone());
            current.coverage.clone_from(&kept.coverage);
            if let Outcome::Failed { reason, exit_code } = &kept.outcome {
                current.failure_reason = Some(reason.clone());
                current.exit_code = *exit_code;
            }
        }
        Ok(self.store.inherit(&pairs)?)
    }

    fn step(&self, transition: &Transition, verdict: Option<&JobUpdate>) -> Step {
        let failed = verdict.filter(|_| transition.to == Status::Failed);
        let message = message(transition, verdict);
        let current = self.current(transition.job);
        let is_kept = matches!(transition.reason, Reason::Kept { .. });
        Step {
            attempt: current.attempt,
            from: transition.from.as_str().to_owned(),
            to: transition.to.as_str().to_owned(),
            reason: match message {
                Some(message) => format!("{}: {message}", transition.reason),
                None => transition.reason.to_string(),
            },
            failure_reason: failed
                .and_then(|update| update.failure_reason)
                .map(|reason| reason.as_str().to_owned())
                .or_else(|| failed.and(failure(&transition.reason)))
                .or_else(|| current.failure_reason.clone().filter(|_| is_kept)),
            exit_code: failed
                .and_then(|update| update.exit_code)
                .or_else(|| current.exit_code.filter(|_| is_kept)),
            starts: transition.to == Status::Running,
            ends: transition.to.is_completed(),
            fingerprint: current
                .fingerprint
                .clone()
                .filter(|_| is_kept || transition.to == Status::Running),
        }
    }

    /// Makes the row of the attempt that a transition begins. It may be there before the end of the one before it
    /// is: whoever dies in between leaves two attempts that are closed as interrupted.
    fn retry(&mut self, plan: &Plan, transition: &Transition) -> Result<(), EngineError> {
        let job = &plan.jobs[transition.job.0];
        let row = new_attempt(job, transition.attempt)?;
        let attempt = self.store.create_attempt(self.run, &row, self.clock.now())?;
        self.current[transition.job.0] = Current::new(attempt, row);
        Ok(())
    }

    /// Takes down why jobs have got no further.
    pub(crate) fn explain(&mut self, reasons: Vec<(JobIndex, String)>) -> Result<(), EngineError> {
        let rows: Vec<_> = reasons
            .iter()
            .map(|(job, reason)| (self.current(*job).attempt, reason.clone()))
            .collect();
        self.store.explain(&rows)?;
        for (job, reason) in reasons {
            self.current[job.0].reason = reason;
        }
        Ok(())
    }

    pub(crate) fn add_artifact(
        &mut self,
        job: JobIndex,
        artifact: &NewArtifact,
        variables: &[DotenvVariable],
    ) -> Result<(), StoreError> {
        self.store.add_artifact(artifact, variables, self.clock.now())?;
        let current = &mut self.current[job.0];
        if current.attempt == artifact.attempt {
            current.leave(artifact, variables);
        }
        Ok(())
    }

    /// Takes down the coverage that the last attempt at a job has reported.
    pub(crate) fn cover(&mut self, job: JobIndex, coverage: String) -> Result<(), EngineError> {
        let current = &mut self.current[job.0];
        self.store.set_coverage(current.attempt, &coverage)?;
        current.coverage = Some(coverage);
        Ok(())
    }

    /// Takes down the run that the last attempt at a trigger job has started.
    pub(crate) fn lead_to(&mut self, job: JobIndex, run: RunId) -> Result<(), EngineError> {
        Ok(self.store.set_downstream(self.current(job).attempt, run)?)
    }

    /// Takes down what the last attempt at a job has done outside.
    pub(crate) fn affect(&mut self, job: JobIndex, effects: Vec<Effect>) -> Result<(), EngineError> {
        if effects.is_empty() {
            return Ok(());
        }
        let current = &mut self.current[job.0];
        let json = serde_json::to_string(&effects).expect("BUG: effects cannot be written as JSON");
        self.store.set_effects(current.attempt, &json)?;
        current.effects = effects;
        Ok(())
    }

    /// Returns what the last attempt at a job left behind, unless that is nothing.
    pub(crate) fn leftover(&self, index: JobIndex, job: &PlannedJob) -> Option<Leftover> {
        let current = self.current(index);
        let something = current.archive.is_some() || !current.variables.is_empty();
        something.then(|| Leftover {
            job: job.name.clone(),
            attempt: current.attempt,
            archive: current.archive.clone(),
            variables: current.variables.clone(),
        })
    }

    pub(crate) fn finish(&mut self, status: Status) -> Result<(), EngineError> {
        Ok(self
            .store
            .finish_run(self.run, status.as_str(), self.clock.now())?)
    }
}

impl Current {
    fn new(attempt: AttemptId, row: NewAttempt) -> Current {
        Current {
            attempt,
            number: row.number,
            token: row.token,
            reason: row.reason,
            started_at: None,
            finished_at: None,
            failure_reason: None,
            exit_code: None,
            message: None,
            coverage: None,
            effects: Vec::new(),
            archive: None,
            variables: Vec::new(),
            fingerprint: None,
        }
    }

    fn leave(&mut self, artifact: &NewArtifact, variables: &[DotenvVariable]) {
        if artifact.artifact_type == "archive" {
            self.archive = Some(Archive {
                file_name: artifact.file_name.clone(),
                size_bytes: artifact.size_bytes,
            });
        }
        self.variables.extend_from_slice(variables);
    }

    /// Returns how long the attempt ran, if it ran to an end.
    pub(crate) fn duration(&self) -> Option<Duration> {
        let millis = self.finished_at?.0.saturating_sub(self.started_at?.0);
        Some(Duration::from_millis(millis.max(0).unsigned_abs()))
    }

    fn follow(&mut self, step: &Step, at: Timestamp) {
        if step.starts {
            self.started_at = Some(at);
        }
        self.finished_at = step.ends.then_some(at);
        self.reason.clone_from(&step.reason);
        self.failure_reason.clone_from(&step.failure_reason);
        self.exit_code = step.exit_code;
    }
}

/// The word for a failure that no runner has spoken of.
fn failure(reason: &Reason) -> Option<String> {
    match reason {
        Reason::Failed { failure, .. } | Reason::AllowedFailure { failure, .. } => Some(failure.clone()),
        _ => None,
    }
}

fn message(transition: &Transition, verdict: Option<&JobUpdate>) -> Option<String> {
    let failed = verdict.filter(|_| transition.to == Status::Failed);
    failed?.message.clone()
}

fn new_attempt(job: &PlannedJob, number: u32) -> Result<NewAttempt, EngineError> {
    Ok(NewAttempt {
        job: job.name.clone(),
        stage: job.stage.clone(),
        number,
        status: Status::Created.as_str().to_owned(),
        reason: Reason::NotStarted.to_string(),
        token: token::random().map_err(EngineError::Random)?,
    })
}
