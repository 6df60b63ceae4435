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
    error: `rules:exists:project` is not supported yet
      --> .gitlab-ci.yml:3:46
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    error: `exists` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:4:37
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:d:rules:rule:exists config should be an array of strings
    ");
}
