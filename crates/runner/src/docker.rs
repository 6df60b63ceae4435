//! The docker executor: a container per job, made through the Engine API of Docker or Podman.
//!
//! There is no helper image. The work tree is made on this machine like any other, and the build container gets it in
//! one of two ways: *bound*, where the engine turns out to see this machine's folder, or *copied* as tar streams through
//! the engine. So do scripts and file variables, which have a folder of their own: nothing else of the runner's is
//! ever seen by a job. What a job has left in a bound folder is treated as hostile; no link in it is followed.
//!
//! Every script is one start of the same container: its process is the image's entrypoint with a search for a shell
//! as its command, so a script sees what the scripts before it did to the file system, and none of their processes.
//! The container's log is not kept by the engine; the runner is attached to it.
//!
//! ```text
//! prepare   connect ─ leftovers of this slot ─ network ─ services ─ pull ─ create (not started)
//! run       put script ─ attach ─ start ─ copy output ─ wait        once per script
//! take      copied: get what is wanted;  bound: give every file back to its owner
//! remove    containers and their volumes, then the network
//! ```
//!
//! Whatever is made carries labels. By `dev.gantry.slot` the next job in the same folder removes what a dead runner left
//! there; by `dev.gantry.owner` whoever finds the owner dead removes the rest, see [`DeadOwner`].
//!
//! See <https://docs.gitlab.com/runner/executors/docker/>. Different from there: no helper container, `if-not-present`
//! as the default pull policy, a network of its own for each job with services, both outputs of a script in one
//! stream.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::archive::Stop;
use crate::archive::collect::Wanted;
use crate::executor::{Bounds, Ended, Environment, JobParts, Places};
use crate::outcome::Halt;
use crate::script::Dialect;
use crate::slot::Slot;
use crate::variables::Variables;

mod build;
mod container;
mod context;
mod credentials;
mod engine;
mod error;
mod health;
mod images;
mod journal;
mod leftovers;
mod names;
mod owner;
mod reference;
mod scripts;
mod services;
mod settings;
mod tree;
mod user;
pub(crate) mod visit;
mod work_tree;

use build::Build;
use credentials::Credentials;
use engine::Engine;
pub use engine::answering;
pub use error::DockerError;
use health::Waiting;
use images::{Images, Request};
use names::Names;
pub use owner::{DeadOwner, Owner};
use services::{Service, Starter};
pub use settings::{DockerSettings, PullPolicy, SharedPaths};
pub use visit::{VisitContainer, VisitMount};

/// Where jobs work in their containers, as with `gitlab-runner`.
const BUILDS_ROOT: &str = "/builds";

/// Returns the folders of a job in its container.
pub(crate) fn places(slot: &Slot) -> Places {
    let root = slot.builds_root.join(slot.number.to_string());
    let project = slot.project_dir.strip_prefix(&root).unwrap_or(&slot.project_dir);
    let project_dir = Path::new(BUILDS_ROOT).join(project);
    let mut temporary_dir = project_dir.clone().into_os_string();
    temporary_dir.push(".tmp");
    Places {
        builds_root: BUILDS_ROOT.into(),
        project_dir,
        temporary_dir: temporary_dir.into(),
    }
}

/// The containers of one job.
pub(crate) struct Docker<'j> {
    job: JobParts<'j>,
    names: Names,
    /// There once the engine has been looked for; from then on something may have been made.
    engine: Option<Engine>,
    build: Option<Build>,
    /// Files that go into the build container with the next script.
    waiting: Mutex<Vec<(PathBuf, String)>>,
}

impl<'j> Docker<'j> {
    pub(crate) fn new(job: JobParts<'j>) -> Docker<'j> {
        let names = Names::new(job.payload, &job.settings.docker.owner, &job.slot.project_dir);
        Docker {
            job,
            names,
            engine: None,
            build: None,
            waiting: Mutex::default(),
        }
    }

    fn settings(&self) -> &'j DockerSettings {
        &self.job.settings.docker
    }

