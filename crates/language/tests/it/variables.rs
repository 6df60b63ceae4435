//! `variables`: §6.

use gantry_language::plan::PlannedJob;
use gantry_language::variables::{Layers, Variable, for_job};
use insta::assert_snapshot;

use crate::support::case;

// §6.1, §6.2, §16.51
// shows: S0-24
#[test]
pub(crate) fn the_closer_declaration_wins() {
    let yaml = "
        workflow: {rules: [{when: always, variables: {B: workflow}}]}
        variables: {A: top, B: top, C: top, D: top, E: top}
        a:
          script: x
          variables: {C: job, D: job, E: job}
          parallel: {matrix: [{D: matrix, E: matrix}]}
          rules: [{if: $A, variables: {E: rule, F: rule}}]
        ";
    assert_snapshot!(case(yaml).variables_of("a: [matrix, matrix]"), @r#"
    A="top" Global
    B="workflow" WorkflowRule
    C="job" Job
    D="matrix" Matrix
    E="rule" Rule
    F="rule" Rule
    "#);
}

// §6.1
#[test]
fn details_of_variables() {
    let yaml = "
        variables:
          PLAIN: text
          FULL: {value: a, description: what it is, options: [a, b], expand: false}
          NOTHING:
          SHOWN: {description: to be filled in}
          7: seven
        a: {script: x, variables: {OWN: {value: $PLAIN, expand: false}, EMPTY: }}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"
    PLAIN="text" Global
    FULL="a" Global raw
    NOTHING="" Global
    SHOWN="" Global
    7="seven" Global
    OWN="$PLAIN" Job raw
    EMPTY="" Job
    "#);
}

fn values(job: &PlannedJob, layers: &Layers, dotenv: &[Variable]) -> String {
    let persisted = [Variable::new("CI_JOB_ID", "7")];
    let all = for_job(layers, job, &persisted, dotenv);
    all.iter()
        .map(|variable| format!("{}={}\n", variable.key, variable.value))
        .collect()
}

// §6.2, §16.49, §16.50: project over dotenv over YAML over predefined
// shows: S0-46
#[test]
fn the_order_of_all_layers() {
    let yaml = "
        variables: {IMAGE_PATH: '${REGISTRY_URL}/voting-service', CI: mine, A: yaml, B: yaml, C: yaml, ID: $CI_JOB_ID}
        a: {script: x}
        ";
    let job = case(yaml).planned_job("a");
    let layers = Layers {
        predefined: vec![Variable::new("CI", "true")],
        project: vec![
            Variable::new("REGISTRY_URL", "reg.mecan.ir"),
            Variable::new("B", "project"),
        ],
        pipeline: vec![Variable::new("C", "pipeline")],
    };
    let dotenv = [Variable::new("A", "dotenv"), Variable::new("B", "dotenv")];
    assert_snapshot!(values(&job, &layers, &dotenv), @r"
    CI_JOB_ID=7
    IMAGE_PATH=reg.mecan.ir/voting-service
    CI=mine
    ID=7
    A=dotenv
    REGISTRY_URL=reg.mecan.ir
    B=project
    C=pipeline
    ");
}

// §16.52, §16.53
#[test]
fn what_a_reference_to_itself_and_two_dollars_mean() {
    let yaml = "
        variables: {PATH: '$PATH:/opt', MONEY: '$$5', RAW: {value: $PATH, expand: false}}
        a: {script: x}
        ";
    assert_snapshot!(values(&case(yaml).planned_job("a"), &Layers::default(), &[]), @r"
    CI_JOB_ID=7
    PATH=$PATH:/opt
    MONEY=$$5
    RAW=$PATH
    ");
}

// §6.4
#[test]
fn a_circle_of_variables_is_an_error() {
    let yaml = "
        variables: {A: $B}
        fine: {script: x, variables: {B: b}}
        circle: {script: x, variables: {B: $C, C: '${A}'}}
        itself: {script: x, variables: {A: $A}}
        left-out: {script: x, variables: {B: $A}, rules: [{when: never}]}
        ";
    assert_snapshot!(case(yaml).plan(), @r#"
    error: in job `circle` variables refer to each other in a circle: B → C → A
      --> .gitlab-ci.yml:3:1
      gitlab: circle: circular variable reference detected: ["B", "C", "A"]
    "#);
}

// Values that double at every step, and chains longer than any stack.
#[test]
fn hostile_variables_come_to_an_end() {
    let mut doubling = "a: {script: x, environment: $V0, variables: {V64: x".to_owned();
    let mut chain = "a: {script: x, environment: $V0, variables: {V50000: x".to_owned();
    for n in 0..64 {
        doubling += &format!(", V{n}: $V{0}$V{0}", n + 1);
    }
    for n in 0..50_000 {
        chain += &format!(", V{n}: $V{}", n + 1);
    }
    for yaml in [doubling, chain] {
        let job = case(&(yaml + "}}")).planned_job("a");
        let all = for_job(&Layers::default(), &job, &[], &[]);
        let bytes: usize = all.iter().map(|variable| variable.value.len()).sum();
        assert!(bytes < 64 << 20, "{bytes} bytes");
    }
}

// §6.1, §18.31
#[test]
pub(crate) fn mistakes_of_variables() {
    let yaml = "
        variables:
          A: [1]
          B: {value: [1]}
          C: {valeu: x}
          D: {value: c, options: [a, b]}
          E: {value: '1', options: [1, 2]}
          F: {value: x, expand: 'no'}
          ~: x
          true: x
          G: {value: !reference [.nothing]}
        a: {script: x, variables: {H: {value: x, description: y}}}
        b: {script: x, variables: [A]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `A` takes a scalar or a mapping with `value`, not a list
      --> .gitlab-ci.yml:2:6
      gitlab: variables:a variable definition must be either a string or a hash
    error: `value` takes a scalar, not a list
      --> .gitlab-ci.yml:3:14
      gitlab: variables:b value must be a scalar
    error: `variables:C` has no key `valeu`
      --> .gitlab-ci.yml:4:7
      help: did you mean `value`?
      gitlab: variables:c config contains unknown keys: valeu
    error: the value of `D` is not among its `options`
      --> .gitlab-ci.yml:5:26
      gitlab: variables:d config value must be present in options
    error: an item of `options` is a string, not an integer
      --> .gitlab-ci.yml:6:29
      help: put it in quotes: `"1"`
      gitlab: variables:e options config should be an array of strings
    error: an item of `options` is a string, not an integer
      --> .gitlab-ci.yml:6:32
      help: put it in quotes: `"2"`
      gitlab: variables:e options config should be an array of strings
    error: `expand` takes `true` or `false`, not a string
      --> .gitlab-ci.yml:7:25
      gitlab: variables:f expand should be a boolean value
    error: the name of a variable is null, not a string
      --> .gitlab-ci.yml:8:3
      help: put the name in quotes
      gitlab: variables key must be an alphanumeric string
    error: the name of a variable is a boolean, not a string
      --> .gitlab-ci.yml:9:3
      help: put the name in quotes
      gitlab: variables key must be an alphanumeric string
    error: `!reference [.nothing]` finds nothing
      --> .gitlab-ci.yml:10:14
      gitlab: !reference [".nothing"] could not be found
    error: `variables:H` has no key `description`
      --> .gitlab-ci.yml:11:42
      help: `variables:H` takes `value` or `expand`
      gitlab: jobs:a:variables:h config contains unknown keys: description
    error: `variables` takes a mapping, not a list
      --> .gitlab-ci.yml:12:27
      gitlab: jobs:b:variables config should be a hash
    "#);
    assert_snapshot!(case("variables: text\na: {script: x}").check(), @r"
    error: `variables` takes a mapping, not a string
      --> .gitlab-ci.yml:1:12
      gitlab: variables config should be a hash
    ");
}

// §6.2: each layer hides the one below, and none is forgotten
#[test]
fn what_a_variable_outranks_is_known() {
    let scoped = Variable {
        scope: "prod*".to_owned(),
        ..Variable::new("A", "of production")
    };
    let case = case(
        "
        workflow: {rules: [{if: $CI, variables: {A: workflow}}]}
        variables: {A: root, B: $A/x, WHO: {value: $A, expand: false}}
        job:
          script: x
          environment: production
          variables: {A: job, WHO: job}
          parallel: {matrix: [{A: [matrix]}]}
          rules: [{if: $CI, variables: {A: rule}}]
        ",
    )
    .predefined("CI", "true")
    .predefined("A", "predefined")
    .project(Variable::new("A", "everywhere"))
    .project(scoped)
    .variable("A", "given");
    assert_snapshot!(case.explained("job: [matrix]", &[Variable::new("A", "dotenv")]), @r#"
    CI="true" Predefined
    B="given/x" Configuration(Global) .gitlab-ci.yml:2:22 written "$A/x"
    WHO="job" Configuration(Job) .gitlab-ci.yml:6:23
      over "$A" Configuration(Global) .gitlab-ci.yml:2:31
    A="given" Pipeline
      over "of production" Project
      over "everywhere" Project
      over "dotenv" Dotenv
      over "rule" Configuration(Rule) .gitlab-ci.yml:8:33
      over "matrix" Configuration(Matrix) .gitlab-ci.yml:7:23
      over "job" Configuration(Job) .gitlab-ci.yml:6:15
      over "workflow" Configuration(WorkflowRule) .gitlab-ci.yml:1:42
      over "root" Configuration(Global) .gitlab-ci.yml:2:13
      over "predefined" Predefined
    "#);
}

#[test]
fn a_variable_that_is_not_inherited_outranks_nothing() {
    let case = case(
        "
        variables: {A: root, B: root}
        job: {script: x, inherit: {variables: [B]}, variables: {A: job, B: job}}
        ",
    );
    assert_snapshot!(case.explained("job", &[]), @r#"
    B="job" Configuration(Job) .gitlab-ci.yml:2:65
      over "root" Configuration(Global) .gitlab-ci.yml:1:22
    A="job" Configuration(Job) .gitlab-ci.yml:2:57
    "#);
}
