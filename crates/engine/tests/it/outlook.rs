//! What is told of a job's variables beforehand is what its runner gets.

use gantry_engine::{Handover, Outlook, outlook};
use gantry_language::plan::{EnvironmentAction, When};
use gantry_language::variables::Origin;
use gantry_store::{AttemptId, RunId, Timestamp};

use crate::plans::{Job, image, job, plan};
use crate::world::{NOON, facts, layers};

fn stand_in(name: &str) -> String {
    format!("<{name}>")
}

/// Returns the names that only the run can tell, after comparing all others with what a runner gets.
#[track_caller]
fn only_a_run_can_tell(job: Job) -> String {
    let plan = plan([job]);
    let job = &plan.jobs[0];
    let (facts, layers) = (facts(), layers());
    let payload = Handover {
        plan: &plan,
        job,
        facts: &facts,
        layers: &layers,
        run: RunId(12),
        attempt: AttemptId(41),
        token: "gantry-0123",
        run_created_at: NOON,
        started_at: Timestamp(NOON.0 + 61_234),
        cache_keys: &[],
        dependencies: &[],
    }
    .payload();
    let Outlook {
        variables,
        payload: told,
    } = outlook(&plan, job, &facts, &layers, &stand_in);
    let told = told.expect("a job with a script has a payload");
    let keys = |payload: &gantry_protocol::payload::JobPayload| -> Vec<String> {
        payload
            .variables
            .iter()
            .map(|variable| variable.key.clone())
            .collect()
    };
    assert_eq!(keys(&told), keys(&payload));
    assert_eq!(variables.len(), payload.variables.len());
    let mut unknown = Vec::new();
    for (told, real) in told.variables.iter().zip(&payload.variables) {
        if told.value == stand_in(&told.key) {
            unknown.push(told.key.as_str());
        } else {
            assert_eq!(told, real);
        }
    }
    unknown.join(" ")
}

const OF_EVERY_RUN: &str = "CI_PIPELINE_ID CI_PIPELINE_IID CI_PIPELINE_CREATED_AT CI_REPOSITORY_URL CI_PIPELINE_URL \
                            CI_JOB_URL CI_JOB_ID CI_JOB_TOKEN CI_JOB_STARTED_AT_SLUG CI_JOB_STARTED_AT";

#[test]
fn what_is_known_beforehand_is_what_the_runner_gets() {
    assert_eq!(only_a_run_can_tell(job("compile")), OF_EVERY_RUN);
    assert_eq!(
        only_a_run_can_tell(job("compile").variable("CI_JOB_ID", "mine")),
        OF_EVERY_RUN.replace(" CI_JOB_ID", "")
    );
    let many = job("test: [a]")
        .when(When::Manual)
        .build(|build| build.image = Some(image("alpine")));
    assert_eq!(only_a_run_can_tell(many), OF_EVERY_RUN);
    let deploy = job("deploy").environment("production", EnvironmentAction::Start);
    assert_eq!(only_a_run_can_tell(deploy), OF_EVERY_RUN);
}

#[test]
fn the_environment_has_the_last_word() {
    let mut planned = plan([job("deploy")
        .environment("production", EnvironmentAction::Start)
        .variable("CI_ENVIRONMENT_SLUG", "mine")
        .variable("LINK", "$CI_JOB_ID/$CI")]);
    let environment = planned.jobs[0].environment.as_mut().expect("it has one");
    environment.url = Some("https://$CI_ENVIRONMENT_SLUG/$CI_JOB_ID".to_owned());
    let Outlook { variables, .. } = outlook(&planned, &planned.jobs[0], &facts(), &layers(), &stand_in);
    let of = |key: &str| {
        let mut found = variables.iter().filter(|explained| explained.variable.key == key);
        let one = found.next().expect("it is there");
        assert!(found.next().is_none(), "{key} is there twice");
        (
            one.variable.value.clone(),
            one.origin,
            one.outranked
                .iter()
                .map(|lost| lost.variable.value.clone())
                .collect::<Vec<_>>(),
        )
    };
    // The runner replaces what is left.
    assert_eq!(of("LINK").0, "$CI_JOB_ID/true");
    let (slug, origin, outranked) = of("CI_ENVIRONMENT_SLUG");
    assert_eq!((slug.as_str(), origin), ("production", Origin::Environment));
    assert_eq!(outranked, ["mine", "production"]);
    let (url, origin, _) = of("CI_ENVIRONMENT_URL");
    assert_eq!(
        (url.as_str(), origin),
        ("https://production/<CI_JOB_ID>", Origin::Environment)
    );
}