    async fn set_up(&mut self, variables: &Variables, stop: &Stop) -> Result<(), DockerError> {
        let settings = self.settings();
        let image = self.image()?;
        let expand = |text: &str| variables.expand(text);
        let request = Request::new(&image, expand, &settings.pull_policy)?;
        self.job
            .trace
            .line(&format!("Using Docker executor with image {} ...", request.name));
        let engine = Engine::connect(settings)?;
        leftovers::remove_from_slot(&engine, &self.job.slot.project_dir, &settings.owner).await?;
        self.engine = Some(engine.clone());
        let images = Images {
            engine,
            credentials: Credentials {
                of_job: variables.text("DOCKER_AUTH_CONFIG"),
                config_file: settings.config_file.clone(),
                of_payload: self.job.payload.credentials.clone(),
                environment: self.job.settings.inherited_environment.clone(),
            },
            trace: self.job.trace,
        };
        let services = self.start_services(&images, variables, stop).await?;
        let waiting = Waiting {
            names: &self.names,
            trace: self.job.trace,
            limit: settings.wait_for_services,
            stop,
        };
        let direct = health::runner_reaches(&services, &self.names).await;
        if direct {
            waiting.wait(&services, health::From::Runner).await;
        }
        let obtained = images.obtain(&request, stop).await?;
        if !direct && !services.is_empty() {
            waiting
                .wait(&services, health::From::ContainerOf(&obtained))
                .await;
        }
        let plan = build::Plan::new(&self.job, &self.names, &image, &request, obtained, variables);
        self.build = Some(plan.create(&images.engine).await?);
        Ok(())
    }

    async fn start_services(
        &self,
        images: &Images<'_>,
        variables: &Variables,
        stop: &Stop,
    ) -> Result<Vec<Service>, DockerError> {
        let services = &self.job.payload.services;
        if services.is_empty() {
            return Ok(Vec::new());
        }
        if variables.is_true("CI_DEBUG_SERVICES") {
            self.job
                .trace
                .warning("CI_DEBUG_SERVICES is not supported: the logs of services are not in this log");
        }
        let starter = Starter {
            images,
            names: &self.names,
            settings: self.settings(),
            variables,
            stop,
        };
        starter.start(services).await
    }

    /// Returns the job's image, or the runner's default.
    fn image(&self) -> Result<gantry_protocol::payload::Image, DockerError> {
        let named = self.job.payload.image.clone();
        let default = || {
            let name = self.settings().default_image.clone()?;
            Some(gantry_protocol::payload::Image {
                name,
                ..Default::default()
            })
        };
        named
            .filter(|image| !image.name.is_empty())
            .or_else(default)
            .ok_or(DockerError::NoImage)
    }

    fn build(&self) -> &Build {
        self.build
            .as_ref()
            .expect("BUG: nothing is done in an environment before it is prepared")
    }
}

impl Environment for Docker<'_> {
    const NAME: &'static str = "docker";
    const STATUS: &'static str = "exit code";
    const DIALECT: Dialect = Dialect::Posix;

    async fn prepare(&mut self, variables: &Variables, stop: &Stop) -> Result<(), Halt> {
        Ok(Box::pin(self.set_up(variables, stop)).await?)
    }

    async fn write_files(&self, files: Vec<(PathBuf, String)>) -> Result<(), Halt> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(files);
        Ok(())
    }

    async fn put_work_tree(&self, stop: &Stop) -> Result<(), Halt> {
        Ok(Box::pin(self.build().put_work_tree(&self.job, stop)).await?)
    }

    async fn run(&self, script: &str, _directory: &Path, bounds: &mut Bounds) -> Result<Ended, Halt> {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Box::pin(self.build().run(&self.job, &waiting, script, bounds)).await?)
    }

    async fn read(&self, file_name: &str) -> Option<Vec<u8>> {
        self.build().read(&self.job, file_name).await
    }

    async fn take(&self, wanted: &[Wanted], stop: &Stop) -> Result<PathBuf, Halt> {
        Box::pin(self.build().take(&self.job, wanted, stop)).await
    }

    async fn remove(&mut self) {
        if let Some(build) = &self.build
            && let Err(error) = build.give_back(&self.job).await
        {
            self.job.trace.warning(&error.to_string());
        }
        if let Some(engine) = self.engine.take()
            && let Err(error) = leftovers::remove_attempt(&engine, &self.names).await
        {
            self.job.trace.warning(&error.to_string());
        }
    }
}

/// Nobody waits for what this starts, and it ends with the runtime; the next start of the runner finds what is left.
impl Drop for Docker<'_> {
    fn drop(&mut self) {
        if let Some(engine) = self.engine.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (names, slot) = (self.names.clone(), Arc::clone(&self.job.slot));
            runtime.spawn(async move {
                let _ = leftovers::remove_attempt(&engine, &names).await;
                drop(slot);
            });
        }
    }
}
