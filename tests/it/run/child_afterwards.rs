//! What the other commands make of a run with a child pipeline.

use crate::environment::TestEnvironment;

const PARENT: &str = r#"
    stages: [test, deploy]
    backend:
      stage: test
      trigger: {include: ci/services.yml, strategy: depend}
    site:
      stage: deploy
      script: echo site
    "#;

/// `api` counts how often it has run, `check` waits for a file; both are outside.
const CHILD: &str = r#"
    api:
      script:
        - echo again >> "$COUNT"
        - echo api > api.txt
      artifacts: {paths: [api.txt]}
    check:
      stage: deploy
      script:
        - cat api.txt
        - test -f "$COUNT.go"
    "#;

/// A machine where the child has failed, and the path of the file that counts.
fn machine() -> (TestEnvironment, std::path::PathBuf) {
    let machine = TestEnvironment::pipeline(PARENT).file("ci/services.yml", CHILD);
    let count = machine.scratch("count");
    machine.write(".gantry/variables.yml", &format!("COUNT: {}\n", count.display()));
    machine.call("run").ended_with(1);
    (machine, count)
}

#[test]
fn a_continued_run_continues_its_child() {
    let (machine, count) = machine();
    std::fs::write(count.with_extension("go"), "").unwrap();
    insta::assert_snapshot!(machine.call("run --resume").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1
              with the uncommitted files of the work tree

    backend       | started
    backend       | succeeded
    backend/api   | kept from run 2
    backend/check | started
    backend/check | $ cat api.txt
    backend/check | api
    backend/check | $ test -f "$COUNT.go"
    backend/check | succeeded
    site          | started
    site          | $ echo site
    site          | site
    site          | succeeded

    run 3 succeeded
      success          backend          #.# s  run 4 succeeded
      success          backend/api             kept from run 2
      success          backend/check    #.# s
      success          site             #.# s
    "#);
    let ran = std::fs::read_to_string(&count).unwrap();
    assert_eq!(ran, "again\n", "`api` ran once");
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 3

    test
      kept     backend  from run 3

    deploy
      kept     site     from run 3

    nothing was started
    ");
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        4  success      YYYY-MM-DD hh:mm    #.# s  parent_pipeline main  [commit]+ first (started by `backend` of run 3)
        3  success      YYYY-MM-DD hh:mm    #.# s  push main             [commit]+ first
        2  failed       YYYY-MM-DD hh:mm    #.# s  parent_pipeline main  [commit]+ first (started by `backend` of run 1)
        1  failed       YYYY-MM-DD hh:mm    #.# s  push main             [commit]+ first
    ");
}

#[test]
fn a_child_is_continued_with_its_parent_only() {
    let (machine, _) = machine();
    insta::assert_snapshot!(machine.call("run --resume 2"), @r"
    exit 2
    --- stderr
    error: `backend` of run 1 has started run 2
    help: gantry run --resume 1 continues both
    ");
}

#[test]
fn jobs_of_a_child_are_found_by_the_names_they_are_shown_with() {
    let (machine, _) = machine();
    let log = machine.call("logs backend/api --tail 3");
    insta::assert_snapshot!(log, @r#"
    exit 0
    --- stdout
    Uploading artifacts as "archive" to coordinator... ok
    Cleaning up project directory and file based variables
    Job succeeded
    "#);
    insta::assert_snapshot!(machine.call("artifacts backend/api"), @r"
    exit 0
    --- stdout
    backend/api  archive        136 B  [FOLDER]/project/.gantry/runs/2/jobs/3/artifacts/artifacts.zip
    ");
    let all = machine.call("logs").ended_with(0).stdout;
    let heads: Vec<_> = all.lines().filter(|line| line.contains("attempt ")).collect();
    insta::assert_snapshot!(heads.join("\n"), @r"
    backend attempt 1, failed
    backend/api attempt 1, success
    backend/check attempt 1, failed
    ");
    insta::assert_snapshot!(machine.call("logs backend/apj"), @r"
    exit 2
    --- stderr
    error: run 1 has no job `backend/apj`
    help: did you mean `backend/api`?
    ");
    let shell = machine
        .gantry(&["shell", "backend/check", "--", "cat", "api.txt"])
        .call();
    insta::assert_snapshot!(shell, @r"
    exit 0
    --- stdout
    api
    --- stderr
    check of run 2, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project, as it was left
    ");
}

#[test]
fn a_run_that_is_followed_shows_its_child_too() {
    let (machine, _) = machine();
    insta::assert_snapshot!(machine.call("logs -f").by_job(), @r#"
    exit 0
    --- stdout
    backend/api   | $ echo again >> "$COUNT"
    backend/api   | $ echo api > api.txt
    backend/check | $ cat api.txt
    backend/check | api
    backend/check | $ test -f "$COUNT.go"
    backend/check | ERROR: Job failed: exit status 1
    run 1 failed
    "#);
}

#[test]
fn a_run_goes_with_its_child() {
    let (machine, _) = machine();
    machine.call("run").ended_with(1);
    machine.call("clean --older-than 0 --keep 1").ended_with(0);
    let listed = machine.call("runs --format json").json();
    let left: Vec<_> = listed["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_i64())
        .collect();
    assert_eq!(left, [Some(4), Some(3)]);
}
