//! `gantry expand`: the configuration as one file.

use crate::environment::TestEnvironment;
use crate::gantry::Output;

const PIPELINE: &str = r#"
    include: ci/base.yml
    stages: [build, test]
    variables: {MODE: "yes", LEVEL: 0755}
    build:
      extends: .compiled
      stage: build
      script:
        - !reference [.compiled, script]
        - |
          echo "two"
          echo lines
    unit:
      stage: test
      script: make test
      needs: [build]
      parallel: {matrix: [{V: [a, b]}]}
      rules: [{if: $CI_COMMIT_TAG, when: never}, {changes: [src/**/*]}, {when: manual}]
    "#;

const BASE: &str = "
    default: {image: alpine, tags: [shell]}
    .compiled: {script: [make], cache: {key: c, paths: [target]}}
    ";

fn machine() -> TestEnvironment {
    TestEnvironment::repository()
        .file(".gitlab-ci.yml", PIPELINE)
        .file("ci/base.yml", BASE)
        .committed("first")
}

#[test]
fn templates_and_defaults_are_in_the_jobs() {
    insta::assert_snapshot!(machine().call("expand"), @r#"
    exit 0
    --- stdout
    stages:
      - build
      - test

    variables:
      MODE: 'yes'
      LEVEL: 493

    build:
      script:
        - make
        - |
          echo "two"
          echo lines
      cache:
        key: c
        paths:
          - target
      stage: build
      image: alpine
      tags:
        - shell

    unit:
      stage: test
      script: make test
      needs:
        - build
      parallel:
        matrix:
          - V:
              - a
              - b
      rules:
        - if: $CI_COMMIT_TAG
          when: never
        - changes:
            - src/**/*
        - when: manual
      image: alpine
      tags:
        - shell
    "#);
}

fn hash(output: &Output) -> String {
    output.json()["hash"].to_string()
}

/// What is printed may take the place of all the files it is made of.
#[test]
fn the_output_makes_the_same_plan() {
    let machine = machine();
    machine.write("alone.yml", &machine.call("expand").ended_with(0).stdout);
    machine.write(
        "origins.yml",
        &machine.call("expand --origins").ended_with(0).stdout,
    );
    machine.write(
        "needs.yml",
        &machine.call("expand unit --needs").ended_with(0).stdout,
    );
    for event in [
        "",
        "--tag v1",
        "--event schedule --branch topic",
        "--changed src/a",
    ] {
        let planned = |file: &str| {
            let output = machine.call(&format!("plan --format json --file {file} {event}"));
            hash(&output.ended_with(0))
        };
        let original = planned(".gitlab-ci.yml");
        for file in ["alone.yml", "origins.yml", "needs.yml"] {
            assert_eq!(planned(file), original, "{file} {event}");
        }
    }
}

#[test]
fn one_job_with_the_places_of_its_parts() {
    insta::assert_snapshot!(machine().gantry(&["expand", "unit: [a]", "--origins"]).call(), @r"
    exit 0
    --- stdout
    stages: # from .gitlab-ci.yml:2
      - build # from .gitlab-ci.yml:2
      - test # from .gitlab-ci.yml:2

    variables: # from .gitlab-ci.yml:3
      MODE: 'yes' # from .gitlab-ci.yml:3
      LEVEL: 493 # from .gitlab-ci.yml:3

    unit: # from .gitlab-ci.yml:12
      stage: test # from .gitlab-ci.yml:13
      script: make test # from .gitlab-ci.yml:14
      needs: # from .gitlab-ci.yml:15
        - build # from .gitlab-ci.yml:15
      parallel: # from .gitlab-ci.yml:16
        matrix: # from .gitlab-ci.yml:16
          - V:
              - a
              - b
      rules: # from .gitlab-ci.yml:17
        - if: $CI_COMMIT_TAG # from .gitlab-ci.yml:17
          when: never
        - changes: # from .gitlab-ci.yml:17
            - src/**/*
        - when: manual # from .gitlab-ci.yml:17
      image: alpine # from ci/base.yml:1
      tags: # from ci/base.yml:1
        - shell # from ci/base.yml:1
    --- stderr
    note: not printed, although these jobs name it: `build`; --needs adds what they name
    ");
}

#[test]
fn as_json() {
    let output = machine()
        .call("expand build --origins --format json")
        .ended_with(0)
        .json();
    assert_eq!(output["version"], 1);
    assert_eq!(output["jobs"], serde_json::json!(["build"]));
    assert_eq!(output["configuration"]["variables"]["LEVEL"], 493);
    assert_eq!(
        output["configuration"]["build"]["script"][1],
        "echo \"two\"\necho lines\n"
    );
    assert_eq!(output["configuration"]["build"]["image"], "alpine");
    let origins = output["origins"].as_array().expect("origins are a list");
    let of = |path: serde_json::Value| origins.iter().find(|origin| origin["path"] == path).cloned();
    assert_eq!(
        of(serde_json::json!(["build", "script", "0"])),
        Some(serde_json::json!({
            "path": ["build", "script", "0"], "file": "ci/base.yml", "line": 2, "column": 22,
        }))
    );
    let plain = machine().call("expand --format json").json();
    assert!(plain.get("origins").is_none());
    assert_eq!(plain["jobs"], serde_json::json!(["build", "unit"]));
}

#[test]
fn names_that_are_no_jobs() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("expand buidl"), @r"
    exit 2
    --- stderr
    error: there is no job `buidl`
    help: did you mean `build`?
    help: gantry expand prints all jobs
    ");
    insta::assert_snapshot!(machine.call("expand .compiled"), @r"
    exit 2
    --- stderr
    error: `.compiled` is a template
    help: what it says stands in the jobs that use it: gantry expand --origins
    ");
}

#[test]
fn a_file_with_mistakes_is_not_expanded() {
    insta::assert_snapshot!(TestEnvironment::pipeline("job: {scirpt: x}").call("expand"), @r"
    exit 2
    --- stderr
    error: `scirpt` is no keyword of a job
     --> .gitlab-ci.yml:1:7
      |
    1 | job: {scirpt: x}
      |       ^^^^^^
      |
      = help: did you mean `script`?
    ");
}

/// Which files are included is the event's to decide.
#[test]
fn includes_follow_the_event() {
    let machine = TestEnvironment::repository()
        .file(
            ".gitlab-ci.yml",
            "include: [{local: tag.yml, rules: [{if: $CI_COMMIT_TAG}]}]\na: {script: x}",
        )
        .file("tag.yml", "b: {script: y}")
        .committed("first");
    assert!(!machine.call("expand").stdout.contains("b:"));
    assert!(machine.call("expand --tag v1").stdout.contains("b:"));
}

#[test]
fn more_than_a_file_may_hold() {
    use std::fmt::Write;
    let mut pipeline = format!(
        ".t: {{script: [{}]}}\n",
        "'a command that is not short', ".repeat(1000)
    );
    for number in 0..80 {
        writeln!(pipeline, "j{number}: {{extends: .t}}").expect("a string takes it");
    }
    let output = TestEnvironment::pipeline(&pipeline).call("expand").ended_with(0);
    insta::assert_snapshot!(output.stderr, @"note: this is 2.6 MiB, and one file may have 2.0 MiB: it cannot take the place of the files it is made of");
}
