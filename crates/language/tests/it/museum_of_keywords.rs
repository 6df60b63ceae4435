//! What is said to keywords that are not supported yet: each is refused at its place.

use gantry_language::keywords::table::{JOB, Support, TOP_LEVEL};
use insta::assert_snapshot;

use crate::support::case;

#[test]
fn a_refused_keyword_says_so() {
    assert_snapshot!(case("a: {script: x, pages: true}").check(), @r"
    error: `pages` is not supported yet
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
        "spec" => "spec: {inputs: {}}\n---\na: {script: x}".to_owned(),
        "include:artifact" | "include:component" | "include:project" | "include:remote"
        | "include:template" => {
            format!("{inner}\na: {{script: x}}")
        }
        _ if top => format!("{inner}\na: {{script: x}}"),
        "run" => "a: {run: [{name: x, script: y}]}".to_owned(),
        "needs:pipeline" | "needs:project" => format!("a: {{script: x, {inner}}}"),
        "release:assets" | "release:milestones" | "release:released_at" => {
            format!(
                "a: {{script: x, release: {{tag_name: x, description: x, {}: x}}}}",
                &name["release:".len()..]
            )
        }
        "image:kubernetes" | "environment:kubernetes" => {
            format!(
                "a: {{script: x, {}: {{name: x, kubernetes: {{user: x}}}}}}",
                name.trim_end_matches(":kubernetes")
            )
        }
        "trigger:include" | "trigger:inputs" => format!("a: {{{inner}}}"),
        _ if name.starts_with("rules:") => {
            let part = name.rsplit(':').next().unwrap_or_default();
            let clause = name.split(':').nth(1).unwrap_or_default();
            format!("a: {{script: x, rules: [{{{clause}: {{{part}: x, paths: [a]}}}}]}}")
        }
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
        let expected = format!("`{}` is not supported yet", keyword.name);
        assert!(report.contains(&expected), "{}: {report}", keyword.name);
    }
}
