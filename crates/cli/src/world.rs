//! The project that a command is about: its root, its files, and what git knows of it, asked only when needed.

use std::cell::{OnceCell, RefCell};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use gantry_engine::{Tree, TreeError};
use gantry_git::{Blob, Changes, GitError, Project, Snapshot};
use gantry_language::glob::IncludeWildcard;
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::source::{ComponentFile, ForeignError, Repository, SourceError, Sources};

use crate::changed::Changed;
use crate::error::CommandError;
use crate::fetch::Wishes;
use crate::neighbours::Neighbours;

/// Configurations and included files are read up to here.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// Returns the project's root: what `-C` names, or the nearest folder upwards that has the configuration.
pub(crate) fn find_root(directory: Option<&Path>, file: &str) -> Result<PathBuf, CommandError> {
    if let Some(directory) = directory {
        return directory.canonicalize().map_err(|error| {
            CommandError::usage(format!("cannot enter `{}`", directory.display())).because(&error)
        });
    }
    let here = std::env::current_dir()
        .map_err(|error| CommandError::world("cannot tell the current folder").because(&error))?;
    let found = here.ancestors().find(|folder| folder.join(file).is_file());
    Ok(found.unwrap_or(&here).to_owned())
}

/// Returns the text of the configuration.
pub(crate) fn read_configuration(root: &Path, file: &str) -> Result<String, CommandError> {
    let path = root.join(file);
    read(&path).map_err(|error| match error {
        SourceError::NotFound => CommandError::usage(format!("there is no `{file}` in `{}`", root.display()))
            .hint("name another file with --file, another folder with -C"),
        error => CommandError::usage(format!("`{}` {error}", path.display())),
    })
}

/// Follows the symbolic links on the way to a file; one that is not there is [`read`]'s to tell.
fn stays_inside(root: &Path, path: &Path) -> Result<(), SourceError> {
    match (root.canonicalize(), path.canonicalize()) {
        (Ok(root), Ok(target)) if !target.starts_with(&root) => Err(SourceError::Outside {
            target: target.display().to_string(),
        }),
        _ => Ok(()),
    }
}

/// Reads a text that is not too large.
pub(crate) fn read(path: &Path) -> Result<String, SourceError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => SourceError::NotFound,
        _ => SourceError::Unreadable(error.to_string()),
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(SourceError::Unreadable("it is a folder".to_owned()));
    }
    // What is no plain file does not tell its size.
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(SourceError::TooLarge {
            limit_bytes: MAX_FILE_BYTES,
        });
    }
    String::from_utf8(bytes).map_err(|_| SourceError::NotText)
}

/// The checkout, as rules and includes ask about it.
pub(crate) struct Checkout {
    root: PathBuf,
    project: OnceCell<Project>,
    changed: Changed,
    changes: OnceCell<Option<Changes>>,
    paths: OnceCell<Vec<String>>,
    neighbours: Neighbours,
    /// The first failure of git while rules were asking; they cannot pass it on themselves.
    failure: RefCell<Option<GitError>>,
}

impl Checkout {
    pub(crate) fn new(root: PathBuf) -> Checkout {
        Checkout {
            neighbours: Neighbours::of(&root),
            root,
            project: OnceCell::new(),
            changed: Changed::SinceWork { default_branch: None },
            changes: OnceCell::new(),
            paths: OnceCell::new(),
            failure: RefCell::new(None),
        }
    }

    /// Says what may be fetched; without this, nothing is.
    pub(crate) fn fetching(mut self, wishes: Wishes) -> Checkout {
        self.neighbours = self.neighbours.fetching(wishes);
        self
    }

