//! Pipes in scripts for a shell that is not the job's own: its `pipefail` does not reach there.

use std::sync::LazyLock;

use super::Report;
use super::subject::{Subject, pattern};

/// Programs on the left of a pipe that do not fail.
const HARMLESS: &[&str] = &["echo", "printf", "yes", "cat", "true"];

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    static SHELL: LazyLock<regex::Regex> = LazyLock::new(|| {
        pattern(
            r#"\b(?:(sh|bash|ash|dash)(?:\s+-\w+)*?\s+-\w*c|(ssh)\b[^\n'";|]*?)\s+(?:'([^']*)'|"((?:[^"\\]|\\.)*)")"#,
        )
    });
    for command in subject.commands() {
        let text = command.text.replace("\\\n", " ");
        for found in SHELL.captures_iter(&text) {
            let shell = found
                .get(1)
                .or_else(|| found.get(2))
                .map_or("", |name| name.as_str());
            let script = found
                .get(3)
                .or_else(|| found.get(4))
                .map_or("", |script| script.as_str());
            if let Some(hidden) = hidden(script) {
                let message = format!(
                    "in the script for `{shell}`, a failure of `{hidden}` is hidden by the pipe after it"
                );
                report.warn(
                    command.span,
                    message,
                    "begin that script with `set -o pipefail;`, or do without the pipe",
                );
            }
        }
    }
}

/// Returns the program whose failure nobody sees.
fn hidden(script: &str) -> Option<&str> {
    static PIPE: LazyLock<regex::Regex> =
        LazyLock::new(|| pattern(r"(?:^|[;&\n(]|&&|\|\|)\s*([^;&|\n]+?)\s\|\s"));
    if script.contains("pipefail") {
        return None;
    }
    let mut programs = PIPE.captures_iter(script).filter_map(|found| {
        let left = found.get(1)?.as_str();
        let mut words = left
            .split_whitespace()
            .skip_while(|word| *word == "sudo" || word.contains('='));
        words.next()
    });
    programs.find(|program| !HARMLESS.contains(program))
}
