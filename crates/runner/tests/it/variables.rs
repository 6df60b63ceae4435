//! What a job's processes see of its variables.

use std::fs;

use gantry_protocol::payload::Variable;

use crate::support::{World, variable};

#[tokio::test]
async fn values_are_expanded_once_and_the_last_definition_wins() {
    let world = World::new();
    let mut job = world.job(&["printf '<%s>\\n' \"$A\" \"$B\" \"$RAW\" \"$PRICE\" \"$ODD\""]);
    job.variables = vec![
        variable("A", "early"),
        variable("B", "$A-${UNKNOWN}-$C"),
        variable("C", "$A"),
        Variable {
            raw: true,
            ..variable("RAW", "$A `x` $(y) \\ ' \"")
        },
        variable("PRICE", "5$$"),
        variable("ODD", " tab\tand\nnewline "),
        variable("A", "late"),
    ];
    let run = world.run(&job).await;
    let shown = run.script().split_once('\n').unwrap().1.to_owned();
    assert_eq!(
        shown,
        "<late>\n<late--$A>\n<$A `x` $(y) \\ ' \">\n<5$>\n< tab\tand\nnewline >\n"
    );
}

#[tokio::test]
async fn a_file_variable_is_a_path_to_its_value_which_is_gone_afterwards() {
    let world = World::new();
    let mut job = world.job(&["stat -c %a \"$KEY\"", "cat \"$KEY\"", "echo; echo \"$USES\""]);
    job.variables = vec![
        Variable {
            file: true,
            ..variable("KEY", "line 1\nline 2")
        },
        variable("USES", "--key=$KEY"),
    ];
    let run = world.run(&job).await;
    run.assert_success();
    insta::assert_snapshot!(run.script(), @r#"
    $ stat -c %a "$KEY"
    600
    $ cat "$KEY"
    line 1
    line 2$ echo; echo "$USES"

    --key=<root>/builds/0/group/app.tmp/KEY
    "#);
    assert_eq!(
        fs::read_dir(world.path().join("builds/0/group/app.tmp"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn the_runner_adds_its_own() {
    let world = World::new();
    let mut job = world.job(&[
        "env | grep -E '^(CI_|RUNNER_|GITLAB_ENV)' | grep -v RUNNER_VERSION | sort",
        "env | grep -cE '^(HOME|USER|CARGO)' || true",
    ]);
    job.variables = vec![
        variable("CI_JOB_TIMEOUT", "mine"),
        variable("CI_SHARED_ENVIRONMENT", "mine"),
    ];
    let run = world.run(&job).await;
    run.assert_success();
    let shown = run.script().replace("linux/arm64", "linux/amd64");
    insta::assert_snapshot!(shown, @r#"
    $ env | grep -E '^(CI_|RUNNER_|GITLAB_ENV)' | grep -v RUNNER_VERSION | sort
    CI_BUILDS_DIR=<root>/builds
    CI_CONCURRENT_ID=0
    CI_CONCURRENT_PROJECT_ID=0
    CI_JOB_STATUS=running
    CI_JOB_TIMEOUT=mine
    CI_PROJECT_DIR=<root>/builds/0/group/app
    CI_RUNNER_EXECUTABLE_ARCH=linux/amd64
    CI_SERVER=yes
    CI_SHARED_ENVIRONMENT=true
    GITLAB_ENV=<root>/builds/0/group/app.tmp/gitlab_runner_env
    RUNNER_TEMP_PROJECT_DIR=<root>/builds/0/group/app.tmp
    $ env | grep -cE '^(HOME|USER|CARGO)' || true
    0
    "#);
}

#[tokio::test]
async fn a_name_that_cannot_be_exported_is_left_out_and_told() {
    let world = World::new();
    let mut job = world.job(&["echo ok"]);
    job.variables = vec![variable("MY-NAME", "x"), variable("../../evil", "y")];
    let run = world.run(&job).await;
    run.assert_success();
    assert!(
        run.shown_log()
            .contains("WARNING: variable `MY-NAME` has a name that no shell can export, left out\n")
    );
}
