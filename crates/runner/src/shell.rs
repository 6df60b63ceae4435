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
use std::sync::Arc;
use std::time::Duration;

use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::{sleep, sleep_until, timeout};

use crate::archive::Stop;
use crate::archive::collect::Wanted;
use crate::executor::{Bounds, Ended, Environment, JobParts, wish_beyond};
use crate::outcome::Halt;
use crate::script::Dialect;
use crate::settings::Settings;
use crate::slot::Slot;
use crate::supervise::{self, Report};
use crate::trace::Trace;
use crate::variables::Variables;

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

impl From<ShellError> for Halt {
    fn from(error: ShellError) -> Halt {
        Halt::system(error.to_string())
    }
}

/// The shell of one job.
pub(crate) struct Shell<'j> {
    slot: Arc<Slot>,
    settings: &'j Settings,
    payload: &'j JobPayload,
    trace: &'j Trace<'j>,
    /// Known once it has been looked for.
    bash: PathBuf,
}

impl Environment for Shell<'_> {
    const NAME: &'static str = "shell";
    const STATUS: &'static str = "exit status";
    const DIALECT: Dialect = Dialect::Bash;

    async fn prepare(&mut self, _variables: &Variables, _stop: &Stop) -> Result<(), Halt> {
        self.trace.line("Using Shell (bash) executor...");
        self.warn_of_containers();
        self.bash = find_bash(self.settings)?;
        Ok(())
    }

    async fn write_files(&self, files: Vec<(PathBuf, String)>) -> Result<(), Halt> {
        let written = tokio::task::spawn_blocking(move || write_files(&files)).await;
        let written = written.map_err(|error| Halt::broken(&error))?;
        written.map_err(|error| Halt::system(format!("cannot write a file variable: {error}")))
    }

    async fn put_work_tree(&self, _stop: &Stop) -> Result<(), Halt> {
        Ok(())
    }

    async fn run(&self, script: &str, directory: &Path, bounds: &mut Bounds) -> Result<Ended, Halt> {
        Ok(self.run_script(script, directory, bounds).await?)
    }

    async fn read(&self, file_name: &str) -> Option<Vec<u8>> {
        fs::read(self.slot.temporary_dir.join(file_name)).ok()
    }

    async fn take(&self, _wanted: &[Wanted], _stop: &Stop) -> Result<PathBuf, Halt> {
        Ok(self.slot.project_dir.clone())
    }

    async fn remove(&mut self) {}
}

impl<'j> Shell<'j> {
    pub(crate) fn new(job: &JobParts<'j>) -> Shell<'j> {
        Shell {
            slot: Arc::clone(&job.slot),
            settings: job.settings,
            payload: job.payload,
            trace: job.trace,
            bash: PathBuf::new(),
        }
    }

    fn warn_of_containers(&self) {
        if let Some(image) = self.payload.image.as_ref().filter(|image| !image.name.is_empty()) {
            self.trace.warning(&format!(
                "the shell executor has no images: `{}` is not used",
                image.name
            ));
        }
        for service in &self.payload.services {
            self.trace.warning(&format!(
                "the shell executor has no services: `{}` is not started",
                service.name
            ));
        }
    }

    async fn run_script(
        &self,
        script: &str,
        directory: &Path,
        bounds: &mut Bounds,
    ) -> Result<Ended, ShellError> {
        let (settings, trace) = (self.settings, self.trace);
        let files = ScriptFiles::write(&self.slot.temporary_dir, script)?;
        let (child, output) = self.start(&files, directory)?;
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

    fn start(&self, files: &ScriptFiles, directory: &Path) -> Result<(Child, pipe::Receiver), ShellError> {
        let settings = self.settings;
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
            .arg(&self.slot.running_lock)
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

/// Finds bash in the `PATH` that jobs get.
fn find_bash(settings: &Settings) -> Result<PathBuf, ShellError> {
    let path = settings.inherited("PATH").unwrap_or_default();
    let mut candidates = std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("bash"));
    candidates
        .find(|candidate| is_program(candidate))
        .ok_or(ShellError::NoBash)
}

fn write_files(files: &[(PathBuf, String)]) -> io::Result<()> {
    for (path, content) in files {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(content.as_bytes())?;
    }
    Ok(())
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
