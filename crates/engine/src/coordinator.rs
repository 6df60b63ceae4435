//! The coordinator of a job that runs on this machine: files straight into the store's folder, everything else as
//! messages to the loop.
//!
//! It shares nothing with the loop. What has to be taken down before the runner may go on comes with a way to
//! answer; what the loop wants of the job travels the other way, as a [`Wish`].

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use gantry_protocol::{
    ArtifactUpload, Coordinator, CoordinatorError, Downloaded, FailureReason, JobState, JobUpdate, Wish,
};
use gantry_store::{AttemptId, DotenvVariable, Folder, NewArtifact, RunId, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::spawn_blocking;

use crate::{coverage, dotenv};

/// How much of a job's trace may wait for the loop.
const UNSEEN_BYTES: u32 = 1024 * 1024;

/// Who works on an attempt. The attempts of different stores may have the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Worker(pub(crate) u64);

/// What a job has to say to the loop.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) worker: Worker,
    pub(crate) report: Report,
}

#[derive(Debug)]
pub(crate) enum Report {
    /// These bytes have been added to the trace.
    Trace(TraceBytes),
    /// The file lies in the store's folder; `stored` hears whether its row does, too.
    Artifact {
        artifact: NewArtifact,
        variables: Vec<DotenvVariable>,
        stored: oneshot::Sender<Result<(), StoreError>>,
    },
    /// The final state. The trace is complete and on the disk.
    Finished {
        update: JobUpdate,
        /// What `coverage` has found in the trace.
        coverage: Option<String>,
    },
}

/// A piece of a trace on its way to the loop. It takes up room until the loop is done with it.
#[derive(Debug)]
pub(crate) struct TraceBytes {
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Deref for TraceBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Where one attempt at a job has its place: in the store and at the loop.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) folder: Folder,
    pub(crate) run: RunId,
    pub(crate) attempt: AttemptId,
    /// What finds the coverage in the trace.
    pub(crate) coverage: Option<String>,
    pub(crate) worker: Worker,
    pub(crate) messages: mpsc::Sender<Message>,
    pub(crate) wish: watch::Receiver<Wish>,
}

/// A runner's view of the engine, for one attempt at a job in the same process.
#[derive(Debug)]
pub struct LocalCoordinator {
    run: RunId,
    attempt: AttemptId,
    folder: Folder,
    trace: Arc<File>,
    /// For what the loop has not seen of the trace: a job that prints faster than it is shown is slowed down.
    room: Arc<Semaphore>,
    /// What finds the coverage in the trace.
    coverage: Option<String>,
    /// By the ids of the payload's dependencies.
    archives: HashMap<i64, PathBuf>,
    worker: Worker,
    messages: mpsc::Sender<Message>,
    wish: watch::Receiver<Wish>,
    finished: AtomicBool,
    /// What was wrong with the dotenv report; such a job fails.
    invalid_dotenv: OnceLock<String>,
}

impl LocalCoordinator {
    pub(crate) fn new(seat: Seat, archives: HashMap<i64, PathBuf>) -> Result<LocalCoordinator, StoreError> {
        let Seat {
            folder,
            run,
            attempt,
            coverage,
            worker,
            messages,
            wish,
        } = seat;
        let trace = Arc::new(folder.create_trace(run, attempt)?);
        Ok(LocalCoordinator {
            run,
            attempt,
            folder,
            trace,
            room: Arc::new(Semaphore::new(UNSEEN_BYTES as usize)),
            coverage,
            archives,
            worker,
            messages,
            wish,
            finished: AtomicBool::new(false),
            invalid_dotenv: OnceLock::new(),
        })
    }

    fn check_open(&self) -> Result<(), CoordinatorError> {
        if self.finished.load(Ordering::Relaxed) {
            return Err(CoordinatorError::Gone);
        }
        Ok(())
    }

    async fn send(&self, report: Report) -> Result<(), CoordinatorError> {
        let worker = self.worker;
        self.messages
            .send(Message { worker, report })
            .await
            .map_err(|_| CoordinatorError::Gone)
    }

    /// A log that cannot be read says nothing about coverage, and fails no job.
    async fn find_coverage(&self) -> Option<String> {
        let expression = self.coverage.clone()?;
        let path = self.folder.trace(self.run, self.attempt);
        spawn_blocking(move || coverage::find(&path, &expression))
            .await
            .ok()?
            .ok()?
    }

    /// What the engine makes of a final state.
    fn verdict(&self, update: &JobUpdate) -> JobUpdate {
        match self.invalid_dotenv.get() {
            Some(problem) if update.state == JobState::Success => JobUpdate {
                state: JobState::Failed,
                failure_reason: Some(FailureReason::ScriptFailure),
                exit_code: None,
                message: Some(format!("the dotenv report is not valid: {problem}")),
            },
            _ => update.clone(),
        }
    }

    fn read_dotenv(&self, artifact: &ArtifactUpload) -> Result<Vec<DotenvVariable>, CoordinatorError> {
        if artifact.artifact_type != "dotenv" {
            return Ok(Vec::new());
        }
        dotenv::read_gzip(&artifact.path).map_err(|error| {
            let problem = self.invalid_dotenv.get_or_init(|| error.to_string());
            CoordinatorError::Refused(problem.clone())
        })
    }

