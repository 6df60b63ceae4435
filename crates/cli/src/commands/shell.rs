//! `gantry shell`: a person in the place of a job, with its files and its variables.
//!
//! Secrets are those of the machine as they are now, and what was given with `--variable` is given again: the store has
//! neither. The shell is the person's own process, so nothing it prints is masked.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use gantry_engine::{Circumstances, Revisit, RevisitError};
use gantry_language::variables::Variable;
use gantry_runner::{Settings, Tree, Visit, VisitError};
use gantry_store::{Attempt, Reader, Run, RunId};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::stored;
use crate::args::{Global, ShellArgs};
use crate::containers::DockerFile;
use crate::error::{CommandError, Ended};
use crate::output::{self, style::*};
use crate::places::Places;
use crate::refusal::engine_error;
use crate::visit_container::VisitEngine;
use crate::{execution, question, world};

pub(crate) fn shell(global: &Global, args: &ShellArgs) -> Result<Ended, CommandError> {
    let Some(reader) = stored::open(global)? else {
        return Err(CommandError::usage(stored::nothing_ran()));
    };
    let (run, attempt) = find(&reader, &args.which)?;
    let root = world::find_root(global.directory.as_deref(), stored::CONFIGURATION)?;
    let circumstances = Circumstances::read(&reader, run.id).map_err(engine_error)?;
    let mut notes = Vec::new();
    let protected = circumstances
        .as_ref()
        .is_some_and(|circumstances| circumstances.facts.protected);
    let project = question::settings(&root, protected, &mut notes)?;
    let given: Vec<Variable> = args
        .variables
        .iter()
        .map(|(key, value)| Variable::new(key.as_str(), value.as_str()))
        .collect();
    notes.extend(circumstances.and_then(|circumstances| not_given(&circumstances, &given)));
    let revisit = Revisit::new(&reader, &run, &attempt, project, given).map_err(|error| unknown(&error))?;
    let places = Places::of(&root)?;
    let mut settings = Settings {
        in_place: revisit.in_place.then(|| root.clone()),
        ..execution::settings(&places)?
    };
    let mut engine = None;
    if revisit.runs_in_container() {
        match VisitEngine::find(&revisit.executor, &DockerFile::of(&root)?, &places)? {
            Ok(found) => {
                settings = found.equip(settings);
                engine = Some(found);
            }
            Err(reason) => notes.push(format!(
                "the job ran in a container; here are this machine's tools, because {reason}"
            )),
        }
    }
    if engine.is_none() && args.command.is_empty() {
        execution::find_bash()?;
    }
    let visit = Visit::new(&revisit.payload, &settings, &places.shells, &revisit.archives)
        .map_err(|error| not_prepared(error, run.id))?;
    match (&engine, &revisit.payload.image) {
        (Some(_), _) if !revisit.payload.services.is_empty() => {
            notes.push("the services of the job are not started".to_owned());
        }
        // What ran in a container has a reason already.
        (None, Some(image)) if !revisit.runs_in_container() => notes.push(format!(
            "the job asks for image `{}`; here are this machine's tools",
            image.name
        )),
        _ => {}
    }
    for job in &visit.missing {
        notes.push(format!("the artifacts of `{job}` are gone"));
    }
    output::note(&introduction(&run, &attempt, &visit, &notes));
    let interactive = std::io::stdin().is_terminal();
    let in_container = engine
        .as_ref()
        .and_then(|engine| engine.call(&visit, interactive, &args.command));
    let call = in_container
        .unwrap_or_else(|| shell_call(&visit, &settings, &attempt.job, interactive, &args.command));
    let status = carry_out(call);
    if let Some(engine) = engine {
        engine.close();
    }
    let status = status?;
    Ok(Ended::Program(code(status)))
}

/// Finds the attempt that is meant: of the newest run in which the job ran, or of that run; there the last one that
/// failed, or else the last one.
fn find(reader: &Reader, which: &[String]) -> Result<(Run, Attempt), CommandError> {
    if let [job] = which {
        for run in reader.runs(usize::MAX)? {
            if let Some(found) = attempt(reader, run.id, job)? {
                return Ok(found);
            }
        }
    }
    // Says what is wrong with the name, too.
    let meant = stored::find(reader, which)?;
    let Some(any) = meant.attempts.first().filter(|_| meant.by_name) else {
        return Err(CommandError::usage("a shell is of a job").hint("name it: gantry shell RUN JOB"));
    };
    match attempt(reader, meant.run.id, &any.job)? {
        Some(found) => Ok(found),
        None => {
            let message = format!(
                "job `{}` has not run in run {}: {}",
                any.job, meant.run.id, any.reason
            );
            Err(CommandError::usage(message)
                .hint(format!("gantry shell '{}' finds the run where it did", any.job)))
        }
    }
}

