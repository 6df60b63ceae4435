//! The plan hash: what changes it and what does not.

use crate::support::case;

const YAML: &str = "
    stages: [build, test]
    variables: {A: 1, B: 2}
    build:
      stage: build
      script: [make, make install]
      variables: {X: x, Y: y}
      services: [{name: db, variables: {P: p, Q: q}}]
    lint: {stage: build, script: lint}
    test: {script: make test, needs: [build], when: manual}
    ";

fn hash(yaml: &str) -> String {
    case(yaml).planned().hash.to_string()
}

#[test]
fn layout_comments_and_the_order_of_keys_do_not_change_it() {
    let original = hash(YAML);
    let written_otherwise = "
        # The same, by another hand.
        lint:
            script:
                - lint
            stage: 'build'
        test:
          when: manual # by hand
          needs: [\"build\"]
          script: make test

        build: {services: [{variables: {Q: q, P: p}, name: db}], variables: {Y: y, X: x}, stage: build, script: [make, make install]}
        variables: {B: 2, A: '1'}
        stages:
        - build
        - test
        ";
    assert_eq!(hash(written_otherwise), original);
    let from_a_template = YAML.replace(
        "lint: {stage: build, script: lint}",
        "lint: {extends: .l}\n    .l: {stage: build, script: lint}",
    );
    assert_eq!(hash(&from_a_template), original);
    assert!(original.starts_with("1-") && original.len() == 66, "{original}");
}

#[test]
fn what_jobs_do_and_when_changes_it() {
    let original = hash(YAML);
    for (from, to) in [
        ("make install", "make uninstall"),
        ("[make, make install]", "[make install, make]"),
        ("needs: [build]", "needs: []"),
        ("needs: [build]", "needs: [{job: build, artifacts: false}]"),
        (", needs: [build]", ""),
        ("when: manual", "when: always"),
        ("A: 1", "A: 3"),
        ("stages: [build, test]", "stages: [build, test, deploy]"),
        ("lint:", "lint2:"),
        ("script: lint", "script: lint, retry: 1"),
        ("script: lint", "script: lint, tags: [a]"),
        ("script: lint", "script: lint, environment: prod"),
        ("{P: p, Q: q}", "{P: q, Q: p}"),
    ] {
        let changed = YAML.replace(from, to);
        assert_ne!(changed, YAML, "{from}");
        assert_ne!(hash(&changed), original, "{from} → {to}");
    }
}

#[test]
fn the_event_counts_by_what_it_brings_about() {
    let yaml = "a: {script: x, rules: [{if: $X, when: manual}, {when: on_success}]}";
    let with = |value: &str| case(yaml).variable("X", value).planned().hash;
    assert_eq!(with("1"), with("2"));
    assert_ne!(with("1"), with(""));
}
