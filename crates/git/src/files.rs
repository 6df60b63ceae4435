//! Which files a job would see, without taking a snapshot of them.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::command::records;
use crate::directory::{Layout, ObjectFormat};
use crate::{GitError, Project};

impl Project {
    /// Returns the paths of the project's files, relative to its root, in order.
    ///
    /// Tracked and untracked-not-ignored ones, without those that were deleted. A folder without git has no
    /// tracked ones, but its `.gitignore` files count.
    pub fn tree_paths(&self) -> Result<Vec<String>, GitError> {
        let arguments = [
            "ls-files",
            "-z",
            "-t",
            "--cached",
            "--others",
            "--deleted",
            "--exclude-standard",
            "--",
        ];
        let listed = match &self.repository {
            Some(repository) => {
                let arguments = arguments
                    .map(OsString::from)
                    .into_iter()
                    .chain(repository.pathspec());
                repository.call(arguments).run()?.stdout
            }
            None => {
                let repository =
                    tempfile::tempdir().map_err(GitError::io("make a folder in", &std::env::temp_dir()))?;
                Layout::bare(ObjectFormat::Sha1).write(repository.path())?;
                let call = self.git.call(&self.root, arguments);
                call.variable("GIT_DIR", repository.path())
                    .variable("GIT_WORK_TREE", &self.root)
                    .run()?
                    .stdout
            }
        };
        Ok(self.present_paths(&listed))
    }

    /// Each record is a letter and a path: `R` is one that was removed, and is listed a second time for it.
    fn present_paths(&self, listed: &[u8]) -> Vec<String> {
        let (mut present, mut removed) = (BTreeSet::new(), Vec::new());
        for record in records(listed) {
            match record {
                [b'R', b' ', path @ ..] => removed.push(path),
                // An untracked repository: git does not look inside.
                [_, b' ', path @ ..] if !path.ends_with(b"/") => {
                    present.insert(path);
                }
                _ => {}
            }
        }
        for path in removed {
            present.remove(path);
        }
        let shown = |path: &[u8]| match &self.repository {
            Some(repository) => repository.in_project(path),
            None => String::from_utf8_lossy(path).into_owned(),
        };
        present.into_iter().map(shown).collect()
    }
}
