//! What can go wrong between us and git.
//!
//! [`GitError`] says what happened and carries the values; [`GitError::hint`] says what to try.

use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git was not found in PATH")]
    NotInstalled,

    /// Git ran and refused. `status` is `None` when a signal ended it.
    #[error("`git {command}` failed: {}", last_words(.stderr, *.status))]
    Failed {
        command: String,
        status: Option<i32>,
        stderr: String,
    },

    #[error("`git {command}` printed what this version of gantry does not understand: `{output}`")]
    Unexpected { command: String, output: String },

    /// Git's `safe.directory` protection.
    #[error("`{}` belongs to another user, so git does not read it", .root.display())]
    OwnedByAnother { root: PathBuf },

    #[error("`{}` is a bare repository, which has no files to work on", .root.display())]
    Bare { root: PathBuf },

    #[error("`{reference}` names no commit of this repository")]
    UnknownReference { reference: String },

    #[error("`{reference}` and HEAD have no commit in common")]
    NoMergeBase { reference: String, shallow: bool },

    #[error("`{path}` cannot be read")]
    Unreadable { path: String, source: io::Error },

    #[error("`{}` has no commit or tree `{object}`", .repository.display())]
    MissingObject { object: String, repository: PathBuf },

    /// A slot is emptied without mercy, so it must not be, or contain, what it is made from.
    #[error("the work tree `{}` would hold the repository `{}` it is made from", .slot.display(), .repository.display())]
    SlotHoldsRepository { slot: PathBuf, repository: PathBuf },

    #[error("`.gitmodules` has no entry for submodule `{path}`")]
    UnregisteredSubmodule { path: String },

    #[error("submodule `{path}` cannot be cloned from `{url}`")]
    SubmoduleNotCloned {
        path: String,
        url: String,
        source: Box<GitError>,
    },

    #[error("`{url}` has not answered within {limit_secs} seconds")]
    TookTooLong { url: String, limit_secs: u64 },

    #[error("what `{url}` has is larger than {limit_bytes} bytes")]
    TooLarge { url: String, limit_bytes: u64 },

    /// Whoever wanted the result has taken the wish back.
    #[error("stopped")]
    Stopped,

    #[error("cannot {action} `{}`", .path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
}

impl GitError {
    /// Returns what the user can try, where there is something to try.
    pub fn hint(&self) -> Option<String> {
        match self {
            GitError::NotInstalled => Some("install git 2.32 or newer".into()),
            GitError::OwnedByAnother { root } => Some(format!(
                "if you trust its owner: git config --global --add safe.directory '{}'",
                root.display()
            )),
            GitError::Bare { .. } => Some("clone it and work in the clone".into()),
            GitError::UnknownReference { .. } => Some("git fetch may bring it".into()),
            GitError::NoMergeBase { shallow: true, .. } => {
                Some("the clone is shallow: git fetch --unshallow brings the rest of the history".into())
            }
            GitError::Unreadable { .. } => Some("make it readable, or name it in .gitignore".into()),
            _ => None,
        }
    }

    /// Returns a closure for `map_err` that tells what was being done to which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> GitError {
        move |source| GitError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// Git's own explanation on one line, or how it ended when it said nothing.
fn last_words(stderr: &str, status: Option<i32>) -> String {
    let said = stderr
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("; ");
    match (said.is_empty(), status) {
        (false, _) => said,
        (true, Some(code)) => format!("exit status {code}"),
        (true, None) => "ended by a signal".into(),
    }
}
