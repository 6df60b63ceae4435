//! `parallel`: jobs become instances, and what names them is rewritten.
//! <https://docs.gitlab.com/ci/jobs/job_control/#parallelize-large-jobs>

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::configuration::{Configuration, Job};
use crate::diagnostic::Diagnostic;
use crate::keywords::needs::Need;
use crate::keywords::parallel::Parallel;
use crate::plan::{ParallelNode, VariableOrigin, YamlVariable};
use crate::reader::{Spanned, Text};

/// The configuration whose jobs are those that can be in a pipeline.
#[derive(Debug)]
pub(crate) struct Expanded {
    pub(crate) configuration: Configuration,
    /// The instances of each parallel job, by the name in the file.
    pub(crate) instances: HashMap<String, Vec<String>>,
}

pub(crate) fn expand(mut configuration: Configuration, diagnostics: &mut Vec<Diagnostic>) -> Expanded {
    let mut instances: HashMap<String, Vec<String>> = HashMap::new();
    let mut jobs: IndexMap<String, Job> = IndexMap::with_capacity(configuration.jobs.len());
    for mut job in std::mem::take(&mut configuration.jobs) {
        let Some(parallel) = job.parallel.take() else {
            jobs.insert(job.name.value.clone(), job);
            continue;
        };
        let made = multiply(&job, &parallel);
        if made.is_empty() {
            diagnostics.push(
                Diagnostic::warning(
                    "empty-matrix",
                    job.name.span,
                    format!("the matrix of `{}` is empty: there is no such job", job.base_name),
                )
                .help("GitLab drops the job and says nothing"),
            );
        }
        instances.insert(
            job.base_name.clone(),
            made.iter().map(|job| job.name.value.clone()).collect(),
        );
        jobs.extend(made.into_iter().map(|job| (job.name.value.clone(), job)));
    }
    for job in jobs.values_mut() {
        if let Some(needs) = job.needs.take() {
            job.needs = Some(
                needs
                    .into_iter()
                    .flat_map(|need| expand_need(need, &instances))
                    .collect(),
            );
        }
        if let Some(dependencies) = job.dependencies.take() {
            job.dependencies = Some(
                dependencies
                    .into_iter()
                    .flat_map(|name| expand_name(name, &instances))
                    .collect(),
            );
        }
    }
    configuration.jobs = jobs.into_values().collect();
    Expanded {
        configuration,
        instances,
    }
}

fn multiply(job: &Job, parallel: &Parallel) -> Vec<Job> {
    let total = match parallel {
        Parallel::Count(count) => *count as usize,
        Parallel::Matrix(rows) => rows.len(),
    };
    let number = |n: usize| u32::try_from(n).expect("BUG: a matrix makes at most 200 jobs");
    (0..total)
        .map(|index| {
            let mut instance = job.clone();
            instance.node = Some(ParallelNode {
                index: number(index + 1),
                total: number(total),
            });
            match parallel {
                Parallel::Count(_) => {
                    instance.name.value = format!("{} {}/{total}", job.base_name, index + 1)
                }
                Parallel::Matrix(rows) => {
                    instance.name.value = format!("{}: {}", job.base_name, rows[index].suffix());
                    for (key, value) in &rows[index].variables {
                        set(
                            &mut instance.variables,
                            YamlVariable {
                                key: key.clone(),
                                value: value.clone(),
                                raw: false,
                                origin: VariableOrigin::Matrix,
                            },
                        );
                    }
                }
            }
            instance
        })
        .collect()
}

/// Sets a variable, in the place of one of the same name.
pub(crate) fn set(variables: &mut Vec<YamlVariable>, variable: YamlVariable) {
    match variables.iter_mut().find(|known| known.key == variable.key) {
        Some(known) => *known = variable,
        None => variables.push(variable),
    }
}

fn expand_need(need: Need, instances: &HashMap<String, Vec<String>>) -> Vec<Need> {
    let Some(all) = instances.get(&need.job.value) else {
        return vec![Need {
            instances: None,
            ..need
        }];
    };
    let named = |name: String| Need {
        job: Spanned::new(name, need.job.span),
        instances: None,
        ..need.clone()
    };
    match &need.instances {
        Some(chosen) => chosen
            .value
            .iter()
            .map(|suffix| named(format!("{}: {suffix}", need.job.value)))
            .collect(),
        None => all.iter().cloned().map(named).collect(),
    }
}

fn expand_name(name: Text, instances: &HashMap<String, Vec<String>>) -> Vec<Text> {
    match instances.get(&name.value) {
        Some(all) => all
            .iter()
            .map(|instance| Spanned::new(instance.clone(), name.span))
            .collect(),
        None => vec![name],
    }
}
