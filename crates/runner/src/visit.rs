//! A person in the place of a job: its work tree and its variables, and no script.
//!
//! Work trees are used again, so the one that a job has left may be another job's by now. Each carries the mark of the
//! job that had it last: where that is still the one that is asked for, the tree is shown as it was left; otherwise a
//! fresh one is made of the same commit and the same artifacts, in a place of its own, so that nobody's tree is lost
//! by looking.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use gantry_git::GitError;
use gantry_protocol::payload::{Dependency, JobPayload};
use gantry_protocol::steering::Strategy;

use crate::archive::Stop;
use crate::archive::extract::{Limits, extract};
use crate::carry_out::project_of;
#[cfg(feature = "docker")]
use crate::docker::{self, VisitContainer};
use crate::executor::{Kind, Places};
use crate::job::runner_variables;
use crate::refuse;
use crate::settings::Settings;
use crate::slot::{self, Slot};
use crate::sources::Sources;
use crate::variables::Variables;

/// What a job that says nothing of it may take.
const DEFAULT_TIMEOUT_SECS: u64 = 7200;

/// Where a visit takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    /// Everything is as the job left it.
    AsLeft,
    /// Another job has the tree by now; this one is made anew.
    Fresh,
    /// It worked in the user's own folder, which is as it is.
    InPlace,
}

