//! Pipelines in which there is nothing to run: said, and no failure.

use crate::environment::TestEnvironment;

#[test]
fn a_pipeline_without_jobs() {
    let machine = TestEnvironment::pipeline("job: {script: make, only: [tags]}\n");
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: no job is in this pipeline

    left out
      job  `only: [tags]` does not hold  .gitlab-ci.yml:1:1
    ");
    assert!(!machine.path(".gantry").exists());
}

#[test]
fn a_commit_that_asks_for_none() {
    let machine = TestEnvironment::pipeline("job: {script: echo asked}\n").committed("typo [ci skip]");
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: the commit message says `[skip ci]`
    help: --event web runs it all the same, as a server would when asked by hand
    ");
    machine.call("run --event web").ended_with(0);
}

#[test]
fn a_workflow_that_filters_the_event() {
    let machine = TestEnvironment::pipeline(
        r#"
        workflow:
          rules:
            - if: $CI_PIPELINE_SOURCE == "schedule"
        job:
          script: echo scheduled
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: in `workflow:rules`, its only rule does not match
      no   if: $CI_PIPELINE_SOURCE == "schedule"  .gitlab-ci.yml:3:7
             $CI_PIPELINE_SOURCE is "push"
    "#);
    machine.call("run --event schedule").ended_with(0);
    let events = machine.call("run --format json").ended_with(0).json_lines();
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (&event["event"], &event["version"]),
        (&"nothing_to_run".into(), &1.into())
    );
    assert_eq!(event["outcome"], "filtered");
    assert_eq!(event["workflow"]["summary"], "its only rule does not match");
}

// shows: S3-55
#[test]
fn a_pipeline_of_manual_jobs_waits_for_a_person() {
    let machine = TestEnvironment::pipeline(
        "
        build: {script: make, when: manual}
        deploy: {script: make deploy, when: manual, stage: deploy}
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build  | manual: waits to be played, nothing waits for it
    deploy | manual: waits to be played, nothing waits for it

    run 1 waits for a person to start `build` and `deploy`
      manual           build            waits to be played, nothing waits for it  gantry run --resume 1 --manual 'build'
      manual           deploy           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'deploy'
    ");
}
