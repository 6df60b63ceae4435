//! `parallel`, §2.21 and §7.7.

use insta::assert_snapshot;

use crate::support::case;

// §7.7, §16.64
#[test]
pub(crate) fn a_number_makes_numbered_jobs() {
    let yaml = "
        a: {stage: build, script: x, parallel: 3}
        one: {stage: build, script: x, parallel: 1}
        all: {script: x, needs: [a], dependencies: [a]}
        fetch: {script: x, dependencies: [one]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: a 1/3
    build: a 2/3
    build: a 3/3
    build: one 1/1
    test: all, needs [a 1/3, a 2/3, a 3/3], fetches [a 1/3, a 2/3, a 3/3]
    test: fetch, fetches [one 1/1]
    ");
    assert_snapshot!(case(yaml).job("a 2/3"), @r#"
    node: {"index":2,"total":3}
    stage: "build"
    script: ["x"]
    "#);
}

// §7.7: the first key varies slowest
#[test]
fn a_matrix_is_named_by_its_values() {
    let yaml = "
        a:
          script: x
          variables: {OS: own, KEEP: own}
          parallel:
            matrix:
              - OS: [linux, mac]
                V: ['1.0', 2]
              - OS: other
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a: [linux, 1.0]
    test: a: [linux, 2]
    test: a: [mac, 1.0]
    test: a: [mac, 2]
    test: a: [other]
    ");
    assert_snapshot!(case(yaml).variables_of("a: [mac, 2]"), @r#"
    OS="mac" Matrix
    KEEP="own" Job
    V="2" Matrix
    "#);
    assert_snapshot!(case(yaml).job("a: [other]"), @r#"
    node: {"index":5,"total":5}
    script: ["x"]
    "#);
}

// §18.17: keys that are not strings come last
#[test]
fn number_keys_stand_behind() {
    assert_snapshot!(case("a: {script: x, parallel: {matrix: [{1: [a], B: 2}]}}").plan(), @r"test: a: [2, a]");
}

// §18.18: no instance, no job, and who needs it starts at once
#[test]
fn an_empty_matrix_makes_no_job() {
    let yaml = "
        a: {script: x, parallel: {matrix: []}}
        b: {script: x, parallel: {matrix: [{A: [], B: [x]}]}}
        c: {script: x, parallel: {matrix: ~}}
        d: {script: x, needs: [a], dependencies: [a]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    warning: the matrix of `a` is empty: there is no such job
      --> .gitlab-ci.yml:1:1
      help: GitLab drops the job and says nothing
    warning: the matrix of `b` is empty: there is no such job
      --> .gitlab-ci.yml:2:1
      help: GitLab drops the job and says nothing
    warning: the matrix of `c` is empty: there is no such job
      --> .gitlab-ci.yml:3:1
      help: GitLab drops the job and says nothing
    ");
    assert_snapshot!(case(yaml).plan(), @r"test: d, needs [], fetches []");
}

// §16.67
#[test]
fn equal_values_make_equal_names_and_the_last_one_stays() {
    let yaml = "
        a: {stage: build, script: x, parallel: {matrix: [{A: x}, {B: x}]}}
        b: {script: x, needs: [a]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    warning: the matrix of `a` makes `a: [x]` twice: only the last one is left
      --> .gitlab-ci.yml:1:1
      help: names are made of values alone; give the combinations different values
    ");
    assert_snapshot!(case(yaml).plan(), @r"
    build: a: [x]
    test: b, needs [a: [x]]
    ");
    assert_snapshot!(case(yaml).variables_of("a: [x]"), @r#"B="x" Matrix"#);
}

// §7.7: the later one in the file replaces
#[test]
fn a_job_may_have_the_name_of_an_instance() {
    let yaml = "
        'a 1/2': {script: before}
        a: {script: x, parallel: 2}
        'a 2/2': {script: after}
        ";
    assert_snapshot!(case(yaml).check(), @r"fine");
    assert_snapshot!(case(yaml).plan(), @r"
    test: a 1/2
    test: a 2/2
    ");
    assert_snapshot!(case(yaml).job("a 2/2"), @r#"script: ["after"]"#);
}

// §16.51, §7.7: rules see an instance's own values
#[test]
fn rules_choose_among_instances() {
    let yaml = "
        a:
          script: x
          parallel: {matrix: [{OS: [linux, mac]}]}
          rules: [{if: $OS == 'mac', variables: {OS: rule}}]
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a: [mac]
    - a: [linux]: its only rule does not match
    ");
    assert_snapshot!(case(yaml).variables_of("a: [mac]"), @r#"OS="rule" Rule"#);
}

// §2.21
#[test]
fn two_hundred_instances_are_allowed() {
    let matrix = |last: usize| {
        let values: Vec<_> = (1..=last).map(|n| n.to_string()).collect();
        format!(
            "a: {{script: x, parallel: {{matrix: [{{A: [{}], B: [x, y]}}]}}}}",
            values.join(", ")
        )
    };
    assert_eq!(case(&matrix(100)).planned().jobs.len(), 200);
    assert_snapshot!(case(&matrix(101)).check(), @r"
    error: this matrix makes more than 200 jobs
      --> .gitlab-ci.yml:1:35
      gitlab: jobs:a:parallel:matrix config generates too many jobs (maximum is 200)
    ");
}

// §2.21, §16.66
#[test]
pub(crate) fn mistakes_of_parallel() {
    let yaml = "
        a: {script: x, parallel: 0}
        b: {script: x, parallel: 201}
        c: {script: x, parallel: '2'}
        d: {script: x, parallel: 1.5}
        e: {script: x, parallel: {}}
        f: {script: x, parallel: {matrix: {A: 1}}}
        g: {script: x, parallel: {matrix: [{PY: [3.9, 3.10]}]}}
        h: {script: x, parallel: {matrix: [{}]}}
        i: {script: x, parallel: {matrix: [{A: true}]}}
        j: {script: x, parallel: {matrix: [{A: [[x]]}]}}
        k: {script: x, parallel: [2]}
        l: {trigger: group/other, parallel: 2}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `parallel` is 1 to 200, not 0
      --> .gitlab-ci.yml:1:26
      gitlab: jobs:a:parallel must be greater than or equal to 1
    error: `parallel` is 1 to 200, not 201
      --> .gitlab-ci.yml:2:26
      gitlab: jobs:b:parallel must be less than or equal to 200
    error: `parallel` takes a number or a `matrix`, not a string
      --> .gitlab-ci.yml:3:26
      help: write `parallel: 2` without quotes
      gitlab: jobs:c:parallel should be an integer or a hash
    error: `parallel` takes a number or a `matrix`, not a float
      --> .gitlab-ci.yml:4:26
      gitlab: jobs:d:parallel should be an integer or a hash
    error: `parallel` needs a `matrix`
      --> .gitlab-ci.yml:5:26
      gitlab: jobs:e:parallel missing required keys: matrix
    error: `matrix` takes a list of mappings, not a mapping
      --> .gitlab-ci.yml:6:35
      gitlab: jobs:f:parallel:matrix config should be an array of hashes
    error: `matrix` takes strings and integers, not a float
      --> .gitlab-ci.yml:7:42
      help: put it in quotes: `"3.9"`
      gitlab: jobs:g:parallel:matrix config should be a hash of key value pairs, value can be an array
    error: `matrix` takes strings and integers, not a float
      --> .gitlab-ci.yml:7:47
      help: put it in quotes
      gitlab: jobs:g:parallel:matrix config should be a hash of key value pairs, value can be an array
    error: this entry of the matrix has no variable
      --> .gitlab-ci.yml:8:36
      gitlab: jobs:h:parallel:matrix requires at least 1 items
    error: `matrix` takes strings and integers, not a boolean
      --> .gitlab-ci.yml:9:40
      help: put it in quotes: `"true"`
      gitlab: jobs:i:parallel:matrix config should be a hash of key value pairs, value can be an array
    error: `matrix` takes strings and integers, not a list
      --> .gitlab-ci.yml:10:41
      gitlab: jobs:j:parallel:matrix config should be a hash of key value pairs, value can be an array
    error: `parallel` takes a number or a `matrix`, not a list
      --> .gitlab-ci.yml:11:26
      gitlab: jobs:k:parallel should be an integer or a hash
    error: a trigger job takes `parallel:matrix` only
      --> .gitlab-ci.yml:12:37
      gitlab: jobs:l parallel cannot use "parallel: <number>".
    "#);
}

// §1.4: generated names must fit
#[test]
fn a_generated_name_can_be_too_long() {
    let yaml = format!("{}: {{script: x, parallel: 2}}", "a".repeat(252));
    assert_snapshot!(case(&yaml).check().replace(&"a".repeat(252), "a…"), @r"
    error: `a… 1/2` is longer than the 255 characters of a name
      --> .gitlab-ci.yml:1:1
      gitlab: jobs:a… name is too long (maximum is 255 characters)
    ");
}
