//! What `coverage` finds in a log is shown when the run ends, and kept.

use crate::environment::TestEnvironment;

#[test]
fn the_coverage_of_a_job_stands_in_the_summary() {
    let machine = TestEnvironment::pipeline(
        r#"
        unit:
          coverage: '/TOTAL.* (\d+\.\d+)%/'
          script:
            - printf 'lib 80.0%%\nTOTAL 400 87.25%%\n'
        "#,
    );
    insta::assert_snapshot!(machine.call("run").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    unit | started
    unit | $ printf 'lib 80.0%%\nTOTAL 400 87.25%%\n'
    unit | lib 80.0%
    unit | TOTAL 400 87.25%
    unit | succeeded

    run 1 succeeded
      success          unit    #.# s  87.25 % covered
    ");
    let lines = machine.call("run --format json").json_lines();
    assert_eq!(lines[lines.len() - 1]["jobs"][0]["coverage"], 87.25);
}
