//! `gantry run`: the pipeline, here.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use gantry_engine::{
    Checkout, Clock, Deploy, Ending, EngineError, Executor, Facts, NoDownstreams, Options, Project, Refusal,
    Run, RunRequest, Selection, Submodule, Summary, UnknownName, Venue, refusals, venues,
};
use gantry_git::Snapshot;
use gantry_language::compile::Outcome;
use gantry_language::diagnostic::did_you_mean;
use gantry_language::plan::Plan;
use gantry_language::variables::Layers;
use gantry_masking::Secrets;
use gantry_protocol::Wish;
use gantry_runner::Settings;
use gantry_store::{Store, Timestamp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::choose::choose;
use super::dry_run::{Scratch, dry_run};
use super::plan::{heading, no_pipeline};
use super::resume::Earlier;
use crate::args::{ExecutorKind, Format, Global, RunArgs};
use crate::containers::{self, Containers, DockerFile};
use crate::error::{CommandError, Exit};
use crate::output::{self, style::*};
use crate::places::Places;
use crate::question::Question;
use crate::reporter::{self, Notes, Reporter};
use crate::world::{self, Files};

/// The first argument with which gantry starts itself to supervise scripts.
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
    let root = world::find_root(global.directory.as_deref(), &args.event.file)?;
    let earlier = args
        .resume
        .map(|number| Earlier::find(&root, number))
        .transpose()?;
    let event = match &earlier {
        Some(earlier) => earlier.event(&args.event, &world::Checkout::new(root, None))?,
        None => args.event.clone(),
    };
    let question = Question::new(global, &event)?;
    let checked = question.check()?;
    let plan = match question.plan(&checked)? {
        Outcome::Pipeline(plan) => *plan,
        outcome => {
            output::print(&format!("{}\n{}", heading(&question), no_pipeline(&outcome)))?;
            return Ok(Exit::Success);
        }
    };
    let docker_file = DockerFile::of(&question.root)?;
    let mut options = options(args, docker_file.image.clone());
    if let Some(earlier) = &earlier {
        earlier.fill_in(&mut options, args);
    }
    if args.interactive {
        options.selection = Selection::Jobs {
            names: choose(&plan)?,
            with_needs: args.needs,
        };
    }
    refuse(&refusals(&plan, &question.layers, &options).map_err(|error| unknown_name(&error))?)?;
    if args.dry_run {
        return imagine(global, &question, plan, options, earlier.as_ref());
    }
    let venues = venues(&plan, &options, None).map_err(|error| unknown_name(&error))?;
    if venues.iter().any(|(_, venue)| *venue == Venue::Shell) {
        find_bash()?;
    }
    let places = Places::of(&question.root)?;
    // A run that continues another has to know first what is kept.
    let containers = match &earlier {
        None => Some(Containers::open(&plan, &options, None, &docker_file, &places)?),
        Some(_) => None,
    };
    let mut store = Store::open(&question.root)?;
    close_interrupted(&mut store)?;
    containers::remove_leftovers(&places);
    let snapshot = question.checkout.project()?.snapshot(&places.snapshots)?;
    if global.format == Format::Text {
        let mut text = heading(&question);
        if let Some(earlier) = &earlier {
            text.push_str(&format!("resumes   {}\n", earlier.describe(&options)));
        }
        if snapshot.dirty && !args.in_place {
            text.push_str("          with the uncommitted files of the work tree\n");
        }
        if args.in_place {
            text.push_str(&in_place(&question));
        }
        for left_out in snapshot.left_out.iter().filter(|_| !args.in_place) {
            text.push_str(&format!("note      not in the work trees of jobs: {left_out}\n"));
        }
        output::print(&format!("{text}\n"))?;
    }
    let mut request = RunRequest {
        facts: facts(&question, &snapshot),
        layers: question.layers.clone(),
        plan,
        options,
        children: HashMap::new(),
        resumption: None,
    };
    let files = Files::new(question.checkout.project()?, &snapshot);
    if let Some(earlier) = &earlier {
        request.resumption = Some(earlier.settle(&store, &mut request, &files)?);
        // More may be let go by now.
        let refused = refusals(&request.plan, &request.layers, &request.options);
        refuse(&refused.map_err(|error| unknown_name(&error))?)?;
    }
    let containers = match containers {
        Some(containers) => containers,
        None => {
            let RunRequest {
                plan,
                options,
                resumption,
                ..
            } = &request;
            Containers::open(plan, options, resumption.as_ref(), &docker_file, &places)?
        }
    };
    let names: Vec<&str> = request.plan.jobs.iter().map(|job| job.name.as_str()).collect();
    let mut reporter = reporter::reporter(global.format, &names, &store);
    let run = Run::start(store, request, &files, Clock::system()).map_err(engine_error)?;
    let settings = Settings {
        in_place: args.in_place.then(|| question.root.clone()),
        output_limit_bytes: args.log_limit,
        ..containers.equip(settings(&places)?)
    };
    let summary = carry_out(run, settings, &mut reporter);
    containers.close();
    let summary = summary?;
    // What the jobs have left is only told of; not being able to read it is no reason to hide how they ended.
    let store = Store::open_read_only(&question.root).ok().flatten();
    reporter::end(reporter, &summary, store.as_ref(), &secrets(&question.layers))?;
    Ok(match summary.ending {
        Ending::Success | Ending::Waiting | Ending::NothingToRun => Exit::Success,
        Ending::Failed => Exit::Failed,
        Ending::Interrupted => Exit::Interrupted,
    })
}

