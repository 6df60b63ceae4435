//! The projects of the GitLab that `gantry.yml` names: the user's own git fetches what is asked for into folders of ours.
//!
//! Each command asks anew what a branch or a tag is, as a server does for each pipeline; a commit by its id is asked for
//! once. `--offline` takes what was fetched the last time.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use gantry_git::{FetchLimits, Git, GitError, Listing, Mirror, Project, Revision};
use gantry_language::location::ProjectRef;
use gantry_language::source::SourceError;
use sha2::{Digest, Sha256};

use crate::fetch::{Wishes, refuse_private};

/// For one answer of a server, and for all that is kept of one project.
const LIMITS: FetchLimits = FetchLimits {
    time: Duration::from_secs(120),
    bytes: 512 * 1024 * 1024,
};

/// What a folder without an origin takes for its server.
const NO_SERVER: &str = "localhost";

pub(crate) struct Gitlab {
    address: String,
    wishes: Wishes,
    folder: PathBuf,
    listings: RefCell<HashMap<String, Rc<Listing>>>,
    may_ask: OnceCell<Result<(), SourceError>>,
}

impl Gitlab {
    /// Means the server at an address without a slash at its end; folders of its projects lie below `folder`.
    pub(crate) fn at(address: &str, wishes: Wishes, folder: PathBuf) -> Gitlab {
        Gitlab {
            address: address.to_owned(),
            wishes,
            folder,
            listings: RefCell::default(),
            may_ask: OnceCell::new(),
        }
    }

    /// Refuses what is on another server than this one: a project of the same name there is somebody else's.
    pub(crate) fn has_components_of(&self, host: &str) -> Result<(), SourceError> {
        let (_, own) = self.address.split_once("://").unwrap_or_default();
        let own = own.split('/').next().unwrap_or_default();
        if host.eq_ignore_ascii_case(own) || host == NO_SERVER {
            return Ok(());
        }
        Err(SourceError::OtherHost {
            host: host.to_owned(),
            known: own.to_owned(),
        })
    }

    /// Brings a project at a ref.
    pub(crate) fn open(&self, at: &ProjectRef) -> Result<(Project, Revision), SourceError> {
        let mirror = self.mirror(&at.project)?;
        if self.wishes.offline {
            return kept(&mirror, &at.git_ref);
        }
        let id = self.bring(&mirror, at)?;
        let project = Project::open(mirror.folder()).map_err(not_fetched)?;
        let revision = project.revision(&id).map_err(not_fetched)?;
        Ok((project, revision.ok_or(SourceError::NoRef)?))
    }

    /// Returns the names of a project's tags; offline, of those that were fetched.
    pub(crate) fn tags(&self, project: &str) -> Result<Vec<String>, SourceError> {
        let mirror = self.mirror(project)?;
        if !self.wishes.offline {
            let listing = self.listing(&mirror, project)?;
            return Ok(listing.tags().map(str::to_owned).collect());
        }
        if !mirror.exists() {
            return Err(SourceError::Offline);
        }
        let project = Project::open(mirror.folder()).map_err(not_fetched)?;
        project.tags().map_err(not_fetched)
    }

    fn bring(&self, mirror: &Mirror, at: &ProjectRef) -> Result<String, SourceError> {
        self.may_ask(mirror)?;
        // A server that does not hand out commits by their ids may still have one under a name.
        match mirror.bring_commit(&at.git_ref) {
            Ok(Some(id)) => return Ok(id),
            Ok(None) | Err(GitError::Failed { .. }) => {}
            Err(error) => return Err(not_fetched(error)),
        }
        let listing = self.listing(mirror, &at.project)?;
        let id = mirror.bring(&at.git_ref, &listing).map_err(not_fetched)?;
        id.ok_or(SourceError::NoRef)
    }

    fn listing(&self, mirror: &Mirror, project: &str) -> Result<Rc<Listing>, SourceError> {
        if let Some(known) = self.listings.borrow().get(project) {
            return Ok(Rc::clone(known));
        }
        self.may_ask(mirror)?;
        let listing = Rc::new(mirror.listing().map_err(not_fetched)?);
        self.listings
            .borrow_mut()
            .insert(project.to_owned(), Rc::clone(&listing));
        Ok(listing)
    }

    /// An address that the user's own configuration of git leads elsewhere is the user's word.
    fn may_ask(&self, mirror: &Mirror) -> Result<(), SourceError> {
        let look = || {
            if self.wishes.private || !mirror.is_asked_as_written().map_err(not_fetched)? {
                return Ok(());
            }
            refuse_private(&self.address)
        };
        self.may_ask.get_or_init(look).clone()
    }

    fn mirror(&self, project: &str) -> Result<Mirror, SourceError> {
        if !is_path(project) {
            return Err(SourceError::UnknownProject);
        }
        let url = format!("{}/{project}.git", self.address);
        let digest = Sha256::digest(url.as_bytes());
        let digits: String = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let name = project.rsplit('/').next().unwrap_or_default();
        let folder = self.folder.join(format!("{name}-{digits}"));
        Ok(Mirror::new(Git::new(), folder, url, LIMITS))
    }
}

/// Nothing that would mean another address, or an option of git.
fn is_path(project: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    project
        .split('/')
        .all(|part| part.starts_with(|c: char| c.is_alphanumeric() || c == '_') && part.chars().all(fine))
}

fn kept(mirror: &Mirror, name: &str) -> Result<(Project, Revision), SourceError> {
    if !mirror.exists() {
        return Err(SourceError::Offline);
    }
    let project = Project::open(mirror.folder()).map_err(not_fetched)?;
    let default = match name {
        "HEAD" => project.default_branch().map_err(not_fetched)?,
        _ => None,
    };
    let name = default.as_deref().unwrap_or(name);
    let revision = project.revision(name).map_err(not_fetched)?;
    Ok((project, revision.ok_or(SourceError::Offline)?))
}

fn not_fetched(error: GitError) -> SourceError {
    match error {
        GitError::TookTooLong { limit_secs, .. } => SourceError::TimedOut { limit_secs },
        error => SourceError::Unreachable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_is_a_path_and_nothing_else() {
        for fine in ["group/lib", "group/sub.group/lib-2", "gruppe/küche", "_x/y"] {
            assert!(is_path(fine), "{fine}");
        }
        for wrong in [
            "",
            "/group/lib",
            "group//lib",
            "group/..",
            "../lib",
            "-x/lib",
            "group/-x",
            "a b/c",
            "a/b?c",
            "a@b/c",
        ] {
            assert!(!is_path(wrong), "{wrong}");
        }
    }

    #[test]
    fn components_of_another_server_are_not_taken_from_this_one() {
        let gitlab = Gitlab::at(
            "https://gitlab.example.com:8443/gitlab",
            Wishes::default(),
            PathBuf::new(),
        );
        for host in ["gitlab.example.com:8443", "GitLab.example.com:8443", "localhost"] {
            assert_eq!(gitlab.has_components_of(host), Ok(()));
        }
        let other = gitlab.has_components_of("gitlab.com");
        assert_eq!(
            other.unwrap_err().to_string(),
            "is on `gitlab.com`, and the GitLab that is known here is `gitlab.example.com:8443`"
        );
    }
}