#[derive(Debug, thiserror::Error)]
pub enum VisitError {
    #[error(transparent)]
    Git(#[from] GitError),
    #[error("{0}")]
    NotSupported(String),
    #[error("the artifacts of `{job}` cannot be unpacked: {problem}")]
    Artifacts { job: String, problem: String },
    #[error("cannot prepare `{}`", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// A work tree that belongs to a person for as long as this lives. What was written for the visit alone, the values of
/// file variables, is gone afterwards.
#[derive(Debug)]
pub struct Visit {
    slot: Slot,
    variables: Variables,
    tree: Tree,
    /// Where file variables are written, which may be elsewhere for who reads them.
    files: PathBuf,
    /// The job ran in a container, and so does the visit.
    #[cfg(feature = "docker")]
    pub container: Option<VisitContainer>,
    /// The jobs whose archives are not there any more.
    pub missing: Vec<String>,
}

impl Visit {
    /// Prepares the work tree of a payload. Fresh trees are made below `fresh_root`, of the `archives` of the jobs before
    /// this one, by the payload's ids.
    pub fn new(
        payload: &JobPayload,
        settings: &Settings,
        fresh_root: &Path,
        archives: &[(i64, PathBuf)],
    ) -> Result<Visit, VisitError> {
        let project = project_of(payload, settings);
        let refused = |error: slot::SlotError| VisitError::NotSupported(error.to_string());
        if let Some(folder) = &settings.in_place {
            let slot = Slot::in_place(&settings.builds_root, folder).map_err(refused)?;
            slot.clear_temporary().map_err(refused)?;
            let visit = Visit::in_slot(payload, settings, slot, Tree::InPlace);
            visit.write_files()?;
            return Ok(visit);
        }
        let left = Slot::find(&settings.builds_root, &project, &mark(payload)).map_err(refused)?;
        let (slot, tree) = match left.filter(|slot| slot.project_dir.is_dir()) {
            Some(slot) => (slot, Tree::AsLeft),
            None => (Slot::take(fresh_root, &project).map_err(refused)?, Tree::Fresh),
        };
        slot.clear_temporary().map_err(refused)?;
        let mut visit = Visit::in_slot(payload, settings, slot, tree);
        if tree == Tree::Fresh {
            visit.lay_out(payload)?;
            visit.bring_in(payload, settings, archives)?;
        }
        visit.write_files()?;
        Ok(visit)
    }

    fn in_slot(payload: &JobPayload, settings: &Settings, slot: Slot, tree: Tree) -> Visit {
        let limit = limit_secs(payload);
        let kind = Kind::of(payload, settings.executor);
        let (places, files) = match kind {
            Kind::Shell => (Places::of(&slot), slot.temporary_dir.clone()),
            #[cfg(feature = "docker")]
            Kind::Docker => (docker::places(&slot), docker::visit::temporary_dir(&slot)),
        };
        let list = runner_variables(payload, slot.number, kind, &places, limit);
        let variables = Variables::new(list, &places.temporary_dir);
        #[cfg(feature = "docker")]
        let container = (kind == Kind::Docker)
            .then(|| VisitContainer::new(payload, &settings.docker, &slot, &places, &variables))
            .flatten();
        Visit {
            slot,
            variables,
            tree,
            files,
            #[cfg(feature = "docker")]
            container,
            missing: Vec::new(),
        }
    }

    pub fn tree(&self) -> Tree {
        self.tree
    }

    pub fn directory(&self) -> &Path {
        &self.slot.project_dir
    }

    /// Returns the variables that the job's scripts saw, those of files as paths.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.variables.exports()
    }

    fn lay_out(&self, payload: &JobPayload) -> Result<(), VisitError> {
        let folder = &self.slot.project_dir;
        slot::remove(folder).map_err(at(folder))?;
        let steering =
            refuse::steering(&self.variables).map_err(|halt| VisitError::NotSupported(halt.message()))?;
        match refuse::strategy(payload, &steering) {
            Strategy::None | Strategy::Empty => fs::create_dir_all(folder).map_err(at(folder)),
            Strategy::Fetch | Strategy::Clone => {
                let sources = Sources::new(payload, &self.variables, &steering);
                Ok(sources.lay_out(folder, &Stop::default()).map(drop)?)
            }
        }
    }

    fn bring_in(
        &mut self,
        payload: &JobPayload,
        settings: &Settings,
        archives: &[(i64, PathBuf)],
    ) -> Result<(), VisitError> {
        let limits = Limits {
            bytes: settings.extract_limit_bytes,
            entries: settings.extract_limit_entries,
        };
        let left_something = |dependency: &&Dependency| dependency.artifacts_file.is_some();
        for dependency in payload.dependencies.iter().filter(left_something) {
            let archive = archives.iter().find(|(id, _)| *id == dependency.id);
            let Some((_, archive)) = archive.filter(|(_, path)| path.is_file()) else {
                self.missing.push(dependency.name.clone());
                continue;
            };
            extract(archive, &self.slot.project_dir, limits, &Stop::default()).map_err(|error| {
                VisitError::Artifacts {
                    job: dependency.name.clone(),
                    problem: error.to_string(),
                }
            })?;
        }
        Ok(())
    }

    fn write_files(&self) -> Result<(), VisitError> {
        fs::create_dir_all(&self.files).map_err(at(&self.files))?;
        for (path, content) in self.variables.files() {
            let path = self.files.join(path.file_name().unwrap_or_default());
            let mut options = File::options();
            options.write(true).create_new(true).mode(0o600);
            options
                .open(&path)
                .and_then(|mut file| file.write_all(content.as_bytes()))
                .map_err(at(&path))?;
        }
        Ok(())
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        // Whoever takes the slot next empties the folder, too.
        let _ = self.slot.clear_temporary();
    }
}

/// Returns what a job may take.
pub(crate) fn limit_secs(payload: &JobPayload) -> u64 {
    u64::try_from(payload.runner_info.timeout).unwrap_or(DEFAULT_TIMEOUT_SECS)
}

/// Returns what tells one attempt at a job from all others, also from those of a store that was begun anew.
pub(crate) fn mark(payload: &JobPayload) -> String {
    let started = payload
        .variables
        .iter()
        .rfind(|variable| variable.key == "CI_JOB_STARTED_AT");
    let started = started.map_or("", |variable| &variable.value);
    format!("{} {} {started}\n", payload.job_info.pipeline_id, payload.id)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> VisitError {
    move |source| VisitError::Io {
        path: path.to_owned(),
        source,
    }
}
