//! `gantry run --resume`: what is done is kept, the rest runs, and nobody deploys twice by accident.

use rustix::process::Signal;

use crate::environment::TestEnvironment;
use crate::terminal::Terminal;

/// `build` counts how often it has run in a file outside.
const PIPELINE: &str = r#"
    stages: [build, test, deploy]
    build:
      stage: build
      script:
        - echo built > built.txt
        - echo VERSION=7 > build.env
        - echo again >> "$COUNT"
      artifacts: {paths: [built.txt], reports: {dotenv: build.env}}
    test:
      stage: test
      script:
        - cat built.txt
        - echo "version $VERSION"
        - test -f "$COUNT.go"
    deploy:
      stage: deploy
      script: echo deployed
    "#;

/// A machine with a pipeline whose jobs know of a file outside, and the path of that file.
fn machine() -> (TestEnvironment, std::path::PathBuf) {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let count = machine.scratch("count");
    machine.write(".gantry/variables.yml", &format!("COUNT: {}\n", count.display()));
    (machine, count)
}

#[test]
fn a_run_that_failed_is_continued() {
    let (machine, count) = machine();
    machine.call("run").ended_with(1);
    std::fs::write(count.with_extension("go"), "").unwrap();
    insta::assert_snapshot!(machine.call("run --resume"), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build  | kept from run 1
    test   | started
    test   | $ cat built.txt
    test   | built
    test   | $ echo "version $VERSION"
    test   | version 7
    test   | $ test -f "$COUNT.go"
    test   | succeeded
    deploy | started
    deploy | $ echo deployed
    deploy | deployed
    deploy | succeeded

    run 2 succeeded
      success          build            kept from run 1
      success          test      #.# s
      success          deploy    #.# s
    "#);
    let built = std::fs::read_to_string(&count).unwrap();
    assert_eq!(built, "again\n", "`build` ran once");
    insta::assert_snapshot!(machine.call("logs build --raw").stdout.contains("Job succeeded"), @"true");
}

#[test]
fn what_became_different_runs_again() {
    let (machine, count) = machine();
    std::fs::write(count.with_extension("go"), "").unwrap();
    machine.call("run").ended_with(0);
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build
      kept     build   from run 1

    test
      kept     test    from run 1

    deploy
      kept     deploy  from run 1

    nothing was started
    ");
    machine.write("new.txt", "");
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build
      runs     build   the files have changed

    test
      runs     test    `build` before it runs

    deploy
      runs     deploy  `build` before it runs

    nothing was started
    ");
    let json = machine.call("run --resume 1 --dry-run --format json").json();
    assert_eq!(json["resumes"], 1);
    assert_eq!(json["jobs"][0]["prospect"], "runs");
    assert_eq!(json["jobs"][0]["because"], "the files have changed");
    assert_eq!(json["jobs"][0]["asks_first"], false);
    assert_eq!(
        machine.call("runs --format json").json()["runs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn it_is_about_the_same_jobs_and_the_same_event() {
    let (machine, count) = machine();
    machine.git("tag v1");
    machine.call("run build test --tag v1").ended_with(1);
    std::fs::write(count.with_extension("go"), "").unwrap();
    let output = machine.call("run --resume --format json").ended_with(0);
    let summary = output.json_lines().pop().unwrap();
    assert_eq!(summary["jobs"].as_array().unwrap().len(), 2);
    assert_eq!(summary["jobs"][0]["kept_from"], 1);
    assert_eq!(summary["jobs"][1]["kept_from"], serde_json::Value::Null);
    let runs = machine.call("runs --format json").json();
    assert_eq!(runs["runs"][0]["ref"], "v1");
}

#[test]
fn what_was_said_on_the_command_line_is_said_again() {
    let (machine, _) = machine();
    machine.call("run --variable TOKEN=abc").ended_with(1);
    insta::assert_snapshot!(machine.call("run --resume --dry-run").stderr, @r"
    note: run 1 was given `TOKEN`, and values are not kept: say them again with --variable
    ");
    insta::assert_snapshot!(machine.call("run --resume --dry-run --variable TOKEN=abc"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build
      kept     build   from run 1

    test
      runs     test    it failed

    deploy
      runs     deploy  `test` before it runs

    nothing was started
    ");
}

#[test]
fn there_has_to_be_a_run_and_it_has_to_be_over() {
    let machine = TestEnvironment::pipeline("job: {script: [echo ready, sleep 600]}\n");
    insta::assert_snapshot!(machine.call("run --resume"), @r"
    exit 2
    --- stderr
    error: nothing has run here yet
    help: gantry run begins
    ");
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    insta::assert_snapshot!(machine.call("run --resume"), @r"
    exit 2
    --- stderr
    error: run 1 still goes on
    help: gantry logs -f 1 follows it
    ");
    insta::assert_snapshot!(machine.call("run --resume 7"), @r"
    exit 2
    --- stderr
    error: there is no run 7
    help: gantry runs lists what ran here
    ");
    insta::assert_snapshot!(machine.call("run --resume job"), @r"
    exit 2
    --- stderr
    error: invalid value 'job' for '--resume [<RUN>]': not the number of a run; jobs stand before `--resume`

    For more information, try '--help'.
    ");
    run.signal(Signal::TERM);
    run.end();
}

const DEPLOYING: &str = r#"
    stages: [build, deploy]
    build: {stage: build, script: echo built}
    rollout:
      stage: deploy
      script:
        - echo "half way"
        - test -f "$GO" || sleep 600
      environment: production
    "#;

/// A machine where gantry was killed while it deployed, and the file that lets the deployment end.
fn killed_half_way() -> (TestEnvironment, std::path::PathBuf) {
    let machine = TestEnvironment::pipeline(DEPLOYING);
    let go = machine.scratch("go");
    machine.write(".gantry/variables.yml", &format!("GO: {}\n", go.display()));
    let mut run = machine.gantry(&["run", "--deploy"]).start();
    run.until_it_says("| half way");
    run.signal(Signal::KILL);
    run.end();
    machine.has_nothing_running();
    std::fs::write(&go, "").unwrap();
    (machine, go)
}

#[test]
fn a_deployment_that_was_killed_half_way_is_not_repeated_unasked() {
    let (machine, _) = killed_half_way();
    insta::assert_snapshot!(machine.call("run --resume"), @r"
    exit 2
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1
    --- stderr
    note: run 1 was interrupted, its process is gone; `rollout` was running, 0 had not begun
    error: job `rollout` was stopped in run 1 while it ran, and it acts on environment `production`: nobody knows how far it got
    help: gantry logs 1 'rollout' shows what it said
    help: --deploy=production runs `rollout` once more
    help: on a terminal, gantry run --resume asks
    ");
    insta::assert_snapshot!(machine.call("run --resume --dry-run"), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build
      kept     build    from run 1

    deploy
      held     rollout  it acts on environment `production`; it was stopped half-way, so a person is asked first

    nothing was started
    ");
    insta::assert_snapshot!(machine.call("run --resume --deploy").by_job(), @r#"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]
    resumes   run 1

    build   | kept from run 1
    rollout | started
    rollout | $ echo "half way"
    rollout | half way
    rollout | $ test -f "$GO" || sleep 600
    rollout | succeeded

    run 2 succeeded
      success          build             kept from run 1
      success          rollout    #.# s  deployed to production
    "#);
}

#[test]
fn on_a_terminal_it_is_asked_about() {
    let (machine, _) = killed_half_way();
    let Some(terminal) = Terminal::of(&machine) else {
        return;
    };
    let output = terminal.types("n\n").call("run --resume");
    assert!(
        output.contains("job `rollout` was stopped in run 1 while it ran"),
        "{output}"
    );
    assert!(output.contains("manual           rollout"), "{output}");
    let output = terminal.types("y\n").call("run --resume 1");
    assert!(output.contains("run 3 succeeded"), "{output}");
}
