//! Images: which are used, by whom, and what is said of those that cannot be.

use gantry_protocol::FailureReason;
use gantry_protocol::payload::{DockerOptions, ExecutorOptions, Image};
use gantry_runner::ExecutorChoice;
use gantry_runner::docker::{PullPolicy, SharedPaths};

use crate::engine::{BUSYBOX, NO_SHELL, ONLY_SH, engine};
use crate::support::{World, step, variable};
use crate::worlds::image;
use gantry_protocol::payload::When;

#[tokio::test]
async fn a_shell_is_all_that_an_image_needs() {
    let Some(engine) = engine() else { return };
    for shared in [SharedPaths::Auto, SharedPaths::Never] {
        let world = engine.world(shared);
        let mut job = world.job(&["read -r line < README; echo \"$line\"", "echo $A > file"]);
        job.image = image(ONLY_SH);
        job.variables = vec![variable("A", "it's")];
        job.steps.push(step(
            "after_script",
            When::Always,
            &["read -r line < file; echo \"$line\""],
        ));
        let run = world.run(&job).await;
        run.assert_success();
        assert!(run.script().contains("\nhello\n"), "{}", run.script());
        assert!(run.section("after_script").ends_with("\nit's\n"));
    }
}

#[tokio::test]
async fn an_image_without_a_shell_is_said_to_have_none() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = world.job(&["true"]);
    job.image = image(NO_SHELL);
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerConfigurationError)
    );
    assert_eq!(
        run.outcome.message.as_deref(),
        Some("image `gantry-test/empty:1` has no shell: a job's script needs `sh` or `bash` in its image")
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_image_is_told() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let with = |name: &str, policies: &[&str]| {
        let mut job = world.job(&["true"]);
        job.image = Some(Image {
            name: name.into(),
            pull_policy: Some(policies.iter().map(ToString::to_string).collect()),
            ..Image::default()
        });
        job
    };
    for (job, reason, message) in [
        (
            with("gantry-test/nowhere", &["never"]),
            FailureReason::RunnerConfigurationError,
            "image `gantry-test/nowhere` is not on the engine's machine, and its pull policy is `never`",
        ),
        (
            with("$NOTHING", &[]),
            FailureReason::RunnerConfigurationError,
            "image `$NOTHING` is empty once its variables are expanded",
        ),
        (
            with(BUSYBOX, &["sometimes"]),
            FailureReason::RunnerConfigurationError,
            "pull policy `sometimes` is none of always, if-not-present, never",
        ),
    ] {
        let run = world.run(&job).await;
        assert_eq!(run.outcome.failure_reason, Some(reason));
        assert_eq!(run.outcome.message.as_deref(), Some(message));
    }
}

#[tokio::test]
async fn pull_policies_are_tried_in_turn() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    // A registry on a port where nobody listens.
    let name = "127.0.0.1:9/gantry-test/busybox:1";
    engine.docker(&["tag", BUSYBOX, name]);
    let mut job = world.job(&["true"]);
    job.image = Some(Image {
        name: name.into(),
        pull_policy: Some(vec!["always".into(), "if-not-present".into()]),
        ..Image::default()
    });
    job.variables.push(variable(
        "DOCKER_AUTH_CONFIG",
        r#"{"auths": {"127.0.0.1:9": {"auth": "dXNlcjpwYXNz"}}}"#,
    ));
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.section("prepare_executor");
    assert_eq!(
        log.matches("\nPulling docker image 127.0.0.1:9/gantry-test/busybox:1 ...\n")
            .count(),
        3,
        "{log}"
    );
    assert!(
        log.contains("\nAuthenticating with credentials from $DOCKER_AUTH_CONFIG\n"),
        "{log}"
    );
    assert!(
        log.contains("\nAttempt #2: Trying \"if-not-present\" pull policy\n"),
        "{log}"
    );

    job.image.as_mut().unwrap().pull_policy = Some(vec!["always".into()]);
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerExternalDependencyFailure)
    );
    engine.docker(&["rmi", name]);
}

#[tokio::test]
async fn an_entrypoint_can_be_replaced_and_cleared() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = world.job(&["echo \"entered=$ENTERED\""]);
    let with = |entrypoint: Option<&[&str]>| {
        Some(Image {
            name: "gantry-test/entered:1".into(),
            entrypoint: entrypoint.map(|words| words.iter().map(ToString::to_string).collect()),
            ..Image::default()
        })
    };
    for (entrypoint, expected) in [
        (None, "entered=image"),
        (Some(&[""][..]), "entered="),
        (Some(&["env", "ENTERED=job"]), "entered=job"),
    ] {
        job.image = with(entrypoint);
        let run = world.run(&job).await;
        run.assert_success();
        assert!(
            run.script().ends_with(&format!("\n{expected}\n")),
            "{}",
            run.script()
        );
    }
}

