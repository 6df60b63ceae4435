//! What only shows when all jobs are known: stages, needs, dependencies, stop jobs.
//!
//! These checks look at the file alone; whether a needed job is in a certain pipeline is asked when one is planned.

use std::cell::Cell;
use std::collections::HashMap;

use crate::configuration::{Job, MAX_NAME};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::expansion::Expanded;
use crate::graph;
use crate::keywords::needs;
use crate::keywords::needs::Need;
use crate::plan::{ChildInclude, Downstream, EnvironmentAction, Trigger, Work};

const MAX_HINTS: usize = 100;

/// Reports what is wrong across jobs. Where the configuration is not `complete`, a name that is not found is no mistake.
pub(crate) fn check(expanded: &Expanded, complete: bool, diagnostics: &mut Vec<Diagnostic>) {
    let configuration = &expanded.configuration;
    let stages: HashMap<&str, usize> = configuration
        .stages
        .iter()
        .enumerate()
        .map(|(index, stage)| (stage.as_str(), index))
        .collect();
    let jobs: HashMap<&str, &Job> = configuration
        .jobs
        .iter()
        .map(|job| (job.name.value.as_str(), job))
        .collect();
    let all = All {
        expanded,
        complete,
        stages,
        jobs,
        hints_left: Cell::new(MAX_HINTS),
    };
    for job in &configuration.jobs {
        all.check_stage(job, diagnostics);
        all.check_needs(job, diagnostics);
        all.check_dependencies(job, diagnostics);
        all.check_on_stop(job, diagnostics);
        all.check_generators(job, diagnostics);
    }
    all.check_cycles(diagnostics);
}

struct All<'a> {
    expanded: &'a Expanded,
    complete: bool,
    stages: HashMap<&'a str, usize>,
    jobs: HashMap<&'a str, &'a Job>,
    hints_left: Cell<usize>,
}

impl<'a> All<'a> {
    fn stage_index(&self, job: &Job) -> Option<usize> {
        self.stages.get(job.stage.value.as_str()).copied()
    }

    fn is_later(&self, job: &Job, than: &Job) -> bool {
        matches!((self.stage_index(job), self.stage_index(than)), (Some(job), Some(than)) if job > than)
    }

    /// The job is in the file, or could be, although nobody read it: `a: [x]` and `a 1/2` where `a` was not read.
    fn may_be_missing(&self, name: &str) -> bool {
        let unreadable = &self.expanded.configuration.unreadable;
        !self.complete
            || unreadable.contains(name)
            || name
                .match_indices([':', ' '])
                .any(|(end, _)| unreadable.contains(&name[..end]))
    }

    fn check_stage(&self, job: &Job, diagnostics: &mut Vec<Diagnostic>) {
        if self.stage_index(job).is_some() || !self.expanded.configuration.knows_stages {
            return;
        }
        let (name, stage) = (&job.base_name, &job.stage.value);
        let known = self.expanded.configuration.stages.join(", ");
        let mut diagnostic = Diagnostic::error(
            "undefined-stage",
            job.stage.span,
            format!("job `{name}` is in stage `{stage}`, which is not defined"),
        );
        if job.stage.span == job.name.span {
            diagnostic = diagnostic
                .label("has no `stage`, so it is in `test`")
                .help(format!("give it a `stage`, one of: {known}"));
        }
        let help = did_you_mean(stage, self.stages.keys().copied());
        let fallback = format!("add it to `stages`, or use one of: {known}");
        if diagnostic.help.is_none() {
            diagnostic = diagnostic.help(help.unwrap_or(fallback));
        }
        diagnostics.push(diagnostic.gitlab(format!(
            "{name} job: chosen stage {stage} does not exist; available stages are {known}"
        )));
    }

    fn check_needs(&self, job: &Job, diagnostics: &mut Vec<Diagnostic>) {
        self.check_need_list(job, job.needs.as_deref().unwrap_or_default(), diagnostics);
        if let crate::configuration::Selection::Rules(rules) = &job.selection {
            for needs in rules.iter().filter_map(|rule| rule.needs.as_deref()) {
                self.check_need_list(job, needs, diagnostics);
            }
        }
    }

