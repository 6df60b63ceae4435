//! §1 and §16.1–8: what YAML itself makes of a file, as far as jobs show it.

use insta::assert_snapshot;

use crate::support::case;

// §16.1
#[test]
fn scalars_resolve_as_in_yaml_1_1() {
    let case = case(
        "
        variables: {VER: 1.10, MODE: 0755, FLAG: yes, BIG: 1_000, CLOCK: 22:22, NONE: , EXP: 1e3, HEX: 0x1F}
        a: {script: x}
        ",
    );
    assert_snapshot!(case.variables_of("a"), @r#"
    VER="1.1" Global
    MODE="493" Global
    FLAG="true" Global
    BIG="1000" Global
    CLOCK="80520" Global
    NONE="" Global
    EXP="1e3" Global
    HEX="31" Global
    "#);
}

// §16.2
#[test]
fn a_date_does_not_load() {
    assert_snapshot!(case("variables: {DAY: 2024-05-01}\na: {script: x}").check(), @r#"
    error: `2024-05-01` is a date, which pipelines cannot hold
      --> .gitlab-ci.yml:1:18
      help: quote it: `"2024-05-01"`
    "#);
}

// §16.3, §1.2
#[test]
fn a_merge_key_overwrites_what_stands_before_it() {
    let case = |job: &str| case(&format!(".t: &t {{script: [make]}}\njob: {job}"));
    assert_snapshot!(case("{script: [echo], <<: *t}").job("job"), @r#"script: ["make"]"#);
    assert_snapshot!(case("{<<: *t, script: [echo]}").job("job"), @r#"script: ["echo"]"#);
}

// §16.4
#[test]
fn the_second_of_two_equal_keys_wins() {
    let yaml = "
        a: {stage: build, script: first}
        a: {script: second}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    warning: the key `a` is set twice, the first value is lost
      --> .gitlab-ci.yml:2:1
      ... .gitlab-ci.yml:1:1: the first one
      help: GitLab keeps the last one and says nothing
    ");
    assert_snapshot!(case(yaml).job("a"), @r#"script: ["second"]"#);
}

// §16.5, §1.5
#[test]
fn a_colon_makes_a_mapping_of_a_command() {
    let yaml = r#"
        a:
          script:
            - echo "Result: ok"
            - echo Result: ok
        "#;
    assert_snapshot!(case(yaml).check(), @r"
    error: this command of `script` is a mapping: YAML reads `: ` as key and value
      --> .gitlab-ci.yml:3:7
      help: put the whole command in quotes, or into a block scalar with `|`
      gitlab: jobs:a:script config should be a string or a nested array of strings up to 10 levels deep
    error: this command of `script` is a mapping: YAML reads `: ` as key and value
      --> .gitlab-ci.yml:4:7
      help: put the whole command in quotes, or into a block scalar with `|`
      gitlab: jobs:a:script config should be a string or a nested array of strings up to 10 levels deep
    ");
}

// §16.7
#[test]
fn on_is_a_boolean_and_no_name() {
    assert_snapshot!(case("on: push\na: {script: x}").check(), @r#"
    error: the name of a job is a string, not a boolean
      --> .gitlab-ci.yml:1:1
      help: put it in quotes: `"true":`
      gitlab: jobs name should be a symbol
    "#);
}

// §16.8, §1.6
#[test]
fn a_timeout_is_a_string() {
    assert_snapshot!(case("a: {script: x, timeout: 3600}").check(), @r#"
    error: `timeout` takes a duration, not an integer
      --> .gitlab-ci.yml:1:25
      help: quote it, and seconds are meant: `timeout: "3600"`
      gitlab: jobs:a timeout should be a duration
    "#);
    assert_snapshot!(case("a: {script: x, timeout: '3600'}").job("a"), @r#"
    timeout_secs: 3600
    script: ["x"]
    "#);
}

// §1.5
// shows: S0-35
#[test]
fn block_scalars_stay_one_command() {
    let yaml = r"
        a:
          script:
            - |
              if true; then
                echo one
              fi
            - >
              echo
              two
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"script: ["if true; then\n  echo one\nfi\n","echo two"]"#);
}

// §1.2; a shell line full of quotes, operators and comments between items
// shows: S1-25, S1-26
#[test]
fn shell_reaches_the_plan_as_it_was_written() {
    let yaml = r#"
        test:
          before_script:
            - 'which ssh-agent || ( apt-get update -y && apt-get install openssh-client git -y )'
            # the agent
            - eval $(ssh-agent -s)

            - echo "$SERVER_3_PRIVATE_KEY" | tr -d '\r' | ssh-add -
          script:
            - ssh $SERVER_3_DOMAIN "eval '$(cat ./deploy-test.sh)'"
        "#;
    assert_snapshot!(case(yaml).job("test"), @r#"
    before_script: ["which ssh-agent || ( apt-get update -y && apt-get install openssh-client git -y )","eval $(ssh-agent -s)","echo \"$SERVER_3_PRIVATE_KEY\" | tr -d '\\r' | ssh-add -"]
    script: ["ssh $SERVER_3_DOMAIN \"eval '$(cat ./deploy-test.sh)'\""]
    "#);
}

// §1.5
#[test]
fn commands_nest_ten_lists_deep_and_no_deeper() {
    let nested = |depth: usize| format!("a: {{script: {}x{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_snapshot!(case(&nested(10)).check(), @r"fine");
    assert_snapshot!(case(&nested(11)).check(), @r"
    error: `script` is nested more than 10 lists deep
      --> .gitlab-ci.yml:1:23
      gitlab: jobs:a:script config should be a string or a nested array of strings up to 10 levels deep
    ");
}

// §1.4
// shows: S2-16
#[test]
fn names_may_hold_nearly_anything() {
    let yaml = r#"
        backup_db:on-schedule: {script: x}
        "true": {script: x}
        build für alle/1: {script: x}
        "#;
    assert_snapshot!(case(yaml).plan(), @r"
    test: backup_db:on-schedule
    test: true
    test: build für alle/1
    ");
}
