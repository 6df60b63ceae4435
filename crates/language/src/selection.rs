//! Whether a job, or the pipeline, is in: `rules`, `only` and `except`, evaluated with a trace of every clause.
//!
//! The first rule that matches decides; of a policy, every kind of condition under `only` must hold and none under
//! `except` may. See <https://docs.gitlab.com/ci/jobs/job_rules/>.

mod path_tests;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use gantry_yaml::Span;
use indexmap::IndexSet;

use crate::configuration::Selection;
use crate::event::{Event, Ref, Source};
use crate::keywords::only::{Policy, RefPattern};
use crate::keywords::rules::{Condition, Rule, RuleWhen};
use crate::plan::{Clause, Decision, Operand, OperandValue, YamlVariable};
use crate::reader::Text;
use crate::source::{ForeignError, Repository, SourceMap};
use crate::variables::{Cycle, Layers, Undefined, Variable, expand_with, find_cycle, referenced};

/// `true` in projects that have a cluster.
const KUBERNETES_ACTIVE: &str = "CI_KUBERNETES_ACTIVE";

static NOTHING: LazyLock<HashMap<&'static str, &'static Variable>> = LazyLock::new(HashMap::new);

/// The variables that one decision sees, unexpanded.
pub(crate) struct Visible<'a> {
    predefined: &'a HashMap<&'a str, &'a Variable>,
    /// `CI_JOB_NAME` and its like.
    job_predefined: Vec<Variable>,
    root: Indexed<'a>,
    job: Indexed<'a>,
    project: Rc<HashMap<&'a str, &'a Variable>>,
    pipeline: &'a HashMap<&'a str, &'a Variable>,
    layers: &'a Layers,
}

/// A list of variables in which names are looked up often. Long lists get an index with the first look.
struct Indexed<'a> {
    list: &'a [YamlVariable],
    places: OnceCell<HashMap<String, usize>>,
}

impl<'a> Indexed<'a> {
    fn new(list: &'a [YamlVariable]) -> Indexed<'a> {
        Indexed {
            list,
            places: OnceCell::new(),
        }
    }

    fn get(&self, name: &str) -> Option<&'a YamlVariable> {
        const SHORT: usize = 32;
        if self.list.len() <= SHORT {
            return self.list.iter().rfind(|variable| variable.key == name);
        }
        let places = self.places.get_or_init(|| {
            let places = self.list.iter().enumerate();
            places
                .map(|(place, variable)| (variable.key.clone(), place))
                .collect()
        });
        places.get(name).map(|&place| &self.list[place])
    }
}

/// The variables that all decisions of one pipeline share.
pub(crate) struct Shared<'a> {
    predefined: HashMap<&'a str, &'a Variable>,
    /// Those of the project's variables that a job without an environment sees.
    project: Rc<HashMap<&'a str, &'a Variable>>,
    /// Whether a job with an environment may see others.
    has_scopes: bool,
    pipeline: HashMap<&'a str, &'a Variable>,
    layers: &'a Layers,
}

fn by_key(variables: &[Variable]) -> HashMap<&str, &Variable> {
    variables
        .iter()
        .map(|variable| (variable.key.as_str(), variable))
        .collect()
}

fn project_by_key<'a>(layers: &'a Layers, environment: Option<&str>) -> HashMap<&'a str, &'a Variable> {
    let project = layers.project_for(environment);
    project
        .map(|variable| (variable.key.as_str(), variable))
        .collect()
}

impl<'a> Shared<'a> {
    pub(crate) fn new(layers: &'a Layers) -> Shared<'a> {
        Shared {
            predefined: by_key(&layers.predefined),
            project: Rc::new(project_by_key(layers, None)),
            has_scopes: layers.project.iter().any(|variable| variable.scope != "*"),
            pipeline: by_key(&layers.pipeline),
            layers,
        }
    }

    /// Returns what `include` and `workflow` see.
    pub(crate) fn root(&'a self, root: &'a [YamlVariable]) -> Visible<'a> {
        self.job(root, &[], Vec::new(), None)
    }

