//! How a runner uses a Docker engine.

use std::path::PathBuf;
use std::time::Duration;

use super::context;

/// Whether an image is fetched from its registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullPolicy {
    Always,
    IfNotPresent,
    Never,
}

impl PullPolicy {
    /// Reads the word of `image:pull_policy`.
    pub fn named(name: &str) -> Option<PullPolicy> {
        match name {
            "always" => Some(PullPolicy::Always),
            "if-not-present" => Some(PullPolicy::IfNotPresent),
            "never" => Some(PullPolicy::Never),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            PullPolicy::Always => "always",
            PullPolicy::IfNotPresent => "if-not-present",
            PullPolicy::Never => "never",
        }
    }
}

/// Whether containers may use the runner's own folders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SharedPaths {
    /// Where the engine turns out to see them.
    #[default]
    Auto,
    /// Files are always copied, as with an engine on another machine.
    Never,
}

/// The settings of the docker executor. [`DockerSettings::default`] finds an engine at its usual place.
#[derive(Debug, Clone)]
pub struct DockerSettings {
    /// `unix:///path` or `tcp://host:port`, as in `DOCKER_HOST`; otherwise the first of `sockets` that exists, or that
    /// answers where [`answering`](super::answering) has been asked.
    pub host: Option<String>,
    pub sockets: Vec<PathBuf>,
    /// Registry credentials of the runner's user: `~/.docker/config.json`.
    pub config_file: Option<PathBuf>,
    /// For jobs that do not say, and in the order in which to try. GitLab's default is `always`; ours is
    /// `if-not-present`, since a local run should not depend on a registry for what is already there.
    pub pull_policy: Vec<PullPolicy>,
    /// The image of jobs that name none, and have to run in a container.
    pub default_image: Option<String>,
    /// `<place on the engine's machine>:<place in the container>[:ro]`, for every build container. A job that
    /// is to use the engine itself needs `/var/run/docker.sock:/var/run/docker.sock` here.
    pub volumes: Vec<String>,
    pub privileged: bool,
    /// Where services differ from that.
    pub services_privileged: Option<bool>,
    pub shared_paths: SharedPaths,
    /// Whose containers these are, by the label of an [`Owner`](super::Owner).
    pub owner: String,
    /// How long services may take before the script starts without them.
    pub wait_for_services: Duration,
}

impl Default for DockerSettings {
    fn default() -> DockerSettings {
        DockerSettings {
            host: None,
            sockets: vec!["/var/run/docker.sock".into(), "/run/podman/podman.sock".into()],
            config_file: None,
            pull_policy: vec![PullPolicy::IfNotPresent],
            default_image: None,
            volumes: Vec::new(),
            privileged: false,
            services_privileged: None,
            shared_paths: SharedPaths::default(),
            owner: String::new(),
            wait_for_services: Duration::from_secs(30),
        }
    }
}

impl DockerSettings {
    /// Takes from environment variables what the `docker` client would: `DOCKER_HOST`, `DOCKER_CONTEXT`,
    /// `DOCKER_CONFIG`, `HOME`, `XDG_RUNTIME_DIR` (rootless engines have their sockets there).
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> DockerSettings {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let home = set("HOME").map(PathBuf::from);
        let config = match (set("DOCKER_CONFIG"), &home) {
            (Some(folder), _) => Some(PathBuf::from(folder)),
            (None, Some(home)) => Some(home.join(".docker")),
            (None, None) => None,
        };
        let defaults = DockerSettings::default();
        let mut sockets = defaults.sockets.clone();
        let runtime = set("XDG_RUNTIME_DIR").map(PathBuf::from);
        let rootless = [
            runtime.as_ref().map(|folder| folder.join("docker.sock")),
            home.map(|home| home.join(".docker/run/docker.sock")),
            runtime.map(|folder| folder.join("podman/podman.sock")),
        ];
        // Docker before Podman, the system's before the user's.
        let podman = sockets.pop();
        sockets.extend(rootless.into_iter().flatten());
        sockets.extend(podman);
        let of_context = || context::host(config.as_deref()?, set("DOCKER_CONTEXT"));
        DockerSettings {
            host: set("DOCKER_HOST").or_else(of_context),
            sockets,
            config_file: config.map(|folder| folder.join("config.json")),
            ..defaults
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_where_the_engine_is() {
        let settings = DockerSettings::from_environment(|name| match name {
            "HOME" => Some("/home/u".into()),
            "XDG_RUNTIME_DIR" => Some("/run/user/7".into()),
            "DOCKER_HOST" => Some(String::new()),
            _ => None,
        });
        assert_eq!(settings.host, None);
        assert_eq!(
            settings.config_file,
            Some(PathBuf::from("/home/u/.docker/config.json"))
        );
        let sockets: Vec<_> = settings
            .sockets
            .iter()
            .map(|path| path.to_str().unwrap())
            .collect();
        assert_eq!(
            sockets,
            [
                "/var/run/docker.sock",
                "/run/user/7/docker.sock",
                "/home/u/.docker/run/docker.sock",
                "/run/user/7/podman/podman.sock",
                "/run/podman/podman.sock",
            ]
        );
    }
}
