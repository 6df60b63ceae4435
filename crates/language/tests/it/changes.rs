//! `changes`, §9.2.

use gantry_language::event::Source;
use insta::assert_snapshot;

use crate::support::{Case, case};

fn with(patterns: &str) -> Case {
    case(&format!(
        "a: {{script: x, rules: [{{changes: {patterns}}}]}}\nother: {{script: x, rules: ~}}"
    ))
}

/// Whether a job with these patterns runs when that one file changed.
fn runs(patterns: &str, path: &str) -> bool {
    with(patterns).changed([path]).planned().job("a").is_some()
}

// §9.2, §16.38, §16.39
#[test]
fn patterns_match_whole_paths() {
    for (pattern, path, expected) in [
        ("*.md", "a.md", true),
        ("*.md", "d/a.md", false),
        ("'**/*.md'", "a.md", true),
        ("'**/*.md'", "d/e/a.md", true),
        ("'**.md'", "a.md", true),
        ("'**.md'", "d/a.md", false),
        ("docs/*", "docs/a", true),
        ("docs/*", "docs/a/b", false),
        ("docs/**/*", "docs/a/b", true),
        ("docs/**", "docs/a", true),
        ("docs/**", "docs/a/b", false),
        ("docs/", "docs/a", false),
        ("docs", "docs/a", false),
        ("'*'", ".env", true),
        ("'*'", "a/b", false),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("'*.{rb,py}'", "a.py", true),
        ("'[!a].c'", "b.c", true),
        ("'[!a].c'", "a.c", false),
        ("'?.c'", "a.c", true),
        ("./a", "a", false),
        ("A", "a", false),
    ] {
        let pattern = format!(
            "[{}]",
            if pattern.starts_with('\'') {
                pattern.to_owned()
            } else {
                format!("'{pattern}'")
            }
        );
        assert_eq!(runs(&pattern, path), expected, "{pattern} and {path}");
    }
}

