//! What a job that may reach outside has done there, as far as this machine can tell.
//!
//! A deployment is the script's work, so it is said to have happened. A release and published pages are a server's
//! work: they are recorded, with the words that say so.

use std::fmt;

use gantry_language::plan::{Environment, EnvironmentAction, PlannedJob, Release, Work};
use gantry_language::variables::{Undefined, Variable, expand_with};
use serde::{Deserialize, Serialize};

use crate::secrets;

/// One effect of a job that succeeded; stored with its attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    Deployment {
        environment: String,
        tier: String,
        url: Option<String>,
    },
    /// The environment has been stopped.
    Stop { environment: String },
    Release {
        tag_name: String,
        name: Option<String>,
        description: String,
    },
    Pages {
        /// The published folder, from the root of the work tree.
        path: String,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::Deployment {
                environment,
                url: None,
                ..
            } => write!(f, "deployed to {environment}"),
            Effect::Deployment {
                environment,
                url: Some(url),
                ..
            } => write!(f, "deployed to {environment} {url}"),
            Effect::Stop { environment } => write!(f, "stopped {environment}"),
            Effect::Release { tag_name, .. } => {
                write!(f, "recorded release {tag_name}: a server would create it")
            }
            Effect::Pages { path } => {
                write!(f, "recorded pages in `{path}`: a server would publish them")
            }
        }
    }
}

/// Returns true for a job whose success has effects.
pub(crate) fn has_any(job: &PlannedJob) -> bool {
    let build = match &job.work {
        Work::Build(build) => build.release.is_some() || build.pages.is_some(),
        Work::Trigger(_) => false,
    };
    build || job.environment.is_some()
}

/// Returns what a job has done that succeeded. `variables` are those it had, with what it has left for others.
///
/// None of it passes through the filter of the log, so masked values are taken out here.
pub(crate) fn of(job: &PlannedJob, variables: &[Variable]) -> Vec<Effect> {
    let secrets = secrets::of(variables);
    let text = |written: &str| secrets.mask(&expand_with(written, variables, Undefined::Remove));
    let mut effects: Vec<Effect> = job
        .environment
        .iter()
        .filter_map(|environment| of_environment(environment, &text))
        .collect();
    if let Work::Build(build) = &job.work {
        effects.extend(build.release.iter().map(|release| of_release(release, &text)));
        effects.extend(build.pages.iter().map(|pages| Effect::Pages {
            path: text(&pages.publish),
        }));
    }
    effects
}

fn of_environment(environment: &Environment, text: &impl Fn(&str) -> String) -> Option<Effect> {
    let name = environment.expanded_name.clone();
    match environment.action {
        EnvironmentAction::Start => Some(Effect::Deployment {
            environment: name,
            tier: environment.tier.clone(),
            url: environment.url.as_deref().map(text),
        }),
        EnvironmentAction::Stop => Some(Effect::Stop { environment: name }),
        EnvironmentAction::Prepare | EnvironmentAction::Verify | EnvironmentAction::Access => None,
    }
}

fn of_release(release: &Release, text: &impl Fn(&str) -> String) -> Effect {
    Effect::Release {
        tag_name: text(&release.tag_name),
        name: release.name.as_deref().map(text),
        description: text(&release.description),
    }
}
