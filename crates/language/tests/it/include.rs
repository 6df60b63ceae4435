//! `include:local`, §4.

use insta::assert_snapshot;

use crate::support::case;

// §4.7, §16.14
#[test]
pub(crate) fn the_including_file_wins_and_mappings_merge() {
    let yaml = "
        include: [one.yml, two.yml]
        job: {script: [root], variables: {C: root}}
        ";
    let case = case(yaml)
        .file(
            "one.yml",
            "job: {script: [one], image: one, variables: {A: one, B: one, C: one}}",
        )
        .file(
            "two.yml",
            "job: {image: two, variables: {B: two, C: two}}\nother: {script: x}",
        );
    assert_snapshot!(case.job("job"), @r#"
    image: {"name":"two"}
    script: ["root"]
    "#);
}

// §4.7
// shows: S0-14
#[test]
fn a_nested_include_ranks_below_the_file_that_names_it() {
    let case = case("include: a.yml")
        .file(
            "a.yml",
            "include: [/sub/b.yml]\nvariables: {X: a}\njob: {script: x}",
        )
        .file("sub/b.yml", "variables: {X: b, Y: b}");
    assert_snapshot!(case.variables_of("job"), @r#"
    X="a" Global
    Y="b" Global
    "#);
}

// §4.3, §16.38: `**` crosses directories
#[test]
fn wildcards_find_files_and_cross_directories() {
    let case = |pattern: &str| {
        case(&format!("include: ['{pattern}']"))
            .file("ci/a.yml", "a: {script: x}")
            .file("ci/deep/b.yml", "b: {script: x}")
            .file("ci/deep/er/c.yml", "c: {script: x}")
    };
    assert_snapshot!(case("ci/*.yml").plan(), @r"test: a");
    assert_snapshot!(case("ci/**.yml").plan(), @r"
    test: a
    test: b
    test: c
    ");
    assert_snapshot!(case("/ci/**/*.yml").plan(), @r"
    test: a
    test: b
    test: c
    ");
}

// §4.2, §16.15, §18.6: a wildcard is matched before variables, a bare string is expanded before and after
#[test]
fn variables_in_paths() {
    let case = |include: &str| {
        case(&format!("include: [{include}]\nroot: {{script: x}}"))
            .file("ci/web.yml", "web: {script: x}")
            .variable("A", "$B")
            .variable("B", "web")
            .variable("DIR", "ci")
    };
    assert_snapshot!(case("ci/$A.yml").plan(), @r"
    test: web
    test: root
    ");
    assert_snapshot!(case("{local: ci/$A.yml}").check(), @r"
    error: the included file `ci/$B.yml` does not exist
      --> .gitlab-ci.yml:1:19
      help: did you mean `ci/web.yml`?
      gitlab: Local file `ci/$B.yml` does not exist!
    ");
    assert_snapshot!(case("{local: 'ci/${B}.yml'}").plan(), @r"
    test: web
    test: root
    ");
    assert_snapshot!(case("$DIR/*.yml").plan(), @r"
    test: web
    test: root
    ");
    assert_snapshot!(case("{local: $DIR/*.yml}").check(), @r"
    warning: no file matches the include `$DIR/*.yml`
      --> .gitlab-ci.yml:1:19
    ");
    assert_snapshot!(case("ci/$NOPE.yml").check(), @r"
    error: the included file `ci/.yml` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:1:11
      gitlab: Included file `ci/.yml` does not have YAML extension!
    ");
}

// §4.5, §16.16: top-level variables are not known yet
#[test]
fn rules_decide_about_files() {
    let case = |rules: &str| {
        case(&format!(
            "include: [{{local: a.yml, rules: {rules}}}]\nvariables: {{TOP: set}}\nroot: {{script: x}}"
        ))
        .file("a.yml", "a: {script: x}")
        .variable("SET", "1")
        .files(["Dockerfile"])
    };
    assert_snapshot!(case("[{if: $SET}]").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(case("[{if: $TOP}]").plan(), @r"test: root");
    assert_snapshot!(case("[{if: $SET, when: never}, {when: always}]").plan(), @r"test: root");
    assert_snapshot!(case("[{exists: [Dockerfile]}]").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(case("[]").check(), @r"
    error: `rules` is an empty list
      --> .gitlab-ci.yml:1:33
      help: leave `rules` out, or write `rules: [{when: never}]`
      gitlab: include:rules config can't be blank
    ");
}

// §18.1: of a list, or a nested file, nothing may remain; of a mapping something must
#[test]
fn a_mapping_that_includes_nothing_is_refused() {
    let yaml = "
        include: {local: a.yml, rules: [{if: $NOPE}]}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: this include comes to nothing, and only a list may
      --> .gitlab-ci.yml:1:10
      help: write it as a list: `include: [{local: …, rules: […]}]`
      gitlab: include config should be an array or a string
    ");
    let nested = case("include: b.yml").file(
        "b.yml",
        "include: {local: a.yml, rules: [{if: $NOPE}]}\nb: {script: x}",
    );
    assert_snapshot!(nested.plan(), @r"test: b");
}

// §4.3: what is included already, a wildcard does not include again
#[test]
fn a_wildcard_passes_over_what_is_included() {
    let case = case("include: [first.yml, 'all.yml']")
        .file("first.yml", "a: {script: first}")
        .file("all.yml", "include: '*.yml'\nb: {script: x}")
        .file("last.yml", "a: {script: last}");
    assert_snapshot!(case.job("a"), @r#"script: ["last"]"#);
}

// §4.6
#[test]
fn a_circle_of_includes_ends_at_the_limit() {
    let case = case("include: a.yml")
        .file("a.yml", "include: b.yml")
        .file("b.yml", "include: a.yml");
    assert_snapshot!(case.check(), @r"
    error: more than 150 files are included
      --> b.yml:1:10
      help: `a.yml` includes itself: a.yml → b.yml → a.yml
      gitlab: Maximum of 150 nested includes are allowed!
    ");
}

// §4.1, §4.6
#[test]
pub(crate) fn mistakes_of_include() {
    let yaml = "
        include:
          - ci/bild.yml
          - ci/build.txt
          - ci/.yml
          - ../up.yml
          - empty.yml
          - hollow.yml
          - list.yml
          - {lokal: ci/build.yml}
          - {local: ci/build.yml, remote: 'https://example.com/a.yml'}
          - {local: ci/build.yml, branch: main}
          - {local: 5}
          - 5
          - https://example.com/a.yml
          - {project: group/name, file: a.yml}
          - {template: Go.gitlab-ci.yml}
          - {component: host/group/name@1}
        a: {script: x}
        ";
    let case = case(yaml)
        .file("ci/build.yml", "build: {script: x}")
        .file("empty.yml", " ")
        .file("hollow.yml", "{}")
        .file("list.yml", "[a]");
    assert_snapshot!(case.check(), @r#"
    error: the included file `ci/bild.yml` does not exist
      --> .gitlab-ci.yml:2:5
      help: did you mean `ci/build.yml`?
      gitlab: Local file `ci/bild.yml` does not exist!
    error: the included file `ci/build.txt` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:3:5
      gitlab: Included file `ci/build.txt` does not have YAML extension!
    error: the included file `ci/.yml` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:4:5
      gitlab: Included file `ci/.yml` does not have YAML extension!
    error: the included file `../up.yml` does not exist
      --> .gitlab-ci.yml:5:5
      gitlab: Local file `../up.yml` does not exist!
    error: the included file `empty.yml` is empty
      --> .gitlab-ci.yml:6:5
      gitlab: Local file `empty.yml` is empty!
    error: this include does not say where the file is
      --> .gitlab-ci.yml:9:5
      help: did you mean `local`?
      gitlab: `{"lokal"}` does not have a valid subkey for include. Valid subkeys are: `local`, `project`, `remote`, `template`, `artifact`, `component`
    error: this include says more than once where the file is
      --> .gitlab-ci.yml:10:5
      help: keep one of `local` or `remote`
      gitlab: Each include must use only one of: `local`, `project`, `remote`, `template`, `artifact`, `component`
    error: `include` has no key `branch`
      --> .gitlab-ci.yml:11:27
      help: `include` takes `local`, `rules` or `inputs`
      gitlab: include config contains unknown keys: branch
    error: `local` takes a string, not an integer
      --> .gitlab-ci.yml:12:13
      help: put it in quotes: `"5"`
      gitlab: include local should be a string
    error: `include` takes paths and mappings, not an integer
      --> .gitlab-ci.yml:13:5
      gitlab: each include must be a hash or a string
    error: the included file `https://example.com/a.yml` could not be fetched: the server answers 404
      --> .gitlab-ci.yml:14:5
      gitlab: Remote file `https://example.com/a.yml` could not be fetched after 1 attempts because of HTTP code `404` error!
    error: the included file `group/name@HEAD:a.yml` is in a project that is not known here
      --> .gitlab-ci.yml:15:33
      help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`
      gitlab: Project `group/name` not found or access denied! Make sure any includes in the pipeline configuration are correctly defined.
    error: the included file `Go.gitlab-ci.yml` is GitLab's own, and no GitLab is known here
      --> .gitlab-ci.yml:16:16
      help: name a GitLab under `gitlab` in `gantry.yml`, or keep a copy and include it as `local`
      gitlab: Template file `Go.gitlab-ci.yml` does not exist!
    error: the included file `host/group/name@1` is in a project that is not known here
      --> .gitlab-ci.yml:17:17
      help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`
      gitlab: Component 'host/group/name@1' - project does not exist or you don't have sufficient permissions
    error: the included file `hollow.yml` holds nothing
      --> hollow.yml:1:1
      ... .gitlab-ci.yml:7:5: `hollow.yml` is included here
      gitlab: Included file `hollow.yml` does not have valid YAML syntax!
    error: a configuration is a mapping, this is a list
      --> list.yml:1:1
      ... .gitlab-ci.yml:8:5: `list.yml` is included here
      help: write keywords and jobs as `name: …`
      gitlab: Invalid configuration format
    "#);
}

// Names that are not found are not to blame while a file is missing.
#[test]
fn a_missing_file_hides_jobs() {
    let yaml = "
        include: [missing.yml]
        a: {script: x, needs: [from-the-missing-file], extends: .missing}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: the included file `missing.yml` does not exist
      --> .gitlab-ci.yml:1:11
      gitlab: Local file `missing.yml` does not exist!
    error: `a` extends `.missing`, which is not defined
      --> .gitlab-ci.yml:2:57
      gitlab: a: unknown keys in `extends` (.missing)
    ");
}

// §7.1: anchors end with their file
#[test]
fn anchors_do_not_cross_files() {
    let case = case("include: a.yml\njob: {<<: *t}").file("a.yml", ".t: &t {script: x}");
    assert_snapshot!(case.check(), @r"
    error: alias `*t` has no anchor before it
      --> .gitlab-ci.yml:2:11
      help: define `&t` above, or quote the text if it is no alias; anchors do not reach across `include`
    ");
}

// §4.5, §2.25: the 50 paths of a job's `exists` are no limit for an include
#[test]
fn an_include_may_look_for_many_files() {
    let paths: Vec<_> = (0..60).map(|n| format!("f{n}")).collect();
    let paths = paths.join(", ");
    let case = case(&format!(
        "include: [{{local: a.yml, rules: [{{exists: [{paths}]}}]}}]\nroot: {{script: x}}"
    ));
    let case = case.file("a.yml", "a: {script: x}");
    assert_snapshot!(case.files(["f59"]).plan(), @r"
    test: a
    test: root
    ");
}
