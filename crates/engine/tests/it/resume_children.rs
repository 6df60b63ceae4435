//! Continued runs with trigger jobs: which children are kept whole, and which go on where they were.

use gantry_engine::{Deploy, Ending, Fate};
use gantry_language::plan::{EnvironmentAction, Plan, When};
use gantry_protocol::Wish;
use gantry_store::RunId;
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, Told, World};

/// `services` starts a child and depends on it, `ship` comes after it.
fn parent() -> Plan {
    plan([
        job("services").starts_child().depends(),
        job("ship").stage("deploy"),
    ])
}

fn child() -> Plan {
    plan([job("api"), job("check").stage("test")])
}

/// What becomes of each job, on a line of its own.
fn fates(world: &World) -> String {
    let resumption = world.request().resumption.unwrap();
    let line = |fate: &Fate| match fate {
        Fate::Kept(_) => "kept".to_owned(),
        Fate::Idle => "idle".to_owned(),
        Fate::Runs(cause) => format!("runs: {cause}"),
    };
    let lines = resumption
        .jobs
        .iter()
        .map(|resumed| format!("{} {}\n", resumed.job, line(&resumed.fate)));
    lines.collect()
}

async fn shipping_failed() -> Told {
    World::new(parent())
        .child("services", child())
        .script("ship", [FAIL])
        .run()
        .await
}

fn after(told: Told) -> World {
    World::after(told, parent()).child("services", child())
}

