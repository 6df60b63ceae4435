//! What `changes` compares with: the base is found, and said.

use crate::environment::TestEnvironment;
use crate::gantry::Output;

const PIPELINE: &str = "
    docs:
      script: make docs
      rules:
        - changes: [docs/*]
    ";

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

/// The line about changed files, and whether the job is in.
fn changed(output: &Output) -> String {
    let text = output.to_string();
    let line = text.lines().find(|line| line.starts_with("changed"));
    let is_in = text.lines().any(|line| line == "  docs");
    format!(
        "{}\n{}",
        line.unwrap_or("nothing is said"),
        if is_in { "docs is in" } else { "docs is left out" }
    )
}

#[test]
fn a_branch_is_compared_with_the_default_branch() {
    let machine = machine()
        .after_git("checkout --quiet -b topic")
        .file("docs/a.md", "a")
        .committed("second");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   1 file since main ([commit]), uncommitted ones included
    docs is in
    ");
}

#[test]
fn uncommitted_and_untracked_files_count_and_ignored_ones_do_not() {
    let machine = machine()
        .file(".gitignore", "docs/*.html\n")
        .committed("ignore")
        .file("docs/built.html", "");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   0 files since main ([commit]), uncommitted ones included
    docs is left out
    ");
    let machine = machine.file("docs/untracked.md", "");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   1 file since main ([commit]), uncommitted ones included
    docs is in
    ");
}

#[test]
fn a_branch_with_an_upstream_is_compared_with_that() {
    let machine = machine()
        .after_git("init --quiet --bare ../origin.git")
        .after_git("remote add origin ../origin.git")
        .after_git("checkout --quiet -b topic")
        .file("docs/pushed.md", "")
        .committed("pushed")
        .after_git("push --quiet --set-upstream origin topic");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   0 files since origin/topic ([commit]), uncommitted ones included
    docs is left out
    ");
    let machine = machine.file("docs/not-pushed.md", "").committed("not pushed");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   1 file since origin/topic ([commit]), uncommitted ones included
    docs is in
    ");
}

#[test]
fn a_detached_head_is_compared_with_the_default_branch() {
    let machine = machine()
        .file("docs/a.md", "a")
        .committed("second")
        .after_git("checkout --quiet --detach HEAD");
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch HEAD at [commit]
    changed   0 files since main ([commit]), uncommitted ones included
    note      HEAD is detached, so the branch is taken to be `HEAD`; say --branch NAME or --tag NAME

    nothing to run: no job is in this pipeline

    left out
      docs  its only rule does not match  .gitlab-ci.yml:1:1
    ");
}

#[test]
fn before_the_first_commit_everything_counts() {
    let machine = TestEnvironment::repository().file(".gitlab-ci.yml", PIPELINE);
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main without a commit
    changed   not known, which counts as changed: there is no commit yet

    test
      docs

    plan hash 1-[hash]
    ");
}

#[test]
fn without_git_everything_counts() {
    let machine = TestEnvironment::plain().file(".gitlab-ci.yml", PIPELINE);
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    changed   not known, which counts as changed: this folder is not in a git repository
    docs is in
    ");
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let machine = machine()
        .after_git("checkout --quiet -b topic")
        .file("docs/a.md", "a")
        .committed("second")
        .after_git("checkout --quiet main")
        .file("b.txt", "b")
        .committed("third");
    let address = format!("file://{}", machine.project().display());
    let machine = machine.after_git(&format!(
        "clone --quiet --depth=1 --no-single-branch {address} clone"
    ));
    machine.git("-C clone checkout --quiet topic");
    machine.git("-C clone branch --unset-upstream");
    insta::assert_snapshot!(changed(&machine.call("plan -C clone")), @r"
    changed   not known, which counts as changed: this shallow clone does not reach back to origin/main; git fetch --unshallow helps
    docs is in
    ");
}

#[test]
fn the_command_line_says_it_instead() {
    let machine = machine();
    insta::assert_snapshot!(changed(&machine.call("plan --changed docs/a.md src/b.c")), @r"
    changed   2 files given with --changed
    docs is in
    ");
    insta::assert_snapshot!(changed(&machine.call("plan --changed src/b.c")), @r"
    changed   1 file given with --changed
    docs is left out
    ");
}

#[test]
fn nothing_is_compared_where_no_rule_asks() {
    let machine = TestEnvironment::pipeline("build: {script: make}\n");
    insta::assert_snapshot!(changed(&machine.call("plan")), @r"
    nothing is said
    docs is left out
    ");
}
