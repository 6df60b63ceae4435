//! Containers for jobs that ask for one: the engine that makes them, whose they are, and what dead runs left of theirs.
//!
//! The engine is asked once, before anything of a run starts, and only where a job of it runs in a container. A child
//! pipeline that a job generates may be the first to need it.

use std::future::Future;
use std::path::{Path, PathBuf};

use gantry_engine::{Executor, Options, Resumption, Venue, venues};
use gantry_language::plan::Plan;
use gantry_runner::docker::{self, DeadOwner, DockerError, DockerSettings, Owner};
use gantry_runner::{ExecutorChoice, Settings};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

pub(crate) use crate::docker_file::DockerFile;
use crate::error::CommandError;
use crate::output;
use crate::places::Places;
use crate::refusal::unknown_name;

/// What a run needs for its jobs in containers, which is no engine where it has none.
pub(crate) struct Containers {
    file: DockerFile,
    /// Where owners of containers say that they live.
    owners: PathBuf,
    engine: Option<Engine>,
}

/// The engine that answers, and the owner of what is made with it.
pub(crate) struct Engine {
    executor: ExecutorChoice,
    pub(crate) settings: DockerSettings,
    owner: Owner,
}

/// What decides where jobs run, unless somebody says otherwise.
pub(crate) const USUAL_EXECUTOR: ExecutorChoice = ExecutorChoice::Auto;

impl Engine {
    /// Asks for the engine. What it means that none answers is for the caller to say.
    pub(crate) fn find(
        executor: &Executor,
        file: &DockerFile,
        owners: &Path,
    ) -> Result<Result<Engine, DockerError>, CommandError> {
        let mut settings = match wait_for(docker::answering(settings(file)))? {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error)),
        };
        let owner = Owner::new(owners, &settings).map_err(|error| {
            CommandError::world(format!("cannot write `{}`", owners.display())).because(&error)
        })?;
        settings.owner = owner.label();
        let executor = match executor {
            Executor::Docker { .. } => ExecutorChoice::Docker,
            Executor::Auto { .. } | Executor::Shell => ExecutorChoice::Auto,
        };
        Ok(Ok(Engine {
            executor,
            settings,
            owner,
        }))
    }

    /// Returns settings with which a runner has jobs in containers.
    pub(crate) fn equip(&self, settings: Settings) -> Settings {
        Settings {
            executor: self.executor,
            docker: self.settings.clone(),
            ..settings
        }
    }

    /// Removes what is left where nobody had time to do so. What cannot be removed now a later command finds.
    pub(crate) fn close(self) {
        let Engine { settings, owner, .. } = self;
        let _ = wait_for(owner.close(&settings));
    }
}

impl Containers {
    pub(crate) fn new(file: DockerFile, owners: PathBuf) -> Containers {
        Containers {
            file,
            owners,
            engine: None,
        }
    }

    /// Finds the engine once a pipeline has jobs for one, and returns true when it was found now. Where none answers,
    /// nothing is to start.
    pub(crate) fn open(
        &mut self,
        plan: &Plan,
        options: &Options,
        resumption: Option<&Resumption>,
    ) -> Result<bool, CommandError> {
        if self.engine.is_some() {
            return Ok(false);
        }
        let jobs = in_containers(plan, options, resumption)?;
        if jobs.is_empty() {
            return Ok(false);
        }
        let found = Engine::find(&options.executor, &self.file, &self.owners)?;
        self.engine = Some(found.map_err(|error| no_engine(&jobs, &error))?);
        Ok(true)
    }

    /// Returns settings with which a runner carries out jobs.
    pub(crate) fn equip(&self, settings: Settings) -> Settings {
        match &self.engine {
            None => settings,
            Some(engine) => engine.equip(settings),
        }
    }

    /// Removes what is left where jobs had no time to do so themselves.
    pub(crate) fn close(self) {
        if let Some(engine) = self.engine {
            engine.close();
        }
    }
}

/// Removes what runs have left that died, of whatever project they were. Their engine may not be there now; another
/// command will find it.
pub(crate) fn remove_leftovers(places: &Places) {
    let dead = DeadOwner::find(&places.owners).unwrap_or_default();
    if dead.is_empty() {
        return;
    }
    let environment = DockerSettings::from_environment(|name| std::env::var(name).ok());
    let removed = wait_for(async {
        let mut removed = 0;
        for owner in dead {
            removed += owner.remove_leftovers(&environment).await.unwrap_or(0);
        }
        removed
    });
    if let Ok(removed @ 1..) = removed {
        output::note(&format!(
            "note: removed {removed} containers and networks of runs that died\n"
        ));
    }
}

pub(crate) fn settings(file: &DockerFile) -> DockerSettings {
    let mut settings = DockerSettings::from_environment(|name| std::env::var(name).ok());
    settings.default_image.clone_from(&file.image);
    settings.volumes.clone_from(&file.volumes);
    settings.privileged = file.privileged;
    settings.services_privileged = file.services_privileged;
    if !file.pull_policy.is_empty() {
        settings.pull_policy.clone_from(&file.pull_policy);
    }
    settings
}

/// Says of each job that runs in a container what it is, as an error would.
fn in_containers(
    plan: &Plan,
    options: &Options,
    resumption: Option<&Resumption>,
) -> Result<Vec<String>, CommandError> {
    let venues = venues(plan, options, resumption).map_err(|error| unknown_name(&error))?;
    Ok(venues
        .into_iter()
        .filter_map(|(job, venue)| match venue {
            Venue::Shell => None,
            Venue::Container { image } => Some(format!(
                "job `{}` runs in image `{image}`, and there is no engine for it\n  --> {}",
                job.name, job.place
            )),
        })
        .collect())
}

fn no_engine(jobs: &[String], error: &DockerError) -> CommandError {
    CommandError::world(jobs.join("\nerror: "))
        .because(error)
        .hint("start Docker or Podman, or say where it is with DOCKER_HOST")
        .hint("--executor shell runs these jobs here, without their images and services")
        .hint("gantry run JOB… runs other jobs only")
}

/// Waits for an engine. A run that goes on already, whose child is the first to need one, waits as well.
fn wait_for<F: Future>(answer: F) -> Result<F::Output, CommandError> {
    if let Ok(runtime) = Handle::try_current() {
        return Ok(block_in_place(|| runtime.block_on(answer)));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    Ok(runtime.block_on(answer))
}
