//! The few things that the demonstration needs of git: a repository with commits of its own.

use std::path::Path;
use std::process::Command;

use crate::error::CommandError;

/// Who makes the demonstration's commits; by the address its own are known.
const NAME: &str = "gantry demo";
pub(super) const ADDRESS: &str = "demo@gantry.invalid";

/// Runs git in a folder and returns what it printed.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String, CommandError> {
    let mut command = Command::new("git");
    // Inside a hook these would lead to another repository.
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
    ] {
        command.env_remove(variable);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), NAME);
        command.env(format!("GIT_{role}_EMAIL"), ADDRESS);
    }
    let output = command
        .arg("-C")
        .arg(folder)
        .args(["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false"])
        .args(arguments)
        .output()
        .map_err(|error| {
            CommandError::world("cannot run git")
                .because(&error)
                .hint("install git; the demonstration is a repository")
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut error = CommandError::world(format!("git {} failed", arguments.join(" ")));
    error.causes.extend(said.lines().map(str::to_owned));
    Err(error)
}
