//! The children that are known before anything runs, and theirs: each is read once, for all who ask.

use std::collections::HashMap;

use gantry_engine::DEEPEST;
use gantry_language::plan::{Plan, PlanHash};
use gantry_language::variables::Layers;

use super::child::{Unread, foreseen_child};
use crate::question::Question;

/// The children of one pipeline, by the jobs that start them.
pub(crate) struct Family(HashMap<String, Result<Child, Unread>>);

/// A child that can be made.
pub(super) struct Child {
    pub(super) plan: Plan,
    pub(super) layers: Layers,
    pub(super) family: Family,
}

impl Family {
    /// Reads the children of a question's pipeline.
    pub(crate) fn foresee(question: &Question, plan: &Plan) -> Family {
        Family::below(question, &question.layers, plan, 0)
    }

    fn below(question: &Question, layers: &Layers, plan: &Plan, depth: usize) -> Family {
        let mut children = HashMap::new();
        for job in plan.jobs.iter().filter(|_| depth <= DEEPEST) {
            let Some(read) = foreseen_child(question, layers, job) else {
                continue;
            };
            let child = read.map(|(plan, layers)| Child {
                family: Family::below(question, &layers, &plan, depth + 1),
                plan,
                layers,
            });
            children.insert(job.name.clone(), child);
        }
        Family(children)
    }

    /// Returns the child that a job starts; `None` where it starts none, or one that is not known yet.
    pub(super) fn child(&self, job: &str) -> Option<&Result<Child, Unread>> {
        self.0.get(job)
    }

    /// Returns the plans of the children, by the jobs that start them.
    pub(crate) fn hashes(&self) -> HashMap<String, PlanHash> {
        let children = self.0.iter();
        children
            .filter_map(|(job, child)| Some((job.clone(), child.as_ref().ok()?.plan.hash.clone())))
            .collect()
    }

    /// Returns the names that jobs of a pipeline will have, those of its children included.
    pub(crate) fn names(&self, plan: &Plan) -> Vec<String> {
        self.names_below(plan, 0)
    }

    fn names_below(&self, plan: &Plan, depth: usize) -> Vec<String> {
        let mut names = Vec::new();
        for job in &plan.jobs {
            names.push(job.name.clone());
            if depth < DEEPEST
                && let Some(Ok(child)) = self.child(&job.name)
            {
                let below = child.family.names_below(&child.plan, depth + 1);
                names.extend(below.iter().map(|below| format!("{}/{below}", job.name)));
            }
        }
        names
    }
}
