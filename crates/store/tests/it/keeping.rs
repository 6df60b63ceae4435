//! What a later run takes over from an earlier one, and what can be forgotten.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use gantry_store::{AttemptId, Created, DotenvVariable, NewArtifact, RunId, Step, Store};
use tempfile::TempDir;

use crate::{after, create, step};

/// A store with a finished run, whose only job has left a log, an archive and a variable.
fn finished() -> (TempDir, Store, RunId, AttemptId) {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let Created { run, attempts, lock } = create(&mut store, &["build"]);
    let attempt = attempts[0];
    fs::write(root.path().join("upload"), "an archive").unwrap();
    store.folder().create_trace(run, attempt).unwrap();
    fs::write(store.folder().trace(run, attempt), "make\n").unwrap();
    let folder = store.folder().clone();
    let size_bytes = folder
        .take_artifact(run, attempt, &root.path().join("upload"), "artifacts.zip")
        .unwrap();
    let artifact = NewArtifact {
        attempt,
        artifact_type: "archive".to_owned(),
        artifact_format: "zip".to_owned(),
        file_name: "artifacts.zip".to_owned(),
        size_bytes,
        sha256: None,
        expire_in: "1 week".to_owned(),
    };
    let variable = DotenvVariable {
        key: "VERSION".to_owned(),
        value: "3".to_owned(),
    };
    store.add_artifact(&artifact, &[variable], after(1)).unwrap();
    let begins = Step {
        fingerprint: Some("made of this".to_owned()),
        ..step(attempt, "pending", "running")
    };
    let steps = [begins, step(attempt, "running", "success")];
    store.record(run, "success", &steps, after(2)).unwrap();
    store.set_coverage(attempt, "81.5").unwrap();
    store.finish_run(run, "success", after(3)).unwrap();
    drop(lock);
    (root, store, run, attempt)
}

#[test]
fn a_fingerprint_outlives_the_steps_that_say_nothing_of_it() {
    let (_root, store, run, attempt) = finished();
    let fingerprints = store.fingerprints(run).unwrap();
    assert_eq!(fingerprints[&attempt], "made of this");
    assert_eq!(
        store.circumstances(run).unwrap().as_deref(),
        Some(r#"{"dirty":true}"#)
    );
}

#[test]
fn what_an_attempt_left_is_shared_and_stays_when_its_run_goes() {
    let (_root, mut store, run, attempt) = finished();
    let later = create(&mut store, &["build"]);
    let heir = later.attempts[0];
    let files = ["artifacts.zip".to_owned()];
    let folder = store.folder().clone();
    assert!(
        folder
            .share_attempt((run, attempt), (later.run, heir), &files)
            .unwrap()
    );
    store.inherit(&[(attempt, heir)]).unwrap();

    assert!(store.remove_run(run).unwrap());
    assert!(store.run(run).unwrap().is_none());
    assert!(store.attempts(run).unwrap().is_empty());
    assert!(!folder.run(run).exists());

    let kept = folder.artifact(later.run, heir, "artifacts.zip");
    assert_eq!(fs::read_to_string(kept).unwrap(), "an archive");
    assert_eq!(
        fs::read_to_string(folder.trace(later.run, heir)).unwrap(),
        "make\n"
    );
    assert_eq!(store.artifacts(heir).unwrap()[0].size_bytes, 10);
    assert_eq!(store.dotenv(heir).unwrap()[0].key, "VERSION");
    let heir = store.attempts(later.run).unwrap().remove(0);
    assert_eq!(heir.coverage.as_deref(), Some("81.5"));
}

#[test]
fn an_artifact_that_is_gone_is_not_shared() {
    let (_root, mut store, run, attempt) = finished();
    let later = create(&mut store, &["build"]);
    let folder = store.folder().clone();
    fs::remove_file(folder.artifact(run, attempt, "artifacts.zip")).unwrap();
    let files = ["artifacts.zip".to_owned()];
    let shared = folder.share_attempt((run, attempt), (later.run, later.attempts[0]), &files);
    assert!(!shared.unwrap());
}

#[test]
fn a_run_that_goes_on_is_not_removed() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path()).unwrap();
    let Created { run, lock, .. } = create(&mut store, &["build"]);
    assert!(store.goes_on(run).unwrap());
    assert!(!store.remove_run(run).unwrap());
    store.finish_run(run, "success", after(1)).unwrap();
    assert!(!store.remove_run(run).unwrap(), "its process still holds it");
    drop(lock);
    assert!(!store.goes_on(run).unwrap());
    assert!(store.remove_run(run).unwrap());
    assert!(!store.remove_run(run).unwrap(), "it is gone");
}

#[test]
fn what_nobody_knows_any_more_is_a_stray() {
    let (root, mut store, run, _) = finished();
    let stray = root.path().join(".gantry/runs/4711");
    fs::create_dir(&stray).unwrap();
    store.remove_strays().unwrap();
    assert!(!stray.exists());
    assert!(store.folder().run(run).exists());
}

#[test]
fn the_key_is_made_once_and_is_for_its_owner_only() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    assert_eq!(store.key().unwrap(), None);
    let key = store.make_key().unwrap();
    assert_eq!(store.make_key().unwrap(), key);
    assert_eq!(Store::open(root.path()).unwrap().key().unwrap(), Some(key));
    let metadata = fs::metadata(root.path().join(".gantry/key")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}
