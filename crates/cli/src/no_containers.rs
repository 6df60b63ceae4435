//! In the place of [`containers`](self) where gantry was built without the feature `docker`.

use std::path::{Path, PathBuf};

use gantry_engine::{Options, Resumption, Venue, venues};
use gantry_language::plan::Plan;
use gantry_runner::{ExecutorChoice, Settings};

use crate::error::CommandError;
use crate::places::Places;
use crate::refusal::unknown_name;

/// What decides where jobs run.
pub(crate) const USUAL_EXECUTOR: ExecutorChoice = ExecutorChoice::Shell;

pub(crate) struct Containers;

/// Nothing can be said of an engine.
pub(crate) struct DockerFile {
    pub(crate) image: Option<String>,
}

impl DockerFile {
    pub(crate) fn of(_root: &Path) -> Result<DockerFile, CommandError> {
        Ok(DockerFile { image: None })
    }
}

impl Containers {
    pub(crate) fn new(_file: DockerFile, _owners: PathBuf) -> Containers {
        Containers
    }

    /// Refuses a pipeline that has jobs for containers; there is never an engine to be found.
    #[expect(clippy::unused_self, reason = "the other build's needs it")]
    pub(crate) fn open(
        &mut self,
        plan: &Plan,
        options: &Options,
        resumption: Option<&Resumption>,
    ) -> Result<bool, CommandError> {
        let venues = venues(plan, options, resumption);
        for (job, venue) in venues.map_err(|error| unknown_name(&error))? {
            if let Venue::Container { image } = venue {
                let message = format!(
                    "job `{}` runs in image `{image}`, and this gantry was built without containers\n  --> {}",
                    job.name, job.place
                );
                return Err(CommandError::world(message)
                    .hint("--executor shell runs such jobs here, without their images and services")
                    .hint("gantry run JOB… runs other jobs only"));
            }
        }
        Ok(false)
    }

    #[expect(clippy::unused_self, reason = "the other build's needs it")]
    pub(crate) fn equip(&self, settings: Settings) -> Settings {
        settings
    }

    pub(crate) fn close(self) {}
}

pub(crate) fn remove_leftovers(_places: &Places) {}
