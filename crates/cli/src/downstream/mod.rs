//! The pipelines that trigger jobs start: children from the files of the project ([`child`]), others in the checkouts
//! that [`gantry.yml`](crate::projects) names ([`sibling`]). What would keep them from starting is told before anything
//! runs, as far as it is known by then ([`foretell`]), of children that are read once ([`family`]).

mod child;
mod family;
mod foretell;
mod sibling;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use gantry_engine::{
    Ask, Clock, Downstreams, NotStarted, Options, Refusal, Run, RunRequest, Target, refusals,
};
use gantry_git::Snapshot;
use gantry_language::compile::Outcome;
use gantry_language::plan::Plan;
use gantry_language::variables::Layers;
use gantry_runner::Settings;
use gantry_store::{RunId, Store};

pub(crate) use self::child::foreseen_child;
pub(crate) use self::family::Family;
pub(crate) use self::foretell::check;
use crate::args::Global;
use crate::containers::Containers;
use crate::error::CommandError;
use crate::question::Question;
use crate::refusal::engine_error;
use crate::reporter::Notes;
use crate::world::Files;

/// A project with a run: the question that it answers, and the files that its jobs get.
pub(crate) struct Site {
    pub(crate) question: Question,
    pub(crate) snapshot: Snapshot,
}

/// The projects that take part, and which run belongs to which.
pub(crate) struct Sites {
    global: Global,
    containers: RefCell<Containers>,
    notes: Notes,
    /// By the repository that the jobs get their files from, and the run: a run's number is its project's.
    runs: RefCell<HashMap<(PathBuf, RunId), Rc<Site>>>,
    /// How the jobs of a project run, by the repository.
    settings: RefCell<HashMap<PathBuf, Arc<Settings>>>,
}

impl Sites {
    pub(crate) fn new(global: &Global, containers: Containers, notes: Notes) -> Sites {
        Sites {
            global: global.clone(),
            containers: RefCell::new(containers),
            notes,
            runs: RefCell::default(),
            settings: RefCell::default(),
        }
    }

    /// Says which project a run belongs to, and how the jobs of that project run.
    pub(crate) fn add(&self, run: &Run, site: Rc<Site>, settings: Settings) {
        let repository = site.snapshot.repository.clone();
        let settings = self.containers.borrow().equip(settings);
        self.settings.borrow_mut().insert(repository, Arc::new(settings));
        self.belongs(run, site);
    }

    fn belongs(&self, run: &Run, site: Rc<Site>) {
        let repository = site.snapshot.repository.clone();
        self.runs.borrow_mut().insert((repository, run.id()), site);
    }

    /// Returns how a job runs, by the repository that it gets its files from.
    pub(crate) fn settings(&self, repository: &Path) -> Arc<Settings> {
        let settings = self.settings.borrow();
        let found = settings.get(repository);
        Arc::clone(found.unwrap_or_else(|| panic!("BUG: `{}` has no settings", repository.display())))
    }

    /// Removes what the jobs have left in containers.
    pub(crate) fn close(self) {
        self.containers.into_inner().close();
    }

    /// Tells whether the jobs of a pipeline that is about to start can be carried out.
    fn admit(&self, request: &RunRequest) -> Result<(), NotStarted> {
        let RunRequest {
            plan,
            layers,
            options,
            resumption,
            ..
        } = request;
        if let Some(refusal) = refusal(plan, layers, options)? {
            return Err(refused(&refusal));
        }
        let mut containers = self.containers.borrow_mut();
        let opened = containers.open(plan, options, resumption.as_ref());
        if opened.map_err(|error| failed(&error))? {
            for settings in self.settings.borrow_mut().values_mut() {
                *settings = Arc::new(containers.equip(Settings::clone(settings)));
            }
        }
        Ok(())
    }

    /// Takes the run of another pipeline down.
    fn start_at(
        &self,
        site: &Site,
        store: Store,
        ask: &Ask<'_>,
        request: RunRequest,
        same_store: bool,
    ) -> Result<Run, NotStarted> {
        let checkout = site.question.checkout.project();
        let tree = Files::new(checkout.map_err(|error| failed(&error.into()))?, &site.snapshot);
        let parent = ask.upstream.parent(same_store);
        Run::start_downstream(store, request, &parent, &tree, Clock::system())
            .map_err(|error| failed(&engine_error(error)))
    }
}

impl Downstreams for Sites {
    fn start(&self, ask: &Ask<'_>) -> Result<Run, NotStarted> {
        let asking = (ask.facts.checkout.repository.clone(), ask.upstream.run);
        let site = self.runs.borrow().get(&asking).cloned();
        let site = site.unwrap_or_else(|| panic!("BUG: run {} belongs to no project", asking.1));
        match &ask.target {
            Target::Child { include } => self.child(&site, ask, include),
            Target::Project {
                project,
                branch,
                inputs,
            } => self.project(&site, ask, project, branch.as_deref(), inputs.as_ref()),
        }
    }
}

/// Returns the first job that would start and cannot be carried out.
fn refusal(plan: &Plan, layers: &Layers, options: &Options) -> Result<Option<Refusal>, NotStarted> {
    let refused =
        refusals(plan, layers, options).map_err(|error| NotStarted::creation_failed(error.to_string()))?;
    Ok(refused.into_iter().next())
}

fn refused(refusal: &Refusal) -> NotStarted {
    NotStarted::creation_failed(format!("{refusal} ({})", refusal.place))
}

fn failed(error: &CommandError) -> NotStarted {
    NotStarted::creation_failed(reason(error))
}

/// What was printed already needs no second sentence.
fn reason(error: &CommandError) -> String {
    match error.message.as_str() {
        "" => "its configuration has mistakes".to_owned(),
        _ => error.to_string(),
    }
}

fn no_pipeline(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pipeline(_) => "",
        Outcome::Filtered(_) => "its `workflow:rules` want no pipeline",
        Outcome::Empty(_) => "its rules leave no job",
        Outcome::Skipped => "its commit message asks for no pipeline",
    }
}
