//! What this runner cannot honour, and says so instead of running the job without it.

use gantry_protocol::payload::JobPayload;
use gantry_protocol::steering::{Steering, Strategy};

use crate::outcome::Halt;
use crate::variables::Variables;

/// Reads the variables that steer a runner.
pub(crate) fn steering(variables: &Variables) -> Result<Steering, Halt> {
    Steering::read(|name| variables.text(name)).map_err(|error| Halt::unsupported(error.to_string()))
}

/// Returns how the files of the commit come into the work tree.
pub(crate) fn strategy(payload: &JobPayload, steering: &Steering) -> Strategy {
    steering.strategy.unwrap_or(match payload.allow_git_fetch {
        true => Strategy::Fetch,
        false => Strategy::Clone,
    })
}

/// Refuses a job that asks for what this runner does not do.
pub(crate) fn check(payload: &JobPayload, variables: &Variables) -> Result<(), Halt> {
    let strategy = strategy(payload, &steering(variables)?);
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
