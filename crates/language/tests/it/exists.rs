//! `exists`, §9.3.

use insta::assert_snapshot;

use crate::support::{Case, case};

fn with(patterns: &str) -> Case {
    case(&format!(
        "a: {{script: x, rules: [{{exists: {patterns}}}]}}\nother: {{script: x}}"
    ))
    .files(["Dockerfile", "dir/a.rb", "dir/deep/b.py", ".env"])
}

// §9.3, §16.37
#[test]
fn three_kinds_of_patterns() {
    for (pattern, expected) in [
        ("Dockerfile", true),
        ("dir/", true),
        ("dir", false),
        ("di/", false),
        ("dir/a.rb", true),
        ("'*.rb'", false),
        ("'**/*.rb'", true),
        ("'dir/*.rb'", true),
        ("dir/*", true),
        ("dir/deep/*.rb", false),
        (".env", true),
        ("'.{env,lock}'", true),
    ] {
        let found = with(&format!("[{pattern}]")).planned().job("a").is_some();
        assert_eq!(found, expected, "{pattern}");
    }
}

// §2.25, §9.3: a single path, a mapping, variables, an empty list
#[test]
pub(crate) fn forms_of_exists() {
    assert_snapshot!(with("Dockerfile").why("a"), @r#"
    rule 1 of 1 matches
      exists: [Dockerfile] holds; files is "Dockerfile is there"
    "#);
    assert_snapshot!(with("{paths: [nowhere]}").why("a"), @r#"
    its only rule does not match
      exists: [nowhere] does not hold; files is "no such file"
    "#);
    assert_snapshot!(with("['$DIR/a.rb']").variable("DIR", "dir").why("a"), @r#"
    rule 1 of 1 matches
      exists: [$DIR/a.rb] holds; files is "dir/a.rb is there"
    "#);
    assert_snapshot!(with("[]").why("a"), @r#"
    its only rule does not match
      exists: [] does not hold; files is "no such file"
    "#);
}

// §2.25
#[test]
pub(crate) fn mistakes_of_exists() {
    let yaml = "
        a: {script: x, rules: [{exists: 5}]}
        b: {script: x, rules: [{exists: {path: a}}]}
        c: {script: x, rules: [{exists: {paths: [a], project: b}}]}
        d: {script: x, rules: [{exists: [a, [b]]}]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `exists` takes a path or a list of paths, not an integer
      --> .gitlab-ci.yml:1:33
      gitlab: jobs:a:rules:rule:exists should be a string, an array of strings, or a hash
    error: `exists` needs `paths`
      --> .gitlab-ci.yml:2:33
      gitlab: jobs:b:rules:rule:exists missing required keys: paths
    error: `exists` has no key `path`
      --> .gitlab-ci.yml:2:34
      help: did you mean `paths`?
      gitlab: jobs:b:rules:rule:exists config contains unknown keys: path
    error: `exists` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:4:37
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:d:rules:rule:exists config should be an array of strings
    ");
}

// §2.25: the files of another project, at its default branch or at a ref
#[test]
pub(crate) fn files_of_other_projects() {
    let rules = |clause: &str| {
        case(&format!(
            "a: {{script: x, rules: [{{exists: {{{clause}}}}}]}}\nb: {{script: x}}"
        ))
        .variable("LIB", "group/lib")
        .project_files("group/lib", "HEAD", ["Dockerfile"])
        .project_files("group/lib", "v1", ["src/main.c"])
    };
    assert_snapshot!(rules("paths: [Dockerfile], project: $LIB").plan(), @r"
    test: a
    test: b
    ");
    assert_snapshot!(rules("paths: [Dockerfile], project: group/lib, ref: v1").plan(), @r"
    test: b
    - a: its only rule does not match
    ");
    assert_snapshot!(rules("paths: ['**/*.c'], project: group/lib, ref: v1").why("a"), @r#"
    rule 1 of 1 matches
      exists: [**/*.c] holds; files of group/lib is "src/main.c is there"
    "#);
    assert_snapshot!(rules("paths: [Dockerfile], project: group/lib, ref: v2").plan(), @r"
    error: `exists:ref: v2` is not in project `group/lib`
      --> .gitlab-ci.yml:1:80
      gitlab: Failed to parse rule for a: rules:exists:ref `v2` is not a valid ref in project `group/lib`
    ");
    assert_snapshot!(rules("paths: [Dockerfile], project: group/other").plan(), @r"
    error: `exists:project: group/other` is not known here
      --> .gitlab-ci.yml:1:64
      gitlab: Failed to parse rule for a: rules:exists:project `group/other` not found or access denied
    ");
    assert_snapshot!(rules("paths: [Dockerfile], ref: v1").check(), @r"
    error: `exists:ref` needs `exists:project`
      --> .gitlab-ci.yml:1:60
      gitlab: jobs:a:rules:rule:exists config missing required keys: project
    ");
}

// §17.5: behind a flag in GitLab, where Ruby matches
#[test]
pub(crate) fn an_expression_over_paths() {
    let rules = |regexp: &str| {
        case(&format!(
            "a: {{script: x, rules: [{{exists: {{regexp: '{regexp}'}}}}]}}\nb: {{script: x}}"
        ))
        .files(["README.md", "src/lib.rs"])
        .variable("ENDING", "md")
    };
    assert_snapshot!(rules(r"\.rs$").why("a"), @r#"
    rule 1 of 1 matches
      exists: {regexp: \.rs$} holds; files is "src/lib.rs is there"
    "#);
    assert_snapshot!(rules(r"^lib").plan(), @r"
    test: b
    - a: its only rule does not match
    ");
    assert_snapshot!(rules(r"^README\.$ENDING$").plan(), @r"
    test: a
    test: b
    ");
    assert_snapshot!(rules("(?!docs/)").check(), @r"
    error: in `regexp`, negative look-ahead `(?!` is not supported in a regular expression
      --> .gitlab-ci.yml:1:42
      help: it is read as RE2 reads it, as in `rules:if`; `paths` or a second rule say what is not meant
      gitlab: jobs:a:rules:rule:exists regexp must be a valid regular expression
    ");
    assert_snapshot!(rules("($NOPE").plan(), @r"
    error: `regexp: ($NOPE` cannot be used: `(` is never closed in the regular expression
      --> .gitlab-ci.yml:1:42
      gitlab: Failed to parse rule for a: regexp must be a valid regular expression
    ");
    assert_snapshot!(rules(&"a".repeat(256)).check(), @r"
    error: `regexp` is longer than 255 characters
      --> .gitlab-ci.yml:1:42
      gitlab: jobs:a:rules:rule:exists regexp is too long (maximum is 255 characters)
    ");
}
