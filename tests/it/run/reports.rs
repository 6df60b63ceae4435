//! Reports of tests, summed up at the end.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    unit:
      script:
        - echo "<testsuite><testcase classname='math' name='adds'/><testcase classname='math' name='divides'><failure/></testcase></testsuite>" > unit.xml
        - echo "<testsuite><testcase>" > torn.xml
        - exit 1
      artifacts: {when: always, reports: {junit: ["*.xml"]}}
    browser:
      script:
        - echo "<testsuites><testsuite><testcase name='opens'/><testcase name='prints'><skipped/></testcase></testsuite></testsuites>" > browser.xml
      artifacts: {reports: {junit: browser.xml}}
    "#;

#[test]
fn tests_are_summed_up_over_all_jobs() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let output = machine.call("run").ended_with(1);
    let text = output.to_string();
    let (_, end) = text.split_once("\n\nunit failed").expect("it did");
    insta::assert_snapshot!(end, @r"
    : exit code 1
      $ exit 1

    4 tests: 1 failed, 1 skipped
      unit  math divides
    note: the JUnit report `torn.xml` of `unit` was not read: it is not well-formed XML: it ends too early

    run 1 failed
      failed           unit       #.# s  exit code 1  gantry logs 1 'unit'
      success          browser    #.# s
    ");
}

#[test]
fn programs_get_the_numbers() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let output = machine.call("run --format json").ended_with(1);
    let events = output.json_lines();
    let tests = &events.last().expect("there is a summary")["tests"];
    insta::assert_snapshot!(format!("{tests:#}"), @r#"
    {
      "errors": 0,
      "failed": 1,
      "failing": [
        {
          "job": "unit",
          "name": "math divides"
        }
      ],
      "notes": [
        "the JUnit report `torn.xml` of `unit` was not read: it is not well-formed XML: it ends too early"
      ],
      "skipped": 1,
      "total": 4
    }
    "#);
}
