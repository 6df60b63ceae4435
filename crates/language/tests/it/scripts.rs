//! `script`, `before_script` and `after_script`: §1.5, §2.1, §2.4 and §2.27.

use insta::assert_snapshot;

use crate::support::case;

// §1.5
#[test]
pub(crate) fn a_script_and_what_runs_around_it() {
    let yaml = "
        a:
          before_script: login
          script: [one, [two, [three]], four]
          after_script: [logout]
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    after_script: ["logout"]
    before_script: ["login"]
    script: ["one","two","three","four"]
    "#);
}

// §1.5
#[test]
pub(crate) fn mistakes_of_scripts() {
    let yaml = "
        a: {script: 5, before_script: {a: b}, after_script: [~]}
        b: {script: [echo: hi, 5]}
        c: {before_script: [x]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `script` takes a string or a list of strings, not an integer
      --> .gitlab-ci.yml:1:13
      gitlab: jobs:a:script config should be a string or a nested array of strings up to 10 levels deep
    error: `before_script` takes a string or a list of strings, not a mapping
      --> .gitlab-ci.yml:1:31
      gitlab: jobs:a:before_script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `after_script` is null, not a string
      --> .gitlab-ci.yml:1:54
      gitlab: jobs:a:after_script config should be a string or a nested array of strings up to 10 levels deep
    error: this command of `script` is a mapping: YAML reads `: ` as key and value
      --> .gitlab-ci.yml:2:14
      help: put the whole command in quotes, or into a block scalar with `|`
      gitlab: jobs:b:script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `script` is an integer, not a string
      --> .gitlab-ci.yml:2:24
      help: put it in quotes: `"5"`
      gitlab: jobs:b:script config should be a string or a nested array of strings up to 10 levels deep
    error: job `c` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:3:1
      help: give it a `script`, or begin its name with `.` to make it a template
      gitlab: jobs c config should implement the script:, run:, or trigger: keyword
    "#);
}
