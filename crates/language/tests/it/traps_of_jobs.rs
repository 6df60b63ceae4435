//! Things that are commonly got wrong about single jobs: what their keywords mean, and when they are in.

use insta::assert_snapshot;

use crate::support::case;

// §16.29: what an `@` in a pattern has to be written as
#[test]
fn an_at_sign_in_a_pattern_is_written_as_a_number() {
    let yaml = r"
        at: {script: x, only: ['/^v\x401/']}
        project: {script: x, only: ['/^v@1/']}
        other: {script: x}
        ";
    assert_snapshot!(case(yaml).push("v@1").plan(), @r"
    test: at
    test: other
    - project: `only: [/^v@1/]` does not hold
    ");
}

// §16.25: a schedule runs on a branch
#[test]
fn a_schedule_is_a_branch_pipeline_too() {
    let yaml = "
        schedules: {script: x, only: [schedules]}
        branches: {script: x, only: [branches]}
        pushes: {script: x, only: [pushes]}
        ";
    assert_snapshot!(case(yaml).from(gantry_language::event::Source::Schedule).plan(), @r"
    test: schedules
    test: branches
    - pushes: `only: [pushes]` does not hold
    ");
}

// §16.35, §8.1: a word in quotes of YAML is an expression, and blanks are for people
#[test]
fn words_for_truth_and_tokens_without_blanks() {
    let yaml = r#"
        always: {script: x, rules: [{if: "true"}]}
        never: {script: x, rules: [{if: "false"}]}
        text: {script: x, rules: [{if: '$TRUE == true && $TRUE=="true"'}]}
        tight: {script: x, rules: [{if: '$TRUE=~/^tr/&&!$UNSET'}]}
        "#;
    assert_snapshot!(case(yaml).variable("TRUE", "true").plan(), @r"
    test: always
    test: text
    test: tight
    - never: its only rule does not match
    ");
}

// §2.9: what is only looked at when a job has run
#[test]
fn an_environment_may_stop_at_any_text() {
    assert_snapshot!(case("a: {script: x, environment: {name: a, auto_stop_in: foo}}").job("a"), @r#"
    environment: {"action":"start","auto_stop_in":"foo","expanded_name":"a","name":"a","tier":"other"}
    script: ["x"]
    "#);
}

// §2.33: the same tag twice is one tag
#[test]
fn tags_are_counted_by_what_they_say() {
    let tags = vec!["shell"; 60].join(", ");
    let case = case(&format!("a: {{script: x, tags: [{tags}]}}"));
    assert_eq!(case.planned_job("a").tags, ["shell"]);
}

// §2.36, §6.1: an empty variable is a variable
#[test]
fn a_variable_without_a_value_is_empty() {
    let yaml = "
        variables: {TOP: , A: top}
        a: {script: x, variables: {A: , B: ~}, rules: [{if: $A == '' && $TOP == ''}]}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"
    TOP="" Global
    A="" Job
    B="" Job
    "#);
}

// §2.19, §1.3: a job that only needs something does nothing
#[test]
fn a_job_of_needs_alone_is_none() {
    assert_snapshot!(case("a: {needs: [b]}\nb: {script: x}").check(), @r"
    error: job `a` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:1:1
      help: give it a `script`, or begin its name with `.` to make it a template
      gitlab: jobs a config should implement the script:, run:, or trigger: keyword
    ");
}

// §2.35: a trigger job may have a matrix, and takes the names of its instances along
#[test]
fn a_trigger_job_multiplies_like_any_other() {
    let yaml = "
        build: {stage: build, script: x, parallel: 2}
        a: {trigger: {project: g/p}, parallel: {matrix: [{A: [x, y]}]}, needs: [build]}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    build: build 1/2
    build: build 2/2
    test: a: [x], needs [build 1/2, build 2/2]
    test: a: [y], needs [build 1/2, build 2/2]
    ");
}

// §16.64, §16.67: names that `parallel` makes are names
#[test]
fn an_instance_can_be_named_and_stopped_by_name() {
    let yaml = "
        build: {stage: build, script: x, parallel: {matrix: [{A: x}]}}
        fetch: {script: x, dependencies: ['build: [x]']}
        deploy: {script: x, environment: {name: e, on_stop: stop}}
        stop: {script: x, parallel: 2, environment: {name: e, action: stop}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `on_stop` names `stop`, which is not defined
      --> .gitlab-ci.yml:3:53
      help: `stop` is parallel, its jobs are `stop 1/2`, `stop 2/2`
      gitlab: deploy job: on_stop job stop is not defined
    ");
}

// §4.8: values are compared as text, and null is no value to check
#[test]
fn a_number_for_a_text_and_an_empty_default() {
    let with = |inputs: &str, given: &str| {
        case(&format!("include: [{{local: job.yml, inputs: {given}}}]"))
            .file(
                "job.yml",
                &format!("spec: {{inputs: {inputs}}}\n---\na: {{script: '<$[[ inputs.v ]]>'}}"),
            )
            .job("a")
    };
    assert_snapshot!(with("{v: {options: ['5', '6']}}", "{v: 5}"), @r#"script: ["<5>"]"#);
    assert_snapshot!(with("{v: {default: , regex: '^a'}}", "{}"), @r#"script: ["<>"]"#);
}

// §4.9: blanks around the body may be line breaks, and defaults are not looked into
#[test]
fn a_block_over_several_lines() {
    let yaml = "
        spec: {inputs: {v: {default: '$[[ inputs.w ]]'}, w: {default: w}}}
        ---
        a:
          script: |
            echo $[[
              inputs.v
            ]]
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"script: ["echo $[[ inputs.w ]]"]"#);
}

// §18.14: what GitLab fails inside for, all at once
#[test]
fn values_that_gitlab_stumbles_over_are_refused() {
    let yaml = "
        include: [{local: 5}]
        workflow: {name: 5}
        a: {script: x, release: v1}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `local` takes a string, not an integer
      --> .gitlab-ci.yml:1:19
      help: put it in quotes: `"5"`
      gitlab: include local should be a string
    error: `name` takes a string, not an integer
      --> .gitlab-ci.yml:2:18
      help: put it in quotes: `"5"`
      gitlab: workflow name should be a string
    error: `release` takes a mapping, not a string
      --> .gitlab-ci.yml:3:25
      gitlab: jobs:a:release config should be a hash
    "#);
}

// §18.5: what is only sometimes true fails only then, and only where it is looked at
#[test]
fn a_truth_is_no_pattern() {
    let with =
        |clause: &str| case(&format!("a: {{script: x, {clause}}}\nz: {{script: x}}")).variable("B", "1");
    assert_snapshot!(with("rules: [{if: '$A =~ ($B == \"1\")'}]").plan(), @r"
    error: `=~` has `true` on its right, where a pattern is expected
      --> .gitlab-ci.yml:1:29
      gitlab: Failed to parse rule for a: Undefined error
    ");
    assert_snapshot!(with("rules: [{if: '$A =~ ($B == \"2\")'}]").plan(), @r"
    test: z
    - a: its only rule does not match
    ");
    assert_snapshot!(with("rules: [{if: '$B'}, {if: '$A =~ !$A'}]").plan(), @r"
    test: a
    test: z
    ");
    assert_snapshot!(with("only: {variables: ['$A !~ !$A']}").plan(), @r"
    error: `!~` has `true` on its right, where a pattern is expected
      --> .gitlab-ci.yml:1:35
      gitlab: Failed to parse rule for a: Undefined error
    ");
}
