//! Caches, from run to run.

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [first, second]
    fills:
      stage: first
      script:
        - cat store/* 2>/dev/null || echo "nothing cached"
        - mkdir -p store
        - echo "$VALUE" > store/value
      cache: {key: one, paths: [store/]}
    reads:
      stage: second
      script:
        - cat store/value
        - echo changed > store/value
      cache: {key: one, paths: [store/], policy: pull}
    other:
      stage: second
      script:
        - cat store/value 2>/dev/null || echo "nothing under this key"
      cache: {key: two, paths: [store/]}
    "#;

// shows: S0-32
#[test]
fn a_cache_goes_from_job_to_job_and_from_run_to_run() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let printed = |value: &str| {
        let output = machine
            .gantry(&["run", "--variable", &format!("VALUE={value}")])
            .call()
            .ended_with(0);
        ["fills", "reads", "other"]
            .map(|job| {
                output
                    .of_job(job)
                    .iter()
                    .filter(|line| !line.starts_with('$'))
                    .cloned()
                    .collect()
            })
            .map(|lines: Vec<String>| lines.join(", "))
            .join("\n")
    };
    insta::assert_snapshot!(printed("one"), @r"
    started, nothing cached, succeeded
    started, one, succeeded
    started, nothing under this key, WARNING: store/: no matching files. The path must be relative to the project directory and below it, WARNING: No files to cache., succeeded
    ");
    insta::assert_snapshot!(printed("two"), @r"
    started, one, succeeded
    started, two, succeeded
    started, nothing under this key, WARNING: store/: no matching files. The path must be relative to the project directory and below it, WARNING: No files to cache., succeeded
    ");
}

// shows: S0-32
#[test]
fn protected_branches_have_caches_of_their_own() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    machine.call("run fills --variable VALUE=protected").ended_with(0);
    let topic = machine
        .call("run fills --branch topic --variable VALUE=topic")
        .ended_with(0);
    assert!(
        topic.of_job("fills").contains(&"nothing cached".to_owned()),
        "{topic}"
    );
    let main = machine.call("run fills --variable VALUE=again").ended_with(0);
    assert!(main.of_job("fills").contains(&"protected".to_owned()), "{main}");
}

// shows: S0-32
#[test]
fn at_most_four_caches() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          script: make
          cache: [{paths: [a]}, {paths: [b]}, {paths: [c]}, {paths: [d]}, {paths: [e]}]
        ",
    );
    insta::assert_snapshot!(machine.call("lint"), @r"
    exit 2
    --- stdout
    error: a job has at most 4 caches, this one has 5
     --> .gitlab-ci.yml:3:10
      |
    3 |   cache: [{paths: [a]}, {paths: [b]}, {paths: [c]}, {paths: [d]}, {paths: [e]}]
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    .gitlab-ci.yml: 1 error
    ");
}
