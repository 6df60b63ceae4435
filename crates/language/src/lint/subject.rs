//! A configuration as advice looks at it: jobs with their meaning and with the places of what they say.

use gantry_yaml::{Mapping, Node, Span, Value};

use crate::compile::Checked;
use crate::configuration::{Configuration, Job, Selection};
use crate::plan::{Build, Work};

pub(super) struct Subject<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) root: &'a Mapping,
    /// Each job of the file once, however many instances it has.
    pub(super) jobs: Vec<Subjected<'a>>,
}

/// One job.
pub(super) struct Subjected<'a> {
    pub(super) job: &'a Job,
    pub(super) mapping: &'a Mapping,
}

/// One command of a script, where it stands.
#[derive(Clone, Copy)]
pub(super) struct Command<'a> {
    pub(super) text: &'a str,
    pub(super) span: Span,
}

impl<'a> Subject<'a> {
    pub(super) fn of(checked: &'a Checked) -> Option<Subject<'a>> {
        let (configuration, root) = checked.read()?;
        let mut jobs: Vec<Subjected<'a>> = Vec::new();
        for job in &configuration.jobs {
            let is_known = jobs
                .last()
                .is_some_and(|known| known.job.base_name == job.base_name);
            if let (false, Some(mapping)) = (is_known, root.get(&job.base_name).and_then(Node::as_mapping)) {
                jobs.push(Subjected { job, mapping });
            }
        }
        Some(Subject {
            configuration,
            root,
            jobs,
        })
    }

    pub(super) fn job(&self, base_name: &str) -> Option<&Subjected<'a>> {
        self.jobs.iter().find(|job| job.job.base_name == base_name)
    }

    /// Returns the mapping of `default`, and the root, whose older keys mean the same.
    pub(super) fn defaults(&self) -> impl Iterator<Item = &'a Mapping> {
        let root = self.root;
        root.get("default")
            .and_then(Node::as_mapping)
            .into_iter()
            .chain([root])
    }

    /// Returns what every job runs before its script unless it says otherwise.
    pub(super) fn default_before_script(&self) -> Vec<Command<'a>> {
        self.defaults()
            .flat_map(|mapping| commands(mapping, &["before_script"]))
            .collect()
    }

    /// Returns all commands that are written, of jobs and of defaults.
    pub(super) fn commands(&self) -> Vec<Command<'a>> {
        let defaults = self
            .defaults()
            .flat_map(|mapping| commands(mapping, &["before_script", "after_script"]));
        defaults
            .chain(self.jobs.iter().flat_map(Subjected::own_commands))
            .collect()
    }
}

impl<'a> Subjected<'a> {
    pub(super) fn name(&self) -> &'a str {
        &self.job.base_name
    }

    pub(super) fn build(&self) -> Option<&'a Build> {
        match &self.job.work {
            Work::Build(build) => Some(build),
            Work::Trigger(_) => None,
        }
    }

    /// Returns the place of a key, where the job has it.
    pub(super) fn key(&self, name: &str) -> Option<Span> {
        let entry = self.mapping.entry(name).filter(|entry| !entry.value.is_null())?;
        Some(entry.key.span)
    }

    /// Returns the commands that the job itself says.
    pub(super) fn own_commands(&self) -> Vec<Command<'a>> {
        commands(self.mapping, &["before_script", "script", "after_script"])
    }

    /// Returns all conditions that decide on the job, and whether each lets it in.
    pub(super) fn conditions(&self) -> Vec<&'a str> {
        match &self.job.selection {
            Selection::Always => Vec::new(),
            Selection::Rules(rules) => {
                let conditions = rules.iter().filter_map(|rule| rule.condition.as_ref());
                conditions
                    .map(|condition| condition.text.value.as_str())
                    .collect()
            }
            Selection::Policy { only, except, .. } => {
                let policies = only.iter().chain(except);
                let conditions = policies.flat_map(|policy| policy.variables.iter().flatten());
                conditions
                    .map(|condition| condition.text.value.as_str())
                    .collect()
            }
        }
    }
}

fn commands<'a>(mapping: &'a Mapping, keys: &[&str]) -> Vec<Command<'a>> {
    let mut found = Vec::new();
    for key in keys {
        if let Some(node) = mapping.get(key) {
            collect(node, &mut found);
        }
    }
    found
}

fn collect<'a>(node: &'a Node, found: &mut Vec<Command<'a>>) {
    match &node.value {
        Value::String(text) => found.push(Command {
            text,
            span: node.span,
        }),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// A regular expression that is written in this program.
pub(super) fn pattern(text: &str) -> regex::Regex {
    regex::Regex::new(text).unwrap_or_else(|error| panic!("BUG: a fixed pattern is invalid: {error}"))
}
