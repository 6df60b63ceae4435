//! Trigger jobs and the runs that they start.

use std::num::NonZeroUsize;
use std::time::Duration;

use gantry_engine::{Deploy, Ending};
use gantry_language::plan::{EnvironmentAction, OnJobFailure, When};
use gantry_protocol::Wish;
use gantry_store::RunId;
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, World};

const A_MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_job_that_depends_on_its_child_ends_as_the_child_does() {
    let told = World::new(plan([
        job("services").starts_child().depends(),
        job("release").stage("test"),
    ]))
    .child("services", plan([job("api"), job("check").stage("test")]))
    .script("api", [Act::Show(&["CI_PIPELINE_ID"]), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    run 2 of 2 jobs for services
    services/api#1 created → pending: waits for a runner
    services/api#1 pending → running: runs
    services/api#1 | CI_PIPELINE_ID=2
    services/api#1 running → success: succeeded
    services/check#1 created → pending: waits for a runner
    services/check#1 pending → running: runs
    services/check#1 running → success: succeeded
    = success of services
    services#1 running → success: succeeded
    release#1 created → pending: waits for a runner
    release#1 pending → running: runs
    release#1 running → success: succeeded
    = success
    Success
    ");
    let rows = told.store().runs(9).unwrap();
    let family: Vec<_> = rows
        .iter()
        .map(|run| (run.id.0, run.parent, run.bridge.as_deref(), run.status.as_str()))
        .collect();
    assert_eq!(
        family,
        [
            (2, Some(RunId(1)), Some("services"), "success"),
            (1, None, None, "success")
        ]
    );
    assert_eq!(told.store().newest_run().unwrap().unwrap().id, RunId(1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_child_fails_the_job_and_is_named() {
    let told = World::new(plan([
        job("services").starts_child().depends(),
        job("release").stage("test"),
    ]))
    .child("services", plan([job("api")]))
    .script("api", [FAIL])
    .run()
    .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    run 2 of 1 jobs for services
    services/api#1 created → pending: waits for a runner
    services/api#1 pending → running: runs
    services/api#1 running → failed: failed: script_failure with exit code 1
    = failed of services
    services#1 running → failed: failed: run 2 failed
    release#1 created → skipped: skipped because `services` failed
    = failed
    Failed
    ");
    let below = told.summary.jobs[0].downstream.as_ref().unwrap();
    assert_eq!((below.run, below.ending), (RunId(2), Ending::Failed));
    assert_eq!(below.jobs[0].name, "api");
}

#[tokio::test(start_paused = true)]
async fn without_a_strategy_starting_is_all_the_job_does() {
    let told = World::new(plan([
        job("services").starts_child(),
        job("release").stage("test"),
    ]))
    .child("services", plan([job("api")]))
    .script("api", [Act::Work(A_MINUTE), FAIL])
    .run()
    .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    run 2 of 1 jobs for services
    services/api#1 created → pending: waits for a runner
    services#1 running → success: succeeded
    release#1 created → pending: waits for a runner
    release#1 pending → running: runs
    release#1 running → success: succeeded
    = success
    services/api#1 pending → running: runs
    services/api#1 running → failed: failed: script_failure with exit code 1
    = failed of services
    Success
    ");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_waits_for_a_person_lets_its_job_wait() {
    let world = |bridge| {
        World::new(plan([bridge, job("release").stage("test")])).child(
            "services",
            plan([job("ship").environment("production", EnvironmentAction::Start)]),
        )
    };
    let told = world(job("services").starts_child().depends()).run().await;
    assert_eq!(told.summary.ending, Ending::Waiting);
    assert_snapshot!(told.story_of("services"), @r"
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    services#1 running → manual: held: run 2 waits for a person
    ");
    let mirrored = world(job("services").starts_child().mirrors()).run().await;
    assert_eq!(mirrored.story_of("services"), told.story_of("services"));

    let told = world(job("services").starts_child().depends())
        .options(|options| options.deploy = Deploy::Environments(vec!["production".to_owned()]))
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Success);
}

#[tokio::test(start_paused = true)]
async fn a_skipped_child_is_a_failure_for_who_depends_on_it() {
    let world =
        |bridge| World::new(plan([bridge])).child("services", plan([job("never").when(When::OnFailure)]));
    let told = world(job("services").starts_child().depends()).run().await;
    assert_snapshot!(told.story_of("services"), @r"
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    services#1 running → failed: failed: run 2 was skipped
    ");
    let told = world(job("services").starts_child().mirrors()).run().await;
    assert_snapshot!(told.story_of("services"), @r"
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    services#1 running → skipped: skipped as its pipeline was
    ");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_cannot_be_made_fails_the_job() {
    let told = World::new(plan([job("services").starts_child()])).run().await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    services#1 running → failed: failed: downstream_pipeline_creation_failed (there is no such file)
    = failed
    Failed
    ");
}

#[tokio::test(start_paused = true)]
async fn the_whole_family_shares_the_limit() {
    let told = World::new(plan([
        job("left").starts_child().depends(),
        job("right").starts_child().depends(),
        job("own"),
    ]))
    .child("left", plan([job("a"), job("b")]))
    .child("right", plan([job("c"), job("d")]))
    .options(|options| options.jobs_limit = NonZeroUsize::new(2).unwrap())
    .script("a", [Act::Work(A_MINUTE), Act::Succeed])
    .script("b", [Act::Work(A_MINUTE), Act::Succeed])
    .script("c", [Act::Work(A_MINUTE), Act::Succeed])
    .script("own", [Act::Work(A_MINUTE), Act::Succeed])
    .run()
    .await;
    assert_eq!(told.most_at_once, 2);
    assert_eq!(told.summary.ending, Ending::Success);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_reaches_the_jobs_of_children() {
    let told = World::new(plan([job("services").starts_child().depends()]))
        .child("services", plan([job("api"), job("check").stage("test")]))
        .script(
            "api",
            [Act::Press(Wish::Cancel), Act::Await(Wish::Cancel), Act::Succeed],
        )
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    run 2 of 2 jobs for services
    services/api#1 created → pending: waits for a runner
    services/api#1 pending → running: runs
    services#1 running → canceling: canceled on request
    services/api#1 running → canceling: canceled on request
    services/check#1 created → canceled: canceled on request
    services/api#1 canceling → canceled: canceled on request
    = canceled of services
    services#1 canceling → canceled: canceled on request
    = canceled
    Interrupted
    ");
}

#[tokio::test(start_paused = true)]
async fn a_pipeline_that_ends_with_a_failure_takes_its_children_along() {
    let told = World::new(plan([job("services").starts_child().depends(), job("lint")]))
        .child("services", plan([job("api")]))
        .options(|options| {
            options.jobs_limit = NonZeroUsize::new(2).unwrap();
            options.fail_fast = true;
        })
        .script("api", [Act::Await(Wish::Cancel), Act::Succeed])
        .script("lint", [FAIL])
        .run()
        .await;
    assert_snapshot!(told.story_of("services"), @r"
    services#1 created → pending: waits for a runner
    services#1 pending → running: runs
    services#1 running → canceling: canceled on request
    services#1 canceling → canceled: canceled on request
    ");
}

#[tokio::test(start_paused = true)]
async fn children_lie_two_deep() {
    let told = World::new(plan([job("one").starts_child().depends()]))
        .child("one", plan([job("two").starts_child().depends()]))
        .child(
            "one/two",
            plan([job("three").starts_child().depends(), job("leaf")]),
        )
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    one#1 created → pending: waits for a runner
    one#1 pending → running: runs
    run 2 of 1 jobs for one
    one/two#1 created → pending: waits for a runner
    one/two#1 pending → running: runs
    run 3 of 2 jobs for one/two
    one/two/three#1 created → pending: waits for a runner
    one/two/leaf#1 created → pending: waits for a runner
    one/two/three#1 pending → running: runs
    one/two/three#1 running → failed: failed: reached_max_descendant_pipelines_depth (children may lie 2 deep, this one would be a child of those)
    one/two/leaf#1 pending → running: runs
    one/two/leaf#1 running → success: succeeded
    = failed of one/two
    one/two#1 running → failed: failed: run 3 failed
    = failed of one
    one#1 running → failed: failed: run 2 failed
    = failed
    Failed
    ");
}

#[tokio::test(start_paused = true)]
async fn variables_are_handed_down_as_the_job_says() {
    let bridge = |name: &str| {
        job(name)
            .starts_child()
            .variable("GREETING", "hello $WHO")
            .variable("PARENT", "$CI_PIPELINE_ID in $CI_JOB_ID")
            .variable("SECRET", "word: $PASSWORD")
    };
    let pipeline = bridge("pipeline").triggers(|trigger| {
        trigger.forward_yaml_variables = false;
        trigger.forward_pipeline_variables = true;
    });
    let told = World::new(plan([
        job("make"),
        bridge("yaml").needs(&["make"]),
        pipeline.needs(&["make"]),
    ]))
    .child("yaml", plan([job("a")]))
    .child("pipeline", plan([job("a")]))
    .script("make", [Act::Dotenv("WHO=world\nVERSION=7"), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.handed_down.join("\n"), @r"
    yaml: GREETING=hello world
    yaml: PARENT=1 in 
    yaml: SECRET=word: correct horse (masked)
    pipeline: WHO=world
    pipeline: VERSION=7
    ");
}

#[tokio::test(start_paused = true)]
async fn fail_fast_reaches_from_a_child_to_whoever_depends_on_it() {
    let told = World::new(plan([job("services").starts_child().depends(), job("slow")]))
        .child("services", plan([job("bad"), job("next").stage("test")]))
        .options(|options| {
            options.fail_fast = true;
            options.jobs_limit = NonZeroUsize::new(2).unwrap();
        })
        .script("bad", [FAIL])
        .script("slow", [Act::Await(Wish::Cancel), FAIL])
        .run()
        .await;
    assert_snapshot!(told.story_of("services/next"), @"services/next#1 created → skipped: skipped because `bad` failed");
    assert_snapshot!(told.story_of("slow"), @r"
    slow#1 created → pending: waits for a runner
    slow#1 pending → running: runs
    slow#1 running → canceling: canceled on request
    slow#1 canceling → canceled: canceled on request
    ");
    assert_eq!(told.summary.ending, Ending::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_child_cancels_itself_with_its_first_failure() {
    let mut child = plan([job("bad"), job("slow")]);
    child.auto_cancel.on_job_failure = OnJobFailure::All;
    let told = World::new(plan([job("services").starts_child(), job("unit").stage("test")]))
        .child("services", child)
        .options(|options| options.jobs_limit = NonZeroUsize::new(2).unwrap())
        .script("bad", [Act::Work(A_MINUTE), FAIL])
        .script("slow", [Act::Await(Wish::Cancel), FAIL])
        .run()
        .await;
    assert_snapshot!(told.story_of("services/slow"), @r"
    services/slow#1 created → pending: waits for a runner
    services/slow#1 pending → running: runs
    services/slow#1 running → canceling: canceled because `bad` failed
    services/slow#1 canceling → canceled: canceled because `bad` failed
    ");
    assert_snapshot!(told.story_of("unit"), @r"
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_resource_is_kept_among_parents_and_children() {
    let told = World::new(plan([
        job("services").starts_child().depends(),
        job("first").resource_group("production"),
    ]))
    .child("services", plan([job("second").resource_group("production")]))
    .options(|options| options.jobs_limit = NonZeroUsize::new(2).unwrap())
    .script("first", [Act::Work(A_MINUTE), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.story_of("services/second"), @r"
    services/second#1 created → waiting_for_resource: waits for resource group `production`
    services/second#1 waiting_for_resource → waiting_for_resource: waits for resource group `production`, which `first` of run 1 has
    services/second#1 waiting_for_resource → pending: waits for a runner
    services/second#1 pending → running: runs
    services/second#1 running → success: succeeded
    ");
    assert_eq!(told.most_at_once, 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_with_its_child_keeps_no_resource() {
    let by_hand = plan([job("publish").when(When::Manual)]);
    let told = World::new(plan([
        job("services")
            .starts_child()
            .depends()
            .resource_group("production"),
        job("deploy").resource_group("production"),
    ]))
    .child("services", by_hand)
    .run()
    .await;
    assert_snapshot!(told.story_of("deploy"), @r"
    deploy#1 created → waiting_for_resource: waits for resource group `production`
    deploy#1 waiting_for_resource → waiting_for_resource: waits for resource group `production`, which `services` has
    deploy#1 waiting_for_resource → pending: waits for a runner
    deploy#1 pending → running: runs
    deploy#1 running → success: succeeded
    ");
    assert_eq!(told.summary.ending, Ending::Waiting);
}
