//! The stage that makes the work tree a checkout of the job's commit.
//!
//! Objects are borrowed from a repository on this machine, so nothing is fetched and there is always the whole history.
//! Only a submodule of which there is nothing on this machine is cloned.

use std::fs;
use std::path::Path;

use gantry_git::GitError;
use gantry_git::submodules::{LaidOut, Origin};
use gantry_git::worktree::Prepared;
use gantry_protocol::Coordinator;
use gantry_protocol::steering::{Steering, Strategy};

use super::Job;
use crate::archive::Stop;
use crate::executor::Environment;
use crate::outcome::Halt;
use crate::refuse;
use crate::slot;
use crate::sources::Sources;

const PRE_GET_SOURCES: &str = "pre_get_sources_script";
const POST_GET_SOURCES: &str = "post_get_sources_script";

impl<C: Coordinator> Job<'_, C> {
    pub(super) async fn get_sources<E: Environment>(&self, environment: &E) -> Result<(), Halt> {
        if let Some(folder) = &self.settings.in_place {
            return self.work_in_place(folder).await;
        }
        let steering = &refuse::steering(&self.variables)?;
        let strategy = refuse::strategy(self.payload, steering);
        self.stage(
            "get_sources",
            "Getting source from Git repository",
            |stop| async move {
                let outside = self
                    .places
                    .project_dir
                    .parent()
                    .unwrap_or(&self.places.project_dir)
                    .to_owned();
                self.hook(environment, PRE_GET_SOURCES, &outside).await?;
                let stop = &stop;
                self.attempt("GET_SOURCES_ATTEMPTS", |attempt| async move {
                    let again = attempt > 1;
                    match strategy {
                        Strategy::None => self.keep_files().await,
                        Strategy::Empty => self.empty_folder().await,
                        Strategy::Fetch => self.check_out(steering, again, stop).await,
                        Strategy::Clone => self.check_out(steering, true, stop).await,
                    }
                })
                .await?;
                if self.has_hook(POST_GET_SOURCES) {
                    environment.put_work_tree(stop).await?;
                }
                self.hook(environment, POST_GET_SOURCES, &self.places.project_dir)
                    .await
            },
        )
        .await
    }

    async fn keep_files(&self) -> Result<(), Halt> {
        self.trace.line("Skipping Git repository setup");
        self.trace.line("Skipping Git checkout");
        self.folder(false).await
    }

    async fn work_in_place(&self, folder: &Path) -> Result<(), Halt> {
        self.stage(
            "get_sources",
            "Getting source from Git repository",
            |_| async move {
                self.trace.line(&format!(
                    "Working in {} as it is: nothing is checked out, cleaned or restored",
                    folder.display()
                ));
                if !self.payload.cache.is_empty() {
                    self.trace
                        .line("Caches are neither restored nor saved: their files are in place");
                }
                Ok(())
            },
        )
        .await
    }

    async fn empty_folder(&self) -> Result<(), Halt> {
        self.trace
            .line("Skipping Git repository setup and creating an empty build directory");
        self.folder(true).await
    }

    async fn folder(&self, empty: bool) -> Result<(), Halt> {
        let made = self.blocking(move |slot| {
            if empty {
                slot::remove(&slot.project_dir)?;
            }
            fs::create_dir_all(&slot.project_dir)
        });
        made.await?
            .map_err(|error| Halt::system(format!("cannot make the project directory: {error}")))
    }

    async fn check_out(&self, steering: &Steering, afresh: bool, stop: &Stop) -> Result<(), Halt> {
        let checkout = self
            .variables
            .get("GIT_CHECKOUT")
            .is_none_or(|_| self.variables.is_true("GIT_CHECKOUT"));
        if !checkout && !afresh && self.slot.project_dir.join(".git").is_dir() {
            self.trace.line("Skipping Git checkout");
            return Ok(());
        }
        if !checkout {
            self.trace
                .warning("GIT_CHECKOUT is off, but there is no earlier checkout to keep: making one");
        }
        let git_info = &self.payload.git_info;
        let short = git_info.sha.get(..8).unwrap_or(&git_info.sha);
        self.trace.line(&format!(
            "Checking out {short} as detached HEAD (ref is {})...",
            git_info.git_ref
        ));
        let sources = Sources::new(self.payload, &self.variables, steering);
        let (overlaid, wish) = (sources.has_overlay(), sources.submodules.clone());
        let stop = stop.clone();
        let prepared: Result<Prepared, Halt> = self
            .blocking(move |slot| {
                if afresh {
                    slot::remove(&slot.project_dir).map_err(|error| {
                        Halt::system(format!("cannot empty the project directory: {error}"))
                    })?;
                }
                sources
                    .lay_out(&slot.project_dir, &stop)
                    .map_err(|error| git_failed(&error))
            })
            .await?;
        let prepared = prepared?;
        if prepared.fresh {
            self.trace.notice("Created fresh repository.");
        }
        if overlaid {
            self.trace.line("Laid uncommitted changes over it");
        }
        match wish {
            None => self.trace.line("Skipping Git submodules setup"),
            Some(wish) => {
                let how = if wish.nested { " recursively" } else { "" };
                self.trace.line(&format!("Updating Git submodules{how}..."));
                for submodule in &prepared.submodules {
                    self.trace.line(&described(submodule));
                }
            }
        }
        Ok(())
    }
}

fn described(submodule: &LaidOut) -> String {
    let short = submodule.sha.get(..8).unwrap_or(&submodule.sha);
    let from = match &submodule.from {
        Origin::Checkout { dirty: false } => "as it is checked out".to_owned(),
        Origin::Checkout { dirty: true } => "as it is checked out, with uncommitted changes".to_owned(),
        Origin::Kept => "from the repository that git keeps of it".to_owned(),
        Origin::Clone { url } => format!("cloned from {url}"),
    };
    format!("Submodule {} at {short}, {from}", submodule.path)
}

/// Joins the causes, since a log line is read without its programmer.
fn git_failed(error: &GitError) -> Halt {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message.push_str(&format!(": {error}"));
        cause = error.source();
    }
    Halt::system(message)
}
