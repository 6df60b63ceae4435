//! `rules:needs` replace the needs of a job, and may close a circle that the file does not have.

use insta::assert_snapshot;

use crate::support::{mistakes, plan};

#[test]
fn a_circle_that_rules_close_is_named() {
    assert_snapshot!(
        mistakes(
            "
a:
  script: x
  rules: [{if: '$CI_PROJECT_NAME', needs: [b]}]
b:
  script: x
  rules: [{if: '$CI_PROJECT_NAME', needs: [c]}]
c:
  script: x
  needs: [a]
"
        ),
        @r"
    10:11 these jobs need each other in a circle: `a` → `b` → `c` → `a`
      help: take one of these needs away
    "
    );
}

#[test]
fn a_rule_that_does_not_match_closes_none() {
    let plan = plan(
        "
a:
  script: x
  rules: [{if: '$NOPE', needs: [b]}, {when: always}]
b:
  script: x
  needs: [a]
",
    );
    assert_eq!(plan.jobs.len(), 2);
}
