//! `gantry plan`: what would run, for which event, and what is left out.

use serde_json::json;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, test, deploy]
    build:
      stage: build
      script: make
    unit:
      stage: test
      needs: [build]
      script: make test
      allow_failure: {exit_codes: [3, 4]}
      tags: [large]
    style:
      stage: test
      needs: []
      script: make lint
      allow_failure: true
    cleanup:
      stage: test
      script: make clean
      when: always
    nightly:
      stage: test
      script: make slow
      rules:
        - if: $CI_PIPELINE_SOURCE == "schedule"
        - if: $SLOW
    production:
      stage: deploy
      script: make deploy
      environment: production
      only: [tags]
    review:
      stage: deploy
      script: make review
      rules:
        - if: $CI_MERGE_REQUEST_IID
        - if: $CI_PIPELINE_SOURCE == "merge_request_event"
          when: manual
    later:
      stage: deploy
      script: make later
      when: delayed
      start_in: 30 minutes
      only: [triggers, api, web]
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

// shows: S0-15, S0-17, S0-31
#[test]
fn a_push_by_stage_with_needs_and_what_is_left_out() {
    insta::assert_snapshot!(machine().call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      build

    test
      unit     needs build · may fail with [3, 4] · tags large
      style    needs nothing · may fail
      cleanup  when always

    left out
      nightly     none of its 2 rules matches  .gitlab-ci.yml:20:1
      production  `only: [tags]` does not hold  .gitlab-ci.yml:26:1
      review      none of its 2 rules matches  .gitlab-ci.yml:31:1
      later       `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
}

#[test]
fn each_job_says_where_when_and_after_whom_it_runs() {
    let machine = TestEnvironment::pipeline(
        "
        default: {image: 'rust:1'}
        build: {stage: build, script: make, tags: [large, linux]}
        unit: {needs: [build], script: make test, allow_failure: true}
        style: {needs: [], script: make style, image: 'clippy:2'}
        report: {script: make report, when: on_failure}
        approve: {stage: deploy, script: 'true', rules: [{when: manual}]}
        publish: {stage: deploy, script: make publish, when: manual}
        later: {stage: deploy, script: make later, when: delayed, start_in: 1 hour}
        never: {stage: deploy, script: make never, rules: [{when: never}]}
        ",
    );
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      build    in image rust:1 · tags large, linux

    test
      unit     needs build · may fail · in image rust:1
      style    needs nothing · in image clippy:2
      report   when on_failure · in image rust:1

    deploy
      approve  manual, blocks what follows · in image rust:1
      publish  manual, optional · in image rust:1
      later    delayed by 3600 s · in image rust:1

    left out
      never  rule 1 of 1 matches and says `never`  .gitlab-ci.yml:9:1

    plan hash 1-[hash]
    ");
}

#[test]
fn a_push_of_another_branch() {
    insta::assert_snapshot!(machine().call("plan --branch topic"), @r"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]

    build
      build

    test
      unit     needs build · may fail with [3, 4] · tags large
      style    needs nothing · may fail
      cleanup  when always

    left out
      nightly     none of its 2 rules matches  .gitlab-ci.yml:20:1
      production  `only: [tags]` does not hold  .gitlab-ci.yml:26:1
      review      none of its 2 rules matches  .gitlab-ci.yml:31:1
      later       `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
}

#[test]
fn a_tag() {
    let machine = machine().after_git("tag v1.0.0");
    insta::assert_snapshot!(machine.call("plan --tag v1.0.0"), @r"
    exit 0
    --- stdout
    pipeline  push for tag v1.0.0 at [commit]

    build
      build

    test
      unit        needs build · may fail with [3, 4] · tags large
      style       needs nothing · may fail
      cleanup     when always

    deploy
      production  held: it acts on environment `production`

    left out
      nightly  none of its 2 rules matches  .gitlab-ci.yml:20:1
      review   none of its 2 rules matches  .gitlab-ci.yml:31:1
      later    `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
    let named = machine.call("plan --tag v1.0.0").stdout;
    assert_eq!(machine.call("plan --event tag").stdout, named);
    assert_eq!(machine.call("plan --event tag --tag v1.0.0").stdout, named);
}

#[test]
fn a_tag_that_is_not_there_has_to_be_named() {
    insta::assert_snapshot!(machine().call("plan --event tag"), @r"
    exit 2
    --- stderr
    error: no tag points at HEAD
    help: name one: --tag v1.0.0
    ");
    insta::assert_snapshot!(machine().call("plan --tag v1 --branch main"), @r"
    exit 2
    --- stderr
    error: the argument '--tag <NAME>' cannot be used with '--branch <NAME>'

    Usage: gantry plan --tag <NAME>

    For more information, try '--help'.
    ");
}

#[test]
fn a_ref_without_a_name() {
    insta::assert_snapshot!(machine().gantry(&["plan", "--branch", ""]).call(), @r"
    exit 2
    --- stderr
    error: a value is required for '--branch <NAME>' but none was supplied

    For more information, try '--help'.
    ");
    assert_eq!(machine().gantry(&["plan", "--tag", ""]).call().code(), Some(2));
}

// shows: S0-37
#[test]
fn a_schedule() {
    insta::assert_snapshot!(machine().call("plan --event schedule"), @r"
    exit 0
    --- stdout
    pipeline  schedule for branch main at [commit]

    build
      build

    test
      unit     needs build · may fail with [3, 4] · tags large
      style    needs nothing · may fail
      cleanup  when always
      nightly

    left out
      production  `only: [tags]` does not hold  .gitlab-ci.yml:26:1
      review      none of its 2 rules matches  .gitlab-ci.yml:31:1
      later       `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
}

#[test]
fn a_merge_request() {
    insta::assert_snapshot!(machine().call("plan --event merge_request --branch topic"), @r"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request topic → main at [commit]

    deploy
      review

    left out
      build       it is for branches and tags only, and this is neither  .gitlab-ci.yml:2:1
      unit        it is for branches and tags only, and this is neither  .gitlab-ci.yml:5:1
      style       it is for branches and tags only, and this is neither  .gitlab-ci.yml:11:1
      cleanup     it is for branches and tags only, and this is neither  .gitlab-ci.yml:16:1
      nightly     none of its 2 rules matches  .gitlab-ci.yml:20:1
      production  `only: [tags]` does not hold  .gitlab-ci.yml:26:1
      later       `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
}

#[test]
fn every_other_event_says_where_the_pipeline_comes_from() {
    let machine = machine();
    let names = |event: &str| {
        let plan = machine
            .gantry(&["plan", "--format", "json", "--event", event])
            .call()
            .json();
        let jobs = plan["jobs"].as_array().cloned().unwrap_or_default();
        let names: Vec<_> = jobs
            .iter()
            .map(|job| job["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        names.join(" ")
    };
    let lines: String = ["push", "trigger", "web", "api", "pipeline", "schedule"]
        .iter()
        .map(|event| format!("{event}: {}\n", names(event)))
        .collect();
    insta::assert_snapshot!(lines, @r"
    push: build unit style cleanup
    trigger: build unit style cleanup later
    web: build unit style cleanup later
    api: build unit style cleanup later
    pipeline: build unit style cleanup
    schedule: build unit style cleanup nightly
    ");
}

#[test]
fn a_variable_changes_the_plan_and_its_hash() {
    let machine = machine();
    let without = machine.call("plan --format json").json();
    let with = machine.call("plan --variable SLOW=1 --format json").json();
    assert_ne!(with["hash"], without["hash"]);
    assert_eq!(without["hash"], machine.call("plan --format json").json()["hash"]);
    insta::assert_snapshot!(machine.call("plan --variable SLOW=1"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      build

    test
      unit     needs build · may fail with [3, 4] · tags large
      style    needs nothing · may fail
      cleanup  when always
      nightly

    left out
      production  `only: [tags]` does not hold  .gitlab-ci.yml:26:1
      review      none of its 2 rules matches  .gitlab-ci.yml:31:1
      later       `only: [triggers, api, web]` does not hold  .gitlab-ci.yml:38:1

    plan hash 1-[hash]
    ");
}

#[test]
fn a_variable_that_cannot_be_one() {
    insta::assert_snapshot!(machine().call("plan --variable SLOW"), @r"
    exit 2
    --- stderr
    error: invalid value 'SLOW' for '--variable <KEY=VALUE>': write `SLOW=value`

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(machine().call("plan --variable 1SLOW=x"), @r"
    exit 2
    --- stderr
    error: invalid value '1SLOW=x' for '--variable <KEY=VALUE>': `1SLOW` cannot be the name of a variable

    For more information, try '--help'.
    ");
}

#[test]
fn programs_read_the_plan_as_json() {
    let plan = machine().call("plan --format json").json();
    assert_eq!(plan["version"], 1);
    assert_eq!(plan["outcome"], "pipeline");
    assert_eq!(plan["ref"], json!({"branch": "main"}));
    assert_eq!(plan["sha"].as_str().map(str::len), Some(40));
    assert_eq!(
        plan["stages"],
        json!([".pre", "build", "test", "deploy", ".post"])
    );
    let unit = &plan["jobs"][1];
    assert_eq!(unit["name"], "unit");
    assert_eq!(unit["stage"], "test");
    assert_eq!(unit["needs"][0]["job"], "build");
    assert_eq!(unit["tags"], json!(["large"]));
    assert_eq!(unit["held"], json!(null));
    let tagged = machine().call("plan --tag v1 --format json").json();
    let jobs = tagged["jobs"].as_array().unwrap();
    let production = jobs.iter().find(|job| job["name"] == "production").unwrap();
    assert_eq!(production["held"], "it acts on environment `production`");
    let left_out = plan["left_out"].as_array().unwrap();
    let names: Vec<_> = left_out.iter().map(|job| job["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["nightly", "production", "review", "later"]);
}

#[test]
fn a_workflow_can_say_that_there_is_no_pipeline() {
    let machine = TestEnvironment::pipeline(
        r#"
        workflow:
          rules:
            - if: $CI_COMMIT_BRANCH == "main"
              when: never
            - when: always
        build:
          script: make
        "#,
    );
    insta::assert_snapshot!(machine.call("plan"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: in `workflow:rules`, rule 1 of 2 matches and says `never`
      yes  if: $CI_COMMIT_BRANCH == "main", when: never  .gitlab-ci.yml:3:7
             $CI_COMMIT_BRANCH is "main"
    "#);
    assert_eq!(machine.call("plan --format json").json()["outcome"], "filtered");
    assert_eq!(
        machine.call("plan --branch topic --format json").json()["outcome"],
        "pipeline"
    );
}

#[test]
fn a_pipeline_can_be_empty() {
    let machine = TestEnvironment::pipeline(
        "
        build:
          script: make
          only: [tags]
        ",
    );
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: no job is in this pipeline

    left out
      build  `only: [tags]` does not hold  .gitlab-ci.yml:1:1
    ");
    assert_eq!(machine.call("plan --format json").json()["outcome"], "empty");
}

#[test]
fn a_commit_message_can_skip_the_pipeline() {
    let machine = machine().committed("wording [skip ci]");
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    nothing to run: the commit message says `[skip ci]`
    help: --event web runs it all the same, as a server would when asked by hand
    ");
    assert_eq!(machine.call("plan --format json").json()["outcome"], "skipped");
    assert_eq!(
        machine.call("plan --event web --format json").json()["outcome"],
        "pipeline"
    );
}

#[test]
fn a_file_of_another_name() {
    let machine = TestEnvironment::pipeline("build: {script: make}\n")
        .file("ci/other.yml", "other: {script: make other}\n");
    insta::assert_snapshot!(machine.call("plan --file ci/other.yml"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    test
      other

    plan hash 1-[hash]
    ");
}

#[test]
fn mistakes_end_the_plan_as_they_end_lint() {
    let machine = TestEnvironment::pipeline("build: {script: make, needs: [tset]}\n");
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 2
    --- stderr
    error: job `build` needs `tset`, which is not defined
     --> .gitlab-ci.yml:1:31
      |
    1 | build: {script: make, needs: [tset]}
      |                               ^^^^
    ");
}

#[test]
fn a_need_that_this_event_leaves_out() {
    let machine = TestEnvironment::pipeline(
        "
        build:
          script: make
          only: [tags]
        test:
          stage: deploy
          needs: [build]
          script: make test
        ",
    );
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 2
    --- stderr
    error: job `test` needs `build`, which is not in this pipeline: `only: [tags]` does not hold
     --> .gitlab-ci.yml:6:11
      |
    6 |   needs: [build]
      |           ^^^^^
      |
      = help: write `{job: build, optional: true}`, or give both jobs the same rules
    ");
    insta::assert_snapshot!(machine.call("plan --tag v1"), @r"
    exit 0
    --- stdout
    pipeline  push for tag v1 at [commit]

    test
      build

    deploy
      test   needs build

    plan hash 1-[hash]
    ");
}

#[test]
fn the_file_is_found_from_a_folder_below_it() {
    let machine = machine().file("src/deep/main.c", "");
    let from_below = machine.gantry(&["plan"]).from("src/deep").call();
    assert_eq!(from_below.stdout, machine.call("plan").stdout);
}

#[test]
fn a_folder_of_a_bigger_repository_is_a_project_of_its_own() {
    let machine = TestEnvironment::repository()
        .file(".gitlab-ci.yml", "outer: {script: make}\n")
        .file(
            "examples/hello/.gitlab-ci.yml",
            "
            inner:
              script: make
              rules:
                - changes: [src/*]
                - exists: [outer.txt]
            ",
        )
        .file("outer.txt", "")
        .committed("first")
        .after_git("checkout --quiet -b topic")
        .file("src/outside.c", "")
        .file("examples/hello/src/inside.c", "");
    insta::assert_snapshot!(machine.call("plan -C examples/hello"), @r"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]
    changed   1 file since main ([commit]), uncommitted ones included

    test
      inner

    plan hash 1-[hash]
    ");
}
