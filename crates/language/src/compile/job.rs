//! One job for one event: whether it is in, and what its rule makes of it.

use std::sync::LazyLock;

use super::planner::{Candidate, Planner, of_rule};
use crate::configuration::Job;
use crate::keywords::rules::{Rule, RuleWhen};
use crate::plan::{
    AllowFailure, Environment, LeftOut, PlannedJob, Retry, VariableOrigin, When, YamlVariable,
};
use crate::predefined;
use crate::selection::{ClauseError, Selected, select};
use crate::variables::{Variable, overlay};

impl<'a> Planner<'a> {
    /// Decides on one job: in with everything its rule says, or left out.
    pub(super) fn job(
        &self,
        job: &'a Job,
        root: &[YamlVariable],
    ) -> Result<Result<Candidate<'a>, LeftOut>, ClauseError> {
        let inherited: Vec<YamlVariable> = root
            .iter()
            .filter(|variable| job.inherit_variables.lets(&variable.key))
            .cloned()
            .collect();
        let group = group_name(&job.name.value);
        let own = predefined::of_job(&job.name.value, group, &job.stage.value, job.node);
        let Selected { decision, rule } = self.select(job, &inherited, &own)?;
        let place = self.world.map.place(job.name.span);
        if !decision.included {
            return Ok(Err(LeftOut {
                name: job.name.value.clone(),
                stage: job.stage.value.clone(),
                place,
                decision,
            }));
        }
        let mut variables = inherited;
        overlay(&mut variables, job.variables.iter().cloned());
        let tags = self.tags(job, &variables, &own);
        overlay(&mut variables, of_rule(rule, VariableOrigin::Rule));
        let environment = self.environment(job, &[], &variables, &own);
        let resource_group = self.resource_group(job, &variables, own, environment.as_ref());
        let (when, start_in) = when(job, rule);
        let planned = PlannedJob {
            name: job.name.value.clone(),
            base_name: job.base_name.clone(),
            stage: job.stage.value.clone(),
            stage_index: self.stage_index(job),
            place,
            decision,
            when,
            start_in_secs: start_in,
            allow_failure: allow_failure(job, rule),
            needs: None,
            foreign_needs: job.foreign_needs.clone(),
            dependencies: job
                .dependencies
                .as_ref()
                .map(|names| names.iter().map(|name| name.value.clone()).collect()),
            retry: job.retry.clone().unwrap_or_else(no_retry),
            variables,
            tags,
            timeout_secs: job.timeout,
            interruptible: rule.and_then(|rule| rule.interruptible).or(job.interruptible),
            environment,
            resource_group,
            node: job.node,
            work: job.work.clone(),
        };
        Ok(Ok(Candidate { job, rule, planned }))
    }

    /// Asks the rules, which see the environment of the job and know the variables of its project by it.
    fn select(
        &self,
        job: &'a Job,
        inherited: &[YamlVariable],
        own: &[Variable],
    ) -> Result<Selected<'a>, ClauseError> {
        let environment = self.environment(job, inherited, &job.variables, own);
        let mut predefined = own.to_vec();
        predefined.extend(environment.iter().flat_map(environment_variables));
        let name = environment.as_ref();
        let name = name.map(|environment| environment.expanded_name.as_str());
        let visible = self.shared.job(inherited, &job.variables, predefined, name);
        select(&job.selection, &visible, &self.world)
    }
}

fn environment_variables(environment: &Environment) -> Vec<Variable> {
    let action = serde_json::to_value(environment.action).ok();
    let action = action
        .as_ref()
        .and_then(|action| action.as_str())
        .unwrap_or_default()
        .to_owned();
    let raw = |key: &str, value: &str| Variable::new(key, value).raw();
    let mut all = vec![
        raw("CI_ENVIRONMENT_NAME", &environment.expanded_name),
        raw("CI_ENVIRONMENT_ACTION", &action),
        raw("CI_ENVIRONMENT_TIER", &environment.tier),
    ];
    all.extend(
        environment
            .url
            .as_ref()
            .map(|url| Variable::new("CI_ENVIRONMENT_URL", url.as_str())),
    );
    all
}

/// Takes off what `parallel` and people append to names that belong together: `rspec 1/3`, `test: [a, b]`.
fn group_name(name: &str) -> &str {
    static SUFFIX: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"([\x08\s:]+((\[.*\])|([0-9]+[\s:/\\]+[0-9]+))){1,3}\s*$")
            .expect("BUG: the pattern is constant")
    });
    SUFFIX.find(name).map_or(name, |found| &name[..found.start()])
}

fn when(job: &Job, rule: Option<&Rule>) -> (When, Option<u64>) {
    match rule.and_then(|rule| rule.when) {
        Some(RuleWhen::Start(when)) => (when, rule.and_then(|rule| rule.start_in)),
        _ => (job.when.unwrap_or(When::OnSuccess), job.start_in),
    }
}

/// A manual job may fail where the job itself says `manual`; a rule that says so does not allow it.
fn allow_failure(job: &Job, rule: Option<&Rule>) -> AllowFailure {
    match (rule.and_then(|rule| rule.allow_failure), &job.allow_failure) {
        (Some(true), _) => AllowFailure::Yes,
        (Some(false), _) => AllowFailure::No,
        (None, Some(own)) => own.clone(),
        (None, None) if job.when == Some(When::Manual) => AllowFailure::Yes,
        (None, None) => AllowFailure::No,
    }
}

fn no_retry() -> Retry {
    Retry {
        max: None,
        when: vec!["always".to_owned()],
        exit_codes: Vec::new(),
    }
}
