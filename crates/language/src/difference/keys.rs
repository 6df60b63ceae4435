//! Jobs and pipelines as keys with values, and which of those differ.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Change;
use crate::compile::Outcome;
use crate::hash::{canonical, to_value};
use crate::plan::{Plan, PlannedJob};

/// Of two pipelines their keys are compared, of anything else what it came to.
pub(super) fn of_outcomes(before: &Outcome, now: &Outcome) -> Vec<Change> {
    match (before, now) {
        (Outcome::Pipeline(before), Outcome::Pipeline(now)) => changes(&keys(before), &keys(now)),
        _ => changes(&came_to(before), &came_to(now)),
    }
}

fn came_to(outcome: &Outcome) -> Value {
    let reason = match outcome {
        Outcome::Filtered(decision) => Value::from(decision.summary.as_str()),
        Outcome::Pipeline(_) | Outcome::Empty(_) | Outcome::Skipped => Value::Null,
    };
    Value::from_iter([("outcome", outcome.kind().into()), ("workflow", reason)])
}

fn keys(plan: &Plan) -> Value {
    Value::from_iter([
        ("name", to_value(&plan.name)),
        ("stages", to_value(&plan.stages)),
        ("variables", by_key(canonical(to_value(&plan.variables)))),
        ("auto_cancel", to_value(&plan.auto_cancel)),
    ])
}

pub(super) fn of_jobs(before: &PlannedJob, now: &PlannedJob) -> Vec<Change> {
    changes(&of_job(before), &of_job(now))
}

/// A job as people write it: with the keywords of its script at the top, and its variables by their names.
fn of_job(job: &PlannedJob) -> Value {
    let Value::Object(mut keys) = canonical(to_value(job)) else {
        return Value::Null;
    };
    // The stage is told by its name.
    keys.remove("stage_index");
    if let Some(variables) = keys.remove("variables") {
        keys.insert("variables".to_owned(), by_key(variables));
    }
    if let Some(Value::Array(needs)) = keys.get_mut("needs") {
        needs.iter_mut().for_each(shorten);
    }
    match keys.remove("work") {
        Some(Value::Object(mut work)) => match work.remove("build") {
            Some(Value::Object(build)) => keys.extend(build),
            _ => keys.extend(work),
        },
        other => keys.extend(other.map(|other| ("work".to_owned(), other))),
    }
    Value::Object(keys)
}

/// Most needs say nothing but a name.
fn shorten(need: &mut Value) {
    if need["artifacts"] == Value::Bool(true) && need["optional"] == Value::Bool(false) {
        *need = need["job"].take();
    }
}

fn by_key(variables: Value) -> Value {
    let Value::Array(items) = variables else {
        return variables;
    };
    let pairs = items.into_iter().filter_map(|mut item| {
        let key = item["key"].as_str()?.to_owned();
        let is_raw = item["raw"] == Value::Bool(true);
        let value = item["value"].take();
        Some((
            key,
            if is_raw {
                Value::from_iter([("raw", value)])
            } else {
                value
            },
        ))
    });
    Value::Object(pairs.collect())
}

fn changes(before: &Value, now: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    collect("", before, now, &mut changes);
    changes
}

/// Goes down as far as both sides are mappings.
fn collect(key: &str, before: &Value, now: &Value, changes: &mut Vec<Change>) {
    if before == now {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        changes.push(Change {
            key: key.to_owned(),
            before: before.clone(),
            now: now.clone(),
        });
        return;
    };
    let mut keys: BTreeMap<&str, (&Value, &Value)> = BTreeMap::new();
    for (name, value) in old {
        keys.insert(name, (value, &Value::Null));
    }
    for (name, value) in new {
        keys.entry(name).or_insert((&Value::Null, value)).1 = value;
    }
    for (name, (before, now)) in keys {
        let below = if key.is_empty() {
            name.to_owned()
        } else {
            format!("{key}.{name}")
        };
        collect(&below, before, now, changes);
    }
}
