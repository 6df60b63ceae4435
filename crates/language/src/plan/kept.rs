//! What a job keeps: its archive for later jobs and for people, its caches for later runs of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ArtifactAccess, is_false};

/// When an archive or a cache is kept, by the script's result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepWhen {
    #[default]
    OnSuccess,
    OnFailure,
    Always,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub untracked: bool,
    #[serde(default)]
    pub when: KeepWhen,
    /// As written (a duration, or `never`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_in: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose_as: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<ArtifactAccess>,
    /// Report type to its paths.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reports: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    pub key: CacheKey,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub untracked: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub unprotect: bool,
    #[serde(default)]
    pub when: KeepWhen,
    /// `pull`, `push`, `pull-push`, or a variable that holds one of them.
    pub policy: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback_keys: Vec<String>,
}

/// The key of a cache. The digest of `files` is computed when the pipeline is made, not when it is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheKey {
    Text(String),
    /// `key:files`; the prefix is the given one or GitLab's generated `<index>_<names>`.
    Files {
        files: Vec<String>,
        prefix: String,
    },
    /// `key:files_commits`, likewise.
    FilesCommits {
        files: Vec<String>,
        prefix: String,
    },
}
