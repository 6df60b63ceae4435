//! Systems: a compose file, which is started and stopped again.

use super::docker::engine;
use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Stage, entering};
use crate::commands::init::yaml::Block;

const FILES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

pub(super) fn part(folder: &Folder) -> Option<Part> {
    let file = folder.first(FILES)?;
    let enter = || entering(folder).into_iter();
    let script = [
        "docker compose config --quiet",
        "docker compose up --build --detach --wait --wait-timeout 180",
    ];
    let after = [
        "docker compose logs --no-color > compose.log",
        "docker compose down --volumes --remove-orphans",
    ];
    let log = Block::new()
        .text("when", "on_failure")
        .list("paths", [folder.path_of("compose.log")]);
    let body = Block::new()
        .list("script", enter().chain(script.map(str::to_owned)))
        .list("after_script", enter().chain(after.map(str::to_owned)))
        .block("artifacts", log);
    Some(Part {
        kind: "compose",
        folder: folder.name.clone(),
        file: folder.path_of(file),
        why: "a system, started until its services are healthy".to_owned(),
        template: engine(),
        jobs: vec![
            Job::new("smoke", Stage::Smoke, body)
                .comment("Starts everything, and waits until it is healthy."),
        ],
    })
}
