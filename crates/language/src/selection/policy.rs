//! `only` and `except`: every kind of condition under `only` must hold and none under `except` may. Inside a kind any
//! entry suffices. See <https://docs.gitlab.com/ci/yaml/deprecated_keywords/#only--except>.

use super::{ClauseError, EventRepository, World, condition_holds, path_tests};
use crate::event::Ref;
use crate::keywords::only::{Policy, RefPattern};
use crate::plan::{Clause, Decision, Operand, OperandValue};
use crate::reader::Text;
use crate::source::Repository;
use crate::visible::Visible;

/// `true` in projects that have a cluster.
const KUBERNETES_ACTIVE: &str = "CI_KUBERNETES_ACTIVE";

pub(super) fn by_policy(
    only: Option<&Policy>,
    except: Option<&Policy>,
    implicit: bool,
    visible: &Visible<'_>,
    world: &World<'_>,
) -> Result<Decision, ClauseError> {
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
        for clause in evaluator.clauses("only", only)? {
            if !clause.matched && out.is_none() {
                out = Some(format!("`{}` does not hold", clause.text));
            }
            clauses.push(clause);
        }
    }
    if let Some(except) = except {
        for clause in evaluator.clauses("except", except)? {
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
    Ok(Decision {
        included,
        summary: out.unwrap_or_else(|| holds.to_owned()),
        clauses,
    })
}

struct PolicyEvaluator<'a> {
    visible: &'a Visible<'a>,
    world: &'a World<'a>,
}

impl PolicyEvaluator<'_> {
    /// One clause for each kind of condition that is given; inside a kind any entry suffices.
    fn clauses(&self, what: &str, policy: &Policy) -> Result<Vec<Clause>, ClauseError> {
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
                let (truth, seen) = condition_holds(condition, self.visible)?;
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
        Ok(clauses)
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