    fn check_need_list(&self, job: &Job, needs: &[Need], diagnostics: &mut Vec<Diagnostic>) {
        let name = &job.base_name;
        let mut seen = HashMap::new();
        for need in needs {
            let needed = need.job.value.as_str();
            if let Some(first) = seen
                .insert(needed, need.job.span)
                .filter(|first| *first != need.job.span)
            {
                diagnostics.push(
                    Diagnostic::error(
                        "duplicate-need",
                        need.job.span,
                        format!("job `{name}` needs `{needed}` twice"),
                    )
                    .related(first, "first here")
                    .gitlab(format!("{name} has the following needs duplicated: {needed}.")),
                );
            }
            if needed.chars().count() > MAX_NAME {
                diagnostics.push(too_long(name, need));
                continue;
            }
            match self.jobs.get(needed) {
                None if need.optional || self.may_be_missing(needed) => {}
                None => diagnostics.push(needs::undefined(name, needed, need.job.span, self.hint(needed))),
                Some(target) if self.is_later(target, job) => {
                    let (own, other) = (&job.stage.value, &target.stage.value);
                    let message = format!(
                        "job `{name}` (stage `{own}`) needs `{needed}`, which is in the later stage `{other}`"
                    );
                    diagnostics.push(
                        Diagnostic::error("later-need", need.job.span, message)
                            .related(
                                target.name.span,
                                format!("`{}` is defined here", target.base_name),
                            )
                            .gitlab(format!(
                                "{name} job: need {needed} is not defined in current or prior stages"
                            )),
                    );
                }
                Some(_) => {}
            }
        }
    }

    /// The job that was meant. Nobody reads hundreds of hints, and each compares all names.
    fn hint(&self, name: &str) -> Option<String> {
        let left = self.hints_left.get().checked_sub(1)?;
        self.hints_left.set(left);
        if let Some(help) = self.hint_at_instances(name) {
            return Some(help);
        }
        let instances = self.expanded.instances.keys().map(String::as_str);
        let unreadable = self.expanded.configuration.unreadable.iter().map(String::as_str);
        did_you_mean(name, self.jobs.keys().copied().chain(instances).chain(unreadable))
    }

    /// For the name of a parallel job, or of an instance that it does not have.
    fn hint_at_instances(&self, name: &str) -> Option<String> {
        const SHOWN: usize = 3;
        let bases = name.match_indices([':', ' ']).map(|(end, _)| &name[..end]);
        let (base, instances) = [name]
            .into_iter()
            .chain(bases)
            .find_map(|base| self.expanded.instances.get_key_value(base))?;
        let shown: Vec<_> = instances
            .iter()
            .take(SHOWN)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = if instances.len() > SHOWN { ", …" } else { "" };
        Some(format!(
            "`{base}` is parallel, its jobs are {}{more}",
            shown.join(", ")
        ))
    }

    fn check_dependencies(&self, job: &Job, diagnostics: &mut Vec<Diagnostic>) {
        let name = &job.base_name;
        for dependency in job.dependencies.as_deref().unwrap_or_default() {
            let wanted = dependency.value.as_str();
            let needed = || {
                job.needs
                    .as_ref()
                    .is_none_or(|needs| needs.iter().any(|need| need.job.value == wanted))
            };
            match self.jobs.get(wanted) {
                None if self.may_be_missing(wanted) => {}
                None => diagnostics.push(
                    Diagnostic::error(
                        "undefined-dependency",
                        dependency.span,
                        format!("job `{name}` wants the artifacts of `{wanted}`, which is not defined"),
                    )
                    .maybe_help(self.hint(wanted))
                    .gitlab(format!("{name} job: undefined dependency: {wanted}")),
                ),
                Some(target) if self.is_later(target, job) => {
                    let message =
                        format!("job `{name}` wants the artifacts of `{wanted}`, which is in a later stage");
                    diagnostics.push(
                        Diagnostic::error("later-dependency", dependency.span, message).gitlab(format!(
                            "{name} job: dependency {wanted} is not defined in current or prior stages"
                        )),
                    );
                }
                Some(_) if !needed() => diagnostics.push(
                    Diagnostic::error(
                        "dependency-not-needed",
                        dependency.span,
                        format!("job `{name}` wants the artifacts of `{wanted}` without needing it"),
                    )
                    .help(format!("add `{wanted}` to `needs`, or remove it here"))
                    .gitlab(format!(
                        "{name} job: dependencies the {wanted} should be part of needs"
                    )),
                ),
                Some(_) => {}
            }
        }
    }

