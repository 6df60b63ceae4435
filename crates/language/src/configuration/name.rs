//! Which keys at the top of a file are jobs.

use gantry_yaml::{Entry, Node, Value};

use super::MAX_NAME;
use crate::diagnostic::Diagnostic;
use crate::reader::{Spanned, Text};
use crate::reference::Resolved;

/// Keys at the top of a file that are never jobs.
pub(crate) const RESERVED: &[&str] = &[
    "include",
    "before_script",
    "image",
    "services",
    "after_script",
    "variables",
    "stages",
    "cache",
    "default",
    "workflow",
];

/// Returns the name of a job that is to be read; hidden entries and keywords are none.
pub(super) fn visible_job(
    entry: &Entry,
    resolved: &Resolved,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Text> {
    let Entry { key, value } = entry;
    let Some(name) = key.as_str() else {
        let written = key.value.to_text().unwrap_or_default();
        diagnostics.push(
            Diagnostic::error(
                "job-name",
                key.span,
                format!("the name of a job is a string, not {}", key.value.kind()),
            )
            .maybe_help((!written.is_empty()).then(|| format!("put it in quotes: `\"{written}\":`")))
            .gitlab("jobs name should be a symbol"),
        );
        return None;
    };
    if RESERVED.contains(&name) {
        return None;
    }
    if name.starts_with('.') {
        if is_nothing(value) && !resolved.incomplete.contains(name) {
            diagnostics.push(
                Diagnostic::error("blank", key.span, format!("the template `{name}` is empty"))
                    .gitlab(format!("jobs:{name} config can't be blank")),
            );
        }
        return None;
    }
    if name.is_empty() || name.chars().count() > MAX_NAME {
        let message = format!("the name of a job has 1 to {MAX_NAME} characters");
        diagnostics.push(
            Diagnostic::error("job-name", key.span, message)
                .gitlab("name is too long (maximum is 255 characters)"),
        );
        return None;
    }
    Some(Spanned::new(name.to_owned(), key.span))
}

/// What GitLab's check for presence misses something in.
fn is_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(mapping) => mapping.is_empty(),
        _ => false,
    }
}
