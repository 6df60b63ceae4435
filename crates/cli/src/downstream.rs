//! The pipelines that trigger jobs start: children from the files of the project, others in the checkouts that
//! [`gantry.yml`](crate::projects) names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use gantry_engine::{
    Ask, Clock, Deploy, Downstreams, Executor, Facts, NotStarted, Options, Refusal, Run, RunRequest, Target,
    foresee, hold, is_played, refusals, select,
};
use gantry_git::Snapshot;
use gantry_language::compile::{self, Checked, Outcome};
use gantry_language::diagnostic::Diagnostic;
use gantry_language::event::{Event, Source};
use gantry_language::plan::{ChildInclude, Place, Plan, PlannedJob, When};
use gantry_language::predefined;
use gantry_language::source::{SourceError, Sources};
use gantry_language::variables::{Layers, Variable};
use gantry_runner::Settings;
use gantry_store::{RunId, Store};

use crate::args::{EventArgs, EventKind, Global};
use crate::commands::run::{self, Places};
use crate::error::CommandError;
use crate::projects::{self, Projects};
use crate::question::Question;
use crate::world::{Checkout, Files};
use crate::{output, render};

/// What GitLab takes as the configuration of a child that a job has made.
const MAX_GENERATED_BYTES: u64 = 5 * 1024 * 1024;

/// A project with a run: the question that it answers, and the files that its jobs get.
pub(crate) struct Site {
    pub(crate) question: Question,
    pub(crate) snapshot: Snapshot,
}

/// The projects that take part, and which run belongs to which.
pub(crate) struct Sites {
    global: Global,
    executor: Executor,
    /// By the repository that the jobs get their files from, and the run: a run's number is its project's.
    runs: RefCell<HashMap<(PathBuf, RunId), Rc<Site>>>,
    settings: RefCell<HashMap<PathBuf, Arc<Settings>>>,
}

impl Sites {
    pub(crate) fn new(global: &Global, executor: Executor) -> Sites {
        Sites {
            global: global.clone(),
            executor,
            runs: RefCell::default(),
            settings: RefCell::default(),
        }
    }

    /// Says which project a run belongs to.
    pub(crate) fn add(&self, run: &Run, site: Rc<Site>) {
        let repository = site.snapshot.repository.clone();
        self.runs.borrow_mut().insert((repository, run.id()), site);
    }

    /// Says how the jobs of a project run.
    pub(crate) fn set_up(&self, site: &Site, settings: Settings) {
        let repository = site.snapshot.repository.clone();
        self.settings.borrow_mut().insert(repository, Arc::new(settings));
    }

    /// Returns how a job runs, by the repository that it gets its files from.
    pub(crate) fn settings(&self, repository: &Path) -> Arc<Settings> {
        let settings = self.settings.borrow();
        let found = settings.get(repository);
        Arc::clone(found.unwrap_or_else(|| panic!("BUG: `{}` has no settings", repository.display())))
    }

    fn child(&self, site: &Rc<Site>, ask: &Ask<'_>, include: &[ChildInclude]) -> Result<Run, NotStarted> {
        let question = &site.question;
        let child = Child::new(question, &ask.job.name, include, ask.variables.clone())
            .with_predefined(ask.upstream.variables())
            .read(Some(&site.snapshot), &ask.archives);
        let plan = child.plan(question)?;
        let options = ask.options_for(&plan);
        self.refuse(&plan, &options)?;
        let request = RunRequest {
            plan,
            layers: child.layers,
            facts: ask.facts.clone(),
            options,
        };
        let failed = |error: CommandError| NotStarted::creation_failed(error.to_string());
        let store = Store::open(&question.root).map_err(|error| failed(error.into()))?;
        let project = question
            .checkout
            .project()
            .map_err(|error| failed(error.into()))?;
        let tree = Files::new(project, &site.snapshot);
        let parent = ask.upstream.parent(true);
        let run = Run::start_downstream(store, request, &parent, &tree, Clock::system())
            .map_err(|error| failed(run::engine_error(error)))?;
        self.add(&run, Rc::clone(site));
        Ok(run)
    }

