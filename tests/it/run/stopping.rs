//! Ctrl-C and worse: what is left running, and what is left to read.

use rustix::process::Signal;

use crate::environment::TestEnvironment;
use crate::processes::marked;

/// A job with a child that has left its session, and one that comes later.
const PIPELINE: &str = r#"
    stages: [work, rest]
    works:
      stage: work
      script:
        - setsid sleep 600 &
        - echo ready
        - sleep 600
      after_script:
        - echo "cleaned up after $CI_JOB_STATUS"
        - touch "$CLEANED"
    rests:
      stage: rest
      script: echo rested
    "#;

fn machine() -> (TestEnvironment, std::path::PathBuf, String) {
    let machine = TestEnvironment::pipeline(PIPELINE);
    let cleaned = machine.scratch("cleaned");
    let variable = format!("CLEANED={}", cleaned.display());
    (machine, cleaned, variable)
}

#[test]
fn an_interrupt_stops_everything_and_lets_after_script_clean_up() {
    let (machine, cleaned, variable) = machine();
    let mut run = machine.gantry(&["run", "--variable", &variable]).start();
    run.until_it_says("| ready");
    assert!(
        marked(machine.folder()).len() > 3,
        "gantry, its supervisor, the shell, sleepers"
    );
    run.signal(Signal::INT);
    let output = run.end();
    let left = marked(machine.folder());
    assert!(left.is_empty(), "{left:?}");
    assert!(cleaned.exists());
    insta::assert_snapshot!(output.by_job(), @r#"
    exit 130
    --- stdout
    pipeline  push for branch main at [commit]

    rests | canceled
    works | started
    works | $ setsid sleep 600 &
    works | $ echo ready
    works | ready
    works | $ sleep 600
    works | WARNING: the script was canceled from outside
    works | Running after script...
    works | $ echo "cleaned up after $CI_JOB_STATUS"
    works | cleaned up after canceled
    works | $ touch "$CLEANED"
    works | ERROR: Job failed: canceled
    works | canceled

    run 1 was interrupted
      canceled         works    #.# s  canceled on request
      canceled         rests           canceled on request
    --- stderr
    stopping: jobs clean up; once more stops them at once
    "#);
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        1  canceled     YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
}

#[test]
fn a_second_interrupt_does_not_wait() {
    let machine = TestEnvironment::pipeline(
        "
        stubborn:
          script:
            - echo ready
            - sleep 600
          after_script:
            - echo cleaning
            - sleep 600
        ",
    );
    let mut run = machine.gantry(&["run"]).start();
    run.until_it_says("| ready");
    run.signal(Signal::INT);
    run.until_it_says("| cleaning");
    run.signal(Signal::INT);
    let output = run.end();
    let left = marked(machine.folder());
    assert!(left.is_empty(), "{left:?}");
    insta::assert_snapshot!(output.by_job(), @r"
    exit 130
    --- stdout
    pipeline  push for branch main at [commit]

    stubborn | started
    stubborn | $ echo ready
    stubborn | ready
    stubborn | $ sleep 600
    stubborn | WARNING: the script was canceled from outside
    stubborn | Running after script...
    stubborn | $ echo cleaning
    stubborn | cleaning
    stubborn | $ sleep 600
    stubborn | canceled

    run 1 was interrupted
      canceled         stubborn    #.# s  canceled on request
    --- stderr
    stopping: jobs clean up; once more stops them at once
    ");
}

#[test]
fn a_request_to_terminate_is_an_interrupt() {
    let (machine, cleaned, variable) = machine();
    let mut run = machine.gantry(&["run", "--variable", &variable]).start();
    run.until_it_says("| ready");
    run.signal(Signal::TERM);
    run.end().ended_with(130);
    assert!(cleaned.exists());
}

#[test]
fn the_next_command_tells_of_a_run_that_was_killed() {
    let (machine, _, variable) = machine();
    let mut run = machine.gantry(&["run", "--variable", &variable]).start();
    run.until_it_says("| ready");
    run.signal(Signal::KILL);
    assert_eq!(run.end().code(), None);
    machine.has_nothing_running();
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        1  interrupted  YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    --- stderr
    note: run 1 was interrupted, its process is gone; `works` was running, 1 had not begun
    ");
    insta::assert_snapshot!(machine.call("logs works"), @r#"
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
    $ setsid sleep 600 &
    $ echo ready
    ready
    $ sleep 600
    "#);
    insta::assert_snapshot!(machine.call("runs"), @r"
    exit 0
    --- stdout
        1  interrupted  YYYY-MM-DD hh:mm    #.# s  push main             [commit] first
    ");
}

#[test]
fn the_next_run_goes_on_after_one_that_was_killed() {
    let (machine, _, variable) = machine();
    let mut run = machine.gantry(&["run", "--variable", &variable]).start();
    run.until_it_says("| ready");
    run.signal(Signal::KILL);
    run.end();
    insta::assert_snapshot!(machine.call("run rests").by_job(), @r"
    exit 0
    --- stdout
    pipeline  push for branch main at [commit]

    rests | started
    rests | $ echo rested
    rests | rested
    rests | succeeded

    run 2 succeeded
      success          rests    #.# s
    --- stderr
    note: run 1 was interrupted, its process is gone; `works` was running, 1 had not begun
    ");
}

#[test]
fn what_a_script_leaves_running_ends_with_its_job() {
    let machine = TestEnvironment::pipeline(
        "
        leaves:
          script:
            - sleep 600 &
            - setsid --fork sleep 600
            - (setsid sleep 600 > /dev/null 2>&1 < /dev/null &)
            - echo done
        ",
    );
    let output = machine.call("run").ended_with(0);
    let left = marked(machine.folder());
    assert!(left.is_empty(), "{left:?}");
    assert!(output.of_job("leaves").contains(&"done".to_owned()), "{output}");
}

/// What the other stories rely on when they find nothing.
#[test]
fn a_process_that_is_left_would_be_noticed() {
    let machine = TestEnvironment::plain();
    let mut sleeper = std::process::Command::new("sleep")
        .arg("600")
        .env_clear()
        .envs(machine.variables())
        .spawn()
        .unwrap();
    let found = crate::processes::eventually("sleep runs", || marked(machine.folder()).pop());
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    assert_eq!(found.command, "sleep 600 ");
}

/// `gantry run | head -1` closes the pipe; the run goes on without being watched.
#[test]
fn a_reader_that_goes_away_does_not_stop_the_run() {
    let machine = TestEnvironment::pipeline("job: {script: [echo one, echo two]}\n");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = machine.gantry(&["run"]).into_pipe(writer);
    assert_eq!(status.code(), Some(0));
    assert!(machine.call("logs job").stdout.contains("\ntwo\n"));
}
