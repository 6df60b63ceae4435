//! `trigger`: a job that starts another pipeline. <https://docs.gitlab.com/ci/yaml/#trigger>

use gantry_yaml::{Entry, Mapping, Node, Span, Value};

use super::rules::{self, Owner};
use crate::inputs::json;
use crate::load::locator::{Locator, file_missing};
use crate::plan::{ChildInclude, Downstream, Trigger, TriggerStrategy, Written};
use crate::reader::Reader;

const NAME: &str = "trigger";
const KEYS: &[&str] = &["project", "branch", "strategy", "forward", "include", "inputs"];

/// How many files make a child pipeline.
const MAX_INCLUDES: usize = 3;

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Trigger> {
    if let Value::String(project) = &node.value {
        return Some(Trigger {
            downstream: Downstream::Project {
                project: project.to_string(),
                branch: None,
                inputs: None,
            },
            strategy: None,
            forward_yaml_variables: true,
            forward_pipeline_variables: false,
        });
    }
    let mut reader = reader.at(NAME);
    if node.as_mapping().is_none() {
        reader.wrong_type(
            NAME,
            "a project or a mapping",
            node,
            "has to be either a string or a hash",
            None,
        );
        return None;
    }
    let mapping = reader.mapping(NAME, node, KEYS)?;
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let strategy = given("strategy").and_then(|node| {
        let words = [
            ("depend", TriggerStrategy::Depend),
            ("mirror", TriggerStrategy::Mirror),
        ];
        reader.one_of("strategy", node, &words)
    });
    let (forward_yaml_variables, forward_pipeline_variables) = given("forward")
        .and_then(|node| forward(&mut reader, node))
        .unwrap_or((true, false));
    let downstream = match mapping.entry("include").filter(|entry| !entry.value.is_null()) {
        Some(entry) => child(&mut reader, mapping, entry)?,
        None => project(&mut reader, mapping, node)?,
    };
    Some(Trigger {
        downstream,
        strategy,
        forward_yaml_variables,
        forward_pipeline_variables,
    })
}

fn project(reader: &mut Reader<'_>, mapping: &Mapping, node: &Node) -> Option<Downstream> {
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    let project = match given("project") {
        Some(project) => reader.string("project", project)?.value,
        None => String::new(),
    };
    if project.is_empty() {
        let message = "`trigger` names no `project`";
        reader.error("missing-key", node.span, message, "project can't be blank");
        return None;
    }
    let branch = match given("branch") {
        Some(branch) => Some(reader.string("branch", branch)?.value),
        None => None,
    };
    let inputs = inputs(reader, mapping)?;
    Some(Downstream::Project {
        project,
        branch,
        inputs,
    })
}

fn child(reader: &mut Reader<'_>, mapping: &Mapping, entry: &Entry) -> Option<Downstream> {
    for key in ["project", "branch", "inputs"] {
        if let Some(other) = mapping.entry(key) {
            let message = format!("a `trigger` with `include` has no `{key}`");
            let gitlab = format!("config contains unknown keys: {key}");
            let help = (key == "inputs")
                .then(|| "give them to an entry: `include: [{local: …, inputs: …}]`".to_owned());
            reader.error_with_help("bad-combination", other.key.span, message, &gitlab, help);
        }
    }
    let node = &entry.value;
    let mut reader = reader.at("include");
    let items = match &node.value {
        Value::String(_) => std::slice::from_ref(node),
        Value::Sequence(items) => items.as_slice(),
        _ => {
            let help = node
                .as_mapping()
                .map(|_| "write a list: `include: [{local: …}]`".to_owned());
            let gitlab = "config should be an array or a string";
            reader.wrong_type("trigger:include", "a path or a list", node, gitlab, help);
            return None;
        }
    };
    if items.is_empty() {
        reader.error(
            "blank",
            node.span,
            "`trigger:include` is an empty list",
            "config can't be blank",
        );
        return None;
    }
    if items.len() > MAX_INCLUDES {
        let message = format!(
            "a child pipeline is made of at most {MAX_INCLUDES} files, these are {}",
            items.len()
        );
        let help = "include further files from one of these".to_owned();
        reader.error_with_help(
            "limit",
            node.span,
            message,
            "config is too long (maximum is 3)",
            Some(help),
        );
        return None;
    }
    // All are read before the first mistake counts, so that each is reported.
    let read: Vec<Option<ChildInclude>> = items.iter().map(|item| include(&mut reader, item)).collect();
    let include = read.into_iter().collect::<Option<Vec<_>>>()?;
    Some(Downstream::Child { include })
}

/// Checks what an entry looks like; the child reads what it names.
fn include(reader: &mut Reader<'_>, node: &Node) -> Option<ChildInclude> {
    let entry = || ChildInclude::Entry(Written::new(json(&node.value)));
    if let Value::String(_) = node.value {
        return Some(entry());
    }
    let Some(mapping) = node.as_mapping() else {
        let gitlab = "Each include must be a hash or a string";
        reader.wrong_type("trigger:include", "paths and mappings", node, gitlab, None);
        return None;
    };
    let locator = match Locator::of(mapping, node.span) {
        Ok(locator) => locator,
        Err(diagnostic) => {
            reader.report(*diagnostic);
            return None;
        }
    };
    reader.unknown_keys("trigger:include", mapping, locator.keys);
    let written = reader.string(locator.name, &locator.entry.value)?;
    let inputs = inputs(reader, mapping)?;
    let given = |key: &str| mapping.get(key).filter(|node| !node.is_null());
    if let Some(node) = given("rules") {
        rules::parse(reader, node, Owner::Include)?;
    }
    match locator.name {
        "artifact" => {
            let Some(job) = given("job") else {
                job_missing(reader, node.span);
                return None;
            };
            Some(ChildInclude::Artifact {
                job: reader.string("job", job)?.value,
                path: written.value,
                inputs,
            })
        }
        "project" if given("file").is_none() => {
            reader.report(file_missing(written.span));
            None
        }
        _ => Some(entry()),
    }
}

/// The outer `None` is a mistake.
fn inputs(reader: &mut Reader<'_>, mapping: &Mapping) -> Option<Option<Written>> {
    let Some(node) = mapping.get("inputs").filter(|node| !node.is_null()) else {
        return Some(None);
    };
    if node.as_mapping().is_none() {
        reader.wrong_type(
            "inputs",
            "a mapping",
            node,
            "inputs config should be a hash",
            None,
        );
        return None;
    }
    Some(Some(Written::new(json(&node.value))))
}

fn job_missing(reader: &mut Reader<'_>, include: Span) {
    let help = "name the job that makes the file: `{artifact: child.yml, job: generate}`".to_owned();
    let message = "this include does not say which job leaves the artifact";
    let gitlab = "must specify the job where to fetch the artifact from";
    reader.error_with_help("missing-key", include, message, gitlab, Some(help));
}

fn forward(reader: &mut Reader<'_>, node: &Node) -> Option<(bool, bool)> {
    let mut reader = reader.at("forward");
    let mapping = reader.mapping("forward", node, &["yaml_variables", "pipeline_variables"])?;
    let mut flag = |key: &str| mapping.get(key).and_then(|node| reader.boolean(key, node));
    Some((
        flag("yaml_variables").unwrap_or(true),
        flag("pipeline_variables").unwrap_or(false),
    ))
}
