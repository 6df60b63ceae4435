//! `parallel`: jobs become instances, and what names them is rewritten.
//! <https://docs.gitlab.com/ci/jobs/job_control/#parallelize-large-jobs>

mod matrix;

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use crate::configuration::{Configuration, Job, MAX_NAME};
use crate::diagnostic::Diagnostic;
use crate::keywords::needs::Need;
use crate::keywords::parallel::Parallel;
use crate::plan::{ParallelNode, VariableOrigin, YamlVariable};
use crate::reader::{Spanned, Text};
use crate::variables::overlay;

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
        report(&job, &made, diagnostics);
        let names: IndexSet<String> = made.iter().map(|job| job.name.value.clone()).collect();
        instances.insert(job.base_name.clone(), names.into_iter().collect());
        jobs.extend(made.into_iter().map(|job| (job.name.value.clone(), job)));
    }
    for job in jobs.values_mut() {
        if let Some(needs) = job.needs.take() {
            let needs = matrix::resolve(needs, job, diagnostics).into_iter();
            job.needs = Some(needs.flat_map(|need| expand_need(need, &instances)).collect());
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

/// What GitLab does to instances without a word.
fn report(job: &Job, made: &[Job], diagnostics: &mut Vec<Diagnostic>) {
    let name = &job.base_name;
    if made.is_empty() {
        let message = format!("the matrix of `{name}` is empty: there is no such job");
        diagnostics.push(
            Diagnostic::warning("empty-matrix", job.name.span, message)
                .help("GitLab drops the job and says nothing"),
        );
    }
    let mut seen = HashSet::new();
    if let Some(twice) = made.iter().find(|job| !seen.insert(&job.name.value)) {
        let message = format!(
            "the matrix of `{name}` makes `{}` twice: only the last one is left",
            twice.name.value
        );
        diagnostics.push(
            Diagnostic::warning("same-instance", job.name.span, message)
                .help("names are made of values alone; give the combinations different values"),
        );
    }
    if let Some(long) = made.iter().find(|job| job.name.value.chars().count() > MAX_NAME) {
        let message = format!(
            "`{}` is longer than the {MAX_NAME} characters of a name",
            long.name.value
        );
        diagnostics.push(
            Diagnostic::error("job-name", job.name.span, message).gitlab(format!(
                "jobs:{name} name is too long (maximum is {MAX_NAME} characters)"
            )),
        );
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
                    instance.name.value = format!("{} {}/{total}", job.base_name, index + 1);
                }
                Parallel::Matrix(rows) => {
                    instance.name.value = format!("{}: {}", job.base_name, rows[index].suffix());
                    let row = &rows[index];
                    let matrix = row.variables.iter().map(|(key, value)| {
                        YamlVariable::new(key.as_str(), value.as_str(), VariableOrigin::Matrix).at(row.span)
                    });
                    overlay(&mut instance.variables, matrix);
                }
            }
            instance
        })
        .collect()
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
        Some(chosen) => {
            let suffixes: IndexSet<&String> = chosen.value.iter().collect();
            let names = suffixes
                .iter()
                .map(|suffix| format!("{}: {suffix}", need.job.value));
            names.map(named).collect()
        }
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
