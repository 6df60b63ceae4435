//! What is written is what is read.

use std::fs;

use gantry_store::{DotenvVariable, NewArtifact, Run, Step, Store, StoreError};

use crate::{NOON, after, create, new_attempt, step};

#[test]
fn a_run_is_read_back_whole() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["build", "test"]);
    store.finish_run(created.run, "success", after(900)).unwrap();
    let expected = Run {
        id: created.run,
        created_at: NOON,
        finished_at: Some(after(900)),
        interrupted: false,
        status: "success".to_owned(),
        source: "push".to_owned(),
        ref_name: "main".to_owned(),
        sha: "a".repeat(40),
        dirty: true,
        title: "Teach the robot to wave".to_owned(),
        plan_hash: "1-abc".to_owned(),
        options: "{}".to_owned(),
        parent: None,
        bridge: None,
    };
    drop(store);

    let reader = Store::open_read_only(root.path()).unwrap().unwrap();
    assert_eq!(reader.runs(10).unwrap(), [expected]);
    assert_eq!(reader.plan(created.run).unwrap().unwrap(), r#"{"jobs":[]}"#);
}

#[test]
fn the_newest_runs_come_first_and_ids_are_never_used_again() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let ids: Vec<_> = (0..3).map(|_| create(&mut store, &[]).run).collect();
    let listed: Vec<_> = store.runs(2).unwrap().into_iter().map(|run| run.id).collect();
    assert_eq!(listed, [ids[2], ids[1]]);
}

#[test]
fn a_life_of_an_attempt_leaves_its_steps() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["test"]);
    let attempt = created.attempts[0];
    store
        .record(
            created.run,
            "running",
            &[step(attempt, "created", "pending")],
            after(1),
        )
        .unwrap();
    store
        .record(
            created.run,
            "running",
            &[step(attempt, "pending", "running")],
            after(2),
        )
        .unwrap();
    let failed = Step {
        failure_reason: Some("script_failure".to_owned()),
        exit_code: Some(3),
        ..step(attempt, "running", "failed")
    };
    store.record(created.run, "running", &[failed], after(3)).unwrap();

    let read = store.attempts(created.run).unwrap().remove(0);
    assert_eq!(read.status, "failed");
    assert_eq!(read.failure_reason.as_deref(), Some("script_failure"));
    assert_eq!(read.exit_code, Some(3));
    assert_eq!(
        (read.started_at, read.finished_at),
        (Some(after(2)), Some(after(3)))
    );
    let story: Vec<_> = store
        .transitions(created.run)
        .unwrap()
        .into_iter()
        .map(|t| (t.at, t.job, t.number, t.from, t.to))
        .collect();
    let test = |at, from: &str, to: &str| (after(at), "test".to_owned(), 1, from.to_owned(), to.to_owned());
    assert_eq!(
        story,
        [
            test(1, "created", "pending"),
            test(2, "pending", "running"),
            test(3, "running", "failed")
        ]
    );
}

#[test]
fn the_latest_attempts_stand_in_the_order_of_the_plan() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["first", "second"]);
    store
        .create_attempt(created.run, &new_attempt("first", 2), after(5))
        .unwrap();
    let latest: Vec<_> = store
        .latest_attempts(created.run)
        .unwrap()
        .into_iter()
        .map(|attempt| (attempt.job, attempt.number))
        .collect();
    assert_eq!(latest, [("first".to_owned(), 2), ("second".to_owned(), 1)]);
    assert_eq!(store.attempts(created.run).unwrap().len(), 3);
}

#[test]
fn steps_that_belong_together_are_kept_all_or_none() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["test"]);
    let nobody = gantry_store::AttemptId(4711);
    let steps = [
        step(created.attempts[0], "created", "pending"),
        step(nobody, "created", "pending"),
    ];
    assert!(matches!(
        store.record(created.run, "running", &steps, after(1)),
        Err(StoreError::Sql { .. })
    ));
    assert!(store.transitions(created.run).unwrap().is_empty());
    assert_eq!(store.attempts(created.run).unwrap()[0].status, "created");
}

#[test]
fn an_artifact_is_moved_in_and_its_variables_are_kept_in_order() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["build"]);
    let attempt = created.attempts[0];
    let file = root.path().join("upload");
    fs::write(&file, "Z=1\nA=2\n").unwrap();

    let size = store
        .folder()
        .take_artifact(created.run, attempt, &file, ".env.gz")
        .unwrap();
    let artifact = NewArtifact {
        attempt,
        artifact_type: "dotenv".to_owned(),
        artifact_format: "gzip".to_owned(),
        file_name: ".env.gz".to_owned(),
        size_bytes: size,
        sha256: None,
        expire_in: "1 week".to_owned(),
    };
    let variable = |key: &str, value: &str| DotenvVariable {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let variables = [variable("Z", "1"), variable("A", "2")];
    store.add_artifact(&artifact, &variables, after(7)).unwrap();

    assert!(!file.exists());
    assert_eq!(store.dotenv(attempt).unwrap(), variables);
    let read = store.artifacts(attempt).unwrap().remove(0);
    assert_eq!((read.size_bytes, read.created_at), (8, after(7)));
    let path = store.folder().artifact(created.run, attempt, &read.file_name);
    assert_eq!(fs::read_to_string(path).unwrap(), "Z=1\nA=2\n");
    assert!(store.add_artifact(&artifact, &[], after(8)).is_err());

    fs::write(&file, "other").unwrap();
    let again = store
        .folder()
        .take_artifact(created.run, attempt, &file, ".env.gz");
    assert!(matches!(again, Err(StoreError::FileExists(_))));
}

#[test]
fn a_file_name_cannot_leave_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let created = create(&mut store, &["build"]);
    let file = root.path().join("upload");
    fs::write(&file, "").unwrap();
    let refused = store
        .folder()
        .take_artifact(created.run, created.attempts[0], &file, "../../lock");
    assert!(matches!(refused, Err(StoreError::FileName(_))));
    assert!(file.exists());
}

#[test]
fn the_folder_hides_itself_and_a_missing_one_reads_as_nothing() {
    let root = tempfile::tempdir().unwrap();
    assert!(Store::open_read_only(root.path()).unwrap().is_none());
    assert!(!root.path().join(".gantry").exists());
    let store = Store::open(root.path()).unwrap();
    let ignore = store.folder().path().join(".gitignore");
    assert_eq!(fs::read_to_string(&ignore).unwrap(), "*\n");
}
