//! Things that are commonly got wrong: §16, and what was found by running GitLab's classes, §18.

use gantry_language::variables::Variable;
use insta::assert_snapshot;

use crate::support::{Case, case};

fn with_rule(condition: &str) -> Case {
    case(&format!(
        "a: {{script: x, rules: [{{if: '{condition}'}}]}}\nz: {{script: x}}"
    ))
    .variable("EMPTY", "")
    .variable("FALSE", "false")
    .variable("ZERO", "0")
    .variable("WORD", "a b c")
}

fn holds(condition: &str) -> bool {
    with_rule(condition).planned().job("a").is_some()
}

// §8.3, §16.40 to 48
#[test]
fn what_conditions_come_to() {
    for (condition, expected) in [
        ("$EMPTY || \"x\"", false),
        ("$EMPTY && \"x\"", true),
        ("$FALSE", true),
        ("$ZERO", true),
        ("$UNSET == \"\"", false),
        ("$EMPTY == null", false),
        ("$UNSET == null", true),
        ("$EMPTY", false),
        ("$WORD =~ \"x a b c y\"", true),
        ("$WORD =~ \"a b\"", false),
        ("$UNSET =~ /.*/", true),
        ("$UNSET =~ /.+/", false),
        ("!$WORD == \"false\"", true),
        ("!$WORD == \"x\"", false),
        ("!($WORD == \"x\")", true),
        ("!$WORD =~ /false/", true),
        ("$WORD || $UNSET && $UNSET", true),
        ("($WORD || $UNSET) && $UNSET", false),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
}

// §8.2, §18.4, §18.5, §16.46
#[test]
fn what_gitlab_takes_by_accident_is_refused_with_the_right_form() {
    for (condition, help) in [
        ("$WORD \"x\" ==", "write `$WORD == \"x\"`"),
        ("$WORD $EMPTY &&", "write `$WORD && $EMPTY`"),
        ("$WORD =~ true", "write `$WORD == true`"),
        ("${WORD} == \"x\"", "write `$WORD`"),
        ("$WORD == 1", "write `\"1\"`"),
    ] {
        let report = with_rule(condition).check();
        assert!(report.contains(help), "{condition}: {report}");
    }
}

// §16.54: `inherit` hides what the file says at its top, and nothing that comes from outside
#[test]
fn not_inheriting_variables_hides_those_of_the_file_only() {
    let yaml = "
        variables: {TOP: x}
        a: {script: x, inherit: {variables: false}, rules: [{if: $TOP}]}
        b: {script: x, inherit: {variables: false}, rules: [{if: $PROJECT && $CI}]}
        ";
    let case = case(yaml)
        .project(Variable::new("PROJECT", "x"))
        .predefined("CI", "true");
    assert_snapshot!(case.plan(), @r"
    test: b
    - a: its only rule does not match
    ");
}

// §16.18, §7.1: a reference sees what a job has by `extends`, and no default
#[test]
fn a_reference_sees_templates_and_no_defaults() {
    let yaml = "
        default: {image: from-default}
        .base: {script: [base]}
        .extended: {extends: .base}
        a: {script: !reference [.extended, script]}
        b: {script: x, image: !reference [a, image]}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `!reference [a, image]` finds nothing
      --> .gitlab-ci.yml:5:23
      help: a reference sees no `image` that comes from `default`
      gitlab: !reference ["a", "image"] could not be found
    "#);
}

// §7.1: `extends` replaces a reference whole, and cannot be one
#[test]
fn extends_and_references_do_not_mix() {
    let yaml = "
        .shared: {script: [shared], variables: {A: a}}
        .base: {variables: !reference [.shared, variables]}
        a: {extends: .base, script: x, variables: {B: b}}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"B="b" Job"#);
    assert_snapshot!(case("a: {extends: !reference [.shared, script], script: x}").check(), @r"
    error: `extends` takes names, not a `!reference`
      --> .gitlab-ci.yml:1:14
      gitlab: extends should be an array of strings or a string
    ");
}

// §7.1: an include is read before there are templates or references
#[test]
fn an_include_knows_neither_extends_nor_references() {
    assert_snapshot!(case(".i: {local: a.yml}\ninclude: !reference [.i, local]\na: {script: x}").check(), @r"
    error: `include` takes a path or a list, not a `!reference`
      --> .gitlab-ci.yml:2:10
      gitlab: include config should be an array or a string
    ");
    assert_snapshot!(case(".i: {local: a.yml}\ninclude: {extends: .i}\na: {script: x}").check(), @r#"
    error: this include does not say where the file is
      --> .gitlab-ci.yml:2:10
      help: write `local: path/to/file.yml`
      gitlab: `{"extends"}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`
    "#);
}

// §4.9: what a block becomes is not read as YAML again, and keys are keys
#[test]
fn a_value_is_only_a_value() {
    let job = |header: &str, text: &str| {
        case("include: [{local: job.yml}]")
            .file("job.yml", &format!("spec: {{inputs: {header}}}\n---\n{text}"))
    };
    let case = job(
        "{x: {default: '*anchor [a, b] $[[ inputs.x ]]'}}",
        "a: {script: ['$[[ inputs.x ]]']}",
    );
    assert_snapshot!(case.job("a"), @r#"script: ["*anchor [a, b] $[[ inputs.x ]]"]"#);
    // Two keys that become one: the later wins.
    let case = job(
        "{x: {default: one}}",
        "$[[ inputs.x ]]: {script: first}\none: {script: second}",
    );
    assert_snapshot!(case.job("one"), @r#"script: ["second"]"#);
    // A number as a key stays one.
    let case = job("{x: {type: number, default: 5}}", "$[[ inputs.x ]]: {script: x}");
    assert_snapshot!(case.check(), @r#"
    error: the name of a job is a string, not an integer
      --> job.yml:3:1
      help: put it in quotes: `"5":`
      gitlab: jobs name should be a symbol
    "#);
    // Not inside references.
    let case = job(
        "{x: {default: a}}",
        ".a: {script: [shared]}\nb: {script: !reference ['.$[[ inputs.x ]]', script]}",
    );
    assert_snapshot!(case.check(), @r#"
    error: `!reference [.$[[ inputs.x ]], script]` finds nothing
      --> job.yml:4:13
      gitlab: !reference [".$[[ inputs.x ]]", "script"] could not be found
    "#);
}

// §18.22: the limit counts the path, and no functions
#[test]
fn functions_may_be_longer_than_a_path() {
    let zeros = "0".repeat(1200);
    let yaml = format!(
        "spec: {{inputs: {{x: {{default: abc}}}}}}\n---\na: {{script: ['$[[ inputs.x | truncate({zeros},2) ]]']}}"
    );
    assert_snapshot!(case(&yaml).job("a"), @r#"script: ["ab"]"#);
}

// §18.10: only a server's database minds
#[test]
fn a_stage_may_have_a_long_name() {
    let stage = "s".repeat(300);
    let case = case(&format!("stages: [{stage}]\na: {{stage: {stage}, script: x}}"));
    assert_snapshot!(case.check(), @"fine");
}

// §1.4
#[test]
fn names_of_jobs() {
    let yaml = "
        'true': {script: x}
        'nil': {script: x}
        'a/b: c [d]': {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    test: true
    test: nil
    test: a/b: c [d]
    ");
    let long = "n".repeat(256);
    let yaml = format!(
        "true: {{script: x}}\n5: {{script: x}}\n~: {{script: x}}\n{long}: {{script: x}}\nfine: {{script: x}}"
    );
    let report = case(&yaml).check().replace(&long, "[long]");
    assert_snapshot!(report, @r#"
    error: the name of a job is a string, not a boolean
      --> .gitlab-ci.yml:1:1
      help: put it in quotes: `"true":`
      gitlab: jobs name should be a symbol
    error: the name of a job is a string, not an integer
      --> .gitlab-ci.yml:2:1
      help: put it in quotes: `"5":`
      gitlab: jobs name should be a symbol
    error: the name of a job is a string, not null
      --> .gitlab-ci.yml:3:1
      gitlab: jobs name should be a symbol
    error: the name of a job has 1 to 255 characters
      --> .gitlab-ci.yml:4:1
      gitlab: name is too long (maximum is 255 characters)
    "#);
}

// §18.24: blanks become `_` in a name of letters and blanks only
#[test]
fn a_name_in_gitlabs_words() {
    for (name, printed) in [
        ("build all", "build_all"),
        ("build 2 all", "build 2 all"),
        ("build all-now", "build all-now"),
    ] {
        let report = case(&format!("{name}: {{stage: test}}\nz: {{script: x}}")).check();
        let expected =
            format!("jobs {printed} config should implement the script:, run:, or trigger: keyword");
        assert!(report.contains(&expected), "{report}");
    }
}

// §18.27
#[test]
fn edges_of_include() {
    let with = |include: &str| {
        case(&format!("include: {include}\nroot: {{script: x}}")).file("a.yml", "a: {script: x}")
    };
    assert_snapshot!(with("[~, a.yml]").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(with("[///a.yml]").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(with("[./a.yml]").check(), @r"
    error: the included file `./a.yml` does not exist
      --> .gitlab-ci.yml:1:11
      help: did you mean `a.yml`?
      gitlab: Local file `./a.yml` does not exist!
    ");
    assert_snapshot!(with("{}").check(), @r"
    error: this include does not say where the file is
      --> .gitlab-ci.yml:1:10
      help: write `local: path/to/file.yml`
      gitlab: `` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`
    ");
    assert_snapshot!(with("''").check(), @r"
    error: this include does not say where the file is
      --> .gitlab-ci.yml:1:10
      help: write `local: path/to/file.yml`
      gitlab: `` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`
    ");
    assert_snapshot!(with("[{local: a.yml, rules: ~}]").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(with("[{local: a.yml, rules: []}]").check(), @r"
    error: `rules` is an empty list
      --> .gitlab-ci.yml:1:33
      help: leave `rules` out, or write `rules: [{when: never}]`
      gitlab: include:rules config can't be blank
    ");
    assert_snapshot!(with("[{local: [a.yml]}]").check(), @r"
    error: `local` takes a string, not a list
      --> .gitlab-ci.yml:1:19
      gitlab: include local should be a string
    ");
    assert_snapshot!(with("[{local: a.yml, integrity: 'sha256-YQ=='}]").check(), @r"
    error: `include` has no key `integrity`
      --> .gitlab-ci.yml:1:26
      help: `include` takes `local`, `rules` or `inputs`
      gitlab: include config contains unknown keys: integrity
    ");
}

// §18.28
#[test]
fn marks_of_documents() {
    assert_snapshot!(case("%YAML 1.1\n---\na: {script: x}").check(), @r"
    error: directives cannot be used in pipelines
      --> .gitlab-ci.yml:1:1
      help: remove the line, or quote the text if it starts with `%`
    ");
    assert_snapshot!(case("a: {script: x}\n...\nb: {script: x}").plan(), @r"
    error: a configuration is one document, this is a second one
      --> .gitlab-ci.yml:3:1
      ... .gitlab-ci.yml:1:1: the first one begins here
      help: remove the `---` or `...`; GitLab would read only one of the two and say nothing
    ");
    assert_snapshot!(case("a: {script: x, <<: text}").check(), @r"
    error: `<<` is no keyword of a job
      --> .gitlab-ci.yml:1:16
      gitlab: jobs:a config contains unknown keys: <<
    ");
}

// §16.37, §9.3
#[test]
fn a_folder_exists_with_a_slash() {
    let with = |path: &str| {
        let yaml = format!("a: {{script: x, rules: [{{exists: [{path}]}}]}}\nz: {{script: x}}");
        case(&yaml)
            .files(["dir/file", "dir2"])
            .planned()
            .job("a")
            .is_some()
    };
    assert!(with("dir/"));
    assert!(!with("dir"));
    assert!(with("dir2"));
    assert!(!with("dir2/"));
}

// §18.1.2: a clause that fails does so only where its stage has a job
#[test]
fn a_failing_clause_of_a_stage_without_jobs_is_dropped() {
    let yaml = |stage: &str| {
        format!(
            "stages: [one, two]\na: {{stage: {stage}, script: x, rules: [{{changes: {{paths: [a], compare_to: nowhere}}}}]}}\nb: {{stage: two, script: x}}"
        )
    };
    assert_snapshot!(case(&yaml("one")).plan(), @"two: b");
    assert_snapshot!(case(&yaml("two")).plan(), @r"
    error: `compare_to: nowhere` cannot be compared with: there is no such ref
      --> .gitlab-ci.yml:2:71
      gitlab: Failed to parse rule for a: rules:changes:compare_to is not a valid ref
    ");
}

// §2.9: a stop job may be its own
#[test]
fn a_stop_job_may_name_itself() {
    let yaml = "
        a: {script: x, environment: {name: review, action: stop, on_stop: a}}
        b: {script: x, environment: [review]}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `environment` takes a name or a mapping, not a list
      --> .gitlab-ci.yml:2:29
      gitlab: jobs:b:environment should be a hash or a string
    ");
}

// §3.3: an empty mapping takes nothing away, `inherit` does
#[test]
fn root_variables_stay_where_a_job_has_none() {
    let yaml = "
        variables: {TOP: t, OTHER: o}
        a: {script: x, variables: {}}
        b: {script: x, inherit: {variables: false}}
        c: {script: x, inherit: {variables: [TOP, NOWHERE]}}
        ";
    assert_snapshot!(case(yaml).variables_of("a"), @r#"
    TOP="t" Global
    OTHER="o" Global
    "#);
    assert_snapshot!(case(yaml).variables_of("b"), @"");
    assert_snapshot!(case(yaml).variables_of("c"), @r#"TOP="t" Global"#);
}

// §4.4: what an include sees: the project and the event, nothing of the file; all three forms
#[test]
fn variables_of_an_include() {
    let case = |path: &str| {
        case(&format!(
            "include: [{{local: '{path}.yml'}}]\nvariables: {{TOP: one}}\nroot: {{script: x}}"
        ))
        .file("one.yml", "one: {script: x}")
        .file("two.yml", "two: {script: x}")
        .project(Variable::new("PROJECT", "two"))
        .predefined("CI_COMMIT_BRANCH", "one")
        .variable("EVENT", "two")
    };
    for path in ["$CI_COMMIT_BRANCH", "${PROJECT}", "%EVENT%"] {
        assert_eq!(case(path).check(), "fine", "{path}");
    }
    assert_snapshot!(case("$TOP").check(), @r"
    error: the included file `.yml` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:1:19
      gitlab: Included file `.yml` does not have YAML extension!
    ");
}

// §5.1: what workflow rules accept without effect
#[test]
fn rules_of_a_workflow_may_say_more_than_they_mean() {
    let yaml = "
        workflow: {rules: [{if: $A, allow_failure: true, needs: [a]}]}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).variable("A", "1").plan(), @"test: a");
    assert_snapshot!(case("workflow: {name: [a]}\na: {script: x}").check(), @r"
    error: `name` takes a string, not a list
      --> .gitlab-ci.yml:1:18
      gitlab: workflow name should be a string
    ");
}

// §6.3, §6.5: where a single string is expanded, and where none is
#[test]
fn some_keywords_are_expanded_and_others_never() {
    let yaml = "
        stages: ['$S', run]
        'name $S': {stage: '$S', script: x}
        a:
          stage: run
          script: x
          variables: {NAME: web, NESTED: $NAME}
          environment: {name: 'review/$NESTED-${NAME}-$NOPE-$$NAME'}
          resource_group: group-$NESTED
          tags: ['$NAME', '$NOPE']
        ";
    assert_snapshot!(case(yaml).variable("S", "s").plan(), @r"
    $S: name $S
    run: a
    ");
    assert_snapshot!(case(yaml).job("a"), @r#"
    environment: {"action":"start","expanded_name":"review/web-web--$web","name":"review/$NESTED-${NAME}-$NOPE-$$NAME","tier":"development"}
    resource_group: "group-web"
    stage: "run"
    tags: ["web","$NOPE"]
    script: ["x"]
    "#);
}

// §12.7: exact before pattern before `*`, and `*` crosses slashes
#[test]
fn variables_of_the_project_are_scoped_by_environment() {
    let scoped = |value: &str, scope: &str| {
        let mut variable = Variable::new("WHERE", value);
        variable.scope = scope.to_owned();
        variable
    };
    let holds = |environment: &str, value: &str| {
        let yaml = format!(
            "a: {{script: x, environment: {{name: {environment}, action: verify}}, rules: [{{if: $WHERE == '{value}'}}]}}\nz: {{script: x}}"
        );
        let case = case(&yaml)
            .project(scoped("all", "*"))
            .project(scoped("pattern", "review/*"))
            .project(scoped("exact", "review/a/b"));
        case.planned().job("a").is_some()
    };
    assert!(holds("production", "all"));
    assert!(holds("review/x/y", "pattern"));
    assert!(holds("review/a/b", "exact"));
    assert!(!holds("Review/x", "pattern"));
}

// §8.4, §16.43
#[test]
fn patterns_search_and_need_two_characters() {
    for (condition, expected) in [
        ("$WORD =~ /b c$/", true),
        ("$WORD =~ /^B/", false),
        ("$WORD =~ /B C/i", true),
        ("$WORD =~ /a.b/", true),
        ("$WORD =~ /a\\/b/", false),
        ("$WORD !~ /zz/", true),
    ] {
        assert_eq!(holds(condition), expected, "{condition}");
    }
    for condition in ["$WORD =~ /a/", "$WORD =~ /./", "$WORD =~ /(?=a)/"] {
        let report = with_rule(condition).check();
        assert!(
            report.contains("if invalid expression syntax"),
            "{condition}: {report}"
        );
    }
}
