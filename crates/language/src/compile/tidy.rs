//! What is said of a configuration in the end: each mistake once, by its place.

use std::collections::HashSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceMap;

/// A mistake through which jobs may be missing: names that are not found are then not to blame.
pub(crate) fn hides_jobs(diagnostic: &Diagnostic) -> bool {
    const HIDING: &[&str] = &[
        "include",
        "input",
        "interpolation",
        "header",
        "yaml",
        "undefined-extends",
        "bad-extends",
        "extends-circle",
        "job-name",
    ];
    diagnostic.severity == Severity::Error && HIDING.contains(&diagnostic.code)
}

/// By place, each mistake once: a template's is met in every job that uses it.
pub(super) fn tidy(diagnostics: &mut Vec<Diagnostic>, map: &SourceMap) {
    for diagnostic in diagnostics.iter_mut() {
        diagnostic.span = diagnostic.span.map(|span| map.whole_characters(span));
    }
    let mut seen = HashSet::new();
    diagnostics.retain(|diagnostic| {
        // These name the job, of which there are many to one template.
        let message = match diagnostic.code {
            "undefined-need"
            | "undefined-dependency"
            | "undefined-stage"
            | "later-need"
            | "later-dependency"
            | "dependency-not-needed" => String::new(),
            _ => diagnostic.message.clone(),
        };
        seen.insert((diagnostic.span, diagnostic.code, message))
    });
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.source, span.start)));
}
