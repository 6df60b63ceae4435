//! The state machine: which events are possible, and what each does to the job that it names.

use gantry_language::plan::{Plan, PlannedJob};

use crate::blueprint::{Blueprint, JobIndex, StageIndex};
use crate::board::Board;
use crate::composite::{Mode, Standing, Standings, composite};
use crate::event::{Event, IllegalEvent, Moment, Outcome, Transition};
use crate::job_state::JobState;
use crate::pass::Pass;
use crate::reason::{Reason, SkipCause};
use crate::retry::retries_allowed;
use crate::status::Status;

/// A plan in motion.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    blueprint: Blueprint,
    board: Board,
    started: bool,
}

/// Stored states belong to another plan than the one they are restored for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan has {expected} jobs, but {found} states are stored")]
pub struct MismatchedStates {
    pub expected: usize,
    pub found: usize,
}

impl Pipeline {
    /// Returns the pipeline before its start, all jobs created.
    ///
    /// `hold` names the jobs that must not start by themselves, with the reason that people read.
    pub fn new(plan: &Plan, hold: impl Fn(&PlannedJob) -> Option<String>) -> Pipeline {
        let blueprint = Blueprint::new(plan, hold);
        let board = Board::new(&blueprint);
        Pipeline {
            blueprint,
            board,
            started: false,
        }
    }

    /// Returns the pipeline as it was when it had these [`states`](Pipeline::states), one for each job of the plan.
    ///
    /// A pipeline in which no job has left `created` counts as not started; starting it again does no harm.
    pub fn restore(
        plan: &Plan,
        hold: impl Fn(&PlannedJob) -> Option<String>,
        states: Vec<JobState>,
    ) -> Result<Pipeline, MismatchedStates> {
        let mut pipeline = Pipeline::new(plan, hold);
        let (expected, found) = (pipeline.blueprint.len(), states.len());
        if expected != found {
            return Err(MismatchedStates { expected, found });
        }
        pipeline.started = states.iter().any(|state| *state != JobState::CREATED);
        for (job, state) in pipeline.blueprint.indices().zip(states) {
            pipeline.board.put(&pipeline.blueprint, job, state);
        }
        Ok(pipeline)
    }

    /// Takes a job's result over from an earlier run, before the start: the job is done, and will not be asked about.
    ///
    /// A success can be kept, and a failure that the job is allowed; of anything else nothing comes.
    #[must_use = "transitions that are not stored are lost"]
    pub fn keep(&mut self, job: JobIndex, outcome: &Outcome, run: u64) -> Option<Transition> {
        let state = self.job(job);
        if self.started || state.status != Status::Created {
            return None;
        }
        let to = match outcome {
            Outcome::Success => Status::Success,
            Outcome::Failed { exit_code, .. } if self.blueprint.job(job).allow_failure.covers(*exit_code) => {
                Status::Failed
            }
            Outcome::Failed { .. } | Outcome::Canceled | Outcome::Skipped | Outcome::Blocked { .. } => {
                return None;
            }
        };
        let kept = JobState {
            released: true,
            ..state.moved(to, Reason::Kept { run })
        };
        let transition = Transition {
            job,
            attempt: kept.attempt,
            from: state.status,
            to,
            reason: kept.reason.clone(),
        };
        self.board.put(&self.blueprint, job, kept);
        Some(transition)
    }

    /// Returns the states of all jobs, in plan order.
    pub fn states(&self) -> &[JobState] {
        self.board.states()
    }

