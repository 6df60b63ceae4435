//! Runs that end before they are done, and what is left of their containers.

use rustix::process::Signal;

use super::{has_nothing_left, left, machine};
use crate::engine::{BUSYBOX, PINGER};

fn endless() -> String {
    format!(
        r#"
        works:
          image: {BUSYBOX}
          services: ["{PINGER}"]
          script:
            - echo "ready in $MARK"
            - sleep 600
          after_script:
            - echo "cleaned up after $CI_JOB_STATUS"
        "#
    )
}

/// The job's container, that of its service, and their network.
const OF_A_RUN: usize = 3;

#[test]
fn an_interrupt_lets_after_script_clean_up() {
    let Some(machine) = machine(&endless()) else {
        return;
    };
    let mut run = machine.gantry(&["run", "--variable", "MARK=one"]).start();
    run.until_it_says("| ready in one");
    assert_eq!(left(&machine), OF_A_RUN);
    run.signal(Signal::INT);
    // The shell may be gone before it can tell that its child was.
    let told = run.end().by_job().replace("works | Terminated\n", "");
    insta::assert_snapshot!(told, @r#"
    exit 130
    --- stdout
    pipeline  push for branch main at [commit]

    works | started
    works | $ echo "ready in $MARK"
    works | ready in one
    works | $ sleep 600
    works | WARNING: the script was canceled from outside
    works | Running after script...
    works | $ echo "cleaned up after $CI_JOB_STATUS"
    works | cleaned up after canceled
    works | ERROR: Job failed: canceled
    works | canceled

    run 1 was interrupted
      canceled         works    #.# s  canceled on request
    --- stderr
    stopping: jobs clean up; once more stops them at once
    "#);
    assert_eq!(left(&machine), 0);
}

#[test]
fn a_second_interrupt_leaves_nothing_either() {
    let Some(machine) = machine(&endless().replace("- echo \"cleaned", "- sleep 600; echo \"cleaned")) else {
        return;
    };
    let mut run = machine.gantry(&["run", "--variable", "MARK=one"]).start();
    run.until_it_says("| ready in one");
    run.signal(Signal::INT);
    run.until_it_says("Running after script");
    run.signal(Signal::INT);
    run.end().ended_with(130);
    assert_eq!(left(&machine), 0);
}

// shows: S0-33
#[test]
fn the_next_command_removes_what_a_killed_run_has_left_and_nothing_of_another() {
    let Some(machine) = machine(&endless()) else {
        return;
    };
    let mut killed = machine.gantry(&["run", "--variable", "MARK=one"]).start();
    killed.until_it_says("| ready in one");
    let mut living = machine.gantry(&["run", "--variable", "MARK=two"]).start();
    living.until_it_says("| ready in two");
    assert_eq!(left(&machine), 2 * OF_A_RUN);
    killed.signal(Signal::KILL);
    killed.end();
    assert_eq!(left(&machine), 2 * OF_A_RUN);
    let runs = machine.call("runs").ended_with(0);
    assert!(
        runs.stderr
            .contains("note: removed 3 containers and networks of runs that died"),
        "{runs}"
    );
    assert_eq!(left(&machine), OF_A_RUN);
    // Once is enough.
    assert!(!machine.call("runs").stderr.contains("removed"));
    living.signal(Signal::INT);
    living.end().ended_with(130);
    has_nothing_left(&machine);
}
