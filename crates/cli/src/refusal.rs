//! What ends a command before anything of a run starts, and what the engine's errors are to a person.

use gantry_engine::{EngineError, Options, Refusal, UnknownName, refusals};
use gantry_language::diagnostic::did_you_mean;
use gantry_language::plan::Plan;
use gantry_language::variables::Layers;

use crate::error::CommandError;

/// Ends the command where a job would run that cannot be carried out.
pub(crate) fn check(plan: &Plan, layers: &Layers, options: &Options) -> Result<(), CommandError> {
    refuse(&refusals(plan, layers, options).map_err(|error| unknown_name(&error))?)
}

/// Ends the command where a job would run that cannot be carried out: nothing starts, and nothing looks green.
fn refuse(refusals: &[Refusal]) -> Result<(), CommandError> {
    let [first, rest @ ..] = refusals else {
        return Ok(());
    };
    let line = |refusal: &Refusal| format!("{refusal}\n  --> {}", refusal.place);
    let mut message = line(first);
    for refusal in rest {
        message.push_str(&format!("\nerror: {}", line(refusal)));
    }
    let mut error = CommandError::usage(message);
    if let Some(name) = refusals.iter().find_map(Refusal::missing_variable) {
        error = error.hint(format!(
            "give it here: --variable {name}=…, or `{name}` in .gantry/variables.yml"
        ));
    }
    if refusals.iter().any(Refusal::lacks_image) {
        error = error.hint("`image` in .gantry/docker.yml is the image of jobs that name none");
    }
    if refusals.iter().any(Refusal::runs_in_shell) {
        error = error.hint("--executor shell runs these jobs here, without their images and services");
    }
    Err(error.hint("gantry run JOB… runs other jobs only"))
}

pub(crate) fn unknown_name(error: &UnknownName) -> CommandError {
    let hint = match error {
        UnknownName::Job { name, known }
        | UnknownName::Stage { name, known }
        | UnknownName::Environment { name, known } => did_you_mean(name, known.iter().map(String::as_str)),
        UnknownName::LeftOut { name, .. } => Some(format!("gantry why '{name}' tells more")),
    };
    CommandError::usage(error.to_string()).maybe_hint(hint)
}

pub(crate) fn engine_error(error: EngineError) -> CommandError {
    match error {
        EngineError::Store(error) => error.into(),
        EngineError::UnknownName(error) => unknown_name(&error),
        EngineError::Refused(refusals) => refuse(&refusals).err().unwrap_or_else(CommandError::reported),
        other => {
            let error = CommandError::world(other.to_string());
            match std::error::Error::source(&other) {
                Some(source) => error.because(source),
                None => error,
            }
        }
    }
}
