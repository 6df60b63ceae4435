//! Advice: the pages under `docs/warnings/` say when it is given and when it is not, and are run here.

use std::path::PathBuf;

use gantry_language::lint;
use insta::assert_snapshot;

use crate::support::{case, diagnostics};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/warnings")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{name}.md")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The examples below a heading.
fn examples(page: &str, heading: &str) -> Vec<String> {
    let after = page.split_once(heading).expect("the page has the heading").1;
    let section = after.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```yaml\n").skip(1);
    blocks
        .filter_map(|block| Some(block.split_once("```")?.0.to_owned()))
        .collect()
}

fn advice(text: &str) -> String {
    let checked = case(text).checked();
    assert!(
        checked.is_valid(),
        "{text}\n{}",
        diagnostics(&checked.sources, &checked.diagnostics)
    );
    diagnostics(&checked.sources, &checked.advice())
}

/// The names of what is said about a text.
fn said(text: &str) -> Vec<&'static str> {
    let checked = case(text).checked();
    assert!(
        checked.is_valid(),
        "{text}\n{}",
        diagnostics(&checked.sources, &checked.diagnostics)
    );
    checked.advice().iter().map(|found| found.code).collect()
}

// shows: S0-40, S0-43, S0-58, S0-66
#[test]
fn every_page_holds_its_examples() {
    for name in lint::names() {
        let page = page(name);
        let (wanted, unwanted) = (examples(&page, "\n## Said"), examples(&page, "\n## Not said"));
        assert!(
            !wanted.is_empty() && !unwanted.is_empty(),
            "{name} has examples of both kinds"
        );
        for text in wanted {
            assert!(said(&text).contains(&name), "{name} is not said of\n{text}");
        }
        for text in unwanted {
            assert_eq!(said(&text), Vec::<&str>::new(), "{name}: of\n{text}");
        }
    }
}

#[test]
fn every_page_belongs_to_a_warning_and_the_list_names_them_all() {
    let mut pages: Vec<String> = std::fs::read_dir(folder())
        .expect("there is a folder")
        .filter_map(|entry| entry.ok()?.path().file_stem()?.to_str().map(str::to_owned))
        .filter(|name| name != "README")
        .collect();
    pages.sort();
    assert_eq!(pages, lint::names().collect::<Vec<_>>());
    let list = page("README");
    for name in pages {
        assert!(list.contains(&format!("]({name}.md)")), "{name}");
    }
}

#[test]
fn advice_is_given_with_its_place_and_a_way_out() {
    let yaml = "
        default:
          before_script: ['docker login -u x -p $PASSWORD']
        backup:
          script:
            - ssh root@db 'pg_dumpall | gzip > all.gz'
        other: {script: x}
        ";
    assert_snapshot!(advice(yaml), @r#"
    warning: `docker login` gets its password as an argument, which every process can read
      --> .gitlab-ci.yml:2:19
      help: write `echo "$PASSWORD" | docker login --password-stdin …`; see docs/warnings/password-argument.md
    warning: in the script for `ssh`, a failure of `pg_dumpall` is hidden by the pipe after it
      --> .gitlab-ci.yml:5:7
      help: begin that script with `set -o pipefail;`, or do without the pipe; see docs/warnings/pipe-hides-failure.md
    "#);
}

#[test]
fn comments_silence_by_name_and_nothing_else() {
    let with =
        |line: &str, file: &str| said(&format!("{file}\na:\n  script:\n    - docker login -p x{line}\n"));
    assert_eq!(with("", ""), ["password-argument"]);
    assert_eq!(
        with("  # gantry: allow password-argument", ""),
        Vec::<&str>::new()
    );
    assert_eq!(
        with("  # gantry: allow fixed-sleep, password-argument", ""),
        Vec::<&str>::new()
    );
    assert_eq!(with("  # gantry: allow fixed-sleep", ""), ["password-argument"]);
    // A comment behind a command is about that command.
    let next = "a:\n  script:\n    - make # gantry: allow password-argument\n    - docker login -p x\n";
    assert_eq!(said(next), ["password-argument"]);
    assert_eq!(
        with("", "# gantry: allow password-argument"),
        ["password-argument"]
    );
    assert_eq!(
        with("", "# gantry: allow-in-file password-argument"),
        Vec::<&str>::new()
    );
    assert_eq!(
        with("", "# gantry: allow-in-file fixed-sleep"),
        ["password-argument"]
    );
}

#[test]
fn a_line_of_a_template_is_told_once() {
    let yaml = "
        .base: {script: [docker login -p x]}
        a: {extends: .base}
        b: {extends: .base}
        c: {extends: .base, parallel: 3}
        ";
    assert_eq!(said(yaml), ["password-argument"]);
}

#[test]
fn a_secret_is_not_repeated() {
    let report = advice("a: {script: x, variables: {API_KEY: k3yk3yk3yk3y}}");
    assert!(
        report.contains("API_KEY") && !report.contains("k3yk3yk3yk3y"),
        "{report}"
    );
}

#[test]
fn the_pipelines_of_this_repository_get_no_advice_for_nothing() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(".gitlab-ci.yml")).expect("it is there");
    assert_eq!(advice(&text), "fine");
}
