//! `resource_group`, whose variables are replaced when the pipeline is made.

use insta::assert_snapshot;

use crate::support::case;

fn group(job: &str) -> Option<String> {
    case(job).predefined("CI_COMMIT_REF_SLUG", "main").planned().jobs[0]
        .resource_group
        .clone()
}

#[test]
pub(crate) fn variables_of_the_job_and_of_its_rule_are_replaced() {
    let job = "
a:
  script: x
  resource_group: $REGION/$CI_COMMIT_REF_SLUG/$TIER
  variables: {REGION: eu, TIER: low}
  rules: [{variables: {TIER: high}, when: on_success}]
";
    assert_eq!(group(job).as_deref(), Some("eu/main/high"));
}

// Jobs of different environments once met in one group, `deploy/`.
#[test]
fn the_environment_of_the_job_is_known() {
    let job = "
a:
  script: x
  variables: {TARGET: eu}
  environment: review/$TARGET
  resource_group: deploy/$CI_ENVIRONMENT_NAME ($CI_ENVIRONMENT_SLUG)
";
    assert_eq!(group(job).as_deref(), Some("deploy/review/eu (review-eu-8rr630)"));
}

#[test]
pub(crate) fn a_name_that_comes_out_empty_is_no_group() {
    assert_eq!(group("a: {script: x, resource_group: $NOPE}"), None);
}

#[test]
pub(crate) fn mistakes_read_well() {
    assert_snapshot!(case("a: {script: x, resource_group: [one]}").check(), @r"
    error: `resource_group` takes a string, not a list
      --> .gitlab-ci.yml:1:32
      gitlab: jobs:a resource group should be a string
    ");
}
