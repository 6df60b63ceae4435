//! How the build container comes by the work tree, and how the work tree comes back.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bollard::models::{ContainerCreateBody, HostConfig};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::build::{Build, bind};
use super::container::Container;
use super::engine::is_missing;
use super::error::DockerError;
use super::tree::{ChunkReader, ChunkWriter, Parcel, ROOT, Sending, Sent, below_first, for_everybody};
use crate::archive::Stop;
use crate::archive::collect::{Matcher, Wanted};
use crate::archive::extract::{ExtractError, Limits};
use crate::archive::untar::untar;
use crate::executor::JobParts;
use crate::outcome::Halt;
use crate::slot;

/// How many chunks may wait between the thread that reads files and the connection.
const CHUNKS: usize = 16;
const CHUNK_BYTES: usize = 64 * 1024;
/// In the slot's temporary folder: what came back from a container.
const FETCHED: &str = "fetched";

/// Gives two folders to whom the third belongs.
const TAKE_BACK: &str = "project=$0 temporary=$1\n\
    set -- $(ls -nd \"$2\")\n\
    chown -R \"$3:$4\" \"$project\" \"$temporary\" && chmod -R u+rwX \"$project\" \"$temporary\"";

/// The way between the work tree and its container.
pub(super) struct WorkTree {
    way: Way,
    /// A script may have made files that are not ours.
    used: AtomicBool,
}

enum Way {
    /// The container sees the slot's folder, and `inside` as its temporary folder.
    Bound { inside: PathBuf },
    /// The container has its own; this is what it has been sent, and where its git objects are.
    Copied {
        sent: Arc<Mutex<Sent>>,
        objects: Vec<PathBuf>,
    },
}

impl WorkTree {
    pub(super) fn bound(inside: PathBuf) -> WorkTree {
        WorkTree {
            way: Way::Bound { inside },
            used: AtomicBool::new(false),
        }
    }

    pub(super) fn copied(objects: Vec<PathBuf>) -> WorkTree {
        WorkTree {
            way: Way::Copied {
                sent: Arc::default(),
                objects,
            },
            used: AtomicBool::new(false),
        }
    }

    pub(super) fn scripts_have_run(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    /// Returns the folder of this machine that is the container's temporary folder.
    pub(super) fn inside(&self) -> Option<&Path> {
        match &self.way {
            Way::Bound { inside } => Some(inside),
            Way::Copied { .. } => None,
        }
    }
}

impl Build {
    /// Makes the scripts of the container see the work tree as it is.
    pub(super) async fn put_work_tree(&self, job: &JobParts<'_>, stop: &Stop) -> Result<(), DockerError> {
        match &self.work_tree.way {
            Way::Bound { .. } if self.owner == Some(ROOT) => Ok(()),
            Way::Bound { .. } => {
                let folder = job.slot.project_dir.clone();
                blocking("open the work tree to the container's user", move || {
                    open_to_all(&folder)
                })
                .await
            }
            Way::Copied { sent, objects } => {
                let mut parcel = Parcel::new();
                let doing = "pack the work tree";
                let packed = parcel
                    .folders(&job.places.project_dir)
                    .and_then(|()| parcel.pack())
                    .map_err(|source| DockerError::Files { doing, source })?;
                self.container.put(packed).await?;
                self.send(job, Arc::clone(sent), objects, stop).await
            }
        }
    }

    async fn send(
        &self,
        job: &JobParts<'_>,
        sent: Arc<Mutex<Sent>>,
        objects: &[PathBuf],
        stop: &Stop,
    ) -> Result<(), DockerError> {
        let mut ways: Vec<(PathBuf, PathBuf)> = objects
            .iter()
            .map(|objects| (objects.clone(), objects.clone()))
            .collect();
        ways.push((job.slot.project_dir.clone(), job.places.project_dir.clone()));
        let (sender, receiver) = mpsc::channel::<io::Result<Vec<u8>>>(CHUNKS);
        let (owner, stop) = (self.owner, stop.clone());
        let packing = spawn_blocking(move || {
            let failed = sender.clone();
            let write = || {
                let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
                let chunks = io::BufWriter::with_capacity(CHUNK_BYTES, ChunkWriter(sender));
                let mut builder = tar::Builder::new(chunks);
                for (from, to) in &ways {
                    let sending = Sending {
                        from,
                        to,
                        owner,
                        stop: &stop,
                    };
                    sending.write(&mut sent, &mut builder)?;
                }
                io::Write::flush(&mut builder.into_inner()?)
            };
            // The other side must not take half a tree for a whole one.
            if let Err(error) = write() {
                let _ = failed.blocking_send(Err(error));
            }
        });
        let chunks = stream::unfold(receiver, async |mut receiver| {
            let chunk = receiver.recv().await?;
            Some((chunk, receiver))
        });
        let put = self.container.put_stream(chunks).await;
        let packed = packing.await;
        put?;
        packed.map_err(|error| DockerError::Files {
            doing: "pack the work tree",
            source: io::Error::other(error),
        })
    }

    /// Returns a folder of this machine with everything that is wanted.
    pub(super) async fn take(
        &self,
        job: &JobParts<'_>,
        wanted: &[Wanted],
        stop: &Stop,
    ) -> Result<PathBuf, Halt> {
        match &self.work_tree.way {
            Way::Bound { .. } => {
                self.give_back(job).await?;
                Ok(job.slot.project_dir.clone())
            }
            Way::Copied { .. } => self.fetch(job, wanted, stop).await,
        }
    }

