//! What outlives its purpose on an engine, and how it is found and removed.
//!
//! A container outlives the process that made it. Three occasions remove what is left, by ever wider labels: the end of
//! a job, the next job in the same folder (whose lock proves that nobody else is there), and whoever finds that an
//! [`Owner`] is dead.

use std::collections::HashMap;
use std::path::Path;

use bollard::query_parameters::{ListContainersOptions, ListNetworksOptions};
use futures_util::future::join_all;

use super::container::{Container, stubbornly};
use super::engine::Engine;
use super::error::DockerError;
use super::names::{ATTEMPT, Names, OWNER, SLOT, labelled};
use super::owner::Owner;
use super::settings::DockerSettings;

type Filters = HashMap<String, Vec<String>>;

/// Removes what an owner has made, which has to be dead, or the caller itself; returns how much there was.
pub(super) async fn remove_of_owner(settings: &DockerSettings, owner: &str) -> Result<usize, DockerError> {
    let engine = Engine::connect(settings)?;
    let filters = labelled(OWNER, Some(owner));
    let containers = list_containers(&engine, filters.clone()).await?;
    let networks = list_networks(&engine, filters).await?;
    remove(&engine, &containers, &networks).await
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
    let is_left = |(_, labels): &Labelled| {
        let owner = labels.get(OWNER).map_or("", String::as_str);
        owner.is_empty() || owner == own || !Owner::is_alive(owner)
    };
    let mut containers = list_containers(engine, filters.clone()).await?;
    containers.retain(is_left);
    let mut networks = list_networks(engine, filters).await?;
    networks.retain(is_left);
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
