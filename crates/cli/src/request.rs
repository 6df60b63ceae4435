//! What a run begins with: the pipeline, and the files that its jobs get.

use std::collections::HashMap;

use gantry_engine::{Checkout, Facts, Options, Project, RunRequest, Submodule};
use gantry_git::Snapshot;
use gantry_language::plan::{Plan, PlanHash};
use gantry_store::Timestamp;

use crate::question::Question;

/// A pipeline, and the children that are known before it runs, by the jobs that start them.
pub(crate) struct Pipeline {
    pub(crate) plan: Plan,
    pub(crate) children: HashMap<String, PlanHash>,
}

/// Returns the request for a run that continues no other.
pub(crate) fn request(
    question: &Question,
    snapshot: &Snapshot,
    pipeline: Pipeline,
    options: Options,
) -> RunRequest {
    let Pipeline { plan, children } = pipeline;
    RunRequest {
        facts: facts(question, snapshot),
        layers: question.layers.clone(),
        children,
        plan,
        options,
        resumption: None,
    }
}

fn facts(question: &Question, snapshot: &Snapshot) -> Facts {
    let facts = facts_without_files(question);
    let commit = question.facts.commit.as_ref();
    Facts {
        sha: commit.map_or_else(|| snapshot.commit.clone(), |commit| commit.sha.clone()),
        dirty: snapshot.dirty,
        checkout: Checkout {
            repository: snapshot.repository.clone(),
            commit: snapshot.commit.clone(),
            overlay_tree: snapshot.overlay_tree.clone(),
            project: Some(question.root.clone()),
            submodules: snapshot.submodules.iter().map(submodule).collect(),
        },
        ..facts
    }
}

/// Returns what is known of a run before its files are taken down.
pub(crate) fn facts_without_files(question: &Question) -> Facts {
    let path = question.facts.project.path.clone();
    let commit = question.facts.commit.as_ref();
    Facts {
        project: Project {
            id: 1,
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            path,
        },
        git_ref: question.event.git_ref.clone(),
        sha: commit.map(|commit| commit.sha.clone()).unwrap_or_default(),
        dirty: false,
        protected: question.facts.protected,
        at: question.at.map(|at| Timestamp(at.as_millisecond())),
        inputs: question.typed_inputs.clone(),
        title: commit
            .and_then(|commit| commit.message.lines().next())
            .unwrap_or_default()
            .to_owned(),
        checkout: Checkout::default(),
    }
}

fn submodule(submodule: &gantry_git::submodules::Submodule) -> Submodule {
    Submodule {
        path: submodule.path.clone(),
        repository: submodule.repository.clone(),
        commit: submodule.commit.clone(),
        overlay_tree: submodule.overlay_tree.clone(),
    }
}
