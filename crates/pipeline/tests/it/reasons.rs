//! The sentences: every reason, and every refusal.

use gantry_pipeline::{Event, IllegalEvent, JobIndex, Moment, Outcome, Pipeline, Reason, SkipCause};
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

#[test]
fn every_reason_is_a_sentence() {
    let job = || "unit".to_owned();
    let failure = || "script_failure".to_owned();
    let reasons = [
        Reason::NotStarted,
        Reason::InLine,
        Reason::WaitsForStage {
            stage: "test".to_owned(),
        },
        Reason::WaitsForNeeds {
            jobs: vec![job(), "lint".to_owned()],
        },
        Reason::RetriedByItself { retry: 1, max: 2 },
        Reason::RetriedOnRequest,
        Reason::Reopened { by: job() },
        Reason::Ready,
        Reason::Played,
        Reason::Due,
        Reason::Picked,
        Reason::ByHand { optional: true },
        Reason::ByHand { optional: false },
        Reason::Held {
            because: "it deploys to `production`".to_owned(),
        },
        Reason::Unscheduled,
        Reason::Delayed { start_in_secs: 90 },
        Reason::Succeeded,
        Reason::Failed {
            failure: failure(),
            exit_code: Some(1),
        },
        Reason::Failed {
            failure: "runner_system_failure".to_owned(),
            exit_code: None,
        },
        Reason::AllowedFailure {
            failure: failure(),
            exit_code: Some(42),
        },
        Reason::Kept { run: 7 },
        Reason::CancelRequested,
        Reason::CanceledElsewhere,
        Reason::Skipped(SkipCause::Failed { job: job() }),
        Reason::Skipped(SkipCause::Canceled { job: job() }),
        Reason::Skipped(SkipCause::NeedSkipped { job: job() }),
        Reason::Skipped(SkipCause::NeedNotPlayed { job: job() }),
        Reason::Skipped(SkipCause::NothingFailed),
    ];
    let sentences = reasons.map(|reason| reason.to_string()).join("\n");
    assert_snapshot!(sentences, @"
    the pipeline has not started
    waits for its turn
    waits for stage `test`
    waits for `unit`, `lint`
    retried, 1 of 2
    retried on request
    considered again because `unit` was started
    waits for a runner
    played, waits for a runner
    its delay is over, waits for a runner
    runs
    waits to be played, nothing waits for it
    waits to be played
    held: it deploys to `production`
    unscheduled, waits to be played
    delayed by 90 s
    succeeded
    failed: script_failure with exit code 1
    failed: runner_system_failure
    failed, which is allowed: script_failure with exit code 42
    kept from run 7
    canceled on request
    canceled
    skipped because `unit` failed
    skipped because `unit` was canceled
    skipped because it needs `unit`, which was skipped
    skipped because it needs `unit`, which waits to be played
    skipped because nothing before it failed
    ");
}

#[test]
fn what_cannot_happen_is_refused_by_name() {
    let mut run = Run::of(plan(["test"]).job("test", "unit"));
    let unit = run.index("unit");
    let refusals = [
        Event::Finished(unit, Outcome::Success),
        Event::Play(unit),
        Event::Unschedule(unit),
        Event::Retry(unit),
        Event::Picked(JobIndex(7)),
    ]
    .map(|event| run.refuses(event).to_string());
    assert_snapshot!(refusals.join("\n"), @"
    cannot finish `unit`: its status is pending
    cannot play `unit`: its status is pending
    cannot unschedule `unit`: its status is pending
    cannot retry `unit`: its status is pending
    the pipeline has no job number 7
    ");

    let mut run = run.succeeds("unit");
    let refusals = [Event::Picked(unit), Event::Cancel(unit)].map(|event| run.refuses(event).to_string());
    assert_snapshot!(refusals.join("\n"), @"
    cannot pick `unit`: its status is success
    cannot cancel `unit`: its status is success
    ");
}

#[test]
fn nothing_happens_to_a_pipeline_that_has_not_started_but_its_end() {
    let mut pipeline = Pipeline::new(&plan(["test"]).job("test", "unit"), |_| None);
    for event in [
        Event::Tick,
        Event::Picked(JobIndex(0)),
        Event::Cancel(JobIndex(0)),
    ] {
        assert_eq!(pipeline.apply(event, Moment(0)), Err(IllegalEvent::NotStarted));
    }
    assert_eq!(pipeline.reason(JobIndex(0)), Reason::NotStarted);
    assert!(!pipeline.is_settled());

    let transitions = pipeline.apply(Event::CancelAll, Moment(0));
    assert_eq!(transitions.map(|transitions| transitions.len()), Ok(1));
    assert!(pipeline.is_settled());
}

#[test]
fn a_pending_job_can_fail_because_nobody_could_run_it() {
    let mut run = Run::of(plan(["test"]).job("test", "unit"));
    let failed = Outcome::Failed {
        reason: "no_matching_runner".to_owned(),
        exit_code: None,
    };
    let transitions = run
        .pipeline
        .apply(Event::Finished(run.index("unit"), failed), Moment(0));
    assert!(transitions.is_ok());
    assert_snapshot!(run.picture(), @"
    unit       failed     failed: no_matching_runner
    pipeline: failed, settled
    ");
}
