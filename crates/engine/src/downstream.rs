//! What a trigger job asks for: another pipeline, with the variables that are handed down to it.
//!
//! See <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/>. The engine says what is wanted ([`Ask`]); whoever
//! knows files and checkouts makes the run ([`Downstreams`]), and the loop drives it along with the one that asked.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gantry_language::plan::{ChildInclude, Downstream, Plan, PlannedJob, Trigger, Written};
use gantry_language::variables::{Layers, Undefined, Variable, expand_with, for_job};
use gantry_store::{AttemptId, DotenvVariable, RunId};

use crate::facts::Facts;
use crate::handover::Handover;
use crate::persisted;
use crate::request::{Deploy, Options, Selection};
use crate::run::Run;
use crate::select::below;

/// How deep children may lie below the pipeline that no trigger made a child.
pub const DEEPEST: usize = 2;

/// How many pipelines one pipeline may lead to, itself included.
pub(crate) const MOST: usize = 1000;

/// Makes the runs that trigger jobs ask for.
pub trait Downstreams {
    /// Takes the run down, ready to be driven. The loop waits for it.
    fn start(&self, ask: &Ask<'_>) -> Result<Run, NotStarted>;
}

/// Nobody who could make another pipeline: every trigger job fails.
#[derive(Debug, Clone, Copy)]
pub struct NoDownstreams;

impl Downstreams for NoDownstreams {
    fn start(&self, _: &Ask<'_>) -> Result<Run, NotStarted> {
        Err(NotStarted::creation_failed("nothing here makes other pipelines"))
    }
}

/// Why a downstream pipeline is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotStarted {
    /// GitLab's word for the failure of the trigger job.
    pub reason: &'static str,
    pub message: String,
}

impl NotStarted {
    /// The configuration of the pipeline, or its run, could not be made.
    pub fn creation_failed(message: impl Into<String>) -> NotStarted {
        NotStarted {
            reason: "downstream_pipeline_creation_failed",
            message: message.into(),
        }
    }
}

/// One trigger job in the moment in which it starts.
#[derive(Debug)]
pub struct Ask<'a> {
    pub job: &'a PlannedJob,
    pub target: Target,
    /// Handed down; the pipeline variables of the other pipeline.
    pub variables: Vec<Variable>,
    pub upstream: Upstream,
    /// Of the run that asks.
    pub facts: &'a Facts,
    pub options: &'a Options,
    /// The repositories of the runs from the one that asks up to the first one; a run of another project has another.
    pub lineage: Vec<&'a Path>,
    /// The archives that jobs of the pipeline have left so far, by their names.
    pub archives: HashMap<String, PathBuf>,
    /// The child that the same job started in the run that the asking one continues.
    pub continues: Option<RunId>,
}

/// Which pipeline is asked for, variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Child {
        include: Vec<ChildInclude>,
    },
    Project {
        project: String,
        branch: Option<String>,
        /// As written: the other pipeline's own variables go into them.
        inputs: Option<Written>,
    },
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub run: RunId,
    pub attempt: AttemptId,
    pub project: String,
    pub job: String,
}

/// The variables of [`Upstream::variables`] that are different in every run.
pub(crate) const UPSTREAM_IDS: &[&str] = &["CI_UPSTREAM_PIPELINE_ID", "CI_UPSTREAM_JOB_ID"];

impl Upstream {
    /// Returns what the other run begins with: its parent, in the store where both are or in another one.
    pub fn parent(&self, same_store: bool) -> Parent {
        match same_store {
            true => Parent {
                run: Some(self.run),
                bridge: self.job.clone(),
            },
            false => Parent {
                run: None,
                bridge: format!("`{}` of run {} of {}", self.job, self.run, self.project),
            },
        }
    }

    /// Returns the variables by which the other pipeline knows this one.
    pub fn variables(&self) -> Vec<Variable> {
        vec![
            Variable::new("CI_UPSTREAM_PIPELINE_ID", self.run.to_string()),
            Variable::new("CI_UPSTREAM_PROJECT_ID", "1"),
            Variable::new("CI_UPSTREAM_JOB_ID", self.attempt.to_string()),
        ]
    }
}

/// The run above another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    pub run: Option<RunId>,
    pub bridge: String,
}

impl Ask<'_> {
    /// Returns how the jobs of the other pipeline run: as those of this one, as far as it knows what was named.
    pub fn options_for(&self, plan: &Plan) -> Options {
        options_below(self.options, self.job, plan)
    }
}

/// What can be told of a trigger job before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen {
    pub target: Target,
    /// As far as they do not depend on what jobs leave behind.
    pub variables: Vec<Variable>,
}

