//! `workflow:auto_cancel` and what a rule changes of it.

use gantry_language::plan::{AutoCancel, OnJobFailure, OnNewCommit};
use insta::assert_snapshot;

use crate::support::{mistakes, plan};

#[test]
fn a_rule_outranks_the_workflow_key_by_key() {
    let plan = plan(
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
    );
    let expected = AutoCancel {
        on_new_commit: OnNewCommit::Interruptible,
        on_job_failure: OnJobFailure::All,
    };
    assert_eq!(plan.auto_cancel, expected);
}

#[test]
fn it_counts_for_the_hash_only_where_it_says_something() {
    let hash = |workflow: &str| plan(&format!("{workflow}\na: {{script: x}}")).hash;
    let without = hash("");
    assert_eq!(
        hash("workflow: {auto_cancel: {on_new_commit: conservative}}"),
        without
    );
    assert_ne!(hash("workflow: {auto_cancel: {on_job_failure: all}}"), without);
}

#[test]
fn mistakes_read_well() {
    assert_snapshot!(
        mistakes("workflow: {auto_cancel: {on_job_failure: some, on_commit: none}}\na: {script: x}"),
        @r"
        1:42 `on_job_failure` cannot be `some`
          help: did you mean `none`?
        1:48 `auto_cancel` has no key `on_commit`
          help: `auto_cancel` takes `on_new_commit` or `on_job_failure`
        "
    );
}
