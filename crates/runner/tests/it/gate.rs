//! Security reports, and the gate that fails a job for what they hold.

use gantry_protocol::payload::{Artifact, JobPayload, When};
use gantry_protocol::{FailureReason, JobState};

use crate::support::{World, variable};

const REPORT: &str = r#"{ "vulnerabilities": [
    { "severity": "Medium", "identifiers": [{ "name": "CVE-2" }] },
    { "severity": "High", "identifiers": [{ "name": "CVE-1" }], "location": { "dependency": { "package": { "name": "zlib" }, "version": "1.2" } } }
] }"#;

/// Returns a job that leaves a report behind.
fn scan(world: &World, report: &str, gate: &str) -> JobPayload {
    let mut job = world.job(&["printf %s \"$REPORT\" > report.json"]);
    job.variables = vec![variable("REPORT", report), variable("GANTRY_SEVERITY_GATE", gate)];
    job.artifacts = Some(vec![Artifact {
        paths: vec!["report.json".into()],
        artifact_type: "container_scanning".into(),
        artifact_format: "raw".into(),
        when: When::Always,
        ..Artifact::default()
    }]);
    job
}

// shows: S0-43
#[tokio::test]
async fn findings_at_the_gate_fail_a_job_whose_script_was_content() {
    let world = World::new();
    let run = world.run(&scan(&world, REPORT, "HIGH")).await;
    assert_eq!(run.outcome.state, JobState::Failed);
    assert_eq!(run.outcome.failure_reason, Some(FailureReason::ScriptFailure));
    insta::assert_snapshot!(run.outcome.message.as_deref().unwrap(), @"1 vulnerability of severity high or worse in the container_scanning report (GANTRY_SEVERITY_GATE)");
    insta::assert_snapshot!(run.section("upload_artifacts_on_success"), @r#"
    Uploading artifacts...
    report.json: found 1 matching artifact files and directories
    Uploading artifacts as "container_scanning" to coordinator... ok
    container_scanning: 2 vulnerabilities: 1 high, 1 medium
      high: CVE-1 in zlib 1.2
      medium: CVE-2
    "#);
    assert_eq!(run.recorder.uploads().len(), 1, "the report is kept");
}

// shows: S0-43
#[tokio::test]
async fn findings_below_the_gate_and_without_one_are_only_told() {
    let world = World::new();
    for gate in ["critical", ""] {
        let run = world.run(&scan(&world, REPORT, gate)).await;
        run.assert_success();
        assert!(run.recorder.log().contains("2 vulnerabilities: 1 high, 1 medium"));
    }
}

#[tokio::test]
async fn a_report_that_cannot_be_read_or_is_missing_does_not_open_the_gate() {
    let world = World::new();
    let run = world.run(&scan(&world, "{ torn", "critical")).await;
    insta::assert_snapshot!(run.outcome.message.as_deref().unwrap(), @"the container_scanning report cannot be read: key must be a string at line 1 column 3 (GANTRY_SEVERITY_GATE)");
    let run = world.run(&scan(&world, "{ torn", "")).await;
    run.assert_success();
    assert!(
        run.recorder
            .log()
            .contains("WARNING: the container_scanning report cannot be read")
    );

    let mut job = scan(&world, REPORT, "critical");
    job.artifacts.as_mut().unwrap()[0].paths = vec!["elsewhere.json".into()];
    let run = world.run(&job).await;
    insta::assert_snapshot!(run.outcome.message.as_deref().unwrap(), @"there is no container_scanning report (GANTRY_SEVERITY_GATE)");
}

#[tokio::test]
async fn a_gate_of_no_known_severity_stops_the_job_before_its_script() {
    let world = World::new();
    let run = world.run(&scan(&world, REPORT, "hihg")).await;
    assert_eq!(
        run.outcome.failure_reason,
        Some(FailureReason::RunnerConfigurationError)
    );
    insta::assert_snapshot!(run.outcome.message.as_deref().unwrap(), @"GANTRY_SEVERITY_GATE: `hihg` is no severity; there are info, unknown, low, medium, high and critical");
    assert!(run.recorder.uploads().is_empty());
}
