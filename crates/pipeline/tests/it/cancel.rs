//! Ending early: what runs is asked to stop, what does not is canceled at once, and nothing runs after it.

use gantry_language::plan::{OnJobFailure, When};
use gantry_pipeline::{Outcome, Status};
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

#[test]
fn a_running_job_is_canceling_until_its_runner_has_ended_it() {
    let run = Run::of(plan(["test"]).job("test", "unit"))
        .picked("unit")
        .cancels("unit");
    assert_snapshot!(run.picture(), @"
    unit       canceling  canceled on request
    pipeline: canceling
    ");

    let run = run.ends("unit", Outcome::Success);
    assert_snapshot!(run.picture(), @"
    unit       canceled   canceled on request
    pipeline: canceled, settled
    ");
}

#[test]
fn after_a_canceled_job_not_even_always_runs() {
    let run = Run::of(
        plan(["test", "report"])
            .job("test", "unit")
            .job("report", "sweep")
            .when(When::Always)
            .job("report", "tell")
            .when(When::Always)
            .needs(["unit"]),
    );
    assert_snapshot!(run.cancels("unit").picture(), @"
    unit       canceled   canceled on request
    sweep      skipped    skipped because `unit` was canceled
    tell       skipped    skipped because `unit` was canceled
    pipeline: canceled, settled
    ");
}

#[test]
fn a_canceled_job_that_may_fail_stops_nothing() {
    let run = Run::of(
        plan(["test", "ship"])
            .job("test", "lint")
            .allow_failure()
            .job("ship", "ship"),
    );
    let run = run.cancels("lint");
    assert_eq!(run.status("ship"), Status::Pending);
    assert_snapshot!(run.succeeds("ship").picture(), @"
    lint       canceled   canceled on request
    ship       success    succeeded
    pipeline: success, with warnings, settled
    ");
}

#[test]
fn canceling_all_leaves_only_what_has_ended_and_what_still_runs() {
    let run = Run::of(
        plan(["build", "test", "ship"])
            .job("build", "compile")
            .job("test", "unit")
            .job("test", "lint")
            .job("test", "wait")
            .delayed(60)
            .job("test", "ask")
            .when(When::Manual)
            .job("ship", "ship"),
    );
    let run = run.succeeds("compile").picked("unit").cancels_all();
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       canceling  canceled on request
    lint       canceled   canceled on request
    wait       canceled   canceled on request
    ask        canceled   canceled on request
    ship       canceled   canceled on request
    pipeline: canceling
    ");

    let run = run.cancels_all().ends("unit", Outcome::Canceled);
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       canceled   canceled on request
    lint       canceled   canceled on request
    wait       canceled   canceled on request
    ask        canceled   canceled on request
    ship       canceled   canceled on request
    pipeline: canceled, settled
    ");
}

#[test]
fn a_job_canceled_where_it_ran_is_canceled_here() {
    let run = Run::of(plan(["ship"]).job("ship", "downstream")).ends("downstream", Outcome::Canceled);
    assert_snapshot!(run.picture(), @"
    downstream canceled   canceled
    pipeline: canceled, settled
    ");
}

#[test]
fn a_failure_ends_a_pipeline_that_says_so() {
    let mut plan = plan(["test", "deploy"])
        .job("test", "quick")
        .retry(1)
        .job("test", "slow")
        .job("test", "allowed")
        .allow_failure()
        .job("deploy", "site");
    plan.auto_cancel.on_job_failure = OnJobFailure::All;
    let run = Run::of(plan).picked("slow").fails("allowed").fails("quick");
    assert_eq!(run.status("slow"), Status::Running, "there is a retry left");

    let run = run.fails("quick");
    assert_snapshot!(run.picture(), @r"
    quick #2   failed     failed: script_failure with exit code 1
    slow       canceling  canceled because `quick` failed
    allowed    failed     failed, which is allowed: script_failure with exit code 1
    site       canceled   canceled because `quick` failed
    pipeline: canceling, with warnings
    ");
    assert_snapshot!(run.ends("slow", Outcome::Success).picture(), @r"
    quick #2   failed     failed: script_failure with exit code 1
    slow       canceled   canceled because `quick` failed
    allowed    failed     failed, which is allowed: script_failure with exit code 1
    site       canceled   canceled because `quick` failed
    pipeline: failed, with warnings, settled
    ");
}
