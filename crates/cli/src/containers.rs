//! Containers for jobs that name an image: whose they are, and what dead runs have left of theirs.

use gantry_runner::docker::{DockerSettings, Owner, remove_leftovers};
use gantry_runner::{ExecutorChoice, Settings};

use crate::error::CommandError;
use crate::output;
use crate::places::Places;

/// Returns settings with which jobs that name an image run in containers, and the lock that says for how long they are
/// ours. What runs have left that died is removed first.
pub(crate) fn open(settings: Settings, places: &Places) -> Result<(Settings, Option<Owner>), CommandError> {
    let folder = places.builds.join("owners");
    let owner = Owner::new(&folder).map_err(|error| {
        CommandError::world(format!("cannot write `{}`", folder.display())).because(&error)
    })?;
    let docker = DockerSettings {
        owner: owner.label(),
        ..DockerSettings::from_environment(|name| std::env::var(name).ok())
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::world("cannot start the runtime").because(&error))?;
    let removed = runtime
        .block_on(remove_leftovers(&docker, Owner::is_alive))
        .map_err(|error| CommandError::world("no container can be started").because(&error))?;
    if removed > 0 {
        output::note(&format!(
            "note: removed {removed} containers and networks of runs that died\n"
        ));
    }
    // Only where nothing of theirs is left; a file that stays does no harm.
    let _ = Owner::forget_dead(&folder);
    let settings = Settings {
        executor: ExecutorChoice::Auto,
        docker,
        ..settings
    };
    Ok((settings, Some(owner)))
}
