//! `gantry run --dry-run`, `--stage` and `-i`: choosing what runs, and seeing it before it does.

use crate::environment::TestEnvironment;
use crate::terminal::Terminal;

const PIPELINE: &str = r#"
    stages: [build, test, deploy]
    compile: {stage: build, script: echo compiled}
    unit: {stage: test, script: echo tested}
    lint: {stage: test, needs: [], script: echo linted}
    publish: {stage: test, script: echo published, when: manual}
    rescue: {stage: test, script: echo rescued, when: on_failure}
    rollout: {stage: deploy, script: echo rolled out, environment: production}
    smoke: {stage: deploy, script: echo smoke, needs: [rollout]}
    "#;

fn machine() -> TestEnvironment {
    TestEnvironment::pipeline(PIPELINE)
}

#[test]
fn everything_that_would_happen_is_said_and_nothing_happens() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      runs     compile

    test
      runs     unit
      runs     lint
      waits    publish  waits to be played, nothing waits for it
      skipped  rescue   skipped because nothing before it failed

    deploy
      held     rollout  it acts on environment `production`
      waits    smoke    waits for `rollout`

    nothing was started
    ");
    insta::assert_snapshot!(machine.call("run --dry-run --deploy --manual publish"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      runs     compile

    test
      runs     unit
      runs     lint
      runs     publish
      skipped  rescue   skipped because nothing before it failed

    deploy
      runs     rollout
      runs     smoke

    nothing was started
    ");
    assert!(!machine.path(".gantry").exists());
    assert!(!machine.folder().join("cache").exists());
    assert_eq!(
        std::fs::read_dir(machine.folder().join("temporary"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn programs_read_it_too() {
    let json = machine()
        .call("run --dry-run --stage deploy --format json")
        .json();
    insta::assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "jobs": [
        {
          "asks_first": false,
          "because": "it acts on environment `production`",
          "executor": "shell",
          "image": null,
          "name": "rollout",
          "prospect": "held",
          "stage": "deploy"
        },
        {
          "asks_first": false,
          "because": "waits for `rollout`",
          "executor": "shell",
          "image": null,
          "name": "smoke",
          "prospect": "waits",
          "stage": "deploy"
        }
      ],
      "resumes": null,
      "version": 1
    }
    "#);
}

#[test]
fn only_the_jobs_of_some_stages_run() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run --dry-run --stage build --stage deploy --deploy"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      runs     compile

    deploy
      runs     rollout
      runs     smoke

    nothing was started
    ");
    insta::assert_snapshot!(machine.call("run --stage test").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    lint    | started
    lint    | $ echo linted
    lint    | linted
    lint    | succeeded
    publish | manual: waits to be played, nothing waits for it
    rescue  | skipped because nothing before it failed
    unit    | started
    unit    | $ echo tested
    unit    | tested
    unit    | succeeded

    run 1 succeeded, 1 manual job was not started
      success          unit       #.# s
      success          lint       #.# s
      manual           publish           waits to be played, nothing waits for it  gantry run --resume 1 --manual 'publish'
      skipped          rescue            skipped because nothing before it failed
    ");
    insta::assert_snapshot!(machine.call("run --dry-run --stage test --needs"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    build
      runs     compile

    test
      runs     unit
      runs     lint
      waits    publish  waits to be played, nothing waits for it
      skipped  rescue   skipped because nothing before it failed

    nothing was started
    ");
}

#[test]
fn a_stage_that_is_not_there_and_choices_that_do_not_go_together() {
    let machine = machine();
    insta::assert_snapshot!(machine.call("run --stage tset"), @r"
    exit 2
    --- stderr
    error: stage `tset` is not in this pipeline
    help: did you mean `test`?
    ");
    machine.call("run unit --stage test").ended_with(2);
    machine.call("run -i unit").ended_with(2);
    machine.call("run --needs").ended_with(2);
}

#[test]
fn without_a_terminal_nobody_can_be_asked() {
    insta::assert_snapshot!(machine().call("run -i"), @r"
    exit 2
    --- stderr
    error: `-i` asks on a terminal, and there is none
    help: name the jobs: gantry run JOB…
    ");
}

#[test]
fn jobs_are_picked_from_a_list() {
    let machine = machine();
    let Some(terminal) = Terminal::of(&machine) else {
        return;
    };
    let output = terminal.types("3 compile\n").call("run -i");
    assert!(output.contains("   3  lint     test\n"), "{output}");
    assert!(output.contains("run 1 succeeded"), "{output}");
    let runs = machine.call("runs --format json").json();
    assert_eq!(runs["runs"][0]["status"], "success");
    let output = terminal.types("9\n").call("run -i");
    assert!(
        output.contains("`9` is not in the list, which goes from 1 to 7"),
        "{output}"
    );
}
