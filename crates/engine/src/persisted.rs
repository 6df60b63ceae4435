//! The variables that exist only once a job does.
//!
//! The caller's [`Layers`](gantry_language::variables::Layers) hold what is known before: the commit, the project,
//! the pipeline's source. A runner adds what only it knows. This is what remains, of the list in
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>:
//!
//! | variable | value |
//! |---|---|
//! | `CI_JOB_ID`, `CI_JOB_NAME`, `CI_JOB_NAME_SLUG`, `CI_JOB_STAGE` | of the attempt and its job |
//! | `CI_JOB_GROUP_NAME` | the name before `parallel` |
//! | `CI_JOB_TOKEN`, masked; `CI_REGISTRY_USER`, `CI_REGISTRY_PASSWORD` | the attempt's token; the latter with a `CI_REGISTRY` |
//! | `CI_JOB_URL`, `CI_PIPELINE_URL` | below `CI_PROJECT_URL`, where there is one |
//! | `CI_JOB_STARTED_AT`, `CI_JOB_STARTED_AT_SLUG` | |
//! | `CI_JOB_MANUAL` | `true` for manual and delayed jobs |
//! | `CI_JOB_IMAGE` | with an image |
//! | `CI_NODE_INDEX`, `CI_NODE_TOTAL` | the former with `parallel`, the latter always |
//! | `CI_PIPELINE_ID`, `CI_PIPELINE_IID`, `CI_PIPELINE_CREATED_AT` | of the run |
//! | `CI_PIPELINE_NAME` | with `workflow:name` |
//! | `CI_REPOSITORY_URL` | the path of the repository |
//! | `CI_RUNNER_ID`, `CI_RUNNER_DESCRIPTION`, `CI_RUNNER_TAGS` | this machine takes a job of any tags |
//! | `CI_ENVIRONMENT_NAME`, `_SLUG`, `_ACTION`, `_TIER`, `_URL` | with an environment |
//!
//! The runner adds `CI_SERVER`, `CI_BUILDS_DIR`, `CI_PROJECT_DIR`, `CI_CONCURRENT_*`, `CI_JOB_STATUS`,
//! `CI_JOB_TIMEOUT`, `CI_SHARED_ENVIRONMENT` and the other `CI_RUNNER_*`. What nobody knows where there is no server
//! stands in `docs/predefined-variables.md`.

use gantry_language::plan::{Environment, EnvironmentAction, When, Work};
use gantry_language::slug::{environment_slug, ref_slug};
use gantry_language::variables::{Undefined, Variable, expand_with, for_job};
use gantry_store::Timestamp;

use crate::handover::Handover;

/// Returns all variables of a job in ascending rank, each key once.
pub(crate) fn variables(handover: &Handover<'_>) -> Vec<Variable> {
    let dotenv: Vec<Variable> = handover
        .dependencies
        .iter()
        .flat_map(|source| &source.variables)
        .map(|variable| Variable::new(variable.key.as_str(), variable.value.as_str()))
        .collect();
    let mut variables = for_job(handover.layers, handover.job, &persisted(handover), &dotenv);
    if let Some(environment) = &handover.job.environment {
        settle_environment(environment, &mut variables);
    }
    variables
}

/// Puts those two last that nothing can override: the slug, and the address with all other variables in it.
pub(crate) fn settle_environment(environment: &Environment, variables: &mut Vec<Variable>) {
    let slug = environment_slug(&environment.expanded_name);
    override_with(variables, "CI_ENVIRONMENT_SLUG", slug);
    if let Some(url) = &environment.url {
        let url = expand_with(url, variables, Undefined::Remove);
        override_with(variables, "CI_ENVIRONMENT_URL", url);
    }
}

fn override_with(variables: &mut Vec<Variable>, key: &str, value: String) {
    variables.retain(|variable| variable.key != key);
    variables.push(Variable::new(key, value));
}

/// Returns what a trigger job knows of its run before it has ended: nothing of an attempt, since none is handed out.
pub(crate) fn of_bridge(handover: &Handover<'_>) -> Vec<Variable> {
    let mut variables = of_run(handover);
    variables.retain(|variable| variable.key.starts_with("CI_PIPELINE_"));
    let job = handover.job;
    variables.push(Variable::new("CI_JOB_NAME", job.name.as_str()));
    variables.push(Variable::new("CI_JOB_STAGE", job.stage.as_str()));
    variables.extend(job.environment.as_ref().map(of_environment).unwrap_or_default());
    variables
}

pub(crate) fn persisted(handover: &Handover<'_>) -> Vec<Variable> {
    let mut variables = of_run(handover);
    variables.extend(of_job(handover));
    variables.extend(of_runner(handover));
    if let Some(environment) = &handover.job.environment {
        variables.extend(of_environment(environment));
    }
    variables
}

