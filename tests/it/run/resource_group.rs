//! Jobs of a resource group never run at the same time, whichever gantry runs them.

use std::fs;

use crate::environment::TestEnvironment;

#[test]
fn a_second_gantry_waits_and_says_for_whom() {
    let machine = TestEnvironment::pipeline(
        r#"
        deploy:
          resource_group: $CI_COMMIT_REF_NAME/cluster
          script:
            - echo ready
            - read line < "$GATE"
        "#,
    );
    let gate = machine.fifo("gate");
    let variable = format!("GATE={}", gate.display());
    let arguments = ["run", "--variable", variable.as_str()];
    let mut first = machine.gantry(&arguments).start();
    first.until_it_says("| ready");
    let mut second = machine.gantry(&arguments).start();
    second.until_it_says("which `deploy` of run 1 has");
    fs::write(&gate, "go\n").expect("the first job reads it");
    first.end().ended_with(0);
    second.until_it_says("| ready");
    fs::write(&gate, "go\n").expect("the second job reads it");
    insta::assert_snapshot!(second.end(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    deploy | waits for resource group `main/cluster`, which `deploy` of run 1 has
    deploy | started
    deploy | $ echo ready
    deploy | ready
    deploy | $ read line < "$GATE"
    deploy | succeeded

    run 2 succeeded
      success          deploy    #.# s
    "#);
}

#[test]
fn what_a_killed_gantry_had_is_free_again() {
    let machine = TestEnvironment::pipeline(
        r#"
        deploy:
          resource_group: cluster
          script:
            - echo ready
            - test -n "$QUICK" || sleep 600
        "#,
    );
    let mut first = machine.gantry(&["run"]).start();
    first.until_it_says("| ready");
    first.signal(rustix::process::Signal::KILL);
    drop(first.end());
    machine.call("run --variable QUICK=yes").ended_with(0);
}
