//! What a row shows of a value, and of who has set it.

use gantry_language::plan::VariableOrigin;
use gantry_language::variables::Origin;
use gantry_masking::MASK;

/// A value as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shown {
    Text(String),
    /// A part is known once the job runs, and stands there as a reference.
    Partly(String),
    /// Known once the job runs.
    Later,
    Masked,
}

/// Who has set a variable, by rank. The runner's stand aside: most rank lowest, and a few highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Runner,
    Known(Origin),
}

/// Takes the place of what is not known yet, around its name. No shell could export it.
pub(super) const MARK: char = '\u{1}';

pub(super) fn stand_in(name: &str) -> String {
    format!("{MARK}{name}{MARK}")
}

/// Returns what may be shown of a value in which nothing is secret any more.
pub(super) fn shown(key: &str, value: &str) -> Shown {
    if value == stand_in(key) {
        return Shown::Later;
    }
    if value.contains(MARK) {
        return Shown::Partly(as_references(value));
    }
    Shown::Text(value.to_owned())
}

/// Writes what stands between marks as references.
fn as_references(value: &str) -> String {
    let parts = value.split(MARK).enumerate();
    parts
        .map(|(number, part)| {
            if number % 2 == 1 {
                format!("${part}")
            } else {
                part.to_owned()
            }
        })
        .collect()
}

impl Shown {
    /// Returns the value for programs: nothing where it is not known at all.
    pub(super) fn value(&self) -> Option<&str> {
        match self {
            Shown::Text(text) | Shown::Partly(text) => Some(text),
            Shown::Later => None,
            Shown::Masked => Some(MASK),
        }
    }

    pub(super) fn is_known(&self) -> bool {
        matches!(self, Shown::Text(_) | Shown::Masked)
    }
}

impl Source {
    /// Returns the word for programs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Source::Runner => "runner",
            Source::Known(Origin::Persisted) => "run",
            Source::Known(Origin::Predefined) => "predefined",
            Source::Known(Origin::Configuration(VariableOrigin::Global)) => "global",
            Source::Known(Origin::Configuration(VariableOrigin::WorkflowRule)) => "workflow_rule",
            Source::Known(Origin::Configuration(VariableOrigin::Job)) => "job",
            Source::Known(Origin::Configuration(VariableOrigin::Matrix)) => "matrix",
            Source::Known(Origin::Configuration(VariableOrigin::Rule)) => "rule",
            Source::Known(Origin::Dotenv) => "dotenv",
            Source::Known(Origin::Project) => "project",
            Source::Known(Origin::Pipeline) => "given",
            Source::Known(Origin::Environment) => "environment",
        }
    }

    /// Returns what people read.
    pub(super) fn words(self) -> &'static str {
        match self {
            Source::Runner => "set by the runner",
            Source::Known(Origin::Persisted) => "set by the run",
            Source::Known(Origin::Predefined) => "predefined",
            Source::Known(Origin::Configuration(VariableOrigin::Global)) => "at the top of the configuration",
            Source::Known(Origin::Configuration(VariableOrigin::WorkflowRule)) => {
                "of the matched rule of `workflow`"
            }
            Source::Known(Origin::Configuration(VariableOrigin::Job)) => "of the job",
            Source::Known(Origin::Configuration(VariableOrigin::Matrix)) => "of the job's matrix",
            Source::Known(Origin::Configuration(VariableOrigin::Rule)) => "of the job's matched rule",
            Source::Known(Origin::Dotenv) => "of a dotenv report",
            Source::Known(Origin::Project) => "of the project",
            Source::Known(Origin::Pipeline) => "given with the event",
            Source::Known(Origin::Environment) => "of the environment",
        }
    }
}
