//! `retry`: how often a failed job is started again, and after which failures. <https://docs.gitlab.com/ci/yaml/#retry>

use gantry_yaml::{Entry, Node, Value};

use super::exit_codes;
use crate::diagnostic::did_you_mean;
use crate::plan::Retry;
use crate::reader::Reader;

const NAME: &str = "retry";

/// Failure reasons that `retry:when` knows. GitLab takes its internal ones too.
const REASONS: &[&str] = &[
    "always",
    "unknown_failure",
    "script_failure",
    "api_failure",
    "stuck_or_timeout_failure",
    "runner_system_failure",
    "runner_unsupported",
    "stale_schedule",
    "job_execution_timeout",
    "archived_failure",
    "unmet_prerequisites",
    "scheduler_failure",
    "data_integrity_failure",
    "missing_dependency_failure",
    "forward_deployment_failure",
    "user_blocked",
    "project_deleted",
    "ci_quota_exceeded",
    "pipeline_loop_detected",
    "no_matching_runner",
    "trace_size_exceeded",
    "builds_disabled",
    "environment_creation_failure",
    "deployment_rejected",
    "failed_outdated_deployment_job",
    "job_execution_server_timeout",
    "stuck_pending_with_matching_runners",
    "stuck_pending_no_matching_runners",
    "no_updates_running",
    "no_updates_canceling",
    "server_timeout_running",
    "server_timeout_canceling",
    "runner_configuration_error",
    "runner_external_dependency_failure",
    "runner_interrupted",
];

/// GitLab tells no job in these messages.
pub(crate) fn parse(reader: &mut Reader<'_>, node: &Node) -> Option<Retry> {
    let reader = &mut reader.elsewhere(NAME);
    match &node.value {
        Value::Integer(_) => Some(Retry {
            max: max(reader, node, "config"),
            when: always(),
            exit_codes: Vec::new(),
        }),
        Value::Mapping(_) => mapping(reader, node),
        _ => {
            let help = node
                .as_str()
                .map(|text| format!("write `retry: {text}` without quotes"));
            let takes = "a number or a mapping";
            reader.wrong_type(
                NAME,
                takes,
                node,
                "config has to be either an integer or a hash",
                help,
            );
            None
        }
    }
}

fn always() -> Vec<String> {
    vec!["always".to_owned()]
}

/// Reads the number itself (`config` in GitLab's messages) or `max`.
fn max(reader: &mut Reader<'_>, node: &Node, attribute: &str) -> Option<u8> {
    match node.value {
        Value::Integer(count @ 0..=2) => u8::try_from(count).ok(),
        Value::Integer(count) => {
            let message = format!("a job is retried 0 to 2 times, not {count}");
            let bound = if count < 0 {
                "greater than or equal to 0"
            } else {
                "less than or equal to 2"
            };
            reader.error(
                "limit",
                node.span,
                message,
                &format!("{attribute} must be {bound}"),
            );
            None
        }
        _ => {
            reader.wrong_type(
                "retry:max",
                "a number from 0 to 2",
                node,
                "max is not a number",
                None,
            );
            None
        }
    }
}

fn mapping(reader: &mut Reader<'_>, node: &Node) -> Option<Retry> {
    let mapping = reader.mapping(NAME, node, &["max", "when", "exit_codes"])?;
    let mut retry = Retry::default();
    let mut when = None;
    for Entry { key, value } in mapping.iter().filter(|entry| !entry.value.is_null()) {
        match key.as_str().unwrap_or_default() {
            "max" => retry.max = max(reader, value, "max"),
            "when" => when = Some(reasons(reader, value)),
            "exit_codes" => retry.exit_codes = exit_codes::parse(reader, NAME, value),
            _ => {}
        }
    }
    retry.when = when.unwrap_or_else(|| {
        if retry.exit_codes.is_empty() {
            always()
        } else {
            Vec::new()
        }
    });
    Some(retry)
}

fn reasons(reader: &mut Reader<'_>, node: &Node) -> Vec<String> {
    let texts = reader.string_or_strings("retry:when", node);
    for text in texts
        .iter()
        .filter(|text| !REASONS.contains(&text.value.as_str()))
    {
        let help = did_you_mean(&text.value, REASONS.iter().copied());
        let gitlab = match node.as_sequence() {
            Some(_) => format!("when contains unknown values: {}", text.value),
            None => "when is not included in the list".to_owned(),
        };
        let message = format!("`{}` is not a reason for which a job can fail", text.value);
        reader.error_with_help("unknown-value", text.span, message, &gitlab, help);
    }
    texts.into_iter().map(|text| text.value).collect()
}
