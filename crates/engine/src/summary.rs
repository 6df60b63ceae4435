//! What a run came to.

use std::time::Duration;

use gantry_language::plan::{When, Work};
use gantry_pipeline::{JobIndex, Reason, Status};
use gantry_store::{AttemptId, RunId};

use crate::effect::Effect;
use crate::hold::{Hold, hold};
use crate::member::Member;
use crate::run::Run;
use crate::select::is_played;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub run: RunId,
    /// The project that the run belongs to, and its number with it.
    pub project: String,
    pub status: Status,
    pub ending: Ending,
    /// The jobs worked in the user's own folder.
    pub in_place: bool,
    /// In the order of the plan.
    pub jobs: Vec<JobSummary>,
}

/// What the caller makes its exit code of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Success,
    Failed,
    /// Nothing failed, and what is left needs a person: a manual job, a held one.
    Waiting,
    /// No job ran.
    NothingToRun,
    /// Somebody stopped it.
    Interrupted,
}

/// The last attempt at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    pub name: String,
    pub stage: String,
    pub attempt: AttemptId,
    /// How many attempts there were.
    pub attempts: u32,
    pub status: Status,
    pub reason: String,
    /// The earlier run whose result stands.
    pub kept_from: Option<RunId>,
    /// It failed, and that was allowed.
    pub allowed_to_fail: bool,
    /// In the protocol's words.
    pub failure_reason: Option<String>,
    pub exit_code: Option<i32>,
    /// What the runner said about the failure, on one line.
    pub message: Option<String>,
    /// What has to be said for it to start; only a manual job has this.
    pub consent: Option<Consent>,
    /// In percent, as the log had it.
    pub coverage: Option<String>,
    /// What it has done outside.
    pub effects: Vec<Effect>,
    /// How long it ran, if it ran to an end.
    pub duration: Option<Duration>,
    /// It starts a pipeline, and has no log.
    pub is_trigger: bool,
    /// The run that a trigger job has started.
    pub downstream: Option<Box<Summary>>,
}

/// What a person has to say for a job to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// That the job is to start; its file has `when: manual`.
    pub play: bool,
    /// That it may reach outside.
    pub hold: Option<Hold>,
    /// The pipeline may end without it.
    pub optional: bool,
}

impl Summary {
    pub(crate) fn of(run: &Run, interrupted: bool) -> Summary {
        let jobs: Vec<JobSummary> = run.job_indices().map(|job| JobSummary::of(run, job)).collect();
        let status = run.pipeline.status();
        Summary {
            run: run.ledger.run(),
            project: run.facts.project.path.clone(),
            status,
            in_place: run.options.in_place,
            ending: match interrupted {
                true => Ending::Interrupted,
                false => Ending::of(status, &jobs),
            },
            jobs,
        }
    }
}

impl Summary {
    /// Returns the summary of the first run, with those of the others at the trigger jobs that have started them.
    pub(crate) fn of_family(mut family: Vec<Member>) -> Summary {
        // A run comes after the one that has started it, and a later start of the same job counts.
        while family.len() > 1
            && let Some(Member {
                above: Some(above),
                summary: Some(summary),
                ..
            }) = family.pop()
        {
            let upstream = family[above.member.0].summary.as_mut();
            if let Some(job) = upstream.and_then(|upstream| upstream.jobs.get_mut(above.job.0)) {
                job.downstream.get_or_insert(Box::new(summary));
            }
        }
        let root = family.pop().and_then(|root| root.summary);
        root.unwrap_or_else(|| panic!("BUG: the loop ended before its first run did"))
    }
}

impl Ending {
    fn of(status: Status, jobs: &[JobSummary]) -> Ending {
        let failed = |job: &JobSummary| job.status == Status::Failed && !job.allowed_to_fail;
        let waits = |job: &JobSummary| job.status == Status::Manual;
        let idle = jobs.iter().all(|job| job.duration.is_none());
        match status {
            // GitLab calls a pipeline with a failed and a waiting job blocked; it has failed all the same.
            _ if jobs.iter().any(failed) => Ending::Failed,
            Status::Failed | Status::Canceled => Ending::Failed,
            Status::Manual => Ending::Waiting,
            _ if idle && jobs.iter().any(waits) => Ending::Waiting,
            _ if idle => Ending::NothingToRun,
            _ => Ending::Success,
        }
    }
}

impl JobSummary {
    fn of(run: &Run, job: JobIndex) -> JobSummary {
        let planned = &run.plan.jobs[job.0];
        let state = run.pipeline.job(job);
        let current = run.ledger.current(job);
        JobSummary {
            name: planned.name.clone(),
            stage: planned.stage.clone(),
            attempt: current.attempt,
            attempts: current.number,
            status: state.status,
            reason: current.reason.clone(),
            kept_from: match state.reason {
                Reason::Kept { run } => Some(RunId(run.cast_signed())),
                _ => None,
            },
            allowed_to_fail: state.status == Status::Failed && is_allowed(&state.reason),
            failure_reason: current.failure_reason.clone(),
            exit_code: current.exit_code,
            message: current.message.clone(),
            consent: (state.status == Status::Manual).then(|| Consent::of(run, job)),
            coverage: current.coverage.clone(),
            effects: current.effects.clone(),
            duration: current.duration(),
            is_trigger: matches!(planned.work, Work::Trigger(_)),
            downstream: None,
        }
    }
}

impl Consent {
    fn of(run: &Run, job: JobIndex) -> Consent {
        let planned = &run.plan.jobs[job.0];
        let reason = &run.pipeline.job(job).reason;
        Consent {
            play: planned.when == When::Manual && !is_played(planned, &run.options),
            hold: hold(planned, &run.options.deploy),
            optional: matches!(reason, Reason::ByHand { optional: true }),
        }
    }
}

/// Returns true where a failure for that reason hurts nobody.
pub(crate) fn is_allowed(reason: &Reason) -> bool {
    matches!(reason, Reason::AllowedFailure { .. } | Reason::Kept { .. })
}
