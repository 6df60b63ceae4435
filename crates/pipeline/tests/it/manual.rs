//! Jobs that a person or a clock starts: manual, held, delayed.

use gantry_language::plan::{Plan, PlannedJob, When};
use gantry_pipeline::{Moment, Status};
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

fn build_approve_ship(change: impl FnOnce(Plan) -> Plan) -> Plan {
    let plan = plan(["build", "approve", "ship"])
        .job("build", "compile")
        .job("approve", "approve");
    change(plan.when(When::Manual))
        .job("ship", "by-stage")
        .job("ship", "by-needs")
        .needs(["approve"])
}

#[test]
fn an_optional_manual_job_lets_later_stages_pass_but_not_those_that_need_it() {
    let run = Run::of(build_approve_ship(PlanExt::allow_failure))
        .succeeds("compile")
        .succeeds("by-stage");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    approve    manual     waits to be played, nothing waits for it
    by-stage   success    succeeded
    by-needs   skipped    skipped because it needs `approve`, which waits to be played
    pipeline: success, settled
    ");

    let run = run.plays("approve").succeeds("approve");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    approve    success    succeeded
    by-stage   success    succeeded
    by-needs   pending    waits for a runner
    pipeline: running
    ");
}

#[test]
fn a_blocking_manual_job_blocks_the_pipeline_even_beside_a_failure() {
    let run = Run::of(build_approve_ship(|plan| plan.job("approve", "breaks")))
        .succeeds("compile")
        .fails("breaks");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    approve    manual     waits to be played
    breaks     failed     failed: script_failure with exit code 1
    by-stage   created    waits for stage `approve`
    by-needs   created    waits for `approve`
    pipeline: manual, settled
    ");

    let run = run.plays("approve").succeeds("approve").succeeds("by-needs");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    approve    success    succeeded
    breaks     failed     failed: script_failure with exit code 1
    by-stage   skipped    skipped because `breaks` failed
    by-needs   success    succeeded
    pipeline: failed, settled
    ");
}

fn hold_ship(job: &PlannedJob) -> Option<String> {
    (job.name == "ship").then(|| "it deploys to `production`, use `--deploy`".to_owned())
}

#[test]
fn a_held_job_blocks_until_it_is_played_even_if_it_may_fail() {
    let run = Run::holding(
        plan(["build", "ship", "check"])
            .job("build", "compile")
            .job("ship", "ship")
            .allow_failure()
            .job("check", "smoke")
            .needs(["ship"])
            .job("check", "report"),
        hold_ship,
    );
    let run = run.succeeds("compile");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    ship       manual     held: it deploys to `production`, use `--deploy`
    smoke      created    waits for `ship`
    report     created    waits for stage `ship`
    pipeline: manual, settled
    ");

    let run = run.plays("ship").fails("ship");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    ship       failed     failed, which is allowed: script_failure with exit code 1
    smoke      pending    waits for a runner
    report     pending    waits for a runner
    pipeline: running, with warnings
    ");
}

#[test]
fn a_hold_asks_once_and_again_only_if_the_job_never_started() {
    let held = || Run::holding(plan(["ship"]).job("ship", "ship"), hold_ship);

    let played = held().plays("ship").fails("ship").retries("ship");
    assert_eq!(played.status("ship"), Status::Pending);

    let given_up = held().cancels("ship").retries("ship");
    assert_eq!(given_up.status("ship"), Status::Manual);
}

#[test]
fn a_hold_adds_nothing_to_a_job_that_is_manual_anyway() {
    let plan = plan(["ship"])
        .job("ship", "ship")
        .when(When::Manual)
        .allow_failure();
    assert_snapshot!(Run::holding(plan, hold_ship).picture(), @"
    ship       manual     waits to be played, nothing waits for it
    pipeline: skipped, settled
    ");
}

#[test]
fn a_held_job_that_would_be_skipped_is_skipped() {
    let plan = plan(["build", "ship"])
        .job("build", "compile")
        .job("ship", "ship");
    let run = Run::holding(plan, hold_ship).fails("compile");
    assert_eq!(run.status("ship"), Status::Skipped);
}

#[test]
fn a_delayed_job_starts_by_itself_when_its_time_has_come() {
    let plan = plan(["build", "ship"])
        .job("build", "compile")
        .job("ship", "rollout")
        .delayed(90);
    let run = Run::of(plan).passes_secs(10).succeeds("compile");
    assert_snapshot!(run.picture(), @"
    compile    success    succeeded
    rollout    scheduled  delayed by 90 s
    pipeline: scheduled
    ");
    assert_eq!(run.state("rollout").deadline, Some(Moment(100_000)));
    assert_eq!(run.pipeline.next_deadline(), Some(Moment(100_000)));

    let early = run.passes_secs(89);
    assert_eq!(early.status("rollout"), Status::Scheduled);

    let due = early.passes_secs(1);
    assert_snapshot!(due.picture(), @"
    compile    success    succeeded
    rollout    pending    its delay is over, waits for a runner
    pipeline: running
    ");
    assert_eq!(due.pipeline.next_deadline(), None);
}

#[test]
fn a_delayed_job_can_be_played_early_or_have_its_clock_stopped() {
    let delayed = || Run::of(plan(["ship"]).job("ship", "rollout").delayed(90));
    assert_eq!(delayed().plays("rollout").status("rollout"), Status::Pending);

    let stopped = delayed().unschedules("rollout");
    assert_snapshot!(stopped.picture(), @"
    rollout    manual     unscheduled, waits to be played
    pipeline: manual, settled
    ");
    assert_eq!(
        stopped.passes_secs(1000).plays("rollout").status("rollout"),
        Status::Pending
    );
}

#[test]
fn a_held_delayed_job_asks_at_once() {
    let run = Run::holding(plan(["ship"]).job("ship", "ship").delayed(90), hold_ship);
    assert_eq!(run.status("ship"), Status::Manual);
    assert_eq!(run.plays("ship").status("ship"), Status::Pending);
}
