//! Files outside the checkout: of the projects that `gantry.yml` names, of a GitLab, of web servers.
//!
//! Another project is read as it is committed, at the ref that is asked for: what somebody is working on there takes no
//! part. A project without a checkout is fetched from the GitLab.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use gantry_git::{GitError, Project, Revision};
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::source::{ComponentFile, SourceError};

use crate::fetch::{Fetcher, Wishes};
use crate::gitlab::Gitlab;
use crate::places;
use crate::projects::Projects;

/// GitLab's own word for the tip of the default branch.
const DEFAULT: &str = "HEAD";

pub(crate) struct Neighbours {
    root: PathBuf,
    fetcher: Option<Fetcher>,
    wishes: Wishes,
    gitlab: OnceCell<Option<Gitlab>>,
    /// Read when the first file is asked for.
    projects: OnceCell<Option<Projects>>,
    opened: RefCell<HashMap<ProjectRef, Rc<Neighbour>>>,
}

/// Another project, at a commit.
struct Neighbour {
    project: Project,
    revision: Revision,
}

impl Neighbours {
    pub(crate) fn of(root: &Path) -> Neighbours {
        Neighbours {
            root: root.to_owned(),
            fetcher: None,
            wishes: Wishes::default(),
            gitlab: OnceCell::new(),
            projects: OnceCell::new(),
            opened: RefCell::default(),
        }
    }

    pub(crate) fn fetching(self, wishes: Wishes) -> Neighbours {
        Neighbours {
            fetcher: Some(Fetcher::new(wishes, places::fetched())),
            wishes,
            ..self
        }
    }

    pub(crate) fn read(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        let neighbour = self.open(at)?;
        let found = neighbour
            .project
            .file_at(&neighbour.revision, path)
            .map_err(unreadable)?;
        String::from_utf8(found.ok_or(SourceError::NotFound)?).map_err(|_| SourceError::NotText)
    }

    pub(crate) fn paths(&self, at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        let neighbour = self.open(at)?;
        neighbour
            .project
            .paths_at(&neighbour.revision)
            .map_err(unreadable)
    }

    pub(crate) fn remote(&self, url: &str, max_age: Option<Duration>) -> Result<String, SourceError> {
        let fetcher = self.fetcher.as_ref().ok_or(SourceError::NoNetwork)?;
        fetcher.get(url, max_age)
    }

    /// GitLab hands out its templates as JSON.
    pub(crate) fn template(&self, name: &str) -> Result<String, SourceError> {
        let host = self.projects()?.gitlab().ok_or(SourceError::NoHost)?;
        let key = name.trim_end_matches(".gitlab-ci.yml").replace('/', "%2F");
        let answer = match self.remote(&format!("{host}/api/v4/templates/gitlab_ci_ymls/{key}"), None) {
            Err(SourceError::Status { code: 404, .. }) => return Err(SourceError::NotFound),
            answer => answer?,
        };
        let answer: serde_json::Value = serde_json::from_str(&answer)
            .map_err(|error| SourceError::Unreadable(format!("the answer is no JSON: {error}")))?;
        let content = answer.get("content").and_then(serde_json::Value::as_str);
        content.map(str::to_owned).ok_or(SourceError::NotFound)
    }

    pub(crate) fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        let tip = ProjectRef {
            project: address.project.clone(),
            git_ref: DEFAULT.to_owned(),
        };
        let tags = match self.projects()?.checkout(&address.project) {
            Some(_) => self.open(&tip)?.project.tags().map_err(unreadable)?,
            None => {
                let gitlab = self.gitlab()?;
                gitlab.has_components_of(&address.host)?;
                gitlab.tags(&address.project)?
            }
        };
        let release = address.release(tags.iter().map(String::as_str));
        let version = release.unwrap_or(&address.version);
        let at = ProjectRef {
            git_ref: version.to_owned(),
            ..tip
        };
        let [first, second] = address.paths();
        let text = match self.read(&at, &first) {
            Err(SourceError::NotFound) => self.read(&at, &second)?,
            text => text?,
        };
        Ok(ComponentFile {
            sha: self.open(&at)?.revision.sha().to_owned(),
            version: version.to_owned(),
            text,
            at,
        })
    }

    fn projects(&self) -> Result<&Projects, SourceError> {
        // What is wrong with the file is printed by whoever reads it.
        let projects = self.projects.get_or_init(|| Projects::of(&self.root).ok());
        let wrong = || SourceError::Unreadable(format!("`{}` is wrong", crate::projects::FILE));
        projects.as_ref().ok_or_else(wrong)
    }

    /// Without one, a project has to be checked out.
    fn gitlab(&self) -> Result<&Gitlab, SourceError> {
        let address = self.projects()?.gitlab();
        let known = self.gitlab.get_or_init(|| {
            self.fetcher.as_ref()?;
            Some(Gitlab::at(address?, self.wishes, places::repositories()))
        });
        known.as_ref().ok_or(SourceError::UnknownProject)
    }

    fn open(&self, at: &ProjectRef) -> Result<Rc<Neighbour>, SourceError> {
        if let Some(known) = self.opened.borrow().get(at) {
            return Ok(Rc::clone(known));
        }
        let (project, revision) = match self.projects()?.checkout(&at.project) {
            Some(checkout) => checked_out(&self.root.join(checkout), &at.git_ref)?,
            None => self.gitlab()?.open(at)?,
        };
        let neighbour = Rc::new(Neighbour { project, revision });
        self.opened.borrow_mut().insert(at.clone(), Rc::clone(&neighbour));
        Ok(neighbour)
    }
}

fn checked_out(folder: &Path, git_ref: &str) -> Result<(Project, Revision), SourceError> {
    let project = Project::open(folder).map_err(unreadable)?;
    let default = match git_ref {
        DEFAULT => project.default_branch().map_err(unreadable)?,
        _ => None,
    };
    let name = default.as_deref().unwrap_or(git_ref);
    let revision = project.revision(name).map_err(unreadable)?;
    Ok((project, revision.ok_or(SourceError::NoRef)?))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn unreadable(error: GitError) -> SourceError {
    SourceError::Unreadable(error.to_string())
}
