//! Inputs that ask for more than anybody means: each meets a limit with its place, and costs little until then.
//!
//! Limits of YAML itself are shown in the crate that reads it, those of a single keyword beside it.

use insta::assert_snapshot;

use crate::support::{Case, case};

/// A header with these inputs above a document.
fn with_inputs(inputs: &str, document: &str) -> Case {
    case(&format!("spec: {{inputs: {{{inputs}}}}}\n---\n{document}"))
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

// §15
#[test]
fn a_file_of_two_mebibytes_is_read_and_a_larger_one_is_not() {
    let of = |bytes: usize| {
        let job = "a: {script: x}\n";
        case(&format!("{job}#{}", "x".repeat(bytes - job.len() - 1))).check()
    };
    assert_eq!(of(2 << 20), "fine");
    assert_snapshot!(of((2 << 20) + 1), @r"
    error: the text has 2097153 bytes, the limit is 2097152
      --> .gitlab-ci.yml:1:1
      help: move parts into files and `include` them
      gitlab: The provided YAML is too big
    ");
}

// §15: counted one by one, however they are nested
#[test]
fn a_hundred_and_fifty_files_are_included() {
    let flat = |count: usize| {
        let includes = list(count, |_| "a.yml".to_owned());
        case(&format!("include: [{includes}]\nroot: {{script: x}}")).file("a.yml", "a: {script: x}")
    };
    assert_eq!(flat(150).check(), "fine");
    assert!(flat(151).check().contains("more than 150 files are included"));
    let nested = |depth: usize| {
        let case = case("include: f1.yml\nroot: {script: x}");
        (1..=depth).fold(case, |case, n| {
            case.file(&format!("f{n}.yml"), &format!("include: f{}.yml", n + 1))
        })
    };
    let last = |depth: usize| nested(depth).file(&format!("f{}.yml", depth + 1), "last: {script: x}");
    assert_eq!(last(149).check(), "fine");
    assert!(last(150).check().contains("more than 150 files are included"));
}

// A file that includes all files, itself among them, in each of them.
#[test]
fn a_bomb_of_wildcards() {
    let bomb = (0..200).fold(case("include: '*.yml'\na: {script: x}"), |case, n| {
        case.file(&format!("f{n}.yml"), "include: '*.yml'")
    });
    let report = bomb.check();
    assert_eq!(
        report.matches("more than 150 files are included").count(),
        1,
        "{report}"
    );
}

// A product that no number can hold.
#[test]
fn a_bomb_of_a_matrix() {
    let matrix = |columns: usize| {
        let columns = list(columns, |n| format!("K{n}: [x, y]"));
        case(&format!(
            "a: {{script: x, parallel: {{matrix: [{{{columns}}}]}}}}"
        ))
        .check()
    };
    assert_eq!(matrix(7), "fine");
    for columns in [8, 64, 1000] {
        assert!(
            matrix(columns).contains("this matrix makes more than 200 jobs"),
            "{columns}"
        );
    }
}

// §15
#[test]
fn an_expression_has_at_most_99_tokens() {
    let check = |expression: &str| {
        case(&format!(
            "a: {{script: x, rules: [{{if: '{expression}'}}]}}\nb: {{script: x}}"
        ))
        .check()
    };
    assert_eq!(check(&["$A"; 50].join(" || ")), "fine");
    assert!(check(&["$A"; 51].join(" || ")).contains("more than 99 tokens"));
    let deep = |depth: usize| format!("{}$A{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(check(&deep(49)), "fine");
    assert!(check(&deep(100_000)).contains("more than 99 tokens"));
}

// What is small when it is written can be large when it is compiled, or deep.
#[test]
fn a_bomb_of_a_regular_expression() {
    let check = |body: &str| {
        case(&format!(
            "a: {{script: x, rules: [{{if: '$A =~ /{body}/'}}]}}\nb: {{script: x}}"
        ))
        .check()
    };
    assert!(check("((a{30}){30}){30}").contains("repeats more than 1000 times"));
    assert!(check(&r"[\pL\pN]{1000}".repeat(3)).contains("takes more than 8 MiB"));
    let deep = format!("{}ab{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(check(&deep).contains("nested"));
}

// §15
#[test]
fn a_list_of_paths_is_short() {
    let check = |clause: &str, count: usize| {
        let paths = list(count, |n| format!("f{n}"));
        case(&format!(
            "a: {{script: x, rules: [{{{clause}: [{paths}]}}]}}\nb: {{script: x}}"
        ))
        .check()
    };
    for clause in ["changes", "exists"] {
        assert_eq!(check(clause, 50), "fine");
        assert!(check(clause, 51).contains("at most 50 are allowed"), "{clause}");
    }
}

// §15: a pipeline's name, an input's options, what a header says of itself
#[test]
fn texts_and_lists_with_an_end() {
    let name = |length: usize| {
        case(&format!(
            "workflow: {{name: {}}}\na: {{script: x}}",
            "n".repeat(length)
        ))
        .check()
    };
    assert_eq!(name(255), "fine");
    assert!(name(256).contains("longer than 255 characters"));
    let options = |count: usize| {
        let options = list(count, |n| format!("'{n}'"));
        with_inputs(
            &format!("v: {{options: [{options}], default: '0'}}"),
            "a: {script: x}",
        )
        .check()
    };
    assert_eq!(options(50), "fine");
    assert!(options(51).contains("an input has at most 50 options"));
    let description = |length: usize| {
        case(&format!(
            "spec: {{description: {}}}\n---\na: {{script: x}}",
            "d".repeat(length)
        ))
        .check()
    };
    assert_eq!(description(256), "fine");
    assert!(description(257).contains("longer than 256 characters"));
}

// §4.9, §15
#[test]
fn a_document_has_so_many_blocks_and_parts() {
    let blocks = |count: usize| {
        let items = list(count, |n| format!("'$[[ inputs.v | truncate(0,{n}) ]]'"));
        with_inputs("v: {default: x}", &format!("a: {{script: [{items}]}}")).check()
    };
    assert_eq!(blocks(10_000), "fine");
    assert!(blocks(10_001).contains("too many interpolation blocks"));
    let parts = |count: usize| {
        let items = vec!["x"; count].join(",");
        with_inputs("v: {default: x}", &format!("a: {{script: [{items}]}}")).check()
    };
    assert_eq!(parts(499_996), "fine");
    assert!(parts(500_000).contains("config too large"));
}

// §4.9, §15: a text is bounded before values are put into it and behind
#[test]
fn a_text_with_inputs_is_bounded() {
    let check = |value: usize, repeats: usize, rest: usize| {
        let text = "$[[ inputs.v ]]".repeat(repeats) + &"r".repeat(rest);
        with_inputs(
            &format!("v: {{default: {}}}", "v".repeat(value)),
            &format!("a: {{script: '{text}'}}"),
        )
        .check()
    };
    assert_eq!(check(10, 1, 1000), "fine");
    assert!(check(1, 1, 1 << 20).contains("config node too large"));
    assert_eq!(check(1 << 10, 1024, 0), "fine");
    assert!(check(1 << 10, 1025, 0).contains("config node too large"));
}

// Each text is short enough, and there are many.
#[test]
fn a_bomb_of_values() {
    let items = vec!["' $[[ inputs.v ]]'"; 100].join(",");
    let document = format!("a: {{script: [{items}]}}");
    let of = |bytes: usize| with_inputs(&format!("v: {{default: {}}}", "v".repeat(bytes)), &document).check();
    assert_eq!(of(1000), "fine");
    assert!(of(1 << 19).contains("come to too much text"));
}

// An array in the place of an item becomes items, and so does the next one.
#[test]
fn a_bomb_of_arrays() {
    let array = vec!["x"; 1000].join(",");
    let items = vec!["'$[[ inputs.v ]]'"; 1000].join(",");
    let report = with_inputs(
        &format!("v: {{type: array, default: [{array}]}}"),
        &format!("a: {{script: [{items}]}}"),
    )
    .check();
    assert!(report.contains("config too large"), "{report}");
}

// Values that double in each file that hands them on.
#[test]
fn a_bomb_of_inputs_that_double() {
    let header = "spec: {inputs: {v: }}\n---\n";
    let bomb = (0..100).fold(
        case("include: [{local: f0.yml, inputs: {v: x}}]\na: {script: x}"),
        |case, n| {
            let include = format!(
                "include: [{{local: f{}.yml, inputs: {{v: '$[[ inputs.v ]]$[[ inputs.v ]]'}}}}]",
                n + 1
            );
            case.file(&format!("f{n}.yml"), &format!("{header}{include}"))
        },
    );
    let report = bomb
        .file("f100.yml", &format!("{header}b: {{script: x}}"))
        .check();
    assert!(report.contains("config node too large"), "{report}");
}

// One long value that a text refers to again and again.
#[test]
fn a_bomb_of_references_to_a_variable() {
    let bomb = |keyword: &str| {
        let text = "$LONG".repeat(10_000);
        let yaml = format!(
            "a: {{script: x, variables: {{LONG: {}}}, {}}}",
            "x".repeat(100_000),
            keyword.replace('?', &text)
        );
        case(&yaml).planned_job("a")
    };
    let most = 4 << 20;
    let job = bomb("environment: '?', resource_group: '?', tags: ['?']");
    let names = [
        job.environment.expect("it has one").expanded_name,
        job.resource_group.expect("it has one"),
        job.tags[0].clone(),
    ];
    for name in names {
        assert!(
            name.len() > 1 << 20 && name.len() < most + 50_000,
            "{} bytes",
            name.len()
        );
    }
}

// Each job takes a copy of what stands at the top once, and there are many jobs.
#[test]
fn a_bomb_of_what_jobs_inherit() {
    let long = "x".repeat(1_000_000);
    let jobs = |count: usize| {
        (0..count)
            .map(|n| format!("j{n}: {{script: x}}\n"))
            .collect::<String>()
    };
    for top in [
        format!("variables: {{A: {long}}}"),
        format!("default: {{before_script: {long}}}"),
        format!("before_script: [{long}]"),
        format!("workflow: {{rules: [{{if: $A, variables: {{A: {long}}}}}]}}"),
    ] {
        let kind: String = top.chars().take_while(char::is_ascii_alphabetic).collect();
        assert_eq!(case(&format!("{top}\n{}", jobs(10))).check(), "fine", "{kind}");
        let report = case(&format!("{top}\n{}", jobs(1100))).check();
        assert!(
            report.contains("the jobs unfold to more than 1024 MiB"),
            "{kind}: {report}"
        );
    }
    let parallel = format!(".t: {{script: {long}}}\n")
        + &(0..6)
            .map(|n| format!("j{n}: {{extends: .t, parallel: 200}}\n"))
            .collect::<String>();
    assert!(
        case(&parallel)
            .check()
            .contains("the jobs unfold to more than 1024 MiB")
    );
}

// Values from outside, which every job looks at.
#[test]
fn a_bomb_of_values_that_rules_ask_for() {
    let rules = list(20, |_| "{if: $LONG == 'x'}".to_owned());
    let jobs = |count: usize| {
        (0..count)
            .map(|n| format!("j{n}: {{extends: .t}}\n"))
            .collect::<String>()
    };
    let plan = |count: usize| {
        case(&format!(
            ".t: {{script: x, rules: [{rules}]}}\nother: {{script: x}}\n{}",
            jobs(count)
        ))
        .variable("LONG", &"x".repeat(100_000))
        .plan()
    };
    assert!(plan(10).starts_with("test: other"));
    assert_snapshot!(plan(50), @r"
    error: the values that jobs and their rules ask for come to more than 64 MiB
      --> .gitlab-ci.yml:36:1
    ");
}
