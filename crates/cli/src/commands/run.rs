//! `gantry run`: the pipeline, here.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use gantry_engine::{
    Checkout, Clock, Deploy, Ending, EngineError, Executor, Facts, Options, Project, Refusal, Run,
    RunRequest, Selection, Summary, UnknownName, refusals,
};
use gantry_git::Snapshot;
use gantry_language::compile::Outcome;
use gantry_language::diagnostic::did_you_mean;
use gantry_protocol::Wish;
use gantry_runner::Settings;
use gantry_store::{Store, Timestamp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::plan::{heading, no_pipeline};
use crate::args::{ExecutorKind, Format, Global, RunArgs};
use crate::downstream::{self, Site, Sites};
use crate::error::{CommandError, Exit};
use crate::output;
use crate::question::Question;
use crate::reporter::{self, Reporter};
use crate::world::Files;

/// The first argument with which gantry starts itself as the supervisor of a script.
pub(crate) const SUPERVISE: &str = "__supervise";

/// The variables of the user's environment that a job's shell inherits; everything else stays outside, so that a
/// job does the same on every machine. `docs/running-pipelines.md` repeats the list.
const INHERITED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TERM",
    "TMPDIR",
    "TZ",
    "SSH_AUTH_SOCK",
    "XDG_RUNTIME_DIR",
    "DOCKER_HOST",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
];

pub(crate) fn run(global: &Global, args: &RunArgs) -> Result<Exit, CommandError> {
    let question = Question::new(global, &args.event)?;
    let checked = question.check()?;
    let plan = match question.plan(&checked)? {
        Outcome::Pipeline(plan) => *plan,
        outcome => {
            output::print(&format!("{}\n{}", heading(&question), no_pipeline(&outcome)))?;
            return Ok(Exit::Success);
        }
    };
    let options = options(args);
    let executor = match args.executor {
        ExecutorKind::Auto => Executor::Fitting,
        ExecutorKind::Shell => Executor::Shell,
    };
    refuse(&refusals(&plan, &options, executor).map_err(unknown_name)?)?;
    downstream::check(global, &question, &plan, &options, executor)?;
    find_bash()?;
    let mut store = Store::open(&question.root)?;
    close_interrupted(&mut store)?;
    let places = Places::of(&question.root)?;
    let snapshot = question.checkout.project()?.snapshot(&places.snapshots)?;
    if global.format == Format::Text {
        let mut text = heading(&question);
        if snapshot.dirty {
            text.push_str("          with the uncommitted files of the work tree\n");
        }
        for left_out in &snapshot.left_out {
            text.push_str(&format!("note      not in the work trees of jobs: {left_out}\n"));
        }
        output::print(&format!("{text}\n"))?;
    }
    let names = downstream::names(&question, &plan);
    let mut reporter = Reporter::new(global.format, names.iter().map(String::as_str));
    let request = RunRequest {
        facts: facts(&question, &snapshot),
        layers: question.layers.clone(),
        plan,
        options,
    };
    let site = Rc::new(Site { question, snapshot });
    let run = Run::start(
        store,
        request,
        &Files::new(site.question.checkout.project()?, &site.snapshot),
        Clock::system(),
    )
    .map_err(engine_error)?;
    let sites = Sites::new(global, executor);
    sites.set_up(&site, settings(&places)?);
    sites.add(&run, site);
    let summary = carry_out(run, &sites, &mut reporter)?;
    match global.format {
        Format::Text => output::print(&reporter::summary(&summary))?,
        Format::Json => output::print(&format!("{}\n", reporter::summary_json(&summary)))?,
    }
    Ok(match summary.ending {
        Ending::Success | Ending::Waiting | Ending::NothingToRun => Exit::Success,
        Ending::Failed => Exit::Failed,
        Ending::Interrupted => Exit::Interrupted,
    })
}

/// Closes runs whose process died, and says so.
pub(crate) fn close_interrupted(store: &mut Store) -> Result<(), CommandError> {
    for found in store.reconcile(now())? {
        let names: Vec<_> = found
            .running
            .iter()
            .map(|attempt| format!("`{}`", attempt.job))
            .collect();
        let running = match names.as_slice() {
            [] => "no job was running".to_owned(),
            names => format!(
                "{} {} running",
                names.join(", "),
                if names.len() == 1 { "was" } else { "were" }
            ),
        };
        output::note(&format!(
            "note: run {} was interrupted, its process is gone; {running}, {} had not begun\n",
            found.run.id,
            found.waiting.len(),
        ));
    }
    Ok(())
}

fn now() -> Timestamp {
    Clock::system().now()
}

fn options(args: &RunArgs) -> Options {
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Options {
        selection: match args.names.as_slice() {
            [] => Selection::All,
            names => Selection::Jobs {
                names: names.to_vec(),
                with_needs: args.needs,
            },
        },
        manual: args.manual.clone(),
        deploy: match args.deploy.as_deref() {
            None => Deploy::No,
            Some("") => Deploy::All,
            Some(environment) => Deploy::Environments(vec![environment.to_owned()]),
        },
        jobs_limit: args.jobs.unwrap_or(processors),
        fail_fast: args.fail_fast,
    }
}

/// Ends the command where a job would run that cannot be carried out: nothing starts, and nothing looks green.
fn refuse(refusals: &[Refusal]) -> Result<(), CommandError> {
    let [first, rest @ ..] = refusals else {
        return Ok(());
    };
    let line = |refusal: &Refusal| format!("{refusal}\n  --> {}", refusal.place);
    let mut message = line(first);
    for refusal in rest {
        message.push_str(&format!("\nerror: {}", line(refusal)));
    }
    let mut error = CommandError::usage(message);
    if refusals.iter().any(Refusal::runs_in_shell) {
        error = error.hint("--executor shell runs these jobs here, without their images and services");
    }
    Err(error.hint("gantry run JOB… runs other jobs only"))
}

