//! Variables of the configuration.

use serde::{Deserialize, Serialize};

use super::is_false;

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
