//! Jobs that do not get to end by themselves, and what is left of them: nothing.

use std::time::{Duration, Instant};

use gantry_protocol::payload::{Artifact, When};
use gantry_protocol::{FailureReason, JobState, Wish};

use crate::support::{Recorder, World, eventually, is_running, step, variable};

/// A command that leaves a child in a session of its own, which ignores SIGHUP and has no parent.
const DAEMON: &str = "(setsid sleep 600 > /dev/null 2>&1 &)";

#[tokio::test]
async fn a_cancelled_job_cleans_up_and_leaves_no_process() {
    let world = World::new();
    let mut job = world.job(&[
        "echo partial > result.txt",
        DAEMON,
        "echo ready",
        "sleep 600",
        "echo never",
    ]);
    job.variables.push(variable("MARK", "cancelled-job-7301"));
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo after with $CI_JOB_STATUS"],
    ));
    job.artifacts = Some(vec![
        Artifact {
            paths: vec!["result.txt".into()],
            when: When::OnFailure,
            ..Artifact::default()
        },
        Artifact {
            paths: vec!["README".into()],
            when: When::OnSuccess,
            ..Artifact::default()
        },
    ]);
    let run = world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            assert!(is_running("MARK=cancelled-job-7301"));
            recorder.wish(Wish::Cancel);
        })
        .await;
    assert!(!is_running("MARK=cancelled-job-7301"));
    assert_eq!(run.outcome.state, JobState::Failed);
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::JobCanceled));
    assert!(run.section("after_script").contains("\nafter with canceled\n"));
    assert_eq!(run.recorder.uploads().len(), 1);
    assert!(
        run.shown_log()
            .contains("WARNING: the script was canceled from outside\n")
    );
    assert!(run.shown_log().ends_with("ERROR: Job failed: canceled\n"));
    assert!(!run.script().contains("\nnever\n"));
    assert_eq!(run.states(), [JobState::Running, JobState::Failed]);
}

#[tokio::test]
async fn a_cancel_does_not_cut_after_script_short() {
    let world = World::new();
    for (script, reason) in [
        ("true", FailureReason::JobCanceled),
        ("exit 2", FailureReason::ScriptFailure),
    ] {
        let go_on = world.path().join("go-on");
        let wait = format!(
            "echo ready; until [ -e {} ]; do sleep 0.01; done; echo through",
            go_on.display()
        );
        let mut job = world.job(&[script]);
        job.steps.push(step("after_script", When::Always, &[&wait]));
        job.artifacts = Some(vec![Artifact {
            paths: vec!["README".into()],
            when: When::OnFailure,
            ..Artifact::default()
        }]);
        let run = world
            .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
                recorder.log_has("\nready\n").await;
                recorder.wish(Wish::Cancel);
                std::fs::write(&go_on, "").unwrap();
            })
            .await;
        assert!(run.section("after_script").ends_with("\nthrough\n"));
        assert_eq!(run.outcome.failure_reason, Some(reason));
        assert_eq!(run.recorder.uploads().len(), 1);
        std::fs::remove_file(&go_on).unwrap();
    }
}

#[tokio::test]
async fn an_aborted_job_ends_at_once_and_reports_nothing() {
    let mut world = World::new();
    world.settings.graceful_kill = Duration::from_secs(600);
    let mut job = world.job(&[
        "trap '' TERM",
        DAEMON,
        "echo ready",
        "while true; do sleep 1 || true; done",
    ]);
    job.variables.push(variable("MARK", "aborted-job-7302"));
    job.steps
        .push(step("after_script", When::Always, &["echo after"]));
    let run = world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Abort);
        })
        .await;
    assert!(!is_running("MARK=aborted-job-7302"));
    assert_eq!(run.states(), [JobState::Running]);
    assert!(!run.outcome.reported);
    assert!(!run.shown_log().contains("after"));
}

#[tokio::test]
async fn a_script_that_ignores_sigterm_is_killed_after_the_grace() {
    let mut world = World::new();
    world.settings.graceful_kill = Duration::from_millis(300);
    let job = world.job(&[
        "trap '' TERM",
        "echo ready",
        "while true; do sleep 1 || true; done",
    ]);
    let run = world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Cancel);
        })
        .await;
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::JobCanceled));
}

#[tokio::test]
async fn an_abort_cuts_the_grace_of_a_cancel_short() {
    let mut world = World::new();
    world.settings.graceful_kill = Duration::from_secs(600);
    let job = world.job(&[
        "trap 'echo asked' TERM",
        "echo ready",
        "while true; do sleep 0.05 || true; done",
    ]);
    let run = world
        .run_with(&job, Recorder::new(), async |recorder: &Recorder| {
            recorder.log_has("\nready\n").await;
            recorder.wish(Wish::Cancel);
            recorder.log_has("\nasked\n").await;
            recorder.wish(Wish::Abort);
        })
        .await;
    assert_eq!(run.states(), [JobState::Running]);
}

