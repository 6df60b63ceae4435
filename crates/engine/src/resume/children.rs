//! What the earlier children of trigger jobs have come to, from what the store has of them.

use gantry_language::plan::{Plan, PlannedJob, When};
use gantry_pipeline::Status;
use gantry_store::{Attempt, Reader, RunId};

use super::{Uncertain, is_uncertain};
use crate::downstream::options_below;
use crate::error::EngineError;
use crate::hold::hold;
use crate::request::Options;
use crate::select::is_played;

/// One child that a trigger job started, as it stands.
struct Child {
    options: Options,
    jobs: Vec<(PlannedJob, Attempt)>,
    succeeded: bool,
}

impl Child {
    /// Reads a child; `None` where it has been removed, or cannot be read by this version.
    fn read(
        reader: &Reader,
        run: Option<RunId>,
        bridge: &PlannedJob,
        options: &Options,
    ) -> Result<Option<Child>, EngineError> {
        let Some(run) = run else {
            return Ok(None);
        };
        let plan = reader.plan(run)?.unwrap_or_default();
        let (Some(row), Ok(plan)) = (reader.run(run)?, serde_json::from_str::<Plan>(&plan)) else {
            return Ok(None);
        };
        let attempts = reader.latest_attempts(run)?;
        let jobs = attempts
            .into_iter()
            .filter_map(|attempt| Some((plan.job(&attempt.job)?.clone(), attempt)));
        Ok(Some(Child {
            options: options_below(options, bridge, &plan),
            jobs: jobs.collect(),
            succeeded: row.status == Status::Success.as_str(),
        }))
    }
}

/// Returns true when a child has succeeded, with all below it, and nothing waits in it that may start by now.
pub(super) fn is_done(
    reader: &Reader,
    run: Option<RunId>,
    bridge: &PlannedJob,
    options: &Options,
) -> Result<bool, EngineError> {
    let Some(child) = Child::read(reader, run, bridge, options)? else {
        return Ok(false);
    };
    for (job, attempt) in &child.jobs {
        let waits = attempt.status == Status::Manual.as_str();
        let below = attempt.downstream.is_some();
        if waits && may_start(job, &child.options)
            || below && !is_done(reader, attempt.downstream, job, &child.options)?
        {
            return Ok(false);
        }
    }
    Ok(child.succeeded)
}

fn may_start(job: &PlannedJob, options: &Options) -> bool {
    hold(job, &options.deploy).is_none() && (job.when != When::Manual || is_played(job, options))
}

/// Returns the jobs of a child, and of those below it, that were stopped while they reached outside, by their full
/// names.
pub(super) fn uncertain(
    reader: &Reader,
    run: Option<RunId>,
    bridge: &PlannedJob,
    options: &Options,
) -> Result<Vec<Uncertain>, EngineError> {
    let mut found = Vec::new();
    let Some(child) = Child::read(reader, run, bridge, options)? else {
        return Ok(found);
    };
    for (job, attempt) in &child.jobs {
        found.extend(is_uncertain(job, attempt, &child.options));
        found.extend(uncertain(reader, attempt.downstream, job, &child.options)?);
    }
    for uncertain in &mut found {
        uncertain.job = format!("{}/{}", bridge.name, uncertain.job);
    }
    Ok(found)
}
