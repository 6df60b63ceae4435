//! `trigger:project`: the pipeline of another project, in the checkout that `gantry.yml` names.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [test, deploy]
    unit:
      stage: test
      script: echo tested
    rollout:
      stage: deploy
      variables: {VERSION: "$CI_COMMIT_REF_NAME-7"}
      trigger: {project: group/infra, branch: main, strategy: depend}
    "#;

const OTHER: &str = r#"
    apply:
      script:
        - echo "$CI_PIPELINE_SOURCE of $VERSION in $CI_PROJECT_NAME"
        - cat greeting
    never:
      script: echo never
      rules: [{if: '$CI_PIPELINE_SOURCE == "push"'}]
    "#;

/// A project and, next to it, another one.
fn machine() -> TestEnvironment {
    let machine = TestEnvironment::repository()
        .file(".gitlab-ci.yml", PIPELINE)
        .file("gantry.yml", "projects: {group/infra: ../infra}\n")
        .committed("first")
        .file("../infra/.gitlab-ci.yml", OTHER)
        .file("../infra/greeting", "hello from infra\n");
    machine.git("-C ../infra init --quiet --initial-branch=main");
    machine.git("-C ../infra add --all");
    machine.git("-C ../infra commit --quiet --message second");
    machine
}

#[test]
fn it_is_held_until_it_may_deploy() {
    let machine = machine();
    let output = machine.call("run").ended_with(0);
    assert!(
        output
            .stdout
            .contains("held: it starts a pipeline of `group/infra`"),
        "{output}"
    );
    assert!(!machine.path("../infra/.gantry").exists());
}

#[test]
fn it_runs_in_its_own_checkout_with_its_own_store() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run --deploy").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    rollout | started
    rollout       | succeeded
    rollout/apply | started
    rollout/apply | $ echo "$CI_PIPELINE_SOURCE of $VERSION in $CI_PROJECT_NAME"
    rollout/apply | pipeline of main-7 in infra
    rollout/apply | $ cat greeting
    rollout/apply | hello from infra
    rollout/apply | succeeded
    unit    | started
    unit    | $ echo tested
    unit    | tested
    unit    | succeeded

    run 1 succeeded
      success          unit             #.# s
      success          rollout          #.# s  run 1 of `local/infra` succeeded
      success          rollout/apply    #.# s
    "#);
    insta::assert_snapshot!(machine.call("-C ../infra runs"), @r"
    exit 0
    --- stdout
        1  success      YYYY-MM-DD hh:mm    #.# s  pipeline main         [commit] second (started by `rollout` of run 1 of local/project)
    ");
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        1  success      YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
}

// shows: S0-7
#[test]
fn without_a_checkout_it_is_refused_before_anything_starts() {
    let machine = machine();
    machine.write("gantry.yml", "projects: {group/infar: ../infra}\n");
    insta::assert_snapshot!(machine.call("run --deploy"), @r"
    exit 2
    --- stderr
    error: job `rollout` cannot start a pipeline of `group/infra` on branch `main` with `VERSION`: `gantry.yml` names no checkout of `group/infra`; did you mean `group/infar`?
      --> .gitlab-ci.yml:5:1
    help: gantry run JOB… runs other jobs only
    ");
    machine.write("gantry.yml", "projects: {group/infra: ../gone}\n");
    insta::assert_snapshot!(machine.call("run --deploy"), @r"
    exit 2
    --- stderr
    error: job `rollout` cannot start a pipeline of `group/infra` on branch `main` with `VERSION`: the checkout `../gone` of `group/infra` cannot be entered: No such file or directory (os error 2)
      --> .gitlab-ci.yml:5:1
    help: gantry run JOB… runs other jobs only
    ");
    machine.write("gantry.yml", "project: {group/infra: ../infra}\n");
    insta::assert_snapshot!(machine.call("run --deploy"), @r"
    exit 2
    --- stderr
    error: `gantry.yml` has no key `project`
     --> gantry.yml:1:1
      |
    1 | project: {group/infra: ../infra}
      | ^^^^^^^
      |
      = help: did you mean `projects`?

    error: job `rollout` cannot start a pipeline of `group/infra` on branch `main` with `VERSION`: its configuration has mistakes
      --> .gitlab-ci.yml:5:1
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path(".gantry").exists());
}

#[test]
fn a_checkout_on_another_branch_is_refused() {
    let machine = machine();
    machine.git("-C ../infra checkout --quiet -b wip");
    insta::assert_snapshot!(machine.call("run --deploy"), @r"
    exit 2
    --- stderr
    error: job `rollout` cannot start a pipeline of `group/infra` on branch `main` with `VERSION`: the checkout `../infra` of `group/infra` is on `wip`, the pipeline is for `main`; switch it there
      --> .gitlab-ci.yml:5:1
    help: gantry run JOB… runs other jobs only
    ");
}

#[test]
fn it_takes_inputs() {
    let machine = machine();
    let parent = "
        rollout:
          trigger: {project: group/infra, inputs: {target: '$CI_PROJECT_NAME', count: 3}, strategy: depend}
        ";
    let other = "
        spec:
          inputs: {target: , count: {type: number, options: [1, 3]}}
        ---
        apply:
          script: echo $[[ inputs.count ]] to $[[ inputs.target ]]
        ";
    let machine = machine
        .file(".gitlab-ci.yml", parent)
        .file("../infra/.gitlab-ci.yml", other);
    let run = machine.call("run --deploy").ended_with(0);
    assert!(run.stdout.contains("3 to infra"), "{run}");
    let machine = machine.file(".gitlab-ci.yml", &parent.replace("count: 3", "count: 4"));
    let run = machine.call("run --deploy").ended_with(1);
    assert!(
        run.stderr
            .contains("`4` is not among the options of the input `count`"),
        "{run}"
    );
}
