//! `gantry run --in-place`: jobs in the user's own folder.

use std::fs;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [build, test]
    build:
      stage: build
      cache: {key: k, paths: [downloads/]}
      script:
        - echo 1 >> built.txt
        - mkdir -p downloads && touch downloads/new
        - test "$CI_PROJECT_DIR" = "$PWD"
      artifacts: {paths: ["*.txt", .gantry]}
    test:
      stage: test
      cache: {key: k, paths: [downloads/]}
      script:
        - echo 2 >> built.txt
        - cat built.txt ignored.log
        - ls downloads
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
        .file(".gitignore", "*.log\n")
        .committed("second")
        .file("ignored.log", "ignored\n")
        .file("built.txt", "mine\n")
        .file(".gantry/variables.yml", "TOKEN: secret\n")
}

#[test]
fn jobs_see_and_change_the_users_files_and_nothing_is_put_over_them() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run --in-place --jobs 4"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    in place  jobs work in [FOLDER]/project as it is, one at a time; what they do to your files stays

    build | started
    build | $ echo 1 >> built.txt
    build | $ mkdir -p downloads && touch downloads/new
    build | $ test "$CI_PROJECT_DIR" = "$PWD"
    build | succeeded
    test  | started
    test  | $ echo 2 >> built.txt
    test  | $ cat built.txt ignored.log
    test  | mine
    test  | 1
    test  | 2
    test  | ignored
    test  | $ ls downloads
    test  | new
    test  | succeeded

    run 1 succeeded
      in place: what the jobs did to your files stays
      success          build    #.# s
      success          test     #.# s
    "#);
    assert_eq!(machine.read("built.txt"), "mine\n1\n2\n");
    assert_eq!(machine.read("ignored.log"), "ignored\n");
    assert!(machine.path("downloads/new").exists());
    // Artifacts are kept as always, without what is Gantry's.
    let archive = fs::read(machine.path(".gantry/runs/1/jobs/1/artifacts/artifacts.zip")).unwrap();
    let names = String::from_utf8_lossy(&archive);
    assert!(
        names.contains("built.txt") && !names.contains(".gantry"),
        "{names}"
    );
    let beside: Vec<_> = fs::read_dir(machine.folder())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("project"))
        .collect();
    assert_eq!(beside, ["project"]);
}

#[test]
fn the_log_says_what_is_not_done() {
    let machine = machine();
    machine.call("run --in-place").ended_with(0);
    let log = machine.call("logs test").stdout;
    for said in [
        "as it is: nothing is checked out, cleaned or restored",
        "Caches are neither restored nor saved: their files are in place",
        "are where the job has left them",
    ] {
        assert!(log.contains(said), "{said}: {log}");
    }
    let shell = machine.gantry(&["shell", "test", "--", "pwd"]).call();
    assert_eq!(shell.stdout.trim(), machine.project().display().to_string());
    assert!(shell.stderr.contains("your own, as they are now"), "{shell}");
}

#[test]
fn what_cannot_be_right_in_place_is_refused() {
    let machine = TestEnvironment::pipeline(
        r#"
        empty: {script: touch ran, variables: {GIT_STRATEGY: empty}}
        container: {script: touch ran, image: alpine}
        "#,
    );
    insta::assert_snapshot!(machine.call("run --in-place"), @r"
    exit 2
    --- stderr
    error: job `empty` wants an empty folder (`GIT_STRATEGY: empty`), which it cannot have in place
      --> .gitlab-ci.yml:1:1
    error: job `container` runs in image `alpine`, and a container cannot work in place
      --> .gitlab-ci.yml:2:1
    help: --executor shell runs these jobs here, without their images and services
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path("ran").exists());
    machine.call("run --in-place --resume").ended_with(2);
}

#[test]
fn a_run_in_place_is_not_continued() {
    let machine = TestEnvironment::pipeline("job: {script: 'false'}\n");
    machine.call("run --in-place").ended_with(1);
    insta::assert_snapshot!(machine.call("run --resume"), @r"
    exit 2
    --- stderr
    error: run 1 worked in place, so nobody knows which files its jobs saw
    help: gantry run begins anew
    ");
}
