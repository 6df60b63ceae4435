//! Where the demonstration keeps its things.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf, absolute};

use crate::error::CommandError;
use crate::places;

/// A path that is longer cannot be a socket's.
const LONGEST_SOCKET: usize = 100;

/// The repository, the host's folder, the votes.
#[derive(Debug, Clone)]
pub(super) struct DemoFolder {
    root: PathBuf,
}

impl DemoFolder {
    /// Returns what `-C` names, or the place that is the user's.
    pub(super) fn find(directory: Option<&Path>) -> Result<DemoFolder, CommandError> {
        let root = match directory {
            Some(directory) => absolute(directory).map_err(|error| {
                CommandError::usage(format!("cannot use `{}`", directory.display())).because(&error)
            })?,
            None => places::demo().ok_or_else(|| {
                CommandError::world("cannot tell where to keep the demonstration")
                    .hint("set HOME or XDG_STATE_HOME, or name a folder with -C")
            })?,
        };
        Ok(DemoFolder { root })
    }

    pub(super) fn at(root: &Path) -> DemoFolder {
        DemoFolder {
            root: root.to_owned(),
        }
    }

    /// Makes the folder, which nobody else may look into.
    pub(super) fn make(&self) -> Result<(), CommandError> {
        if self.host().join("host.socket").as_os_str().len() > LONGEST_SOCKET {
            return Err(CommandError::usage(format!(
                "the path `{}` is too long for a socket",
                self.root.display()
            ))
            .hint("name a shorter one with -C"));
        }
        let failed = |error| self.failed("make", &error);
        let somebody_elses = self.root.exists() && !self.host().exists();
        if somebody_elses && fs::read_dir(&self.root).map_err(failed)?.next().is_some() {
            return Err(CommandError::usage(format!(
                "`{}` has files that are not of a demonstration",
                self.root.display()
            ))
            .hint("name another folder with -C"));
        }
        for folder in [self.host(), self.project()] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(failed)?;
        }
        Ok(())
    }

    pub(super) fn failed(&self, what: &str, error: &dyn std::error::Error) -> CommandError {
        CommandError::world(format!("cannot {what} `{}`", self.root.display())).because(error)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The repository.
    pub(super) fn project(&self) -> PathBuf {
        self.root.join("project")
    }

    /// The host's socket and its releases.
    pub(super) fn host(&self) -> PathBuf {
        self.root.join("host")
    }

    pub(super) fn host_log(&self) -> PathBuf {
        self.host().join("log")
    }

    /// The votes.
    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }
}
