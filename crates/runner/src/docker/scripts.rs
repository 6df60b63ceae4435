//! Running one script: a start of the build container.
//!
//! The container's first process is a search for a shell, which waits for the shell that it has found. So the shell is
//! not the first process, on which signals have no effect unless it handles them, and orphans find a parent. When the first
//! process ends, the kernel ends all others.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, fchown};
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt;
use gantry_protocol::Wish;
use rustix::fs::OFlags;
use tokio::time::{sleep, sleep_until};

use super::build::Build;
use super::container::{Container, Output};
use super::error::DockerError;
use super::tree::{Parcel, ROOT};
use super::work_tree::{blocking, runs_as_root};
use crate::executor::{Bounds, Ended, JobParts, wish_beyond};
use crate::slot;
use crate::trace::Trace;

/// In the temporary folder.
pub(super) const SCRIPT: &str = "script.sh";

/// The command of every build container; its argument is the script.
pub(super) const SEARCH_FOR_SHELL: &str = "exec 2>&1\n\
    for shell in /usr/local/bin/bash /usr/bin/bash /bin/bash /usr/local/bin/sh /usr/bin/sh /bin/sh /busybox/sh; do\n\
      if [ -x \"$shell\" ]; then \"$shell\" \"$0\"; exit $?; fi\n\
    done\n\
    echo 'shell not found'; exit 1";

/// Asks everything to stop, except the first process and itself.
const TERMINATE: &str = "for process in /proc/[0-9]*; do\n\
      process=${process#/proc/}\n\
      [ \"$process\" = 1 ] || [ \"$process\" = $$ ] || kill -TERM \"$process\"\n\
    done 2> /dev/null";

/// How long to go on after SIGKILL: a process in an uninterruptible wait must not hold the job for ever.
const PATIENCE_AFTER_KILL: Duration = Duration::from_secs(10);

impl Build {
    /// Runs a script to its end; no process of it is left when this returns.
    pub(super) async fn run(
        &self,
        job: &JobParts<'_>,
        files: &[(PathBuf, String)],
        script: &str,
        bounds: &mut Bounds,
    ) -> Result<Ended, DockerError> {
        let script = (job.places.temporary_dir.join(SCRIPT), script.to_owned());
        let files: Vec<_> = files.iter().cloned().chain([script]).collect();
        match self.work_tree.inside() {
            Some(inside) => self.write_files(job, inside.to_owned(), files).await?,
            None => self.send_files(job, &files).await?,
        }
        self.work_tree.scripts_have_run();
        // Podman prepares the start as soon as somebody attaches, and says here what is wrong with it.
        let output = self.container.attach().await;
        let output = output.map_err(|error| self.start_failed(error))?;
        self.container
            .start()
            .await
            .map_err(|error| self.start_failed(error))?;
        let finished = async {
            copy(output, job.trace).await;
            self.container.wait().await
        };
        tokio::pin!(finished);
        let ended = tokio::select! {
            code = &mut finished => code.map(|code| Ended::Exited(code as i32)),
            ended = must_end(bounds) => {
                let stopping = stop(&self.container, ended, job.settings.graceful_kill, bounds);
                tokio::select! {
                    _ = &mut finished => {}
                    () = stopping => {}
                }
                Ok(ended)
            }
        };
        job.trace.output_ended();
        ended
    }

    /// Writes files into this machine's folder that the container has as its temporary folder.
    async fn write_files(
        &self,
        job: &JobParts<'_>,
        inside: PathBuf,
        files: Vec<(PathBuf, String)>,
    ) -> Result<(), DockerError> {
        let temporary_dir = job.places.temporary_dir.clone();
        let owner = self.owner;
        let write = move || {
            for (path, content) in files {
                let path = inside.join(path.strip_prefix(&temporary_dir).unwrap_or(&path));
                // A script may have put a link here, which must lead nobody out of the container.
                slot::remove(&path)?;
                let mut options = fs::OpenOptions::new();
                let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
                match owner {
                    Some(owner) if runs_as_root() => {
                        let number = |id: u64| u32::try_from(id).ok();
                        fchown(&file, number(owner.user), number(owner.group))?;
                    }
                    Some(ROOT) => {}
                    // A user whose files we cannot make has to read ours as anybody.
                    _ => file.set_permissions(fs::Permissions::from_mode(0o666))?,
                }
                file.write_all(content.as_bytes())?;
            }
            Ok(())
        };
        blocking("write the script", write).await
    }

