//! A process dies; the next one finds a readable store and says what happened.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use gantry_store::Store;

use crate::{after, create, step};

const ROOT: &str = "GANTRY_STORE_TEST_ROOT";

/// Runs in a process of its own, until it is killed: see [`start_a_run_elsewhere`].
#[test]
#[ignore = "the other process of the tests below"]
fn drive_a_run_until_killed() {
    let Some(root) = env::var_os(ROOT) else { return };
    let mut store = Store::open(Path::new(&root)).unwrap();
    let created = create(&mut store, &["done", "running", "waiting"]);
    let [done, running, _] = created.attempts[..] else {
        unreachable!()
    };
    for attempt in [done, running] {
        store
            .record(
                created.run,
                "running",
                &[step(attempt, "created", "running")],
                after(1),
            )
            .unwrap();
    }
    store
        .record(
            created.run,
            "running",
            &[step(done, "running", "success")],
            after(2),
        )
        .unwrap();
    // Not through the harness, which would hold the line back.
    std::io::Write::write_all(&mut std::io::stdout(), b"\ndriving\n").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn start_a_run_elsewhere(root: &Path) -> Child {
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "crash::drive_a_run_until_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(ROOT, root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap() == "driving"),
        "the other process failed"
    );
    child
}

#[test]
fn a_killed_run_is_closed_by_the_next_process_once() {
    let root = tempfile::tempdir().unwrap();
    let mut child = start_a_run_elsewhere(root.path());
    let mut store = Store::open(root.path()).unwrap();
    assert_eq!(store.reconcile(after(10)).unwrap(), [], "it is still alive");

    child.kill().unwrap();
    child.wait().unwrap();
    let found = store.reconcile(after(20)).unwrap();

    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].run.status.as_str(), found[0].run.interrupted),
        ("failed", true)
    );
    let names = |attempts: &[gantry_store::Attempt]| -> Vec<String> {
        attempts.iter().map(|attempt| attempt.job.clone()).collect()
    };
    assert_eq!(names(&found[0].running), ["running"]);
    assert_eq!(names(&found[0].waiting), ["waiting"]);
    let rows: Vec<_> = store
        .attempts(found[0].run.id)
        .unwrap()
        .into_iter()
        .map(|attempt| format!("{}: {}, {}", attempt.job, attempt.status, attempt.reason))
        .collect();
    assert_eq!(
        rows,
        [
            "done: success, success because of a test",
            "running: failed, interrupted: gantry ended while it ran",
            "waiting: canceled, interrupted: gantry ended before it began",
        ]
    );
    assert_eq!(store.run(found[0].run.id).unwrap(), Some(found[0].run.clone()));
    assert_eq!(store.reconcile(after(30)).unwrap(), []);
}

#[test]
fn a_run_that_never_started_a_job_is_canceled() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["waiting"]);
    assert_eq!(store.reconcile(after(1)).unwrap(), []);
    drop(created.lock);
    assert_eq!(store.reconcile(after(2)).unwrap()[0].run.status, "canceled");
}

#[test]
fn a_finished_run_needs_no_lock() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &[]);
    store.finish_run(created.run, "success", after(1)).unwrap();
    drop(created.lock);
    assert_eq!(store.reconcile(after(2)).unwrap(), []);
}
