//! The file system of a small Debian with bash and git, from which tests make images: no registry is asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::{folder, runs_as_root};
use crate::program;

const RELEASE: &str = "bookworm";
const FILE: &str = "bookworm.tar";

/// Returns where the archive is kept: outside the clone, for all clones of this machine.
pub(super) fn place() -> PathBuf {
    folder().join(FILE)
}

/// Makes the archive, if it is not there.
pub(super) fn make() -> Result<()> {
    let place = place();
    if place.is_file() {
        return Ok(());
    }
    if !runs_as_root()? {
        bail!("only root can make {}", place.display());
    }
    let folder = folder();
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let root = folder.join(format!("{RELEASE}.root"));
    let part = folder.join(format!("{FILE}.part"));
    // What an interrupted run has left is of no use.
    remove(&root)?;
    program::run(
        Command::new("debootstrap")
            .args(["--variant=minbase", "--include=ca-certificates,git", RELEASE])
            .arg(&root),
    )?;
    program::run(
        Command::new("tar")
            .arg("--create")
            .arg("--file")
            .arg(&part)
            .args(["--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*"])
            .args(["--exclude=./usr/share/doc/*", "--exclude=./usr/share/locale/*"])
            .args(["--one-file-system", "--directory"])
            .arg(&root)
            .arg("."),
    )?;
    fs::rename(&part, &place).with_context(|| format!("cannot write {}", place.display()))?;
    remove(&root)
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
