//! `bash` in images of Alpine Linux, which come without it.

use std::sync::LazyLock;

use super::Report;
use super::subject::{Command, Subject, Subjected, pattern};

const HELP: &str = "use `sh`, or install bash first: `apk add bash`";

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    for job in &subject.jobs {
        let commands = job.own_commands();
        let installs = commands.iter().any(|command| installs_bash(command.text));
        in_job(job, &commands, installs, report);
        if !installs {
            in_containers(&commands, report);
        }
    }
}

fn installs_bash(text: &str) -> bool {
    static INSTALL: LazyLock<regex::Regex> =
        LazyLock::new(|| pattern(r"\bapk\b[^\n;|&]*\badd\b[^\n;|&]*\bbash\b"));
    INSTALL.is_match(text)
}

/// The job's own image.
fn in_job(job: &Subjected<'_>, commands: &[Command<'_>], installs: bool, report: &mut Report<'_>) {
    static CALL: LazyLock<regex::Regex> = LazyLock::new(|| pattern(r"(?m)^\s*bash(?:\s|$)"));
    let image = job.build().and_then(|build| build.image.as_ref());
    let Some(image) = image.filter(|image| is_alpine(&image.name)) else {
        return;
    };
    let installs = installs
        || job
            .build()
            .is_some_and(|build| build.before_script.iter().any(|text| installs_bash(text)));
    for command in commands
        .iter()
        .filter(|command| !installs && CALL.is_match(command.text))
    {
        let message = format!(
            "job `{}` calls bash, which the image `{}` does not have",
            job.name(),
            image.name
        );
        report.warn(command.span, message, HELP);
    }
}

/// Containers that the job starts itself.
fn in_containers(commands: &[Command<'_>], report: &mut Report<'_>) {
    static DOCKER: LazyLock<regex::Regex> =
        LazyLock::new(|| pattern(r"\b(?:docker|podman)\s+(?:container\s+)?(run|exec)\b([^\n;|&]*)"));
    let mut without_bash: Vec<String> = Vec::new();
    for command in commands {
        let text = command.text.replace("\\\n", " ");
        for call in DOCKER.captures_iter(&text) {
            let words: Vec<&str> = call[2].split_whitespace().collect();
            let target = words.iter().position(|word| match &call[1] {
                "run" => !word.starts_with('-') && is_alpine(word),
                _ => without_bash.iter().any(|name| name == word),
            });
            let Some(target) = target else {
                continue;
            };
            if &call[1] == "run" {
                let name = words
                    .iter()
                    .position(|word| *word == "--name")
                    .and_then(|at| words.get(at + 1));
                without_bash.extend(name.map(|name| (*name).to_owned()));
            }
            if words.get(target + 1).is_some_and(|word| word.ends_with("bash")) {
                let message = format!(
                    "`docker {} {}` calls bash, which images of Alpine do not have",
                    &call[1], words[target]
                );
                report.warn(command.span, message, HELP);
            }
        }
    }
}

fn is_alpine(image: &str) -> bool {
    image.contains("alpine")
}
