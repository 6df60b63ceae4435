//! What a pipeline is made for: the event and the ref it speaks of.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where a pipeline comes from, with the values of `CI_PIPELINE_SOURCE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Push,
    Web,
    Api,
    Trigger,
    Schedule,
    Pipeline,
    ParentPipeline,
    MergeRequestEvent,
}

impl Source {
    pub const ALL: [Source; 8] = [
        Source::Push,
        Source::Web,
        Source::Api,
        Source::Trigger,
        Source::Schedule,
        Source::Pipeline,
        Source::ParentPipeline,
        Source::MergeRequestEvent,
    ];

    /// Returns the value of `CI_PIPELINE_SOURCE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Push => "push",
            Source::Web => "web",
            Source::Api => "api",
            Source::Trigger => "trigger",
            Source::Schedule => "schedule",
            Source::Pipeline => "pipeline",
            Source::ParentPipeline => "parent_pipeline",
            Source::MergeRequestEvent => "merge_request_event",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(text: &str) -> Result<Source, UnknownSource> {
        Source::ALL
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| UnknownSource(text.to_owned()))
    }
}

/// The text is none of the sources.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a pipeline source")]
pub struct UnknownSource(pub String);

/// The ref that a pipeline runs for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ref {
    Branch(String),
    Tag(String),
    /// A merge request: neither branch nor tag for `only`, `except` and `CI_COMMIT_BRANCH`.
    MergeRequest {
        source_branch: String,
        target_branch: String,
    },
}

impl Ref {
    /// Returns the name that `CI_COMMIT_REF_NAME` has: of the branch, the tag, or the source branch.
    pub fn name(&self) -> &str {
        match self {
            Ref::Branch(name) | Ref::Tag(name) => name,
            Ref::MergeRequest { source_branch, .. } => source_branch,
        }
    }
}

/// Writes the kind and the name, as people say it: `branch main`.
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Branch(name) => write!(f, "branch {name}"),
            Ref::Tag(name) => write!(f, "tag {name}"),
            Ref::MergeRequest {
                source_branch,
                target_branch,
            } => write!(f, "merge request {source_branch} → {target_branch}"),
        }
    }
}

/// Why a pipeline is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub source: Source,
    pub git_ref: Ref,
}
