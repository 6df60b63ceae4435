//! `gantry run --dry-run`: what would run, be kept and be held. Nothing is started, and nothing is stored.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gantry_engine::{Forecast, Prospect, RunRequest, Venue, forecast};
use serde_json::json;

use super::heading::heading;
use crate::args::{Format, Global};
use crate::error::{CommandError, Exit};
use crate::output::{self, padded, style::*, width};
use crate::question::Question;
use crate::refusal::unknown_name;

/// Prints what the request would come to.
pub(crate) fn dry_run(
    global: &Global,
    question: &Question,
    request: &RunRequest,
) -> Result<Exit, CommandError> {
    let jobs = forecast(request).map_err(|error| unknown_name(&error))?;
    match global.format {
        Format::Json => output::print_json(&json(request, &jobs))?,
        Format::Text => output::print(&format!("{}{}", heading(question), text(request, &jobs)))?,
    }
    Ok(Exit::Success)
}

fn json(request: &RunRequest, jobs: &[Forecast]) -> serde_json::Value {
    let jobs: Vec<_> = jobs
        .iter()
        .map(|forecast| {
            let venue = venue(request, &forecast.job);
            json!({
                "name": forecast.job,
                "stage": forecast.stage,
                "prospect": forecast.prospect.as_str(),
                "because": forecast.prospect.because(),
                "asks_first": asks_first(request, &forecast.job),
                "executor": venue.map(|venue| venue.as_str()),
                "image": venue.as_ref().and_then(Venue::image),
            })
        })
        .collect();
    let resumes = request.resumption.as_ref().map(|resumption| resumption.from.0);
    json!({ "version": 1, "resumes": resumes, "jobs": jobs })
}

fn venue<'a>(request: &'a RunRequest, job: &str) -> Option<Venue<'a>> {
    request.options.executor.venue(request.plan.job(job)?)
}

/// A person is asked about the job before anything starts.
fn asks_first(request: &RunRequest, job: &str) -> bool {
    let mut uncertain = request
        .resumption
        .iter()
        .flat_map(|resumption| &resumption.uncertain);
    uncertain.any(|uncertain| uncertain.job == job)
}

fn text(request: &RunRequest, jobs: &[Forecast]) -> String {
    let mut out = String::new();
    if let Some(resumption) = &request.resumption {
        let _ = writeln!(out, "{BOLD}resumes{RESET}   run {}", resumption.from);
    }
    let wide = width(jobs.iter().map(|forecast| forecast.job.as_str()), 40);
    let mut stage = None;
    for forecast in jobs {
        if stage != Some(&forecast.stage) {
            let _ = writeln!(out, "\n{BOLD}{}{RESET}", forecast.stage);
            stage = Some(&forecast.stage);
        }
        let color = match forecast.prospect {
            Prospect::Runs { .. } => GREEN,
            Prospect::Kept { .. } | Prospect::Skipped { .. } => DIM,
            Prospect::Held { .. } | Prospect::Waits { .. } => YELLOW,
        };
        let mut because = forecast.prospect.because().unwrap_or_default();
        let runs = matches!(forecast.prospect, Prospect::Runs { .. });
        let venue = venue(request, &forecast.job).filter(|_| runs);
        if let Some(image) = venue.and_then(|venue| venue.image()) {
            let joint = if because.is_empty() { "" } else { "; " };
            because = format!("in image {image}{joint}{because}");
        }
        if asks_first(request, &forecast.job) {
            because.push_str("; it was stopped half-way, so a person is asked first");
        }
        let line = format!(
            "  {color}{}{RESET}  {}  {because}",
            padded(forecast.prospect.as_str(), 7),
            padded(&forecast.job, wide)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(out, "\n{DIM}nothing was started{RESET}");
    out
}

/// A folder for a snapshot that nobody keeps; gone when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Result<Scratch, CommandError> {
        let path = std::env::temp_dir().join(format!("gantry-dry-run-{}", std::process::id()));
        // Left by a process of the same number that was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(|error| {
            CommandError::world(format!("cannot make `{}`", path.display())).because(&error)
        })?;
        Ok(Scratch(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // It is a temporary folder; whoever cleans those finds it.
        let _ = fs::remove_dir_all(&self.0);
    }
}
