//! `gantry shell` in the image of the job, through the `docker` client, which knows how to be a terminal.

use std::ffi::OsString;
use std::path::PathBuf;

use gantry_engine::Executor;
use gantry_runner::{Settings, Visit};
use tokio::process::Command;

use crate::containers::Engine;
use crate::docker_file::DockerFile;
use crate::error::CommandError;
use crate::places::Places;

/// Which shell an image has is found out in it.
const SHELL: &str = "command -v bash > /dev/null && exec bash --noprofile --norc; exec sh";

/// The engine of a visit, with the client that speaks to it.
pub(crate) struct VisitEngine {
    client: PathBuf,
    engine: Engine,
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
        let found = Engine::find(executor, file, &places.owners)?;
        Ok(found
            .map(|engine| VisitEngine { client, engine })
            .map_err(|error| error.to_string()))
    }

    /// Returns the settings with which a visit is prepared.
    pub(crate) fn equip(&self, settings: Settings) -> Settings {
        self.engine.equip(settings)
    }

    /// Returns the call that opens a shell in the container, or runs a command there.
    pub(crate) fn call(&self, visit: &Visit, terminal: bool, command: &[OsString]) -> Option<Command> {
        let container = visit.container.as_ref()?;
        let settings = &self.engine.settings;
        let mut call = Command::new(&self.client);
        if let Some(host) = &settings.host {
            call.args(["--host", host]);
        }
        call.args(["run", "--rm", "--interactive", "--workdir"])
            .arg(&container.directory)
            .arg("--label")
            .arg(format!("dev.gantry.owner={}", settings.owner));
        if terminal {
            call.arg("--tty");
        }
        if settings.privileged {
            call.arg("--privileged");
        }
        for mount in &container.mounts {
            let read_only = if mount.read_only { ",readonly" } else { "" };
            let (here, inside) = (mount.here.display(), mount.inside.display());
            call.arg("--mount")
                .arg(format!("type=bind,source={here},target={inside}{read_only}"));
        }
        for volume in &settings.volumes {
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
        self.engine.close();
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
