//! The way from a file to a [`Plan`]: [`check`] does what needs no event, [`Checked::plan`] the rest.
//!
//! The order is GitLab's and can be observed: include, `extends`, `!reference`, keywords with defaults, `parallel`,
//! the checks across jobs; then, for one event, `workflow` and the rules of every job.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use gantry_yaml::{Mapping, Span};
use indexmap::IndexSet;

use crate::configuration::{self, Configuration, Job};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Event, Ref, Source};
use crate::expansion;
use crate::inputs::Given;
use crate::keywords::rules::{Rule, RuleWhen};
use crate::load::{Loader, Merged};
use crate::plan::{
    AllowFailure, AutoCancel, ChildInclude, Decision, Environment, LeftOut, Plan, PlanHash, PlannedJob,
    PlannedNeed, Retry, VariableOrigin, When, YamlVariable,
};
use crate::predefined;
use crate::selection::{ClauseError, Selected, Shared, Visible, World, by_rules, select};
use crate::slug;
use crate::source::{Repository, SourceMap, Sources};
use crate::variables::{Layers, Undefined, Variable, overlay};
use crate::{extends, graph, hash, reference, validation};

/// How many jobs one job can need.
const MAX_NEEDS: usize = 50;

/// A configuration that was read: its texts, what is wrong with it, and, if nothing is, the way to plans.
#[derive(Debug)]
pub struct Checked {
    pub sources: SourceMap,
    /// Errors and warnings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    configuration: Option<Configuration>,
    /// What the configuration was read from.
    root: Mapping,
}

/// What an event makes of a configuration.
#[derive(Debug)]
pub enum Outcome {
    Pipeline(Box<Plan>),
    /// `workflow:rules` want no pipeline.
    Filtered(Decision),
    /// The rules left no job outside `.pre` and `.post`.
    Empty(Vec<LeftOut>),
    /// The commit message asks for it.
    Skipped,
}

/// Reads the configuration at `path`, whose text is `text`, with everything it includes.
pub fn check(
    path: &str,
    text: String,
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let root = Root {
        path,
        text,
        inputs: Given::default(),
    };
    check_root(root, sources, repository, layers)
}

/// The file that a pipeline begins with, and what it is given.
#[derive(Debug)]
pub struct Root<'a> {
    pub path: &'a str,
    pub text: String,
    /// For the inputs that its header declares.
    pub inputs: Given,
}

/// Reads a configuration that takes inputs, with everything it includes.
pub fn check_root(
    root: Root<'_>,
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let Root { path, text, inputs } = root;
    let mut map = SourceMap::default();
    let mut diagnostics = Vec::new();
    let shared = Shared::new(layers);
    let visible = shared.root(&[]);
    let merged =
        Loader::new(&mut map, &mut diagnostics, sources, repository, &visible).load(path, text, &inputs);
    checked(merged, map, diagnostics)
}

/// Reads the configuration of the child pipeline that `bridge` starts: the files that its `trigger:include` names.
pub fn check_child(
    bridge: &str,
    include: &[ChildInclude],
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let mut map = SourceMap::default();
    let mut diagnostics = Vec::new();
    let shared = Shared::new(layers);
    let visible = shared.root(&[]);
    let mut loader = Loader::new(&mut map, &mut diagnostics, sources, repository, &visible);
    let merged = loader.load_child(bridge, include);
    checked(merged, map, diagnostics)
}

fn checked(merged: Option<Merged>, map: SourceMap, mut diagnostics: Vec<Diagnostic>) -> Checked {
    let mut root = Mapping::new();
    let configuration = merged.and_then(|merged| {
        let extended = extends::resolve(&merged, &mut diagnostics);
        let resolved = reference::resolve(extended, &mut diagnostics)?;
        let configuration = configuration::read(&resolved, &mut diagnostics);
        root = resolved.root;
        let expanded = expansion::expand(configuration, &mut diagnostics);
        let complete = !diagnostics.iter().any(hides_jobs);
        validation::check(&expanded, complete, &mut diagnostics);
        Some(expanded.configuration)
    });
    tidy(&mut diagnostics, &map);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Checked {
        sources: map,
        diagnostics,
        configuration: configuration.filter(|_| !failed),
        root,
    }
}

