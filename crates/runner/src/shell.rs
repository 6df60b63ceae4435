//! The shell executor: runs scripts with the machine's own bash, each under a supervisor of its own.
//!
//! A script's processes see the environment of [`Settings::inherited_environment`] and nothing of the runner's; the
//! script itself exports the job's variables. Standard input is empty; standard output and standard error are one
//! pipe, so that their lines keep the order in which they were written. See [`crate::supervise`] for who ends what.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use gantry_protocol::Wish;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::settings::Settings;
use crate::slot::Slot;
use crate::supervise::{self, Report};
use crate::trace::Trace;

const CHUNK_BYTES: usize = 32 * 1024;
/// The supervisor ends its tree within the grace period and a bounded time after it; this is how much later it is
/// itself given up.
const SUPERVISOR_MARGIN: Duration = Duration::from_secs(15);
/// How long output may still come after the supervisor has ended. Only where a process has escaped it.
const LATE_OUTPUT: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ShellError {
    #[error("bash was not found in PATH")]
    NoBash,
    #[error("cannot write the script `{}`: {source}", path.display())]
    Script { path: PathBuf, source: io::Error },
    #[error("cannot start the supervisor `{}`: {source}", program.display())]
    Supervisor { program: OsString, source: io::Error },
    #[error("the supervisor's command is empty")]
    NoSupervisor,
    #[error("the supervisor ended without telling how the script ended")]
    NoReport,
    #[error("{0}")]
    NotStarted(String),
    #[error("cannot read the script's output: {0}")]
    Output(io::Error),
}

/// How a script came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// By itself, with this status; 128 + n where signal n ended the shell.
    Exited(i32),
    /// The deadline passed.
    TimedOut,
    /// The coordinator wished so.
    Stopped(Wish),
}

/// When a script has to end before it is done.
pub(crate) struct Bounds {
    pub(crate) deadline: Instant,
    pub(crate) wish: watch::Receiver<Wish>,
    /// The wish that the script runs in spite of.
    pub(crate) accepted: Wish,
}

/// A shell, ready to run scripts.
#[derive(Debug)]
pub(crate) struct Shell {
    bash: PathBuf,
}

impl Shell {
    /// Finds bash in the `PATH` that jobs get.
    pub(crate) fn find(settings: &Settings) -> Result<Shell, ShellError> {
        let path = settings.inherited("PATH").unwrap_or_default();
        let candidates = std::env::split_paths(path)
            .filter(|folder| folder.is_absolute())
            .map(|f| f.join("bash"));
        let mut programs = candidates.filter(|candidate| is_program(candidate));
        programs
            .next()
            .map(|bash| Shell { bash })
            .ok_or(ShellError::NoBash)
    }

    /// Runs `script` in `directory` to its end, whatever that may be. No process of it is left when this returns.
    pub(crate) async fn run(
        &self,
        script: &str,
        directory: &Path,
        slot: &Slot,
        settings: &Settings,
        trace: &Trace<'_>,
        bounds: &mut Bounds,
    ) -> Result<Ended, ShellError> {
        let files = ScriptFiles::write(&slot.temporary_dir, script)?;
        let (child, output) = self.start(&files, directory, slot, settings)?;
        let copied = copy(output, trace);
        tokio::pin!(copied);
        let waited = wait(child, settings, bounds);
        tokio::pin!(waited);
        // Output is read while the script runs and after it, but nobody waits long for what comes late.
        let stopped = tokio::select! {
            stopped = &mut waited => {
                let _ = timeout(LATE_OUTPUT, &mut copied).await;
                stopped
            }
            result = &mut copied => {
                let stopped = waited.await;
                result.map_err(ShellError::Output)?;
                stopped
            }
        };
        trace.output_ended();
        let stopped = stopped.map_err(|source| supervisor_failed(settings, source))?;
        match (stopped, supervise::read_report(&files.report)) {
            (_, Some(Report::NotStarted(reason))) => Err(ShellError::NotStarted(reason)),
            (Some(ended), _) => Ok(ended),
            (None, Some(Report::Exit(status))) => Ok(Ended::Exited(status)),
            (None, Some(Report::Signal(number))) => Ok(Ended::Exited(128 + number)),
            (None, None) => Err(ShellError::NoReport),
        }
    }