    /// Returns what the rules of one job see.
    pub(crate) fn job(
        &'a self,
        root: &'a [YamlVariable],
        job: &'a [YamlVariable],
        job_predefined: Vec<Variable>,
        environment: Option<&str>,
    ) -> Visible<'a> {
        let project = match environment {
            Some(name) if self.has_scopes => Rc::new(project_by_key(self.layers, Some(name))),
            _ => Rc::clone(&self.project),
        };
        Visible {
            predefined: &self.predefined,
            job_predefined,
            root: Indexed::new(root),
            job: Indexed::new(job),
            project,
            pipeline: &self.pipeline,
            layers: self.layers,
        }
    }
}

impl<'a> Visible<'a> {
    /// Returns what a file sees that belongs to no project.
    pub(crate) fn nothing(&self) -> Visible<'a> {
        Visible {
            predefined: &NOTHING,
            job_predefined: Vec::new(),
            root: Indexed::new(&[]),
            job: Indexed::new(&[]),
            project: Rc::default(),
            pipeline: &NOTHING,
            layers: self.layers,
        }
    }

    /// Returns the value of a variable as it was set.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        if let Some(found) = self.pipeline.get(name).or_else(|| self.project.get(name)) {
            return Some(&found.value);
        }
        if let Some(found) = self.yaml(name) {
            return Some(&found.value);
        }
        if let Some(found) = self.job_predefined.iter().find(|variable| variable.key == name) {
            return Some(&found.value);
        }
        self.predefined.get(name).map(|variable| variable.value.as_str())
    }

    fn yaml(&self, name: &str) -> Option<&YamlVariable> {
        self.job.get(name).or_else(|| self.root.get(name))
    }

    pub(crate) fn is_masked(&self, name: &str) -> bool {
        let outside = self.pipeline.get(name).or_else(|| self.project.get(name));
        match outside {
            Some(variable) => variable.masked,
            None => {
                self.yaml(name).is_none() && self.predefined.get(name).is_some_and(|variable| variable.masked)
            }
        }
    }

    /// Returns the variables that texts lead to, also through one another. Those of one name are ranked low to high;
    /// a job sees hundreds, and hardly any text refers to more than a few.
    pub(crate) fn reachable<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Vec<Variable> {
        let mut names: IndexSet<String> = texts
            .into_iter()
            .flat_map(referenced)
            .map(str::to_owned)
            .collect();
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(name) = names.get_index(next).cloned() {
            let first = found.len();
            self.collect(&name, &mut found);
            for variable in found[first..].iter().filter(|variable| !variable.raw) {
                names.extend(referenced(&variable.value).map(str::to_owned));
            }
            next += 1;
        }
        found
    }

    /// Adds the variables of one name, ranked low to high.
    fn collect(&self, name: &str, found: &mut Vec<Variable>) {
        let yaml = |variables: &Indexed<'_>| {
            let variable = variables.get(name)?;
            Some(Variable {
                raw: variable.raw,
                ..Variable::new(variable.key.as_str(), variable.value.as_str())
            })
        };
        let of_job = self.job_predefined.iter().find(|variable| variable.key == name);
        let outside =
            |layer: &HashMap<&str, &Variable>| layer.get(name).map(|variable| Variable::clone(variable));
        found.extend(outside(self.predefined));
        found.extend(of_job.cloned());
        found.extend(yaml(&self.root));
        found.extend(yaml(&self.job));
        found.extend(outside(&self.project));
        found.extend(outside(self.pipeline));
    }

    /// Returns a circle among the variables that a job will have, where there is one.
    pub(crate) fn circle(&self) -> Option<Cycle> {
        let yaml = self
            .root
            .list
            .iter()
            .chain(self.job.list)
            .map(|variable| variable.value.as_str());
        let outside = self.layers.project.iter().chain(&self.layers.pipeline);
        let outside = outside
            .filter(|variable| !variable.raw)
            .map(|variable| variable.value.as_str());
        find_cycle(&self.reachable(yaml.chain(outside)))
    }

    /// Expands one string.
    pub(crate) fn expand(&self, text: &str, undefined: Undefined) -> String {
        expand_with(text, &self.reachable([text]), undefined)
    }

    /// Expands a string that will be seen: what is masked stays hidden.
    pub(crate) fn shown(&self, text: &str, undefined: Undefined) -> String {
        let mut reachable = self.reachable([text]);
        for variable in reachable.iter_mut().filter(|variable| variable.masked) {
            variable.value = "[MASKED]".to_owned();
            variable.raw = true;
        }
        expand_with(text, &reachable, undefined)
    }

    /// Takes masked values out of a text that was made of others.
    pub(crate) fn without_masked(&self, text: String) -> String {
        let layers = [
            &self.layers.predefined,
            &self.layers.project,
            &self.layers.pipeline,
        ];
        let masked = layers.into_iter().flatten();
        masked
            .filter(|variable| variable.masked && !variable.value.is_empty())
            .fold(text, |text, variable| text.replace(&variable.value, "[MASKED]"))
    }

    fn operand(&self, name: &str, value: Option<&str>) -> Operand {
        let key = name.trim_start_matches('$');
        let value = match value {
            None => OperandValue::Unset,
            Some(_) if self.is_masked(key) => OperandValue::Masked,
            Some(value) => OperandValue::Text(self.without_masked(value.to_owned())),
        };
        Operand {
            name: name.to_owned(),
            value,
        }
    }
}