fn secrets(layers: &Layers) -> Secrets {
    let variables = layers.project.iter().chain(&layers.pipeline);
    let masked = variables.filter(|variable| variable.masked);
    Secrets::new(masked.map(|variable| variable.value.as_str()), &[])
}

/// Says what the run would come to. The snapshot that it is worked out with is not kept.
fn imagine(
    global: &Global,
    question: &Question,
    plan: Plan,
    options: Options,
    earlier: Option<&Earlier>,
) -> Result<Exit, CommandError> {
    let project = question.checkout.project()?;
    let scratch = Scratch::new()?;
    let snapshot = project.snapshot(scratch.path())?;
    let mut request = RunRequest {
        facts: facts(question, &snapshot),
        layers: question.layers.clone(),
        plan,
        options,
        children: HashMap::new(),
        resumption: None,
    };
    if let (Some(earlier), Some(reader)) = (earlier, Store::open_read_only(&question.root)?) {
        let files = Files::new(project, &snapshot);
        request.resumption = Some(earlier.plan(&reader, &request, &files)?);
    }
    dry_run(global, question, &request)
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

fn options(args: &RunArgs, default_image: Option<String>) -> Options {
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    Options {
        selection: match (args.names.as_slice(), args.stages.as_slice()) {
            ([], []) => Selection::All,
            ([], stages) => Selection::Stages {
                names: stages.to_vec(),
                with_needs: args.needs,
            },
            (names, _) => Selection::Jobs {
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
        jobs_limit: match args.in_place {
            true => NonZeroUsize::MIN,
            false => args.jobs.unwrap_or(processors),
        },
        fail_fast: args.fail_fast,
        in_place: args.in_place,
        executor: match args.executor {
            ExecutorKind::Auto => Executor::Auto { default_image },
            ExecutorKind::Shell => Executor::Shell,
            ExecutorKind::Docker => Executor::Docker { default_image },
        },
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
    if let Some(name) = refusals.iter().find_map(Refusal::missing_variable) {
        error = error.hint(format!(
            "give it here: --variable {name}=…, or `{name}` in .gantry/variables.yml"
        ));
    }
    if refusals.iter().any(Refusal::runs_in_shell) {
        error = error
            .hint("`image` in .gantry/docker.yml is the image of jobs that name none")
            .hint("--executor shell runs these jobs here, without their services");
    }
    Err(error.hint("gantry run JOB… runs other jobs only"))
}

/// Without bash the shell can run no job, and that is no failure of the pipeline.
pub(crate) fn find_bash() -> Result<(), CommandError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("bash").is_file()) {
        return Ok(());
    }
    Err(CommandError::world("bash was not found in PATH")
        .hint("install bash; it is what runs the scripts of jobs"))
}

pub(crate) fn unknown_name(error: &UnknownName) -> CommandError {
    let hint = match error {
        UnknownName::Job { name, known }
        | UnknownName::Stage { name, known }
        | UnknownName::Environment { name, known } => did_you_mean(name, known.iter().map(String::as_str)),
        UnknownName::LeftOut { name, .. } => Some(format!("gantry why '{name}' tells more")),
    };
    CommandError::usage(error.to_string()).maybe_hint(hint)
}

pub(crate) fn engine_error(error: EngineError) -> CommandError {
    match error {
        EngineError::Store(error) => error.into(),
        EngineError::UnknownName(error) => unknown_name(&error),
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

fn facts(question: &Question, snapshot: &Snapshot) -> Facts {
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
            project: Some(question.root.clone()),
            submodules: snapshot.submodules.iter().map(submodule).collect(),
        },
    }
}

fn in_place(question: &Question) -> String {
    format!(
        "{BOLD}{YELLOW}in place{RESET}  jobs work in {} as it is, one at a time; what they do to your files stays\n",
        question.root.display()
    )
}

fn submodule(submodule: &gantry_git::submodules::Submodule) -> Submodule {
    Submodule {
        path: submodule.path.clone(),
        repository: submodule.repository.clone(),
        commit: submodule.commit.clone(),
        overlay_tree: submodule.overlay_tree.clone(),
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

fn carry_out(
    run: Run,
    settings: Settings,
    reporter: &mut Box<dyn Reporter>,
) -> Result<Summary, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    let settings = Arc::new(settings);
    runtime.block_on(async {
        let interrupts = interrupts(reporter.notes())?;
        let start = |payload: gantry_protocol::payload::JobPayload, coordinator| {
            let settings = Arc::clone(&settings);
            async move {
                gantry_runner::carry_out(&payload, &settings, &coordinator).await;
            }
        };
        run.drive(&NoDownstreams, start, reporter, interrupts)
            .await
            .map_err(engine_error)
    })
}

/// The first Ctrl-C or SIGTERM asks the jobs to stop and lets them clean up, the second does not wait for them.
fn interrupts(note: Notes) -> Result<watch::Receiver<Wish>, CommandError> {
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
                note("stopping: jobs clean up; once more stops them at once\n");
            }
            if sender.send(wish).is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    Ok(receiver)
}
