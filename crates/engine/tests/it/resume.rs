//! Runs that continue others: what is kept, what runs again and why, and what is asked first.

use std::fs;

use gantry_engine::{Cause, Change, Deploy, Ending, Executor, Fate, Prospect, Resumption, forecast};
use gantry_language::plan::{EnvironmentAction, Plan, When};
use gantry_language::variables::Variable;
use gantry_protocol::{FailureReason, Wish};
use gantry_store::Store;
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, NOON, Told, World};

fn pipeline() -> Plan {
    plan([
        job("compile"),
        job("unit").stage("test"),
        job("ship").stage("deploy"),
    ])
}

/// `compile` leaves an archive and a variable, `unit` fails.
async fn failed() -> Told {
    let acts = [
        Act::Say("cc main.c"),
        Act::Archive("binary"),
        Act::Dotenv("VERSION=3"),
        Act::Succeed,
    ];
    World::new(pipeline())
        .script("compile", acts)
        .script("unit", [FAIL])
        .run()
        .await
}

/// What becomes of each job, on a line of its own.
fn fates(world: &World) -> String {
    let resumption: Resumption = world.request().resumption.unwrap();
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

#[tokio::test(start_paused = true)]
async fn a_success_is_kept_with_what_it_left_and_the_failure_runs() {
    let told = World::after(failed().await, pipeline())
        .script("unit", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 2 of 3 jobs
    compile#1 created → success: kept from run 1
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 | from compile: binary
    unit#1 | VERSION=3
    unit#1 running → success: succeeded
    ship#1 created → pending: waits for a runner
    ship#1 pending → running: runs
    ship#1 running → success: succeeded
    = success
    Success
    ");
    let store = told.store();
    let rows = store.latest_attempts(told.summary.run).unwrap();
    assert_eq!(rows[0].reason, "kept from run 1");
    assert_eq!(rows[0].started_at, None);
    assert_eq!(rows[0].finished_at, Some(NOON));
    let log = fs::read_to_string(store.folder().trace(told.summary.run, rows[0].id)).unwrap();
    assert_eq!(log, "cc main.c\n");
    assert_eq!(told.summary.jobs[0].kept_from, Some(gantry_store::RunId(1)));
    assert_eq!(told.summary.jobs[1].kept_from, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_can_be_kept_once_more_without_the_first_run() {
    let second = World::after(failed().await, pipeline())
        .script("unit", [FAIL])
        .run()
        .await;
    let mut store = second.store();
    assert!(store.remove_run(gantry_store::RunId(1)).unwrap());
    let third = World::after(second, pipeline())
        .script("unit", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(third.story_of("unit"), @r"
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 | from compile: binary
    unit#1 | VERSION=3
    unit#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_done_has_nothing_to_continue() {
    let done = World::new(pipeline()).run().await;
    let told = World::after(done, pipeline()).run().await;
    assert_eq!(told.summary.ending, Ending::NothingToRun);
    assert!(told.summary.jobs.iter().all(|job| job.kept_from.is_some()));
}

#[tokio::test(start_paused = true)]
async fn another_definition_runs_with_all_that_comes_after_it() {
    let done = World::new(pipeline()).run().await;
    let changed = plan([
        job("compile"),
        job("unit").stage("test").image("alpine:3"),
        job("ship").stage("deploy"),
    ]);
    assert_snapshot!(fates(&World::after(done, changed)), @r"
    compile kept
    unit runs: its definition has changed
    ship runs: `unit` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn what_ran_elsewhere_is_no_result() {
    let pipeline = || {
        plan([
            job("compile").image("rust:1"),
            job("lint"),
            job("unit").stage("test").needs(&["compile"]),
        ])
    };
    let done = World::new(pipeline())
        .options(|options| options.executor = Executor::Shell)
        .run()
        .await;
    let world = World::after(done, pipeline());
    assert_snapshot!(fates(&world), @r"
    compile runs: another executor ran it
    lint kept
    unit runs: `compile` before it runs
    ");
    // The second time, everything is where it was.
    let world = World::after(world.run().await, pipeline());
    assert_snapshot!(fates(&world), @r"
    compile kept
    lint kept
    unit kept
    ");
    let world = world.options(|options| options.executor = Executor::Shell);
    assert_snapshot!(fates(&world), @r"
    compile runs: another executor ran it
    lint kept
    unit runs: `compile` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn other_files_run_everything() {
    let done = World::new(pipeline()).run().await;
    let world = World::after(done, pipeline()).facts(|facts| facts.checkout.overlay_tree = None);
    assert_snapshot!(fates(&world), @r"
    compile runs: the files have changed
    unit runs: `compile` before it runs
    ship runs: `compile` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_changed_is_noticed_and_never_stored() {
    let done = World::new(pipeline()).run().await;
    let root = done.root.path().join(".gantry");
    for file in ["gantry.db", "gantry.db-wal"] {
        let stored = fs::read(root.join(file)).unwrap_or_default();
        let found = stored.windows(13).any(|part| part == b"correct horse");
        assert!(!found, "{file}");
    }
    let world = World::after(done, pipeline())
        .layers(|layers| layers.project = vec![Variable::new("PASSWORD", "battery staple").masked()]);
    assert_snapshot!(fates(&world), @r"
    compile runs: its variables have changed
    unit runs: `compile` before it runs
    ship runs: `compile` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn a_variable_of_one_job_is_the_others_business_only_behind_it() {
    let greeting = |value: &str| {
        plan([
            job("compile"),
            job("lint").variable("GREETING", value),
            job("unit").stage("test").needs(&["compile"]),
            job("style").stage("test").needs(&["lint"]),
        ])
    };
    let done = World::new(greeting("hello")).run().await;
    assert_snapshot!(fates(&World::after(done, greeting("good bye"))), @r"
    compile kept
    lint runs: its definition has changed
    unit kept
    style runs: `lint` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_allowed_is_a_result_unless_the_machine_was_to_blame() {
    let jobs = || {
        plan([
            job("lint").may_fail(),
            job("flaky").may_fail(),
            job("unit").stage("test"),
        ])
    };
    let told = World::new(jobs())
        .script("lint", [FAIL])
        .script("flaky", [Act::Fail(FailureReason::RunnerSystemFailure, 1)])
        .run()
        .await;
    let world = World::after(told, jobs());
    assert_snapshot!(fates(&world), @r"
    lint kept
    flaky runs: it failed
    unit runs: `flaky` before it runs
    ");
    let told = world.run().await;
    assert_snapshot!(told.story_of("lint"), @r"
    lint#1 created → failed: kept from run 1
    ");
    let lint = &told.summary.jobs[0];
    assert_eq!((lint.allowed_to_fail, lint.exit_code), (true, Some(1)));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_had_no_turn_is_judged_once_more() {
    let jobs = || {
        plan([
            job("compile"),
            job("rescue").when(When::OnFailure).stage("test"),
            job("publish").when(When::Manual).may_fail().stage("test"),
            job("ship").stage("deploy"),
        ])
    };
    let done = World::new(jobs()).run().await;
    let world = World::after(done, jobs());
    assert_snapshot!(fates(&world), @r"
    compile kept
    rescue idle
    publish idle
    ship kept
    ");
    assert_eq!(world.run().await.summary.ending, Ending::Waiting);
}

#[tokio::test(start_paused = true)]
async fn a_manual_job_that_is_played_now_runs_and_what_comes_after_it_too() {
    let jobs = || {
        plan([
            job("publish").when(When::Manual).may_fail(),
            job("unit").stage("test"),
        ])
    };
    let done = World::new(jobs()).run().await;
    let world = World::after(done, jobs()).options(|options| options.manual = vec!["publish".to_owned()]);
    assert_snapshot!(fates(&world), @r"
    publish runs: it had not begun
    unit runs: `publish` before it runs
    ");
}

#[tokio::test(start_paused = true)]
async fn without_its_artifacts_or_its_fingerprint_nothing_is_kept() {
    let first = failed().await;
    let store = first.store();
    let compile = store.attempts(first.summary.run).unwrap().remove(0);
    fs::remove_file(
        store
            .folder()
            .artifact(first.summary.run, compile.id, "archive.zip"),
    )
    .unwrap();
    let world = World::after(first, pipeline());
    assert_snapshot!(fates(&world), @r"
    compile runs: its artifacts are gone
    unit runs: it failed
    ship runs: `compile` before it runs
    ");
    fs::remove_file(world.root().join(".gantry/key")).unwrap();
    let resumption = world.request().resumption.unwrap();
    assert_eq!(resumption.cause("compile"), Some(&Cause::NotKnown));
}

fn deploying() -> Plan {
    plan([
        job("compile"),
        job("rollout")
            .stage("deploy")
            .environment("production", EnvironmentAction::Start),
    ])
}

/// A run that was stopped while it deployed.
async fn stopped() -> Told {
    World::new(deploying())
        .options(|options| options.deploy = Deploy::All)
        .script(
            "rollout",
            [Act::Press(Wish::Cancel), Act::Await(Wish::Cancel), FAIL],
        )
        .run()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_was_stopped_is_uncertain_until_it_is_let_go() {
    let world = World::after(stopped().await, deploying());
    let uncertain = world.request().resumption.unwrap().uncertain;
    assert_eq!(uncertain.len(), 1);
    assert_eq!(uncertain[0].job, "rollout");
    assert_eq!(
        uncertain[0].hold.to_string(),
        "it acts on environment `production`"
    );

    let world = world.options(|options| options.deploy = Deploy::No.and_job("rollout".to_owned()));
    assert_snapshot!(fates(&world), @r"
    compile kept
    rollout runs: it was stopped
    ");
    assert!(world.request().resumption.unwrap().uncertain.is_empty());
    assert_eq!(world.run().await.summary.ending, Ending::Success);
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_succeeded_is_not_made_again() {
    let done = World::new(deploying())
        .options(|options| options.deploy = Deploy::All)
        .run()
        .await;
    let world = World::after(done, deploying());
    assert_snapshot!(fates(&world), @r"
    compile kept
    rollout kept
    ");
    assert!(world.request().resumption.unwrap().uncertain.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_died_goes_on_where_it_was() {
    let (run, root, ..) = World::new(pipeline()).start().unwrap();
    let from = run.id();
    drop(run);
    let mut store = Store::open(root.path()).unwrap();
    store.reconcile(NOON).unwrap();
    let world = World::at(root, from, pipeline());
    assert_snapshot!(fates(&world), @r"
    compile runs: it had not begun
    unit runs: it had not begun
    ship runs: it had not begun
    ");
}

/// What a request would come to, a line for each job.
fn forecasted(world: &World) -> String {
    let forecasts = forecast(&world.request()).unwrap();
    let line = |prospect: &Prospect| match prospect.because() {
        Some(because) => format!("{prospect}: {because}"),
        None => prospect.to_string(),
    };
    let lines = forecasts
        .iter()
        .map(|forecast| format!("{} {}\n", forecast.job, line(&forecast.prospect)));
    lines.collect()
}

#[tokio::test]
async fn a_forecast_tells_what_runs_and_what_waits_for_whom() {
    let jobs = [
        job("compile"),
        job("rescue").when(When::OnFailure).stage("test"),
        job("later").delayed(3600).stage("test"),
        job("publish").when(When::Manual).may_fail().stage("test"),
        job("rollout")
            .stage("deploy")
            .environment("production", EnvironmentAction::Start),
        job("smoke").stage("deploy").needs(&["rollout"]),
    ];
    let world = World::new(plan(jobs));
    assert_snapshot!(forecasted(&world), @r"
    compile runs
    rescue skipped: skipped because nothing before it failed
    later runs
    publish waits: waits to be played, nothing waits for it
    rollout held: it acts on environment `production`
    smoke waits: waits for `rollout`
    ");
    let world = world.options(|options| {
        options.deploy = Deploy::All;
        options.manual = vec!["publish".to_owned()];
    });
    assert_snapshot!(forecasted(&world), @r"
    compile runs
    rescue skipped: skipped because nothing before it failed
    later runs
    publish runs
    rollout runs
    smoke runs
    ");
}

#[tokio::test(start_paused = true)]
async fn a_forecast_of_a_run_that_continues_another_tells_why() {
    let world = World::after(failed().await, pipeline());
    assert_snapshot!(forecasted(&world), @r"
    compile kept: from run 1
    unit runs: it failed
    ship runs: `unit` before it runs
    ");
    let resumption = world.request().resumption.unwrap();
    assert_eq!(resumption.cause("unit"), Some(&Cause::Failed));
    assert_ne!(resumption.cause("ship"), Some(&Cause::Changed(Change::Files)));
}