    fn check_on_stop(&self, job: &Job, diagnostics: &mut Vec<Diagnostic>) {
        let Some(environment) = &job.environment else {
            return;
        };
        let Some(on_stop) = &environment.on_stop else {
            return;
        };
        let (name, stop) = (&job.base_name, on_stop.value.as_str());
        let mut report = |message: String, gitlab: &str, help: Option<String>| {
            let gitlab = format!("{name} job: on_stop job {stop} {gitlab}");
            diagnostics.push(
                Diagnostic::error("on-stop", on_stop.span, message)
                    .gitlab(gitlab)
                    .maybe_help(help),
            );
        };
        let Some(target) = self.jobs.get(stop) else {
            if self.may_be_missing(stop) {
                return;
            }
            report(
                format!("`on_stop` names `{stop}`, which is not defined"),
                "is not defined",
                self.hint(stop),
            );
            return;
        };
        match &target.environment {
            None => report(
                format!("the stop job `{stop}` has no environment"),
                "does not have environment defined",
                None,
            ),
            Some(other) if other.name.value != environment.name.value => {
                let help = format!(
                    "write the name the same way in both: `{}`",
                    environment.name.value
                );
                let message = format!(
                    "the stop job `{stop}` is for the environment `{}`",
                    other.name.value
                );
                report(message, "have different environment name", Some(help));
            }
            Some(other) if other.action != EnvironmentAction::Stop => {
                let help = format!("give `{stop}` an `environment` with `action: stop`");
                report(
                    format!("the stop job `{stop}` does not stop"),
                    "needs to have action stop defined",
                    Some(help),
                );
            }
            Some(_) => {}
        }
    }

    /// The jobs that leave the files of child pipelines.
    fn check_generators(&self, job: &Job, diagnostics: &mut Vec<Diagnostic>) {
        let Work::Trigger(Trigger {
            downstream: Downstream::Child { include },
            ..
        }) = &job.work
        else {
            return;
        };
        for entry in include {
            let ChildInclude::Artifact {
                job: generator, path, ..
            } = entry
            else {
                continue;
            };
            if self.jobs.contains_key(generator.as_str()) || self.may_be_missing(generator) {
                continue;
            }
            let name = &job.base_name;
            let message =
                format!("job `{name}` includes `{path}` of job `{generator}`, which is not defined");
            diagnostics.push(
                Diagnostic::error("undefined-generator", job.name.span, message)
                    .maybe_help(self.hint(generator)),
            );
        }
    }

    /// Needs that lead back to where they started. Each circle is reported once, at the need that closes it.
    fn check_cycles(&self, diagnostics: &mut Vec<Diagnostic>) {
        let names = self
            .expanded
            .configuration
            .jobs
            .iter()
            .map(|job| job.name.value.as_str());
        let needs = |name: &&'a str| -> Vec<&'a str> {
            let needs = self.needs_of(name).iter().map(|need| need.job.value.as_str());
            needs.filter(|name| self.jobs.contains_key(name)).collect()
        };
        for circle in graph::circles(names, needs) {
            let ends = circle.first().zip(circle.last());
            let need = ends.and_then(|(first, last)| self.closing_need(last, first));
            diagnostics.extend(need.map(|need| circle_of(&circle, need)));
        }
    }

    fn needs_of(&self, name: &str) -> &'a [Need] {
        self.jobs
            .get(name)
            .and_then(|job| job.needs.as_deref())
            .unwrap_or_default()
    }

    fn closing_need(&self, from: &str, to: &str) -> Option<&'a Need> {
        self.needs_of(from).iter().find(|need| need.job.value == to)
    }
}

fn too_long(job: &str, need: &Need) -> Diagnostic {
    let message =
        format!("job `{job}` needs a name of more than {MAX_NAME} characters, which no job can have");
    let gitlab = format!(
        "{job} job: need `{}` name is too long (maximum is {MAX_NAME} characters)",
        need.job.value
    );
    Diagnostic::error("limit", need.job.span, message).gitlab(gitlab)
}

fn circle_of(names: &[&str], need: &Need) -> Diagnostic {
    let gitlab = match names {
        [only] => format!("The pipeline has circular dependencies: self-dependency: {only}"),
        _ => format!("The pipeline has circular dependencies: topological sort failed: {names:?}"),
    };
    Diagnostic::error("needs-circle", need.job.span, graph::describe(names))
        .help("take one of these needs away")
        .gitlab(gitlab)
}
