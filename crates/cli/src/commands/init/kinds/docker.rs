//! Images: a Dockerfile, or several beside each other.

use crate::commands::init::folder::Folder;
use crate::commands::init::part::{Job, Part, Rule, Stage, shell_word};
use crate::commands::init::yaml::Block;

/// The engine whose commands and daemon are used.
pub(super) const ENGINE: &str = "docker:28";

/// One part for each file.
pub(super) fn parts(folder: &Folder) -> Vec<Part> {
    let files = folder.files().filter_map(|file| Some((file, variant(file)?)));
    files.map(|(file, variant)| part(folder, file, variant)).collect()
}

/// Returns what stands behind the dot: nothing for the folder's own image.
fn variant(file: &str) -> Option<&str> {
    match file {
        "Dockerfile" | "Containerfile" => Some(""),
        file => file
            .strip_prefix("Dockerfile.")
            .filter(|variant| *variant != "dockerignore"),
    }
}

fn part(folder: &Folder, file: &str, variant: &str) -> Part {
    let image = [folder.name.as_str(), variant]
        .iter()
        .filter(|part| !part.is_empty())
        .fold("$CI_REGISTRY_IMAGE".to_owned(), |image, part| {
            format!("{image}/{}", part.to_lowercase().replace(' ', "-"))
        });
    let context = if folder.name.is_empty() {
        ".".to_owned()
    } else {
        shell_word(&folder.name)
    };
    let named = match file {
        "Dockerfile" => String::new(),
        file => format!("--file {} ", shell_word(&folder.path_of(file))),
    };
    let action = |what: &str| match variant {
        "" => what.to_owned(),
        variant => format!("{what}-{variant}"),
    };
    let build = Block::new().list("script", [format!("docker build --pull {named}{context}")]);
    let login = "printf '%s' \"$CI_REGISTRY_PASSWORD\" | docker login --username \"$CI_REGISTRY_USER\" --password-stdin \"$CI_REGISTRY\"";
    let push = Block::new()
        .literal("interruptible", "false")
        .list(
            "script",
            [
                login.to_owned(),
                format!("docker build --pull {named}--tag \"{image}:$CI_COMMIT_SHORT_SHA\" --tag \"{image}:$IMAGE_TAG\" {context}"),
                format!("docker push \"{image}:$CI_COMMIT_SHORT_SHA\""),
                format!("docker push \"{image}:$IMAGE_TAG\""),
            ],
        );
    Part {
        kind: "docker",
        folder: folder.name.clone(),
        file: folder.path_of(file),
        why: format!("an image, pushed to {image} where there is a registry"),
        template: engine(),
        jobs: vec![
            Job::new(action("build-image"), Stage::Image, build)
                .comment("That it can be built, where it is not pushed.")
                .rules(vec![Rule::Always(never_where_pushed()), Rule::Otherwise]),
            Job::new(action("push-image"), Stage::Image, push)
                .comment("Where there is a registry.")
                .rules(vec![
                    Rule::Always(tagged("$CI_COMMIT_TAG", "$CI_COMMIT_TAG")),
                    Rule::OnChanges(tagged("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "latest")),
                ]),
        ],
    }
}

fn never_where_pushed() -> Block {
    let when = "$CI_REGISTRY && ($CI_COMMIT_TAG || $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH)";
    Block::new().text("if", when).text("when", "never")
}

/// The rule by which an image is pushed with a tag.
fn tagged(when: &str, tag: &str) -> Block {
    Block::new()
        .text("if", format!("$CI_REGISTRY && {when}"))
        .block("variables", Block::new().text("IMAGE_TAG", tag))
}

/// What a job needs that speaks to an engine of its own.
pub(super) fn engine() -> Block {
    Block::new()
        .text("image", ENGINE)
        .row("services", [format!("{ENGINE}-dind")])
        .block("variables", Block::new().text("DOCKER_TLS_CERTDIR", "/certs"))
}
