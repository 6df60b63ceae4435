//! `sleep 10` after something was started in the background: a guess in place of a look.

use std::sync::LazyLock;

use super::Report;
use super::subject::{Subject, pattern};

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    static STARTS: LazyLock<regex::Regex> = LazyLock::new(|| {
        pattern(
            r"\b(?:docker|podman)\s+(?:container\s+)?run\b[^\n;|]*\s(?:-\w*d\w*|--detach)\b|\bcompose\b[^\n;|]*\bup\b[^\n;|]*\s(?:-d|--detach)\b|\b(?:systemctl|service)\b[^\n;|]*\b(?:re)?start\b|[^&>|\s]\s*&\s*(?:$|\n)",
        )
    });
    static SLEEP: LazyLock<regex::Regex> =
        LazyLock::new(|| pattern(r"(?m)(?:^|[;&]\s*)\s*sleep\s+([0-9]+[smh]?)\b"));
    static LOOP: LazyLock<regex::Regex> = LazyLock::new(|| pattern(r"\b(?:until|while|for)\b"));
    for job in &subject.jobs {
        let mut is_started = false;
        for command in job.own_commands() {
            let starts_here = STARTS.find(command.text).map(|found| found.start());
            let sleep = SLEEP
                .captures(command.text)
                .filter(|_| !LOOP.is_match(command.text));
            if let Some(sleep) = sleep {
                let at = sleep.get(0).map_or(0, |whole| whole.start());
                if is_started || starts_here.is_some_and(|start| start < at) {
                    let message = format!(
                        "job `{}` waits {} for what it has started, ready or not",
                        job.name(),
                        seconds(&sleep[1])
                    );
                    report.warn(
                        command.span,
                        message,
                        "ask until it answers: `until pg_isready; do sleep 1; done`, with a limit",
                    );
                }
            }
            is_started |= starts_here.is_some();
        }
    }
}

fn seconds(written: &str) -> String {
    if written.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{written} seconds")
    } else {
        written.to_owned()
    }
}
