//! One job of a plan, and what decides when it starts, whether it may fail, and how often it is tried.

use serde::{Deserialize, Serialize};

use super::{Decision, Environment, ForeignNeed, Place, Work, YamlVariable};

/// One job that is in the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedJob {
    pub name: String,
    /// The name in the file, before `parallel` multiplied it.
    pub base_name: String,
    pub stage: String,
    /// Position of `stage` in [`Plan::stages`].
    pub stage_index: usize,
    /// Where the job's name stands.
    pub place: Place,
    pub decision: Decision,
    pub when: When,
    /// Only with [`When::Delayed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_in_secs: Option<u64>,
    pub allow_failure: AllowFailure,
    /// `Some` makes the job start by its needs alone, whatever the stages say; `Some([])` means at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Vec<PlannedNeed>>,
    /// Needs for artifacts of jobs of other pipelines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_needs: Vec<ForeignNeed>,
    /// `dependencies`, names of jobs after `parallel`; `None` where the keyword is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<String>>,
    pub retry: Retry,
    /// Root variables that `inherit` lets through, then the job's own, matrix and rule variables, each key once.
    pub variables: Vec<YamlVariable>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_secs: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,
    /// The name, expanded, of the group of whose jobs only one runs at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<String>,
    /// `CI_NODE_INDEX`/`CI_NODE_TOTAL` of a job made by `parallel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<ParallelNode>,
    pub work: Work,
}

impl PlannedJob {
    /// Returns true when the job starts by its needs instead of its stage.
    pub fn is_dag(&self) -> bool {
        self.needs.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParallelNode {
    pub index: u32,
    pub total: u32,
}

/// When a job that may start does start; `never` does not occur in a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    OnSuccess,
    OnFailure,
    Always,
    Manual,
    Delayed,
}

impl When {
    /// Returns the word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            When::OnSuccess => "on_success",
            When::OnFailure => "on_failure",
            When::Always => "always",
            When::Manual => "manual",
            When::Delayed => "delayed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowFailure {
    No,
    Yes,
    /// Only these exit codes of the script are allowed.
    ExitCodes(Vec<i32>),
}

impl AllowFailure {
    /// Returns true when a failure with that exit code is allowed.
    pub fn covers(&self, exit_code: Option<i32>) -> bool {
        match self {
            AllowFailure::No => false,
            AllowFailure::Yes => true,
            AllowFailure::ExitCodes(codes) => exit_code.is_some_and(|code| codes.contains(&code)),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedNeed {
    /// The needed job's name, after `parallel`.
    pub job: String,
    pub artifacts: bool,
    /// The need may be missing from the pipeline; then it counts as not there.
    pub optional: bool,
}

/// `retry`, with GitLab's defaults filled in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often a failed job is started again, 0 to 2; `None` where the keyword gives no `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u8>,
    /// Failure reasons, or `always`. Empty when only exit codes are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exit_codes: Vec<i32>,
}
