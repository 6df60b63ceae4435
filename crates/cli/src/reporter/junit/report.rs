//! One JUnit report.
//!
//! There is no standard, only what producers write: `testcase` somewhere below `testsuite` or `testsuites`, with
//! `failure`, `error` or `skipped` right inside.

use std::io::{self, BufRead};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

use super::{Counts, MAX_NAMES};
use crate::escapes;
use crate::output::cut;

/// Suites lie in suites, but not this deep.
const MAX_DEPTH: usize = 64;
const MAX_NAME: usize = 160;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) counts: Counts,
    /// The names of the first tests that failed.
    pub(super) failing: Vec<String>,
}

/// Why a report is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    #[error("{0}")]
    Io(io::Error),
    #[error("it is not well-formed XML: {0}")]
    Malformed(String),
    #[error("there are no elements in it")]
    Empty,
    #[error("its root is `{0}`, not `testsuites` or `testsuite`")]
    Root(String),
    #[error("it has a document type, which could hide entities")]
    DocumentType,
    #[error("its elements lie more than {MAX_DEPTH} deep")]
    Depth,
}

/// A test case that has begun.
struct Case {
    name: String,
    depth: usize,
    result: Verdict,
}

/// Worse ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Passed,
    Skipped,
    Error,
    Failed,
}

impl Report {
    pub(super) fn read(input: impl BufRead) -> Result<Report, Problem> {
        let mut reader = Reader::from_reader(input);
        let mut buffer = Vec::new();
        let mut parser = Parser::default();
        loop {
            match reader.read_event_into(&mut buffer).map_err(problem)? {
                Event::Start(element) => parser.start(&element)?,
                Event::Empty(element) => {
                    parser.start(&element)?;
                    parser.end();
                }
                Event::End(_) => parser.end(),
                Event::DocType(_) => return Err(Problem::DocumentType),
                Event::Eof => return parser.finish(),
                _ => {}
            }
            buffer.clear();
        }
    }

    fn add(&mut self, case: Case) {
        self.counts.total += 1;
        match case.result {
            Verdict::Passed => return,
            Verdict::Skipped => {
                self.counts.skipped += 1;
                return;
            }
            Verdict::Error => self.counts.errors += 1,
            Verdict::Failed => self.counts.failed += 1,
        }
        if self.failing.len() < MAX_NAMES {
            self.failing.push(case.name);
        }
    }
}

#[derive(Default)]
struct Parser {
    report: Report,
    depth: usize,
    /// A root has been seen.
    begun: bool,
    case: Option<Case>,
}