#[tokio::test(start_paused = true)]
async fn a_child_that_has_succeeded_is_kept_with_the_job_that_started_it() {
    let second = after(shipping_failed().await).script("ship", [FAIL]).run().await;
    assert_snapshot!(second.story(), @r"
    run 3 of 2 jobs
    services#1 created → success: kept from run 1
    ship#1 created → pending: waits for a runner
    ship#1 pending → running: runs
    ship#1 running → failed: failed: script_failure with exit code 1
    = failed
    Failed
    ");
    // The child is of run 1, and run 3 has kept it from run 1.
    assert_snapshot!(fates(&after(second)), @r"
    services kept
    ship runs: it failed
    ");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_was_removed_runs_again() {
    let told = shipping_failed().await;
    assert!(told.store().remove_run(RunId(2)).unwrap());
    assert_snapshot!(fates(&after(told)), @r"
    services runs: its pipeline is not done
    ship runs: it failed
    ");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_failed_goes_on_where_it_was() {
    let failed = World::new(parent())
        .child("services", child())
        .script("check", [FAIL])
        .run()
        .await;
    let told = after(failed).run().await;
    assert_snapshot!(told.story(), @r"
    run 3 of 2 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    run 4 of 2 jobs for services
    services/api#1 created → success: kept from run 2
    services/check#1 created → pending: waits for a runner
    services/check#1 pending → running: runs
    services/check#1 running → success: succeeded
    = success of services
    services#1 running → success: succeeded
    ship#1 created → pending: waits for a runner
    ship#1 pending → running: runs
    ship#1 running → success: succeeded
    = success
    Success
    ");
    let below = told.summary.jobs[0].downstream.as_ref().unwrap();
    assert_eq!(below.jobs[0].kept_from, Some(RunId(2)));
}

#[tokio::test(start_paused = true)]
async fn a_child_with_another_plan_runs_and_keeps_what_is_the_same() {
    let mut changed = plan([job("api"), job("check").stage("test").variable("STRICT", "1")]);
    changed.hash = serde_json::from_value("1-def".into()).unwrap();
    let world = World::after(shipping_failed().await, parent()).child("services", changed);
    assert_snapshot!(fates(&world), @r"
    services runs: its definition has changed
    ship runs: it failed
    ");
    let told = world.run().await;
    assert_snapshot!(told.story_of("services/api"), @"services/api#1 created → success: kept from run 2");
    assert_snapshot!(told.story_of("services/check"), @r"
    services/check#1 created → pending: waits for a runner
    services/check#1 pending → running: runs
    services/check#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_nobody_waited_for_goes_on_too() {
    let parent = || plan([job("services").starts_child()]);
    let failed = World::new(parent())
        .child("services", child())
        .script("check", [FAIL])
        .run()
        .await;
    assert_eq!(failed.summary.ending, Ending::Success);
    let world = World::after(failed, parent()).child("services", child());
    assert_snapshot!(fates(&world), @"services runs: its pipeline is not done");
}

#[tokio::test(start_paused = true)]
async fn a_child_of_a_child_that_failed_goes_on_too() {
    let parent = || plan([job("one").starts_child()]);
    let one = || plan([job("two").starts_child()]);
    let family = |world: World| world.child("one", one()).child("one/two", child());
    let failed = family(World::new(parent())).script("check", [FAIL]).run().await;
    let told = family(World::after(failed, parent())).run().await;
    assert_snapshot!(told.story_of("one/two/api"), @"one/two/api#1 created → success: kept from run 3");
    assert_snapshot!(told.story_of("one/two/check"), @r"
    one/two/check#1 created → pending: waits for a runner
    one/two/check#1 pending → running: runs
    one/two/check#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_in_a_child_starts_as_soon_as_it_is_asked_for() {
    let child = || {
        let by_hand = job("publish").stage("test").when(When::Manual).may_fail();
        plan([job("api"), by_hand])
    };
    let done = World::new(parent()).child("services", child()).run().await;
    let world = World::after(done, parent()).child("services", child());
    assert_snapshot!(fates(&world), @r"
    services kept
    ship kept
    ");
    let world = world.options(|options| options.manual = vec!["services/publish".to_owned()]);
    assert_snapshot!(fates(&world), @r"
    services runs: its pipeline is not done
    ship runs: `services` before it runs
    ");
    let told = world.run().await;
    assert_snapshot!(told.story_of("services/api"), @"services/api#1 created → success: kept from run 2");
    assert_snapshot!(told.story_of("services/publish"), @r"
    services/publish#1 created → manual: waits to be played, nothing waits for it
    services/publish#1 manual → pending: played, waits for a runner
    services/publish#1 pending → running: runs
    services/publish#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_generated_child_is_kept_with_the_job_that_makes_it() {
    let parent = |make: &str| {
        plan([
            job("make").variable("WHAT", make),
            // It does not wait for `make`, and is made by it all the same.
            job("made")
                .stage("test")
                .needs(&[])
                .starts_generated_child("make"),
        ])
    };
    let done = World::new(parent("this")).child("made", child()).run().await;
    let world = World::after(done, parent("that")).child("made", child());
    assert_snapshot!(fates(&world), @r"
    make runs: its definition has changed
    made runs: `make` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_of_another_project_is_not_started_twice() {
    let parent = || plan([job("rollout").trigger("group/other").depends()]);
    let world = |world: World| {
        let deploying = world.options(|options| options.deploy = Deploy::All);
        deploying.child("rollout", child())
    };
    let done = world(World::new(parent())).run().await;
    assert_snapshot!(fates(&world(World::after(done, parent()))), @"rollout kept");
    let failed = world(World::new(parent())).script("check", [FAIL]).run().await;
    assert_snapshot!(fates(&world(World::after(failed, parent()))), @"rollout runs: it failed");
}

#[tokio::test(start_paused = true)]
async fn a_deployment_of_a_child_that_was_stopped_is_uncertain() {
    let child = || plan([job("rollout").environment("production", EnvironmentAction::Start)]);
    let stopped = World::new(parent())
        .child("services", child())
        .options(|options| options.deploy = Deploy::All)
        .script(
            "rollout",
            [Act::Press(Wish::Cancel), Act::Await(Wish::Cancel), FAIL],
        )
        .run()
        .await;
    let world = World::after(stopped, parent()).child("services", child());
    let uncertain = world.request().resumption.unwrap().uncertain;
    assert_eq!(uncertain.len(), 1);
    assert_eq!(uncertain[0].job, "services/rollout");

    let world = world.options(|options| options.deploy = Deploy::No.and_job("services/rollout".to_owned()));
    assert!(world.request().resumption.unwrap().uncertain.is_empty());
    let told = world.run().await;
    assert_snapshot!(told.story_of("services/rollout"), @r"
    services/rollout#1 created → pending: waits for a runner
    services/rollout#1 pending → running: runs
    services/rollout#1 running → success: succeeded
    ");
}
