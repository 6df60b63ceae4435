//! What holds for any text, valid or not.

use gantry_language::diagnostic::Diagnostic;
use gantry_language::plan::Plan;
use gantry_language::source::SourceMap;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::case;

const VALID: &str = r#"
stages: [build, test, deploy]
default: {image: alpine, retry: {max: 1, when: [script_failure]}, cache: {key: {files: [a.lock]}, paths: [p]}}
variables: {A: 1, B: "$A", C: {value: x, expand: false}}
workflow: {name: "p $A", rules: [{if: $A == "1", variables: {D: d}}]}
.t: &t {script: [one, two], tags: [shell], artifacts: {paths: [out], reports: {junit: r.xml}}}
build:
  extends: .t
  stage: build
  parallel: {matrix: [{OS: [linux, mac], V: [1, 2]}]}
test:
  <<: *t
  script: [!reference [.t, script], three]
  needs: [{job: build, parallel: {matrix: [{OS: linux, V: 1}]}}]
  rules: [{if: '$A =~ /^[0-9]+$/ && ($B != null || !$C)', when: manual, allow_failure: true}, {changes: ["**/*.md"]}]
deploy:
  stage: deploy
  script: |
    make deploy
  environment: {name: review/$B, url: https://example.com, on_stop: stop}
  services: [{name: db, alias: d, variables: {P: p}}]
  except: [schedules]
stop: {stage: deploy, script: x, when: manual, environment: {name: review/$B, action: stop}, timeout: 1h}
"#;

const LINES: usize = 22;

/// Pieces of which configurations are made.
const PIECES: &[&str] = &[
    "a",
    "b",
    ".t",
    "job",
    ":",
    " ",
    "\n",
    "\n  ",
    "\n    ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "script: x",
    "script: [x]",
    "needs: [a]",
    "rules:",
    "if: $A",
    "when: manual",
    "extends: .t",
    "!reference [.t, script]",
    "&x ",
    "*x",
    "<<: *x",
    "parallel: 2",
    "matrix:",
    "variables:",
    "'",
    "\"",
    "|",
    ">",
    "#",
    "~",
    "true",
    "1.5",
    "é",
    "environment: $A/b",
    "only: [/x/]",
    "$A == \"x\" && ",
    "include: a.yml",
    "stage: build",
    "stages: [build]",
    "default: {image: a}",
];

/// All spans of what was said lie in their texts, and not inside characters.
fn check_spans(sources: &SourceMap, diagnostics: &[Diagnostic]) -> Result<(), TestCaseError> {
    for diagnostic in diagnostics {
        let related = diagnostic.related.iter().map(|(span, _)| *span);
        for span in diagnostic.span.into_iter().chain(related) {
            let text = sources.text(span.source);
            prop_assert!(text.get(span.range()).is_some(), "{:?} of {:?}", diagnostic, text);
            let place = sources.place(span);
            prop_assert!(place.line as usize <= text.lines().count() + 1, "{place}");
        }
    }
    Ok(())
}

/// Checks and plans; whatever comes of it has the properties that everything has.
fn holds(text: &str) -> Result<(), TestCaseError> {
    let included = "included: {script: x}\n.t: {script: y}";
    let case = || {
        case(text)
            .file("a.yml", included)
            .changed(["a.md"])
            .variable("A", "1")
    };
    let checked = case().checked();
    check_spans(&checked.sources, &checked.diagnostics)?;
    if !checked.is_valid() {
        return Ok(());
    }
    let picture = case().plan();
    prop_assert_eq!(&picture, &case().plan());
    if picture.starts_with("error") || picture.starts_with("empty") || picture.starts_with("no pipeline") {
        return Ok(());
    }
    let plan = case().planned();
    prop_assert_eq!(&plan.hash, &case().planned().hash);
    let written = serde_json::to_string(&plan).expect("a plan is JSON");
    let read: Plan = serde_json::from_str(&written).expect("a plan can be read");
    prop_assert_eq!(plan, read);
    Ok(())
}

#[test]
fn the_valid_configuration_is_valid() {
    assert!(case(VALID).checked().is_valid(), "{}", case(VALID).check());
    assert!(VALID.lines().count() >= LINES);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        holds(&text)?;
    }

    #[test]
    fn any_arrangement_of_pieces_is_read_without_a_panic(pieces in vec(select(PIECES), 0..40)) {
        holds(&pieces.concat())?;
    }

    #[test]
    fn a_valid_file_with_a_piece_replaced_is_read_without_a_panic(
        from in 0..VALID.len(),
        length in 0..12usize,
        piece in select(PIECES),
    ) {
        let mut text = VALID.to_owned();
        text.replace_range(from..(from + length).min(VALID.len()), piece);
        holds(&text)?;
    }

    #[test]
    fn a_valid_file_with_two_lines_exchanged_is_read_without_a_panic(a in 0..LINES, b in 0..LINES) {
        let mut lines: Vec<_> = VALID.lines().collect();
        lines.swap(a, b);
        holds(&lines.join("\n"))?;
    }
}
