//! Why a job, or the pipeline, is in or out: decisions with every clause that was looked at.

use serde::{Deserialize, Serialize};

use super::Place;

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
