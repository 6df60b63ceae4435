//! The supervisor by itself: what happens when those around it die.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
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
        let status = supervise(&report, "1000", script)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let output = status.wait_with_output().unwrap();
        // `wait_with_output` closes the lifeline, which may come first.
        let told = std::fs::read_to_string(&report).unwrap();
        assert!(
            output.status.code() == Some(code) && told == text || told.starts_with("signal"),
            "{told}"
        );
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
    // Stands for the runner: it holds the lifeline, and has no chance to say good-bye.
    let script = format!(
        "(setsid sleep 600 &) ; sleep 600 & touch {}; wait",
        ready.display()
    );
    let supervisor = format!(
        "sleep 600 | {} --grace-ms 2000 --report {} -- bash -c '{script}' & echo $!; wait",
        env!("CARGO_BIN_EXE_gantry-supervise"),
        report.display(),
    );
    let mut runner = Command::new("bash")
        .args(["-c", &supervisor])
        .env("MARK", "lifeline-7310")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the script runs", || ready.exists());
    // The writing end of the lifeline belongs to the `sleep` in front of the supervisor.
    let holders = children_of(runner.id());
    runner.kill().unwrap();
    assert_eq!(runner.wait().unwrap().signal(), Some(9));
    for holder in holders.into_iter().filter(|pid| program_of(*pid) == "sleep") {
        let _ = Command::new("kill").args(["-KILL", &holder.to_string()]).status();
    }
    eventually("the tree is gone", || !is_running("MARK=lifeline-7310"));
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

fn children_of(parent: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn program_of(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/comm"))
        .unwrap_or_default()
        .trim()
        .to_owned()
}
