//! What a compiled pipeline is: jobs with everything resolved, the jobs that were left out, and why.
//!
//! A [`Plan`] is data. It is stored with a run, so every type here serialises, and a plan read back means what it
//! meant when it was made. Values are unexpanded unless a field says otherwise: expansion needs ids that only
//! exist once the plan is in motion.

mod auto_cancel;
mod child;
mod decision;
mod environment;
mod image;
mod job;
mod job_inputs;
mod kept;
mod published;
mod server;
mod trigger;
mod variable;
mod work;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use auto_cancel::{AutoCancel, OnJobFailure, OnNewCommit};
pub use child::{ChildInclude, Written};
pub use decision::{Clause, Decision, LeftOut, Operand, OperandValue};
pub use environment::{Environment, EnvironmentAction};
pub use image::{Image, Service};
pub use job::{AllowFailure, ParallelNode, PlannedJob, PlannedNeed, Retry, When};
pub use job_inputs::JobInput;
pub use kept::{Artifacts, Cache, CacheKey, KeepWhen};
pub use published::{Pages, Release};
pub use server::{
    ArtifactAccess, ForeignNeed, ForeignPipeline, IdToken, IdTokens, KubernetesEnvironment, Secret,
    SecretProvider, Secrets, VaultSecret,
};
pub use trigger::{Downstream, Trigger, TriggerStrategy};
pub use variable::{VariableOrigin, YamlVariable};
pub use work::{Build, Work};

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

pub(crate) fn is_false(value: &bool) -> bool {
    !value
}
