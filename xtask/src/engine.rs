//! Whether there is an engine of containers. The tests that need one start it by themselves where none answers, and stop
//! it when they end.

use std::process::{Command, Stdio};

use crate::{parts, program};

/// Tells whether the `docker` client reaches an engine.
pub(crate) fn answers() -> bool {
    let status = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Tells whether tests can start one.
pub(crate) fn can_be_started() -> bool {
    program::find("dockerd").is_some() && parts::runs_as_root().unwrap_or(false)
}