fn of_run(handover: &Handover<'_>) -> Vec<Variable> {
    let run = handover.run;
    let mut variables = vec![
        Variable::new("CI_PIPELINE_ID", run.to_string()),
        Variable::new("CI_PIPELINE_IID", run.to_string()),
        Variable::new(
            "CI_PIPELINE_CREATED_AT",
            iso(told(handover, handover.run_created_at)),
        ),
        Variable::new(
            "CI_REPOSITORY_URL",
            handover.facts.checkout.repository.display().to_string(),
        )
        .raw(),
    ];
    if let Some(name) = &handover.plan.name {
        variables.push(Variable::new("CI_PIPELINE_NAME", name.as_str()).raw());
    }
    if let Some(project) = predefined(handover, "CI_PROJECT_URL") {
        variables.push(Variable::new(
            "CI_PIPELINE_URL",
            format!("{project}/-/pipelines/{run}"),
        ));
        let job = handover.attempt;
        variables.push(Variable::new("CI_JOB_URL", format!("{project}/-/jobs/{job}")));
    }
    if predefined(handover, "CI_REGISTRY").is_some() {
        variables.push(Variable::new("CI_REGISTRY_USER", "gitlab-ci-token"));
        variables.push(Variable::new("CI_REGISTRY_PASSWORD", handover.token).masked());
    }
    variables
}

fn of_job(handover: &Handover<'_>) -> Vec<Variable> {
    let job = handover.job;
    let started_at = iso(told(handover, handover.started_at));
    let mut variables = vec![
        Variable::new("CI_JOB_ID", handover.attempt.to_string()),
        Variable::new("CI_JOB_TOKEN", handover.token).masked(),
        Variable::new("CI_JOB_NAME", job.name.as_str()),
        Variable::new("CI_JOB_NAME_SLUG", ref_slug(&job.name)),
        Variable::new("CI_JOB_STAGE", job.stage.as_str()),
        Variable::new("CI_JOB_GROUP_NAME", job.base_name.as_str()),
        Variable::new("CI_JOB_STARTED_AT_SLUG", ref_slug(&started_at)),
        Variable::new("CI_JOB_STARTED_AT", started_at),
        Variable::new("CI_NODE_TOTAL", job.node.map_or(1, |node| node.total).to_string()),
    ];
    if let Some(node) = job.node {
        variables.push(Variable::new("CI_NODE_INDEX", node.index.to_string()));
    }
    if matches!(job.when, When::Manual | When::Delayed) {
        variables.push(Variable::new("CI_JOB_MANUAL", "true"));
    }
    if let Work::Build(build) = &job.work
        && let Some(image) = &build.image
    {
        variables.push(Variable::new("CI_JOB_IMAGE", image.name.as_str()));
    }
    variables
}

fn of_runner(handover: &Handover<'_>) -> Vec<Variable> {
    vec![
        Variable::new("CI_RUNNER_ID", "1"),
        Variable::new("CI_RUNNER_DESCRIPTION", "gantry on this machine"),
        Variable::new("CI_RUNNER_TAGS", json_list(&handover.job.tags)),
    ]
}

fn of_environment(environment: &Environment) -> Vec<Variable> {
    let name = environment.expanded_name.as_str();
    let mut variables = vec![
        Variable::new("CI_ENVIRONMENT_NAME", name),
        Variable::new("CI_ENVIRONMENT_SLUG", environment_slug(name)),
        Variable::new("CI_ENVIRONMENT_ACTION", action(environment.action)),
        Variable::new("CI_ENVIRONMENT_TIER", environment.tier.as_str()),
    ];
    if let Some(url) = &environment.url {
        variables.push(Variable::new("CI_ENVIRONMENT_URL", url.as_str()));
    }
    variables
}

fn action(action: EnvironmentAction) -> &'static str {
    match action {
        EnvironmentAction::Start => "start",
        EnvironmentAction::Prepare => "prepare",
        EnvironmentAction::Stop => "stop",
        EnvironmentAction::Verify => "verify",
        EnvironmentAction::Access => "access",
    }
}

fn predefined<'a>(handover: &Handover<'a>, key: &str) -> Option<&'a str> {
    let found = handover
        .layers
        .predefined
        .iter()
        .rfind(|variable| variable.key == key)?;
    Some(&found.value)
        .filter(|value| !value.is_empty())
        .map(String::as_str)
}

fn json_list(words: &[String]) -> String {
    serde_json::Value::from(words).to_string()
}

/// Returns a moment as the job is told of it: time goes on from the one that the pipeline is told.
fn told(handover: &Handover<'_>, moment: Timestamp) -> Timestamp {
    match handover.facts.at {
        Some(at) => Timestamp(at.0.saturating_add(moment.0 - handover.run_created_at.0)),
        None => moment,
    }
}

/// Writes a moment as GitLab does: UTC, whole seconds.
fn iso(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.0.div_euclid(1000))
        .unwrap_or_default()
        .to_string()
}