    fn refuse(&self, plan: &Plan, options: &Options) -> Result<(), NotStarted> {
        match self.refusal(plan, options)? {
            None => Ok(()),
            Some(refusal) => Err(refused(&refusal)),
        }
    }

    fn refusal(&self, plan: &Plan, options: &Options) -> Result<Option<Refusal>, NotStarted> {
        let refused = refusals(plan, options, self.executor)
            .map_err(|error| NotStarted::creation_failed(error.to_string()))?;
        Ok(refused.into_iter().next())
    }

    fn project(
        &self,
        site: &Site,
        ask: &Ask<'_>,
        project: &str,
        branch: Option<&str>,
    ) -> Result<Run, NotStarted> {
        let mut question = sibling(&self.global, &site.question, project, branch)?;
        question.layers.pipeline = ask.variables.clone();
        question.layers.predefined.extend(ask.upstream.variables());
        let failed = |error: CommandError| NotStarted::creation_failed(reason(&error));
        let (facts, plan, snapshot, settings, store) = prepare(&question).map_err(failed)?;
        let repository = snapshot.repository.as_path();
        if ask.lineage.iter().filter(|above| **above == repository).count() >= 2 {
            return Err(NotStarted {
                reason: "pipeline_loop_detected",
                message: format!("pipelines of `{project}` have started each other already"),
            });
        }
        let options = ask.options_for(&plan);
        self.refuse(&plan, &options)?;
        let request = RunRequest {
            plan,
            layers: question.layers.clone(),
            facts,
            options,
        };
        let new = Rc::new(Site { question, snapshot });
        let checkout = new.question.checkout.project();
        let tree = Files::new(checkout.map_err(|error| failed(error.into()))?, &new.snapshot);
        let parent = ask.upstream.parent(false);
        let run = Run::start_downstream(store, request, &parent, &tree, Clock::system())
            .map_err(|error| failed(run::engine_error(error)))?;
        self.set_up(&new, settings);
        self.add(&run, new);
        Ok(run)
    }
}

impl Downstreams for Sites {
    fn start(&self, ask: &Ask<'_>) -> Result<Run, NotStarted> {
        let asking = (ask.facts.checkout.repository.clone(), ask.upstream.run);
        let site = self.runs.borrow().get(&asking).cloned();
        let site = site.unwrap_or_else(|| panic!("BUG: run {} belongs to no project", asking.1));
        match &ask.target {
            Target::Child { include } => self.child(&site, ask, include),
            Target::Project { project, branch } => self.project(&site, ask, project, branch.as_deref()),
        }
    }
}

fn refused(refusal: &Refusal) -> NotStarted {
    NotStarted::creation_failed(format!("{refusal} ({})", refusal.place))
}

/// What was printed already needs no second sentence.
fn reason(error: &CommandError) -> String {
    match error.message.as_str() {
        "" => "its configuration has mistakes".to_owned(),
        _ => error.to_string(),
    }
}

type Prepared = (Facts, Plan, Snapshot, Settings, Store);

fn prepare(question: &Question) -> Result<Prepared, CommandError> {
    let plan = match question.plan(&question.check()?)? {
        Outcome::Pipeline(plan) => *plan,
        other => return Err(CommandError::usage(no_pipeline(&other))),
    };
    let mut store = Store::open(&question.root)?;
    run::close_interrupted(&mut store)?;
    let places = Places::of(&question.root)?;
    let snapshot = question.checkout.project()?.snapshot(places.snapshots())?;
    let facts = run::facts(question, &snapshot);
    let settings = run::settings(&places)?;
    Ok((facts, plan, snapshot, settings, store))
}

