//! What the commands about earlier runs share: the store, and which run and jobs are meant.

use gantry_engine::Clock;
use gantry_language::diagnostic::did_you_mean;
use gantry_store::{Attempt, Reader, Run, RunId, Store};

use crate::args::Global;
use crate::error::CommandError;
use crate::places::Places;
use crate::{containers, output, world};

/// The file that makes a folder a project.
pub(crate) const CONFIGURATION: &str = ".gitlab-ci.yml";

/// A run and those of its attempts that are meant, as [`attempts`] has them.
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
    let mut attempts = attempts(reader, run.id)?;
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

/// Returns the attempts of a run, and those of its children behind the jobs that have started these: `bridge/job`.
pub(crate) fn attempts(reader: &Reader, run: RunId) -> Result<Vec<Attempt>, CommandError> {
    let mut all = Vec::new();
    for attempt in reader.attempts(run)? {
        let bridge = attempt.job.clone();
        let child = attempt.downstream;
        all.push(attempt);
        // A child has a higher number than its parent, so that this ends.
        for mut below in child.map_or(Ok(Vec::new()), |child| attempts(reader, child))? {
            below.job = format!("{bridge}/{}", below.job);
            all.push(below);
        }
    }
    Ok(all)
}

/// Finds the run with a number, or the newest one that no trigger job of this project has started.
pub(crate) fn run(reader: &Reader, number: Option<i64>) -> Result<Run, CommandError> {
    let run = match number {
        Some(number) => reader.run(RunId(number))?,
        None => reader.newest_run()?,
    };
    run.ok_or_else(|| {
        let message = number.map_or_else(nothing_ran, |number| format!("there is no run {number}"));
        CommandError::usage(message).hint("gantry runs lists what ran here")
    })
}

pub(crate) fn nothing_ran() -> String {
    "nothing has run here yet".to_owned()
}

/// Closes runs whose process died, and says so.
pub(crate) fn close_interrupted(store: &mut Store) -> Result<(), CommandError> {
    for found in store.reconcile(Clock::system().now())? {
        let names: Vec<_> = found
            .running
            .iter()
            .map(|attempt| format!("`{}`", attempt.job))
            .collect();
        let running = match names.as_slice() {
            [] => "no job was running".to_owned(),
            names => format!(
                "{} {} running",
                names.join(", "),
                if names.len() == 1 { "was" } else { "were" }
            ),
        };
        output::note(&format!(
            "note: run {} was interrupted, its process is gone; {running}, {} had not begun\n",
            found.run.id,
            found.waiting.len(),
        ));
    }
    Ok(())
}
