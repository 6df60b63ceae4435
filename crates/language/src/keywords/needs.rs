//! `needs`: the jobs that a job waits for, instead of its stage. <https://docs.gitlab.com/ci/yaml/#needs>

use gantry_yaml::{Node, Span, Value};

use super::{foreign_needs, parallel};
use crate::diagnostic::Diagnostic;
use crate::reader::{Reader, Spanned, Text};

pub(super) const NAME: &str = "needs";
const KEYS: &[&str] = &[
    "job",
    "artifacts",
    "optional",
    "parallel",
    "pipeline",
    "project",
    "ref",
];

/// One need of a job of the same pipeline as written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Need {
    pub(crate) job: Text,
    pub(crate) artifacts: bool,
    pub(crate) optional: bool,
    /// The instances that are meant of a job made by `parallel:matrix`, by the brackets of their names.
    pub(crate) instances: Option<Spanned<Vec<String>>>,
}

pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Need>> {
    let mut reader = reader.at(NAME);
    match &node.value {
        Value::Sequence(_) => {
            let items = reader.flattened(NAME, node)?;
            Some(
                items
                    .into_iter()
                    .filter_map(|item| need(&mut reader, item))
                    .collect(),
            )
        }
        Value::Mapping(mapping) if mapping.is_empty() => {
            reader.error(
                "blank",
                node.span,
                "`needs` is an empty mapping",
                "config can not be an empty hash",
            );
            None
        }
        Value::Mapping(_) => Some(need(&mut reader, node).into_iter().collect()),
        _ => {
            let help = node.as_str().map(|name| format!("write `needs: [{name}]`"));
            reader.wrong_type(
                NAME,
                "a list",
                node,
                "config can only be a hash or an array",
                help,
            );
            None
        }
    }
}

fn need(reader: &mut Reader<'_>, node: &Node) -> Option<Need> {
    if let Value::String(job) = &node.value {
        return Some(Need {
            job: Spanned::new(job.to_string(), node.span),
            artifacts: true,
            optional: false,
            instances: None,
        });
    }
    if node.as_mapping().is_none() {
        reader.wrong_type(
            "needs",
            "names of jobs or mappings",
            node,
            "need has an unsupported type",
            None,
        );
        return None;
    }
    let mapping = reader.mapping("needs", node, KEYS)?;
    if foreign_needs::is_foreign(mapping) {
        return None;
    }
    let Some(job) = mapping.get("job") else {
        reader.error(
            "missing-key",
            node.span,
            "this need names no `job`",
            "need has an unsupported type",
        );
        return None;
    };
    let flag = |reader: &mut Reader<'_>, key: &str, default: bool| match mapping.get(key) {
        Some(node) if !node.is_null() => reader.boolean(key, node).unwrap_or(default),
        _ => default,
    };
    let job = reader.string("job", job)?;
    Some(Need {
        artifacts: flag(reader, "artifacts", true),
        optional: flag(reader, "optional", false),
        instances: mapping.get("parallel").and_then(|node| instances(reader, node)),
        job,
    })
}

fn instances(reader: &mut Reader<'_>, node: &Node) -> Option<Spanned<Vec<String>>> {
    match parallel::parse(reader, node)? {
        parallel::Parallel::Matrix(instances) => {
            let names = instances.into_iter().map(|instance| instance.suffix()).collect();
            Some(Spanned::new(names, node.span))
        }
        parallel::Parallel::Count(_) => {
            let message = "a need selects instances by `parallel:matrix`, not by a number";
            reader.error(
                "bad-value",
                node.span,
                message,
                "cannot use \"parallel: <number>\".",
            );
            None
        }
    }
}

/// The error for a need that names no job.
pub(crate) fn undefined(job: &str, need: &str, span: Span, help: Option<String>) -> Diagnostic {
    Diagnostic::error(
        "undefined-need",
        span,
        format!("job `{job}` needs `{need}`, which is not defined"),
    )
    .gitlab(format!("{job} job: undefined need: {need}"))
    .maybe_help(help)
}
