//! Clones of submodules that the user does not have: bare repositories beside a slot.
//!
//! A clone has no branches, only the commits that slots asked for, each under a reference of ours: whether one is there
//! is a question to the file system. The user's own git brings them, with the user's configuration and credentials.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::command::Call;
use crate::directory::{Layout, ObjectFormat};
use crate::facts::without_credentials;
use crate::{Git, GitError};

/// What a clone is asked for.
pub(super) struct Request<'a> {
    pub(super) git: &'a Git,
    pub(super) url: &'a str,
    pub(super) sha: &'a str,
    pub(super) depth: Option<u32>,
    pub(super) stop: &'a AtomicBool,
}

impl Request<'_> {
    /// Returns a repository below `clones` that has the commit.
    pub(super) fn bring(&self, clones: &Path) -> Result<PathBuf, GitError> {
        let clone = clones.join(self.name());
        if clone.join(self.reference()).exists() {
            return Ok(clone);
        }
        if !clone.join("HEAD").exists() {
            fs::create_dir_all(&clone).map_err(GitError::io("create", &clone))?;
            Layout::bare(ObjectFormat::of(self.sha)).write(&clone)?;
        }
        let commit = format!("+{}:{}", self.sha, self.reference());
        match self.fetch(&clone, &[&commit]) {
            // Not every server hands out a commit by its id; those that do not have it below some reference.
            Err(GitError::Failed { .. }) => {
                self.fetch(
                    &clone,
                    &["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"],
                )?;
                self.call(&clone, &["update-ref", &self.reference(), self.sha])
                    .run()?;
            }
            fetched => fetched?,
        }
        Ok(clone)
    }

    fn fetch(&self, clone: &Path, what: &[&str]) -> Result<(), GitError> {
        let depth = self.depth.map(|depth| format!("--depth={depth}"));
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
        ];
        arguments.extend(depth.as_deref());
        arguments.extend(["--", self.url]);
        arguments.extend(what);
        let fetched = self.call(clone, &arguments).run_until(self.stop);
        fetched.map(drop).map_err(|error| match error {
            GitError::Failed { status, stderr, .. } => GitError::Failed {
                command: format!("fetch {}", without_credentials(self.url)),
                status,
                stderr,
            },
            error => error,
        })
    }

    fn call(&self, clone: &Path, arguments: &[&str]) -> Call {
        // A neighbouring folder is as good as a server: this is the user's own machine.
        let git = self
            .git
            .clone()
            .with_setting("protocol.file.allow", Path::new("always"));
        git.call(clone, arguments)
            .variable("GIT_DIR", clone)
            .variable("GIT_PROTOCOL_FROM_USER", "0")
    }

    /// Readable, and different for every address and length of history.
    fn name(&self) -> String {
        let mut hasher = DefaultHasher::new();
        (self.url, self.depth).hash(&mut hasher);
        let last = self
            .url
            .trim_end_matches('/')
            .rsplit(['/', ':'])
            .next()
            .unwrap_or_default();
        let readable: String = last
            .chars()
            .filter(|char| char.is_ascii_alphanumeric() || "._-".contains(*char))
            .collect();
        format!("{readable}-{:016x}", hasher.finish())
    }

    fn reference(&self) -> String {
        format!("refs/gantry/{}", self.sha)
    }
}
