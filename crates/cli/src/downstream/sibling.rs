//! `trigger: project`: a pipeline of another project, in the checkout that `gantry.yml` names.

use std::rc::Rc;

use gantry_engine::{Ask, NotStarted, Run};
use gantry_git::Snapshot;
use gantry_language::compile::Outcome;
use gantry_language::inputs::Given;
use gantry_language::plan::{Plan, Written};
use gantry_runner::Settings;
use gantry_store::Store;

use super::child::children;
use super::{Site, Sites, failed, no_pipeline, reason};
use crate::args::{EventArgs, EventKind, Global};
use crate::commands::stored;
use crate::error::CommandError;
use crate::places::Places;
use crate::projects::{self, Projects};
use crate::question::Question;
use crate::request::{Pipeline, request};

impl Sites {
    pub(super) fn project(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        project: &str,
        branch: Option<&str>,
        inputs: Option<&Written>,
    ) -> Result<Run, NotStarted> {
        let mut question = sibling(&self.global, &site.question, project, branch)?;
        question.inputs = inputs.map(Given::handed_down).unwrap_or_default();
        question.layers.pipeline.clone_from(&ask.variables);
        question.layers.predefined.extend(ask.upstream.variables());
        let Prepared {
            plan,
            places,
            snapshot,
            store,
        } = Prepared::for_question(&question).map_err(|error| failed(&error))?;
        let repository = snapshot.repository.as_path();
        if ask.lineage.iter().filter(|above| **above == repository).count() >= 2 {
            return Err(NotStarted {
                reason: "pipeline_loop_detected",
                message: format!("pipelines of `{project}` have started each other already"),
            });
        }
        let options = ask.options_for(&plan);
        let children = children(&question, &question.layers, &plan);
        let request = request(&question, &snapshot, Pipeline { plan, children }, options);
        self.admit(&request)?;
        // As at the site that asks, in folders of its own.
        let asking = self.settings(&site.snapshot.repository);
        let settings = Settings {
            cache_root: places.caches,
            builds_root: places.builds,
            in_place: asking.in_place.is_some().then(|| question.root.clone()),
            ..Settings::clone(&asking)
        };
        let new = Rc::new(Site { question, snapshot });
        let run = self.start_at(&new, store, ask, request, false)?;
        self.add(&run, new, settings);
        Ok(run)
    }
}

/// Everything that the run of another project takes.
struct Prepared {
    plan: Plan,
    places: Places,
    snapshot: Snapshot,
    store: Store,
}

impl Prepared {
    fn for_question(question: &Question) -> Result<Prepared, CommandError> {
        let plan = match question.plan(&question.check()?)? {
            Outcome::Pipeline(plan) => *plan,
            other => return Err(CommandError::usage(no_pipeline(&other))),
        };
        let mut store = Store::open(&question.root)?;
        stored::close_interrupted(&mut store)?;
        let places = Places::of(&question.root)?;
        let snapshot = question.checkout.project()?.snapshot(&places.snapshots)?;
        Ok(Prepared {
            plan,
            places,
            snapshot,
            store,
        })
    }
}

/// Returns the question that a pipeline of another project answers.
pub(super) fn sibling(
    global: &Global,
    question: &Question,
    project: &str,
    branch: Option<&str>,
) -> Result<Question, NotStarted> {
    let missing = |message: String| NotStarted {
        reason: "downstream_bridge_project_not_found",
        message,
    };
    let projects = Projects::of(&question.root).map_err(|error| missing(reason(&error)))?;
    let Some(path) = projects.checkout(project) else {
        let hint = projects
            .hint(project)
            .unwrap_or_else(|| format!("write `projects: {{{project}: ../folder}}` there"));
        let file = projects::FILE;
        return Err(missing(format!(
            "`{file}` names no checkout of `{project}`; {hint}"
        )));
    };
    let shown = path.display();
    let root = question.root.join(path).canonicalize().map_err(|error| {
        missing(format!(
            "the checkout `{shown}` of `{project}` cannot be entered: {error}"
        ))
    })?;
    if root == question.root {
        return Err(NotStarted {
            reason: "invalid_bridge_trigger",
            message: format!("`{project}` is this project; start another pipeline of it with `include`"),
        });
    }
    let global = Global {
        directory: Some(root),
        ..global.clone()
    };
    let args = EventArgs {
        file: ".gitlab-ci.yml".to_owned(),
        event: Some(EventKind::Pipeline),
        at: question.at,
        ..EventArgs::default()
    };
    let other = Question::new(&global, &args).map_err(|error| missing(reason(&error)))?;
    let wanted = branch
        .filter(|branch| !branch.is_empty())
        .unwrap_or(&other.facts.project.default_branch);
    let found = other.event.git_ref.name();
    if found != wanted {
        return Err(NotStarted::creation_failed(format!(
            "the checkout `{shown}` of `{project}` is on `{found}`, the pipeline is for `{wanted}`; switch it there"
        )));
    }
    Ok(other)
}
