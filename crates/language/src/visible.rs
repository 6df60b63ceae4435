//! The variables that a decision sees, unexpanded: those of the pipeline, of the project, of the configuration, and
//! predefined ones, ranked in this order.
//!
//! [`Shared`] holds what is the same for all decisions of one pipeline, [`Visible`] adds what one job brings.

mod indexed;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::LazyLock;

use indexmap::IndexSet;

use self::indexed::Indexed;
use crate::plan::{Operand, OperandValue, YamlVariable};
use crate::variables::{Cycle, Layers, Undefined, Variable, expand_with, find_cycle, referenced};

static NOTHING: LazyLock<HashMap<&'static str, &'static Variable>> = LazyLock::new(HashMap::new);

/// The variables that one decision sees, unexpanded.
pub(crate) struct Visible<'a> {
    predefined: &'a HashMap<&'a str, &'a Variable>,
    /// `CI_JOB_NAME` and its like.
    job_predefined: Vec<Variable>,
    root: Indexed<'a>,
    job: Indexed<'a>,
    project: Rc<HashMap<&'a str, &'a Variable>>,
    pipeline: &'a HashMap<&'a str, &'a Variable>,
    layers: &'a Layers,
}

/// The variables that all decisions of one pipeline share.
pub(crate) struct Shared<'a> {
    predefined: HashMap<&'a str, &'a Variable>,
    /// Those of the project's variables that a job without an environment sees.
    project: Rc<HashMap<&'a str, &'a Variable>>,
    /// Whether a job with an environment may see others.
    has_scopes: bool,
    pipeline: HashMap<&'a str, &'a Variable>,
    layers: &'a Layers,
}

fn by_key(variables: &[Variable]) -> HashMap<&str, &Variable> {
    variables
        .iter()
        .map(|variable| (variable.key.as_str(), variable))
        .collect()
}

fn project_by_key<'a>(layers: &'a Layers, environment: Option<&str>) -> HashMap<&'a str, &'a Variable> {
    let project = layers.project_for(environment);
    project
        .map(|variable| (variable.key.as_str(), variable))
        .collect()
}

impl<'a> Shared<'a> {
    pub(crate) fn new(layers: &'a Layers) -> Shared<'a> {
        Shared {
            predefined: by_key(&layers.predefined),
            project: Rc::new(project_by_key(layers, None)),
            has_scopes: layers.project.iter().any(|variable| variable.scope != "*"),
            pipeline: by_key(&layers.pipeline),
            layers,
        }
    }

    /// Returns what `include` and `workflow` see.
    pub(crate) fn root(&'a self, root: &'a [YamlVariable]) -> Visible<'a> {
        self.job(root, &[], Vec::new(), None)
    }

    /// Returns what the rules of one job see.
    pub(crate) fn job(
        &'a self,
        root: &'a [YamlVariable],
        job: &'a [YamlVariable],
        job_predefined: Vec<Variable>,
        environment: Option<&str>,
    ) -> Visible<'a> {
        let project = match environment {
            Some(name) if self.has_scopes => Rc::new(project_by_key(self.layers, Some(name))),
            _ => Rc::clone(&self.project),
        };
        Visible {
            predefined: &self.predefined,
            job_predefined,
            root: Indexed::new(root),
            job: Indexed::new(job),
            project,
            pipeline: &self.pipeline,
            layers: self.layers,
        }
    }
}

