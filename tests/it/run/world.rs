//! Odd repositories and machines that lack something: each works, or gives one named error.

use std::fs;

use crate::environment::TestEnvironment;

const PIPELINE: &str = r#"
    job:
      script:
        - echo "$CI_COMMIT_REF_NAME"
        - ls -A
    "#;

#[test]
fn no_identity_is_needed() {
    let machine = TestEnvironment::pipeline(PIPELINE).file("untracked.txt", "");
    let output = machine.gantry(&["run"]).variable("HOSTNAME", "").call();
    insta::assert_snapshot!(output, @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | main
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | untracked.txt
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn no_commit_is_needed() {
    let machine = TestEnvironment::repository().file(".gitlab-ci.yml", PIPELINE);
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main without a commit

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | main
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn no_repository_is_needed() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", PIPELINE);
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main without a commit

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | main
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn a_detached_head() {
    let machine = TestEnvironment::pipeline(PIPELINE).after_git("checkout --quiet --detach HEAD");
    insta::assert_snapshot!(machine.call("run"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch HEAD at [commit]
    note      HEAD is detached, so the branch is taken to be `HEAD`; say --branch NAME or --tag NAME

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | HEAD
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn a_shallow_clone() {
    let machine = TestEnvironment::pipeline(PIPELINE)
        .file("a.txt", "")
        .committed("second");
    let address = format!("file://{}", machine.project().display());
    let machine = machine.after_git(&format!("clone --quiet --depth=1 {address} ../project/clone"));
    insta::assert_snapshot!(machine.call("run -C clone"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | main
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | a.txt
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn a_work_tree_beside_the_first() {
    let machine = TestEnvironment::pipeline(PIPELINE).after_git("worktree add --quiet -b topic second");
    insta::assert_snapshot!(machine.call("run -C second"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]

    job | started
    job | $ echo "$CI_COMMIT_REF_NAME"
    job | topic
    job | $ ls -A
    job | .git
    job | .gitlab-ci.yml
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    "#);
}

#[test]
fn without_git_installed() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let output = machine.gantry(&["run"]).with_programs(&["bash", "ls"]).call();
    insta::assert_snapshot!(output, @r"
    exit 3
    --- stderr
    error: git was not found in PATH
    help: install git 2.32 or newer
    ");
    let output = machine.gantry(&["plan"]).with_programs(&[]).call();
    insta::assert_snapshot!(output, @r"
    exit 3
    --- stderr
    error: git was not found in PATH
    help: install git 2.32 or newer
    ");
    insta::assert_snapshot!(machine.gantry(&["lint"]).with_programs(&[]).call(), @r"
    exit 0
    --- stdout
    .gitlab-ci.yml: no mistakes
    ");
}

#[test]
fn without_git_installed_in_a_folder_that_is_no_repository() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", PIPELINE);
    let output = machine.gantry(&["plan"]).with_programs(&[]).call();
    insta::assert_snapshot!(output, @r"
    exit 0
    --- stdout
    pipeline  push for branch main without a commit

    test
      job

    plan hash 1-[hash]
    ");
    let output = machine.gantry(&["run"]).with_programs(&["bash", "ls"]).call();
    insta::assert_snapshot!(output, @r"
    exit 3
    --- stderr
    error: git was not found in PATH
    help: install git 2.32 or newer
    ");
}

#[test]
fn without_bash_installed() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let output = machine.gantry(&["run"]).with_programs(&["git"]).call();
    insta::assert_snapshot!(output, @r"
    exit 3
    --- stderr
    error: bash was not found in PATH
    help: install bash; it is what runs the scripts of jobs
    ");
}

#[test]
fn a_file_in_place_of_the_folder_for_runs() {
    let machine = TestEnvironment::pipeline(PIPELINE).file(".gantry", "in the way");
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 3
    --- stderr
    error: `[FOLDER]/project/.gantry` cannot be accessed
      caused by: File exists (os error 17)
    help: gantry keeps a folder of that name; move the file away
    ");
    assert_eq!(machine.read(".gantry"), "in the way");
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
    nothing has run here yet
    ");
}

#[test]
fn a_file_in_place_of_the_cache() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    fs::write(machine.folder().join("cache"), "in the way").unwrap();
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 3
    --- stderr
    error: cannot create `[FOLDER]/cache/projects/project-[----digest----]/snapshots.git`
      caused by: Not a directory (os error 20)
    ");
}

#[test]
fn no_place_for_the_cache() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let output = machine
        .gantry(&["run"])
        .without("GANTRY_CACHE_DIR")
        .without("HOME")
        .call();
    insta::assert_snapshot!(output, @r"
    exit 3
    --- stderr
    error: cannot tell where to keep work trees
    help: set HOME, XDG_CACHE_HOME or GANTRY_CACHE_DIR
    ");
}

#[test]
fn a_folder_that_is_not_there() {
    insta::assert_snapshot!(TestEnvironment::plain().call("run -C nowhere"), @r"
    exit 2
    --- stderr
    error: cannot enter `nowhere`
      caused by: No such file or directory (os error 2)
    ");
}

#[test]
fn no_pipeline_in_the_folder() {
    insta::assert_snapshot!(TestEnvironment::repository().call("run"), @r"
    exit 2
    --- stderr
    error: there is no `.gitlab-ci.yml` in `[FOLDER]/project`
    help: name another file with --file, another folder with -C
    ");
}

#[test]
fn a_bare_repository() {
    let machine = TestEnvironment::plain()
        .after_git("init --quiet --bare .")
        .file(".gitlab-ci.yml", PIPELINE);
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 2
    --- stderr
    error: `[FOLDER]/project` is a bare repository, which has no files to work on
    help: clone it and work in the clone
    ");
}
