//! One job as written, with its defaults.

use super::fields::Fields;
use super::selection::Selection;
use super::workflow::Workflow;
use crate::keywords::environment::{self, Environment};
use crate::keywords::inherit::Inherited;
use crate::keywords::needs::{self, Need};
use crate::keywords::parallel::{self, Parallel};
use crate::keywords::{
    allow_failure, dependencies, foreign_needs, resource_group, retry, tags, variables, when,
};
use crate::plan::{AllowFailure, ForeignNeed, ParallelNode, Retry, VariableOrigin, When, Work, YamlVariable};
use crate::reader::{MONTH_SECS, Reader, Spanned, Text};

const DEFAULT_STAGE: &str = "test";

/// One job as written, with its defaults. After [`crate::expansion`], one instance of it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) name: Text,
    /// The name in the file.
    pub(crate) base_name: String,
    pub(crate) node: Option<ParallelNode>,
    pub(crate) stage: Text,
    pub(crate) when: Option<When>,
    pub(crate) start_in: Option<u64>,
    pub(crate) allow_failure: Option<AllowFailure>,
    pub(crate) selection: Selection,
    pub(crate) needs: Option<Vec<Need>>,
    pub(crate) foreign_needs: Vec<ForeignNeed>,
    pub(crate) dependencies: Option<Vec<Text>>,
    pub(crate) parallel: Option<Parallel>,
    pub(crate) inherit_variables: Inherited,
    pub(crate) variables: Vec<YamlVariable>,
    pub(crate) tags: Vec<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) retry: Option<Retry>,
    pub(crate) interruptible: Option<bool>,
    pub(crate) environment: Option<Environment>,
    pub(crate) resource_group: Option<Text>,
    pub(crate) work: Work,
}

impl Fields<'_> {
    /// Reads all keywords; `None` where the job has no work or no stage to speak of.
    pub(super) fn job(&self, reader: &mut Reader<'_>, name: Text, workflow: &Workflow) -> Option<Job> {
        let stage = match self.own("stage") {
            Some(node) => reader.string("stage", node),
            None => Some(Spanned::new(DEFAULT_STAGE.to_owned(), name.span)),
        };
        let work = self.work(reader, &name.value);
        let when = self.read("when", |node| when::parse(reader, node, self.is_trigger));
        Some(Job {
            base_name: name.value.clone(),
            node: None,
            when,
            start_in: self.start_in(reader, when),
            allow_failure: self.read("allow_failure", |node| {
                allow_failure::parse(reader, node, self.is_trigger)
            }),
            selection: self.selection(reader, workflow),
            needs: self.read("needs", |node| needs::parse(reader, node)),
            foreign_needs: self.foreign_needs(reader),
            dependencies: self.read("dependencies", |node| Some(dependencies::parse(reader, node))),
            parallel: self.parallel(reader),
            variables: self
                .read("variables", |node| {
                    Some(variables::parse(reader, node, VariableOrigin::Job))
                })
                .unwrap_or_default(),
            tags: self
                .inherited("tags")
                .map(|node| tags::parse(reader, node))
                .unwrap_or_default(),
            timeout: self
                .read("timeout", |node| {
                    reader.duration("timeout", node, Some(MONTH_SECS))
                })
                .map(|secs| secs.value),
            retry: self
                .inherited("retry")
                .and_then(|node| retry::parse(reader, node)),
            interruptible: self
                .inherited("interruptible")
                .and_then(|node| reader.boolean("interruptible", node)),
            environment: self.read("environment", |node| environment::parse(reader, node)),
            resource_group: self.read("resource_group", |node| resource_group::parse(reader, node)),
            inherit_variables: self.inherit.variables.clone(),
            stage: stage?,
            work: work?,
            name,
        })
    }

    fn foreign_needs(&self, reader: &mut Reader<'_>) -> Vec<ForeignNeed> {
        let Some(node) = self.own("needs") else {
            return Vec::new();
        };
        let needs = foreign_needs::parse(reader, node);
        if self.is_trigger && !needs.is_empty() {
            reader.error(
                "bad-value",
                node.span,
                "a trigger job has no artifacts, and needs jobs of this pipeline only",
                "needs config uses invalid types: cross_dependency",
            );
        }
        needs
    }

    fn parallel(&self, reader: &mut Reader<'_>) -> Option<Parallel> {
        let node = self.own("parallel")?;
        let parallel = parallel::parse(reader, node);
        if self.is_trigger && matches!(parallel, Some(Parallel::Count(_))) {
            reader.error(
                "bad-combination",
                node.span,
                "a trigger job takes `parallel:matrix` only",
                "parallel cannot use \"parallel: <number>\".",
            );
        }
        parallel
    }
}
