//! How jobs end, and what that means for the others and for the exit code.

use std::fs;

use crate::environment::TestEnvironment;

// shows: S0-28
#[test]
fn a_failing_job_fails_the_run_and_skips_what_follows() {
    let machine = TestEnvironment::pipeline(
        "
        stages: [build, test, deploy]
        build:
          stage: build
          script:
            - echo compiling
            - exit 7
            - echo never reached
          after_script:
            - echo \"cleaning up after $CI_JOB_STATUS\"
        test:
          stage: test
          script: echo tested
        notify:
          stage: deploy
          script: echo told
          when: on_failure
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    build  | started
    build  | $ echo compiling
    build  | compiling
    build  | $ exit 7
    build  | Running after script...
    build  | $ echo "cleaning up after $CI_JOB_STATUS"
    build  | cleaning up after failed
    build  | ERROR: Job failed: exit status 7
    build  | failed: exit code 7
    notify | started
    notify | $ echo told
    notify | told
    notify | succeeded
    test   | skipped because `build` failed

    build failed: exit code 7
      $ exit 7

    run 1 failed
      failed           build     #.# s  exit code 7  gantry logs 1 'build'
      skipped          test             skipped because `build` failed
      success          notify    #.# s
    "#);
}

// shows: S0-36
#[test]
fn an_allowed_failure_does_not_stop_the_others() {
    let machine = TestEnvironment::pipeline(
        "
        stages: [test, deploy]
        style:
          stage: test
          script: exit 1
          allow_failure: true
        odd:
          stage: test
          script: exit 3
          allow_failure: {exit_codes: [3]}
        deploy:
          stage: deploy
          script: echo deployed
        rescue:
          stage: deploy
          script: echo rescued
          when: on_failure
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    deploy | started
    deploy | $ echo deployed
    deploy | deployed
    deploy | succeeded
    odd    | started
    odd    | $ exit 3
    odd    | ERROR: Job failed: exit status 3
    odd    | failed, which is allowed: exit code 3
    rescue | skipped because nothing before it failed
    style  | started
    style  | $ exit 1
    style  | ERROR: Job failed: exit status 1
    style  | failed, which is allowed: exit code 1

    run 1 succeeded
      failed, allowed  style     #.# s  exit code 1  gantry logs 1 'style'
      failed, allowed  odd       #.# s  exit code 3  gantry logs 1 'odd'
      success          deploy    #.# s
      skipped          rescue           skipped because nothing before it failed
    ");
}

#[test]
fn an_exit_code_that_is_not_allowed_fails() {
    let machine = TestEnvironment::pipeline(
        "
        odd:
          script: exit 4
          allow_failure: {exit_codes: [3]}
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    odd | started
    odd | $ exit 4
    odd | ERROR: Job failed: exit status 4
    odd | failed: exit code 4

    odd failed: exit code 4
      $ exit 4

    run 1 failed
      failed           odd    #.# s  exit code 4  gantry logs 1 'odd'
    ");
}

// shows: S0-36
#[test]
fn when_decides_who_runs_after_a_failure() {
    let machine = TestEnvironment::pipeline(
        "
        stages: [build, test, last]
        build: {stage: build, script: exit 1}
        success: {stage: test, script: echo success, when: on_success}
        failure: {stage: test, script: echo failure, when: on_failure}
        always: {stage: last, script: echo always, when: always}
        manual: {stage: last, script: echo manual, when: manual}
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    always  | started
    always  | $ echo always
    always  | always
    always  | succeeded
    build   | started
    build   | $ exit 1
    build   | ERROR: Job failed: exit status 1
    build   | failed: exit code 1
    failure | started
    failure | $ echo failure
    failure | failure
    failure | succeeded
    manual  | skipped because `build` failed
    success | skipped because `build` failed

    build failed: exit code 1
      $ exit 1

    run 1 failed
      failed           build      #.# s  exit code 1  gantry logs 1 'build'
      skipped          success           skipped because `build` failed
      success          failure    #.# s
      success          always     #.# s
      skipped          manual            skipped because `build` failed
    ");
}

const RETRIED: &str = r#"
    flaky:
      script:
        - echo attempt >> "$COUNTER"
        - test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
      retry: 2
    "#;

// shows: S0-29
#[test]
fn a_job_that_succeeds_at_its_last_attempt() {
    let machine = TestEnvironment::pipeline(RETRIED);
    let counter = machine.scratch("counter");
    let counting = format!("COUNTER={}", counter.display());
    let output = machine
        .gantry(&["run", "--variable", &counting, "--variable", "ENOUGH=3"])
        .call();
    assert_eq!(fs::read_to_string(counter).unwrap().lines().count(), 3);
    insta::assert_snapshot!(output.by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    flaky | started
    flaky | $ echo attempt >> "$COUNTER"
    flaky | $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    flaky | ERROR: Job failed: exit status 1
    flaky | failed: exit code 1, attempt 1 of 3
    flaky | started, attempt 2 of 3
    flaky | $ echo attempt >> "$COUNTER"
    flaky | $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    flaky | ERROR: Job failed: exit status 1
    flaky | failed: exit code 1, attempt 2 of 3
    flaky | started, attempt 3 of 3
    flaky | $ echo attempt >> "$COUNTER"
    flaky | $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    flaky | succeeded

    run 1 succeeded
      success          flaky    #.# s  3 attempts
    "#);
    insta::assert_snapshot!(machine.call("logs flaky"), @r#"
    exit 0
    --- stdout
    flaky attempt 1, failed
    Running with gantry 0.1.0
      on gantry
    Preparing the "shell" executor
    Using Shell (bash) executor...
    Preparing environment
    Running on gantry...
    Getting source from Git repository
    Checking out [commit] as detached HEAD (ref is main)...
    Created fresh repository.
    Skipping Git submodules setup
    Executing "step_script" stage of the job script
    $ echo attempt >> "$COUNTER"
    $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    Cleaning up project directory and file based variables
    ERROR: Job failed: exit status 1
    flaky attempt 2, failed
    Running with gantry 0.1.0
      on gantry
    Preparing the "shell" executor
    Using Shell (bash) executor...
    Preparing environment
    Running on gantry...
    Getting source from Git repository
    Checking out [commit] as detached HEAD (ref is main)...
    Skipping Git submodules setup
    Executing "step_script" stage of the job script
    $ echo attempt >> "$COUNTER"
    $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    Cleaning up project directory and file based variables
    ERROR: Job failed: exit status 1
    flaky attempt 3, success
    Running with gantry 0.1.0
      on gantry
    Preparing the "shell" executor
    Using Shell (bash) executor...
    Preparing environment
    Running on gantry...
    Getting source from Git repository
    Checking out [commit] as detached HEAD (ref is main)...
    Skipping Git submodules setup
    Executing "step_script" stage of the job script
    $ echo attempt >> "$COUNTER"
    $ test "$(grep -c attempt "$COUNTER")" -ge "$ENOUGH"
    Cleaning up project directory and file based variables
    Job succeeded
    "#);
}

// shows: S0-29
#[test]
fn a_job_that_fails_more_often_than_it_may() {
    let machine = TestEnvironment::pipeline(RETRIED);
    let counter = machine.scratch("counter");
    let counting = format!("COUNTER={}", counter.display());
    let output = machine
        .gantry(&["run", "--variable", &counting, "--variable", "ENOUGH=4"])
        .call()
        .ended_with(1);
    assert_eq!(
        fs::read_to_string(counter).unwrap().lines().count(),
        3,
        "{output}"
    );
}

#[test]
fn a_job_that_takes_too_long_is_stopped() {
    let machine = TestEnvironment::pipeline(
        "
        slow:
          timeout: 1 second
          script:
            - sleep 600
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    slow | started
    slow | $ sleep 600
    slow | WARNING: step_script did not run to its end because the time was up; `timeout` in the job raises the limit
    slow | ERROR: Job failed: execution took longer than 1s seconds
    slow | failed: execution took longer than 1s

    slow failed: execution took longer than 1s
      $ sleep 600
      WARNING: step_script did not run to its end because the time was up; `timeout` in the job raises the limit

    run 1 failed
      failed           slow    #.# s  execution took longer than 1s  gantry logs 1 'slow'
    ");
}

// shows: S0-36
#[test]
fn a_delayed_job_waits_for_its_time() {
    let machine = TestEnvironment::pipeline(
        "
        later:
          script: echo now
          when: delayed
          start_in: 1 second
        ",
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    later | scheduled: delayed by 1 s
    later | started
    later | $ echo now
    later | now
    later | succeeded

    run 1 succeeded
      success          later    #.# s
    ");
}

#[test]
fn one_failure_is_enough_with_fail_fast() {
    let machine = TestEnvironment::pipeline(
        r#"
        fails:
          script:
            - read -r started < "$FIFO"
            - exit 1
        goes-on:
          script:
            - echo started > "$FIFO"
            - sleep 600
        "#,
    );
    let fifo = machine.fifo("started");
    let variable = format!("FIFO={}", fifo.display());
    let output = machine
        .gantry(&["run", "--jobs", "2", "--fail-fast", "--variable", &variable])
        .call();
    insta::assert_snapshot!(output.by_job().replace(&variable, "FIFO=…"), @r#"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    fails   | started
    fails   | $ read -r started < "$FIFO"
    fails   | $ exit 1
    fails   | ERROR: Job failed: exit status 1
    fails   | failed: exit code 1
    goes-on | started
    goes-on | $ echo started > "$FIFO"
    goes-on | $ sleep 600
    goes-on | WARNING: the script was canceled from outside
    goes-on | ERROR: Job failed: canceled
    goes-on | canceled

    fails failed: exit code 1
      $ exit 1

    run 1 failed
      failed           fails      #.# s  exit code 1  gantry logs 1 'fails'
      canceled         goes-on    #.# s  canceled on request
    "#);
}

#[test]
fn programs_follow_a_run_line_by_line() {
    let machine = TestEnvironment::pipeline("job: {script: [echo hello, exit 3]}\n");
    let output = machine.call("run --format json").ended_with(1);
    let events = output.json_lines();
    let names: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let states: Vec<_> = events.iter().filter_map(|event| event["to"].as_str()).collect();
    let lines: Vec<_> = events.iter().filter_map(|event| event["line"].as_str()).collect();
    assert_eq!(names.first(), Some(&"run_started"));
    assert_eq!(states, ["pending", "running", "failed"]);
    assert!(lines.contains(&"hello"), "{output}");
    let summary = events.last().unwrap();
    assert_eq!(summary["event"], "summary");
    assert_eq!(summary["status"], "failed");
    assert_eq!(summary["jobs"][0]["exit_code"], 3);
    assert_eq!(summary["jobs"][0]["failure_reason"], "script_failure");
}
