//! Jobs in containers of a real engine, through the real binary. Without an engine these tests say that they did not run.

mod ending;
mod images;
mod inside;
mod pipelines;
mod visit;

use crate::engine::engine;
use crate::environment::TestEnvironment;
use crate::processes::eventually;

/// A machine with an engine, and a repository whose only commit has this pipeline.
pub(crate) fn machine(pipeline: &str) -> Option<TestEnvironment> {
    Some(TestEnvironment::pipeline(pipeline).with_engine(&engine()?.host))
}

/// Returns how many containers and networks there are that a gantry of this environment has made.
pub(crate) fn left(machine: &TestEnvironment) -> usize {
    let engine = engine().expect("the environment has it");
    let owners = machine.folder().join("cache/owners").display().to_string();
    let format = r#"{{.Label "dev.gantry.owner"}}"#;
    let containers = engine.docker(&["ps", "--all", "--format", format]);
    let networks = engine.docker(&["network", "ls", "--format", format]);
    let lines = containers.lines().chain(networks.lines());
    lines.filter(|owner| owner.starts_with(&owners)).count()
}

#[track_caller]
fn has_nothing_left(machine: &TestEnvironment) {
    eventually("the removal of every container", || {
        (left(machine) == 0).then_some(())
    });
}
