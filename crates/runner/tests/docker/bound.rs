//! The docker executor with an engine that sees this machine's folders, and an image with bash.

use gantry_runner::docker::SharedPaths;

use crate::contract::{Subject, contract};
use crate::engine::engine;
use crate::worlds::image;

fn bound() -> Option<Subject> {
    let engine = engine()?;
    Some(Subject {
        world: engine.world(SharedPaths::Auto),
        image: image(engine.debian()?),
        status: "exit code",
        project_dir: "/builds/group/app".into(),
    })
}

contract!(bound());
