//! The supervisor by itself: what happens when those around it die.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{eventually, is_running};

fn supervise(report: &Path, grace_ms: &str, script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry-supervise"));
    command
        .args(["--grace-ms", grace_ms, "--report"])
        .arg(report)
        .args(["--", "bash", "-c", script]);
    command
}

#[test]
fn it_ends_as_the_shell_ends() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    for (script, code, text) in [
        ("exit 0", 0, "exit 0\n"),
        ("exit 3", 3, "exit 3\n"),
        ("kill -TERM $$", 143, "signal 15\n"),
    ] {
        let mut child = supervise(&report, "1000", script)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // Waiting would close it.
        let lifeline = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(std::fs::read_to_string(&report).unwrap(), text);
        drop(lifeline);
    }
}

#[test]
fn a_program_that_is_not_there_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry-supervise"));
    command
        .args(["--grace-ms", "1000", "--report"])
        .arg(&report)
        .args(["--", "/nowhere/bash"]);
    let output = command.stdin(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(
        std::fs::read_to_string(&report)
            .unwrap()
            .starts_with("not-started cannot start `/nowhere/bash`: ")
    );
}

#[test]
fn when_the_process_that_holds_the_lifeline_is_killed_the_tree_ends() {
    let folder = tempfile::tempdir().unwrap();
    let (report, ready) = (folder.path().join("report"), folder.path().join("ready"));
    let script = format!(
        "(setsid sleep 600 &); sleep 600 & touch {}; wait",
        ready.display()
    );
    // Stands for the runner: it holds the lifeline, stops where it is, and has no chance to say good-bye.
    let runner = format!(
        "exec 3> >({} --grace-ms 600000 --report {} -- bash -c '{script}'); kill -STOP $$",
        env!("CARGO_BIN_EXE_gantry-supervise"),
        report.display(),
    );
    let mut runner = Command::new("bash")
        .args(["-c", &runner])
        .env("MARK", "lifeline-7310")
        .spawn()
        .unwrap();
    eventually("the script runs", || ready.exists());
    assert!(is_running("MARK=lifeline-7310"));
    runner.kill().unwrap();
    runner.wait().unwrap();
    eventually("the tree is gone", || !is_running("MARK=lifeline-7310"));
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "signal 15\n");
}

#[test]
fn a_byte_on_the_lifeline_kills_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (report, ready) = (folder.path().join("report"), folder.path().join("ready"));
    let script = format!(
        "trap '' TERM; touch {}; while true; do sleep 1; done",
        ready.display()
    );
    let mut child = supervise(&report, "600000", &script)
        .env("MARK", "byte-7311")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    eventually("the script runs", || ready.exists());
    child.stdin.as_mut().unwrap().write_all(b"k").unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "signal 9\n");
    assert!(!is_running("MARK=byte-7311"));
}
