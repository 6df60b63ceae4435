//! Whether a job, or the pipeline, is in: `rules`, `only` and `except`, evaluated with a trace of every clause.
//!
//! The first rule that matches decides; of a policy, every kind of condition under `only` must hold and none under
//! `except` may. See <https://docs.gitlab.com/ci/jobs/job_rules/>.

mod path_tests;
mod policy;

use gantry_yaml::Span;

use crate::configuration::Selection;
use crate::event::{Event, Ref, Source};
use crate::keywords::rules::{Condition, Rule, RuleWhen};
use crate::plan::{Clause, Decision, Operand};
use crate::source::{ForeignError, Repository, SourceMap};
use crate::variables::Undefined;
use crate::visible::Visible;

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
            let decision = policy::by_policy(only.as_ref(), except.as_ref(), *implicit, visible, world)?;
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
        let (truth, seen) = condition_holds(condition, visible)?;
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

fn condition_holds(condition: &Condition, visible: &Visible<'_>) -> Evaluated {
    let evaluation = condition
        .expression
        .evaluate(&|name| visible.value(name).map(str::to_owned));
    if let Some(operator) = evaluation.undecided {
        return Err(ClauseError {
            span: condition.text.span,
            message: format!("`{operator}` has `true` on its right, where a pattern is expected"),
            gitlab: "Undefined error".to_owned(),
        });
    }
    let operands = evaluation
        .operands
        .iter()
        .map(|(name, value)| visible.operand(name, value.as_deref()));
    Ok((evaluation.truth, operands.collect()))
}
