//! `resource_group`, whose variables are replaced when the pipeline is made.

use insta::assert_snapshot;

use crate::support::{mistakes, plan};

fn group(job: &str) -> Option<String> {
    plan(job).jobs[0].resource_group.clone()
}

#[test]
fn variables_of_the_job_and_of_its_rule_are_replaced() {
    let job = "
a:
  script: x
  resource_group: $REGION/$CI_COMMIT_REF_SLUG/$TIER
  variables: {REGION: eu, TIER: low}
  rules: [{variables: {TIER: high}, when: on_success}]
";
    assert_eq!(group(job).as_deref(), Some("eu/main/high"));
}

#[test]
fn a_name_that_comes_out_empty_is_no_group() {
    assert_eq!(group("a: {script: x, resource_group: $NOPE}"), None);
}

#[test]
fn mistakes_read_well() {
    assert_snapshot!(mistakes("a: {script: x, resource_group: [one]}"), @"1:32 `resource_group` takes a string, not a list");
}
