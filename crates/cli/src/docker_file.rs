//! `.gantry/docker.yml`: how jobs on this machine use its Docker engine. The keys are those of `[runners.docker]` in a
//! runner's `config.toml`.
//!
//! ```yaml
//! image: debian:12                 # of jobs that have to run in a container and name no image
//! volumes: [/var/run/docker.sock:/var/run/docker.sock]
//! privileged: false
//! services_privileged: true
//! pull_policy: [always, if-not-present]
//! ```
//!
//! It is a person's and never committed: what stands in it gives jobs, and so whoever writes them, the whole machine.

use std::path::Path;

use gantry_language::diagnostic::{Diagnostic, did_you_mean};
use gantry_language::source::SourceMap;
use gantry_runner::docker::PullPolicy;
use gantry_yaml::{Entry, Node, Value};

use crate::error::CommandError;
use crate::own_file;

const FILE: &str = ".gantry/docker.yml";
const KEYS: &[&str] = &[
    "image",
    "volumes",
    "privileged",
    "services_privileged",
    "pull_policy",
];

/// What the file says; without one, nothing is allowed that has to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DockerFile {
    pub(crate) image: Option<String>,
    pub(crate) volumes: Vec<String>,
    pub(crate) privileged: bool,
    pub(crate) services_privileged: Option<bool>,
    pub(crate) pull_policy: Vec<PullPolicy>,
}

impl DockerFile {
    /// Reads the file of a project, which need not be there; its mistakes are printed and end the command.
    pub(crate) fn of(root: &Path) -> Result<DockerFile, CommandError> {
        own_file::read(root, FILE, read)
    }
}

fn read(text: &str, map: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> DockerFile {
    let mut file = DockerFile::default();
    for root in own_file::documents(FILE, text, map, diagnostics) {
        match root.as_mapping() {
            Some(mapping) => mapping
                .iter()
                .for_each(|entry| diagnostics.extend(take(&mut file, entry))),
            None => diagnostics.push(wrong(FILE, &root, "a mapping of settings")),
        }
    }
    file
}

/// Takes one setting; returns what is wrong with it.
fn take(file: &mut DockerFile, Entry { key, value }: &Entry) -> Option<Diagnostic> {
    let name = key.as_str().unwrap_or_default();
    match name {
        "image" => match value.as_str().filter(|image| !image.is_empty()) {
            Some(image) => file.image = Some(image.to_owned()),
            None => return Some(wrong(name, value, "the name of an image")),
        },
        "privileged" => match value.value {
            Value::Bool(allowed) => file.privileged = allowed,
            _ => return Some(wrong(name, value, "`true` or `false`")),
        },
        "services_privileged" => match value.value {
            Value::Bool(allowed) => file.services_privileged = Some(allowed),
            _ => return Some(wrong(name, value, "`true` or `false`")),
        },
        "volumes" => match texts(value, |text| text.contains(':').then(|| text.to_owned())) {
            Ok(volumes) => file.volumes = volumes,
            Err(node) => return Some(wrong(name, node, "a list of `/here:/in/the/container`")),
        },
        "pull_policy" => match texts(value, PullPolicy::named) {
            Ok(policies) => file.pull_policy = policies,
            Err(node) => return Some(wrong(name, node, "`always`, `if-not-present` or `never`")),
        },
        other => {
            let message = format!("`{FILE}` has no key `{other}`");
            let help = did_you_mean(other, KEYS.iter().copied())
                .unwrap_or_else(|| format!("it takes {}", KEYS.join(", ")));
            return Some(Diagnostic::error("docker-file", key.span, message).help(help));
        }
    }
    None
}

/// Reads one text or a list of them; returns the first that is none, or means nothing.
fn texts<T>(node: &Node, meaning: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, &Node> {
    let items = node.as_sequence().unwrap_or(std::slice::from_ref(node));
    let meant = items
        .iter()
        .map(|item| item.as_str().and_then(&meaning).ok_or(item));
    meant.collect()
}

fn wrong(name: &str, node: &Node, wanted: &str) -> Diagnostic {
    let found = match node.as_str() {
        Some(text) => format!("`{text}`"),
        None => node.value.kind().to_owned(),
    };
    Diagnostic::error(
        "docker-file",
        node.span,
        format!("`{name}` is {wanted}, not {found}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (DockerFile, Vec<String>) {
        let (mut map, mut diagnostics) = (SourceMap::default(), Vec::new());
        let file = read(text, &mut map, &mut diagnostics);
        let messages = diagnostics.into_iter().map(|diagnostic| diagnostic.message);
        (file, messages.collect())
    }

    #[test]
    fn every_setting_is_read() {
        let (file, messages) = told(
            "image: debian:12\nvolumes: [/a:/b:ro]\nprivileged: true\nservices_privileged: false\npull_policy: [always, never]\n",
        );
        assert_eq!(messages, [""; 0]);
        assert_eq!(
            file,
            DockerFile {
                image: Some("debian:12".into()),
                volumes: vec!["/a:/b:ro".into()],
                privileged: true,
                services_privileged: Some(false),
                pull_policy: vec![PullPolicy::Always, PullPolicy::Never],
            }
        );
        assert_eq!(told(""), (DockerFile::default(), Vec::new()));
    }

    #[test]
    fn every_mistake_is_told() {
        let (_, messages) = told(
            "image: []\nvolumes: /cache\nprivileged: 1\nservices_privileged: maybe\npull_policy: sometimes\nvolume: x\n",
        );
        assert_eq!(
            messages,
            [
                "`image` is the name of an image, not a list",
                "`volumes` is a list of `/here:/in/the/container`, not `/cache`",
                "`privileged` is `true` or `false`, not an integer",
                "`services_privileged` is `true` or `false`, not `maybe`",
                "`pull_policy` is `always`, `if-not-present` or `never`, not `sometimes`",
                "`.gantry/docker.yml` has no key `volume`",
            ]
        );
        assert_eq!(
            told("- a").1,
            ["`.gantry/docker.yml` is a mapping of settings, not a list"]
        );
    }
}