/// A clause that could not be evaluated; it fails the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClauseError {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) gitlab: String,
}

type Evaluated = Result<(bool, Vec<Operand>), ClauseError>;

/// What a job's selection came to.
pub(crate) struct Selected<'a> {
    pub(crate) decision: Decision,
    /// The rule that let the job in; its `when`, variables and needs take effect.
    pub(crate) rule: Option<&'a Rule>,
}

/// Everything outside the configuration that a selection looks at.
pub(crate) struct World<'a> {
    pub(crate) event: &'a Event,
    pub(crate) repository: &'a dyn Repository,
    pub(crate) map: &'a SourceMap,
}

/// Decides by the list of rules of a job or of the workflow.
pub(crate) fn by_rules<'a>(
    rules: &'a [Rule],
    visible: &Visible<'_>,
    world: &World<'_>,
) -> Result<Selected<'a>, ClauseError> {
    let mut clauses = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let (matched, operands) = rule_matches(rule, visible, &EventRepository { world })?;
        clauses.push(Clause {
            text: rule.text(),
            place: Some(world.map.place(rule.span)),
            matched,
            operands,
        });
        if matched {
            let included = rule.when != Some(RuleWhen::Never);
            let what = if included {
                "matches"
            } else {
                "matches and says `never`"
            };
            let summary = format!("rule {} of {} {what}", index + 1, rules.len());
            let decision = Decision {
                included,
                summary,
                clauses,
            };
            return Ok(Selected {
                decision,
                rule: included.then_some(rule),
            });
        }
    }
    let summary = match rules.len() {
        1 => "its only rule does not match".to_owned(),
        count => format!("none of its {count} rules matches"),
    };
    Ok(Selected {
        decision: Decision {
            included: false,
            summary,
            clauses,
        },
        rule: None,
    })
}

/// Decides whether a job is in.
pub(crate) fn select<'a>(
    selection: &'a Selection,
    visible: &Visible<'_>,
    world: &World<'_>,
) -> Result<Selected<'a>, ClauseError> {
    match selection {
        Selection::Always => {
            let decision = Decision {
                included: true,
                summary: "no rules: it is in every pipeline".to_owned(),
                clauses: Vec::new(),
            };
            Ok(Selected { decision, rule: None })
        }
        Selection::Rules(rules) => by_rules(rules, visible, world),
        Selection::Policy {
            only,
            except,
            implicit,
        } => {
            let decision = by_policy(only.as_ref(), except.as_ref(), *implicit, visible, world);
            Ok(Selected { decision, rule: None })
        }
    }
}

/// A repository that answers as the event has it: only pushes to branches and merge requests have changes.
struct EventRepository<'a> {
    world: &'a World<'a>,
}

