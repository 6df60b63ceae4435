//! `gantry runs`, `gantry logs`, `gantry artifacts`: what is left of earlier runs.

use std::fs;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, test]
    build:
      stage: build
      script:
        - echo built > built.txt
      artifacts:
        paths: [built.txt]
        expire_in: 1 week
    test:
      stage: test
      script:
        - cat built.txt
        - test "$BROKEN" = ""
      after_script:
        - echo after
    "#;

/// A machine on which the pipeline failed once and then passed.
fn machine() -> TestEnvironment {
    let machine = TestEnvironment::pipeline(PIPELINE);
    machine.call("run --variable BROKEN=1").ended_with(1);
    machine.write("README", "not committed");
    machine.call("run --event web").ended_with(0);
    machine
}

#[test]
fn nothing_has_run_yet() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
    nothing has run here yet
    ");
    insta::assert_snapshot!(machine.call("logs"), @r"
    exit 2
    --- stderr
    error: nothing has run here yet
    ");
    insta::assert_snapshot!(machine.call("artifacts"), @r"
    exit 2
    --- stderr
    error: nothing has run here yet
    ");
    insta::assert_snapshot!(machine.call("runs --format json"), @r#"
    exit 0
    --- stdout
    {
      "runs": [],
      "version": 1
    }
    "#);
    assert!(!machine.path(".gantry").exists());
}

#[test]
fn runs_are_listed_with_the_newest_first() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        2  success      YYYY-MM-DD hh:mm    #.# s  web main              [commit]+ first
        1  failed       YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
    insta::assert_snapshot!(machine.call("runs --limit 1"), @r"
    exit 0
    --- stdout
        2  success      YYYY-MM-DD hh:mm    #.# s  web main              [commit]+ first
    ");
    let listed = machine.call("runs --format json").json();
    assert_eq!(listed["version"], 1);
    assert_eq!(listed["runs"][0]["id"], 2);
    assert_eq!(listed["runs"][0]["status"], "success");
    assert_eq!(listed["runs"][0]["source"], "web");
    assert_eq!(listed["runs"][0]["dirty"], true);
    assert_eq!(listed["runs"][1]["status"], "failed");
    assert_eq!(listed["runs"][1]["dirty"], false);
    assert_eq!(listed["runs"][1]["title"], "first");
}

#[test]
fn a_log_is_found_by_job_by_run_and_by_both() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("logs test"), @r#"
    exit 0
    --- stdout
    Running with gantry 0.1.0
      on gantry
    Preparing the "shell" executor
    Using Shell (bash) executor...
    Preparing environment
    Running on gantry...
    Getting source from Git repository
    Checking out [commit] as detached HEAD (ref is main)...
    Laid uncommitted changes over it
    Skipping Git submodules setup
    Downloading artifacts
    Downloading artifacts for build (3)...
    Downloading artifacts from coordinator... ok
    Executing "step_script" stage of the job script
    $ cat built.txt
    built
    $ test "$BROKEN" = ""
    Running after_script
    Running after script...
    $ echo after
    after
    Cleaning up project directory and file based variables
    Job succeeded
    "#);
    let of_newest = machine.call("logs test").stdout;
    assert_eq!(machine.call("logs 2 test").stdout, of_newest);
    let of_first = machine.call("logs 1 test").ended_with(0);
    assert!(
        of_first.stdout.contains("ERROR: Job failed: exit status 1"),
        "{of_first}"
    );
    let of_both = machine.call("logs 1").stdout;
    let headings: Vec<_> = of_both
        .lines()
        .filter(|line| line.contains(" attempt "))
        .collect();
    assert_eq!(headings, ["build attempt 1, success", "test attempt 1, failed"]);
}

#[test]
fn the_last_lines_of_a_log() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("logs --tail 2"), @r"
    exit 0
    --- stdout
    build attempt 1, success
    Cleaning up project directory and file based variables
    Job succeeded
    test attempt 1, success
    Cleaning up project directory and file based variables
    Job succeeded
    ");
    assert_eq!(machine.call("logs test --tail 0").ended_with(0).stdout, "");
    let all = machine.call("logs test").stdout;
    assert_eq!(machine.call("logs test --tail 1000").stdout, all);
}

