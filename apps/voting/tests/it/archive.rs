//! Backups, and whether they can be relied on.

use std::path::Path;

use tempfile::{TempDir, tempdir};

use crate::service::{Service, run, text};

/// An election with three stored votes and one that waits.
async fn election() -> TempDir {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let app = Service::all(&data, &[]);
    for voter in ["ann", "bob", "cid"] {
        let vote = if voter == "cid" { "b" } else { "a" };
        app.post_json(&format!(r#"{{"voter_id": "{voter}", "vote": "{vote}"}}"#))
            .await;
    }
    app.wait_for_votes(r#"{"a":"2","b":"1"}"#).await;
    drop(app);
    let vote = Service::one("vote", &["--data", data.to_str().unwrap()]);
    vote.post_json(r#"{"voter_id": "ann", "vote": "b"}"#).await;
    folder
}

fn command(name: &str, folder: &Path, backup: &Path, options: &[&str]) -> (bool, String) {
    let data = folder.join("data");
    let mut arguments = vec![name, backup.to_str().unwrap()];
    if name != "verify" {
        arguments.extend(["--data", data.to_str().unwrap()]);
    }
    arguments.extend(options);
    let output = run(&arguments);
    let said = text(&output.stdout) + &text(&output.stderr);
    let shown = said.replace(backup.to_str().unwrap(), "FILE");
    (output.status.success(), shown)
}

// shows: S0-62, S0-64, S0-66
#[tokio::test]
async fn a_backup_is_verified_by_restoring_it_and_comparing_the_counts() {
    let election = election().await;
    let backup = election.path().join("backup.gz");
    assert_eq!(
        command("backup", election.path(), &backup, &[]),
        (true, "wrote FILE: 3 votes, 1 waiting\n".to_owned())
    );
    let report = election.path().join("restore.log");
    let options = ["--at-least", "3", "--report", report.to_str().unwrap()];
    assert_eq!(
        command("verify", election.path(), &backup, &options),
        (true, "verified FILE: 3 votes (a 2, b 1)\n".to_owned())
    );
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "3\n");
    assert_eq!(
        command("verify", election.path(), &backup, &["--at-least", "4"]),
        (
            false,
            "error: the backup holds 3 votes, which is less than 4\n".to_owned()
        )
    );
}

#[tokio::test]
async fn a_restored_election_goes_on_where_it_was() {
    let election = election().await;
    let backup = election.path().join("backup.gz");
    assert!(command("backup", election.path(), &backup, &[]).0);
    let fresh = tempdir().unwrap();
    assert_eq!(
        command("restore", fresh.path(), &backup, &[]),
        (true, "restored FILE: 3 votes (a 2, b 1)\n".to_owned())
    );
    let app = Service::all(&fresh.path().join("data"), &[]);
    // The vote that waited is stored now.
    app.wait_for_votes(r#"{"a":"1","b":"2"}"#).await;
    app.post_json(r#"{"voter_id": "ann", "vote": "a"}"#).await;
    app.wait_for_votes(r#"{"a":"2","b":"1"}"#).await;
}

#[tokio::test]
async fn nothing_is_restored_over_votes_and_nothing_damaged_is_restored() {
    let election = election().await;
    let backup = election.path().join("backup.gz");
    assert!(command("backup", election.path(), &backup, &[]).0);
    assert_eq!(
        command("restore", election.path(), &backup, &[]),
        (
            false,
            "error: the store holds votes already; restore into an empty one\n".to_owned()
        )
    );

    let bytes = std::fs::read(&backup).unwrap();
    std::fs::write(&backup, &bytes[..bytes.len() - 12]).unwrap();
    let (succeeded, said) = command("verify", election.path(), &backup, &[]);
    assert!(!succeeded && said.contains("the backup cannot be read"), "{said}");
    let fresh = tempdir().unwrap();
    assert!(!command("restore", fresh.path(), &backup, &[]).0);
    let app = Service::all(&fresh.path().join("data"), &[]);
    app.wait_for_votes(r#"{"a":"0","b":"0"}"#).await;
}

#[tokio::test]
async fn a_backup_of_another_election_is_refused() {
    let election = election().await;
    let backup = election.path().join("backup.gz");
    assert!(command("backup", election.path(), &backup, &[]).0);
    assert_eq!(
        command("verify", election.path(), &backup, &["--profile", "coca-pepsi"]),
        (
            false,
            "error: `FILE`: the backup is of the profile `cats-dogs`, not of `coca-pepsi`\n".to_owned()
        )
    );
}
