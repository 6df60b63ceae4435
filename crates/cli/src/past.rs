//! The project's files as a revision has them, read from git's objects: nothing is checked out.
//!
//! What is not a file of the project stays as it is now: changed files, other projects, web servers.

use std::cell::OnceCell;

use gantry_git::{GitError, Revision};
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::source::{ComponentFile, ForeignError, Repository, SourceError, Sources};

use crate::error::CommandError;
use crate::world::Checkout;

pub(crate) struct Past<'a> {
    checkout: &'a Checkout,
    revision: Revision,
    paths: OnceCell<Vec<String>>,
}

impl<'a> Past<'a> {
    /// Looks a revision up, which is written as git reads it.
    pub(crate) fn of(checkout: &'a Checkout, written: &str) -> Result<Past<'a>, CommandError> {
        let unknown = || GitError::UnknownReference {
            reference: written.to_owned(),
        };
        let project = checkout.project()?;
        if !project.has_repository() {
            return Err(unknown().into());
        }
        let revision = project.revision_as_written(written)?.ok_or_else(unknown)?;
        Ok(Past {
            checkout,
            revision,
            paths: OnceCell::new(),
        })
    }

    pub(crate) fn sha(&self) -> &str {
        self.revision.sha()
    }

    fn content(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        self.checkout.project()?.file_at(&self.revision, path)
    }

    fn all_paths(&self) -> Result<Vec<String>, GitError> {
        self.checkout.project()?.paths_at(&self.revision)
    }
}

impl Sources for Past<'_> {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let content = self
            .content(path)
            .map_err(|error| SourceError::Unreadable(error.to_string()))?;
        String::from_utf8(content.ok_or(SourceError::NotFound)?).map_err(|_| SourceError::NotText)
    }

    fn paths(&self) -> Vec<String> {
        Repository::paths(self).to_vec()
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        self.checkout.read_of(at, path)
    }

    fn paths_of(&self, at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        Sources::paths_of(self.checkout, at)
    }

    fn remote(&self, url: &str, max_age_secs: Option<u64>) -> Result<String, SourceError> {
        self.checkout.remote(url, max_age_secs)
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        self.checkout.template(name)
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        self.checkout.component(address)
    }
}

impl Repository for Past<'_> {
    fn changed(&self) -> Option<&[String]> {
        self.checkout.changed()
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        self.checkout.changed_since(reference)
    }

    fn paths(&self) -> &[String] {
        self.paths
            .get_or_init(|| self.checkout.keep(self.all_paths()).unwrap_or_default())
    }

    fn paths_of(&self, project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        Repository::paths_of(self.checkout, project, git_ref)
    }
}
