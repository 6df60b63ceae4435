//! The configuration as one file that needs no other: what remains to be written once `include`, inputs, `extends`,
//! `!reference` and `default` have had their say.
//!
//! It compiles to the same plan as the original, for each event. Templates and defaults are in the jobs that took
//! them, and gone themselves; lists that GitLab flattens are flat; keys without a value, which say nothing, are left
//! out. `parallel` and `rules` are as they were written: those are for the event to decide.

mod origins;
mod parts;
mod references;

use std::collections::HashSet;

use gantry_yaml::{Entry, Mapping, Node, Value};
use indexmap::IndexSet;

use crate::compile::Checked;
use crate::inputs::json;
use crate::keywords::default::{Defaults, LEGACY_KEYS};
use crate::plan::Place;
use crate::source::SourceMap;

pub use origins::Origin;

use origins::DEEPEST;
use parts::{job, of_head};

/// What stands before the jobs, in this order.
const HEAD: &[&str] = &["stages", "workflow", "variables"];

/// A valid configuration without anything that leads elsewhere.
#[derive(Debug)]
pub struct Standalone<'a> {
    head: Mapping,
    jobs: Mapping,
    sources: &'a SourceMap,
    checked: &'a Checked,
}

impl Checked {
    /// Returns the configuration as one file, if it is valid.
    pub fn standalone(&self) -> Option<Standalone<'_>> {
        let (_, root) = self.read()?;
        // All mistakes were told when the configuration was read.
        let defaults = Defaults::read(root, &mut Vec::new());
        let mut head = Mapping::new();
        for key in HEAD {
            if let Some(Entry { key, value }) = root.entry(key).filter(|entry| !entry.value.is_null()) {
                head.insert(key.clone(), of_head(key, value));
            }
        }
        let mut jobs = Mapping::new();
        for Entry { key, value } in root.iter() {
            if let (Some(name), Some(mapping)) = (key.as_str(), value.as_mapping())
                && is_job(name)
            {
                let whole = Value::Mapping(job(mapping, &defaults).into());
                let span = value.span;
                jobs.insert(key.clone(), Node { span, value: whole });
            }
        }
        Some(Standalone {
            head,
            jobs,
            sources: &self.sources,
            checked: self,
        })
    }
}

impl Standalone<'_> {
    /// Returns the names of its jobs, in the order of the file and before `parallel`.
    pub fn jobs(&self) -> impl Iterator<Item = &str> {
        self.jobs.iter().filter_map(|entry| entry.key.as_str())
    }

    /// Returns the job that is meant by its name or by that of an instance.
    pub fn job(&self, name: &str) -> Option<&str> {
        if let Some(entry) = self.jobs.entry(name) {
            return entry.key.as_str();
        }
        let (configuration, _) = self.checked.read()?;
        let instance = configuration.jobs.iter().find(|job| job.name.value == name)?;
        self.jobs.entry(&instance.base_name)?.key.as_str()
    }

    /// Tells whether the original has a template of that name.
    pub fn has_template(&self, name: &str) -> bool {
        let root = self.checked.read().map(|(_, root)| root);
        name.starts_with('.') && root.is_some_and(|root| root.get(name).is_some())
    }

    /// Returns the jobs without which a job does not compile: those that its `needs` and other keywords name.
    pub fn referred_to(&self, job: &str) -> IndexSet<&str> {
        let mapping = self.jobs.get(job).and_then(Node::as_mapping);
        let names = mapping.map(references::of_job).unwrap_or_default();
        // A name in which an expression of a matrix stands is one only in the instances.
        let jobs = self
            .checked
            .read()
            .map(|(configuration, _)| configuration.jobs.iter());
        let instances = jobs
            .into_iter()
            .flatten()
            .filter(|instance| instance.base_name == job);
        let needs = instances.flat_map(|instance| instance.needs.iter().flatten());
        let names = names.into_iter().chain(needs.map(|need| need.job.value.as_str()));
        names.filter_map(|name| self.job(name)).collect()
    }

    /// Returns it with these jobs alone.
    #[must_use]
    pub fn only(&self, names: &HashSet<String>) -> Self {
        let mut jobs = Mapping::new();
        for Entry { key, value } in self.jobs.iter() {
            if key.as_str().is_some_and(|name| names.contains(name)) {
                jobs.insert(key.clone(), value.clone());
            }
        }
        Standalone {
            head: self.head.clone(),
            jobs,
            ..*self
        }
    }

    fn root(&self) -> Mapping {
        let mut root = self.head.clone();
        for Entry { key, value } in self.jobs.iter() {
            root.insert(key.clone(), value.clone());
        }
        root
    }

    /// Returns the text, with where each part comes from behind its line if `origins` are wanted.
    pub fn yaml(&self, origins: bool) -> String {
        gantry_yaml::write(&self.root(), &|depth, node| {
            let is_told = origins && depth <= DEEPEST;
            is_told.then(|| {
                let Place { file, line, .. } = self.sources.place(node.span);
                format!("from {file}:{line}")
            })
        })
    }

    /// Returns the same as JSON, in which the order of keys is lost.
    pub fn json(&self) -> serde_json::Value {
        json(&Value::Mapping(self.root().into()))
    }

    /// Returns where each part comes from.
    pub fn origins(&self) -> Vec<Origin> {
        origins::of(&self.root(), self.sources)
    }
}

/// Whatever stands at the top and is none of the keywords.
fn is_job(name: &str) -> bool {
    let is_keyword =
        HEAD.contains(&name) || LEGACY_KEYS.contains(&name) || ["default", "include"].contains(&name);
    !is_keyword && !name.starts_with('.')
}