// §16.30, §9.2: where there is nothing to compare with, the clause holds
#[test]
fn without_a_comparison_everything_changed() {
    assert_snapshot!(with("[a]").plan(), @r"
    test: a
    test: other
    ");
    assert_snapshot!(with("[a]").tag("v1").changed(["b"]).plan(), @r"
    test: a
    test: other
    ");
    assert_snapshot!(with("[a]").from(Source::Schedule).changed(["b"]).plan(), @r"
    test: a
    test: other
    ");
    assert_snapshot!(with("[a]").from(Source::Web).changed(["b"]).why("a"), @r#"
    rule 1 of 1 matches
      changes: [a] holds; changed files is "nothing to compare with, which counts as changed"
    "#);
    assert_snapshot!(with("[a]").merge_request("f", "main").changed(["b"]).plan(), @r"
    test: other
    - a: its only rule does not match
    ");
}

// §9.2: a push that changed nothing, and a list without patterns
#[test]
fn empty_sets_do_not_match() {
    assert_snapshot!(with("[a]").changed([]).why("a"), @r#"
    its only rule does not match
      changes: [a] does not hold; changed files is "none"
    "#);
    assert_snapshot!(with("[]").changed(["a"]).why("a"), @r#"
    its only rule does not match
      changes: [] does not hold; changed files is "only a"
    "#);
}

// §9.2: variables expand through and through, and stay where they are undefined
#[test]
fn patterns_expand_variables() {
    let case = |pattern: &str| {
        with(&format!("['{pattern}']"))
            .variable("A", "${B}")
            .variable("B", "docs")
    };
    assert_snapshot!(case("$A/*").changed(["docs/a"]).why("a"), @r#"
    rule 1 of 1 matches
      changes: [$A/*] holds; changed files is "docs/a matches docs/*"
    "#);
    assert_snapshot!(case("$NONE/*").changed(["$NONE/a"]).why("a"), @r#"
    rule 1 of 1 matches
      changes: [$NONE/*] holds; changed files is "$NONE/a matches $NONE/*"
    "#);
}

// §9.2, §9.1
#[test]
pub(crate) fn compare_to_names_another_set() {
    let case = |reference: &str| {
        with(&format!("{{paths: [a], compare_to: {reference}}}"))
            .changed(["a"])
            .changed_since("main", ["b"])
            .changed_since("release", ["a"])
            .changed_since("empty", [])
            .variable("BASE", "release")
    };
    assert_snapshot!(case("main").why("a"), @r#"
    its only rule does not match
      changes: [a] does not hold; changed files is "only b"
    "#);
    assert_snapshot!(case("$BASE").why("a"), @r#"
    rule 1 of 1 matches
      changes: [a] holds; changed files is "a matches a"
    "#);
    assert_snapshot!(case("empty").why("a"), @r#"
    its only rule does not match
      changes: [a] does not hold; changed files is "none"
    "#);
    assert_snapshot!(case("nowhere").plan(), @r"
    error: `compare_to: nowhere` cannot be compared with: there is no such ref
      --> .gitlab-ci.yml:1:59
      gitlab: Failed to parse rule for a: rules:changes:compare_to is not a valid ref
    ");
}

// §18.2: a stage without jobs takes its errors along
#[test]
fn a_failing_clause_counts_where_its_stage_has_jobs() {
    let yaml = "
        a: {stage: build, script: x, rules: [{changes: {paths: [a], compare_to: nowhere}}]}
        other: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"test: other");
}

// §9.2
#[test]
fn too_many_comparisons_count_as_a_match() {
    let patterns: Vec<_> = (0..50).map(|n| format!("p{n}")).collect();
    let case = with(&format!("[{}]", patterns.join(", ")));
    let paths: [String; 1001] = std::array::from_fn(|n| format!("q{n}"));
    assert_snapshot!(case.changed(paths.each_ref().map(String::as_str)).why("a"), @r#"
    rule 1 of 1 matches
      changes: [p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17, p18, p19, p20, p21, p22, p23, p24, p25, p26, p27, p28, p29, p30, p31, p32, p33, p34, p35, p36, p37, p38, p39, p40, p41, p42, p43, p44, p45, p46, p47, p48, p49] holds; changed files is "1001 files, too many to compare, which counts as changed"
    "#);
}

// §2.25
#[test]
pub(crate) fn mistakes_of_changes() {
    let many: Vec<_> = (0..51).map(|n| n.to_string()).collect();
    let yaml = format!(
        "
        a: {{script: x, rules: [{{changes: docs}}]}}
        b: {{script: x, rules: [{{changes: {{path: [a]}}}}]}}
        c: {{script: x, rules: [{{changes: {{paths: [a], regexp: b}}}}]}}
        d: {{script: x, rules: [{{changes: ['{}']}}]}}
        e: {{script: x, rules: [{{changes: [5]}}]}}
        ",
        many.join("', '")
    );
    assert_snapshot!(case(&yaml).check(), @r#"
    error: `changes` takes a list of paths, not a string
      --> .gitlab-ci.yml:1:34
      help: write `changes: [docs]`
      gitlab: jobs:a:rules:rule:changes should be an array or a hash
    error: `changes` needs `paths`
      --> .gitlab-ci.yml:2:34
      gitlab: jobs:b:rules:rule:changes missing required keys: paths
    error: `changes` has no key `path`
      --> .gitlab-ci.yml:2:35
      help: did you mean `paths`?
      gitlab: jobs:b:rules:rule:changes config contains unknown keys: path
    error: `changes` takes either `paths` or `regexp`
      --> .gitlab-ci.yml:3:55
      gitlab: jobs:c:rules:rule:changes config these keys cannot be used together: paths, regexp
    error: `changes` has 51 entries, at most 50 are allowed
      --> .gitlab-ci.yml:4:34
      gitlab: jobs:d:rules:rule:changes has too many entries (maximum 50)
    error: an item of `changes` is a string, not an integer
      --> .gitlab-ci.yml:5:35
      help: put it in quotes: `"5"`
      gitlab: jobs:e:rules:rule:changes config should be an array of strings
    "#);
}

// §17.5
#[test]
pub(crate) fn an_expression_over_changed_files() {
    let rules = |clause: &str| {
        case(&format!(
            "a: {{script: x, rules: [{{changes: {{{clause}}}}}]}}\nb: {{script: x}}"
        ))
    };
    let regexp = rules(r"regexp: '^docs/.*\.md$'");
    assert_snapshot!(regexp.changed(["docs/a/b.md", "src/a.c"]).why("a"), @r#"
    rule 1 of 1 matches
      changes: {regexp: ^docs/.*\.md$} holds; changed files is "docs/a/b.md matches ^docs/.*\\.md$"
    "#);
    let regexp = rules(r"regexp: '^docs/.*\.md$'");
    assert_snapshot!(regexp.changed(["README.md"]).plan(), @r"
    test: b
    - a: its only rule does not match
    ");
    let since = rules("regexp: ^src/, compare_to: main");
    assert_snapshot!(since.changed_since("main", ["src/a.c"]).plan(), @r"
    test: a
    test: b
    ");
    let unknown = rules("regexp: ^src/");
    assert_snapshot!(unknown.plan(), @r"
    test: a
    test: b
    ");
}
