//! What a run shows, while it goes on and when it has ended.
//!
//! One trait, [`Reporter`], and three ways to be one: [`plain`] prints every line after the name of its job, [`live`]
//! adds a footer that says how far the jobs are, and [`json`] prints one event a line for programs. What happened is
//! put into words in [`wording`] alone, for all of them and for the [`summary`]. A reporter never ends a run: a standard
//! output that went away, a report that cannot be read, a terminal of no size are no reason to stop jobs.

mod ending;
mod json;
mod junit;
mod live;
mod plain;
mod scans;
mod streams;
mod summary;
mod tail;
mod wording;

use std::sync::Arc;

use gantry_engine::{Notice, Observer, Summary};
use gantry_masking::Secrets;
use gantry_store::Reader;

use crate::args::Format;
use crate::error::CommandError;
use crate::output;
use ending::Ending;
use json::Json;
use live::{Live, Pace};
use plain::Plain;

/// Says something on standard error, without harm to what is shown.
pub(crate) type Notes = Arc<dyn Fn(&str) + Send + Sync>;

/// Shows one run.
pub(crate) trait Reporter: Observer {
    /// Returns the way to tell the person something on standard error while the run goes on.
    fn notes(&self) -> Notes {
        Arc::new(output::note)
    }

    /// Shows what the run came to.
    fn end(self: Box<Self>, ending: &Ending<'_>) -> Result<(), CommandError>;
}

impl Observer for Box<dyn Reporter> {
    fn notice(&mut self, notice: Notice<'_>) {
        self.as_mut().notice(notice);
    }
}

/// Returns the reporter for a format. `jobs` are the names of the jobs, in the order of the plan; `store` has the
/// earlier runs, which only tell what is slow.
pub(crate) fn reporter(format: Format, jobs: &[&str], store: &Reader) -> Box<dyn Reporter> {
    match format {
        Format::Json => Box::new(Json::default()),
        Format::Text if live::is_watched() => Box::new(Live::new(jobs, Pace::of(store).unwrap_or_default())),
        Format::Text => Box::new(Plain::new(jobs)),
    }
}

/// Shows what a run came to, with what its jobs have left in the store. Reports come as jobs wrote them; only here
/// `secrets` are taken out.
pub(crate) fn end(
    reporter: Box<dyn Reporter>,
    summary: &Summary,
    store: Option<&Reader>,
    secrets: &Secrets,
) -> Result<(), CommandError> {
    let tests = store
        .map(|store| junit::of_run(store, summary).masked(secrets))
        .unwrap_or_default();
    let scans = store
        .map(|store| scans::of_run(store, summary))
        .unwrap_or_default();
    let scans = scans.into_iter().map(|scan| scan.masked(secrets)).collect();
    reporter.end(&Ending {
        summary,
        tests,
        scans,
    })
}
