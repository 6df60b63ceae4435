//! Paths of caches and artifacts that lie outside the project: nothing is kept of them.

use gantry_yaml::{Mapping, Node, Span, Value};

use super::Report;
use super::subject::Subject;

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    let owners = subject
        .jobs
        .iter()
        .map(|job| job.mapping)
        .chain(subject.defaults());
    for mapping in owners {
        for keyword in ["cache", "artifacts"] {
            for (path, span) in paths(mapping, keyword) {
                if is_outside(path) {
                    let message = format!(
                        "`{keyword}:paths` has `{path}`, which is outside the project: nothing of it is kept"
                    );
                    report.warn(
                        span,
                        message,
                        "let the program write below `$CI_PROJECT_DIR`, and name that path",
                    );
                }
            }
        }
    }
}

fn paths<'a>(mapping: &'a Mapping, keyword: &str) -> Vec<(&'a str, Span)> {
    let Some(node) = mapping.get(keyword) else {
        return Vec::new();
    };
    let entries = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let lists = entries
        .iter()
        .filter_map(|entry| entry.as_mapping()?.get("paths"));
    let items = lists.filter_map(Node::as_sequence).flatten();
    items
        .filter_map(|item| Some((item.as_str()?, item.span)))
        .collect()
}

fn is_outside(path: &str) -> bool {
    let mut depth = 0;
    let climbs = path.split('/').any(|part| {
        match part {
            ".." => depth -= 1,
            "" | "." => {}
            _ => depth += 1,
        }
        depth < 0
    });
    path.starts_with('/') || path.starts_with('~') || path.starts_with("$HOME") || climbs
}

#[cfg(test)]
mod tests {
    use super::is_outside;

    #[test]
    fn what_lies_outside() {
        for path in [
            "/cache/.trivycache/",
            "~/.m2",
            "../other",
            "a/../../b",
            "$HOME/.cargo",
        ] {
            assert!(is_outside(path), "{path}");
        }
        for path in ["a", "./a", "a/../b", "$CI_PROJECT_DIR/a", "**/*.log", "..a/b"] {
            assert!(!is_outside(path), "{path}");
        }
    }
}