fn no_pipeline(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Pipeline(_) => "",
        Outcome::Filtered(_) => "its `workflow:rules` want no pipeline",
        Outcome::Empty(_) => "its rules leave no job",
        Outcome::Skipped => "its commit message asks for no pipeline",
    }
}

/// Returns the question that a pipeline of another project answers.
fn sibling(
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

/// A child pipeline: its variables, its files, and what they say.
pub(crate) struct Child<'a> {
    question: &'a Question,
    bridge: &'a str,
    include: &'a [ChildInclude],
    event: Event,
    pub(crate) layers: Layers,
}

/// A child pipeline whose files have been read.
pub(crate) struct ReadChild {
    event: Event,
    layers: Layers,
    checked: Checked,
}

impl<'a> Child<'a> {
    pub(crate) fn new(
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

    fn with_predefined(mut self, variables: Vec<Variable>) -> Child<'a> {
        self.layers.predefined.extend(variables);
        self
    }

    /// Reads the files as they were when the run began, once it has.
    fn read(self, snapshot: Option<&Snapshot>, archives: &HashMap<String, PathBuf>) -> ReadChild {
        let checkout = &self.question.checkout;
        let sources = ChildFiles {
            checkout,
            snapshot,
            archives,
        };
        let checked = compile::check_child(self.bridge, self.include, &sources, checkout, &self.layers);
        ReadChild {
            event: self.event,
            layers: self.layers,
            checked,
        }
    }
}

impl ReadChild {
    /// Returns the plan; what keeps it from being one is printed where it has a place.
    fn plan(&self, question: &Question) -> Result<Plan, NotStarted> {
        if !self.checked.is_valid() {
            return Err(self.told(&self.checked.diagnostics));
        }
        match self.checked.plan(&self.event, &self.layers, &question.checkout) {
            Ok(Outcome::Pipeline(plan)) => Ok(*plan),
            Ok(other) => Err(NotStarted::creation_failed(no_pipeline(&other))),
            Err(diagnostics) => Err(self.told(&diagnostics)),
        }
    }

    fn told(&self, diagnostics: &[Diagnostic]) -> NotStarted {
        for diagnostic in diagnostics {
            let text = render::text(diagnostic, &self.checked.sources);
            output::note(&format!("{text}\n"));
        }
        let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        NotStarted::creation_failed(match first {
            Some(diagnostic) => diagnostic.message.clone(),
            None => "there is nothing in its files".to_owned(),
        })
    }
}

/// The files of the project, and those that jobs have left.
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
}

/// Returns the plan of the child that a job will start, if the files that make it are there already; `None` for any
/// other job.
pub(crate) fn foreseen_child(
    question: &Question,
    layers: &Layers,
    job: &PlannedJob,
) -> Option<Result<(Plan, Layers), NotStarted>> {
    let foreseen = foresee(layers, job)?;
    let Target::Child { include } = &foreseen.target else {
        return None;
    };
    let is_there = |include: &ChildInclude| matches!(include, ChildInclude::Local { .. });
    if !include.iter().all(is_there) {
        return None;
    }
    let child = Child::new(question, &job.name, include, foreseen.variables).read(None, &HashMap::new());
    Some(child.plan(question).map(|plan| (plan, child.layers)))
}

/// What keeps a trigger job from starting its pipeline, known before anything runs.
struct Foretold {
    job: String,
    place: Place,
    error: NotStarted,
    /// What would have been started.
    target: Option<String>,
    /// The shell would do, without images and services.
    runs_in_shell: bool,
}

