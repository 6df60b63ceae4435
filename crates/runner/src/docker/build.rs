//! The build container: what the engine is told to make.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bollard::models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType};
use gantry_protocol::payload::{Image, JobPayload};

use super::container::Container;
use super::engine::{Engine, status};
use super::error::DockerError;
use super::images::{Obtained, Request};
use super::names::{Names, random};
use super::scripts::{SCRIPT, SEARCH_FOR_SHELL};
use super::services::build_endpoint;
use super::settings::SharedPaths;
use super::tree;
use super::user;
use super::work_tree::WorkTree;
use crate::executor::JobParts;
use crate::refuse;
use crate::slot;
use crate::sources::Sources;
use crate::variables::Variables;

/// In the slot's temporary folder: the container's temporary folder.
pub(super) const INSIDE: &str = "inside";

/// A build container that has been created.
pub(super) struct Build {
    pub(super) container: Container,
    pub(super) plan: Plan,
    pub(super) work_tree: WorkTree,
    /// Who the scripts run as, where that can be told.
    pub(super) owner: Option<tree::Owner>,
}

/// Everything about a build container that is known before it is made.
pub(super) struct Plan {
    pub(super) image: Obtained,
    /// The image as the job names it.
    pub(super) image_name: String,
    pub(super) names: Names,
    platform: Option<String>,
    body: ContainerCreateBody,
    user: String,
    /// This machine's folder, and the container's, where they may be the same.
    project_dir: PathBuf,
    project_dir_inside: PathBuf,
    /// The same for what belongs to this job alone.
    temporary_dir: PathBuf,
    temporary_dir_inside: PathBuf,
    share: bool,
    /// Object directories that the work tree borrows from.
    objects: Vec<PathBuf>,
}

