//! What is built of this workspace: gantry, and the application that is delivered, with its image.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::docker::docker;
use super::journal::Log;
use super::registry;
use super::scene::Scene;
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
    let size = fs::metadata(&place)?.len();
    log.tell(format!("static, {:.1} MB", size as f64 / 1e6));
    Ok(place)
}

/// Pushes the application's own release, of which the services' images are made.
pub(super) fn push_application(log: &Log, scene: &Scene, version: &str) -> Result<()> {
    let registry = &scene.registry.url;
    let image = format!("{registry}/voting-service/voting:{version}");
    let context = scene.folder.join("application");
    fs::create_dir_all(&context)?;
    fs::copy(&scene.voting, context.join("voting"))?;
    let recipe = workspace::root().join("apps/voting/Dockerfile");
    log.run(
        docker(["build", "--quiet", "--tag", &image, "--file"])
            .arg(recipe)
            .arg(&context),
    )?;
    // The login is for this push; a person's settings stay as they are.
    let as_pipelines = || {
        let mut command = docker(["--config"]);
        command.arg(scene.folder.join("docker"));
        command
    };
    let login = [
        "login",
        "--username",
        registry::USER,
        "--password",
        registry::PASSWORD,
    ];
    log.run(as_pipelines().args(login).arg(registry))?;
    log.run(as_pipelines().args(["push", "--quiet", &image]))?;
    log.tell(image);
    Ok(())
}

fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.unwrap_or_else(|| workspace::root().join("target"))
}
