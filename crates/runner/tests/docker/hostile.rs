//! Jobs that want out of their container by way of the folders that they share with the runner.

use std::fs;
use std::os::unix::fs::symlink;

use gantry_protocol::payload::{Artifact, When};
use gantry_runner::docker::SharedPaths;

use crate::engine::engine;
use crate::support::{World, step, variable};

/// A file of this machine that no job may see, and its place.
fn secret(world: &World) -> String {
    let path = world.path().join("secret");
    fs::write(&path, "KEPT=from everybody\n").unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn a_link_is_no_way_to_this_machines_files() {
    let Some(engine) = engine() else { return };
    for shared in [SharedPaths::Auto, SharedPaths::Never] {
        let world = engine.world(shared);
        let secret = secret(&world);
        let mut job = world.job(&[
            "ln -s \"$SECRET\" report.json",
            "ln -s \"$(dirname \"$SECRET\")\" folder",
            "rm -f \"$GITLAB_ENV\"; ln -s \"$SECRET\" \"$GITLAB_ENV\"",
        ]);
        job.variables.push(variable("SECRET", &secret));
        let artifact = |path: &str, kind: &str, format: &str| Artifact {
            paths: vec![path.into()],
            artifact_type: kind.into(),
            artifact_format: format.into(),
            when: When::Always,
            ..Artifact::default()
        };
        job.artifacts = Some(vec![
            artifact("report.json", "sast", "raw"),
            artifact("report.json", "junit", "gzip"),
            artifact("folder/secret", "archive", "zip"),
            artifact("$KEPT", "archive", "zip"),
        ]);
        let run = world.run(&job).await;
        for upload in run.recorder.uploads() {
            let content = String::from_utf8_lossy(&upload.content).into_owned();
            assert!(!content.contains("from everybody"), "{:?}", upload.artifact);
        }
        assert!(!run.shown_log().contains("from everybody"), "{}", run.shown_log());
    }
}

#[tokio::test]
async fn a_link_in_the_place_of_the_next_script_is_replaced() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let secret = secret(&world);
    let mut job = world.job(&[
        "rm \"$RUNNER_TEMP_PROJECT_DIR/script.sh\"",
        "ln -s \"$SECRET\" \"$RUNNER_TEMP_PROJECT_DIR/script.sh\"",
        "mkfifo \"$GITLAB_ENV\"",
    ]);
    job.variables.push(variable("SECRET", &secret));
    // With a pipe in the place of the environment file the script cannot begin; it must not hang the runner.
    job.steps.push(step("after_script", When::Always, &["true"]));
    job.variables.push(variable("RUNNER_AFTER_SCRIPT_TIMEOUT", "1s"));
    world.run(&job).await.assert_success();
    assert_eq!(fs::read_to_string(&secret).unwrap(), "KEPT=from everybody\n");
}

#[tokio::test]
async fn files_of_root_do_not_break_the_next_job() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = world.job(&[
        "mkdir -p deep/er; echo x > deep/er/file; chown -R 77:88 deep .; chmod 500 deep/er; chmod 0 deep",
        "chown -R 77 \"$RUNNER_TEMP_PROJECT_DIR\"",
    ]);
    job.variables.push(variable("GIT_DEPTH", "1"));
    world.run(&job).await.assert_success();
    let again = world.run(&world.job(&["ls -A"])).await;
    again.assert_success();
    assert_eq!(again.script(), "$ ls -A\n.git\nREADME\n");
    let project = world.project_dir();
    symlink("/etc", project.join("etc")).unwrap();
    world.run(&world.job(&["[ ! -e etc ]"])).await.assert_success();
}
