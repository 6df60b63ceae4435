//! The secrets in what the engine says itself, which passes no filter of a log.

use gantry_language::variables::{Layers, Variable};
use gantry_masking::Secrets;

/// Returns the values of all masked variables of a run.
pub fn secrets(layers: &Layers) -> Secrets {
    of(layers.project.iter().chain(&layers.pipeline))
}

pub(crate) fn of<'v>(variables: impl IntoIterator<Item = &'v Variable>) -> Secrets {
    let masked = variables.into_iter().filter(|variable| variable.masked);
    Secrets::new(masked.map(|variable| variable.value.as_str()), &[])
}
