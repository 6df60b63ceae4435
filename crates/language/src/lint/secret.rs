//! Secrets that stand in the file, for everybody who can read the repository.

use std::sync::LazyLock;

use gantry_yaml::{Mapping, Node, Span, Value};

use super::Report;
use super::subject::{Subject, pattern};

/// What secrets of well-known services look like.
const FORMS: &[(&str, &str)] = &[
    ("an access key of AWS", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a token of GitLab",
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[0-9A-Za-z_-]{20,}",
    ),
    ("a token of GitHub", r"\bgh[pousr]_[0-9A-Za-z]{36,}\b"),
    ("a token of Slack", r"\bxox[abprs]-[0-9A-Za-z-]{10,}"),
    ("a key of Google", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a key of Stripe", r"\b[rs]k_live_[0-9A-Za-z]{20,}\b"),
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    (
        "a password in an address",
        r"\b[a-z][a-z0-9+.-]*://[^\s/:@$]+:[^\s/:@$]{6,}@",
    ),
];

const NAMES: &str = r"(?i)(?:^|_)(?:password|passwd|secret|token|api_?key|private_?key|access_?key)(?:$|_)";

/// A shorter value is one that people make up for a test.
const MIN_LENGTH: usize = 12;

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    for command in subject.commands() {
        if let Some(what) = form(command.text) {
            warn(report, command.span, &format!("a command holds {what}"));
        }
    }
    let mappings = subject.jobs.iter().map(|job| job.mapping).chain([subject.root]);
    for variables in mappings
        .filter_map(|mapping| mapping.get("variables"))
        .filter_map(Node::as_mapping)
    {
        look_at_variables(variables, report);
    }
}

fn look_at_variables(variables: &Mapping, report: &mut Report<'_>) {
    static SECRET_NAME: LazyLock<regex::Regex> = LazyLock::new(|| pattern(NAMES));
    for entry in variables.iter() {
        let (Some(name), Some(node)) = (entry.key.value.to_text(), value_of(&entry.value)) else {
            continue;
        };
        let Some(text) = node.as_str() else {
            continue;
        };
        if let Some(what) = form(text) {
            warn(report, node.span, &format!("the variable `{name}` holds {what}"));
        } else if SECRET_NAME.is_match(&name) && looks_secret(text) {
            warn(
                report,
                node.span,
                &format!("the value of `{name}` stands in the file"),
            );
        }
    }
}

fn value_of(node: &Node) -> Option<&Node> {
    match &node.value {
        Value::Mapping(mapping) => mapping.get("value"),
        _ => Some(node),
    }
}

fn form(text: &str) -> Option<&'static str> {
    static KNOWN: LazyLock<Vec<(&str, regex::Regex)>> =
        LazyLock::new(|| FORMS.iter().map(|(what, form)| (*what, pattern(form))).collect());
    let found = KNOWN.iter().find(|(_, form)| form.is_match(text));
    found.map(|(what, _)| *what)
}

/// Made by a machine: long, of letters and digits, and neither a reference nor a path.
fn looks_secret(text: &str) -> bool {
    let has = |wanted: fn(&char) -> bool| text.chars().any(|c| wanted(&c));
    text.len() >= MIN_LENGTH
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && !text.contains(['$', '/', ' ', '%', '<'])
}

fn warn(report: &mut Report<'_>, span: Span, what: &str) {
    let message = format!("{what}: whoever reads the repository has it");
    let help = "change it at its source, and give it as a masked variable of the project";
    report.warn(span, message, help);
}
