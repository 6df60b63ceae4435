//! The environment that a job deploys to, or stops.

use serde::{Deserialize, Serialize};

use super::KubernetesEnvironment;

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
