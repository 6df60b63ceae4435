//! What a run was made from, as it is stored with it: enough to lay out the files of one of its jobs once more.
//!
//! No secret is in it. The project's variables are read from their file again, and of the variables that were given
//! with the run only the names are known.

use gantry_language::variables::{Layers, Variable};
use gantry_store::{Reader, RunId};
use serde::{Deserialize, Serialize};

use crate::error::EngineError;
use crate::facts::Facts;

/// The record of one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Circumstances {
    pub facts: Facts,
    pub predefined: Vec<Variable>,
    /// The names of the variables that were given with the run.
    pub given: Vec<String>,
}

impl Circumstances {
    pub(crate) fn new(facts: &Facts, layers: &Layers) -> Circumstances {
        Circumstances {
            facts: facts.clone(),
            predefined: layers
                .predefined
                .iter()
                .filter(|variable| !variable.masked)
                .cloned()
                .collect(),
            given: layers
                .pipeline
                .iter()
                .map(|variable| variable.key.clone())
                .collect(),
        }
    }

    /// Returns what a run was made from; nobody knows of a run that an older gantry made.
    pub fn read(reader: &Reader, run: RunId) -> Result<Option<Circumstances>, EngineError> {
        let stored = reader.circumstances(run)?;
        Ok(stored.and_then(|text| serde_json::from_str(&text).ok()))
    }
}
