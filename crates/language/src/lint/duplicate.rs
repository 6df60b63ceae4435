//! A push to a branch with an open merge request that makes two pipelines.
//! <https://docs.gitlab.com/ci/jobs/job_rules/#avoid-duplicate-pipelines>

use super::Report;
use super::subject::Subject;
use crate::configuration::Selection;
use crate::keywords::rules::{Rule, RuleWhen};

const HELP: &str = "choose in `workflow:rules`: `{if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS, when: never}` before \
                    the rule for branches";

pub(super) fn look(subject: &Subject<'_>, report: &mut Report<'_>) {
    match &subject.configuration.workflow.rules {
        Some(rules) => of_workflow(rules, report),
        None => of_jobs(subject, report),
    }
}

/// As GitLab warns: the last rule has no condition, so the job is in pipelines of both kinds.
fn of_jobs(subject: &Subject<'_>, report: &mut Report<'_>) {
    for job in &subject.jobs {
        let Selection::Rules(rules) = &job.job.selection else {
            continue;
        };
        let Some(last) = rules.last().filter(|rule| is_open(rule) && rule.when.is_some()) else {
            continue;
        };
        let message = format!(
            "job `{}` makes two pipelines of a push to a branch with a merge request",
            job.name()
        );
        report.warn(last.span, message, HELP);
    }
}

/// A rule for merge requests and one for branches, and nothing that chooses between them.
fn of_workflow(rules: &[Rule], report: &mut Report<'_>) {
    let text = |rule: &Rule| {
        rule.condition
            .as_ref()
            .map(|condition| condition.text.value.clone())
            .unwrap_or_default()
    };
    let lets = |rule: &&Rule| rule.when != Some(RuleWhen::Never);
    if rules
        .iter()
        .any(|rule| text(rule).contains("CI_OPEN_MERGE_REQUESTS"))
    {
        return;
    }
    let for_requests = rules.iter().filter(lets).any(|rule| {
        let text = text(rule);
        text.contains("merge_request_event") || text.contains("$CI_MERGE_REQUEST_")
    });
    let for_branches = rules.iter().filter(lets).find(|rule| {
        let text = text(rule);
        is_open(rule) || text.trim() == "$CI_COMMIT_BRANCH" || text.contains("\"push\"")
    });
    if let (true, Some(rule)) = (for_requests, for_branches) {
        let message = "a push to a branch with a merge request makes two pipelines";
        report.warn(rule.span, message, HELP);
    }
}

fn is_open(rule: &Rule) -> bool {
    rule.condition.is_none()
        && rule.changes.is_none()
        && rule.exists.is_none()
        && rule.when != Some(RuleWhen::Never)
}
