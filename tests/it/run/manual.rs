//! Manual jobs, and jobs by name.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, approve, deploy]
    build:
      stage: build
      script: echo built > built.txt
      artifacts: {paths: [built.txt]}
    optional:
      stage: approve
      script: cat built.txt
      when: manual
    blocking:
      stage: approve
      script: echo approved
      rules:
        - when: manual
    deploy:
      stage: deploy
      script: cat built.txt
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

#[test]
fn a_blocking_manual_job_holds_the_rest_back() {
    insta::assert_snapshot!(machine().call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    blocking | manual: waits to be played
    build    | started
    build    | $ echo built > built.txt
    build    | succeeded
    optional | manual: waits to be played, nothing waits for it

    run 1 waits for a person to start `blocking`
      success          build       #.# s
      manual           optional           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'optional'
      manual           blocking           waits to be played  gantry run --resume 1 --manual 'blocking'
      created          deploy             waits for stage `approve`
    ");
}

// shows: S0-58b
#[test]
fn an_optional_manual_job_holds_nothing_back() {
    let machine = TestEnvironment::pipeline(
        "
        stages: [approve, deploy]
        production: {stage: approve, script: echo production, when: manual}
        load-test: {stage: deploy, script: echo loaded}
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    load-test  | started
    load-test  | $ echo loaded
    load-test  | loaded
    load-test  | succeeded
    production | manual: waits to be played, nothing waits for it

    run 1 succeeded, 1 manual job was not started
      manual           production           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'production'
      success          load-test     #.# s
    ");
}

#[test]
fn a_manual_job_is_started_with_the_rest() {
    insta::assert_snapshot!(machine().call("run --manual blocking").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    blocking | manual: waits to be played
    blocking | started
    blocking | $ echo approved
    blocking | approved
    blocking | succeeded
    build    | started
    build    | $ echo built > built.txt
    build    | succeeded
    deploy   | started
    deploy   | $ cat built.txt
    deploy   | built
    deploy   | succeeded
    optional | manual: waits to be played, nothing waits for it

    run 1 succeeded, 1 manual job was not started
      success          build       #.# s
      manual           optional           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'optional'
      success          blocking    #.# s
      success          deploy      #.# s
    ");
}

#[test]
fn a_manual_job_is_started_by_its_name() {
    insta::assert_snapshot!(machine().call("run optional --needs").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build    | started
    build    | $ echo built > built.txt
    build    | succeeded
    optional | manual: waits to be played, nothing waits for it
    optional | started
    optional | $ cat built.txt
    optional | built
    optional | succeeded

    run 1 succeeded
      success          build       #.# s
      success          optional    #.# s
    ");
}

#[test]
fn a_job_by_name_runs_alone() {
    insta::assert_snapshot!(machine().call("run build").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build    | started
    build    | $ echo built > built.txt
    build    | succeeded

    run 1 succeeded
      success          build    #.# s
    ");
}

#[test]
fn names_that_are_not_in_the_pipeline() {
    insta::assert_snapshot!(machine().call("run biuld"), @r"
    exit 2
    --- stderr
    error: job `biuld` is not in this pipeline
    help: did you mean `build`?
    ");
    insta::assert_snapshot!(machine().call("run --manual blokcing"), @r"
    exit 2
    --- stderr
    error: job `blokcing` is not in this pipeline
    help: did you mean `blocking`?
    ");
    let machine = TestEnvironment::pipeline("a: {script: make}\nb: {script: make, only: [tags]}\n");
    insta::assert_snapshot!(machine.call("run b"), @r"
    exit 2
    --- stderr
    error: job `b` is left out of this pipeline: `only: [tags]` does not hold
    help: gantry why 'b' tells more
    ");
    assert!(!machine.path(".gantry").exists());
}
