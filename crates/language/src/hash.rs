//! The plan hash: equal for equal file and event, everywhere.
//!
//! It covers what jobs do and how they depend on each other. Places, the traces of decisions, expanded names and
//! left-out jobs are not in it, and jobs and variables count in the order of their names, so that a comment, another
//! file layout or another order of keys does not change it.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::plan::{Plan, PlanHash, PlannedJob};

/// Changes when the canonical form does.
const VERSION: u32 = 1;

/// Keys that say how something came about, not what it is.
const NOT_COVERED: &[&str] = &["place", "decision", "expanded_name", "origin"];

/// Returns the hash of a plan, whatever its own `hash` field holds.
pub(crate) fn hash(plan: &Plan) -> PlanHash {
    let mut digest = Sha256::new();
    let mut text = Vec::new();
    let mut update = |value: Value| {
        text.clear();
        // Half of the time of a large plan goes into these texts; by way of `Display` it would be more.
        serde_json::to_writer(&mut text, &canonical(value)).expect("BUG: a value is JSON");
        text.push(b'\n');
        digest.update(&text);
    };
    update(to_value(&plan.source));
    update(to_value(&plan.stages));
    let mut variables = to_value(&plan.variables);
    sort(&mut variables);
    update(variables);
    if !plan.auto_cancel.is_default() {
        update(to_value(&plan.auto_cancel));
    }
    let mut jobs: Vec<_> = plan.jobs.iter().collect();
    jobs.sort_by_key(|job| &job.name);
    for job in jobs {
        update(to_value(job));
    }
    let digits: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    PlanHash(format!("{VERSION}-{digits}"))
}

impl PlannedJob {
    /// Returns what the job is, in the form that the plan hash covers: equal texts mean equal jobs.
    pub fn definition(&self) -> String {
        canonical(to_value(self)).to_string()
    }
}

pub(crate) fn to_value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).expect("BUG: every part of a plan is JSON")
}

/// Takes out what is not covered. Mappings come out sorted: `serde_json` keeps them in a tree.
pub(crate) fn canonical(mut value: Value) -> Value {
    reduce(&mut value);
    value
}

/// In place, since a plan has many mappings and few keys to take out.
fn reduce(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !NOT_COVERED.contains(&key.as_str()));
            for (key, value) in map.iter_mut() {
                reduce(value);
                if key == "variables" {
                    sort(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(reduce),
        _ => {}
    }
}

/// Variables are lists in a plan and mappings in a file: their order says nothing.
fn sort(value: &mut Value) {
    if let Value::Array(items) = value {
        items.sort_by_cached_key(Value::to_string);
    }
}