    async fn take(&self, artifact: &ArtifactUpload) -> Result<NewArtifact, CoordinatorError> {
        let (folder, run, attempt) = (self.folder.clone(), self.run, self.attempt);
        let (path, file_name) = (artifact.path.clone(), artifact.file_name.clone());
        let size_bytes = blocking(move || {
            folder
                .take_artifact(run, attempt, &path, &file_name)
                .map_err(not_kept)
        })
        .await?;
        Ok(NewArtifact {
            attempt,
            artifact_type: artifact.artifact_type.clone(),
            artifact_format: artifact.artifact_format.clone(),
            file_name: artifact.file_name.clone(),
            size_bytes,
            sha256: None,
            expire_in: artifact.expire_in.clone(),
        })
    }
}

impl Coordinator for LocalCoordinator {
    /// Writes at once and without a buffer of our own: the bytes survive this process.
    async fn append_trace(&self, bytes: &[u8]) -> Result<(), CoordinatorError> {
        self.check_open()?;
        (&*self.trace)
            .write_all(bytes)
            .map_err(failed("writing the trace"))?;
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX).min(UNSEEN_BYTES);
        let room = Arc::clone(&self.room).acquire_many_owned(size).await;
        self.send(Report::Trace(TraceBytes {
            bytes: bytes.to_vec(),
            _room: room.expect("BUG: the room of a trace was closed"),
        }))
        .await
    }

    async fn update(&self, update: &JobUpdate) -> Result<(), CoordinatorError> {
        self.check_open()?;
        if update.state == JobState::Running {
            return Ok(());
        }
        self.finished.store(true, Ordering::Relaxed);
        self.send(Report::Finished {
            update: self.verdict(update),
            coverage: self.find_coverage().await,
        })
        .await
    }

    async fn upload(&self, artifact: &ArtifactUpload) -> Result<(), CoordinatorError> {
        self.check_open()?;
        let variables = self.read_dotenv(artifact)?;
        let artifact = self.take(artifact).await?;
        let (stored, answer) = oneshot::channel();
        self.send(Report::Artifact {
            artifact,
            variables,
            stored,
        })
        .await?;
        match answer.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(CoordinatorError::Refused(error.to_string())),
            Err(_) => Err(CoordinatorError::Gone),
        }
    }

    async fn download(&self, dependency: i64, to: &Path) -> Result<Downloaded, CoordinatorError> {
        self.check_open()?;
        let Some(archive) = self.archives.get(&dependency).cloned() else {
            return Ok(Downloaded::Missing);
        };
        let to = to.to_owned();
        blocking(move || lend(&archive, &to).map_err(failed("fetching artifacts"))).await
    }

    async fn wish_beyond(&self, beyond: Wish) -> Wish {
        let mut wish = self.wish.clone();
        match wish.wait_for(|wish| *wish > beyond).await {
            Ok(wish) => *wish,
            // The loop is gone, and with it whoever could want the job.
            Err(_) => Wish::Abort,
        }
    }
}

/// Gives a file a second name; where that cannot be, a copy.
fn lend(file: &Path, to: &Path) -> io::Result<Downloaded> {
    match fs::hard_link(file, to) {
        Ok(()) => Ok(Downloaded::Saved),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !file.exists() => Ok(Downloaded::Missing),
        Err(_) => fs::copy(file, to).map(|_| Downloaded::Saved),
    }
}

/// Runs what waits for the disk where it keeps nobody waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CoordinatorError> + Send + 'static,
) -> Result<T, CoordinatorError> {
    spawn_blocking(work)
        .await
        .unwrap_or_else(|lost| Err(failed("a step of the engine")(io::Error::other(lost))))
}

fn failed(what: &str) -> impl FnOnce(io::Error) -> CoordinatorError {
    let context = format!("{what} failed");
    move |source| CoordinatorError::Io { context, source }
}

fn not_kept(error: StoreError) -> CoordinatorError {
    match error {
        StoreError::FileName(_) | StoreError::FileExists(_) => CoordinatorError::Refused(error.to_string()),
        _ => failed("keeping the artifact")(io::Error::other(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_trace_waits_for_the_loop_before_it_takes_much_memory() {
        let root = tempfile::tempdir().unwrap();
        let (messages, mut inbox) = mpsc::channel(1000);
        let (_wishes, wish) = watch::channel(Wish::Run);
        let seat = Seat {
            folder: Folder::of(root.path()),
            run: RunId(1),
            attempt: AttemptId(1),
            coverage: None,
            worker: Worker(1),
            messages,
            wish,
        };
        let coordinator = LocalCoordinator::new(seat, HashMap::new()).unwrap();
        let chunk = vec![b'x'; UNSEEN_BYTES as usize / 4];
        for _ in 0..4 {
            coordinator.append_trace(&chunk).await.unwrap();
        }
        let more = coordinator.append_trace(&chunk);
        tokio::pin!(more);
        tokio::select! {
            biased;
            _ = &mut more => panic!("nobody has seen what came before"),
            () = std::future::ready(()) => {}
        }
        drop(inbox.recv().await);
        more.await.unwrap();
        let written = fs::read(coordinator.folder.trace(RunId(1), AttemptId(1))).unwrap();
        assert_eq!(written.len(), 5 * chunk.len());
    }
}