    /// Says which files count as changed.
    pub(crate) fn count(&mut self, changed: Changed) {
        self.changed = changed;
        self.changes.take();
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns what git knows of the project.
    pub(crate) fn project(&self) -> Result<&Project, GitError> {
        if let Some(project) = self.project.get() {
            return Ok(project);
        }
        let project = Project::open(&self.root)?;
        Ok(self.project.get_or_init(|| project))
    }

    /// Returns the failure that made an answer to a rule impossible.
    pub(crate) fn failure(&self) -> Option<GitError> {
        self.failure.borrow_mut().take()
    }

    /// Keeps a failure for later, for callers that cannot pass it on.
    pub(crate) fn keep<T>(&self, result: Result<T, GitError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.failure.borrow_mut().get_or_insert(error);
                None
            }
        }
    }

    fn changes(&self) -> Option<&Changes> {
        let ask = || self.keep(self.project().and_then(|project| self.changed.ask(project)));
        self.changes.get_or_init(ask).as_ref()
    }

    /// Returns how changed files were told, where a rule asked for them.
    pub(crate) fn describe_changes(&self) -> Option<String> {
        let asked = self.changes.get().and_then(Option::as_ref);
        self.changed.describe(asked)
    }
}

impl Sources for Checkout {
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let relative = Path::new(path);
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(SourceError::NotFound);
        }
        let path = self.root.join(relative);
        stays_inside(&self.root, &path)?;
        read(&path)
    }

    fn paths(&self) -> Vec<String> {
        Repository::paths(self).to_vec()
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        self.neighbours.read(at, path)
    }

    fn paths_of(&self, at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        self.neighbours.paths(at)
    }

    fn remote(&self, url: &str, max_age_secs: Option<u64>) -> Result<String, SourceError> {
        self.neighbours.remote(url, max_age_secs.map(Duration::from_secs))
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        self.neighbours.template(name)
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        self.neighbours.component(address)
    }
}

impl Repository for Checkout {
    fn changed(&self) -> Option<&[String]> {
        if let Changed::Given(changed) = &self.changed {
            return Some(changed);
        }
        let changes = self.changes()?;
        changes.base.is_ok().then_some(changes.paths.as_slice())
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        match &self.changed {
            Changed::Given(changed) => Ok(changed.clone()),
            _ => self
                .project()
                .and_then(|project| project.compare_to(reference))
                .map_err(|error| error.to_string()),
        }
    }

    fn paths(&self) -> &[String] {
        self.paths.get_or_init(|| {
            self.keep(self.project().and_then(Project::tree_paths))
                .unwrap_or_default()
        })
    }

    fn paths_of(&self, project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        let at = ProjectRef {
            project: project.to_owned(),
            git_ref: git_ref.to_owned(),
        };
        self.neighbours.paths(&at).map_err(|error| match error {
            SourceError::UnknownProject => ForeignError::UnknownProject,
            SourceError::NoRef => ForeignError::NoRef,
            error => ForeignError::Unreadable(error.to_string()),
        })
    }
}

/// The files of a snapshot, as cache keys ask about them.
pub(crate) struct Files<'a> {
    project: &'a Project,
    snapshot: &'a Snapshot,
}

impl<'a> Files<'a> {
    pub(crate) fn new(project: &'a Project, snapshot: &'a Snapshot) -> Files<'a> {
        Files { project, snapshot }
    }

    fn matching(&self, patterns: &[String]) -> Result<Vec<Blob>, TreeError> {
        let wildcards: Vec<_> = patterns
            .iter()
            .map(|pattern| IncludeWildcard::new(pattern))
            .collect();
        let mut blobs = self.project.blobs(self.snapshot).map_err(tree_error)?;
        blobs.retain(|blob| wildcards.iter().any(|wildcard| wildcard.matches(&blob.path)));
        Ok(blobs)
    }
}

fn tree_error(error: GitError) -> TreeError {
    TreeError(Box::new(error))
}

impl Tree for Files<'_> {
    fn blobs(&self, patterns: &[String]) -> Result<Vec<String>, TreeError> {
        Ok(self.matching(patterns)?.into_iter().map(|blob| blob.id).collect())
    }

    fn last_commits(&self, patterns: &[String]) -> Result<Vec<String>, TreeError> {
        let mut commits = Vec::new();
        for blob in self.matching(patterns)? {
            commits.extend(self.project.last_commit_of(&blob.path).map_err(tree_error)?);
        }
        Ok(commits)
    }
}
