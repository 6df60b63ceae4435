//! Jobs that reach outside wait until the person says that they may.

use std::fmt;

use gantry_language::plan::{Downstream, Environment, EnvironmentAction, PlannedJob, Work};

use crate::request::Deploy;

/// Why a job is not started on this machine by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    Environment { name: String },
    Release,
    Pages,
    Trigger { project: String },
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hold::Environment { name } => write!(f, "it acts on environment `{name}`"),
            Hold::Release => f.write_str("it makes a release"),
            Hold::Pages => f.write_str("it publishes pages"),
            Hold::Trigger { project } => write!(f, "it starts a pipeline of `{project}`"),
        }
    }
}

/// Returns what holds a job, unless `deploy` lets it go.
pub fn hold(job: &PlannedJob, deploy: &Deploy) -> Option<Hold> {
    if let Deploy::Chosen { jobs, .. } = deploy
        && jobs.contains(&job.name)
    {
        return None;
    }
    reaches_outside(job).find(|hold| !lets(deploy, hold))
}

fn reaches_outside(job: &PlannedJob) -> impl Iterator<Item = Hold> {
    let environment = job
        .environment
        .as_ref()
        .filter(|environment| changes(environment))
        .map(|environment| Hold::Environment {
            name: environment.expanded_name.clone(),
        });
    let work = match &job.work {
        Work::Trigger(trigger) => match &trigger.downstream {
            Downstream::Project { project, .. } => Some(Hold::Trigger {
                project: project.clone(),
            }),
            // What a child does to the outside is held there.
            Downstream::Child { .. } => None,
        },
        Work::Build(build) if build.release.is_some() => Some(Hold::Release),
        Work::Build(build) if build.pages.is_some() => Some(Hold::Pages),
        Work::Build(_) => None,
    };
    environment.into_iter().chain(work)
}

/// `prepare`, `verify` and `access` only get the environment's variables.
fn changes(environment: &Environment) -> bool {
    match environment.action {
        EnvironmentAction::Start | EnvironmentAction::Stop => true,
        EnvironmentAction::Prepare | EnvironmentAction::Verify | EnvironmentAction::Access => false,
    }
}

fn lets(deploy: &Deploy, hold: &Hold) -> bool {
    match hold {
        _ if *deploy == Deploy::All => true,
        Hold::Environment { name } => deploy.environments().contains(name),
        Hold::Release | Hold::Pages | Hold::Trigger { .. } => false,
    }
}
