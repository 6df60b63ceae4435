//! The checkout that a job's payload and variables ask for, for the job itself and for a visit.

use std::path::{Path, PathBuf};

use gantry_git::submodules::{self, Reach, Submodule, Submodules};
use gantry_git::worktree::{self, Checkout, Prepared};
use gantry_git::{GitError, object_directories};
use gantry_protocol::payload::JobPayload;
use gantry_protocol::steering::{Steering, SubmoduleWish};

use crate::archive::Stop;
use crate::variables::Variables;

/// What a work tree is to hold.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    repository: PathBuf,
    sha: String,
    overlay_tree: Option<String>,
    pub(crate) clean_flags: Option<String>,
    pub(crate) submodules: Option<SubmoduleWish>,
    project: Option<PathBuf>,
    local: Vec<Submodule>,
    host: Option<String>,
}

impl Sources {
    pub(crate) fn new(payload: &JobPayload, variables: &Variables, steering: &Steering) -> Sources {
        let gantry = payload.gantry.clone().unwrap_or_default();
        Sources {
            repository: gantry.local_repository.unwrap_or_default().into(),
            sha: payload.git_info.sha.clone(),
            overlay_tree: gantry.overlay_tree,
            clean_flags: variables
                .get("GIT_CLEAN_FLAGS")
                .filter(|flags| !flags.trim().is_empty()),
            submodules: steering.submodules.clone(),
            project: gantry.project.map(PathBuf::from),
            local: gantry
                .submodules
                .into_iter()
                .map(|submodule| Submodule {
                    path: submodule.path,
                    repository: submodule.repository.into(),
                    commit: submodule.commit,
                    overlay_tree: submodule.overlay_tree,
                })
                .collect(),
            host: variables.get("CI_SERVER_HOST").filter(|host| !host.is_empty()),
        }
    }

    pub(crate) fn has_overlay(&self) -> bool {
        self.overlay_tree.is_some()
    }

    /// Makes `folder` this checkout.
    pub(crate) fn lay_out(&self, folder: &Path, stop: &Stop) -> Result<Prepared, GitError> {
        self.with_submodules(stop, |submodules| {
            let checkout = Checkout {
                repository: &self.repository,
                sha: &self.sha,
                overlay_tree: self.overlay_tree.as_deref(),
                clean_flags: self.clean_flags.as_deref(),
                submodules,
            };
            worktree::prepare(folder, &checkout)
        })
    }

    /// Returns every folder that git may read objects from in the work tree `folder`.
    pub(crate) fn object_directories(&self, folder: &Path) -> Vec<PathBuf> {
        let mut all = object_directories(&self.repository);
        self.with_submodules(&Stop::default(), |wanted| {
            all.extend(
                wanted
                    .into_iter()
                    .flat_map(|wanted| submodules::object_directories(wanted, folder)),
            );
        });
        all
    }

    fn with_submodules<T>(&self, stop: &Stop, work: impl FnOnce(Option<&Submodules>) -> T) -> T {
        let Some(wish) = &self.submodules else {
            return work(None);
        };
        work(Some(&Submodules {
            reach: if wish.nested { Reach::Nested } else { Reach::Direct },
            paths: &wish.paths,
            depth: wish.depth,
            https_host: self.host.as_deref().filter(|_| wish.by_https),
            project: self.project.as_deref(),
            local: &self.local,
            stop: stop.flag(),
        }))
    }
}
