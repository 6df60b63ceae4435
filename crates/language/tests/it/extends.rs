//! `extends`, §2.10, §7.3 and §7.4.

use insta::assert_snapshot;

use crate::support::case;

// §16.9, §7.4
#[test]
pub(crate) fn mappings_merge_deeply_and_lists_are_replaced() {
    let case = case(
        "
        .a: {tags: [a], variables: {X: a, Y: a}, image: {name: a, entrypoint: ['']}, script: a}
        .b: {tags: [b, c], variables: {X: b}, image: {name: b}}
        job: {extends: [.a, .b], variables: {Z: job}}
        ",
    );
    assert_snapshot!(case.job("job"), @r#"
    tags: ["b","c"]
    image: {"entrypoint":[""],"name":"b"}
    script: ["a"]
    "#);
}

// §16.10
#[test]
fn an_empty_mapping_removes_nothing_and_null_everything() {
    let case = |variables: &str| {
        case(&format!(
            ".t: {{script: x, variables: {{A: 1}}}}\njob: {{extends: .t, variables: {variables}}}"
        ))
    };
    assert_snapshot!(case("{}").variables_of("job"), @r#"A="1" Job"#);
    assert_snapshot!(case("~").variables_of("job"), @"");
}

// §3.2: what a template gives is the job's own
#[test]
fn a_template_outranks_default_and_may_bring_inherit() {
    let yaml = "
        default: {image: default, tags: [default]}
        .t: {image: template, inherit: {default: false}}
        job: {extends: .t, script: x}
        ";
    assert_snapshot!(case(yaml).job("job"), @r#"
    image: {"name":"template"}
    script: ["x"]
    "#);
}

// §2.10: visible jobs are templates too, and a parent's stage and rules come along
#[test]
fn any_mapping_at_the_top_can_be_extended() {
    let yaml = "
        build: {stage: build, script: make, rules: [{if: $FULL}]}
        rebuild: {extends: build, script: make again}
        ";
    assert_snapshot!(case(yaml).variable("FULL", "1").plan(), @r"
    build: build
    build: rebuild
    ");
}

/// `job` on `hops` templates in a row, the innermost one first or last in the file.
fn chain(hops: usize, innermost_first: bool) -> String {
    let mut lines: Vec<_> = (1..hops)
        .map(|n| format!(".t{n}: {{extends: .t{}}}", n + 1))
        .collect();
    lines.insert(0, "job: {extends: .t1}".to_owned());
    lines.push(format!(".t{hops}: {{script: x}}"));
    if innermost_first {
        lines.reverse();
    }
    lines.join("\n")
}

// §7.4: 11 hops pass and 12 fail, in whatever order they are written
#[test]
fn eleven_hops_pass_and_twelve_fail() {
    assert_eq!(case(&chain(11, false)).check(), "fine");
    assert_eq!(case(&chain(11, true)).check(), "fine");
    assert_snapshot!(case(&chain(12, false)).check(), @r"
    error: `job` extends more than 11 templates in a row
      --> .gitlab-ci.yml:11:17
      gitlab: .t11: nesting too deep in `extends`
    ");
    assert_snapshot!(case(&chain(12, true)).check(), @r"
    error: `job` extends more than 11 templates in a row
      --> .gitlab-ci.yml:13:16
      gitlab: .t1: nesting too deep in `extends`
    ");
}

// §7.4: one chain, one mistake
#[test]
fn a_long_chain_is_reported_once() {
    for hops in [13, 22, 40] {
        for innermost_first in [false, true] {
            let report = case(&chain(hops, innermost_first)).check();
            assert_eq!(
                report.matches("in a row").count(),
                1,
                "{hops} {innermost_first}: {report}"
            );
        }
    }
}

// §2.10
#[test]
pub(crate) fn mistakes_of_extends() {
    let yaml = "
        .linux: {script: x}
        .text: text
        a: {extends: .linus, script: x}
        b: {extends: .text, script: x}
        c: {extends: [.linux, 5], script: x}
        d: {extends: e, script: x}
        e: {extends: d, script: x}
        f: {extends: f, script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `a` extends `.linus`, which is not defined
      --> .gitlab-ci.yml:3:14
      help: did you mean `.linux`?
      gitlab: a: unknown keys in `extends` (.linus)
    error: `b` extends `.text`, which is a string
      --> .gitlab-ci.yml:4:14
      ... .gitlab-ci.yml:2:8: it stands here
      gitlab: b: invalid base hashes in `extends` (.text)
    error: `extends` takes names, not an integer
      --> .gitlab-ci.yml:5:23
      gitlab: extends should be an array of strings or a string
    error: `extends` goes in a circle: `d` → `e` → `d`
      --> .gitlab-ci.yml:7:14
      gitlab: e: circular dependency detected in `extends`
    error: `extends` goes in a circle: `f` → `f`
      --> .gitlab-ci.yml:8:14
      gitlab: f: circular dependency detected in `extends`
    ");
}

// §7.1: `extends` runs before `!reference`, so a reference is replaced whole and cannot name a template
#[test]
fn extends_sees_references_as_opaque_values() {
    let yaml = "
        .words: {script: [one], variables: {A: 1}}
        .t: {script: !reference [.words, script], variables: !reference [.words, variables]}
        a: {extends: .t, variables: {B: 2}}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"B="2" Job"#);
    assert_snapshot!(case("a: {extends: !reference [.t, name], script: x}\n.t: {name: .u}").check(), @r"
    error: `extends` takes names, not a `!reference`
      --> .gitlab-ci.yml:1:14
      gitlab: extends should be an array of strings or a string
    ");
}

// §7.4: every mapping at the top is extended, and what is no job keeps the key
#[test]
fn what_is_no_job_does_not_know_extends() {
    let yaml = "
        .image: {image: template}
        .rules: {rules: [{if: $A}]}
        default: {extends: .image}
        workflow: {extends: .rules}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `default` has no key `extends`
      --> .gitlab-ci.yml:3:11
      help: `default` takes `after_script`, `artifacts`, `before_script`, `cache`, `hooks`, `id_tokens`, `identity`, `image`, `interruptible`, `retry`, `services`, `tags` or `timeout`
      gitlab: default config contains unknown keys: extends
    error: `workflow` has no key `extends`
      --> .gitlab-ci.yml:4:12
      help: `workflow` takes `name`, `rules` or `auto_cancel`
      gitlab: workflow config contains unknown keys: extends
    ");
}

// §7.4: GitLab leaves a stray variable behind
#[test]
fn variables_do_not_extend() {
    let yaml = "
        .v: {A: template, B: template}
        variables: {extends: .v, A: own}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `variables` cannot extend: `extends` would be a variable, too
      --> .gitlab-ci.yml:2:13
      help: write `<<: *anchor`, or let the jobs extend a template with `variables`
    ");
}

// §7.4: below the top of an entry the key means nothing
#[test]
fn extends_deeper_inside_is_a_key_like_others() {
    let yaml = "
        .v: {A: a}
        a: {script: x, variables: {extends: .v}}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"extends=".v" Job"#);
}

// §18.30: any mapping is a parent, also one that is no job
#[test]
fn a_job_that_extends_variables_has_them_as_keywords() {
    assert_snapshot!(case("variables: {DEPTH: 1}\na: {extends: variables, script: x}").check(), @r"
    error: `DEPTH` is no keyword of a job
      --> .gitlab-ci.yml:1:13
      gitlab: jobs:a config contains unknown keys: depth
    ");
}
