//! The job payload: the body of a 201 answer to `POST /jobs/request`.
//!
//! Absent fields take their zero values and unknown ones are ignored, as `gitlab-runner` does, so that payloads of
//! older and newer servers are read too. Fields that only Gantry knows are in [`GantryInfo`] and are left out of the
//! JSON where they are empty.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobPayload {
    pub id: i64,
    /// Authorises every later call for this attempt; also `CI_JOB_TOKEN`.
    pub token: String,
    pub allow_git_fetch: bool,
    pub job_info: JobInfo,
    pub git_info: GitInfo,
    pub runner_info: RunnerInfo,
    /// In order; the last definition of a key wins.
    pub variables: Vec<Variable>,
    pub steps: Vec<Step>,
    pub image: Option<Image>,
    pub services: Vec<Image>,
    pub artifacts: Option<Vec<Artifact>>,
    pub cache: Vec<Cache>,
    pub credentials: Vec<Credentials>,
    pub dependencies: Vec<Dependency>,
    pub features: Features,
    pub hooks: Vec<Hook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gantry: Option<GantryInfo>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobInfo {
    pub id: i64,
    pub name: String,
    pub stage: String,
    pub pipeline_id: i64,
    pub project_id: i64,
    pub project_name: String,
    pub project_full_path: String,
    pub time_in_queue_seconds: f64,
    pub project_jobs_running_on_instance_runners_count: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitInfo {
    pub repo_url: String,
    pub repo_object_format: String,
    #[serde(rename = "ref")]
    pub git_ref: String,
    pub sha: String,
    pub before_sha: String,
    /// `branch` or `tag`.
    pub ref_type: String,
    pub refspecs: Vec<String>,
    /// 0 fetches everything.
    pub depth: u32,
    pub protected: Option<bool>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerInfo {
    /// Seconds; 0 or less means two hours.
    pub timeout: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variable {
    pub key: String,
    pub value: String,
    pub public: bool,
    pub masked: bool,
    /// The value goes into a file, the variable holds its path.
    pub file: bool,
    /// `$` in the value is literal.
    pub raw: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    /// `script`, `release`, `after_script`.
    pub name: String,
    pub script: Vec<String>,
    /// Seconds.
    pub timeout: i64,
    pub when: When,
    pub allow_failure: bool,
}

/// When a step runs, or an archive is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    OnSuccess,
    OnFailure,
    Always,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor_opts: Option<ExecutorOptions>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecutorOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker: Option<DockerOptions>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DockerOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Artifact {
    pub name: String,
    pub untracked: bool,
    pub paths: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    pub when: When,
    pub expire_in: String,
    /// `archive`, `dotenv`, `junit`, …
    pub artifact_type: String,
    /// `zip`, `gzip` or `raw`.
    pub artifact_format: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cache {
    /// Unexpanded; empty means `<job name>/<ref>`.
    pub key: String,
    pub untracked: bool,
    /// `pull-push`, `pull`, `push`, or a variable that holds one of them.
    pub policy: String,
    pub paths: Vec<String>,
    pub when: When,
    pub fallback_keys: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Credentials {
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
    pub username: String,
    pub password: String,
}

/// A job whose artifacts this one gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dependency {
    pub id: i64,
    pub name: String,
    pub token: String,
    /// `None`: the job left no archive, nothing to fetch.
    pub artifacts_file: Option<ArtifactsFile>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ArtifactsFile {
    pub filename: String,
    pub size: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    pub trace_sections: bool,
    pub failure_reasons: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub token_mask_prefixes: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// `pre_get_sources_script` or `post_get_sources_script`.
    pub name: String,
    pub script: Vec<String>,
}

/// What a Gantry engine tells a runner on the same machine beyond the protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GantryInfo {
    /// A repository on this machine whose objects the work tree may borrow instead of fetching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_repository: Option<String>,
    /// A tree object in `local_repository` laid over the checkout of `git_info.sha`: the user's uncommitted files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay_tree: Option<String>,
    /// The user's work tree: what its git knows decides where submodules come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The submodules that the user has checked out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub submodules: Vec<LocalSubmodule>,
}

/// A submodule as the user has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LocalSubmodule {
    /// From the top of the work tree, also where it is a submodule of a submodule.
    pub path: String,
    /// A repository on this machine that has the two objects.
    pub repository: String,
    pub commit: String,
    /// Its uncommitted files, laid over the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlay_tree: Option<String>,
}
