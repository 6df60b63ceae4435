//! Which jobs of a plan a request is about, and which of them cannot be carried out yet.

use std::collections::{BTreeSet, HashSet};

use gantry_language::plan::{Downstream, Place, Plan, PlannedJob, When, Work};
use gantry_language::variables::{Layers, for_job, value_of};
use gantry_protocol::steering::{self, Steering, Strategy, Unsupported};

use crate::executor::{NoImage, Venue};
use crate::hold::hold;
use crate::provided;
use crate::request::{Deploy, Options, Selection};
use crate::secrets::secrets;

/// A name in a request that the plan does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownName {
    #[error("job `{name}` is not in this pipeline")]
    Job { name: String, known: Vec<String> },
    /// The job is in the file, but its rules keep it out.
    #[error("job `{name}` is left out of this pipeline: {summary}")]
    LeftOut { name: String, summary: String },
    #[error("stage `{name}` is not in this pipeline")]
    Stage { name: String, known: Vec<String> },
    #[error("no job of this pipeline acts on environment `{name}`")]
    Environment { name: String, known: Vec<String> },
}

/// A job that would run and cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("job `{job}` {cause}")]
pub struct Refusal {
    pub job: String,
    pub place: Place,
    pub cause: RefusalCause,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusalCause {
    #[error("gets `{variable}` by `{keyword}`, which takes a server")]
    Provided { keyword: &'static str, variable: String },
    #[error("needs artifacts of `{job}` in another pipeline, which only a server has")]
    ForeignNeed { job: String },
    /// The shell would run it without the services.
    #[error("uses the service `{service}`, and names no image to run in beside it")]
    Service { service: String },
    /// A variable asks for what no runner does.
    #[error("cannot be carried out: {problem}")]
    Steering { problem: String },
    #[error("wants an empty folder (`GIT_STRATEGY: empty`), which it cannot have in place")]
    EmptyInPlace,
    #[error("runs in image `{image}`, and a container cannot work in place")]
    ContainerInPlace { image: String },
    #[error("names no image, and there is no default image")]
    NoImage,
}

impl Refusal {
    /// Returns the variable that could be given instead.
    pub fn missing_variable(&self) -> Option<&str> {
        match &self.cause {
            RefusalCause::Provided { variable, .. } => Some(variable),
            _ => None,
        }
    }

    /// Returns true when the shell could run the job, without image and services.
    pub fn runs_in_shell(&self) -> bool {
        self.lacks_image() || matches!(self.cause, RefusalCause::ContainerInPlace { .. })
    }

    /// Returns true when any image would do.
    pub fn lacks_image(&self) -> bool {
        matches!(self.cause, RefusalCause::Service { .. } | RefusalCause::NoImage)
    }
}

/// Returns the jobs that would run and cannot be carried out, so that nothing has to be started for nothing.
pub fn refusals(plan: &Plan, layers: &Layers, options: &Options) -> Result<Vec<Refusal>, UnknownName> {
    let selected = select(plan, options)?;
    Ok(starting(&selected, options)
        .filter_map(|job| {
            refusal_cause(job, layers, options).map(|cause| Refusal {
                job: job.name.clone(),
                place: job.place.clone(),
                cause,
            })
        })
        .collect())
}

/// Returns the jobs of a selected plan that wait for no person.
pub(crate) fn starting<'a>(selected: &'a Plan, options: &'a Options) -> impl Iterator<Item = &'a PlannedJob> {
    selected
        .jobs
        .iter()
        .filter(|job| hold(job, &options.deploy).is_none())
        .filter(|job| job.when != When::Manual || is_played(job, options))
}

fn refusal_cause(job: &PlannedJob, layers: &Layers, options: &Options) -> Option<RefusalCause> {
    let build = match &job.work {
        // Whether its pipeline can be made is for the caller to find out.
        Work::Trigger(_) => return None,
        Work::Build(build) => build,
    };
    if let Some(need) = job.foreign_needs.iter().find(|need| need.artifacts) {
        return Some(RefusalCause::ForeignNeed {
            job: need.job.clone(),
        });
    }
    if let Some((keyword, variable)) = provided::missing(job, build, layers) {
        return Some(RefusalCause::Provided {
            keyword,
            variable: variable.to_owned(),
        });
    }
    match steering(job, layers) {
        Err(unsupported) => {
            return Some(RefusalCause::Steering {
                problem: secrets(layers).mask(&unsupported.to_string()),
            });
        }
        Ok(strategy) if options.in_place && strategy == Some(Strategy::Empty) => {
            return Some(RefusalCause::EmptyInPlace);
        }
        Ok(_) => {}
    }
    match (options.executor.venue_of_build(build), build.services.first()) {
        (Ok(Venue::Container { image }), _) if options.in_place => Some(RefusalCause::ContainerInPlace {
            image: image.to_owned(),
        }),
        (Ok(_), _) => None,
        (Err(NoImage), Some(service)) => Some(RefusalCause::Service {
            service: service.image.name.clone(),
        }),
        (Err(NoImage), None) => Some(RefusalCause::NoImage),
    }
}

/// Reads the variables with which a job steers its runner. What only a dotenv report will tell is not known here; the
/// runner reads them once more.
fn steering(job: &PlannedJob, layers: &Layers) -> Result<Option<Strategy>, Unsupported> {
    let steers = |key: &str| steering::VARIABLES.contains(&key);
    let given = layers.project.iter().chain(&layers.pipeline);
    let steered = job.variables.iter().any(|variable| steers(&variable.key))
        || given.into_iter().any(|variable| steers(&variable.key));
    if !steered {
        return Ok(None);
    }
    let variables = for_job(layers, job, &[], &[]);
    Steering::read(|name| value_of(&variables, name).unwrap_or_default()).map(|steering| steering.strategy)
}

/// Returns the plan with only the jobs that a request is about.
///
/// What a job waits for and is not there counts as absent, as in a pipeline whose rules left it out.
pub fn select(plan: &Plan, options: &Options) -> Result<Plan, UnknownName> {
    for name in options.manual.iter().filter(|name| !is_in_child(plan, name)) {
        known_job(plan, name)?;
    }
    if !plan.jobs.iter().any(starts_child) {
        known_environments(plan, &options.deploy)?;
    }
    let (meant, with_needs): (Vec<&PlannedJob>, bool) = match &options.selection {
        Selection::All => return Ok(plan.clone()),
        Selection::Jobs { names, with_needs } => {
            for name in names {
                known_job(plan, name)?;
            }
            (named(plan, names).collect(), *with_needs)
        }
        Selection::Stages { names, with_needs } => {
            for name in names {
                known_stage(plan, name)?;
            }
            let jobs = plan.jobs.iter().filter(|job| names.contains(&job.stage));
            (jobs.collect(), *with_needs)
        }
    };
    let mut chosen: HashSet<&str> = meant.iter().map(|job| job.name.as_str()).collect();
    if with_needs {
        let mut unseen = meant;
        while let Some(job) = unseen.pop() {
            unseen.extend(predecessors(plan, job).filter(|before| chosen.insert(&before.name)));
        }
    }
    let chosen: HashSet<String> = chosen.into_iter().map(str::to_owned).collect();
    let mut selected = plan.clone();
    selected.jobs.retain(|job| chosen.contains(&job.name));
    Ok(selected)
}

/// Returns true when the request starts the job although it is manual.
pub fn is_played(job: &PlannedJob, options: &Options) -> bool {
    let named = |names: &[String]| names.iter().any(|name| is_named(job, name));
    match &options.selection {
        Selection::Jobs { names, .. } => named(names) || named(&options.manual),
        Selection::All | Selection::Stages { .. } => named(&options.manual),
    }
}

/// Returns the jobs whose end decides when a job may start, and whose artifacts it may get.
pub(crate) fn predecessors<'a>(plan: &'a Plan, job: &'a PlannedJob) -> impl Iterator<Item = &'a PlannedJob> {
    plan.jobs.iter().filter(move |other| match &job.needs {
        Some(needs) => needs.iter().any(|need| need.job == other.name),
        None => other.stage_index < job.stage_index,
    })
}

fn named<'a>(plan: &'a Plan, names: &'a [String]) -> impl Iterator<Item = &'a PlannedJob> {
    plan.jobs
        .iter()
        .filter(|job| names.iter().any(|name| is_named(job, name)))
}

fn is_named(job: &PlannedJob, name: &str) -> bool {
    job.name == name || job.base_name == name
}

/// A job of a child pipeline is named behind its bridge, and known once there is the child.
fn is_in_child(plan: &Plan, name: &str) -> bool {
    plan.jobs
        .iter()
        .filter(|job| starts_child(job))
        .any(|bridge| below(bridge, name).is_some())
}

/// Returns the name that a job has in the pipeline that `bridge` starts.
pub(crate) fn below<'n>(bridge: &PlannedJob, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(bridge.name.as_str())?.strip_prefix('/')
}

pub(crate) fn starts_child(job: &PlannedJob) -> bool {
    match &job.work {
        Work::Trigger(trigger) => matches!(trigger.downstream, Downstream::Child { .. }),
        Work::Build(_) => false,
    }
}

fn known_job(plan: &Plan, name: &str) -> Result<(), UnknownName> {
    if plan.jobs.iter().any(|job| is_named(job, name)) {
        return Ok(());
    }
    Err(match plan.left_out.iter().find(|job| job.name == name) {
        Some(job) => UnknownName::LeftOut {
            name: name.to_owned(),
            summary: job.decision.summary.clone(),
        },
        None => UnknownName::Job {
            name: name.to_owned(),
            known: plan.jobs.iter().map(|job| job.name.clone()).collect(),
        },
    })
}

fn known_stage(plan: &Plan, name: &str) -> Result<(), UnknownName> {
    if plan.stages.iter().any(|stage| stage == name) {
        return Ok(());
    }
    Err(UnknownName::Stage {
        name: name.to_owned(),
        known: plan.stages.clone(),
    })
}

fn known_environments(plan: &Plan, deploy: &Deploy) -> Result<(), UnknownName> {
    let names = deploy.environments();
    let known: BTreeSet<&str> = plan
        .jobs
        .iter()
        .filter_map(|job| Some(job.environment.as_ref()?.expanded_name.as_str()))
        .collect();
    match names.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(UnknownName::Environment {
            name: name.clone(),
            known: known.into_iter().map(str::to_owned).collect(),
        }),
    }
}
