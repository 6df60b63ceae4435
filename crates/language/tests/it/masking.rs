//! Masked values: they are compared and expanded, and never written into a plan.

use gantry_language::variables::Variable;
use insta::assert_snapshot;

use crate::support::{Case, case};

const SECRET: &str = "hunter2-hunter2";

fn with_secret(yaml: &str) -> Case {
    case(yaml).project(Variable::new("TOKEN", SECRET).masked())
}

#[test]
fn a_decision_says_only_that_it_is_set() {
    let case = with_secret("a: {script: x, rules: [{if: $TOKEN == 'hunter2-hunter2' && $OTHER != 'x'}]}");
    assert_snapshot!(case.why("a"), @r"
    rule 1 of 1 matches
      if: $TOKEN == 'hunter2-hunter2' && $OTHER != 'x' holds; $TOKEN is masked; $OTHER is unset
    ");
}

#[test]
fn no_part_of_a_plan_holds_a_masked_value() {
    let yaml = "
        workflow: {name: 'deploy $TOKEN', rules: [{if: $TOKEN}]}
        variables: {COPY: $TOKEN}
        a:
          script: x
          tags: [$TOKEN, $COPY]
          environment: {name: review/$COPY, url: https://$TOKEN, deployment_tier: $TOKEN}
          rules: [{if: $TOKEN =~ /hunter/, changes: ['$TOKEN/*'], exists: ['$TOKEN']}]
        b: {script: x, only: {variables: [$TOKEN == $COPY]}, except: {variables: [$TOKEN == 'x']}}
        c: {script: x}
        ";
    let plan = with_secret(yaml)
        .changed(["hunter2-hunter2/a"])
        .files(["hunter2-hunter2"])
        .planned();
    let job = plan.job("a").expect("it matches");
    assert_eq!(plan.name.as_deref(), Some("deploy [MASKED]"));
    assert_eq!(
        job.environment.as_ref().expect("it has one").expanded_name,
        "review/[MASKED]"
    );
    assert_eq!(job.tags, ["[MASKED]"]);
    let written = serde_json::to_string(&plan).expect("a plan is JSON");
    assert!(!written.contains(SECRET), "{written}");
}
