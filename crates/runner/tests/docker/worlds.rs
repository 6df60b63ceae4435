//! Worlds whose jobs run in containers.

use gantry_protocol::payload::Image;
use gantry_runner::ExecutorChoice;
use gantry_runner::docker::{DockerSettings, SharedPaths};

use crate::engine::{BUSYBOX, Engine};
use crate::support::World;

impl Engine {
    /// A world whose jobs run in containers of small images, unless they name another.
    pub(crate) fn world(&self, shared_paths: SharedPaths) -> World {
        let mut world = World::new();
        world.settings.executor = ExecutorChoice::Docker;
        world.settings.docker = DockerSettings {
            host: Some(self.host.clone()),
            default_image: Some(BUSYBOX.into()),
            shared_paths,
            ..DockerSettings::default()
        };
        world
    }

    /// Returns how many containers and networks of ours there are.
    pub(crate) fn leftovers(&self, label: &str) -> usize {
        let filter = format!("label={label}");
        let containers = self.docker(&["ps", "--all", "--quiet", "--filter", &filter]);
        let networks = self.docker(&["network", "ls", "--quiet", "--filter", &filter]);
        containers.lines().count() + networks.lines().count()
    }
}

pub(crate) fn image(name: &str) -> Option<Image> {
    Some(Image {
        name: name.into(),
        ..Image::default()
    })
}
