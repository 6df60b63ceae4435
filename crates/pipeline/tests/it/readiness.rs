//! What a job does about what came before it: the table of `when`, for jobs that go by stages and by needs.

use gantry_language::plan::{Plan, When};
use gantry_pipeline::Status;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

/// What can have become of the job before.
#[derive(Debug, Clone, Copy)]
enum Before {
    Success,
    Failed,
    AllowedFailure,
    Skipped,
    OptionalManual,
    BlockingManual,
    Scheduled,
    Canceled,
    AllowedCanceled,
}

const EVERYTHING: [Before; 9] = [
    Before::Success,
    Before::Failed,
    Before::AllowedFailure,
    Before::Skipped,
    Before::OptionalManual,
    Before::BlockingManual,
    Before::Scheduled,
    Before::Canceled,
    Before::AllowedCanceled,
];

fn start() -> Plan {
    plan(["one", "two"]).job("one", "before")
}

/// Returns what becomes of the job `after`, which the function adds to the plan.
fn outcome(before: Before, after: impl Fn(Plan) -> Plan) -> Status {
    let run = match before {
        Before::Success => Run::of(after(start())).succeeds("before"),
        Before::Failed => Run::of(after(start())).fails("before"),
        Before::AllowedFailure => Run::of(after(start().allow_failure())).fails("before"),
        Before::Skipped => Run::of(after(start().when(When::OnFailure))),
        Before::OptionalManual => Run::of(after(start().when(When::Manual).allow_failure())),
        Before::BlockingManual => Run::of(after(start().when(When::Manual))),
        Before::Scheduled => Run::of(after(start().delayed(60))),
        Before::Canceled => Run::of(after(start())).cancels("before"),
        Before::AllowedCanceled => Run::of(after(start().allow_failure())).cancels("before"),
    };
    run.status("after")
}

/// Returns a row per predecessor and a column per `when`, as `by stage / by needs`.
fn table() -> String {
    let whens = [
        When::OnSuccess,
        When::OnFailure,
        When::Always,
        When::Manual,
        When::Delayed,
    ];
    let mut table = format!("{:<16}", "");
    table.extend(whens.map(|when| format!("{:<20}", when.as_str())));
    for before in EVERYTHING {
        table.push_str(&format!("\n{:<16}", format!("{before:?}")));
        for when in whens {
            let by_stage = outcome(before, |plan| plan.job("two", "after").when(when));
            let by_needs = outcome(before, |plan| {
                plan.job("two", "after").when(when).needs(["before"])
            });
            table.push_str(&format!("{:<20}", format!("{by_stage}/{by_needs}")));
        }
    }
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_when_after_everything_that_can_happen() {
    insta::assert_snapshot!(table(), @"
                    on_success          on_failure          always              manual              delayed
    Success         pending/pending     skipped/skipped     pending/pending     manual/manual       scheduled/scheduled
    Failed          skipped/skipped     pending/pending     pending/pending     skipped/skipped     skipped/skipped
    AllowedFailure  pending/pending     skipped/skipped     pending/pending     manual/manual       scheduled/scheduled
    Skipped         pending/skipped     skipped/skipped     pending/pending     manual/skipped      scheduled/skipped
    OptionalManual  pending/skipped     skipped/skipped     pending/pending     manual/skipped      scheduled/skipped
    BlockingManual  created/created     created/created     created/created     created/created     created/created
    Scheduled       created/created     created/created     created/created     created/created     created/created
    Canceled        skipped/skipped     skipped/skipped     skipped/skipped     skipped/skipped     skipped/skipped
    AllowedCanceled pending/pending     skipped/skipped     pending/pending     manual/manual       scheduled/scheduled
    ");
}

#[test]
fn on_failure_sees_through_a_skipped_stage() {
    let run = Run::of(
        plan(["one", "two", "three"])
            .job("one", "breaks")
            .job("two", "skipped")
            .job("three", "reacts")
            .when(When::OnFailure),
    );
    assert_eq!(run.fails("breaks").status("reacts"), Status::Pending);
}

#[test]
fn a_skipped_need_decides_while_other_needs_still_run() {
    let run = Run::of(
        plan(["one", "two"])
            .job("one", "runs")
            .job("one", "never")
            .when(When::OnFailure)
            .job("two", "usual")
            .needs(["runs", "never"])
            .job("two", "always")
            .when(When::Always)
            .needs(["runs", "never"])
            .job("two", "twin"),
    );
    assert_eq!(run.status("runs"), Status::Pending);
    assert_eq!(run.status("usual"), Status::Skipped);
    assert_eq!(
        run.status("always"),
        Status::Pending,
        "it does not wait for `runs`"
    );
    assert_eq!(run.status("twin"), Status::Created);
}

#[test]
fn without_predecessors_only_on_failure_has_nothing_to_do() {
    for needs in [
        None,
        Some(Vec::new()),
        Some(vec![crate::plans::need("not-in-the-plan")]),
    ] {
        let alone = |when| {
            let plan = plan(["only"])
                .job("only", "alone")
                .when(when)
                .with(|job| job.needs = needs.clone());
            Run::of(plan).status("alone")
        };
        assert_eq!(alone(When::OnSuccess), Status::Pending);
        assert_eq!(alone(When::Always), Status::Pending);
        assert_eq!(alone(When::OnFailure), Status::Skipped);
    }
}

#[test]
fn an_empty_list_of_needs_does_not_wait_for_the_first_stage() {
    let run = Run::of(
        plan([".pre", "deploy"])
            .job(".pre", "first")
            .job("deploy", "eager")
            .needs([]),
    );
    assert_eq!(run.status("eager"), Status::Pending);
    assert_eq!(run.fails("first").status("eager"), Status::Pending);
}
