//! A need of a job that its rules may leave out, by a job that they do not: then there is no pipeline.

use super::Report;
use super::subject::{Subject, Subjected};
use crate::configuration::Selection;
use crate::keywords::rules::{Rule, RuleWhen};

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    for job in &subject.jobs {
        for need in job.job.needs.iter().flatten().filter(|need| !need.optional) {
            let instance = subject
                .configuration
                .jobs
                .iter()
                .find(|known| known.name.value == need.job.value);
            let Some(needed) = instance.and_then(|known| subject.job(&known.base_name)) else {
                continue;
            };
            if may_be_left_out(needed) && !goes_with(job, needed) {
                let (name, other) = (job.name(), needed.name());
                let message = format!(
                    "job `{name}` needs `{other}`, which its rules may leave out: then nothing runs at all"
                );
                let help = format!("write `{{job: {other}, optional: true}}`, or give both the same rules");
                report.warn(need.job.span, message, &help);
            }
        }
    }
}

fn may_be_left_out(job: &Subjected<'_>) -> bool {
    match &job.job.selection {
        Selection::Always => false,
        Selection::Rules(rules) => !rules.last().is_some_and(always_lets) || rules.iter().any(is_never),
        Selection::Policy { only, except, .. } => only.is_some() || except.is_some(),
    }
}

fn is_never(rule: &Rule) -> bool {
    rule.when == Some(RuleWhen::Never)
}

fn always_lets(rule: &Rule) -> bool {
    rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none() && !is_never(rule)
}

/// Whether the needed job is there whenever the other is, as far as their rules tell by themselves.
fn goes_with(job: &Subjected<'_>, needed: &Subjected<'_>) -> bool {
    match (&job.job.selection, &needed.job.selection) {
        (Selection::Rules(rules), Selection::Rules(others)) => {
            let letting = |rules: &[Rule]| -> Vec<String> {
                let letting = rules.iter().filter(|rule| !is_never(rule));
                letting.map(clauses).collect()
            };
            let never = |rules: &[Rule]| -> Vec<String> {
                rules.iter().filter(|rule| is_never(rule)).map(clauses).collect()
            };
            let (own, theirs) = (letting(rules), letting(others));
            let (own_never, their_never) = (never(rules), never(others));
            own.iter().all(|clause| theirs.contains(clause))
                && their_never.iter().all(|clause| own_never.contains(clause))
        }
        (Selection::Policy { .. }, Selection::Policy { .. }) => {
            let written = |job: &Subjected<'_>| {
                ["only", "except"].map(|key| job.mapping.get(key).map(|node| without_places(&node.value)))
            };
            written(job) == written(needed)
        }
        _ => false,
    }
}

/// What a rule asks, whatever it says then.
fn clauses(rule: &Rule) -> String {
    let condition = rule
        .condition
        .as_ref()
        .map(|condition| condition.expression.to_string());
    let changes = rule.changes.as_ref().map(|changes| changes.paths.to_string());
    let exists = rule.exists.as_ref().map(|exists| exists.paths.to_string());
    format!("{condition:?} {changes:?} {exists:?}")
}

fn without_places(value: &gantry_yaml::Value) -> String {
    crate::inputs::json(value).to_string()
}
