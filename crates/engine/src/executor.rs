//! Where jobs run: on this machine, or in a container.
//!
//! The choice is made once for a run and stored with it, so that a run which continues it can tell whether a result
//! came about in the same place. The runner follows the same rule by itself, from the payload it gets.

use gantry_language::plan::{Build, Plan, PlannedJob, Work};
use serde::{Deserialize, Serialize};

use crate::request::Options;
use crate::resume::Resumption;
use crate::select::{UnknownName, select, starting};

/// What carries out the jobs of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Executor {
    /// Containers for jobs that ask for one, the shell for the others.
    Auto {
        /// For jobs that have services and name no image.
        default_image: Option<String>,
    },
    /// The shell, also for jobs that name an image.
    Shell,
    /// Containers.
    Docker {
        /// For jobs that name no image.
        default_image: Option<String>,
    },
}

/// Where one job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Venue<'a> {
    Shell,
    Container { image: &'a str },
}

/// A job has to run in a container, and nobody says in which image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoImage;

impl Executor {
    /// The executor of runs that do not say: there was only one.
    pub(crate) fn before_there_was_a_choice() -> Executor {
        Executor::Shell
    }

    /// Returns where a job would run; nothing where it cannot, or where it starts a pipeline instead.
    pub fn venue<'a>(&'a self, job: &'a PlannedJob) -> Option<Venue<'a>> {
        match &job.work {
            Work::Build(build) => self.venue_of_build(build).ok(),
            Work::Trigger(_) => None,
        }
    }

    pub(crate) fn venue_of_build<'a>(&'a self, build: &'a Build) -> Result<Venue<'a>, NoImage> {
        let asks = build.image.is_some() || !build.services.is_empty();
        let default_image = match self {
            Executor::Auto { default_image } if asks => default_image,
            Executor::Docker { default_image } => default_image,
            Executor::Auto { .. } | Executor::Shell => return Ok(Venue::Shell),
        };
        let named = build.image.as_ref().map(|image| &image.name);
        let image = named.or(default_image.as_ref()).ok_or(NoImage)?;
        Ok(Venue::Container { image })
    }
}

impl Default for Executor {
    fn default() -> Executor {
        Executor::Auto { default_image: None }
    }
}

impl<'a> Venue<'a> {
    /// Returns the executor's name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Venue::Shell => "shell",
            Venue::Container { .. } => "docker",
        }
    }

    pub fn image(&self) -> Option<&'a str> {
        match self {
            Venue::Shell => None,
            Venue::Container { image } => Some(image),
        }
    }
}

/// Returns the jobs that would start, each with where it runs; what is kept of an earlier run does not start.
pub fn venues<'a>(
    plan: &'a Plan,
    options: &'a Options,
    resumption: Option<&Resumption>,
) -> Result<Vec<(&'a PlannedJob, Venue<'a>)>, UnknownName> {
    let selected = select(plan, options)?;
    let is_kept =
        |job: &PlannedJob| resumption.is_some_and(|resumption| resumption.kept(&job.name).is_some());
    let starts: Vec<&str> = starting(&selected, options)
        .filter(|job| !is_kept(job))
        .map(|job| job.name.as_str())
        .collect();
    let jobs = plan.jobs.iter().filter(|job| starts.contains(&job.name.as_str()));
    Ok(jobs
        .filter_map(|job| Some((job, options.executor.venue(job)?)))
        .collect())
}
