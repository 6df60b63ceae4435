//! `coverage`, and the values that GitLab takes and that find nothing.

use gantry_language::plan::Work;
use insta::assert_snapshot;

use crate::support::case;

fn coverage(written: &str) -> Option<String> {
    let plan = case(&format!("a: {{script: x, coverage: '{written}'}}")).planned();
    match &plan.jobs[0].work {
        Work::Build(build) => build.coverage.clone(),
        Work::Trigger(_) => None,
    }
}

#[test]
pub(crate) fn the_slashes_are_cut_off_and_nothing_else() {
    assert_eq!(coverage(r"/Total: (\d+)%/").as_deref(), Some(r"Total: (\d+)%"));
    assert_eq!(coverage(r"/Total: (\d+)%/i").as_deref(), Some(r"Total: (\d+)%/"));
    assert_eq!(coverage("//").as_deref(), Some(""));
}

#[test]
pub(crate) fn mistakes_read_well() {
    assert_snapshot!(case(r"a: {script: x, coverage: 'Total (\d+)'}").check(), @r"
    error: `Total (\d+)` is no regular expression
      --> .gitlab-ci.yml:1:26
      help: write it between slashes: `coverage: '/TOTAL.*? (\d+)%/'`
      gitlab: jobs:a config must be a regular expression with re2 syntax
    ");
    assert_snapshot!(case("a: {script: x, coverage: /(/}").check(), @r"
    error: in `coverage`, `(` is never closed in the regular expression
      --> .gitlab-ci.yml:1:26
      gitlab: jobs:a config must be a regular expression with re2 syntax
    ");
    assert_snapshot!(case("a: {script: x, coverage: 80}").check(), @r#"
    error: `coverage` takes a string, not an integer
      --> .gitlab-ci.yml:1:26
      help: put it in quotes: `"80"`
      gitlab: jobs:a coverage should be a string
    "#);
    assert_snapshot!(case("a: {script: x, coverage: /total/i}").check(), @r"
    warning: flags of `coverage` are no flags: this expression finds nothing
      --> .gitlab-ci.yml:1:26
      help: write flags into the expression: `/(?i)total/`
    ");
}
