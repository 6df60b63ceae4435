//! What a compiled pipeline is: jobs with everything resolved, the jobs that were left out, and why.
//!
//! A [`Plan`] is data. It is stored with a run, so every type here serialises, and a plan read back means what it
//! meant when it was made. Values are unexpanded unless a field says otherwise: expansion needs ids that only
//! exist once the plan is in motion.

mod child;
mod job_inputs;
mod server;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use child::{ChildInclude, Written};
pub use job_inputs::JobInput;
pub use server::{
    ArtifactAccess, ForeignNeed, ForeignPipeline, IdToken, IdTokens, KubernetesEnvironment, Secret,
    SecretProvider, Secrets, VaultSecret,
};

use crate::event::Source;

/// The whole outcome of a successful compilation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// What the plan hash covers, in its canonical form; equal for equal file and event, everywhere.
    pub hash: PlanHash,
    /// `workflow:name`, expanded; `None` where there is none or it came out blank.
    pub name: Option<String>,
    /// Where the pipeline comes from (`CI_PIPELINE_SOURCE`).
    pub source: Source,
    /// All stages in order, `.pre` and `.post` at the ends, those without jobs included.
    pub stages: Vec<String>,
    /// Top-level variables with the matched workflow rule's laid over them.
    pub variables: Vec<YamlVariable>,
    /// Why there is a pipeline at all.
    pub workflow: Decision,
    #[serde(default, skip_serializing_if = "AutoCancel::is_default")]
    pub auto_cancel: AutoCancel,
    /// The jobs of the pipeline: by stage, then in the order of the file.
    pub jobs: Vec<PlannedJob>,
    /// The jobs that the rules kept out, in the order of the file.
    pub left_out: Vec<LeftOut>,
}

impl Plan {
    /// Returns the job of that exact name.
    pub fn job(&self, name: &str) -> Option<&PlannedJob> {
        self.jobs.iter().find(|job| job.name == name)
    }
}

/// `workflow:auto_cancel`: what cancels the pipeline early.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoCancel {
    pub on_new_commit: OnNewCommit,
    pub on_job_failure: OnJobFailure,
}

impl AutoCancel {
    pub(crate) fn is_default(&self) -> bool {
        *self == AutoCancel::default()
    }
}

/// What becomes of the pipeline when its branch gets another commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewCommit {
    /// It is canceled unless a job has started that may not be interrupted.
    #[default]
    Conservative,
    /// Its interruptible jobs are canceled.
    Interruptible,
    None,
}

/// What becomes of the pipeline when a job fails for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnJobFailure {
    #[default]
    None,
    /// It is canceled.
    All,
}

/// A versioned digest of a plan, `1-` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanHash(pub(crate) String);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place in a file of the configuration, as people write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A variable declared in the configuration, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YamlVariable {
    pub key: String,
    pub value: String,
    /// `expand: false`: `$` is literal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw: bool,
    pub origin: VariableOrigin,
}

/// Which part of the configuration set a variable; later ones outrank earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableOrigin {
    Global,
    WorkflowRule,
    Job,
    Matrix,
    Rule,
}

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

/// What a job does once it may start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Build(Box<Build>),
    Trigger(Trigger),
}

/// A job that runs a script.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Build {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before_script: Vec<String>,
    pub script: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after_script: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<Image>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<Artifacts>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cache: Vec<Cache>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<Pages>,
    /// The expression, without its slashes, that finds the coverage in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<String>,
    /// `hooks:pre_get_sources_script`: what runs before the work tree is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pre_get_sources_script: Vec<String>,
    #[serde(default, skip_serializing_if = "IdTokens::is_empty")]
    pub id_tokens: IdTokens,
    #[serde(default, skip_serializing_if = "Secrets::is_empty")]
    pub secrets: Secrets,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<JobInput>,
    /// What a person is asked before the job, if it is manual, is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manual_confirmation: Option<String>,
}

/// A job that starts another pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    pub downstream: Downstream,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<TriggerStrategy>,
    /// `forward:yaml_variables`.
    pub forward_yaml_variables: bool,
    /// `forward:pipeline_variables`.
    pub forward_pipeline_variables: bool,
}

/// Which pipeline a trigger job starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Downstream {
    /// `trigger:project`: that of another project.
    Project {
        project: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
        /// `trigger:inputs`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<Written>,
    },
    /// `trigger:include`: a child of this one, made of these files.
    Child { include: Vec<ChildInclude> },
}

/// How the state of a trigger job follows that of the pipeline it has started; without one, starting is all it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriggerStrategy {
    Depend,
    Mirror,
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

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pull_policy: Vec<String>,
    /// `docker:user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `docker:platform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// `kubernetes:user`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes_user: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    #[serde(flatten)]
    pub image: Image,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<(String, String)>,
}

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

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// As written.
    pub name: String,
    /// The name with the variables that are known when the pipeline is made.
    pub expanded_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    pub action: EnvironmentAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_stop: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_stop_in: Option<String>,
    /// The tier that was given, or the one that the name suggests.
    pub tier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<KubernetesEnvironment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentAction {
    Start,
    Prepare,
    Stop,
    Verify,
    Access,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub tag_name: String,
    pub description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_message: Option<String>,
    /// As written, a date and time in the form of ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub milestones: Vec<String>,
    /// `assets:links`: `name`, `url`, `filepath`, `link_type`, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<BTreeMap<String, String>>,
}

/// What a job publishes as a web site. The folder is among the paths of its artifacts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    pub publish: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expire_in: Option<String>,
}

/// A job that the rules kept out of the pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    pub name: String,
    pub stage: String,
    pub place: Place,
    pub decision: Decision,
}

/// How a question ("is this job in?") was answered: the outcome and every clause that was looked at on the way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// True: the job (or the pipeline) is in.
    pub included: bool,
    /// One sentence without a full stop: `rule 2 of 3 matched`, `no rules: runs for branches and tags`.
    pub summary: String,
    /// In the order in which they were tried; the last one decided, unless none matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clauses: Vec<Clause>,
}

/// One rule, or one entry of `only` or `except`, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clause {
    /// The clause as the file has it, on one line: `if: $CI_COMMIT_TAG`.
    pub text: String,
    /// `None` for the implicit policy, which stands in no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    pub matched: bool,
    /// What was compared, with the values of the moment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operands: Vec<Operand>,
}

/// A value that a clause looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operand {
    /// `$CI_COMMIT_BRANCH`, `changed files`, …
    pub name: String,
    pub value: OperandValue,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperandValue {
    Unset,
    Text(String),
    /// A masked value: that it is set is all that is said.
    Masked,
}

pub(crate) fn is_false(value: &bool) -> bool {
    !value
}
