//! Submodules in the work trees of jobs: as the user has them, or cloned.

use std::fs;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    stages: [with, without]
    with:
      stage: with
      variables: {GIT_SUBMODULE_STRATEGY: recursive}
      script:
        - cat lib/lib.txt
        - git submodule status --recursive | awk '{print $2}'
        - git -C lib status --short
    without:
      stage: without
      script:
        - find lib
        - git status --short
    "#;

/// A project whose submodule `lib` comes from a folder beside it.
fn machine() -> TestEnvironment {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let library = machine.folder().join("library");
    fs::create_dir(&library).unwrap();
    let library = library.display().to_string();
    for arguments in [
        "init --quiet --initial-branch=main",
        "commit --quiet --allow-empty --message=first",
    ] {
        machine.git(&format!("-C {library} {arguments}"));
    }
    fs::write(machine.folder().join("library/lib.txt"), "library\n").unwrap();
    machine.git(&format!("-C {library} add --all"));
    machine.git(&format!("-C {library} commit --quiet --message=second"));
    machine
        .after_git("-c protocol.file.allow=always submodule --quiet add ../library lib")
        .committed("with a library")
}

#[test]
fn a_submodule_comes_as_the_user_has_it_and_leaves_no_trace() {
    let machine = machine().file("lib/lib.txt", "changed\n");
    fs::remove_dir_all(machine.folder().join("library")).unwrap();
    insta::assert_snapshot!(machine.call("run --jobs 1"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    with    | started
    with    | $ cat lib/lib.txt
    with    | changed
    with    | $ git submodule status --recursive | awk '{print $2}'
    with    | lib
    with    | $ git -C lib status --short
    with    |  M lib.txt
    with    | succeeded
    without | started
    without | $ find lib
    without | lib
    without | $ git status --short
    without | succeeded

    run 1 succeeded
      success          with       #.# s
      success          without    #.# s
    ");
    let log = machine.call("logs with").stdout;
    let told: Vec<_> = log
        .lines()
        .filter(|line| line.contains("ubmodule lib at"))
        .collect();
    assert_eq!(told.len(), 1, "{log}");
    assert!(
        told[0].ends_with(", as it is checked out, with uncommitted changes"),
        "{log}"
    );
    assert_eq!(machine.read("lib/lib.txt"), "changed\n");
}

#[test]
fn a_submodule_that_is_not_there_is_cloned_or_fails_the_job_with_its_address() {
    let machine = machine();
    machine.git("submodule --quiet deinit --force --all");
    fs::remove_dir_all(machine.path(".git/modules")).unwrap();
    let run = machine.call("run with").ended_with(0);
    assert!(run.stdout.contains("| library\n"), "{}", run.stdout);

    fs::remove_dir_all(machine.folder().join("library")).unwrap();
    fs::remove_dir_all(machine.folder().join("cache")).unwrap();
    let run = machine.call("run with").ended_with(3);
    let said = "submodule `lib` cannot be cloned from `";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    assert!(run.stdout.contains("/library`: "), "{}", run.stdout);
}

#[test]
fn what_no_runner_honours_is_refused_before_anything_starts() {
    let machine = TestEnvironment::pipeline(
        r#"
        first: {script: touch ../../../../started, stage: .pre}
        second:
          variables:
            GIT_SUBMODULE_STRATEGY: normal
            GIT_SUBMODULE_UPDATE_FLAGS: --remote
          script: "true"
        "#,
    );
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 2
    --- stderr
    error: job `second` cannot be carried out: GIT_SUBMODULE_UPDATE_FLAGS `--remote` is not supported
      --> .gitlab-ci.yml:2:1
    help: gantry run JOB… runs other jobs only
    ");
    assert!(!machine.path(".gantry").exists());
}
