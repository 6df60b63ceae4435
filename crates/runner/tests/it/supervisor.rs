//! The supervisor by itself: what happens when those around it die.

use std::io::Read;
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use gantry_runner::supervise::{Report, Supervised, Supervisors, Task};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use crate::support::{eventually, is_running};

/// One runner's supervisors, and a folder for what scripts leave.
struct Scene {
    folder: TempDir,
    supervisors: Supervisors,
    mark: &'static str,
}

impl Scene {
    /// All processes of the scene have `MARK=mark` in their environment, the nursery included.
    fn new(mark: &'static str) -> Scene {
        Scene {
            folder: tempfile::tempdir().unwrap(),
            supervisors: Supervisors::from(vec![env!("CARGO_BIN_EXE_gantry-supervise").into()]),
            mark,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn task(&self, script: &str) -> Task {
        Task {
            grace: Duration::from_secs(600),
            hold: Some(self.file("running")),
            directory: self.folder.path().to_owned(),
            environment: vec![
                ("PATH".into(), std::env::var("PATH").unwrap()),
                ("MARK".into(), self.mark.into()),
            ],
            program: "/bin/bash".into(),
            arguments: vec!["-c".into(), script.into()],
        }
    }

    fn start(&self, task: &Task) -> Supervised {
        let (_, output) = std::io::pipe().unwrap();
        self.supervisors.start(task, output.as_fd()).unwrap()
    }

    async fn run(&self, task: &Task) -> Option<Report> {
        self.start(task).ended().await
    }

    fn is_running(&self) -> bool {
        is_running(&format!("MARK={}", self.mark))
    }
}

#[tokio::test]
async fn it_reports_how_the_program_ended() {
    let scene = Scene::new("report-7309");
    for (script, report) in [
        ("exit 0", Report::Exit(0)),
        ("exit 3", Report::Exit(3)),
        ("kill -TERM $$", Report::Signal(15)),
        ("test -t 0 || exit 4; echo no", Report::Exit(4)),
    ] {
        assert_eq!(scene.run(&scene.task(script)).await, Some(report), "{script}");
    }
}

#[tokio::test]
async fn output_ends_with_the_program_and_not_with_its_supervisor() {
    let scene = Scene::new("output-7308");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let task = scene.task("echo to the log; echo errors, too >&2; pwd");
    let mut supervised = scene.supervisors.start(&task, writer.as_fd()).unwrap();
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let folder = scene.folder.path().canonicalize().unwrap();
    assert_eq!(text, format!("to the log\nerrors, too\n{}\n", folder.display()));
    assert_eq!(supervised.ended().await, Some(Report::Exit(0)));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_reported() {
    let scene = Scene::new("nowhere-7307");
    let mut task = scene.task("true");
    task.program = "/nowhere/bash".into();
    let report = scene.run(&task).await;
    assert!(
        matches!(&report, Some(Report::NotStarted(reason)) if reason.starts_with("cannot start `/nowhere/bash`: ")),
        "{report:?}"
    );
}

#[tokio::test]
async fn when_the_process_that_holds_the_lifeline_is_killed_the_tree_ends() {
    let scene = Scene::new("lifeline-7310");
    let (ready, told) = (scene.file("ready"), scene.file("told"));
    let supervised = scene.start(&scene.task(&format!(
        "trap 'touch {told}; exit 1' TERM; (setsid sleep 600 &); touch {ready}; sleep 600 & wait",
        told = told.display(),
        ready = ready.display(),
    )));
    // Stands for the runner: it holds the lifeline, stops where it is, and has no chance to say good-bye.
    let mut runner = Command::new("bash")
        .args(["-c", "kill -STOP $$"])
        .stdin(supervised.into_lifeline().unwrap())
        .spawn()
        .unwrap();
    eventually("the script runs", || ready.exists());
    assert!(scene.is_running());
    runner.kill().unwrap();
    runner.wait().unwrap();
    eventually("the script is told", || told.exists());
    let mark = scene.mark;
    drop(scene);
    assert!(
        !is_running(&format!("MARK={mark}")),
        "the nursery outlives its last supervisor, and nothing outlives the nursery"
    );
}

#[tokio::test]
async fn a_kill_does_not_wait_for_the_grace_period() {
    let scene = Scene::new("kill-7311");
    let ready = scene.file("ready");
    let mut supervised = scene.start(&scene.task(&format!(
        "trap '' TERM; touch {}; while true; do sleep 1; done",
        ready.display()
    )));
    eventually("the script runs", || ready.exists());
    supervised.stop();
    supervised.kill();
    assert_eq!(supervised.ended().await, Some(Report::Signal(9)));
}

#[tokio::test]
async fn without_its_nursery_a_supervisor_goes_on_and_the_next_one_is_started() {
    let scene = Scene::new("nursery-7312");
    let (ready, go) = (scene.file("ready"), scene.file("go"));
    let mut first = scene.start(&scene.task(&format!(
        "echo $PPID > {ready}.new; mv {ready}.new {ready}; until [ -e {go} ]; do sleep 0.01; done; exit 5",
        ready = ready.display(),
        go = go.display(),
    )));
    eventually("the script runs", || ready.exists());
    let supervisor: i32 = std::fs::read_to_string(&ready).unwrap().trim().parse().unwrap();
    let nursery = parent_of(supervisor);
    kill(nursery);
    eventually("the nursery is dead", || is_dead(nursery));
    let mut task = scene.task("exit 6");
    task.hold = None;
    assert_eq!(scene.run(&task).await, Some(Report::Exit(6)));
    std::fs::write(&go, "").unwrap();
    assert_eq!(first.ended().await, Some(Report::Exit(5)));
}

#[tokio::test]
async fn a_supervisor_that_is_killed_leaves_no_report() {
    let scene = Scene::new("harm-7313");
    let report = scene.run(&scene.task("kill -KILL $PPID; exit 0")).await;
    assert_eq!(report, None);
}

/// Until the supervisor has the lock, others may take the slot of a runner that is gone.
#[tokio::test]
async fn a_task_whose_runner_is_gone_is_not_begun() {
    let scene = Scene::new("gone-7314");
    let held = std::fs::File::create(scene.file("running")).unwrap();
    held.lock().unwrap();
    let lifeline = scene.start(&scene.task("exit 0")).into_lifeline().unwrap();
    let lifeline = UnixStream::from(lifeline);
    lifeline.set_nonblocking(false).unwrap();
    // To the supervisor this is the runner's end, but its report can still be read.
    lifeline.shutdown(Shutdown::Write).unwrap();
    drop(held);
    let report = std::io::read_to_string(lifeline).unwrap();
    assert_eq!(report, "not-started the runner is gone\n");
}

fn parent_of(process: i32) -> i32 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let parent = status
        .lines()
        .find_map(|line| line.strip_prefix("PPid:"))
        .unwrap();
    parent.trim().parse().unwrap()
}

/// A process that waits for its parent to notice has no command line any more.
fn is_dead(process: i32) -> bool {
    std::fs::read(format!("/proc/{process}/cmdline")).is_ok_and(|words| words.is_empty())
}

fn kill(process: i32) {
    rustix::process::kill_process(Pid::from_raw(process).unwrap(), Signal::KILL).unwrap();
}
