//! Where a job's scripts run: the contract between a job and whoever runs its scripts.
//!
//! An [`Environment`] belongs to one job and lives like this:
//!
//! ```text
//! made ─> prepare ─> write_files ─> [ put_work_tree ─> run … ] ─> take ─> remove
//! ```
//!
//! - *Made* it has done nothing to the world. [`Environment::prepare`] does: it pulls, creates, connects.
//! - The work tree is always made on this machine, by the job. An environment that does not see this machine's files
//!   gets a copy of it with [`Environment::put_work_tree`], as often as the job has changed it, and hands back what is
//!   wanted of it with [`Environment::take`]. One that does see them has nothing to copy.
//! - [`Environment::run`] runs one script in a shell of its own. When it returns, no process that the script started is
//!   left; what the script did to files is still there for the next one.
//! - [`Environment::remove`] is always called, also after a `prepare` that failed or was left half-way, and leaves
//!   nothing. An environment that is dropped without it does its best, and the next start of the runner does the rest.
//!
//! Calls for one environment do not overlap, except that a `prepare` or `run` may be dropped before it is done;
//! whoever drops it calls `remove` next. Environments of different jobs know nothing of each other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::archive::Stop;
use crate::archive::collect::Wanted;
use crate::outcome::Halt;
use crate::script::Dialect;
use crate::settings::{ExecutorChoice, Settings};
use crate::slot::Slot;
use crate::trace::Trace;
use crate::variables::Variables;

/// The folders of a job as its scripts see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) builds_root: PathBuf,
    pub(crate) project_dir: PathBuf,
    pub(crate) temporary_dir: PathBuf,
}

impl Places {
    /// Scripts see this machine's own folders.
    pub(crate) fn of(slot: &Slot) -> Places {
        Places {
            builds_root: slot.builds_root.clone(),
            project_dir: slot.project_dir.clone(),
            temporary_dir: slot.temporary_dir.clone(),
        }
    }
}

/// The executor that carries out a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Shell,
    #[cfg(feature = "docker")]
    Docker,
}

impl Kind {
    pub(crate) fn of(payload: &JobPayload, choice: ExecutorChoice) -> Kind {
        let has_image = payload.image.as_ref().is_some_and(|image| !image.name.is_empty());
        let asks = has_image || !payload.services.is_empty();
        match (choice, asks) {
            #[cfg(feature = "docker")]
            (ExecutorChoice::Docker, _) | (ExecutorChoice::Auto, true) => Kind::Docker,
            #[cfg(feature = "docker")]
            (ExecutorChoice::Auto, false) => Kind::Shell,
            (ExecutorChoice::Shell, _) => Kind::Shell,
        }
    }
}

/// What an environment needs to know of its job.
pub(crate) struct JobParts<'j> {
    pub(crate) payload: &'j JobPayload,
    pub(crate) settings: &'j Settings,
    pub(crate) trace: &'j Trace<'j>,
    pub(crate) slot: Arc<Slot>,
    pub(crate) places: Places,
}

/// How a script came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this status; 128 + n where signal n ended the shell.
    Exited(i32),
    /// The deadline passed.
    TimedOut,
    /// The coordinator wished so.
    Stopped(Wish),
}

/// When a script has to end before it is done.
pub(crate) struct Bounds {
    pub(crate) deadline: Instant,
    pub(crate) wish: watch::Receiver<Wish>,
    /// The wish that the script runs in spite of.
    pub(crate) accepted: Wish,
}

/// A place in which the scripts of one job run; see the module's documentation for its life.
pub(crate) trait Environment {
    /// The executor's name in the log.
    const NAME: &'static str;
    /// What the log calls the number with which a script ends.
    const STATUS: &'static str;
    /// What the shell that runs the scripts understands.
    const DIALECT: Dialect;

    /// Makes everything ready for the first script; gives up early where `stop` says so.
    async fn prepare(&mut self, variables: &Variables, stop: &Stop) -> Result<(), Halt>;

    /// Writes files for the scripts to read, at paths below the temporary folder as scripts see it.
    async fn write_files(&self, files: Vec<(PathBuf, String)>) -> Result<(), Halt>;

    /// Makes scripts see the work tree as it is on this machine.
    async fn put_work_tree(&self, stop: &Stop) -> Result<(), Halt>;

    /// Runs `script` in `directory`, as scripts see it, to its end, whatever that may be.
    async fn run(&self, script: &str, directory: &Path, bounds: &mut Bounds) -> Result<Ended, Halt>;

    /// Returns what a script has written to a file of the temporary folder.
    async fn read(&self, file_name: &str) -> Option<Vec<u8>>;

    /// Returns a folder of this machine that holds all files of the work tree that are wanted, as scripts left them.
    async fn take(&self, wanted: &[Wanted], stop: &Stop) -> Result<PathBuf, Halt>;

    /// Removes whatever `prepare` and the scripts have made outside the work tree.
    async fn remove(&mut self);
}

/// Returns as soon as the coordinator's wish goes beyond `accepted`; never, where it does not.
pub(crate) async fn wish_beyond(wish: &mut watch::Receiver<Wish>, accepted: Wish) -> Wish {
    let wanted = wish.wait_for(|wish| *wish > accepted).await.map(|wish| *wish);
    match wanted {
        Ok(wish) => wish,
        Err(_) => std::future::pending().await,
    }
}
