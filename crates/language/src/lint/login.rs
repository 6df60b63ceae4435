//! A login that all jobs inherit, where it gets lost and where it cannot work.

use std::sync::LazyLock;

use super::Report;
use super::subject::{Command, Subject, Subjected, pattern};
use crate::keywords::inherit;
use crate::reader::Reader;

static LOGIN: LazyLock<regex::Regex> = LazyLock::new(|| pattern(r"\b(docker|podman)\s+login\b"));
static USES: LazyLock<regex::Regex> = LazyLock::new(|| {
    pattern(r"\b(?:docker|podman)\s+(?:compose\s+)?(?:run|pull|push|build|buildx|up|create)\b")
});

/// A job that inherits no login and uses the registry all the same.
pub(super) fn lost(subject: &Subject<'_>, report: &mut Report<'_>) {
    if !has(&LOGIN, &subject.default_before_script()) {
        return;
    }
    for job in subject.jobs.iter().filter(|job| !inherits_before_script(job)) {
        let own = job.own_commands();
        let variables = job.job.variables.iter().map(|variable| variable.value.as_str());
        let uses = has(&USES, &own) || variables.clone().any(|value| USES.is_match(value));
        let logs_in = has(&LOGIN, &own) || variables.clone().any(|value| LOGIN.is_match(value));
        if let (true, false, Some(span)) = (uses, logs_in, job.key("inherit")) {
            let message = format!(
                "job `{}` uses a registry and does not inherit the login to it",
                job.name()
            );
            let help = "log in in its own `before_script`, or list `before_script` under `inherit:default`";
            report.warn(span, message, help);
        }
    }
}

/// A job that inherits a login for which its image may have no program.
pub(super) fn without_docker(subject: &Subject<'_>, report: &mut Report<'_>) {
    const BRING_DOCKER: &[&str] = &["docker", "dind", "dood", "podman", "buildah"];
    if !has(&LOGIN, &subject.default_before_script()) {
        return;
    }
    for job in subject
        .jobs
        .iter()
        .filter(|job| inherits_before_script(job) && job.key("before_script").is_none())
    {
        let image = job.build().and_then(|build| build.image.as_ref());
        let (Some(image), Some(span)) = (image, job.key("image")) else {
            continue;
        };
        let brings = BRING_DOCKER.iter().any(|word| image.name.contains(word)) || image.name.starts_with('$');
        if !brings && !has(&USES, &job.own_commands()) {
            let message = format!(
                "job `{}` inherits a `docker login`, and `{}` may have no docker",
                job.name(),
                image.name
            );
            let help = "give the job its own `before_script`, `[]` for none, or bring docker into the image";
            report.warn(span, message, help);
        }
    }
}

fn has(wanted: &regex::Regex, commands: &[Command<'_>]) -> bool {
    commands.iter().any(|command| wanted.is_match(command.text))
}

fn inherits_before_script(job: &Subjected<'_>) -> bool {
    let Some(node) = job.mapping.get("inherit") else {
        return true;
    };
    // It was read before, without a mistake.
    let inherit = inherit::parse(&mut Reader::new(&mut Vec::new(), ""), node);
    inherit.is_none_or(|inherit| inherit.default.lets("before_script"))
}
