//! What exists while a delivery goes on, and how it goes away: also when it fails, is interrupted, or was killed the last
//! time.
//!
//! Containers are found by their label, image names by the registry's address, files by their folder. Nothing else is
//! left behind but images called `gantry-deliver/…`, which make the next delivery quick.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::docker::{LABEL, docker};
use crate::{program, workspace};

const SLOW_IMAGES: [&str; 2] = ["vote/runner-image:", "voting-service/seed-data:"];

/// The guard: its drop removes everything, unless it is to be kept.
pub(super) struct World {
    folder: PathBuf,
    keep: bool,
}

impl World {
    /// Removes what a killed delivery has left, and begins with an empty folder.
    pub(super) fn new(keep: bool) -> Result<World> {
        refuse_a_second()?;
        let world = World {
            folder: workspace::root().join("target/deliver/world"),
            keep,
        };
        world.remove()?;
        fs::create_dir_all(&world.folder)
            .with_context(|| format!("cannot make {}", world.folder.display()))?;
        Ok(world)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes down where the registry is: image names begin with it, and have to be found again even after a kill.
    pub(super) fn note_registry(&self, url: &str) -> Result<()> {
        fs::write(self.registry_note(), url).context("cannot write down where the registry is")
    }

    fn registry_note(&self) -> PathBuf {
        self.folder.join("registry")
    }

    fn remove(&self) -> Result<()> {
        let filter = format!("label={LABEL}");
        remove_all(
            &["ps", "--all", "--quiet", "--filter", &filter],
            &["rm", "--force", "--volumes"],
        )?;
        if let Ok(registry) = fs::read_to_string(self.registry_note()) {
            forget_images(&registry)?;
        }
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.folder.display()))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        if let Err(error) = self.remove() {
            println!("not everything could be removed: {error:#}");
        }
    }
}

/// A delivery that still runs would lose its world.
fn refuse_a_second() -> Result<()> {
    let format = format!("{{{{.Label \"{LABEL}\"}}}}");
    let filter = format!("label={LABEL}");
    let owners = program::output(&mut docker(["ps", "--format", &format, "--filter", &filter]))
        .context("no engine of containers answers; is Docker running, and may you use it?")?;
    for owner in owners.lines() {
        if owner.parse::<u32>().is_ok() && is_a_delivery(owner) {
            bail!("another delivery is going on: process {owner}");
        }
    }
    Ok(())
}

/// The number may have gone to another program since.
fn is_a_delivery(process: &str) -> bool {
    let words = fs::read_to_string(format!("/proc/{process}/cmdline")).unwrap_or_default();
    words.split('\0').any(|word| word == "deliver")
}

/// Takes the names away that pipelines gave their images. Those that are made of Debian's packages get another one, so that
/// their layers stay for the next delivery.
fn forget_images(registry: &str) -> Result<()> {
    let pattern = format!("--filter=reference={registry}/*/*");
    let images = program::output(&mut docker([
        "images",
        "--format",
        "{{.Repository}}:{{.Tag}}",
        &pattern,
    ]))?;
    for image in images.lines().filter(|name| !name.ends_with(":<none>")) {
        let path = image.trim_start_matches(registry).trim_start_matches('/');
        if SLOW_IMAGES.iter().any(|slow| path.starts_with(slow)) {
            program::output(&mut docker(["tag", image, &format!("gantry-deliver/{path}")]))?;
        }
        program::output(&mut docker(["rmi", "--force", image]))?;
    }
    Ok(())
}

fn remove_all(list: &[&str], remove: &[&str]) -> Result<()> {
    let found = program::output(&mut docker(list.iter().copied()))?;
    let found: Vec<&str> = found.split_whitespace().collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut command: Command = docker(remove.iter().copied());
    program::output(command.args(found)).map(|_| ())
}