impl<'a> Visible<'a> {
    /// Returns what a file sees that belongs to no project.
    pub(crate) fn nothing(&self) -> Visible<'a> {
        Visible {
            predefined: &NOTHING,
            job_predefined: Vec::new(),
            root: Indexed::new(&[]),
            job: Indexed::new(&[]),
            project: Rc::default(),
            pipeline: &NOTHING,
            layers: self.layers,
        }
    }

    /// Returns the value of a variable as it was set.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        if let Some(found) = self.pipeline.get(name).or_else(|| self.project.get(name)) {
            return Some(&found.value);
        }
        if let Some(found) = self.yaml(name) {
            return Some(&found.value);
        }
        if let Some(found) = self.job_predefined.iter().find(|variable| variable.key == name) {
            return Some(&found.value);
        }
        self.predefined.get(name).map(|variable| variable.value.as_str())
    }

    fn yaml(&self, name: &str) -> Option<&YamlVariable> {
        self.job.get(name).or_else(|| self.root.get(name))
    }

    pub(crate) fn is_masked(&self, name: &str) -> bool {
        let outside = self.pipeline.get(name).or_else(|| self.project.get(name));
        match outside {
            Some(variable) => variable.masked,
            None => {
                self.yaml(name).is_none() && self.predefined.get(name).is_some_and(|variable| variable.masked)
            }
        }
    }

    /// Returns the variables that texts lead to, also through one another. Those of one name are ranked low to high;
    /// a job sees hundreds, and hardly any text refers to more than a few.
    pub(crate) fn reachable<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Vec<Variable> {
        let mut names: IndexSet<String> = texts
            .into_iter()
            .flat_map(referenced)
            .map(str::to_owned)
            .collect();
        let mut found = Vec::new();
        let mut next = 0;
        while let Some(name) = names.get_index(next).cloned() {
            let first = found.len();
            self.collect(&name, &mut found);
            for variable in found[first..].iter().filter(|variable| !variable.raw) {
                names.extend(referenced(&variable.value).map(str::to_owned));
            }
            next += 1;
        }
        found
    }

    /// Adds the variables of one name, ranked low to high.
    fn collect(&self, name: &str, found: &mut Vec<Variable>) {
        let yaml = |variables: &Indexed<'_>| {
            let variable = variables.get(name)?;
            Some(Variable {
                raw: variable.raw,
                ..Variable::new(variable.key.as_str(), variable.value.as_str())
            })
        };
        let of_job = self.job_predefined.iter().find(|variable| variable.key == name);
        let outside =
            |layer: &HashMap<&str, &Variable>| layer.get(name).map(|variable| Variable::clone(variable));
        found.extend(outside(self.predefined));
        found.extend(of_job.cloned());
        found.extend(yaml(&self.root));
        found.extend(yaml(&self.job));
        found.extend(outside(&self.project));
        found.extend(outside(self.pipeline));
    }

    /// Returns a circle among the variables that a job will have, where there is one.
    pub(crate) fn circle(&self) -> Option<Cycle> {
        let yaml = self
            .root
            .list
            .iter()
            .chain(self.job.list)
            .map(|variable| variable.value.as_str());
        let outside = self.layers.project.iter().chain(&self.layers.pipeline);
        let outside = outside
            .filter(|variable| !variable.raw)
            .map(|variable| variable.value.as_str());
        find_cycle(&self.reachable(yaml.chain(outside)))
    }

    /// Expands one string.
    pub(crate) fn expand(&self, text: &str, undefined: Undefined) -> String {
        expand_with(text, &self.reachable([text]), undefined)
    }

    /// Expands a string that will be seen: what is masked stays hidden.
    pub(crate) fn shown(&self, text: &str, undefined: Undefined) -> String {
        let mut reachable = self.reachable([text]);
        for variable in reachable.iter_mut().filter(|variable| variable.masked) {
            variable.value = "[MASKED]".to_owned();
            variable.raw = true;
        }
        expand_with(text, &reachable, undefined)
    }

    /// Takes masked values out of a text that was made of others.
    pub(crate) fn without_masked(&self, text: String) -> String {
        let layers = [
            &self.layers.predefined,
            &self.layers.project,
            &self.layers.pipeline,
        ];
        let masked = layers.into_iter().flatten();
        masked
            .filter(|variable| variable.masked && !variable.value.is_empty())
            .fold(text, |text, variable| text.replace(&variable.value, "[MASKED]"))
    }

    pub(crate) fn operand(&self, name: &str, value: Option<&str>) -> Operand {
        let key = name.trim_start_matches('$');
        let value = match value {
            None => OperandValue::Unset,
            Some(_) if self.is_masked(key) => OperandValue::Masked,
            Some(value) => OperandValue::Text(self.without_masked(value.to_owned())),
        };
        Operand {
            name: name.to_owned(),
            value,
        }
    }
}