    fn start(
        &self,
        files: &ScriptFiles,
        directory: &Path,
        slot: &Slot,
        settings: &Settings,
    ) -> Result<(Child, pipe::Receiver), ShellError> {
        let failed = |source| supervisor_failed(settings, source);
        let (program, first) = settings
            .supervisor
            .split_first()
            .ok_or(ShellError::NoSupervisor)?;
        let (reader, writer) = io::pipe().map_err(failed)?;
        // The command keeps the pipe's writing end and must be gone before anyone waits for the pipe's end.
        let child = Command::new(program)
            .args(first)
            .arg("--grace-ms")
            .arg(settings.graceful_kill.as_millis().to_string())
            .arg("--report")
            .arg(&files.report)
            .arg("--hold")
            .arg(&slot.running_lock)
            .arg("--")
            .arg(&self.bash)
            .arg(&files.script)
            .current_dir(directory)
            .env_clear()
            .envs(
                settings
                    .inherited_environment
                    .iter()
                    .map(|(key, value)| (key, value)),
            )
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().map_err(failed)?)
            .stderr(writer)
            .spawn()
            .map_err(failed)?;
        let receiver = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).map_err(failed)?;
        Ok((child, receiver))
    }
}

fn supervisor_failed(settings: &Settings, source: io::Error) -> ShellError {
    ShellError::Supervisor {
        program: settings.supervisor.first().cloned().unwrap_or_default(),
        source,
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The files of one run; removed when it is over, since the script holds the job's variables.
struct ScriptFiles {
    script: PathBuf,
    report: PathBuf,
}

impl ScriptFiles {
    fn write(folder: &Path, script: &str) -> Result<ScriptFiles, ShellError> {
        let files = ScriptFiles {
            script: folder.join("script.sh"),
            report: folder.join("script.report"),
        };
        files.remove();
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = options
            .open(&files.script)
            .and_then(|mut file| file.write_all(script.as_bytes()));
        match written {
            Ok(()) => Ok(files),
            Err(source) => Err(ShellError::Script {
                path: files.script.clone(),
                source,
            }),
        }
    }

    fn remove(&self) {
        // They are seldom all there, and the folder is emptied after the job.
        let _ = fs::remove_file(&self.script);
        let _ = fs::remove_file(&self.report);
    }
}

impl Drop for ScriptFiles {
    fn drop(&mut self) {
        self.remove();
    }
}

async fn copy(mut output: pipe::Receiver, trace: &Trace<'_>) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match output.read(&mut chunk).await? {
            0 => return Ok(()),
            count => trace.output(&chunk[..count]).await,
        }
    }
}

/// Waits for the supervisor, and makes it stop where the bounds say so; returns why it had to.
async fn wait(mut child: Child, settings: &Settings, bounds: &mut Bounds) -> io::Result<Option<Ended>> {
    let mut lifeline = child.stdin.take();
    let accepted = bounds.accepted;
    let ended = tokio::select! {
        ended = child.wait() => return ended.map(|_| None),
        () = sleep_until(bounds.deadline) => Ended::TimedOut,
        wish = wish_beyond(&mut bounds.wish, accepted) => Ended::Stopped(wish),
    };
    let patience = sleep(settings.graceful_kill + SUPERVISOR_MARGIN);
    tokio::pin!(patience);
    if ended != Ended::Stopped(Wish::Abort) {
        // The end of the lifeline would mean the same, but would leave nothing to say more by.
        terminate(&child);
        tokio::select! {
            ended_by_itself = child.wait() => return ended_by_itself.map(|_| Some(ended)),
            _ = wish_beyond(&mut bounds.wish, Wish::Cancel) => {}
            () = &mut patience => {}
        }
    }
    if let Some(lifeline) = &mut lifeline {
        // Fails where the supervisor has just ended.
        let _ = lifeline.write_all(&[supervise::KILL]).await;
    }
    tokio::select! {
        result = child.wait() => result.map(|_| ())?,
        () = sleep(SUPERVISOR_MARGIN) => child.kill().await?,
    }
    Ok(Some(ended))
}

fn terminate(child: &Child) {
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // Fails where the supervisor has just ended.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// Returns as soon as the coordinator's wish goes beyond `accepted`; never, where it does not.
pub(crate) async fn wish_beyond(wish: &mut watch::Receiver<Wish>, accepted: Wish) -> Wish {
    let wanted = wish.wait_for(|wish| *wish > accepted).await.map(|wish| *wish);
    match wanted {
        Ok(wish) => wish,
        Err(_) => std::future::pending().await,
    }
}