// shows: S4-35
#[test]
fn the_sections_of_a_log_have_names_and_times() {
    let raw = machine().call("logs test --raw").ended_with(0).stdout;
    let marks: Vec<String> = raw
        .split("section_")
        .skip(1)
        .map(|rest| {
            let mark = rest.split(['\r', '\n']).next().unwrap_or_default();
            let mut fields = mark.split(':');
            let (edge, time, name) = (fields.next(), fields.next(), fields.next());
            let is_time = time.is_some_and(|time| time.parse::<u64>().is_ok());
            format!(
                "{} {}",
                edge.unwrap_or_default(),
                name.filter(|_| is_time).unwrap_or(mark)
            )
        })
        .collect();
    insta::assert_snapshot!(marks.join("\n"), @r"
    start prepare_executor
    end prepare_executor
    start prepare_script
    end prepare_script
    start get_sources
    end get_sources
    start download_artifacts
    end download_artifacts
    start step_script
    end step_script
    start after_script
    end after_script
    start cleanup_file_variables
    end cleanup_file_variables
    ");
    assert!(raw.contains("\u{1b}[32;1m$ cat built.txt"), "{raw}");
    assert!(raw.trim_end().ends_with("Job succeeded\u{1b}[0;m"), "{raw}");
}

#[test]
fn what_is_not_there_is_said() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("logs 7"), @r"
    exit 2
    --- stderr
    error: there is no run 7
    help: gantry runs lists what ran here
    ");
    insta::assert_snapshot!(machine.call("logs tset"), @r"
    exit 2
    --- stderr
    error: run 2 has no job `tset`
    help: did you mean `test`?
    ");
    insta::assert_snapshot!(machine.call("logs test 1"), @r"
    exit 2
    --- stderr
    error: `test` is not the number of a run
    ");
    insta::assert_snapshot!(machine.call("artifacts 7 build"), @r"
    exit 2
    --- stderr
    error: there is no run 7
    help: gantry runs lists what ran here
    ");
}

#[test]
fn a_job_that_has_not_run_has_no_log() {
    let machine = TestEnvironment::pipeline(
        "
        build: {script: exit 1, stage: build}
        test: {script: make, stage: test}
        ",
    );
    machine.call("run").ended_with(1);
    insta::assert_snapshot!(machine.call("logs test"), @r"
    exit 0
    --- stdout
    job test has not run: skipped because `build` failed
    ");
}

#[test]
fn artifacts_are_listed_and_copied() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("artifacts"), @r"
    exit 0
    --- stdout
    build  archive        142 B  [FOLDER]/project/.gantry/runs/2/jobs/3/artifacts/artifacts.zip
    ");
    insta::assert_snapshot!(machine.call("artifacts test"), @r"
    exit 0
    --- stdout
    no artifacts
    ");
    let listed = machine.call("artifacts 1 build --format json").json();
    let artifact = &listed["artifacts"][0];
    assert_eq!(listed["run"], 1);
    assert_eq!(artifact["type"], "archive");
    assert_eq!(artifact["file_name"], "artifacts.zip");
    assert_eq!(artifact["expire_in"], "1 week");
    assert!(fs::metadata(artifact["path"].as_str().unwrap()).unwrap().len() > 0);
    machine.call("artifacts build --output fetched").ended_with(0);
    let fetched = fs::read(machine.path("fetched/build/artifacts.zip")).unwrap();
    assert!(fetched.starts_with(b"PK"), "it is a zip archive");
}

#[test]
fn the_files_of_artifacts_come_where_they_are_wanted() {
    let machine = TestEnvironment::pipeline(
        r#"
        build:
          script: ["mkdir -p out/bin", "echo new > out/app", "ln -s ../app out/bin/app"]
          artifacts: {paths: [out]}
        test:
          script: "true"
        "#,
    )
    .file("out/app", "old")
    .file("out/other", "mine");
    machine.call("run").ended_with(0);
    machine.call("artifacts -x .").ended_with(0);
    assert_eq!(fs::read_to_string(machine.path("out/app")).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(machine.path("out/bin/app")).unwrap(), "new\n");
    assert_eq!(fs::read_to_string(machine.path("out/other")).unwrap(), "mine");
    insta::assert_snapshot!(machine.call("artifacts test --extract ."), @"
    exit 2
    --- stderr
    error: there is no archive to unpack
    help: jobs leave one where `artifacts:paths` or `artifacts:untracked` says so
    ");
}

#[test]
fn artifacts_are_not_copied_over_a_file() {
    let machine = machine().file("fetched", "in the way");
    insta::assert_snapshot!(machine.call("artifacts build --output fetched"), @r"
    exit 3
    --- stderr
    error: cannot copy `artifacts.zip` into `fetched/build`
      caused by: Not a directory (os error 20)
    ");
}

#[test]
fn runs_can_be_read_from_a_folder_below() {
    let machine = machine().file("src/main.c", "");
    let output = machine.gantry(&["logs", "test"]).from("src").call();
    assert_eq!(output.stdout, machine.call("logs test").stdout);
}

/// The file may be gone when its runs are asked about.
#[test]
fn runs_outlive_the_configuration() {
    let machine = machine();
    fs::remove_file(machine.path(".gitlab-ci.yml")).unwrap();
    assert_eq!(machine.call("runs").ended_with(0).stdout.lines().count(), 2);
}
