//! What outlives its purpose on an engine, and how it is found and removed.
//!
//! A container outlives the process that made it. Three occasions remove what is left, by ever wider labels: the end of
//! a job, the next job in the same folder (whose lock proves that nobody else is there), and the next start of a runner,
//! which asks for each owner whether it lives.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use bollard::query_parameters::{ListContainersOptions, ListNetworksOptions};
use futures_util::future::join_all;

use super::container::{Container, stubbornly};
use super::engine::Engine;
use super::error::DockerError;
use super::names::{ATTEMPT, Names, OWNER, SLOT, labelled, random};
use super::settings::DockerSettings;

type Filters = HashMap<String, Vec<String>>;

/// Removes the containers and networks whose owner does not live any more; returns how many there were.
///
/// `is_owner_alive` is given each owner's label once ([`DockerSettings::owner`] of the runner that made the thing). It
/// has to answer yes where it cannot tell, as [`Owner::is_alive`] does.
pub async fn remove_leftovers(
    settings: &DockerSettings,
    is_owner_alive: impl Fn(&str) -> bool,
) -> Result<usize, DockerError> {
    let engine = Engine::connect(settings)?;
    let mut known: HashMap<String, bool> = HashMap::new();
    let mut is_left = |labels: Option<&HashMap<String, String>>| {
        let Some(owner) = labels.and_then(|labels| labels.get(OWNER)) else {
            return false;
        };
        !*known
            .entry(owner.clone())
            .or_insert_with(|| is_owner_alive(owner))
    };
    let mut containers = list_containers(&engine, labelled(OWNER, None)).await?;
    containers.retain(|(_, labels)| is_left(Some(labels)));
    let mut networks = list_networks(&engine, labelled(OWNER, None)).await?;
    networks.retain(|(_, labels)| is_left(Some(labels)));
    remove(&engine, &containers, &networks).await
}

/// Removes everything that one carrying out of a job has made.
pub(super) async fn remove_attempt(engine: &Engine, names: &Names) -> Result<(), DockerError> {
    remove_labelled(engine, labelled(ATTEMPT, Some(&names.prefix))).await
}

/// Removes what a dead runner has left in a folder that is ours now.
pub(super) async fn remove_from_slot(engine: &Engine, project_dir: &Path) -> Result<(), DockerError> {
    remove_labelled(engine, labelled(SLOT, Some(&project_dir.display().to_string()))).await
}

async fn remove_labelled(engine: &Engine, filters: Filters) -> Result<(), DockerError> {
    let containers = list_containers(engine, filters.clone()).await?;
    let networks = list_networks(engine, filters).await?;
    remove(engine, &containers, &networks).await.map(|_| ())
}

type Labelled = (String, HashMap<String, String>);

async fn list_containers(engine: &Engine, filters: Filters) -> Result<Vec<Labelled>, DockerError> {
    let options = ListContainersOptions {
        all: true,
        filters: Some(filters),
        ..ListContainersOptions::default()
    };
    let listed = engine.api.list_containers(Some(options));
    let listed = engine.ask("list containers", listed).await?.into_iter();
    Ok(listed
        .filter_map(|container| Some((container.id?, container.labels.unwrap_or_default())))
        .collect())
}

async fn list_networks(engine: &Engine, filters: Filters) -> Result<Vec<Labelled>, DockerError> {
    let options = ListNetworksOptions {
        filters: Some(filters),
    };
    let listed = engine.api.list_networks(Some(options));
    let listed = engine.ask("list networks", listed).await?.into_iter();
    Ok(listed
        .filter_map(|network| Some((network.id?, network.labels.unwrap_or_default())))
        .collect())
}

async fn remove(
    engine: &Engine,
    containers: &[Labelled],
    networks: &[Labelled],
) -> Result<usize, DockerError> {
    let removals: Vec<_> = containers
        .iter()
        .map(|(id, _)| remove_container(engine.clone(), id.clone()))
        .collect();
    let mut result = Ok(containers.len() + networks.len());
    for removed in join_all(removals).await {
        result = result.and_then(|count| removed.map(|()| count));
    }
    for (id, _) in networks {
        let removed = stubbornly(|| engine.ask("remove a network", engine.api.remove_network(id))).await;
        result = result.and_then(|count| removed.map(|()| count));
    }
    result
}

async fn remove_container(engine: Engine, id: String) -> Result<(), DockerError> {
    Container { engine, id }.remove().await
}

/// A process that owns containers: a locked file, whose lock ends with the process.
///
/// The file's path is the owner's label, and it stays when the owner ends, as what is left of it may. Its name is never used twice, so a free lock on an existing file proves that
/// the owner is dead, and a file that is not there proves nothing: its owner may live on another machine.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    file: File,
}

impl Owner {
    /// Makes a new owner of this process, in a folder of such files.
    pub fn new(folder: &Path) -> io::Result<Owner> {
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let name = format!("{}-{}", std::process::id(), random());
        // Locked before it has a name that anybody looks for.
        let unlocked = folder.join(format!("{name}.new"));
        let file = File::options().create_new(true).write(true).open(&unlocked)?;
        file.lock()?;
        let path = folder.join(format!("{name}.owner"));
        fs::rename(unlocked, &path)?;
        Ok(Owner { path, file })
    }

    /// Returns what goes into [`DockerSettings::owner`].
    pub fn label(&self) -> String {
        self.path.display().to_string()
    }

    /// Tells whether the owner of this label may live.
    pub fn is_alive(label: &str) -> bool {
        match File::open(label) {
            Ok(file) => match file.try_lock() {
                Ok(()) => file.unlock().is_err(),
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
            },
            Err(_) => true,
        }
    }

    /// Removes the files of dead owners; to be called when nothing of theirs is left.
    pub fn forget_dead(folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let is_owner = path.extension().is_some_and(|extension| extension == "owner");
            if is_owner && !Owner::is_alive(&path.display().to_string()) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Closing the file would not be enough while a process that is just being started has a copy of it.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_as_long_as_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let owner = Owner::new(folder.path()).unwrap();
        assert!(Owner::is_alive(&owner.label()));
        Owner::forget_dead(folder.path()).unwrap();
        let label = owner.label();
        drop(owner);
        assert!(!Owner::is_alive(&label));
        Owner::forget_dead(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(Owner::is_alive(&label), "a file that is not there proves nothing");
    }
}