#[tokio::test]
async fn a_user_can_write_its_work_tree_and_leaves_nothing_behind() {
    let Some(engine) = engine() else { return };
    for shared in [SharedPaths::Auto, SharedPaths::Never] {
        for user in ["tester", "4321:77"] {
            let world = engine.world(shared);
            let mut job = world.job(&[
                "id -u",
                "echo changed > README; mkdir new; echo x > new/file; chmod 700 new",
                "cat \"$KEY\"; echo A=b >> $GITLAB_ENV",
            ]);
            job.image = Some(Image {
                executor_opts: Some(ExecutorOptions {
                    docker: Some(DockerOptions {
                        user: Some(user.into()),
                        platform: None,
                    }),
                }),
                ..image(BUSYBOX).unwrap()
            });
            let mut key = variable("KEY", "content\n");
            key.file = true;
            job.variables.push(key);
            job.artifacts = Some(vec![gantry_protocol::payload::Artifact {
                paths: vec!["new/file".into()],
                ..Default::default()
            }]);
            let run = world.run(&job).await;
            run.assert_success();
            let id = if user == "tester" { "1234" } else { "4321" };
            assert!(run.script().contains(&format!("\n{id}\n")), "{}", run.script());
            assert!(run.script().ends_with("\ncontent\n"));
            assert_eq!(run.recorder.uploads().len(), 1);
            let again = world.run(&world.job(&["ls -A; cat README"])).await;
            again.assert_success();
            assert_eq!(again.script(), "$ ls -A; cat README\n.git\nREADME\nhello\n");
        }
    }
}

#[tokio::test]
async fn nothing_of_this_machines_environment_gets_in() {
    let Some(engine) = engine() else { return };
    let mut world = engine.world(SharedPaths::Auto);
    world
        .settings
        .inherited_environment
        .push(("OF_THE_HOST".into(), "yes".into()));
    let run = world
        .run(&world.job(&["echo \"<$OF_THE_HOST>\"; echo $PATH"]))
        .await;
    assert!(run.script().contains("\n<>\n"));
    assert!(
        run.script()
            .ends_with("\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"),
        "{}",
        run.script()
    );
}

#[tokio::test]
async fn git_works_in_a_container_that_has_it() {
    let Some(engine) = engine() else { return };
    let Some(debian) = engine.debian() else { return };
    for shared in [SharedPaths::Auto, SharedPaths::Never] {
        let world = engine.world(shared);
        let mut job = world.job(&[
            "git status --short",
            "git log --format=%s",
            "git show HEAD:README",
        ]);
        job.image = image(debian);
        let run = world.run(&job).await;
        run.assert_success();
        assert_eq!(
            run.script(),
            "$ git status --short\n$ git log --format=%s\nfirst\n$ git show HEAD:README\nhello\n"
        );
    }
}

#[tokio::test]
async fn volumes_come_by_the_settings_alone() {
    let Some(engine) = engine() else { return };
    let mut world = engine.world(SharedPaths::Auto);
    let shelf = world.path().join("shelf");
    std::fs::create_dir(&shelf).unwrap();
    std::fs::write(shelf.join("book"), "read me\n").unwrap();
    world.settings.docker.volumes = vec![format!("{}:/shelf:ro", shelf.display())];
    let run = world
        .run(&world.job(&["cat /shelf/book", "! touch /shelf/new 2> /dev/null"]))
        .await;
    run.assert_success();
}

#[tokio::test]
async fn auto_takes_docker_for_jobs_with_an_image() {
    let Some(engine) = engine() else { return };
    let mut world = engine.world(SharedPaths::Auto);
    world.settings.executor = ExecutorChoice::Auto;
    world.settings.docker.pull_policy = vec![PullPolicy::Never];
    let mut job = world.job(&["echo ${CI_DISPOSABLE_ENVIRONMENT:-no}"]);
    assert!(world.run(&job).await.script().ends_with("\nno\n"));
    job.image = image(BUSYBOX);
    assert!(world.run(&job).await.script().ends_with("\ntrue\n"));
}

#[tokio::test]
async fn without_an_engine_the_error_has_a_name() {
    let mut world = World::new();
    world.settings.executor = ExecutorChoice::Auto;
    let nowhere = world.path().join("docker.sock");
    world.settings.docker.sockets = vec![nowhere.clone()];
    let mut job = world.job(&["true"]);
    job.image = image(BUSYBOX);
    let expected = format!("no Docker engine answers at {}", nowhere.display());
    let run = world.run(&job).await;
    assert_eq!(run.outcome.message.as_deref(), Some(expected.as_str()));
    // A socket that nobody listens to any more.
    drop(std::os::unix::net::UnixListener::bind(&nowhere).unwrap());
    let run = world.run(&job).await;
    assert_eq!(run.outcome.message.as_deref(), Some(expected.as_str()));
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerSystemFailure)
    );
}
