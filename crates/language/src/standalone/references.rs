//! The jobs that a job names.

use gantry_yaml::{Mapping, Node, Value};

/// Returns the names in `needs`, also those of `rules`, in `dependencies`, `environment:on_stop` and `trigger:include`.
pub(super) fn of_job(job: &Mapping) -> Vec<&str> {
    let mut names = Vec::new();
    if let Some(needs) = job.get("needs") {
        of_needs(needs, &mut names);
    }
    for rule in items(job.get("rules")) {
        if let Some(needs) = rule.as_mapping().and_then(|rule| rule.get("needs")) {
            of_needs(needs, &mut names);
        }
    }
    names.extend(items(job.get("dependencies")).iter().filter_map(Node::as_str));
    let part = |keyword: &str, key: &str| job.get(keyword)?.as_mapping()?.get(key);
    names.extend(part("environment", "on_stop").and_then(Node::as_str));
    let includes = items(part("trigger", "include"))
        .iter()
        .filter_map(Node::as_mapping);
    names.extend(includes.filter_map(|include| include.get("job")?.as_str()));
    names
}

/// Jobs of other pipelines are none of this file's.
fn of_needs<'n>(node: &'n Node, names: &mut Vec<&'n str>) {
    match &node.value {
        Value::String(name) => names.push(name),
        Value::Sequence(items) => items.iter().for_each(|item| of_needs(item, names)),
        Value::Mapping(need) if need.get("project").is_none() && need.get("pipeline").is_none() => {
            names.extend(need.get("job").and_then(Node::as_str));
        }
        _ => {}
    }
}

fn items(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_sequence).unwrap_or_default()
}
