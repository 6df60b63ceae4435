//! `gantry plan --diff REV`: what a change of the configuration does to the plan.

use crate::environment::TestEnvironment;

const BEFORE: &str = r#"
    stages: [build, test]
    variables: {LEVEL: low}
    build:
      stage: build
      image: rust:1.80
      script: make
    unit:
      stage: test
      script: [make test]
      needs: [build]
    old:
      stage: test
      script: make old
    nightly:
      stage: test
      script: make slow
      rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]
    weekly:
      stage: test
      script: make slower
      only: [schedules]
    style:
      stage: test
      script: make style
      only: [tags]
    "#;

const NOW: &str = r#"
    # A comment changes nothing.
    stages: [build, test, deploy]
    variables: {LEVEL: high}
    build:
      stage: build
      image: rust:1.81
      script: make
    unit:
      stage: test
      script: [make test, make check]
      tags: [large]
      rules: [{if: $CI_COMMIT_BRANCH}]
    nightly:
      stage: test
      script: make slow
      rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}, {if: $SLOW}]
    weekly:
      stage: test
      script: make slower
    style:
      stage: test
      script: make style
      only: [schedules]
    deploy:
      stage: deploy
      script: make deploy
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(BEFORE)
}

#[test]
fn what_an_uncommitted_change_does() {
    let machine = machine().file(".gitlab-ci.yml", NOW);
    insta::assert_snapshot!(machine.call("plan --diff HEAD"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD ([commit])

    pipeline
      stages           [".pre","build","test",".post"] → [".pre","build","test","deploy",".post"]
      variables.LEVEL  "low" → "high"

    added
      weekly  test · was left out: `only: [schedules]` does not hold
      deploy  deploy

    removed
      old  test

    changed
      build
        image.name       "rust:1.80" → "rust:1.81"
        variables.LEVEL  "low" → "high"
      unit
        needs            ["build"] → nothing
        script           ["make test"] → ["make test","make check"]
        tags             nothing → ["large"]
        variables.LEVEL  "low" → "high"

    left out
      nightly  its only rule does not match → none of its 2 rules matches
      style    `only: [tags]` does not hold → `only: [schedules]` does not hold

    plan hash 1-[hash]
           now 1-[hash]
    "#);
    assert_eq!(machine.git("status --porcelain"), " M .gitlab-ci.yml\n");
    insta::assert_snapshot!(machine.call("plan --diff HEAD --event schedule"), @r#"
    exit 0
    --- stdout
    pipeline  schedule for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD ([commit])

    pipeline
      stages           [".pre","build","test",".post"] → [".pre","build","test","deploy",".post"]
      variables.LEVEL  "low" → "high"

    added
      style   test · was left out: `only: [tags]` does not hold
      deploy  deploy

    removed
      old  test

    changed
      build
        image.name       "rust:1.80" → "rust:1.81"
        variables.LEVEL  "low" → "high"
      unit
        needs            ["build"] → nothing
        script           ["make test"] → ["make test","make check"]
        tags             nothing → ["large"]
        variables.LEVEL  "low" → "high"
      nightly
        variables.LEVEL  "low" → "high"
      weekly
        variables.LEVEL  "low" → "high"

    plan hash 1-[hash]
           now 1-[hash]
    "#);
}

#[test]
fn programs_read_the_difference_as_json() {
    let machine = machine().file(".gitlab-ci.yml", &BEFORE.replace("[make test]", "[make check]"));
    let mut difference = machine
        .call("plan --diff HEAD --format json")
        .ended_with(0)
        .json();
    for hash in ["before", "now"] {
        assert_eq!(difference[hash]["hash"].as_str().map(str::len), Some(66));
        difference[hash]["hash"] = "hash".into();
    }
    for sha in ["sha", "revision_sha"] {
        assert_eq!(difference[sha].as_str().map(str::len), Some(40));
        difference[sha] = "sha".into();
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&difference).unwrap(), @r#"
    {
      "added": [],
      "at": null,
      "before": {
        "hash": "hash",
        "outcome": "pipeline"
      },
      "changed": [
        {
          "changes": [
            {
              "before": [
                "make test"
              ],
              "key": "script",
              "now": [
                "make check"
              ]
            }
          ],
          "name": "unit"
        }
      ],
      "changed_files": null,
      "left_out": [],
      "notes": [],
      "now": {
        "hash": "hash",
        "outcome": "pipeline"
      },
      "pipeline": [],
      "ref": {
        "branch": "main"
      },
      "removed": [],
      "revision": "HEAD",
      "revision_sha": "sha",
      "sha": "sha",
      "version": 1
    }
    "#);
}

#[test]
fn the_order_of_keys_and_comments_change_nothing() {
    let machine = TestEnvironment::pipeline("build: {script: make, tags: [large]}\n").file(
        ".gitlab-ci.yml",
        "# of all\nbuild: {tags: [large], script: make}\n",
    );
    insta::assert_snapshot!(machine.call("plan --diff HEAD"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD ([commit])

    nothing changes in the plan

    plan hash 1-[hash], as before
    ");
}

#[test]
fn included_files_are_those_of_the_revision() {
    let machine = TestEnvironment::repository()
        .file(
            ".gitlab-ci.yml",
            "include: ci/*.yml\nbuild: {script: make, extends: .base}\n",
        )
        .file("ci/base.yml", ".base: {tags: [small]}\n")
        .file(
            "ci/more.yml",
            "more: {script: make more, rules: [{exists: [Dockerfile]}]}\n",
        )
        .file("Dockerfile", "")
        .committed("first")
        .file("ci/base.yml", ".base: {tags: [large]}\n")
        .after_git("rm --quiet Dockerfile")
        .committed("second");
    insta::assert_snapshot!(machine.call("plan --diff HEAD~1"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD~1 ([commit])

    removed
      more  test · is left out: its only rule does not match

    changed
      build
        tags  ["small"] → ["large"]

    plan hash 1-[hash]
           now 1-[hash]
    "#);
    // In a folder of a bigger repository, too.
    let inner = TestEnvironment::repository()
        .file("app/.gitlab-ci.yml", "include: ci/a.yml\n")
        .file("app/ci/a.yml", "one: {script: make}\n")
        .committed("first")
        .file("app/ci/a.yml", "two: {script: make}\n");
    insta::assert_snapshot!(inner.call("plan -C app --diff main"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of main ([commit])

    added
      two  test

    removed
      one  test

    plan hash 1-[hash]
           now 1-[hash]
    ");
}

#[test]
fn a_pipeline_that_was_not_wanted() {
    let machine = TestEnvironment::pipeline("workflow: {rules: [{if: $NOBODY}]}\nbuild: {script: make}\n")
        .file(".gitlab-ci.yml", "build: {script: make}\n");
    insta::assert_snapshot!(machine.call("plan --diff HEAD"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD ([commit])

    pipeline
      outcome   "filtered" → "pipeline"
      workflow  "its only rule does not match" → nothing

    added
      build  test

    plan hash none
           now 1-[hash]
    "#);
    let back = machine
        .committed("second")
        .file(".gitlab-ci.yml", "build: {script: make, only: [tags]}\n");
    insta::assert_snapshot!(back.call("plan --diff HEAD"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    compared  with .gitlab-ci.yml of HEAD ([commit])

    pipeline
      outcome  "pipeline" → "empty"

    removed
      build  test · is left out: `only: [tags]` does not hold

    plan hash 1-[hash]
           now none
    "#);
}

#[test]
fn a_revision_without_a_plan() {
    let machine = TestEnvironment::repository()
        .file("README", "")
        .committed("nothing yet")
        .file(".gitlab-ci.yml", "build: {script: make, needs: [tset]}\n")
        .committed("wrong")
        .file(".gitlab-ci.yml", "build: {script: make}\n");
    insta::assert_snapshot!(machine.call("plan --diff HEAD"), @r"
    exit 2
    --- stderr
    error: job `build` needs `tset`, which is not defined
     --> .gitlab-ci.yml:1:31
      |
    1 | build: {script: make, needs: [tset]}
      |                               ^^^^

    error: `.gitlab-ci.yml` of `HEAD` makes no plan to compare with
    ");
    insta::assert_snapshot!(machine.call("plan --diff HEAD~1"), @r"
    exit 2
    --- stderr
    error: `.gitlab-ci.yml` of `HEAD~1` does not exist
    ");
    insta::assert_snapshot!(machine.call("plan --diff nowhere"), @r"
    exit 2
    --- stderr
    error: `nowhere` names no commit of this repository
    help: git fetch may bring it
    ");
    let plain = TestEnvironment::plain().file(".gitlab-ci.yml", "build: {script: make}\n");
    insta::assert_snapshot!(plain.call("plan --diff HEAD"), @r"
    exit 2
    --- stderr
    error: `HEAD` names no commit of this repository
    help: git fetch may bring it
    ");
}