    /// Sends files into the container's temporary folder.
    async fn send_files(&self, job: &JobParts<'_>, files: &[(PathBuf, String)]) -> Result<(), DockerError> {
        // A user whose numbers are not known has to read them as anybody.
        let (mode, owner) = match self.owner {
            Some(owner) => (0o600, owner),
            None => (0o666, ROOT),
        };
        let pack = || {
            let mut parcel = Parcel::new();
            parcel.folders(&job.places.temporary_dir)?;
            for (path, content) in files {
                parcel.file(path, content.as_bytes(), mode, owner)?;
            }
            parcel.pack()
        };
        let parcel = pack().map_err(|source| DockerError::Files {
            doing: "pack the script",
            source,
        })?;
        self.container.put(parcel).await
    }

    /// Returns what a script has written to a file of the temporary folder.
    pub(super) async fn read(&self, job: &JobParts<'_>, file_name: &str) -> Option<Vec<u8>> {
        let Some(inside) = self.work_tree.inside() else {
            let path = job.places.temporary_dir.join(file_name);
            let found = self.container.get_file(&path.display().to_string()).await;
            return found.ok().flatten().map(|(content, _)| content);
        };
        let path = inside.join(file_name);
        // What is there is the script's choice: no link is followed, and nobody waits for a pipe.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let read = move || {
            let mut options = fs::OpenOptions::new();
            let mut file = options.read(true).custom_flags(flags.bits() as i32).open(path)?;
            let mut content = Vec::new();
            if file.metadata()?.is_file() {
                file.read_to_end(&mut content)?;
            }
            Ok(content)
        };
        blocking("read the script's environment", read).await.ok()
    }

    fn start_failed(&self, error: DockerError) -> DockerError {
        let DockerError::Api { source, .. } = &error else {
            return error;
        };
        let message = super::error::api_message(source);
        let image = self.plan.image_name.clone();
        if message.contains("\"sh\"") && message.contains("not found") {
            DockerError::NoShell { image }
        } else if message.contains("OCI runtime") || message.contains("crun") {
            DockerError::Start { image, message }
        } else {
            error
        }
    }
}

async fn copy(mut output: Output, trace: &Trace<'_>) {
    // A connection that breaks ends the output; how the container ended is asked separately.
    while let Some(Ok(chunk)) = output.next().await {
        trace.output(&chunk.into_bytes()).await;
    }
}

/// Returns once the script has to end before it is done.
async fn must_end(bounds: &mut Bounds) -> Ended {
    tokio::select! {
        () = sleep_until(bounds.deadline) => Ended::TimedOut,
        wish = wish_beyond(&mut bounds.wish, bounds.accepted) => Ended::Stopped(wish),
    }
}

/// Makes the script end, by asking first where there is time; returns when that has not helped.
async fn stop(container: &Container, why: Ended, grace: Duration, bounds: &mut Bounds) {
    if why != Ended::Stopped(Wish::Abort) && container.exec("0", &["sh", "-c", TERMINATE]).await.is_ok() {
        tokio::select! {
            () = sleep(grace) => {}
            _ = wish_beyond(&mut bounds.wish, Wish::Cancel) => {}
        }
    }
    // One that has just ended cannot be killed, and one that cannot be killed is removed later.
    let _ = container.kill().await;
    sleep(PATIENCE_AFTER_KILL).await;
}
