//! A container in which a person looks around where a job has been: what whoever starts it has to know.

use std::path::{Path, PathBuf};

use gantry_protocol::payload::JobPayload;

use super::build::{INSIDE, objects};
use super::settings::DockerSettings;
use crate::executor::Places;
use crate::slot::Slot;
use crate::variables::Variables;

/// The container of a visit. It is the job's, but for services.
#[derive(Debug)]
pub struct VisitContainer {
    pub image: String,
    pub entrypoint: Option<Vec<String>>,
    pub user: Option<String>,
    pub mounts: Vec<VisitMount>,
    /// The work tree in the container.
    pub directory: PathBuf,
}

/// A folder of this machine in a container.
#[derive(Debug)]
pub struct VisitMount {
    pub here: PathBuf,
    pub inside: PathBuf,
    pub read_only: bool,
}

impl VisitContainer {
    pub(crate) fn new(
        payload: &JobPayload,
        settings: &DockerSettings,
        slot: &Slot,
        places: &Places,
        variables: &Variables,
    ) -> Option<VisitContainer> {
        let image = payload.image.clone().filter(|image| !image.name.is_empty());
        let name = match &image {
            Some(image) => variables.expand(&image.name),
            None => settings.default_image.clone()?,
        };
        let user = image
            .as_ref()
            .and_then(|image| image.executor_opts.as_ref()?.docker.as_ref()?.user.as_deref())
            .map(|user| variables.expand(user));
        let objects = objects(payload, variables, &slot.project_dir);
        let mut mounts = vec![
            mount(&slot.project_dir, &places.project_dir, false),
            mount(&slot.temporary_dir.join(INSIDE), &places.temporary_dir, false),
        ];
        mounts.extend(objects.iter().map(|objects| mount(objects, objects, true)));
        Some(VisitContainer {
            image: name,
            entrypoint: image.and_then(|image| image.entrypoint),
            user,
            mounts,
            directory: places.project_dir.clone(),
        })
    }
}

fn mount(here: &Path, inside: &Path, read_only: bool) -> VisitMount {
    VisitMount {
        here: here.to_owned(),
        inside: inside.to_owned(),
        read_only,
    }
}

/// Returns where on this machine the container's temporary folder is.
pub(crate) fn temporary_dir(slot: &Slot) -> PathBuf {
    slot.temporary_dir.join(INSIDE)
}
