//! `workflow:auto_cancel:on_job_failure`: the first failure that counts is the last thing that happens.

use crate::environment::TestEnvironment;

#[test]
fn a_failure_cancels_what_runs_and_what_waits() {
    let machine = TestEnvironment::pipeline(
        r#"
        workflow: {auto_cancel: {on_job_failure: all}}
        stages: [test, report]
        slow:
          stage: test
          script:
            - echo slow > "$GATE"
            - sleep 600
        quick:
          stage: test
          script:
            - read line < "$GATE"
            - exit 4
        report:
          stage: report
          when: always
          script: echo reported
        "#,
    );
    let variable = format!("GATE={}", machine.fifo("gate").display());
    let run = machine.gantry(&["run", "--jobs", "2", "--variable", &variable]);
    let output = run.call().ended_with(1);
    // How far the slow one had come is left open.
    let (_, summary) = output.stdout.split_once("run 1 failed").expect("it has failed");
    let reasons: Vec<_> = summary
        .lines()
        .filter(|line| line.contains("because `quick` failed"))
        .collect();
    assert_eq!(reasons.len(), 2, "{output}");
}
