//! What is said to keywords that are not supported yet: each is refused at its place.

use gantry_language::keywords::table::{JOB, Support, TOP_LEVEL};
use insta::assert_snapshot;

use crate::support::case;

#[test]
fn a_refused_keyword_says_so() {
    assert_snapshot!(case("a: {trigger: {include: [{project: x}]}}").check(), @r"
    error: `trigger:include:project` is not supported yet
      --> .gitlab-ci.yml:1:26
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
        "trigger:include:component"
        | "trigger:include:inputs"
        | "trigger:include:project"
        | "trigger:include:remote"
        | "trigger:include:rules"
        | "trigger:include:template" => {
            let key = name.rsplit(':').next().unwrap_or_default();
            format!("a: {{trigger: {{include: [{{{key}: x}}]}}}}")
        }
        _ if top => format!("{inner}\na: {{script: x}}"),
        "run" => "a: {run: [{name: x, script: y}]}".to_owned(),
        "trigger:inputs" => format!("a: {{{inner}}}"),
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
        let said = ["is not supported yet", "is refused"].map(|words| format!("`{}` {words}", keyword.name));
        assert!(
            said.iter().any(|words| report.contains(words)),
            "{}: {report}",
            keyword.name
        );
    }
}
