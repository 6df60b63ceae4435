//! `coverage`, and the values that GitLab takes and that find nothing.

use gantry_language::plan::Work;
use insta::assert_snapshot;

use crate::support::{mistakes, plan};

fn coverage(written: &str) -> Option<String> {
    let plan = plan(&format!("a: {{script: x, coverage: '{written}'}}"));
    match &plan.jobs[0].work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}

#[test]
fn the_slashes_are_cut_off_and_nothing_else() {
    assert_eq!(coverage(r"/Total: (\d+)%/").as_deref(), Some(r"Total: (\d+)%"));
    assert_eq!(coverage(r"/Total: (\d+)%/i").as_deref(), Some(r"Total: (\d+)%/"));
    assert_eq!(coverage("//").as_deref(), Some(""));
}

#[test]
fn mistakes_read_well() {
    assert_snapshot!(mistakes(r"a: {script: x, coverage: 'Total (\d+)'}"), @r"
    1:26 `Total (\d+)` is no regular expression
      help: write it between slashes: `coverage: '/TOTAL.*? (\d+)%/'`
    ");
    assert_snapshot!(mistakes("a: {script: x, coverage: /(/}"), @"1:26 in `coverage`, `(` is never closed in the regular expression");
    assert_snapshot!(mistakes("a: {script: x, coverage: 80}"), @r#"
    1:26 `coverage` takes a string, not an integer
      help: quote it: `coverage: "80"`
    "#);
    assert_snapshot!(mistakes("a: {script: x, coverage: /total/i}"), @r"
    1:26 flags of `coverage` are no flags: this expression finds nothing
      help: write flags into the expression: `/(?i)total/`
    ");
}
