//! The configuration as one file: what it looks like, and that it means the same.

use std::collections::HashSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gantry_language::compile::Checked;
use gantry_language::event::Source;
use gantry_language::variables::Variable;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::support::{Case, case, diagnostics};

fn told(checked: &Checked) -> String {
    diagnostics(&checked.sources, &checked.diagnostics)
}

fn alone(case: &Case) -> String {
    let checked = case.checked();
    let alone = checked
        .standalone()
        .unwrap_or_else(|| panic!("{}", told(&checked)));
    alone.yaml(false)
}

/// Templates in another file, with inputs; defaults, references, and keys that take something away again.
fn template_and_jobs() -> Case {
    let template = "
        spec: {inputs: {version: {default: '1.10'}}}
        ---
        default:
          image: alpine:$[[ inputs.version ]]
          before_script: [prepare]
          tags: [shell]
        .compiled:
          script:
            - make
            - make check
          variables: {LEVEL: 2, MODE: 0755}
          cache: {key: c, paths: [target]}
        ";
    case(
        "
        include: {local: ci/base.yml, inputs: {version: '3.20'}}
        stages: [build, [test]]
        services: [db]
        variables: {WHO: world}
        build:
          extends: .compiled
          stage: build
          cache: ~
          image: ~
          script:
            - !reference [.compiled, script]
            - |
              echo hello
              echo $WHO
        test:
          stage: test
          extends: .compiled
          needs: [build]
          inherit: {default: [image], variables: [WHO]}
          parallel: {matrix: [{V: [0755, 'yes']}]}
          rules: [[{if: $CI_COMMIT_TAG}], {when: manual}]
        ",
    )
    .file("ci/base.yml", template)
}

