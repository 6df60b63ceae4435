//! Jobs that no event brings about, and rules that no event reaches.

use super::Report;
use super::subject::Subject;
use crate::configuration::Selection;
use crate::keywords::rules::{Rule, RuleWhen};

pub(super) fn never_runs(subject: &Subject<'_>, report: &mut Report<'_>) {
    for job in &subject.jobs {
        let why = match &job.job.selection {
            Selection::Rules(rules) if rules.iter().all(|rule| rule.when == Some(RuleWhen::Never)) => {
                "all of its rules say `never`"
            }
            Selection::Policy { only: Some(only), .. } if only.refs.as_ref().is_some_and(Vec::is_empty) => {
                "its `only` is empty, which matches nothing"
            }
            Selection::Policy {
                except: Some(except), ..
            } if except.refs.as_ref().is_some_and(Vec::is_empty) => {
                "its `except` is empty, which matches everything"
            }
            _ => continue,
        };
        let message = format!("job `{}` never runs: {why}", job.name());
        let help = "begin its name with `.` to keep it as a template, or take it out";
        report.warn(job.job.name.span, message, help);
    }
}

pub(super) fn unreachable(subject: &Subject<'_>, report: &mut Report<'_>) {
    let of_jobs = subject.jobs.iter().filter_map(|job| match &job.job.selection {
        Selection::Rules(rules) => Some(rules.as_slice()),
        _ => None,
    });
    for rules in of_jobs.chain(subject.configuration.workflow.rules.as_deref()) {
        for (at, rule) in rules.iter().enumerate() {
            let Some(before) = rules[..at].iter().position(|earlier| takes_all_of(earlier, rule)) else {
                continue;
            };
            let message = format!(
                "rule {} is never reached: rule {} matches before it",
                at + 1,
                before + 1
            );
            report.warn(
                rule.span,
                message,
                "the first rule that matches decides; move this one up, or take it out",
            );
        }
    }
}

/// Whether everything that the later rule matches is matched by the earlier one.
fn takes_all_of(earlier: &Rule, later: &Rule) -> bool {
    let condition = |rule: &Rule| {
        rule.condition
            .as_ref()
            .map(|condition| condition.expression.to_string())
    };
    let condition_holds = earlier.condition.is_none() || condition(earlier) == condition(later);
    let changes_hold = earlier.changes.is_none() || earlier.changes == later.changes;
    let exists_holds = earlier.exists.is_none() || earlier.exists == later.exists;
    condition_holds && changes_hold && exists_holds
}
