//! The pipeline as a whole: stages, `[skip ci]`, and pipelines without jobs.

use gantry_language::event::Source;
use insta::assert_snapshot;

use crate::support::case;

// §2.31: jobs come by stage, then in the order of the file
// shows: S0-15, S0-17
#[test]
pub(crate) fn stages_order_jobs() {
    let yaml = "
        stages: [release, build, test, deploy, post-deploy, schedules]
        last: {stage: schedules, script: x}
        second: {stage: build, script: x}
        cleanup: {stage: .post, script: x}
        first: {stage: release, script: x}
        third: {stage: build, script: x}
        prepare: {stage: .pre, script: x}
        unstaged: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    .pre: prepare
    release: first
    build: second
    build: third
    test: unstaged
    schedules: last
    .post: cleanup
    ");
}

// §2.31: `.pre` and `.post` cannot be moved
// shows: S1-13
#[test]
fn the_ends_stay_at_the_ends() {
    let stages = |stages: &str| {
        case(&format!("stages: {stages}\na: {{stage: one, script: x}}"))
            .planned()
            .stages
    };
    assert_eq!(
        stages("[.post, one, [two, [three]], .pre, one]"),
        [".pre", "one", "two", "three", ".post"]
    );
    assert_eq!(
        case("a: {script: x}").planned().stages,
        [".pre", "build", "test", "deploy", ".post"]
    );
}

// §2.31, §16.20
#[test]
pub(crate) fn mistakes_of_stages() {
    let yaml = "
        stages: [lint, ship]
        a: {script: x}
        b: {script: x, stage: lnit}
        c: {script: x, stage: ''}
        d: {script: x, stage: [lint]}
        e: {script: x, stage: $STAGE}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: job `a` is in stage `test`, which is not defined
      --> .gitlab-ci.yml:2:1
      help: give it a `stage`, one of: .pre, lint, ship, .post
      gitlab: a job: chosen stage test does not exist; available stages are .pre, lint, ship, .post
    error: job `b` is in stage `lnit`, which is not defined
      --> .gitlab-ci.yml:3:23
      help: did you mean `lint`?
      gitlab: b job: chosen stage lnit does not exist; available stages are .pre, lint, ship, .post
    error: job `c` is in stage ``, which is not defined
      --> .gitlab-ci.yml:4:23
      help: add it to `stages`, or use one of: .pre, lint, ship, .post
      gitlab: c job: chosen stage  does not exist; available stages are .pre, lint, ship, .post
    error: `stage` takes a string, not a list
      --> .gitlab-ci.yml:5:23
      gitlab: jobs:d stage should be a string
    error: job `e` is in stage `$STAGE`, which is not defined
      --> .gitlab-ci.yml:6:23
      help: add it to `stages`, or use one of: .pre, lint, ship, .post
      gitlab: e job: chosen stage $STAGE does not exist; available stages are .pre, lint, ship, .post
    ");
    assert_snapshot!(case("stages: build\na: {script: x}").check(), @r"
    error: `stages` takes a list of names, not a string
      --> .gitlab-ci.yml:1:9
      gitlab: stages config should be an array
    ");
    assert_snapshot!(case("stages: [build, 5]\na: {script: x, stage: build}").check(), @r#"
    error: `stages` takes a string, not an integer
      --> .gitlab-ci.yml:1:17
      help: put it in quotes: `"5"`
      gitlab: stages stages should be a string
    "#);
    assert_snapshot!(case("stages: []\na: {script: x}").check(), @r"
    error: job `a` is in stage `test`, which is not defined
      --> .gitlab-ci.yml:2:1
      help: give it a `stage`, one of: .pre, .post
      gitlab: a job: chosen stage test does not exist; available stages are .pre, .post
    ");
}

// §9.6
#[test]
fn a_commit_message_can_skip_the_pipeline() {
    let case = |message: &str| case("a: {script: x}").predefined("CI_COMMIT_MESSAGE", message);
    for message in ["fix [skip ci]", "[CI SKIP]\n\nbody", "x [ci-skip] y", "[skip_ci]"] {
        assert_eq!(case(message).plan(), "skipped", "{message}");
        assert_eq!(case(message).tag("v1").plan(), "skipped", "{message}");
        for source in [
            Source::Schedule,
            Source::Api,
            Source::Web,
            Source::Trigger,
            Source::Pipeline,
            Source::ParentPipeline,
        ] {
            assert_eq!(case(message).from(source).plan(), "test: a", "{source}");
        }
    }
    for message in ["skip ci", "[skip the ci]", "[skipci]", ""] {
        assert_eq!(case(message).plan(), "test: a", "{message}");
    }
}

// §9.5, §2.31, §16.21
#[test]
fn jobs_at_the_ends_alone_make_no_pipeline() {
    let yaml = "
        before: {stage: .pre, script: x}
        after: {stage: .post, script: x}
        main: {script: x, rules: [{if: $MAIN}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    empty
    - main: its only rule does not match
    - before: jobs in `.pre` alone make no pipeline
    - after: jobs in `.post` alone make no pipeline
    ");
    assert_snapshot!(case(yaml).variable("MAIN", "1").plan(), @r"
    .pre: before
    test: main
    .post: after
    ");
}

// §9.5
#[test]
fn a_pipeline_without_jobs_says_why() {
    let yaml = "
        a: {script: x, rules: [{if: $A}]}
        b: {script: x, only: [tags]}
        c: {script: x, except: [main]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    empty
    - a: its only rule does not match
    - b: `only: [tags]` does not hold
    - c: `except: [main]` holds
    ");
}

// §1.4, §14.4
#[test]
fn jobs_know_the_group_that_they_belong_to() {
    let group = |name: &str| {
        let yaml = format!("'{name}': {{script: x, rules: [{{if: $CI_JOB_GROUP_NAME}}]}}");
        let why = case(&yaml).why(name);
        why.rsplit("is ").next().unwrap_or_default().to_owned()
    };
    for (name, expected) in [
        ("rspec 1/3", "rspec"),
        ("build: [aws, x]", "build"),
        ("build: [aws] 1 2", "build"),
        ("v1/2", "v1/2"),
        ("test 2:4", "test"),
    ] {
        assert_eq!(group(name), format!("{expected:?}"), "{name}");
    }
}
