//! Whole pipelines, from start to end.

use gantry_language::plan::When;
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

#[test]
fn stages_run_one_after_the_other() {
    let run = Run::of(
        plan(["build", "test", "deploy"])
            .job("build", "compile")
            .job("test", "unit")
            .job("test", "lint")
            .job("deploy", "ship"),
    );
    assert_snapshot!(run.picture(), @"
    compile    pending    waits for a runner
    unit       created    waits for stage `build`
    lint       created    waits for stage `build`
    ship       created    waits for stage `build`
    pipeline: pending
    ");

    let run = run.succeeds("compile").succeeds("lint").picked("unit");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       running    runs
    lint       success    succeeded
    ship       created    waits for stage `test`
    pipeline: running
    ");

    let run = run.succeeds("unit").succeeds("ship");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       success    succeeded
    lint       success    succeeded
    ship       success    succeeded
    pipeline: success, settled
    ");
}

#[test]
fn a_failure_skips_what_follows_and_wakes_what_waits_for_failures() {
    let run = Run::of(
        plan(["build", "test", "deploy", "report"])
            .job("build", "compile")
            .job("test", "unit")
            .job("test", "mourn")
            .when(When::OnFailure)
            .job("deploy", "ship")
            .job("report", "tell")
            .when(When::OnFailure)
            .job("report", "sweep")
            .when(When::Always),
    );
    let run = run.succeeds("compile").fails("unit");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       failed     failed: script_failure with exit code 1
    mourn      skipped    skipped because nothing before it failed
    ship       skipped    skipped because `unit` failed
    tell       pending    waits for a runner
    sweep      pending    waits for a runner
    pipeline: running
    ");

    let run = run.succeeds("tell").succeeds("sweep");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    unit       failed     failed: script_failure with exit code 1
    mourn      skipped    skipped because nothing before it failed
    ship       skipped    skipped because `unit` failed
    tell       success    succeeded
    sweep      success    succeeded
    pipeline: failed, settled
    ");
}

#[test]
fn needs_overtake_stages() {
    let run = Run::of(
        plan(["build", "test", "deploy"])
            .job("build", "linux")
            .job("build", "mac")
            .job("test", "on-linux")
            .needs(["linux"])
            .job("test", "on-mac")
            .needs(["mac"])
            .job("deploy", "docs")
            .needs([])
            .job("deploy", "ship")
            .needs(["on-linux", "on-mac"]),
    );
    let run = run.succeeds("linux").fails("mac");
    assert_snapshot!(run.picture(), @"
    linux      success    succeeded
    mac        failed     failed: script_failure with exit code 1
    on-linux   pending    waits for a runner
    on-mac     skipped    skipped because `mac` failed
    docs       pending    waits for a runner
    ship       skipped    skipped because it needs `on-mac`, which was skipped
    pipeline: running
    ");
}

#[test]
fn a_chain_of_needs_inside_one_stage_goes_against_the_order_of_the_file() {
    let run = Run::of(
        plan(["work"])
            .job("work", "last")
            .needs(["middle"])
            .job("work", "middle")
            .needs(["first"])
            .job("work", "first"),
    );
    assert_snapshot!(run.picture(), @"
    last       created    waits for `middle`
    middle     created    waits for `first`
    first      pending    waits for a runner
    pipeline: pending
    ");
    assert_snapshot!(run.fails("first").picture(), @"
    last       skipped    skipped because it needs `middle`, which was skipped
    middle     skipped    skipped because `first` failed
    first      failed     failed: script_failure with exit code 1
    pipeline: failed, settled
    ");
}

#[test]
fn an_allowed_failure_is_a_success_with_a_warning() {
    let run = Run::of(
        plan(["test", "deploy"])
            .job("test", "flaky")
            .allow_failure()
            .job("deploy", "ship")
            .job("deploy", "rescue")
            .when(When::OnFailure)
            .job("deploy", "check")
            .needs(["flaky"]),
    );
    let run = run.fails("flaky").succeeds("ship").succeeds("check");
    assert_snapshot!(run.picture(), @"
    flaky      failed     failed, which is allowed: script_failure with exit code 1
    ship       success    succeeded
    rescue     skipped    skipped because nothing before it failed
    check      success    succeeded
    pipeline: success, with warnings, settled
    ");
}

#[test]
fn jobs_that_need_each_other_wait_and_say_for_whom() {
    let run = Run::of(
        plan(["work"])
            .job("work", "hen")
            .needs(["egg"])
            .job("work", "egg")
            .needs(["hen"])
            .job("work", "fox"),
    );
    assert_snapshot!(run.succeeds("fox").picture(), @"
    hen        created    waits for `egg`
    egg        created    waits for `hen`
    fox        success    succeeded
    pipeline: running, settled
    ");
}

#[test]
fn a_pipeline_without_jobs_is_a_success() {
    assert_snapshot!(Run::of(plan(["work"])).picture(), @"
    pipeline: success, settled
    ");
}
