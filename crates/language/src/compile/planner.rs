//! What one event makes of a configuration: `workflow` decides on the pipeline, then every job's rules on the job.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::Outcome;
use super::budget::Budget;
use super::connect::circle_of_rules;
use crate::configuration::{Configuration, Job};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, Source};
use crate::hash;
use crate::keywords::rules::Rule;
use crate::plan::{AutoCancel, Decision, LeftOut, Plan, PlanHash, PlannedJob, VariableOrigin, YamlVariable};
use crate::selection::{ClauseError, Selected, World, by_rules};
use crate::variables::{Layers, Undefined, overlay};
use crate::visible::Shared;

pub(super) struct Planner<'a> {
    pub(super) configuration: &'a Configuration,
    /// The position of each stage.
    pub(super) stages: HashMap<&'a str, usize>,
    pub(super) event: &'a Event,
    pub(super) layers: &'a Layers,
    pub(super) shared: &'a Shared<'a>,
    pub(super) world: World<'a>,
}

/// One job whose selection is done.
pub(super) struct Candidate<'a> {
    pub(super) job: &'a Job,
    pub(super) rule: Option<&'a Rule>,
    pub(super) planned: PlannedJob,
}

/// All jobs, decided on.
#[derive(Default)]
struct Sorted<'a> {
    /// By stage, then in the order of the file.
    candidates: Vec<Candidate<'a>>,
    left_out: Vec<LeftOut>,
    errors: Vec<Diagnostic>,
}

impl<'a> Planner<'a> {
    pub(super) fn plan(&self) -> Result<Outcome, Vec<Diagnostic>> {
        if self.skipped_by_message() {
            return Ok(Outcome::Skipped);
        }
        let (workflow, root, auto_cancel) = self
            .workflow()
            .map_err(|error| vec![clause_failed("workflow", &error)])?;
        if !workflow.included {
            return Ok(Outcome::Filtered(workflow));
        }
        let Sorted {
            mut candidates,
            mut left_out,
            mut errors,
        } = self.sort(&root);
        self.connect(&mut candidates, &left_out, &mut errors);
        errors.extend(circle_of_rules(&candidates));
        if !errors.is_empty() {
            return Err(errors);
        }
        let jobs = candidates.into_iter().map(|candidate| candidate.planned);
        let jobs: Vec<_> = jobs.collect();
        if jobs.iter().all(|job| job.stage == ".pre" || job.stage == ".post") {
            left_out.extend(jobs.into_iter().map(only_at_the_ends));
            return Ok(Outcome::Empty(left_out));
        }
        let mut plan = Plan {
            hash: PlanHash(String::new()),
            name: self.name(&root),
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

    /// Decides on every job.
    fn sort(&self, root: &[YamlVariable]) -> Sorted<'a> {
        let mut sorted = Sorted::default();
        let mut failed = Vec::new();
        let mut budget = Budget::default();
        for job in &self.configuration.jobs {
            match self.job(job, root) {
                Ok(Ok(candidate)) => {
                    budget.spend_on_job(&candidate.planned);
                    sorted.candidates.push(candidate);
                }
                Ok(Err(left)) => {
                    budget.spend_on_decision(&left.decision);
                    sorted.left_out.push(left);
                }
                Err(error) => failed.push((self.stage_index(job), clause_failed(&job.name.value, &error))),
            }
            if let Some(exceeded) = budget.exceeded(job.name.span) {
                sorted.errors.push(exceeded);
                return sorted;
            }
        }
        sorted
            .candidates
            .sort_by_key(|candidate| candidate.planned.stage_index);
        // GitLab drops a stage without jobs before it collects errors.
        let stages = sorted.candidates.iter();
        let filled: HashSet<usize> = stages.map(|candidate| candidate.planned.stage_index).collect();
        failed.retain(|(stage, _)| filled.contains(stage));
        sorted.errors.extend(failed.into_iter().map(|(_, error)| error));
        sorted
    }

    /// Returns what `workflow:name` comes to; nothing where that is blank.
    fn name(&self, root: &[YamlVariable]) -> Option<String> {
        let written = self.configuration.workflow.name.as_ref()?;
        let shown = self.shared.root(root).shown(&written.value, Undefined::Remove);
        let name = shown.trim();
        (!name.is_empty()).then(|| name.to_owned())
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

    pub(super) fn stage_index(&self, job: &Job) -> usize {
        let index = self.stages.get(job.stage.value.as_str());
        *index.expect("BUG: stages were checked")
    }
}

/// The variables that a matched rule sets.
pub(super) fn of_rule(rule: Option<&Rule>, origin: VariableOrigin) -> impl Iterator<Item = YamlVariable> {
    let pairs = rule.map(|rule| rule.variables.as_slice()).unwrap_or_default();
    pairs
        .iter()
        .map(move |(key, value)| YamlVariable::new(key.value.as_str(), value.as_str(), origin).at(key.span))
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
