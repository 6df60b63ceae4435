//! What the commands about earlier runs share: the store, and which run and jobs are meant.

use gantry_language::diagnostic::did_you_mean;
use gantry_store::{Attempt, Reader, Run, RunId, Store};

use crate::args::Global;
use crate::commands::run::close_interrupted;
use crate::error::CommandError;
use crate::places::Places;
use crate::{containers, world};

/// The file that makes a folder a project.
pub(crate) const CONFIGURATION: &str = ".gitlab-ci.yml";

/// A run and those of its attempts that are meant.
pub(crate) struct Meant {
    pub(crate) run: Run,
    pub(crate) attempts: Vec<Attempt>,
    /// A job was named.
    pub(crate) by_name: bool,
}

/// Opens the store of the project for reading, after runs that died have been closed.
pub(crate) fn open(global: &Global) -> Result<Option<Reader>, CommandError> {
    let root = world::find_root(global.directory.as_deref(), CONFIGURATION)?;
    if Store::open_read_only(&root)?.is_none() {
        return Ok(None);
    }
    // A folder that cannot be written can still be read.
    if let Ok(mut store) = Store::open(&root) {
        close_interrupted(&mut store)?;
    }
    if let Ok(places) = Places::of(&root) {
        containers::remove_leftovers(&places);
    }
    Ok(Store::open_read_only(&root)?)
}

/// Finds what `[RUN] [JOB]` mean.
pub(crate) fn find(reader: &Reader, which: &[String]) -> Result<Meant, CommandError> {
    let (number, job) = match which {
        [] => (None, None),
        [one] => match one.parse::<i64>() {
            Ok(number) => (Some(number), None),
            Err(_) => (None, Some(one)),
        },
        [run, job, ..] => match run.parse::<i64>() {
            Ok(number) => (Some(number), Some(job)),
            Err(_) => return Err(CommandError::usage(format!("`{run}` is not the number of a run"))),
        },
    };
    let run = run(reader, number)?;
    let mut attempts = reader.attempts(run.id)?;
    if let Some(job) = job {
        let names: Vec<String> = attempts.iter().map(|attempt| attempt.job.clone()).collect();
        attempts.retain(|attempt| attempt.job == *job);
        if attempts.is_empty() {
            return Err(CommandError::usage(format!("run {} has no job `{job}`", run.id))
                .maybe_hint(did_you_mean(job, names.iter().map(String::as_str))));
        }
    }
    Ok(Meant {
        run,
        attempts,
        by_name: job.is_some(),
    })
}

/// Finds the run with a number, or the newest one.
pub(crate) fn run(reader: &Reader, number: Option<i64>) -> Result<Run, CommandError> {
    let run = match number {
        Some(number) => reader.run(RunId(number))?,
        None => reader.runs(1)?.pop(),
    };
    run.ok_or_else(|| {
        let message = number.map_or_else(nothing_ran, |number| format!("there is no run {number}"));
        CommandError::usage(message).hint("gantry runs lists what ran here")
    })
}

pub(crate) fn nothing_ran() -> String {
    "nothing has run here yet".to_owned()
}