#[test]
fn templates_defaults_and_references_are_in_the_jobs() {
    insta::assert_snapshot!(alone(&template_and_jobs()), @r"
    stages:
      - build
      - test

    variables:
      WHO: world

    build:
      script:
        - make
        - make check
        - |
          echo hello
          echo $WHO
      variables:
        LEVEL: 2
        MODE: 493
      stage: build
      before_script:
        - prepare
      image: alpine:3.20
      services:
        - db
      tags:
        - shell

    test:
      script:
        - make
        - make check
      variables:
        LEVEL: 2
        MODE: 493
      cache:
        key: c
        paths:
          - target
      stage: test
      needs:
        - build
      inherit:
        variables:
          - WHO
      parallel:
        matrix:
          - V:
              - 493
              - 'yes'
      rules:
        - if: $CI_COMMIT_TAG
        - when: manual
      image: alpine:3.20
    ");
}

#[test]
fn origins_are_the_places_in_the_files() {
    let case = template_and_jobs();
    let checked = case.checked();
    let alone = checked
        .standalone()
        .unwrap_or_else(|| panic!("{}", told(&checked)));
    let one = alone.only(&HashSet::from(["build".to_owned()]));
    insta::assert_snapshot!(one.yaml(true), @r"
    stages: # from .gitlab-ci.yml:2
      - build # from .gitlab-ci.yml:2
      - test # from .gitlab-ci.yml:2

    variables: # from .gitlab-ci.yml:4
      WHO: world # from .gitlab-ci.yml:4

    build: # from .gitlab-ci.yml:5
      script: # from .gitlab-ci.yml:10
        - make # from ci/base.yml:9
        - make check # from ci/base.yml:10
        - | # from .gitlab-ci.yml:13
          echo hello
          echo $WHO
      variables: # from ci/base.yml:11
        LEVEL: 2 # from ci/base.yml:11
        MODE: 493 # from ci/base.yml:11
      stage: build # from .gitlab-ci.yml:7
      before_script: # from ci/base.yml:5
        - prepare # from ci/base.yml:5
      image: alpine:3.20 # from ci/base.yml:4
      services: # from .gitlab-ci.yml:3
        - db # from .gitlab-ci.yml:3
      tags: # from ci/base.yml:6
        - shell # from ci/base.yml:6
    ");
    let origins = one.origins();
    let of = |path: &[&str]| {
        let found = origins.iter().find(|origin| origin.path == path);
        found.map(|origin| origin.place.to_string())
    };
    assert_eq!(of(&["build", "script", "1"]).as_deref(), Some("ci/base.yml:10:7"));
    assert_eq!(of(&["build", "image"]).as_deref(), Some("ci/base.yml:4:3"));
    assert_eq!(of(&["build", "script", "2", "0"]), None);
}

#[test]
fn some_jobs_and_those_they_name() {
    let case = case("
        stages: [build, test, deploy]
        .t: {script: x}
        gen: {stage: build, script: x}
        build: {stage: build, script: x, parallel: {matrix: [{A: [1, 2]}]}}
        unit: {stage: test, script: x, needs: [{job: build, parallel: {matrix: [{A: 1}]}}], dependencies: ['build: [1]']}
        each: {stage: test, script: x, parallel: {matrix: [{A: [1, 2]}]}, needs: ['build: [$[[ matrix.A ]]]']}
        none: {script: x, parallel: {matrix: []}}
        other: {script: x, needs: ['build: [2]', none], rules: [{if: $A, needs: [[gen]]}, {when: always}]}
        review: {stage: deploy, script: x, environment: {name: r, on_stop: stop}}
        stop: {stage: deploy, script: x, when: manual, environment: {name: r, action: stop}}
        child: {stage: deploy, trigger: {include: [{artifact: c.yml, job: gen}]}}
        far: {script: x, needs: [{project: a/b, job: unit, ref: main, artifacts: true}]}
        ");
    let checked = case.checked();
    let alone = checked
        .standalone()
        .unwrap_or_else(|| panic!("{}", told(&checked)));
    for (job, expected) in [
        ("unit", vec!["build"]),
        ("each", vec!["build"]),
        ("other", vec!["build", "none", "gen"]),
        ("review", vec!["stop"]),
        ("child", vec!["gen"]),
        ("far", vec![]),
        ("no such job", vec![]),
    ] {
        let names: Vec<&str> = alone.referred_to(job).into_iter().collect();
        assert_eq!(names, expected, "{job}");
    }
    assert_eq!(alone.job("build: [2]"), Some("build"));
    assert_eq!(alone.job("build: [3]"), None);
    assert!(alone.has_template(".t") && !alone.has_template(".u") && !alone.has_template("gen"));
    let some = alone.only(&HashSet::from(
        ["unit", "build", "no such job"].map(str::to_owned),
    ));
    assert_eq!(some.jobs().collect::<Vec<_>>(), ["build", "unit"]);
    assert!(crate::support::case(&some.yaml(false)).checked().is_valid());
}

#[test]
fn a_configuration_with_mistakes_is_not_written() {
    assert!(case("job: {scirpt: x}").checked().standalone().is_none());
}

// Without a value the key still takes away the `only` that every other job has.
#[test]
fn rules_without_a_value_stay() {
    let yaml = "a: {script: x, rules: ~}\nb: {script: x}";
    assert!(alone(&case(yaml)).contains("rules: null"));
    let plan = case(yaml).merge_request("topic", "main").plan();
    assert_eq!(
        plan,
        "test: a\n- b: it is for branches and tags only, and this is neither"
    );
}

/// Each event gives the same plan: the comparison is in `Case`, as for every other test of this folder.
fn same_for_all_events(yaml: &str, files: &[(&str, String)]) {
    let case = || {
        let with_files = files
            .iter()
            .fold(case(yaml), |case, (path, text)| case.file(path, text));
        with_files
            .files(["src/main.rs", "Dockerfile"])
            .project(Variable::new("TOKEN", "a secret value").masked())
    };
    for case in [
        case().push("main"),
        case()
            .push("topic")
            .changed(["src/main.rs"])
            .variable("B", "given"),
        case().tag("v1.0.0"),
        case().merge_request("topic", "main").changed([]),
        case().from(Source::Schedule),
        case().from(Source::Web),
        case().from(Source::Trigger),
    ] {
        let _ = case.plan();
    }
}

/// All pipelines of this repository.
#[test]
fn the_files_of_this_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    for folder in [".", "examples", "stacks"] {
        pipelines(&root.join(folder), folder == ".", &mut found);
    }
    assert!(found.len() >= 14, "{found:?}");
    for path in found {
        let folder = path.parent().expect("a file is in a folder");
        let mut files = Vec::new();
        texts(folder, folder, &mut files);
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (path.as_str(), text.clone()))
            .collect();
        let text = fs::read_to_string(&path).expect("it can be read");
        assert!(
            files
                .iter()
                .fold(case(&text), |case, (path, text)| case.file(path, text))
                .checked()
                .is_valid(),
            "{}",
            path.display()
        );
        same_for_all_events(&text, &files);
    }
}

fn pipelines(folder: &Path, is_flat: bool, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() && !is_flat {
            pipelines(&path, false, found);
        } else if entry.file_name() == ".gitlab-ci.yml" {
            found.push(path);
        }
    }
}

