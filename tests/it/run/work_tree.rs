//! The tree that a job works in, and the user's own, which stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::environment::TestEnvironment;

/// Every file below a folder with its content, without what gantry keeps.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if path.is_dir() {
                if name != ".gantry" {
                    folders.push(path);
                }
            } else {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

const PIPELINE: &str = r#"
    job:
      script:
        - cat tracked.txt staged.txt untracked.txt
        - ls
        - cat ignored.log removed.txt || true
        - git status --short
        - echo vandalized > tracked.txt
        - rm -rf staged.txt .git
    "#;

#[test]
fn uncommitted_files_are_in_it_and_the_users_tree_stays_untouched() {
    let machine = TestEnvironment::pipeline(PIPELINE)
        .file("tracked.txt", "committed\n")
        .file("removed.txt", "removed\n")
        .file("staged.txt", "committed\n")
        .file(".gitignore", "*.log\n")
        .committed("second")
        .file("tracked.txt", "edited\n")
        .file("staged.txt", "staged\n")
        .after_git("add staged.txt")
        .file("untracked.txt", "untracked\n")
        .file("ignored.log", "ignored\n");
    fs::remove_file(machine.path("removed.txt")).unwrap();
    let before = (files(&machine.project()), machine.git("status --porcelain=v2"));
    insta::assert_snapshot!(machine.call("run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
              with the uncommitted files of the work tree

    job | started
    job | $ cat tracked.txt staged.txt untracked.txt
    job | edited
    job | staged
    job | untracked
    job | $ ls
    job | staged.txt
    job | tracked.txt
    job | untracked.txt
    job | $ cat ignored.log removed.txt || true
    job | cat: ignored.log: No such file or directory
    job | cat: removed.txt: No such file or directory
    job | $ git status --short
    job |  D removed.txt
    job |  M staged.txt
    job |  M tracked.txt
    job | ?? untracked.txt
    job | $ echo vandalized > tracked.txt
    job | $ rm -rf staged.txt .git
    job | succeeded

    run 1 succeeded
      success          job    #.# s
    ");
    assert_eq!(
        (files(&machine.project()), machine.git("status --porcelain=v2")),
        before
    );
}

#[test]
fn each_run_begins_with_a_clean_tree() {
    let machine = TestEnvironment::pipeline(
        "
        job:
          script:
            - ls
            - touch left-behind
            - mkdir -p a/b
        ",
    );
    machine.call("run").ended_with(0);
    let second = machine.call("run").ended_with(0);
    assert_eq!(second.of_job("job")[2], "$ touch left-behind", "{second}");
}

#[test]
fn a_folder_of_a_bigger_repository_is_the_whole_tree() {
    let machine = TestEnvironment::repository()
        .file("outside.txt", "")
        .file(
            "part/.gitlab-ci.yml",
            "job: {script: 'ls; pwd -P | grep -c part || true'}\n",
        )
        .file("part/inside.txt", "")
        .committed("first");
    let output = machine.call("run -C part").ended_with(0);
    assert!(
        output.of_job("job").contains(&"inside.txt".to_owned()),
        "{output}"
    );
    assert!(!output.stdout.contains("outside.txt"), "{output}");
    assert!(machine.path("part/.gantry").exists());
    assert_eq!(machine.git("status --porcelain"), "");
}

#[test]
fn the_example_of_this_repository_runs_inside_a_bigger_one() {
    let machine = TestEnvironment::repository()
        .copy_of_this_repository()
        .committed("everything");
    let output = machine.call("run -C examples/hello").ended_with(0);
    assert!(
        output
            .of_job("count")
            .contains(&"compose counted 4 lines".to_owned()),
        "{output}"
    );
}