/// A mistake through which jobs may be missing: names that are not found are then not to blame.
pub(crate) fn hides_jobs(diagnostic: &Diagnostic) -> bool {
    const HIDING: &[&str] = &[
        "include",
        "input",
        "interpolation",
        "header",
        "yaml",
        "undefined-extends",
        "bad-extends",
        "extends-circle",
        "job-name",
    ];
    diagnostic.severity == Severity::Error && HIDING.contains(&diagnostic.code)
}

/// By place, each mistake once: a template's is met in every job that uses it.
fn tidy(diagnostics: &mut Vec<Diagnostic>, map: &SourceMap) {
    for diagnostic in diagnostics.iter_mut() {
        diagnostic.span = diagnostic.span.map(|span| map.whole_characters(span));
    }
    let mut seen = HashSet::new();
    diagnostics.retain(|diagnostic| {
        // These name the job, of which there are many to one template.
        let message = match diagnostic.code {
            "undefined-need"
            | "undefined-dependency"
            | "undefined-stage"
            | "later-need"
            | "later-dependency"
            | "dependency-not-needed" => String::new(),
            _ => diagnostic.message.clone(),
        };
        seen.insert((diagnostic.span, diagnostic.code, message))
    });
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.source, span.start)));
}

impl Checked {
    /// Returns true when there is no error, so that plans can be made.
    pub fn is_valid(&self) -> bool {
        self.configuration.is_some()
    }

    /// Returns what was read and where it stands, of a configuration without mistakes.
    pub(crate) fn read(&self) -> Option<(&Configuration, &Mapping)> {
        self.configuration
            .as_ref()
            .map(|configuration| (configuration, &self.root))
    }

    /// Plans the pipeline of an event; errors are those that only this event brings to light.
    pub fn plan(
        &self,
        event: &Event,
        layers: &Layers,
        repository: &dyn Repository,
    ) -> Result<Outcome, Vec<Diagnostic>> {
        let Some(configuration) = &self.configuration else {
            return Err(self.diagnostics.clone());
        };
        let shared = Shared::new(layers);
        let world = World {
            event,
            repository,
            map: &self.sources,
        };
        let stages = configuration.stages.iter().enumerate();
        let planner = Planner {
            configuration,
            stages: stages.map(|(index, stage)| (stage.as_str(), index)).collect(),
            event,
            layers,
            shared: &shared,
            world,
        };
        planner.plan()
    }
}

struct Planner<'a> {
    configuration: &'a Configuration,
    /// The position of each stage.
    stages: HashMap<&'a str, usize>,
    event: &'a Event,
    layers: &'a Layers,
    shared: &'a Shared<'a>,
    world: World<'a>,
}

/// One job whose selection is done.
struct Candidate<'a> {
    job: &'a Job,
    rule: Option<&'a Rule>,
    planned: PlannedJob,
}