/// The files that a pipeline can include.
fn texts(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("it is a folder").flatten() {
        let path = entry.path();
        let is_ours = !["target", ".git", "crates"]
            .iter()
            .any(|name| entry.file_name() == *name);
        if path.is_dir() && is_ours {
            texts(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            let name = path
                .strip_prefix(root)
                .expect("it is below")
                .display()
                .to_string();
            files.push((name, fs::read_to_string(&path).expect("it can be read")));
        }
    }
}

const HEADS: &[&str] = &[
    "stages: [build, [test, deploy], test]",
    "workflow: {name: 'p $A', rules: [{if: $CI_COMMIT_TAG, variables: {A: tag}}, {when: always}]}",
    "workflow: {rules: ~}",
    "workflow: {rules: [[{if: '$B == \"given\"', when: never}], [[{when: always}]]]}",
    "workflow: {auto_cancel: {on_job_failure: all}}",
    "variables: {A: yes, B: 0755, C: {value: '$A', expand: false}, D: ~, E: 1e3, F: '1e3', 1: one}",
    "variables: {A: {value: x, options: [x, 'y'], description: 'a: b # c'}, B: .inf, C: -0.0, D: 22:22, E: :sym}",
];

const DEFAULTS: &[&str] = &[
    "image: alpine",
    "image: {name: '$A', entrypoint: ['']}",
    "tags: [shell, '$B']",
    "before_script: [[one], [[two]]]",
    "after_script: \"a\\tb\\n\\n\"",
    "retry: {max: 1, when: [script_failure]}",
    "cache: [[{key: {files: [a.lock]}, paths: [p]}], {key: k}]",
    "artifacts: {paths: [out], reports: {junit: r.xml}}",
    "interruptible: true",
    "timeout: 1h",
    "hooks: {pre_get_sources_script: [[a], b]}",
    "id_tokens: {T: {aud: x}}",
    "services: [~, [db], {name: x, variables: {Y: 1}}]",
];

const KEYWORDS: &[&str] = &[
    "extends: .t",
    "extends: [.u, .t]",
    "inherit: {default: false}",
    "inherit: {default: [image, cache], variables: [A]}",
    "inherit: {variables: false}",
    "image: ~",
    "tags: []",
    "tags: ~",
    "before_script: []",
    "cache: ~",
    "cache: []",
    "stage: build",
    "when: manual",
    "allow_failure: {exit_codes: [3]}",
    "variables: {A: no, M: \"a\\n  b\\n\", N: ' x', O: {value: 1.10}}",
    "rules: ~",
    "rules: [{if: $CI_COMMIT_TAG, variables: {A: 1, R: r}, needs: []}, {changes: ['src/**/*'], when: manual}]",
    "rules: [[{exists: [Dockerfile]}], [[{if: $B, allow_failure: true}]]]",
    "only: [tags, /^to/]",
    "except: {variables: [$B]}",
    "needs: []",
    "needs: [[{job: z, optional: true}]]",
    "needs: [{job: y, artifacts: false}, z]",
    "dependencies: []",
    "parallel: 2",
    "parallel: {matrix: [{X: [010, 'yes'], Y: a}, {1: [b], X: c}]}",
    "environment: {name: 'review/$A', url: 'https://$A.example.com'}",
    "resource_group: 'g/$A'",
    "services: ~",
    "script: !reference [.t, script]",
    "script: [!reference [.t, script], [!reference [.u, before_script]], \"- x: y\"]",
    "script: \"if true\\nthen\\n\\tx\\nfi\\n\"",
    "coverage: '/a: (\\d+)/'",
    "release: {tag_name: $CI_COMMIT_TAG, description: \"a\\n b\"}",
    "pages: {publish: p}",
    "retry: 2",
    "timeout: 90 minutes",
    "interruptible: ~",
    "artifacts: {when: always, paths: ['a b', '*.x'], expire_in: never}",
    "hooks: ~",
];

prop_compose! {
    /// The entries of a file: some of what could stand at the top, a default, two templates and some jobs.
    fn configurations()(
        head in subsequence(HEADS, 0..3),
        defaults in subsequence(DEFAULTS, 0..5),
        legacy in select(&["", "image: old", "before_script: [old]", "cache: {paths: [old]}"][..]),
        templates in (subsequence(KEYWORDS, 0..3), subsequence(KEYWORDS, 0..3)),
        jobs in vec(subsequence(KEYWORDS, 0..5), 1..4),
        included in any::<bool>(),
    ) -> (String, Vec<(&'static str, String)>) {
        let mut below = String::new();
        let mut line = |text: &str| writeln!(below, "{text}").expect("a string takes it");
        line(&format!("default: {{{}}}", defaults.join(", ")));
        line(&format!(".t: {{script: [a, [b]], {}}}", templates.0.join(", ")));
        line(&format!(".u: {{before_script: ['$[[ inputs.x ]]'], {}}}", templates.1.join(", ")));
        let mut top = format!("{}\n{legacy}\n", head.join("\n"));
        for (name, keywords) in ["job", "on: [x]", "y"].iter().zip(&jobs) {
            writeln!(top, "\"{name}\": {{script: x, {}}}", keywords.join(", ")).expect("a string takes it");
        }
        top.push_str("z: {stage: build, script: z}\n'y ': {trigger: {project: a/b}, interruptible: ~}\n");
        if !included {
            return (top + &below, Vec::new());
        }
        let header = "spec: {inputs: {x: {default: 'yes'}}}\n---\n";
        (format!("include: a.yml\n{top}"), vec![("a.yml", format!("{header}{below}"))])
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 100,
        max_global_rejects: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_configuration_compiles_to_the_same_plans((yaml, files) in configurations()) {
        let checked = files.iter().fold(case(&yaml), |case, (path, text)| case.file(path, text)).checked();
        prop_assume!(checked.is_valid());
        same_for_all_events(&yaml, &files);
    }
}