impl Plan {
    pub(super) fn new(
        job: &JobParts<'_>,
        names: &Names,
        image: &Image,
        request: &Request,
        obtained: Obtained,
        variables: &Variables,
    ) -> Plan {
        let settings = &job.settings.docker;
        let options = image
            .executor_opts
            .as_ref()
            .and_then(|options| options.docker.as_ref());
        let user = options
            .and_then(|options| options.user.as_deref())
            .map(|user| variables.expand(user))
            .filter(|user| !user.is_empty());
        let with_services = !job.payload.services.is_empty();
        let script = job.places.temporary_dir.join(SCRIPT).display().to_string();
        let body = ContainerCreateBody {
            image: Some(obtained.id.clone()),
            user: user.clone(),
            env: Some(environment(variables)),
            entrypoint: image.entrypoint.clone(),
            cmd: Some(["sh", "-c", SEARCH_FOR_SHELL, &script].map(str::to_owned).into()),
            labels: Some(names.labels.clone()),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            networking_config: with_services.then(|| build_endpoint(names)),
            host_config: Some(HostConfig {
                network_mode: with_services.then(|| names.network().to_owned()),
                binds: Some(settings.volumes.clone()).filter(|volumes| !volumes.is_empty()),
                privileged: Some(settings.privileged),
                log_config: Some(HostConfigLogConfig {
                    typ: Some("none".into()),
                    config: None,
                }),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        Plan {
            user: user.unwrap_or_else(|| obtained.user.clone()),
            image: obtained,
            image_name: request.name.clone(),
            names: names.clone(),
            platform: request.platform.clone(),
            body,
            project_dir: job.slot.project_dir.clone(),
            project_dir_inside: job.places.project_dir.clone(),
            temporary_dir: job.slot.temporary_dir.join(INSIDE),
            temporary_dir_inside: job.places.temporary_dir.clone(),
            share: settings.shared_paths == SharedPaths::Auto,
            objects: objects(job.payload, variables, &job.slot.project_dir),
        }
    }

    /// Creates the container: bound to the work tree, where that works, and otherwise without.
    pub(super) async fn create(self, engine: &Engine) -> Result<Build, DockerError> {
        if self.share
            && let Some(container) = self.create_bound(engine).await?
        {
            let work_tree = WorkTree::bound(self.temporary_dir.clone());
            return self.complete(container, work_tree).await;
        }
        let container = self.create_with(engine, "build", Vec::new()).await?;
        let work_tree = WorkTree::copied(self.objects.clone());
        self.complete(container, work_tree).await
    }

    async fn complete(self, container: Container, work_tree: WorkTree) -> Result<Build, DockerError> {
        let owner = user::resolve(&container, &self.user).await?;
        Ok(Build {
            container,
            plan: self,
            work_tree,
            owner,
        })
    }

    /// Creates the container with this machine's folders in it; `None` where the engine does not see this machine's
    /// folders, or sees others at the same paths.
    async fn create_bound(&self, engine: &Engine) -> Result<Option<Container>, DockerError> {
        // Nobody else has a file of this name.
        let name = format!(".gantry-{}", random());
        let marker = self.project_dir.join(&name);
        let put = || {
            fs::create_dir_all(&self.project_dir)?;
            fs::create_dir_all(&self.temporary_dir)?;
            // Whoever the scripts run as; nobody else gets here, since the folder around it is closed.
            fs::set_permissions(&self.temporary_dir, fs::Permissions::from_mode(0o777))?;
            fs::write(&marker, "")
        };
        put().map_err(|source| DockerError::Files {
            doing: "write to the project directory",
            source,
        })?;
        let seen = self.create_if_seen(engine, &name).await;
        // The next job's checkout would remove it, too.
        let _ = slot::remove(&marker);
        seen
    }

    async fn create_if_seen(&self, engine: &Engine, name: &str) -> Result<Option<Container>, DockerError> {
        let container = match self.create_with(engine, "build", self.mounts()).await {
            Ok(container) => container,
            // The engine refuses a folder that it cannot find.
            Err(error) if matches!(status(&error), Some(400 | 500)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = self.project_dir_inside.join(name).display().to_string();
        if container.has(&path).await? {
            return Ok(Some(container));
        }
        container.remove().await.map(|()| None)
    }

    pub(super) fn mounts(&self) -> Vec<Mount> {
        let mut mounts = vec![
            bind(&self.project_dir, &self.project_dir_inside, false),
            bind(&self.temporary_dir, &self.temporary_dir_inside, false),
        ];
        mounts.extend(self.objects.iter().map(|objects| bind(objects, objects, true)));
        mounts
    }

    async fn create_with(
        &self,
        engine: &Engine,
        role: &str,
        mounts: Vec<Mount>,
    ) -> Result<Container, DockerError> {
        let mut body = self.body.clone();
        if let Some(host) = &mut body.host_config {
            host.mounts = Some(mounts).filter(|mounts| !mounts.is_empty());
        }
        Container::create(engine, self.names.container(role), self.platform.as_deref(), body).await
    }
}

/// Returns the folders that git reads objects from in the work tree; none for a job without a checkout.
pub(super) fn objects(payload: &JobPayload, variables: &Variables, project_dir: &Path) -> Vec<PathBuf> {
    let steering = refuse::steering(variables).ok();
    let steering = steering.filter(|_| {
        let gantry = payload.gantry.as_ref();
        gantry.is_some_and(|gantry| gantry.local_repository.is_some())
    });
    steering.map_or_else(Vec::new, |steering| {
        Sources::new(payload, variables, &steering).object_directories(project_dir)
    })
}

/// Returns a mount of this machine's folder `source` at the container's `target`.
pub(super) fn bind(source: &Path, target: &Path, read_only: bool) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.display().to_string()),
        target: Some(target.display().to_string()),
        read_only: Some(read_only),
        ..Mount::default()
    }
}

/// Returns what the image's entrypoint finds in its environment: the job's variables, and nothing of this machine.
fn environment(variables: &Variables) -> Vec<String> {
    let exports = variables.exports();
    let mut list: Vec<String> = exports
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    // The work tree belongs to whoever the runner is, which git would not trust.
    if !exports.iter().any(|(key, _)| key == "GIT_CONFIG_COUNT") {
        list.extend(
            [
                "GIT_CONFIG_COUNT=1",
                "GIT_CONFIG_KEY_0=safe.directory",
                "GIT_CONFIG_VALUE_0=*",
            ]
            .map(str::to_owned),
        );
    }
    list
}
