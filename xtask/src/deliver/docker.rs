//! What is asked of the engine, through the `docker` client.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use super::interrupt;
use super::journal::Log;

/// Everything that a delivery starts bears it, with the number of the delivering process as its value.
pub(super) const LABEL: &str = "gantry.deliver";

/// Where the engine is, when it is not where the client looks by itself.
static ENGINE: OnceLock<String> = OnceLock::new();

/// From now on the engine behind that socket is meant.
pub(super) fn use_engine(socket: &Path) {
    ENGINE
        .set(format!("unix://{}", socket.display()))
        .expect("BUG: a delivery has one engine");
}

/// Returns what `DOCKER_HOST` has to be, when that is not what it is.
pub(super) fn engine_in_use() -> Option<&'static str> {
    ENGINE.get().map(String::as_str)
}

pub(super) fn docker<'a>(words: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("docker");
    // The stand-ins are built where BuildKit is not installed, too.
    command.env("DOCKER_BUILDKIT", "0").args(words);
    command.envs(engine_in_use().map(|host| ("DOCKER_HOST", host)));
    command
}

/// A container of ours; where it goes is the world's business.
pub(super) struct Container {
    pub(super) name: &'static str,
    /// Its address on the engine's default network, where the containers of jobs are.
    pub(super) address: String,
}

impl Container {
    /// Starts a container that runs until it is removed.
    pub(super) fn start(
        log: &Log,
        name: &'static str,
        options: &[String],
        image: &str,
        command: &[&str],
    ) -> Result<Container> {
        let label = format!("{LABEL}={}", std::process::id());
        let words = [
            "run",
            "--detach",
            "--name",
            name,
            "--hostname",
            name,
            "--label",
            &label,
        ];
        log.run(docker(words).args(options).arg(image).args(command))?;
        let format = "{{.NetworkSettings.IPAddress}}";
        let address = log.output(&mut docker(["inspect", "--format", format, name]))?;
        let address = address.trim().to_owned();
        if address.is_empty() {
            let _ = log.run(&mut docker(["logs", name]));
            bail!("`{name}` has ended already, or has no address");
        }
        Ok(Container { name, address })
    }

    /// Runs a script in the container and returns what it prints.
    pub(super) fn sh(&self, log: &Log, script: &str) -> Result<String> {
        log.output(&mut docker(["exec", self.name, "sh", "-euc", script]))
    }

    /// Copies a file or folder of ours into the container.
    pub(super) fn give(&self, log: &Log, source: &Path, target: &str) -> Result<()> {
        let target = format!("{}:{target}", self.name);
        log.run(docker(["cp"]).arg(source).arg(target))
    }

    /// Waits until a script succeeds in the container, for at most a minute.
    pub(super) fn wait_until(&self, log: &Log, what: &str, script: &str) -> Result<()> {
        let tries = format!(
            "tries=300; until {{ {script}; }} >/dev/null 2>&1; do tries=$((tries - 1)); [ $tries -gt 0 ] || exit 1; \
             sleep 0.2; done"
        );
        if let Err(error) = self.sh(log, &tries) {
            let _ = log.run(&mut docker(["logs", "--tail", "30", self.name]));
            return Err(error.context(format!("`{}` does not answer: {what}", self.name)));
        }
        Ok(())
    }

    /// Begins to give an archive of images to the engine in the container.
    pub(super) fn load_images(&self, archive: &Path) -> Result<Child> {
        let archive = File::open(archive).context("cannot read the images")?;
        let mut load = docker(["exec", "--interactive", self.name, "docker", "load", "--quiet"]);
        load.stdin(archive).stdout(Stdio::null());
        interrupt::spawn(&mut load).context("cannot start `docker`")
    }
}

/// Returns what an image of that name is, where the engine has one.
pub(super) fn image_id(name: &str) -> Option<String> {
    let output = docker(["image", "inspect", "--format", "{{.Id}}", name])
        .output()
        .ok()?;
    let id = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !id.is_empty()).then_some(id)
}
