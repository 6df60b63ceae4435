//! The folder a pipeline is about, and what git knows about it.
//!
//! [`Project::open`] finds out where the repository is without starting git; everything else is asked when
//! it is needed and at most once. Three kinds of folder are alike to the callers: the top of a work tree, a
//! folder below it (then only that sub-tree is the project), and a folder git knows nothing about.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::command::Call;
use crate::directory::{GitDirectory, ObjectFormat};
use crate::facts::{Configuration, Head};
use crate::status::{self, Status};
use crate::{Git, GitError};

/// A folder with, usually, a git repository around it.
#[derive(Debug)]
pub struct Project {
    pub(crate) git: Git,
    pub(crate) root: PathBuf,
    pub(crate) repository: Option<Repository>,
}

/// The repository a project lies in.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) git: Git,
    /// The top of the work tree.
    pub(crate) top: PathBuf,
    /// The project's folder below the top: empty, or ending in `/`.
    pub(crate) prefix: Vec<u8>,
    pub(crate) directory: GitDirectory,
    pub(crate) head: OnceLock<Head>,
    pub(crate) configuration: OnceLock<Configuration>,
    _scratch: tempfile::TempDir,
}

impl Project {
    /// Opens the project whose files lie below `root`.
    pub fn open(root: &Path) -> Result<Project, GitError> {
        Project::open_with(Git::new(), root)
    }

    /// [`Project::open`] with a given git.
    pub fn open_with(git: Git, root: &Path) -> Result<Project, GitError> {
        let root = root.canonicalize().map_err(GitError::io("open", root))?;
        let repository = Repository::around(&git, &root)?;
        Ok(Project {
            git,
            root,
            repository,
        })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns whether the project lies in a git repository, with or without a commit.
    pub fn has_repository(&self) -> bool {
        self.repository.is_some()
    }

    /// Returns whether the history is cut off, so that older commits are unknown.
    pub fn is_shallow(&self) -> bool {
        self.repository
            .as_ref()
            .is_some_and(|repository| repository.directory.shallow().is_some())
    }

    /// Returns whether any file of the project differs from HEAD, is untracked, or is gone.
    pub fn is_dirty(&self) -> Result<bool, GitError> {
        match &self.repository {
            Some(repository) => Ok(!repository.status()?.entries.is_empty()),
            None => Ok(false),
        }
    }
}

impl Repository {
    /// Finds the work tree `root` lies in.
    ///
    /// Only finds: later calls let git discover it again from `root`, because that is when git checks
    /// whether the repository's owner may tell this user's git which programs to run.
    fn around(git: &Git, root: &Path) -> Result<Option<Repository>, GitError> {
        let found = root
            .ancestors()
            .find_map(|top| GitDirectory::of_work_tree(top).map(|directory| (top, directory)));
        let Some((top, directory)) = found else {
            return match GitDirectory::at(root.to_owned()) {
                Some(_) => Err(GitError::Bare {
                    root: root.to_owned(),
                }),
                None => Ok(None),
            };
        };
        let below = root.strip_prefix(top).unwrap_or(Path::new(""));
        let mut prefix = below.as_os_str().as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let scratch = tempfile::Builder::new()
            .prefix("gantry-lfs-")
            .tempdir()
            .map_err(GitError::io("make a folder in", &std::env::temp_dir()))?;
        let repository = Repository {
            // Looking at a changed file of Git LFS makes it keep a copy, by default next to the user's objects.
            git: git.clone().with_setting("lfs.storage", scratch.path()),
            top: top.to_owned(),
            prefix,
            directory,
            head: OnceLock::new(),
            configuration: OnceLock::new(),
            _scratch: scratch,
        };
        let foreign = repository.is_part() && repository.ignores(root)?;
        Ok((!foreign).then_some(repository))
    }

    /// Returns whether the project is a folder below the top.
    pub(crate) fn is_part(&self) -> bool {
        !self.prefix.is_empty()
    }

    /// A folder the repository around it ignores, such as any folder in a home directory that is kept in
    /// git for its dot files, is no part of that repository.
    fn ignores(&self, root: &Path) -> Result<bool, GitError> {
        let asked = self.git.call(root, ["check-ignore", "--quiet", "."]);
        // The one command that does not accept the setting.
        let ignored = asked.variable("GIT_LITERAL_PATHSPECS", "0").answer()?.is_some();
        Ok(ignored && self.git.call(root, ["ls-files", "-z"]).run()?.stdout.is_empty())
    }

    /// Begins a call at the top of the work tree.
    pub(crate) fn call<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Call {
        self.git.call(&self.top, arguments)
    }

    pub(crate) fn status(&self) -> Result<Status, GitError> {
        let mut arguments: Vec<OsString> = status::ARGUMENTS.iter().map(OsString::from).collect();
        arguments.extend(self.pathspec());
        Status::read(self.call(arguments))
    }

    /// Limits a call at the top to the project, when it is only a part.
    pub(crate) fn pathspec(&self) -> Option<OsString> {
        let folder = self.prefix.strip_suffix(b"/")?;
        Some(std::ffi::OsStr::from_bytes(folder).to_owned())
    }

    pub(crate) fn object_format(&self, head: Option<&str>) -> Result<ObjectFormat, GitError> {
        if let Some(head) = head {
            return Ok(ObjectFormat::of(head));
        }
        match self.call(["rev-parse", "--show-object-format"]).line()?.as_str() {
            "sha256" => Ok(ObjectFormat::Sha256),
            _ => Ok(ObjectFormat::Sha1),
        }
    }
}
