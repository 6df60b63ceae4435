//! Things that are commonly got wrong on the way from files to one configuration: documents, includes, merging,
//! references.

use insta::assert_snapshot;

use crate::support::case;

// §1.1: three dashes in the first column begin a document, also inside a block scalar
#[test]
fn three_dashes_end_a_script() {
    assert_snapshot!(case("a:\n  script: |\n    one\n---\n    two\n").check(), @r"
    error: a configuration is one document, this is a second one
      --> .gitlab-ci.yml:5:5
      ... .gitlab-ci.yml:1:1: the first one begins here
      help: remove the `---` or `...`; GitLab would read only one of the two and say nothing
    ");
}

// §1.1: a marker before the header is none between documents
#[test]
fn a_marker_before_the_header_is_no_document() {
    let yaml = "---\n# what it takes\nspec: {inputs: {x: {default: v}}}\n---\na: {script: '$[[ inputs.x ]]'}";
    assert_snapshot!(case(yaml).job("a"), @r#"script: ["v"]"#);
    assert_snapshot!(case(&format!("{yaml}\n---\nb: {{script: x}}")).check(), @r"
    error: below a header stands one document, this is a second one
      --> .gitlab-ci.yml:7:1
      ... .gitlab-ci.yml:5:1: the first one begins here
      help: remove the `---` or `...`; GitLab would read only one of the two and say nothing
    ");
}

// §1.2: unknown tags are nothing, and a key is no place for a reference
#[test]
fn tags_of_other_programs_are_dropped() {
    assert_snapshot!(case("a: !job {script: !shell echo}").job("a"), @r#"script: ["echo"]"#);
    assert_snapshot!(case("a: {script: x}\n? !reference [a, script]\n: {script: y}").check(), @r"
    error: a key cannot be a `!reference`
      --> .gitlab-ci.yml:2:3
    ");
}

// §1.2: `:manual` is a symbol, and hardly any keyword takes one
#[test]
fn a_colon_before_a_word_is_part_of_its_type() {
    assert_snapshot!(case("a: {script: x, when: :manual}").check(), @r"
    error: `when` takes one of `on_success`, `on_failure`, `always`, `manual` or `delayed`, not a symbol
      --> .gitlab-ci.yml:1:22
      gitlab: jobs:a when should be one of: on_success, on_failure, always, manual, delayed
    ");
    assert_snapshot!(case("a: {script: x, cache: {key: :k, paths: [p]}}").job("a"), @r#"
    cache: [{"key":{"text":"k"},"paths":["p"],"policy":"pull-push","when":"on_success"}]
    script: ["x"]
    "#);
}

// §1.3: what has become of older keywords, and mappings that look like jobs
#[test]
fn keywords_are_no_jobs() {
    let yaml = "
        types: [build]
        workflow: {script: x}
        before_script: {script: x}
        a: {script: x, type: build}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `types` is no keyword, and a list is no job
      --> .gitlab-ci.yml:1:1
      help: write `types: {script: […]}`, or begin the name with `.` for a template
      gitlab: jobs types config should implement the script:, run:, or trigger: keyword
    error: `workflow` has no key `script`
      --> .gitlab-ci.yml:2:12
      help: `workflow` takes `name`, `rules` or `auto_cancel`
      gitlab: workflow config contains unknown keys: script
    error: `before_script` takes a string or a list of strings, not a mapping
      --> .gitlab-ci.yml:3:16
      gitlab: default:before_script config should be a string or a nested array of strings up to 10 levels deep
    error: `type` is no keyword of a job
      --> .gitlab-ci.yml:4:16
      gitlab: jobs:a config contains unknown keys: type
    ");
}

// §2.31, §16.20: without `stages` there is a `test`, with them only where they say so
#[test]
fn a_job_without_a_stage_needs_one_called_test() {
    assert_snapshot!(case("stages: [lint, ship]\na: {script: x}").check(), @r"
    error: job `a` is in stage `test`, which is not defined
      --> .gitlab-ci.yml:2:1
      help: give it a `stage`, one of: .pre, lint, ship, .post
      gitlab: a job: chosen stage test does not exist; available stages are .pre, lint, ship, .post
    ");
    assert_snapshot!(case("stages: [lint, test]\na: {script: x}").plan(), @"test: a");
}

// §2.31: wherever `.pre` and `.post` are written
#[test]
fn the_first_and_the_last_stage_cannot_be_moved() {
    let yaml = "
        stages: [.post, b, .pre, a]
        first: {stage: .pre, script: x}
        last: {stage: .post, script: x}
        one: {stage: b, script: x}
        two: {stage: a, script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @r"
    .pre: first
    b: one
    a: two
    .post: last
    ");
}

// §3.2: whatever is not null is a value of the job's own
#[test]
fn empty_values_outrank_defaults() {
    let yaml = "
        default:
          interruptible: true
          before_script: [x]
          artifacts: {paths: [a]}
          cache: {paths: [c]}
          tags: [t]
          retry: 1
        a: {script: x, interruptible: false, before_script: '', artifacts: {}, cache: {}, tags: [], retry: 0}
        ";
    assert_snapshot!(case(yaml).job("a"), @r#"
    interruptible: false
    retry: {"max":0,"when":["always"]}
    artifacts: {"when":"on_success"}
    before_script: [""]
    cache: [{"key":{"text":"default"},"policy":"pull-push","when":"on_success"}]
    script: ["x"]
    "#);
}

// §4.2: a file that the rules leave out is not looked for
#[test]
fn rules_are_asked_before_a_file_is_fetched() {
    let yaml = "
        include:
          - {local: missing.yml, rules: [{if: $NOPE}]}
          - {remote: 'https://example.com/missing.yml', rules: [{when: never}]}
          - {project: nobody/knows, file: it.yml, rules: [{exists: [nowhere]}]}
        a: {script: x}
        ";
    assert_snapshot!(case(yaml).plan(), @"test: a");
}

// §4.2, §16.84: a template belongs to no project either
#[test]
fn a_template_has_no_local_files() {
    let case = case("include: [{template: A.gitlab-ci.yml}]\na: {script: x}");
    let case = case
        .template("A.gitlab-ci.yml", "include: [b.yml]")
        .file("b.yml", "b: {script: x}");
    assert_snapshot!(case.check(), @r"
    error: `b.yml` is a local file of no project: `A.gitlab-ci.yml` belongs to none
      --> A.gitlab-ci.yml:1:11
      ... .gitlab-ci.yml:1:22: `A.gitlab-ci.yml` is included here
      help: include it by its `remote` address, or from a `project`
      gitlab: Local file `b.yml` does not have project!
    ");
}

// §4.5: `changes` decides about files, and only these words for `when`
#[test]
fn an_include_may_follow_what_changed() {
    let with = |rule: &str| {
        case(&format!(
            "include: [{{local: a.yml, rules: [{rule}]}}]\nroot: {{script: x}}"
        ))
        .file("a.yml", "a: {script: x}")
        .changed(["docs/a"])
    };
    assert_snapshot!(with("{changes: ['docs/*']}").plan(), @r"
    test: a
    test: root
    ");
    assert_snapshot!(with("{changes: ['src/*']}").plan(), @"test: root");
    assert_snapshot!(with("{if: $A, when: on_success}").check(), @r"
    error: `when` cannot be `on_success`
      --> .gitlab-ci.yml:1:49
      help: use one of `always` or `never`
      gitlab: include:rules:rule when should be one of: always, never
    ");
}

// §4.7: null takes a keyword away, and keys stay where the included file has them
#[test]
fn an_included_key_can_be_emptied_and_keeps_its_place() {
    let case = || {
        case("include: a.yml\nb: {script: x}\na: {script: x, image: ~}")
            .file("a.yml", "a: {image: i, variables: {A: 1}}")
    };
    assert_snapshot!(case().job("a"), @r#"script: ["x"]"#);
    assert_snapshot!(case().plan(), @r"
    test: a
    test: b
    ");
}

// §7.1: values of one file's inputs do not reach another
#[test]
fn inputs_end_with_their_file() {
    let header = "spec: {inputs: {file: {default: a}}}\n---\n";
    let outer = |include: &str| {
        case(&format!(
            "{header}include: ['{include}.yml']\nroot: {{script: '$[[ inputs.file ]]'}}"
        ))
        .file("a.yml", "a: {script: 'echo $[[ inputs.file ]]'}")
        .file("chosen.yml", "include: ['$[[ inputs.file ]].yml']")
    };
    assert_snapshot!(outer("$[[ inputs.file ]]").job("a"), @r#"script: ["echo $[[ inputs.file ]]"]"#);
    assert_snapshot!(outer("chosen").check(), @r"
    error: the included file `$[[ inputs.file ]].yml` does not exist
      --> chosen.yml:1:11
      ... .gitlab-ci.yml:3:11: `chosen.yml` is included here
      gitlab: Local file `$[[ inputs.file ]].yml` does not exist!
    ");
}

// §7.1: a reference is resolved before there are instances
#[test]
fn a_reference_sees_no_values_of_a_matrix() {
    let yaml = "
        a: {script: x, variables: {OWN: o}, parallel: {matrix: [{OS: [linux]}]}}
        b: {script: x, variables: !reference [a, variables]}
        c: {script: x, variables: {OS: !reference [a, variables, OS]}}
        ";
    assert_snapshot!(case(yaml).check(), @r#"
    error: `!reference [a, variables, OS]` finds nothing
      --> .gitlab-ci.yml:3:32
      gitlab: !reference ["a", "variables", "OS"] could not be found
    "#);
}

// §7.2: where a list of a reference is taken apart, and where it is a list in a list
#[test]
fn lists_of_references_are_flat_in_some_places_only() {
    let yaml = "
        .l: {list: [a], caches: [{key: k, paths: [p]}]}
        a: {script: x, cache: [!reference [.l, caches], {key: own, paths: [o]}]}
        b: {script: x, only: [!reference [.l, list]]}
        c: {script: x, dependencies: [!reference [.l, list]]}
        d: {script: x, artifacts: {paths: [!reference [.l, list]]}}
        ";
    assert_snapshot!(case(yaml).check(), @r"
    error: `only` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:1:12
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:b:only config should be an array of strings
    error: `dependencies` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:1:12
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:c dependencies config should be an array of strings
    error: `paths` is a flat list, and this is a list in it
      --> .gitlab-ci.yml:1:12
      help: `!reference` puts its items into lists of commands, `rules`, `stages`, `needs`, `services` and `cache` only
      gitlab: jobs:d:artifacts paths config should be an array of strings
    ");
}

// §18.29: a child's files are only looked at when it is made
#[test]
fn the_name_of_a_childs_file_is_not_checked() {
    assert_snapshot!(case("a: {trigger: {include: [{local: child.txt}]}}").plan(), @"test: a");
}
