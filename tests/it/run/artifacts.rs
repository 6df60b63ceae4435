//! What jobs hand on: files, and variables by a dotenv report.

use crate::environment::TestEnvironment;

// shows: S0-28, S0-33
#[test]
fn artifacts_and_variables_go_down_the_whole_chain() {
    let machine = TestEnvironment::pipeline(
        r#"
        stages: [build, test, package]
        build:
          stage: build
          script:
            - mkdir -p out/deep
            - echo built > out/deep/file.txt
            - echo secret > out/left.out
            - ln -s deep/file.txt out/link
            - printf '#!/bin/sh\necho "the tool runs"\n' > out/tool && chmod +x out/tool
            - echo "VERSION=1.2.3" > build.env
          artifacts:
            paths: [out/]
            exclude: ["out/*.out"]
            reports: {dotenv: build.env}
        everything:
          stage: test
          before_script:
            - find out | sort
          script:
            - cat out/link
            - out/tool
            - echo "version $VERSION"
        nothing:
          stage: test
          dependencies: []
          script:
            - ls out 2>/dev/null || echo "no files, version ${VERSION:-unknown}"
        needed:
          stage: test
          needs: [build]
          script: echo "version $VERSION" > needed.txt
          artifacts: {paths: [needed.txt]}
        variables-only:
          stage: test
          needs: [{job: build, artifacts: false}]
          script:
            - ls out 2>/dev/null || echo "no files, version ${VERSION:-unknown}"
        package:
          stage: package
          needs: [needed]
          script:
            - cat needed.txt
            - ls out 2>/dev/null || echo "build is not needed"
        "#,
    );
    let output = machine.call("run");
    assert!(!machine.path("out").exists());
    insta::assert_snapshot!(output.by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build          | started
    build          | $ mkdir -p out/deep
    build          | $ echo built > out/deep/file.txt
    build          | $ echo secret > out/left.out
    build          | $ ln -s deep/file.txt out/link
    build          | $ printf '#!/bin/sh\necho "the tool runs"\n' > out/tool && chmod +x out/tool
    build          | $ echo "VERSION=1.2.3" > build.env
    build          | succeeded
    everything     | started
    everything     | $ find out | sort
    everything     | out
    everything     | out/deep
    everything     | out/deep/file.txt
    everything     | out/link
    everything     | out/tool
    everything     | $ cat out/link
    everything     | built
    everything     | $ out/tool
    everything     | the tool runs
    everything     | $ echo "version $VERSION"
    everything     | version 1.2.3
    everything     | succeeded
    needed         | started
    needed         | $ echo "version $VERSION" > needed.txt
    needed         | succeeded
    nothing        | started
    nothing        | $ ls out 2>/dev/null || echo "no files, version ${VERSION:-unknown}"
    nothing        | no files, version unknown
    nothing        | succeeded
    package        | started
    package        | $ cat needed.txt
    package        | version 1.2.3
    package        | $ ls out 2>/dev/null || echo "build is not needed"
    package        | build is not needed
    package        | succeeded
    variables-only | started
    variables-only | $ ls out 2>/dev/null || echo "no files, version ${VERSION:-unknown}"
    variables-only | no files, version unknown
    variables-only | succeeded

    run 1 succeeded
      success          build             #.# s
      success          everything        #.# s
      success          nothing           #.# s
      success          needed            #.# s
      success          variables-only    #.# s
      success          package           #.# s
    "#);
    insta::assert_snapshot!(machine.call("artifacts"), @r"
    exit 0
    --- stdout
    build   archive        638 B  [FOLDER]/project/.gantry/runs/1/jobs/1/artifacts/artifacts.zip
    build   dotenv          54 B  [FOLDER]/project/.gantry/runs/1/jobs/1/artifacts/.env.gz
    needed  archive        152 B  [FOLDER]/project/.gantry/runs/1/jobs/4/artifacts/artifacts.zip
    ");
}

// shows: S0-33
#[test]
fn artifacts_on_success_on_failure_and_always() {
    let machine = TestEnvironment::pipeline(
        "
        .job:
          script: [echo result > result.txt, exit $CODE]
          allow_failure: true
          parallel:
            matrix: [{CODE: ['0', '1']}]
        success: {extends: .job, artifacts: {paths: [result.txt]}}
        failure: {extends: .job, artifacts: {paths: [result.txt], when: on_failure}}
        always: {extends: .job, artifacts: {paths: [result.txt], when: always}}
        ",
    );
    machine.call("run").ended_with(0);
    let listed = machine.call("artifacts --format json").json();
    let mut jobs: Vec<_> = listed["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|artifact| artifact["job"].as_str().unwrap().to_owned())
        .collect();
    jobs.sort();
    assert_eq!(
        jobs,
        ["always: [0]", "always: [1]", "failure: [1]", "success: [0]"]
    );
}

#[test]
fn artifacts_that_are_not_there() {
    let machine = TestEnvironment::pipeline(
        "
        forgetful:
          script: echo nothing made
          artifacts: {paths: [out/]}
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    forgetful | started
    forgetful | $ echo nothing made
    forgetful | nothing made
    forgetful | WARNING: out/: no matching files. The path must be relative to the project directory and below it
    forgetful | ERROR: No files to upload
    forgetful | succeeded

    run 1 succeeded
      success          forgetful    #.# s
    ");
}

#[test]
fn a_dotenv_report_that_is_none() {
    let machine = TestEnvironment::pipeline(
        "
        build:
          script: echo 'not a variable' > build.env
          artifacts: {reports: {dotenv: build.env}}
        ",
    );
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 1
    --- stdout
    pipeline  push for branch main at [commit]

    build | started
    build | $ echo 'not a variable' > build.env
    build | ERROR: Uploading artifacts as "dotenv" to coordinator... the artifact was refused: Invalid Format
    build | ERROR: Job failed: the artifact was refused: Invalid Format
    build | failed: the artifact was refused: Invalid Format

    run 1 failed
      failed           build    #.# s  the artifact was refused: Invalid Format  gantry logs 1 'build'
    "#);
}