impl<'a> Planner<'a> {
    fn plan(&self) -> Result<Outcome, Vec<Diagnostic>> {
        if self.skipped_by_message() {
            return Ok(Outcome::Skipped);
        }
        let (workflow, root, auto_cancel) = self
            .workflow()
            .map_err(|error| vec![clause_failed("workflow", &error)])?;
        if !workflow.included {
            return Ok(Outcome::Filtered(workflow));
        }
        let mut errors = Vec::new();
        let mut clause_errors: Vec<(usize, Diagnostic)> = Vec::new();
        let mut candidates = Vec::new();
        let mut left_out = Vec::new();
        for job in &self.configuration.jobs {
            match self.job(job, &root) {
                Ok(Ok(candidate)) => candidates.push(candidate),
                Ok(Err(left)) => left_out.push(left),
                Err(error) => {
                    clause_errors.push((self.stage_index(job), clause_failed(&job.name.value, &error)));
                }
            }
        }
        // GitLab drops a stage without jobs before it collects errors.
        let filled: HashSet<usize> = candidates
            .iter()
            .map(|candidate| candidate.planned.stage_index)
            .collect();
        errors.extend(
            clause_errors
                .into_iter()
                .filter(|(stage, _)| filled.contains(stage))
                .map(|(_, error)| error),
        );
        candidates.sort_by_key(|candidate| candidate.planned.stage_index);
        self.connect(&mut candidates, &left_out, &mut errors);
        errors.extend(circle_of_rules(&candidates));
        if !errors.is_empty() {
            return Err(errors);
        }
        let jobs: Vec<_> = candidates
            .into_iter()
            .map(|candidate| candidate.planned)
            .collect();
        if jobs.iter().all(|job| job.stage == ".pre" || job.stage == ".post") {
            left_out.extend(jobs.into_iter().map(only_at_the_ends));
            return Ok(Outcome::Empty(left_out));
        }
        let name = self.configuration.workflow.name.as_ref().map(|name| {
            self.shared
                .root(&root)
                .shown(&name.value, Undefined::Remove)
                .trim()
                .to_owned()
        });
        let mut plan = Plan {
            hash: PlanHash(String::new()),
            name: name.filter(|name| !name.is_empty()),
            source: self.event.source,
            stages: self.configuration.stages.clone(),
            variables: root,
            workflow,
            auto_cancel,
            jobs,
            left_out,
        };
        plan.hash = hash::hash(&plan);
        Ok(Outcome::Pipeline(Box::new(plan)))
    }

    /// `[skip ci]` counts for pushes and merge requests; who asks for a pipeline by hand gets it.
    fn skipped_by_message(&self) -> bool {
        static MARK: LazyLock<regex::Regex> = LazyLock::new(|| {
            regex::Regex::new(r"(?i)\[(ci[ _-]skip|skip[ _-]ci)\]").expect("BUG: the pattern is constant")
        });
        let asks = matches!(self.event.source, Source::Push | Source::MergeRequestEvent);
        let message = self
            .layers
            .predefined
            .iter()
            .find(|variable| variable.key == "CI_COMMIT_MESSAGE");
        asks && message.is_some_and(|message| MARK.is_match(&message.value))
    }

    /// Decides on the pipeline, and returns the root variables with the matched rule's, and what cancels it.
    fn workflow(&self) -> Result<(Decision, Vec<YamlVariable>, AutoCancel), ClauseError> {
        let mut root = self.configuration.variables.clone();
        let auto_cancel = self.configuration.workflow.auto_cancel;
        let Some(rules) = &self.configuration.workflow.rules else {
            let decision = Decision {
                included: true,
                summary: "no `workflow:rules`: there is always a pipeline".to_owned(),
                clauses: Vec::new(),
            };
            return Ok((decision, root, auto_cancel.with(None)));
        };
        let Selected { decision, rule } = by_rules(
            rules,
            &self.shared.root(&self.configuration.variables),
            &self.world,
        )?;
        overlay(&mut root, of_rule(rule, VariableOrigin::WorkflowRule));
        let auto_cancel = auto_cancel.with(rule.and_then(|rule| rule.auto_cancel));
        Ok((decision, root, auto_cancel))
    }

    fn stage_index(&self, job: &Job) -> usize {
        let index = self.stages.get(job.stage.value.as_str());
        *index.expect("BUG: stages were checked")
    }