impl Parser {
    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Problem> {
        let name = element.local_name();
        if self.depth == 0 && !matches!(name.as_ref(), b"testsuites" | b"testsuite") {
            let name = String::from_utf8_lossy(name.as_ref());
            return Err(Problem::Root(cut(&escapes::plain(&name), MAX_NAME)));
        }
        self.begun = true;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::Depth);
        }
        match (&mut self.case, name.as_ref()) {
            (None, b"testcase") => self.case = Some(Case::new(element, self.depth)),
            (Some(case), name) if self.depth == case.depth + 1 => case.hear(name),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self) {
        if let Some(case) = self.case.take_if(|case| case.depth == self.depth) {
            self.report.add(case);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn finish(self) -> Result<Report, Problem> {
        match (self.begun, self.depth) {
            (false, _) => Err(Problem::Empty),
            (true, 0) => Ok(self.report),
            (true, _) => Err(Problem::Malformed("it ends too early".to_owned())),
        }
    }
}

impl Case {
    fn new(element: &BytesStart<'_>, depth: usize) -> Case {
        let (mut name, mut class, mut result) = (String::new(), String::new(), Verdict::Passed);
        for attribute in element.attributes().with_checks(false).flatten() {
            match attribute.key.as_ref() {
                b"name" => name = text(&attribute.value),
                b"classname" => class = text(&attribute.value),
                // GoogleTest has no element for a test that is disabled.
                b"status" if attribute.value.as_ref() == b"notrun" => result = Verdict::Skipped,
                _ => {}
            }
        }
        if !class.is_empty() && !name.starts_with(&class) {
            name = format!("{class} {name}");
        }
        Case {
            name: cut(&name, MAX_NAME),
            depth,
            result,
        }
    }

    fn hear(&mut self, element: &[u8]) {
        let result = match element {
            b"failure" => Verdict::Failed,
            b"error" => Verdict::Error,
            b"skipped" => Verdict::Skipped,
            _ => return,
        };
        self.result = self.result.max(result);
    }
}

/// An attribute's value as it may be printed.
fn text(value: &[u8]) -> String {
    let raw = String::from_utf8_lossy(value);
    let text = unescape(&raw).unwrap_or_else(|_| raw.as_ref().into());
    escapes::plain(&text)
}

fn problem(error: quick_xml::Error) -> Problem {
    match error {
        quick_xml::Error::Io(error) => Problem::Io(io::Error::new(error.kind(), error.to_string())),
        other => Problem::Malformed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match Report::read(text.as_bytes()) {
            Ok(Report { counts, failing }) => format!(
                "{} tests, {} failed, {} errors, {} skipped: {}",
                counts.total,
                counts.failed,
                counts.errors,
                counts.skipped,
                failing.join(" / ")
            ),
            Err(problem) => problem.to_string(),
        }
    }

    #[test]
    fn reports_of_common_producers() {
        let pytest = r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.05">
            <testcase classname="tests.test_math" name="test_add[1-2]" time="0.001" />
            <testcase classname="tests.test_math" name="test_sub"><failure message="assert 1 == 2">def test_sub():
        &gt;   assert 1 == 2</failure></testcase>
            <testcase classname="tests.test_math" name="test_fixture"><error message="failed on setup">E</error></testcase>
            <testcase classname="tests.test_math" name="test_later"><skipped type="pytest.skip" message="later"/></testcase>
            </testsuite></testsuites>"#;
        let nextest = r#"<testsuites name="nextest-run" tests="2" failures="1"><testsuite name="gantry::it" tests="2">
            <testcase name="run::works" classname="gantry::it"/>
            <testcase name="run::fails" classname="gantry::it"><failure type="test failure"/><system-out><![CDATA[<testcase name="printed"/>]]></system-out></testcase>
            </testsuite></testsuites>"#;
        let surefire = r#"<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="com.example.AppTest" tests="2">
            <properties><property name="java.version" value="21"/></properties>
            <testcase name="flaky" classname="com.example.AppTest"><flakyFailure message="first try"/></testcase>
            <testcase name="broken" classname="com.example.AppTest"><failure message="no"/><rerunFailure message="again"/></testcase>
            </testsuite>"#;
        let jest = r#"<testsuites name="jest tests"><testsuite name="App"><testcase classname="App renders &lt;Footer&gt;" name="App renders &lt;Footer&gt;"><failure>Error</failure></testcase></testsuite></testsuites>"#;
        let phpunit = r#"<testsuites><testsuite name="all"><testsuite name="Unit"><testsuite name="Unit\FooTest"><testcase name="testFoo" class="FooTest" classname="FooTest" assertions="1"><error type="TypeError">x</error></testcase></testsuite></testsuite></testsuite></testsuites>"#;
        let googletest = r#"<testsuites><testsuite name="Math"><testcase name="Add" status="run" classname="Math"/><testcase name="DISABLED_Sub" status="notrun" classname="Math"/></testsuite></testsuites>"#;
        let go = r#"<testsuites><testsuite name="example.com/vote"><testcase classname="vote" name="TestCount/empty"><failure message="Failed" type=""></failure></testcase></testsuite><testsuite name="example.com/none"></testsuite></testsuites>"#;
        let all = [
            ("pytest", pytest),
            ("nextest", nextest),
            ("surefire", surefire),
            ("jest", jest),
            ("phpunit", phpunit),
            ("googletest", googletest),
            ("go", go),
        ];
        let told: Vec<_> = all
            .iter()
            .map(|(producer, text)| format!("{producer}: {}", told(text)))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        pytest: 4 tests, 1 failed, 1 errors, 1 skipped: tests.test_math test_sub / tests.test_math test_fixture
        nextest: 2 tests, 1 failed, 0 errors, 0 skipped: gantry::it run::fails
        surefire: 2 tests, 1 failed, 0 errors, 0 skipped: com.example.AppTest broken
        jest: 1 tests, 1 failed, 0 errors, 0 skipped: App renders <Footer>
        phpunit: 1 tests, 0 failed, 1 errors, 0 skipped: FooTest testFoo
        googletest: 2 tests, 0 failed, 0 errors, 1 skipped: 
        go: 1 tests, 1 failed, 0 errors, 0 skipped: vote TestCount/empty
        ");
    }

    #[test]
    fn what_is_no_report() {
        let deep = format!(
            "{}{}",
            "<testsuite>".repeat(100_000),
            "</testsuite>".repeat(100_000)
        );
        let laughs =
            r#"<!DOCTYPE a [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><testsuite name="&lol2;"/>"#;
        let all = [
            "",
            "no xml",
            "{}",
            "<html><body/></html>",
            "<testsuite><testcase></testsuite>",
            "<testsuite><testcase name='a'>",
            "<testsuite><testcase name='a'",
            "<testsuite a=<>",
            "\u{feff}<testsuite/>",
            laughs,
            &deep,
        ];
        let told: Vec<_> = all.map(told).into();
        insta::assert_snapshot!(told.join("\n"), @r"
        there are no elements in it
        there are no elements in it
        there are no elements in it
        its root is `html`, not `testsuites` or `testsuite`
        it is not well-formed XML: ill-formed document: expected `</testcase>`, but `</testsuite>` was found
        it is not well-formed XML: it ends too early
        it is not well-formed XML: syntax error: tag not closed: `>` not found before end of input
        it is not well-formed XML: it ends too early
        0 tests, 0 failed, 0 errors, 0 skipped: 
        it has a document type, which could hide entities
        its elements lie more than 64 deep
        ");
    }

    #[test]
    fn names_are_fit_to_print() {
        let name = "x".repeat(1000);
        let told = told(&format!(
            "<testsuite><testcase name='a&#27;[2J&#10;b &unknown;'><failure/></testcase><testcase name='{name}'><error/></testcase></testsuite>"
        ));
        assert!(!told.contains(['\u{1b}', '\n']), "{told:?}");
        assert!(told.ends_with("x…"), "{told}");
    }
}
