//! Jobs that nobody thought of when the schedule came.

use super::Report;
use super::subject::{Subject, Subjected};
use crate::configuration::Selection;
use crate::keywords::only::Policy;
use crate::plan::{When, Work};

/// Words under `only` that mean no schedule.
const OTHER_SOURCES: &[&str] = &[
    "tags",
    "pushes",
    "push",
    "merge_requests",
    "merge_request",
    "web",
    "api",
    "triggers",
    "trigger",
    "pipelines",
    "pipeline",
    "chat",
    "external",
    "external_pull_requests",
    "parent_pipelines",
];

/// Variables of which a condition says what a schedule does not have, or asks for one.
const GUARDS: &[&str] = &[
    "CI_PIPELINE_SOURCE",
    "CI_PIPELINE_SCHEDULE",
    "CI_COMMIT_TAG",
    "CI_MERGE_REQUEST",
];

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    let workflow = subject.configuration.workflow.rules.iter().flatten();
    let mut workflow = workflow.filter_map(|rule| rule.condition.as_ref());
    if workflow.any(|condition| condition.text.value.contains("CI_PIPELINE_SOURCE")) {
        return;
    }
    if !subject.jobs.iter().any(speaks_of_schedules) {
        return;
    }
    for job in subject
        .jobs
        .iter()
        .filter(|job| runs_by_itself(job) && !is_guarded(job))
    {
        let message = format!(
            "job `{}` runs in schedules too, and other jobs of this file are kept from them or made for them",
            job.name()
        );
        let help = "add `rules: [{if: $CI_PIPELINE_SOURCE == \"schedule\", when: never}, …]` or `except: [schedules]`";
        report.warn(job.job.name.span, message, help);
    }
}

fn refs(policy: &Option<Policy>) -> impl Iterator<Item = &str> {
    let refs = policy.iter().flat_map(|policy| policy.refs.iter().flatten());
    refs.map(|pattern| pattern.pattern.as_str())
}

fn speaks_of_schedules(job: &Subjected<'_>) -> bool {
    if let Selection::Policy { only, except, .. } = &job.job.selection
        && refs(only)
            .chain(refs(except))
            .any(|word| matches!(word, "schedules" | "schedule"))
    {
        return true;
    }
    job.conditions()
        .iter()
        .any(|text| text.contains("schedule") || text.contains("CI_PIPELINE_SCHEDULE"))
}

fn runs_by_itself(job: &Subjected<'_>) -> bool {
    job.job.when != Some(When::Manual) && matches!(job.job.work, Work::Build(_))
}

fn is_guarded(job: &Subjected<'_>) -> bool {
    let guards = |text: &str| GUARDS.iter().any(|name| text.contains(name));
    match &job.job.selection {
        Selection::Always => false,
        // One rule that speaks of the source is a thought; that it is right is for its tests.
        Selection::Rules(_) => job.conditions().iter().any(|text| guards(text)),
        Selection::Policy { only, .. } => {
            let only_others =
                refs(only).next().is_some() && refs(only).all(|word| OTHER_SOURCES.contains(&word));
            only_others || speaks_of_schedules(job) || job.conditions().iter().any(|text| guards(text))
        }
    }
}
