//! What is said to keywords that Gantry refuses: each is told at its place.

use gantry_language::keywords::table::{JOB, Support, TOP_LEVEL};
use insta::assert_snapshot;

use crate::support::case;

#[test]
fn a_refused_keyword_says_so() {
    assert_snapshot!(case("a: {script: x, identity: x}").check(), @r"
    error: `identity` is refused: it is of a paid tier of GitLab
      --> .gitlab-ci.yml:1:16
      help: Gantry refuses what it would not honour; docs/keywords.md lists what it does
    ");
}

/// The keyword as a job or a file would have it.
fn written(name: &str, top: bool) -> String {
    let nested = name
        .rsplit(':')
        .fold("x".to_owned(), |inner, part| format!("{{{part}: {inner}}}"));
    let inner = &nested[1..nested.len() - 1];
    match name {
        _ if top => format!("{inner}\na: {{script: x}}"),
        "run" => "a: {run: [{name: x, script: y}]}".to_owned(),
        _ => format!("a: {{script: x, {inner}}}"),
    }
}

#[test]
fn every_refused_keyword_of_the_table_is_refused() {
    let refused = |keyword: &&gantry_language::keywords::table::Keyword| keyword.support == Support::Refused;
    for (keyword, top) in TOP_LEVEL
        .iter()
        .filter(refused)
        .map(|keyword| (keyword, true))
        .chain(JOB.iter().filter(refused).map(|keyword| (keyword, false)))
    {
        let report = case(&written(keyword.name, top)).check();
        let said = format!("`{}` is refused", keyword.name);
        assert!(report.contains(&said), "{}: {report}", keyword.name);
    }
}

// What is left to refuse is of a paid tier, or may still change.
#[test]
fn nothing_else_is_refused() {
    let refused = TOP_LEVEL.iter().chain(JOB);
    let refused = refused.filter(|keyword| keyword.support == Support::Refused);
    let names: Vec<_> = refused.map(|keyword| keyword.name).collect();
    assert_eq!(names, ["dast_configuration", "identity", "run"]);
}
