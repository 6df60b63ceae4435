//! What this runner cannot honour, and says so instead of running the job without it.
//!
//! Whatever is only faster or smaller elsewhere (`GIT_DEPTH`, `GIT_FETCH_EXTRA_FLAGS`) is no reason: nothing is fetched
//! here, and the work tree has the whole history.

use gantry_protocol::payload::JobPayload;

use crate::outcome::Halt;
use crate::variables::Variables;

/// Variables that change what a job does and that are not honoured, with the values that mean nothing.
const NOT_HONOURED: [(&str, &[&str]); 5] = [
    ("GIT_SUBMODULE_STRATEGY", &["", "none"]),
    ("GIT_CLONE_PATH", &[""]),
    ("CACHE_COMPRESSION_FORMAT", &["", "zip"]),
    ("RUNNER_GENERATE_ARTIFACTS_METADATA", &["", "false", "0"]),
    ("FF_USE_GIT_NATIVE_CLONE", &["", "false", "0"]),
];

/// How the files of the commit come into the work tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Fetch,
    Clone,
    None,
    Empty,
}

impl Strategy {
    pub(crate) fn of(payload: &JobPayload, variables: &Variables) -> Result<Strategy, Halt> {
        match variables.text("GIT_STRATEGY").trim() {
            "" if payload.allow_git_fetch => Ok(Strategy::Fetch),
            "" | "clone" => Ok(Strategy::Clone),
            "fetch" => Ok(Strategy::Fetch),
            "none" => Ok(Strategy::None),
            "empty" => Ok(Strategy::Empty),
            other => Err(Halt::unsupported(format!(
                "GIT_STRATEGY `{other}` is none of clone, fetch, none, empty"
            ))),
        }
    }
}

/// Refuses a job that asks for what this runner does not do.
pub(crate) fn check(payload: &JobPayload, variables: &Variables) -> Result<(), Halt> {
    let strategy = Strategy::of(payload, variables)?;
    for (name, harmless) in NOT_HONOURED {
        let value = variables.text(name);
        if !harmless.contains(&value.trim()) {
            return Err(Halt::unsupported(format!(
                "{name} `{value}` is not supported by this runner"
            )));
        }
    }
    if payload.steps.iter().any(|step| step.name == "release") {
        return Err(Halt::unsupported("`release` is not supported by this runner"));
    }
    let repository = payload
        .gantry
        .as_ref()
        .and_then(|gantry| gantry.local_repository.as_ref());
    if repository.is_none() && matches!(strategy, Strategy::Fetch | Strategy::Clone) {
        return Err(Halt::unsupported(
            "this runner does not fetch over the network: the payload names no repository on this machine",
        ));
    }
    Ok(())
}
