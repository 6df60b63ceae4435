//! `trigger: include`: a pipeline of the same project, made of its files and of what jobs have left.

use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use gantry_engine::{Ask, NotStarted, Resumption, Run, RunRequest, Target, foresee};
use gantry_git::Snapshot;
use gantry_language::compile::{self, Checked, Outcome};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::event::{Event, Source};
use gantry_language::location::{ComponentAddress, ProjectRef};
use gantry_language::plan::{ChildInclude, Plan, PlanHash, PlannedJob};
use gantry_language::predefined;
use gantry_language::source::{ComponentFile, SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use gantry_store::Store;

use super::{Site, Sites, failed, no_pipeline};
use crate::question::Question;
use crate::refusal::engine_error;
use crate::render;
use crate::world::{Checkout, Files};

/// What GitLab takes as the configuration of a child that a job has made.
const MAX_GENERATED_BYTES: u64 = 5 * 1024 * 1024;

impl Sites {
    /// Starts a child, which continues an earlier one where the run that asks continues an earlier run.
    pub(super) fn child(
        &self,
        site: &Rc<Site>,
        ask: &Ask<'_>,
        include: &[ChildInclude],
    ) -> Result<Run, NotStarted> {
        let question = &site.question;
        let mut child = Child::new(question, &ask.job.name, include, ask.variables.clone());
        child.layers.predefined.extend(ask.upstream.variables());
        let (plan, layers) = child
            .read(Some(&site.snapshot), &ask.archives)
            .map_err(|unread| {
                (self.notes)(&unread.told);
                unread.error
            })?;
        let options = ask.options_for(&plan);
        let mut request = RunRequest {
            children: children(question, &layers, &plan),
            plan,
            layers,
            facts: ask.facts.clone(),
            options,
            resumption: None,
        };
        let store = Store::open(&question.root).map_err(|error| failed(&error.into()))?;
        if let Some(from) = ask.continues {
            let checkout = question.checkout.project();
            let tree = Files::new(checkout.map_err(|error| failed(&error.into()))?, &site.snapshot);
            let resumption = Resumption::plan(&store, from, &request, &tree);
            request.resumption = Some(resumption.map_err(|error| failed(&engine_error(error)))?);
        }
        self.admit(&request)?;
        let run = self.start_at(site, store, ask, request, true)?;
        self.belongs(&run, Rc::clone(site));
        Ok(run)
    }
}

/// A child pipeline: its variables, and what its files are.
struct Child<'a> {
    question: &'a Question,
    bridge: &'a str,
    include: &'a [ChildInclude],
    event: Event,
    layers: Layers,
}

/// A child without a plan.
pub(crate) struct Unread {
    pub(crate) error: NotStarted,
    /// The mistakes in its files, with their places.
    pub(crate) told: String,
}

impl<'a> Child<'a> {
    fn new(
        question: &'a Question,
        bridge: &'a str,
        include: &'a [ChildInclude],
        variables: Vec<Variable>,
    ) -> Child<'a> {
        let event = Event {
            source: Source::ParentPipeline,
            git_ref: question.event.git_ref.clone(),
        };
        let layers = Layers {
            predefined: predefined::predefined(&question.facts, &event),
            project: question.layers.project.clone(),
            pipeline: variables,
        };
        Child {
            question,
            bridge,
            include,
            event,
            layers,
        }
    }

    /// Makes a plan of the files; as they were when the run began, once it has.
    fn read(
        self,
        snapshot: Option<&Snapshot>,
        archives: &HashMap<String, PathBuf>,
    ) -> Result<(Plan, Layers), Unread> {
        let checkout = &self.question.checkout;
        let sources = ChildFiles {
            checkout,
            snapshot,
            archives,
        };
        let checked = compile::check_child(self.bridge, self.include, &sources, checkout, &self.layers);
        if !checked.is_valid() {
            return Err(Unread::because(&checked, &checked.diagnostics));
        }
        match checked.plan(&self.event, &self.layers, checkout) {
            Ok(Outcome::Pipeline(plan)) => Ok((*plan, self.layers)),
            Ok(other) => Err(Unread {
                error: NotStarted::creation_failed(no_pipeline(&other)),
                told: String::new(),
            }),
            Err(diagnostics) => Err(Unread::because(&checked, &diagnostics)),
        }
    }
}

