//! `inputs` of a job: values that a person may change when starting it, and where they go.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Build;

/// The parts of a job that inputs go into.
const PLACES: &[&str] = &[
    "script",
    "before_script",
    "after_script",
    "artifacts",
    "cache",
    "image",
    "services",
];

/// One input with its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobInput {
    pub name: String,
    /// `string`, `number`, `boolean` or `array`.
    #[serde(rename = "type")]
    pub kind: String,
    pub default: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
}

impl Build {
    /// Returns the job with the defaults of its inputs in the places of `${{ job.inputs.x }}`.
    pub fn with_default_inputs(&self) -> Build {
        if self.inputs.is_empty() {
            return self.clone();
        }
        let mut parts = serde_json::to_value(self).expect("BUG: every part of a plan is JSON");
        for place in PLACES {
            if let Some(part) = parts.get_mut(place) {
                replace(part, &|name| {
                    let input = self.inputs.iter().find(|input| input.name == name);
                    input.map(|input| text(&input.default))
                });
            }
        }
        serde_json::from_value(parts).expect("BUG: texts in a plan may be any text")
    }

    /// Returns the first name that a place refers to and `inputs` do not have.
    pub(crate) fn undeclared_input(&self) -> Option<String> {
        if self.inputs.is_empty() {
            return None;
        }
        let parts = serde_json::to_value(self).expect("BUG: every part of a plan is JSON");
        let texts = PLACES
            .iter()
            .filter_map(|place| parts.get(place))
            .map(Value::to_string);
        let texts: Vec<String> = texts.collect();
        let names = texts.iter().flat_map(|text| REFERENCE.captures_iter(text));
        let mut names = names.map(|captures| captures[1].to_owned());
        names.find(|name| self.inputs.iter().all(|input| input.name != *name))
    }
}

static REFERENCE: LazyLock<regex::Regex> = LazyLock::new(|| {
    regex::Regex::new(r"\$\{\{\s*job\.inputs\.([A-Za-z0-9_-]+)\s*\}\}").expect("BUG: the pattern is constant")
});

fn replace(part: &mut Value, lookup: &dyn Fn(&str) -> Option<String>) {
    match part {
        Value::String(text) => {
            let replaced = REFERENCE.replace_all(text, |captures: &regex::Captures<'_>| {
                lookup(&captures[1]).unwrap_or_else(|| captures[0].to_owned())
            });
            *text = replaced.into_owned();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, lookup)),
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, lookup)),
        _ => {}
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
