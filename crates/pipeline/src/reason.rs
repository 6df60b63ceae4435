//! Why a job is in its state, as data and as a sentence.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a job is in its state, or got there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Created, in a pipeline that nobody has started.
    NotStarted,
    /// Created; [`Pipeline::reason`](crate::Pipeline::reason) knows for what it waits just now.
    InLine,
    /// Created: the stage is the first with unfinished jobs.
    WaitsForStage {
        stage: String,
    },
    /// Created: these of its needs are unfinished.
    WaitsForNeeds {
        jobs: Vec<String>,
    },
    /// Created again, because `retry` allows it.
    RetriedByItself {
        retry: u32,
        max: u32,
    },
    /// Created again, because a person asked.
    RetriedOnRequest,
    /// Created again after having been skipped, because a job before it was started.
    Reopened {
        by: String,
    },

    /// Pending: what it waited for allows it.
    Ready,
    /// Pending: a person played it.
    Played,
    /// Pending: the time of its `start_in` has passed.
    Due,
    /// Waiting for a resource; `holder` is the job that has it, where that is known.
    WaitsForResource {
        group: String,
        holder: Option<String>,
    },
    /// Running.
    Picked,

    /// Manual by `when: manual`; `optional` as `allow_failure` has it.
    ByHand {
        optional: bool,
    },
    /// Manual, because whoever drives the pipeline does not let the job start by itself.
    Held {
        because: String,
    },
    /// Manual: a person stopped its clock.
    Unscheduled,
    /// Scheduled; the state's deadline says until when.
    Delayed {
        start_in_secs: u64,
    },

    Succeeded,
    Failed {
        failure: String,
        exit_code: Option<i32>,
    },
    AllowedFailure {
        failure: String,
        exit_code: Option<i32>,
    },
    /// Done already: the result of an earlier run stands, a success or a failure that is allowed.
    Kept {
        run: u64,
    },
    /// Canceling or canceled on request.
    CancelRequested,
    /// Canceling or canceled, because a job failed whose pipeline is to end with it.
    FailureElsewhere {
        job: String,
    },
    /// Canceled from where it ran: the driver said so.
    CanceledElsewhere,
    Skipped(SkipCause),
}

/// What made a job not worth starting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipCause {
    /// A job before it failed.
    Failed { job: String },
    /// A job before it was canceled; no `when` runs after that.
    Canceled { job: String },
    /// One of its needs was skipped.
    NeedSkipped { job: String },
    /// One of its needs is an optional manual job that nobody has played.
    NeedNotPlayed { job: String },
    /// `when: on_failure`, and there was none.
    NothingFailed,
    /// The pipeline that the job has started was skipped.
    Downstream,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotStarted => f.write_str("the pipeline has not started"),
            Reason::InLine => f.write_str("waits for its turn"),
            Reason::WaitsForStage { stage } => write!(f, "waits for stage `{stage}`"),
            Reason::WaitsForNeeds { jobs } => write!(f, "waits for {}", List(jobs)),
            Reason::RetriedByItself { retry, max } => write!(f, "retried, {retry} of {max}"),
            Reason::RetriedOnRequest => f.write_str("retried on request"),
            Reason::Reopened { by } => write!(f, "considered again because `{by}` was started"),
            Reason::Ready => f.write_str("waits for a runner"),
            Reason::Played => f.write_str("played, waits for a runner"),
            Reason::Due => f.write_str("its delay is over, waits for a runner"),
            Reason::WaitsForResource { group, holder: None } => {
                write!(f, "waits for resource group `{group}`")
            }
            Reason::WaitsForResource {
                group,
                holder: Some(holder),
            } => write!(f, "waits for resource group `{group}`, which {holder} has"),
            Reason::Picked => f.write_str("runs"),
            Reason::ByHand { optional: true } => f.write_str("waits to be played, nothing waits for it"),
            Reason::ByHand { optional: false } => f.write_str("waits to be played"),
            Reason::Held { because } => write!(f, "held: {because}"),
            Reason::Unscheduled => f.write_str("unscheduled, waits to be played"),
            Reason::Delayed { start_in_secs } => write!(f, "delayed by {start_in_secs} s"),
            Reason::Succeeded => f.write_str("succeeded"),
            Reason::Failed { failure, exit_code } => write!(f, "failed: {}", Failure(failure, *exit_code)),
            Reason::AllowedFailure { failure, exit_code } => {
                write!(f, "failed, which is allowed: {}", Failure(failure, *exit_code))
            }
            Reason::Kept { run } => write!(f, "kept from run {run}"),
            Reason::CancelRequested => f.write_str("canceled on request"),
            Reason::FailureElsewhere { job } => write!(f, "canceled because `{job}` failed"),
            Reason::CanceledElsewhere => f.write_str("canceled"),
            Reason::Skipped(cause) => cause.fmt(f),
        }
    }
}

impl fmt::Display for SkipCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipCause::Failed { job } => write!(f, "skipped because `{job}` failed"),
            SkipCause::Canceled { job } => write!(f, "skipped because `{job}` was canceled"),
            SkipCause::NeedSkipped { job } => {
                write!(f, "skipped because it needs `{job}`, which was skipped")
            }
            SkipCause::NeedNotPlayed { job } => {
                write!(f, "skipped because it needs `{job}`, which waits to be played")
            }
            SkipCause::Downstream => f.write_str("skipped as its pipeline was"),
            SkipCause::NothingFailed => f.write_str("skipped because nothing before it failed"),
        }
    }
}

struct Failure<'a>(&'a str, Option<i32>);

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure(failure, exit_code) = self;
        f.write_str(failure)?;
        exit_code.map_or(Ok(()), |code| write!(f, " with exit code {code}"))
    }
}

struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}`{name}`")?;
        }
        Ok(())
    }
}
