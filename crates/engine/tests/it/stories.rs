//! Whole runs, told from the start to the end.

use std::fs;
use std::num::NonZeroUsize;
use std::time::Duration;

use gantry_engine::{Deploy, Ending, EngineError, Notice, Observer, Selection, Silent};
use gantry_language::plan::{Cache, CacheKey, EnvironmentAction, KeepWhen, When};
use gantry_pipeline::Status;
use gantry_protocol::{FailureReason, Wish};
use gantry_store::{Reader, RunId, Store, StoreError};
use insta::assert_snapshot;

use crate::plans::{job, plan};
use crate::world::{Act, FAIL, NOON, World};

#[tokio::test(start_paused = true)]
async fn stages_follow_each_other() {
    let told = World::new(plan([job("compile"), job("unit").stage("test")]))
        .script("compile", [Act::Say("cc main.c"), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    compile#1 created → pending: waits for a runner
    compile#1 pending → running: runs
    compile#1 | cc main.c
    compile#1 running → success: succeeded
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 running → success: succeeded
    = success
    Success
    ");
}

#[tokio::test(start_paused = true)]
async fn a_failure_keeps_later_stages_from_running() {
    let told = World::new(plan([job("compile"), job("unit").stage("test")]))
        .script("compile", [FAIL])
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    compile#1 created → pending: waits for a runner
    compile#1 pending → running: runs
    compile#1 running → failed: failed: script_failure with exit code 1
    unit#1 created → skipped: skipped because `compile` failed
    = failed
    Failed
    ");
    let rows = told.store().latest_attempts(told.summary.run).unwrap();
    assert_eq!(rows[0].failure_reason.as_deref(), Some("script_failure"));
    assert_eq!(rows[0].exit_code, Some(1));
    assert_eq!(rows[1].status, "skipped");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_allowed_hurts_nobody() {
    let told = World::new(plan([job("lint").may_fail(), job("unit").stage("test")]))
        .script("lint", [FAIL])
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Success);
    assert!(told.summary.jobs[0].allowed_to_fail);
    assert_eq!(told.summary.jobs[1].status, Status::Success);
}

// shows: S0-29
#[tokio::test(start_paused = true)]
async fn a_retry_is_an_attempt_of_its_own() {
    let told = World::new(plan([job("flaky").retry(1)]))
        .script("flaky", [Act::Say("first"), FAIL])
        .script("flaky", [Act::Say("second"), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    flaky#1 created → pending: waits for a runner
    flaky#1 pending → running: runs
    flaky#1 | first
    flaky#1 running → failed: failed: script_failure with exit code 1, of 2
    flaky#2 failed → created: retried, 1 of 1
    flaky#2 created → pending: waits for a runner
    flaky#2 pending → running: runs
    flaky#2 | second
    flaky#2 running → success: succeeded
    = success
    Success
    ");
    let store = told.store();
    let attempts = store.attempts(told.summary.run).unwrap();
    let traces: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            let trace = store.folder().trace(told.summary.run, attempt.id);
            (
                attempt.number,
                attempt.status.as_str(),
                fs::read_to_string(trace).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        traces,
        [
            (1, "failed", "first\n".to_owned()),
            (2, "success", "second\n".to_owned())
        ]
    );
    assert_eq!(told.summary.jobs[0].attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn artifacts_and_variables_are_passed_on() {
    let told = World::new(plan([
        job("compile"),
        job("unit").stage("test"),
        job("alone").stage("test").needs(&[]),
        job("choosy").stage("deploy").dependencies(&["unit"]),
    ]))
    .options(|options| options.jobs_limit = NonZeroUsize::new(1).unwrap())
    .script(
        "compile",
        [Act::Archive("program"), Act::Dotenv("VERSION=3\n"), Act::Succeed],
    )
    .script(
        "unit",
        [Act::Fetch, Act::Show(&["VERSION"]), Act::Archive("report"), FAIL],
    )
    .script("alone", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.story_of("unit"), @r"
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 | from compile: program
    unit#1 | VERSION=3
    unit#1 + archive.zip
    unit#1 running → failed: failed: script_failure with exit code 1
    ");
    assert_snapshot!(told.story_of("alone"), @r"
    alone#1 created → pending: waits for a runner
    alone#1 pending → running: runs
    alone#1 | VERSION=unset
    alone#1 running → success: succeeded
    ");
}

// shows: S0-33
#[tokio::test(start_paused = true)]
async fn the_archives_of_all_earlier_stages_come_unless_fewer_are_wanted() {
    let told = World::new(plan([
        job("compile"),
        job("unit").stage("test"),
        job("all").stage("deploy"),
        job("choosy").stage("deploy").dependencies(&["unit"]),
    ]))
    .script(
        "compile",
        [Act::Archive("program"), Act::Dotenv("VERSION=3\n"), Act::Succeed],
    )
    .script("unit", [Act::Archive("report"), Act::Succeed])
    .script("all", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
    .script("choosy", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.story_of("all"), @r"
    all#1 created → pending: waits for a runner
    all#1 pending → running: runs
    all#1 | from compile: program
    all#1 | from unit: report
    all#1 | VERSION=3
    all#1 running → success: succeeded
    ");
    assert_snapshot!(told.story_of("choosy"), @r"
    choosy#1 created → pending: waits for a runner
    choosy#1 pending → running: runs
    choosy#1 | from unit: report
    choosy#1 | VERSION=unset
    choosy#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_need_can_be_one_without_artifacts() {
    let told = World::new(plan([
        job("compile"),
        job("unit")
            .stage("test")
            .needs(&["compile"])
            .without_artifacts_of_its_needs(),
    ]))
    .script(
        "compile",
        [Act::Archive("program"), Act::Dotenv("VERSION=3\n"), Act::Succeed],
    )
    .script("unit", [Act::Fetch, Act::Show(&["VERSION"]), Act::Succeed])
    .run()
    .await;
    assert_snapshot!(told.story_of("unit"), @r"
    unit#1 created → pending: waits for a runner
    unit#1 pending → running: runs
    unit#1 | VERSION=unset
    unit#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_no_dotenv_fails_its_job() {
    let told = World::new(plan([job("compile")]))
        .script("compile", [Act::Dotenv("no equals sign\n"), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    compile#1 created → pending: waits for a runner
    compile#1 pending → running: runs
    compile#1 | the artifact was refused: Invalid Format
    compile#1 running → failed: failed: script_failure (the dotenv report is not valid: Invalid Format)
    = failed
    Failed
    ");
}

#[tokio::test(start_paused = true)]
async fn a_manual_job_waits_and_is_played_when_asked_for() {
    let jobs = || {
        plan([
            job("compile"),
            job("publish").stage("test").when(When::Manual),
            job("announce").stage("deploy"),
        ])
    };
    let waiting = World::new(jobs()).run().await;
    assert_snapshot!(waiting.story(), @r"
    run 1 of 3 jobs
    compile#1 created → pending: waits for a runner
    compile#1 pending → running: runs
    compile#1 running → success: succeeded
    publish#1 created → manual: waits to be played
    = manual
    Waiting
    ");
    let rows = waiting.store().latest_attempts(waiting.summary.run).unwrap();
    assert_eq!(rows[2].reason, "waits for stage `test`");

    let played = World::new(jobs())
        .options(|options| options.manual = vec!["publish".to_owned()])
        .run()
        .await;
    assert_snapshot!(played.story_of("publish"), @r"
    publish#1 created → manual: waits to be played
    publish#1 manual → pending: played, waits for a runner
    publish#1 pending → running: runs
    publish#1 running → success: succeeded
    ");
    assert_eq!(played.summary.ending, Ending::Success);
}

// shows: S3-55
#[tokio::test(start_paused = true)]
async fn a_pipeline_of_manual_jobs_is_skipped_until_somebody_plays_one() {
    let by_hand = |name| job(name).when(When::Manual).may_fail();
    let told = World::new(plan([by_hand("build"), by_hand("deploy").stage("deploy")]))
        .run()
        .await;
    assert_eq!(told.summary.status, Status::Skipped);
    assert_eq!(told.summary.ending, Ending::Waiting);
    assert!(told.summary.jobs.iter().all(|job| job.status == Status::Manual));
}

// shows: S0-34
#[tokio::test(start_paused = true)]
async fn what_reaches_outside_is_held_until_it_may() {
    let jobs = || {
        plan([
            job("deploy")
                .stage("deploy")
                .environment("production", EnvironmentAction::Start),
            job("check")
                .stage("deploy")
                .environment("production", EnvironmentAction::Verify),
        ])
    };
    let held = World::new(jobs()).run().await;
    assert_snapshot!(held.story_of("deploy"), @"deploy#1 created → manual: held: it acts on environment `production`");
    assert_eq!(held.summary.jobs[1].status, Status::Success);
    assert_eq!(held.summary.ending, Ending::Waiting);

    let environments = Deploy::Environments(vec!["production".to_owned()]);
    let released = World::new(jobs())
        .options(|options| options.deploy = environments)
        .script("deploy", [Act::Show(&["CI_ENVIRONMENT_URL"]), Act::Succeed])
        .run()
        .await;
    assert_snapshot!(released.story_of("deploy"), @r"
    deploy#1 created → pending: waits for a runner
    deploy#1 pending → running: runs
    deploy#1 | CI_ENVIRONMENT_URL=https://production.example.com/
    deploy#1 running → success: succeeded
    ");
}

#[tokio::test(start_paused = true)]
async fn naming_a_held_job_does_not_let_it_go() {
    let deploy = job("deploy")
        .environment("production", EnvironmentAction::Start)
        .when(When::Manual);
    let told = World::new(plan([deploy]))
        .options(|options| {
            options.selection = Selection::Jobs {
                names: vec!["deploy".to_owned()],
                with_needs: false,
            };
        })
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Waiting);
    assert_eq!(told.summary.jobs[0].status, Status::Manual);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_job_starts_when_its_time_has_come() {
    let told = World::new(plan([job("later").delayed(90)])).run().await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    later#1 created → scheduled: delayed by 90 s
    later#1 scheduled → pending: its delay is over, waits for a runner
    later#1 pending → running: runs
    later#1 running → success: succeeded
    = success
    Success
    ");
    let row = &told.store().attempts(told.summary.run).unwrap()[0];
    assert_eq!(row.started_at.unwrap().0 - row.created_at.0, 90_000);
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_run_at_once_than_allowed() {
    let work = || [Act::Work(Duration::from_secs(60)), Act::Succeed];
    for (limit, expected) in [(1, 1), (2, 2), (9, 4)] {
        let told = ["a", "b", "c", "d"]
            .iter()
            .fold(World::new(plan(["a", "b", "c", "d"].map(job))), |world, name| {
                world.script(name, work())
            })
            .options(|options| options.jobs_limit = NonZeroUsize::new(limit).unwrap())
            .run()
            .await;
        assert_eq!(told.most_at_once, expected);
        assert_eq!(told.summary.ending, Ending::Success);
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_interrupt_lets_a_job_clean_up() {
    let told = World::new(plan([job("long"), job("next").stage("test")]))
        .script(
            "long",
            [
                Act::Press(Wish::Cancel),
                Act::Await(Wish::Cancel),
                Act::Say("cleaning up"),
                Act::Fail(FailureReason::JobCanceled, 1),
            ],
        )
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 2 jobs
    long#1 created → pending: waits for a runner
    long#1 pending → running: runs
    long#1 running → canceling: canceled on request
    next#1 created → canceled: canceled on request
    long#1 | cleaning up
    long#1 canceling → canceled: canceled on request
    = canceled
    Interrupted
    ");
}

#[tokio::test(start_paused = true)]
async fn the_second_interrupt_stops_at_once() {
    let told = World::new(plan([job("long")]))
        .script(
            "long",
            [
                Act::Press(Wish::Cancel),
                Act::Await(Wish::Cancel),
                Act::Press(Wish::Abort),
                Act::Await(Wish::Abort),
            ],
        )
        .run()
        .await;
    assert_snapshot!(told.story(), @r"
    run 1 of 1 jobs
    long#1 created → pending: waits for a runner
    long#1 pending → running: runs
    long#1 running → canceling: canceled on request
    long#1 canceling → canceled: canceled on request
    = canceled
    Interrupted
    ");
    assert_eq!(told.store().reconcile(NOON).unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn an_abort_without_a_warning_cancels_first() {
    let told = World::new(plan([job("long")]))
        .script("long", [Act::Press(Wish::Abort), Act::Await(Wish::Abort)])
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Interrupted);
    assert_eq!(told.summary.jobs[0].status, Status::Canceled);
}

#[tokio::test(start_paused = true)]
async fn fail_fast_cancels_the_rest() {
    let told = World::new(plan([job("bad"), job("slow")]))
        .options(|options| {
            options.fail_fast = true;
            options.jobs_limit = NonZeroUsize::new(2).unwrap();
        })
        .script("bad", [FAIL])
        .script(
            "slow",
            [Act::Await(Wish::Cancel), Act::Fail(FailureReason::JobCanceled, 1)],
        )
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Failed);
    assert_eq!(told.summary.jobs[1].status, Status::Canceled);
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_breaks_down_is_a_failure_of_the_system() {
    let told = World::new(plan([job("broken"), job("silent").stage("build")]))
        .script("broken", [Act::Say("so far so good"), Act::Panic])
        .script("silent", [Act::Say("good bye")])
        .run()
        .await;
    assert_snapshot!(told.story_of("silent"), @r"
    silent#1 created → pending: waits for a runner
    silent#1 pending → running: runs
    silent#1 | good bye
    silent#1 running → failed: failed: runner_system_failure (the runner ended without a result)
    ");
    let broken = &told.summary.jobs[0];
    assert_eq!(broken.failure_reason.as_deref(), Some("runner_system_failure"));
    assert!(
        broken.reason.contains("the runner broke down"),
        "{}",
        broken.reason
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_is_heard_after_the_last_word() {
    let told = World::new(plan([job("talkative")]))
        .script("talkative", [Act::Say("once"), Act::Succeed, Act::SpeakAgain])
        .run()
        .await;
    assert_eq!(told.summary.ending, Ending::Success);
    let store = told.store();
    let attempt = told.summary.jobs[0].attempt;
    let trace = fs::read_to_string(store.folder().trace(told.summary.run, attempt)).unwrap();
    assert_eq!(trace, "once\n");
}

#[tokio::test(start_paused = true)]
async fn an_empty_plan_has_nothing_to_run() {
    let told = World::new(plan([])).run().await;
    assert_eq!(told.summary.ending, Ending::NothingToRun);
}

#[tokio::test(start_paused = true)]
async fn a_job_by_name_runs_alone_or_with_what_it_needs() {
    let names = |with_needs| {
        let world = World::new(plan([
            job("compile"),
            job("other"),
            job("unit").stage("test").needs(&["compile"]),
            job("deploy").stage("deploy"),
        ]));
        world.options(|options| {
            options.selection = Selection::Jobs {
                names: vec!["unit".to_owned()],
                with_needs,
            };
        })
    };
    let ran = |told: crate::world::Told| -> Vec<String> {
        told.summary.jobs.into_iter().map(|job| job.name).collect()
    };
    assert_eq!(ran(names(false).run().await), ["unit"]);
    assert_eq!(ran(names(true).run().await), ["compile", "unit"]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_given_up_leaves_a_readable_store() {
    let (run, root, _, _) = World::new(plan([job("compile")])).start().unwrap();
    let id = run.id();
    drop(run);
    let mut store = Store::open(root.path()).unwrap();
    let found = store.reconcile(NOON).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].run.id, id);
    assert_eq!(
        store.plan(id).unwrap().unwrap(),
        serde_json::to_string(&plan([job("compile")])).unwrap()
    );
}

/// Looks into the store whenever it is told something.
struct Sceptic(Reader);

impl Observer for Sceptic {
    fn notice(&mut self, notice: Notice<'_>) {
        match notice {
            Notice::Transition { job, to, .. } => {
                let transitions = self.0.transitions(RunId(1)).unwrap();
                let known = transitions
                    .iter()
                    .any(|step| step.attempt == job.attempt && step.to == to.as_str());
                assert!(known, "{} is told to be {to} before it is", job.name);
            }
            Notice::Artifact { job, .. } => {
                assert_eq!(self.0.artifacts(job.attempt).unwrap().len(), 1);
            }
            Notice::Finished { run, status, .. } => {
                let run = self.0.run(run).unwrap().unwrap();
                assert_eq!(run.status, status.as_str());
                assert!(run.finished_at.is_some());
            }
            Notice::Started { .. } | Notice::Trace { .. } => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn everything_is_in_the_store_before_anybody_hears_of_it() {
    let world = World::new(plan([job("flaky").retry(1), job("unit").stage("test")]))
        .script("flaky", [FAIL])
        .script("flaky", [Act::Archive("program"), Act::Succeed]);
    drop(Store::open(world.root()).unwrap());
    let mut sceptic = Sceptic(Store::open_read_only(world.root()).unwrap().unwrap());
    let (_root, _, summary) = world.run_before(&mut sceptic).await;
    assert_eq!(summary.unwrap().ending, Ending::Success);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_stops_the_jobs_that_run() {
    let world = World::new(plan([job("saboteur"), job("bystander"), job("next")]))
        .options(|options| options.jobs_limit = NonZeroUsize::new(2).unwrap())
        .script("saboteur", [Act::BreakTheStore, Act::Succeed])
        .script("bystander", [Act::Await(Wish::Abort)]);
    let (root, _, result) = world.run_before(&mut Silent).await;
    assert!(
        matches!(&result, Err(EngineError::Store(StoreError::Io { .. }))),
        "{result:?}"
    );
    let found = Store::open(root.path()).unwrap().reconcile(NOON).unwrap();
    let lost: Vec<_> = found[0]
        .running
        .iter()
        .map(|attempt| attempt.job.as_str())
        .collect();
    assert_eq!(lost, ["bystander", "next"]);
}

#[tokio::test]
async fn a_cache_key_that_nobody_can_compute_stops_the_run() {
    let cache = Cache {
        key: CacheKey::Files {
            files: vec!["Cargo.lock".to_owned()],
            prefix: "0_Cargo".to_owned(),
        },
        paths: vec!["target".to_owned()],
        untracked: false,
        unprotect: false,
        when: KeepWhen::OnSuccess,
        policy: "pull-push".to_owned(),
        fallback_keys: Vec::new(),
    };
    let world = World::new(plan([job("compile").build(|build| build.cache = vec![cache])]));
    assert!(matches!(world.start(), Err(EngineError::Tree(_))));
}

#[tokio::test(start_paused = true)]
async fn coverage_is_read_from_the_log_of_the_attempt() {
    let measured = job("unit").retry(1).build(|build| {
        build.coverage = Some(r"total: \d+\.\d+".to_owned());
    });
    let told = World::new(plan([measured, job("lint")]))
        .script("unit", [Act::Say("total: 12.5%"), FAIL])
        .script(
            "unit",
            [
                Act::Say("total: 80.0%"),
                Act::Say("total: 81.25%"),
                Act::Say("bye"),
                Act::Succeed,
            ],
        )
        .run()
        .await;
    let rows = told.store().attempts(told.summary.run).unwrap();
    let coverage: Vec<_> = rows
        .iter()
        .map(|row| (row.job.as_str(), row.coverage.as_deref()))
        .collect();
    assert_eq!(
        coverage,
        [("unit", Some("12.5")), ("lint", None), ("unit", Some("81.25"))]
    );
    assert_eq!(told.summary.jobs[0].coverage.as_deref(), Some("81.25"));
}
