//! The pipeline of this repository itself.

use crate::environment::TestEnvironment;

#[test]
fn the_shell_scripts_of_this_repository_are_checked_by_its_own_pipeline() {
    let machine = TestEnvironment::repository()
        .copy_of_this_repository()
        .committed("everything");
    insta::assert_snapshot!(machine.call("run shell-syntax"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    shell-syntax    | started
    shell-syntax    | $ bash -n .ci/run
    shell-syntax    | $ find examples stacks -name '*.sh' -exec bash -n {} +
    shell-syntax    | succeeded

    run 1 succeeded
      success          shell-syntax    #.# s
    ");
    machine.call("lint").ended_with(0);
}
