//! The shell executor: runs scripts with the machine's own bash, each under a supervisor of its own.
//!
//! A script's processes see the environment of [`Settings::inherited_environment`] and nothing of the runner's; the
//! script itself exports the job's variables. Standard input is empty; standard output and standard error are one
//! pipe, so that their lines keep the order in which they were written. See [`crate::supervise`] for who ends what.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use gantry_protocol::Wish;
use gantry_protocol::payload::JobPayload;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::time::{sleep, sleep_until, timeout};

use crate::archive::Stop;
use crate::archive::collect::Wanted;
use crate::executor::{Bounds, Ended, Environment, JobParts, wish_beyond};
use crate::outcome::Halt;
use crate::script::Dialect;
use crate::settings::Settings;
use crate::slot::Slot;
use crate::supervise::{Report, Supervised, Task};
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
        if files.is_empty() {
            return Ok(());
        }
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
        let file = ScriptFile::write(&self.slot.temporary_dir, script)?;
        let (shell, output) = self.start(&file, directory)?;
        let copied = copy(output, trace);
        tokio::pin!(copied);
        let waited = wait(shell, settings, bounds);
        tokio::pin!(waited);
        // Output is read while the script runs and after it, but nobody waits long for what comes late.
        let (stopped, report) = tokio::select! {
            waited = &mut waited => {
                let _ = timeout(LATE_OUTPUT, &mut copied).await;
                waited
            }
            result = &mut copied => {
                let waited = waited.await;
                result.map_err(ShellError::Output)?;
                waited
            }
        };
        trace.output_ended();
        match (stopped, report) {
            (_, Some(Report::NotStarted(reason))) => Err(ShellError::NotStarted(reason)),
            (Some(ended), _) => Ok(ended),
            (None, Some(Report::Exit(status))) => Ok(Ended::Exited(status)),
            (None, Some(Report::Signal(number))) => Ok(Ended::Exited(128 + number)),
            (None, None) => Err(ShellError::NoReport),
        }
    }

    fn start(&self, file: &ScriptFile, directory: &Path) -> Result<(Supervised, pipe::Receiver), ShellError> {
        let settings = self.settings;
        let failed = |source| ShellError::Supervisor {
            program: settings.supervisor.program(),
            source,
        };
        let (reader, writer) = io::pipe().map_err(failed)?;
        let task = Task {
            grace: settings.graceful_kill,
            hold: Some(self.slot.running_lock.clone()),
            directory: directory.to_owned(),
            environment: settings.inherited_environment.clone(),
            program: self.bash.clone(),
            arguments: vec![file.path.clone().into()],
        };
        // This side's copy of the pipe's writing end goes with this function, or its end would never come.
        let shell = settings.supervisor.start(&task, writer.as_fd()).map_err(failed)?;
        let receiver = pipe::Receiver::from_owned_fd(OwnedFd::from(reader)).map_err(failed)?;
        Ok((shell, receiver))
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

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The script of one run; removed when it is over, since it holds the job's variables.
struct ScriptFile {
    path: PathBuf,
}

impl ScriptFile {
    fn write(folder: &Path, script: &str) -> Result<ScriptFile, ShellError> {
        let file = ScriptFile {
            path: folder.join("script.sh"),
        };
        match file.create(script) {
            Ok(()) => Ok(file),
            Err(source) => Err(ShellError::Script {
                path: file.path.clone(),
                source,
            }),
        }
    }

    fn create(&self, script: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = match options.open(&self.path) {
            // What a script before this one has put in its place goes.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                fs::remove_file(&self.path)?;
                options.open(&self.path)
            }
            opened => opened,
        };
        file?.write_all(script.as_bytes())
    }
}

impl Drop for ScriptFile {
    fn drop(&mut self) {
        // The script may have removed it itself, and the folder is emptied after the job.
        let _ = fs::remove_file(&self.path);
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

/// Waits for the shell's end, and brings it about where the bounds say so; returns why it had to be, and how it was.
async fn wait(
    mut shell: Supervised,
    settings: &Settings,
    bounds: &mut Bounds,
) -> (Option<Ended>, Option<Report>) {
    let accepted = bounds.accepted;
    let ended = tokio::select! {
        report = shell.ended() => return (None, report),
        () = sleep_until(bounds.deadline) => Ended::TimedOut,
        wish = wish_beyond(&mut bounds.wish, accepted) => Ended::Stopped(wish),
    };
    if ended != Ended::Stopped(Wish::Abort) {
        shell.stop();
        tokio::select! {
            report = shell.ended() => return (Some(ended), report),
            _ = wish_beyond(&mut bounds.wish, Wish::Cancel) => {}
            () = sleep(settings.graceful_kill + SUPERVISOR_MARGIN) => {}
        }
    }
    shell.kill();
    // One that does not answer keeps its lock, so that nobody else gets the slot.
    let report = timeout(SUPERVISOR_MARGIN, shell.ended()).await;
    (Some(ended), report.unwrap_or_default())
}
