//! What outlives its purpose on an engine, and how it is found and removed.
//!
//! A container outlives the process that made it. Three occasions remove what is left, by ever wider labels: the end of
//! a job, the next job in the same folder (whose lock proves that nobody else is there), and whoever finds that an
//! [`Owner`] is dead.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use bollard::query_parameters::{ListContainersOptions, ListNetworksOptions};
use futures_util::future::join_all;
use tokio::time::{Instant, sleep};

use super::container::{Container, stubbornly};
use super::engine::Engine;
use super::error::DockerError;
use super::names::{ATTEMPT, Names, OWNER, SLOT, labelled};
use super::owner::Owner;
use super::settings::DockerSettings;

/// How long something may take to come that a dead owner has asked for. A request may also have died with it.
const LATE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

type Filters = HashMap<String, Vec<String>>;

/// Removes what an owner has made, which has to be dead, or the caller itself; returns how much there was. What may still
/// come is waited for.
pub(super) async fn remove_of_owner(
    settings: &DockerSettings,
    owner: &str,
    mut pending: HashSet<String>,
) -> Result<usize, DockerError> {
    let engine = Engine::connect(settings)?;
    let filters = labelled(OWNER, Some(owner));
    let deadline = Instant::now() + LATE;
    let mut removed = 0;
    loop {
        let containers = list_containers(&engine, filters.clone()).await?;
        let networks = list_networks(&engine, filters.clone()).await?;
        for found in containers.iter().chain(&networks) {
            pending.remove(&found.name);
        }
        removed += remove(&engine, &containers, &networks).await?;
        if pending.is_empty() || Instant::now() > deadline {
            return Ok(removed);
        }
        sleep(LOOK).await;
    }
}

/// Removes everything that one carrying out of a job has made.
pub(super) async fn remove_attempt(engine: &Engine, names: &Names) -> Result<(), DockerError> {
    let filters = labelled(ATTEMPT, Some(&names.prefix));
    let containers = list_containers(engine, filters.clone()).await?;
    let networks = list_networks(engine, filters).await?;
    remove(engine, &containers, &networks).await.map(|_| ())
}

/// Removes what a dead runner has left in a folder that is ours now.
///
/// The engine may be that of several machines, or of several containers with a runner in each, and there the same path
/// is another folder: what belongs to an owner that may live stays.
pub(super) async fn remove_from_slot(
    engine: &Engine,
    project_dir: &Path,
    own: &str,
) -> Result<(), DockerError> {
    let filters = labelled(SLOT, Some(&project_dir.display().to_string()));
    let is_left = |found: &Found| {
        let owner = found.labels.get(OWNER).map_or("", String::as_str);
        owner.is_empty() || owner == own || !Owner::is_alive(owner)
    };
    let mut containers = list_containers(engine, filters.clone()).await?;
    containers.retain(is_left);
    let mut networks = list_networks(engine, filters).await?;
    networks.retain(is_left);
    remove(engine, &containers, &networks).await.map(|_| ())
}

/// A container or a network.
struct Found {
    id: String,
    name: String,
    labels: HashMap<String, String>,
}

async fn list_containers(engine: &Engine, filters: Filters) -> Result<Vec<Found>, DockerError> {
    let options = ListContainersOptions {
        all: true,
        filters: Some(filters),
        ..ListContainersOptions::default()
    };
    let listed = engine.api.list_containers(Some(options));
    let listed = engine.ask("list containers", listed).await?.into_iter();
    Ok(listed
        .filter_map(|container| {
            let name = container.names.unwrap_or_default().pop().unwrap_or_default();
            Some(Found {
                id: container.id?,
                name: name.trim_start_matches('/').to_owned(),
                labels: container.labels.unwrap_or_default(),
            })
        })
        .collect())
}

async fn list_networks(engine: &Engine, filters: Filters) -> Result<Vec<Found>, DockerError> {
    let options = ListNetworksOptions {
        filters: Some(filters),
    };
    let listed = engine.api.list_networks(Some(options));
    let listed = engine.ask("list networks", listed).await?.into_iter();
    Ok(listed
        .filter_map(|network| {
            Some(Found {
                id: network.id?,
                name: network.name.unwrap_or_default(),
                labels: network.labels.unwrap_or_default(),
            })
        })
        .collect())
}

async fn remove(engine: &Engine, containers: &[Found], networks: &[Found]) -> Result<usize, DockerError> {
    let removals: Vec<_> = containers
        .iter()
        .map(|found| remove_container(engine.clone(), found.id.clone()))
        .collect();
    let mut result = Ok(containers.len() + networks.len());
    for removed in join_all(removals).await {
        result = result.and_then(|count| removed.map(|()| count));
    }
    for Found { id, .. } in networks {
        let removed = stubbornly(|| engine.ask("remove a network", engine.api.remove_network(id))).await;
        result = result.and_then(|count| removed.map(|()| count));
    }
    result
}

async fn remove_container(engine: Engine, id: String) -> Result<(), DockerError> {
    Container { engine, id }.remove().await
}
