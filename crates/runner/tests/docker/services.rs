//! Services: how they are reached, waited for, and what is told of one that does not come up.

use std::time::Duration;

use gantry_protocol::FailureReason;
use gantry_protocol::payload::{Image, JobPayload};
use gantry_runner::docker::SharedPaths;
use tokio::net::{TcpListener, UnixStream};

use crate::engine::{BUSYBOX, Engine, ONLY_SH, PINGER, engine};
use crate::support::{Run, World, variable};
use crate::worlds::image;

fn pinger(alias: Option<&str>) -> Image {
    Image {
        name: PINGER.into(),
        alias: alias.map(str::to_owned),
        ..Image::default()
    }
}

fn job(world: &World, script: &[&str]) -> JobPayload {
    let mut job = world.job(script);
    job.image = image(BUSYBOX);
    job
}

fn assert_nothing_left(engine: &Engine, world: &World) {
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    assert_eq!(engine.leftovers(&slot), 0);
}

fn prepared(run: &Run) -> String {
    let log = run.section("prepare_executor");
    let mut shown: Vec<&str> = log
        .lines()
        .filter(|line| !line.starts_with("Using docker image sha256:"))
        .collect();
    shown.push("");
    shown.join("\n")
}

#[tokio::test]
async fn services_are_reached_by_name_once_they_are_up() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = job(
        &world,
        &[
            "for name in gantry-test-pinger gantry-test__pinger db cache; do",
            "until nc $name 7000 2> /dev/null; do sleep 0.1; done",
            "done",
        ],
    );
    job.variables = vec![variable("WORD", "from the job"), variable("HIDDEN", "x")];
    job.variables[1].public = false;
    let mut service = pinger(Some("db, cache"));
    service.variables = vec![variable("ANSWER", "pong $WORD $HIDDEN")];
    service.command = Some(
        [
            "sh",
            "-c",
            "while true; do echo \"$ANSWER<$HIDDEN>\" | nc -l -p 7000; done",
        ]
        .map(str::to_owned)
        .into(),
    );
    job.services = vec![service];
    let run = world.run(&job).await;
    run.assert_success();
    assert_eq!(
        run.script().matches("\npong from the job x<>").count(),
        4,
        "{}",
        run.script()
    );
    insta::assert_snapshot!(prepared(&run), @r#"
    Using Docker executor with image gantry-test/busybox:1 ...
    Starting service gantry-test/pinger:1...
    Using effective pull policy of [if-not-present] for container gantry-test/pinger:1
    Using locally found image version due to "if-not-present" pull policy
    Waiting for services to be up and running (timeout 30 seconds)...
    Using effective pull policy of [if-not-present] for container gantry-test/busybox:1
    Using locally found image version due to "if-not-present" pull policy
    "#);
    assert_nothing_left(engine, &world);
}

#[tokio::test]
async fn the_first_of_two_services_keeps_a_name() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = job(&world, &["until nc second 7000; do sleep 0.1; done"]);
    job.services = vec![pinger(Some("first")), pinger(Some("second"))];
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.section("prepare_executor");
    let told = format!(
        "WARNING: service {PINGER} is not reached as `gantry-test-pinger`: another service has that name\n"
    );
    assert!(log.contains(&told), "{log}");
}

#[tokio::test]
async fn a_service_that_ends_is_told_with_its_log_and_fails_nothing() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = job(&world, &["echo through"]);
    let mut service = pinger(None);
    service.entrypoint = Some(["sh", "-c", "echo no room; exit 3"].map(str::to_owned).into());
    job.services = vec![service];
    let run = world.run(&job).await;
    run.assert_success();
    insta::assert_snapshot!(prepared(&run), @r#"
    Using Docker executor with image gantry-test/busybox:1 ...
    Starting service gantry-test/pinger:1...
    Using effective pull policy of [if-not-present] for container gantry-test/pinger:1
    Using locally found image version due to "if-not-present" pull policy
    Waiting for services to be up and running (timeout 30 seconds)...

    *** WARNING: Service gantry-test/pinger:1 probably didn't start properly.

    Health check error:
    it ended with exit code 3

    Service container logs:
    no room

    *********

    Using effective pull policy of [if-not-present] for container gantry-test/busybox:1
    Using locally found image version due to "if-not-present" pull policy
    "#);
    assert_nothing_left(engine, &world);
}

#[tokio::test]
async fn a_silent_service_is_waited_for_as_long_as_the_settings_say() {
    let Some(engine) = engine() else { return };
    let mut world = engine.world(SharedPaths::Auto);
    world.settings.docker.wait_for_services = Duration::from_secs(1);
    let mut job = job(&world, &["true"]);
    let mut service = pinger(None);
    service.variables = vec![variable("HEALTHCHECK_TCP_PORT", "7001")];
    job.services = vec![service];
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.section("prepare_executor");
    assert!(
        log.contains("\nno connection to port 7001 within 1 seconds\n"),
        "{log}"
    );
}

#[tokio::test]
async fn a_service_whose_image_is_not_there_fails_the_job() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let mut job = job(&world, &["true"]);
    job.services = vec![Image {
        name: "gantry-test/nowhere".into(),
        pull_policy: Some(vec!["never".into()]),
        ..Image::default()
    }];
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerConfigurationError)
    );
    assert_nothing_left(engine, &world);
}

/// An engine behind TCP: the runner takes it to be elsewhere.
async fn world_behind_tcp(engine: &Engine) -> World {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = engine.world(SharedPaths::Never);
    let socket = engine.host.strip_prefix("unix://").unwrap().to_owned();
    world.settings.docker.host = Some(format!("tcp://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((mut outside, _)) = listener.accept().await {
            let socket = socket.clone();
            tokio::spawn(async move {
                let mut inside = UnixStream::connect(socket).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    world
}

#[tokio::test]
async fn an_engine_elsewhere_waits_for_services_in_the_jobs_own_image() {
    let Some(engine) = engine() else { return };
    let world = world_behind_tcp(engine).await;
    let mut job = job(
        &world,
        &["until nc gantry-test-pinger 7000 2> /dev/null; do sleep 0.1; done"],
    );
    job.services = vec![pinger(None)];
    let run = world.run(&job).await;
    run.assert_success();
    assert!(run.script().ends_with("\npong\n"));
    let log = run.section("prepare_executor");
    assert!(!log.contains("WARNING"), "{log}");

    job.image = image(ONLY_SH);
    job.steps[0].script = vec!["echo through".into()];
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.section("prepare_executor");
    assert!(!log.contains("WARNING"), "{log}");
    assert_nothing_left(engine, &world);
}
