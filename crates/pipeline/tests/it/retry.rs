//! New attempts: by themselves as `retry` says, and on request.

use gantry_language::plan::{AllowFailure, Retry, When};
use gantry_pipeline::Status;
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

/// Returns how many runs a job gets that always fails in the same way.
fn runs(retry: Retry, reason: &str, exit_code: Option<i32>) -> u32 {
    let mut run = Run::of(plan(["test"]).job("test", "flaky").with(|job| job.retry = retry));
    while run.status("flaky") == Status::Pending {
        run = run.fails_with("flaky", reason, exit_code);
    }
    run.state("flaky").attempt
}

fn retry(max: Option<u8>, when: &[&str], exit_codes: &[i32]) -> Retry {
    Retry {
        max,
        when: when.iter().map(|word| (*word).to_owned()).collect(),
        exit_codes: exit_codes.to_vec(),
    }
}

#[test]
fn retry_counts_the_runs_after_the_first() {
    assert_eq!(runs(retry(None, &[], &[]), "script_failure", Some(1)), 1);
    assert_eq!(
        runs(retry(Some(0), &["always"], &[]), "script_failure", Some(1)),
        1
    );
    assert_eq!(
        runs(retry(Some(1), &["always"], &[]), "script_failure", Some(1)),
        2
    );
    assert_eq!(
        runs(retry(Some(2), &["always"], &[]), "script_failure", Some(1)),
        3
    );
}

#[test]
fn when_and_exit_codes_are_alternatives() {
    let either = || retry(Some(2), &["runner_system_failure"], &[137]);
    assert_eq!(runs(either(), "runner_system_failure", None), 3);
    assert_eq!(runs(either(), "script_failure", Some(137)), 3);
    assert_eq!(runs(either(), "script_failure", Some(1)), 1);
}

#[test]
fn exit_codes_alone_retry_nothing_else() {
    assert_eq!(runs(retry(Some(2), &[], &[137]), "script_failure", Some(1)), 1);
    assert_eq!(runs(retry(Some(2), &[], &[137]), "script_failure", Some(137)), 3);
}

#[test]
fn without_max_the_keyword_says_nothing() {
    assert_eq!(
        runs(retry(None, &["script_failure"], &[]), "script_failure", Some(1)),
        1
    );
    assert_eq!(
        runs(
            retry(None, &["scheduler_failure"], &[]),
            "scheduler_failure",
            None
        ),
        3
    );
}

#[test]
fn a_scheduler_failure_is_retried_twice_unless_the_keyword_says_otherwise() {
    assert_eq!(runs(retry(None, &[], &[]), "scheduler_failure", None), 3);
    assert_eq!(
        runs(
            retry(Some(1), &["script_failure"], &[]),
            "scheduler_failure",
            None
        ),
        3
    );
    assert_eq!(
        runs(retry(Some(1), &["always"], &[]), "scheduler_failure", None),
        2
    );
    assert_eq!(
        runs(retry(Some(0), &["always"], &[]), "scheduler_failure", None),
        1
    );
}

#[test]
fn some_failures_are_never_retried() {
    for reason in [
        "ci_quota_exceeded",
        "no_matching_runner",
        "missing_dependency_failure",
        "forward_deployment_failure",
        "environment_creation_failure",
    ] {
        assert_eq!(
            runs(retry(Some(2), &["always", reason], &[1]), reason, Some(1)),
            1,
            "{reason}"
        );
    }
}

#[test]
fn what_follows_waits_for_the_last_attempt() {
    let run = Run::of(
        plan(["test", "ship"])
            .job("test", "flaky")
            .retry(1)
            .job("ship", "ship")
            .job("ship", "check")
            .needs(["flaky"]),
    );
    let run = run.fails("flaky");
    assert_snapshot!(run.picture(), @"
    flaky #2   pending    waits for a runner
    ship       created    waits for stage `test`
    check      created    waits for `flaky`
    pipeline: pending
    ");
    assert_snapshot!(run.succeeds("flaky").picture(), @"
    flaky #2   success    succeeded
    ship       pending    waits for a runner
    check      pending    waits for a runner
    pipeline: running
    ");
}

#[test]
fn a_retry_on_request_uses_up_those_that_would_come_by_themselves() {
    let run = Run::of(plan(["test"]).job("test", "flaky").retry(1));
    let run = run.succeeds("flaky").retries("flaky").fails("flaky");
    assert_snapshot!(run.picture(), @"
    flaky #2   failed     failed: script_failure with exit code 1
    pipeline: failed, settled
    ");
}

#[test]
fn an_allowed_failure_is_retried_too_and_a_listed_exit_code_is_judged_anew_each_time() {
    let run = Run::of(
        plan(["test"])
            .job("test", "flaky")
            .retry(1)
            .with(|job| job.allow_failure = AllowFailure::ExitCodes(vec![42])),
    );
    let run = run.fails_with("flaky", "script_failure", Some(42));
    assert_eq!(run.status("flaky"), Status::Pending);
    assert_snapshot!(run.fails_with("flaky", "script_failure", Some(1)).picture(), @"
    flaky #2   failed     failed: script_failure with exit code 1
    pipeline: failed, settled
    ");
}

#[test]
fn a_retry_on_request_brings_back_what_its_failure_had_skipped() {
    let run = Run::of(
        plan(["build", "test", "ship"])
            .job("build", "compile")
            .job("test", "unit")
            .job("test", "cover")
            .needs(["unit"])
            .job("ship", "ship")
            .job("ship", "rescue")
            .when(When::OnFailure),
    );
    let run = run.succeeds("compile").fails("unit").succeeds("rescue");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       failed     failed: script_failure with exit code 1
    cover      skipped    skipped because `unit` failed
    ship       skipped    skipped because `unit` failed
    rescue     success    succeeded
    pipeline: failed, settled
    ");

    let run = run.retries("unit");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit #2    pending    waits for a runner
    cover      created    waits for `unit`
    ship       created    waits for stage `test`
    rescue     success    succeeded
    pipeline: running
    ");

    let run = run.succeeds("unit").succeeds("cover").succeeds("ship");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit #2    success    succeeded
    cover      success    succeeded
    ship       success    succeeded
    rescue     success    succeeded
    pipeline: success, settled
    ");
}

#[test]
fn a_success_can_be_repeated_and_what_has_run_since_stays_as_it_is() {
    let run = Run::of(
        plan(["build", "ship"])
            .job("build", "compile")
            .job("ship", "ship"),
    );
    let run = run.succeeds("compile").succeeds("ship").retries("compile");
    assert_snapshot!(run.picture(), @"
    compile #2 pending    waits for a runner
    ship       success    succeeded
    pipeline: running
    ");
}

#[test]
fn a_retry_stands_in_line_again() {
    let run = Run::of(
        plan(["build", "ship"])
            .job("build", "compile")
            .job("ship", "ship"),
    );
    let run = run.cancels_all().retries("ship");
    assert_snapshot!(run.picture(), @"
    compile    canceled   canceled on request
    ship #2    skipped    skipped because `compile` was canceled
    pipeline: canceled, settled
    ");

    let run = run.retries("compile");
    assert_snapshot!(run.picture(), @"
    compile #2 pending    waits for a runner
    ship #2    created    waits for stage `build`
    pipeline: pending
    ");
}
