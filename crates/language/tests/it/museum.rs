//! A museum of broken files: what people see for each.

use insta::assert_snapshot;

use crate::support::case;

#[test]
fn an_empty_file() {
    assert_snapshot!(case("").check(), @r"
    error: `.gitlab-ci.yml` is empty
      help: a smallest pipeline: `hello: {script: [echo hello]}`
      gitlab: Please provide content of .gitlab-ci.yml
    ");
    assert_snapshot!(case(" \n\t\n").check(), @r"
    error: `.gitlab-ci.yml` is empty
      help: a smallest pipeline: `hello: {script: [echo hello]}`
      gitlab: Please provide content of .gitlab-ci.yml
    ");
}

#[test]
fn comments_only() {
    assert_snapshot!(case("# nothing here\n# or here\n").check(), @r"
    error: `.gitlab-ci.yml` holds nothing but comments
      --> .gitlab-ci.yml:1:1
      gitlab: jobs config should contain at least one visible job
    ");
}

#[test]
fn templates_only() {
    assert_snapshot!(case(".a: {script: x}\nvariables: {A: 1}").check(), @r"
    error: the configuration has no job
      --> .gitlab-ci.yml:1:1
      help: a job is a mapping with a `script`; names that begin with `.` are templates
      gitlab: jobs config should contain at least one visible job
    ");
}

#[test]
fn a_list_at_the_top() {
    assert_snapshot!(case("- build\n- test").check(), @r"
    error: a configuration is a mapping, this is a list
      --> .gitlab-ci.yml:1:1
      help: write keywords and jobs as `name: …`
      gitlab: Invalid configuration format
    ");
    assert_snapshot!(case("just text").check(), @r"
    error: a configuration is a mapping, this is a string
      --> .gitlab-ci.yml:1:1
      help: write keywords and jobs as `name: …`
      gitlab: Invalid configuration format
    ");
}

// §1.1
#[test]
fn two_documents() {
    assert_snapshot!(case("a: {script: x}\n---\nb: {script: x}").check(), @r"
    error: a configuration is one document, this is a second one
      --> .gitlab-ci.yml:3:1
      ... .gitlab-ci.yml:1:1: the first one begins here
      help: remove the `---` or `...`; GitLab would read only one of the two and say nothing
    ");
}

// §1.1
#[test]
fn a_spec_header() {
    assert_snapshot!(case("spec: {inputs: {a: }}\n---\na: {script: x}").check(), @r"
    error: the input `a` is not given
      --> .gitlab-ci.yml:1:17
      help: give it, or give it a `default`
      gitlab: `a` input: required value has not been provided
    ");
}

#[test]
fn bad_indentation() {
    assert_snapshot!(case("build:\n  script:\n    - make\n   stage: build").check(), @r"
    error: this line is indented unlike the lines around it
      --> .gitlab-ci.yml:4:4
      help: keys of one mapping, and items of one list, start in the same column
    ");
    assert_snapshot!(case("build:\n\tscript: make").check(), @r"
    error: a tab cannot indent
      --> .gitlab-ci.yml:2:2
      help: indent with spaces
    ");
}

#[test]
fn a_flow_list_left_open() {
    assert_snapshot!(case("a: {script: [x, y}\nb: {script: x}").check(), @r"
    error: `[` is closed by `}`
      --> .gitlab-ci.yml:1:13
    ");
}

#[test]
fn an_unknown_anchor() {
    assert_snapshot!(case("a: {<<: *defaults, script: x}").check(), @r"
    error: alias `*defaults` has no anchor before it
      --> .gitlab-ci.yml:1:9
      help: define `&defaults` above, or quote the text if it is no alias; anchors do not reach across `include`
    ");
}

#[test]
fn an_alias_bomb() {
    let mut yaml = ".a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let alias = format!("*a{}", n - 1);
        yaml += &format!(".a{n}: &a{n} [{}]\n", [alias.as_str(); 10].join(", "));
    }
    assert_snapshot!(case(&yaml).check(), @r"
    error: aliases unfold to more than 1000000 nodes
      --> .gitlab-ci.yml:6:46
      gitlab: The parsed YAML is too big
    ");
}

// A bomb that no single file sets off.
#[test]
fn a_reference_bomb() {
    let mut yaml = ".a0: {x: [x, x, x, x, x, x, x, x, x, x]}\n".to_owned();
    for n in 1..9 {
        let reference = format!("!reference [.a{}, x]", n - 1);
        yaml += &format!(".a{n}: {{x: [{}]}}\n", [reference.as_str(); 10].join(", "));
    }
    yaml += "a: {script: !reference [.a8, x]}";
    assert_snapshot!(case(&yaml).check(), @r"
    error: the configuration unfolds to more than 10000000 nodes
      --> .gitlab-ci.yml:7:1
      gitlab: The parsed YAML is too big
    ");
}

// Each piece is small enough, and all jobs together are not.
#[test]
fn a_bomb_of_templates() {
    let mut yaml = format!(".t: {{script: [{}]}}\n", vec!["x"; 20_000].join(", "));
    for n in 0..10_000 {
        yaml += &format!("j{n}: {{extends: .t}}\n");
    }
    assert_snapshot!(case(&yaml).check(), @r"
    error: the configuration unfolds to more than 10000000 nodes
      --> .gitlab-ci.yml:500:1
      gitlab: The parsed YAML is too big
    ");
}

#[test]
fn deep_nesting() {
    let yaml = format!("a: {}x{}", "[".repeat(1000), "]".repeat(1000));
    assert_snapshot!(case(&yaml).check(), @r"
    error: collections are nested more than 100 deep
      --> .gitlab-ci.yml:1:105
      gitlab: The parsed YAML is too big
    ");
}

#[test]
fn a_misspelt_keyword_of_a_job() {
    let yaml = "
        build:
          scirpt: make
        test:
          script: make test
          artefacts: {paths: [out]}
          alow_failure: true
          frobnicate: 5
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `scirpt` is no keyword of a job
      --> .gitlab-ci.yml:2:3
      help: did you mean `script`?
      gitlab: jobs:build config contains unknown keys: scirpt
    error: `artefacts` is no keyword of a job
      --> .gitlab-ci.yml:5:3
      help: did you mean `artifacts`?
      gitlab: jobs:test config contains unknown keys: artefacts
    error: `alow_failure` is no keyword of a job
      --> .gitlab-ci.yml:6:3
      help: did you mean `allow_failure`?
      gitlab: jobs:test config contains unknown keys: alow_failure
    error: `frobnicate` is no keyword of a job
      --> .gitlab-ci.yml:7:3
      gitlab: jobs:test config contains unknown keys: frobnicate
    ");
}

#[test]
fn a_misspelt_keyword_at_the_top() {
    let yaml = "
        stage: [build]
        varaibles: {A: 1}
        befor_script: [x]
        defaults: {image: x}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `stage` is no keyword, and a list is no job
      --> .gitlab-ci.yml:1:1
      help: did you mean `stages`?
      gitlab: jobs stage config should implement the script:, run:, or trigger: keyword
    error: job `varaibles` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:2:1
      help: did you mean `variables`?
      gitlab: jobs varaibles config should implement the script:, run:, or trigger: keyword
    error: `befor_script` is no keyword, and a list is no job
      --> .gitlab-ci.yml:3:1
      help: did you mean `before_script`?
      gitlab: jobs befor_script config should implement the script:, run:, or trigger: keyword
    error: job `defaults` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:4:1
      help: did you mean `default`?
      gitlab: jobs defaults config should implement the script:, run:, or trigger: keyword
    ");
}

// §1.3
#[test]
fn things_that_are_no_jobs() {
    let yaml = "
        text: hello
        list: [a, b]
        nothing:
        hollow: {}
        stage-only: {stage: build}
        .hidden:
        .hollow: {}
        .false: false
        '': {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `text` is no keyword, and a string is no job
      --> .gitlab-ci.yml:1:1
      help: write `text: {script: […]}`, or begin the name with `.` for a template
      gitlab: jobs text config should implement the script:, run:, or trigger: keyword
    error: `list` is no keyword, and a list is no job
      --> .gitlab-ci.yml:2:1
      help: write `list: {script: […]}`, or begin the name with `.` for a template
      gitlab: jobs list config should implement the script:, run:, or trigger: keyword
    error: `nothing` is no keyword, and null is no job
      --> .gitlab-ci.yml:3:1
      help: write `nothing: {script: […]}`, or begin the name with `.` for a template
      gitlab: jobs nothing config should implement the script:, run:, or trigger: keyword
    error: job `hollow` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:4:1
      help: give it a `script`, or begin its name with `.` to make it a template
      gitlab: jobs hollow config should implement the script:, run:, or trigger: keyword
    error: job `stage-only` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:5:1
      help: give it a `script`, or begin its name with `.` to make it a template
      gitlab: jobs stage-only config should implement the script:, run:, or trigger: keyword
    error: the template `.hidden` is empty
      --> .gitlab-ci.yml:6:1
      gitlab: jobs:.hidden config can't be blank
    error: the template `.hollow` is empty
      --> .gitlab-ci.yml:7:1
      gitlab: jobs:.hollow config can't be blank
    error: the template `.false` is empty
      --> .gitlab-ci.yml:8:1
      gitlab: jobs:.false config can't be blank
    error: the name of a job has 1 to 255 characters
      --> .gitlab-ci.yml:9:1
      gitlab: name is too long (maximum is 255 characters)
    ");
}

// §1.5
#[test]
fn scripts_that_are_none() {
    let yaml = "
        empty: {script: ''}
        hollow: {script: []}
        nothing: {script: }
        number: {script: 5}
        numbers: {script: [1, ~, true]}
        mapping: {script: {echo: x}}
        fine: {script: x, before_script: [1], after_script: {a: b}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `script` is empty
      --> .gitlab-ci.yml:1:9
      gitlab: jobs:empty script can't be blank
    error: `script` is empty
      --> .gitlab-ci.yml:2:10
      gitlab: jobs:hollow script can't be blank
    error: `script` is empty
      --> .gitlab-ci.yml:3:11
      gitlab: jobs:nothing script can't be blank
    error: `script` takes a string or a list of strings, not an integer
      --> .gitlab-ci.yml:4:18
      gitlab: jobs:number:script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `script` is an integer, not a string
      --> .gitlab-ci.yml:5:20
      help: put it in quotes: `"1"`
      gitlab: jobs:numbers:script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `script` is null, not a string
      --> .gitlab-ci.yml:5:23
      gitlab: jobs:numbers:script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `script` is a boolean, not a string
      --> .gitlab-ci.yml:5:26
      help: put it in quotes: `"true"`
      gitlab: jobs:numbers:script config should be a string or a nested array of strings up to 10 levels deep
    error: `script` takes a string or a list of strings, not a mapping
      --> .gitlab-ci.yml:6:19
      gitlab: jobs:mapping:script config should be a string or a nested array of strings up to 10 levels deep
    error: a command of `before_script` is an integer, not a string
      --> .gitlab-ci.yml:7:35
      help: put it in quotes: `"1"`
      gitlab: jobs:fine:before_script config should be a string or a nested array of strings up to 10 levels deep
    error: `after_script` takes a string or a list of strings, not a mapping
      --> .gitlab-ci.yml:7:53
      gitlab: jobs:fine:after_script config should be a string or a nested array of strings up to 10 levels deep
    "#);
}

// One pass reports everything, also of a job that cannot run.
#[test]
fn many_mistakes_at_once() {
    let yaml = "
        stages: [build, test]
        variables: {A: [1]}
        default: {retry: 9}
        build:
          stage: biuld
          when: manualy
          needs: [tset]
          retry: {max: 5, when: someday}
        test:
          script: [make: test]
          timeout: 5
          tags: linux
          rules: [{if: '$A = 1'}]
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `A` takes a scalar or a mapping with `value`, not a list
      --> .gitlab-ci.yml:2:16
      gitlab: variables:a variable definition must be either a string or a hash
    error: a job is retried 0 to 2 times, not 9
      --> .gitlab-ci.yml:3:18
      gitlab: retry config must be less than or equal to 2
    error: job `build` has neither `script` nor `trigger`
      --> .gitlab-ci.yml:4:1
      help: give it a `script`, or begin its name with `.` to make it a template
      gitlab: jobs build config should implement the script:, run:, or trigger: keyword
    error: `when` cannot be `manualy`
      --> .gitlab-ci.yml:6:9
      help: did you mean `manual`?
      gitlab: jobs:build when should be one of: on_success, on_failure, always, manual, delayed
    error: a job is retried 0 to 2 times, not 5
      --> .gitlab-ci.yml:8:16
      gitlab: retry max must be less than or equal to 2
    error: `someday` is not a reason for which a job can fail
      --> .gitlab-ci.yml:8:25
      gitlab: retry when is not included in the list
    error: this command of `script` is a mapping: YAML reads `: ` as key and value
      --> .gitlab-ci.yml:10:12
      help: put the whole command in quotes, or into a block scalar with `|`
      gitlab: jobs:test:script config should be a string or a nested array of strings up to 10 levels deep
    error: `timeout` takes a duration, not an integer
      --> .gitlab-ci.yml:11:12
      help: quote it, and seconds are meant: `timeout: "5"`
      gitlab: jobs:test timeout should be a duration
    error: `tags` takes a list of strings, not a string
      --> .gitlab-ci.yml:12:9
      help: write `tags: [linux]`
      gitlab: jobs:test tags config should be an array of strings
    error: invalid expression: `=` is not an operator
      --> .gitlab-ci.yml:13:20
      help: write `==`
      gitlab: jobs:test:rules:rule if invalid expression syntax
    "#);
}

// A template's mistake is one mistake, however many jobs use it.
#[test]
fn a_mistake_in_a_template_is_told_once() {
    let yaml = "
        .t: {script: x, tags: linux, artefacts: {paths: [a]}, needs: [nowhere], when: maual}
        a: {extends: .t}
        b: {extends: .t}
        c: {extends: .t}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `tags` takes a list of strings, not a string
      --> .gitlab-ci.yml:1:23
      help: write `tags: [linux]`
      gitlab: jobs:a tags config should be an array of strings
    error: `artefacts` is no keyword of a job
      --> .gitlab-ci.yml:1:30
      help: did you mean `artifacts`?
      gitlab: jobs:a config contains unknown keys: artefacts
    error: job `a` needs `nowhere`, which is not defined
      --> .gitlab-ci.yml:1:63
      gitlab: a job: undefined need: nowhere
    error: `when` cannot be `maual`
      --> .gitlab-ci.yml:1:79
      help: did you mean `manual`?
      gitlab: jobs:a when should be one of: on_success, on_failure, always, manual, delayed
    ");
}

// A condition folded over two lines: the place must not end up inside a character.
#[test]
fn a_folded_condition_with_accents() {
    assert_snapshot!(case("a: {rules: [{if: ää\n  $}], script: x}").check(), @r"
    error: invalid expression: `ä` is not part of an expression
      --> .gitlab-ci.yml:1:18
      gitlab: jobs:a:rules:rule if invalid expression syntax
    ");
}

#[test]
fn a_name_that_is_too_long() {
    let name = "n".repeat(256);
    assert_snapshot!(case(&format!("{name}: {{script: x}}")).check().replace(&name, "n…"), @r"
    error: the name of a job has 1 to 255 characters
      --> .gitlab-ci.yml:1:1
      gitlab: name is too long (maximum is 255 characters)
    ");
}
