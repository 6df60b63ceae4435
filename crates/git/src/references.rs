//! References as git's files keep them, for questions that are not worth a process.

use std::fs;
use std::path::{Path, PathBuf};

/// The references of a repository whose git keeps them as files.
pub(crate) struct Files {
    folder: PathBuf,
    /// What is not a file of its own: `<id> <reference>` on each line.
    packed: String,
}

impl Files {
    /// Reads what there is; `None` where git keeps them in tables, whose form is its own business.
    pub(crate) fn of(common: &Path) -> Option<Files> {
        (!common.join("reftable").exists()).then(|| Files {
            folder: common.to_owned(),
            packed: fs::read_to_string(common.join("packed-refs")).unwrap_or_default(),
        })
    }

    /// Returns whether a branch is here or at `origin`.
    pub(crate) fn has_branch(&self, name: &str) -> bool {
        self.has(&format!("refs/heads/{name}")) || self.has(&format!("refs/remotes/origin/{name}"))
    }

    fn has(&self, reference: &str) -> bool {
        let packed = || {
            let mut lines = self.packed.lines();
            lines.any(|line| line.split_once(' ').is_some_and(|(_, name)| name == reference))
        };
        self.folder.join(reference).is_file() || packed()
    }
}
