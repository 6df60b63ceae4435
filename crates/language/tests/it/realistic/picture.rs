//! A planned job as an `expected.yml` describes it: in the words of the configuration, with variables expanded.

use std::collections::BTreeMap;

use gantry_language::plan::{
    AllowFailure, Build, Cache, CacheKey, Decision, Downstream, Environment, Image, Plan, PlannedJob,
    PlannedNeed, Service, Trigger, Work,
};
use gantry_language::slug::{environment_slug, ref_slug};
use gantry_language::variables::{Layers, Undefined, Variable, expand_with, for_job};
use serde_json::{Map, Value, json};

pub(super) fn of_plan(plan: &Plan) -> Map<String, Value> {
    let variables: BTreeMap<_, _> = plan
        .variables
        .iter()
        .map(|variable| (&variable.key, &variable.value))
        .collect();
    object(json!({
        "name": plan.name,
        "by": decided_by(&plan.workflow),
        "stages": plan.stages,
        "variables": variables,
        "auto_cancel": plan.auto_cancel,
    }))
}

/// What decided, in short: `rule 2`, `no rule`, `no rules`, or the part of a policy.
pub(super) fn decided_by(decision: &Decision) -> String {
    let summary = decision.summary.as_str();
    let quoted = summary.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    match quoted {
        _ if summary.starts_with("rule ") => summary.split(' ').take(2).collect::<Vec<_>>().join(" "),
        _ if summary.starts_with("none of its") || summary.starts_with("its only rule") => {
            "no rule".to_owned()
        }
        _ if summary.starts_with("no rules") => "no rules".to_owned(),
        _ if summary.starts_with("it is for branches and tags") => "implied only".to_owned(),
        Some((clause, _)) if !decision.included => clause.to_owned(),
        _ => summary.to_owned(),
    }
}

pub(super) fn of_job(job: &PlannedJob, layers: &Layers) -> Map<String, Value> {
    let persisted = persisted(job);
    let variables = for_job(layers, job, &persisted, &[]);
    let expanded = |text: &str| expand_with(text, &variables, Undefined::Remove);
    // What a server leaves to the runner is expanded too: references to raw variables, as predefined ones are.
    let value = |variable: &Variable| match variable.raw {
        true => variable.value.clone(),
        false => expand_with(&variable.value, &variables, Undefined::Keep),
    };
    let values: BTreeMap<_, _> = variables
        .iter()
        .map(|variable| (&variable.key, value(variable)))
        .collect();
    let mut picture = object(json!({
        "stage": job.stage,
        "by": decided_by(&job.decision),
        "when": job.when,
        "start_in": job.start_in_secs,
        "allow_failure": match &job.allow_failure {
            AllowFailure::No => json!(false),
            AllowFailure::Yes => json!(true),
            AllowFailure::ExitCodes(codes) => json!(codes),
        },
        "needs": job.needs.as_deref().map(needs),
        "dependencies": job.dependencies,
        "foreign_needs": job.foreign_needs,
        "retry": job.retry,
        "variables": values,
        "tags": job.tags,
        "timeout": job.timeout_secs,
        "interruptible": job.interruptible,
        "environment": job.environment.as_ref().map(|of| environment(of, &expanded)),
        "resource_group": job.resource_group,
        "parallel": job.node.map(|node| [node.index, node.total]),
    }));
    picture.extend(match &job.work {
        Work::Build(build) => build_of(build, &expanded),
        Work::Trigger(trigger) => object(json!({"trigger": trigger_of(trigger)})),
    });
    picture
}

/// The variables that exist once a job does, as far as pipelines refer to them.
fn persisted(job: &PlannedJob) -> Vec<Variable> {
    let mut all = vec![
        Variable::new("CI_JOB_NAME", &job.name),
        Variable::new("CI_JOB_NAME_SLUG", ref_slug(&job.name)),
    ];
    if let Some(environment) = &job.environment {
        let name = &environment.expanded_name;
        all.push(Variable::new("CI_ENVIRONMENT_NAME", name));
        all.push(Variable::new("CI_ENVIRONMENT_SLUG", environment_slug(name)));
    }
    if let Some(node) = job.node {
        all.push(Variable::new("CI_NODE_INDEX", node.index.to_string()));
        all.push(Variable::new("CI_NODE_TOTAL", node.total.to_string()));
    }
    all
}

