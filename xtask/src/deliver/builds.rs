//! What is built of this workspace: gantry, and the application that is delivered.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::journal::Log;
use crate::{program, workspace};

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Returns the gantry that delivers: the given one, or that of this workspace.
pub(super) fn gantry(log: &Log, given: Option<&Path>) -> Result<PathBuf> {
    if let Some(place) = given {
        ensure!(place.is_file(), "there is no {}", place.display());
        log.tell(place.display().to_string());
        return Ok(std::path::absolute(place)?);
    }
    log.run(&mut program::cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package=gantry",
    ]))?;
    Ok(target().join("debug/gantry"))
}

/// Builds the application without anything that its image would have to bring.
pub(super) fn voting(log: &Log) -> Result<PathBuf> {
    let mut build: Command =
        program::cargo(&["build", "--quiet", "--locked", "--release", "--package=voting"]);
    build
        .arg(format!("--target={TARGET}"))
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    log.run(&mut build)?;
    let place = target().join(TARGET).join("release/voting");
    let size = std::fs::metadata(&place)?.len();
    log.tell(format!("static, {:.1} MB", size as f64 / 1e6));
    Ok(place)
}

fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| workspace::root().join("target"))
}
