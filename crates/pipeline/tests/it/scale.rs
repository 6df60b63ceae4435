//! Ten thousand jobs. Judging all of them after each event would take minutes here; these take moments.

use gantry_language::plan::{Plan, When};
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Pipeline, Status};

use crate::plans::{PlanExt, need, plan};

const MANY: usize = 10_000;

/// Runs all that gets ready, always the first, and returns how many transitions there were.
fn run_through(plan: &Plan, outcome: &Outcome) -> (Pipeline, usize) {
    let mut pipeline = Pipeline::new(plan, |_| None);
    let mut count = 0;
    let mut apply = |pipeline: &mut Pipeline, event| {
        count += pipeline
            .apply(event, Moment(0))
            .expect("the event is possible")
            .len();
    };
    apply(&mut pipeline, Event::Start);
    loop {
        let Some(job) = pipeline.ready().next() else { break };
        apply(&mut pipeline, Event::Picked(job));
        apply(&mut pipeline, Event::Finished(job, outcome.clone()));
    }
    assert!(pipeline.is_settled());
    (pipeline, count)
}

fn failure() -> Outcome {
    Outcome::Failed {
        reason: "script_failure".to_owned(),
        exit_code: Some(1),
    }
}

fn chain() -> Plan {
    (0..MANY).fold(plan(["work"]), |plan, position| {
        let needs = position.checked_sub(1).map(|before| need(&before.to_string()));
        plan.job("work", &position.to_string())
            .with(|job| job.needs = Some(needs.into_iter().collect()))
    })
}

fn two_wide_stages() -> Plan {
    let half = |plan, stage: &'static str| {
        (0..MANY / 2).fold(plan, |plan: Plan, position| {
            plan.job(stage, &format!("{stage}-{position}"))
        })
    };
    half(half(plan(["first", "second"]), "first"), "second")
}

#[test]
fn a_long_chain_of_needs() {
    let (pipeline, transitions) = run_through(&chain(), &Outcome::Success);
    assert_eq!((pipeline.status(), transitions), (Status::Success, 3 * MANY));
}

#[test]
fn a_long_chain_of_needs_that_breaks_at_its_first_link() {
    let (pipeline, transitions) = run_through(&chain(), &failure());
    assert_eq!((pipeline.status(), transitions), (Status::Failed, 3 + (MANY - 1)));
}

#[test]
fn two_wide_stages_one_after_the_other() {
    let (pipeline, transitions) = run_through(&two_wide_stages(), &Outcome::Success);
    assert_eq!((pipeline.status(), transitions), (Status::Success, 3 * MANY));
}

#[test]
fn a_wide_stage_that_fails_and_one_that_is_skipped() {
    let (pipeline, transitions) = run_through(&two_wide_stages(), &failure());
    assert_eq!(
        (pipeline.status(), transitions),
        (Status::Failed, 3 * (MANY / 2) + MANY / 2)
    );
}

#[test]
fn many_jobs_that_one_job_needs() {
    let names: Vec<String> = (0..MANY).map(|position| position.to_string()).collect();
    let many = names
        .iter()
        .fold(plan(["work", "join"]), |plan, name| plan.job("work", name));
    let all = names.iter().map(|name| need(name)).collect();
    let plan = many
        .job("join", "join")
        .when(When::Always)
        .with(|job| job.needs = Some(all));
    let (pipeline, transitions) = run_through(&plan, &Outcome::Success);
    assert_eq!(pipeline.job(JobIndex(MANY)).status, Status::Success);
    assert_eq!(transitions, 3 * (MANY + 1));
}

#[test]
fn a_stage_for_each_job() {
    let mut plan = plan([]);
    for position in 0..MANY / 10 {
        let stage = format!("stage-{position}");
        plan.stages.push(stage.clone());
        plan = plan.job(&stage, &position.to_string());
    }
    let (pipeline, transitions) = run_through(&plan, &Outcome::Success);
    assert_eq!(
        (pipeline.status(), transitions),
        (Status::Success, 3 * (MANY / 10))
    );
}

#[test]
fn many_retries_beside_many_skipped_jobs() {
    let pairs = MANY / 10;
    let flaky = |plan: Plan, position| plan.job("test", &format!("flaky-{position}")).retry(2);
    let plan = (0..pairs).fold(plan(["test", "check"]), |plan, position| {
        flaky(plan.job("test", &format!("broken-{position}")), position)
    });
    let plan = (0..pairs).fold(plan, |plan, position| {
        let needs = Some(vec![need(&format!("broken-{position}"))]);
        plan.job("check", &format!("check-{position}"))
            .with(|job| job.needs = needs)
    });
    let (pipeline, transitions) = run_through(&plan, &failure());
    assert_eq!(
        (pipeline.status(), transitions),
        (Status::Failed, 3 * pairs + 11 * pairs + pairs)
    );
}
