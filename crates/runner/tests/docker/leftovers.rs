//! What a runner leaves that was killed, and who removes it.

use std::process::{Command, Stdio};

use gantry_runner::docker::{DeadOwner, DockerSettings, Owner, SharedPaths};

use crate::engine::{BUSYBOX, Engine, engine};
use crate::support::{Recorder, World, eventually};
use crate::worlds::image;

const OWNERS: &str = "GANTRY_TEST_OWNERS";

/// Not a test: the process that is killed. It runs a job with a service until then.
#[tokio::test]
#[ignore = "is started by another test"]
async fn victim() {
    let engine = engine().unwrap();
    let owner = Owner::new(std::env::var(OWNERS).unwrap().as_ref(), &at(engine)).unwrap();
    run_for_ever(engine, &owner).await;
}

fn at(engine: &Engine) -> DockerSettings {
    DockerSettings {
        host: Some(engine.host.clone()),
        ..DockerSettings::default()
    }
}

async fn run_for_ever(engine: &Engine, owner: &Owner) {
    let mut world = engine.world(SharedPaths::Auto);
    world.settings.docker.owner = owner.label();
    let job = endless(&world);
    world.run(&job).await;
}

fn endless(world: &World) -> gantry_protocol::payload::JobPayload {
    let mut job = world.job(&["echo ready", "sleep 600"]);
    job.image = image(BUSYBOX);
    job.services = vec![image(crate::engine::PINGER).unwrap()];
    job
}

#[tokio::test]
async fn the_dead_leave_nothing_and_the_living_lose_nothing() {
    let Some(engine) = engine() else { return };
    let owners = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leftovers::victim", "--ignored"])
        .env("DOCKER_HOST", &engine.host)
        .env(OWNERS, owners.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let label = || {
        let files = std::fs::read_dir(owners.path()).unwrap().flatten();
        let mut files = files.filter(|file| file.path().extension().is_some_and(|is| is == "owner"));
        files
            .next()
            .map(|file| format!("dev.gantry.owner={}", file.path().display()))
    };
    // Two containers and a network.
    eventually("the victim's job runs", || {
        label().is_some_and(|label| engine.leftovers(&label) == 3)
    });
    let dead = label().unwrap();
    let living = Owner::new(owners.path(), &at(engine)).unwrap();
    let living_label = format!("dev.gantry.owner={}", living.label());

    let mut world = engine.world(SharedPaths::Auto);
    world.settings.docker.owner = living.label();
    let recorder = Recorder::new();
    let job = endless(&world);
    let remove = async || {
        let mut removed = 0;
        for dead in DeadOwner::find(owners.path()).unwrap() {
            // Where its things are it has said itself.
            removed += dead.remove_leftovers(&DockerSettings::default()).await.unwrap();
        }
        removed
    };
    world
        .run_with(&job, recorder, async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            assert_eq!(remove().await, 0);
            assert_eq!(engine.leftovers(&dead), 3);
            victim.kill().unwrap();
            victim.wait().unwrap();
            assert_eq!(engine.leftovers(&dead), 3);
            assert_eq!(remove().await, 3);
            assert_eq!(engine.leftovers(&dead), 0);
            assert_eq!(engine.leftovers(&living_label), 3);
            recorder.wish(gantry_protocol::Wish::Abort);
        })
        .await;
    assert_eq!(engine.leftovers(&living_label), 0);
}

#[tokio::test]
async fn the_next_job_in_a_folder_removes_what_is_still_there() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    let id = engine.docker(&["run", "--detach", "--label", &slot, BUSYBOX, "sleep", "600"]);
    world.run(&world.job(&["true"])).await.assert_success();
    assert!(
        !engine
            .docker(&["ps", "--all", "--quiet", "--no-trunc"])
            .contains(&id)
    );
}

/// Another container's gantry may have the same paths, and the same engine.
#[tokio::test]
async fn what_may_belong_to_somebody_elsewhere_stays() {
    let Some(engine) = engine() else { return };
    let mut world = engine.world(SharedPaths::Auto);
    world.settings.docker.owner = "/own".into();
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    let run = |owner: &str| {
        let owner = format!("dev.gantry.owner={owner}");
        let labels = ["--label", &slot, "--label", &owner];
        engine.docker(
            &[
                ["run", "--detach"].as_slice(),
                &labels,
                &[BUSYBOX, "sleep", "600"],
            ]
            .concat(),
        )
    };
    let (own, elsewhere) = (run("/own"), run("/not/on/this/machine"));
    world.run(&world.job(&["true"])).await.assert_success();
    let there = engine.docker(&["ps", "--all", "--quiet", "--no-trunc"]);
    engine.docker(&["rm", "--force", &elsewhere]);
    assert!(!there.contains(&own));
    assert!(there.contains(&elsewhere));
}

#[tokio::test]
async fn a_job_that_is_dropped_removes_its_containers() {
    let Some(engine) = engine() else { return };
    let world = engine.world(SharedPaths::Auto);
    let job = endless(&world);
    let slot = format!("dev.gantry.slot={}", world.project_dir().display());
    let recorder = Recorder::new();
    {
        let carried = gantry_runner::carry_out(&job, &world.settings, &recorder);
        tokio::select! {
            _ = carried => panic!("the job should run until it is dropped"),
            () = recorder.log_has("\nready\n") => {}
        }
    }
    while engine.leftovers(&slot) > 0 {
        tokio::task::yield_now().await;
    }
}