/// `name`, followed by what is special: `build without artifacts`, `lint optional`.
fn needs(needs: &[PlannedNeed]) -> Vec<String> {
    let name = |need: &PlannedNeed| {
        let artifacts = if need.artifacts { "" } else { " without artifacts" };
        let optional = if need.optional { " optional" } else { "" };
        format!("{}{artifacts}{optional}", need.job)
    };
    needs.iter().map(name).collect()
}

fn environment(environment: &Environment, expanded: &impl Fn(&str) -> String) -> Value {
    json!({
        "name": environment.expanded_name,
        "url": environment.url.as_deref().map(expanded),
        "action": environment.action,
        "on_stop": environment.on_stop,
        "auto_stop_in": environment.auto_stop_in.as_deref().map(expanded),
        "tier": environment.tier,
        "kubernetes": environment.kubernetes,
    })
}

fn build_of(build: &Build, expanded: &impl Fn(&str) -> String) -> Map<String, Value> {
    let image = |image: &Image| expanded(&image.name);
    let service = |service: &Service| {
        let alias = service.alias.as_ref().map(|alias| format!(" as {alias}"));
        format!("{}{}", image(&service.image), alias.unwrap_or_default())
    };
    let tokens: BTreeMap<_, _> = build
        .id_tokens
        .iter()
        .map(|(name, token)| {
            (
                name,
                token.aud.iter().map(|aud| expanded(aud)).collect::<Vec<_>>(),
            )
        })
        .collect();
    let release = build.release.as_ref().map(|release| {
        json!({
            "tag_name": expanded(&release.tag_name),
            "name": release.name.as_deref().map(expanded),
            "ref": release.git_ref.as_deref().map(expanded),
            "milestones": release.milestones,
            "links": release.links.iter().map(|link| link["name"].as_str()).collect::<Vec<_>>(),
        })
    });
    object(json!({
        "before_script": build.before_script,
        "script": build.script,
        "after_script": build.after_script,
        "image": build.image.as_ref().map(image),
        "entrypoint": build.image.as_ref().map(|image| &image.entrypoint),
        "services": build.services.iter().map(service).collect::<Vec<_>>(),
        "artifacts": build.artifacts,
        "cache": build.cache.iter().map(|of| cache(of, expanded)).collect::<Vec<_>>(),
        "release": release,
        "pages": build.pages,
        "coverage": build.coverage,
        "id_tokens": tokens,
        "secrets": build.secrets.keys().collect::<Vec<_>>(),
        "hooks": build.pre_get_sources_script,
    }))
}

fn cache(cache: &Cache, expanded: &impl Fn(&str) -> String) -> Value {
    let key = match &cache.key {
        CacheKey::Text(text) => json!(expanded(text)),
        CacheKey::Files { files, prefix } => json!({"files": files, "prefix": prefix}),
        CacheKey::FilesCommits { files, prefix } => json!({"files_commits": files, "prefix": prefix}),
    };
    json!({
        "key": key,
        "paths": cache.paths,
        "policy": expanded(&cache.policy),
        "when": cache.when,
        "fallback_keys": cache.fallback_keys.iter().map(|key| expanded(key)).collect::<Vec<_>>(),
    })
}

fn trigger_of(trigger: &Trigger) -> Value {
    let forward = json!({
        "yaml_variables": trigger.forward_yaml_variables,
        "pipeline_variables": trigger.forward_pipeline_variables,
    });
    let strategy = json!(trigger.strategy);
    match &trigger.downstream {
        Downstream::Project { project, branch, .. } => {
            json!({"project": project, "branch": branch, "strategy": strategy, "forward": forward})
        }
        Downstream::Child { include } => {
            let files: Vec<String> = include.iter().map(ToString::to_string).collect();
            json!({"include": files, "strategy": strategy, "forward": forward})
        }
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}