/// Returns what a trigger job will ask for, or `None` for a job with a script.
pub fn foresee(layers: &Layers, job: &PlannedJob) -> Option<Foreseen> {
    let gantry_language::plan::Work::Trigger(trigger) = &job.work else {
        return None;
    };
    let scope = for_job(layers, job, &[], &[]);
    Some(Foreseen {
        target: target(trigger, &scope),
        variables: forwarded(trigger, job, layers, &scope, &[]),
    })
}

/// Returns what is asked for in the moment in which the job starts, with the variables to hand down.
pub(crate) fn asked(trigger: &Trigger, handover: &Handover<'_>) -> (Target, Vec<Variable>) {
    let dotenv: Vec<DotenvVariable> = handover
        .dependencies
        .iter()
        .flat_map(|source| source.variables.iter().cloned())
        .collect();
    let dotenv_variables: Vec<Variable> = dotenv
        .iter()
        .map(|variable| Variable::new(variable.key.as_str(), variable.value.as_str()))
        .collect();
    let known = persisted::of_bridge(handover);
    let scope = for_job(handover.layers, handover.job, &known, &dotenv_variables);
    let variables = forwarded(trigger, handover.job, handover.layers, &scope, &dotenv_variables);
    (target(trigger, &scope), variables)
}

fn target(trigger: &Trigger, scope: &[Variable]) -> Target {
    let expanded = |text: &String| expand_with(text, scope, Undefined::Remove);
    match &trigger.downstream {
        Downstream::Child { include } => Target::Child {
            include: include.clone(),
        },
        Downstream::Project {
            project,
            branch,
            inputs,
        } => Target::Project {
            project: expanded(project),
            branch: branch.as_ref().map(expanded),
            inputs: inputs.clone(),
        },
    }
}

/// `forward`: the job's own variables, then those of the pipeline; the later of two with one name counts.
///
/// A value in which a masked one has gone is masked as well: where it goes, the secret may not be known.
fn forwarded(
    trigger: &Trigger,
    job: &PlannedJob,
    layers: &Layers,
    scope: &[Variable],
    dotenv: &[Variable],
) -> Vec<Variable> {
    let mut handed_down: Vec<Variable> = Vec::new();
    let mut hand_down = |variable: Variable| {
        handed_down.retain(|known| known.key != variable.key);
        handed_down.push(variable);
    };
    if trigger.forward_yaml_variables {
        for variable in &job.variables {
            let written = Variable::new(variable.key.as_str(), variable.value.as_str());
            hand_down(match variable.raw {
                true => written.raw(),
                false => expanded(written, scope),
            });
        }
    }
    if trigger.forward_pipeline_variables {
        for variable in dotenv.iter().chain(&layers.pipeline) {
            let opaque = variable.raw || variable.file;
            hand_down(match opaque {
                true => variable.clone(),
                false => expanded(variable.clone(), scope),
            });
        }
    }
    handed_down
}

fn expanded(variable: Variable, scope: &[Variable]) -> Variable {
    let value = expand_with(&variable.value, scope, Undefined::Remove);
    let secret = scope
        .iter()
        .any(|known| known.masked && !known.value.is_empty() && value.contains(&known.value));
    Variable {
        masked: variable.masked || secret,
        value,
        ..variable
    }
}

/// Returns how the jobs of the pipeline that a trigger job starts run.
pub fn options_below(options: &Options, bridge: &PlannedJob, plan: &Plan) -> Options {
    let known = |name: &String| {
        plan.jobs.iter().any(|job| {
            job.environment
                .as_ref()
                .is_some_and(|known| known.expanded_name == *name)
        })
    };
    let in_child = |names: &[String]| -> Vec<String> {
        let names = names.iter().filter_map(|name| below(bridge, name));
        names.map(str::to_owned).collect()
    };
    let jobs = match &options.deploy {
        Deploy::Chosen { jobs, .. } => in_child(jobs),
        Deploy::No | Deploy::All | Deploy::Environments(_) => Vec::new(),
    };
    let named = options.deploy.environments().iter();
    let environments: Vec<String> = named.filter(|name| known(name)).cloned().collect();
    let deploy = match &options.deploy {
        Deploy::All => Deploy::All,
        _ if !jobs.is_empty() => Deploy::Chosen { environments, jobs },
        _ if environments.is_empty() => Deploy::No,
        _ => Deploy::Environments(environments),
    };
    Options {
        selection: Selection::All,
        manual: in_child(&options.manual),
        deploy,
        ..options.clone()
    }
}