#[tokio::test]
async fn what_a_finished_script_leaves_running_is_ended() {
    let world = World::new();
    let mut job = world.job(&[DAEMON, "sleep 600 &", "echo done"]);
    job.variables.push(variable("MARK", "finished-job-7303"));
    let begun = Instant::now();
    let run = world.run(&job).await;
    run.assert_success();
    assert!(!is_running("MARK=finished-job-7303"));
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn the_jobs_timeout_ends_everything() {
    let world = World::new();
    let mut job = world.job(&["echo begun", "sleep 600"]);
    job.runner_info.timeout = 1;
    job.steps
        .push(step("after_script", When::Always, &["echo after"]));
    job.artifacts = Some(vec![Artifact {
        paths: vec!["README".into()],
        when: When::Always,
        ..Artifact::default()
    }]);
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::JobExecutionTimeout)
    );
    assert_eq!(
        run.outcome.message.as_deref(),
        Some("execution took longer than 1s")
    );
    assert_eq!(run.section("after_script"), "");
    assert_eq!(run.recorder.uploads().len(), 0);
    let log = run.shown_log();
    assert!(
        log.contains("WARNING: step_script did not run to its end because the time was up"),
        "{log}"
    );
    assert!(
        log.ends_with("ERROR: Job failed: execution took longer than 1s seconds\n"),
        "{log}"
    );
}

#[tokio::test]
async fn the_scripts_own_timeout_leaves_time_for_the_rest() {
    let world = World::new();
    let mut job = world.job(&["sleep 600"]);
    job.variables.push(variable("RUNNER_SCRIPT_TIMEOUT", "300ms"));
    job.steps.push(step(
        "after_script",
        When::Always,
        &["echo after with $CI_JOB_STATUS"],
    ));
    job.artifacts = Some(vec![Artifact {
        paths: vec!["README".into()],
        when: When::OnFailure,
        ..Artifact::default()
    }]);
    let run = world.run(&job).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::JobExecutionTimeout)
    );
    assert!(run.section("after_script").contains("\nafter with timedout\n"));
    assert_eq!(run.recorder.uploads().len(), 1);
    assert!(
        run.shown_log()
            .ends_with("ERROR: Job failed: script took longer than 300ms seconds\n")
    );
}

#[tokio::test]
async fn after_script_has_its_own_timeout() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    job.variables
        .push(variable("RUNNER_AFTER_SCRIPT_TIMEOUT", "200ms"));
    job.steps.push(step("after_script", When::Always, &["sleep 600"]));
    let run = world.run(&job).await;
    run.assert_success();
    assert!(
        run.section("after_script")
            .contains("script took longer than 200ms")
    );
}

#[tokio::test]
async fn odd_timeouts_are_told() {
    let world = World::new();
    let mut job = world.job(&["true"]);
    job.variables = vec![
        variable("RUNNER_SCRIPT_TIMEOUT", "soon"),
        variable("RUNNER_AFTER_SCRIPT_TIMEOUT", "2h"),
    ];
    job.steps.push(step("after_script", When::Always, &["true"]));
    let run = world.run(&job).await;
    run.assert_success();
    let log = run.shown_log();
    assert!(
        log.contains("RUNNER_SCRIPT_TIMEOUT `soon` is no duration such as `1h30m`, ignored"),
        "{log}"
    );
    assert!(
        log.contains("RUNNER_AFTER_SCRIPT_TIMEOUT `2h0m0s` is longer than the job's own timeout 1m0s"),
        "{log}"
    );
}

#[tokio::test]
async fn a_coordinator_that_forgets_the_job_ends_it() {
    let world = World::new();
    let mut job = world.job(&["while true; do seq 100; sleep 0.05; done"]);
    job.variables.push(variable("MARK", "forgotten-job-7304"));
    let recorder = Recorder::new();
    *recorder.forget_after.lock().unwrap() = Some(1500);
    let run = world.run_with(&job, recorder, async |_: &Recorder| {}).await;
    assert_eq!(run.states(), [JobState::Running]);
    assert!(!is_running("MARK=forgotten-job-7304"));
}

#[tokio::test]
async fn dropping_the_job_ends_its_processes() {
    let world = World::new();
    let mut job = world.job(&[DAEMON, "echo ready", "sleep 600"]);
    job.variables.push(variable("MARK", "dropped-job-7305"));
    let recorder = Recorder::new();
    {
        let carried = gantry_runner::carry_out(&job, &world.settings, &recorder);
        tokio::select! {
            _ = carried => panic!("the job should run until it is dropped"),
            () = recorder.log_has("\nready\n") => {}
        }
    }
    eventually("the job's processes are gone", || {
        !is_running("MARK=dropped-job-7305")
    });
}