    /// Takes in what happened, and returns which jobs changed by it, in order, consequences included.
    #[must_use = "transitions that are not stored are lost"]
    pub fn apply(&mut self, event: Event, now: Moment) -> Result<Vec<Transition>, IllegalEvent> {
        self.check(&event)?;
        self.started |= matches!(event, Event::Start | Event::CancelAll);
        let mut pass = Pass::new(&self.blueprint, &mut self.board, now);
        match event {
            Event::Start => pass.judge_all(),
            Event::Granted(job) => pass.move_to(job, Status::Pending, Reason::Ready),
            Event::Refused { job, holder } => pass.wait_for_resource(job, Some(holder)),
            Event::Picked(job) => pass.move_to(job, Status::Running, Reason::Picked),
            Event::Finished(job, outcome) => finish(&mut pass, job, outcome),
            Event::Play(job) => {
                pass.enqueue(job, Reason::Played);
                pass.reopen_after(job);
            }
            Event::Unschedule(job) => pass.move_to(job, Status::Manual, Reason::Unscheduled),
            Event::Cancel(job) => cancel(&mut pass, job, Reason::CancelRequested),
            Event::CancelAll => cancel_all(&mut pass, &Reason::CancelRequested),
            Event::Retry(job) => pass.retry(job, Reason::RetriedOnRequest),
            Event::Tick => {
                for job in pass.due() {
                    pass.enqueue(job, Reason::Due);
                }
            }
        }
        Ok(pass.finish())
    }

    /// Returns the jobs that wait for a runner, in plan order.
    pub fn ready(&self) -> impl Iterator<Item = JobIndex> {
        self.board.with_status(Status::Pending).iter().copied()
    }

    /// Returns the jobs that wait for their resource group, in plan order.
    pub fn waiting_for_resource(&self) -> impl Iterator<Item = JobIndex> {
        self.board.with_status(Status::WaitingForResource).iter().copied()
    }

    /// Returns the status of the whole; `manual` is what GitLab shows as "blocked".
    pub fn status(&self) -> Status {
        composite(self.board.standings(), Mode::Stages)
    }

    /// Returns the status of a stage; a stage without jobs is a success.
    pub fn stage_status(&self, stage: StageIndex) -> Status {
        composite(self.board.stage_standings(&self.blueprint, stage), Mode::Stages)
    }

    pub fn job(&self, job: JobIndex) -> &JobState {
        self.board.state(job)
    }

    /// Returns why a job is in its state, and for a created one what it waits for just now.
    pub fn reason(&self, job: JobIndex) -> Reason {
        let state = self.job(job);
        if state.status != Status::Created {
            return state.reason.clone();
        }
        if !self.started {
            return Reason::NotStarted;
        }
        match (&self.blueprint.job(job).needs, self.board.front(&self.blueprint)) {
            (Some(needs), _) => {
                let unfinished = needs.iter().filter(|need| !self.board.is_finished(**need));
                Reason::WaitsForNeeds {
                    jobs: unfinished.map(|need| self.blueprint.name(*need)).collect(),
                }
            }
            (None, Some(stage)) => Reason::WaitsForStage {
                stage: self.blueprint.stage(stage).name.clone(),
            },
            (None, None) => panic!(
                "BUG: `{}` is created, but all is finished",
                self.blueprint.name(job)
            ),
        }
    }

    /// Returns when to say [`Event::Tick`]: the next time at which a delayed job is due.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.board.next_deadline()
    }

    /// Returns true when nothing more happens unless a person steps in.
    ///
    /// Either all jobs are completed, or those that are not wait for a manual job, directly or not. (Jobs that need
    /// each other in a circle wait for nothing that could come; a pipeline with only such jobs left is settled too.)
    pub fn is_settled(&self) -> bool {
        self.started && !self.board.standings().overlaps(Standings::BY_ITSELF)
    }

    /// Returns true when a job failed or was canceled that was allowed to.
    pub fn with_warnings(&self) -> bool {
        !self.board.with(Standing::Warn).is_empty()
    }

    fn check(&self, event: &Event) -> Result<(), IllegalEvent> {
        let (verb, job) = match event {
            Event::Start | Event::CancelAll => return Ok(()),
            Event::Tick if self.started => return Ok(()),
            Event::Tick => return Err(IllegalEvent::NotStarted),
            Event::Granted(job) => ("grant", *job),
            Event::Refused { job, .. } => ("refuse", *job),
            Event::Picked(job) => ("pick", *job),
            Event::Finished(job, _) => ("finish", *job),
            Event::Play(job) => ("play", *job),
            Event::Unschedule(job) => ("unschedule", *job),
            Event::Cancel(job) => ("cancel", *job),
            Event::Retry(job) => ("retry", *job),
        };
        if !self.started {
            return Err(IllegalEvent::NotStarted);
        }
        if job.0 >= self.blueprint.len() {
            return Err(IllegalEvent::NoSuchJob(job));
        }
        let status = self.job(job).status;
        if is_possible(event, status) {
            return Ok(());
        }
        Err(IllegalEvent::WrongStatus {
            event: verb,
            job: self.blueprint.name(job),
            status,
        })
    }
}

