//! `workflow:auto_cancel` and what a rule changes of it.

use gantry_language::plan::{AutoCancel, OnJobFailure, OnNewCommit};
use insta::assert_snapshot;

use crate::support::case;

#[test]
pub(crate) fn a_rule_outranks_the_workflow_key_by_key() {
    let plan = case(
        "
workflow:
  auto_cancel: {on_new_commit: interruptible, on_job_failure: none}
  rules:
    - if: $NOPE
      auto_cancel: {on_new_commit: none}
    - if: $CI_PROJECT_NAME
      auto_cancel: {on_job_failure: all}
a: {script: x}
",
    )
    .predefined("CI_PROJECT_NAME", "app")
    .planned();
    let expected = AutoCancel {
        on_new_commit: OnNewCommit::Interruptible,
        on_job_failure: OnJobFailure::All,
    };
    assert_eq!(plan.auto_cancel, expected);
}

#[test]
pub(crate) fn it_counts_for_the_hash_only_where_it_says_something() {
    let hash = |workflow: &str| case(&format!("{workflow}\na: {{script: x}}")).planned().hash;
    let without = hash("");
    assert_eq!(
        hash("workflow: {auto_cancel: {on_new_commit: conservative}}"),
        without
    );
    assert_ne!(hash("workflow: {auto_cancel: {on_job_failure: all}}"), without);
}

#[test]
pub(crate) fn mistakes_read_well() {
    let yaml = "workflow: {auto_cancel: {on_job_failure: some, on_commit: none}}\na: {script: x}";
    assert_snapshot!(case(yaml).check(), @r"
    error: `on_job_failure` cannot be `some`
      --> .gitlab-ci.yml:1:42
      help: did you mean `none`?
      gitlab: workflow:auto_cancel on job failure should be one of: none, all
    error: `auto_cancel` has no key `on_commit`
      --> .gitlab-ci.yml:1:48
      help: `auto_cancel` takes `on_new_commit` or `on_job_failure`
      gitlab: workflow:auto_cancel config contains unknown keys: on_commit
    ");
}
