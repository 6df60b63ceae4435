//! The typed configuration: what the file says, before any event is known.
//!
//! Reading goes over all top-level keys once: stages, root variables, `workflow` and `default` are taken first, then
//! every job, with the defaults it inherits already in place.

mod defaults;
mod fields;
mod job;
mod job_entry;
mod name;
mod no_work;
mod selection;
mod stages;
mod work;
mod workflow;

use std::collections::HashSet;

use self::defaults::check_defaults;
pub(crate) use self::job::Job;
use self::job_entry::JobReader;
pub(crate) use self::name::RESERVED;
use self::name::visible_job;
pub(crate) use self::selection::Selection;
use self::stages::stages;
pub(crate) use self::workflow::Workflow;
use self::workflow::workflow;
use crate::compile::hides_jobs;
use crate::diagnostic::Diagnostic;
use crate::keywords::default::Defaults;
use crate::keywords::variables;
use crate::plan::{VariableOrigin, YamlVariable};
use crate::reader::Reader;
use crate::reference::Resolved;

pub(crate) const MAX_NAME: usize = 255;

/// What a file says.
#[derive(Debug)]
pub(crate) struct Configuration {
    /// In order, `.pre` and `.post` at the ends.
    pub(crate) stages: Vec<String>,
    /// False where `stages` could not be read: no stage is undefined then.
    pub(crate) knows_stages: bool,
    pub(crate) variables: Vec<YamlVariable>,
    pub(crate) workflow: Workflow,
    /// In the order of the file.
    pub(crate) jobs: Vec<Job>,
    /// Jobs that are in the file and could not be read: naming one of them is no mistake.
    pub(crate) unreadable: HashSet<String>,
}

/// Reads the typed configuration and reports everything that is wrong with it.
pub(crate) fn read(resolved: &Resolved, diagnostics: &mut Vec<Diagnostic>) -> Configuration {
    let root = &resolved.root;
    let before = diagnostics.len();
    let stages = stages(root, diagnostics);
    let knows_stages = diagnostics.len() == before;
    let workflow = workflow(root, diagnostics);
    let defaults = Defaults::read(root, diagnostics);
    let variables = match root.get("variables").filter(|node| !node.is_null()) {
        Some(node) => variables::parse(&mut Reader::new(diagnostics, ""), node, VariableOrigin::Global),
        None => Vec::new(),
    };
    check_defaults(&defaults, diagnostics);
    let mut jobs = Vec::new();
    let mut unreadable = HashSet::new();
    for entry in root.iter() {
        let Some(name) = visible_job(entry, resolved, diagnostics) else {
            continue;
        };
        let written = name.value.clone();
        let reader = JobReader {
            is_complete: !resolved.incomplete.contains(&written),
            name,
            defaults: &defaults,
            workflow: &workflow,
            diagnostics,
        };
        match reader.read(&entry.value) {
            Some(job) => jobs.push(job),
            None => drop(unreadable.insert(written)),
        }
    }
    if jobs.is_empty() && unreadable.is_empty() && !diagnostics.iter().any(hides_jobs) {
        let span = root.iter().next().map(|entry| entry.key.span);
        diagnostics.push(
            Diagnostic::error("no-jobs", span, "the configuration has no job")
                .help("a job is a mapping with a `script`; names that begin with `.` are templates")
                .gitlab("jobs config should contain at least one visible job"),
        );
    }
    Configuration {
        stages,
        knows_stages,
        variables,
        workflow,
        jobs,
        unreadable,
    }
}
