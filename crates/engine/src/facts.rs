//! What the caller knows about a run and the engine cannot find out by itself.

use std::path::PathBuf;

use gantry_language::event::Ref;
use gantry_store::Timestamp;
use serde::{Deserialize, Serialize};

/// The circumstances of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub project: Project,
    pub git_ref: Ref,
    /// `CI_COMMIT_SHA`.
    pub sha: String,
    /// Whether the files differ from `sha`'s.
    pub dirty: bool,
    /// Whether the ref is protected; a cache of a protected ref is not shared with others.
    pub protected: bool,
    /// What the pipeline is told of the time it was made at, where that is not the truth.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// What was given for the inputs of the configuration, so that the run can be continued with the same.
    #[serde(default)]
    pub inputs: Vec<(String, String)>,
    /// What a list of runs shows: the title of the commit.
    pub title: String,
    pub checkout: Checkout,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub id: i64,
    pub name: String,
    /// `group/name`.
    pub path: String,
}

/// What a runner on this machine lays out before a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// Holds the objects that the next two name.
    pub repository: PathBuf,
    pub commit: String,
    /// A tree that is laid over the commit: files that are not committed.
    pub overlay_tree: Option<String>,
    /// The user's work tree, whose git is asked for submodules.
    #[serde(default)]
    pub project: Option<PathBuf>,
    /// The submodules that are checked out there.
    #[serde(default)]
    pub submodules: Vec<Submodule>,
}

/// A submodule as the user has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submodule {
    /// From the root of the outermost project.
    pub path: String,
    /// Holds the objects that the next two name.
    pub repository: PathBuf,
    pub commit: String,
    pub overlay_tree: Option<String>,
}

/// The repository's answers for cache keys that follow files (`cache:key:files`).
pub trait Tree {
    /// Returns the ids of the blobs that the patterns match, in any order.
    fn blobs(&self, patterns: &[String]) -> Result<Vec<String>, TreeError>;

    /// Returns the ids of the last commits that touched what the patterns match, in any order.
    fn last_commits(&self, patterns: &[String]) -> Result<Vec<String>, TreeError>;
}

/// The repository gave no answer.
#[derive(Debug, thiserror::Error)]
#[error("the files of a cache key cannot be looked up")]
pub struct TreeError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Nobody who could answer: a plan with such a key cannot run.
#[derive(Debug, Clone, Copy)]
pub struct NoTree;

impl Tree for NoTree {
    fn blobs(&self, _: &[String]) -> Result<Vec<String>, TreeError> {
        Err(TreeError("`cache:key:files` is not supported here".into()))
    }

    fn last_commits(&self, _: &[String]) -> Result<Vec<String>, TreeError> {
        Err(TreeError(
            "`cache:key:files_commits` is not supported here".into(),
        ))
    }
}
