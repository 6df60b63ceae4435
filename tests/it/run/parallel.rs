//! Jobs at the same time.

use crate::environment::TestEnvironment;

/// Each job waits for the other: one after the other, the first would wait until its time is over.
// shows: S0-31, S1-12
#[test]
fn jobs_of_a_stage_run_at_the_same_time() {
    let machine = TestEnvironment::pipeline(
        r#"
        calls:
          timeout: 20 seconds
          script:
            - echo hello > "$QUESTION"
            - read -r said < "$ANSWER"
            - echo "the other said $said"
        answers:
          timeout: 20 seconds
          script:
            - read -r said < "$QUESTION"
            - echo "and $said to you" > "$ANSWER"
        "#,
    );
    let variable = |name: &str| format!("{name}={}", machine.fifo(name).display());
    let [question, answer] = ["QUESTION", "ANSWER"].map(variable);
    let output = machine
        .gantry(&[
            "run",
            "--jobs",
            "2",
            "--variable",
            &question,
            "--variable",
            &answer,
        ])
        .call()
        .ended_with(0);
    assert!(
        output
            .of_job("calls")
            .contains(&"the other said and hello to you".to_owned())
    );
}

/// `early` needs nothing of the first stage, whose job waits until `early` has run.
// shows: S0-31
#[test]
fn a_job_whose_needs_are_done_does_not_wait_for_the_stage_before() {
    let machine = TestEnvironment::pipeline(
        r#"
        stages: [build, test]
        quick:
          stage: build
          script: echo quick
        slow:
          stage: build
          timeout: 20 seconds
          script: read -r said < "$FIFO"
        early:
          stage: test
          needs: [quick]
          script: echo early > "$FIFO"
        "#,
    );
    let variable = format!("FIFO={}", machine.fifo("fifo").display());
    machine
        .gantry(&["run", "--jobs", "2", "--variable", &variable])
        .call()
        .ended_with(0);
}

/// With one place there is never a second job beside the first: each finds the folder gone again.
#[test]
fn one_place_means_one_job_at_a_time() {
    let machine = TestEnvironment::pipeline(
        r#"
        alone:
          parallel: 4
          script:
            - mkdir "$ROOM"
            - sleep 0.05
            - rmdir "$ROOM"
        "#,
    );
    let variable = format!("ROOM={}", machine.scratch("room").display());
    machine
        .gantry(&["run", "--jobs", "1", "--variable", &variable])
        .call()
        .ended_with(0);
}

/// Each run waits for the other, so neither may hold what the other needs.
#[test]
fn two_runs_of_a_project_go_on_at_the_same_time() {
    let machine = TestEnvironment::pipeline(
        r#"
        calls: {script: echo hello > "$FIFO", timeout: 20 seconds}
        answers: {script: read -r said < "$FIFO", timeout: 20 seconds}
        "#,
    );
    let variable = format!("FIFO={}", machine.fifo("fifo").display());
    let first = machine.gantry(&["run", "calls", "--variable", &variable]).start();
    let second = machine
        .gantry(&["run", "answers", "--variable", &variable])
        .start();
    first.end().ended_with(0);
    second.end().ended_with(0);
    assert_eq!(machine.call("runs").stdout.lines().count(), 2);
}
