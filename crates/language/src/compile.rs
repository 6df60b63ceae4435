//! The way from a file to a [`Plan`]: [`check`] does what needs no event, [`Checked::plan`] the rest.
//!
//! The order is GitLab's and can be observed: include, `extends`, `!reference`, keywords with defaults, `parallel`,
//! the checks across jobs; then, for one event, `workflow` and the rules of every job.

mod budget;
mod connect;
mod expanded;
mod job;
mod planner;
mod tidy;

use gantry_yaml::Mapping;

use self::planner::Planner;
pub(crate) use self::tidy::hides_jobs;
use self::tidy::tidy;
use crate::configuration::{self, Configuration};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::expansion;
use crate::inputs::Given;
use crate::load::{Loader, Merged};
use crate::plan::{ChildInclude, Decision, LeftOut, Plan};
use crate::selection::World;
use crate::source::{Repository, SourceMap, Sources};
use crate::variables::Layers;
use crate::visible::Shared;
use crate::{extends, reference, validation};

/// A configuration that was read: its texts, what is wrong with it, and, if nothing is, the way to plans.
#[derive(Debug)]
pub struct Checked {
    pub sources: SourceMap,
    /// Errors and warnings, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    configuration: Option<Configuration>,
    /// What the configuration was read from.
    root: Mapping,
}

/// What an event makes of a configuration.
#[derive(Debug)]
pub enum Outcome {
    Pipeline(Box<Plan>),
    /// `workflow:rules` want no pipeline.
    Filtered(Decision),
    /// The rules left no job outside `.pre` and `.post`.
    Empty(Vec<LeftOut>),
    /// The commit message asks for it.
    Skipped,
}

impl Outcome {
    /// Returns its word in JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Outcome::Pipeline(_) => "pipeline",
            Outcome::Filtered(_) => "filtered",
            Outcome::Empty(_) => "empty",
            Outcome::Skipped => "skipped",
        }
    }
}

/// Reads the configuration at `path`, whose text is `text`, with everything it includes.
pub fn check(
    path: &str,
    text: String,
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let root = Root {
        path,
        text,
        inputs: Given::default(),
    };
    check_root(root, sources, repository, layers)
}

/// The file that a pipeline begins with, and what it is given.
#[derive(Debug)]
pub struct Root<'a> {
    pub path: &'a str,
    pub text: String,
    /// For the inputs that its header declares.
    pub inputs: Given,
}

/// Reads a configuration that takes inputs, with everything it includes.
pub fn check_root(
    root: Root<'_>,
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let Root { path, text, inputs } = root;
    let mut map = SourceMap::default();
    let mut diagnostics = Vec::new();
    let shared = Shared::new(layers);
    let visible = shared.root(&[]);
    let merged =
        Loader::new(&mut map, &mut diagnostics, sources, repository, &visible).load(path, text, &inputs);
    checked(merged, map, diagnostics)
}

/// Reads the configuration of the child pipeline that `bridge` starts: the files that its `trigger:include` names.
pub fn check_child(
    bridge: &str,
    include: &[ChildInclude],
    sources: &dyn Sources,
    repository: &dyn Repository,
    layers: &Layers,
) -> Checked {
    let mut map = SourceMap::default();
    let mut diagnostics = Vec::new();
    let shared = Shared::new(layers);
    let visible = shared.root(&[]);
    let mut loader = Loader::new(&mut map, &mut diagnostics, sources, repository, &visible);
    let merged = loader.load_child(bridge, include);
    checked(merged, map, diagnostics)
}

fn checked(merged: Option<Merged>, map: SourceMap, mut diagnostics: Vec<Diagnostic>) -> Checked {
    let mut root = Mapping::new();
    let configuration = merged.and_then(|merged| {
        let extended = extends::resolve(&merged, &mut diagnostics);
        let resolved = reference::resolve(extended, &mut diagnostics)?;
        let configuration = configuration::read(&resolved, &mut diagnostics);
        root = resolved.root;
        let expanded = expansion::expand(configuration, &mut diagnostics);
        let complete = !diagnostics.iter().any(hides_jobs);
        validation::check(&expanded, complete, &mut diagnostics);
        Some(expanded.configuration)
    });
    tidy(&mut diagnostics, &map);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Checked {
        sources: map,
        diagnostics,
        configuration: configuration.filter(|_| !failed),
        root,
    }
}

impl Checked {
    /// Returns true when there is no error, so that plans can be made.
    pub fn is_valid(&self) -> bool {
        self.configuration.is_some()
    }

    /// Returns what was read and where it stands, of a configuration without mistakes.
    pub(crate) fn read(&self) -> Option<(&Configuration, &Mapping)> {
        self.configuration
            .as_ref()
            .map(|configuration| (configuration, &self.root))
    }

    /// Plans the pipeline of an event; errors are those that only this event brings to light.
    pub fn plan(
        &self,
        event: &Event,
        layers: &Layers,
        repository: &dyn Repository,
    ) -> Result<Outcome, Vec<Diagnostic>> {
        let Some(configuration) = &self.configuration else {
            return Err(self.diagnostics.clone());
        };
        let shared = Shared::new(layers);
        let world = World {
            event,
            repository,
            map: &self.sources,
        };
        let stages = configuration.stages.iter().enumerate();
        let planner = Planner {
            configuration,
            stages: stages.map(|(index, stage)| (stage.as_str(), index)).collect(),
            event,
            layers,
            shared: &shared,
            world,
        };
        planner.plan()
    }
}
