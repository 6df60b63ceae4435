//! `gantry shell`: looking around where a job has failed.

use std::fs;

use rustix::process::Signal;

use crate::environment::TestEnvironment;
use crate::terminal::Terminal;

const PIPELINE: &str = r#"
    stages: [build, test]
    build:
      stage: build
      script:
        - echo built > built.txt
        - echo VERSION=7 > build.env
      artifacts: {paths: [built.txt], reports: {dotenv: build.env}}
    test:
      stage: test
      variables: {GREETING: "hello $WHOM"}
      script:
        - echo half > half.txt
        - exit 3
    "#;

const VARIABLES: &str = r#"
    TOKEN: {value: not-so-secret, masked: true}
    KEY: {value: key material, file: true}
    "#;

/// A machine where `test` has failed.
fn machine() -> TestEnvironment {
    let machine = TestEnvironment::pipeline(PIPELINE).file(".gantry/variables.yml", VARIABLES);
    machine.call("run --variable WHOM=world").ended_with(1);
    machine
}

fn shell(machine: &TestEnvironment, script: &str) -> crate::gantry::Output {
    machine
        .gantry(&[
            "shell",
            "test",
            "--variable",
            "WHOM=world",
            "--",
            "bash",
            "-c",
            script,
        ])
        .call()
}

#[test]
fn a_command_sees_what_the_job_saw() {
    let machine = machine();
    let output = shell(
        &machine,
        r#"ls; cat half.txt built.txt "$KEY"; echo; echo "$GREETING $VERSION $TOKEN"; echo "${UNKNOWN-unset}"; exit 4"#,
    );
    insta::assert_snapshot!(output, @r"
    exit 4
    --- stdout
    built.txt
    half.txt
    half
    built
    key material
    hello world 7 not-so-secret
    unset
    --- stderr
    test of run 1, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project, as it was left
    ");
}

#[test]
fn nothing_of_the_visit_is_left() {
    let machine = machine();
    let output = shell(
        &machine,
        r#"echo "$KEY"; test "$PWD" = "$CI_PROJECT_DIR"; echo again > half.txt"#,
    );
    let key = output.ended_with(0).stdout;
    assert!(!std::path::Path::new(key.trim()).exists(), "{key}");
    // The tree is the job's, and changes stay for the next visit.
    assert_eq!(shell(&machine, "cat half.txt").stdout, "again\n");
}

#[test]
fn a_tree_that_another_job_has_by_now_is_made_afresh() {
    let machine = machine();
    machine.call("run build").ended_with(0);
    machine.write("new.txt", "not of that run");
    insta::assert_snapshot!(shell(&machine, "ls; cat built.txt"), @r"
    exit 0
    --- stdout
    built.txt
    built
    --- stderr
    test of run 1, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/shells/0/local/project, made afresh, since another job has the old work tree by now
    ");
}

#[test]
fn of_several_attempts_the_one_that_failed_last_is_shown() {
    let machine = TestEnvironment::pipeline(
        r#"
        job:
          retry: 1
          script:
            - echo "$CI_JOB_ID" > id.txt
            - test -f "$GO"
        "#,
    );
    let go = machine.scratch("go");
    machine.write(".gantry/variables.yml", &format!("GO: {}\n", go.display()));
    machine.call("run").ended_with(1);
    let output = machine.call("shell job -- cat id.txt").ended_with(0);
    assert_eq!(output.stdout, "2\n");
    fs::write(&go, "").unwrap();
    machine.call("run --resume").ended_with(0);
    let output = machine.call("shell job -- cat id.txt").ended_with(0);
    assert_eq!(output.stdout, "3\n");
    insta::assert_snapshot!(machine.call("shell 1 job -- ls"), @r"
    exit 0
    --- stderr
    job of run 1, attempt 2, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/shells/0/local/project, made afresh, since another job has the old work tree by now
    ");
}

#[test]
fn what_cannot_be_visited_is_said() {
    let machine = TestEnvironment::pipeline(PIPELINE);
    insta::assert_snapshot!(machine.call("shell test"), @r"
    exit 2
    --- stderr
    error: nothing has run here yet
    ");
    machine.call("run test").ended_with(1);
    insta::assert_snapshot!(machine.call("shell tset"), @r"
    exit 2
    --- stderr
    error: run 1 has no job `tset`
    help: did you mean `test`?
    ");
    insta::assert_snapshot!(machine.call("shell 1"), @r"
    exit 2
    --- stderr
    error: a shell is of a job
    help: name it: gantry shell RUN JOB
    ");
    insta::assert_snapshot!(machine.call("shell build"), @r"
    exit 2
    --- stderr
    error: run 1 has no job `build`
    ");
    insta::assert_snapshot!(machine.call("shell test -- no-such-program"), @r"
    exit 2
    --- stderr
    test of run 1, which failed
    files  [FOLDER]/cache/projects/project-[----digest----]/builds/0/local/project, as it was left
    error: cannot start `no-such-program`
      caused by: No such file or directory (os error 2)
    ");
    fs::remove_dir_all(machine.folder().join("cache")).unwrap();
    insta::assert_snapshot!(machine.call("shell test -- ls"), @r"
    exit 3
    --- stderr
    error: cannot find `[FOLDER]/cache/projects/project-[----digest----]/snapshots.git`
      caused by: No such file or directory (os error 2)
    help: the files of run 1 went when the cache or the repository was cleaned up; gantry run takes them down anew
    ");
}

#[test]
fn a_script_can_be_typed_at_it() {
    let machine = machine();
    let Some(terminal) = Terminal::of(&machine) else {
        return;
    };
    let output = terminal.types("cat half.txt\nexit 5\n").call("shell test");
    assert!(output.contains("(test) "), "{output}");
    assert!(output.contains("\nhalf\n"), "{output}");
}

#[test]
fn an_interrupt_is_the_commands_business() {
    let machine = machine();
    let fifo = machine.fifo("word");
    let script = format!("echo ready; read -r code < {}; exit $code", fifo.display());
    let command = ["shell", "test", "--", "bash", "-c", &script];
    let mut visit = machine.gantry(&command).start();
    visit.until_it_says("ready");
    visit.signal(Signal::INT);
    fs::write(&fifo, "6\n").unwrap();
    visit.end().ended_with(6);
}

#[test]
fn whoever_ends_gantry_ends_the_command() {
    let machine = machine();
    let command = [
        "shell",
        "test",
        "--",
        "bash",
        "-c",
        "echo \"$KEY\"; echo ready; exec sleep 600",
    ];
    let mut visit = machine.gantry(&command).start();
    visit.until_it_says("ready");
    visit.signal(Signal::TERM);
    let output = visit.end().ended_with(143);
    let key = output.stdout.lines().next().unwrap();
    assert!(!std::path::Path::new(key).exists(), "{key}");
}
