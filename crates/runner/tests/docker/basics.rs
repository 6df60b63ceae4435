//! What a job in a container sees, and what it leaves: nothing.

use gantry_protocol::{FailureReason, JobState};
use gantry_runner::docker::SharedPaths;

use crate::engine::{BUSYBOX, engine};
use crate::support::variable;
use crate::worlds::image;

#[tokio::test]
async fn a_job_runs_in_its_image() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = world.job(&["cat README", "pwd", "echo to stderr >&2", "exit 7"]);
    job.image = image("$REGISTRY/busybox:1");
    job.variables.push(variable("REGISTRY", "gantry-test"));
    let run = world.run(&job).await;
    assert_eq!(run.outcome.state, JobState::Failed, "{}", run.shown_log());
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
    assert_eq!(run.outcome.exit_code, Some(7));
    let log = run.shown_log();
    let id = engine.docker(&["inspect", "--format", "{{.Id}}", BUSYBOX]);
    insta::assert_snapshot!(log.replace(&id, "<id>"), @r#"
    Running with gantry 0.1.0
      on tester
    Preparing the "docker" executor
    Using Docker executor with image gantry-test/busybox:1 ...
    Using effective pull policy of [if-not-present] for container gantry-test/busybox:1
    Using locally found image version due to "if-not-present" pull policy
    Using docker image <id> for gantry-test/busybox:1 ...
    Preparing environment
    Running on tester...
    Getting source from Git repository
    Checking out <sha> as detached HEAD (ref is main)...
    Created fresh repository.
    Skipping Git submodules setup
    Executing "step_script" stage of the job script
    $ cat README
    hello
    $ pwd
    /builds/group/app
    $ echo to stderr >&2
    to stderr
    $ exit 7
    Cleaning up project directory and file based variables
    ERROR: Job failed: exit code 7
    "#);
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    assert_eq!(engine.leftovers(&slot), 0);
}
