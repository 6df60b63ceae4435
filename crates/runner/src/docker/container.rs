//! One container, from its creation to its removal.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error as ApiError;
use bollard::exec::{CreateExecOptions, StartExecOptions};
use bollard::models::{ContainerCreateBody, ContainerInspectResponse};
use bollard::query_parameters::{
    AttachContainerOptions, ContainerArchiveInfoOptions, CreateContainerOptions,
    DownloadFromContainerOptions, KillContainerOptions, RemoveContainerOptions, UploadToContainerOptions,
};
use futures_util::{Stream, StreamExt};
use tokio::time::sleep;

use super::engine::{Engine, is_missing, status};
use super::error::DockerError;
use super::journal::announced;
use super::names::OWNER;
use super::tree::{Owner, only_file};

/// How often an engine that fails to remove something is asked again.
const REMOVALS: u32 = 5;
const REMOVAL_PAUSE: Duration = Duration::from_millis(200);

/// What a container's process writes.
pub(super) type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, ApiError>> + Send>>;

/// A container that exists.
#[derive(Debug, Clone)]
pub(super) struct Container {
    pub(super) engine: Engine,
    pub(super) id: String,
}

impl Container {
    pub(super) async fn create(
        engine: &Engine,
        name: String,
        platform: Option<&str>,
        body: ContainerCreateBody,
    ) -> Result<Container, DockerError> {
        let owner = body.labels.as_ref().and_then(|labels| labels.get(OWNER).cloned());
        let options = CreateContainerOptions {
            name: Some(name.clone()),
            platform: platform.unwrap_or_default().to_owned(),
        };
        let created = engine.ask(
            "create a container",
            engine.api.create_container(Some(options), body),
        );
        let created = announced(owner.as_ref(), &name, created).await?;
        Ok(Container {
            engine: engine.clone(),
            id: created.id,
        })
    }

    /// Extracts a tar archive at the root of the container's file system, which need not be running.
    pub(super) async fn put(&self, archive: Vec<u8>) -> Result<(), DockerError> {
        let body = bollard::body_full(archive.into());
        let put = self
            .engine
            .api
            .upload_to_container(&self.id, Some(at_root()), body);
        self.engine.ask("put files into the container", put).await
    }

    /// The same with an archive that comes in pieces, which may take its time.
    pub(super) async fn put_stream(
        &self,
        pieces: impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static,
    ) -> Result<(), DockerError> {
        let body = bollard::body_try_stream(pieces.map(|piece| piece.map(Into::into)));
        let put = self
            .engine
            .api
            .upload_to_container(&self.id, Some(at_root()), body);
        put.await
            .map_err(|error| self.engine.failed("put files into the container", error))
    }

    /// Returns the tar archive of a file, or of a folder with everything in it.
    pub(super) fn get(
        &self,
        path: &str,
    ) -> impl Stream<Item = Result<impl AsRef<[u8]> + use<>, ApiError>> + use<> {
        let options = DownloadFromContainerOptions { path: path.into() };
        self.engine.api.download_from_container(&self.id, Some(options))
    }

    /// Tells whether there is something at `path`.
    pub(super) async fn has(&self, path: &str) -> Result<bool, DockerError> {
        let options = ContainerArchiveInfoOptions { path: path.into() };
        let looked = self
            .engine
            .api
            .get_container_archive_info(&self.id, Some(options));
        match self.engine.ask("look for a file in the container", looked).await {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the content of a small file and its owner; `None` where there is no such file.
    pub(super) async fn get_file(&self, path: &str) -> Result<Option<(Vec<u8>, Owner)>, DockerError> {
        let doing = "read a file of the container";
        let fetched = async {
            let mut archive = Vec::new();
            let mut chunks = self.get(path);
            while let Some(chunk) = chunks.next().await {
                archive.extend_from_slice(chunk?.as_ref());
            }
            Ok(archive)
        };
        match self.engine.ask(doing, fetched).await {
            Ok(archive) => only_file(&archive).map_err(|source| DockerError::Files { doing, source }),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Listens to what the container will write; to be called before it starts.
    pub(super) async fn attach(&self) -> Result<Output, DockerError> {
        let options = AttachContainerOptions {
            stream: true,
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let attached = self.engine.api.attach_container(&self.id, Some(options));
        Ok(self.engine.ask("attach to the container", attached).await?.output)
    }

    pub(super) async fn start(&self) -> Result<(), DockerError> {
        let started = self.engine.api.start_container(&self.id, None);
        self.engine.ask("start the container", started).await
    }

    pub(super) async fn inspect(&self) -> Result<ContainerInspectResponse, DockerError> {
        let inspected = self.engine.api.inspect_container(&self.id, None);
        self.engine.ask("inspect a container", inspected).await
    }

    /// Waits until the container has ended; returns its exit code.
    pub(super) async fn wait(&self) -> Result<i64, DockerError> {
        let mut answers = self.engine.api.wait_container(&self.id, None);
        match answers.next().await {
            Some(Ok(answer)) => Ok(answer.status_code),
            // The library's way of saying that the code is not 0.
            Some(Err(ApiError::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(error)) => Err(self.engine.failed("wait for the container", error)),
            None => Err(DockerError::Silent("wait for the container")),
        }
    }

    /// Sends SIGKILL to everything in the container; one that has ended stays as it is.
    pub(super) async fn kill(&self) -> Result<(), DockerError> {
        let options = KillContainerOptions {
            signal: "SIGKILL".into(),
        };
        let killed = self.engine.api.kill_container(&self.id, Some(options));
        match self.engine.ask("kill the container", killed).await {
            Err(error) if matches!(status(&error), Some(404 | 409)) => Ok(()),
            result => result,
        }
    }

    /// Starts another process in the running container, and does not wait for it.
    pub(super) async fn exec(&self, user: &str, command: &[&str]) -> Result<(), DockerError> {
        let doing = "run a command in the container";
        let options = CreateExecOptions {
            user: Some(user),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let created = self.engine.api.create_exec(&self.id, options);
        let id = self.engine.ask(doing, created).await?.id;
        let options = StartExecOptions {
            detach: true,
            ..StartExecOptions::default()
        };
        let started = self.engine.api.start_exec(&id, Some(options));
        self.engine.ask(doing, started).await.map(|_| ())
    }

    /// Removes the container, running or not, and its anonymous volumes.
    pub(super) async fn remove(&self) -> Result<(), DockerError> {
        let options = RemoveContainerOptions {
            v: true,
            force: true,
            link: false,
        };
        stubbornly(|| async {
            let removed = self.engine.api.remove_container(&self.id, Some(options.clone()));
            self.engine.ask("remove a container", removed).await
        })
        .await
    }
}

fn at_root() -> UploadToContainerOptions {
    UploadToContainerOptions {
        path: "/".into(),
        ..UploadToContainerOptions::default()
    }
}

/// Removes something; what is not there any more is fine. Asks again where the engine is not done with something yet: a container that is being removed by somebody else,
/// a network that it has just left.
pub(super) async fn stubbornly<F: Future<Output = Result<(), DockerError>>>(
    removal: impl Fn() -> F,
) -> Result<(), DockerError> {
    for _ in 1..REMOVALS {
        match removal().await {
            Err(error) if is_missing(&error) => return Ok(()),
            Err(DockerError::Api { .. }) => sleep(REMOVAL_PAUSE).await,
            result => return result,
        }
    }
    match removal().await {
        Err(error) if is_missing(&error) => Ok(()),
        result => result,
    }
}
