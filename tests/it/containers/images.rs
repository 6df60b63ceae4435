//! Images that have little in them.

use super::{has_nothing_left, machine};
use crate::engine::{BUSYBOX, NO_SHELL, ONLY_SH};

#[test]
fn a_shell_is_all_that_an_image_needs() {
    let Some(machine) = machine(&format!(
        r#"
        job:
          image: {ONLY_SH}
          script:
            - read -r line < README
            - echo "$line" > copy
            - exit 3
          after_script:
            - read -r line < copy; echo "after $line"
          artifacts: {{paths: [copy], when: always}}
        reads:
          stage: deploy
          when: always
          script: 'echo "left: $(cat copy)"'
        "#
    )) else {
        return;
    };
    let machine = machine.file("README", "hello\n");
    let output = machine.call("run").ended_with(1);
    assert!(
        output.of_job("job").contains(&"after hello".to_owned()),
        "{output}"
    );
    assert!(
        output.of_job("reads").contains(&"left: hello".to_owned()),
        "{output}"
    );
    has_nothing_left(&machine);
}

#[test]
fn an_image_without_a_shell_is_said_to_have_none() {
    let Some(machine) = machine(&format!("job: {{image: {NO_SHELL}, script: [echo hello]}}")) else {
        return;
    };
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | ERROR: Job failed: image `gantry-test/empty:1` has no shell: a job's script needs `sh` or `bash` in its image
    job | failed: runner configuration error: image `gantry-test/empty:1` has no shell: a job's script needs `sh` or `bash` in its image

    run 1 failed
      failed           job    #.# s  runner configuration error: image `gantry-test/empty:1` has no shell: a job's script needs `sh` or `bash` in its image  gantry logs 1 'job'
    ");
    has_nothing_left(&machine);
}

#[test]
fn a_job_in_a_container_has_a_time_limit() {
    let Some(machine) = machine(&format!(
        "
        job:
          image: {BUSYBOX}
          timeout: 2 seconds
          script: [echo begun, sleep 600]
        "
    )) else {
        return;
    };
    // The shell may be gone before it can tell that its child was.
    let told = machine.call("run").to_string();
    let told = told
        .replace("job | Terminated\n", "")
        .replace("  Terminated\n", "");
    insta::assert_snapshot!(told, @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ echo begun
    job | begun
    job | $ sleep 600
    job | WARNING: step_script did not run to its end because the time was up; `timeout` in the job raises the limit
    job | ERROR: Job failed: execution took longer than 2s seconds
    job | failed: execution took longer than 2s

    job failed: execution took longer than 2s
      $ sleep 600
      WARNING: step_script did not run to its end because the time was up; `timeout` in the job raises the limit

    run 1 failed
      failed           job    #.# s  execution took longer than 2s  gantry logs 1 'job'
    ");
    has_nothing_left(&machine);
}
