//! A runner that is not root, with containers whose root is the machine's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use gantry_protocol::payload::{Artifact, When};
use gantry_runner::docker::SharedPaths;

use crate::engine::engine;
use crate::support::step;

const USER: &str = "4242";

/// Not a test: what the user does whom the test becomes.
#[tokio::test]
#[ignore = "is started by another test"]
async fn as_somebody() {
    let engine = engine().unwrap();
    let world = engine.world(SharedPaths::Auto);
    for user in ["", "77:77"] {
        let mut job = world.job(&[
            "cat \"$RUNNER_TEMP_PROJECT_DIR/script.sh\" > /dev/null",
            "mkdir out; echo mine > out/file; chmod 600 out/file; chmod 700 out",
            "echo changed > README; echo A=b >> $GITLAB_ENV; mkdir \"$RUNNER_TEMP_PROJECT_DIR/kept\"",
            "touch \"$RUNNER_TEMP_PROJECT_DIR/kept/file\"",
        ]);
        job.image = crate::worlds::image(crate::engine::BUSYBOX);
        if !user.is_empty() {
            let docker = gantry_protocol::payload::DockerOptions {
                user: Some(user.into()),
                platform: None,
            };
            job.image.as_mut().unwrap().executor_opts =
                Some(gantry_protocol::payload::ExecutorOptions { docker: Some(docker) });
        }
        job.steps
            .push(step("after_script", When::Always, &["[ $A = b ]", "cat README"]));
        job.artifacts = Some(vec![Artifact {
            paths: vec!["out".into()],
            ..Artifact::default()
        }]);
        let run = world.run(&job).await;
        run.assert_success();
        assert!(!run.shown_log().contains("WARNING"), "{}", run.shown_log());
        assert_eq!(run.recorder.uploads().len(), 1);
        assert_eq!(world.temporary_files(), 0);
        let again = world.run(&world.job(&["ls -A", "cat README"])).await;
        again.assert_success();
        assert_eq!(again.script(), "$ ls -A\n.git\nREADME\n$ cat README\nhello\n");
    }
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    assert_eq!(engine.leftovers(&slot), 0);
}

#[test]
fn files_of_the_containers_root_come_back_to_a_user() {
    let Some(engine) = engine() else { return };
    let home = tempfile::tempdir().unwrap();
    let open = |mode| fs::set_permissions(home.path(), fs::Permissions::from_mode(mode)).unwrap();
    open(0o777);
    let program = home.path().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let socket = engine.host.strip_prefix("unix://").unwrap();
    let Some(our_own) = socket.strip_suffix("/sock") else {
        return;
    };
    for (path, mode) in [(our_own, 0o711), (socket, 0o666)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let output = Command::new("setpriv")
        .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
        .arg(&program)
        .args(["--exact", "somebody::as_somebody", "--ignored"])
        .env("DOCKER_HOST", &engine.host)
        .env("TMPDIR", home.path())
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
