//! `dependencies`, §2.8.

use insta::assert_snapshot;

use crate::support::case;

// §2.8, §16.70
#[test]
pub(crate) fn dependencies_choose_artifacts() {
    let yaml = "
        build: {stage: build, script: x, parallel: 2}
        lint: {stage: build, script: x}
        all: {script: x}
        none: {script: x, dependencies: []}
        some: {script: x, dependencies: [build, lint]}
        one: {script: x, dependencies: ['build 1/2']}
        needed: {script: x, needs: [build, lint], dependencies: [lint]}
        same-stage: {script: x, dependencies: [all]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build 1/2
    build: build 2/2
    build: lint
    test: all
    test: none, fetches []
    test: some, fetches [build 1/2, build 2/2, lint]
    test: one, fetches [build 1/2]
    test: needed, needs [build 1/2, build 2/2, lint], fetches [lint]
    test: same-stage, fetches [all]
    ");
}

// §2.8, §11.1: a dependency that the rules left out is not fetched, and no mistake
#[test]
fn a_dependency_may_be_left_out() {
    let yaml = "
        build: {stage: build, script: x, rules: [{if: $NEVER}]}
        test: {script: x, dependencies: [build]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: test, fetches [build]
    - build: its only rule does not match
    ");
}

// §2.8
#[test]
pub(crate) fn mistakes_of_dependencies() {
    let yaml = "
        build: {stage: build, script: x}
        deploy: {stage: deploy, script: x}
        a: {script: x, dependencies: [biuld]}
        b: {script: x, dependencies: [deploy]}
        c: {script: x, needs: [], dependencies: [build]}
        d: {script: x, dependencies: build}
        e: {script: x, dependencies: [[build], 5]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: job `a` wants the artifacts of `biuld`, which is not defined
      --> .gitlab-ci.yml:3:31
      help: did you mean `build`?
      gitlab: a job: undefined dependency: biuld
    error: job `b` wants the artifacts of `deploy`, which is in a later stage
      --> .gitlab-ci.yml:4:31
      gitlab: b job: dependency deploy is not defined in current or prior stages
    error: job `c` wants the artifacts of `build` without needing it
      --> .gitlab-ci.yml:5:42
      help: add `build` to `needs`, or remove it here
      gitlab: c job: dependencies the build should be part of needs
    error: `dependencies` takes a list of strings, not a string
      --> .gitlab-ci.yml:6:30
      help: write `dependencies: [build]`
      gitlab: jobs:d dependencies config should be an array of strings
    error: `dependencies` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:7:31
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:e dependencies config should be an array of strings
    error: an item of `dependencies` is a string, not an integer
      --> .gitlab-ci.yml:7:40
      help: put it in quotes: `"5"`
      gitlab: jobs:e dependencies config should be an array of strings
    "#);
}
