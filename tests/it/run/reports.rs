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

const SCANS: &str = r#"
    scan:
      script:
        - echo '{"vulnerabilities":[{"severity":"High","identifiers":[{"name":"CVE-1"}]},{"severity":"Low","name":"weak"}]}' > scan.json
      artifacts: {reports: {container_scanning: scan.json}}
      variables: {GANTRY_SEVERITY_GATE: high}
    style:
      script:
        - echo '[{"severity":"minor","description":"long line","location":{"path":"a.py","lines":{"begin":3}}}]' > style.json
      artifacts: {reports: {codequality: style.json}}
    secrets:
      script: ["echo torn > torn.json"]
      artifacts: {reports: {secret_detection: torn.json}}
    "#;

// shows: S0-43
#[test]
fn what_scanners_found_stands_at_the_end() {
    let machine = TestEnvironment::pipeline(SCANS);
    let output = machine.call("run").ended_with(1);
    let text = output.to_string();
    let (_, end) = text.split_once("\n\ncontainer_scanning").expect("it was scanned");
    insta::assert_snapshot!(end, @"
     of scan: 2 vulnerabilities: 1 high, 1 low
      high: CVE-1
      low: weak
    codequality of style: 1 issue: 1 minor
      minor: long line in a.py:3
    note: the secret_detection report of `secrets` was not read: expected ident at line 1 column 2

    run 1 failed
      failed           scan       #.# s  1 vulnerability of severity high or worse in the container_scanning report (GANTRY_SEVERITY_GATE)  gantry logs 1 'scan'
      success          style      #.# s
      success          secrets    #.# s
    ");
    let output = machine.call("run --format json").ended_with(1);
    let events = output.json_lines();
    let scans = &events.last().expect("there is a summary")["scans"];
    insta::assert_snapshot!(format!("{}", scans[0]), @r#"{"counts":{"high":1,"low":1},"job":"scan","note":null,"total":2,"type":"container_scanning","worst":["high: CVE-1","low: weak"]}"#);
}
