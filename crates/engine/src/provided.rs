//! What a server puts into a job's variables and a run on this machine cannot: tokens that it signs, secrets that it
//! fetches. A variable of that name, given here, stands in.

use gantry_language::plan::{Build, PlannedJob};
use gantry_language::variables::Layers;

/// Returns the keyword and the name of the first variable that nobody provides.
pub(crate) fn missing<'b>(
    job: &PlannedJob,
    build: &'b Build,
    layers: &Layers,
) -> Option<(&'static str, &'b str)> {
    let tokens = build.id_tokens.keys().map(|name| ("id_tokens", name.as_str()));
    let secrets = build.secrets.keys().map(|name| ("secrets", name.as_str()));
    tokens
        .chain(secrets)
        .find(|(_, name)| !is_given(name, job, layers))
}

fn is_given(name: &str, job: &PlannedJob, layers: &Layers) -> bool {
    let environment = job
        .environment
        .as_ref()
        .map(|environment| environment.expanded_name.as_str());
    let mut project = layers.project_for(environment);
    project.any(|variable| variable.key == name)
        || layers.pipeline.iter().any(|variable| variable.key == name)
}
