//! What is said of a text that is no YAML, or too much of it.

use gantry_yaml::{Error, ErrorKind};

use crate::diagnostic::Diagnostic;

/// Returns the mistake, with its own way out.
pub(super) fn malformed(error: &Error) -> Diagnostic {
    let diagnostic = Diagnostic::error("yaml", error.span, error.kind.to_string()).maybe_help(error.help());
    match gitlab_words(&error.kind) {
        Some(words) => diagnostic.gitlab(words),
        None => diagnostic,
    }
}

/// Of all others GitLab passes on the words of its parser, which is not ours.
fn gitlab_words(kind: &ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::TooLarge { .. } => Some("The provided YAML is too big"),
        ErrorKind::TooDeep { .. }
        | ErrorKind::TooManyNodes { .. }
        | ErrorKind::TooManyAliasedNodes { .. } => Some("The parsed YAML is too big"),
        _ => None,
    }
}
