//! What a file belongs to: its own includes are looked for there.

use std::cell::OnceCell;

use crate::location::ProjectRef;
use crate::source::{ForeignError, Repository, Sources};

/// The project of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// The checkout.
    Here,
    Project(ProjectRef),
    /// Files from a web server and templates belong to no project and see no variables.
    Nowhere,
}

/// The checkout as rules of includes see it: `exists` looks at the project of the including file.
pub(super) struct HomeRepository<'a> {
    pub(super) home: &'a Home,
    pub(super) sources: &'a dyn Sources,
    pub(super) repository: &'a dyn Repository,
    pub(super) paths: OnceCell<Vec<String>>,
}

impl Repository for HomeRepository<'_> {
    fn changed(&self) -> Option<&[String]> {
        self.repository.changed()
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        self.repository.changed_since(reference)
    }

    fn paths(&self) -> &[String] {
        match self.home {
            Home::Here => self.repository.paths(),
            Home::Nowhere => &[],
            Home::Project(at) => self
                .paths
                .get_or_init(|| self.sources.paths_of(at).unwrap_or_default()),
        }
    }

    fn paths_of(&self, project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        self.repository.paths_of(project, git_ref)
    }
}