    async fn fetch(&self, job: &JobParts<'_>, wanted: &[Wanted], stop: &Stop) -> Result<PathBuf, Halt> {
        let into = job.slot.temporary_dir.join(FETCHED);
        let folder = into.clone();
        blocking("make room for the container's files", move || {
            slot::remove(&folder)?;
            fs::create_dir_all(&folder)
        })
        .await?;
        let matcher = Arc::new(Matcher::new(wanted));
        for root in matcher.roots() {
            self.fetch_below(job, &root, &matcher, &into, stop).await?;
        }
        Ok(into)
    }

    /// Fetches what is wanted of one folder, or one file.
    async fn fetch_below(
        &self,
        job: &JobParts<'_>,
        root: &str,
        matcher: &Arc<Matcher>,
        into: &Path,
        stop: &Stop,
    ) -> Result<(), Halt> {
        let path = match root {
            "" => job.places.project_dir.clone(),
            root => job.places.project_dir.join(root),
        };
        let (sender, receiver) = mpsc::channel::<io::Result<Vec<u8>>>(CHUNKS);
        let reading = {
            let (into, root) = (into.to_owned(), PathBuf::from(root));
            let (matcher, stop) = (Arc::clone(matcher), stop.clone());
            let limits = Limits {
                bytes: job.settings.extract_limit_bytes,
                entries: job.settings.extract_limit_entries,
            };
            spawn_blocking(move || {
                let place = |name: &Path| {
                    // Pushing the empty path would add a slash.
                    let path: PathBuf = root.components().chain(below_first(name)?.components()).collect();
                    matcher.wants(path.to_str()?).then_some(path)
                };
                untar(ChunkReader::new(receiver), &into, limits, place, &stop)
            })
        };
        let mut chunks = self.container.get(&path.display().to_string());
        let mut failed = None;
        while let Some(chunk) = chunks.next().await {
            let chunk = match chunk {
                Ok(chunk) => Ok(chunk.as_ref().to_vec()),
                Err(error) => {
                    let error = self
                        .container
                        .engine
                        .failed("fetch files from the container", error);
                    failed = Some(error).filter(|error| !is_missing(error));
                    break;
                }
            };
            // The reader ends before the stream does where it has found a fault.
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
        drop(sender);
        let read = reading.await.map_err(|error| Halt::broken(&error))?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        match read {
            Ok(skipped) => {
                for text in skipped {
                    job.trace.warning(&format!("left out: {text}"));
                }
                Ok(())
            }
            Err(ExtractError::Stopped) => Ok(()),
            Err(error) => Err(Halt::system(format!(
                "cannot fetch `{}` from the container: {error}",
                path.display()
            ))),
        }
    }

    /// Makes the files of a bound work tree ours again, whoever made them.
    pub(super) async fn give_back(&self, job: &JobParts<'_>) -> Result<(), DockerError> {
        let Way::Bound { inside } = &self.work_tree.way else {
            return Ok(());
        };
        if !self.work_tree.used.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let (folder, inside) = (job.slot.project_dir.clone(), inside.clone());
        let doing = "give the work tree's files back to their owner";
        if blocking(doing, move || Ok(own(&folder)? && own(&inside)?)).await? {
            return Ok(());
        }
        // Only root can take files from others, and in a container of the same engine anybody is. Which number we have
        // there shows on a folder that nobody else has touched.
        let ours = job.slot.temporary_dir.join("ours");
        let (made, place) = (ours.clone(), Path::new("/gantry-ours"));
        blocking(doing, move || fs::create_dir_all(made)).await?;
        let mut mounts = self.plan.mounts();
        mounts.push(bind(&ours, place, true));
        let command = [
            "sh",
            "-c",
            TAKE_BACK,
            &job.places.project_dir.display().to_string(),
            &job.places.temporary_dir.display().to_string(),
            &place.display().to_string(),
        ];
        let body = ContainerCreateBody {
            image: Some(self.plan.image.id.clone()),
            user: Some("0:0".into()),
            entrypoint: Some(command.map(str::to_owned).into()),
            labels: Some(self.plan.names.labels.clone()),
            host_config: Some(HostConfig {
                mounts: Some(mounts),
                network_mode: Some("none".into()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let name = self.plan.names.container("chown");
        let container = Container::create(&self.container.engine, name, None, body).await?;
        container.start().await?;
        let code = container.wait().await?;
        container.remove().await?;
        match code {
            0 => Ok(()),
            code => Err(DockerError::Files {
                doing,
                source: io::Error::other(format!("chown in the container ended with {code}")),
            }),
        }
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, DockerError> {
    let done = spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    done.map_err(|source| DockerError::Files { doing, source })
}

/// Lets everybody read and write a tree, as a container's user may be anybody.
fn open_to_all(path: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() {
        return Ok(());
    }
    let (mode, wanted) = (metadata.mode() & 0o7777, for_everybody(metadata.mode()));
    if mode != wanted {
        fs::set_permissions(path, fs::Permissions::from_mode(wanted))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            open_to_all(&entry?.path())?;
        }
    }
    Ok(())
}

pub(super) fn runs_as_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Takes over every file of a tree; returns whether all of it belongs to this process's user now.
fn own(path: &Path) -> io::Result<bool> {
    let (user, group) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        metadata => metadata?,
    };
    if metadata.uid() != user {
        if !runs_as_root() {
            return Ok(false);
        }
        lchown(path, Some(user), Some(group))?;
    }
    if !metadata.is_dir() {
        return Ok(true);
    }
    for entry in fs::read_dir(path)? {
        if !own(&entry?.path())? {
            return Ok(false);
        }
    }
    Ok(true)
}