impl Unread {
    fn because(checked: &Checked, diagnostics: &[Diagnostic]) -> Unread {
        let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        Unread {
            error: NotStarted::creation_failed(match first {
                Some(diagnostic) => diagnostic.message.clone(),
                None => "there is nothing in its files".to_owned(),
            }),
            told: diagnostics
                .iter()
                .map(|diagnostic| format!("{}\n", render::text(diagnostic, &checked.sources)))
                .collect(),
        }
    }
}

/// The files of the project, those that jobs have left, and those from elsewhere.
struct ChildFiles<'a> {
    checkout: &'a Checkout,
    snapshot: Option<&'a Snapshot>,
    archives: &'a HashMap<String, PathBuf>,
}

impl Sources for ChildFiles<'_> {
    /// A file that git ignores is in no snapshot, and can be included all the same.
    fn read(&self, path: &str) -> Result<String, SourceError> {
        let taken = self.snapshot.and_then(|snapshot| {
            let project = self.checkout.project().ok()?;
            project.content(snapshot, path).ok()?
        });
        match taken {
            Some(content) => String::from_utf8(content).map_err(|_| SourceError::NotText),
            None => self.checkout.read(path),
        }
    }

    fn paths(&self) -> Vec<String> {
        Sources::paths(self.checkout)
    }

    fn artifact(&self, job: &str, path: &str) -> Result<String, SourceError> {
        let archive = self.archives.get(job).ok_or(SourceError::NotFound)?;
        let content = gantry_runner::read_from_archive(archive, path, MAX_GENERATED_BYTES)
            .map_err(|error| SourceError::Unreadable(error.to_string()))?
            .ok_or(SourceError::NotFound)?;
        String::from_utf8(content).map_err(|_| SourceError::NotText)
    }

    fn read_of(&self, at: &ProjectRef, path: &str) -> Result<String, SourceError> {
        self.checkout.read_of(at, path)
    }

    fn paths_of(&self, at: &ProjectRef) -> Result<Vec<String>, SourceError> {
        Sources::paths_of(self.checkout, at)
    }

    fn remote(&self, url: &str, max_age_secs: Option<u64>) -> Result<String, SourceError> {
        self.checkout.remote(url, max_age_secs)
    }

    fn template(&self, name: &str) -> Result<String, SourceError> {
        self.checkout.template(name)
    }

    fn component(&self, address: &ComponentAddress) -> Result<ComponentFile, SourceError> {
        self.checkout.component(address)
    }
}

/// Returns the plan of the child that a job will start, with its variables, if the files that make it are there
/// already; `None` for any other job.
pub(crate) fn foreseen_child(
    question: &Question,
    layers: &Layers,
    job: &PlannedJob,
) -> Option<Result<(Plan, Layers), Unread>> {
    let foreseen = foresee(layers, job)?;
    let Target::Child { include } = &foreseen.target else {
        return None;
    };
    let is_there = |include: &ChildInclude| matches!(include, ChildInclude::Entry(_));
    if !include.iter().all(is_there) {
        return None;
    }
    let child = Child::new(question, &job.name, include, foreseen.variables);
    Some(child.read(None, &HashMap::new()))
}

/// Returns the plans of the children that are known before anything runs, by the jobs that start them.
pub(super) fn children(question: &Question, layers: &Layers, plan: &Plan) -> HashMap<String, PlanHash> {
    let known = |job: &PlannedJob| {
        let (child, _) = foreseen_child(question, layers, job)?.ok()?;
        Some((job.name.clone(), child.hash))
    };
    plan.jobs.iter().filter_map(known).collect()
}
