//! `trigger`: a job that starts another pipeline. <https://docs.gitlab.com/ci/yaml/#trigger>

use gantry_yaml::{Entry, Node, Value};

use crate::plan::{Trigger, TriggerStrategy};
use crate::reader::Reader;

const NAME: &str = "trigger";
const KEYS: &[&str] = &["project", "branch", "strategy", "forward", "include", "inputs"];

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Trigger> {
    let mut trigger = Trigger {
        project: String::new(),
        branch: None,
        strategy: None,
        forward_yaml_variables: true,
        forward_pipeline_variables: false,
    };
    if let Value::String(project) = &node.value {
        trigger.project = project.to_string();
        return Some(trigger);
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
    if let Some(entry) = ["include", "inputs"].iter().find_map(|key| mapping.entry(key)) {
        reader.unsupported(
            &format!("trigger:{}", entry.key.as_str().unwrap_or_default()),
            entry.key.span,
        );
        return None;
    }
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "project" => trigger.project = reader.string("project", value)?.value,
            "branch" => trigger.branch = reader.string("branch", value).map(|branch| branch.value),
            "strategy" => {
                let words = [
                    ("depend", TriggerStrategy::Depend),
                    ("mirror", TriggerStrategy::Mirror),
                ];
                trigger.strategy = reader.one_of("strategy", value, &words);
            }
            "forward" => forward(&mut reader, value, &mut trigger),
            _ => {}
        }
    }
    if trigger.project.is_empty() {
        let message = "`trigger` names no `project`";
        reader.error("missing-key", node.span, message, "project can't be blank");
        return None;
    }
    Some(trigger)
}

fn forward(reader: &mut Reader<'_>, node: &Node, trigger: &mut Trigger) {
    let mut reader = reader.at("forward");
    let Some(mapping) = reader.mapping("forward", node, &["yaml_variables", "pipeline_variables"]) else {
        return;
    };
    let mut flag = |key: &str| mapping.get(key).and_then(|node| reader.boolean(key, node));
    trigger.forward_yaml_variables = flag("yaml_variables").unwrap_or(true);
    trigger.forward_pipeline_variables = flag("pipeline_variables").unwrap_or(false);
}
