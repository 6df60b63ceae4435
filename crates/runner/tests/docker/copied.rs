//! The docker executor with an engine that sees no path of this machine, and an image without bash.

use gantry_runner::docker::SharedPaths;

use crate::contract::{Subject, contract};
use crate::engine::{BUSYBOX, engine};
use crate::worlds::image;

fn copied() -> Option<Subject> {
    Some(Subject {
        world: engine()?.world(SharedPaths::Never),
        image: image(BUSYBOX),
        status: "exit code",
        project_dir: "/builds/group/app".into(),
    })
}

contract!(copied());
