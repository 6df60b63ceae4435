//! The event that `plan`, `why` and `run` are asked about, option by option.

use crate::environment::TestEnvironment;

/// Prints what the job sees of a variable.
fn telling(variables: &[&str]) -> TestEnvironment {
    let lines: Vec<_> = variables
        .iter()
        .map(|name| format!("echo \"{name}=${name}\""))
        .collect();
    TestEnvironment::pipeline(&format!(
        "tell:\n  rules: [{{when: always}}]\n  script:\n    - {}\n",
        lines.join("\n    - ")
    ))
}

/// What the job `tell` has printed.
fn told(machine: &TestEnvironment, arguments: &str) -> String {
    let output = machine.call(arguments).ended_with(0);
    let lines = output.of_job("tell").into_iter();
    lines
        .filter(|line| line.starts_with("CI_") || line.starts_with("KEY"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn options_that_make_no_sense_together_are_refused() {
    let machine = TestEnvironment::pipeline("build: {script: make}\n");
    let refused: String = [
        "plan --event tag --branch topic",
        "plan --event merge_request --tag v1",
        "plan --target-branch main",
        "why build --event schedule --target-branch main",
        "plan --tag v1 --target-branch main",
        "run --changed a --since HEAD",
        "plan --variable KEY=1 --variable-file KEY=.gitlab-ci.yml",
    ]
    .iter()
    .map(|arguments| {
        let output = machine.call(arguments).ended_with(2);
        let said: Vec<_> = output
            .stderr
            .lines()
            .take_while(|line| !line.is_empty())
            .collect();
        format!("{arguments}\n{}\n", said.join("\n"))
    })
    .collect();
    insta::assert_snapshot!(refused, @r"
    plan --event tag --branch topic
    error: `--event tag` is for a tag, and `--branch` names a branch
    help: name the tag: --tag v1.0.0
    plan --event merge_request --tag v1
    error: a merge request is for branches, and `--tag` names a tag
    help: name the branch that is to be merged: --branch NAME
    plan --target-branch main
    error: `--target-branch` is for merge requests
    help: say --event merge_request as well
    why build --event schedule --target-branch main
    error: `--target-branch` is for merge requests
    help: say --event merge_request as well
    plan --tag v1 --target-branch main
    error: the argument '--tag <NAME>' cannot be used with '--target-branch <NAME>'
    run --changed a --since HEAD
    error: the argument '--changed <PATH>...' cannot be used with '--since <REV>'
    plan --variable KEY=1 --variable-file KEY=.gitlab-ci.yml
    error: `KEY` is given twice, by `--variable` and by `--variable-file`
    ");
}

#[test]
fn a_merge_request_is_for_the_branch_that_is_named() {
    let machine = TestEnvironment::pipeline(
        "
        review:
          script: make review
          rules:
            - if: $CI_MERGE_REQUEST_IID
              changes: [docs/on-main.md]
        ",
    )
    .after_git("branch release")
    .file("docs/on-main.md", "")
    .committed("on main")
    .after_git("checkout --quiet -b topic")
    .file("docs/on-topic.md", "")
    .committed("on topic");
    let why = |branch: &str| machine.call(&format!("why review --event merge_request {branch}"));
    insta::assert_snapshot!(why("--target-branch release"), @r#"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request topic → release at [commit]
    changed   2 files since release ([commit]), uncommitted ones included

    review is in (stage test, .gitlab-ci.yml:1:1): rule 1 of 1 matches
      yes  if: $CI_MERGE_REQUEST_IID, changes: [docs/on-main.md]  .gitlab-ci.yml:4:7
             $CI_MERGE_REQUEST_IID is "1"
             changed files: docs/on-main.md matches docs/on-main.md
      it starts at once: no earlier stage has jobs
    "#);
    insta::assert_snapshot!(why(""), @r#"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request topic → main at [commit]
    changed   1 file since main ([commit]), uncommitted ones included

    review is left out (stage test, .gitlab-ci.yml:1:1): its only rule does not match
      no   if: $CI_MERGE_REQUEST_IID, changes: [docs/on-main.md]  .gitlab-ci.yml:4:7
             $CI_MERGE_REQUEST_IID is "1"
             changed files: only docs/on-topic.md
    "#);
    insta::assert_snapshot!(why("--target-branch nowhere"), @r#"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request topic → nowhere at [commit]
    changed   not known, which counts as changed: there is no branch `nowhere`

    review is in (stage test, .gitlab-ci.yml:1:1): rule 1 of 1 matches
      yes  if: $CI_MERGE_REQUEST_IID, changes: [docs/on-main.md]  .gitlab-ci.yml:4:7
             $CI_MERGE_REQUEST_IID is "1"
             changed files: nothing to compare with, which counts as changed
      it starts at once: no earlier stage has jobs
    "#);
}

#[test]
fn jobs_of_a_merge_request_know_all_about_it() {
    let machine = telling(&[
        "CI_PIPELINE_SOURCE",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED",
        "CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED",
        "CI_COMMIT_REF_PROTECTED",
        "CI_COMMIT_BRANCH",
    ])
    .after_git("checkout --quiet -b topic");
    insta::assert_snapshot!(told(&machine, "run --event merge_request --target-branch release"), @r"
    CI_PIPELINE_SOURCE=merge_request_event
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME=release
    CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED=false
    CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED=false
    CI_COMMIT_REF_PROTECTED=false
    CI_COMMIT_BRANCH=
    ");
    insta::assert_snapshot!(told(&machine, "run --event parent_pipeline --target-branch main --protected"), @r"
    CI_PIPELINE_SOURCE=parent_pipeline
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=topic
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main
    CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED=true
    CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED=true
    CI_COMMIT_REF_PROTECTED=true
    CI_COMMIT_BRANCH=
    ");
    insta::assert_snapshot!(told(&machine, "run --event parent_pipeline"), @r"
    CI_PIPELINE_SOURCE=parent_pipeline
    CI_MERGE_REQUEST_SOURCE_BRANCH_NAME=
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME=
    CI_MERGE_REQUEST_SOURCE_BRANCH_PROTECTED=
    CI_MERGE_REQUEST_TARGET_BRANCH_PROTECTED=
    CI_COMMIT_REF_PROTECTED=false
    CI_COMMIT_BRANCH=topic
    ");
}

#[test]
fn a_merge_request_of_a_branch_into_itself_is_told() {
    let machine = TestEnvironment::pipeline("review: {script: make, rules: [{when: always}]}\n");
    insta::assert_snapshot!(machine.call("plan --event merge_request"), @r"
    exit 0
    --- stdout
    pipeline  merge_request_event for merge request main → main at [commit]
    note      the merge request is from `main` into itself; --branch and --target-branch name others

    test
      review  when always

    plan hash 1-[hash]
    ");
}

#[test]
fn where_a_merge_request_began_is_asked_when_the_file_speaks_of_it() {
    let machine = TestEnvironment::pipeline(
        "
        review:
          script: make
          rules:
            - if: $CI_MERGE_REQUEST_DIFF_BASE_SHA == $BASE
        ",
    );
    let base = machine.git("rev-parse HEAD");
    let machine = machine
        .after_git("checkout --quiet -b topic")
        .committed("on topic");
    let asking = |base: &str| {
        let variable = format!("BASE={}", base.trim());
        machine
            .gantry(&[
                "plan",
                "--event",
                "merge_request",
                "--format",
                "json",
                "--variable",
                &variable,
            ])
            .call()
            .json()["outcome"]
            .clone()
    };
    assert_eq!(asking(&base), "pipeline");
    assert_eq!(asking("elsewhere"), "empty");
}

#[test]
fn the_default_branch_can_be_said() {
    let machine = TestEnvironment::pipeline(
        "
        deploy:
          script: make deploy
          rules:
            - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == \"true\"
        ",
    );
    insta::assert_snapshot!(machine.call("why deploy --default-branch develop"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    deploy is left out (stage test, .gitlab-ci.yml:1:1): its only rule does not match
      no   if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"  .gitlab-ci.yml:4:7
             $CI_COMMIT_BRANCH is "main"
             $CI_DEFAULT_BRANCH is "develop"
             $CI_COMMIT_REF_PROTECTED is "false"
    "#);
    insta::assert_snapshot!(machine.call("why deploy --default-branch develop --branch develop"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch develop at [commit]

    deploy is in (stage test, .gitlab-ci.yml:1:1): rule 1 of 1 matches
      yes  if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"  .gitlab-ci.yml:4:7
             $CI_COMMIT_BRANCH is "develop"
             $CI_DEFAULT_BRANCH is "develop"
             $CI_COMMIT_REF_PROTECTED is "true"
      it starts at once: no earlier stage has jobs
    "#);
}

#[test]
fn what_depends_on_a_protected_ref() {
    let machine = telling(&["CI_COMMIT_REF_PROTECTED", "KEY"])
        .file(".gantry/variables.yml", "KEY: {value: opens, protected: true}\n")
        .after_git("checkout --quiet -b topic");
    insta::assert_snapshot!(told(&machine, "run"), @r"
    CI_COMMIT_REF_PROTECTED=false
    KEY=
    ");
    insta::assert_snapshot!(told(&machine, "run --protected"), @r"
    CI_COMMIT_REF_PROTECTED=true
    KEY=opens
    ");
    // A continued run is for the same ref, protected as it was.
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch topic at [commit]
    resumes   run 2

    test
      kept     tell  from run 2

    nothing was started
    ");
}

#[test]
fn changes_since_a_commit() {
    let machine = TestEnvironment::pipeline("docs: {script: make docs, rules: [{changes: [docs/*]}]}\n")
        .file("docs/a.md", "a")
        .committed("second")
        .file("src/b.c", "b")
        .committed("third");
    insta::assert_snapshot!(machine.call("why docs --since HEAD~2"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   2 files since HEAD~2 ([commit]), uncommitted ones included

    docs is in (stage test, .gitlab-ci.yml:1:1): rule 1 of 1 matches
      yes  changes: [docs/*]  .gitlab-ci.yml:1:35
             changed files: docs/a.md matches docs/*
      it starts at once: no earlier stage has jobs
    ");
    insta::assert_snapshot!(machine.call("plan --since HEAD~1"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    changed   1 file since HEAD~1 ([commit]), uncommitted ones included

    nothing to run: no job is in this pipeline

    left out
      docs  its only rule does not match  .gitlab-ci.yml:1:1
    ");
    insta::assert_snapshot!(machine.call("plan --since nowhere"), @r"
    exit 2
    --- stderr
    error: `nowhere` names no commit of this repository
    help: git fetch may bring it
    ");
}

#[test]
fn a_variable_from_a_file_is_one() {
    let machine = TestEnvironment::pipeline(
        "
        tell:
          script:
            - echo \"KEY holds $(cat \"$KEY\")\"
          rules: [{if: $KEY =~ /BEGIN/}]
        ",
    )
    .file("../key.pem", "BEGIN KEY\n");
    insta::assert_snapshot!(told(&machine, "run --variable-file KEY=../key.pem"), @r"KEY holds BEGIN KEY");
    insta::assert_snapshot!(machine.call("plan --variable-file KEY=../nowhere"), @r"
    exit 2
    --- stderr
    error: the file `../nowhere` for `KEY` does not exist
    ");
    insta::assert_snapshot!(machine.call("plan --variable-file KEY"), @r"
    exit 2
    --- stderr
    error: invalid value 'KEY' for '--variable-file <KEY=PATH>': write `KEY=path`

    For more information, try '--help'.
    ");
}

const INPUTS: &str = r#"
    spec:
      inputs:
        name: {description: who is greeted}
        times: {type: number, default: 1}
        loud: {type: boolean, default: false}
        where: {options: [here, there], default: here}
    ---
    greet:
      script: echo "$[[ inputs.name ]] $[[ inputs.times ]] $[[ inputs.loud ]] $[[ inputs.where ]]"
    "#;

#[test]
fn inputs_are_given_to_the_file() {
    let machine = TestEnvironment::pipeline(INPUTS);
    let arguments = "run --input name=ann --input times=3 --input loud=true --input where=there";
    let output = machine.call(arguments).ended_with(0);
    assert!(
        output.of_job("greet").contains(&"ann 3 true there".to_owned()),
        "{output}"
    );
    // A continued run has the same, but for what is typed anew.
    let same = machine.call("run --resume --dry-run").ended_with(0);
    assert!(same.stdout.contains("kept     greet"), "{same}");
    let other = machine.call("run --resume --input name=bob").ended_with(0);
    assert!(
        other.of_job("greet").contains(&"bob 3 true there".to_owned()),
        "{other}"
    );
}

#[test]
fn inputs_that_do_not_fit_are_refused_with_their_place() {
    let machine = TestEnvironment::pipeline(INPUTS);
    insta::assert_snapshot!(machine.call("plan"), @r"
    exit 2
    --- stderr
    error: the input `name` is not given
     --> .gitlab-ci.yml:3:5
      |
    3 |     name: {description: who is greeted}
      |     ^^^^
      |
      = help: give it, or give it a `default`
    ");
    let wrong = "plan --input name=a --input times=many --input where=nowhere --input nmae=b";
    insta::assert_snapshot!(machine.call(wrong), @r"
    exit 2
    --- stderr
    error: there is no input `nmae`
     |
     = help: did you mean `name`?

    error: the provided value of the input `times` is not a number
     --> .gitlab-ci.yml:4:5
      |
    4 |     times: {type: number, default: 1}
      |     ^^^^^

    error: `nowhere` is not among the options of the input `where`
     --> .gitlab-ci.yml:6:5
      |
    6 |     where: {options: [here, there], default: here}
      |     ^^^^^
      |
      = help: it is one of `here` or `there`
    ");
    insta::assert_snapshot!(machine.call("plan --input name"), @r"
    exit 2
    --- stderr
    error: invalid value 'name' for '--input <NAME=VALUE>': write `name=value`

    For more information, try '--help'.
    ");
    let without = TestEnvironment::pipeline("build: {script: make}\n");
    insta::assert_snapshot!(without.call("plan --input name=a"), @r"
    exit 2
    --- stderr
    error: `.gitlab-ci.yml` declares no inputs
     --> .gitlab-ci.yml:1:1
      |
    1 | build: {script: make}
      | ^^^^^
      |
      = help: a file declares inputs in a header: `spec: {inputs: {…}}`, then `---`
    ");
}

#[test]
fn the_time_can_be_said() {
    let machine = telling(&["CI_PIPELINE_CREATED_AT"]);
    insta::assert_snapshot!(told(&machine, "run --at 2026-01-31T08:00:00+01:00"), @r"CI_PIPELINE_CREATED_AT=2026-01-31T07:00:00Z");
    let delayed = TestEnvironment::pipeline("later: {script: make, when: delayed, start_in: 2 hours}\n");
    insta::assert_snapshot!(delayed.call("plan --at 2026-01-31"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    made at   2026-01-31T00:00:00Z

    test
      later  delayed by 7200 s, until 2026-01-31T02:00:00Z at the earliest

    plan hash 1-[hash]
    ");
    insta::assert_snapshot!(delayed.call("why later --at 2026-01-31"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    made at   2026-01-31T00:00:00Z

    later is in (stage test, .gitlab-ci.yml:1:1): no rules: it is in every pipeline for a branch or a tag
      yes  only: [branches, tags] (implied where a job has no `rules` and no `only`)
             pipeline: branch main, source push
      it starts at once: no earlier stage has jobs
      it then waits 7200 s, until 2026-01-31T02:00:00Z at the earliest (start_in)
    ");
    insta::assert_snapshot!(delayed.call("plan --at noon"), @r"
    exit 2
    --- stderr
    error: invalid value 'noon' for '--at <TIME>': write a date (2026-01-31) or a time with its zone (2026-01-31T08:00:00Z)

    For more information, try '--help'.
    ");
}

#[test]
fn a_continued_run_is_for_the_same_merge_request_at_the_same_time() {
    let machine = telling(&[
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
        "CI_PIPELINE_CREATED_AT",
        "CI_DEFAULT_BRANCH",
    ])
    .file("notes.txt", "")
    .after_git("checkout --quiet -b topic");
    let first = "run --event merge_request --target-branch release --default-branch trunk --at 2026-01-31";
    let expected = told(&machine, first);
    insta::assert_snapshot!(expected, @r"
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME=release
    CI_PIPELINE_CREATED_AT=2026-01-31T00:00:00Z
    CI_DEFAULT_BRANCH=trunk
    ");
    // Among other files the job runs again.
    machine.write("notes.txt", "something else");
    assert_eq!(told(&machine, "run --resume"), expected);
}

/// Plans of three jobs need the commit and the configuration, and nothing else.
#[test]
fn git_is_asked_twice() {
    let machine = TestEnvironment::pipeline(
        "
        build: {script: make}
        test: {script: make test, needs: [build]}
        review: {script: make review, rules: [{if: $CI_MERGE_REQUEST_IID}]}
        ",
    )
    .after_git("tag --annotate --message first v1");
    let (git, calls) = machine.counted_git();
    for arguments in [
        "plan",
        "plan --tag v1",
        "plan --event merge_request",
        "why review --event merge_request --target-branch release",
        "plan --event schedule --protected --at 2026-01-31",
    ] {
        let typed: Vec<_> = arguments.split(' ').collect();
        machine.gantry(&typed).variable("PATH", &git).call().ended_with(0);
        assert_eq!(calls(), 2, "{arguments}");
    }
}
