//! What a downstream pipeline is made of: parts of the configuration that are handed on as they were written.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A part of the configuration as it was written, for another pipeline to read.
///
/// It is stored as one JSON text, so that the plan hash covers all of it, whatever its keys are called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Written(Value);

impl Written {
    pub fn new(value: Value) -> Written {
        Written(value)
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }
}

impl From<Written> for String {
    fn from(written: Written) -> String {
        written.0.to_string()
    }
}

impl TryFrom<String> for Written {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Written, serde_json::Error> {
        serde_json::from_str(&text).map(Written)
    }
}

/// One entry of a child's `include`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChildInclude {
    /// Names files that are there before anything runs; the child reads it as an `include` of its own.
    Entry(Written),
    /// A file that a job of the pipeline leaves in its archive.
    Artifact {
        job: String,
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inputs: Option<Written>,
    },
}

impl ChildInclude {
    /// Returns the entry as the child's configuration would have it.
    pub(crate) fn entry(&self) -> Value {
        match self {
            ChildInclude::Entry(Written(entry)) => entry.clone(),
            ChildInclude::Artifact { job, path, inputs } => {
                let mut entry = json!({"artifact": path, "job": job});
                if let Some(Written(inputs)) = inputs {
                    entry["inputs"] = inputs.clone();
                }
                entry
            }
        }
    }
}

/// Names the files, as people say it.
impl fmt::Display for ChildInclude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Written(entry) = match self {
            ChildInclude::Artifact { job, path, .. } => return write!(f, "`{path}` of job `{job}`"),
            ChildInclude::Entry(entry) => entry,
        };
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        if let Some(project) = text("project") {
            let files = match &entry["file"] {
                Value::Array(files) => files.as_slice(),
                file => std::slice::from_ref(file),
            };
            let names: Vec<_> = files.iter().filter_map(Value::as_str).collect();
            return write!(f, "`{}` of `{project}`", names.join("`, `"));
        }
        let place = ["local", "remote", "template", "component"]
            .into_iter()
            .find_map(text);
        write!(f, "`{}`", place.or_else(|| entry.as_str()).unwrap_or_default())
    }
}
