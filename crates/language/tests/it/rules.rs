//! `rules`: §2.25, §8 and §9.1.

use gantry_language::event::Source;
use insta::assert_snapshot;

use crate::support::case;

// §9.1
// shows: S0-37
#[test]
pub(crate) fn the_first_rule_that_matches_decides() {
    let yaml = "
        a:
          script: x
          rules:
            - if: $CI_COMMIT_TAG
              when: never
            - if: $DEPLOY == 'yes'
              when: manual
              allow_failure: true
              variables: {HOW: by hand}
            - if: $DEPLOY
              when: always
        ";
    let case = |deploy: &str| case(yaml).variable("DEPLOY", deploy);
    assert_snapshot!(case("yes").plan(), @r"test: a, manual, may fail");
    assert_snapshot!(case("yes").variables_of("a"), @r#"HOW="by hand" Rule"#);
    assert_snapshot!(case("yes").why("a"), @r#"
    rule 2 of 3 matches
      if: $CI_COMMIT_TAG, when: never does not hold; $CI_COMMIT_TAG is unset
      if: $DEPLOY == 'yes', when: manual, allow_failure: true holds; $DEPLOY is "yes"
    "#);
    assert_snapshot!(case("no").plan(), @r"test: a, always");
    assert_snapshot!(case("").plan(), @r"
    empty
    - a: none of its 3 rules matches
    ");
    assert_snapshot!(case("yes").predefined("CI_COMMIT_TAG", "v1").plan(), @r"
    empty
    - a: rule 1 of 3 matches and says `never`
    ");
}

// §16.31: there is no `else`
#[test]
fn a_last_rule_without_conditions_is_a_fallback_and_blocks() {
    let yaml = "a: {script: x, rules: [{if: $A}, {when: manual}]}";
    assert_snapshot!(case(yaml).plan(), @r"test: a, manual");
    assert_snapshot!(case(yaml).variable("A", "1").plan(), @r"test: a");
}

// §16.32, §16.33, §2.2: only a job that is manual itself may fail
// shows: S0-58b
#[test]
fn manual_jobs_may_fail_where_the_job_says_manual() {
    let yaml = "
        job: {script: x, when: manual}
        rule: {script: x, rules: [{when: manual}]}
        inherited: {script: x, when: manual, rules: [{if: $X}]}
        automatic: {script: x, when: manual, rules: [{if: $X, when: on_success}]}
        blocking: {script: x, when: manual, allow_failure: false}
        opened: {script: x, rules: [{when: manual, allow_failure: true}]}
        closed: {script: x, when: manual, rules: [{if: $X, allow_failure: false}]}
        ";
    assert_snapshot!(case(yaml).variable("X", "1").plan(), @r"
    test: job, manual, may fail
    test: rule, manual
    test: inherited, manual, may fail
    test: automatic, may fail
    test: blocking, manual
    test: opened, manual, may fail
    test: closed, manual
    ");
}

// §16.69, §2.2
#[test]
fn a_rule_discards_exit_codes() {
    let yaml = "
        kept: {script: x, allow_failure: {exit_codes: 3}, rules: [{if: $X}]}
        allowed: {script: x, allow_failure: {exit_codes: [3, 4]}, rules: [{if: $X, allow_failure: true}]}
        forbidden: {script: x, allow_failure: {exit_codes: 3}, rules: [{if: $X, allow_failure: false}]}
        ";
    assert_snapshot!(case(yaml).variable("X", "1").plan(), @r"
    test: kept, may fail with [3]
    test: allowed, may fail
    test: forbidden
    ");
}

// §16.34
#[test]
fn never_and_no_match_leave_a_job_out() {
    let yaml = "
        never: {script: x, rules: [{when: never}]}
        unmatched: {script: x, rules: [{if: $A}, {if: $B}]}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: a
    - never: rule 1 of 1 matches and says `never`
    - unmatched: none of its 2 rules matches
    ");
}

// §2.25, §16.36: `rules: null` takes the implicit `only` away as well
#[test]
fn null_rules_let_a_job_run_everywhere() {
    let yaml = "
        everywhere: {script: x, rules: ~}
        branches: {script: x}
        ";
    assert_snapshot!(case(yaml).merge_request("feature", "main").plan(), @r"
    test: everywhere
    - branches: it is for branches and tags only, and this is neither
    ");
}

// §9.1: what a rule sets besides
#[test]
fn a_rule_sets_when_delay_and_interruptible() {
    let yaml = "
        a: {script: x, interruptible: false, rules: [{if: $X, when: delayed, start_in: 1h 30m, interruptible: true}]}
        ";
    assert_snapshot!(case(yaml).variable("X", "1").job("a"), @r#"
    interruptible: true
    start_in_secs: 5400
    when: "delayed"
    script: ["x"]
    "#);
}

// §9.1: what rules see
#[test]
fn rules_see_variables_of_every_kind() {
    let yaml = "
        variables: {ROOT: r}
        a:
          stage: build
          script: x
          variables: {OWN: o}
          environment: {name: review/$ROOT, action: prepare}
          rules:
            - if: >-
                $ROOT == 'r' && $OWN == 'o' && $CI_JOB_NAME == 'a' && $CI_JOB_STAGE == 'build'
                && $CI_ENVIRONMENT_NAME == 'review/r' && $CI_ENVIRONMENT_ACTION == 'prepare'
                && $CI_NODE_TOTAL == '1' && $CI_NODE_INDEX == null && $CI_JOB_ID == null
        ";
    assert_snapshot!(case(yaml).why("a"), @r#"
    rule 1 of 1 matches
      if: $ROOT == 'r' && $OWN == 'o' && $CI_JOB_NAME == 'a' && $CI_JOB_STAGE == 'build' && $CI_ENVIRONMENT_NAME == 'review/r' && $CI_ENVIRONMENT_ACTION == 'prepare' && $CI_NODE_TOTAL == '1' && $CI_NODE_INDEX == null && $CI_JOB_ID == null holds; $ROOT is "r"; $OWN is "o"; $CI_JOB_NAME is "a"; $CI_JOB_STAGE is "build"; $CI_ENVIRONMENT_NAME is "review/r"; $CI_ENVIRONMENT_ACTION is "prepare"; $CI_NODE_TOTAL is "1"; $CI_NODE_INDEX is unset; $CI_JOB_ID is unset
    "#);
}

// §16.47, §6.5: values are compared as they were written
#[test]
fn rules_compare_unexpanded_values() {
    let yaml = r#"
        variables: {A: a, B: "$A"}
        expanded: {script: x, rules: [{if: $B == "a"}]}
        written: {script: x, rules: [{if: $B == "$A"}]}
        same: {script: x, rules: [{if: $B == $A}]}
        pattern: {script: x, rules: [{if: $B =~ /^.A$/}]}
        "#;
    assert_snapshot!(case(yaml).plan(), @r"
    test: written
    test: pattern
    - expanded: its only rule does not match
    - same: its only rule does not match
    ");
}

// §16.40–48, §8.3
#[test]
fn expressions_as_gitlab_reads_them() {
    let yaml = r#"
        variables: {E: "", F: "false", Z: "0", X: abc}
        empty-or: {script: x, rules: [{if: $E || "x"}]}
        empty-and: {script: x, rules: [{if: $E && "x"}]}
        text-false: {script: x, rules: [{if: $F}]}
        zero: {script: x, rules: [{if: $Z}]}
        unset-is-empty: {script: x, rules: [{if: $U == ""}]}
        empty-is-null: {script: x, rules: [{if: $E == null}]}
        substring: {script: x, rules: [{if: $X =~ "xabcx"}]}
        unset-matches: {script: x, rules: [{if: $U =~ /.*/}]}
        not-first: {script: x, rules: [{if: '!$U == "true"'}]}
        precedence: {script: x, rules: [{if: $X || $U && $U}]}
        "#;
    assert_snapshot!(case(yaml).plan(), @r"
    test: empty-and
    test: text-false
    test: zero
    test: substring
    test: unset-matches
    test: not-first
    test: precedence
    - empty-or: its only rule does not match
    - unset-is-empty: its only rule does not match
    - empty-is-null: its only rule does not match
    ");
}

// §16.35, §16.43, §16.46, §18.4
#[test]
fn mistakes_of_expressions() {
    let yaml = "
        a: {script: x, rules: [{if: true}]}
        b: {script: x, rules: [{if: $X =~ /a/}]}
        c: {script: x, rules: [{if: '${X}'}]}
        d: {script: x, rules: [{if: $X == 1}]}
        e: {script: x, rules: [{if: '$X:-x'}]}
        f: {script: x, rules: [{if: '$A \"x\" =='}]}
        g: {script: x, rules: [{if: ''}]}
        h: {script: x, rules: [{if: '($A'}]}
        i: {script: x, rules: [{if: $A =~ true}]}
        j: {script: x, rules: [{if: $A = 'x'}]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `if` takes an expression, not a boolean
      --> .gitlab-ci.yml:1:29
      help: put the expression in quotes: `if: 'true'`
      gitlab: jobs:a:rules:rule if invalid expression syntax
    error: invalid expression: the regular expression `/a/` has fewer than two characters
      --> .gitlab-ci.yml:2:35
      help: write `/[a]/`
      gitlab: jobs:b:rules:rule if invalid expression syntax
    error: invalid expression: `${X}` is not a variable in an expression
      --> .gitlab-ci.yml:3:30
      help: write `$X`
      gitlab: jobs:c:rules:rule if invalid expression syntax
    error: invalid expression: `1` is not a value, numbers are written as strings
      --> .gitlab-ci.yml:4:35
      help: write `"1"`
      gitlab: jobs:d:rules:rule if invalid expression syntax
    error: invalid expression: `:` is not part of an expression
      --> .gitlab-ci.yml:5:32
      gitlab: jobs:e:rules:rule if invalid expression syntax
    error: invalid expression: the operators are not in infix order
      --> .gitlab-ci.yml:6:30
      help: write `$A == "x"`
      gitlab: jobs:f:rules:rule if invalid expression syntax
    error: invalid expression: the expression is empty
      --> .gitlab-ci.yml:7:30
      help: write a condition, such as `$NAME == "value"`
      gitlab: jobs:g:rules:rule if invalid expression syntax
    error: invalid expression: `(` is never closed
      --> .gitlab-ci.yml:8:30
      help: add `)`
      gitlab: jobs:h:rules:rule if invalid expression syntax
    error: invalid expression: `=~` needs a regular expression on its right, `true` is a boolean
      --> .gitlab-ci.yml:9:35
      help: write `$A == true`
      gitlab: jobs:i:rules:rule if invalid expression syntax
    error: invalid expression: `=` is not an operator
      --> .gitlab-ci.yml:10:32
      help: write `==`
      gitlab: jobs:j:rules:rule if invalid expression syntax
    "#);
}

// A document writes one rule without its dash.
#[test]
fn a_single_rule_needs_its_dash() {
    let yaml = "
        release_job:
          script: echo
          rules:
            if: $CI_COMMIT_TAG
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `rules` takes a list of rules, not a mapping
      --> .gitlab-ci.yml:4:5
      help: begin each rule with `- `, also a single one
      gitlab: jobs:release_job rules should be an array containing hashes and arrays of hashes
    ");
}

// §2.0: what does not go with rules
#[test]
fn only_except_and_start_in_do_not_go_with_rules() {
    let yaml = "
        a: {script: x, rules: [{if: $A}], only: [main], except: [tags], start_in: 1h, when: delayed}
        b: {script: x, rules: [{if: $A}], only: ~, except: ~, start_in: ~}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `only` and `rules` do not go together
      --> .gitlab-ci.yml:1:35
      ... .gitlab-ci.yml:1:16: `rules` is here
      help: express it as a rule; `rules` replaces `only` and `except`
      gitlab: config key may not be used with `rules`: only
    error: `except` and `rules` do not go together
      --> .gitlab-ci.yml:1:49
      ... .gitlab-ci.yml:1:16: `rules` is here
      help: express it as a rule; `rules` replaces `only` and `except`
      gitlab: config key may not be used with `rules`: except
    error: `start_in` and `rules` do not go together
      --> .gitlab-ci.yml:1:65
      ... .gitlab-ci.yml:1:16: `rules` is here
      help: write `start_in` beside `when: delayed` in the rule
      gitlab: config key may not be used with `rules`: start_in
    ");
}

// §2.25, §16.36, §16.55
#[test]
pub(crate) fn mistakes_of_rules() {
    let yaml = "
        empty: {script: x, rules: []}
        text: {script: x, rules: $A}
        hollow: {script: x, rules: [{}]}
        texts: {script: x, rules: [$A]}
        key: {script: x, rules: [{iff: $A, alow_failure: true}]}
        when: {script: x, rules: [{when: sometimes}]}
        codes: {script: x, rules: [{allow_failure: {exit_codes: 1}}]}
        delay: {script: x, rules: [{when: delayed}, {if: $A, start_in: 1h}, {when: delayed, start_in: 8 days}]}
        detail: {script: x, rules: [{variables: {X: {value: a}, Y: , Z: [1]}}]}
        inter: {script: x, rules: [{interruptible: 1}]}
        needs: {script: x, rules: [{needs: a}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `rules` is an empty list
      --> .gitlab-ci.yml:1:27
      help: leave `rules` out, or write `rules: [{when: never}]`
      gitlab: jobs:empty:rules config can't be blank
    error: `rules` takes a list of rules, not a string
      --> .gitlab-ci.yml:2:26
      gitlab: jobs:text rules should be an array containing hashes and arrays of hashes
    error: this rule is empty
      --> .gitlab-ci.yml:3:29
      gitlab: jobs:hollow:rules:rule config can't be blank
    error: a rule is a mapping, not a string
      --> .gitlab-ci.yml:4:28
      help: write `if: $A`
      gitlab: jobs:texts:rules:rule config should be a hash
    error: `rules` has no key `iff`
      --> .gitlab-ci.yml:5:27
      help: did you mean `if`?
      gitlab: jobs:key:rules:rule config contains unknown keys: iff
    error: `rules` has no key `alow_failure`
      --> .gitlab-ci.yml:5:36
      help: did you mean `allow_failure`?
      gitlab: jobs:key:rules:rule config contains unknown keys: alow_failure
    error: `when` cannot be `sometimes`
      --> .gitlab-ci.yml:6:34
      help: use one of `always`, `never`, `on_success`, `on_failure`, `manual` or `delayed`
      gitlab: jobs:when:rules:rule when should be one of: always, never, on_success, on_failure, manual, delayed
    error: `allow_failure` takes `true` or `false`, not a mapping
      --> .gitlab-ci.yml:7:44
      gitlab: jobs:codes:rules:rule allow failure should be a boolean value
    error: `when: delayed` needs `start_in`
      --> .gitlab-ci.yml:8:28
      help: say how long to wait: `start_in: 30 minutes`
      gitlab: jobs:delay:rules:rule start in can't be blank
    error: `start_in` goes with `when: delayed` only
      --> .gitlab-ci.yml:8:54
      gitlab: jobs:delay:rules:rule config contains disallowed keys: start_in
    error: `start_in` is longer than one week
      --> .gitlab-ci.yml:8:95
      gitlab: jobs:delay:rules:rule start in should not exceed the limit
    error: `X` takes a scalar here, not a mapping
      --> .gitlab-ci.yml:9:45
      help: `value` and `expand` belong to top-level and job variables
      gitlab: jobs:detail:rules:rule:variables x config must be a string
    error: `Y` takes a scalar here, not null
      --> .gitlab-ci.yml:9:59
      gitlab: jobs:detail:rules:rule:variables y config must be a string
    error: `Z` takes a scalar here, not a list
      --> .gitlab-ci.yml:9:65
      gitlab: jobs:detail:rules:rule:variables z config must be a string
    error: `interruptible` takes `true` or `false`, not an integer
      --> .gitlab-ci.yml:10:44
      gitlab: jobs:inter:rules:rule interruptible should be a boolean value
    error: `needs` takes a list, not a string
      --> .gitlab-ci.yml:11:36
      help: write `needs: [a]`
      gitlab: jobs:needs:rules:rule:needs config can only be a hash or an array
    ");
}

// §1.5: rules nest as commands do
#[test]
fn rules_nest_ten_lists_deep() {
    let nested = |depth: usize| {
        format!(
            "a: {{script: x, rules: {}{{if: $A}}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert_eq!(case(&nested(10)).check(), "fine");
    assert_snapshot!(case(&nested(11)).check(), @r"
    error: `rules` is an empty list
      --> .gitlab-ci.yml:1:23
      help: leave `rules` out, or write `rules: [{when: never}]`
      gitlab: jobs:a:rules config can't be blank
    error: `rules` is nested more than 10 lists deep
      --> .gitlab-ci.yml:1:33
      gitlab: jobs:a config should be an array of hashes
    ");
}

// §2.22, §2.15: in tag pipelines alone, and without any default
#[test]
fn a_release_job_for_tags() {
    let yaml = "
        default: {image: docker, before_script: [login]}
        release_job:
          stage: build
          image: registry.gitlab.com/gitlab-org/release-cli:latest
          rules: [{if: $CI_COMMIT_TAG}]
          inherit: {default: false}
          script: [echo running release_job]
          release: {tag_name: '$CI_COMMIT_TAG', description: '$CI_COMMIT_TAG'}
        other: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: other
    - release_job: its only rule does not match
    ");
    let tagged = || case(yaml).tag("v1").predefined("CI_COMMIT_TAG", "v1");
    assert_snapshot!(tagged().plan(), @r"
    build: release_job
    test: other
    ");
    assert_snapshot!(tagged().job("release_job"), @r#"
    stage: "build"
    image: {"name":"registry.gitlab.com/gitlab-org/release-cli:latest"}
    release: {"description":"$CI_COMMIT_TAG","tag_name":"$CI_COMMIT_TAG"}
    script: ["echo running release_job"]
    "#);
}

// shows: S0-55
#[test]
fn a_job_for_changes_that_no_schedule_starts() {
    let yaml = "
        loadtest-image-build:
          script: docker build
          rules:
            - if: $CI_PIPELINE_SOURCE != 'schedule'
              changes: [seed-data/*]
        other: {script: x}
        ";
    let case = |source: &str| case(yaml).predefined("CI_PIPELINE_SOURCE", source);
    assert_snapshot!(case("push").changed(["seed-data/Dockerfile"]).plan(), @r"
    test: loadtest-image-build
    test: other
    ");
    assert_snapshot!(case("push").changed(["README.md"]).why("loadtest-image-build"), @r#"
    its only rule does not match
      if: $CI_PIPELINE_SOURCE != 'schedule', changes: [seed-data/*] does not hold; $CI_PIPELINE_SOURCE is "push"; changed files is "only README.md"
    "#);
    assert_snapshot!(case("schedule").from(Source::Schedule).plan(), @r"
    test: other
    - loadtest-image-build: its only rule does not match
    ");
}