/// Ends the command where a trigger job that would run could not start its pipeline, or a job of its child could not
/// be carried out.
pub(crate) fn check(
    global: &Global,
    question: &Question,
    plan: &Plan,
    options: &Options,
    executor: Executor,
) -> Result<(), CommandError> {
    let sites = Sites::new(global, executor);
    let mut found = Vec::new();
    let selected = select(plan, options).map_err(run::unknown_name)?;
    foretell(
        &sites,
        question,
        &question.layers,
        &selected,
        options,
        0,
        &mut found,
    );
    let [first, rest @ ..] = found.as_slice() else {
        return Ok(());
    };
    let line = |foretold: &Foretold| {
        let Foretold {
            job,
            place,
            error,
            target,
            ..
        } = foretold;
        let target = target.as_deref().unwrap_or("its child pipeline");
        format!("job `{job}` cannot start {target}: {error}\n  --> {place}")
    };
    let mut message = line(first);
    for foretold in rest {
        message.push_str(&format!("\nerror: {}", line(foretold)));
    }
    let in_shell = found.iter().any(|foretold| foretold.runs_in_shell);
    let hint = "--executor shell runs these jobs here, without their images and services";
    Err(CommandError::usage(message)
        .maybe_hint(in_shell.then(|| hint.to_owned()))
        .hint("gantry run JOB… runs other jobs only"))
}

/// Returns the names that jobs will have, those of children that are known already included.
pub(crate) fn names(question: &Question, plan: &Plan) -> Vec<String> {
    let mut names = Vec::new();
    for job in &plan.jobs {
        names.push(job.name.clone());
        if let Some(Ok((child, _))) = foreseen_child(question, &question.layers, job) {
            let below = child
                .jobs
                .iter()
                .map(|below| format!("{}/{}", job.name, below.name));
            names.extend(below);
        }
    }
    names
}

fn foretell(
    sites: &Sites,
    question: &Question,
    layers: &Layers,
    plan: &Plan,
    options: &Options,
    depth: usize,
    found: &mut Vec<Foretold>,
) {
    let starts = |job: &&PlannedJob| {
        hold(job, &options.deploy).is_none() && (job.when != When::Manual || is_played(job, options))
    };
    for job in plan.jobs.iter().filter(starts) {
        let mut tell = |error, target, runs_in_shell| {
            found.push(Foretold {
                job: job.name.clone(),
                place: job.place.clone(),
                error,
                target,
                runs_in_shell,
            });
        };
        let Some(foreseen) = foresee(layers, job) else {
            continue;
        };
        if let Target::Project { project, branch } = &foreseen.target {
            let other = sibling(&sites.global, question, project, branch.as_deref());
            if let Err(error) = other {
                let target = described(project, branch.as_deref(), &foreseen.variables);
                tell(error, Some(target), false);
            }
            continue;
        }
        match foreseen_child(question, layers, job) {
            None => {}
            Some(Err(error)) => tell(error, None, false),
            Some(Ok((child, below))) => {
                let options = below_options(options);
                match sites.refusal(&child, &options) {
                    Err(error) => tell(error, None, false),
                    Ok(Some(refusal)) => tell(refused(&refusal), None, refusal.runs_in_shell()),
                    Ok(None) if depth < 2 => {
                        foretell(sites, question, &below, &child, &options, depth + 1, found);
                    }
                    Ok(None) => {}
                }
            }
        }
    }
}

/// The names of environments and manual jobs are of the whole family; which of them the child knows shows later.
fn below_options(options: &Options) -> Options {
    let deploy = match &options.deploy {
        Deploy::Environments(_) => Deploy::No,
        other => other.clone(),
    };
    Options {
        deploy,
        jobs_limit: options.jobs_limit,
        ..Options::default()
    }
}

/// Says what would have been started.
fn described(project: &str, branch: Option<&str>, variables: &[Variable]) -> String {
    let branch = branch.map_or(String::new(), |branch| format!(" on branch `{branch}`"));
    let names: Vec<_> = variables
        .iter()
        .map(|variable| format!("`{}`", variable.key))
        .collect();
    let with = match names.as_slice() {
        [] => String::new(),
        names => format!(" with {}", names.join(", ")),
    };
    format!("a pipeline of `{project}`{branch}{with}")
}
