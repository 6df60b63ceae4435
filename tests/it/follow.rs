//! `gantry logs -f`: somebody else's run, as it goes on.

use std::fs;

use rustix::process::Signal;

use crate::environment::TestEnvironment;

/// A job that waits for a word from outside, and one that comes after it.
const PIPELINE: &str = r#"
    stages: [work, rest]
    works:
      stage: work
      script:
        - echo ready
        - read -r word < "$FIFO"
        - echo "heard $word"
        - test "$word" = go
    rests:
      stage: rest
      script: echo rested
    "#;

fn machine(pipeline: &str) -> (TestEnvironment, std::path::PathBuf) {
    let machine = TestEnvironment::pipeline(pipeline);
    let fifo = machine.fifo("word");
    machine.write(".gantry/variables.yml", &format!("FIFO: {}\n", fifo.display()));
    (machine, fifo)
}

#[test]
fn one_job_is_followed_to_its_end() {
    let (machine, fifo) = machine(PIPELINE);
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    let mut logs = machine.gantry(&["logs", "-f", "works"]).start();
    logs.until_it_says("\nready");
    fs::write(&fifo, "go\n").unwrap();
    insta::assert_snapshot!(logs.end(), @r#"
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
    Created fresh repository.
    Skipping Git submodules setup
    Executing "step_script" stage of the job script
    $ echo ready
    ready
    $ read -r word < "$FIFO"
    $ echo "heard $word"
    heard go
    $ test "$word" = go
    Cleaning up project directory and file based variables
    Job succeeded
    "#);
    run.end().ended_with(0);
}

#[test]
fn a_whole_run_is_followed_to_its_end() {
    let (machine, fifo) = machine(PIPELINE);
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    let mut logs = machine.gantry(&["logs", "--follow", "1"]).start();
    logs.until_it_says("works | ready");
    fs::write(&fifo, "go\n").unwrap();
    insta::assert_snapshot!(logs.end(), @r#"
    exit 0
    --- stdout
    works | $ echo ready
    works | ready
    works | $ read -r word < "$FIFO"
    works | $ echo "heard $word"
    works | heard go
    works | $ test "$word" = go
    rests | $ echo rested
    rests | rested
    run 1 success
    "#);
    run.end().ended_with(0);
}

#[test]
fn a_job_that_is_tried_again_is_followed_through_all_attempts() {
    let pipeline = PIPELINE
        .replace("stage: work\n", "stage: work\n      retry: 1\n")
        .replace("echo ready", "echo ready $CI_JOB_ID");
    let (machine, fifo) = machine(&pipeline);
    let mut run = machine.gantry(&["run", "works"]).start();
    run.until_it_says("| ready 1");
    let mut logs = machine.gantry(&["logs", "-f", "works"]).start();
    logs.until_it_says("\nready 1");
    fs::write(&fifo, "no\n").unwrap();
    logs.until_it_says("\nready 2");
    fs::write(&fifo, "go\n").unwrap();
    let output = logs.end().ended_with(0);
    assert!(output.stdout.contains("heard no"), "{output}");
    assert!(output.stdout.contains("heard go"), "{output}");
    assert!(output.stdout.ends_with("Job succeeded\n"), "{output}");
    run.end().ended_with(0);
}

#[test]
fn a_job_that_gets_no_turn_is_told_of() {
    let (machine, fifo) = machine(PIPELINE);
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    let logs = machine.gantry(&["logs", "-f", "rests"]).start();
    fs::write(&fifo, "no\n").unwrap();
    insta::assert_snapshot!(logs.end(), @r"
    exit 0
    --- stdout
    job rests has not run: skipped because `works` failed
    ");
    run.end().ended_with(1);
}

#[test]
fn an_interrupt_ends_the_watching_and_not_the_run() {
    let (machine, fifo) = machine(PIPELINE);
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    let mut logs = machine.gantry(&["logs", "-f"]).start();
    logs.until_it_says("| ready");
    logs.signal(Signal::INT);
    logs.end().ended_with(130);
    fs::write(&fifo, "go\n").unwrap();
    run.end().ended_with(0);
}

#[test]
fn a_run_that_is_killed_ends_the_watching() {
    let (machine, _) = machine(PIPELINE);
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    let mut logs = machine.gantry(&["logs", "-f"]).start();
    logs.until_it_says("| ready");
    run.signal(Signal::KILL);
    run.end();
    insta::assert_snapshot!(logs.end(), @r#"
    exit 0
    --- stdout
    works | $ echo ready
    works | ready
    works | $ read -r word < "$FIFO"
    run 1 failed
    --- stderr
    note: run 1 was interrupted, its process is gone; `works` was running, 1 had not begun
    "#);
}

#[test]
fn a_run_that_is_over_is_printed() {
    let machine = TestEnvironment::pipeline("job: {script: echo hello}\n");
    machine.call("run").ended_with(0);
    insta::assert_snapshot!(machine.call("logs -f"), @r"
    exit 0
    --- stdout
    job | $ echo hello
    job | hello
    run 1 success
    ");
    insta::assert_snapshot!(machine.call("logs -f --raw"), @r"
    exit 2
    --- stderr
    error: `--raw` follows one job
    help: name it: gantry logs -f --raw JOB
    ");
    assert!(machine.call("logs -f --raw job").stdout.contains("section_start"));
}
