//! The checks across the jobs of one pipeline, now that it is known which jobs there are: needs that are there, in no
//! circle and not too many, and variables that lead to values.

use std::collections::{HashMap, HashSet};

use gantry_yaml::Span;

use super::planner::{Candidate, Planner};
use crate::configuration::Job;
use crate::diagnostic::Diagnostic;
use crate::graph;
use crate::plan::{LeftOut, PlannedJob, PlannedNeed};

/// How many jobs one job can need.
const MAX_NEEDS: usize = 50;

impl<'a> Planner<'a> {
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
    pub(super) fn connect(
        &self,
        candidates: &mut [Candidate<'a>],
        left_out: &[LeftOut],
        errors: &mut Vec<Diagnostic>,
    ) {
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
pub(super) fn circle_of_rules(candidates: &[Candidate<'_>]) -> Option<Diagnostic> {
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
