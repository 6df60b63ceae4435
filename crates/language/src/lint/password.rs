//! `docker login -p …`: a password among the arguments of a program.

use std::sync::LazyLock;

use super::Report;
use super::subject::{Subject, pattern};

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    static LOGIN: LazyLock<regex::Regex> = LazyLock::new(|| {
        pattern(
            r#"\b(docker|podman|buildah|skopeo|crane|helm registry)(?:\s+auth)?\s+login\b[^\n;|&]*?\s(?:-p(?:[\s="'$])|--password(?:\s|=))"#,
        )
    });
    for command in subject.commands() {
        let text = command.text.replace("\\\n", " ");
        if let Some(found) = LOGIN.captures(&text) {
            let program = &found[1];
            let message =
                format!("`{program} login` gets its password as an argument, which every process can read");
            let help = format!("write `echo \"$PASSWORD\" | {program} login --password-stdin …`");
            report.warn(command.span, message, &help);
        }
    }
}