    /// Decides on one job: in with everything its rule says, or left out.
    fn job(
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
        let environment = self.environment(job, &inherited, &job.variables, &own);
        let mut predefined = own.clone();
        if let Some(environment) = &environment {
            predefined.extend(environment_variables(environment));
        }
        let name = environment
            .as_ref()
            .map(|environment| environment.expanded_name.as_str());
        let visible = self.shared.job(&inherited, &job.variables, predefined, name);
        let Selected { decision, rule } = select(&job.selection, &visible, &self.world)?;
        let place = self.world.map.place(job.name.span);
        if !decision.included {
            let (name, stage) = (job.name.value.clone(), job.stage.value.clone());
            return Ok(Err(LeftOut {
                name,
                stage,
                place,
                decision,
            }));
        }
        let mut variables = inherited;
        overlay(&mut variables, job.variables.iter().cloned());
        let tags = self.tags(job, &variables, &own);
        overlay(&mut variables, of_rule(rule, VariableOrigin::Rule));
        let environment = self.environment(job, &[], &variables, &own);
        let resource_group = self.resource_group(job, &variables, &own);
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

    /// The tags with what the server knows; those of a rule's variables GitLab does not see.
    fn tags(&self, job: &Job, variables: &[YamlVariable], predefined: &[Variable]) -> Vec<String> {
        if job.tags.iter().all(|tag| !tag.contains(['$', '%'])) {
            return job.tags.clone();
        }
        let visible = self.shared.job(&[], variables, predefined.to_vec(), None);
        let expand = |tag: &String| visible.shown(tag, Undefined::Keep);
        let tags: IndexSet<String> = job.tags.iter().map(expand).collect();
        tags.into_iter().collect()
    }

    fn environment(
        &self,
        job: &Job,
        root: &[YamlVariable],
        variables: &[YamlVariable],
        predefined: &[Variable],
    ) -> Option<Environment> {
        let environment = job.environment.as_ref()?;
        let visible: Visible<'_> = self.shared.job(root, variables, predefined.to_vec(), None);
        let expanded_name = visible.shown(&environment.name.value, Undefined::Remove);
        let tier = match &environment.tier {
            Some(tier) => visible.shown(tier, Undefined::Remove),
            None => slug::tier(&expanded_name).to_owned(),
        };
        Some(Environment {
            name: environment.name.value.clone(),
            expanded_name,
            url: environment.url.clone(),
            action: environment.action,
            on_stop: environment.on_stop.as_ref().map(|name| name.value.clone()),
            auto_stop_in: environment.auto_stop_in.clone(),
            tier,
            kubernetes: environment.kubernetes.clone(),
        })
    }

    /// Returns the name of the group, in which the environment of the job is not known.
    fn resource_group(
        &self,
        job: &Job,
        variables: &[YamlVariable],
        predefined: &[Variable],
    ) -> Option<String> {
        let written = job.resource_group.as_ref()?;
        let visible = self.shared.job(&[], variables, predefined.to_vec(), None);
        let name = visible.expand(&written.value, Undefined::Remove);
        (!name.is_empty()).then_some(name)
    }

    /// Reports variables of one job that refer to each other in a circle.
    fn check_variables(&self, job: &Job, planned: &PlannedJob) -> Option<Diagnostic> {
        let cycle = self
            .shared
            .job(&[], &planned.variables, Vec::new(), None)
            .circle()?;
        Some(
            Diagnostic::error(
                "variable-circle",
                job.name.span,
                format!("in job `{}` {cycle}", planned.name),
            )
            .gitlab(format!(
                "{}: circular variable reference detected: {:?}",
                planned.name, cycle.0
            )),
        )
    }

    /// Fills in the needs of all jobs, now that it is known which jobs there are.
    fn connect(&self, candidates: &mut [Candidate<'a>], left_out: &[LeftOut], errors: &mut Vec<Diagnostic>) {
        let names: HashSet<String> = candidates
            .iter()
            .map(|candidate| candidate.planned.name.clone())
            .collect();
        let reasons: HashMap<&str, &LeftOut> = left_out.iter().map(|job| (job.name.as_str(), job)).collect();
        for Candidate { job, rule, planned } in candidates {
            errors.extend(self.check_variables(job, planned));
            let of_rule = rule
                .and_then(|rule| rule.needs.as_ref())
                .filter(|needs| !needs.is_empty());
            if let Some(needs) = &job.needs {
                if needs.len() > MAX_NEEDS {
                    errors.push(too_many_needs(
                        &planned.name,
                        needs.len(),
                        needs[MAX_NEEDS].job.span,
                    ));
                }
                for need in needs
                    .iter()
                    .filter(|need| !need.optional && !names.contains(&need.job.value))
                {
                    let left_out = reasons.get(need.job.value.as_str()).copied();
                    errors.push(missing_need(
                        &planned.name,
                        &need.job.value,
                        need.job.span,
                        left_out,
                    ));
                }
            }
            let Some(needs) = of_rule.or(job.needs.as_ref()) else {
                continue;
            };
            let present = needs.iter().filter(|need| names.contains(&need.job.value));
            planned.needs = Some(
                present
                    .map(|need| PlannedNeed {
                        job: need.job.value.clone(),
                        artifacts: need.artifacts,
                        optional: need.optional,
                    })
                    .collect(),
            );
        }
    }
}

/// Needs that lead in a circle only because of the rules that matched. GitLab makes such a pipeline, which then waits
/// for itself for ever.
fn circle_of_rules(candidates: &[Candidate<'_>]) -> Option<Diagnostic> {
    let by_name: HashMap<&str, &Candidate<'_>> = candidates
        .iter()
        .map(|candidate| (candidate.planned.name.as_str(), candidate))
        .collect();
    let needs = |name: &&str| -> Vec<&str> {
        let needs = by_name
            .get(name)
            .and_then(|candidate| candidate.planned.needs.as_deref());
        needs
            .unwrap_or_default()
            .iter()
            .map(|need| need.job.as_str())
            .collect()
    };
    let circle = graph::circles(by_name_in_order(candidates), needs)
        .into_iter()
        .next()?;
    let first = by_name.get(circle.first()?)?;
    Some(
        Diagnostic::error("needs-circle", first.job.name.span, graph::describe(&circle))
            .help("some of these needs stand in `rules`; take one of them away"),
    )
}

fn by_name_in_order<'c>(candidates: &'c [Candidate<'_>]) -> impl Iterator<Item = &'c str> {
    candidates.iter().map(|candidate| candidate.planned.name.as_str())
}

/// The variables that a matched rule sets.
fn of_rule(rule: Option<&Rule>, origin: VariableOrigin) -> impl Iterator<Item = YamlVariable> {
    let pairs = rule.map(|rule| rule.variables.as_slice()).unwrap_or_default();
    pairs.iter().map(move |(key, value)| YamlVariable {
        key: key.clone(),
        value: value.clone(),
        raw: false,
        origin,
    })
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

fn only_at_the_ends(job: PlannedJob) -> LeftOut {
    let decision = Decision {
        included: false,
        summary: format!("jobs in `{}` alone make no pipeline", job.stage),
        clauses: job.decision.clauses,
    };
    LeftOut {
        name: job.name,
        stage: job.stage,
        place: job.place,
        decision,
    }
}

fn clause_failed(job: &str, error: &ClauseError) -> Diagnostic {
    Diagnostic::error("rule-failed", error.span, error.message.clone())
        .gitlab(format!("Failed to parse rule for {job}: {}", error.gitlab))
}

fn too_many_needs(job: &str, count: usize, span: Span) -> Diagnostic {
    Diagnostic::error("limit", span, format!("job `{job}` needs {count} jobs, {MAX_NEEDS} are allowed")).gitlab(format!(
        "{job}: one job can only need 50 others, but you have listed {count}. See needs keyword documentation for more \
         details"
    ))
}

fn missing_need(job: &str, need: &str, span: Span, left_out: Option<&LeftOut>) -> Diagnostic {
    let why = left_out
        .map(|left| format!(": {}", left.decision.summary))
        .unwrap_or_default();
    Diagnostic::error("missing-need", span, format!("job `{job}` needs `{need}`, which is not in this pipeline{why}"))
        .help(format!("write `{{job: {need}, optional: true}}`, or give both jobs the same rules"))
        .gitlab(format!(
            "'{job}' job needs '{need}' job, but '{need}' does not exist in the pipeline. This might be because of the \
             only, except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use \
             needs:optional."
        ))
}

/// Returns the ref kind and name as people say it: `branch main`.
pub fn describe_ref(git_ref: &Ref) -> String {
    match git_ref {
        Ref::Branch(name) => format!("branch {name}"),
        Ref::Tag(name) => format!("tag {name}"),
        Ref::MergeRequest {
            source_branch,
            target_branch,
        } => {
            format!("merge request {source_branch} → {target_branch}")
        }
    }
}
