//! Stored states are enough to go on from. (That they always are is shown in `agreement`.)

use gantry_pipeline::{Event, JobIndex, MismatchedStates, Moment, Pipeline, Status};

use crate::plans::{PlanExt, plan};

#[test]
fn a_restored_pipeline_goes_on_where_it_was() {
    let plan = plan(["build", "ship"])
        .job("build", "compile")
        .job("ship", "rollout")
        .delayed(60);
    let mut before = Pipeline::new(&plan, |_| None);
    for event in [Event::Start, Event::Picked(JobIndex(0))] {
        assert!(before.apply(event, Moment(0)).is_ok());
    }

    let restored = Pipeline::restore(&plan, |_| None, before.states().to_vec());
    assert_eq!(restored.as_ref(), Ok(&before));

    let mut restored = restored.expect("the states are those of the plan");
    let finished = Event::Finished(JobIndex(0), gantry_pipeline::Outcome::Success);
    assert!(restored.apply(finished, Moment(500)).is_ok());
    assert_eq!(restored.job(JobIndex(1)).status, Status::Scheduled);
    assert_eq!(restored.next_deadline(), Some(Moment(60_500)));
}

#[test]
fn states_of_another_plan_are_refused() {
    let small = Pipeline::new(&plan(["build"]).job("build", "compile"), |_| None);
    let large = plan(["build"]).job("build", "compile").job("build", "link");
    let restored = Pipeline::restore(&large, |_| None, small.states().to_vec());
    assert_eq!(
        restored,
        Err(MismatchedStates {
            expected: 2,
            found: 1
        })
    );
}
