//! `gantry shell` in the image of the job, through the `docker` client, which knows how to be a terminal.

use std::ffi::OsString;
use std::path::PathBuf;

use gantry_engine::Executor;
use gantry_runner::docker::{self, DockerSettings, Owner};
use gantry_runner::{ExecutorChoice, Settings, Visit};
use tokio::process::Command;

use crate::containers::{settings, wait_for};
use crate::docker_file::DockerFile;
use crate::error::CommandError;
use crate::places::Places;

/// Which shell an image has is found out in it.
const SHELL: &str = "command -v bash > /dev/null && exec bash --noprofile --norc; exec sh";

/// The engine of a visit.
pub(crate) struct VisitEngine {
    client: PathBuf,
    executor: ExecutorChoice,
    settings: DockerSettings,
    owner: Owner,
}

impl VisitEngine {
    /// Finds the engine; a reason where there is none, which is no reason not to look around.
    pub(crate) fn find(
        executor: &Executor,
        file: &DockerFile,
        places: &Places,
    ) -> Result<Result<VisitEngine, String>, CommandError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates = std::env::split_paths(&path).map(|folder| folder.join("docker"));
        let Some(client) = candidates.find(|client| client.is_file()) else {
            return Ok(Err("the docker client is not installed".to_owned()));
        };
        let mut settings = match wait_for(docker::answering(settings(file)))? {
            Ok(settings) => settings,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let owner = Owner::new(&places.owners, &settings).map_err(|error| {
            CommandError::world(format!("cannot write `{}`", places.owners.display())).because(&error)
        })?;
        settings.owner = owner.label();
        Ok(Ok(VisitEngine {
            client,
            executor: match executor {
                Executor::Docker { .. } => ExecutorChoice::Docker,
                Executor::Auto { .. } | Executor::Shell => ExecutorChoice::Auto,
            },
            settings,
            owner,
        }))
    }

    /// Returns the settings with which a visit is prepared.
    pub(crate) fn equip(&self, settings: Settings) -> Settings {
        Settings {
            executor: self.executor,
            docker: self.settings.clone(),
            ..settings
        }
    }

    /// Returns the call that opens a shell in the container, or runs a command there.
    pub(crate) fn call(&self, visit: &Visit, terminal: bool, command: &[OsString]) -> Option<Command> {
        let container = visit.container.as_ref()?;
        let mut call = Command::new(&self.client);
        if let Some(host) = &self.settings.host {
            call.args(["--host", host]);
        }
        call.args(["run", "--rm", "--interactive", "--workdir"])
            .arg(&container.directory)
            .arg("--label")
            .arg(format!("dev.gantry.owner={}", self.settings.owner));
        if terminal {
            call.arg("--tty");
        }
        if self.settings.privileged {
            call.arg("--privileged");
        }
        for mount in &container.mounts {
            let read_only = if mount.read_only { ",readonly" } else { "" };
            let (here, inside) = (mount.here.display(), mount.inside.display());
            call.arg("--mount")
                .arg(format!("type=bind,source={here},target={inside}{read_only}"));
        }
        for volume in &self.settings.volumes {
            call.args(["--volume", volume]);
        }
        if let Some(user) = &container.user {
            call.args(["--user", user]);
        }
        variables(&mut call, visit);
        let entrypoint = container.entrypoint.as_deref().unwrap_or_default();
        if let [program, ..] = entrypoint {
            call.args(["--entrypoint", program]);
        }
        call.arg(&container.image).args(entrypoint.iter().skip(1));
        match command {
            [] => call.args(["sh", "-c", SHELL]),
            command => call.args(command),
        };
        Some(call)
    }

    /// Removes what a client has left that was ended.
    pub(crate) fn close(self) {
        let VisitEngine { settings, owner, .. } = self;
        let _ = wait_for(owner.close(&settings));
    }
}

/// Hands the job's variables over by the client's environment, since everybody may read arguments; but for those that the
/// client would take for its own, none of which is a secret.
fn variables(call: &mut Command, visit: &Visit) {
    for (name, value) in visit.variables() {
        let is_the_clients =
            name == "PATH" || name == "HOME" || (name.starts_with("DOCKER_") && name != "DOCKER_AUTH_CONFIG");
        if is_the_clients {
            call.arg("--env").arg(format!("{name}={value}"));
        } else {
            call.arg("--env").arg(&name).env(name, value);
        }
    }
}
