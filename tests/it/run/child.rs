//! `trigger:include`: child pipelines, from files and from what a job has made.

use rustix::process::Signal;

use crate::environment::TestEnvironment;
use crate::processes::marked;

const PARENT: &str = r#"
    stages: [test, deploy]
    backend:
      stage: test
      variables: {GREETING: "hello $CI_COMMIT_REF_NAME"}
      trigger: {include: ci/services.yml, strategy: depend}
    site:
      stage: deploy
      script: echo site
    "#;

const CHILD: &str = r#"
    api:
      script:
        - echo "$GREETING from $CI_PIPELINE_SOURCE of run $CI_UPSTREAM_PIPELINE_ID"
    check:
      stage: deploy
      script: test -z "$BROKEN"
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::repository()
        .file(".gitlab-ci.yml", PARENT)
        .file("ci/services.yml", CHILD)
        .committed("first")
}

#[test]
fn a_child_runs_inside_the_run_of_its_parent() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    backend       | started
    backend       | succeeded
    backend/api   | started
    backend/api   | $ echo "$GREETING from $CI_PIPELINE_SOURCE of run $CI_UPSTREAM_PIPELINE_ID"
    backend/api   | hello main from parent_pipeline of run 1
    backend/api   | succeeded
    backend/check | started
    backend/check | $ test -z "$BROKEN"
    backend/check | succeeded
    site          | started
    site          | $ echo site
    site          | site
    site          | succeeded

    run 1 succeeded
      success          backend          #.# s  run 2 succeeded
      success          backend/api      #.# s
      success          backend/check    #.# s
      success          site             #.# s
    "#);
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        2  success      YYYY-MM-DD hh:mm    #.# s  parent_pipeline main  [commit] first (started by `backend` of run 1)
        1  success      YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
    insta::assert_snapshot!(machine.call("logs 2 api"), @r#"
    exit 0
    --- stdout
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
    $ echo "$GREETING from $CI_PIPELINE_SOURCE of run $CI_UPSTREAM_PIPELINE_ID"
    hello main from parent_pipeline of run 1
    Cleaning up project directory and file based variables
    Job succeeded
    "#);
    assert!(
        machine
            .call("logs site")
            .ended_with(0)
            .stdout
            .contains("echo site"),
        "of the newest run of a person"
    );
}

#[test]
fn a_child_that_fails_fails_its_parent_and_is_named() {
    let machine = machine();
    machine.write("ci/services.yml", "api: {script: exit 3}\n");
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    backend     | started
    backend     | failed: run 2 failed
    backend/api | started
    backend/api | $ exit 3
    backend/api | ERROR: Job failed: exit status 3
    backend/api | failed: exit code 3
    site        | skipped because `backend` failed

    backend/api failed: exit code 3
      $ exit 3

    run 1 failed
      failed           backend        #.# s  run 2 failed
      failed           backend/api    #.# s  exit code 3  gantry logs 2 'api'
      skipped          site                  skipped because `backend` failed
    ");
    let lines = machine.call("run --format json").json_lines();
    let last = &lines[lines.len() - 1]["jobs"][0];
    assert_eq!(last["status"], "failed");
    assert_eq!(last["downstream"]["jobs"][0]["exit_code"], 3);
}