impl Repository for EventRepository<'_> {
    fn changed(&self) -> Option<&[String]> {
        match (self.world.event.source, &self.world.event.git_ref) {
            (Source::Push, Ref::Branch(_)) | (_, Ref::MergeRequest { .. }) => self.world.repository.changed(),
            _ => None,
        }
    }

    fn changed_since(&self, reference: &str) -> Result<Vec<String>, String> {
        self.world.repository.changed_since(reference)
    }

    fn paths(&self) -> &[String] {
        self.world.repository.paths()
    }

    fn paths_of(&self, project: &str, git_ref: &str) -> Result<Vec<String>, ForeignError> {
        self.world.repository.paths_of(project, git_ref)
    }
}

/// Returns whether all clauses of a rule hold, and what they looked at.
pub(crate) fn rule_matches(rule: &Rule, visible: &Visible<'_>, repository: &dyn Repository) -> Evaluated {
    let mut operands = Vec::new();
    if let Some(condition) = &rule.condition {
        let (truth, seen) = condition_holds(condition, visible);
        operands.extend(seen);
        if !truth {
            return Ok((false, operands));
        }
    }
    if let Some(changes) = &rule.changes {
        let (truth, seen) = match &changes.compare_to {
            None => path_tests::changes_hold(&changes.paths, repository.changed(), visible)?,
            Some(reference) => {
                let name = visible.expand(&reference.value, Undefined::Keep);
                let changed = repository.changed_since(&name).map_err(|why| ClauseError {
                    span: reference.span,
                    message: format!("`compare_to: {name}` cannot be compared with: {why}"),
                    gitlab: "rules:changes:compare_to is not a valid ref".to_owned(),
                })?;
                path_tests::changes_hold(&changes.paths, Some(&changed), visible)?
            }
        };
        operands.push(seen);
        if !truth {
            return Ok((false, operands));
        }
    }
    if let Some(exists) = &rule.exists {
        let (truth, seen) = path_tests::exists_holds(exists, repository, visible)?;
        operands.push(seen);
        if !truth {
            return Ok((false, operands));
        }
    }
    Ok((true, operands))
}

fn condition_holds(condition: &Condition, visible: &Visible<'_>) -> (bool, Vec<Operand>) {
    let evaluation = condition
        .expression
        .evaluate(&|name| visible.value(name).map(str::to_owned));
    let operands = evaluation
        .operands
        .iter()
        .map(|(name, value)| visible.operand(name, value.as_deref()));
    (evaluation.truth, operands.collect())
}

fn by_policy(
    only: Option<&Policy>,
    except: Option<&Policy>,
    implicit: bool,
    visible: &Visible<'_>,
    world: &World<'_>,
) -> Decision {
    let evaluator = PolicyEvaluator { visible, world };
    let mut clauses = Vec::new();
    let mut out = None;
    if implicit {
        let matched = ["branches", "tags"]
            .iter()
            .any(|word| evaluator.word_matches(word));
        clauses.push(Clause {
            text: "only: [branches, tags] (implied where a job has no `rules` and no `only`)".to_owned(),
            place: None,
            matched,
            operands: vec![evaluator.ref_operand()],
        });
        if !matched {
            out = Some("it is for branches and tags only, and this is neither".to_owned());
        }
    }
    if let Some(only) = only {
        for clause in evaluator.clauses("only", only) {
            if !clause.matched && out.is_none() {
                out = Some(format!("`{}` does not hold", clause.text));
            }
            clauses.push(clause);
        }
    }
    if let Some(except) = except {
        for clause in evaluator.clauses("except", except) {
            if clause.matched && out.is_none() {
                out = Some(format!("`{}` holds", clause.text));
            }
            clauses.push(clause);
        }
    }
    let included = out.is_none();
    let holds = match (implicit, only.is_some(), except.is_some()) {
        (_, true, true) => "`only` holds and `except` does not",
        (_, true, false) => "`only` holds",
        (_, false, true) => "`except` does not hold",
        (_, false, false) => "no rules: it is in every pipeline for a branch or a tag",
    };
    Decision {
        included,
        summary: out.unwrap_or_else(|| holds.to_owned()),
        clauses,
    }
}

struct PolicyEvaluator<'a> {
    visible: &'a Visible<'a>,
    world: &'a World<'a>,
}