/// Returns an attempt with the run that it is in, which may be a child.
fn attempt(reader: &Reader, run: RunId, job: &str) -> Result<Option<(Run, Attempt)>, CommandError> {
    let mut attempts = stored::attempts(reader, run)?;
    attempts.retain(|attempt| attempt.job == job && attempt.started_at.is_some());
    let failed = attempts.iter().rposition(|attempt| attempt.status == "failed");
    let Some(last) = failed.or(attempts.len().checked_sub(1)) else {
        return Ok(None);
    };
    let Attempt { id, run, .. } = attempts.swap_remove(last);
    let mut of_run = reader.attempts(run)?.into_iter();
    let attempt = of_run.find(|attempt| attempt.id == id);
    Ok(attempt.zip(reader.run(run)?).map(|(attempt, run)| (run, attempt)))
}

fn not_given(circumstances: &Circumstances, given: &[Variable]) -> Option<String> {
    let missing: Vec<String> = circumstances
        .given
        .iter()
        .filter(|name| !given.iter().any(|variable| variable.key == **name))
        .map(|name| format!("`{name}`"))
        .collect();
    (!missing.is_empty()).then(|| {
        format!(
            "the run was given {}, whose values are not kept: say them again with --variable",
            missing.join(", ")
        )
    })
}

fn unknown(error: &RevisitError) -> CommandError {
    let told = match error {
        RevisitError::Unreadable { .. } => CommandError::world(error.to_string()),
        _ => CommandError::usage(error.to_string()),
    };
    let told = match std::error::Error::source(error) {
        Some(source) => told.because(source),
        None => told,
    };
    told.hint("a new run takes everything down: gantry run")
}

fn not_prepared(error: VisitError, run: RunId) -> CommandError {
    match error {
        VisitError::Git(error) => CommandError::from(error).hint(format!(
            "the files of run {run} went when the cache or the repository was cleaned up; gantry run takes them down anew"
        )),
        VisitError::Io { .. } => {
            let told = CommandError::world(error.to_string());
            match std::error::Error::source(&error) {
                Some(source) => told.because(source),
                None => told,
            }
        }
        VisitError::NotSupported(_) | VisitError::Artifacts { .. } => CommandError::world(error.to_string()),
    }
}

/// Says where the person is, on standard error, since standard output belongs to the command.
fn introduction(run: &Run, attempt: &Attempt, visit: &Visit, notes: &[String]) -> String {
    let Attempt { job, number, .. } = attempt;
    let attempt_number = match number {
        1 => String::new(),
        number => format!(", attempt {number}"),
    };
    let ended = match attempt.status.as_str() {
        "success" => "succeeded",
        "canceled" => "was canceled",
        status => status,
    };
    let tree = match visit.tree() {
        Tree::AsLeft => "as it was left",
        Tree::InPlace => "your own, as they are now",
        Tree::Fresh => "made afresh, since another job has the old work tree by now",
    };
    let mut out = format!(
        "{BOLD}{job}{RESET} of run {}{attempt_number}, which {ended}\n{BOLD}files{RESET}  {}, {tree}\n",
        run.id,
        visit.directory().display()
    );
    for note in notes {
        out.push_str(&format!("{BOLD}note{RESET}   {note}\n"));
    }
    out
}

/// Returns the call of this machine's bash, or of the command.
fn shell_call(
    visit: &Visit,
    settings: &Settings,
    job: &str,
    interactive: bool,
    command: &[OsString],
) -> Command {
    let (program, arguments) = match command {
        [] if interactive => (OsString::from("bash"), vec!["--noprofile", "--norc", "-i"]),
        [] => (OsString::from("bash"), vec!["--noprofile", "--norc"]),
        [program, ..] => (program.clone(), Vec::new()),
    };
    let mut call = Command::new(&program);
    call.args(arguments)
        .args(command.iter().skip(1))
        .current_dir(visit.directory())
        .env_clear()
        .envs(settings.inherited_environment.iter().cloned())
        .env("PS1", format!("({}) \\W \\$ ", job.replace('\\', "/")))
        .envs(visit.variables());
    call
}

/// Runs the shell or the command to its end. Ctrl-C is theirs; gantry stays, to clean up.
fn carry_out(mut call: Command) -> Result<ExitStatus, CommandError> {
    let program = call.as_std().get_program().to_owned();
    let failed = |error: &std::io::Error| {
        CommandError::usage(format!("cannot start `{}`", program.display())).because(error)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    runtime.block_on(async {
        let listen = |kind| {
            signal(kind).map_err(|error| CommandError::world("cannot listen for signals").because(&error))
        };
        let (_interrupt, mut terminate) =
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        let mut child = call.spawn().map_err(|error| failed(&error))?;
        tokio::select! {
            status = child.wait() => status.map_err(|error| failed(&error)),
            _ = terminate.recv() => {
                pass_on(&child, Signal::TERM);
                child.wait().await.map_err(|error| failed(&error))
            }
        }
    })
}

fn pass_on(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    if let Some(id) = id {
        // Fails where it has just ended.
        let _ = kill_process(id, signal);
    }
}

/// The exit code, as a shell tells it.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}
