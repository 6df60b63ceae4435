//! Results that are taken over from an earlier run.

use gantry_language::plan::When;
use gantry_pipeline::{Event, JobIndex, Moment, Outcome, Pipeline, Status};

use crate::plans::{PlanExt, plan};

const BUILD: JobIndex = JobIndex(0);
const TEST: JobIndex = JobIndex(1);

fn failed() -> Outcome {
    Outcome::Failed {
        reason: "script_failure".to_owned(),
        exit_code: Some(1),
    }
}

#[test]
fn what_is_kept_is_done_and_lets_others_go() {
    let plan = plan(["build", "test"])
        .job("build", "compile")
        .job("test", "unit");
    let mut pipeline = Pipeline::new(&plan, |_| None);
    let kept = pipeline.keep(BUILD, &Outcome::Success, 3).unwrap();
    assert_eq!((kept.from, kept.to), (Status::Created, Status::Success));
    assert_eq!(kept.reason.to_string(), "kept from run 3");

    let transitions = pipeline.apply(Event::Start, Moment(0)).unwrap();
    assert_eq!(transitions.len(), 1);
    assert_eq!((transitions[0].job, transitions[0].to), (TEST, Status::Pending));
}

#[test]
fn a_manual_job_that_is_kept_is_not_asked_about() {
    let plan = plan(["build"]).job("build", "compile").when(When::Manual);
    let mut pipeline = Pipeline::new(&plan, |_| None);
    assert!(pipeline.keep(BUILD, &Outcome::Success, 3).is_some());
    assert!(pipeline.apply(Event::Start, Moment(0)).unwrap().is_empty());
    assert!(pipeline.is_settled());
    assert_eq!(pipeline.status(), Status::Success);
}

#[test]
fn only_a_failure_that_is_allowed_is_kept() {
    let plan = plan(["build", "test"])
        .job("build", "lint")
        .allow_failure()
        .job("build", "compile")
        .job("test", "unit");
    let mut pipeline = Pipeline::new(&plan, |_| None);
    assert!(pipeline.keep(JobIndex(1), &failed(), 3).is_none());
    assert!(pipeline.keep(JobIndex(1), &Outcome::Canceled, 3).is_none());
    assert!(pipeline.keep(BUILD, &failed(), 3).is_some());
    assert!(pipeline.with_warnings());
    assert!(pipeline.keep(JobIndex(1), &Outcome::Success, 3).is_some());
    let transitions = pipeline.apply(Event::Start, Moment(0)).unwrap();
    assert_eq!(transitions[0].job, JobIndex(2));
}

#[test]
fn nothing_is_kept_once_the_pipeline_has_started() {
    let plan = plan(["build"]).job("build", "compile");
    let mut pipeline = Pipeline::new(&plan, |_| None);
    assert!(pipeline.apply(Event::Start, Moment(0)).is_ok());
    assert!(pipeline.keep(BUILD, &Outcome::Success, 3).is_none());
}