#[test]
fn plan_and_why_know_the_child() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    test
      backend  starts the child pipeline in `ci/services.yml` and depends on it
        └ api    test
        └ check  deploy

    deploy
      site

    plan hash 1-[hash]
    ");
    insta::assert_snapshot!(machine.call("why backend"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    backend is in (stage test, .gitlab-ci.yml:2:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it starts at once: no earlier stage has jobs
      it starts the child pipeline in `ci/services.yml` and depends on it
    ");
    let plan = machine.call("plan --format json").json();
    assert_eq!(plan["jobs"][0]["child"]["jobs"][0]["name"], "api");
}

#[test]
fn a_child_that_a_job_makes() {
    let machine = TestEnvironment::pipeline(
        r#"
        stages: [make, run]
        generate:
          stage: make
          script:
            - mkdir out
            - |
              echo 'made: {script: echo "made $WHAT in run $CI_UPSTREAM_PIPELINE_ID"}' > out/child.yml
          artifacts: {paths: [out]}
        generated:
          stage: run
          variables: {WHAT: here}
          trigger:
            include: [{artifact: out/child.yml, job: generate}]
            strategy: depend
        missing:
          stage: run
          allow_failure: true
          trigger:
            include: [{artifact: child.yml, job: generate}]
        "#,
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    generate  | started
    generate  | $ mkdir out
    generate  | $ echo 'made: {script: echo "made $WHAT in run $CI_UPSTREAM_PIPELINE_ID"}' > out/child.yml
    generate  | succeeded
    generated | started
    generated      | succeeded
    generated/made | started
    generated/made | $ echo "made $WHAT in run $CI_UPSTREAM_PIPELINE_ID"
    generated/made | made here in run 1
    generated/made | succeeded
    missing   | started
    missing   | failed, which is allowed: downstream pipeline creation failed: `child.yml` of job `generate` is not among its artifacts

    run 1 succeeded
      success          generate          #.# s
      success          generated         #.# s  run 2 succeeded
      success          generated/made    #.# s
      failed, allowed  missing           #.# s  downstream pipeline creation failed: `child.yml` of job `generate` is not among its artifacts
    --- stderr
    error: `child.yml` of job `generate` is not among its artifacts
     --> trigger:include of `missing`:1:1
      |
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    1 | artifact: child.yml, job: generate
      |
      = help: let `generate` keep it under `artifacts:paths`, and let the trigger job wait for `generate`
    "#);
}

#[test]
fn mistakes_of_a_child_are_told_before_anything_starts() {
    let machine = machine();
    machine.write("ci/services.yml", "api: {scirpt: x}\n");
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 2
    --- stderr
    error: `scirpt` is no keyword of a job
     --> ci/services.yml:1:7
      |
    1 | api: {scirpt: x}
      |       ^^^^^^
      |
      = help: did you mean `script`?

    error: job `backend` cannot start its child pipeline: `scirpt` is no keyword of a job
      --> .gitlab-ci.yml:2:1
    help: gantry run JOB… runs other jobs only
    ");
    machine.write("ci/services.yml", "api: {script: x, image: alpine}\n");
    insta::assert_snapshot!(machine.gantry(&["run"]).without_engine().call(), @r"
    exit 3
    --- stderr
    error: job `api` runs in image `alpine`, and there is no engine for it
      --> ci/services.yml:1:1
      caused by: no Docker engine answers at unix:///nowhere/docker.sock
    help: start Docker or Podman, or say where it is with DOCKER_HOST
    help: --executor shell runs these jobs here, without their images and services
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path(".gantry").exists());
}

#[test]
fn an_interrupt_reaches_the_jobs_of_a_child() {
    let machine = machine();
    machine.write("ci/services.yml", "api: {script: [echo ready, sleep 600]}\n");
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    run.signal(Signal::INT);
    insta::assert_snapshot!(run.end().by_job(), @r"
    exit 130
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    backend     | started
    backend     | canceled
    backend/api | started
    backend/api | $ echo ready
    backend/api | ready
    backend/api | $ sleep 600
    backend/api | WARNING: the script was canceled from outside
    backend/api | ERROR: Job failed: canceled
    backend/api | canceled
    site        | canceled

    run 1 was interrupted
      canceled         backend        #.# s  canceled on request
      canceled         backend/api    #.# s  canceled on request
      canceled         site                  canceled on request
    --- stderr
    stopping: jobs clean up; once more stops them at once
    ");
    let left = marked(machine.folder());
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_child_is_made_of_the_files_as_the_run_has_taken_them() {
    let machine = TestEnvironment::repository()
        .file(
            ".gitlab-ci.yml",
            r#"
            edits:
              stage: build
              script: 'echo "late: {script: echo late}" > "$FILE"'
            follows:
              stage: test
              trigger: {include: child.yml, strategy: depend}
            "#,
        )
        .file("child.yml", "early: {script: echo early}\n")
        .committed("first");
    let variable = format!("FILE={}", machine.path("child.yml").display());
    let output = machine
        .gantry(&["run", "--variable", &variable])
        .call()
        .ended_with(0);
    assert_eq!(
        output.of_job("follows/early"),
        ["started", "$ echo early", "early", "succeeded"]
    );
    assert_eq!(machine.read("child.yml"), "late: {script: echo late}\n");
}

#[test]
fn a_merge_request_reaches_the_children_of_children() {
    let machine = TestEnvironment::repository()
        .file(
            ".gitlab-ci.yml",
            "
            one:
              trigger: {include: one.yml, strategy: depend}
              rules: [{if: $CI_MERGE_REQUEST_IID}]
            ",
        )
        .file(
            "one.yml",
            "
            two:
              trigger: {include: two.yml, strategy: mirror, forward: {pipeline_variables: true}}
              rules: [{if: $CI_MERGE_REQUEST_IID}]
            ",
        )
        .file(
            "two.yml",
            "
            leaf:
              script: echo \"for $CI_MERGE_REQUEST_SOURCE_BRANCH_NAME with $LEVEL\"
              rules: [{if: $CI_MERGE_REQUEST_IID && $CI_PIPELINE_SOURCE == 'parent_pipeline'}]
            by-hand:
              script: echo played
              rules: [{when: manual, allow_failure: true}]
            ",
        )
        .committed("first")
        .after_git("checkout --quiet -b topic");
    let arguments = [
        "run",
        "--event",
        "merge_request",
        "--manual",
        "one/two/by-hand",
        "--variable",
        "LEVEL=high",
    ];
    let output = machine.gantry(&arguments).call().ended_with(0);
    let leaf = output.of_job("one/two/leaf");
    assert!(leaf.contains(&"for topic with ".to_owned()), "{output}");
    assert!(
        output.of_job("one/two/by-hand").contains(&"played".to_owned()),
        "{output}"
    );
    insta::assert_snapshot!(machine.call("plan --event merge_request"), @r"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request topic → main at [commit]

    test
      one  starts the child pipeline in `one.yml` and depends on it
        └ two  test · starts the child pipeline in `two.yml` and mirrors it

    plan hash 1-[hash]
    ");
}

#[test]
fn a_child_is_made_of_a_file_of_a_sibling() {
    let parent = "
        backend:
          variables: {LIB: group/lib, FLAVOUR: sweet}
          trigger:
            include:
              - {project: $LIB, file: child.yml, ref: v1, inputs: {greeting: hello, times: 2}}
              - {local: never.yml, rules: [{if: $FLAVOUR == \"sour\"}]}
            strategy: depend
        ";
    let child = "
        spec:
          inputs: {greeting: , times: {type: number}}
        ---
        api:
          script: echo $[[ inputs.greeting ]] $[[ inputs.times ]] in $CI_PROJECT_NAME, $FLAVOUR
        ";
    let machine = TestEnvironment::repository()
        .file(".gitlab-ci.yml", parent)
        .file("gantry.yml", "projects: {group/lib: ../lib}\n")
        .committed("first")
        .file("../lib/child.yml", child);
    machine.git("-C ../lib init --quiet --initial-branch=main");
    machine.git("-C ../lib add --all");
    machine.git("-C ../lib commit --quiet --message first");
    machine.git("-C ../lib tag v1");
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    test
      backend  starts the child pipeline in `child.yml` of `$LIB`, `never.yml` and depends on it
        └ api  test

    plan hash 1-[hash]
    ");
    let run = machine.call("run").ended_with(0);
    assert!(run.stdout.contains("hello 2 in project, sweet"), "{run}");
    machine.write(
        ".gitlab-ci.yml",
        &machine.read(".gitlab-ci.yml").replace("times: 2", "times: two"),
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 2
    --- stderr
    error: the provided value of the input `times` is not a number
     --> trigger:include of `backend`:1:1
      |
    1 | file: child.yml, inputs: {"greeting":"hello","times":"two"}, project: $LIB, ref: v1
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
     ::: group/lib@v1:child.yml:2:24
      |
    2 |   inputs: {greeting: , times: {type: number}}
      |                        ----- declared here

    error: job `backend` cannot start its child pipeline: the provided value of the input `times` is not a number
      --> .gitlab-ci.yml:1:1
    help: gantry run JOB… runs other jobs only
    "#);
}
