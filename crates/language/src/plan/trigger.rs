//! Jobs that start another pipeline.

use serde::{Deserialize, Serialize};

use super::{ChildInclude, Written};

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