impl PolicyEvaluator<'_> {
    /// One clause for each kind of condition that is given; inside a kind any entry suffices.
    fn clauses(&self, what: &str, policy: &Policy) -> Vec<Clause> {
        let mut clauses = Vec::new();
        if let Some(refs) = &policy.refs {
            // An empty `only` never matches, an empty `except` always does.
            let matched =
                refs.iter().any(|pattern| self.ref_matches(pattern)) || (refs.is_empty() && what == "except");
            clauses.push(Clause {
                text: format!("{what}: [{}]", join(refs.iter().map(|pattern| &pattern.text))),
                place: refs
                    .first()
                    .map(|pattern| self.world.map.place(pattern.text.span)),
                matched,
                operands: vec![self.ref_operand()],
            });
        }
        if let Some(conditions) = &policy.variables {
            let mut operands: Vec<Operand> = Vec::new();
            let mut matched = false;
            for condition in conditions {
                let (truth, seen) = condition_holds(condition, self.visible);
                matched |= truth;
                for operand in seen {
                    if !operands.contains(&operand) {
                        operands.push(operand);
                    }
                }
            }
            clauses.push(Clause {
                text: format!(
                    "{what}:variables: [{}]",
                    join(conditions.iter().map(|condition| &condition.text))
                ),
                place: conditions
                    .first()
                    .map(|condition| self.world.map.place(condition.text.span)),
                matched,
                operands,
            });
        }
        if let Some(paths) = &policy.changes {
            let repository = EventRepository { world: self.world };
            let (matched, operand) = path_tests::policy_holds(paths, repository.changed(), self.visible);
            clauses.push(Clause {
                text: format!("{what}:changes: [{}]", join(paths.iter())),
                place: paths.first().map(|path| self.world.map.place(path.span)),
                matched,
                operands: vec![operand],
            });
        }
        if let Some(span) = policy.kubernetes {
            let active = self.visible.value(KUBERNETES_ACTIVE);
            clauses.push(Clause {
                text: format!("{what}:kubernetes: active"),
                place: Some(self.world.map.place(span)),
                matched: active == Some("true"),
                operands: vec![self.visible.operand(&format!("${KUBERNETES_ACTIVE}"), active)],
            });
        }
        clauses
    }

    fn ref_operand(&self) -> Operand {
        let event = self.world.event;
        let kind = match &event.git_ref {
            Ref::Branch(name) => format!("branch {name}"),
            Ref::Tag(name) => format!("tag {name}"),
            Ref::MergeRequest { source_branch, .. } => format!("merge request of {source_branch}"),
        };
        Operand {
            name: "pipeline".to_owned(),
            value: OperandValue::Text(format!("{kind}, source {}", event.source)),
        }
    }

    fn ref_matches(&self, pattern: &RefPattern) -> bool {
        if let Some(project) = &pattern.project
            && self.visible.value("CI_PROJECT_PATH") != Some(project)
        {
            return false;
        }
        if pattern.regex.is_none() && self.word_matches(&pattern.pattern) {
            return true;
        }
        match (&self.world.event.git_ref, &pattern.regex) {
            (Ref::MergeRequest { .. }, _) => false,
            (Ref::Branch(name) | Ref::Tag(name), Some(regex)) => regex.is_match(name),
            (Ref::Branch(name) | Ref::Tag(name), None) => *name == pattern.pattern,
        }
    }

    /// A word for a kind of ref, or the source, singular or plural.
    fn word_matches(&self, word: &str) -> bool {
        match (&self.world.event.git_ref, word) {
            (Ref::Tag(_), "tags") | (Ref::Branch(_), "branches") => return true,
            _ => {}
        }
        let source = self.world.event.source.as_str();
        let source = source.strip_suffix("_event").unwrap_or(source);
        word == source || word == plural(source)
    }
}

fn plural(source: &str) -> String {
    if source.ends_with("sh") {
        format!("{source}es")
    } else {
        format!("{source}s")
    }
}

fn join<'a>(texts: impl Iterator<Item = &'a Text>) -> String {
    texts
        .map(|text| text.value.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}