/// Without bash no job can run, and that is no failure of the pipeline.
fn find_bash() -> Result<(), CommandError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("bash").is_file()) {
        return Ok(());
    }
    Err(CommandError::world("bash was not found in PATH")
        .hint("install bash; it is what runs the scripts of jobs"))
}

pub(crate) fn unknown_name(error: UnknownName) -> CommandError {
    let hint = match &error {
        UnknownName::Job { name, known } | UnknownName::Environment { name, known } => {
            did_you_mean(name, known.iter().map(String::as_str))
        }
        UnknownName::LeftOut { name, .. } => Some(format!("gantry why '{name}' tells more")),
    };
    CommandError::usage(error.to_string()).maybe_hint(hint)
}

pub(crate) fn engine_error(error: EngineError) -> CommandError {
    match error {
        EngineError::Store(error) => error.into(),
        EngineError::UnknownName(error) => unknown_name(error),
        EngineError::Refused(refusals) => refuse(&refusals).err().unwrap_or_else(CommandError::reported),
        other => {
            let error = CommandError::world(other.to_string());
            match std::error::Error::source(&other) {
                Some(source) => error.because(source),
                None => error,
            }
        }
    }
}

/// Where gantry keeps what belongs to a project and is none of its files.
pub(crate) struct Places {
    snapshots: PathBuf,
    builds: PathBuf,
    caches: PathBuf,
}

impl Places {
    pub(crate) fn of(root: &Path) -> Result<Places, CommandError> {
        let variable = |name: &str| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let base = variable("GANTRY_CACHE_DIR")
            .or_else(|| variable("XDG_CACHE_HOME").map(|folder| folder.join("gantry")))
            .or_else(|| variable("HOME").map(|folder| folder.join(".cache/gantry")))
            .ok_or_else(|| {
                CommandError::world("cannot tell where to keep work trees")
                    .hint("set HOME, XDG_CACHE_HOME or GANTRY_CACHE_DIR")
            })?;
        let project = base.join("projects").join(folder_name(root));
        Ok(Places {
            snapshots: project.join("snapshots.git"),
            builds: project.join("builds"),
            caches: project.join("caches"),
        })
    }

    pub(crate) fn snapshots(&self) -> &Path {
        &self.snapshots
    }
}

/// A name that is readable and different for every root: its last part and a digest of the whole.
fn folder_name(root: &Path) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    format!(
        "{}-{:016x}",
        gantry_language::slug::ref_slug(&name),
        hasher.finish()
    )
}

pub(crate) fn facts(question: &Question, snapshot: &Snapshot) -> Facts {
    let path = question.facts.project.path.clone();
    let commit = question.facts.commit.as_ref();
    Facts {
        project: Project {
            id: 1,
            name: path.rsplit('/').next().unwrap_or_default().to_owned(),
            path,
        },
        git_ref: question.event.git_ref.clone(),
        sha: commit.map_or_else(|| snapshot.commit.clone(), |commit| commit.sha.clone()),
        dirty: snapshot.dirty,
        protected: question.facts.protected,
        title: commit
            .and_then(|commit| commit.message.lines().next())
            .unwrap_or_default()
            .to_owned(),
        checkout: Checkout {
            repository: snapshot.repository.clone(),
            commit: snapshot.commit.clone(),
            overlay_tree: snapshot.overlay_tree.clone(),
        },
    }
}

pub(crate) fn settings(places: &Places) -> Result<Settings, CommandError> {
    let program = std::env::current_exe()
        .map_err(|error| CommandError::world("cannot tell where gantry itself is").because(&error))?;
    let supervisor = vec![program.into_os_string(), SUPERVISE.into()];
    let inherited = |name: &str| INHERITED.contains(&name) || name.starts_with("LC_");
    Ok(Settings {
        inherited_environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| inherited(name))
            .collect(),
        ..Settings::new(places.caches.clone(), places.builds.clone(), supervisor)
    })
}

fn carry_out(run: Run, sites: &Sites, reporter: &mut Reporter) -> Result<Summary, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    runtime.block_on(async {
        let interrupts = interrupts()?;
        let start = |payload: gantry_protocol::payload::JobPayload, coordinator| {
            let repository = payload
                .gantry
                .as_ref()
                .and_then(|gantry| gantry.local_repository.as_deref());
            let settings = sites.settings(Path::new(repository.unwrap_or_default()));
            async move {
                gantry_runner::carry_out(&payload, &settings, &coordinator).await;
            }
        };
        run.drive(sites, start, reporter, interrupts)
            .await
            .map_err(engine_error)
    })
}

/// The first Ctrl-C or SIGTERM asks the jobs to stop and lets them clean up, the second does not wait for them.
fn interrupts() -> Result<watch::Receiver<Wish>, CommandError> {
    let listen =
        |kind| signal(kind).map_err(|error| CommandError::world("cannot listen for signals").because(&error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let (sender, receiver) = watch::channel(Wish::Run);
    // Ends with the runtime.
    tokio::spawn(async move {
        for wish in [Wish::Cancel, Wish::Abort] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if wish == Wish::Cancel {
                output::note("stopping: jobs clean up; once more stops them at once\n");
            }
            if sender.send(wish).is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
