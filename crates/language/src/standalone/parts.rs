//! The head and the jobs, made whole one by one.

use gantry_yaml::{Entry, Mapping, Node, Value};

use crate::keywords::default::{Defaults, KEYS as DEFAULT_KEYS};
use crate::keywords::inherit::{self, Inherit};
use crate::reader::Reader;

/// The keys of a job whose lists GitLab flattens.
const FLATTENED: &[&str] = &[
    "after_script",
    "before_script",
    "cache",
    "needs",
    "rules",
    "script",
    "services",
];

pub(super) fn of_head(key: &Node, value: &Node) -> Node {
    match (key.as_str(), value.as_mapping()) {
        (Some("stages"), _) => flat(value),
        (Some("workflow"), Some(workflow)) => with_flat(workflow, "rules", value),
        _ => value.clone(),
    }
}

pub(super) fn job(written: &Mapping, defaults: &Defaults) -> Mapping {
    let inherit = inherited(written);
    let is_trigger = written.get("trigger").is_some_and(|node| !node.is_null());
    let mut job = Mapping::new();
    for Entry { key, value } in written.iter() {
        let name = key.as_str().unwrap_or_default();
        let value = match name {
            "inherit" => match variables_alone(value) {
                Some(inherit) => inherit,
                None => continue,
            },
            // Without a value, it still takes away the `only` that nobody has written.
            "rules" => flat(value),
            _ if value.is_null() => continue,
            _ => keyword(name, value),
        };
        job.insert(key.clone(), value);
    }
    for name in DEFAULT_KEYS {
        let default = defaults.node(written, &inherit.default, is_trigger, name);
        if let (Some(node), None, Some(entry)) = (default, job.get(name), defaults.values().entry(name)) {
            job.insert(entry.key.clone(), keyword(name, node));
        }
    }
    job
}

fn inherited(job: &Mapping) -> Inherit {
    let mut told_before = Vec::new();
    let node = job.get("inherit").filter(|node| !node.is_null());
    node.and_then(|node| inherit::parse(&mut Reader::new(&mut told_before, ""), node))
        .unwrap_or_default()
}

/// Returns `inherit` without `default`, of which nothing is left to inherit.
fn variables_alone(inherit: &Node) -> Option<Node> {
    let variables = inherit.as_mapping()?.entry("variables")?;
    let mut alone = Mapping::new();
    alone.insert(variables.key.clone(), variables.value.clone());
    Some(Node {
        span: inherit.span,
        value: Value::Mapping(alone.into()),
    })
}

fn keyword(name: &str, value: &Node) -> Node {
    match (name, value.as_mapping()) {
        ("hooks", Some(hooks)) => with_flat(hooks, "pre_get_sources_script", value),
        _ if FLATTENED.contains(&name) => flat(value),
        _ => value.clone(),
    }
}

fn with_flat(mapping: &Mapping, key: &str, node: &Node) -> Node {
    let Some(entry) = mapping.entry(key) else {
        return node.clone();
    };
    let mut changed = mapping.clone();
    changed.insert(entry.key.clone(), flat(&entry.value));
    Node {
        span: node.span,
        value: Value::Mapping(changed.into()),
    }
}

/// Returns a list without lists in it; one that holds nothing else is left alone, since an empty list means something.
fn flat(node: &Node) -> Node {
    fn collect(items: &[Node], out: &mut Vec<Node>) {
        for item in items {
            match item.as_sequence() {
                Some(items) => collect(items, out),
                None => out.push(item.clone()),
            }
        }
    }
    let Some(items) = node.as_sequence() else {
        return node.clone();
    };
    let mut out = Vec::new();
    collect(items, &mut out);
    if out.is_empty() {
        return node.clone();
    }
    Node {
        span: node.span,
        value: Value::Sequence(out.into()),
    }
}
