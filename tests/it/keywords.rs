//! `gantry keywords`: what becomes of each keyword.

use crate::environment::TestEnvironment;
use crate::gantry::Output;

/// It needs no project.
fn call(arguments: &str) -> Output {
    TestEnvironment::plain().call(arguments)
}

#[test]
fn a_keyword_with_what_stands_below_it() {
    insta::assert_snapshot!(call("keywords artifacts"), @r"
    exit 0
    --- stdout
    in a job
      artifacts         honoured  `expose_as` is recorded
      artifacts:access  carried   by the server, which hands artifacts out
      artifacts:public  carried   as `artifacts:access`
    ");
}

#[test]
fn at_both_places() {
    insta::assert_snapshot!(call("keywords after_script"), @r"
    exit 0
    --- stdout
    at the top of a file
      after_script  honoured  as under `default`

    in a job
      after_script  honoured
    ");
}

#[test]
fn part_of_a_name() {
    insta::assert_snapshot!(call("keywords kube"), @r"
    exit 0
    --- stdout
    in a job
      environment:kubernetes  carried   by the server, which shows environments with their cluster
      image:kubernetes        carried   by an executor that starts pods
      only:kubernetes         honoured  holds where `CI_KUBERNETES_ACTIVE` is `true`
    ");
}

#[test]
fn a_key_below_a_keyword_that_has_no_row() {
    insta::assert_snapshot!(call("keywords release:name"), @r"
    exit 0
    --- stdout
    `release:name` has no row of its own: what is not listed is as `release` is, if GitLab has it

    in a job
      release              carried   held until `--deploy`; recorded, as only a server creates it
      release:assets       carried   as `release`
      release:milestones   carried   as `release`
      release:released_at  carried   as `release`
    ");
}

#[test]
fn a_word_that_is_no_keyword() {
    insta::assert_snapshot!(call("keywords artefacts"), @r"
    exit 2
    --- stderr
    error: there is no keyword `artefacts`
    help: did you mean `artifacts`?
    help: gantry keywords lists all
    ");
}

#[test]
fn all_of_them() {
    let output = call("keywords").ended_with(0);
    let rows = output.stdout.lines().filter(|line| line.starts_with("  "));
    let all = call("keywords --format json").json();
    let keywords = all["keywords"].as_array().expect("keywords are a list");
    assert_eq!(rows.count(), keywords.len());
    let support = |of: &str, place: &str| {
        let row = keywords
            .iter()
            .find(|row| row["name"] == of && row["where"] == place);
        row.map(|row| row["support"].clone())
    };
    assert_eq!(support("script", "job"), Some("honoured".into()));
    assert_eq!(support("run", "job"), Some("refused".into()));
    assert_eq!(support("include:remote", "top"), Some("honoured".into()));
    assert!(
        output
            .stdout
            .contains("carried: it is checked and kept in the plan")
    );
}