/// Returns true when the event can happen to a job in that status.
fn is_possible(event: &Event, status: Status) -> bool {
    match event {
        Event::Start | Event::CancelAll | Event::Tick => true,
        Event::Granted(_) | Event::Refused { .. } => status == Status::WaitingForResource,
        Event::Picked(_) => status == Status::Pending,
        Event::Finished(_, Outcome::Failed { .. }) => status.is_active() || status == Status::Canceling,
        Event::Finished(_, _) => {
            matches!(status, Status::Running | Status::Canceling)
        }
        Event::Play(_) => matches!(status, Status::Manual | Status::Scheduled),
        Event::Unschedule(_) => status == Status::Scheduled,
        Event::Cancel(_) => status.is_cancelable(),
        Event::Retry(_) => status.is_retryable(),
    }
}

/// Ends an attempt. A job that is being canceled ends canceled, whatever its last words are.
fn finish(pass: &mut Pass<'_>, job: JobIndex, outcome: Outcome) {
    if pass.state(job).status == Status::Canceling {
        let reason = pass.state(job).reason.clone();
        return pass.move_to(job, Status::Canceled, reason);
    }
    match outcome {
        Outcome::Success => pass.move_to(job, Status::Success, Reason::Succeeded),
        Outcome::Canceled => pass.move_to(job, Status::Canceled, Reason::CanceledElsewhere),
        Outcome::Skipped => pass.move_to(job, Status::Skipped, Reason::Skipped(SkipCause::Downstream)),
        Outcome::Blocked { because } => pass.move_to(job, Status::Manual, Reason::Held { because }),
        Outcome::Failed { reason, exit_code } => fail(pass, job, reason, exit_code),
    }
}

/// Fails an attempt, and begins another one if `retry` has any left. Retries on request use them up as well. Where
/// none is left, the failure may be the end of the whole pipeline.
fn fail(pass: &mut Pass<'_>, job: JobIndex, failure: String, exit_code: Option<i32>) {
    let planned = pass.planned(job);
    let max = retries_allowed(&planned.retry, &failure, exit_code);
    let allowed = planned.allow_failure.covers(exit_code);
    let reason = if allowed {
        Reason::AllowedFailure { failure, exit_code }
    } else {
        Reason::Failed { failure, exit_code }
    };
    pass.move_to(job, Status::Failed, reason);

    let attempts = pass.state(job).attempt;
    if attempts <= max {
        pass.retry(job, Reason::RetriedByItself { retry: attempts, max });
    } else if !allowed && pass.failure_cancels() {
        let job = planned.name.clone();
        cancel_all(pass, &Reason::FailureElsewhere { job });
    }
}

fn cancel_all(pass: &mut Pass<'_>, reason: &Reason) {
    for job in pass.jobs() {
        if pass.state(job).status.is_cancelable() {
            cancel(pass, job, reason.clone());
        }
    }
}

fn cancel(pass: &mut Pass<'_>, job: JobIndex, reason: Reason) {
    let to = match pass.state(job).status {
        Status::Running => Status::Canceling,
        _ => Status::Canceled,
    };
    pass.move_to(job, to, reason);
}
