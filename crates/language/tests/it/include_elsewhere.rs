//! `include` of files that are not in the checkout, §4.1, §4.2 and §4.6.

use gantry_language::variables::Variable;
use insta::assert_snapshot;

use crate::support::case;

// §4.1: a project's path counts in lower case, `ref` is the default branch where it is not given
#[test]
pub(crate) fn files_of_another_project() {
    let yaml = "
        include:
          - {project: Group/$LIB, file: [/ci/build.yml, ci/test.yml], ref: v1}
          - {project: group/lib, file: ci/build.yml}
        ";
    let case = case(yaml)
        .variable("LIB", "Lib")
        .project_file(
            "group/lib",
            "v1",
            "ci/build.yml",
            "build: {script: [from v1]}\nold: {script: x}",
        )
        .project_file("group/lib", "v1", "ci/test.yml", "test: {script: x}")
        .project_file(
            "group/lib",
            "HEAD",
            "ci/build.yml",
            "build: {script: [from main]}",
        );
    assert_snapshot!(case.plan(), @r"
    test: build
    test: old
    test: test
    ");
}

// §4.2: local files of a project are those of the project, at the same ref
#[test]
fn a_local_file_is_one_of_the_including_project() {
    let case = |include: &str| {
        case(&format!(
            "include: [{{project: group/lib, file: {include}, ref: v1}}]\nroot: {{script: x}}"
        ))
        .file("ci/common.yml", "here: {script: x}")
        .project_file(
            "group/lib",
            "v1",
            "ci/one.yml",
            "include: [/ci/common.yml]\none: {script: x}",
        )
        .project_file(
            "group/lib",
            "v1",
            "ci/all.yml",
            "include: 'ci/*.yml'\nall: {script: x}",
        )
        .project_file(
            "group/lib",
            "v1",
            "ci/rules.yml",
            "include: [{local: ci/common.yml, rules: [{exists: [ci/one.yml]}]}]\nrules: {script: x}",
        )
        .project_file("group/lib", "v1", "ci/common.yml", "there: {script: x}")
        .project_file("group/lib", "HEAD", "ci/common.yml", "newer: {script: x}")
    };
    assert_snapshot!(case("ci/one.yml").plan(), @r"
    test: there
    test: one
    test: root
    ");
    assert_snapshot!(case("ci/all.yml").plan(), @r"
    test: there
    test: one
    test: rules
    test: all
    test: root
    ");
    assert_snapshot!(case("ci/rules.yml").plan(), @r"
    test: there
    test: rules
    test: root
    ");
}

// §4.1
#[test]
pub(crate) fn mistakes_of_projects() {
    let yaml = "
        include:
          - {project: group/nowhere, file: a.yml}
          - {project: group/lib, file: a.yml, ref: v2}
          - {project: group/lib, file: ci/bild.yml, ref: v1}
          - {project: group/lib}
          - {project: group/lib, file: a.txt}
          - {project: group/lib, file: 5}
          - {project: group/lib, file: a.yml, branch: main}
          - {project: [group/lib], file: a.yml}
        a: {script: x}
        ";
    let case = case(yaml).project_file("group/lib", "v1", "ci/build.yml", "a: {script: x}");
    assert_snapshot!(case.check(), @r"
    error: the included file `group/nowhere@HEAD:a.yml` is in a project that is not known here
      --> .gitlab-ci.yml:2:36
      help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`
      gitlab: Project `group/nowhere` not found or access denied! Make sure any includes in the pipeline configuration are correctly defined.
    error: the included file `group/lib@v2:a.yml` is at a ref that its project does not have
      --> .gitlab-ci.yml:3:32
      gitlab: Project `group/lib` reference `v2` does not exist!
    error: the included file `group/lib@v1:ci/bild.yml` does not exist
      --> .gitlab-ci.yml:4:32
      help: did you mean `ci/build.yml`?
      gitlab: Project `group/lib` file `ci/bild.yml` does not exist!
    error: this include names a project and no `file` of it
      --> .gitlab-ci.yml:5:15
      help: write `file: path/to/file.yml` beside it
      gitlab: include:include config must specify the file where to fetch the config from
    error: the included file `a.txt` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:6:32
      gitlab: Included file `a.txt` does not have YAML extension!
    error: `file` takes a list of strings, not an integer
      --> .gitlab-ci.yml:7:32
      gitlab: include file config should be an array of strings
    error: the included file `group/lib@HEAD:a.yml` is at a ref that its project does not have
      --> .gitlab-ci.yml:8:32
      gitlab: Project `group/lib` reference `HEAD` does not exist!
    error: `include` has no key `branch`
      --> .gitlab-ci.yml:8:39
      help: `include` takes `project`, `file`, `ref`, `rules` or `inputs`
      gitlab: include config contains unknown keys: branch
    error: `project` takes a string, not a list
      --> .gitlab-ci.yml:9:15
      gitlab: include project should be a string
    ");
}

// §4.1
#[test]
pub(crate) fn files_of_a_web_server() {
    let yaml = "
        include:
          - https://example.com/ci/a.yml
          - {remote: 'https://$HOST/ci/b.yml', integrity: 'sha256-saiuoZoOZ/vtlNliVQoe/cW3GLY5rJOtmq04zs8/TVA=', cache: 10 minutes}
          - {remote: 'http://example.com/ci/c.yml', cache: true}
        ";
    let case = case(yaml)
        .variable("HOST", "example.com")
        .remote("https://example.com/ci/a.yml", "a: {script: x}")
        .remote("https://example.com/ci/b.yml", "b: {script: x}")
        .remote("http://example.com/ci/c.yml", "c: {script: x}");
    assert_snapshot!(case.plan(), @r"
    test: a
    test: b
    test: c
    ");
}

// §4.1
#[test]
pub(crate) fn mistakes_of_web_servers() {
    let yaml = "
        include:
          - https://example.com/missing.yml
          - https://example.com/page.html
          - {remote: ci/a.yml}
          - {remote: 'https://example.com/a.yml', integrity: sha512-x}
          - {remote: 'https://example.com/a.yml', integrity: sha256-x}
          - {remote: 'https://example.com/a.yml', integrity: 'sha256-YQ=='}
          - {remote: 'https://example.com/a.yml', cache: 10 seconds}
          - {remote: 'https://example.com/a.yml', cache: 5}
        root: {script: x}
        ";
    let case = case(yaml).remote("https://example.com/a.yml", "a: {script: x}");
    assert_snapshot!(case.check(), @r#"
    error: the included file `https://example.com/missing.yml` could not be fetched: the server answers 404
      --> .gitlab-ci.yml:2:5
      gitlab: Remote file `https://example.com/missing.yml` could not be fetched after 1 attempts because of HTTP code `404` error!
    error: the included file `https://example.com/page.html` is not called `.yml` or `.yaml`
      --> .gitlab-ci.yml:3:5
      gitlab: Included file `https://example.com/page.html` does not have YAML extension!
    error: `ci/a.yml` is no address of a web server
      --> .gitlab-ci.yml:4:14
      help: write it from `https://` on
      gitlab: Remote file `ci/a.yml` does not have a valid address!
    error: `sha512-x` is not a checksum
      --> .gitlab-ci.yml:5:54
      help: openssl dgst -sha256 -binary FILE | base64, behind `sha256-`
      gitlab: integrity hash must start with 'sha256-'
    error: `sha256-x` is not a checksum
      --> .gitlab-ci.yml:6:54
      help: openssl dgst -sha256 -binary FILE | base64, behind `sha256-`
      gitlab: integrity hash must be base64 encoded
    error: `https://example.com/a.yml` is not the file that `integrity` was made of
      --> .gitlab-ci.yml:7:14
      help: look at what has changed in it before you change the checksum
      gitlab: Remote file `https://example.com/a.yml` failed integrity check!
    error: `include:cache` is at least a minute
      --> .gitlab-ci.yml:8:50
      gitlab: include cache must be at least 1 minute
    error: `cache` takes a duration, not an integer
      --> .gitlab-ci.yml:9:50
      help: quote it, and seconds are meant: `cache: "5"`
      gitlab: include cache should be a duration
    "#);
}

// §4.2, §16.84: what belongs to no project has no local files, no variables and no rules on them
#[test]
fn a_remote_file_belongs_to_no_project() {
    let yaml = "include: https://example.com/a.yml\nroot: {script: x}";
    let remote = "
        include:
          - ci/b.yml
          - {remote: 'https://example.com/$NAME.yml'}
          - {remote: 'https://example.com/c.yml', rules: [{if: $NAME}]}
          - {remote: 'https://example.com/c.yml', rules: [{exists: [README.md]}]}
          - {remote: 'https://example.com/d.yml', rules: [{if: $NAME == null}]}
        ";
    let case = case(yaml)
        .variable("NAME", "c")
        .files(["README.md"])
        .file("ci/b.yml", "b: {script: x}")
        .remote("https://example.com/a.yml", remote)
        .remote("https://example.com/c.yml", "c: {script: x}")
        .remote(
            "https://example.com/d.yml",
            "include: [{local: e.yml}]\nd: {script: x}",
        );
    let read = case.checked();
    assert!(
        !read
            .sources
            .names()
            .any(|name| name == "https://example.com/c.yml")
    );
    assert_snapshot!(case.check(), @r"
    error: `ci/b.yml` is a local file of no project: `https://example.com/a.yml` belongs to none
      --> https://example.com/a.yml:2:5
      ... .gitlab-ci.yml:1:10: `https://example.com/a.yml` is included here
      help: include it by its `remote` address, or from a `project`
      gitlab: Local file `ci/b.yml` does not have project!
    error: the included file `https://example.com/$NAME.yml` could not be fetched: the server answers 404
      --> https://example.com/a.yml:3:14
      ... .gitlab-ci.yml:1:10: `https://example.com/a.yml` is included here
      gitlab: Remote file `https://example.com/$NAME.yml` could not be fetched after 1 attempts because of HTTP code `404` error!
    error: `e.yml` is a local file of no project: `https://example.com/d.yml` belongs to none
      --> https://example.com/d.yml:1:19
      ... https://example.com/a.yml:6:14: `https://example.com/d.yml` is included here
      ... .gitlab-ci.yml:1:10: `https://example.com/a.yml` is included here
      help: include it by its `remote` address, or from a `project`
      gitlab: Local file `e.yml` does not have project!
    ");
}

// §4.1
#[test]
pub(crate) fn templates_of_gitlab() {
    let yaml = "include: [{template: Jobs/Build.gitlab-ci.yml}]";
    let case_with = |yaml: &str| case(yaml).template("Jobs/Build.gitlab-ci.yml", "build: {script: x}");
    assert_snapshot!(case_with(yaml).plan(), @"test: build");
    let yaml = "
        include:
          - {template: Jobs/Biuld.gitlab-ci.yml}
          - {template: Jobs/Build.yml}
        a: {script: x}
        ";
    assert_snapshot!(case_with(yaml).check(), @r"
    error: the included file `Jobs/Biuld.gitlab-ci.yml` does not exist
      --> .gitlab-ci.yml:2:16
      gitlab: Template file `Jobs/Biuld.gitlab-ci.yml` does not exist!
    error: `Jobs/Build.yml` is not the name of a template
      --> .gitlab-ci.yml:3:16
      help: templates are called `NAME.gitlab-ci.yml`
      gitlab: Template file `Jobs/Build.yml` is not a valid location!
    ");
    assert_snapshot!(case("include: [{template: Go.gitlab-ci.yml}]\na: {script: x}").check(), @r"
    error: the included file `Go.gitlab-ci.yml` is GitLab's own, and no GitLab is known here
      --> .gitlab-ci.yml:1:22
      help: name a GitLab under `gitlab` in `gantry.yml`, or keep a copy and include it as `local`
      gitlab: Template file `Go.gitlab-ci.yml` does not exist!
    ");
}

// §4.1.1
#[test]
pub(crate) fn components_of_a_project() {
    let component = "
        spec:
          component: [name, version, reference, sha]
          inputs: {stage: {default: test}}
        ---
        include: [/shared.yml]
        'lint-$[[ inputs.stage ]]':
          script: ['$[[ component.name ]] $[[ component.version ]] $[[ component.reference ]] $[[ component.sha ]]']
        ";
    let case = |version: &str| {
        case(&format!(
            "include: [{{component: $CI_SERVER_FQDN/group/lib/lint@{version}, inputs: {{stage: deploy}}}}]"
        ))
        .predefined("CI_SERVER_FQDN", "gitlab.example.com")
        .project_file("group/lib", "1.2.0", "templates/lint.yml", component)
        .project_file("group/lib", "1.2.0", "shared.yml", "shared: {script: x}")
        .project_file("group/lib", "1.10.0", "templates/lint/template.yml", component)
        .project_file("group/lib", "1.10.0", "shared.yml", "newest: {script: x}")
        .project_file("group/lib", "main", "README.md", "x")
    };
    assert_snapshot!(case("1.2").job("lint-deploy"), @r#"script: ["lint 1.2.0 1.2 0123456789abcdef"]"#);
    assert_snapshot!(case("~latest").plan(), @r"
    test: newest
    test: lint-deploy
    ");
    assert_snapshot!(case("1.2.0").plan(), @r"
    test: shared
    test: lint-deploy
    ");
    assert_snapshot!(case("main").check(), @r"
    error: the included file `gitlab.example.com/group/lib/lint@main` does not exist
      --> .gitlab-ci.yml:1:23
      gitlab: Component 'gitlab.example.com/group/lib/lint@main' - content not found
    ");
}

// §4.1.1
#[test]
pub(crate) fn mistakes_of_components() {
    let yaml = "
        include:
          - {component: gitlab.example.com/group/lib/lint}
          - {component: gitlab.example.com/group/nowhere/lint@1}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `gitlab.example.com/group/lib/lint` is not the address of a component
      --> .gitlab-ci.yml:2:17
      help: write `host/group/project/component@version`
      gitlab: Component 'gitlab.example.com/group/lib/lint' - the component path is not supported
    error: the included file `gitlab.example.com/group/nowhere/lint@1` is in a project that is not known here
      --> .gitlab-ci.yml:3:17
      help: name a checkout of it under `projects` in `gantry.yml`, or its GitLab under `gitlab`
      gitlab: Component 'gitlab.example.com/group/nowhere/lint@1' - project does not exist or you don't have sufficient permissions
    ");
}

// §4.8: below the file they are given to, inputs are checked and taken; the including file wins
#[test]
pub(crate) fn inputs_of_an_include() {
    let yaml = "
        include:
          - {local: job.yml, inputs: {name: a}}
          - {local: job.yml, inputs: {name: b, tags: [x]}}
          - {local: plain.yml, inputs: {name: a}}
        ";
    let job = "
        spec: {inputs: {name: , tags: {type: array, default: []}}}
        ---
        '$[[ inputs.name ]]':
          script: x
          tags: $[[ inputs.tags ]]
        ";
    let files = |yaml: &str| {
        case(yaml)
            .file("job.yml", job)
            .file("plain.yml", "plain: {script: x}")
    };
    assert_snapshot!(files(yaml).check(), @r"
    error: `plain.yml` declares no inputs
      --> .gitlab-ci.yml:4:13
      help: a file declares inputs in a header: `spec: {inputs: {…}}`, then `---`
      gitlab: Given inputs not defined in the `spec` section of the included configuration file
    ");
    let two = &yaml.replace("          - {local: plain.yml, inputs: {name: a}}\n", "");
    assert_snapshot!(files(two).plan(), @r"
    test: a
    test: b
    ");
    // A nested file gets what its own includer gives, and nothing else.
    let nested = "
        spec: {inputs: {name: }}
        ---
        include: [{local: job.yml, inputs: {name: 'inner-$[[ inputs.name ]]'}}]
        ";
    let yaml = "include: [{local: nested.yml, inputs: {name: x}}]";
    assert_snapshot!(files(yaml).file("nested.yml", nested).plan(), @"test: inner-x");
}

// §4.6, §16.85
#[test]
fn a_repeated_file_counts_each_time() {
    let many = vec!["a.yml"; 151].join(", ");
    let case = case(&format!("include: [{many}]")).file("a.yml", "a: {script: x}");
    let report = case.check();
    assert!(
        report.contains("Maximum of 150 nested includes are allowed!"),
        "{report}"
    );
    assert_eq!(report.matches("error:").count(), 1, "{report}");
}

// The way to a nested file is part of what is said about it.
#[test]
fn a_mistake_in_a_nested_file_names_the_way_to_it() {
    let case = case("include: [a.yml]\nroot: {script: x}")
        .file("a.yml", "include: [{project: group/lib, file: b.yml}]")
        .project_file("group/lib", "HEAD", "b.yml", "include: [c.yml]")
        .project_file("group/lib", "HEAD", "c.yml", "job: [\n");
    assert_snapshot!(case.check(), @r"
    error: `[` is never closed
      --> group/lib@HEAD:c.yml:1:6
      ... group/lib@HEAD:b.yml:1:11: `group/lib@HEAD:c.yml` is included here
      ... a.yml:1:38: `group/lib@HEAD:b.yml` is included here
      ... .gitlab-ci.yml:1:11: `a.yml` is included here
    ");
}

// §4.1: masked values are not shown
#[test]
fn a_masked_variable_in_an_address_is_hidden() {
    let case = case("include: ['https://example.com/$TOKEN/a.yml']\nroot: {script: x}");
    let report = case
        .project(Variable::new("TOKEN", "s3cr3t-value").masked())
        .check();
    assert_snapshot!(report, @r"
    error: the included file `https://example.com/[MASKED]/a.yml` could not be fetched: the server answers 404
      --> .gitlab-ci.yml:1:11
      gitlab: Remote file `https://example.com/[MASKED]/a.yml` could not be fetched after 1 attempts because of HTTP code `404` error!
    ");
}

// §4.1
#[test]
fn artifacts_are_for_child_pipelines() {
    let yaml = "include: [{artifact: a.yml, job: generate}]\ngenerate: {script: x}";
    assert_snapshot!(case(yaml).check(), @r"
    error: artifacts are included in child pipelines only
      --> .gitlab-ci.yml:1:12
      help: include it from a trigger job: `trigger: {include: [{artifact: …, job: …}]}`
      gitlab: Including configs from artifacts is only allowed when triggering child pipelines
    ");
}
