//! Jobs of a resource group wait until the driver, who knows who has it, lets them go.

use gantry_language::plan::When;
use gantry_pipeline::{Event, IllegalEvent};
use insta::assert_snapshot;

use crate::plans::{PlanExt, plan};
use crate::run::Run;

fn two_deployments() -> Run {
    Run::of(
        plan(["test", "deploy"])
            .job("test", "unit")
            .job("deploy", "eu")
            .with(|job| job.resource_group = Some("cluster".to_owned()))
            .job("deploy", "us")
            .when(When::Manual)
            .with(|job| job.resource_group = Some("cluster".to_owned())),
    )
}

#[test]
fn a_job_waits_for_its_group_and_says_who_has_it() {
    let run = two_deployments().succeeds("unit").plays("us");
    assert_snapshot!(run.picture(), @r"
    unit       success    succeeded
    eu         waiting_for_resource waits for resource group `cluster`
    us         waiting_for_resource waits for resource group `cluster`
    pipeline: waiting_for_resource
    ");

    let run = run.grants("eu").keeps_from("us", "`eu`");
    assert_snapshot!(run.picture(), @r"
    unit       success    succeeded
    eu         pending    waits for a runner
    us         waiting_for_resource waits for resource group `cluster`, which `eu` has
    pipeline: running
    ");

    let run = run.succeeds("eu").grants("us").succeeds("us");
    assert_snapshot!(run.picture(), @r"
    unit       success    succeeded
    eu         success    succeeded
    us         success    succeeded
    pipeline: success, settled
    ");
}

#[test]
fn waiting_is_canceled_like_anything_else() {
    let run = two_deployments().succeeds("unit").cancels_all();
    assert_snapshot!(run.picture(), @r"
    unit       success    succeeded
    eu         canceled   canceled on request
    us         canceled   canceled on request
    pipeline: canceled, settled
    ");
}

#[test]
fn nothing_is_granted_to_who_does_not_wait() {
    let mut run = two_deployments();
    let unit = run.index("unit");
    let error = run.refuses(Event::Granted(unit));
    assert!(
        matches!(error, IllegalEvent::WrongStatus { event: "grant", .. }),
        "{error}"
    );
}
