//! `workflow`, §5.

use insta::assert_snapshot;

use crate::support::case;

// §5.2
#[test]
pub(crate) fn rules_decide_about_the_pipeline() {
    let yaml = "
        workflow:
          rules:
            - if: $SKIP
              when: never
            - if: $CI_COMMIT_BRANCH == 'main' || $TOP
        variables: {TOP: ''}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"no pipeline: none of its 2 rules matches");
    assert_snapshot!(case(yaml).predefined("CI_COMMIT_BRANCH", "main").plan(), @r"test: a");
    let skipped = case(yaml)
        .predefined("CI_COMMIT_BRANCH", "main")
        .variable("SKIP", "1");
    assert_snapshot!(skipped.plan(), @r"no pipeline: rule 1 of 2 matches and says `never`");
}

// §5.2, §6.2: a matched rule's variables become root variables and rank below a job's own
#[test]
fn a_matched_rule_sets_root_variables() {
    let yaml = "
        workflow:
          rules:
            - if: $X
              variables: {A: rule, B: rule, NEW: rule}
        variables: {A: top, TOP: top}
        a: {script: x, variables: {B: job}}
        b: {script: x, inherit: {variables: [NEW]}}
        c: {script: x, rules: [{if: $A == 'rule', when: manual}]}
        ";
    let case = || case(yaml).variable("X", "1");
    assert_snapshot!(case().plan(), @r"
    test: a
    test: b
    test: c, manual
    ");
    assert_snapshot!(case().variables_of("a"), @r#"
    A="rule" WorkflowRule
    TOP="top" Global
    B="job" Job
    NEW="rule" WorkflowRule
    "#);
    assert_snapshot!(case().variables_of("b"), @r#"NEW="rule" WorkflowRule"#);
}

// §5.2
#[test]
fn a_name_is_expanded_and_trimmed() {
    let name = |name: &str| {
        case(&format!(
            "workflow: {{name: {name}}}\nvariables: {{A: $B, B: b, E: ''}}\na: {{script: x}}"
        ))
        .predefined("CI_COMMIT_REF_NAME", "main")
        .planned()
        .name
    };
    assert_eq!(
        name("' Deploy $A of $CI_COMMIT_REF_NAME $UNDEFINED'").as_deref(),
        Some("Deploy b of main")
    );
    assert_eq!(name("' $E '"), None);
}

// §5, §18.7, §18.14
#[test]
pub(crate) fn mistakes_of_workflow() {
    let yaml = "
        workflow:
          name: 5
          rule: []
          auto_cancel: {on_new_commit: none}
          rules:
            - when: manual
            - if: $A
              start_in: 1h
            - if: $A =
            - {if: $A, variables: {X: [1]}}
            - {if: $A, auto_cancel: {on_new_commit: none}}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `name` takes a string, not an integer
      --> .gitlab-ci.yml:2:9
      help: put it in quotes: `"5"`
      gitlab: workflow name should be a string
    error: `workflow` has no key `rule`
      --> .gitlab-ci.yml:3:3
      help: did you mean `rules`?
      gitlab: workflow config contains unknown keys: rule
    error: `when` cannot be `manual`
      --> .gitlab-ci.yml:6:13
      help: use one of `always` or `never`
      gitlab: workflow:rules:rule when should be one of: always, never
    error: `start_in` goes with `when: delayed` only
      --> .gitlab-ci.yml:8:7
      gitlab: workflow:rules:rule config contains disallowed keys: start_in
    error: invalid expression: `=` is not an operator
      --> .gitlab-ci.yml:9:14
      help: write `==`
      gitlab: workflow:rules:rule if invalid expression syntax
    error: `X` takes a scalar here, not a list
      --> .gitlab-ci.yml:10:31
      gitlab: workflow:rules:rule:variables x config must be a string
    "#);
    assert_snapshot!(case("workflow: [x]\na: {script: x}").check(), @r"
    error: `workflow` takes a mapping, not a list
      --> .gitlab-ci.yml:1:11
      gitlab: workflow config should be a hash
    ");
    assert_snapshot!(case("workflow: {rules: []}\na: {script: x}").check(), @r"
    error: `rules` is an empty list
      --> .gitlab-ci.yml:1:19
      help: leave `rules` out, or write `rules: [{when: never}]`
      gitlab: workflow:rules config can't be blank
    ");
}
