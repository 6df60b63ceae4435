//! Which files changed: what `rules: changes` is asked about in a local run.
//!
//! [`Project::changed_files`] measures from where the work left what others have: the merge base with the
//! upstream branch, else with the default branch. [`Project::changed_since`] measures from elsewhere too. To the
//! commits since then both add what is not committed.

use std::collections::BTreeSet;
use std::ffi::OsString;

use crate::command::records;
use crate::project::Repository;
use crate::status::Status;
use crate::{GitError, Project};

/// The files that changed since a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes {
    /// What was compared with. Without a base there is no set to compare patterns with, and GitLab then
    /// takes `rules: changes` to be true.
    pub base: Result<Base, NoBase>,
    /// Paths relative to the project's root, in order. Without a base, the uncommitted ones.
    pub paths: Vec<String>,
}

/// The commit changes are counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    pub sha: String,
    /// The branch or commit it is the merge base with, as `origin/main`.
    pub name: String,
    pub kind: BaseKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseKind {
    /// The branch the current one is configured to follow.
    Upstream,
    DefaultBranch,
    /// It was asked for.
    Named,
}

/// Where counting begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since<'a> {
    /// Where the work left its upstream, or else the default branch; git's guess of the latter can be corrected.
    Work { default_branch: Option<&'a str> },
    /// Where HEAD left a branch: that of origin, where there is one, as it would be on a server.
    Branch(&'a str),
    /// Where HEAD left a commit, which is written as git reads it.
    Revision(&'a str),
}

/// Why there is nothing to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBase {
    NoRepository,
    NoCommit,
    /// HEAD has no upstream, and no default branch was found.
    NoBranch,
    /// What was asked for names no commit.
    Unknown {
        name: String,
    },
    /// The histories do not meet; in a shallow clone, perhaps only because they are cut off.
    NoMergeBase {
        name: String,
        shallow: bool,
    },
}

impl Project {
    /// Returns what changed since the work began, committed or not.
    pub fn changed_files(&self) -> Result<Changes, GitError> {
        self.changed_since(Since::Work { default_branch: None })
    }

    /// Returns what changed since that point, committed or not.
    pub fn changed_since(&self, since: Since<'_>) -> Result<Changes, GitError> {
        let Some(repository) = &self.repository else {
            return Ok(Changes {
                base: Err(NoBase::NoRepository),
                paths: Vec::new(),
            });
        };
        let status = repository.status()?;
        let base = repository.base(&status, since, self.is_shallow())?;
        let mut paths = repository.uncommitted(&status);
        if let (Ok(base), Some(head)) = (&base, &status.head) {
            paths.extend(repository.committed_since(&base.sha, head)?);
        }
        Ok(Changes {
            base,
            paths: paths.into_iter().collect(),
        })
    }

    /// Returns the commit at which HEAD left `reference`; `None` where there is no such commit, or nothing by that name.
    pub fn merge_base(&self, reference: &str) -> Result<Option<String>, GitError> {
        let (Some(repository), Some(head)) = (&self.repository, self.head()?.commit) else {
            return Ok(None);
        };
        match repository.find_commit(reference)? {
            Some(commit) => repository.merge_base(&commit, &head.sha),
            None => Ok(None),
        }
    }

    /// Returns what changed since HEAD left `reference`, committed or not, as `changes: compare_to` asks.
    ///
    /// A branch's name means origin's branch of that name where there is one, as it would on a server.
    pub fn compare_to(&self, reference: &str) -> Result<Vec<String>, GitError> {
        let unknown = || GitError::UnknownReference {
            reference: reference.to_owned(),
        };
        let repository = self.repository.as_ref().ok_or_else(unknown)?;
        let status = repository.status()?;
        let head = status.head.as_deref().ok_or_else(unknown)?;
        let commit = repository.find_commit(reference)?.ok_or_else(unknown)?;
        let base = repository.merge_base(&commit, head)?;
        let base = base.ok_or_else(|| GitError::NoMergeBase {
            reference: reference.to_owned(),
            shallow: self.is_shallow(),
        })?;
        let mut paths = repository.uncommitted(&status);
        paths.extend(repository.committed_since(&base, head)?);
        Ok(paths.into_iter().collect())
    }
}

fn named(name: &str, commit: String) -> (BaseKind, String, String) {
    (BaseKind::Named, name.to_owned(), commit)
}

impl Repository {
    fn base(
        &self,
        status: &Status,
        since: Since<'_>,
        shallow: bool,
    ) -> Result<Result<Base, NoBase>, GitError> {
        let Some(head) = &status.head else {
            return Ok(Err(NoBase::NoCommit));
        };
        let found = match since {
            Since::Work { default_branch } => self.branch_to_compare(status, default_branch)?,
            Since::Branch(name) => self.find_commit(name)?.map(|commit| named(name, commit)),
            Since::Revision(name) => self.find_revision(name)?.map(|commit| named(name, commit)),
        };
        let Some((kind, name, commit)) = found else {
            return Ok(Err(match since {
                Since::Work { .. } => NoBase::NoBranch,
                Since::Branch(name) | Since::Revision(name) => NoBase::Unknown {
                    name: name.to_owned(),
                },
            }));
        };
        Ok(match self.merge_base(&commit, head)? {
            Some(sha) => Ok(Base { sha, name, kind }),
            None => Err(NoBase::NoMergeBase { name, shallow }),
        })
    }

    /// An upstream that is configured but was never fetched, or was deleted since, does not count.
    fn branch_to_compare(
        &self,
        status: &Status,
        default_branch: Option<&str>,
    ) -> Result<Option<(BaseKind, String, String)>, GitError> {
        if status.upstream.is_some()
            && let Some(commit) = self.resolve("@{upstream}")?
        {
            return Ok(status
                .upstream
                .clone()
                .map(|name| (BaseKind::Upstream, name, commit)));
        }
        let default_branch = match default_branch {
            Some(branch) => Some(branch.to_owned()),
            None => self.default_branch()?,
        };
        let Some(branch) = default_branch else {
            return Ok(None);
        };
        for (name, full) in [
            (
                format!("origin/{branch}"),
                format!("refs/remotes/origin/{branch}"),
            ),
            (branch.clone(), format!("refs/heads/{branch}")),
        ] {
            if let Some(commit) = self.resolve(&full)? {
                return Ok(Some((BaseKind::DefaultBranch, name, commit)));
            }
        }
        Ok(None)
    }

    fn find_commit(&self, reference: &str) -> Result<Option<String>, GitError> {
        if reference.is_empty() || reference.starts_with('-') {
            return Ok(None);
        }
        match self.resolve(&format!("refs/remotes/origin/{reference}"))? {
            Some(commit) => Ok(Some(commit)),
            None => self.resolve(reference),
        }
    }

    /// Finds a commit by what git itself reads in a name: `HEAD~2`, `main@{upstream}`.
    fn find_revision(&self, name: &str) -> Result<Option<String>, GitError> {
        if name.is_empty() || name.starts_with('-') {
            return Ok(None);
        }
        self.resolve(name)
    }

    fn resolve(&self, reference: &str) -> Result<Option<String>, GitError> {
        let commit = format!("{reference}^{{commit}}");
        let answer = self
            .call(["rev-parse", "--verify", "--quiet", &commit])
            .answer()?;
        Ok(answer.map(|sha| String::from_utf8_lossy(&sha).trim_end().to_owned()))
    }

    fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitError> {
        let answer = self.call(["merge-base", one, other]).answer()?;
        Ok(answer.map(|sha| String::from_utf8_lossy(&sha).trim_end().to_owned()))
    }

    fn committed_since(&self, base: &str, head: &str) -> Result<Vec<String>, GitError> {
        if base == head {
            return Ok(Vec::new());
        }
        let arguments = [
            "diff-tree",
            "-r",
            "--name-only",
            "--no-renames",
            "-z",
            base,
            head,
            "--",
        ];
        let arguments = arguments.map(OsString::from).into_iter().chain(self.pathspec());
        let listed = self.call(arguments).run()?.stdout;
        Ok(records(&listed).map(|path| self.in_project(path)).collect())
    }

    fn uncommitted(&self, status: &Status) -> BTreeSet<String> {
        status
            .entries
            .iter()
            .map(|entry| self.in_project(&entry.path))
            .collect()
    }

    /// Turns a path below the top of the work tree into one below the project's root.
    pub(crate) fn in_project(&self, path: &[u8]) -> String {
        String::from_utf8_lossy(path.strip_prefix(self.prefix.as_slice()).unwrap_or(path)).into_owned()
    }
}
